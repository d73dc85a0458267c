"""NumPy's functions: each rule, and what runs by its own definition, against differences."""

import types
import warnings

import numpy as np
import pytest
from differences import along, direction

from mlp.tangent.array import TangentArray
from mlp.tangent.code import Reach
from mlp.tangent.functions import PLAIN, RULES
from mlp.tangent.trail import Lost, Trail

A = np.random.default_rng(17).normal(size=(3, 4))
VECTOR = np.random.default_rng(8).normal(size=5)
SQUARE = np.random.default_rng(9).normal(size=(4, 4)) + 4 * np.eye(4)


def filled(write):
    """Return a function that writes into a fresh array of its argument's shape."""

    def f(x):
        a = np.zeros_like(x)
        write(a, x)
        return a

    return f


def values_and_counts(x):
    values, places, counts = np.unique(x[[0, 1, 0]], return_index=True, return_counts=True)
    return values * counts + x[places]


AT_A = """
    mean prod std var max min sum cumsum cumprod ravel sort median ptp nansum nanmean nanstd nanvar
    nanmax nanmin nanprod nanmedian average flip fliplr flipud diff gradient trapezoid squeeze copy
    transpose unwrap rot90 triu tril trace diag diagonal angle real imag sinc i0 nan_to_num
    nancumsum nancumprod cov corrcoef amax amin ediff1d diagflat atleast_1d atleast_2d atleast_3d
    matrix_transpose
"""


def quietly(function, x):
    """Call a function that is on its way out."""
    with warnings.catch_warnings(action="ignore"):
        return function(x)


