"""Expressions as numbers of many digits, at a point that gives each symbol an exact value.

    MP, FINER    60 digits and 120, in contexts of our own, so that nobody's precision changes
    digits(n)    such a context with n
    x = 3/7      a symbol is a fraction, a number of many digits, or what is said in other symbols
    f(x)         an unknown function is a wave, the same at every call

Tested in tests/proof/real/test_numbers.py.
"""

import operator
import random
from collections.abc import Mapping, Sequence
from fractions import Fraction
from functools import cache
from typing import Any

import mpmath
import sympy


@cache
def digits(number: int) -> Any:
    """Return a context that computes with this number of digits."""
    context = mpmath.MPContext()
    context.dps = number
    return context


MP, FINER = digits(60), digits(120)
COMPARE = {
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
    "!=": operator.ne,
}
BUILTIN = {"Abs": abs, "Max": max, "Min": min, "Heaviside": lambda x, _: int(x > 0)}


class Numbers:
    """Expressions as numbers at a point; what is known of functions that a page names is used."""

    def __init__(
        self,
        point: Mapping[Any, Any],
        context: Any = MP,
        functions: Mapping[str, Any] | None = None,
        seed: int = 0,
    ) -> None:
        self.point, self.mp, self.functions, self.seed = point, context, functions or {}, seed
        self.known: dict[Any, Any] = {}

    def of(self, e: Any) -> Any:
        """Return the value of e; raise ArithmeticError or ValueError where it has none."""
        if e not in self.known:
            self.known[e] = self._of(e)
        return self.known[e]

    def terms(self, e: Any) -> list[Any]:
        """Return the values of the terms of e."""
        return [self.of(term) for term in sympy.Add.make_args(e)]

    def span(self) -> int:
        """Return how many digits lie between the largest and the smallest number met so far."""
        sizes = [self.mp.mag(value) for value in self.known.values() if value]
        return int((max(sizes, default=0) - min(sizes, default=0)) * 0.302) + 1

    def holds(self, condition: Any) -> bool:
        """Tell whether a condition is true here."""
        if condition in {sympy.true, sympy.false}:
            return bool(condition)
        if isinstance(condition, (sympy.And, sympy.Or)):
            every = all if isinstance(condition, sympy.And) else any
            return every(map(self.holds, condition.args))
        return bool(COMPARE[condition.rel_op](self.of(condition.lhs), self.of(condition.rhs)))

    def _of(self, e: Any) -> Any:
        if not e.args:
            return self._symbol(e) if e.is_Symbol else self._constant(e)
        if isinstance(e, sympy.Piecewise):
            return self._case(e)
        args = [self.of(a) for a in e.args]
        if e.is_Add or e.is_Mul:
            return self.mp.fsum(args) if e.is_Add else self.mp.fprod(args)
        if e.is_Pow:
            if not e.exp.is_Integer and args[0] < 0:
                raise ValueError("no real power")
            return args[0] ** (int(e.exp) if e.exp.is_Integer else args[1])
        if hasattr(e, "origin"):
            return self._unknown(e.origin[0], e.origin[1], e.args)
        value = self._function(e.func.__name__)(*args)
        if isinstance(value, self.mp.mpc):
            raise ValueError("not real")  # noqa: TRY004  # a value, not a type, of the mathematics
        return value

    def _symbol(self, e: Any) -> Any:
        try:
            value = self.point[e]
        except KeyError:
            raise ValueError(f"{e} has no value") from None
        if isinstance(value, Fraction):
            return self.mp.mpf(value.numerator) / value.denominator
        return self.of(value) if isinstance(value, sympy.Basic) else value

    def _constant(self, e: Any) -> Any:
        if e.is_Rational or e.is_Float:
            exact = sympy.Rational(e)
            return self.mp.mpf(int(exact.p)) / int(exact.q)
        if e not in {sympy.pi, sympy.E}:
            raise ValueError(f"{e} has no value")
        return +(self.mp.pi if e is sympy.pi else self.mp.e)

    def _case(self, e: Any) -> Any:
        for part, where in e.args:
            if self.holds(where):
                return self.of(part)
        raise ArithmeticError("no case holds here")

    def _unknown(self, name: Any, orders: tuple[int, ...], args: Sequence[Any]) -> Any:
        """Return a value of a function or of its derivative: what it is here, else of a wave."""
        if name in self.functions:
            function = self.functions[name]
            return self.of(function.slope(orders[0]).xreplace({function.parameters[0]: args[0]}))
        draw = random.Random(f"{name} {self.seed}")  # noqa: S311  # no secret
        phase = self.mp.mpf(draw.randint(1, 12)) / 7
        wave = self.mp.mpf(1)
        for x, order in zip(args, orders, strict=True):
            scale = self.mp.mpf(draw.randint(3, 12)) / 9
            phase += scale * self.of(x)
            wave *= scale**order
        quarter = sum(orders) % 4
        return wave * (1, 1, -1, -1)[quarter] * (self.mp.cos if quarter % 2 else self.mp.sin)(phase)

    def _function(self, name: str) -> Any:
        function = BUILTIN.get(name) or getattr(self.mp, name, None)
        if function is None:
            raise ValueError(f"{name} is not known as a function of numbers")
        return function
