"""Affine map, the layer every network is made of:  O = X W + b.

    X : (n, d)  a batch of n inputs         W : (d, m)  weights
    O : (n, m)  one output row per input    b : (m,)    biases

    tangent     Ȯ  = Ẋ W + X Ẇ + 1 ḃ
    backward    dX = dO Wᵀ      dW = Xᵀ dO      db = 1ᵀ dO

    >>> affine.forward([[1, 2]], [[3], [4]], [5])
    array([[16.]])

Derived in derivations/02-affine.md, tested in tests/test_affine.py.
"""

import numpy as np
from numpy.random import Generator

from mlp.inputs import draws
from mlp.ops import _digits
from mlp.rows import ieee
from mlp.shapes import Array, shapes


@shapes("(n,d),(d,m),(m)->(n,m)")
@ieee
def forward(X: Array, W: Array, b: Array) -> Array:
    """Return O = X W + b."""
    return X @ W + b


@shapes("(n,m),(n,d),(d,m),(m)->(n,d),(d,m),(m)")
@ieee
def backward(dO: Array, X: Array, W: Array, b: Array) -> tuple[Array, Array, Array]:  # noqa: ARG001  # backward takes every argument of forward
    """Pull the cotangent dO back to (dX, dW, db)."""
    dX = dO @ W.T
    dW = X.T @ dO  # every example used the same W, so their contributions add
    db = dO.sum(axis=0)  # b was broadcast down the batch, so sum back over it
    return dX, dW, db


@shapes("(n,m),(n,d),(d,m),(m)->(d,m),(m)")
@ieee
def backward_parameters(dO: Array, X: Array, W: Array, b: Array) -> tuple[Array, Array]:  # noqa: ARG001  # likewise
    """Pull the cotangent dO back to (dW, db) alone: a third fewer products where X is data."""
    return X.T @ dO, dO.sum(axis=0)


@shapes("(n,d),(d,m),(m)->(n,m)")
@ieee
def forward_exact(X: Array, W: Array, b: Array) -> Array:
    """Return O = X W + b as the nearest floats to the true values: an oracle, not for speed.

    Raises ``ValueError`` for arguments that are not finite: they have no sum to be near to.
    """
    if X.dtype == object:
        return forward(X, W, b)  # exact scalars do not round
    for name, A in (("X", X), ("W", W), ("b", b)):
        if not np.isfinite(A).all():
            raise ValueError(
                f"affine.forward_exact: X, W and b must be finite, but {name} holds NaN or infinity"
            )
    X_1, W_b = np.hstack([X, np.ones_like(X[:, :1])]), np.vstack([W, b])
    return _digits.product(X_1, W_b)


@draws
def example(rng: Generator, n: int = 3, d: int = 4, m: int = 2) -> tuple[Array, Array, Array]:
    """Draw a generic point at which to verify this op."""
    return rng.normal(size=(n, d)), rng.normal(size=(d, m)), rng.normal(size=m)
