"""The symbols of a page as numbers:  a claim that fails at one point is refuted by it.

The point gives every free entry a small fraction; what is defined follows, and an unknown function
is a wave. A difference seen in floats is believed once many digits confirm it. That no point
refutes a claim proves nothing: that is what decide.py is for.

Tested in tests/proof/formula/test_numeric.py.
"""

import hashlib
import random
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import mpmath
import sympy

from mlp.proof.formula.sheet import Defined, Sheet
from mlp.proof.real.counterexample import CLEAR, COMPARE, CONTEXTS, Numbers

DIFFERENT = 1e-9  # of the largest term, in floats; below it nothing is concluded
SMALL = 1e-3  # what terms are at least taken to be: they may have cancelled one level below


class SheetNumbers(Numbers):
    """Expressions over a sheet as numbers, in floats or in many digits."""

    def __init__(
        self,
        sheet: Sheet,
        seed: int,
        context: Any,
        fixed: Mapping[Any, Any],
        functions: Mapping[str, Defined],
    ) -> None:
        super().__init__({}, context)
        self.sheet, self.seed, self.fixed, self.functions = sheet, seed, fixed, functions

    def _of(self, e: Any) -> Any:
        if e.is_Symbol:
            rule = self.fixed.get(e, self.sheet.definition.get(e))
            if rule is not None:
                return self.of(rule)
            value = drawn(e, self.seed)
            return self.mp.mpf(value.numerator) / value.denominator
        if hasattr(e, "origin"):
            return self.unknown(e)
        if isinstance(e, sympy.Heaviside):
            return self.mp.mpf(self.of(e.args[0]) > 0)
        if isinstance(e, sympy.Piecewise):
            found = [part for part, where in e.args if self.holds(where)]
            if not found:
                raise ArithmeticError("no case holds here")
            return self.of(found[0])
        return super()._of(e)

    def unknown(self, e: Any) -> Any:
        """Return the value of an unknown function: what a condition says, else a wave."""
        name, orders = e.origin
        if name in self.functions:
            function = self.functions[name]
            return self.of(function.slope(orders[0]).xreplace({function.parameters[0]: e.args[0]}))
        draw = random.Random(f"{name} {self.seed}")  # noqa: S311  # no secret
        phase = self.mp.mpf(draw.randint(1, 12)) / 7
        wave = self.mp.mpf(1)
        for x, order in zip(e.args, orders, strict=True):
            scale = self.mp.mpf(draw.randint(3, 12)) / 9
            phase += scale * self.of(x)
            wave *= scale**order
        quarter = sum(orders) % 4
        return wave * (1, 1, -1, -1)[quarter] * (self.mp.cos if quarter % 2 else self.mp.sin)(phase)

    def holds(self, condition: Any) -> bool:
        """Tell whether an inequality holds here."""
        if condition in {sympy.true, sympy.false}:
            return bool(condition)
        if isinstance(condition, (sympy.And, sympy.Or)):
            return (all if isinstance(condition, sympy.And) else any)(
                map(self.holds, condition.args)
            )
        return bool(COMPARE[condition.rel_op](self.of(condition.lhs), self.of(condition.rhs)))


class Point:
    """One choice of numbers for all symbols of a sheet."""

    def __init__(
        self,
        sheet: Sheet,
        seed: int,
        fixed: Mapping[Any, Any] | None = None,
        functions: Mapping[str, Defined] | None = None,
    ) -> None:
        self.sheet, self.seed = sheet, seed
        self.rough, self.precise = (
            SheetNumbers(sheet, seed, context, fixed or {}, functions or {})
            for context in (mpmath.fp, CONTEXTS[0])
        )

    def difference(self, e: Any) -> float | None:
        """Return the value of an expression, or None where it is 0 as far as one can see."""
        try:
            terms = [self.rough.of(term) for term in sympy.Add.make_args(e)]
            if abs(sum(terms)) <= DIFFERENT * max(SMALL, *map(abs, terms)):
                return None
            terms = [self.precise.of(term) for term in sympy.Add.make_args(e)]
        except (ArithmeticError, ValueError):  # outside the domain: it says nothing
            return None
        value = sum(terms)
        return float(value) if abs(value) > CLEAR * max(SMALL, *map(abs, terms)) else None

    def spelled(self, e: Any, at_most: int = 4) -> str:
        """Return the numbers of the free symbols in an expression, as one writes them."""
        leaves = self.sheet.leaves(e)
        shown = [f"{leaf.name} = {self.number(leaf)}" for leaf in leaves[:at_most]]
        return ", ".join([*shown, *(["…"] if len(leaves) > at_most else [])])

    def number(self, symbol: Any) -> Any:
        """Return the number of a free symbol, or the one that a condition makes of it."""
        rule = self.precise.fixed.get(symbol)
        if rule is None:
            return drawn(symbol, self.seed)
        numbers = {s: sympy.Rational(self.number(s)) for s in rule.free_symbols}
        value = rule.xreplace(numbers)
        return value if value.is_Rational else value.evalf(6)


def drawn(symbol: Any, seed: int) -> Fraction:
    """Return the number of a free symbol in the point of a seed, the same in every run."""
    digest = hashlib.sha256(f"{symbol.name} {seed}".encode()).digest()
    value = Fraction(1 + digest[0] % 13, 7)
    return value if symbol.is_positive or digest[1] % 2 else -value
