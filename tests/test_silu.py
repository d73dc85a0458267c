import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from oracle import exact, mp, ulps
from support import few, near_zero, points, series_of, slope_of, worst

from mlp import ShapeError, check, verify
from mlp.ops import _tails, sigmoid, silu


def sigma(z):
    return 1 / (1 + mp.exp(-z))


def truth(z):
    return z * sigma(z)


def true_slope(z):
    return sigma(z) * (1 + z * sigma(-z))


# the definition


@pytest.mark.parametrize(("dtype", "f", "df"), [(np.float64, 4.5, 5.5), (np.float32, 1, 1)])
def test_every_value_is_right_to_its_last_digits(dtype, f, df):
    assert worst(silu.forward, truth, dtype) < (f,)
    assert worst(slope_of(silu), true_slope, dtype) < (df,)


@given(z=st.floats(-760, 760))
@example(z=-1.278464542761074)  # one double beside the root of the slope
@example(z=-20.380277120281942)
def test_no_input_is_worse(z):
    Z = np.array([z])
    assert ulps(silu.forward(Z)[0], truth(exact(z))) < 4.5
    assert ulps(slope_of(silu)(Z)[0], true_slope(exact(z))) < 5.5


@few
@given(Z=points)
def test_is_its_definition(Z):
    np.testing.assert_allclose(silu.forward(Z), silu.definition(Z), rtol=1e-14)


def test_limits():
    assert silu.forward(np.array([-np.inf, np.inf])).tolist() == [0, np.inf]
    assert slope_of(silu)(np.array([-np.inf, np.inf])).tolist() == [0, 1]


def test_the_series_is_the_one_of_the_unit():
    assert series_of(truth) == pytest.approx([0, 1 / 2, *_tails.SILU.series], rel=1e-15)


def test_the_root_of_the_slope_is_lamberts():
    W = mp.lambertw(mp.exp(-1)).real
    assert abs(exact(_tails.SILU_ROOT) + exact(_tails.SILU_REST) - (1 + W)) < 1e-31
    assert abs(exact(_tails.SILU_E) - W) < 2.0**-54


def test_near_0_one_sum_rounds_visibly():
    Z = near_zero(500)
    assert worst(silu.forward, truth, Z=Z) < (0.51,)
    assert worst(slope_of(silu), true_slope, Z=Z) < (0.5001,)


# the derivative


@few
@given(Z=points)
def test_backward_is_the_derivative(Z):
    verify(silu.forward, silu.backward, Z)
    verify(silu.definition, silu.backward, Z)


# laws


@few
@given(Z=points)
def test_a_point_and_its_mirror_image_differ_by_the_point(Z):
    np.testing.assert_allclose(silu.forward(Z) - silu.forward(-Z), Z, rtol=1e-14, atol=1e-15)
    np.testing.assert_allclose(slope_of(silu)(Z) + slope_of(silu)(-Z), 1, rtol=1e-14)


# mistakes

MISTAKES = {
    "the gate alone": lambda dA, Z: dA * sigmoid.forward(Z),
    "the gate's derivative alone": sigmoid.backward,
    "Z σ' alone": lambda dA, Z: Z * sigmoid.backward(dA, Z),
    "taken at A instead of Z": lambda dA, Z: silu.backward(dA, silu.forward(Z)),
    "σ(Z) + Z σ(Z)": lambda dA, Z: dA * sigmoid.forward(Z) * (1 + Z),
    "σ(Z) − Z σ'(Z)": lambda dA, Z: dA * sigmoid.forward(Z) - Z * sigmoid.backward(dA, Z),
}


def test_a_wrong_gradient_is_caught():
    (Z,) = silu.example(np.random.default_rng(0))
    for name, backward in MISTAKES.items():
        assert check(silu.forward, backward, Z).verdict == "wrong", name


def test_the_textbook_slope_has_lost_its_digits():
    def textbook(Z):
        S = sigmoid.forward(Z)
        return S + Z * S * (1 - S)

    with np.errstate(over="ignore"):
        off, _ = worst(textbook, true_slope)
    assert off > 1e15


def test_it_is_its_definition_and_so_is_its_slope():
    Z = np.linspace(-5, 5, 41)
    np.testing.assert_allclose(silu.forward(Z), silu.definition(Z), rtol=1e-13)
    by_definition = silu.definition_backward(np.full(41, 3.0), Z)
    np.testing.assert_allclose(silu.backward(np.full(41, 3.0), Z), by_definition, atol=1e-13)
    with pytest.raises(ShapeError, match=r"^silu.definition_backward: Z must have the shape"):
        silu.definition_backward(np.ones(3), Z)
    assert silu.definition([-1]).dtype == float
    assert silu.definition(np.array([-1e4])) == 0  # a warning is an error here
    assert silu.definition_backward(np.ones(1), np.array([-1e4])) == 0
