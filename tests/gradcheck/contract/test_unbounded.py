"""What is not finite by hand is right where a slope is infinite, and wrong where it is finite."""

import numpy as np
import pytest
from probes import contract_of, cosine

from mlp.gradcheck import check
from mlp.gradcheck.finding import told

X = np.array([0.0, 0.25, 4.0])


def root(dO, x):
    """Pull back through the square root."""
    return dO / (2 * np.sqrt(x))


def finding_of(forward, backward, *point, **options):
    """Return the verdict, and the first finding that is no note."""
    report = check(forward, backward, *point, **options)
    return report.verdict, next(f for f in report.findings if f.severity != "note")


@pytest.mark.parametrize(
    ("forward", "backward", "x"),
    [
        (np.sqrt, root, X),
        (lambda x: np.sqrt(x).sum(), root, X),
        (np.cbrt, lambda dO, x: dO * np.cbrt(x) ** -2.0 / 3, X),
        (np.arcsin, lambda dO, x: dO / np.sqrt(1 - x * x), np.array([0.5, 1.0])),
        (np.sqrt, lambda dO, x: root(dO, x) * x / x, X),  # 0 · ∞, which is NaN
        (np.sqrt, root, np.array(0.0)),
    ],
)
def test_an_infinite_slope_is_no_mistake_and_no_number_can_be_compared(forward, backward, x):
    verdict, found = finding_of(forward, backward, x)
    assert (verdict, found.kind) == ("inconclusive", "jump")
    assert found.message.startswith("the slope is unbounded here, so there is no derivative: 1 of")


@pytest.mark.parametrize("x", [1e-310, 1e-320])
def test_a_slope_beyond_what_floats_hold_is_no_mistake(x):
    verdict, found = finding_of(np.log, lambda dO, x: dO / x, np.array([x, 1.0]))
    assert (verdict, found.kind) == ("inconclusive", "jump")
    assert check(np.log, lambda dO, x: -dO / x, np.array([x, 1.0])).verdict == "wrong"


@pytest.mark.parametrize("x", [1e-200, 1e-300, 1e-307])
def test_a_slope_whose_square_overflows_is_compared(x):
    report = check(np.log, lambda dO, x: dO / x, np.array([x]))
    assert report, report
    assert "the gradient is 0" not in str(report)
    assert not check(np.log, lambda dO, x: 2 * dO / x, np.array([x]))


def test_rounding_that_grows_under_finer_steps_is_no_unbounded_slope():
    report = check(
        lambda x: 1e8 + 1e-9 * x, lambda dO, x: np.nan * dO + 0 * x, np.array([0.5, 1.0])
    )
    assert report.verdict == "wrong"


def test_the_other_entries_are_judged_without_those():
    def flipped(dO, x):
        return root(dO, x) * [1, -1, 1]

    report = check(np.sqrt, flipped, X)
    assert report.verdict == "wrong"
    assert [e.index for f in report.findings for e in f.entries] == [(1,)]
    right = check(np.sqrt, root, X)
    assert [(a.verdict, a.dead) for a in right.arguments] == [("inconclusive", 0)]
    assert abs(right.arguments[0].by_hand - right.arguments[0].numeric) < 1e-9


def test_infinity_of_the_other_sign_is_wrong():
    verdict, found = finding_of(np.sqrt, lambda dO, x: root(dO, x) * [-1, 1, 1], X)
    assert (verdict, found.kind) == ("wrong", "nonfinite")
    assert "the slope is unbounded, and " in found.message


@pytest.mark.parametrize("value", [np.inf, -np.inf, np.nan])
@pytest.mark.parametrize("forward", [np.sin, np.abs, lambda x: np.maximum(x, 0)])
def test_where_forward_has_a_finite_slope_or_a_kink_it_is_wrong(value, forward):
    comparable, (found,) = contract_of(lambda dO, x: np.where(x == 0, value, dO), forward, X)
    assert (comparable, found.kind, found.severity) == (False, "nonfinite", "fault")
    assert [e.index for e in found.entries] == [(0,)]
    assert found.message.startswith("1 of 3 entries are not finite although forward is")


def test_a_finite_slope_among_infinite_ones_is_found():
    x = np.repeat(X, 4)
    verdict, found = finding_of(np.sqrt, lambda dO, x: root(dO, x) / (x != 4), x)
    assert (verdict, found.kind) == ("wrong", "nonfinite")
    assert found.message.startswith("8 of 12")
    lines = told(found)[1:]
    assert ["numeric" in line for line in lines] == [False] * 4 + [True]  # that was measured


def test_of_many_some_are_looked_at_and_the_report_says_so():
    x = np.zeros(100)
    x[0] = 1
    verdict, found = finding_of(np.sqrt, root, x)
    assert verdict == "inconclusive"
    assert "16 of them were looked at" in found.message


def test_the_entry_in_a_structure_is_named():
    point = {"a": np.array([0.3, 0.0])}
    report = check(
        lambda p: np.sin(p["a"]), lambda dO, p: {"a": cosine(dO, p["a"]) / [1, 0]}, point
    )
    assert [(f.argument, f.entries[0].index) for f in report.findings] == [("p['a']", ("a", 1))]


def test_where_no_entry_is_left_a_point_nearby_is_judged_and_said_to_be_one():
    def forward(x):
        return np.sqrt(np.abs(x))

    def without_sign(dO, x):
        return dO / (2 * forward(x))

    reports = [check(forward, without_sign, np.array([0.0]), rng=seed) for seed in range(6)]
    assert {report.verdict for report in reports} == {"wrong", "inconclusive"}  # of x < 0 alone
    for report in reports:
        assert not any("is 0 at this point" in f.message for f in report.findings)
    assert check(np.sqrt, root, np.zeros(3)).verdict == "inconclusive"
