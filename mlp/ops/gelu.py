"""Gaussian error linear unit:  A = Z Φ(Z), elementwise, Φ the normal distribution function.

    Z : (...)  pre-activations    A : (...)  activations, the shape of Z
    approximate    "none", or "tanh" for the form  A = Z σ(V),  V = √(8/π) (Z + 0.044715 Z³)

    tangent     Ȧ  = (Φ(Z) + Z φ(Z)) ⊙ Ż      φ = Φ',   or  (σ(V) + Z V' σ(V) σ(−V)) ⊙ Ż
    backward    dZ = (Φ(Z) + Z φ(Z)) ⊙ dA               or  (σ(V) + Z V' σ(V) σ(−V)) ⊙ dA

``definition`` and ``definition_backward`` are the textbook lines, Φ by erf, σ by tanh, and proved.
They lose the left tail, and the slopes every digit near Z = −0.75; forward and backward keep them.

    >>> gelu.forward([0, 40])
    array([ 0., 40.])

Derived in derivations/03-activations.md, tested in tests/test_gelu.py.
"""

import math
from typing import Any

import numpy as np
from numpy.random import Generator
from scipy import special

from mlp.inputs import demand, draws
from mlp.ops import _tails
from mlp.rows import ieee
from mlp.shapes import Array, shapes

FORMS = {"none": _tails.GELU, "tanh": _tails.GELU_TANH}


@shapes("(...)->(...)")
def forward(Z: Array, *, approximate: str = "none") -> Array:
    """Return A = Z Φ(Z), or its tanh form."""
    return _tails.value(Z, _form(approximate))


@shapes("(...),(...)->(...)")
@ieee
def backward(dA: Array, Z: Array, *, approximate: str = "none") -> Array:
    """Pull the cotangent dA back to dZ."""
    return dA * _tails.slope(Z, _form(approximate))


@shapes("(...)->(...)")
@ieee
def definition(Z: Array, *, approximate: str = "none") -> Array:
    """Return A by the textbook line, on floats and on exact scalars."""
    gate, _ = gate_and_slope(Z, approximate)
    return Z * gate


@shapes("(...),(...)->(...)")
@ieee
def definition_backward(dA: Array, Z: Array, *, approximate: str = "none") -> Array:
    """Pull the cotangent dA back to dZ by the textbook line."""
    gate, slope = gate_and_slope(Z, approximate)
    return dA * (gate + Z * slope)


def gate_and_slope(Z: Array, approximate: str) -> tuple[Array, Array]:
    """Return Φ(Z) and φ(Z), or in the tanh form σ(V) = (1 + tanh(V/2)) / 2 and its derivative."""
    _form(approximate)
    if approximate == "none":
        return (1 + erf(Z / math.sqrt(2))) / 2, np.exp(-Z * Z / 2) / math.sqrt(2 * math.pi)
    T = np.tanh(math.sqrt(2 / math.pi) * (Z + 0.044715 * Z**3))
    slope = (1 - T * T) / 2 * math.sqrt(2 / math.pi) * (1 + 3 * 0.044715 * Z * Z)
    return (1 + T) / 2, slope


def erf(Z: Array) -> Array:
    """Return erf(Z), of exact scalars by their own method, as NumPy does for exp."""
    of_each = np.frompyfunc(lambda z: z.erf(), 1, 1)
    if Z.dtype in (np.float64, np.float32):
        return np.asarray(special.erf(Z))
    values: Array = of_each(Z) if Z.dtype == object else special.erf(Z.astype(np.float64))
    return values if Z.dtype == object else values.astype(Z.dtype)


@draws
def example(rng: Generator, n: int = 3, m: int = 4) -> tuple[Array]:
    """Draw a generic point at which to verify this op."""
    return (rng.normal(size=(n, m)),)


def _form(approximate: str) -> _tails.Unit:
    given: Any = approximate
    fits = isinstance(given, str) and given in FORMS
    demand("gelu", "approximate", approximate, fits, "be 'none' or 'tanh'")
    return FORMS[approximate]
