"""Softmax of each row:  P = exp(Z) / Σ exp(Z), a probability for each of c classes.

    Z : (n, c)  logits    P : (n, c)  probabilities, each row sums to 1

    tangent     Ṗ  = P ⊙ (Ż − Σₖ Pₖ Żₖ)
    backward    dZ = P ⊙ (dP − Σₖ Pₖ dPₖ)      sums over each row

Only differences of logits matter: the largest is taken off first, so nothing overflows.

Derived in derivations/04-softmax.md, tested in tests/test_softmax.py.
"""

import numpy as np
from numpy.random import Generator

from mlp.rows import at, by_rows, total, two_sum, with_entry
from mlp.shapes import Array, Labels, shapes


@shapes("(n,c)->(n,c)")
@by_rows
def forward(Z: Array) -> Array:
    """Return P = exp(Z) / Σ exp(Z)."""
    _, E, _, rest = exponentials(Z)
    return E / (1 + rest)


@shapes("(n,c),(n,c)->(n,c)")
@by_rows
def backward(dP: Array, Z: Array) -> Array:
    """Pull the cotangent dP back to dZ."""
    _, E, k, rest = exponentials(Z)
    P = E / (1 + rest)
    D, lost = two_sum(dP, -at(dP, k))  # a constant in dP changes nothing: 0 at the likeliest class
    D = (D - total(P * D)) + lost
    D = D - total(P * D)  # the mean once more, for what rounding left of it
    return P * D


def exponentials(Z: Array) -> tuple[Array, Array, Labels, Array]:
    """Return D = Z − max Z, E = exp(D), the likeliest class k, and rest = Σ E without Eₖ = 1."""
    k = Z.argmax(axis=1)[:, None]
    D, lost = two_sum(Z, -at(Z, k))
    E = np.exp(D)
    E = np.where(E > 0, E + E * lost, E)  # exp(D + lost); where E is 0, lost may be NaN
    return D, E, k, total(with_entry(E, k, 0))


def example(rng: Generator, n: int = 3, c: int = 4) -> tuple[Array]:
    """Draw a generic point at which to verify this op."""
    return (rng.normal(size=(n, c)),)
