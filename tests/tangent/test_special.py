"""``scipy.special``: every derivative against differences; and what has none, with the reason."""

import numpy as np
import pytest
import scipy.special as sp
from differences import along, direction

from mlp.tangent.array import TangentArray
from mlp.tangent.code import Reach
from mlp.tangent.derivatives import BENDS, DERIVATIVES, LEAPS, REAL, SEVERAL
from mlp.tangent.scipys import CALLED
from mlp.tangent.trail import Lost, Trail
from mlp.tangent.ufuncs import HANDLERS

PART = (0.2, 0.8)
WHOLE = [1, 2, 3, 2, 1, 2]
# fmt: off  # ufuncs, and what their arguments are drawn from; the rest from (0.3, 1.7)
RANGES = [
    ("logit ellipk ellipe erfcinv ndtri", {0: PART}),
    ("pdtri", {0: WHOLE, 1: PART}),
    ("ellipkinc ellipeinc chdtri gammaincinv gammainccinv stdtrit", {1: PART}),
    ("betainc betaincc betaincinv betainccinv fdtri gdtrix nctdtrit", {2: PART}),
    ("gdtria tklmbda", {0: PART}),
    ("erfinv", {0: (0.1, 0.8)}),
    ("ndtri_exp", {0: (-2.0, -0.3)}),
    ("chndtr", {1: (3.3, 4.7)}),
    ("chndtrix", {0: PART, 1: (3.3, 4.7)}),
    ("nrdtrimn", {0: (0.2, 0.4)}),
    ("nrdtrisd", {0: (3.0, 4.0), 1: (0.2, 0.4), 2: (1.0, 2.0)}),
    ("binom poch", {0: (3.3, 4.7)}),
    ("hyp2f1", {3: (-0.8, 0.8)}),
    ("bdtr bdtrc bdtri nbdtr nbdtrc nbdtri", {0: WHOLE, 1: [5, 6, 7, 8, 5, 6], 2: PART}),
    ("pdtr pdtrc", {0: WHOLE}),
    ("kn yn", {0: [1, 2, 3, 2, 1, 0]}),
    ("expn", {0: [2, 3, 4, 2, 3, 5]}),
    ("lpmv", {0: [0, 1, 2, 1, 0, 1], 1: [2, 3, 3, 2, 1, 2], 2: (0.1, 0.8)}),
    ("mathieu_cem mathieu_sem", {0: WHOLE}),
    ("mathieu_modcem1 mathieu_modcem2 mathieu_modsem1 mathieu_modsem2", {0: WHOLE}),
    ("pro_ang1 obl_ang1", {0: [0, 1, 1, 1, 0, 0], 1: WHOLE, 3: (0.1, 0.8)}),
    ("pro_rad1", {0: [0, 1, 1, 1, 0, 0], 1: WHOLE, 3: (1.2, 2.0)}),
    ("obl_rad1", {0: [0, 1, 1, 1, 0, 0], 1: WHOLE}),
    ("eval_sh_jacobi", {1: (2.3, 3.7)}),
]
# fmt: on
# SciPy's own values are not good to more, those of inverses in its oldest version
ROUGH = {"mathieu_cem": 1e-6, "chndtrix": 1e-7, "nctdtrit": 1e-6}
RULED = {**DERIVATIVES, **BENDS}
SPECIAL = [u for u in RULED if vars(sp).get(u.__name__) is u and not hasattr(np, u.__name__)]


def dual(value, tangent, trail=None):
    return TangentArray(np.array(value), np.array(tangent), trail or Trail())


def drawn(rng, ufunc):
    name = ufunc.__name__
    ranges = {k: r for names, of in RANGES if name in names.split() for k, r in of.items()}
    if name.startswith("eval_"):  # of a degree, at a place
        ranges |= {0: [2, 3, 4, 2, 3, 5], ufunc.nin - 1: (0.1, 0.8)}
    given = [ranges.get(k, (0.3, 1.7)) for k in range(ufunc.nin)]
    return [np.array(r) if isinstance(r, list) else rng.uniform(*r, 6) for r in given]


