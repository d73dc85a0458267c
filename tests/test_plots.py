"""The drawings beside the pages are what the package computes."""

import re

import pytest
from frames import Axes, drawing
from pages import ROOT
from plots import DRAWINGS, FOLDER

NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?=[^\d%]|$)")


def differs(one, other):
    """Tell whether two drawings differ by more than how a machine rounds a tenth of a pixel."""
    if NUMBER.sub("#", one) != NUMBER.sub("#", other):
        return True
    pairs = zip(NUMBER.findall(one), NUMBER.findall(other), strict=True)
    return any(abs(float(a) - float(b)) > 0.101 for a, b in pairs)


@pytest.mark.parametrize("name", DRAWINGS)
def test_a_drawing_is_drawn_again_from_what_the_package_computes(name):
    kept = (FOLDER / f"{name}.svg").read_text(encoding="utf-8")
    assert not differs(kept, DRAWINGS[name]()), "python derivations/plots.py draws it anew"


def test_panels_are_the_whole_sheet_and_hold_their_frames():
    pair = [Axes(40, 30, 100, 80, (0, 1), (0, 1)), Axes(200, 30, 90, 80, (0, 1), (0, 1))]
    boxes = re.findall(
        r'<svg class="panel" x="(\d+)" y="(\d+)" w\w+="(\d+)" h\w+="(\d+)"',
        drawing(300, 150, *pair),
    )
    assert boxes == [("0", "0", "166", "150"), ("166", "0", "134", "150")]
    assert "panel" not in drawing(300, 150, pair[0])


def test_a_drawing_of_something_else_is_found():
    kept = (FOLDER / "kink.svg").read_text(encoding="utf-8")
    points = re.search(r'points="([\d.]+)', kept)
    moved = f"{float(points[1]) + 0.3:.1f}"
    assert differs(kept, kept[: points.start(1)] + moved + kept[points.end(1) :])
    assert differs(kept, kept.replace("central", "middle"))
    assert not differs(kept, kept)


def test_every_drawing_is_on_a_page_and_says_in_words_what_it_shows():
    pages = "".join(p.read_text(encoding="utf-8") for p in (ROOT / "derivations").glob("*.md"))
    shown = re.findall(r"!\[([^]]{30,})\]\(plots/([\w-]+)\.svg\)", pages)
    assert {name for _, name in shown} == {*DRAWINGS} == {p.stem for p in FOLDER.glob("*")}
