"""One argument at a time: wrong and correct only where the numbers prove it."""

import numpy as np
import pytest
from probes import place_of
from scipy.optimize import brentq

from mlp import check
from mlp.gradcheck.judge.judge import COARSEST, RTOL, Judge

X = np.array([0.3, -1.2, 2.5, 0.8])


def judged(forward, backward, *point, rtol=None, exhaustive=False, tangent=True, **options):
    """Judge the first argument; return the judge and its answer."""
    place = place_of(forward, backward, *point, **options)
    judge = Judge(place, np.random.default_rng(0), 0, rtol, exhaustive, tangent=tangent)
    return judge, judge.answer()


def said(answer):
    """Return the verdict, and the kind and severity of each finding."""
    return answer.verdict, [(f.kind, f.severity) for f in answer.findings]


def cosine(dO, x):
    return dO * np.cos(x)


def relu(x):
    return np.maximum(x, 0)


def test_right_is_correct_without_a_word_and_wrong_is_a_mismatch():
    assert said(judged(np.sin, cosine, X)[1]) == ("correct", [])
    assert said(judged(np.sin, lambda dO, x: dO * np.sin(x), X)[1]) == (
        "wrong",
        [("mismatch", "fault")],
    )


def test_correct_needs_two_sharp_probes():
    judge, _ = judged(np.sin, cosine, X)
    assert len(judge.pulled) == 2
    assert judge.used_rtol == RTOL


def test_noise_raises_the_tolerance_only_where_none_is_given():
    noise = np.random.default_rng(1)
    noisy = lambda x: np.sin(x) + 1e-9 * noise.normal(size=x.shape)  # noqa: E731  # forward
    judge, found = judged(noisy, cosine, X)
    assert found.verdict == "correct"
    assert RTOL < judge.used_rtol <= COARSEST
    judge, found = judged(noisy, cosine, X, rtol=1e-9)
    assert said(found) == ("inconclusive", [("noise", "doubt")])


@pytest.mark.parametrize("value", [0.0, 0.5, 1.0])
def test_at_a_kink_a_subgradient_is_correct_with_a_note(value):
    backward = lambda dO, x: dO * np.where(x == 0, value, x > 0)  # noqa: E731  # one line
    found = judged(relu, backward, np.array([0.0, 1.5, -2.0]))[1]
    assert found.verdict == "correct"
    assert {(f.kind, f.severity) for f in found.findings} <= {("kink", "note")}


def test_at_a_kink_what_is_no_subgradient_is_wrong():
    backward = lambda dO, x: dO * np.where(x == 0, 7.0, x > 0)  # noqa: E731  # as above
    found = judged(relu, backward, np.array([0.0, 1.5, -2.0]))[1]
    assert said(found) == ("wrong", [("mismatch", "fault")])
    assert "correct at nudged points" in found.findings[0].message


@pytest.mark.parametrize(
    ("kind", "forward", "x"),
    [
        ("jump", lambda x: x + (x >= 1), np.array([1.0, 2.0])),
        ("jump", np.cbrt, np.array([0.0, 2.0])),
    ],
)
def test_where_there_is_no_derivative_nothing_is_concluded(kind, forward, x):
    found = judged(forward, lambda dO, x: dO + 0 * x, x)[1]
    assert said(found) == ("inconclusive", [(kind, "doubt")])


def test_where_a_matrix_is_all_but_singular_its_inverse_is_judged_nearby():
    hilbert = 1 / (np.arange(9)[:, None] + np.arange(9) + 1.0)  # bends within 1e-12
    inv = np.linalg.inv
    right = inv, lambda G, A: -inv(A).T @ G @ inv(A).T, hilbert
    assert judged(*right)[1].verdict == "correct"
    assert judged(*right, tangent=False)[1].verdict != "wrong"
    wrong = inv, lambda G, A: 1.3 * (-inv(A).T @ G @ inv(A).T), hilbert
    assert judged(*wrong)[1].verdict == "wrong"


