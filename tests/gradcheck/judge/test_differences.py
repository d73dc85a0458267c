"""What differences alone say: wrong and correct only where the numbers prove it."""

import numpy as np
import pytest
from probes import judged, place_of, said

from mlp import check
from mlp.gradcheck.judge.judge import Judge

X = np.array([0.3, -1.2, 2.5, 0.8])


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


def test_a_point_nearby_that_shows_little_stands_for_no_other(monkeypatch):
    place = place_of(np.sin, lambda dO, x: dO * np.cos(x), np.array([0.3, 0.7]))
    judge = Judge(place, np.random.default_rng(0), 0, None)
    assert judge.agreed_nearby().verdict == "correct"
    blunt = property(lambda _: 0.05)
    monkeypatch.setattr(type(judge.probe(0)), "smallest_detectable", blunt)
    assert judge.agreed_nearby() is None
