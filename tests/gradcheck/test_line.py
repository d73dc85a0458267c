"""Forward along a line: what changes there, its noise and its rounding unit."""

import numpy as np
import pytest
from probes import place_of, probe_of

from mlp.gradcheck.line import DOUBLE, SINGLE

X = np.array([0.3, -1.2, 2.5])


def test_along_a_line_only_what_changes_is_left():
    place = place_of(lambda x: 1e8 + x, np.multiply, X)
    line = place.line(place.problem.blocks[0], np.ones(3), np.array([1.0, 0, 0]))
    assert line(0.0) == 0
    assert line(0.5) == 0.5
    assert line.difference(0.5).tolist() == [0.5, 0, 0]


def test_beyond_the_bounds_and_where_forward_raises_there_is_nothing():
    def forward(x):
        if x[0] > 5:
            raise ValueError
        return x

    place = place_of(forward, np.multiply, X, bounds=[(-2, None)])
    line = place.line(place.problem.blocks[0], np.ones(3), np.array([1.0, 1.0, 0]))
    assert np.isnan([line(4.8), line(-1.0)]).all()
    assert np.isfinite([line(4.5), line(-0.7)]).all()


def test_noise_is_that_of_the_results_that_move():
    place = place_of(lambda x: x * [1, 1, 1e12], np.multiply, X)
    block, v = place.problem.blocks[0], np.ones(3)
    quiet = place.noise(place.line(block, v, np.array([1.0, 0, 0])).felt)
    assert quiet < 1e-15
    assert place.noise(v) > 1e-6


@pytest.mark.parametrize(("dtype", "unit"), [(np.float64, DOUBLE), (np.float32, SINGLE)])
def test_the_unit_of_rounding_is_that_of_the_arguments(dtype, unit):
    x = X.astype(dtype)
    assert probe_of(np.sin, np.cos(x), x).line.unit == unit