def test_at_a_flat_point_the_formula_is_judged_nearby():
    flat = np.zeros(3)
    found = judged(lambda x: x**2, lambda dO, x: 2 * x * dO, flat)[1]
    assert said(found) == ("correct", [("vacuous", "note")])
    found = judged(lambda x: x**2, lambda dO, x: 3 * x * dO, flat)[1]
    assert said(found) == ("wrong", [("mismatch", "fault")])
    assert "wrong nearby" in found.findings[0].message


def test_what_never_wakes_is_not_called_correct():
    found = judged(
        lambda x: relu(x - 10), lambda dO, x: 12345 * dO * (x > 10), X, bounds=[(-5, 5)]
    )[1]
    assert said(found) == ("inconclusive", [("vacuous", "doubt")])


def test_a_row_of_the_report_counts_the_entries_that_are_0():
    judge, found = judged(relu, lambda dO, x: dO * (x > 0), X)
    row = judge.row(found)
    assert (row.name, row.verdict, row.size, row.dead) == ("x", "correct", 4, 1)
    assert 0 < row.smallest_detectable < 1e-9


@pytest.mark.parametrize("seed", range(4))
def test_small_entries_beside_a_large_one_are_judged_in_their_own_landscape(seed):
    beta = 0.7
    x = np.array([1e-8, beta, -beta, 1e4, 0, -1e-3])  # two kinks, and a nudge of 10 for the rest

    def huber(x):
        return np.where(abs(x) < beta, x * x / (2 * beta), abs(x) - beta / 2).sum()

    def right(d, x):
        return d * np.where(abs(x) < beta, x / beta, np.sign(x))

    def wrong(d, x):
        return d * np.where(abs(x) < beta, x, np.sign(x))

    assert check(huber, right, x, rng=seed).verdict == "correct"
    assert check(huber, wrong, x, rng=seed).verdict == "wrong"


def root_of(x):
    return np.array([brentq(lambda y, x=x: y**3 + y - x, -4, 4) for x in x])


def slope_of_root(dO, x):
    return dO / (3 * root_of(x) ** 2 + 1)


@pytest.mark.parametrize("seed", range(12))
def test_what_is_left_where_a_solver_stops_is_not_called_wrong(seed):
    x = np.random.default_rng(seed).uniform(0.3, 3, 3)
    assert check(root_of, slope_of_root, x).verdict != "wrong"
    faulty = check(root_of, lambda dO, x: (1 + 1e-9) * slope_of_root(dO, x), x)
    assert faulty.verdict == "wrong"


def test_what_differences_alone_find_all_but_right_is_open_and_rtol_asks():
    off = lambda dO, x: dO * np.cos(x) * (1 + 6e-11)  # noqa: E731  # one line
    x = np.array([0.3, 0.7])
    open_ = check(np.sin, off, x, tangent=False)
    assert open_.verdict == "inconclusive"
    assert "by hand is off by 6.0e-11 of what it is" in str(open_)
    assert "accept=1e-10 lets it pass, and rtol=6e-11 calls it wrong" in str(open_)
    assert check(np.sin, off, x, tangent=False, rtol=6e-11).verdict == "wrong"
    assert check(np.sin, off, x, tangent=False, accept=2e-10).verdict == "correct"
    assert check(np.sin, off, x).verdict == "wrong"  # by two witnesses
    tiny = lambda dO, x: dO * np.where(x < 0.5, np.cos(x), 12e-11)  # noqa: E731  # as above
    report = check(lambda x: np.where(x < 0.5, np.sin(x), 4e-11 * x), tiny, x, tangent=False)
    assert report.verdict == "wrong"  # a small entry is off by its own size


def test_a_point_nearby_that_shows_little_stands_for_no_other(monkeypatch):
    place = place_of(np.sin, lambda dO, x: dO * np.cos(x), np.array([0.3, 0.7]))
    judge = Judge(place, np.random.default_rng(0), 0, None)
    assert judge.agreed_nearby().verdict == "correct"
    blunt = property(lambda _: 0.05)
    monkeypatch.setattr(type(judge.probe(0)), "smallest_detectable", blunt)
    assert judge.agreed_nearby() is None
