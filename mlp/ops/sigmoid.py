"""Logistic sigmoid:  A = σ(Z) = 1 / (1 + e⁻ᶻ), elementwise.

    Z : (...)  pre-activations    A : (...)  activations between 0 and 1, the shape of Z

    tangent     Ȧ  = σ(Z) σ(−Z) ⊙ Ż
    backward    dZ = σ(Z) σ(−Z) ⊙ dA

With e = exp(−|Z|) ≤ 1 nothing overflows, and σ' = e / (1 + e)² subtracts nothing: A (1 − A) has
lost every digit at Z = 37. σ itself is 1/2 and an odd function, (1 + tanh(Z/2)) / 2, in which only
the sum rounds visibly near 0; far to the left, where that would cancel, it is eᶻ / (1 + eᶻ).

    >>> sigmoid.forward([-40, 0, 40])
    array([4.24835426e-18, 5.00000000e-01, 1.00000000e+00])

Derived in derivations/03-activations.md, tested in tests/test_sigmoid.py.
"""

import numpy as np
from numpy.random import Generator

from mlp.inputs import draws
from mlp.rows import ieee
from mlp.shapes import Array, shapes


@shapes("(...)->(...)")
def forward(Z: Array) -> Array:
    """Return A = 1 / (1 + exp(−Z))."""
    e: Array = np.exp(-np.abs(Z))
    return np.where(Z > -1, (1 + np.tanh(Z / 2)) / 2, e / (1 + e))


@shapes("(...),(...)->(...)")
@ieee
def backward(dA: Array, Z: Array) -> Array:
    """Pull the cotangent dA back to dZ."""
    e: Array = np.exp(-np.abs(Z))
    return dA * (e / (1 + e * (2 + e)))


@draws
def example(rng: Generator, n: int = 3, m: int = 4) -> tuple[Array]:
    """Draw a generic point at which to verify this op."""
    return (rng.normal(size=(n, m)),)
