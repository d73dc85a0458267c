"""What noise keeps on long steps is not called wrong for what only these steps show."""

import numpy as np
import pytest
from probes import probe_of

from mlp import check
from mlp.gradcheck.judge.waves import seen_from_far

X = np.array([32768.3, 40000.1, 35001.7])


def rounded(x):
    return np.round(x + np.sin(x), 2)


def cast(x):
    return (x + np.sin(x)).astype(np.float32)


@pytest.mark.parametrize("forward", [rounded, cast])
@pytest.mark.parametrize("seed", range(3))
def test_the_gradient_of_a_wave_on_a_line_is_not_called_wrong_for_that_of_the_line(forward, seed):
    assert check(forward, lambda d, x: d * (1 + np.cos(x)), X, rng=seed).verdict != "wrong"


@pytest.mark.parametrize("forward", [rounded, cast])
@pytest.mark.parametrize("seed", range(3))
def test_what_short_steps_are_against_as_well_is_wrong(forward, seed):
    for slope in (lambda x: -1 - np.cos(x), lambda x: 3 + 3 * np.cos(x)):
        assert check(forward, lambda d, x, s=slope: d * s(x), X, rng=seed).verdict == "wrong"


def test_a_sharp_slope_and_a_straight_one_are_not_seen_from_far():
    assert not seen_from_far(probe_of(np.sin, -np.cos(X), X))
    assert not seen_from_far(probe_of(lambda x: np.round(3 * x, 2), 2 + 0 * X, X))
    assert seen_from_far(probe_of(rounded, 1 + np.cos(X), X))
