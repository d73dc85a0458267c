"""Mean squared error, the mean over every entry of the batch:  L = 1/(nm) Σᵢₖ (Oᵢₖ − Yᵢₖ)².

    O : (n, m)  predictions    Y : (n, m)  targets    L : ()  mean loss

    tangent     L̇  = 2/(nm) Σᵢₖ (Oᵢₖ − Yᵢₖ) Ȯᵢₖ
    backward    dO = 2 dL (O − Y) / (nm)

The mean of n m squares without a half is what PyTorch, Keras and scikit-learn call mean squared
error; textbooks with ½ Σ have (O − Y) for a gradient. Targets are constants.

    >>> squared_error.forward([[1, 2]], [[1, 4]])
    np.float64(2.0)

Derived in derivations/05-cross-entropy.md, tested in tests/test_squared_error.py.
"""

from typing import Any

from numpy.random import Generator

from mlp.inputs import draws
from mlp.rows import ieee, mean
from mlp.shapes import Array, shapes

WRT = (0,)


@shapes("(n,m),(n,m)->()")
@ieee
def forward(O: Array, Y: Array) -> Any:
    """Return L = 1/(nm) Σ (O − Y)²."""
    return mean(((O - Y) ** 2).reshape(-1, 1))


@shapes("(),(n,m),(n,m)->(n,m)")
@ieee
def backward(dL: Array, O: Array, Y: Array) -> Array:
    """Pull the cotangent dL back to dO."""
    return 2 * dL * (O - Y) / O.size


@draws
def example(rng: Generator, n: int = 3, m: int = 4) -> tuple[Array, Array]:
    """Draw a generic point at which to verify this op."""
    return rng.normal(size=(n, m)), rng.normal(size=(n, m))
