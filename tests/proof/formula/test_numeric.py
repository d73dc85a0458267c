"""A point refutes what is wrong, and says where; what is right it leaves alone."""

from fractions import Fraction

import pytest
import sympy

from mlp.proof.formula.algebra import Algebra
from mlp.proof.formula.latex import read_math
from mlp.proof.formula.numeric import Point, drawn
from mlp.proof.formula.sheet import Sheet

x = sympy.Symbol("x", real=True)


def sheet():
    found = Sheet()
    for declaration in read_math(r"x \in \mathbb{R}, f : \mathbb{R} \to \mathbb{R}").declarations:
        found.declare(declaration)
    Algebra(found).define(read_math("y := x^2").relations[0])
    return found


def test_a_number_is_a_small_fraction_the_same_in_every_run():
    assert drawn(x, 0) == drawn(x, 0)
    assert {abs(drawn(x, seed)) <= 2 for seed in range(20)} == {True}
    assert drawn(sympy.Symbol("x", positive=True), 0) > 0
    assert len({drawn(x, seed) for seed in range(20)}) > 5


def test_what_is_defined_follows():
    assert Point(sheet(), 0).precise.of(sympy.Symbol("y", real=True)) == pytest.approx(
        float(drawn(x, 0) ** 2)
    )


@pytest.mark.parametrize(
    "zero",
    [
        sympy.exp(x) * sympy.exp(-x) - 1,
        sympy.tanh(x) - (1 - sympy.exp(-2 * x)) / (1 + sympy.exp(-2 * x)),
        sympy.Symbol("y", real=True) - x**2,
        sympy.log(sympy.exp(x)) - x,
        sympy.Max(x, 0) - sympy.Piecewise((x, x > 0), (0, x < 0)),
    ],
)
def test_zero_is_not_refuted(zero):
    assert all(Point(sheet(), seed).difference(zero) is None for seed in range(20))


@pytest.mark.parametrize(
    "other", [x, x**3 - x, sympy.exp(x) - 1, sympy.Rational(1, 10**9), sympy.Heaviside(x) - 2]
)
def test_what_is_not_zero_is_refuted(other):
    assert Point(sheet(), 0).difference(other) is not None


def test_outside_its_domain_nothing_is_refuted():
    assert Point(sheet(), 0).difference(sympy.log(-(x**2))) is None


def test_an_unknown_function_has_slopes_that_fit_its_values():
    here = Algebra(sheet())
    relation = read_math("x = f(x)", functions=here.sheet.functions).relations[0]
    f = here.value(relation.right, {}).number
    point, h = Point(here.sheet, 0).precise, Fraction(1, 10**9)
    step = sympy.Rational(h.numerator, h.denominator)
    quotient = (point.of(f.xreplace({x: x + step})) - point.of(f)) / float(h)
    assert float(quotient) == pytest.approx(float(point.of(f.diff(x))), rel=1e-6)


def test_the_point_is_told_as_one_writes_it():
    assert Point(sheet(), 0).spelled(sympy.Symbol("y", real=True)) == f"x = {drawn(x, 0)}"
