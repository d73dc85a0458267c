import numpy as np
import pytest
from hypothesis import given
from oracle import mp
from support import few, points, slope_of, worst

from mlp import check, verify
from mlp.ops import sigmoid


def sigma(z):
    return 1 / (1 + mp.exp(-z))


def sigma_prime(z):
    return sigma(z) * sigma(-z)


# the definition


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_every_value_is_right_to_its_last_digits(dtype):
    assert worst(sigmoid.forward, sigma, dtype) < (3.5,)
    assert worst(slope_of(sigmoid), sigma_prime, dtype) < (3.5,)


def test_is_one_over_one_plus_an_exponential():
    Z = np.linspace(-5, 5, 21)
    np.testing.assert_allclose(sigmoid.forward(Z), [float(sigma(z)) for z in Z], rtol=1e-15)


def test_near_zero_a_float64_decides_which_float32_is_nearest():
    z = np.array([-1.4483928680419922e-05])  # z³/48 is 1.1 ULP in float64
    (right,) = (0.5 + z / 4).astype(np.float32)
    assert sigmoid.forward(z).astype(np.float32) == np.nextafter(right, np.float32(1))


def test_left_of_minus_one_the_sum_of_one_and_a_tanh_would_cancel():
    Z = np.linspace(-2, -1.001, 300)
    assert (
        worst(sigmoid.forward, sigma, Z=Z)
        < (2,)
        < worst(lambda Z: (1 + np.tanh(Z / 2)) / 2, sigma, Z=Z)
    )


def test_goes_from_zero_to_one():
    assert sigmoid.forward(np.array([-np.inf, 0.0, np.inf])).tolist() == [0, 0.5, 1]
    assert slope_of(sigmoid)(np.array([-np.inf, 0.0, np.inf])).tolist() == [0, 0.25, 0]


# the derivative


@few
@given(Z=points)
def test_backward_is_the_derivative(Z):
    verify(sigmoid.forward, sigmoid.backward, Z)


# laws


@few
@given(Z=points)
def test_a_point_and_its_mirror_image_sum_to_one(Z):
    np.testing.assert_allclose(sigmoid.forward(Z) + sigmoid.forward(-Z), 1, rtol=1e-15)
    np.testing.assert_array_equal(slope_of(sigmoid)(Z), slope_of(sigmoid)(-Z))


# mistakes

MISTAKES = {
    "taken at A instead of Z": lambda dA, Z: sigmoid.backward(dA, sigmoid.forward(Z)),
    "Z (1 − Z)": lambda dA, Z: dA * Z * (1 - Z),
    "A without (1 − A)": lambda dA, Z: dA * sigmoid.forward(Z),
    "the derivative of tanh": lambda dA, Z: dA * (1 - sigmoid.forward(Z) ** 2),
    "no derivative": lambda dA, Z: dA,  # noqa: ARG005  # that is the mistake
    "the sign of the exponent": lambda dA, Z: dA * (1 - sigmoid.forward(Z)),
}


def test_a_wrong_gradient_is_caught():
    (Z,) = sigmoid.example(np.random.default_rng(0))
    for name, backward in MISTAKES.items():
        assert check(sigmoid.forward, backward, Z).verdict == "wrong", name


def test_the_textbook_slope_has_lost_its_digits():
    def textbook(Z):
        A = sigmoid.forward(Z)
        return A * (1 - A)

    off, z = worst(textbook, sigma_prime)
    assert off > 1e15
    assert z > 30
