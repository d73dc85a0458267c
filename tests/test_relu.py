from fractions import Fraction

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from support import few, hard_inputs, points, slope_of

from mlp import check, verify
from mlp.ops import relu

# the definition


def test_keeps_the_positive_and_drops_the_rest():
    for Z in (hard_inputs(np.float64), hard_inputs(np.float32)):
        assert relu.forward(Z).tolist() == [max(z, 0) for z in Z]
        assert slope_of(relu)(Z).tolist() == [1 if z > 0 else 0 for z in Z]


def test_the_slope_at_the_kink_is_zero():
    assert slope_of(relu)(np.array([0.0, -0.0])).tolist() == [0, 0]


def test_limits():
    assert relu.forward(np.array([-np.inf, np.inf])).tolist() == [0, np.inf]
    assert slope_of(relu)(np.array([-np.inf, np.inf])).tolist() == [0, 1]


def test_fractions_stay_exact():
    Z = np.array([Fraction(1, 3), Fraction(-1, 3)])
    assert relu.forward(Z).tolist() == [Fraction(1, 3), 0]
    assert relu.backward(Z, Z).tolist() == [Fraction(1, 3), 0]


# the derivative


@few
@given(Z=points)
def test_backward_is_the_derivative(Z):
    verify(relu.forward, relu.backward, Z)


@few
@given(Z=points, distance=st.sampled_from([1e-12, 1e-9, 1e-6, 1e-3]))
def test_backward_is_the_derivative_however_near_the_kink(Z, distance):
    verify(relu.forward, relu.backward, distance * Z)


def test_zero_is_accepted_at_the_kink():
    (Z,) = relu.example(np.random.default_rng(0))
    Z[0] = 0
    verify(relu.forward, relu.backward, Z)


# a law


@few
@given(Z=points, factor=st.floats(0, 100))
def test_is_positively_homogeneous(Z, factor):
    np.testing.assert_array_equal(relu.forward(factor * Z), factor * relu.forward(Z))
    np.testing.assert_array_equal(relu.forward(Z) - relu.forward(-Z), Z)


# mistakes

MISTAKES = {
    "the mask of the cotangent": lambda dA, Z: np.where(dA > 0, dA, 0),  # noqa: ARG005
    "the mask upside down": lambda dA, Z: dA * (Z < 0),
    "|Z| > 0": lambda dA, Z: dA * (abs(Z) > 0),
    "the mask alone": lambda dA, Z: (Z > 0).astype(float),  # noqa: ARG005
    "the activation for the mask": lambda dA, Z: dA * relu.forward(Z),
    "a leak": lambda dA, Z: np.where(Z > 0, dA, 0.01 * dA),
    "the threshold at 0.5": lambda dA, Z: dA * (Z > 0.5),
}


def test_a_wrong_gradient_is_caught():
    (Z,) = relu.example(np.random.default_rng(0))
    for name, backward in MISTAKES.items():
        assert check(relu.forward, backward, Z).verdict == "wrong", name
