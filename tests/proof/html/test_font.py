"""The font in a page: the letters that are used, and its licence."""

import base64
import io
import re

from fontTools.ttLib import TTFont

from mlp.proof.html.font import face, woff


def test_a_font_has_the_letters_asked_for_upright_and_slanted_and_how_to_place_them():
    font = TTFont(io.BytesIO(woff("xσ∑h")))
    letters = {*map(chr, font.getBestCmap())}
    assert {*"xσ∑h𝑥𝜎ℎ"} <= letters
    assert not {*"y𝑦"} & letters
    assert "√" in letters  # which no formula writes and every root needs
    assert "MATH" in font


def test_copyright_and_licence_travel_with_the_font():
    names = {record.nameID: str(record) for record in TTFont(io.BytesIO(woff("x")))["name"].names}
    assert "The STIX Fonts Project Authors" in names[0]
    assert "SIL Open Font License" in names[13]
    assert names[14].startswith("https://")


def test_the_rule_of_a_stylesheet_holds_the_font_itself():
    (data,) = re.findall(r'base64,(.*?)"', face("x"))
    assert base64.b64decode(data) == woff("x")
    assert face("xy") == face("yx")
