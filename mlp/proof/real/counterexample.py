"""A point at which an expression is not zero, exact and in many digits, as the ground of a refusal.

The symbols take small rational values, which satisfy the conditions; the expression is computed
there in 60 digits and again in 120, and only what both agree on counts. Tested in
tests/proof/real/test_counterexample.py.
"""

import operator
import random
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Any, TypeAlias

import mpmath
import sympy

Point: TypeAlias = Mapping[Any, Fraction]

CONTEXTS = (mpmath.MPContext(), mpmath.MPContext())  # ours, so that nobody's precision changes
CONTEXTS[0].dps, CONTEXTS[1].dps = 60, 120
TRIES, SMALL = 200, 20  # points, and how many of them come first because they read well
CLEAR = 1e-20  # of the largest term: what is smaller is not told from zero
COMPARE = {
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
    "!=": operator.ne,
}
BUILTIN = {"Abs": abs, "Max": max, "Min": min}


class Numbers:
    """Expressions as numbers of many digits at a point."""

    def __init__(self, point: Point, context: Any = CONTEXTS[0]) -> None:
        self.mp = context
        self.known: dict[Any, Any] = {
            symbol: self.mp.mpf(value.numerator) / value.denominator
            for symbol, value in point.items()
        }

    def of(self, e: Any) -> Any:
        """Return the value of e; raise ArithmeticError or ValueError where it has none."""
        if e not in self.known:
            self.known[e] = self._of(e)
        return self.known[e]

    def _of(self, e: Any) -> Any:
        if not e.args:
            return self._number(e)
        args = [self.of(a) for a in e.args]
        if e.is_Add or e.is_Mul:
            return self.mp.fsum(args) if e.is_Add else self.mp.fprod(args)
        if e.is_Pow:
            if not e.exp.is_Integer and args[0] < 0:
                raise ValueError("no real power")
            return args[0] ** (int(e.exp) if e.exp.is_Integer else args[1])
        value = self._function(e.func.__name__)(*args)
        if isinstance(value, self.mp.mpc):
            raise ValueError("not real")  # noqa: TRY004  # a value, not a type, of the mathematics
        return value

    def _number(self, e: Any) -> Any:
        if e.is_Rational or e.is_Float:
            exact = sympy.Rational(e)
            return self.mp.mpf(int(exact.p)) / int(exact.q)
        if e not in {sympy.pi, sympy.E}:
            raise ValueError(f"{e} has no value")
        return +(self.mp.pi if e is sympy.pi else self.mp.e)

    def _function(self, name: str) -> Any:
        function = BUILTIN.get(name) or getattr(self.mp, name, None)
        if function is None:
            raise ValueError(f"{name} is not known as a function of numbers")
        return function

    def hold(self, conditions: Sequence[Any]) -> bool:
        """Tell whether every condition is true here."""
        return all(COMPARE[c.rel_op](self.of(c.lhs), self.of(c.rhs)) for c in conditions)


def points(
    symbols: Sequence[Any], near: Point | None = None, *, tries: int = TRIES, seed: int = 0
) -> Iterator[dict[Any, Fraction]]:
    """Yield points with small rational coordinates, then by turns around a given one as well."""
    rng = random.Random(seed)  # noqa: S311  # no secret: the same points every time
    for number in range(tries):
        if near is not None and number > SMALL and number % 2:
            spread = Fraction((number - SMALL) // 2, 8 * tries)
            yield {s: near[s] + spread * rng.randint(-7, 7) for s in symbols}
        else:
            reach = 2 if number < SMALL else (4, 14, 70)[number % 3]
            yield {
                s: Fraction(rng.randint(-reach, reach) or 1, rng.choice((1, 1, 2, 3)))
                for s in symbols
            }


def counterexample(
    e: Any, conditions: Sequence[Any] = (), near: Point | None = None
) -> tuple[dict[Any, Fraction], float] | None:
    """Return a point where e is clearly not zero, and its value there, or None if none is found."""
    symbols = sorted(e.free_symbols.union(*(c.free_symbols for c in conditions)), key=str)
    for point in points(symbols, near, tries=TRIES if symbols else 1):
        try:
            if not Numbers(point).hold(conditions):
                continue
            first, second = (value_and_size(e, Numbers(point, mp)) for mp in CONTEXTS)
        except (ArithmeticError, ValueError):
            continue
        value, size = second
        if abs(value) > CLEAR * size and abs(first[0] - value) < CLEAR * abs(value):
            return point, float(value)
    return None


def value_and_size(e: Any, numbers: Numbers) -> tuple[Any, Any]:
    """Return the value of e, and the size of its largest term."""
    return numbers.of(e), max(abs(numbers.of(term)) for term in sympy.Add.make_args(e))


def undefined(e: Any, conditions: Sequence[Any] = (), near: Point | None = None) -> str:
    """Say at which point of the region e has no real value, if one is soon found, else ""."""
    symbols = sorted(e.free_symbols, key=str)
    for point in points(symbols, near, tries=20):
        try:
            numbers = Numbers(point)
            if numbers.hold([c for c in conditions if c.free_symbols <= e.free_symbols]):
                numbers.of(e)
        except (ArithmeticError, ValueError):
            return spelled(point)
    return ""


def spelled(point: Point) -> str:
    """Write a point as x = 3/7, y = 2."""
    return ", ".join(f"{symbol} = {value}" for symbol, value in point.items())
