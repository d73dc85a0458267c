"""What decides by the values: it is plain, or turns, and leaves the step at which it would."""

import numpy as np
import pytest

from mlp.tangent.array import TangentArray
from mlp.tangent.trail import Lost, Trail


def dual(value, tangent, trail=None):
    return TangentArray(np.array(value), np.array(tangent), trail or Trail())


@pytest.mark.parametrize(
    ("decide", "steps"),
    [
        (lambda x: np.round(x, 1), 0.05 / 2),  # 0.5 to 0.55 at rate 2
        (np.argmax, 0.5 / 1),  # 0.5 and 1 move apart by 1
        (np.any, 0.25),
        (np.count_nonzero, 0.25),
        (np.flatnonzero, 0.25),
        (np.argwhere, 0.25),
        (np.all, 0.25),
        (lambda x: np.array_equal(x, np.array([1.0, 1.0])), 0.0),
        (lambda x: np.array_equiv(x, np.array([0.0, 2.0])), 0.25),
        (lambda x: np.isclose(x, 0.0, rtol=0, atol=0.25), 0.125),
        (lambda x: np.allclose(x, 0.0, rtol=0, atol=0.25), 0.125),
        (lambda x: int(x[0] * 3), 1 / 12),
        (lambda x: bool(x[0]), 0.25),
        (lambda x: x.astype(int), 0.0),
    ],
)
def test_a_decision_is_plain_and_leaves_the_step_at_which_it_would_turn(decide, steps):
    trail = Trail()
    found = decide(dual([0.5, 1.0], [2.0, 1.0], trail))
    np.testing.assert_array_equal(found, decide(np.array([0.5, 1.0])))
    assert trail.jump == pytest.approx(steps)


def test_sorting_bends_where_neighbours_meet():
    trail = Trail()
    np.sort(dual([0.0, 1.0, 5.0], [1.0, -1.0, 0.0], trail))
    assert trail.bend == 0.5
    assert trail.jump == np.inf


def test_what_rounds_on_purpose_is_looked_past():
    x = dual([0.53], [2.0], Trail(past=True))
    found = np.round(x, 1)
    assert (found.value, found.tangent) == (0.5, 2.0)


@pytest.mark.parametrize("rounds", [np.floor, np.ceil, np.trunc, np.rint, np.round])
def test_a_fine_grid_is_looked_past_and_a_few_classes_are_not(rounds):
    def tangent(x, past):
        found = rounds(dual([x], [2.0], Trail(past=past)))
        return getattr(found, "tangent", 0.0)

    assert tangent(100.3, past=True) == 2.0
    assert tangent(3.3, past=True) == tangent(100.3, past=False) == 0.0


def test_rows_that_are_unique_are_lost():
    with pytest.raises(Lost, match=r"np\.unique\(axis=\)"):
        np.unique(dual(np.eye(2), np.eye(2)), axis=0)
