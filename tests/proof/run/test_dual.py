"""Numbers of many digits carry an exact derivative through code."""

from fractions import Fraction

import mpmath
import numpy as np
import pytest

from mlp.proof.real.numbers import MP
from mlp.proof.run.arrays import as_exact
from mlp.proof.run.dual import Dual
from mlp.proof.run.elementary import FUNCTIONS
from mlp.proof.run.trace import Tie


def at(value):
    """Return a number that moves as fast as the variable itself."""
    return Dual.of(value, 1)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_function_has_the_slope_of_its_values(name):
    x = at(Fraction(10 if FUNCTIONS[name].above == 1 else 3, 7))
    slope = MP.diff(lambda t: getattr(Dual(t), name)().value, x.value)
    assert abs(getattr(x, name)().slope - slope) < 1e-12


@pytest.mark.parametrize(
    ("expression", "slope"),
    [
        (lambda x: 3 * x**2 - x / 4 + 1, 6 * 2 - 0.25),
        (lambda x: 1 / x, -0.25),
        (lambda x: 5 - x, -1),
        (lambda x: 8 / x**3, -24 / 16),
        (lambda x: x * x * x, 12),
        (lambda x: abs(-x), 1),
        (lambda x: -+x, -1),
        (lambda x: x**0.5, 0.5 / 2**0.5),
        (lambda x: 2**x, 4 * float(mpmath.log(2))),
        (lambda x: x**x, 4 * (1 + float(mpmath.log(2)))),
        (lambda x: x.conjugate() ** 0, 0),
        (lambda x: Fraction(1, 3) * x + True, 1 / 3),
    ],
)
def test_arithmetic_follows_the_rules_of_differentiation(expression, slope):
    assert float(expression(at(2)).slope) == pytest.approx(slope, rel=1e-14, abs=0)


def test_a_constant_of_the_code_is_the_number_that_it_stands_for():
    assert abs((at(1) * 0.1).slope - MP.mpf(1) / 10) < 1e-45


def test_arrays_run_through_numpy():
    X = np.empty((2, 2), dtype=object)
    for number, index in enumerate(np.ndindex(2, 2)):
        X[index] = Dual.of(number, 1)
    X = as_exact(X)
    assert np.maximum(X - 0.5, 0).sum().slope == 3
    low = np.exp(np.minimum(X - 0.5, 0)).mean(axis=0)[0]
    assert abs(low.value - (MP.exp(-MP.mpf(1) / 2) + 1) / 2) < 1e-45


def test_a_comparison_at_a_border_is_not_decided():
    x = at(1)
    assert x == x  # noqa: PLR0124  # the same number, which moves alike
    with pytest.raises(Tie):
        _ = x > 1
    assert x < np.inf
    assert x > -np.inf
    assert bool(x)


@pytest.mark.parametrize(
    "outside", [lambda x: np.log(-x), lambda x: np.sqrt(-x), lambda x: (-x) ** 0.5, lambda x: x / 0]
)
def test_outside_of_its_domain_a_function_raises(outside):
    with pytest.raises(ArithmeticError):
        outside(as_exact(np.array(at(2), dtype=object))[()])


@pytest.mark.parametrize("lost", [float, int, round, complex, lambda x: np.floor(np.array([x]))])
def test_what_only_numbers_can_do_raises(lost):
    with pytest.raises(TypeError):
        lost(at(2))
