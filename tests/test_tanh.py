import numpy as np
import pytest
from hypothesis import given
from oracle import mp
from support import few, points, slope_of, worst

from mlp import check, verify
from mlp.ops import sigmoid, tanh


def sech_squared(z):
    return 4 / (mp.exp(z) + mp.exp(-z)) ** 2


# the definition


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_every_value_is_right_to_its_last_digits(dtype):
    assert worst(tanh.forward, mp.tanh, dtype) < (2.5,)
    assert worst(slope_of(tanh), sech_squared, dtype) < (3.5,)


def test_is_a_quotient_of_exponentials():
    Z = np.linspace(-5, 5, 20)
    by_hand = (np.exp(Z) - np.exp(-Z)) / (np.exp(Z) + np.exp(-Z))
    np.testing.assert_allclose(tanh.forward(Z), by_hand, rtol=1e-14)


def test_goes_from_minus_one_to_one():
    assert tanh.forward(np.array([-np.inf, 0.0, np.inf])).tolist() == [-1, 0, 1]
    assert slope_of(tanh)(np.array([-np.inf, 0.0, np.inf])).tolist() == [0, 1, 0]


# the derivative


@few
@given(Z=points)
def test_backward_is_the_derivative(Z):
    verify(tanh.forward, tanh.backward, Z)


# laws


@few
@given(Z=points)
def test_is_odd_and_its_slope_even(Z):
    np.testing.assert_array_equal(tanh.forward(-Z), -tanh.forward(Z))
    np.testing.assert_array_equal(slope_of(tanh)(-Z), slope_of(tanh)(Z))


@few
@given(Z=points)
def test_is_a_sigmoid_stretched_and_shifted(Z):
    np.testing.assert_allclose(
        tanh.forward(Z), 2 * sigmoid.forward(2 * Z) - 1, rtol=1e-12, atol=1e-15
    )


# mistakes

MISTAKES = {
    "taken at A instead of Z": lambda dA, Z: tanh.backward(dA, tanh.forward(Z)),
    "1 − Z²": lambda dA, Z: dA * (1 - Z**2),
    "1 − A": lambda dA, Z: dA * (1 - np.tanh(Z)),
    "1 + A²": lambda dA, Z: dA * (1 + np.tanh(Z) ** 2),
    "sech instead of sech²": lambda dA, Z: dA / np.cosh(Z),
    "the derivative of the sigmoid": lambda dA, Z: dA * np.tanh(Z) * (1 - np.tanh(Z)),
    "no derivative": lambda dA, Z: dA,  # noqa: ARG005  # that is the mistake
}


def test_a_wrong_gradient_is_caught():
    (Z,) = tanh.example(np.random.default_rng(0))
    for name, backward in MISTAKES.items():
        assert check(tanh.forward, backward, Z).verdict == "wrong", name


def test_the_textbook_slope_has_lost_its_digits():
    off, z = worst(lambda Z: 1 - np.tanh(Z) ** 2, sech_squared)
    assert off > 1e15
    assert abs(z) > 18