CASES = {
    "percentile": (lambda x: np.percentile(x, 30), A),
    "quantile": (lambda x: np.quantile(x, [0.2, 0.7], axis=1), A),
    "pad": (lambda x: np.pad(x, 1, constant_values=3.0), A),
    "pad by reflection": (lambda x: np.pad(x, 1, mode="reflect"), A),
    "clip": (lambda x: np.clip(x, -0.5, 0.5), A),
    "interp": (lambda x: np.interp(x, [-3, -1, 0, 1, 3], [0.0, 1, 0, 2, 1]), A),
    "interp of heights": (lambda x: np.interp([0.3, 2.2], np.arange(5.0), x), VECTOR),
    "polyval": (lambda x: np.polyval([1.0, 2, 3], x), A),
    "vander": (lambda x: np.vander(x, 3), VECTOR),
    "poly": (np.poly, VECTOR),
    "polymul": (lambda x: np.polymul(x, x), VECTOR),
    "polyadd": (lambda x: np.polyadd(x, x[:2]), VECTOR),
    "polyder": (np.polyder, VECTOR),
    "polyint": (np.polyint, VECTOR),
    "polyfit": (lambda x: np.polyfit(np.arange(5.0), x, 2), VECTOR),
    "roots": (lambda x: np.sort(np.roots(x).real), np.array([1.0, -6, 11, -6])),
    "kron": (lambda x: np.kron(x, x), A),
    "outer": (lambda x: np.outer(x, x), VECTOR),
    "dot": (lambda x: np.dot(x, x.T), A),
    "dot as a method": (lambda x: x.dot(x.T), A),
    "inner": (lambda x: np.inner(x, x), A),
    "vdot": (lambda x: np.vdot(x, x), A),
    "tensordot": (lambda x: np.tensordot(x, x, axes=([0], [0])), A),
    "einsum": (lambda x: np.einsum("ij,kj->ik", x, x), A),
    "cross": (lambda x: np.cross(x[:, :3], x[:, 1:]), A),
    "convolve": (lambda x: np.convolve(x, x), VECTOR),
    "correlate": (lambda x: np.correlate(x, x[:3]), VECTOR),
    "where": (lambda x: np.where(x > 0, x * x, -x), A),
    "select": (lambda x: np.select([x > 1, x > 0], [x * x, 3 * x], default=-x), A),
    "select of constants": (lambda x: np.select([x > 1, x > 0], [1.0, 2.0]) * x, A),
    "piecewise": (
        lambda x: np.piecewise(x, [x > 0, x <= 0], [lambda t: t**2, lambda t: 3 * t]),
        A,
    ),
    "sliding_window_view": (
        lambda x: np.lib.stride_tricks.sliding_window_view(x, (2, 2)).sum(axis=(2, 3)),
        A,
    ),
    "apply_along_axis": (lambda x: np.apply_along_axis(lambda r: r * r.sum(), 1, x), A),
    "roll": (lambda x: np.roll(x, 2, axis=1), A),
    "rollaxis": (lambda x: np.rollaxis(x, 1), A),
    "moveaxis": (lambda x: np.moveaxis(x, 0, 1), A),
    "swapaxes": (lambda x: np.swapaxes(x, 0, 1), A),
    "expand_dims": (lambda x: np.expand_dims(x, 1), A),
    "reshape": (lambda x: np.reshape(x, (2, 6)), A),
    "take": (lambda x: np.take(x, [2, 0], axis=1), A),
    "take_along_axis": (lambda x: np.take_along_axis(x, np.argsort(A, axis=1), axis=1), A),
    "insert": (lambda x: np.insert(x, 1, x[0] * 2, axis=0), A),
    "append": (lambda x: np.append(x, x * x), A),
    "delete": (lambda x: np.delete(x, 1, axis=0), A),
    "bincount": (lambda x: np.bincount(np.array([0, 1, 1, 2, 0]), weights=x), VECTOR),
    "meshgrid": (lambda x: np.stack(np.meshgrid(x, x * x)), VECTOR),
    "linspace": (lambda x: np.linspace(x[0], x[1], 7), VECTOR),
    "logspace": (lambda x: np.logspace(x[0], x[1], 7), VECTOR),
    "geomspace": (lambda x: np.geomspace(x[0] ** 2, x[1] ** 2, 7), VECTOR),
    "tile": (lambda x: np.tile(x, (2, 2)), A),
    "repeat": (lambda x: np.repeat(x, 2, axis=0), A),
    "resize": (lambda x: np.resize(x, (7,)), VECTOR),
    "block": (lambda x: np.block([[x, x], [x, 2 * x]]), A),
    "broadcast_to": (lambda x: np.broadcast_to(x, (2, 5)), VECTOR),
    "broadcast_arrays": (lambda x: np.broadcast_arrays(x, np.ones((2, 5)))[0], VECTOR),
    "concatenate": (lambda x: np.concatenate([x, np.ones(2), x * x]), VECTOR),
    "stack": (lambda x: np.stack([x, x * x], axis=1), A),
    "vstack": (lambda x: np.vstack([x, x * x]), A),
    "hstack": (lambda x: np.hstack([x, x * x]), A),
    "dstack": (lambda x: np.dstack([x, x * x]), A),
    "column_stack": (lambda x: np.column_stack([x, x * x]), VECTOR),
    "split": (lambda x: np.split(x, 2, axis=1)[1], A),
    "array_split": (lambda x: np.array_split(x, 2)[0], VECTOR),
    "hsplit": (lambda x: np.hsplit(x, 2)[0], A),
    "vsplit": (lambda x: np.vsplit(x, 3)[2], A),
    "dsplit": (lambda x: np.dsplit(x[..., None] * np.ones(2), 2)[0], A),
    "unstack": (lambda x: np.unstack(x)[1] if hasattr(np, "unstack") else x[1], A),
    "cumulative_sum": (lambda x: getattr(np, "cumulative_sum", np.cumsum)(x, axis=1), A),
    "partition": (lambda x: np.partition(x, 2)[2], VECTOR),
    "extract": (lambda x: np.extract(x > 0, x), VECTOR),
    "compress": (lambda x: np.compress([1, 0, 1], x, axis=0), A),
    "choose": (lambda x: np.choose([0, 1, 0, 1, 1], [x, x * x]), VECTOR),
    "zeros_like, empty_like": (filled(lambda a, x: a.__setitem__(slice(1, None), x[1:] * 2)), A),
    "ones_like": (lambda x: np.ones_like(x) * x, A),
    "full_like": (lambda x: np.full_like(x, 3.0) * x + np.full_like(x, x[0, 0]), A),
    "copyto": (filled(lambda a, x: np.copyto(a, x * x, where=A > 0)), A),
    "put": (filled(lambda a, x: np.put(a, [0, 5], x[0, :2])), A),
    "putmask": (filled(lambda a, x: np.putmask(a, A > 0, x * x)), A),
    "place": (filled(lambda a, x: np.place(a, A > 0, x[A > 0])), A),
    "put_along_axis": (
        filled(lambda a, x: np.put_along_axis(a, np.array([[0], [2], [1]]), x[:, :1], 1)),
        A,
    ),
    "fill_diagonal": (filled(lambda a, x: np.fill_diagonal(a, x[0, 0])), A),
    "round, argmax and argmin choose": (lambda x: x[x.argmax()] - x[np.argmin(x)], VECTOR),
    "argsort": (lambda x: x[np.argsort(x)], VECTOR),
    "argpartition": (lambda x: np.sort(x[np.argpartition(x, 2)]), VECTOR),
    "searchsorted": (lambda x: x * np.searchsorted(np.array([-1.0, 0, 1]), x), VECTOR),
    "digitize": (lambda x: x * np.digitize(x, np.array([-1.0, 0, 1])), VECTOR),
    "nonzero": (lambda x: x[np.nonzero(x > 0)] + 0 * x[np.nonzero(x)][0], VECTOR),
    "round": (lambda x: x * np.round(x, 1), VECTOR),
    "apply_over_axes": (lambda x: np.apply_over_axes(np.sum, x, [0]), A),
    "astype": (lambda x: getattr(np, "astype", np.asanyarray)(x, float), A),
    "cumulative_prod": (getattr(np, "cumulative_prod", np.cumprod), VECTOR),
    "fix": (lambda x: x * quietly(getattr(np, "fix", np.trunc), 3 * x), VECTOR),
    "polydiv": (lambda x: np.polydiv(x, x[:2])[0], VECTOR),
    "polysub": (lambda x: np.polysub(x, x[:2]), VECTOR),
    "real_if_close": (lambda x: np.real_if_close(x + 0j), VECTOR),
    "sort_complex": (lambda x: np.sort_complex(x).real, VECTOR),
    "trim_zeros": (np.trim_zeros, VECTOR),
    "unique": (lambda x: np.unique(x[[0, 1, 0, 2]]), VECTOR),
    "unique_counts": (lambda x: getattr(np, "unique_counts", np.unique)(x)[0], VECTOR),
    "unique, places and counts": (values_and_counts, VECTOR),
    "unique_all unique_inverse unique_values": (
        lambda x: np.unique_all(x)[0] + np.unique_values(x) if hasattr(np, "unique_all") else x,
        VECTOR,
    ),
    "union1d": (lambda x: np.union1d(x, x * 2), VECTOR),
    "intersect1d": (lambda x: np.intersect1d(x, x), VECTOR),
    "setdiff1d": (lambda x: np.setdiff1d(x, x * 2), VECTOR),
    "setxor1d": (lambda x: np.setxor1d(x, x * 2), VECTOR),
    "isin": (lambda x: x[~np.isin(x, [1.0])], VECTOR),
    "lexsort": (lambda x: x[np.lexsort((x,))], VECTOR),
    "histogram": (lambda x: np.histogram(np.arange(5.0), 3, (0, 5), weights=x)[0], VECTOR),
    "histogram_bin_edges": (lambda x: np.histogram_bin_edges(x, 3), VECTOR),
    "histogramdd": (lambda x: np.histogramdd(A[:, :2], 3, weights=x[:3])[0], VECTOR),
    "nanargmax nanargmin": (lambda x: x[np.nanargmax(x)] * x[np.nanargmin(x)], VECTOR),
    "nanpercentile nanquantile": (
        lambda x: np.nanpercentile(x, 30) * np.nanquantile(x, 0.6),
        VECTOR,
    ),
    "ix_": (lambda x: x[np.ix_([0, 1], [2])], A),
    "fromfunction": (lambda x: np.fromfunction(lambda i: i * x[0], (3,)), VECTOR),
}
DECISIONS = """
    all allclose any argwhere around array_equal array_equiv count_nonzero flatnonzero isclose
"""  # asked below
IN_CODE = {  # no argument sends these to us: code that calls them finds a stand-in
    "kaiser": (lambda x: np.kaiser(5, x[0]), VECTOR),
    "asarray_chkfinite": (lambda x: np.asarray_chkfinite(x * x), VECTOR),
}
CASES |= {name: (getattr(np, name), A) for name in AT_A.split()}


