"""Linear algebra: what a small change of a matrix does to its inverse, determinant and factors.

A dot above is the change along the direction, Φ takes the lower triangle with half the diagonal:

    inverse      X = A⁻¹       Ẋ = -X Ȧ X             solution   A X = B       A Ẋ = Ḃ - Ȧ X
    determinant  d = det A     ḋ = d tr(A⁻¹Ȧ)         Cholesky   A = L Lᵀ      L̇ = L Φ(L⁻¹ Ȧ L⁻ᵀ)
    eigenvalues  A V = V Λ     λ̇ = diag(V⁻¹ȦV)        singular   A = U Σ Vᵀ    σ̇ = diag(Uᵀ Ȧ V)

NumPy's cholesky and eigh read one triangle; so do their rules. Sources: Giles 2008, *Collected
matrix derivative results*; Golub & Pereyra 1973 (pseudo-inverse).
Tested in tests/tangent/test_linalg.py, each rule against extrapolated differences.
"""

from typing import Any

import numpy as np

from mlp.tangent.array import TangentArray, paired, tangent_of, value_of, with_tangent
from mlp.tangent.functions import linear, rule
from mlp.tangent.trail import Trail

LA = np.linalg


def adjoint(a: Any) -> Any:
    """Return the conjugate transpose of the last two axes."""
    return np.conj(np.swapaxes(a, -1, -2))


def _of(trail: Trail) -> Any:
    """Return what inverts matrices in this run: NumPy's module, or an elimination."""
    return trail.digits.linalg if trail.digits else LA


def _diagonal(a: Any) -> Any:
    return np.diagonal(a, axis1=-2, axis2=-1)


def _triangle(a: TangentArray, lower: bool) -> Any:
    """Return value and tangent of the Hermitian matrix that one triangle of this one says."""
    keep, rest = (np.tril, -1) if lower else (np.triu, 1)
    return tuple(keep(part) + adjoint(keep(part, rest)) for part in (a.value, a.tangent))


def _meets(trail: Trail, w: Any, inner: Any) -> None:
    """Record at which step two eigenvalues or singular values would meet, which then mix."""
    n = w.shape[-1]
    apart = w[..., None, :] - w[..., :, None]
    others = ~np.eye(n, dtype=bool)
    trail.bends(np.where(others, apart, np.inf), np.where(others, inner[..., :n, :n], 0.0))


@rule(LA.inv)
def _inv(trail: Trail, a: Any) -> Any:
    x = _of(trail).inv(a.value)
    return paired(trail, x, -x @ a.tangent @ x)


@rule(LA.solve)
def _solve(trail: Trail, a: Any, b: Any) -> Any:
    A, B = value_of(a), value_of(b)
    solve = _of(trail).solve
    x = solve(A, B)
    moved = tangent_of(a) @ x if isinstance(a, TangentArray) else 0.0
    return paired(trail, x, solve(A, np.broadcast_to(tangent_of(b) - moved, x.shape)))


@rule(LA.det)
def _det(trail: Trail, a: Any) -> Any:
    la = _of(trail)
    d = la.det(a.value)
    return paired(trail, d, d * np.trace(la.solve(a.value, a.tangent), axis1=-2, axis2=-1))


@rule(LA.slogdet)
def _slogdet(trail: Trail, a: Any) -> Any:
    found: Any = LA.slogdet(a.value)
    rate = np.trace(LA.solve(a.value, a.tangent), axis1=-2, axis2=-1)
    turning = 1j * np.imag(rate) * found.sign if a.dtype.kind == "c" else 0 * found.sign
    return type(found)(
        paired(trail, found.sign, turning), paired(trail, found.logabsdet, np.real(rate))
    )


@rule(LA.cholesky)
def _cholesky(trail: Trail, a: Any, *, upper: bool = False) -> Any:
    _, change = _triangle(a, lower=not upper)
    L = LA.cholesky(a.value, upper=upper)
    L = adjoint(L) if upper else L
    inner = LA.solve(L, adjoint(LA.solve(L, change)))
    half = np.tril(inner) - 0.5 * inner * np.eye(inner.shape[-1])
    found = paired(trail, L, L @ half)
    return adjoint(found) if upper else found


@rule(LA.eigh)
def _eigh(trail: Trail, a: Any, UPLO: Any = "L") -> Any:
    found: Any = LA.eigh(a.value, UPLO)
    w, V = found
    inner = adjoint(V) @ _triangle(a, lower=UPLO.upper() == "L")[1] @ V
    gap = w[..., None, :] - w[..., :, None] + np.eye(w.shape[-1])
    rate = np.real(_diagonal(inner))
    trail.bends(np.diff(w), np.diff(rate))
    _meets(trail, w, inner)
    turned = V @ (inner / gap * (1 - np.eye(w.shape[-1])))
    return type(found)(paired(trail, w, rate), paired(trail, V, turned))


@rule(LA.eigvalsh)
def _eigvalsh(_: Trail, a: Any, UPLO: Any = "L") -> Any:
    return LA.eigh(a, UPLO)[0]


@rule(LA.eigvals)
def _eigvals(_: Trail, a: Any) -> Any:
    return LA.eig(a)[0]


