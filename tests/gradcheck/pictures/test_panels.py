"""What is drawn, as numbers."""

import math
from dataclasses import replace

import numpy as np
import pytest

from mlp.gradcheck import check
from mlp.gradcheck.finding import Argument, Entry, Steps
from mlp.gradcheck.pictures.panels import decades, heat_map, quotients, taylor_slope, v_curve


def ladder(phi, by_hand, numeric=1.0, kind="smooth", noise=1e-15):
    steps = [4.0**-k for k in range(1, 12)]
    rungs = tuple((h, phi(h), phi(-h)) for h in steps)
    return Steps(by_hand, numeric, 1e-12, 2.0**-12, noise, kind, rungs)


def argument(entries, shape):
    size = math.prod(shape)
    return Argument("W", "wrong", 1.0, 1.0, 0.0, 0.0, size, 0, shape, None, tuple(entries))


def entry(*index, off=0.0, bar=1e-9):
    return Entry(index, 1.0 + off, 1.0, bar)


def drawn(panel):
    """Return the curves and levels of a panel by their colours."""
    return {mark.colour: mark.heights for mark in panel.marks}


def test_both_sides_of_a_smooth_function_meet_at_its_slope():
    panel = quotients(ladder(lambda t: t + t**2, by_hand=1.0))
    assert drawn(panel)["orange"][-1][1] == pytest.approx(0, abs=1e-6)
    assert drawn(panel)["grey"][0] == (0.25, pytest.approx(-0.25))
    assert panel.heights[0] < 0 < panel.heights[1] < 0.2


def test_at_a_kink_they_stay_apart_and_there_is_no_numeric():
    panel = quotients(ladder(abs, by_hand=0.5, numeric=math.nan, kind="kink"))
    assert {y for _, y in drawn(panel)["orange"]} == {0.5}
    assert {y for _, y in drawn(panel)["grey"]} == {-1.5}
    assert [mark.legend for mark in panel.marks if not mark.known] == ["numeric"]
    assert panel.heights == (pytest.approx(-1.74), pytest.approx(0.74))


def test_what_does_not_exist_is_left_out():
    seen = drawn(quotients(ladder(lambda t: t if t > 0 else math.nan, by_hand=1.0)))
    assert (len(seen["orange"]), len(seen["grey"])) == (11, 0)


def test_the_v_curve_falls_with_the_square_of_the_step():
    (h, coarse), (_, fine), *_ = drawn(v_curve(ladder(lambda t: t + t**3, by_hand=1.0)))["blue"]
    assert (h, coarse / fine) == (0.25, pytest.approx(16))


def test_the_central_quotient_of_a_parabola_is_its_slope_so_that_there_is_no_v():
    assert v_curve(ladder(lambda t: t + t**2, by_hand=1.0)) is None


def test_the_v_curve_of_a_kink_is_about_by_hand():
    seen = drawn(v_curve(ladder(abs, by_hand=0.25, numeric=math.nan, kind="kink")))
    assert {y for _, y in seen["blue"]} == {0.25}
    assert "noise" in seen
    assert "noise" not in drawn(v_curve(ladder(abs, 0.25, noise=math.inf)))


def test_the_tangent_is_a_level_across_the_steps():
    seen = replace(ladder(lambda t: t + t**3, by_hand=1.5), tangent=1.0 + 1e-9, tangent_bar=1e-14)
    assert drawn(quotients(seen))["tangent"] == pytest.approx(-0.5)
    assert drawn(v_curve(seen))["tangent"] == pytest.approx(1e-9)
    assert "tangent" not in drawn(v_curve(replace(seen, tangent=None)))


def test_where_the_tangent_is_numeric_to_the_last_digit_its_bar_is_drawn():
    seen = replace(ladder(lambda t: t + t**3, by_hand=1.5), tangent=1.0, tangent_bar=1e-14)
    assert drawn(v_curve(seen))["tangent"] == 1e-14
    assert v_curve(seen).heights[0] <= 1e-14


