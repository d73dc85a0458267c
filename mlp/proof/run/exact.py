"""Exact numbers of our own, which run through unchanged NumPy code as floats do.

    a + b, 2 * a, a ** b, ...    with a number of its kind, or with a plain one that is lifted first
    a < b, a == b, |a|, ...      by one sign, that of a − b; a number beside ±∞ is settled here
    exp(a), ...                  what NumPy looks up on elements, from a table of functions

Scalars (symbolic.py) and duals (dual.py) are such numbers. Tested in tests/proof/run/test_exact.py.
"""

import math
import operator
from collections.abc import Callable
from fractions import Fraction
from typing import Any, NamedTuple, Self, TypeAlias

import numpy as np
import sympy

Method: TypeAlias = Callable[[Any, Any], Any]

PLAIN = (int, float, Fraction, np.integer, np.floating, np.bool_)  # numbers of the code


class Function(NamedTuple):
    """A function that NumPy looks up on elements, of expressions and of floats."""

    of_expressions: Callable[[Any], Any]
    of_floats: Callable[[float], float]
    above: int | None = None  # the number above which it is defined, if not everywhere


FUNCTIONS = {
    "exp": Function(sympy.exp, math.exp),
    "exp2": Function(lambda e: 2**e, math.exp2),
    "expm1": Function(lambda e: sympy.exp(e) - 1, math.expm1),
    "log": Function(sympy.log, math.log, 0),
    "log2": Function(lambda e: sympy.log(e, 2), math.log2, 0),
    "log10": Function(lambda e: sympy.log(e, 10), math.log10, 0),
    "log1p": Function(lambda e: sympy.log(1 + e), math.log1p, -1),
    "sqrt": Function(sympy.sqrt, math.sqrt, 0),
    "tanh": Function(sympy.tanh, math.tanh),
    "sinh": Function(sympy.sinh, math.sinh),
    "cosh": Function(sympy.cosh, math.cosh),
    "sin": Function(sympy.sin, math.sin),
    "cos": Function(sympy.cos, math.cos),
    "arctan": Function(sympy.atan, math.atan),
    "arcsinh": Function(sympy.asinh, math.asinh),
    "erf": Function(sympy.erf, math.erf),
}


def _both_sides(operation: Callable[[Any, Any], Any]) -> tuple[Method, Method]:
    """Return the methods that Python calls for a number on the left, and on the right."""

    def left(self: "Exact", other: Any) -> Any:
        read = self.read(other)
        return NotImplemented if read is None else self.combined(operation, read)

    def right(self: "Exact", other: Any) -> Any:
        read = self.read(other)
        return NotImplemented if read is None else read.combined(operation, self)

    return left, right


def _comparison(compare: Callable[[int, int], bool]) -> Method:
    """Return the method that compares the sign of a − b with 0."""
    equal = compare in {operator.eq, operator.ne}

    def method(self: "Exact", other: Any) -> Any:
        if isinstance(other, (float, np.floating)) and math.isinf(other):
            return compare(-1 if other > 0 else 1, 0)
        read = self.read(other)
        return NotImplemented if read is None else compare(self.sign_against(read, equal=equal), 0)

    return method


class Exact:
    """A real number; its kind says how a plain one is lifted, and what comes of two of them."""

    __slots__ = ()

    def lifted(self, number: Any) -> Self:
        """Return a number of the code as one of this kind."""
        raise NotImplementedError

    def combined(self, operation: Callable[[Any, Any], Any], other: Self) -> Self:
        """Return what an operation of arithmetic makes of both."""
        raise NotImplementedError

    def sign_against(self, other: Self, *, equal: bool) -> int:
        """Return the sign of self − other; equal tells that == is asked."""
        raise NotImplementedError

    def applied(self, name: str) -> Self:
        """Return a function of it."""
        raise NotImplementedError

    def __neg__(self) -> Self:
        raise NotImplementedError

    def __hash__(self) -> int:
        raise NotImplementedError

    def read(self, other: Any) -> Self | None:
        """Return another operand as one of this kind, or None for what is no number."""
        if isinstance(other, type(self)):
            return other
        return self.lifted(other) if isinstance(other, PLAIN) else None

    __add__, __radd__ = _both_sides(operator.add)
    __sub__, __rsub__ = _both_sides(operator.sub)
    __mul__, __rmul__ = _both_sides(operator.mul)
    __truediv__, __rtruediv__ = _both_sides(operator.truediv)
    __pow__, __rpow__ = _both_sides(operator.pow)

    __lt__, __le__ = _comparison(operator.lt), _comparison(operator.le)
    __gt__, __ge__ = _comparison(operator.gt), _comparison(operator.ge)
    __eq__, __ne__ = _comparison(operator.eq), _comparison(operator.ne)

    def __pos__(self) -> Self:
        return self

    def __abs__(self) -> Self:
        return -self if self < 0 else self

    def __bool__(self) -> bool:
        return bool(self != 0)

    def conjugate(self) -> Self:
        """Return the number itself, which is real."""
        return self

    def __getattr__(self, name: str) -> Callable[[], Self]:
        if name not in FUNCTIONS:
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        return lambda: self.applied(name)
