"""Linear algebra of small exact matrices, by the definitions that a textbook opens with.

    det A      Laplace's rule, each minor once        inv A      adjugate / determinant
    slogdet    the sign of det A, and log |det A|     solve      inv(A) B
    cholesky   L Lᵀ = A, entry after entry, of the lower triangle of A as NumPy reads it

A determinant that is 0 on a border divides by 0 nowhere else. Stacks of matrices go one by one.
Tested in tests/proof/run/test_linear.py.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from mlp.proof.run.arrays import plain


def det(a: Any) -> Any:
    """Return determinants, as np.linalg.det does."""
    return _stacked(_determinant, a)


def inv(a: Any) -> Any:
    """Return inverses, as np.linalg.inv does."""
    return _stacked(_inverse, a)


def solve(a: Any, b: Any) -> Any:
    """Return X with A X = B, as np.linalg.solve does."""
    B = plain(np.asarray(b, dtype=object))
    X = inv(a) @ (B[:, None] if B.ndim == 1 else B)
    return X[..., 0] if B.ndim == 1 else X


def slogdet(a: Any) -> Any:
    """Return signs and logarithms of determinants, as np.linalg.slogdet does."""
    d = det(a)
    signs = np.frompyfunc(lambda e: 1.0 if e > 0 else -1.0, 1, 1)(plain(d))
    kind = type(np.linalg.slogdet(np.eye(1)))
    return kind(np.asarray(signs, dtype=float)[()], np.log(signs * d))


def cholesky(a: Any, /, *, upper: bool = False) -> Any:
    """Return L of A = L Lᵀ, as np.linalg.cholesky does."""
    return _stacked(partial(_triangle, upper=upper), a)


def _stacked(work: Callable[[Any], Any], a: Any) -> Any:
    """Do the work for each matrix of a stack."""
    A = plain(np.asarray(a, dtype=object))
    if A.ndim < 2 or A.shape[-1] != A.shape[-2]:
        raise np.linalg.LinAlgError(f"a square matrix is needed, but the shape is {A.shape}")
    if A.ndim == 2:
        return work(A)
    return np.stack([np.asarray(_stacked(work, part), dtype=object) for part in A])


def _determinant(A: Any) -> Any:
    """Expand by one row after another; minors of the last rows come up again and again."""
    known: dict[tuple[int, ...], Any] = {(): 1}

    def minor(columns: tuple[int, ...]) -> Any:
        """Return the determinant of the last rows, as many as there are columns, and these."""
        if columns not in known:
            row = len(A) - len(columns)
            terms = [
                A[row, column] * minor(columns[:k] + columns[k + 1 :]) * (-1) ** k
                for k, column in enumerate(columns)
            ]
            known[columns] = sum(terms[1:], start=terms[0])
        return known[columns]

    return minor(tuple(range(len(A))))


def _inverse(A: Any) -> Any:
    n, d = len(A), _determinant(A)
    found = np.empty((n, n), dtype=object)
    for i, j in np.ndindex(n, n):
        rest = np.delete(np.delete(A, j, axis=0), i, axis=1)
        found[i, j] = (-1) ** (i + j) * _determinant(rest) / d
    return found


def _triangle(A: Any, *, upper: bool) -> Any:
    """Return the triangular factor; NumPy reads the lower triangle of A, or the upper."""
    A, n = (A.T if upper else A), len(A)
    L = np.zeros((n, n), dtype=object)
    for i in range(n):
        for j in range(i):
            L[i, j] = (A[i, j] - L[i, :j] @ L[j, :j]) / L[j, j]
        L[i, i] = np.sqrt(A[i, i] - L[i, :i] @ L[i, :i])
    return L.T if upper else L
