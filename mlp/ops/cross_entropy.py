"""Cross-entropy of probabilities, mean over the batch:  L = −1/n Σᵢₖ Yᵢₖ log Pᵢₖ.

    P : (n, c)  probabilities    y : (n,)    the right class of each row, 0 .. c−1
    L : ()      mean loss        Y : (n, c)  or soft targets in place of y

    tangent     L̇  = −1/n Σᵢₖ Yᵢₖ Ṗᵢₖ / Pᵢₖ
    backward    dP = −dL Y / (n P)

Targets are constants; 0 log 0 = 0. A right class of probability 0 costs ∞: with logits at hand
use softmax_cross_entropy, which knows how small a probability is when a float no longer does.

    >>> cross_entropy.forward([[0.5, 0.5]], [1])
    np.float64(0.6931471805599453)

Derived in derivations/05-cross-entropy.md, tested in tests/test_cross_entropy.py.
"""

from typing import Any

import numpy as np
from numpy.random import Generator

from mlp.inputs import draws
from mlp.ops import softmax
from mlp.ops.softmax_cross_entropy import Targets, are_labels, column
from mlp.rows import at, by_rows, ieee, mean, total, with_entry
from mlp.shapes import Array, Labels, shapes

WRT = (0,)


@shapes("(n,c),(n)|(n,c)->()")
def forward(P: Array, y: Labels | Array) -> Any:
    """Return L = −1/n Σ Y log P, the mean loss."""
    return mean(losses(P, column(y)))


@shapes("(),(n,c),(n)|(n,c)->(n,c)")
@ieee
def backward(dL: Array, P: Array, y: Labels | Array) -> Array:
    """Pull the cotangent dL back to dP."""
    n, Y = len(P), column(y)
    if are_labels(Y):
        return with_entry(0 * P, Y, -dL / (n * at(P, Y)))  # 0 · NaN stays NaN
    return -dL * Y / (n * present(P, Y))


@by_rows
def losses(P: Array, y: Targets) -> Array:
    """Return the loss of each row."""
    if are_labels(y):
        return -np.log(at(P, y))
    return total(-y * np.log(present(P, y)))


def present(P: Array, Y: Targets) -> Array:
    """Return P with 1 for a class that neither the target nor the prediction has: 0 log 0 = 0."""
    return np.where((Y == 0) & (P == 0), 1, P)


@draws
def example(rng: Generator, n: int = 3, c: int = 4) -> tuple[Array, Labels]:
    """Draw a generic point at which to verify this op."""
    return softmax.forward(rng.normal(size=(n, c))), rng.integers(c, size=n)
