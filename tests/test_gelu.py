import numpy as np
import pytest
import scipy.stats
from hypothesis import example, given
from hypothesis import strategies as st
from oracle import exact, mp, ulps
from support import few, near_zero, points, series_of, slope_of, worst

from mlp import check, verify
from mlp.ops import _tails, gelu


def cdf(z):
    return mp.erfc(-z / mp.sqrt(2)) / 2


def density(z):
    return mp.exp(-z * z / 2) / mp.sqrt(2 * mp.pi)


def sigma(v):
    return 1 / (1 + mp.exp(-v))


def cubic(z):
    return mp.sqrt(8 / mp.pi) * (z + z**3 * 44715 / 10**6)


def cubic_slope(z):
    return mp.sqrt(8 / mp.pi) * (1 + 3 * z**2 * 44715 / 10**6)


def near(z):
    return max(-1000, min(z, 1000))  # beyond, a gate is open or shut to 10⁵ digits


TRUTH = {
    "none": lambda z: z * cdf(near(z)),
    "tanh": lambda z: z * sigma(cubic(near(z))),
}
TRUE_SLOPE = {
    "none": lambda z: cdf(near(z)) + z * density(near(z)),
    "tanh": lambda z: (
        sigma(cubic(near(z))) * (1 + z * sigma(-cubic(near(z))) * cubic_slope(near(z)))
    ),
}
GOALS = {"none": (7.5, 11.5), "tanh": (5.5, 8.5)}
both = pytest.mark.parametrize("form", ["none", "tanh"])

# the definition


@both
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_every_value_is_right_to_its_last_digits(form, dtype):
    f, df = GOALS[form] if dtype == np.float64 else (1, 1)
    assert worst(lambda Z: gelu.forward(Z, approximate=form), TRUTH[form], dtype) < (f,)
    assert worst(slope_of(gelu, approximate=form), TRUE_SLOPE[form], dtype) < (df,)


@both
@given(z=st.floats(-40, 40))
@example(z=-0.7517915246935645)  # the doubles at the roots of the slope
@example(z=-0.7524614220710163)
@example(z=-0.06440520306561894)
@example(z=-5.862979099834104)
@example(z=-11.222697423874807)
def test_no_input_is_worse(form, z):
    Z, (f, df) = np.array([z]), GOALS[form]
    assert ulps(gelu.forward(Z, approximate=form)[0], TRUTH[form](exact(z))) < f
    assert ulps(slope_of(gelu, approximate=form)(Z)[0], TRUE_SLOPE[form](exact(z))) < df


@both
@few
@given(Z=points)
def test_is_its_definition(form, Z):
    A = gelu.forward(Z, approximate=form)
    np.testing.assert_allclose(A, gelu.definition(Z, approximate=form), rtol=1e-11)


def test_is_the_input_times_the_normal_distribution_function():
    Z = np.linspace(-4, 4, 21)
    np.testing.assert_allclose(gelu.forward(Z), Z * scipy.stats.norm.cdf(Z), rtol=1e-13)


@both
def test_limits(form):
    Z = np.array([-np.inf, np.inf])
    assert gelu.forward(Z, approximate=form).tolist() == [0, np.inf]
    assert slope_of(gelu, approximate=form)(Z).tolist() == [0, 1]


@both
def test_the_series_is_the_one_of_the_unit(form):
    series = gelu.FORMS[form].series
    assert series_of(TRUTH[form]) == pytest.approx([0, 1 / 2, *series], rel=1e-14)


@both
def test_near_0_one_sum_rounds_visibly(form):
    Z = near_zero(500)
    assert worst(lambda Z: gelu.forward(Z, approximate=form), TRUTH[form], Z=Z) < (0.51,)
    assert worst(slope_of(gelu, approximate=form), TRUE_SLOPE[form], Z=Z) < (0.51,)


@both
def test_near_0_a_float64_decides_which_float32_is_nearest(form):
    z = 2.1057405319879763e-05  # next to the middle of two float32: 0.5000000010 ULP from the other
    A = gelu.forward(np.array([z, -z]), approximate=form)
    right = [np.float32(float(TRUTH[form](exact(x)))) for x in (z, -z)]
    assert A.astype(np.float32).tolist() == right


