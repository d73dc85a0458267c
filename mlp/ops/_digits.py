"""The product of two matrices, each entry rounded once:  long multiplication in base 2ᵝ.

    A : (n, K)  its rows in digits       |digit| < 2ᵝ
    B : (K, m)  its columns in digits    K 2ᵝ 2ᵝ ≤ 2⁵³

A sum of K products of digits is a whole number below 2⁵³, so that an ordinary matrix product adds
it without rounding, in whatever order (Ozaki, Ogita, Oishi and Rump 2012). Whole numbers of Python
take the carries. Derived in derivations/02-affine.md, tested in tests/test_affine.py.
"""

from functools import reduce
from typing import Any

import numpy as np
import numpy.typing as npt

from mlp.shapes import Array


def product(A: Array, B: Array) -> Array:
    """Return A B, every entry the nearest number of its dtype to the true one."""
    beta = (53 - (A.shape[1] - 1).bit_length()) // 2
    (S, e), (T, f) = digits(A, beta), digits(B.T, beta)
    D = np.zeros((len(S) + len(T) - 1, len(A), B.shape[1]), np.int64)
    for p, q in np.ndindex(len(S), len(T)):
        D[p + q] += (S[p] @ T[q].T).astype(np.int64)
    N = reduce(lambda high, low: high * 2**beta + low, D.astype(object))
    return nearest(N, e + f.T - beta * (len(D) + 1), A.dtype)


def digits(A: Array, beta: int) -> tuple[Array, npt.NDArray[Any]]:
    """Write each row in base 2ᵝ:  A = 2ᵉ Σₚ Sₚ 2^(−β(p+1)), e a column."""
    A = A.astype(np.float64)
    _, e = np.frexp(np.abs(A).max(axis=1, keepdims=True))
    S: list[Array] = []
    while not S or A.any():
        last = e - beta * (len(S) + 1)
        S.append(np.trunc(np.ldexp(A, -last)))
        A = A - np.ldexp(S[-1], last)
    return np.array(S), e


def nearest(N: npt.NDArray[Any], e: npt.NDArray[Any], dtype: np.dtype[Any]) -> Array:
    """Return N · 2ᵉ rounded to the dtype; of two numbers that are as near, the even one."""
    form = np.finfo(dtype)

    def shorten(n: int, e: int) -> tuple[int, int]:
        excess = max(n.bit_length() - form.nmant - 1, form.minexp - form.nmant - e)
        if excess <= 0:
            return n, e
        odd = n >> excess & 1
        return (n + (1 << excess - 1) - 1 + odd) >> excess, e + excess

    M, last = np.frompyfunc(shorten, 2, 2)(N, e.astype(object))
    rounded: Array = np.ldexp(M.astype(dtype), last.astype(np.int64))
    return rounded
