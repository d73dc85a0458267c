"""At a kink any value between the slopes to both sides is accepted, and no other."""

import numpy as np
import pytest
from probes import probe_of

from mlp.gradcheck.judge.kinks import KINKS, KinkSearch

RNG = np.random.default_rng


def relu(x):
    return np.maximum(x, 0)


def searched(gradient, x, forward=relu):
    found = KinkSearch(probe_of(forward, gradient, x), RNG(0))
    found.run()
    return found


@pytest.mark.parametrize("subgradient", [0.0, 0.3, 1.0])
def test_a_value_of_the_hull_is_accepted(subgradient):
    x = np.array([0.0, 1.5, -2.0])
    found = searched(np.array([subgradient, 1, 0]), x)
    assert (found.outside, found.mismatch, found.left) == ([], None, False)


@pytest.mark.parametrize("value", [7.0, -1.0, 1.001])
def test_a_value_outside_is_named_with_the_middle_of_both_slopes(value):
    found = searched(np.array([1, value, 0]), np.array([1.5, 0.0, -2.0]))
    (entry,) = found.outside
    assert (entry.index, entry.by_hand) == ((1,), value)
    assert (entry.numeric, entry.error_bar) == pytest.approx((0.5, 0.5), abs=1e-6)


def test_a_tie_of_small_numbers_is_judged_by_its_slopes_not_by_rounding_at_the_finest_steps():
    tied = np.array([4e-4, 4e-4, 30.0])
    found = searched(np.array([1.05, 0.2, 1]), tied, lambda x: max(x[0], x[1]) + x[2])
    assert [e.index for e in found.outside] == [(0,)]


def test_each_kinked_entry_is_judged_by_itself():
    x = np.zeros(8)
    by_hand = np.array([0, 1, 0.5, 7, 0, 1, -1, 0])
    assert {e.index[0] for e in searched(by_hand, x).outside} == {3, 6}


def test_what_is_smooth_beside_a_kink_is_compared_in_full():
    found = searched(np.array([7.0, 1, 0.9, 1]), np.array([0.0, 1.5, 2.0, 3.0]))
    assert found.mismatch or found.outside
    found = searched(np.array([0.5, 1, 0.9, 1]), np.array([0.0, 1.5, 2.0, 3.0]))
    assert found.outside == []
    assert found.mismatch.differs


def test_the_hull_may_be_that_of_abs_or_of_a_tie():
    x = np.array([0.0, 0.0])
    for value, accepted in ((-1, True), (1, True), (1.1, False), (-1.1, False)):
        assert (searched(np.array([value, 0.0]), x, np.abs).outside == []) == accepted
    tied = np.array([2.0, 2.0, 1.0])
    found = searched(np.array([0.5, 0.5, 0]), tied, lambda x: x.max())
    assert (found.outside, found.mismatch) == ([], None)
    found = searched(np.array([1.5, 0.5, 0]), tied, lambda x: x.max())
    assert [e.index for e in found.outside] == [(0,)]


def test_beyond_a_number_of_kinks_the_rest_is_left_and_said_to_be():
    found = searched(np.full(4 * KINKS, 7.0), np.zeros(4 * KINKS))
    assert found.left
    assert len(found.outside) == KINKS


def test_halves_cover_a_part_and_leave_a_single_entry_alone():
    search = KinkSearch(probe_of(relu, np.zeros(9), np.zeros(9)), RNG(0))
    assert sorted(search.halves(2, 9)) == [(2, 5), (5, 9)]
    assert search.halves(4, 5) == [(4, 5)]
