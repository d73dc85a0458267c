"""A refusal stands on an exact point and on digits that two precisions agree on."""

from fractions import Fraction

import mpmath
import pytest
import sympy

from mlp.proof.real.counterexample import Numbers, counterexample, points, spelled, undefined

x, y = sympy.symbols("x y", real=True)


def test_an_expression_is_computed_in_sixty_digits():
    e = sympy.exp(x) * sympy.tanh(y) + sympy.erf(x) / sympy.sqrt(2 * sympy.pi) + abs(y) ** x
    point = {x: Fraction(1, 3), y: Fraction(-2, 7)}
    with mpmath.workdps(60):
        third, part = mpmath.mpf(1) / 3, mpmath.mpf(-2) / 7
        expected = (
            mpmath.exp(third) * mpmath.tanh(part)
            + mpmath.erf(third) / mpmath.sqrt(2 * mpmath.pi)
            + abs(part) ** third
        )
        assert abs(Numbers(point).of(e) - expected) < mpmath.mpf(10) ** -58


@pytest.mark.parametrize("e", [sympy.log(x), sympy.sqrt(x), x ** sympy.Rational(1, 3), 1 / (x + 1)])
def test_what_has_no_real_value_says_so(e):
    with pytest.raises((ValueError, ZeroDivisionError)):
        Numbers({x: Fraction(-1)}).of(e)
    assert undefined(e) or e == 1 / (x + 1)


def test_a_clear_difference_is_found_and_no_other():
    assert counterexample(x**2 - x)[1] != 0
    assert counterexample(sympy.exp(x) * sympy.exp(-x, evaluate=False) - 1) is None
    assert counterexample((x + 1) ** 2 - x**2 - 2 * x - 1) is None


def test_a_difference_below_the_digits_is_no_ground():
    assert counterexample(1 + x * sympy.Rational(1, 10**30) - 1 - x / 10**30) is None
    e = sympy.exp(sympy.exp(10 + x**2)) + 1 - sympy.exp(sympy.exp(10 + x**2))
    assert counterexample(e)[1] == 1
    assert counterexample(sympy.Add(10**40, x, -(10**40), evaluate=False)) is None


def test_the_points_are_the_same_every_time_small_ones_first_and_then_many_near():
    near = {x: Fraction(7), y: Fraction(-9)}
    first, second = ([*points([x, y], near, tries=60)] for _ in range(2))
    assert first == second
    assert max(abs(value) for point in first[:20] for value in point.values()) <= 2
    assert first[21] == near
    assert all(abs(point[x] - 7) < 1 for point in first[21::2])


def test_a_point_is_spelled_as_on_paper():
    assert spelled({x: Fraction(3, 7), y: Fraction(2)}) == "x = 3/7, y = 2"
