"""The derivatives of ``scipy.special``, a line each, and of functions of SciPy that are no ufuncs.

It is imported where SciPy has been: a forward that uses none has none to wait for. An argument
whose partial is None (an order, a count of degrees of freedom) must not move.
Sources: Abramowitz & Stegun 1964; NIST Digital Library of Mathematical Functions.
Tested in tests/tangent/test_special.py, each rule against extrapolated differences.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import scipy.linalg as sl
import scipy.spatial.distance as sd
import scipy.special as sp

from mlp.tangent import series
from mlp.tangent.array import TangentArray, trail_of, value_of
from mlp.tangent.trail import Trail
from mlp.tangent.ufuncs import BENDS, DERIVATIVES, NAMES

NAMES["sp"] = sp
NAMES |= {"slope_of_exprel": series.slope_of_exprel, "slope_of_erfcx": series.slope_of_erfcx}
NAMES["density"] = lambda x: np.exp(-x * x / 2) / np.sqrt(2 * np.pi)

# fmt: off  # a line a rule
DERIVATIVES |= {
    sp.expit: ("o * sp.expit(-x)",),
    sp.logit: ("1 / (x * (1 - x))",),
    sp.log_expit: ("sp.expit(-x)",),
    sp.erf: ("2 / sqrt(pi) * exp(-x * x)",),
    sp.erfc: ("-2 / sqrt(pi) * exp(-x * x)",),
    sp.erfcx: ("slope_of_erfcx(x, o)",),
    sp.erfi: ("2 / sqrt(pi) * exp(x * x)",),
    sp.erfinv: ("sqrt(pi) / 2 * exp(o * o)",),
    sp.erfcinv: ("-sqrt(pi) / 2 * exp(o * o)",),
    sp.dawsn: ("1 - 2 * x * o",),
    sp.ndtr: ("density(x)",),
    sp.log_ndtr: ("sqrt(2 / pi) / sp.erfcx(-x / sqrt(2.0))",),
    sp.ndtri: ("1 / density(o)",),
    sp.ndtri_exp: ("exp(x) / density(o)",),
    sp.gamma: ("o * sp.digamma(x)",),
    sp.rgamma: ("-o * sp.digamma(x)",),
    sp.gammaln: ("sp.digamma(x)",),
    sp.loggamma: ("sp.digamma(x)",),
    sp.digamma: ("sp.zeta(2, x)",),
    sp.beta: ("o * (sp.digamma(x) - sp.digamma(x + y))", "o * (sp.digamma(y) - sp.digamma(x + y))"),
    sp.betaln: ("sp.digamma(x) - sp.digamma(x + y)", "sp.digamma(y) - sp.digamma(x + y)"),
    sp.binom: (
        "o * (sp.digamma(x + 1) - sp.digamma(x - y + 1))",
        "o * (sp.digamma(x - y + 1) - sp.digamma(y + 1))",
    ),
    sp.poch: ("o * (sp.digamma(x + y) - sp.digamma(x))", "o * sp.digamma(x + y)"),
    sp.gammainc: (None, "exp((x - 1) * log(y) - y - sp.gammaln(x))"),
    sp.gammaincc: (None, "-exp((x - 1) * log(y) - y - sp.gammaln(x))"),
    sp.betainc: (None, None, "exp((x - 1) * log(z) + (y - 1) * log1p(-z) - sp.betaln(x, y))"),
    sp.xlogy: ("log(y)", "x / y"),
    sp.xlog1py: ("log1p(y)", "x / (1 + y)"),
    sp.entr: ("-log(x) - 1",),
    sp.rel_entr: ("log(x / y) + 1", "-x / y"),
    sp.kl_div: ("log(x / y)", "1 - x / y"),
    sp.boxcox: ("x ** (y - 1)", None),
    sp.boxcox1p: ("(1 + x) ** (y - 1)", None),
    sp.inv_boxcox: ("o ** (1 - y)", None),
    sp.exprel: ("slope_of_exprel(x)",),
    sp.cosm1: ("-sin(x)",),
    sp.exp10: ("o * log(10.0)",),
    sp.exp2: ("o * log(2.0)",),
    sp.expm1: ("exp(x)",),
    sp.log1p: ("1 / (1 + x)",),
    sp.cbrt: ("1 / (3 * o * o)",),
    sp.sindg: ("pi / 180 * sp.cosdg(x)",),
    sp.cosdg: ("-pi / 180 * sp.sindg(x)",),
    sp.tandg: ("pi / 180 * (1 + o * o)",),
    sp.exp1: ("-exp(-x) / x",),
    sp.expi: ("exp(x) / x",),
    sp.expn: (None, "-sp.expn(x - 1, y)"),
    sp.spence: ("log(x) / (1 - x)",),
    sp.j0: ("-sp.j1(x)",),
    sp.j1: ("(sp.j0(x) - sp.jv(2, x)) / 2",),
    sp.y0: ("-sp.y1(x)",),
    sp.y1: ("(sp.y0(x) - sp.yv(2, x)) / 2",),
    sp.i0: ("sp.i1(x)",),
    sp.i1: ("(sp.i0(x) + sp.iv(2, x)) / 2",),
    sp.i0e: ("sp.i1e(x) - sign(x) * o",),
    sp.i1e: ("(sp.i0e(x) + sp.ive(2, x)) / 2 - sign(x) * o",),
    sp.k0: ("-sp.k1(x)",),
    sp.k1: ("-(sp.k0(x) + sp.kv(2, x)) / 2",),
    sp.k0e: ("o - sp.k1e(x)",),
    sp.k1e: ("o - (sp.k0e(x) + sp.kve(2, x)) / 2",),
    sp.jv: (None, "(sp.jv(x - 1, y) - sp.jv(x + 1, y)) / 2"),
    sp.yv: (None, "(sp.yv(x - 1, y) - sp.yv(x + 1, y)) / 2"),
    sp.iv: (None, "(sp.iv(x - 1, y) + sp.iv(x + 1, y)) / 2"),
    sp.kv: (None, "-(sp.kv(x - 1, y) + sp.kv(x + 1, y)) / 2"),
    sp.ive: (None, "(sp.ive(x - 1, y) + sp.ive(x + 1, y)) / 2 - sign(y) * o"),
    sp.kve: (None, "o - (sp.kve(x - 1, y) + sp.kve(x + 1, y)) / 2"),
    sp.ellipk: ("sp.elliprd(0.0, 1.0, 1 - x) / 6",),
    sp.ellipe: ("-sp.elliprd(0.0, 1 - x, 1.0) / 6",),
    sp.chdtr: (None, "exp((x / 2 - 1) * log(y / 2) - y / 2 - sp.gammaln(x / 2)) / 2"),
    sp.chdtrc: (None, "-exp((x / 2 - 1) * log(y / 2) - y / 2 - sp.gammaln(x / 2)) / 2"),
    sp.stdtr: (None, "sp.poch(x / 2, 0.5) / sqrt(pi * x) * exp(-(x + 1) / 2 * log1p(y * y / x))"),
    sp.pseudo_huber: (
        None,
        "y / sqrt(1 + (y / x) ** 2)",
    ),
    sp.wrightomega: ("o / (1 + o)",),
    sp.struve: (None, "sp.struve(x - 1, y) - x * o / y"),
    sp.eval_legendre: (None, "x * (y * o - sp.eval_legendre(x - 1, y)) / (y * y - 1)"),
    sp.eval_chebyt: (None, "x * sp.eval_chebyu(x - 1, y)"),
    sp.eval_hermite: (None, "2 * x * sp.eval_hermite(x - 1, y)"),
    sp.eval_hermitenorm: (None, "x * sp.eval_hermitenorm(x - 1, y)"),
    sp.eval_laguerre: (None, "-sp.eval_genlaguerre(x - 1, 1, y)"),
}
BENDS |= {
    sp.huber: (
        "abs(y) - x",
        ("where(abs(y) <= x, 0.0, abs(y) - x)", "where(abs(y) <= x, y, x * sign(y))"),
    ),
}
# fmt: on


# ------------------------------------------------------------------ functions that NumPy never sees

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
        a = keep(a) + np.conj(np.swapaxes(keep(a, rest), -1, -2))
    return np.linalg.solve(np.swapaxes(a, -1, -2) if transposed else a, b)


@stands_for(sl.solve_triangular)
def _solve_triangular(_: Trail, a: Any, b: Any, trans: Any = 0, lower: bool = False,
                      unit_diagonal: bool = False, **__: Any) -> Any:  # fmt: skip  # SciPy's own
    a = np.tril(a) if lower else np.triu(a)
    if unit_diagonal:
        a = (np.tril(a, -1) if lower else np.triu(a, 1)) + np.eye(a.shape[-1])
    if trans in {1, "T", 2, "C"}:
        a = np.swapaxes(a, -1, -2) if trans in {1, "T"} else np.conj(np.swapaxes(a, -1, -2))
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
    a = c @ np.conj(np.swapaxes(c, -1, -2)) if lower else np.conj(np.swapaxes(c, -1, -2)) @ c
    return np.linalg.solve(a, b)


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


@stands_for(sp.airy)
def _airy(trail: Trail, x: Any) -> Any:
    found = sp.airy(x.value)
    slopes = (found[1], x.value * found[0], found[3], x.value * found[2])
    return tuple(
        TangentArray(f, slope * x.tangent, trail) for f, slope in zip(found, slopes, strict=True)
    )


def _spherical(function: Any) -> None:
    @stands_for(function)
    def _of_order(trail: Trail, n: Any, z: Any, *, derivative: bool = False) -> Any:
        if derivative:
            raise trail.lose(f"{function.__name__}(derivative=True)")
        slope = function(n, z.value, derivative=True)
        return TangentArray(function(n, z.value), slope * z.tangent, trail)


for _function in (sp.spherical_jn, sp.spherical_yn, sp.spherical_in, sp.spherical_kn):
    _spherical(_function)


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
