"""How far an index runs follows from where it stands."""

import pytest

from mlp.proof.formula.algebra import Algebra
from mlp.proof.formula.latex import read_math
from mlp.proof.formula.ranges import in_short, known_axis, merge
from mlp.proof.formula.sheet import Sheet
from mlp.proof.formula.syntax import LatexError, Name, Number


@pytest.fixture
def algebra():
    sheet = Sheet()
    for declared in read_math(r"A \in \mathbb{R}^{n \times d}, v \in \mathbb{R}^{d}").declarations:
        sheet.declare(declared)
    return Algebra(sheet)


def right(formula):
    return read_math(f"x = {formula}").relations[0].right


def test_free_indices_have_the_axes_they_stand_at(algebra):
    assert algebra.ranges(right("A_{ij} v_{j}")) == {"i": "n", "j": "d"}
    assert algebra.ranges(right(r"\sum_{j} A_{ij} v_{j}")) == {"i": "n"}
    assert algebra.ranges(right(r"\delta_{kj} v_{j}")) == {"k": None, "j": "d"}
    assert algebra.ranges(right("A_{1j}")) == {"j": "d"}


def test_every_choice_of_indices_comes_once(algebra):
    assert len([*algebra.every({"i": "n", "j": "d"})]) == 2 * 4
    assert [*algebra.every({})] == [{}]


def test_summed_indices_are_found_below(algebra):
    assert {*algebra.summed(right(r"\sum_{i} (\sum_{j} A_{ij})"))} == {"i", "j"}


def test_ranges_merge_where_they_agree():
    known = {"i": None, "j": "d"}
    merge(known, {"i": "n", "j": None})
    assert known == {"i": "n", "j": "d"}
    with pytest.raises(LatexError, match="over n in one place, over d in another"):
        merge(known, {"i": "d"})
    with pytest.raises(LatexError, match="how far the index i runs"):
        known_axis("i", None)


def test_only_a_name_is_spelled_in_a_message():
    assert in_short(Name("W", "1")) == "W⁽¹⁾"
    assert in_short(Number(1)) == "this"
