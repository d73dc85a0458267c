"""A refusal stands on an exact point and on digits that two precisions agree on."""

from fractions import Fraction

import pytest
import sympy

from mlp.proof.real.counterexample import Drawn, Trial, counterexample, rational_points, undefined

x, y = symbols = sympy.symbols("x y", real=True)


def test_a_clear_difference_is_found_and_no_other():
    assert counterexample(x**2 - x)[1] != 0
    assert counterexample(sympy.exp(x) * sympy.exp(-x, evaluate=False) - 1) is None
    assert counterexample((x + 1) ** 2 - x**2 - 2 * x - 1) is None


def test_a_difference_below_the_digits_is_no_ground():
    assert counterexample(1 + x * sympy.Rational(1, 10**30) - 1 - x / 10**30) is None
    e = sympy.exp(sympy.exp(10 + x**2)) + 1 - sympy.exp(sympy.exp(10 + x**2))
    assert counterexample(e)[1] == 1
    assert counterexample(sympy.Add(10**40, x, -(10**40), evaluate=False)) is None


def test_digits_that_every_precision_loses_alike_are_no_ground():
    """The smaller probability of a softmax of two is e⁻⁵⁰⁰, and 1 minus the larger is then 0."""
    u = sympy.exp(-500 * x)
    p, q = u / (1 + u), 1 / (1 + u)
    e = q * (3 * y - (p * y + q * 3 * y)) - p * q * 2 * y
    assert counterexample(e, [x > 1]) is None
    assert counterexample(e - p * q * y, [x > 1]) is not None


def test_the_points_are_the_same_every_time_small_ones_first_and_then_many_near():
    near = {x: Fraction(7), y: Fraction(-9)}
    first, second = ([*rational_points([x, y], near, tries=60)] for _ in range(2))
    assert first == second
    assert max(abs(value) for point in first[:20] for value in point.values()) <= 2
    assert first[21] == near
    assert all(abs(point[x] - 7) < 1 for point in first[21::2])


def test_a_point_where_it_is_not_real_is_told_as_on_paper():
    assert undefined(sympy.log(-(x**2) - 3 * abs(y))) == "x = 1/3, y = -1"
    assert undefined(x + y) == ""


# a point for all that a page has defined


def trial(seed):
    """Return numbers for x and for y, which is x²."""
    return Trial(seed, {y: x**2})


def test_a_number_is_a_small_fraction_the_same_in_every_run():
    assert Drawn(0)[x] == Drawn(0)[x]
    assert {abs(Drawn(seed)[x]) <= 2 for seed in range(20)} == {True}
    assert Drawn(0)[sympy.Symbol("x", positive=True)] > 0
    assert len({Drawn(seed)[x] for seed in range(20)}) > 5


def test_what_is_defined_follows():
    assert trial(0).precise.of(y) == pytest.approx(float(Drawn(0)[x] ** 2))


@pytest.mark.parametrize(
    "zero",
    [
        sympy.exp(x) * sympy.exp(-x) - 1,
        sympy.tanh(x) - (1 - sympy.exp(-2 * x)) / (1 + sympy.exp(-2 * x)),
        y - x**2,
        sympy.log(sympy.exp(x)) - x,
        sympy.Max(x, 0) - sympy.Piecewise((x, x > 0), (0, x < 0)),
    ],
)
def test_zero_is_not_refuted(zero):
    assert all(trial(seed).difference(zero) is None for seed in range(20))


@pytest.mark.parametrize(
    "other", [x, x**3 - x, sympy.exp(x) - 1, sympy.Rational(1, 10**9), sympy.Heaviside(x) - 2]
)
def test_what_is_not_zero_is_refuted(other):
    assert trial(0).difference(other) is not None


def test_outside_its_domain_nothing_is_refuted():
    assert trial(0).difference(sympy.log(-(x**2))) is None


def test_the_point_is_told_as_one_writes_it():
    assert trial(0).spelled([x]) == f"x = {Drawn(0)[x]}"
    assert trial(0).spelled([x, y]) == f"x = {Drawn(0)[x]}, y = {Drawn(0)[x] ** 2}"
    assert trial(0).spelled([x] * 5).endswith(", …")
