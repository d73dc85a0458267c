"""Shapes lie where their numbers say."""

import math
import re
from xml.etree import ElementTree as ET

import pytest

from mlp.gradcheck.finding import Entry
from mlp.gradcheck.pictures.panels import Cell, HeatMap
from mlp.gradcheck.pictures.svg import BOTTOM, LEFT, RIGHT, TOP, Frame, cells


def test_the_corners_of_the_axes_are_those_of_the_frame():
    axes = Frame((1e-6, 1.0), (1e-9, 1e3), log=True)
    assert axes.at(1e-6, 1e-9) == pytest.approx((LEFT, BOTTOM))
    assert axes.at(1.0, 1e3) == pytest.approx((RIGHT, TOP))
    assert axes.at(1e-3, 1e-3) == pytest.approx(((LEFT + RIGHT) / 2, (TOP + BOTTOM) / 2))


def test_a_linear_axis_is_linear_and_what_is_far_outside_stays_near():
    axes = Frame((1e-6, 1.0), (-1.0, 3.0), log=False)
    assert axes.at(1.0, 1.0)[1] == pytest.approx((TOP + BOTTOM) / 2)
    assert axes.at(1.0, 1e300)[1] == pytest.approx(2 * TOP - BOTTOM)


def test_ticks_are_powers_of_ten_or_round_numbers():
    def texts(axes):
        drawing = ET.fromstring(axes.drawn("x"))  # noqa: S314  # our own
        return [element.text for element in drawing.iter("text")]

    assert texts(Frame((1e-6, 1.0), (0.1, 1e3), log=True)) == [
        *("10⁻⁶", "10⁻⁴", "10⁻²", "10⁰"),
        *("10⁻¹", "10⁰", "10¹", "10²", "10³"),
        "step h",
    ]
    assert texts(Frame((0.01, 1.0), (-4.9, 4.9), log=False))[3:-1] == ["−4", "−2", "0", "2", "4"]


def test_a_level_that_has_no_place_is_left_out():
    axes = Frame((0.01, 1.0), (0.1, 10.0), log=True)
    for y in (0.0, math.inf, math.nan):
        axes.level(y, "bar")
    axes.line([], "a")
    assert axes.parts == []
    axes.level(1.0, "bar")
    assert len(axes.parts) == 1


def test_stronger_errors_have_stronger_colours_and_each_says_its_numbers():
    entry = Entry((0, 1), 2.0, 1.0, 1e-9)
    shares = (0.0, 0.01, -1.0, math.nan)
    row = tuple(Cell(0, k, share, entry) for k, share in enumerate(shares))
    drawing = cells(HeatMap(row, ("0",), tuple("0123"), 2, 4, 1.0), "<W>")
    ET.fromstring(drawing)  # noqa: S314  # well-formed
    found = re.findall(r'<rect class="(\w+)"(?: fill-opacity="([\d.]+)")?', drawing)
    assert found == [("high", "0.29"), ("low", "1.00"), ("none", "")]
    assert "&lt;W&gt;[0, 1]: by hand 2, numeric 1 ± 1e-09" in drawing
    assert "&lt;W&gt;[0, 1]: by hand 2; no slope here" in drawing
