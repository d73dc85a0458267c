"""Exact quotients of polynomials:  5x²y − 3  is  {2 + 1·2ᵂ: 5, 0: −3},  its denominator factored.

    Poly      {monomial: integer coefficient}; no coefficient is 0, so that {} is zero
    monomial  one integer with the exponent of variable v at bit W v: a product is a sum
    Quotient  numerator / (whole number · powers of factors that the ring knows by number)
    relation  x^q = p, for a variable that is a root: higher powers of it are replaced

A quotient is zero where its numerator is {}: no greatest common divisor is ever taken. Our own,
for the polynomials of python-flint made whole proofs slower. Tested in
tests/proof/real/test_polynomial.py.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from typing import TypeAlias

Poly: TypeAlias = dict[int, int]

W = 20  # bits of an exponent, the highest of which is a guard and stays 0
EXPONENT = (1 << W) - 1
ONE: Poly = {0: 1}


class TooLarge(ArithmeticError):  # noqa: N818  # it says what is the matter
    """An exact answer would need more terms than the ring allows."""


def exponents(monomial: int) -> dict[int, int]:
    """Return {variable: exponent} of a monomial."""
    found, v = {}, 0
    while monomial:
        if monomial & EXPONENT:
            found[v] = monomial & EXPONENT
        monomial >>= W
        v += 1
    return found


def variable(v: int, exponent: int = 1) -> int:
    """Return the monomial of one variable."""
    return exponent << (W * v)


def guards_of(monomial: int) -> int:
    """Return the guard bits of every variable up to the last one of a monomial."""
    return _guards(monomial.bit_length() // W + 1)


@cache
def _guards(count: int) -> int:
    return sum(1 << (W * v + W - 1) for v in range(count))


def add(a: Poly, b: Poly, times: int = 1) -> Poly:
    """Return a + times · b."""
    out = dict(a)
    for monomial, c in b.items():
        total = out.get(monomial, 0) + times * c
        if total:
            out[monomial] = total
        else:
            out.pop(monomial, None)
    return out


def divide(a: Poly, b: Poly) -> Poly | None:
    """Return a / b where nothing remains, else None."""
    lead = max(b)
    guards = guards_of(max(max(a, default=0), lead))
    rest, out = dict(a), {}
    while rest:
        top = max(rest)
        if ((top | guards) - lead) & guards != guards or rest[top] % b[lead]:
            return None
        monomial, c = top - lead, rest[top] // b[lead]
        out[monomial] = c
        rest = add(rest, {monomial + m: x for m, x in b.items()}, -c)
    return out


@dataclass(frozen=True)
class Quotient:
    """num / (whole · Π factor^power), the factors named by their numbers in a ring."""

    num: Poly
    whole: int = 1
    powers: tuple[tuple[int, int], ...] = ()

    @property
    def terms(self) -> Iterable[tuple[int, int]]:
        """The terms of the numerator in a fixed order."""
        return sorted(self.num.items())


ZERO = Quotient({})


@dataclass
class Ring:
    """What quotients share: how many variables there are, factors, relations, and a budget."""

    budget: int = 10**7  # products of two terms, at most
    count: int = 0
    factors: list[Poly] = field(default_factory=list)
    relations: dict[int, tuple[int, Poly]] = field(default_factory=dict)
    spent: int = 0

    def new_variable(self) -> int:
        """Return the number of a new variable."""
        self.count += 1
        return self.count - 1

    # polynomials

    def times(self, a: Poly, b: Poly) -> Poly:
        """Return a · b, with powers of roots replaced."""
        self.spent += len(a) * len(b)
        if self.spent > self.budget:
            raise TooLarge
        if ONE in (a, b):
            return b if a == ONE else a
        out: Poly = {}
        for m, x in a.items():
            for n, y in b.items():
                out[m + n] = out.get(m + n, 0) + x * y
        guards = guards_of(max(out, default=0))
        if any(m & guards for m in out):  # before an exponent could reach into its neighbour's
            raise TooLarge
        return self.reduced({m: c for m, c in out.items() if c})

    def power(self, a: Poly, n: int) -> Poly:
        """Return aⁿ."""
        out = ONE
        for _ in range(n):
            out = self.times(out, a)
        return out

    def reduced(self, a: Poly) -> Poly:
        """Replace x^q by p for every relation x^q = p."""
        for v, (q, p) in self.relations.items():
            high = [m for m in a if (m >> (W * v)) & EXPONENT >= q]
            while high:
                out = {m: c for m, c in a.items() if m not in {*high}}
                for m in high:
                    out = add(out, self.times({m - variable(v, q): a[m]}, p))
                a = out
                high = [m for m in a if (m >> (W * v)) & EXPONENT >= q]
        return a

    def split(self, a: Poly) -> tuple[int, dict[int, int]]:
        """Return a as an integer times powers of factors, which become known by number."""
        content = math.gcd(*a.values()) * (1 if a[max(a)] > 0 else -1)
        rest = {m: c // content for m, c in a.items()}
        powers: dict[int, int] = {}
        common = dict(exponents(next(iter(rest))))
        for m in rest:
            here = exponents(m)
            common = {v: min(n, here[v]) for v, n in common.items() if v in here}
        for v, n in common.items():
            powers[self._number({variable(v): 1})] = n
            rest = {m - variable(v, n): c for m, c in rest.items()}
        for number, factor in enumerate(self.factors):
            if rest == ONE:
                break
            while len(factor) > 1 and (quotient := divide(rest, factor)) is not None:
                rest = quotient
                powers[number] = powers.get(number, 0) + 1
        content *= rest[0] if set(rest) == {0} else 1  # a factor may have taken a sign along
        if set(rest) != {0}:
            powers[self._number(rest)] = 1
        return content, powers

    def _number(self, factor: Poly) -> int:
        if factor not in self.factors:
            self.factors.append(factor)
        return self.factors.index(factor)

    # quotients

    def number(self, numerator: int, denominator: int = 1) -> Quotient:
        """Return a rational number."""
        return Quotient({0: numerator} if numerator else {}, denominator if numerator else 1)

    def variable(self, v: int, exponent: int = 1) -> Quotient:
        """Return a power of a variable, which may be negative."""
        power = Quotient(self.reduced({variable(v, abs(exponent)): 1}))
        return power if exponent >= 0 else self.inverse(power)

    def sum(self, addends: Iterable[Quotient]) -> Quotient:
        """Return the sum over the common denominator."""
        groups: dict[tuple[tuple[int, int], ...], list[Quotient]] = {}
        for q in addends:
            groups.setdefault(q.powers, []).append(q)
        common: dict[int, int] = {}
        for powers in groups:
            for f, n in powers:
                common[f] = max(n, common.get(f, 0))
        whole = math.lcm(*(q.whole for group in groups.values() for q in group))
        out: Poly = {}
        for powers, group in groups.items():
            part: Poly = {}
            for q in group:
                part = add(part, q.num, whole // q.whole)
            have = dict(powers)
            for f, n in common.items():
                part = self.times(part, self.power(self.factors[f], n - have.get(f, 0)))
            out = add(out, part)
        return self._quotient(out, whole, common)

    def product(self, factors: Iterable[Quotient]) -> Quotient:
        """Return the product."""
        num, whole = ONE, 1
        powers: dict[int, int] = {}
        for q in factors:
            num = self.times(num, q.num)
            whole *= q.whole
            for f, n in q.powers:
                powers[f] = powers.get(f, 0) + n
        return self._quotient(num, whole, powers)

    def integer_power(self, q: Quotient, n: int) -> Quotient:
        """Return qⁿ; a negative n inverts."""
        if n < 0:
            return self.integer_power(self.inverse(q), -n)
        return self._quotient(
            self.power(q.num, n), q.whole**n, {f: power * n for f, power in q.powers}
        )

    def inverse(self, q: Quotient) -> Quotient:
        """Return 1 / q; raise ZeroDivisionError where q is zero."""
        if not q.num:
            raise ZeroDivisionError
        content, powers = self.split(q.num)
        num = {0: q.whole if content > 0 else -q.whole}
        for f, n in q.powers:
            num = self.times(num, self.power(self.factors[f], n))
        return self._quotient(num, abs(content), powers)

    def _quotient(self, num: Poly, whole: int, powers: dict[int, int]) -> Quotient:
        """Return a quotient without the factors that divide its numerator."""
        if not num:
            return ZERO
        common = math.gcd(whole, *num.values())
        if common > 1:
            num, whole = {m: c // common for m, c in num.items()}, whole // common
        left = {}
        for f, n in powers.items():
            while n and (quotient := divide(num, self.factors[f])) is not None:
                num, n = quotient, n - 1  # noqa: PLW2901  # counted down
            if n:
                left[f] = n
        return Quotient(num, whole, tuple(sorted(left.items())))
