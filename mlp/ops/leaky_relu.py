"""Leaky rectified linear unit:  A = Z where Z > 0, slope · Z elsewhere.

    Z : (...)  pre-activations    A : (...)  activations, the shape of Z
    slope      a constant, 0.01 unless said

    tangent     Ȧ  = ([Z > 0] + slope [Z ≤ 0]) ⊙ Ż
    backward    dZ = ([Z > 0] + slope [Z ≤ 0]) ⊙ dA

At the kink Z = 0 the derivative is ``slope`` by convention, the one from the left as in relu.

    >>> leaky_relu.forward([-1, 2])
    array([-0.01,  2.  ])

Derived in derivations/03-activations.md, tested in tests/test_leaky_relu.py.
"""

import numpy as np
from numpy.random import Generator

from mlp.inputs import draws
from mlp.ops._options import constant
from mlp.rows import ieee
from mlp.shapes import Array, shapes


@shapes("(...)->(...)")
@ieee
def forward(Z: Array, *, slope: float = 0.01) -> Array:
    """Return A = Z where Z > 0, slope · Z elsewhere."""
    slope = constant("leaky_relu", slope=slope)
    return np.where(Z > 0, Z, slope * Z)


@shapes("(...),(...)->(...)")
@ieee
def backward(dA: Array, Z: Array, *, slope: float = 0.01) -> Array:
    """Pull the cotangent dA back to dZ."""
    slope = constant("leaky_relu", slope=slope)
    return dA * np.where(Z > 0, 1, np.where(Z <= 0, slope, Z))  # the last Z is NaN and stays NaN


@draws
def example(rng: Generator, n: int = 3, m: int = 4) -> tuple[Array]:
    """Draw a generic point at which to verify this op."""
    return (rng.normal(size=(n, m)),)
