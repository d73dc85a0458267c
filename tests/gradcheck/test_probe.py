"""One number by hand against one measured, and how sharp the look is."""

import numpy as np
import pytest
from probes import place_of, probe_of

from mlp.gradcheck.directions import product
from mlp.gradcheck.probe import compare

X = np.array([0.3, -1.2, 2.5])


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_a_right_gradient_agrees_and_one_beyond_the_smallest_detectable_does_not(dtype):
    x = X.astype(dtype)
    right = np.cos(x)
    seen = probe_of(np.sin, right, x)
    assert seen.agrees
    assert not seen.quiet
    assert 0 < seen.smallest_detectable < (1e-3 if dtype is np.float32 else 1e-9)
    for entry in range(3):
        off = right.astype(np.float64)
        off[entry] += 1.1 * seen.smallest_detectable * abs(right).max()
        assert abs(product(off, seen.line.d) - seen.slope.value) > seen.tolerance


def test_where_both_are_0_nothing_was_compared():
    seen = probe_of(lambda x: 0 * x, np.zeros(3), X)
    assert seen.quiet
    assert not seen.differs
    assert seen.smallest_detectable == np.inf


def test_without_an_answer_a_probe_neither_agrees_nor_differs():
    seen = probe_of(np.sin, -np.cos(X), X)
    assert seen.differs
    left_open = seen.undecided()
    assert not left_open.differs
    assert not left_open.agrees


def test_the_index_of_an_entry_has_its_path_in_front():
    place = place_of(lambda p: p["W"], np.multiply, {"W": np.ones((2, 3))})
    line = place.line(place.problem.blocks[0], np.ones(6), np.ones((2, 3)))
    assert compare(line, np.ones((2, 3))).index(5) == ("W", 1, 2)


def test_what_rounding_the_arguments_costs_the_gradient_is_measured():
    def backward(dO, x):
        return dO * np.cos(1e6 * x)

    place = place_of(lambda x: np.sin(1e6 * x) / 1e6, backward, X)
    line = place.line(place.problem.blocks[0], np.ones(3), np.ones(3))
    seen = compare(line, np.asarray(backward(np.ones(3), X)), scale=2.0**-20)
    rounding = seen.measured_rounding(0, np.random.default_rng(0))
    assert seen.rounding < 1e-14
    assert 1e-11 < rounding < 1e-8
