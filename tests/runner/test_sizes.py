"""Small sizes keep what is alike alike, what is broadcast broadcast, and what code needs."""

import numpy as np
import pytest

from mlp.runner.guard import TargetError
from mlp.runner.sizes import LEAST, fitted, from_point


def test_lengths_that_are_alike_stay_alike():
    point = (np.ones((5, 4)), np.ones((4, 7)), np.ones(7), 1.0)
    assert from_point(point) == "(2,3),(3,1),(1),()->()"


def test_an_axis_that_is_broadcast_stays_one():
    point = (np.ones((5, 3)), np.ones((3, 4)), np.ones((1, 4)), np.ones((4, 2)), np.ones((1, 2)))
    assert from_point(point) == "(2,3),(3,1),(1,1),(1,4),(1,4)->()"


def test_arrays_of_several_shapes_in_a_list_are_refused():
    with pytest.raises(TargetError, match="an argument of its own"):
        from_point(([np.ones(2), np.ones((3, 4))],))


def gates(x, W):
    i, f = np.split(x @ W, 2, axis=1)
    return i * f


def gates_backward(dO, x, W):
    i, f = np.split(x @ W, 2, axis=1)
    d = np.concatenate([dO * f, dO * i], axis=1)
    return d @ W.T, x.T @ d


@pytest.mark.parametrize(
    ("sizes", "expected"), [((2, 3, 1, 4), "(2,3),(3,4)->()"), (LEAST, "(1,2),(2,4)->()")]
)
def test_a_length_that_code_needs_stays_and_the_others_are_small(sizes, expected):
    point = (np.ones((5, 7)), np.ones((7, 6)))
    assert fitted(gates, gates_backward, point, sizes) == expected


def test_where_nothing_small_runs_the_example_stays():
    def alone(x):
        return x.reshape(3, 7)

    def alone_backward(dO, x):
        return dO.reshape(x.shape)

    assert fitted(alone, alone_backward, (np.ones((7, 3)),)) == "(7,3)->()"
