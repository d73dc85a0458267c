"""Every rule that hangs on a backward is checked with it, and the report says which is wrong."""

import numpy as np
import pytest

from mlp import check
from mlp.gradcheck.pushed import MOST
from mlp.gradcheck.rules import Rules

X = np.array([0.3, -1.2, 2.5])


def ruled(factors=(1, 1, 1), **options):
    """Return a backward of sin with a tangent and a gradient of the gradient, off by factors."""

    def backward(v, x):
        return factors[0] * v * np.cos(x)

    def tangent(d, x):
        return factors[1] * d * np.cos(x)

    def gradient(v, x):
        return v * np.cos(x)

    def again(w, v, x):
        return factors[2] * w * np.cos(x), -w * v * np.sin(x)

    twice = lambda: (gradient, again, (np.ones(3), X), (0, 1))  # noqa: E731
    backward.rules = Rules(tangent, twice=twice, **options)
    return backward


def test_right_rules_are_all_told():
    report = check(np.sin, ruled(), X, order=2)
    assert report.verdict == "correct", str(report)
    assert [row.name for row in report.arguments] == [
        "x",
        "forward mode: x",
        "second order: v",
        "second order: x",
    ]
    assert "tangent as its tangent" in report.subject
    assert check(np.sin, ruled(), X).subject.endswith("tangent as its tangent")


@pytest.mark.parametrize(("wrong", "word"), [(0, "x"), (1, "forward mode: x"), (2, "second order")])
def test_the_rule_that_is_wrong_is_named(wrong, word):
    factors = [1, 1, 1]
    factors[wrong] = 3
    report = check(np.sin, ruled(factors), X, order=2)
    assert report.verdict == "wrong"
    named = {f.argument for f in report.findings if f.kind == "mismatch"}
    assert all(name.startswith(word) for name in named)
    assert named
    assert any(f.kind == "pair" for f in report.findings) == (wrong < 2)


def test_where_a_tangent_alone_was_written_a_missing_backward_is_a_note():
    def backward(v, x):
        raise NotImplementedError("no reverse mode")

    backward.rules = Rules(lambda d, x: d * np.cos(x), alone=True)
    report = check(np.sin, backward, X)
    assert report.verdict == "correct", str(report)
    assert "raised: reverse mode: backward, evaluation" in str(report)
    backward.rules = Rules(lambda d, x: -d * np.cos(x), alone=True)
    assert check(np.sin, backward, X).verdict == "wrong"
    backward.rules = Rules(lambda d, x: d * np.cos(x))
    assert check(np.sin, backward, X).verdict == "inconclusive"


def test_a_second_derivative_that_is_0_is_noted_and_listed_as_unchecked():
    def backward(v, x, _):
        return v * np.cos(x), v

    def gradient(v, x, b):
        return v * np.cos(x), v + 0 * b

    def again(w, v, x, b):
        return w[0] * np.cos(x) + w[1], -w[0] * v * np.sin(x), 0 * b

    point = (np.ones(3), X, X)
    backward.rules = Rules(twice=lambda: (gradient, again, point, (0, 1, 2)))
    report = check(lambda x, b: np.sin(x) + b, backward, X, X, order=2)
    assert (report.verdict, report.unchecked) == ("correct", ("second order: b",)), str(report)
    assert "second order: b: by hand and numeric are both 0" in str(report)


def test_a_tangent_that_is_too_large_is_noted():
    x = np.linspace(0, 1, MOST + 1)
    report = check(np.sin, ruled(), x)
    assert report.verdict == "correct"
    assert "tangent was not checked: at most 16384" in str(report)


def test_a_mark_that_there_is_no_second_order_is_a_note():
    def again(*_):
        raise RuntimeError("a function that was marked with @once_differentiable")

    def backward(v, x):
        return v * np.cos(x)

    backward.rules = Rules(twice=lambda: (backward, again, (np.ones(3), X), (0, 1)))
    report = check(np.sin, backward, X, order=2)
    assert report.verdict == "correct"
    assert "second order: backward is marked once_differentiable" in str(report)
