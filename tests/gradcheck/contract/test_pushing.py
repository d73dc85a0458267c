"""The contract of forward mode: each promise kept is silent, each one broken is named."""

import numpy as np
import pytest

from mlp import check_tangent

X = np.array([[0.3, -1.2, 2.5], [1.0, 0.2, -0.7]])


def sine(d, x):
    return d * np.cos(x)


def writes_into_its_tangents(d, x):
    d *= np.cos(x)
    return d


def writes_into_x(d, x):
    x[...] = np.cos(x)
    return d * x


BROKEN = {
    "mutation: tangent writes into its tangents": writes_into_its_tangents,
    "mutation: x: tangent writes into x": writes_into_x,
    "it passes through abs or relu": lambda d, x: abs(d) * np.cos(x),
    "its tangents are ignored": lambda _, x: np.cos(x),
    "something is added that has no factor of them": lambda d, x: sine(d, x) + 1,
    "it is clipped, squared or normalised": lambda d, x: np.clip(d, -1, 1) * np.cos(x),
    "tangent(-d) is not": lambda d, x: d**2 * np.cos(x),
    "of forward's result, but its shape is (3, 2): transposed?": lambda d, x: sine(d, x).T,
    "but it returned 2; the value is not asked for": lambda d, x: (np.sin(x), sine(d, x)),
    "must return real numbers, but its dtype is complex128": lambda d, x: sine(d, x) + 0j,
    "wrong for a direction that is not contiguous": lambda d, x: (
        np.ravel(d, order="K").reshape(x.shape) * np.cos(x)
    ),
    "entries are not finite although forward is": lambda d, x: d / (x - 0.3),
}


@pytest.mark.parametrize("said", BROKEN)
def test_a_broken_promise_is_named(said):
    report = check_tangent(np.sin, BROKEN[said], X)
    assert report.verdict == "wrong"
    assert said in str(report)


def test_what_draws_at_random_is_not_judged():
    rng = np.random.default_rng(0)
    report = check_tangent(np.sin, lambda d, x: sine(d, x) * rng.normal(), X)
    assert (report.verdict, report.findings[0].kind) == ("inconclusive", "nondeterminism")


def test_what_takes_no_other_arguments_is_told_what_a_tangent_takes():
    report = check_tangent(np.sin, lambda d: d, X)
    assert report.verdict == "inconclusive"
    assert "tangent takes the tangents and then every argument of forward" in str(report)


def test_a_direction_that_is_refused_in_other_strides_is_a_note():
    def contiguous_alone(d, x):
        if not d.flags.c_contiguous:
            raise ValueError("not contiguous")
        return sine(d, x)

    report = check_tangent(np.sin, contiguous_alone, X)
    assert report.verdict == "correct"
    assert "is refused: tangent, evaluation" in str(report)


def test_sums_that_nearly_cancel_break_no_promise():
    x = np.linspace(1, 2, 40)
    forward = lambda x: np.exp(x) - np.exp(x.mean())  # noqa: E731
    tangent = lambda d, x: np.exp(x) * d - np.exp(x.mean()) * d.mean()  # noqa: E731
    for seed in range(5):
        assert check_tangent(forward, tangent, x, rng=seed).verdict == "correct"
