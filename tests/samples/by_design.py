"""Gradients that are off by design: two ops that say so, and one that does not."""

import numpy as np


def told(x):
    return np.sin(x)


def told_backward(dO, x):
    return dO * np.cos(x) * (1 + 1e-5 * np.tanh(x))


def told_example(rng):
    return (rng.uniform(0.4, 1.4, size=5),)


told.ACCEPT = 1e-4


def untold(x):
    return np.sin(x)


def untold_backward(dO, x):
    return told_backward(dO, x)


def untold_example(rng):
    return told_example(rng)


def cached_forward(x):
    return np.sin(x), x


def cached_backward(dout, cache):
    return dout * np.cos(cache) * 1.0001


def cached_example(rng):
    return told_example(rng)


cached_forward.ACCEPT = {"x": 1e-3}
