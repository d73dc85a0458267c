"""A straight-through estimator that is not declared is wrong, and asked whether it is one."""

import numpy as np
import pytest

import mlp

X = np.array([0.3, -1.2, 1.7, 0.8, -0.4])
STEPS = {
    "round": np.round,
    "sign": np.sign,
    "heaviside": lambda x: np.heaviside(x, 0.5),
    "step": lambda x: 1.0 * (x > 0),
    "levels": lambda x: np.clip(np.round(x), -1, 1),
    "summed": lambda x: np.sign(x).sum(),
    "of a layer": lambda x: np.sign(np.outer(x, [1.0, -2.0])),
    "with an offset": lambda x: x + (np.round(x) - x),
}
HINT = "forward is piecewise constant and by hand is not 0: a straight-through estimator?"


def gradient(f):
    """Pull back as if f were the identity, or linear."""
    width = np.size(f(X)) // X.size
    if width == 0:
        return lambda d, x: d * np.ones_like(x)
    return lambda d, x: (np.reshape(d, (x.size, width)) * [1.0, -2.0][:width]).sum(axis=1)


@pytest.mark.parametrize("name", STEPS)
def test_an_estimator_is_asked_to_be_declared(name):
    report = mlp.check(STEPS[name], gradient(STEPS[name]), X)
    assert report.verdict == "wrong"
    (fault,) = [f for f in report.findings if f.severity == "fault"]
    assert fault.diagnosis == "straight-through"
    assert HINT in fault.message


@pytest.mark.parametrize(("levels", "size"), [(2, (5,)), (4, (7,)), (8, (3, 4))])
@pytest.mark.parametrize("summed", [False, True])
def test_of_a_fine_quantiser_it_is_asked_too(levels, size, summed):
    """What rounds its result to a fine grid may be either: it is left open, and both are said."""
    x = np.random.default_rng(levels).normal(size=size)
    quantise = lambda x: np.round(x * levels) / levels  # noqa: E731  # as people write it
    forward = (lambda x: quantise(x).sum()) if summed else quantise
    report = mlp.check(forward, lambda d, x: d * np.ones_like(x), x)
    assert report.verdict != "correct"
    assert HINT in str(report)
    assert mlp.check(forward, lambda d, x: d + 0 * x, x, surrogate=np.sum if summed else np.copy)


@pytest.mark.parametrize("levels", [255, 16])
@pytest.mark.parametrize("x", [[0.3, -1.2, 2.0], [0.345, 0.82, 0.33, -1.3]])
def test_of_a_quantiser_with_a_leap_here_it_is_asked_too(levels, x):
    report = mlp.check(lambda x: np.round(x * levels) / levels, lambda d, x: d + 0 * x, np.array(x))
    assert report.verdict != "correct"
    assert HINT in str(report)


@pytest.mark.parametrize("name", STEPS)
def test_zero_by_hand_is_no_estimator(name):
    report = mlp.check(STEPS[name], lambda d, x: 0 * gradient(STEPS[name])(d, x), X)
    assert report.verdict != "wrong"
    assert HINT not in str(report)


@pytest.mark.parametrize(
    ("forward", "backward"),
    [
        (lambda x: np.maximum(x - 3, 0), lambda d, x: d + 0 * x),  # dead here
        (np.sin, lambda d, x: -d * np.cos(x)),
        (lambda x: 0 * x + 1, lambda d, x: d + 0 * x),  # constant everywhere
        (lambda x: np.round(x) + 0.3 * x, lambda d, x: d + 0 * x),
    ],
)
def test_other_mistakes_are_not_taken_for_estimators(forward, backward):
    report = mlp.check(forward, backward, X)
    assert report.verdict == "wrong"
    assert HINT not in str(report)


@pytest.mark.parametrize("digits", [2, 3, 4])
def test_a_result_in_decimals_is_rounded_and_no_step(digits):
    report = mlp.check(lambda x: np.round(np.tanh(x), digits), lambda d, x: d / np.cosh(x) ** 2, X)
    assert report.verdict != "wrong"
