"""A formula becomes one tree, or none: what could be read in two ways is refused."""

from fractions import Fraction

import pytest

from mlp.proof.formula.latex import read_math
from mlp.proof.formula.syntax import LatexError, Name, Node, Number


def tree(formula, *functions):
    (relation,) = read_math(f"a = {formula}", functions=functions).relations
    return relation.right


x, y, z = map(Name, "xyz")
TWO = Number(Fraction(2))


@pytest.mark.parametrize(
    ("formula", "wanted"),
    [
        ("x y", Node("times", (x, y))),
        ("-x y", Node("negative", (Node("times", (x, y)),))),
        ("x - y", Node("add", (x, Node("negative", (y,))))),
        ("2x^2", Node("times", (TWO, Node("power", (x, TWO))))),
        (r"\frac{x}{y}", Node("over", (x, y))),
        (r"x \odot y", Node("entrywise", (x, y))),
        (r"\tanh\frac{x}{2}", Node("function", (Node("over", (x, TWO)),), ("tanh", 0))),
        (r"\tanh(x)^2", Node("power", (Node("function", (x,), ("tanh", 0)), TWO))),
        (r"\log x", Node("function", (x,), ("log", 0))),
        (r"\operatorname{erf}(x)", Node("function", (x,), ("erf", 0))),
        (r"\tanh^2(x)", Node("power", (Node("function", (x,), ("tanh", 0)), TWO))),
        ("e^{x}", Node("function", (x,), ("exp", 0))),
        (r"\sqrt{x}", Node("power", (x, Number(Fraction(1, 2))))),
        (r"\langle x, y \rangle", Node("inner", (x, y))),
        (r"\frac{\partial x}{\partial y}", Node("derivative", (x, y))),
        (r"\frac{\partial^2 x}{\partial y\,\partial z}", Node("derivative", (x, y, z))),
        (r"\frac{\partial^2 x}{\partial y^2}", Node("derivative", (x, y, y))),
        (r"\max(x, y)", Node("max", (x, y))),
        ("0.25", Number(Fraction(1, 4))),
        (r"\texttt{f.g\_h}(x, y)", Node("code", (x, y), "f.g_h")),
        ("\\texttt{f}(x, \\\\\n&\\qquad y)", Node("code", (x, y), "f")),
    ],
)
def test_what_a_formula_means(formula, wanted):
    assert tree(formula) == wanted


def test_a_sum_takes_the_rest_of_its_product_and_ends_at_a_plus():
    total, rest = tree(r"\sum_{k} x_{k} y + z").parts
    assert total.kind == "sum"
    assert total.parts[0].kind == "times"
    assert rest == z


def test_a_letter_before_parentheses_is_a_factor_unless_it_is_a_function():
    assert tree("x (y)").kind == "times"
    assert tree("x (y)", x) == Node("call", (y,), (x, 0, ()))
    assert tree("x'(y)") == Node("call", (y,), (x, 1, ()))


def test_cases_have_a_value_and_a_region_in_each_row():
    found = tree(r"\begin{cases} x & z > 0 \\ y & z < 0 \end{cases}")
    assert found.parts == (x, y)
    assert [relation.sign for relation in found.tag] == [">", "<"]


@pytest.mark.parametrize(
    ("formula", "complaint"),
    [
        ("x / y z", "what follows a / is ambiguous"),
        (r"\log x y", "what follows a function without parentheses is ambiguous"),
        ("x +", "expected a symbol"),
        ("(x", r"expected \)"),
        ("x = y)", "expected the end"),
        (r"\frac{x}", "expected|it ends"),
        (r"\mathrm{foo}(x)", r"do not know \\mathrm\{foo\}, but diag, tr, erf"),
        (r"d x", r"dx is ambiguous: write \\mathrm\{d\}x, or d \\cdot x"),
        (r"\tanh^{-1}(x)", "tanh to a negative power is ambiguous"),
        (r"\frac{d}{dx} x \cdot x", "parentheses around what is differentiated"),
        (r"\nabla_x a b", "parentheses around what is differentiated"),
        (r"\|x\|_1", "do not know the norm 1, but 2 and F"),
        (r"\sum_{i < j} x_i", "a sum runs over"),
        (r"\max_i x_i", r"write \\max\(a, b\)"),
        (r"\mathbb{1}(x = y z)", "of two indices, i = j, or of an inequality"),
        (r"\frac{\partial x}{\partial y\,\partial z}", "order 1 by 2"),
        (r"\sum x", "expected _"),
        (r"\sum_{2} x", "a sum needs an index"),
        (r"x^+", "expected a letter, a digit"),
        (r"\begin{cases} x & y := 0 \end{cases}", "a condition is no definition"),
        (r"\ddot x", r"do not know the command \\ddot"),
        (r"\sqrt2x = ", "expected a symbol"),
    ],
)
def test_what_is_wrong_or_ambiguous_is_refused(formula, complaint):
    with pytest.raises(LatexError, match=complaint):
        tree(formula)
