"""Functions of one number with a constant in them, and how people get their slopes wrong."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np


def logistic(z):
    """Return 1 / (1 + e^−z)."""
    return 1 / (1 + np.exp(-z))


@dataclass(frozen=True)
class Curve:
    """A function f(x, c), its slope, and slopes that are not its own."""

    f: Callable[..., Any]
    slope: Callable[..., Any]
    mistakes: dict[str, Callable[..., Any]]
    constant: Callable[..., float]


def some(rng):
    """Draw a constant that is not near 1."""
    return float(rng.choice([rng.uniform(0.4, 0.75), rng.uniform(1.4, 2.5)]))


def inside(x, c):
    """Return the tanh in gelu."""
    return np.tanh(c * (x + 0.044715 * x**3))


def gelu_slope(x, c):
    """Return the slope of gelu in its tanh form."""
    t = inside(x, c)
    return 0.5 * (1 + t) + 0.5 * x * (1 - t * t) * c * (1 + 3 * 0.044715 * x**2)


CURVES = {
    "gelu": Curve(
        lambda x, c: 0.5 * x * (1 + inside(x, c)),
        gelu_slope,
        {
            "product rule forgotten": lambda x, c: 0.5 * (1 + inside(x, c)),
            "inner slope forgotten": lambda x, c: (
                0.5 * (1 + inside(x, c)) + 0.5 * x * (1 - inside(x, c) ** 2)
            ),
        },
        lambda rng: float(np.sqrt(2 / np.pi)),
    ),
    "swish": Curve(
        lambda x, c: x * logistic(c * x),
        lambda x, c: logistic(c * x) * (1 + c * x * (1 - logistic(c * x))),
        {
            "product rule forgotten": lambda x, c: logistic(c * x),
            "inner slope forgotten": lambda x, c: logistic(c * x) * (1 + x * (1 - logistic(c * x))),
        },
        some,
    ),
    "softplus": Curve(
        lambda x, c: np.log1p(np.exp(c * x)) / c,
        lambda x, c: logistic(c * x),
        {
            "constant kept": lambda x, c: c * logistic(c * x),
            "constant left out": lambda x, c: logistic(x),
        },
        some,
    ),
    "gaussian": Curve(
        lambda x, c: np.exp(-(x**2) / (2 * c**2)),
        lambda x, c: -x / c**2 * np.exp(-(x**2) / (2 * c**2)),
        {
            "constant left out": lambda x, c: -x * np.exp(-(x**2) / (2 * c**2)),
            "sign": lambda x, c: x / c**2 * np.exp(-(x**2) / (2 * c**2)),
        },
        some,
    ),
    "sine": Curve(
        lambda x, c: np.sin(c * x),
        lambda x, c: c * np.cos(c * x),
        {"inner slope forgotten": lambda x, c: np.cos(c * x)},
        some,
    ),
    "Cauchy loss": Curve(
        lambda x, c: np.log1p(x**2 / c),
        lambda x, c: 2 * x / (c + x**2),
        {"factor 2": lambda x, c: x / (c + x**2), "constant": lambda x, c: 2 * x / (1 + x**2)},
        some,
    ),
    "scaled tanh": Curve(
        lambda x, c: c * np.tanh(x),
        lambda x, c: c * (1 - np.tanh(x) ** 2),
        {
            "square forgotten": lambda x, c: c * (1 - np.tanh(x)),
            "of the input": lambda x, c: c * (1 - x**2),
        },
        some,
    ),
    "pseudo-Huber": Curve(
        lambda x, c: c**2 * (np.sqrt(1 + (x / c) ** 2) - 1),
        lambda x, c: x / np.sqrt(1 + (x / c) ** 2),
        {
            "root forgotten": lambda x, c: x / (1 + (x / c) ** 2),
            "constant left out": lambda x, c: x / np.sqrt(1 + x**2),
        },
        some,
    ),
}


def shape(rng, most=2):
    """Draw a shape of one axis or more."""
    return tuple(rng.integers(2, 8, size=rng.integers(1, most + 1)).tolist())


def generic(rng, shape):
    """Draw numbers of unit size, the first of them not near 0."""
    x = rng.normal(size=shape)
    x.flat[0] = rng.choice([-1, 1]) * rng.uniform(0.7, 1.5)
    return x


def named(rng):
    """Draw one of the curves, with its name and its constant."""
    name = str(rng.choice(list(CURVES)))
    return name, CURVES[name], CURVES[name].constant(rng)


def pulling(slope):
    """Return the backward of a function of each entry, in the argument's precision."""
    return lambda dO, x: (dO * slope(x)).astype(x.dtype)


def pulling_by(mistakes, c):
    """Return a backward for each of some slopes at a constant."""
    return {name: pulling(lambda x, slope=slope: slope(x, c)) for name, slope in mistakes.items()}
