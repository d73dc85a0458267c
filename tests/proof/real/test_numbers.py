"""An expression has the value that many digits give it, and where it has none it says so."""

from fractions import Fraction

import mpmath
import pytest
import sympy

from mlp.proof.formula.sheet import Defined, smooth
from mlp.proof.real.counterexample import undefined
from mlp.proof.real.numbers import FINER, Numbers

x, y = sympy.symbols("x y", real=True)
POINT = {x: Fraction(1, 3), y: Fraction(-2, 7)}


def test_an_expression_is_computed_in_sixty_digits():
    e = sympy.exp(x) * sympy.tanh(y) + sympy.erf(x) / sympy.sqrt(2 * sympy.pi) + abs(y) ** x
    with mpmath.workdps(60):
        third, part = mpmath.mpf(1) / 3, mpmath.mpf(-2) / 7
        expected = (
            mpmath.exp(third) * mpmath.tanh(part)
            + mpmath.erf(third) / mpmath.sqrt(2 * mpmath.pi)
            + abs(part) ** third
        )
        assert abs(Numbers(POINT).of(e) - expected) < mpmath.mpf(10) ** -58


@pytest.mark.parametrize("e", [sympy.log(x), sympy.sqrt(x), x ** sympy.Rational(1, 3), 1 / (x + 1)])
def test_what_has_no_real_value_says_so(e):
    with pytest.raises((ValueError, ZeroDivisionError)):
        Numbers({x: Fraction(-1)}).of(e)
    assert undefined(e) or e == 1 / (x + 1)


def test_a_symbol_may_be_given_in_terms_of_others():
    assert Numbers({**POINT, y: x**2}).of(y) == pytest.approx(1 / 9)
    with pytest.raises(ValueError, match="z has no value"):
        Numbers(POINT).of(x + sympy.Symbol("z"))


def test_conditions_hold_or_not():
    numbers = Numbers(POINT)
    for condition in (x > y, sympy.true, sympy.Or(x < y, x >= y), sympy.Ne(x, y)):
        assert numbers.holds(condition)
    assert not numbers.holds(sympy.And(x > 0, y > 0, evaluate=False))
    assert numbers.of(sympy.Piecewise((1, x < 0), (x, x > 0))) == numbers.of(x)
    assert numbers.of(sympy.Heaviside(x) - sympy.Heaviside(y)) == 1


def test_an_unknown_function_has_slopes_that_fit_its_values():
    f, h = smooth("f", (0,))(x), sympy.Rational(1, 10**9)
    point = Numbers(POINT)
    quotient = (point.of(f.xreplace({x: x + h})) - point.of(f)) / float(h)
    assert float(quotient) == pytest.approx(float(point.of(f.diff(x))), rel=1e-6)


def test_a_function_that_is_named_is_what_it_is_said_to_be():
    point = Numbers(POINT, FINER, {"f": Defined((y,), y**2)})
    assert point.of(smooth("f", (0,))(x)) == pytest.approx(1 / 9)
    assert point.of(smooth("f", (0,))(x).diff(x)) == pytest.approx(2 / 3)
