"""Cross-entropy of logits, mean over the batch:  L = −1/n Σᵢₖ Yᵢₖ log softmax(Z)ᵢₖ.

    Z : (n, c)  logits      y : (n,)    the right class of each row, 0 .. c−1
    L : ()      mean loss   Y : (n, c)  or soft targets in place of y; y is the Y with a 1 at y

    tangent     L̇  = Σᵢₖ dZᵢₖ Żᵢₖ
    backward    dZ = dL (P ⊙ Σₖ Yₖ − Y) / n      P = softmax(Z); P − Y where each Y sums to 1

Targets are constants. Any real Y will do: its rows need not sum to 1.

    >>> softmax_cross_entropy.forward([[0, 1000]], [0])
    np.float64(1000.0)

Derived in derivations/05-cross-entropy.md, tested in tests/test_softmax_cross_entropy.py.
"""

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
from numpy.random import Generator

from mlp.inputs import draws
from mlp.ops.log_softmax import pull
from mlp.ops.softmax import exponentials
from mlp.rows import at, by_rows, ieee, mean, put, total
from mlp.shapes import Array, Labels, shapes

Targets: TypeAlias = npt.NDArray[Any]  # a column of labels, or soft targets

WRT = (0,)


@shapes("(n,c),(n)|(n,c)->()")
def forward(Z: Array, y: Labels | Array) -> Any:
    """Return L = −1/n Σ Y log softmax(Z), the mean loss."""
    return mean(losses(Z, column(y)))


@shapes("(),(n,c),(n)|(n,c)->(n,c)")
@ieee
def backward(dL: Array, Z: Array, y: Labels | Array) -> Array:
    """Pull the cotangent dL back to dZ."""
    return dL * slopes(Z, column(y), n=len(Z))


@shapes("(n,c),(n)|(n,c)->(),(n,c)")
def value_and_grad(Z: Array, y: Labels | Array) -> tuple[Any, Array]:
    """Return L and dZ at dL = 1, the bits of forward and of backward, from one exponential.

    Parameters
    ----------
    Z : (n, c) array
        Logits.
    y : (n,) int array or (n, c) array
        Labels, or soft targets.

    Returns
    -------
    L : scalar
        The mean loss.
    dZ : (n, c) array
        Its gradient.

    Raises
    ------
    ShapeError, TypeError, ValueError
        Where a shape, a dtype or a label does not fit.

    Examples
    --------
    >>> from mlp.ops import softmax_cross_entropy
    >>> L, dZ = softmax_cross_entropy.value_and_grad([[0.0, 0.0], [1e4, 0.0]], [0, 1])
    >>> print(L, dZ.tolist())
    5000.34657359028 [[-0.25, 0.25], [0.5, -0.5]]
    """
    rows, dZ = losses_and_slopes(Z, column(y), n=len(Z))
    return mean(rows), dZ


@by_rows
def losses(Z: Array, y: Targets) -> Array:
    """Return the loss of each row."""
    D, E, k, rest = exponentials(Z)
    return loss(y, D, E, k, rest)


@by_rows
def slopes(Z: Array, y: Targets, *, n: int) -> Array:
    """Return dZ at dL = 1 for rows of a batch of n."""
    _, E, k, rest = exponentials(Z)
    return slope(y, E, k, rest, n)


@by_rows
def losses_and_slopes(Z: Array, y: Targets, *, n: int) -> tuple[Array, Array]:
    """Return both from one exponential."""
    D, E, k, rest = exponentials(Z)
    return loss(y, D, E, k, rest), slope(y, E, k, rest, n)


def loss(y: Targets, D: Array, E: Array, k: Labels, rest: Array) -> Array:
    """Return log1p(rest / Eₖ) − D at the right class: two terms, neither negative."""
    if are_labels(y):
        return np.log1p(rest / at(E, k)) - at(D, y)
    terms = y * (np.log1p(rest / at(E, k)) - D)
    return total(np.where((y != 0) | (E != 0), terms, 0))  # 0 · ∞ is 0: a class that is not there


def slope(y: Targets, E: Array, k: Labels, rest: Array, n: int) -> Array:
    """Return P / n; at the right class −(the others' P) / n, and never P − 1 where P is near 1."""
    if not are_labels(y):
        return -pull(y, E, k, rest) / n
    s = at(E, k) + rest
    ns = n * s
    right = np.where(y == k, -rest / ns, (at(E, y) / s - 1) / n)  # P ≤ 1/2 unless y = k
    dZ: Array = E / ns
    return put(dZ, y, right)


def column(y: Labels | Array) -> Targets:
    """Return labels as a column, soft targets as they are."""
    return y.reshape(len(y), -1)


def are_labels(y: Targets) -> bool:
    """Tell labels, which are integers, from soft targets."""
    return y.dtype.kind in "iu"


@draws
def example(rng: Generator, n: int = 3, c: int = 4) -> tuple[Array, Labels]:
    """Draw a generic point at which to verify this op."""
    return rng.normal(size=(n, c)), rng.integers(c, size=n)
