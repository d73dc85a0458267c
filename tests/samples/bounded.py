"""Functions with a constant whose backward has another one, in every place of a constant."""

import numpy as np

LIMIT = 2.5
SIGMA = 0.4


def relu6(x):
    """A literal."""
    return np.clip(x, 0, 6)


def relu6_backward(dy, x):
    return dy * ((x > 0) & (x < 5.5))


def hardtanh(x):
    """A name of the module, and its negative."""
    return np.clip(x, -LIMIT, LIMIT)


def hardtanh_backward(dy, x):
    return dy * (np.abs(x) < LIMIT - 0.01)


def trimmed(x):
    """A bound that is worked out."""
    low, high = -3 * SIGMA, 3 * SIGMA
    return np.where((x > low) & (x < high), x**2, 0.5 * x)


def trimmed_backward(dy, x):
    return dy * np.where((x > -3 * SIGMA) & (x < 1.21), 2 * x, 0.5)


def shrunk(x, lambd=0.625):
    """A default."""
    return np.sign(x) * np.maximum(np.abs(x) - lambd, 0)


def shrunk_backward(dy, x, lambd=0.62):
    return dy * (np.abs(x) > lambd)


def _huber(x, delta):
    return np.where(np.abs(x) <= delta, x * x / 2, delta * (np.abs(x) - delta / 2))


def huber(x):
    """A literal that a helper is given."""
    return _huber(x, 1.345)


def huber_backward(dy, x):
    return dy * np.where(np.abs(x) <= 1.37, x, 1.345 * np.sign(x))


class Threshold:
    """An attribute, and a tie that goes the other way."""

    at = 0.75

    def forward(self, x):
        return np.where(x > self.at, x, 0.1 * x)

    def backward(self, dy, x):
        return dy * np.where(x > 0.752, 1.0, 0.1)


def largest(x):
    """Its backward gives both of two equal ones all of it."""
    return x.max()


def largest_backward(dy, x):
    return dy * (x == x.max())
