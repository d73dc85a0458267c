"""At a tie a limit of gradients nearby is right, and a mean of them, and nothing else."""

import numpy as np
import pytest

import mlp
from mlp.gradcheck.judge.limits import Limits
from mlp.gradcheck.line import DOUBLE, Place
from mlp.gradcheck.pose import pose

RNG = np.random.default_rng


def limits_of(forward, backward, *point, own=0, v=1.0):
    """Return the limits at a point, for a forward that returns one number."""
    problem = pose(forward, backward, point)
    place = Place(problem, problem.forward(), DOUBLE)
    cotangent = np.array([v])
    return Limits(place, cotangent, problem.gradients(cotangent), own, RNG(0))


def largest(at_tie):
    """Return a backward of max that shares the cotangent so at a tie."""
    return lambda dO, x: dO * (np.array(at_tie) if (x == x[0]).all() else x == x.max())


def sort_sum(x):
    return np.array([1.0, -3.0, 2.0]) @ np.sort(x)


def unsort(dO, x):
    dX = np.zeros(3)
    dX[np.argsort(x, kind="stable")] = dO * np.array([1.0, -3.0, 2.0])
    return dX


# ------------------------------------------------------------------ what is admitted


@pytest.mark.parametrize("shares", [(1, 0, 0), (0, 0, 1), (0.2, 0.5, 0.3)])
def test_shares_that_sum_to_one_are_a_mean_of_limits(shares):
    found = limits_of(np.max, largest(shares), np.ones(3))
    assert all(found.admits(i) for i in range(3))
    assert found.beyond() is None


def test_each_in_full_is_beyond_all_slopes_where_the_tied_move_together():
    found = limits_of(np.max, largest((1, 1, 1)), np.ones(3))
    assert not found.admits(0)
    beyond = found.beyond()
    assert beyond.names == ("a[0]", "a[1]", "a[2]")
    assert beyond.by_hand == pytest.approx(3, abs=1e-6)
    assert beyond.low <= 1 <= beyond.high
    assert beyond.high - beyond.low < 1e-3


def test_a_sort_of_three_tied_has_limits_outside_the_slopes_along_an_axis():
    found = limits_of(sort_sum, unsort, np.ones(3))
    assert found.admits(1)  # -3, and the slopes to both sides are 1 and 2
    assert found.beyond() is None
    gathered = limits_of(
        sort_sum, lambda dO, x: unsort(dO, x) * (1 if np.ptp(x) else 2), np.ones(3)
    )
    assert not gathered.admits(1)
    assert gathered.beyond()


def test_kinks_that_cancel_are_apart_and_any_slope_of_each_is_right():
    def forward(x):
        return abs(x[0]) - abs(x[1])

    def backward(dO, x):
        return dO * np.array([1, -1]) * np.where(x == 0, (1, -1), np.sign(x))

    found = limits_of(forward, backward, np.zeros(2))
    assert sorted(len(group.entries) for group in found.groups) == [1, 1]
    assert found.beyond() is None  # along (1, 1) forward is 0, and by hand claims 2


def test_what_backward_says_nearby_counts_only_where_differences_agree():
    found = limits_of(np.max, lambda dO, x: 2 * dO * (x == x.max()), np.ones(3))
    assert found.seen == []
    assert not found.admits(0)
    assert found.beyond() is None


def test_another_argument_that_is_wrong_is_left_out():
    def backward(dO, x, y):
        return dO * (x >= y), 7 * dO * (y >= x)

    found = limits_of(lambda x, y: np.maximum(x, y).sum(), backward, np.ones(2), np.ones(2))
    assert found.shared == [0]


def test_an_argument_beyond_its_room_is_not_asked():
    found = limits_of(lambda x: x[:2].max(), lambda dO, x: dO * (x == 9), np.zeros(2**23))
    assert found.seen == []


def test_many_tied_in_the_order_of_their_places_are_found():
    w = RNG(1).normal(size=8)

    def backward(dO, x):
        dX = np.zeros(8)
        dX[np.argsort(x, kind="stable")] = dO * w
        return dX

    found = limits_of(lambda x: w @ np.sort(x), backward, np.ones(8))
    assert not found.complete
    assert found.admits(0)
    shuffled = np.array([3, 0, 5, 1, 7, 2, 6, 4])

    def otherwise(dO, x):
        return backward(dO, x) if np.ptp(x) else backward(dO, x)[shuffled]

    found = limits_of(lambda x: w @ np.sort(x), otherwise, np.ones(8))
    assert not found.admits(0)  # one of 40,320 ways: nobody knows
    assert found.doubts(0)


