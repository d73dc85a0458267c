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


def test_the_gradient_0_of_a_floor_is_not_called_wrong():
    """Far away steps leap over many stairs, and their slope is not that of one."""
    rng = np.random.default_rng(5)
    x, y = rng.uniform(0.1, 0.9, size=(2, 3, 7))

    def forward(x, y):
        return np.floor(x) * np.sin(y) + 1 - np.floor(x)

    def backward(dO, x, y, zero=0.0):
        return zero + 0 * x, dO * np.floor(x) * np.cos(y)

    for seed in range(4):
        assert check(forward, backward, x - 2, y, rng=seed).verdict == "inconclusive"
    assert check(forward, lambda *a: backward(*a, zero=1.0), x, y).verdict == "wrong"


def test_a_result_of_few_levels_may_be_rounded():
    x = np.array([0.83, 0.92, -0.97])
    bell = check(
        lambda x: 0.105 * np.round(np.exp(-2 * x**2) / 0.105),
        lambda dO, x: -4 * x * dO * np.exp(-2 * x**2),
        x,
    )
    assert bell.verdict == "inconclusive"
    step = check(lambda x: 0.105 * (x > 0), lambda dO, x: dO * np.exp(-(x**2)), x)
    assert step.verdict == "wrong"


def test_a_rounded_result_shows_no_fault_of_two_in_a_hundred():
    x = np.array([1.0, -2.6, -0.1, 0.07, -2.0])
    report = check(
        lambda x: np.round(np.tanh(x).sum(), 4), lambda dO, x: 1.02 * dO / np.cosh(x) ** 2, x
    )
    assert report.verdict != "correct"


def test_what_forward_does_not_depend_on_has_the_slope_0():
    x = np.random.default_rng(1).normal(size=4)
    assert check(lambda x: np.zeros(3) + 0 * x.sum(), lambda _, x: 0.1 * x, x).verdict == "wrong"


@pytest.mark.parametrize("forward", [np.floor, np.round])
@pytest.mark.parametrize("x", [[0.0, 1.0, 4.0], [1.0, 2.0], [0.1, 4.0], [0.5, 1.7], [16.3, 40.2]])
def test_the_gradient_0_of_whole_numbers_is_not_called_wrong(forward, x):
    report = check(forward, lambda _, x: 0 * x, np.array(x))
    assert report.verdict == "inconclusive"


def test_a_gradient_of_0_is_wrong_where_rounding_alone_keeps_small_steps_flat():
    x = np.random.default_rng(2).normal(size=3)
    assert check(lambda x: x + 1e9, lambda _, x: 0 * x, x).verdict == "wrong"
    assert check(np.sin, lambda _, x: 0 * x, x).verdict == "wrong"
    assert check(np.sin, lambda _, x: 0 * x, x.astype(np.float32)).verdict == "wrong"