def test_where_differences_have_no_slope_they_are_seen_from_the_tangent():
    lost = ladder(lambda t: t + t**3, by_hand=1.5, numeric=math.nan, kind="noise")
    seen = v_curve(replace(lost, error_bar=math.inf, tangent=1.0, tangent_bar=1e-14))
    assert drawn(seen)["hand"] == 0.5
    assert drawn(seen)["blue"][0] == (0.25, pytest.approx(0.25**2))
    assert [mark.name for mark in seen.marks if mark.colour in {"blue", "tangent"}] == [
        "|central quotient − tangent|",
        "error bar of the tangent 1.0e-14",
    ]


@pytest.mark.parametrize(
    ("phi", "by_hand", "slope"),
    [
        (lambda t: t + t**2, 1.0, 2),
        (lambda t: t + t**3, 1.0, 3),
        (lambda t: t + t**2, 1.1, 1),
        (lambda t: t + t**2, 1 + 1e-5, 1),
    ],
)
def test_the_remainder_falls_as_fast_as_the_gradient_is_right(phi, by_hand, slope):
    assert taylor_slope(ladder(phi, by_hand)) == pytest.approx(slope, abs=0.25)


def test_of_a_straight_line_nothing_is_left_over():
    assert taylor_slope(ladder(lambda t: 3 * t, by_hand=3.0)) is None


def test_a_heat_map_has_the_error_of_each_entry_in_its_place():
    entries = [entry(0, 0), entry(0, 4, off=0.5), entry(2, 0, off=-2.0), entry(2, 4, bar=math.inf)]
    seen = heat_map(argument(entries, (3, 5)))
    assert (seen.rows, seen.columns) == (("0", "2"), ("0", "4"))
    assert [(c.row, c.column, c.share) for c in seen.cells[:3]] == [
        (0, 0, 0.0),
        (0, 1, 0.25),
        (1, 0, -1.0),
    ]
    assert math.isnan(seen.cells[3].share)
    assert (seen.wrong, seen.size, seen.largest) == (2, 15, 2.0)


def test_an_error_within_its_bar_is_none():
    assert heat_map(argument([entry(0, off=1e-6, bar=1e-5)], (1,))).wrong == 0


def test_leading_axes_are_rows_and_a_long_vector_is_wrapped():
    block = heat_map(argument([entry(1, 2, 0), entry(1, 2, 3)], (2, 3, 4)))
    assert (block.rows, block.columns) == (("1, 2",), ("0", "3"))
    long = heat_map(argument([entry(k) for k in range(40)], (40,)))
    assert (long.rows, len(long.columns)) == (("0", "16", "32"), 16)
    assert (long.cells[39].row, long.cells[39].column) == (2, 7)
    assert heat_map(argument([entry()], ())).rows == ("",)


def test_the_path_into_a_structure_is_no_axis():
    seen = heat_map(argument([entry("layer", 0, 1)], (2, 3)))
    assert (seen.rows, seen.columns) == (("0",), ("1",))


def test_nothing_measured_is_no_map():
    assert heat_map(argument([], (2, 3))) is None


def test_decades_enclose_what_is_positive_and_finite():
    assert decades(iter([0.03, 20.0, 0.0, math.inf, math.nan])) == (1e-2, 1e2)
    assert decades(iter([1e-30, 5.0]), least=1e-3) == (1e-3, 10.0)
    assert decades(iter([])) == (1.0, 10.0)


def test_the_ladder_of_a_real_check_is_drawn_without_a_question():
    report = check(np.sin, lambda dO, x: dO * np.cos(x), np.ones(3))
    seen = report.arguments[0].ladder
    assert (seen.kind, len(drawn(v_curve(seen))["blue"])) == ("smooth", len(seen.rungs))
    assert report.arguments[0].entries == ()
