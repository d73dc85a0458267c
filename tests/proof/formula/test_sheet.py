"""Symbols stand for any number; derivatives and tangents follow the definitions between them."""

import pytest
import sympy

from mlp.proof.formula.algebra import Algebra
from mlp.proof.formula.latex import read_math
from mlp.proof.formula.sheet import Defined, Sheet, free, lowered, partial, substituted, unknown
from mlp.proof.formula.syntax import LatexError, Name


def sheet_of(*formulas):
    sheet = Sheet()
    for formula in formulas:
        statement = read_math(formula, functions=sheet.functions)
        for declaration in statement.declarations:
            sheet.declare(declaration)
        for relation in statement.relations:
            Algebra(sheet).define(relation)
    return sheet


def opened(sheet, expression):
    *_, last = sheet.opened(expression)
    return sympy.expand(last)


def symbol(text):
    return sympy.Symbol(text, real=True)


CHAIN = (r"x \in \mathbb{R}", "w := x^2", "z := w^3")


def test_a_defined_symbol_is_opened_only_when_asked():
    sheet = sheet_of(*CHAIN)
    z = sheet.value(Name("z")).number
    assert z == symbol("z")
    assert [*sheet.opened(z)] == [z, symbol("w") ** 3, symbol("x") ** 6]
    assert sheet.leaves(z) == [symbol("x")]


def test_a_derivative_goes_through_every_definition():
    sheet = sheet_of(*CHAIN)
    x, w, z = map(symbol, "xwz")
    assert opened(sheet, sheet.slope(z, x)) == 6 * x**5
    assert opened(sheet, sheet.slope(z, w)) == 3 * x**4
    assert sheet.slope(w, z) == 0


def test_the_tangent_of_what_is_defined_follows_from_what_is_free():
    sheet = sheet_of(*CHAIN)
    dot = sheet.value(Name("z", dotted=True)).number
    x_dot = sheet.value(Name("x", dotted=True)).number
    assert opened(sheet, dot) == 6 * symbol("x") ** 5 * x_dot


def test_a_symbol_that_stands_still_has_no_tangent():
    sheet = sheet_of(*CHAIN[:2], r"\dot x := 0", "z := w^3")
    assert opened(sheet, sheet.value(Name("z", dotted=True)).number) == 0


def test_a_cotangent_has_the_shape_of_its_symbol():
    sheet = sheet_of(r"P \in \mathbb{R}^{n \times c}")
    cotangent = sheet.value(Name("P", cotangent=True))
    assert cotangent.axes == ("n", "c")
    assert cotangent.entries[0, 1].name == "dP₁₂"


def test_a_derivative_of_an_unknown_function_is_another():
    sheet = sheet_of(r"f : \mathbb{R} \to \mathbb{R}", r"x \in \mathbb{R}", "y := f(x)")
    x = symbol("x")
    slope = opened(sheet, sheet.slope(symbol("y"), x))
    assert str(slope) == "f'(x)"
    assert slope.diff(x).origin == ("f", (2,))


def test_the_parts_of_an_expression_are_those_that_sympy_finds():
    sheet = sheet_of(r"f : \mathbb{R} \to \mathbb{R}", r"x \in \mathbb{R}", "y := x f(f'(x))")
    x, y = map(symbol, "xy")
    e = sheet.definition[y] + sympy.Piecewise((sympy.exp(y), y > 0), (2, True))
    assert free(e) == e.free_symbols == {x, y}
    assert {str(value) for value in unknown(e)} == {"f'(x)", "f(f'(x))"}
    assert partial(e, x) == e.diff(x)


def test_what_is_replaced_is_looked_for_from_the_outside_in():
    x, y, z = map(symbol, "xyz")
    e = sympy.exp(x + y) * (x + y) - sympy.cos(x)
    rule = {x + y: z, x: y}
    assert substituted(e, rule) == e.xreplace(rule) == sympy.exp(z) * z - sympy.cos(y)
    assert substituted(e, {z: x}) is e


def test_a_defined_function_has_values_and_those_of_its_derivatives():
    x, y = map(symbol, "xy")
    assert Defined((x,), x**3).at(0, y + 1) == (y + 1) ** 3
    assert Defined((x,), x**3).at(2, y) == 6 * y
    assert Defined((x, y), x - y).at(0, y, x) == y - x


def test_sizes_differ_so_that_no_axis_stands_for_another():
    sheet = sheet_of(r"X \in \mathbb{R}^{n \times d}, W \in \mathbb{R}^{d \times h}")
    assert len({sheet.size(axis) for axis in "ndh"}) == 3
    assert Sheet({"n": 7}).size("n", new=True) == 7


def test_a_copy_goes_its_own_way():
    sheet = sheet_of(*CHAIN[:2])
    Algebra(sheet.copy()).define(read_math("z := w").relations[0])
    assert Name("z") not in sheet.arrays


@pytest.mark.parametrize(
    ("formulas", "complaint"),
    [
        ((*CHAIN, "w := 2"), "w has a meaning already"),
        ((*CHAIN, r"x \in \mathbb{R}"), "x has a meaning already"),
        ((*CHAIN, r"\dot w := 1"), "is the tangent of w already"),
        (("y := x",), "x is not known"),
        ((r"y := \dot x",), "x is not known"),
        ((r"x \in \mathbb{R}^{n}", r"\dot x := 1"), "must have the shape of x"),
        ((r"y := \mathrm{d}x",), "x is not known"),
    ],
)
def test_a_second_meaning_or_none_is_refused(formulas, complaint):
    with pytest.raises(LatexError, match=complaint):
        sheet_of(*formulas)


def test_indices_are_written_small_and_apart_where_they_are_long():
    assert lowered((0, 2), (2, 3)) == "₁₃"
    assert lowered((0, 11), (2, 12)) == "₁,₁₂"
