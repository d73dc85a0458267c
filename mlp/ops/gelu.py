"""Gaussian error linear unit:  A = Z Φ(Z), elementwise, Φ the normal distribution function.

    Z : (...)  pre-activations    A : (...)  activations, the shape of Z
    approximate    "none", or "tanh" for the form  A = Z σ(V),  V = √(8/π) (Z + 0.044715 Z³)

    tangent     Ȧ  = (Φ(Z) + Z φ(Z)) ⊙ Ż      φ = Φ',   or  (σ(V) + Z V' σ(V) σ(−V)) ⊙ Ż
    backward    dZ = (Φ(Z) + Z φ(Z)) ⊙ dA               or  (σ(V) + Z V' σ(V) σ(−V)) ⊙ dA

``definition`` holds the textbook lines, Φ by erf and σ by tanh. They lose the left tail, and their
slopes every digit at the root near Z = −0.75; ``forward`` and ``backward`` keep them.

    >>> gelu.forward([0, 40])
    array([ 0., 40.])

Derived in derivations/03-activations.md, tested in tests/test_gelu.py.
"""

import math

import numpy as np
from numpy.random import Generator
from scipy.special import erf

from mlp.ops import _tails
from mlp.shapes import Array, shapes

FORMS = {
    "none": (_tails.gelu, _tails.gelu_slope),
    "tanh": (_tails.gelu_tanh, _tails.gelu_tanh_slope),
}


@shapes("(...)->(...)")
def forward(Z: Array, *, approximate: str = "none") -> Array:
    """Return A = Z Φ(Z), or its tanh form."""
    tail, _ = _form(approximate)
    return _tails.value(Z, tail)


@shapes("(...),(...)->(...)")
def backward(dA: Array, Z: Array, *, approximate: str = "none") -> Array:
    """Pull the cotangent dA back to dZ."""
    _, tail_slope = _form(approximate)
    return dA * _tails.slope(Z, tail_slope)


@shapes("(...)->(...)")
def definition(Z: Array, *, approximate: str = "none") -> Array:
    """Return A by the textbook line; the tanh form runs on exact scalars too."""
    _form(approximate)
    if approximate == "tanh":
        gate: Array = 1 + np.tanh(math.sqrt(2 / math.pi) * (Z + 0.044715 * Z**3))
    else:
        gate = 1 + erf(Z / math.sqrt(2))
    return Z / 2 * gate


def example(rng: Generator, n: int = 3, m: int = 4) -> tuple[Array]:
    """Draw a generic point at which to verify this op."""
    return (rng.normal(size=(n, m)),)


def _form(approximate: str) -> tuple[_tails.Tail, _tails.Tail]:
    if approximate not in [*FORMS]:
        raise ValueError(f"gelu: approximate must be 'none' or 'tanh', but is {approximate!r}")
    return FORMS[approximate]
