"""Hyperbolic tangent:  A = tanh(Z) = (eᶻ − e⁻ᶻ) / (eᶻ + e⁻ᶻ), elementwise.

    Z : (...)  pre-activations    A : (...)  activations between −1 and 1, the shape of Z

    tangent     Ȧ  = sech²(Z) ⊙ Ż
    backward    dZ = sech²(Z) ⊙ dA

With e = exp(−2|Z|), sech² = 4e / (1 + e)² subtracts nothing: 1 − A² has lost every digit at Z = 19.

    >>> tanh.forward([-20, 0, 20])
    array([-1.,  0.,  1.])

Derived in derivations/03-activations.md, tested in tests/test_tanh.py.
"""

import numpy as np
from numpy.random import Generator

from mlp.inputs import draws
from mlp.rows import ieee
from mlp.shapes import Array, shapes


@shapes("(...)->(...)")
def forward(Z: Array) -> Array:
    """Return A = tanh(Z)."""
    return np.tanh(Z)


@shapes("(...),(...)->(...)")
@ieee  # 2|Z| may be infinite: e⁻∞ is 0 without more ado
def backward(dA: Array, Z: Array) -> Array:
    """Pull the cotangent dA back to dZ."""
    e: Array = np.exp(-2 * np.abs(Z))
    return dA * (4 * e / (1 + e * (2 + e)))


@draws
def example(rng: Generator, n: int = 3, m: int = 4) -> tuple[Array]:
    """Draw a generic point at which to verify this op."""
    return (rng.normal(size=(n, m)),)
