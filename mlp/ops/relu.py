"""Rectified linear unit:  A = max(0, Z), elementwise.

    Z : (...)  pre-activations    A : (...)  activations, the shape of Z

    tangent     Ȧ  = [Z > 0] ⊙ Ż
    backward    dZ = [Z > 0] ⊙ dA

At the kink Z = 0 the slope is 0 by convention, one of the subgradients [0, 1].

    >>> relu.forward([-1, 2])
    array([0., 2.])

Derived in derivations/03-activations.md, tested in tests/test_relu.py.
"""

import numpy as np
from numpy.random import Generator

from mlp.inputs import draws
from mlp.rows import ieee
from mlp.shapes import Array, shapes


@shapes("(...)->(...)")
def forward(Z: Array) -> Array:
    """Return A = max(0, Z)."""
    return np.maximum(Z, 0)


@shapes("(...),(...)->(...)")
@ieee
def backward(dA: Array, Z: Array) -> Array:
    """Pull the cotangent dA back to dZ."""
    return dA * np.sign(np.maximum(Z, 0))  # [Z > 0], and NaN where Z is, without a branch


@draws
def example(rng: Generator, n: int = 3, m: int = 4) -> tuple[Array]:
    """Draw a generic point at which to verify this op."""
    return (rng.normal(size=(n, m)),)
