"""Steps that end a program: losses, sums, and results that are rounded."""

import numpy as np

from trials.programs.steps import step


def targets(draw, shape):
    """Draw targets of regression."""
    return draw.constant(draw.rng.normal(size=shape))


def one_hot(draw, n, c):
    """Draw classes, one-hot."""
    return draw.constant(np.eye(c)[draw.rng.integers(c, size=n)])


@step(1, 2, ends=True)
def total(draw, *_):
    return (lambda x: x.sum(),)


@step(1, 2, ends=True)
def mean(draw, *_):
    return (lambda x: np.mean(x),)  # noqa: PLW0108  # as it is written


@step(1, 2, ends=True)
def total_in_float64(draw, *_):
    return (lambda x: np.sum(x, dtype=np.float64),)


@step(1, 2, ends=True)
def squared_error(draw, *shape):
    Y = targets(draw, shape)
    return (lambda x: 0.5 * np.sum((x - Y) ** 2) / len(x),)


@step(1, 2, ends=True)
def mean_squared_error(draw, *shape):
    Y = targets(draw, shape)
    return (lambda x: ((x - Y) ** 2).mean(),)


@step(1, 2, ends=True)
def absolute_error(draw, *shape):
    Y = targets(draw, shape)
    return (lambda x: np.mean(np.abs(x - Y)),)


@step(1, 2, ends=True)
def huber(draw, *shape):
    Y = targets(draw, shape)

    def function(x):
        r = np.abs(x - Y)
        return np.where(r <= 1, 0.5 * r**2, r - 0.5).sum()

    return (function,)


@step(2, ends=True)
def cross_entropy(draw, n, c):
    rows, y = np.arange(n), draw.rng.integers(c, size=n)

    def function(x):
        z = x - x.max(axis=1, keepdims=True)
        logp = z - np.log(np.sum(np.exp(z), axis=1, keepdims=True))
        return -logp[rows, y].mean()

    return (function,)


@step(2, ends=True)
def naive_cross_entropy(draw, n, c):
    Y = one_hot(draw, n, c)

    def function(x):
        p = np.exp(x) / np.exp(x).sum(axis=1, keepdims=True)
        return -(Y * np.log(p + 1e-12)).sum() / len(x)

    return (function,)


@step(1, 2, ends=True)
def binary_cross_entropy(draw, *shape):
    y = draw.constant(draw.rng.integers(2, size=shape))

    def function(x):
        p = np.clip(1 / (1 + np.exp(-x)), 1e-7, 1 - 1e-7)
        return -np.mean(y * np.log(p) + (1 - y) * np.log(1 - p))

    return (function,)


@step(1, 2, ends=True)
def hinge(draw, *shape):
    y = draw.constant(draw.rng.choice([-1, 1], size=shape))
    return (lambda x: np.maximum(0, 1 - y * x).mean(),)


@step(1, 2, ends=True)
def gaussian_likelihood(draw, *shape):
    y = targets(draw, shape)

    def function(x, log_var):
        return 0.5 * np.sum(log_var + (x - y) ** 2 / np.exp(log_var))

    return function, draw.normal()


@step(2, ends=True)
def contrastive(draw, n, d):
    partner = (np.arange(n) + 1) % n

    def function(x):
        z = x / np.sqrt(np.sum(x**2, axis=1, keepdims=True) + 1e-12)
        s = z @ z.T / 0.5 - 1e9 * np.eye(len(x))
        return np.mean(np.log(np.sum(np.exp(s), axis=1)) - s[np.arange(n), partner])

    return (function,)


@step(1, 2, ends=True)
def poisson(draw, *shape):
    counts = draw.constant(draw.rng.poisson(2, size=shape))
    return (lambda x: (np.exp(x) - counts * x).sum(),)


@step(1, 2, ends=True)
def entropy(draw, *_):
    def function(x):
        p = np.exp(x) / np.exp(x).sum()
        return -np.sum(p * np.log(p + 1e-12))

    return (function,)


@step(1, 2, ends=True)
def rounded_result(draw, *_):
    decimals = int(draw.rng.integers(2, 9))
    return (lambda x: np.round(x, decimals),)


@step(1, 2, ends=True)
def rounded_mean(draw, *_):
    decimals = int(draw.rng.integers(2, 9))
    return (lambda x: np.round(np.mean(x**2), decimals),)


@step(1, 2, ends=True)
def float32_result(draw, *_):
    return (lambda x: x.astype(np.float32),)
