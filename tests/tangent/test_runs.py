"""A function run with its operations rounded at random, and what a run says of errors."""

import numpy as np
import pytest

from mlp.tangent import Silence, Trail, run, shaken
from mlp.tangent.runs import LINE


def test_a_function_is_run_with_its_operations_rounded_at_random():
    seen = np.array(shaken(lambda x: 1 - np.tanh(x) ** 2, [np.array([0.5, 18.0])]))
    spread = np.ptp(seen, axis=0)
    assert 0 < spread[0] < 1e-14
    assert 1e-16 < spread[1] < 1e-14
    again = np.array(shaken(lambda x: 1 - np.tanh(x) ** 2, [np.array([0.5, 18.0])]))
    np.testing.assert_array_equal(seen, again)


@pytest.mark.parametrize(
    "function", [lambda x: 1 - np.asarray(memoryview(x)), lambda x: np.frexp(x)[0], lambda x: x[9]]
)
def test_where_it_cannot_be_followed_nothing_is_known(function):
    assert shaken(function, [np.ones(2)]) == []


def to_the_side(x):
    return 1 - np.array(list(map(bytes_of, x)))


def bytes_of(number):
    return np.frombuffer(np.ndarray.tobytes(number))[0]


def test_a_number_that_does_not_move_is_not_lost_either():
    assert shaken(to_the_side, [np.ones(2)]) == []
    assert shaken(lambda x: np.ones(2) * complex(x[0]).real, [np.ones(2)]) == []


def test_an_error_of_many_lines_is_a_reason_in_one():
    def forward(x):
        raise ValueError(f"{x[0].value} " + "no\n" * LINE)

    said = run(forward, [np.ones(2)], [np.ones(2)], Trail())
    assert isinstance(said, Silence)
    assert said.reason.startswith("ValueError: 1.0 no no")
    assert len(said.reason) == LINE + 3
