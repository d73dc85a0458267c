import numpy as np
import pytest
from hypothesis import given
from oracle import mp
from support import few, points, slope_of, worst

from mlp import check, verify
from mlp.ops import relu, sigmoid, softplus


def truth(z):
    return max(z, mp.mpf(0)) + mp.log1p(mp.exp(-abs(z)))


def true_slope(z):
    return 1 / (1 + mp.exp(-z))


# the definition


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_every_value_is_right_to_its_last_digits(dtype):
    assert worst(softplus.forward, truth, dtype) < (2.5,)
    assert worst(slope_of(softplus), true_slope, dtype) < (3.5,)


def test_is_the_logarithm_of_one_plus_an_exponential():
    Z = np.linspace(-5, 5, 21)
    np.testing.assert_allclose(softplus.forward(Z), np.log(1 + np.exp(Z)), rtol=1e-13)


def test_limits():
    assert softplus.forward(np.array([-np.inf, np.inf])).tolist() == [0, np.inf]
    assert slope_of(softplus)(np.array([-np.inf, np.inf])).tolist() == [0, 1]


# the derivative


@few
@given(Z=points)
def test_backward_is_the_derivative(Z):
    verify(softplus.forward, softplus.backward, Z)


# laws


@few
@given(Z=points)
def test_a_point_and_its_mirror_image_differ_by_the_point(Z):
    np.testing.assert_allclose(
        softplus.forward(Z) - softplus.forward(-Z), Z, rtol=1e-14, atol=1e-15
    )


@few
@given(Z=points)
def test_is_above_relu_by_log_two_at_most(Z):
    gap = softplus.forward(Z) - relu.forward(Z)
    assert (gap > 0).all()
    assert (gap <= np.log(2)).all()


# mistakes

MISTAKES = {
    "a relu": relu.backward,
    "the sigmoid of A": lambda dA, Z: dA * sigmoid.forward(softplus.forward(Z)),
    "the sigmoid of −Z": lambda dA, Z: dA * sigmoid.forward(-Z),
    "the second derivative": sigmoid.backward,
    "1/(1 + eᶻ)": lambda dA, Z: dA / (1 + np.exp(Z)),
    "1/A": lambda dA, Z: dA / softplus.forward(Z),
}


def test_a_wrong_gradient_is_caught():
    (Z,) = softplus.example(np.random.default_rng(0))
    for name, backward in MISTAKES.items():
        assert check(softplus.forward, backward, Z).verdict == "wrong", name


def test_the_textbook_line_has_lost_its_digits():
    with np.errstate(over="ignore"):
        off, z = worst(lambda Z: np.log(1 + np.exp(Z)), truth)
    assert off == np.inf
    assert z > 700
