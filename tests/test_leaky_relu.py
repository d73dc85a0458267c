from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import few, hard_inputs, points, slope_of

from mlp import check, verify
from mlp.ops import leaky_relu, relu

# the definition


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_keeps_the_positive_and_lets_a_little_of_the_rest_through(dtype):
    Z = hard_inputs(dtype)
    leak = dtype(0.01)
    assert leaky_relu.forward(Z).tolist() == [z if z > 0 else leak * z for z in Z]
    assert slope_of(leaky_relu)(Z).tolist() == [1 if z > 0 else leak for z in Z]


def test_the_slope_at_the_kink_is_the_one_from_the_left():
    assert slope_of(leaky_relu, slope=0.3)(np.zeros(2)).tolist() == [0.3, 0.3]


def test_limits():
    assert leaky_relu.forward(np.array([-np.inf, np.inf])).tolist() == [-np.inf, np.inf]
    assert slope_of(leaky_relu)(np.array([-np.inf, np.inf])).tolist() == [0.01, 1]


def test_a_slope_that_overflows_ends_in_infinity_without_a_warning():
    most = np.array([-np.finfo(float).max])  # a warning is an error here
    assert leaky_relu.forward(most, slope=3.0).tolist() == [-np.inf]
    assert leaky_relu.backward(most, most, slope=3.0).tolist() == [-np.inf]


def test_fractions_stay_exact():
    Z, tenth = np.array([Fraction(1, 3), Fraction(-1, 3)]), Fraction(1, 10)
    assert leaky_relu.forward(Z, slope=tenth).tolist() == [Fraction(1, 3), Fraction(-1, 30)]
    assert leaky_relu.backward(Z, Z, slope=tenth).tolist() == [Fraction(1, 3), Fraction(-1, 30)]


# the derivative


@few
@given(Z=points, slope=st.sampled_from([0.01, 0.3, -0.5, 2.0]))
def test_backward_is_the_derivative(Z, slope):
    verify(
        lambda Z: leaky_relu.forward(Z, slope=slope),
        lambda dA, Z: leaky_relu.backward(dA, Z, slope=slope),
        Z,
    )


def test_the_slope_is_accepted_at_the_kink():
    (Z,) = leaky_relu.example(np.random.default_rng(0))
    Z[0] = 0
    verify(leaky_relu.forward, leaky_relu.backward, Z)


# laws


@few
@given(Z=points)
def test_lies_between_relu_and_the_identity(Z):
    np.testing.assert_array_equal(leaky_relu.forward(Z, slope=0), relu.forward(Z))
    np.testing.assert_array_equal(leaky_relu.forward(Z, slope=1), Z)


@few
@given(Z=points, power=st.integers(1, 9))
def test_the_reciprocal_slope_takes_it_back(Z, power):
    there = leaky_relu.forward(Z, slope=2.0**-power)
    np.testing.assert_array_equal(leaky_relu.forward(there, slope=2.0**power), Z)


# mistakes

MISTAKES = {
    "the slope forgotten": relu.backward,
    "the slope of another call": lambda dA, Z: leaky_relu.backward(dA, Z, slope=0.02),
    "the slope on both sides": lambda dA, Z: 0.01 * dA,  # noqa: ARG005  # that is the mistake
    "slope · Z instead of slope": lambda dA, Z: np.where(Z > 0, dA, 0.01 * Z * dA),
    "the sides exchanged": lambda dA, Z: np.where(Z < 0, dA, 0.01 * dA),
    "1 + slope": lambda dA, Z: np.where(Z > 0, 1.01, 0.01) * dA,
}


def test_a_wrong_gradient_is_caught():
    (Z,) = leaky_relu.example(np.random.default_rng(0))
    for name, backward in MISTAKES.items():
        assert check(leaky_relu.forward, backward, Z).verdict == "wrong", name


@pytest.mark.parametrize("wrong", [np.nan, np.inf, "0.1", None, [0.1], np.ones(3), 1j])
def test_a_slope_must_be_a_finite_number(wrong):
    Z = np.zeros(3)
    with pytest.raises(ValueError, match=r"^leaky_relu: slope must be a finite number, but is "):
        leaky_relu.forward(Z, slope=wrong)
    with pytest.raises(ValueError, match=r"^leaky_relu: slope must be a finite number, but is "):
        leaky_relu.backward(Z, Z, slope=wrong)


def test_a_wider_slope_does_not_widen_the_result():
    Z = np.ones(3, np.float32)
    assert leaky_relu.forward(Z, slope=np.float64(0.1)).dtype == np.float32
    assert leaky_relu.backward(Z, Z, slope=np.float64(0.1)).dtype == np.float32
