import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from oracle import mp, real
from support import few, points, slope_of, worst

from mlp import check, verify
from mlp.ops import elu, relu


def truth(z):
    return z if z > 0 else mp.expm1(z)


def true_slope(z):
    return mp.mpf(1) if z > 0 else mp.exp(z)


# the definition


@pytest.mark.parametrize(("dtype", "limit"), [(np.float64, 1.5), (np.float32, 2.5)])
def test_every_value_is_right_to_its_last_digits(dtype, limit):
    assert worst(elu.forward, truth, dtype) < (limit,)
    assert worst(slope_of(elu), true_slope, dtype) < (limit,)


def test_alpha_stretches_the_negative_side():
    Z = np.array([-3.0, -0.5, 0.5])
    assert elu.forward(Z, alpha=2).tolist() == [2 * np.expm1(-3.0), 2 * np.expm1(-0.5), 0.5]
    assert slope_of(elu, alpha=2)(Z).tolist() == [2 * np.exp(-3.0), 2 * np.exp(-0.5), 1]


def test_the_slope_at_zero_is_the_one_from_the_left():
    assert slope_of(elu)(np.zeros(2)).tolist() == [1, 1]
    assert slope_of(elu, alpha=0.3)(np.zeros(2)).tolist() == [0.3, 0.3]


def test_limits():
    assert elu.forward(np.array([-np.inf, np.inf]), alpha=0.3).tolist() == [-0.3, np.inf]
    assert slope_of(elu)(np.array([-np.inf, np.inf])).tolist() == [0, 1]


def test_the_lines_run_on_fifty_digits_and_on_floats_alike():
    Z = np.array([-3.0, -0.5, 0.0, 0.5])
    np.testing.assert_allclose(elu.forward(real(Z)).astype(float), elu.forward(Z), rtol=1e-15)
    np.testing.assert_allclose(slope_of(elu)(real(Z)).astype(float), slope_of(elu)(Z), rtol=1e-15)


# the derivative


@few
@given(Z=points, alpha=st.sampled_from([1.0, 0.3, 2.0]))
def test_backward_is_the_derivative(Z, alpha):
    verify(lambda Z: elu.forward(Z, alpha=alpha), lambda dA, Z: elu.backward(dA, Z, alpha=alpha), Z)


def test_alpha_is_accepted_at_the_kink():
    (Z,) = elu.example(np.random.default_rng(0))
    Z[0] = 0
    verify(lambda Z: elu.forward(Z, alpha=0.3), lambda dA, Z: elu.backward(dA, Z, alpha=0.3), Z)


# laws


@few
@given(Z=points)
def test_value_and_slope_differ_by_alpha_on_the_left(Z):
    Z = -abs(Z)
    np.testing.assert_allclose(slope_of(elu, alpha=3)(Z), elu.forward(Z, alpha=3) + 3, rtol=1e-14)


@few
@given(Z=points)
def test_without_alpha_it_is_relu(Z):
    np.testing.assert_array_equal(elu.forward(Z, alpha=0), relu.forward(Z))


# mistakes

MISTAKES = {
    "A instead of A + alpha": lambda dA, Z: dA * np.where(Z > 0, 1, elu.forward(Z)),
    "the slope at A": lambda dA, Z: dA * np.where(Z > 0, 1, np.exp(np.minimum(elu.forward(Z), 0))),
    "e⁻ᶻ": lambda dA, Z: dA * np.where(Z > 0, 1, np.exp(-Z)),
    "alpha of another call": lambda dA, Z: elu.backward(dA, Z, alpha=1.1),
    "the exponential on both sides": lambda dA, Z: dA * np.exp(Z),
    "a relu": relu.backward,
}


def test_a_wrong_gradient_is_caught():
    (Z,) = elu.example(np.random.default_rng(0))
    for name, backward in MISTAKES.items():
        assert check(elu.forward, backward, Z).verdict == "wrong", name


@pytest.mark.parametrize("wrong", [np.nan, -np.inf, "1", None, [1.0], np.ones(3)])
def test_alpha_must_be_a_finite_number(wrong):
    Z = np.zeros(3)
    with pytest.raises(ValueError, match=r"^elu: alpha must be a finite number, but is "):
        elu.forward(Z, alpha=wrong)
    with pytest.raises(ValueError, match=r"^elu: alpha must be a finite number, but is "):
        elu.backward(Z, Z, alpha=wrong)


def test_a_slope_too_large_for_float32_is_infinite_without_a_warning():
    assert elu.forward(np.array([-1], np.float32), alpha=1e308).tolist() == [-np.inf]
