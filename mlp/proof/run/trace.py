"""What a run of code on symbols assumes:  the branches it took, and the domain that it needs.

    e > 0 or e < 0     a branch: the sign of e at the witness, unless it is the same everywhere
    e > 0, domain      what a logarithm or a root is taken of; no other side is there
    e ≠ 0              what was compared for equality: a border, which no region holds
    0.01 as 1/100      the number that a constant of the code stands for
    Tie, Outside       the witness is on a border, or outside of a domain: choose another

Of e and −2e one condition is kept. Tested in tests/proof/run/test_trace.py.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, ClassVar

import numpy as np
import sympy

from mlp.proof.real.decide import is_zero
from mlp.proof.run.constants import exactly

TIE = 1e-9  # values nearer than this, for their size, are not told apart by floats


class Heard(Exception):  # noqa: N818  # see below
    """What code must not pass over: on floats nothing is raised there, and it goes another way."""

    raised: ClassVar[list["Heard"]] = []  # in this run

    def __init__(self, message: str) -> None:
        super().__init__(message)
        Heard.raised.append(self)


class Tie(Heard, ArithmeticError):  # noqa: N818  # the name of the thing
    """A comparison stands exactly at its border: the witness is on a kink."""


class Outside(Heard, ArithmeticError):  # noqa: N818  # the name of the thing
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
    unequal: dict[Any, None] = field(default_factory=dict)
    reach: Any = field(default=None, repr=False)  # how its code is reached (reach.py)

    def constant(self, number: Any) -> Any:
        """Return a number of the code as an exact expression."""
        e = exactly(number)
        if isinstance(number, (float, np.floating)) and not float(number).is_integer():
            self.constants[float(number)] = e
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

    def apart(self, e: Any) -> None:
        """Keep e ≠ 0, which the witness shows, unless e is a number or positive everywhere."""
        if e.free_symbols and not known_positive(e) and not known_positive(-e):
            self.unequal[e.primitive()[1]] = None

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
