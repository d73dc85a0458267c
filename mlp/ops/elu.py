"""Exponential linear unit:  A = Z where Z > 0, alpha (eᶻ − 1) elsewhere.

    Z : (...)  pre-activations    A : (...)  activations, the shape of Z
    alpha      a constant, 1 unless said

    tangent     Ȧ  = ([Z > 0] + alpha eᶻ [Z ≤ 0]) ⊙ Ż
    backward    dZ = ([Z > 0] + alpha eᶻ [Z ≤ 0]) ⊙ dA

Smooth for alpha = 1; else Z = 0 is a kink, where the derivative is alpha by convention, the one
from the left as in relu.

    >>> elu.forward([-40, 2])
    array([-1.,  2.])

Derived in derivations/03-activations.md, tested in tests/test_elu.py.
"""

import numpy as np
from numpy.random import Generator

from mlp.inputs import draws
from mlp.ops._options import constant
from mlp.rows import ieee
from mlp.shapes import Array, shapes


@shapes("(...)->(...)")
@ieee
def forward(Z: Array, *, alpha: float = 1.0) -> Array:
    """Return A = Z where Z > 0, alpha · (exp(Z) − 1) elsewhere."""
    alpha = constant("elu", alpha=alpha)
    return np.where(Z > 0, Z, alpha * np.expm1(not_positive(Z)))


@shapes("(...),(...)->(...)")
@ieee
def backward(dA: Array, Z: Array, *, alpha: float = 1.0) -> Array:
    """Pull the cotangent dA back to dZ."""
    alpha = constant("elu", alpha=alpha)
    return dA * np.where(Z > 0, 1, alpha * np.exp(-np.abs(Z)))  # −|Z| is Z there


def not_positive(Z: Array) -> Array:
    """Return −|Z|, which is Z where exp(Z) is wanted, and never overflows where it is not."""
    return np.where(Z > 0, -Z, Z)


@draws
def example(rng: Generator, n: int = 3, m: int = 4) -> tuple[Array]:
    """Draw a generic point at which to verify this op."""
    return (rng.normal(size=(n, m)),)
