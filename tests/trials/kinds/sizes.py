"""Entries of many sizes beside a kink, the kind 18.

    huber, beta = 0.7, at x = (1e-8, 0.7, -0.7, 1e4, 0, -1e-3), the 1/beta forgotten

Two entries lie on the kink, where the fault is none, for outside |x| = beta it is right; one is so
large that a step for it leaps over the kinks of all others; and those within, where the fault is,
are so small that φ hardly shows them. It was called correct.
"""

import numpy as np

from trials.kinds.kind import Drawn, Kind


def spread(rng, kink, *, at=True):
    """Draw entries of many decades: some on a kink, and some to both sides of each."""
    x = rng.choice([-1, 1], rng.integers(4, 12)) * 10 ** rng.uniform(-4, 5)
    x = x * 10 ** rng.uniform(-9, 0, x.size)
    exact = [kink, -kink] if at else []
    beyond = max(1, kink) * 10 ** rng.uniform(0.1, 4, 2) * [1, -1]
    x = np.concatenate([x, exact, beyond, [0.3 * kink, -0.01 * kink]])
    return rng.permutation(x)


def elementwise(name, f, right, wrong, x):
    """Return a draw of a function of each entry, of its slope, and of wrong slopes."""
    return Drawn(
        name,
        f,
        (x,),
        {"by hand": lambda dO, x: dO * right(x)},
        {kind: lambda dO, x, slope=slope: dO * slope(x) for kind, slope in wrong.items()},
    )


def huber(rng):
    """The smooth L1 loss: x²/2β within, |x| - β/2 beyond; its slope bends at β."""
    beta = float(10 ** rng.uniform(-2, 1))
    return elementwise(
        f"huber, beta = {beta:.2g}",
        lambda x: np.where(np.abs(x) < beta, x * x / 2 / beta, np.abs(x) - beta / 2),
        lambda x: np.clip(x / beta, -1, 1),
        {
            "1/beta forgotten": lambda x: np.where(np.abs(x) < beta, x, np.sign(x)),
            "no sign beyond": lambda x: np.where(np.abs(x) < beta, x / beta, 1.0),
            "clipped at 1": lambda x: np.clip(x, -1, 1),
        },
        spread(rng, beta),
    )


def hinge(rng):
    """The hinge max(0, m - x), with a kink at the margin m."""
    margin = float(10 ** rng.uniform(-2, 1))
    return elementwise(
        f"hinge, margin {margin:.2g}",
        lambda x: np.maximum(0, margin - x),
        lambda x: -1.0 * (x < margin),
        {
            "the margin forgotten": lambda x: -1.0 * (x < 0),
            "the sign": lambda x: 1.0 * (x < margin),
            "|x|": lambda x: -1.0 * (np.abs(x) < margin),
        },
        spread(rng, margin),
    )


def pinball(rng):
    """The quantile loss, with a kink at 0."""
    q = float(rng.uniform(0.1, 0.4))
    x = spread(rng, 0.5)
    return elementwise(
        f"pinball, q = {q:.2g}",
        lambda x: np.maximum(q * x, (q - 1) * x),
        lambda x: np.where(x > 0, q, q - 1),
        {
            "sides exchanged": lambda x: np.where(x > 0, q - 1, q),
            "no q on the left": lambda x: np.where(x > 0, q, -1.0),
        },
        x,
    )


def insensitive(rng):
    """The loss of support vectors, max(0, |x| - e), with a kink at each side of 0."""
    e = float(10 ** rng.uniform(-2, 1))
    return elementwise(
        f"insensitive within {e:.2g}",
        lambda x: np.maximum(0, np.abs(x) - e),
        lambda x: np.sign(x) * (np.abs(x) > e),
        {
            "within it too": np.sign,
            "no sign": lambda x: 1.0 * (np.abs(x) > e),
            "half of it": lambda x: 0.5 * np.sign(x) * (np.abs(x) > e),
        },
        spread(rng, e),
    )


def clipped(rng):
    """A value that is clipped to [-c, c] and squared."""
    c = float(10 ** rng.uniform(-2, 1))
    return elementwise(
        f"a square of what is clipped at {c:.2g}",
        lambda x: np.clip(x, -c, c) ** 2,
        lambda x: 2 * x * (np.abs(x) < c),
        {
            "not clipped": lambda x: 2 * x,
            "2 forgotten": lambda x: x * (np.abs(x) < c),
            "the value clipped": lambda x: 2 * np.clip(x, -c, c),
        },
        spread(rng, c, at=bool(rng.integers(2))),
    )


def leaky(rng):
    """A leaky rectifier: two slopes, and a kink at 0, where one entry is."""
    a = float(10 ** rng.uniform(-3, -0.5))
    x = np.append(spread(rng, 1.0), 0.0)
    return elementwise(
        f"leaky, slope {a:.2g}",
        lambda x: np.where(x > 0, x, a * x),
        lambda x: np.where(x > 0, 1.0, a),
        {
            "the leak forgotten": lambda x: 1.0 * (x > 0),
            "the leak to the right": lambda x: np.where(x > 0, a, 1.0),
            "the leak twice": lambda x: np.where(x > 0, 1.0, a * a),
        },
        x,
    )


SIZES = Kind(
    "kind-sizes",
    "entries of many sizes beside a kink: a step for the large ones leaps over those of all others",
    (huber, hinge, pinball, insensitive, clipped, leaky),
    held=True,
)
KINDS = (SIZES,)
