"""Exact scalars that run through unchanged NumPy code:  an expression, and its value at one point.

    arithmetic, exp, log, ...   on the expression and on the value, the witness
    <, max, where, abs          take the branch of the witness, and the trace keeps the condition
    log, sqrt                   of what must be positive: kept as a condition of the domain
    float(), C code, indices    would lose the expression: Unprovable, by name

So an object array of scalars goes through a kernel as floats do, and what comes out holds for all
real values that satisfy the conditions. Tested in tests/proof/test_symbolic.py.
"""

import math
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, NoReturn

import numpy as np
import sympy

from mlp.proof.constants import meaning
from mlp.proof.decide import is_zero

TIE = 1e-9  # values nearer than this, for their size, are not told apart by floats


class Unprovable(TypeError):  # noqa: N818  # it reads as what it is: code that cannot be proved
    """The code does something with a scalar that only numbers can do."""


class Tie(ArithmeticError):  # noqa: N818  # the name of the thing
    """A comparison stands exactly at its border: the witness is on a kink."""


class Outside(ArithmeticError):  # noqa: N818  # the name of the thing
    """The witness lies outside the domain of a function, and what would bring it inside."""

    def __init__(self, message: str, wanted: "Condition | None") -> None:
        super().__init__(message)
        self.wanted = wanted


@dataclass(frozen=True)
class Condition:
    """A branch that was taken, ``e > 0`` or ``e < 0``; in a domain there is no other branch."""

    e: Any
    sign: int
    domain: bool = False

    @property
    def relation(self) -> Any:
        """The condition as a SymPy relation, which is not evaluated."""
        kind = sympy.Gt if self.sign > 0 else sympy.Lt
        return kind(self.e, 0, evaluate=False)

    def other(self) -> "Condition":
        """Return the branch that was not taken."""
        return Condition(self.e, -self.sign)


@dataclass
class Trace:
    """What one run of some code has assumed: conditions in their order, and constants read."""

    witness: Mapping[Any, Fraction]
    conditions: list[Condition] = field(default_factory=list)
    constants: dict[float, Any] = field(default_factory=dict)
    signs: dict[Any, int] = field(default_factory=dict)

    def scalar(self, symbol: Any) -> "Scalar":
        """Return a symbol as a scalar."""
        return Scalar(symbol, float(self.witness[symbol]), self)

    def constant(self, number: Any) -> Any:
        """Return a number of the code as an exact expression."""
        if isinstance(number, (bool, np.bool_, int, np.integer)):
            return sympy.Integer(int(number))
        if isinstance(number, Fraction):
            return sympy.Rational(number.numerator, number.denominator)
        x = float(number)
        e = meaning(x)
        if not x.is_integer():
            self.constants[x] = e
        return e

    def sign(self, e: Any, value: float, size: float, *, domain: bool = False) -> int:
        """Return the sign of e at the witness, and keep it as a condition."""
        if not e.free_symbols:
            return int(sympy.sign(e)) if e.is_Rational else _sign_of_number(e)
        if known_positive(e):
            return 1
        if known_positive(-e):
            return -1
        e = e.primitive()[1]
        flip = -1 if e.could_extract_minus_sign() else 1
        e = flip * e
        if e in self.signs:
            return flip * self.signs[e]
        if not abs(value) > TIE * size:
            if is_zero(e):
                return 0
            raise Tie(f"{e} is 0 at the witness: choose another point")
        sign = flip if value > 0 else -flip
        self.signs[e] = sign
        self.conditions.append(Condition(e, sign, domain))
        return flip * sign

    def require_positive(self, e: Any, value: float, what: str) -> None:
        """Keep e > 0 as a condition of the domain; raise Outside where the witness is not in it."""
        before = len(self.conditions)
        if self.sign(e, value, abs(value), domain=True) > 0:
            return
        wanted = None
        if len(self.conditions) > before:
            missed = self.conditions.pop()
            wanted = Condition(missed.e, -missed.sign, domain=True)
        raise Outside(f"{what} of {e}, which is not positive here", wanted)


def known_positive(e: Any) -> bool:
    """Tell at a glance whether an expression is positive for all real values of its symbols."""
    if e.is_Number or e.is_Symbol or e.is_NumberSymbol:
        return bool(e.is_positive)
    if isinstance(e, sympy.exp):
        return True
    if e.is_Add or e.is_Mul:
        return all(map(known_positive, e.args))
    return bool(e.is_Pow and known_positive(e.args[0]))


def _sign_of_number(e: Any) -> int:
    """Return the sign of an expression without symbols."""
    value = e.evalf(30)
    if is_zero(e):
        return 0
    return 1 if value > 0 else -1


class Scalar:
    """One exact real number in a trace."""

    __slots__ = ("expr", "trace", "value")

    def __init__(self, expr: Any, value: float, trace: Trace) -> None:
        self.expr, self.value, self.trace = expr, value, trace

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

    def __pos__(self) -> "Scalar":
        return self

    def __abs__(self) -> "Scalar":
        return -self if self < 0 else self

    def conjugate(self) -> "Scalar":
        """Return the number itself, which is real."""
        return self

    # comparisons

    def _against(self, other: Any, *, equal: bool = False) -> int | None:
        """Return the sign of self − other, or None for what is no number."""
        if isinstance(other, (float, np.floating)) and math.isinf(other):
            return -1 if other > 0 else 1
        read = self._read(other)
        if read is None:
            return None
        size = max(abs(self.value), abs(read[1]))
        e, value = self.expr - read[0], self.value - read[1]
        if equal and abs(value) > TIE * size:
            return 1  # not equal, nor anywhere near: two numbers are equal on a border at most
        return self.trace.sign(e, value, size)

    def __lt__(self, other: Any) -> Any:
        return _told(self._against(other), lambda sign: sign < 0)

    def __le__(self, other: Any) -> Any:
        return _told(self._against(other), lambda sign: sign <= 0)

    def __gt__(self, other: Any) -> Any:
        return _told(self._against(other), lambda sign: sign > 0)

    def __ge__(self, other: Any) -> Any:
        return _told(self._against(other), lambda sign: sign >= 0)

    def __eq__(self, other: object) -> Any:
        return _told(self._against(other, equal=True), lambda sign: sign == 0)

    def __ne__(self, other: object) -> Any:
        return _told(self._against(other, equal=True), lambda sign: sign != 0)

    def __bool__(self) -> bool:
        return bool(self != 0)

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


def _told(sign: int | None, ask: Callable[[int], bool]) -> Any:
    return NotImplemented if sign is None else ask(sign)
