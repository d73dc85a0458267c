"""Rules that are written out; tests/tangent/test_functions.py has a case for each."""

import numpy as np
import pytest

from mlp.tangent.array import TangentArray
from mlp.tangent.trail import Lost, Trail

VECTOR = np.random.default_rng(8).normal(size=5)


def dual(value, tangent, trail=None):
    return TangentArray(np.array(value), np.array(tangent), trail or Trail())


@pytest.mark.parametrize(
    "lose",
    [
        lambda x: np.pad(x, 1, mode="linear_ramp"),
        lambda x: np.interp(0.5, x, x),
        lambda x: np.einsum(x, [0], x, [0]),
        lambda x: np.copyto(np.zeros(5), x),
        lambda x: np.geomspace(x[0] * 0 - 1, x[1]),
    ],
)
def test_what_cannot_be_followed_is_lost(lose):
    x = dual(VECTOR, VECTOR)
    with pytest.raises((Lost, TypeError, ValueError)):
        lose(x)
    assert x.trail.lost


def test_a_condition_that_moves_is_a_jump():
    trail = Trail()
    found = np.where(dual([0.5, 2.0], [1.0, 1.0], trail), 1, 2)
    assert found.tolist() == [1, 1]
    assert trail.jump == 0.5
    assert np.where(dual([0.0, 2.0], [0.0, 1.0]))[0].tolist() == [1]


def test_whole_numbers_that_are_chosen_are_plain():
    found = np.where([True, False], dual([1, 1], [0, 0]), 3)
    assert found.tolist() == [1, 3]


def test_what_is_written_may_be_given_by_name():
    a, b = dual(np.zeros(2), np.zeros(2)), dual([1.0, 2.0], [3.0, 4.0])
    np.copyto(dst=a, src=b, where=np.array([True, False]))
    np.putmask(a, mask=np.array([False, True]), values=b * 2)
    assert (a.value.tolist(), a.tangent.tolist()) == ([1.0, 4.0], [3.0, 8.0])


def test_a_product_along_no_axis_is_that_of_all():
    found = np.cumprod(dual([[2.0, 3.0]], [[1.0, 1.0]]))
    assert found.tangent.tolist() == [1.0, 5.0]