@rule(LA.eig)
def _eig(trail: Trail, a: Any) -> Any:
    found: Any = LA.eig(a.value)
    w, V = found
    inner = LA.solve(V, a.tangent @ V)
    _meets(trail, w, inner)
    apart = ~np.eye(w.shape[-1], dtype=bool)
    gap = np.where(apart, w[..., None, :] - w[..., :, None], 1.0)
    turned = V @ np.where(apart, inner / gap, 0.0)
    turned = turned - V * np.real(np.sum(np.conj(V) * turned, axis=-2, keepdims=True))
    if np.iscomplexobj(V):  # each is of length 1, and its largest entry is real
        top = np.argmax(np.abs(V), axis=-2, keepdims=True)
        largest, change = (np.take_along_axis(part, top, -2) for part in (V, turned))
        turned = turned - 1j * V * np.imag(change) / np.real(largest)
    rate = _diagonal(inner)
    rate = rate if np.iscomplexobj(w) else np.real(rate)
    return type(found)(paired(trail, w, rate), paired(trail, V, turned))


@rule(LA.svd)
def _svd(
    trail: Trail,
    a: Any,
    full_matrices: bool = True,
    compute_uv: bool = True,
    hermitian: bool = False,
) -> Any:
    rows, columns = a.shape[-2:]
    if (full_matrices and rows != columns) and compute_uv:
        raise trail.lose("np.linalg.svd with full matrices: their rest is not unique")
    del hermitian  # the same numbers
    found: Any = LA.svd(a.value, full_matrices=False)
    U, s, Vh = found
    inner = adjoint(U) @ a.tangent @ adjoint(Vh)
    rate = np.real(_diagonal(inner))
    trail.bends(np.diff(s), np.diff(rate))
    trail.bends(s[..., -1], rate[..., -1])
    _meets(trail, s, inner)
    if not compute_uv:
        return paired(trail, s, rate)
    n, square = s.shape[-1], s[..., None, :] ** 2 - s[..., :, None] ** 2
    F = (1 - np.eye(n)) / (square + np.eye(n))
    S, V = s[..., None, :], adjoint(Vh)
    turn_U = U @ (F * (inner * S + np.swapaxes(S, -1, -2) * adjoint(inner)))
    turn_V = V @ (F * (np.swapaxes(S, -1, -2) * inner + adjoint(inner) * S))
    turn_U = turn_U + (a.tangent @ V - U @ (adjoint(U) @ a.tangent @ V)) / S
    turn_V = turn_V + (adjoint(a.tangent) @ U - V @ (Vh @ adjoint(a.tangent) @ U)) / S
    pairs = ((U, turn_U), (s, rate), (Vh, adjoint(turn_V)))
    return type(found)(*(paired(trail, *pair) for pair in pairs))


@rule(getattr(LA, "svdvals", None))
def _svdvals(_: Trail, a: Any) -> Any:
    return LA.svd(a, compute_uv=False)


@rule(LA.qr)
def _qr(trail: Trail, a: Any, mode: str = "reduced") -> Any:
    rows, columns = a.shape[-2:]
    if mode not in {"reduced", "r"} or rows < columns:
        raise trail.lose("np.linalg.qr of more columns than rows, or with all of Q")
    found: Any = LA.qr(a.value)
    Q, R = found
    moved = adjoint(LA.solve(adjoint(R), adjoint(a.tangent)))  # Ȧ R⁻¹
    inner = adjoint(Q) @ moved
    low = np.tril(inner, -1)
    turn = low - adjoint(low)
    change_R = (inner - turn) @ R
    pair = (paired(trail, Q, moved - Q @ (inner - turn)), paired(trail, R, change_R))
    return pair[1] if mode == "r" else type(found)(*pair)


@rule(LA.pinv)
def _pinv(trail: Trail, a: Any, *args: Any, **options: Any) -> Any:
    A, change = a.value, a.tangent
    X = LA.pinv(A, *args, **options)
    if (LA.matrix_rank(A) < min(A.shape[-2:])).any():
        raise trail.lose("np.linalg.pinv of a matrix without full rank")
    rows, columns = (np.eye(n) for n in A.shape[-2:])
    moved = -X @ change @ X + X @ adjoint(X) @ adjoint(change) @ (rows - A @ X)
    return paired(trail, X, moved + (columns - X @ A) @ adjoint(change) @ adjoint(X) @ X)


@rule(LA.lstsq)
def _lstsq(trail: Trail, a: Any, b: Any, rcond: Any = None) -> Any:
    _, rest, rank, s = LA.lstsq(value_of(a), value_of(b), rcond)
    if rank < min(np.shape(value_of(a))):
        raise trail.lose("np.linalg.lstsq of a matrix without full rank")
    found = np.matmul(LA.pinv(a), b)
    a, b = with_tangent(a, trail), with_tangent(b, trail)
    residual = np.square(b - a @ found).sum(axis=0) if rest.size else rest
    return found, residual, rank, s


@rule(LA.cond)
def _cond(_: Trail, x: Any, p: Any = None) -> Any:
    if p in {None, 2, -2}:
        s = LA.svd(x, compute_uv=False)
        return s[..., -1] / s[..., 0] if p == -2 else s[..., 0] / s[..., -1]
    return LA.norm(x, p, axis=(-2, -1)) * LA.norm(LA.inv(x), p, axis=(-2, -1))


@rule(LA.matrix_rank)
def _matrix_rank(trail: Trail, *_: Any, **__: Any) -> Any:
    raise trail.lose("np.linalg.matrix_rank, a choice by a tolerance")


for _name in (
    *("fft", "ifft", "fft2", "ifft2", "fftn", "ifftn", "rfft", "irfft", "rfft2", "irfft2"),
    *("rfftn", "irfftn", "hfft", "ihfft", "fftshift", "ifftshift"),
):
    rule(getattr(np.fft, _name))(linear(getattr(np.fft, _name)))
