"""Where operations decide: each gap against a step that closes it, found by trying."""

import numpy as np
import pytest

from mlp.adapters.decisions import (
    Decisions,
    Moving,
    at,
    at_bounds,
    at_halves,
    at_integers,
    at_quotients,
    at_zero_size,
    between,
    both_sides,
    from_bottom,
    from_top,
    in_order,
    in_windows,
    never,
)
from mlp.tangent import Lost, Trail

RNG = np.random.default_rng(0)
X, D = RNG.normal(size=(4, 5)), RNG.normal(size=(4, 5))
Y, E = RNG.uniform(1, 2, size=(4, 5)), RNG.normal(size=(4, 5))


def pools(x):
    views = np.lib.stride_tricks.sliding_window_view(x, (2, 2))[:, ::2]
    return views.reshape(*views.shape[:2], -1).argmax(-1)


RULES = {  # gaps, and what changes where they close
    "between": (between, lambda x, y: x > y, 2),
    "a place": (at(0.3), lambda x: x > 0.3, 1),
    "bounds": (lambda x, y: at_bounds(x, y, None), np.greater, 2),
    "both sides": (lambda x: both_sides(x, 0.3), lambda x: abs(x) > 0.3, 1),
    "integers": (at_integers, np.floor, 1),
    "halves": (at_halves, np.round, 1),
    "tenths": (lambda x: at_halves(x, 1), lambda x: np.round(x, 1), 1),
    "quotients": (at_quotients, lambda x, y: np.floor(x / y), 2),
    "top": (from_top, np.argmax, 1),
    "top of each row": (lambda x: from_top(x, 1), lambda x: x.argmax(1), 1),
    "bottom": (lambda x: from_bottom(x, 0), lambda x: x.argmin(0), 1),
    "order": (lambda x: in_order(x, 1), lambda x: x.argsort(1), 1),
    "order of all": (in_order, lambda x: x.argsort(None), 1),
    "windows": (
        lambda x: in_windows(x, [2, 2], [1, 2], [(0, 0), (0, 0)], [1, 1]),
        pools,
        1,
    ),
}


def first_change(decision, points, moves):
    """Return the smallest step along the direction, to either side, at which a decision differs."""
    here = decision(*points)
    for step in np.geomspace(1e-4, 1e2, 3000):
        for t in (step, -step):
            if (decision(*(p + t * m for p, m in zip(points, moves, strict=True))) != here).any():
                return step
    return np.inf


@pytest.mark.parametrize("name", RULES)
def test_a_gap_closes_where_the_decision_changes(name):
    gaps, decision, count = RULES[name]
    points, moves = (X, Y)[:count], (D, E)[:count]
    trail = Trail()
    for gap, gap_dot in gaps(*map(Moving, points, moves)):
        trail.jumps(gap, gap_dot)
    found = first_change(decision, points, moves)
    assert np.isfinite(found)
    first_order = name == "quotients"  # any other gap is linear
    assert trail.jump == pytest.approx(found, rel=0.1 if first_order else 0.01)


def test_what_does_not_move_is_no_tie_and_what_does_is():
    zero, still = np.zeros(3), np.zeros(3)
    trail = Trail()
    for gap, gap_dot in at(0.0)(Moving(zero, still)):
        trail.bends(gap, gap_dot)
    assert trail.bend == np.inf
    for gap, gap_dot in (*at_zero_size(Moving(zero, D[0, :3])), *never()):
        trail.bends(gap, gap_dot)
    assert trail.bend == 0


KNOWN = Decisions({"gt": between}, {"sort": in_order}, frozenset(["sort"]), frozenset(["hidden"]))


def test_places_that_come_of_an_order_may_leap_and_its_values_only_bend():
    for plain in (False, True):
        trail = Trail()
        KNOWN.record(trail, "sort", [Moving(X[0], D[0])], plain=plain)
        assert np.isfinite(trail.bend)
        assert np.isfinite(trail.jump) == plain


@pytest.mark.parametrize(("name", "plain"), [("hidden", False), ("nobody", True)])
def test_a_decision_that_is_not_known_loses_the_trail(name, plain):
    trail = Trail()
    with pytest.raises(Lost, match=rf"{name}\(\), whose decisions are not known, at "):
        KNOWN.record(trail, name, [Moving(X, D)], plain=plain)
    KNOWN.record(trail, "sin", [Moving(X, D)], plain=False)
    assert trail.jump == np.inf
