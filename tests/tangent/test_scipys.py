"""SciPy's functions that NumPy never sees: each stand-in against differences."""

import numpy as np
import pytest
import scipy.linalg as sl
import scipy.spatial.distance as sd
import scipy.special as sp
from differences import along, direction

from mlp.tangent.array import TangentArray
from mlp.tangent.scipys import CALLED
from mlp.tangent.trail import Lost, Trail


def dual(value, tangent, trail=None):
    return TangentArray(np.array(value), np.array(tangent), trail or Trail())


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
    sp.lambertw: lambda f, x: f(x * x + 0.3).real + f(-0.2 - 0.1 * np.tanh(x), -1).real,
    sp.zeta: lambda f, x: f(2.5, x * x + 0.5),
    **dict.fromkeys(
        (sp.spherical_jn, sp.spherical_yn, sp.spherical_in, sp.spherical_kn),
        lambda f, x: f(2, x * x + 0.5),
    ),
    **{
        getattr(sp, name): lambda f, x, degrees=degrees: f(*degrees, np.tanh(x))
        for name, degrees in (
            ("legendre_p", (3,)),
            ("assoc_legendre_p", (3, 1)),
            ("sph_legendre_p", (3, 2)),
        )
        if hasattr(sp, name)
    },
    **({sp.sph_harm_y: lambda f, x: f(3, 1, x, x * x).imag} if hasattr(sp, "sph_harm_y") else {}),
    sd.pdist: lambda f, x: f(x) + f(x, "sqeuclidean") + f(x, "cityblock"),
    sd.cdist: lambda f, x: f(x, x[:2] * 2) + f(x[:, :2], np.eye(2), metric="sqeuclidean"),
    sd.squareform: lambda f, x: f(x[0, :3]),
}


NAMES = [getattr(f, "__name__", f"no name {i}") for i, f in enumerate(CASES)]  # the same anywhere


@pytest.mark.parametrize("function", CASES, ids=NAMES)
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
        CALLED[sp.zeta],
        lambda x: CALLED[sp.legendre_p](2, x, diff_n=1),
        lambda x: CALLED[sp.sph_harm_y](2, 1, x, x, diff_n=1),
        lambda x: CALLED[sd.pdist](x, "cosine"),
        lambda x: CALLED[sp.spherical_jn](1, x, derivative=True),
    ],
)
def test_what_has_no_rule_is_lost(lose):
    with pytest.raises(Lost):
        lose(dual(SQUARE, SQUARE))
