"""What is measured for a picture, and that nothing is where none is asked for."""

import math
import re
from itertools import pairwise

import numpy as np
import pytest

from mlp.gradcheck import check, depict
from mlp.gradcheck.judge.shown import CELLS, grid_of_entries, spread_over, steps_of
from mlp.gradcheck.pictures.panels import heat_map

rng = np.random.default_rng(0)


def cosine(dO, x):
    return dO * np.cos(x)


def test_nothing_is_measured_for_a_picture_that_nobody_asked_for():
    plain, drawn = (look(np.sin, cosine, np.ones(3)) for look in (check, depict))
    assert plain.evaluations < drawn.evaluations
    assert plain.arguments[0].entries == ()
    assert plain.verdict == drawn.verdict
    assert plain.arguments[0].ladder.rungs == drawn.arguments[0].ladder.rungs


def test_every_entry_of_a_small_argument_is_measured():
    x = rng.normal(size=(2, 3))
    (row,) = depict(np.sin, cosine, x).arguments
    assert [e.index for e in row.entries] == [*np.ndindex(2, 3)]
    for e in row.entries:
        assert abs(e.by_hand - e.numeric) <= e.error_bar < 1e-9


def test_the_steps_of_the_ladder_become_ever_smaller():
    (row,) = check(np.sin, cosine, np.ones(3)).arguments
    steps = [h for h, *_ in row.ladder.rungs]
    assert all(2 * b < a < 8 * b for a, b in pairwise(steps))
    assert row.ladder.kind == "smooth"


def test_at_a_kink_the_ladder_is_that_of_the_kink_and_its_entry_has_no_slope():
    x = np.array([0.0, 1.0, -2.0])
    (row,) = depict(np.abs, lambda dO, x: dO * np.sign(x), x).arguments
    assert row.verdict == "correct"
    assert row.ladder.kind == "kink"
    assert [math.isfinite(e.error_bar) for e in row.entries] == [False, True, True]


def test_an_entry_found_wrong_at_a_kink_is_wrong_in_the_picture_too():
    def seven(dO, x):
        return dO * np.where(x == 0, 7.0, np.sign(x))

    x = np.array([0.0, 1.0, -2.0])
    (row,) = depict(np.abs, seven, x).arguments
    off = [abs(e.by_hand - e.numeric) > e.error_bar for e in row.entries]
    assert (row.verdict, off) == ("wrong", [True, False, False])


def test_the_wrong_entry_of_a_large_argument_is_in_its_grid():
    def bent(dO, x):
        dX = cosine(dO, x)
        dX[33, 47] *= 1 + 1e-5
        return dX

    (row,) = depict(np.sin, bent, rng.normal(size=(60, 50))).arguments
    off = [e.index for e in row.entries if abs(e.by_hand - e.numeric) > e.error_bar]
    assert off == [(33, 47)]
    assert len(row.entries) < 2 * CELLS


@pytest.mark.parametrize("shape", [(6, 3), (40, 50)])
def test_text_and_heat_map_give_one_count(shape):
    report = depict(np.sin, lambda dO, x: -cosine(dO, x), rng.normal(size=shape))
    (row,), (found,) = report.arguments, report.findings
    drawn = heat_map(row, report.findings)
    assert drawn.wrong == len(drawn.cells) == len(found.entries) >= min(row.size, CELLS)
    assert re.search(rf"\b{drawn.wrong} (of|entries measured)", found.message)


def test_the_evaluations_allowed_may_end_a_picture_but_not_the_check():
    x = rng.normal(size=(9, 9))
    needed = check(np.sin, cosine, x).evaluations
    report = depict(np.sin, cosine, x, max_evaluations=needed + 20)
    assert report.verdict == "correct"
    assert 0 < len(report.arguments[0].entries) < 81


def test_where_no_probe_was_made_there_is_nothing_to_show():
    assert (steps_of(None), grid_of_entries(None)) == (None, ())


@pytest.mark.parametrize("shape", [(), (1,), (40,), (3, 4), (2, 3, 4), (500, 2), (2, 500)])
def test_a_grid_covers_a_small_argument_and_spans_a_large_one(shape):
    size = math.prod(shape)
    chosen = spread_over(shape, 144)
    assert len(chosen) == len({*chosen}) <= 144
    assert (chosen[0], chosen[-1]) == (0, size - 1)
    assert len(chosen) == min(size, 144)


def test_a_grid_passes_through_what_it_is_told_to():
    assert 7 * 50 + 33 in spread_over((100, 50), 16, [(7, 33)])
    assert len(spread_over((100, 50), 16, [(7, 33)])) == 25
