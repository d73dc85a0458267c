"""A right gradient, one that is wrong where no number shows it, and one that cannot be proved."""
# ruff: noqa: ARG001  # a backward takes every argument

import numpy as np


def leaky(Z):
    return np.maximum(Z, 0.1 * Z)


def leaky_backward(dA, Z):
    return dA * np.where(Z > 0, 1, 0.1)


def leaky_example(rng):
    return (rng.normal(size=2),)


def cube(x):
    return x**3


def cube_backward(dO, x):
    return 3 * x**2 * dO * (1 + 1e-14)  # wrong: by less than finite differences see


def cube_example(rng):
    return (rng.normal(size=3),)


def double(x):
    return 2 * np.frombuffer(x.tobytes())  # bytes are no symbols


def double_backward(dO, x):
    return 2 * dO


def double_example(rng):
    return (rng.normal(size=3),)
