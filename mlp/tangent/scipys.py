"""What stands in for SciPy's functions that NumPy never sees, where an argument carries a tangent.

It is imported where SciPy has been, as special.py is. Functions that NumPy dispatches have their
rules in functions.py and linalg.py, which these call.
Tested in tests/tangent/test_scipys.py, each against extrapolated differences.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import scipy.linalg as sl
import scipy.spatial.distance as sd
import scipy.special as sp

from mlp.tangent import special  # noqa: F401  # it enters its rules
from mlp.tangent.array import TangentArray, tangent_of, trail_of, value_of
from mlp.tangent.linalg import adjoint
from mlp.tangent.trail import Trail

CALLED: dict[Any, Callable[..., Any]] = {}  # SciPy's function -> ours, for arrays with tangents


def stands_for(*functions: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Enter what runs in place of SciPy's functions where an argument carries a tangent."""

    def entered(ours: Callable[..., Any]) -> Callable[..., Any]:
        for function in functions:

            def either(*args: Any, _theirs: Any = function, **options: Any) -> Any:
                trail = trail_of((*args, *options.values()))
                return ours(trail, *args, **options) if trail else _theirs(*args, **options)

            CALLED[function] = either
        return ours

    return entered


@stands_for(sp.logsumexp)
def _logsumexp(
    trail: Trail, a: Any, axis: Any = None, b: Any = None, keepdims: bool = False,
    return_sign: bool = False,
) -> Any:  # fmt: skip  # SciPy's own arguments
    if return_sign:
        raise trail.lose("logsumexp(return_sign=True)")
    top = np.max(np.asarray(value_of(a)), axis=axis, keepdims=True)
    terms = np.exp(a - top) if b is None else b * np.exp(a - top)
    found = np.log(np.sum(terms, axis=axis, keepdims=True)) + top
    return found if keepdims else np.squeeze(found, axis=axis)


@stands_for(sp.softmax)
def _softmax(_: Trail, x: Any, axis: Any = None) -> Any:
    e = np.exp(x - np.max(x.value, axis=axis, keepdims=True))
    return e / np.sum(e, axis=axis, keepdims=True)


@stands_for(sp.log_softmax)
def _log_softmax(_: Trail, x: Any, axis: Any = None) -> Any:
    d = x - np.max(x.value, axis=axis, keepdims=True)
    return d - np.log(np.sum(np.exp(d), axis=axis, keepdims=True))


@stands_for(sp.polygamma)
def _polygamma(trail: Trail, n: Any, x: Any) -> Any:
    return TangentArray(sp.polygamma(n, x.value), sp.polygamma(n + 1, x.value) * x.tangent, trail)


@stands_for(sp.lambertw)
def _lambertw(trail: Trail, z: Any, k: Any = 0, tol: float = 1e-8) -> Any:
    w = sp.lambertw(z.value, k, tol)
    return TangentArray(w, np.exp(-w) / (1 + w) * z.tangent, trail)


@stands_for(sp.zeta)
def _zeta(trail: Trail, x: Any, q: Any = None, out: Any = None) -> Any:
    if q is None or isinstance(x, TangentArray) or out is not None:
        raise trail.lose("scipy.special.zeta by its exponent")
    return TangentArray(sp.zeta(x, q.value), -x * sp.zeta(x + 1, q.value) * q.tangent, trail)


@stands_for(sp.multigammaln)
def _multigammaln(_: Trail, a: Any, d: int) -> Any:
    terms = [sp.gammaln(a - j / 2) for j in range(d)]
    return d * (d - 1) / 4 * np.log(np.pi) + sum(terms)


@stands_for(sl.expm)
def _expm(trail: Trail, A: Any) -> Any:
    n = A.shape[-1]  # exp of ((A, Ȧ), (0, A)) holds the derivative in its corner
    top = np.concatenate([A.value, A.tangent], axis=-1)
    low = np.concatenate([np.zeros_like(A.value), A.value], axis=-1)
    both = sl.expm(np.concatenate([top, low], axis=-2))
    return TangentArray(sl.expm(A.value), both[..., :n, n:], trail)


for _theirs, _ours in (
    (sl.inv, np.linalg.inv),
    (sl.det, np.linalg.det),
    (sl.norm, np.linalg.norm),
    (sl.pinv, np.linalg.pinv),
    (sl.svdvals, lambda a: np.linalg.svd(a, compute_uv=False)),
):

    def _same(_: Trail, *args: Any, _f: Any = _ours, **options: Any) -> Any:
        options = {k: o for k, o in options.items() if k not in {"overwrite_a", "check_finite"}}
        return _f(*args, **options)

    stands_for(_theirs)(_same)


@stands_for(sl.solve)
def _solve(_: Trail, a: Any, b: Any, lower: bool = False, assume_a: Any = None,
           transposed: bool = False, **__: Any) -> Any:  # fmt: skip  # SciPy's own arguments
    if assume_a in {"sym", "pos", "her", "positive definite", "symmetric", "hermitian"}:
        keep, rest = (np.tril, -1) if lower else (np.triu, 1)
        a = keep(a) + adjoint(keep(a, rest))
    return np.linalg.solve(np.swapaxes(a, -1, -2) if transposed else a, b)


