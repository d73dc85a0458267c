"""One argument at a time, by both witnesses, and its row in the report."""

import numpy as np
import pytest
from probes import judged
from scipy.optimize import brentq

from mlp import check

X = np.array([0.3, -1.2, 2.5, 0.8])


def relu(x):
    return np.maximum(x, 0)


def root_of(x):
    return np.array([brentq(lambda y, x=x: y**3 + y - x, -4, 4) for x in x])


def slope_of_root(dO, x):
    return dO / (3 * root_of(x) ** 2 + 1)


def test_a_row_of_the_report_counts_the_entries_that_are_0():
    judge, found = judged(relu, lambda dO, x: dO * (x > 0), X)
    row = judge.row(found)
    assert (row.name, row.verdict, row.size, row.dead) == ("x", "correct", 4, 1)
    assert 0 < row.smallest_detectable < 1e-9


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


def test_a_result_too_large_to_show_an_argument_is_no_result_that_does_not_depend_on_it():
    def forward(x):
        return np.array([1e51, 1.0, 1.0]) + x

    def backward(dO, x, factor=1):
        return factor * dO + 0 * x

    assert check(forward, backward, X[:3], tangent=False).verdict == "inconclusive"
    assert check(forward, backward, X[:3]).verdict == "correct"
    assert check(forward, lambda *a: backward(*a, factor=2), X[:3]).verdict != "correct"


def test_what_no_entry_shows_at_a_nudged_point_is_not_called_wrong():
    """Sixteen kinks of all sizes beside the point look like noise, and its bar is too small."""
    small = [1.4e-7, 4e-6, -5.2e-9, -6.93e-3, -8.87e-6, -6e-3, -0.01, -2e-3, 2.85e-5, -8e-11]
    x = np.array([*small, 4829.47, 1, -15.9, -1, 0.3, 0])
    for seed in range(12):
        found = check(
            lambda x: np.where(x > 0, x, 0.093 * x),
            lambda dO, x: dO * np.where(x > 0, 1, 0.093),
            x,
            rng=seed,
        )
        assert found.verdict != "wrong"
