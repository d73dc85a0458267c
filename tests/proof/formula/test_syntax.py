"""A name is written as one writes it by hand."""

import unicodedata

import pytest

from mlp.proof.formula.syntax import LatexError, Name, Node, with_exponent


@pytest.mark.parametrize(
    ("name", "written"),
    [
        (Name("Z"), "Z"),
        (Name("W", "1"), "W⁽¹⁾"),
        (Name("P", cotangent=True), "dP"),
        (Name("Z", dotted=True), "Ż"),
        (Name("Z", "2", cotangent=True, dotted=True), "dŻ⁽²⁾"),
    ],
)
def test_a_name_is_written_with_its_level_its_d_and_its_dot(name, written):
    assert unicodedata.normalize("NFC", str(name)) == written


def test_a_transpose_is_written_as_an_exponent_and_an_entry_may_carry_it():
    A, n = Name("A"), Name("n")
    assert with_exponent(A, None) is A
    assert with_exponent(A, n) == Node("power", (A, n))
    assert with_exponent(A, Name("⊤")) == Node("transpose", (A,))
    entry = Node("entry", (A,), ("i", "j"))
    assert with_exponent(entry, Name("⊤")) == Node("entry", (Node("transpose", (A,)),), ("i", "j"))


def test_an_error_knows_its_line():
    assert LatexError("no", 7).line == 7
