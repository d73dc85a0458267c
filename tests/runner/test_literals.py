"""The numbers in the code of an op: from every place where a constant can stand."""

from functools import partial
from pathlib import Path

import numpy as np
import pytest

import mlp
from mlp import adapters
from mlp.runner.find import ops_of
from mlp.runner.literals import MOST, numbers_in
from mlp.runner.words import imported

bounded = imported(str(Path(__file__).parents[1] / "samples" / "bounded.py"))

PLACES = {  # a number of each function, and where it stands
    "relu6": 6,
    "hardtanh": -2.5,
    "trimmed": -3 * bounded.SIGMA,
    "shrunk": 0.625,
    "huber": 1.345,
}


@pytest.mark.parametrize("name", PLACES)
def test_a_number_is_found_in_its_place(name):
    found = numbers_in(getattr(bounded, name))
    assert found[0] == 0
    assert PLACES[name] in found
    assert -PLACES[name] in found


def test_a_number_is_found_in_an_attribute_an_option_and_a_function_around():
    def scaled(x, *, by):
        return x * by

    def made(edge):
        return lambda x: np.clip(x, edge, None)

    assert bounded.Threshold.at in numbers_in(bounded.Threshold().forward)
    assert 0.3 in numbers_in(partial(scaled, by=0.3))
    assert 0.7 in numbers_in(made(0.7))


def test_a_number_is_found_behind_an_adapter():
    def clipped_forward(x):
        return np.clip(x, 0, 2.75), x

    def clipped_backward(dout, cache):
        return dout * (cache < 2.25)

    op = adapters.cs231n(clipped_forward, clipped_backward).at(np.ones(2))
    assert {2.75, 2.25} <= {*numbers_in(op.forward, op.backward)}


def test_code_without_source_and_without_numbers_is_no_obstacle():
    typed = {}
    exec("def typed(x):\n    return x > 0.875", typed)  # noqa: S102  # as at a prompt
    assert 0.875 in numbers_in(typed["typed"])
    assert numbers_in(np.tanh) == (0.0,)
    assert len(numbers_in(eval(f"lambda x: {[*range(100)]}"))) <= MOST + 1  # noqa: S307  # likewise


def test_numbers_that_are_too_large_to_be_arguments_are_left_out():
    def masked(x, big=1e9):
        return np.where(x > 0.5, x, -big)

    assert numbers_in(masked) == (0.0, 0.5, -0.5)


def test_every_op_of_the_house_can_be_asked():
    for op in mlp.ops.OPS:
        assert {numbers_in(t.forward, t.backward)[0] for t in ops_of(op)} == {0.0}


def test_the_middle_of_two_numbers_that_are_close_comes_as_well():
    found = numbers_in(bounded.relu6, bounded.relu6_backward)
    assert {5.75, -5.75} <= {*found}
    assert 3.0 not in found
