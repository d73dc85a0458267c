"""Softplus, a smooth ReLU:  A = log(1 + eᶻ), elementwise.

    Z : (...)  pre-activations    A : (...)  positive activations, the shape of Z

    tangent     Ȧ  = σ(Z) ⊙ Ż
    backward    dZ = σ(Z) ⊙ dA

With log(1 + eᶻ) = max(Z, 0) + log(1 + exp(−|Z|)) nothing overflows, and nothing is subtracted.

    >>> softplus.forward([0, 40])
    array([ 0.69314718, 40.        ])

Derived in derivations/03-activations.md, tested in tests/test_softplus.py.
"""

import numpy as np
from numpy.random import Generator

from mlp.inputs import draws
from mlp.ops import sigmoid
from mlp.rows import ieee
from mlp.shapes import Array, shapes


@shapes("(...)->(...)")
def forward(Z: Array) -> Array:
    """Return A = log(1 + exp(Z))."""
    return np.maximum(Z, 0) + np.log1p(np.exp(-np.abs(Z)))


@shapes("(...),(...)->(...)")
@ieee
def backward(dA: Array, Z: Array) -> Array:
    """Pull the cotangent dA back to dZ."""
    return dA * sigmoid.forward(Z)


@draws
def example(rng: Generator, n: int = 3, m: int = 4) -> tuple[Array]:
    """Draw a generic point at which to verify this op."""
    return (rng.normal(size=(n, m)),)
