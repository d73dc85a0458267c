"""Derivatives along a direction, by central differences that are extrapolated (Richardson 1911)."""

import itertools

import numpy as np


def along(f, x, d, *, step=1e-3):
    """Return ∂f(x + t d)/∂t at t = 0, good to about ten digits where f is smooth."""
    steps = step / 2.0 ** np.arange(5)
    table = [(np.asarray(f(x + h * d)) - np.asarray(f(x - h * d))) / (2 * h) for h in steps]
    for order in range(1, len(steps)):
        weight = 4.0**order
        pairs = itertools.pairwise(table)
        table = [(weight * fine - coarse) / (weight - 1) for coarse, fine in pairs]
    return table[0]


def direction(rng, shape):
    """Draw a direction with no small entry."""
    return rng.uniform(0.5, 1.5, shape) * rng.choice([-1.0, 1.0], shape)