# ------------------------------------------------------------------ what check says


def larger(x, y):  # before NumPy 2.4 a ufunc does not say what its arguments are called
    return np.maximum(x, y)


def largest_so_far(x):
    return np.maximum.accumulate(x)


MAXIMUM = {
    "each in full": (lambda dO, x, y: (dO * (x >= y), dO * (y >= x)), "wrong"),
    "to the first": (lambda dO, x, y: (dO * (x >= y), dO * (y > x)), "correct"),
    "half each": (
        lambda dO, x, y: (dO * ((x > y) + (x == y) / 2), dO * ((y > x) + (x == y) / 2)),
        "correct",
    ),
}


@pytest.mark.parametrize("name", MAXIMUM)
def test_a_tie_of_two_arguments(name):
    backward, verdict = MAXIMUM[name]
    x, y = np.array([1.0, 2.0, 3.0]), np.array([4.0, 2.0, 1.0])
    report = mlp.check(larger, backward, x, y)
    assert report.verdict == verdict, str(report)
    if verdict == "wrong":
        assert "x[1], y[1] move together" in str(report)


def test_a_tie_of_unlike_multiples():
    def backward(dO, x):
        return dO * np.array([1, 2]) * (np.array([x[0], 2 * x[1]]) == max(x[0], 2 * x[1]))

    def first(dO, x):
        return dO * np.array([1, 0] if x[0] >= 2 * x[1] else [0, 2])

    def forward(x):
        return max(x[0], 2 * x[1])

    x = np.array([2.0, 1.0])
    assert mlp.check(forward, backward, x).verdict == "wrong"
    assert mlp.check(forward, first, x).verdict == "correct"


def test_single_precision_ties_too():
    x = np.array([2.0, 2.0, 1.0], dtype=np.float32)
    full = mlp.check(np.max, lambda dO, x: dO * (x == x.max()), x)
    assert full.verdict == "wrong", str(full)
    one = mlp.check(np.max, lambda dO, x: dO * (np.arange(3) == x.argmax()).astype(x.dtype), x)
    assert one.verdict == "correct", str(one)


def test_a_sort_at_a_tie_is_correct_and_noted():
    for seed in range(5):
        report = mlp.check(sort_sum, unsort, np.ones(3), rng=seed)
        assert report.verdict == "correct", str(report)
        assert [f.kind for f in report.findings] == ["kink"]
        assert "a limit of gradients nearby" in str(report)


def test_padding_with_a_bias_at_zero_is_a_limit():
    W = RNG(3).normal(size=(2, 5))
    X = np.array([[0.0, 0.0], [1.0, 2.0]])

    def forward(X, b):
        return np.maximum(X @ W + b, 0).sum()

    def backward(dO, X, b):
        on = dO * (X @ W + b > 0)
        return on @ W.T, on.sum(axis=0)

    assert mlp.check(forward, backward, X, np.zeros(5)).verdict == "correct"


def test_smallest_and_largest_of_three_tied_by_a_sort_is_a_limit_though_smooth_along_axes():
    def backward(dO, x):
        dX = np.zeros(3)
        dX[np.argsort(x, kind="stable")] = dO * np.array([1, 0, 1])
        return dX

    report = mlp.check(lambda x: np.sort(x)[[0, 2]].sum(), backward, np.ones(3))
    assert report.verdict == "correct", str(report)


def test_what_one_cotangent_cancels_another_shows():
    x = np.array([-0.0597, -1.1999, 2.9959, -0.0571, 0.5203, 1.9959, -1.6645, 2.9959, 0.034])

    def in_full(dO, x):  # an entry gets all where it equals the maximum so far
        top = np.maximum.accumulate(x)
        return np.array([dO[i:][top[i:] == x[i]].sum() for i in range(len(x))])

    report = mlp.check(largest_so_far, in_full, x, rng=745518630)
    assert report.verdict == "wrong"
    assert "x[2], x[7] move together" in str(report)
