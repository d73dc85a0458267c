"""Right gradients of forwards that differences cannot judge: the tangent alone calls none wrong.

Each is naive, cancelling, saturated, straight-through, quantised, cached, read from a table, cut
off from a part of its argument, or iterated; by hand is right, to its own rounding.
"""

import numpy as np
import pytest

import mlp


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def from_memory(f):
    """Return a function that computes nothing twice, up to nine decimals."""
    kept = {}

    def run(x):
        key = tuple(np.round(x, 9).tolist())
        return kept.setdefault(key, f(x))

    return run


TABLE = np.exp(np.linspace(-8, 8, 16001))


def looked_up(x):
    return TABLE[np.rint((x + 8) * 1000).astype(int)]


def between(x):
    return np.interp(x, np.linspace(-8, 8, 16001), TABLE)


def newton(x):
    y = np.ones_like(x)
    for _ in range(60):
        y = y - (y * y - x) / (2 * y)
    return y


def newton_until(x):
    y = np.ones_like(x)
    for _ in range(60):
        step = (y * y - x) / (2 * y)
        y = y - step
        if np.abs(step).max() < 1e-9:
            break
    return y


def bisection(x):
    low, high = np.zeros_like(x), np.full_like(x, 9.0)
    for _ in range(80):
        middle = (low + high) / 2
        low, high = np.where(middle**2 < x, middle, low), np.where(middle**2 < x, high, middle)
    return middle


def fixed_point(x):
    y = np.zeros_like(x)
    for _ in range(400):
        y = np.cos(x * y) / 2
    return y


def pull_fixed_point(dO, x):
    y = fixed_point(x)
    s = np.sin(x * y) / 2
    return -dO * s * y / (1 + s * x)


def through(x):
    """The straight-through estimator: a value that is rounded, and the slope of what it was."""
    return x + (np.round(x * 1e7) / 1e7 - x)


def softmax(z):
    e = np.exp(z)
    return e / e.sum()


def pull_softmax(dO, z):
    p = softmax(z)
    return p * (dO - (p * dO).sum())


HILBERT = 1 / (np.arange(9)[:, None] + np.arange(9) + 1.0)

RIGHT = {  # forward, backward, a point
    "naive sigmoid, saturated": (sigmoid, lambda d, x: d * sigmoid(x) * (1 - sigmoid(x)), (30, 38)),
    "naive sigmoid, on the other side": (
        lambda x: 1 - sigmoid(x),
        lambda d, x: -d * sigmoid(x) * (1 - sigmoid(x)),
        (20, 38),
    ),
    "naive tanh": (np.tanh, lambda d, x: d * (1 - np.tanh(x) ** 2), (15, 22)),
    "naive softplus": (lambda x: np.log(1 + np.exp(-x)), lambda d, x: -d * sigmoid(-x), (20, 45)),
    "naive softmax": (softmax, pull_softmax, (-300, 300)),
    "cos x - 1 over x": (
        lambda x: (np.cos(x) - 1) / x,
        lambda d, x: d * ((1 - np.cos(x)) / x - np.sin(x)) / x,
        (1e-8, 1e-3),
    ),
    "log(1 + x) over x": (
        lambda x: np.log(1 + x) / x,
        lambda d, x: d * (1 / (1 + x) - np.log(1 + x) / x) / x,
        (1e-8, 1e-3),
    ),
    "sqrt(x^2 + 1) - 1": (
        lambda x: np.sqrt(x**2 + 1) - 1,
        lambda d, x: d * x / np.sqrt(x**2 + 1),
        (1e-8, 1e-3),
    ),
    "one-pass variance": (
        lambda x: (x**2).mean() - x.mean() ** 2,
        lambda d, x: 2 * d * (x - x.mean()) / x.size,
        (1e5, 1e5 + 1),
    ),
    "a sum that returns": (lambda x: (x + 1e9) - 1e9, lambda d, _: d, (0.1, 2)),
    "expm1, naively": (lambda x: np.exp(x) - 1, lambda d, x: d * np.exp(x), (1e-9, 1e-5)),
    "straight through": (through, lambda d, _: d, (0.1, 2)),
    "quantised": (
        lambda x: np.round(np.sin(x), 7),
        lambda d, x: d * np.cos(x),
        (0.2, 1.2),
    ),
    "stored in single precision": (
        lambda x: np.sin(x).astype(np.float32).astype(float),
        lambda d, x: d * np.cos(x),
        (0.2, 1.2),
    ),
    "printed": (
        lambda x: np.array([float(f"{v:.9e}") for v in np.sin(x)]),
        lambda d, x: d * np.cos(x),
        (0.2, 1.2),
    ),
    "cached": (from_memory(np.sin), lambda d, x: d * np.cos(x), (0.2, 1.2)),
    "a table": (looked_up, lambda d, x: d * np.exp(x), (0.2, 1.2)),
    "newton": (newton, lambda d, x: d / (2 * np.sqrt(x)), (0.5, 4)),
    "newton, until": (newton_until, lambda d, x: d / (2 * np.sqrt(x)), (0.5, 4)),
    "bisection": (bisection, lambda d, x: d / (2 * np.sqrt(x)), (0.5, 4)),
    "fixed point": (fixed_point, pull_fixed_point, (0.2, 1)),
    "cut off, and constant": (
        lambda x: x * np.sin(float(np.floor(np.abs(x).max())) + 1.0),
        lambda d, x: d * np.sin(np.floor(np.abs(x).max()) + 1.0),
        (1.2, 1.8),
    ),
    "an inverse that is all but singular": (
        lambda x: np.linalg.inv(HILBERT[:7, :7] + np.diag(x)),
        lambda d, x: (
            -np.diag(
                np.linalg.inv(HILBERT[:7, :7] + np.diag(x)).T
                @ d
                @ np.linalg.inv(HILBERT[:7, :7] + np.diag(x)).T
            )
        ),
        (0, 1e-9),
    ),
}


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("name", RIGHT)
def test_the_tangent_alone_calls_no_right_gradient_wrong(name, seed):
    forward, backward, (low, high) = RIGHT[name]
    x = np.random.default_rng(seed).uniform(low, high, 7)
    with np.errstate(all="ignore"):
        report = mlp.check(forward, backward, x, rng=seed)
    (row,) = report.arguments
    assert (row.verdict, row.decided_by) != ("wrong", "tangent"), report
    assert row.verdict != "wrong" or row.decided_by == "differences", report


SMOOTH = [name for name in RIGHT if name.startswith(("cos", "log", "sqrt", "expm1", "one-pass"))]


@pytest.mark.parametrize("name", SMOOTH)
@pytest.mark.parametrize("factor", [0.5, -1, 1.01])
def test_what_is_wrong_there_is_not_called_correct(name, factor):
    forward, backward, (low, high) = RIGHT[name]
    x = np.random.default_rng(9).uniform(low, high, 7)
    report = mlp.check(forward, lambda d, x: factor * backward(d, x), x)
    assert report.verdict != "correct"


def test_where_neither_could_tell_alone_fifty_digits_do():
    forward, _, _ = RIGHT["cos x - 1 over x"]
    x = np.array([1.3e-8, 2.9e-8])
    right = mlp.check(forward, lambda d, x: d * (-0.5 + x * x / 8), x)
    assert (right.verdict, right.arguments[0].decided_by) == ("correct", "tangent")
    wrong = mlp.check(forward, lambda d, x: d * -0.25 * np.ones_like(x), x)
    assert (wrong.verdict, wrong.arguments[0].decided_by) == ("wrong", "tangent")
    assert "in fifty digits, along two directions" in wrong.findings[0].message
