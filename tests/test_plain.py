"""Text that commands nothing, and everything else in it stays."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlp.plain import MOST, plain, said_by, shortened


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Ż: ⟨v, J d⟩ ± 1\n\ttwo", "Ż: ⟨v, J d⟩ ± 1\n\ttwo"),
        ("\x1b[31mred\x07\x9b", r"\x1b[31mred\x07\x9b"),
        ("a\r::error::b", r"a\x0d::error::b"),
        ("a\n  ::error::b", "a\n  \\::error::b"),
        ("::stop-commands::x", r"\::stop-commands::x"),
        ("a ##[error]b", r"a #\#[error]b"),
        ("caf\udce9 \u202egnp", r"caf\udce9 \u202egnp"),
        ("f.py::gelu", "f.py::gelu"),
    ],
)
def test_what_would_command_is_escaped(text, shown):
    assert plain(text) == shown
    assert plain(shown) == shown


@given(st.text())
def test_no_line_is_a_command_and_every_letter_can_be_written(text):
    shown = plain(text)
    shown.encode()
    assert not re.search(r"^\s*::|##\[|[\x00-\x08\x0b-\x1f]", shown, re.MULTILINE)


def test_a_long_text_is_cut_once_and_tells_its_length():
    assert shortened("w" * MOST) == "w" * MOST
    assert shortened("w" * (MOST + 1)) == "w" * MOST + f" ... ({MOST + 1:,} characters)"


def test_an_exception_that_cannot_speak_is_one_that_says_so():
    class MuteError(Exception):
        def __str__(self):
            raise KeyError

    assert said_by(MuteError()) == "(its message cannot be had: KeyError)"
    assert said_by(ValueError("loud")) == "loud"
