"""An equation is proved where it holds, and refused with numbers where it does not."""

import re
from fractions import Fraction

import pytest

from mlp.proof.formula.algebra import Algebra
from mlp.proof.formula.latex import read_math
from mlp.proof.formula.sheet import Sheet
from mlp.proof.formula.syntax import LatexError
from mlp.proof.page.claim import Claim, settle

GIVEN = (
    r"x \in \mathbb{R}, y \in \mathbb{R}, p \in \mathbb{R}_{>0}, Z \in \mathbb{R}^{n \times c}",
    r"Y \in \mathbb{R}^{n \times c}, f : \mathbb{R} \to \mathbb{R}",
    r"\sigma(z) := \frac{1}{1 + e^{-z}}",
    r"P_{ik} := \frac{e^{Z_{ik}}}{\sum_{j} e^{Z_{ij}}}",
    r"r(z) := \max(0, z)",
    r"u := f(x)",
)


def outcome(formula):
    sheet = Sheet()
    for text in GIVEN:
        statement = read_math(text, functions=sheet.functions)
        for declaration in statement.declarations:
            sheet.declare(declaration)
        for relation in statement.relations:
            Algebra(sheet).define(relation)
    statement = read_math(formula, functions=sheet.functions)
    return settle(Claim(statement.relations[0], statement.conditions, sheet))


@pytest.mark.parametrize(
    "formula",
    [
        r"(x + y)^2 = x^2 + 2 x y + y^2",
        r"\sigma'(x) = \sigma(x)\,\sigma(-x)",
        r"\sigma(x) = \frac{1}{2}\,(1 + \tanh\frac{x}{2})",
        r"\sum_{k} P_{ik} = 1",
        r"\frac{\partial P_{ik}}{\partial Z_{ij}} = P_{ik}\,(\delta_{kj} - P_{ij})",
        r"\log(p^2) = 2 \log p",
        r"\sqrt{p^2} = p",
        r"\frac{\partial u}{\partial x} = f'(x)",
    ],
)
def test_what_holds_is_proved(formula):
    assert outcome(formula).verdict == "proved"


@pytest.mark.parametrize(
    "formula",
    [
        r"(x + y)^2 = x^2 + y^2",
        r"\sigma'(x) = \sigma(x)\,\sigma(x)",
        r"\sum_{k} P_{ik} = P_{i1}",
        r"\sqrt{x^2} = x",
        r"|x| = x",
        r"x y = x\,|y|",
        r"f(x + y) = f(x) + f(y)",
        r"f(-x) = -f(x)",
    ],
)
def test_what_does_not_hold_is_refused_with_numbers(formula):
    found = outcome(formula)
    assert found.verdict == "refused"
    assert "differs by" in found.message
    assert " = " in found.message


@pytest.mark.parametrize("formula", [r"\log(x^2) = 2 \log x", r"\log(x y) = \log x + \log y"])
def test_a_logarithm_is_split_only_where_its_factors_are_positive(formula):
    assert outcome(formula).verdict not in {"proved", "checked"}
    assert outcome(rf"{formula} \quad\text{{where}}\quad x > 0, y > 0").verdict == "proved"


def test_a_condition_narrows_where_a_claim_must_hold():
    assert outcome(r"r'(x) = 1 \quad\text{for}\quad x > 0").verdict == "proved"
    assert outcome(r"r'(x) = 0 \quad\text{for}\quad x < 0").verdict == "proved"
    assert outcome(r"r'(x) = 1 \quad\text{for}\quad x < 0").verdict == "refused"
    assert outcome(r"|x| = -x \quad\text{for}\quad 0 > x").verdict == "proved"


def test_a_claim_that_turns_on_a_sign_is_proved_on_both_sides():
    both = r"r'(x) = \begin{cases} 1 & x > 0 \\ %s & x < 0 \end{cases}"
    assert outcome(both % "0").verdict == "proved"
    assert outcome(both % "x").verdict == "refused"
    assert outcome("r(x) - r(-x) = x").verdict == "proved"


def test_an_equation_among_the_conditions_is_put_in():
    claim = r"\sum_{k} P_{ik} \sum_{j} Y_{ij} = 1"
    assert outcome(claim).verdict == "refused"
    assert outcome(rf"{claim} \quad\text{{where}}\quad \sum_{{j}} Y_{{ij}} = 1").verdict == "proved"


def test_a_condition_may_say_what_an_unknown_function_is():
    claim = r"f'(x) = 1 - f(x)^2"
    assert outcome(claim).verdict == "refused"
    assert outcome(rf"{claim} \quad\text{{where}}\quad f(z) = \tanh(z)").verdict == "proved"
    assert outcome(rf"{claim} \quad\text{{where}}\quad f(z) = z").verdict == "refused"


@pytest.mark.parametrize(
    "conditions",
    ["x^2 = 4", "1 < 0", r"\sigma(z) = z", "f'(z) = 1", "f(2) = z"],
)
def test_a_condition_that_cannot_be_used_is_refused(conditions):
    with pytest.raises(LatexError):
        outcome(rf"x = x + 1 \quad\text{{where}}\quad {conditions}")


@pytest.mark.parametrize(
    ("formula", "left"),
    [(r"\sqrt{x^2} = x", abs), ("|x| = x", abs), (r"r(x) = x", lambda x: max(x, 0))],
)
def test_a_counterexample_is_one_by_its_numbers(formula, left):
    found = outcome(formula)
    x = Fraction(re.search(r"x = (\S+)", found.message)[1])
    assert left(x) != x


def test_conditions_that_contradict_each_other_are_an_error():
    with pytest.raises(LatexError, match="never holds"):
        outcome(r"|x| = x \quad\text{where}\quad x > 0, x < 0")


def test_entries_are_counted():
    assert (
        outcome(r"\frac{\partial P_{ik}}{\partial Z_{ij}} = P_{ik}\,(\delta_{kj} - P_{ij})").entries
        == 18
    )
