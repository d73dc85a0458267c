"""Sigmoid linear unit, also called swish:  A = Z σ(Z), elementwise.

    Z : (...)  pre-activations    A : (...)  activations, the shape of Z

    tangent     Ȧ  = (σ(Z) + Z σ(Z) σ(−Z)) ⊙ Ż
    backward    dZ = (σ(Z) + Z σ(Z) σ(−Z)) ⊙ dA

``definition`` and ``definition_backward`` are the textbook lines, which are proved. They lose the
left tail, and the slope every digit at its root near Z = −1.28; forward and backward keep them.

    >>> silu.forward([0, 40])
    array([ 0., 40.])

Derived in derivations/03-activations.md, tested in tests/test_silu.py.
"""

import numpy as np
from numpy.random import Generator

from mlp.inputs import draws
from mlp.ops import _tails
from mlp.rows import ieee
from mlp.shapes import Array, shapes


@shapes("(...)->(...)")
def forward(Z: Array) -> Array:
    """Return A = Z σ(Z)."""
    return _tails.value(Z, _tails.SILU)


@shapes("(...),(...)->(...)")
@ieee
def backward(dA: Array, Z: Array) -> Array:
    """Pull the cotangent dA back to dZ."""
    return dA * _tails.slope(Z, _tails.SILU)


@shapes("(...)->(...)")
@ieee
def definition(Z: Array) -> Array:
    """Return A = Z / (1 + exp(−Z)) by the textbook line, on floats and on exact scalars."""
    A: Array = Z / (1 + np.exp(-Z))
    return A


@shapes("(...),(...)->(...)")
@ieee
def definition_backward(dA: Array, Z: Array) -> Array:
    """Pull the cotangent dA back to dZ by the textbook line, P = σ(Z)."""
    P = 1 / (1 + np.exp(-Z))
    dZ: Array = dA * (P + Z * P * (1 - P))
    return dZ


@draws
def example(rng: Generator, n: int = 3, m: int = 4) -> tuple[Array]:
    """Draw a generic point at which to verify this op."""
    return (rng.normal(size=(n, m)),)
