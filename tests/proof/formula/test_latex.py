"""A block declares, defines or claims; each claim knows its line."""

import pytest

from mlp.proof.formula.latex import read_math
from mlp.proof.formula.syntax import Declaration, LatexError, Name


def test_arrays_and_functions_are_declared_with_the_names_of_their_axes():
    text = r"""
    X \in \mathbb{R}^{n \times d}, \quad p \in \mathbb{R}_{>0}, \quad f : \mathbb{R} \to \mathbb{R}
    """
    assert read_math(text).declarations == (
        Declaration(Name("X"), ("n", "d")),
        Declaration(Name("p"), (), positive=True),
        Declaration(Name("f"), (), domain=()),
    )


def test_a_name_may_carry_a_number():
    (declared,) = read_math(r"x_{0} \in \mathbb{R}").declarations
    assert declared.name == Name("x_0")


def test_each_row_of_a_chain_is_a_claim_at_its_own_line():
    relations = read_math(
        "\\begin{aligned}\na &= b \\\\\n  &= c\n\\end{aligned}", line=40
    ).relations
    assert [(str(r.left), str(r.right), r.line) for r in relations] == [
        ("a", "b", 41),
        ("b", "c", 42),
    ]
    assert relations[0].text == "a = b"


def test_a_definition_may_be_followed_by_claims():
    first, second = read_math("a := b = c").relations
    assert (first.sign, second.sign) == (":=", "=")


def test_several_equations_stand_in_one_block():
    assert [r.sign for r in read_math(r"a := 1, \qquad b := 2").relations] == [":=", ":="]
    rows = r"\begin{aligned} a &:= 1 \\ b &:= a = 1 \end{aligned}"
    assert [r.sign for r in read_math(rows).relations] == [":=", ":=", "="]


def test_conditions_follow_their_equation():
    found = read_math(r"a = b \quad\text{where}\quad c = 1,\ z > 0")
    assert [(r.text, r.sign) for r in found.conditions] == [("c = 1", "="), ("z > 0", ">")]
    assert len(found.relations) == 1


def test_a_boxed_equation_is_known_as_one():
    assert read_math(r"\boxed{a = b}").boxed
    assert not read_math("a = b").boxed


def test_what_is_defined_as_a_function_is_one_at_once():
    (relation,) = read_math("f(z) := f_{0} z").relations
    assert relation.left.kind == "call"


@pytest.mark.parametrize(
    "text",
    [
        "a = b := c",  # a definition stands first
        "a",  # nothing is said
        "a < b",  # no claim of ours
        "a = b c =",
        r"X \in \mathbb{C}",
        r"X_{ij} \in \mathbb{R}^{n \times d}",
        r"X \in \mathbb{R}^{n+1}",
        r"a = b \text{because} c",
        r"a = b \quad\text{where}",
        r"\begin{aligned} a &= b",
        r"a \qquad b = c",
    ],
)
def test_what_says_nothing_that_can_be_proved_is_refused(text):
    with pytest.raises(LatexError):
        read_math(text)


def test_a_condition_may_stand_in_a_row_of_its_own():
    rows = r"\begin{aligned} a &= b \\ &\text{where}\quad c > 0 \end{aligned}"
    found, plain = read_math(rows), read_math(r"a = b \quad\text{where}\quad c > 0")
    assert [(r.left, r.right) for r in found.relations] == [
        (r.left, r.right) for r in plain.relations
    ]
    assert [r.text for r in found.conditions] == [r.text for r in plain.conditions]
