"""A point at which an expression is not zero, exact and in many digits, as the ground of a refusal.

    counterexample    looked for among small rational points that satisfy the conditions; what so
                      many digits as its numbers span, and twice as many, agree on counts
    Trial             one point for all that a page has defined; a difference that floats see is
                      believed once many digits confirm it

That no point is found proves nothing: that is what decide.py is for. Tested in
tests/proof/real/test_counterexample.py.
"""

import hashlib
import random
from collections import ChainMap
from collections.abc import Iterable, Iterator, Mapping, MutableMapping, Sequence
from fractions import Fraction
from typing import Any

import mpmath
import sympy

from mlp.proof.real.numbers import FINER, MP, Numbers, digits

TRIES, SMALL = 200, 20  # points, and how many of them come first because they read well
CLEAR = 1e-20  # of the largest term: what is smaller is not told from zero
CLEAR_IN_FLOATS = 1e-9
MOST_DIGITS = 2000  # a point that needs more is no ground
LEAST = 1e-3  # what terms of a page are at least taken to be: they may have cancelled below


def clear_sum(terms: Iterable[Any], share: float = CLEAR, least: float = 0) -> Any:
    """Return the sum of the terms, or None where it is not told from zero."""
    terms = [*terms]
    value = sum(terms)
    return value if abs(value) > share * max(least, *map(abs, terms)) else None


def rational_points(
    symbols: Sequence[Any],
    near: Mapping[Any, Fraction] | None = None,
    *,
    tries: int = TRIES,
    seed: int = 0,
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
    e: Any, conditions: Sequence[Any] = (), near: Mapping[Any, Fraction] | None = None
) -> tuple[dict[Any, Fraction], float] | None:
    """Return a point where e is clearly not zero, and its value there, or None if none is found."""
    symbols = sorted(e.free_symbols.union(*(c.free_symbols for c in conditions)), key=str)
    for point in rational_points(symbols, near, tries=TRIES if symbols else 1):
        try:
            if not all(map(Numbers(point).holds, conditions)):
                continue
            value = _value(point, e)
        except (ArithmeticError, ValueError):
            continue
        if value is not None:
            return point, value
    return None


def _value(point: Mapping[Any, Fraction], e: Any) -> float | None:
    """Return the value of e at a point, or None where that is not told from zero.

    In 1 − 1/(1 + e⁻⁵⁰⁰) every digit of 60 and of 120 is lost alike. So as many are taken as no sum
    of such numbers can lose, and twice as many.
    """
    if clear_sum(Numbers(point).terms(e)) is None:
        return None
    numbers = Numbers(point, FINER)
    numbers.terms(e)
    needed = FINER.dps + 2 * numbers.span()
    if needed > MOST_DIGITS:
        return None
    rough, value = (clear_sum(Numbers(point, digits(n)).terms(e)) for n in (needed, 2 * needed))
    sure = None not in (rough, value) and abs(rough - value) < CLEAR * abs(value)
    return float(value) if sure else None


def undefined(
    e: Any, conditions: Sequence[Any] = (), near: Mapping[Any, Fraction] | None = None
) -> str:
    """Say at which point of the region e has no real value, if one is soon found, else ""."""
    symbols = sorted(e.free_symbols, key=str)
    conditions = [c for c in conditions if c.free_symbols <= e.free_symbols]
    for point in rational_points(symbols, near, tries=20):
        numbers = Numbers(point)
        try:
            if all(map(numbers.holds, conditions)):
                numbers.of(e)
        except (ArithmeticError, ValueError):
            return ", ".join(f"{symbol} = {value}" for symbol, value in point.items())
    return ""


class Trial:
    """One choice of numbers: drawn for free symbols, by the rules for all others."""

    def __init__(
        self, seed: int, rules: MutableMapping[Any, Any], functions: Mapping[str, Any] | None = None
    ) -> None:
        self.rules, self.drawn = rules, Drawn(seed)
        point = ChainMap(rules, self.drawn)
        self.rough = Numbers(point, mpmath.fp, functions, seed)
        self.precise = Numbers(point, MP, functions, seed)

    def difference(self, e: Any) -> float | None:
        """Return the value of an expression, or None where it is 0 as far as one can see."""
        try:
            if clear_sum(self.rough.terms(e), CLEAR_IN_FLOATS, LEAST) is None:
                return None
            value = clear_sum(self.precise.terms(e), CLEAR, LEAST)
        except (ArithmeticError, ValueError):  # outside the domain: it says nothing
            return None
        return None if value is None else float(value)

    def spelled(self, symbols: Sequence[Any], at_most: int = 4) -> str:
        """Return the numbers of symbols as one writes them."""
        shown = [f"{symbol.name} = {self.number(symbol)}" for symbol in symbols[:at_most]]
        return ", ".join([*shown, *(["…"] if len(symbols) > at_most else [])])

    def number(self, symbol: Any) -> Any:
        """Return the number of a free symbol, or the one that a rule makes of it."""
        if symbol not in self.rules:
            return self.drawn[symbol]
        rule = self.rules[symbol]
        value = rule.xreplace({s: sympy.Rational(self.number(s)) for s in rule.free_symbols})
        return value if value.is_Rational else value.evalf(6)


class Drawn(dict[Any, Fraction]):
    """The number of every symbol, drawn when it is asked for."""

    def __init__(self, seed: int) -> None:
        super().__init__()
        self.seed = seed

    def __missing__(self, symbol: Any) -> Fraction:
        """Return a small fraction that is the same in every run."""
        digest = hashlib.sha256(f"{symbol.name} {self.seed}".encode()).digest()
        value = Fraction(1 + digest[0] % 13, 7)
        return value if symbol.is_positive or digest[1] % 2 else -value