NONE = {  # public names that no argument sends to us, and why they need no rule
    "makes or reads what no argument moves": """
        arange bartlett blackman busday_count busday_offset datetime_as_string datetime_data
        diag_indices fromfile frombuffer from_dlpack fromregex fromstring genfromtxt hamming
        hanning indices is_busday load loadtxt mask_indices tri tril_indices triu_indices
    """,
    "prints, saves or sets": """
        array2string array_repr array_str base_repr binary_repr format_float_positional
        format_float_scientific get_include get_printoptions getbufsize geterr geterrcall info
        printoptions save savetxt savez savez_compressed set_printoptions setbufsize seterr
        seterrcall show_config show_runtime test
    """,
    "asks for shapes, kinds and places": """
        broadcast_shapes isdtype isfortran issubdtype iterable mintypecode nested_iters packbits
        promote_types ravel_multi_index typename unpackbits unravel_index
    """,
    "makes a kind of array that is refused by name": "asmatrix bmat",
    "counts in two dimensions, in NumPy's C": "histogram2d",
    "a pair of mantissa and exponent; dates": "frexp isnat",
    "other names of isin, trapezoid and vstack, on their way out": "in1d row_stack trapz",
}


def public(module):
    """Return the functions of a module by name, but for what it has from another one."""
    kinds = (type, types.ModuleType)
    return {
        n: f
        for n in dir(module)
        if not n.startswith("_") and callable(f := getattr(module, n)) and not isinstance(f, kinds)
    }