@stands_for(sl.solve_triangular)
def _solve_triangular(_: Trail, a: Any, b: Any, trans: Any = 0, lower: bool = False,
                      unit_diagonal: bool = False, **__: Any) -> Any:  # fmt: skip  # SciPy's own
    a = np.tril(a) if lower else np.triu(a)
    if unit_diagonal:
        a = (np.tril(a, -1) if lower else np.triu(a, 1)) + np.eye(a.shape[-1])
    if trans in {1, "T", 2, "C"}:
        a = np.swapaxes(a, -1, -2) if trans in {1, "T"} else adjoint(a)
    return np.linalg.solve(a, b)


@stands_for(sl.cholesky)
def _cholesky(_: Trail, a: Any, lower: bool = False, **__: Any) -> Any:
    return np.linalg.cholesky(a) if lower else np.linalg.cholesky(a, upper=True)


@stands_for(sl.cho_factor)
def _cho_factor(_: Trail, a: Any, lower: bool = False, **__: Any) -> Any:
    return _cholesky(_, a, lower), lower


@stands_for(sl.cho_solve)
def _cho_solve(_: Trail, factor: Any, b: Any, **__: Any) -> Any:
    c, lower = factor
    c = np.tril(c) if lower else np.triu(c)
    return np.linalg.solve(c @ adjoint(c) if lower else adjoint(c) @ c, b)


@stands_for(sl.eigh)
def _eigh(trail: Trail, a: Any, b: Any = None, *, lower: bool = True, eigvals_only: bool = False,
          **options: Any) -> Any:  # fmt: skip  # SciPy's own arguments
    if b is not None or {"subset_by_index", "subset_by_value"} & {*options}:
        raise trail.lose("scipy.linalg.eigh of a pair, or of a part")
    w, V = np.linalg.eigh(a, "L" if lower else "U")
    return w if eigvals_only else (w, V)


@stands_for(sl.block_diag)
def _block_diag(_: Trail, *blocks: Any) -> Any:
    parts = [np.atleast_2d(b) for b in blocks]
    columns = [p.shape[1] for p in parts]
    rows = [
        np.pad(p, ((0, 0), (sum(columns[:k]), sum(columns[k + 1 :])))) for k, p in enumerate(parts)
    ]
    return np.concatenate(rows)


def _spherical(function: Any) -> None:
    @stands_for(function)
    def _of_order(trail: Trail, n: Any, z: Any, *, derivative: bool = False) -> Any:
        if derivative:
            raise trail.lose(f"{function.__name__}(derivative=True)")
        slope = function(n, z.value, derivative=True)
        return TangentArray(function(n, z.value), slope * z.tangent, trail)


for _function in (sp.spherical_jn, sp.spherical_yn, sp.spherical_in, sp.spherical_kn):
    _spherical(_function)


def _legendre(function: Any) -> None:
    @stands_for(function)
    def _of_degree(trail: Trail, *args: Any, diff_n: int = 0, **options: Any) -> Any:
        if diff_n or trail_of(args[:-1]):
            raise trail.lose("a Legendre function by its degree, or with derivatives")
        *degrees, z = args
        value = function(*degrees, z.value, **options)
        slope = function(*degrees, z.value, diff_n=1, **options)[1]
        return TangentArray(value, np.reshape(slope * z.tangent, value.shape), trail)


for _polynomials in (sp.legendre_p, sp.assoc_legendre_p, sp.sph_legendre_p):
    _legendre(_polynomials)


@stands_for(sp.sph_harm_y)
def _sph_harm_y(trail: Trail, n: Any, m: Any, theta: Any, phi: Any, *, diff_n: int = 0) -> Any:
    if diff_n:
        raise trail.lose("sph_harm_y(diff_n=)")
    value, slope = sp.sph_harm_y(n, m, value_of(theta), value_of(phi), diff_n=1)
    dot = slope[..., 0] * tangent_of(theta) + slope[..., 1] * tangent_of(phi)
    return TangentArray(value, dot, trail)


@stands_for(sd.pdist)
def _pdist(trail: Trail, X: Any, metric: Any = "euclidean", **options: Any) -> Any:
    pairs = np.triu_indices(len(X), 1)
    return _distance(trail, X[pairs[0]] - X[pairs[1]], metric, options)


@stands_for(sd.cdist)
def _cdist(trail: Trail, XA: Any, XB: Any, metric: Any = "euclidean", **options: Any) -> Any:
    return _distance(trail, XA[:, None, :] - XB[None, :, :], metric, options)


def _distance(trail: Trail, gaps: Any, metric: Any, options: dict[str, Any]) -> Any:
    if options or metric not in {"euclidean", "sqeuclidean", "cityblock"}:
        raise trail.lose(f"distances of the metric {metric!r}")
    if metric == "cityblock":
        return np.sum(np.abs(gaps), axis=-1)
    squares = np.sum(gaps * gaps, axis=-1)
    return squares if metric == "sqeuclidean" else np.sqrt(squares)


@stands_for(sd.squareform)
def _squareform(_: Trail, X: Any, *args: Any, **options: Any) -> Any:
    return X.both(lambda part: sd.squareform(part, *args, **options))
