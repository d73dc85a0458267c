"""A rounded result is left open, and what is piecewise constant has the slope 0."""

import numpy as np
import pytest

from mlp import check

STAIRS = {
    "round": (np.round, lambda d, _: d),
    "sign": (np.sign, lambda d, x: d * (np.abs(x) < 1)),
    "spike": (lambda x: (x > 0) * 1.0, lambda d, x: d / (1 + np.abs(x)) ** 2),
}


@pytest.mark.parametrize("name", STAIRS)
def test_a_straight_through_estimator_is_wrong_unless_it_is_declared(name):
    x = np.random.default_rng(3).uniform(-2, 2, size=12)
    assert check(*STAIRS[name], x).verdict == "wrong"


@pytest.mark.parametrize("seed", range(4))
def test_a_rounded_result_is_not_called_wrong(seed):
    x = np.random.default_rng(seed).normal(size=4)
    report = check(
        lambda x: np.round(3 * np.tanh(x), 1), lambda d, x: 3 * d / np.cosh(x) ** 2, x, rng=seed
    )
    assert report.verdict != "wrong"


@pytest.mark.parametrize("seed", range(4))
def test_a_gradient_five_times_too_large_is_wrong_under_fine_rounding(seed):
    x = np.random.default_rng(seed).normal(size=4)
    report = check(
        lambda x: np.round(3 * np.tanh(x), 4), lambda d, x: 15 * d / np.cosh(x) ** 2, x, rng=seed
    )
    assert report.verdict == "wrong"


def test_what_forward_does_not_depend_on_has_the_slope_0():
    x = np.random.default_rng(1).normal(size=4)
    assert check(lambda x: np.zeros(3) + 0 * x.sum(), lambda _, x: 0.1 * x, x).verdict == "wrong"
