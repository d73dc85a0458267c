"""Numbers of many digits, each with a tangent, that run through unchanged NumPy code.

    (x, ẋ)                 a number, and how fast it moves
    f(x, ẋ) = (f(x), f′(x) ẋ)

So a run of the code at a point gives its value there and its exact derivative in one direction, at
any size and fast: no difference quotient, no expression. Comparisons go by the numbers. Tested in
tests/proof/run/test_dual.py.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import numpy as np

from mlp.proof.real.numbers import MP, Numbers
from mlp.proof.run.compared import Compared
from mlp.proof.run.constants import meaning
from mlp.proof.run.trace import TIE, Tie

# Of each function that NumPy looks up on elements: its value, and its slope from x and the value.
FUNCTIONS: dict[str, tuple[Callable[[Any], Any], Callable[[Any, Any], Any]]] = {
    "exp": (MP.exp, lambda _, y: y),
    "exp2": (lambda x: MP.mpf(2) ** x, lambda _, y: y * MP.ln2),
    "expm1": (MP.expm1, lambda _, y: y + 1),
    "log": (MP.log, lambda x, _: 1 / x),
    "log2": (lambda x: MP.log(x) / MP.ln2, lambda x, _: 1 / (x * MP.ln2)),
    "log10": (lambda x: MP.log(x) / MP.ln10, lambda x, _: 1 / (x * MP.ln10)),
    "log1p": (lambda x: MP.log(1 + x), lambda x, _: 1 / (1 + x)),
    "sqrt": (MP.sqrt, lambda _, y: 1 / (2 * y)),
    "tanh": (MP.tanh, lambda _, y: 1 - y * y),
    "sinh": (MP.sinh, lambda x, _: MP.cosh(x)),
    "cosh": (MP.cosh, lambda x, _: MP.sinh(x)),
    "sin": (MP.sin, lambda x, _: MP.cos(x)),
    "cos": (MP.cos, lambda x, _: -MP.sin(x)),
    "arctan": (MP.atan, lambda x, _: 1 / (1 + x * x)),
    "arcsinh": (MP.asinh, lambda x, _: 1 / MP.sqrt(1 + x * x)),
    "erf": (MP.erf, lambda x, _: 2 * MP.exp(-x * x) / MP.sqrt(MP.pi)),
}


@dataclass
class Duals:
    """What the numbers of one run have in common: the constants of the code that were read."""

    constants: dict[float, Any] = field(default_factory=dict)

    def lift(self, number: Any) -> "Dual":
        """Return a number of the code, which does not move."""
        if isinstance(number, (bool, np.bool_, int, np.integer)):
            return Dual(MP.mpf(int(number)), 0, self)
        if isinstance(number, Fraction):
            return Dual(MP.mpf(number.numerator) / number.denominator, 0, self)
        x = float(number)
        if x not in self.constants:
            self.constants[x] = Numbers({}).of(meaning(x))
        return Dual(self.constants[x], 0, self)


class Dual(Compared):
    """One number and its tangent."""

    __slots__ = ("record", "slope", "value")

    def __init__(self, value: Any, slope: Any, record: Duals) -> None:
        if isinstance(value, MP.mpc):
            raise ArithmeticError("not real")  # noqa: TRY004  # a value, not a type, of the mathematics
        self.value, self.slope, self.record = value, slope, record

    def __repr__(self) -> str:
        return f"Dual({float(self.value)}, {float(self.slope)})"

    def __hash__(self) -> int:
        return hash(self.value)

    def __getattr__(self, name: str) -> Callable[[], "Dual"]:
        if name not in FUNCTIONS:
            raise AttributeError(f"{name}() needs a number, and would lose the tangent")
        function, slope = FUNCTIONS[name]

        def applied() -> Dual:
            y = function(self.value)
            return Dual(y, self.slope and slope(self.value, y) * self.slope, self.record)

        return applied

    # arithmetic

    def _read(self, other: Any) -> "Dual | None":
        """Return another operand, or None for what is no number."""
        if isinstance(other, Dual):
            return other
        if isinstance(other, (int, float, Fraction, np.integer, np.floating, np.bool_)):
            return self.record.lift(other)
        return None

    def _with(self, other: Any, rule: Callable[["Dual", "Dual"], tuple[Any, Any]]) -> Any:
        read = self._read(other)
        return NotImplemented if read is None else Dual(*rule(self, read), self.record)

    def _from(self, other: Any, rule: Callable[["Dual", "Dual"], tuple[Any, Any]]) -> Any:
        read = self._read(other)
        return NotImplemented if read is None else Dual(*rule(read, self), self.record)

    def __add__(self, other: Any) -> Any:
        return self._with(other, _sum)

    def __radd__(self, other: Any) -> Any:
        return self._from(other, _sum)

    def __sub__(self, other: Any) -> Any:
        return self._with(other, _difference)

    def __rsub__(self, other: Any) -> Any:
        return self._from(other, _difference)

    def __mul__(self, other: Any) -> Any:
        return self._with(other, _product)

    def __rmul__(self, other: Any) -> Any:
        return self._from(other, _product)

    def __truediv__(self, other: Any) -> Any:
        return self._with(other, _quotient)

    def __rtruediv__(self, other: Any) -> Any:
        return self._from(other, _quotient)

    def __pow__(self, other: Any) -> Any:
        return self._with(other, _power)

    def __rpow__(self, other: Any) -> Any:
        return self._from(other, _power)

    def __neg__(self) -> "Dual":
        return Dual(-self.value, -self.slope, self.record)

    # which side of another

    def sign_against(self, other: Any, *, equal: bool) -> int | None:  # noqa: ARG002  # scalars ask
        """Return the sign of self − other, or None for what is no number."""
        read = self._read(other)
        if read is None:
            return None
        difference = self.value - read.value
        if abs(difference) > TIE * max(abs(self.value), abs(read.value)):
            return 1 if difference > 0 else -1
        if difference == 0 and self.slope == read.slope:
            return 0
        raise Tie("two numbers that are compared are as good as equal: choose another point")


def _sum(a: Dual, b: Dual) -> tuple[Any, Any]:
    return a.value + b.value, a.slope + b.slope


def _difference(a: Dual, b: Dual) -> tuple[Any, Any]:
    return a.value - b.value, a.slope - b.slope


def _product(a: Dual, b: Dual) -> tuple[Any, Any]:
    slope = (a.slope and a.slope * b.value) + (b.slope and a.value * b.slope)
    return a.value * b.value, slope


def _quotient(a: Dual, b: Dual) -> tuple[Any, Any]:
    value = a.value / b.value
    return value, (a.slope - value * b.slope) / b.value if a.slope or b.slope else 0


def _power(a: Dual, b: Dual) -> tuple[Any, Any]:
    if not b.slope and b.value == int(b.value):
        n = int(b.value)
        return a.value**n, a.slope and n * a.value ** (n - 1) * a.slope
    value = MP.exp(b.value * MP.log(a.value))
    return value, value * (b.slope * MP.log(a.value) + b.value * a.slope / a.value)
