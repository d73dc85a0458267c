"""Exact numbers of our own, which run through unchanged NumPy code as floats do.

    a + b, 2 * a, a ** b, ...    with a number of its kind, or with a plain one that is lifted first
    a < b, a == b, |a|, ...      by one sign, that of a − b
    exp(a), ...                  what NumPy looks up on elements, from a table of functions
    a + ∞, exp(−∞), ...          what masks are made of: settled here, and ∞ − ∞ is an error

Scalars (symbolic.py) and duals (dual.py) are such numbers. Tested in tests/proof/run/test_exact.py.
"""

import math
import operator
from collections.abc import Callable
from fractions import Fraction
from typing import Any, Self, TypeAlias

import numpy as np

from mlp.proof.run.elementary import FUNCTIONS

Method: TypeAlias = Callable[[Any, Any], Any]

PLAIN = (int, float, Fraction, np.integer, np.floating, np.bool_)  # numbers of the code
OF_ARRAYS = {  # what a number of NumPy has in common with an array; by a dtype NumPy would cast it
    *("shape", "ndim", "size", "T", "real", "imag", "sum", "prod", "mean", "max", "min", "std"),
    *("var", "any", "all", "astype", "clip", "reshape", "ravel", "flatten", "squeeze", "dot"),
}
PROTOCOLS: dict[str, Callable[..., Any]] = {}  # of NumPy, filled by ufuncs.py and functions.py


def _both_sides(operation: Callable[[Any, Any], Any]) -> tuple[Method, Method]:
    """Return the methods that Python calls for a number on the left, and on the right."""

    def left(self: "Exact", other: Any) -> Any:
        read = self.read(other)
        return NotImplemented if read is None else _made(operation, self, read)

    def right(self: "Exact", other: Any) -> Any:
        read = self.read(other)
        return NotImplemented if read is None else _made(operation, read, self)

    return left, right


def _made(operation: Callable[[Any, Any], Any], a: "Exact", b: "Exact") -> Any:
    """Return what an operation of arithmetic makes of two numbers, one of which may be infinite."""
    infinite = isinstance(a, Infinity) or isinstance(b, Infinity)
    return LIMITS[operation](a, b) if infinite else a.combined(operation, b)


def _comparison(compare: Callable[[int, int], bool]) -> Method:
    """Return the method that compares the sign of a − b with 0."""
    equal = compare in {operator.eq, operator.ne}

    def method(self: "Exact", other: Any) -> Any:
        read = self.read(other)
        if read is None:
            return NotImplemented
        if isinstance(self, Infinity) or isinstance(read, Infinity):
            return compare(_size(self) - _size(read), 0)
        return compare(self.sign_against(read, equal=equal), 0)

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

    def read(self, other: Any) -> Any:
        """Return another operand as one of this kind, or None for what is no number."""
        if isinstance(other, (type(self), Infinity)):
            return other
        if isinstance(other, (float, np.floating)) and math.isinf(other):
            return Infinity(1 if other > 0 else -1)
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

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
        return PROTOCOLS["ufunc"](ufunc, method, inputs, options)

    def __array_function__(self, function: Any, types: Any, args: Any, options: Any) -> Any:
        return PROTOCOLS["function"](function, args, options)

    def item(self) -> Self:
        """Return the number itself."""
        return self

    copy = item

    def __getattr__(self, name: str) -> Any:
        if name in OF_ARRAYS:
            return getattr(PROTOCOLS["array"](self), name)
        if name not in FUNCTIONS:
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        return lambda: self.applied(name)


class Infinity(Exact):
    """∞ or −∞, as it stands in masks: no number, but most that is made of it is one."""

    __slots__ = ("sign",)

    def __init__(self, sign: int) -> None:
        self.sign = sign

    def __repr__(self) -> str:
        return "∞" if self.sign > 0 else "−∞"

    def __hash__(self) -> int:
        return hash(self.sign * math.inf)

    def read(self, other: Any) -> Any:
        """Return another operand: any number."""
        if isinstance(other, (float, np.floating)) and math.isinf(other):
            return Infinity(1 if other > 0 else -1)
        return other if isinstance(other, (Exact, *PLAIN)) else None

    def __neg__(self) -> "Infinity":
        return Infinity(-self.sign)

    def applied(self, name: str) -> Any:
        """Return the limit of a function."""
        limit = FUNCTIONS[name].ends[self.sign > 0]
        if limit is None:
            raise ArithmeticError(f"{name} of {self} has no value")
        return limit


def _size(a: Any) -> int:
    """Return −1, 0 or 1 for −∞, any number and ∞."""
    return a.sign if isinstance(a, Infinity) else 0


def _side(a: Any) -> int:
    """Return the sign of a number or of an infinity, which must have one."""
    if isinstance(a, Infinity):
        return a.sign
    if a == 0:
        raise ArithmeticError("0 times infinity has no value")
    return 1 if a > 0 else -1


def _sum(a: Any, b: Any) -> Any:
    if _size(a) + _size(b) == 0:
        raise ArithmeticError("infinity minus infinity has no value")
    return a if _size(a) else b


def _ratio(a: Any, b: Any) -> Any:
    if _size(a) and _size(b):
        raise ArithmeticError("infinity over infinity has no value")
    if _size(b):
        return 0
    return Infinity(a.sign * _side(b))


def _power(a: Any, b: Any) -> Any:
    whole: Any = getattr(b, "value", b)
    if isinstance(b, Infinity) or whole != int(whole):
        raise ArithmeticError(f"{a} ** {b} has no value")
    if whole == 0:
        return 1
    return Infinity(a.sign if int(whole) % 2 else 1) if whole > 0 else 0


LIMITS: dict[Any, Callable[[Any, Any], Any]] = {
    operator.add: _sum,
    operator.sub: lambda a, b: _sum(a, -b),
    operator.mul: lambda a, b: Infinity(_side(a) * _side(b)),
    operator.truediv: _ratio,
    operator.pow: _power,
}
