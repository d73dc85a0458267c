"""What a float constant in code stands for:  0.01 is 1/100, 0.7978845608028654 is √(2/π).

A proof about the float nearest to √2 would be a proof about rounding. So a constant is read as the
simplest number within two units in its last place: a ratio of small numbers, or the root, the
multiple of π or the logarithm of one. Where there is none, a short decimal is itself, and anything
else the binary fraction that it is. Every reading that is not the decimal on the page is reported.
Tested in tests/proof/run/test_constants.py.
"""

import math
from collections.abc import Callable
from fractions import Fraction
from functools import cache
from typing import Any

import numpy as np
import sympy

from mlp.proof.real.numbers import MP

FLOAT32 = np.finfo(np.float32)
SIMPLE, VERY_SIMPLE = 10**12, 10**4  # largest numerator times denominator; chance hits: 3 in 10⁴
SIMPLE_32, VERY_SIMPLE_32 = 10**4, 10**2

FAMILIES: tuple[tuple[Callable[[Any], Any], Callable[[Any], Any]], ...] = (
    (lambda x: x**2, sympy.sqrt),
    (lambda x: x / MP.pi, lambda q: q * sympy.pi),
    (lambda x: x**2 * MP.pi, lambda q: sympy.sqrt(q / sympy.pi)),
    (lambda x: x**2 / MP.pi, lambda q: sympy.sqrt(q * sympy.pi)),
    (MP.exp, sympy.log),
)


def exactly(number: Any) -> Any:
    """Return the exact number that a number of the code stands for, as a SymPy number."""
    if isinstance(number, (bool, np.bool_, int, np.integer)):
        return sympy.Integer(int(number))
    return _rational(number) if isinstance(number, Fraction) else meaning(float(number))


@cache
def meaning(x: float) -> Any:
    """Return the exact number that a float stands for, as a SymPy number."""
    if not math.isfinite(x):
        raise ValueError(f"{x} is no real number")
    exact = Fraction(abs(x))
    sign = 1 if x > 0 else -1
    if exact.denominator == 1:
        return sign * _rational(exact)
    found = _simple(exact, 2 * Fraction(math.ulp(x)), SIMPLE, VERY_SIMPLE)
    if found is None and abs(x) < FLOAT32.max and float(np.float32(x)) == x:
        width = 2 * Fraction(float(np.spacing(np.float32(abs(x)))))  # it may come from float32
        found = _simple(exact, width, SIMPLE_32, VERY_SIMPLE_32)
    if found is not None:
        return sign * found
    decimal = repr(abs(x))
    short = sum(map(str.isdigit, decimal.partition("e")[0])) <= 15
    return sign * _rational(Fraction(decimal) if short else exact)


def _simple(exact: Fraction, width: Fraction, limit: int, limit_of_families: int) -> Any:
    """Return the simple number within this distance of a positive one, or None."""
    low, high = exact - width, exact + width
    if low <= 0:
        return None
    ratio = simplest(low, high)
    if ratio.numerator * ratio.denominator <= limit:
        return _rational(ratio)
    for undo, make in FAMILIES:
        ends = (_exactly(undo(MP.mpf(e.numerator) / e.denominator)) for e in (low, high))
        ratio = simplest(*ends)
        small = ratio.numerator * ratio.denominator <= limit_of_families
        if small and (found := make(_rational(ratio))) != 0:  # log 1 is near to whatever is tiny
            return found
    return None


def simplest(low: Fraction, high: Fraction) -> Fraction:
    """Return the fraction with the smallest denominator in an interval above 0."""
    whole = math.ceil(low)
    if whole <= high:
        return Fraction(whole)
    whole -= 1
    return whole + 1 / simplest(1 / (high - whole), 1 / (low - whole))


def _rational(q: Fraction) -> Any:
    return sympy.Rational(q.numerator, q.denominator)


def _exactly(x: Any) -> Any:
    mantissa, exponent = x.man_exp
    return Fraction(int(mantissa)) * Fraction(2) ** exponent
