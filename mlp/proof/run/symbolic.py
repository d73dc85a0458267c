"""Exact scalars that run through unchanged NumPy code:  an expression, and its value at one point.

    arithmetic, exp, log, ...   on the expression and on the value, that at the witness
    <, max, where, abs          take the branch of the value, and the trace keeps the condition
    log, sqrt                   of what must be positive: the trace keeps that, too
    float(), C code, indices    would lose the expression: Unprovable, by name

So an object array of scalars goes through a kernel as floats do, and what comes out holds for all
real values that satisfy the conditions. Tested in tests/proof/run/test_symbolic.py.
"""

import math
from collections.abc import Callable
from typing import Any, NoReturn

from mlp.proof.run.elementary import FUNCTIONS
from mlp.proof.run.exact import Exact
from mlp.proof.run.trace import TIE, Heard, Trace, known_positive

ASKED = {"an index", "complex()"}  # NumPy asks whether they work, and goes on


class Unprovable(Heard, TypeError):  # noqa: N818  # it reads as what it is: code that cannot be proved
    """The code does something with a scalar that only numbers can do."""


def _lost(what: str) -> Callable[..., NoReturn]:
    """Return a method that refuses what would lose the expression."""

    def method(*_: Any) -> NoReturn:
        error = Unprovable(f"{what} needs a number, and would lose what it stands for")
        if what in ASKED:
            Heard.raised.remove(error)
        raise error

    return method


class Scalar(Exact):
    """One exact real number in a trace."""

    __slots__ = ("expr", "trace", "value")

    def __init__(self, expr: Any, value: float, trace: Trace) -> None:
        self.expr, self.value, self.trace = expr, value, trace

    @classmethod
    def of(cls, symbol: Any, trace: Trace) -> "Scalar":
        """Return a symbol, whose value is that of the witness."""
        return cls(symbol, float(trace.witness[symbol]), trace)

    @classmethod
    def constant(cls, number: Any, trace: Trace) -> "Scalar":
        """Return a number of the code as what it stands for."""
        return cls(trace.constant(number), float(number), trace)

    def __repr__(self) -> str:
        return f"Scalar({self.expr})"

    def __hash__(self) -> int:
        return hash(self.expr)

    def lifted(self, number: Any) -> "Scalar":
        """Return a number of the code as what it stands for."""
        return Scalar.constant(number, self.trace)

    def combined(self, operation: Callable[[Any, Any], Any], other: "Scalar") -> "Scalar":
        """Return what an operation of arithmetic makes of both."""
        value = _value(operation, self.value, other.value)
        return Scalar(operation(self.expr, other.expr), value, self.trace)

    def applied(self, name: str) -> "Scalar":
        """Return a function of it, and let the trace keep where it is defined."""
        function = FUNCTIONS[name]
        what = "log" if name.startswith("log") else name
        if function.above is not None:
            above = self.expr - function.above, self.value - function.above
            self.trace.require_positive(*above, what)
        if function.below is not None:
            below = function.below - self.expr, function.below - self.value
            self.trace.require_positive(*below, what)
        value = _value(function.of_floats, self.value)
        return Scalar(function.of_expressions(self.expr), value, self.trace)

    def __neg__(self) -> "Scalar":
        return Scalar(-self.expr, -self.value, self.trace)

    def __truediv__(self, other: Any) -> Any:
        read = self.read(other)
        if isinstance(read, Scalar) and read.expr == 0:
            raise ZeroDivisionError(f"{self.expr} is divided by 0")
        return super().__truediv__(other)

    def __rtruediv__(self, other: Any) -> Any:
        if self.expr == 0:
            raise ZeroDivisionError(f"{other} is divided by 0")
        return super().__rtruediv__(other)

    def __pow__(self, other: Any) -> Any:
        read = self.read(other)
        if isinstance(read, Scalar) and not read.expr.is_Integer:
            self.trace.require_positive(self.expr, self.value, "a power")
        return super().__pow__(other)

    def __rpow__(self, other: Any) -> Any:
        read = self.read(other)
        if isinstance(read, Scalar) and not known_positive(read.expr):
            raise Unprovable(f"{other} ** {self.expr}: the base must be positive")
        return super().__rpow__(other)

    def sign_against(self, other: "Scalar", *, equal: bool) -> int:
        """Return the sign of self − other, a branch that the trace keeps."""
        size = max(abs(self.value), abs(other.value))
        e, value = self.expr - other.expr, self.value - other.value
        if equal and abs(value) > TIE * size:
            self.trace.apart(e)
            return 1  # not equal, nor anywhere near: two numbers are equal on a border at most
        return self.trace.sign(e, value, size)

    # what only numbers can do

    __float__, __int__, __complex__ = _lost("float()"), _lost("int()"), _lost("complex()")
    __index__, __round__ = _lost("an index"), _lost("round()")
    __format__ = _lost("text")
    __floor__, __ceil__, __trunc__ = _lost("floor()"), _lost("ceil()"), _lost("trunc()")
    __floordiv__ = __rfloordiv__ = __divmod__ = __rdivmod__ = _lost("//")
    __mod__ = __rmod__ = _lost("%")


def _value(function: Callable[..., float], *values: float) -> float:
    """Return the value of a function, infinite where it is too large for a float."""
    try:
        return function(*values)
    except OverflowError:
        return math.inf
