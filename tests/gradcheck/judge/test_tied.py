"""Entries that are tied: what is a mean of what was seen, and which belong together."""

import numpy as np

from mlp.gradcheck.judge.tied import Tied, labelled, linked

SIDES = np.eye(2)  # the gradients of max(x, y) beside a tie


def tied(by_hand, seen=SIDES):
    n = seen.shape[1]
    entries = tuple((0, i) for i in range(n))
    return Tied(entries, np.ones(n), np.array(by_hand), seen, 1e-6, complete=True)


def test_shares_that_sum_to_one_are_admitted_and_no_others():
    assert all(tied(shares).admits for shares in ([1.0, 0.0], [0.0, 1.0], [0.3, 0.7]))
    assert not any(tied(shares).admits for shares in ([1.0, 1.0], [0.0, 0.0], [1.5, -0.5]))


def test_where_by_hand_claims_too_much_it_is_moved_along_that():
    excess = tied([1.0, 1.0]).excess()
    (d,) = tied([1.0, 1.0]).moves(excess, [np.zeros(2)], [4.0]).values()
    np.testing.assert_allclose(d, [4.0, 4.0])


def test_what_all_that_was_seen_shares_is_no_part_of_the_way():
    np.testing.assert_allclose(tied([1.0, 1.0]).aside(), [0.5, 0.5])


def test_entries_that_change_together_are_linked_and_free_ones_are_not():
    together = np.array([[0.0, 1, 5], [1, 0, 5], [0, 1, 6], [1, 0, 6]])
    labels = labelled(together, 0.1)
    assert [*linked(labels)] == [[0, 1], [2]]