def test_every_public_function_has_a_case_or_a_reason_for_none():
    stood_in = Reach(Trail()).called
    tried = {w for n in (*CASES, *IN_CODE) for w in n.replace(",", "").split()} | {
        *f"{DECISIONS} {PLAIN}".split()
    }
    named = {name for names in NONE.values() for name in names.split()}
    functions = public(np)
    untried = {
        name
        for name, f in functions.items()
        if not isinstance(f, np.ufunc) and f not in {*stood_in, *(functions.get(n) for n in tried)}
    }
    ufuncs = {n for n, f in functions.items() if isinstance(f, np.ufunc)}
    assert untried - named == set()
    assert named & {*functions} <= untried | ufuncs


def test_what_has_no_rule_and_is_given_a_tangent_is_lost():
    x = dual(VECTOR, VECTOR)
    for use in (lambda: np.arange(x[0]), lambda: np.array2string(x), lambda: np.tri(x[0])):
        with pytest.raises((Lost, TypeError, ValueError)):
            use()
        assert x.trail.lost.pop()


def dual(value, tangent, trail=None):
    return TangentArray(np.array(value), np.array(tangent), trail or Trail())


def check(f, x):
    d = direction(np.random.default_rng(10), x.shape)
    found = f(dual(x, d))
    if isinstance(found, (tuple, list)):
        found, g = np.stack(list(found)), f
        f = lambda x: np.stack(g(x))  # noqa: E731  # the same, of an array that is one
    np.testing.assert_allclose(found.value, f(x), rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(found.tangent, along(f, x, d), rtol=1e-7, atol=1e-8)


@pytest.mark.parametrize("name", CASES)
def test_a_function_follows_its_tangent(name):
    check(*CASES[name])


@pytest.mark.parametrize("name", IN_CODE)
def test_a_function_is_followed_in_code(name):
    f, x = IN_CODE[name]
    d = direction(np.random.default_rng(11), x.shape)
    found = Reach(Trail()).stand_in(f)(dual(x, d))
    np.testing.assert_allclose(found.tangent, along(f, x, d), rtol=1e-7, atol=1e-8)


def test_a_wrong_rule_is_found(monkeypatch):
    monkeypatch.setitem(RULES, np.sinc, lambda _, x: x.both(np.sinc))
    with pytest.raises(AssertionError):
        check(np.sinc, A)


def test_every_rule_has_a_case():
    words = " ".join(CASES).replace(",", "").split() + f"{DECISIONS} {PLAIN}".split()
    named = {f.__name__ for f in RULES if f.__module__ == "numpy"}
    assert named - {*words} == set()


def test_shapes_are_plain():
    x = dual(A, A)
    assert (np.shape(x), np.ndim(x), np.size(x)) == ((3, 4), 2, 12)
    assert np.result_type(x, np.float32) == np.float64
    assert not np.iscomplexobj(x)


@pytest.mark.parametrize(
    "lose",
    [
        lambda x: np.diff(x, prepend=x[0]),
        lambda x: np.take(np.arange(3), x),
        lambda x: np.roll(A, x),
    ],
)
def test_what_is_linear_and_cannot_be_followed_is_lost(lose):
    x = dual(VECTOR, VECTOR)
    with pytest.raises((Lost, TypeError, ValueError)):
        lose(x)
    assert x.trail.lost
