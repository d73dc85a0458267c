"""A proof for one point holds at its shapes, in its region, and for its floats."""

import numpy as np
import pytest

from mlp.proof.run.here import MOST, prove_here

X = np.array([-0.5, 2.0, 3.5])


def clipped(x):
    return np.clip(x, -1, 3)


def clipped_backward(dy, x):
    return dy * ((x > -1) & (x < 3))


def test_the_shapes_and_the_region_of_a_point_are_named():
    here = prove_here(clipped, clipped_backward, (X,))
    assert here
    assert here.shapes == {"x": "(3,)"}
    assert here.arguments == ("x",)
    assert "x[2] - 3 > 0" in here.region
    assert "x[1] - 3 < 0" in here.region


def test_what_is_right_in_another_region_alone_is_not_proved():
    def backward(dy, x):
        return dy * ((x > -1) & (x < 4))  # right up to 3, and from 4

    assert prove_here(clipped, backward, (X[:2],))
    assert "refused" in prove_here(clipped, backward, (X,)).reason


@pytest.mark.parametrize("x", [3.0, -1.0])
def test_a_point_on_a_border_is_in_no_region(x):
    assert "border" in prove_here(clipped, clipped_backward, (np.array([0.5, x]),)).reason


def test_a_right_formula_that_loses_its_digits_here_is_not_enough():
    def forward(x):
        return (1 - np.cos(x)) / x

    def backward(dy, x):
        return dy * (np.sin(x) / x - (1 - np.cos(x)) / x**2)

    assert prove_here(forward, backward, (np.array([0.75]),))
    assert "loses its digits" in prove_here(forward, backward, (np.array([1e-7]),)).reason


def test_integers_and_what_is_not_differentiated_are_as_they_are():
    rows = np.array([0, 2])
    here = prove_here(
        lambda x, i, a: a * x[i] ** 2,
        lambda dy, x, i, a: np.array([2 * a * x[0] * dy[0], 0 * x[1], 2 * a * x[2] * dy[1]]),
        (X, rows, 0.5),
        wrt="x",
    )
    assert here.arguments == ("x",)


def test_none_in_place_of_a_gradient_is_proved_of_nothing():
    assert prove_here(lambda x, w: x * w, lambda dy, x, w: (dy * w, None), (X, X)).arguments == (
        "x",
    )


@pytest.mark.parametrize(
    ("point", "why"),
    [
        (({"a": X},), "no array of numbers"),
        ((np.ones(MOST + 1),), "more than"),
        ((np.ones((2, 2)),), "could not be broadcast|shape"),
    ],
)
def test_what_cannot_be_posed_says_why(point, why):
    def forward(x):
        return x + np.ones(3)

    with np.errstate(all="ignore"):
        reason = prove_here(forward, lambda dy, x: dy, point).reason
    assert reason
    assert any(word in reason for word in (*why.split("|"), "Error"))


def test_a_function_that_draws_at_random_is_proved_of_nothing():
    rng = np.random.default_rng(0)
    here = prove_here(lambda x: x * rng.integers(1, 99), lambda dy, x: dy * x * 0, (X,))
    assert not here
