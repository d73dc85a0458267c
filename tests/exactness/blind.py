"""The oracle's own oracle: the definitions as books print them, with 9,000 digits.

They cancel without shame, up to e^±10,000 against 1, and still have thousands of digits left. Row
by row and number by number they must agree with what ``functions`` and ``rows`` say in 60.
"""

import functools

import mpmath
import numpy as np
from oracle import mp

blind = mpmath.MPContext()
blind.dps = 9000

one, two = blind.mpf(1), blind.mpf(2)


@functools.cache  # a number and its mirror image ask for the same two powers, time and again
def e(z):
    return blind.exp(z)


def sigma(z):
    return one / (one + e(-z))


@blind.workdps(1200)  # where it is wanted, it is above 10⁻³⁵⁰; 9,000 digits of erf take a second
def cdf(z):
    return (one + blind.erf(z / blind.sqrt(two))) / 2


def density(z):
    return e(-z * z / 2) / blind.sqrt(2 * blind.pi)


def tanh(z):
    return (e(z) - e(-z)) / (e(z) + e(-z))


def form(z):
    """Return gelu's tanh form and its slope, by tanh."""
    k, a = blind.sqrt(two / blind.pi), blind.mpf("0.044715")
    t = tanh(k * (z + a * z**3))
    return z * (1 + t) / 2, (1 + t) / 2 + z / 2 * (1 - t * t) * k * (1 + 3 * a * z**2)


BLIND = {
    "sigmoid": (sigma, lambda z: sigma(z) * (1 - sigma(z))),
    "tanh": (tanh, lambda z: 1 - tanh(z) ** 2),
    "elu": (lambda z: z if z > 0 else e(z) - 1, lambda z: one if z > 0 else e(z)),
    "softplus": (lambda z: blind.log(1 + e(z)), lambda z: e(z) / (1 + e(z))),
    "silu": (lambda z: z * sigma(z), lambda z: sigma(z) + z * sigma(z) * (1 - sigma(z))),
    "gelu": (lambda z: z * cdf(z), lambda z: cdf(z) + z * density(z)),
    "gelu_tanh": (lambda z: form(z)[0], lambda z: form(z)[1]),
}
FAR = {"gelu": 40, "gelu_tanh": 22}  # further out 9,000 digits do not reach; for the rest, 10⁴


def disagreement(function, definition, z):
    """Return the relative difference of a function in 60 digits and its definition in 9,000."""
    right = definition(blind.mpf(float(z)))
    return float(abs(blind.mpf(mp.mpf(function(mp.mpf(float(z))))) / right - 1))


def row(z, g, y):
    """Return what Row returns of one row, in its order: a list for each of its functions."""
    z, g, t = ([blind.mpf(float(x)) for x in a] for a in (z, g, y))
    E = [e(x) for x in z]
    P = [x / blind.fsum(E) for x in E]
    mean = blind.fsum(p * x for p, x in zip(P, g, strict=True))
    pairs = list(zip(P, g, strict=True))
    logs = [x - blind.log(blind.fsum(E)) for x in z]
    return [
        P,
        [p * (x - mean) for p, x in pairs],
        logs,
        [x - p * blind.fsum(g) for p, x in pairs],
        [-blind.fsum(u * x for u, x in zip(t, logs, strict=True))],
        [p * blind.fsum(t) - u for p, u in zip(P, t, strict=True)],
    ]


def row_disagreement(Row, z, g, y):
    """Return the largest difference of a Row from its definitions, relative to its terms."""
    ours = Row(z)
    loss, terms = ours.loss(y)
    said = (
        ours.softmax(),
        (ours.softmax_backward(g)[0], None),
        ours.log_softmax(),
        ours.log_softmax_backward(g),
        ([loss], [terms]),
        ours.loss_backward(y),
    )
    worst = 0.0
    for (truth, size), right in zip(said, row(z, g, y), strict=True):
        for got, x, s in zip(truth, right, size if size is not None else right, strict=True):
            scale = blind.mpf(float(s)) if isinstance(s, np.floating) else blind.mpf(s)
            off = abs(blind.mpf(got) - x)
            if scale or off > blind.mpf(10) ** -8000:  # a true 0 leaves this much
                worst = max(worst, float(off / abs(scale)) if scale else np.inf)
    return worst
