"""Decisions leave their distance, and what is lost says at which line."""

import numpy as np
import pytest

from mlp.tangent.trail import Lost, Trail, step_to_close


@pytest.mark.parametrize(
    ("gap", "rate", "step"),
    [
        (1.0, 2.0, 0.5),
        (-1.0, 2.0, 0.5),
        (0.0, 1.0, 0.0),
        (1.0, 0.0, np.inf),
        (0.0, 0.0, np.inf),
        ([4.0, 1.0], [1.0, -8.0], 0.125),
        (np.inf, 1.0, np.inf),
        (np.nan, 1.0, 0.0),
    ],
)
def test_the_nearest_gap_counts_in_steps(gap, rate, step):
    assert step_to_close(gap, rate) == step


def test_jumps_and_bends_are_apart():
    trail = Trail()
    trail.jumps(3.0, 1.0)
    trail.jumps(2.0, 1.0)
    trail.bends(1.0, 1.0)
    assert (trail.jump, trail.bend) == (2.0, 1.0)


def test_what_is_lost_names_the_line_of_the_user_and_stays():
    trail = Trail()
    lost = trail.lose("float()")
    assert isinstance(lost, Lost)
    assert trail.lost == [str(lost)]
    assert str(lost).startswith("float() at test_trail.py:")


def test_rounding_at_random_is_by_units_in_the_last_place():
    values = np.ones(1000)
    moved = Trail(np.random.default_rng(0)).rounded(values)
    assert {*(moved - 1)} == {0.0, np.finfo(float).eps, -np.finfo(float).eps}
    assert Trail().rounded(values) is values
    assert Trail(np.random.default_rng(0)).rounded(3) == 3
