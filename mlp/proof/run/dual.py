"""Numbers of many digits, each with a tangent, that run through unchanged NumPy code.

    (x, ẋ)                 a number, and how fast it moves
    f(x, ẋ) = (f(x), f′(x) ẋ)

So a run of the code at a point gives its value there and its exact derivative in one direction, at
any size and fast: no difference quotient, no expression. Comparisons go by the numbers. Tested in
tests/proof/run/test_dual.py.
"""

import operator
from collections.abc import Callable
from functools import cache
from typing import Any

import sympy

from mlp.proof.real.numbers import MP, Numbers
from mlp.proof.run.constants import exactly
from mlp.proof.run.elementary import FUNCTIONS
from mlp.proof.run.exact import Exact
from mlp.proof.run.trace import TIE, Tie

X = sympy.Symbol("x", real=True)

# How fast y = a ∘ b moves; what does not move is 0 itself, and is not computed.
SLOPES: dict[Any, Callable[[Any, Any, Any], Any]] = {
    operator.add: lambda a, b, _: a.slope + b.slope,
    operator.sub: lambda a, b, _: a.slope - b.slope,
    operator.mul: lambda a, b, _: (a.slope and a.slope * b.value) + (b.slope and a.value * b.slope),
    operator.truediv: lambda a, b, y: (a.slope or b.slope) and (a.slope - y * b.slope) / b.value,
    operator.pow: lambda a, b, y: (
        (a.slope and b.value * a.value ** (b.value - 1) * a.slope)
        + (b.slope and y * MP.log(a.value) * b.slope)
    ),
}


@cache
def with_slope(name: str) -> tuple[Any, Any]:
    """Return a function of X and its derivative."""
    f = FUNCTIONS[name].of_expressions(X)
    return f, f.diff(X)


class Dual(Exact):
    """One number and its tangent."""

    __slots__ = ("slope", "value")

    def __init__(self, value: Any, slope: Any = 0) -> None:
        if isinstance(value, MP.mpc):
            raise ArithmeticError("not real")  # noqa: TRY004  # a value, not a type, of the mathematics
        self.value, self.slope = value, slope

    @classmethod
    def of(cls, number: Any, slope: Any = 0) -> "Dual":
        """Return a number of the code, or a fraction, which moves as fast as another one."""
        value, slope = (Numbers({}).of(exactly(x)) for x in (number, slope))
        return cls(value, slope)

    def __repr__(self) -> str:
        return f"Dual({float(self.value)}, {float(self.slope)})"

    def __hash__(self) -> int:
        return hash(self.value)

    def lifted(self, number: Any) -> "Dual":
        """Return a number of the code, which does not move."""
        return Dual.of(number)

    def combined(self, operation: Callable[[Any, Any], Any], other: "Dual") -> "Dual":
        """Return what an operation of arithmetic makes of both."""
        y = operation(self.value, other.value)
        return Dual(y, SLOPES[operation](self, other, y))

    def applied(self, name: str) -> "Dual":
        """Return a function of it."""
        f, slope = with_slope(name)
        numbers = Numbers({X: self.value})
        try:
            return Dual(numbers.of(f), self.slope and numbers.of(slope) * self.slope)
        except ValueError as error:
            raise ArithmeticError(f"{name} has no value here") from error

    def __neg__(self) -> "Dual":
        return Dual(-self.value, -self.slope)

    def sign_against(self, other: "Dual", *, equal: bool) -> int:  # noqa: ARG002  # scalars ask
        """Return the sign of self − other."""
        difference = self.value - other.value
        if abs(difference) > TIE * max(abs(self.value), abs(other.value)):
            return 1 if difference > 0 else -1
        if difference == 0 and self.slope == other.slope:
            return 0
        raise Tie("two numbers that are compared are as good as equal: choose another point")
