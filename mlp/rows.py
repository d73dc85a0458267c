"""Arithmetic on the rows of a matrix that keeps its digits:  what rounds is known and put back.

    two_sum   a + b and what its rounding took away
    total     the sum of each row, right to the last digit
    ieee      infinity and NaN go their way without a warning
    by_rows   a few rows at a time, so that a row's bits do not depend on the batch around it,
              and float32 by way of float64

All three are sums in exact arithmetic too: on symbols, balls and fractions they change nothing.

Tested in tests/test_rows.py.
"""

import functools
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

import numpy as np

from mlp.shapes import Array, Labels

P = ParamSpec("P")
R = TypeVar("R")

ieee = np.errstate(over="ignore", invalid="ignore", divide="ignore")  # a decorator
SINGLE = np.dtype(np.float32)
BLOCK = 16_000  # entries in a block of rows: about 130 kB, so that temporaries stay in the cache


def two_sum(A: Array, B: Array) -> tuple[Array, Array]:
    """Return S = A + B as rounded, and the rounding error A + B − S, which is exact (Knuth)."""
    S = A + B
    T = S - A
    lost: Array = A - (S - T)
    lost += B - T
    return S, lost


@ieee
def total(A: Array) -> Array:
    """Return the sum of each row as a column, right to the last digit where no term is negative.

    Added to a number as large as their sum, the entries lose their low parts. What is left of
    them lies on a grid so coarse that they add without rounding (Rump, Ogita and Oishi 2008).
    """
    rough = A.sum(axis=1, keepdims=True)
    twice = 2 * rough
    high = A + twice
    high -= twice
    fine = high.sum(axis=1, keepdims=True)
    low = np.subtract(A, high, out=high)  # high has been used, and a new array costs time
    fine += low.sum(axis=1, keepdims=True)
    sums: Array = np.where(twice - twice == 0, fine, rough)  # where twice is ∞ or NaN, so is high
    return sums


def mean(losses: Array) -> Any:
    """Return the mean of a column of losses, a scalar."""
    return total(losses.T)[0, 0] / len(losses)


def at(A: Array, k: Labels) -> Array:
    """Return column k[i, 0] of each row i, as a column."""
    entries: Array = A[np.arange(len(A))[:, None], k]
    return entries


def with_entry(A: Array, k: Labels, value: Any) -> Array:
    """Return a copy of A in which column k[i, 0] of each row i holds value."""
    return put(A.copy(), k, value)


def put(A: Array, k: Labels, value: Any) -> Array:
    """Write value into column k[i, 0] of each row i of A, an array of the caller's own."""
    A[np.arange(len(A))[:, None], k] = value
    return A


def in_double(kernel: Callable[..., Any]) -> Callable[..., Any]:
    """Run a function of float32 matrices in float64, and round what it returns once."""

    def run(*matrices: Any, **options: Any) -> Any:
        if SINGLE not in [A.dtype for A in matrices]:
            return kernel(*matrices, **options)
        wide = (A.astype(np.float64) if A.dtype == SINGLE else A for A in matrices)
        found = kernel(*wide, **options)
        if isinstance(found, tuple):
            return tuple(part.astype(np.float32) for part in found)
        return found.astype(np.float32)

    return run


def by_rows(kernel: Callable[P, R]) -> Callable[P, R]:
    """Run a function of matrices with equally many rows on a few rows of them at a time.

    float32 is computed in float64: its exponentials alone would cost two or three units each. The
    blocks are contiguous, whatever the memory order of the matrices. Where logits differ by
    more than the largest float, their difference is −∞ without a warning: its exponential is 0.
    """
    run = in_double(kernel)

    @functools.wraps(kernel)
    @ieee
    def in_blocks(*matrices: Any, **options: Any) -> Any:
        n, c = matrices[0].shape
        step = max(1, BLOCK // c)
        if n <= step:  # nothing to put together
            return run(*map(np.ascontiguousarray, matrices), **options)
        whole: tuple[Array, ...] = ()
        for i in range(0, n, step):
            block = run(*(np.ascontiguousarray(A[i : i + step]) for A in matrices), **options)
            parts = block if isinstance(block, tuple) else (block,)
            whole = whole or tuple(np.empty((n, *part.shape[1:]), part.dtype) for part in parts)
            for A, part in zip(whole, parts, strict=True):
                A[i : i + step] = part
        return whole if isinstance(block, tuple) else whole[0]

    return in_blocks
