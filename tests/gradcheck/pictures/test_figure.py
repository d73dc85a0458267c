"""A report as a matplotlib figure."""

import numpy as np
import pytest

from mlp.gradcheck import check, depict
from mlp.gradcheck.pictures.figure import figure


def titles(report):
    return [axes.get_title() for axes in report.plot().axes if axes.get_visible()]


def test_each_argument_has_a_row_of_four_pictures():
    def backward(dO, X, b):
        return dO * np.cos(X) * b, (dO * np.sin(X)).sum(axis=0) * 1.5

    point = np.random.default_rng(0).normal(size=(3, 2)), np.array([1.0, 2.0])
    report = depict(lambda X, b: np.sin(X) * b, backward, *point)
    assert titles(report) == [
        "X: correct\nby hand − numeric",
        "difference quotients − by hand",
        "V-curve",
        "Taylor remainder: slope 2.00",
        "b: wrong\nby hand − numeric",
        "difference quotients − by hand",
        "V-curve",
        "Taylor remainder: slope 1.00",
    ]
    share = report.plot().axes[4].images[0].get_array()
    assert (abs(share) > 0).all()


def test_what_was_not_measured_is_not_drawn(tmp_path):
    report = check(np.abs, lambda dO, x: dO * np.sign(x), np.zeros(3))
    assert titles(report)[0] == "difference quotients − by hand"
    nothing = check(np.sin, lambda dO, x: dO * x, np.full(3, np.nan))
    assert titles(nothing) == []
    for drawn in (report.plot(), nothing.plot()):
        drawn.savefig(tmp_path / "report.png")


def test_neither_titles_nor_legends_are_cut_off_or_lie_over_a_curve():
    name = "a_very_long_name_of_a_layer_of_the_network.weight"
    point = {name: np.array([0.5, 1.0])}
    report = depict(lambda p: np.sin(p[name]), lambda dO, p: {name: dO * p[name]}, point)
    drawn = report.plot()
    drawn.draw_without_rendering()
    for axes in drawn.axes:
        assert drawn.bbox.contains(*axes.title.get_window_extent().p0)
        assert drawn.bbox.contains(*axes.title.get_window_extent().p1)
    for axes in drawn.axes[1:]:
        below = axes.get_legend().get_window_extent()
        assert below.y1 < axes.get_window_extent().y0
        assert below.y0 > 0


def test_without_matplotlib_one_line_says_what_to_install(monkeypatch):
    monkeypatch.setattr("mlp.gradcheck.pictures.figure.find_spec", lambda _: None)
    with pytest.raises(ModuleNotFoundError, match=r"^plot needs matplotlib: pip install 'mlp-ref"):
        figure("correct", (), ())


def test_the_tangent_is_a_dotted_line():
    report = check(np.sin, lambda dO, x: dO * np.sin(x), np.ones(3))
    for axes in report.plot().axes[1:3]:
        (line,) = [line for line in axes.get_lines() if "tangent" in str(line.get_label())]
        assert (line.get_linestyle(), len({*line.get_ydata()})) == (":", 1)
