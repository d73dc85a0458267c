"""Exact scalars that run through unchanged NumPy code:  an expression, and its value at one point.

    arithmetic, exp, log, ...   on the expression and on the value, that at the witness
    <, max, where, abs          take the branch of the value, and the trace keeps the condition
    log, sqrt                   of what must be positive: the trace keeps that, too
    float(), C code, indices    would lose the expression: Unprovable, by name

So an object array of scalars goes through a kernel as floats do, and what comes out holds for all
real values that satisfy the conditions. Tested in tests/proof/run/test_symbolic.py.
"""

import math
import operator
from collections.abc import Callable
from fractions import Fraction
from typing import Any, NoReturn

import numpy as np
import sympy

from mlp.proof.run.compared import Compared
from mlp.proof.run.trace import TIE, Trace, known_positive


class Unprovable(TypeError):  # noqa: N818  # it reads as what it is: code that cannot be proved
    """The code does something with a scalar that only numbers can do."""


class Scalar(Compared):
    """One exact real number in a trace."""

    __slots__ = ("expr", "trace", "value")

    def __init__(self, expr: Any, value: float, trace: Trace) -> None:
        self.expr, self.value, self.trace = expr, value, trace

    @classmethod
    def of(cls, symbol: Any, trace: Trace) -> "Scalar":
        """Return a symbol, whose value is that of the witness."""
        return cls(symbol, float(trace.witness[symbol]), trace)

    def __repr__(self) -> str:
        return f"Scalar({self.expr})"

    def __hash__(self) -> int:
        return hash(self.expr)

    # arithmetic

    def _read(self, other: Any) -> tuple[Any, float] | None:
        """Return another operand as an expression and a value, or None for what is no number."""
        if isinstance(other, Scalar):
            return other.expr, other.value
        if isinstance(other, (int, float, Fraction, np.integer, np.floating, np.bool_)):
            return self.trace.constant(other), float(other)
        return None

    def _with(self, other: Any, operation: Callable[[Any, Any], Any], *, swap: bool) -> Any:
        read = self._read(other)
        if read is None:
            return NotImplemented
        pairs = ((read[0], self.expr), (read[1], self.value))
        (a, b), (x, y) = pairs if swap else [pair[::-1] for pair in pairs]
        return Scalar(operation(a, b), _value(operation, x, y), self.trace)

    def __add__(self, other: Any) -> Any:
        return self._with(other, operator.add, swap=False)

    def __radd__(self, other: Any) -> Any:
        return self._with(other, operator.add, swap=True)

    def __sub__(self, other: Any) -> Any:
        return self._with(other, operator.sub, swap=False)

    def __rsub__(self, other: Any) -> Any:
        return self._with(other, operator.sub, swap=True)

    def __mul__(self, other: Any) -> Any:
        return self._with(other, operator.mul, swap=False)

    def __rmul__(self, other: Any) -> Any:
        return self._with(other, operator.mul, swap=True)

    def __truediv__(self, other: Any) -> Any:
        read = self._read(other)
        if read is not None and read[0] == 0:
            raise ZeroDivisionError(f"{self.expr} is divided by 0")
        return self._with(other, operator.truediv, swap=False)

    def __rtruediv__(self, other: Any) -> Any:
        if self.expr == 0:
            raise ZeroDivisionError(f"{other} is divided by 0")
        return self._with(other, operator.truediv, swap=True)

    def __pow__(self, other: Any) -> Any:
        read = self._read(other)
        if read is not None and not read[0].is_Integer:
            self.trace.require_positive(self.expr, self.value, "a power")
        return self._with(other, operator.pow, swap=False)

    def __rpow__(self, other: Any) -> Any:
        read = self._read(other)
        if read is not None and not known_positive(read[0]):
            raise Unprovable(f"{other} ** {self.expr}: the base must be positive")
        return self._with(other, operator.pow, swap=True)

    def __neg__(self) -> "Scalar":
        return Scalar(-self.expr, -self.value, self.trace)

    # which side of another

    def sign_against(self, other: Any, *, equal: bool) -> int | None:
        """Return the sign of self − other, or None for what is no number."""
        read = self._read(other)
        if read is None:
            return None
        size = max(abs(self.value), abs(read[1]))
        e, value = self.expr - read[0], self.value - read[1]
        if equal and abs(value) > TIE * size:
            self.trace.apart(e)
            return 1  # not equal, nor anywhere near: two numbers are equal on a border at most
        return self.trace.sign(e, value, size)

    # functions that NumPy looks up on elements

    def _apply(self, function: Any, value: Callable[[float], float]) -> "Scalar":
        return Scalar(function(self.expr), _value(value, self.value), self.trace)

    def exp(self) -> "Scalar":
        """Return eˣ."""
        return self._apply(sympy.exp, math.exp)

    def exp2(self) -> "Scalar":
        """Return 2ˣ."""
        return 2**self  # type: ignore[no-any-return]  # __rpow__ makes a scalar of it

    def expm1(self) -> "Scalar":
        """Return eˣ − 1."""
        return self._apply(lambda e: sympy.exp(e) - 1, math.expm1)

    def log(self) -> "Scalar":
        """Return log x, for x > 0."""
        self.trace.require_positive(self.expr, self.value, "log")
        return self._apply(sympy.log, math.log)

    def log2(self) -> Any:
        """Return log₂ x."""
        return self.log() / Scalar(sympy.log(2), math.log(2), self.trace)

    def log10(self) -> Any:
        """Return log₁₀ x."""
        return self.log() / Scalar(sympy.log(10), math.log(10), self.trace)

    def log1p(self) -> "Scalar":
        """Return log(1 + x), for x > −1."""
        self.trace.require_positive(1 + self.expr, 1 + self.value, "log")
        return self._apply(lambda e: sympy.log(1 + e), math.log1p)

    def sqrt(self) -> "Scalar":
        """Return √x, for x > 0."""
        self.trace.require_positive(self.expr, self.value, "sqrt")
        return self._apply(sympy.sqrt, math.sqrt)

    def tanh(self) -> "Scalar":
        """Return tanh x."""
        return self._apply(sympy.tanh, math.tanh)

    def sinh(self) -> "Scalar":
        """Return sinh x."""
        return self._apply(sympy.sinh, math.sinh)

    def cosh(self) -> "Scalar":
        """Return cosh x."""
        return self._apply(sympy.cosh, math.cosh)

    def sin(self) -> "Scalar":
        """Return sin x."""
        return self._apply(sympy.sin, math.sin)

    def cos(self) -> "Scalar":
        """Return cos x."""
        return self._apply(sympy.cos, math.cos)

    def arctan(self) -> "Scalar":
        """Return arctan x."""
        return self._apply(sympy.atan, math.atan)

    def arcsinh(self) -> "Scalar":
        """Return arcsinh x."""
        return self._apply(sympy.asinh, math.asinh)

    def erf(self) -> "Scalar":
        """Return the error function of x."""
        return self._apply(sympy.erf, math.erf)

    # what only numbers can do

    def _lost(self, what: str) -> NoReturn:
        raise Unprovable(f"{what} needs a number, and would lose what it stands for")

    def __float__(self) -> float:
        self._lost("float()")

    def __int__(self) -> int:
        self._lost("int()")

    def __index__(self) -> int:  # noqa: PLE0305  # it never returns
        self._lost("an index")

    def __complex__(self) -> complex:
        self._lost("complex()")

    def __round__(self, _: Any = None) -> Any:
        self._lost("round()")

    def __floor__(self) -> int:
        self._lost("floor()")

    def __ceil__(self) -> int:
        self._lost("ceil()")

    def __trunc__(self) -> int:
        self._lost("trunc()")


def _value(function: Callable[..., float], *values: float) -> float:
    """Return the value of a function, infinite where it is too large for a float."""
    try:
        return function(*values)
    except OverflowError:
        return math.inf
