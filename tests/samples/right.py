"""Right gradients in every form in which an op is found."""
# ruff: noqa: ARG004  # a backward takes every argument

import numpy as np

from mlp.shapes import Array, Labels, shapes


def forward(X):
    """The module is an op itself."""
    return X**2


def backward(dO, X):
    return 2 * X * dO


def example(rng):
    return rng.normal(size=3)  # not a tuple: one argument


def cube(x):
    """A pair with an example of its own."""
    return x**3


def cube_backward(dO, x):
    return 3 * x**2 * dO


def cube_example(rng):
    return (rng.normal(size=(2, 3)),)


@shapes("(n,c),(n)->()")
def picked(Z: Array, y: Labels):
    """A pair whose points come from its signature, class labels included."""
    return Z[np.arange(len(y)), y].sum()


@shapes("(),(n,c),(n)->(n,c)")
def picked_backward(dL: Array, Z: Array, y: Labels):
    dZ = np.zeros_like(Z)
    dZ[np.arange(len(y)), y] = dL
    return dZ


class Scale:
    """A class with static methods."""

    WRT = (0,)

    @staticmethod
    def forward(x, factor):
        return factor * x

    @staticmethod
    def backward(dO, x, factor):
        return factor * dO

    @staticmethod
    def example(rng):
        return rng.normal(size=4), 2.5


class Power:
    """A class with ordinary methods: an instance is made without arguments."""

    def __init__(self, exponent=2):
        self.exponent = exponent

    def forward(self, x):
        return x**self.exponent

    def backward(self, dO, x):
        return self.exponent * x ** (self.exponent - 1) * dO

    def example(self, rng):
        return (rng.normal(size=4),)
