"""What a forward rounds away shows in last digits that are 0, and chance is not taken for it."""

import numpy as np
import pytest

from mlp.gradcheck.grain import JOLTS, grid, jolted, lowest_bit, lowest_decimal
from mlp.gradcheck.pose import pose

X = np.random.default_rng(7).normal(size=6)


def grid_of(forward, x=X):
    """Return the grid of forward's results, and how often forward was called for it."""
    rng = np.random.default_rng(0)
    problem = pose(forward, forward, (x,))
    base = problem.forward()
    grain = grid(problem, base, jolted(problem, base, rng), rng)
    return grain, problem.spent.calls[0] - 1


@pytest.mark.parametrize("function", [np.sin, np.exp, np.square, lambda x: x, lambda x: x @ x])
def test_a_result_with_all_its_digits_has_no_grid_and_costs_one_look(function):
    grain, calls = grid_of(function)
    assert not grain.any()
    assert calls == 1


def test_what_a_large_sum_absorbs_comes_back_in_multiples_of_its_last_place():
    grain, calls = grid_of(lambda x: (np.cos(x) + 1e6 * x) - 1e6 * x)
    last_places = np.spacing(1e6 * np.abs(X))
    assert (grain >= last_places / 2).all()
    assert (grain <= 64 * last_places).all()  # a few bits more are 0 by chance
    assert calls == JOLTS


@pytest.mark.parametrize("digits", [4, 7, 12])
def test_a_rounded_result_lies_on_a_decimal_grid(digits):
    grain, _ = grid_of(lambda x: np.round(np.cos(x), digits))
    assert (grain == 10.0**-digits).all()


def test_what_does_not_move_takes_the_grid_of_the_others_and_alone_has_none():
    assert (grid_of(lambda x: np.round([x[1], 0.25], 5))[0] == 1e-5).all()
    assert not grid_of(lambda x: 0 * x + 0.25)[0].any()


def test_a_point_nearby_that_raises_tells_nothing():
    def forward(x):
        if not np.array_equal(x, X):
            raise ValueError("elsewhere")
        return np.round(x, 3)

    assert not grid_of(forward)[0].any()


def test_the_lowest_bit_and_the_last_decimal_place():
    assert lowest_bit(np.array([12.0, 0.375, 2.0**-1074, 0.0])).tolist() == [
        4,
        0.125,
        2.0**-1074,
        0,
    ]
    values = np.array([0.5, -1.25, 1e3 / 3])
    assert lowest_decimal(values, 2**8 * np.spacing(values)).tolist() == [0.1, 0.01, 1e-13]