@pytest.mark.parametrize("ufunc", SPECIAL, ids=lambda u: u.__name__)
def test_a_derivative_is_what_differences_say(ufunc):
    rng = np.random.default_rng(1)
    derivatives = DERIVATIVES.get(ufunc) or BENDS[ufunc][1]
    rough = ROUGH.get(ufunc.__name__, 1e-8)
    assert len(derivatives) == ufunc.nin
    for place, derivative in enumerate(derivatives):
        args = drawn(rng, ufunc)
        if derivative is None or args[place].dtype.kind == "i":
            continue
        d = direction(rng, 6)

        def moved(x, args=args, place=place):
            return ufunc(*args[:place], x, *args[place + 1 :])

        found = moved(dual(args[place], d))
        np.testing.assert_array_equal(found.value, moved(args[place]))
        np.testing.assert_allclose(
            found.tangent, along(moved, args[place], d), rtol=rough, atol=1e-9
        )


@pytest.mark.parametrize("ufunc", SEVERAL, ids=lambda u: u.__name__)
def test_several_results_are_what_differences_say(ufunc):
    place, args = SEVERAL[ufunc][0], drawn(np.random.default_rng(1), ufunc)
    d = direction(np.random.default_rng(2), 6)

    def moved(x, k=slice(None)):
        return ufunc(*args[:place], x, *args[place + 1 :])[k]

    for k, found in enumerate(moved(dual(args[place], d))):
        np.testing.assert_array_equal(found.value, moved(args[place], k))
        expected = along(lambda x, k=k: moved(x, k), args[place], d)
        rough = ROUGH.get(ufunc.__name__, 1e-8)
        np.testing.assert_allclose(found.tangent, expected, rtol=rough, atol=1e-9)
    if ufunc.nin > 1:
        with pytest.raises(Lost, match="an argument that moves"):
            ufunc(*(dual(a * 1.0, d) for a in args))


@pytest.mark.parametrize("ufunc", [sp.round, sp.gammasgn])
def test_what_leaps_says_at_which_step(ufunc):
    trail = Trail()
    assert ufunc(dual([-1.3, 2.2], [1.0, 1.0], trail)).tolist() == ufunc([-1.3, 2.2]).tolist()
    assert trail.jump == pytest.approx(0.2 if ufunc is sp.round else 0.3)


def test_a_line_for_real_numbers_is_none_for_complex_ones():
    for ufunc in REAL - {sp.airye}:
        with pytest.raises(Lost, match="of complex numbers"):
            ufunc(1, dual([1 + 1j], [1.0 + 0j]))
    found = sp.hankel1e(1, dual([1 + 1j], [1.0 + 0j])), sp.wofz(dual([1 + 1j], [1.0 + 0j]))
    for ours, f in zip(found, (lambda z: sp.hankel1e(1, z), sp.wofz), strict=True):
        expected = along(f, np.array([1 + 1j]), np.array([1.0 + 0j]))
        np.testing.assert_allclose(ours.tangent, expected, rtol=1e-8)


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


