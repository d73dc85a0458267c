"""Right gradients of functions that bend or jump at numbers of their code."""

import numpy as np


def drawn(rng, n=3):
    return rng.normal(size=n) * 2


def hard_swish(x):
    return x * np.clip(x + 3, 0, 6) / 6


def hard_swish_backward(dy, x):
    return dy * np.where(x <= -3, 0, np.where(x >= 3, 1, (2 * x + 3) / 6))


def hard_shrink(x, edge=0.5):
    return np.where(np.abs(x) > edge, x, 0)


def hard_shrink_backward(dy, x, edge=0.5):
    return dy * (np.abs(x) > edge)


def sawtooth(x):
    return np.mod(x, 1.5) + np.floor(x * 2) / 2


def sawtooth_backward(dy, _):
    return dy


def tent(x):
    return np.maximum(0, 1 - np.abs(x - 0.5) / 0.25)


def tent_backward(dy, x):
    return -dy * np.sign(x - 0.5) / 0.25 * (np.abs(x - 0.5) < 0.25)


def largest(x):
    return x.max()


def largest_backward(dy, x):
    first = np.zeros_like(x)
    first[x.argmax()] = dy
    return first


def table(x):
    return np.interp(x, [-1.0, 0.25, 2.0], [0.0, 2.0, 1.0])


def table_backward(dy, x):
    return dy * np.where((x < -1) | (x > 2), 0, np.where(x < 0.25, 1.6, -1 / 1.75))


def log_odds(p):
    p = np.clip(p, 0.01, 0.99)
    return np.log(p / (1 - p))


def log_odds_backward(dy, p):
    return dy / (p * (1 - p)) * ((p > 0.01) & (p < 0.99))


def unit(x):
    return x / np.maximum(np.sqrt((x * x).sum()), 1e-3)


def unit_backward(dy, x):
    length = np.sqrt((x * x).sum())
    return (dy - x * (x @ dy) / length**2) / length if length > 1e-3 else dy / 1e-3


hard_swish_example = hard_shrink_example = sawtooth_example = tent_example = drawn
largest_example = table_example = unit_example = drawn


def log_odds_example(rng, n=3):
    return rng.uniform(0.05, 0.95, size=n)