@pytest.mark.parametrize("t", [0, 0.1, 0.7, 0.8, 1.3, 2.5, 5.1, 11, 27, 40])
def test_the_tables_hold_what_they_say(t):
    u, root = _tails.compressed(np.array(t)), exact(_tails.GELU_ROOT) + exact(_tails.GELU_REST)
    t = exact(t)
    flat = cdf(-t) * mp.exp(t * t / 2) * (2 + mp.sqrt(2 * mp.pi) * t)
    assert abs(exact(np.polyval(_tails.MILLS, u)) - flat) < 5e-16
    flat = TRUE_SLOPE["none"](-t) * mp.exp(t * t / 2) / (root - t)
    assert abs(exact(np.polyval(_tails.SLOPE, u)) - flat) < 3e-16


@both
def test_the_roots_of_the_slopes_are_known_to_both_their_parts(form):
    root, rest = {
        "none": (_tails.GELU_ROOT, _tails.GELU_REST),
        "tanh": (_tails.TANH_ROOT, _tails.TANH_REST),
    }[form]
    t = mp.findroot(lambda t: TRUE_SLOPE[form](-t), root)
    assert abs(exact(root) + exact(rest) - t) < 1e-32
    if form == "tanh":
        assert abs(exact(_tails.TANH_E) - mp.exp(-cubic(t))) < 2.0**-54


def test_the_constants_of_the_tanh_form_are_known_to_both_their_parts():
    K1 = mp.sqrt(8 / mp.pi)
    K3 = K1 * 44715 / 10**6
    assert abs(exact(_tails.K1_SHORT) + exact(_tails.K1_REST) - K1) < 1e-21
    assert abs(exact(_tails.K3_SHORT) + exact(_tails.K3_REST) - K3) < 1e-21
    assert abs(exact(_tails.K1) - K1) < 2.0**-53
    assert abs(exact(_tails.K3) - K3) < 2.0**-57


# the derivative


@both
@few
@given(Z=points)
def test_backward_is_the_derivative(form, Z):
    def forward(Z):
        return gelu.forward(Z, approximate=form)

    def definition(Z):
        return gelu.definition(Z, approximate=form)

    def backward(dA, Z):
        return gelu.backward(dA, Z, approximate=form)

    verify(forward, backward, Z)
    verify(definition, backward, Z)


# laws


@both
@few
@given(Z=points)
def test_a_point_and_its_mirror_image_differ_by_the_point(form, Z):
    A, B = gelu.forward(Z, approximate=form), gelu.forward(-Z, approximate=form)
    np.testing.assert_allclose(A - B, Z, rtol=1e-14, atol=1e-15)
    df = slope_of(gelu, approximate=form)
    np.testing.assert_allclose(df(Z) + df(-Z), 1, rtol=1e-14)


@few
@given(Z=points)
def test_the_two_forms_are_near_each_other(Z):
    np.testing.assert_allclose(gelu.forward(Z), gelu.forward(Z, approximate="tanh"), atol=5e-4)


# mistakes

norm = scipy.stats.norm
MISTAKES = {
    "the gate alone": lambda dA, Z: dA * norm.cdf(Z),
    "the density forgotten its Z": lambda dA, Z: dA * (norm.cdf(Z) + norm.pdf(Z)),
    "the sign of the density": lambda dA, Z: dA * (norm.cdf(Z) - Z * norm.pdf(Z)),
    "1/√π for 1/√(2π)": lambda dA, Z: dA * (norm.cdf(Z) + np.sqrt(2) * Z * norm.pdf(Z)),
    "taken at A instead of Z": lambda dA, Z: gelu.backward(dA, gelu.forward(Z)),
    "the slope of the other form": lambda dA, Z: gelu.backward(dA, Z, approximate="tanh"),
}


def test_a_wrong_gradient_is_caught():
    (Z,) = gelu.example(np.random.default_rng(0))
    for name, backward in MISTAKES.items():
        assert check(gelu.forward, backward, Z).verdict == "wrong", name


@pytest.mark.parametrize("wrong", [True, "erf", None, "TANH", ["tanh"]])
def test_an_unknown_form_is_refused(wrong):
    Z = np.zeros(3)
    for call in (
        lambda: gelu.forward(Z, approximate=wrong),
        lambda: gelu.backward(Z, Z, approximate=wrong),
        lambda: gelu.definition(Z, approximate=wrong),
    ):
        with pytest.raises(ValueError, match=r"^gelu: approximate must be 'none' or 'tanh', but"):
            call()