BY_ITSELF = """
    jvp yvp kvp ivp h1vp h2vp assoc_laguerre diric comb perm sinc softplus factorial
"""  # SciPy's own Python, which runs with stand-ins and is tried below
NONE = {
    "no derivative by closed form": """
        bdtrik bdtrin btdtria btdtrib chdtriv chndtridf chndtrinc fdtridfd gdtrib nbdtrik nbdtrin
        ncfdtr ncfdtri ncfdtridfd ncfdtridfn ncfdtrinc nctdtridf nctdtrinc pdtrik stdtridf
        besselpoly elliprd
        elliprj kolmogi kolmogorov smirnov smirnovi mathieu_a mathieu_b obl_cv pro_cv zetac
    """,
    "SciPy's values are good to a few digits only": "itairy obl_rad2 pro_rad2",
    "no more than four arguments stand in a line": """
        obl_ang1_cv obl_rad1_cv obl_rad2_cv pro_ang1_cv pro_rad1_cv pro_rad2_cv
    """,
    "of whole numbers, or of a setting": """
        ai_zeros bei_zeros beip_zeros ber_zeros berp_zeros bernoulli bi_zeros erf_zeros euler
        factorial2 factorialk fresnel_zeros fresnelc_zeros fresnels_zeros geterr jn_zeros
        jnjnp_zeros jnp_zeros jnyn_zeros kei_zeros keip_zeros kelvin_zeros ker_zeros kerp_zeros
        mathieu_even_coef mathieu_odd_coef obl_cv_seq pro_cv_seq seterr stirling2 y0_zeros
        y1_zeros y1p_zeros yn_zeros ynp_zeros
    """,
    "quadratures and polynomials, made for a degree": """
        c_roots cg_roots chebyc chebys chebyt chebyu gegenbauer genlaguerre h_roots he_roots hermite
        hermitenorm j_roots jacobi js_roots l_roots la_roots laguerre legendre p_roots ps_roots
        roots_chebyc roots_chebys roots_chebyt roots_chebyu roots_gegenbauer roots_genlaguerre
        roots_hermite roots_hermitenorm roots_jacobi roots_laguerre roots_legendre roots_sh_chebyt
        roots_sh_chebyu roots_sh_jacobi roots_sh_legendre s_roots sh_chebyt sh_chebyu sh_jacobi
        sh_legendre t_roots ts_roots u_roots us_roots
    """,
    "loops of C or Fortran over all orders up to one": """
        assoc_legendre_p_all ellip_harm ellip_harm_2 ellip_normal legendre_p_all lmbda lqmn lqn
        pbdn_seq pbdv_seq pbvv_seq riccati_jn riccati_yn sph_harm_y_all sph_legendre_p_all
    """,
    "Legendre functions and harmonics under names that SciPy 1.17 has no more": """
        clpmn lpmn lpn sph_harm
    """,
}


def test_every_function_has_a_rule_or_is_named_with_the_reason_for_none():
    public = {n for n in sp.__all__ if callable(f := getattr(sp, n)) and not isinstance(f, type)}
    tables = (DERIVATIVES, BENDS, LEAPS, SEVERAL, HANDLERS, CALLED)
    ruled = {n for n in public if any(getattr(sp, n) in table for table in tables)}
    named = {name for names in (BY_ITSELF, *NONE.values()) for name in names.split()}
    assert public - ruled - named == set()
    assert not ruled & named


@pytest.mark.parametrize("name", sorted({n for ns in NONE.values() for n in ns.split()}))
def test_what_has_none_is_lost_where_it_is_given_a_tangent(name):
    f = getattr(sp, name, None)
    if not isinstance(f, np.ufunc):
        return  # Python, or C behind it, which an array with a tangent does not go into
    with pytest.raises(Lost):
        f(*[dual([1.5], [1.0])] * f.nin)


ITSELF = {
    "jvp yvp kvp ivp": lambda f, x: f(2, x),
    "h1vp h2vp": lambda f, x: f(2, x).imag,
    "assoc_laguerre": lambda f, x: f(x, 3, 1.0),
    "diric": lambda f, x: f(x, 3),
    "comb perm": lambda f, x: f(x + 3, 2),
    "sinc softplus factorial": lambda f, x: f(x),
}


@pytest.mark.parametrize("name", [n for n in BY_ITSELF.split() if hasattr(sp, n)])
def test_python_of_scipy_runs_with_stand_ins(name):
    case = next(case for names, case in ITSELF.items() if name in names.split())
    f, x = getattr(sp, name), np.random.default_rng(4).uniform(0.3, 1.7, 5)
    d = direction(np.random.default_rng(5), 5)
    found = case(Reach(Trail()).stand_in(f), dual(x, d))
    np.testing.assert_allclose(found.tangent, along(lambda x: case(f, x), x, d), rtol=1e-7)
