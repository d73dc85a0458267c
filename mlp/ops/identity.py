"""Identity, no activation at all:  A = Z, elementwise.

    Z : (...)  pre-activations    A : (...)  activations, the shape of Z

    tangent     Ȧ  = Ż
    backward    dZ = dA

A network whose activations are all the identity is one affine map, however deep it is.

    >>> identity.forward([-1, 2])
    array([-1.,  2.])

Derived in derivations/03-activations.md, tested in tests/test_identity.py.
"""

from numpy.random import Generator

from mlp.inputs import draws
from mlp.rows import ieee
from mlp.shapes import Array, shapes


@shapes("(...)->(...)")
def forward(Z: Array) -> Array:
    """Return A = Z."""
    return +Z  # a copy: whoever writes into A later leaves Z alone


@shapes("(...),(...)->(...)")
@ieee
def backward(dA: Array, Z: Array) -> Array:  # noqa: ARG001  # backward takes every argument of forward
    """Pull the cotangent dA back to dZ."""
    return +dA


@draws
def example(rng: Generator, n: int = 3, m: int = 4) -> tuple[Array]:
    """Draw a generic point at which to verify this op."""
    return (rng.normal(size=(n, m)),)
