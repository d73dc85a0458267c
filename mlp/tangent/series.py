"""Derivatives whose formula subtracts near equals, without the loss of digits.

    sinc       (cos y - sin y / y) / y      at small y
    exprel     (eˣ - (eˣ - 1) / x) / x      at small x
    erfcx      2 x erfcx(x) - 2 / √π        at large x

Each is a series there. Sources: Abramowitz & Stegun 1964, 4.2.1, 4.3.65 and 7.1.23.
Tested in tests/tangent/test_series.py, against fifty digits.
"""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

SINC = [(-1) ** k * 2 * k / math.factorial(2 * k + 1) for k in range(1, 13)]  # of y^(2k-1)
EXPREL = [(k + 1) / math.factorial(k + 2) for k in range(20)]  # of x^k
ERFCX = [-((-1) ** n) * math.prod(range(1, 2 * n, 2)) / 2.0**n for n in range(1, 25)]  # of x^-2n
SMALL, LARGE = 1.0, 8.0  # where the series takes over


def polynomial(coefficients: Sequence[float], x: Any) -> Any:
    """Return c₀ + c₁ x + c₂ x² + ... by Horner's rule."""
    found = 0.0 * x
    for c in reversed(coefficients):
        found = found * x + c
    return found


def slope_of_sinc(x: Any) -> Any:
    """Return the derivative of sin(πx) / (πx)."""
    y = np.pi * x
    near = np.abs(y) < SMALL
    far = np.where(near, SMALL, y)
    apart = np.cos(far) - np.sin(far) / far
    close = np.where(near, y, 0.0)
    return np.pi * np.where(near, close * polynomial(SINC, close * close), apart / far)


def slope_of_exprel(x: Any) -> Any:
    """Return the derivative of (eˣ - 1) / x."""
    near = np.abs(x) < SMALL
    close, far = np.where(near, x, 0.0), np.where(near, SMALL, x)
    return np.where(near, polynomial(EXPREL, close), (np.exp(far) - np.expm1(far) / far) / far)


def slope_of_erfcx(x: Any, o: Any) -> Any:
    """Return the derivative of o = exp(x²) erfc(x)."""
    away = x > LARGE
    inverse = 1 / np.where(away, x, LARGE) ** 2
    series = -2 / np.sqrt(np.pi) * inverse * polynomial(ERFCX, inverse)
    return np.where(away, series, 2 * x * o - 2 / np.sqrt(np.pi))
