"""A float constant is read as what its author meant, and as itself where nothing simple is near."""

import math
from fractions import Fraction

import numpy as np
import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st

from mlp.proof.run.constants import meaning, simplest


@pytest.mark.parametrize(
    ("x", "e"),
    [
        (0.01, sympy.Rational(1, 100)),
        (-0.044715, -sympy.Rational(44715, 10**6)),
        (3 * 0.044715, sympy.Rational(3 * 44715, 10**6)),  # rounds to 0.13414500000000001
        (1e-8, sympy.Rational(1, 10**8)),
        (1 / 3, sympy.Rational(1, 3)),
        (1e300, sympy.Integer(int(1e300))),
        (math.sqrt(2), sympy.sqrt(2)),
        (math.sqrt(2 / math.pi), sympy.sqrt(2 / sympy.pi)),
        (1 / math.sqrt(2 * math.pi), 1 / sympy.sqrt(2 * sympy.pi)),
        (2 * math.pi, 2 * sympy.pi),
        (math.sqrt(math.pi), sympy.sqrt(sympy.pi)),
        (math.pi, sympy.pi),
        (math.log(10), sympy.log(10)),
        (0.797884560802, sympy.Rational(797884560802, 10**12)),
    ],
)
def test_a_constant_is_read_as_it_is_meant(x, e):
    assert sympy.simplify(meaning(x) - e) == 0


def test_a_constant_of_float32_is_read_at_its_own_precision():
    assert meaning(float(np.float32(0.1))) == sympy.Rational(1, 10)
    assert meaning(float(np.float32(math.sqrt(2)))) == sympy.sqrt(2)


@given(st.floats(-1e6, 1e6))
def test_a_reading_is_within_two_units_in_the_last_place(x):
    unit = np.spacing(np.float32(x)) if np.float32(x) == x else math.ulp(x)
    distance = abs(Fraction(str(meaning(x).evalf(40))) - Fraction(x))
    assert distance <= Fraction(2.001 * abs(float(unit)))


def test_digits_without_a_meaning_stay_what_they_are():
    x = 0.57395812049172913
    assert meaning(x) == sympy.Rational(*x.as_integer_ratio())


@given(st.fractions(min_value=Fraction(1, 50), max_denominator=50))
def test_the_simplest_fraction_of_an_interval_is_found(q):
    found = simplest(q - Fraction(1, 10**4), q + Fraction(1, 10**4))
    assert found == q


@pytest.mark.parametrize("x", [math.nan, math.inf])
def test_what_is_no_real_number_has_no_meaning(x):
    with pytest.raises(ValueError, match="is no real number"):
        meaning(x)
