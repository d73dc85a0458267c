"""``scipy.special`` and SciPy's linear algebra: every derivative against differences."""

import numpy as np
import pytest
import scipy.linalg as sl
import scipy.spatial.distance as sd
import scipy.special as sp
from differences import along, direction

from mlp.tangent.array import TangentArray
from mlp.tangent.special import CALLED
from mlp.tangent.trail import Lost, Trail
from mlp.tangent.ufuncs import BENDS, DERIVATIVES

RANGES = {
    **dict.fromkeys(("logit", "ellipk", "ellipe", "erfcinv", "ndtri"), (0.2, 0.8)),
    "erfinv": (0.1, 0.8),
    "ndtri_exp": (-2.0, -0.3),
    "eval_legendre": (0.1, 0.8),
}
OF_ORDER = ("eval_", "expn")  # their first argument is a whole number
RULED = {**DERIVATIVES, **BENDS}
SPECIAL = [u for u in RULED if vars(sp).get(u.__name__) is u and not hasattr(np, u.__name__)]


def dual(value, tangent, trail=None):
    return TangentArray(np.array(value), np.array(tangent), trail or Trail())


def drawn(rng, ufunc):
    name = ufunc.__name__
    args = [rng.uniform(*RANGES.get(name, (0.3, 1.7)), 6) for _ in range(ufunc.nin)]
    if name.startswith(OF_ORDER):
        args[0] = np.array([2, 3, 4, 2, 3, 5])
    if name == "betainc":
        args[2] = rng.uniform(0.2, 0.8, 6)
    if name in {"binom", "poch"}:
        args[0] = args[0] + 3
    return args


@pytest.mark.parametrize("ufunc", SPECIAL, ids=lambda u: u.__name__)
def test_a_derivative_is_what_differences_say(ufunc):
    rng = np.random.default_rng(1)
    derivatives = DERIVATIVES.get(ufunc) or BENDS[ufunc][1]
    assert len(derivatives) == ufunc.nin
    for place, derivative in enumerate(derivatives):
        if derivative is None or (place == 0 and ufunc.__name__.startswith(OF_ORDER)):
            continue
        args = drawn(rng, ufunc)
        d = direction(rng, 6)

        def moved(x, args=args, place=place):
            return ufunc(*args[:place], x, *args[place + 1 :])

        found = moved(dual(args[place], d))
        np.testing.assert_array_equal(found.value, moved(args[place]))
        np.testing.assert_allclose(
            found.tangent, along(moved, args[place], d), rtol=1e-8, atol=1e-9
        )


def test_a_wrong_line_is_found(monkeypatch):
    monkeypatch.setitem(DERIVATIVES, sp.expit, ("o",))
    with pytest.raises(AssertionError):
        test_a_derivative_is_what_differences_say(sp.expit)


def test_an_argument_without_a_derivative_must_not_move():
    still = dual([2.0], [0.0])
    assert sp.gammainc(still, 1.0).tangent == 0
    with pytest.raises(Lost, match="gammainc has no rule for an argument that moves"):
        sp.gammainc(dual([2.0], [1.0]), 1.0)


def test_a_limit_is_met():
    found = sp.exprel(dual([0.0], [1.0])), sp.boxcox(dual([2.0], [1.0]), 0.0)
    assert found[0].tangent == 0.5
    assert found[1].tangent == 0.5


SQUARE = np.random.default_rng(2).normal(size=(4, 4))


def positive(x):
    return x @ np.swapaxes(x, -1, -2) + np.eye(x.shape[-1])


CASES = {  # each takes what to call, SciPy's function or ours, and an array
    sp.logsumexp: lambda f, x: f(x, axis=1, b=np.array([1.0, 2, 3, 4]), keepdims=True) + f(x),
    sp.softmax: lambda f, x: f(x, axis=1),
    sp.log_softmax: lambda f, x: f(x, axis=0),
    sp.polygamma: lambda f, x: f(1, x * x + 0.5),
    sp.multigammaln: lambda f, x: f(np.sum(positive(x)), 3),
    sl.expm: lambda f, x: f(x),
    sl.inv: lambda f, x: f(positive(x)),
    sl.det: lambda f, x: f(positive(x)),
    sl.norm: lambda f, x: f(x),
    sl.pinv: lambda f, x: f(x[:, :3]),
    sl.svdvals: lambda f, x: f(x),
    sl.solve: lambda f, x: f(positive(x), x, assume_a="pos") + f(positive(x), x, transposed=True),
    sl.solve_triangular: lambda f, x: (
        f(positive(x), x[0], lower=True, trans="T") + f(positive(x), x[1], unit_diagonal=True)
    ),
    sl.cholesky: lambda f, x: f(positive(x)) + f(positive(x), lower=True),
    sl.cho_factor: lambda f, x: np.triu(f(positive(x))[0]),
    sl.cho_solve: lambda f, x: f((np.tril(positive(x)), True), x),
    sl.eigh: lambda f, x: f(positive(x), eigvals_only=True) + f(positive(x))[0],
    sl.block_diag: lambda f, x: f(x, x[:2]),
    sp.airy: lambda f, x: np.stack(f(x)),
    **dict.fromkeys(
        (sp.spherical_jn, sp.spherical_yn, sp.spherical_in, sp.spherical_kn),
        lambda f, x: f(2, x * x + 0.5),
    ),
    sd.pdist: lambda f, x: f(x) + f(x, "sqeuclidean") + f(x, "cityblock"),
    sd.cdist: lambda f, x: f(x, x[:2] * 2) + f(x[:, :2], np.eye(2), metric="sqeuclidean"),
    sd.squareform: lambda f, x: f(x[0, :3]),
}


@pytest.mark.parametrize("function", CASES, ids=lambda f: f.__name__)
def test_a_function_of_scipy_has_a_stand_in(function):
    ours, case = CALLED[function], CASES[function]
    d = direction(np.random.default_rng(3), SQUARE.shape)
    found = case(ours, dual(SQUARE, d))
    np.testing.assert_allclose(found.value, case(function, SQUARE), rtol=1e-9, atol=1e-12)
    expected = along(lambda x: case(function, x), SQUARE, d)
    np.testing.assert_allclose(found.tangent, expected, rtol=1e-6, atol=1e-8)
    np.testing.assert_array_equal(case(ours, SQUARE), case(function, SQUARE))  # plain: SciPy's own


def test_every_stand_in_has_a_case():
    assert {*CALLED} == {*CASES}


@pytest.mark.parametrize(
    "lose",
    [
        lambda x: CALLED[sp.logsumexp](x, return_sign=True),
        lambda x: CALLED[sl.eigh](x, np.eye(4)),
        lambda x: CALLED[sd.pdist](x, "cosine"),
        lambda x: CALLED[sp.spherical_jn](1, x, derivative=True),
    ],
)
def test_what_has_no_rule_is_lost(lose):
    with pytest.raises(Lost):
        lose(dual(SQUARE, SQUARE))
