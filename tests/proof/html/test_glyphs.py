"""Each sign is one element of its kind, and no command has two meanings."""

from xml.etree import ElementTree as ET

import pytest

from mlp.proof.html import glyphs
from mlp.proof.html.glyphs import BRACKETS, SYMBOLS, Atom, element, operator
from mlp.proof.html.mathml import COMMANDS, mathml


def test_every_symbol_is_one_element_of_mathml():
    for token in SYMBOLS:
        assert len(ET.fromstring(mathml(token))) == 1, token  # noqa: S314  # it is ours


def test_no_command_has_two_meanings():
    singles = [glyphs.LETTERS, glyphs.UPRIGHT, glyphs.RELATIONS, glyphs.BINARY, glyphs.SUMS]
    tables = [*singles, glyphs.FUNCTIONS, glyphs.LIMITS, glyphs.SPACES]
    names = [name for table in tables for name in table]
    assert len(names) == len({*names})
    assert not {*SYMBOLS} & {*COMMANDS, *BRACKETS}


@pytest.mark.parametrize(
    ("token", "kind", "tag"),
    [
        (r"\partial", "ordinary", "mi"),
        (r"\le", "relation", "mo"),
        (r"\odot", "binary", "mo"),
        (r"\sum", "sum", "mo"),
        (r"\tanh", "function", "mi"),
        (r"\max", "limits", "mo"),
        (r"\quad", "space", "mspace"),
        (",", "comma", "mo"),
        (":=", "relation", "mo"),
    ],
)
def test_a_sign_is_of_the_kind_that_tex_gives_it(token, kind, tag):
    atom = SYMBOLS[token]
    assert isinstance(atom, Atom)
    assert (atom.kind, ET.fromstring(atom.xml).tag) == (kind, tag)  # noqa: S314  # it is ours


def test_what_html_would_take_for_a_tag_is_escaped():
    assert operator("<") == "<mo>&lt;</mo>"
    assert element("mi", "x", title='a "b"') == '<mi title="a &quot;b&quot;">x</mi>'
