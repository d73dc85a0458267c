"""The letters of mathematics: as much of STIX Two Math as a page needs, to be embedded in it.

The font comes with the package ziamath. Its licence, the SIL Open Font License, asks that copyright
and licence travel with every copy: they stay in the font's own name table, and LICENCE is shown at
the foot of every page. Tested in tests/proof/html/test_font.py.
"""

import base64
import io
import re
import unicodedata
from collections.abc import Iterable
from importlib import metadata

from fontTools import subset
from fontTools.ttLib import TTFont

LICENCE = (
    "Formulas are set in STIX Two Math, copyright 2001-2020 The STIX Fonts Project Authors "
    "(https://github.com/stipub/stixfonts), licensed under the SIL Open Font License, Version 1.1 "
    "(https://scripts.sil.org/OFL)."
)
NAMES = [0, 1, 2, 3, 4, 5, 6, 13, 14]  # of the name table; 0, 13, 14: copyright, licence, its URL


def italics(letters: set[str]) -> set[str]:
    """Return the slanted forms that a browser puts for single letters of a formula."""
    mathematical = ["ℎ", *map(chr, range(0x1D400, 0x1D800))]  # the slanted h is Planck's
    return {
        letter
        for letter in mathematical
        if unicodedata.normalize("NFKC", letter) in letters
        and re.search("MATHEMATICAL ITALIC|PLANCK", unicodedata.name(letter, ""))
    }


def woff(characters: Iterable[str]) -> bytes:
    """Return a font of these characters, with what it needs to stretch and to place them."""
    letters = {*characters, "√"}  # drawn by <msqrt>, written by nobody
    source = metadata.distribution("ziamath").locate_file("ziamath/fonts/STIXTwoMath-Regular.ttf")
    font = TTFont(source, recalcTimestamp=False)
    options = subset.Options(hinting=False, layout_features=[], name_IDs=NAMES, notdef_outline=True)
    cutter = subset.Subsetter(options)
    cutter.populate(unicodes=map(ord, sorted(letters | italics(letters))))
    cutter.subset(font)
    font.flavor = "woff"
    file = io.BytesIO()
    font.save(file)
    return file.getvalue()


def face(characters: Iterable[str]) -> str:
    """Return the rule of a stylesheet that holds the font itself."""
    data = base64.b64encode(woff(characters)).decode("ascii")
    source = f'url("data:font/woff;base64,{data}") format("woff")'
    return f'@font-face {{ font-family: "STIX Two Math"; src: {source}; }}\n'
