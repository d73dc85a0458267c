"""Softmax of each row:  P = exp(Z) / Σ exp(Z), a probability for each of c classes.

    Z : (n, c)  logits    P : (n, c)  probabilities, each row sums to 1

    tangent     Ṗ  = P ⊙ (Ż − Σₖ Pₖ Żₖ)
    backward    dZ = P ⊙ (dP − Σₖ Pₖ dPₖ)      sums over each row

Only differences of logits matter: the largest is taken off first, so nothing overflows.

    >>> softmax.forward([[0, 0, 1000]])
    array([[0., 0., 1.]])

Derived in derivations/04-softmax.md, tested in tests/test_softmax.py.
"""

import numpy as np
from numpy.random import Generator

from mlp.inputs import draws
from mlp.rows import at, by_rows, total, two_sum, with_entry
from mlp.shapes import Array, Labels, shapes


@shapes("(n,c)->(n,c)")
@by_rows
def forward(Z: Array) -> Array:
    """Return P = exp(Z) / Σ exp(Z)."""
    _, E, k, rest = exponentials(Z)
    return E / (at(E, k) + rest)


@shapes("(n,c),(n,c)->(n,c)")
@by_rows
def backward(dP: Array, Z: Array) -> Array:
    """Pull the cotangent dP back to dZ."""
    _, E, k, rest = exponentials(Z)
    s = at(E, k) + rest
    D, lost = two_sum(dP, -at(dP, k))  # a constant in dP changes nothing: 0 at the likeliest class
    D = (D - total(E * D) / s) + lost
    D = D - total(E * D) / s  # the mean once more, for what rounding left of it
    return E * D / s


def exponentials(Z: Array) -> tuple[Array, Array, Labels, Array]:
    """Return D = Z − max Z, E ∝ exp(D), the likeliest class k, and rest = Σ E without Eₖ.

    Eₖ is 1, and e⁴⁰ where the other classes are so unlikely that their sum would be subnormal.
    """
    k = Z.argmax(axis=1)[:, None]
    D, lost = two_sum(Z, -at(Z, k))
    E, rest = raised(D, lost, k)
    normal = rest * 2.0**-65 > 0
    if not normal.all():
        E, rest = raised(np.where(normal, D, D + 40), lost, k)
    return D, E, k, rest


def raised(D: Array, lost: Array, k: Labels) -> tuple[Array, Array]:
    """Return E = exp(D + lost), and the sum of each row of E without its entry k."""
    E = np.exp(D)
    E += E * np.fmin(lost, 1)  # where E is 0, lost may be NaN, which fmin passes over
    return E, total(with_entry(E, k, 0))


@draws
def example(rng: Generator, n: int = 3, c: int = 4) -> tuple[Array]:
    """Draw a generic point at which to verify this op."""
    return (rng.normal(size=(n, c)),)
