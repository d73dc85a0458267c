"""Logarithm of the softmax of each row:  O = log softmax(Z) = Z − log Σ exp(Z).

    Z : (n, c)  logits    O : (n, c)  log-probabilities

    tangent     Ȯ  = Ż − Σₖ Pₖ Żₖ
    backward    dZ = dO − P ⊙ Σₖ dOₖ      P = softmax(Z), sums over each row

A probability too small for a float still has its logarithm.

    >>> log_softmax.forward([[0, 1000]])
    array([[-1000.,     0.]])

Derived in derivations/04-softmax.md, tested in tests/test_log_softmax.py.
"""

import numpy as np
from numpy.random import Generator

from mlp.inputs import draws
from mlp.ops.softmax import exponentials
from mlp.rows import at, by_rows, total, with_entry
from mlp.shapes import Array, Labels, shapes


@shapes("(n,c)->(n,c)")
@by_rows
def forward(Z: Array) -> Array:
    """Return O = log softmax(Z)."""
    D, E, k, rest = exponentials(Z)
    return D - np.log1p(rest / at(E, k))  # neither term is positive


@shapes("(n,c),(n,c)->(n,c)")
@by_rows
def backward(dO: Array, Z: Array) -> Array:
    """Pull the cotangent dO back to dZ."""
    _, E, k, rest = exponentials(Z)
    return pull(dO, E, k, rest)


def pull(dO: Array, E: Array, k: Labels, rest: Array) -> Array:
    """Return dZ = dO − P ⊙ Σ dO; at the likeliest class, dO ⊙ (1 − P) − P ⊙ (Σ of the other dO).

    Elsewhere P ≤ 1/2, so of dO at least half remains when its part in P Σ dO is taken off. At the
    likeliest nothing might, and 1 − P comes from the sum of the others.
    """
    s, own, others = at(E, k) + rest, at(dO, k), total(with_entry(dO, k, 0))
    return with_entry(dO - E * ((own + others) / s), k, (own * rest - at(E, k) * others) / s)


@draws
def example(rng: Generator, n: int = 3, c: int = 4) -> tuple[Array]:
    """Draw a generic point at which to verify this op."""
    return (rng.normal(size=(n, c)),)
