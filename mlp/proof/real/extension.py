"""Quotients of polynomials with exp, log, roots and |·| of them:  each new value is a variable.

    exp(3a − b/2)    exp(a)³ · exp(b/2)⁻¹: one variable for each term, known to be positive
    log(e^a p / q)   a + log p − log q, split only over factors known to be positive
    √p, |p|          a variable r with r² = p, or r² = p²
    a factor > 0     where none of its terms is ever negative, or where that is assumed

All exponentials of one term are powers of one variable, exp(a · unit). Where one comes that is no
power of it, Finer says which unit would do, and the work has to begin again. Tested in
tests/proof/real/test_extension.py.
"""

import math
from collections.abc import Hashable
from fractions import Fraction
from typing import Any, TypeAlias

import sympy

from mlp.proof.real.polynomial import ONE, Poly, Quotient, Ring, TooLarge, W, exponents

Key: TypeAlias = Hashable

LARGEST = 1 << (W - 4)  # exponent of an exponential, so that powers of it still fit


class Finer(Exception):  # noqa: N818  # no error: the work begins again with this unit
    """An exponential needs a smaller unit of its exponent."""

    def __init__(self, term: Key, unit: Fraction) -> None:
        super().__init__()
        self.term, self.unit = term, unit


class Extension:
    """A ring, what its variables stand for, and what is known of their signs."""

    def __init__(self) -> None:
        self.ring = Ring()
        self.units: dict[Key, Fraction] = {}  # of the exponent of each exponential
        self.variables: dict[Key, int] = {}
        self.positive: set[int] = set()
        self.signs: dict[int, int] = {}  # of factors, by their number, where one is assumed
        self.exponent: dict[int, Quotient] = {}  # log of a variable that is an exponential
        self.power: dict[int, Quotient] = {}  # exp of a variable that is a logarithm

    def atom(self, key: Key, *, positive: bool = False) -> int:
        """Return the variable that stands for something, a new one the first time."""
        if key not in self.variables:
            self.variables[key] = self.ring.new_variable()
        if positive:
            self.positive.add(self.variables[key])
        return self.variables[key]

    def scaled(self, q: Quotient, n: int) -> Quotient:
        """Return n · q."""
        return self.ring.product([q, self.ring.number(n)])

    # functions of quotients

    def exponential(self, addends: list[Quotient]) -> Quotient:
        """Return exp of the sum of the addends, a product over the terms of each."""
        product = []
        for q in addends:
            for monomial, c in q.terms:
                whole = Fraction(c, q.whole)
                lone = _lone(monomial)
                if not q.powers and whole.denominator == 1 and lone in self.power:
                    base = self.power[lone]  # exp(n log p) is pⁿ
                    product.append(self.ring.integer_power(base, int(whole)))
                    continue
                product.append(self._exponential_of_term((monomial, q.powers), whole))
        return self.ring.product(product)

    def _exponential_of_term(self, term: Any, times: Fraction) -> Quotient:
        unit = self.units.setdefault(term, abs(times))
        steps = times / unit
        if steps.denominator != 1:
            common = Fraction(
                math.gcd(unit.numerator, times.numerator),
                math.lcm(unit.denominator, times.denominator),
            )
            raise Finer(term, common)
        if abs(steps) > LARGEST:
            raise TooLarge
        v = self.atom(("exp", term, unit), positive=True)
        if v not in self.exponent:
            monomial, powers = term
            argument = Quotient({monomial: 1}, 1, powers)
            scale = self.ring.number(unit.numerator, unit.denominator)
            self.exponent[v] = self.ring.product([argument, scale])
        return self.ring.variable(v, int(steps))

    def log(self, q: Quotient) -> Quotient:
        """Return log(q), split over what is known to be positive."""
        sign, known, unknown = self._split(q)
        addends = [self.scaled(self._logarithm(p), n) for p, n in known]
        if unknown or sign < 0:
            addends.append(self.ring.variable(self.atom(("log", sign, unknown))))
        return self.ring.sum(addends)

    def _logarithm(self, p: Poly) -> Quotient:
        """Return log(p) of a positive p."""
        lone = _lone_variable(p)
        if lone in self.exponent:
            return self.exponent[lone]
        v = self.atom(("log", key_of(p)))
        self.power[v] = Quotient(p)
        return self.ring.variable(v)

    def root(self, q: Quotient, n: int, degree: int) -> Quotient:
        """Return q^(n/degree), where q ≥ 0: what is known to be positive comes out of the root."""
        if not q.num:
            return self.ring.integer_power(q, n)
        sign, known, unknown = self._split(q)
        parts = [self._rooted(p, n * count, degree) for p, count in known]
        if unknown or sign < 0:  # r/below with r^degree = under · below^(degree − 1)
            under, below = [self.ring.number(sign)], []
            for f, count in unknown:
                factor = Quotient(self.ring.factors[f])
                over = count if count > 0 else -count * (degree - 1)
                under.append(self.ring.integer_power(factor, over))
                below.append(self.ring.integer_power(factor, min(count, 0)))
            v = self.atom(("root", degree, sign, unknown))
            self.ring.relations[v] = (degree, self.ring.product(under).num)
            root = self.ring.product([self.ring.variable(v), *below])
            parts.append(self.ring.integer_power(root, n))
        return self.ring.product(parts)

    def _rooted(self, p: Poly, n: int, degree: int) -> Quotient:
        """Return p^(n/degree) of a positive p."""
        outside, inside = divmod(n, degree)
        parts = [self.ring.integer_power(Quotient(p), outside)]
        if inside:
            common = math.gcd(inside, degree)
            v = self.atom(("root", degree // common, key_of(p)), positive=True)
            self.ring.relations[v] = (degree // common, p)
            parts.append(self.ring.variable(v, inside // common))
        return self.ring.product(parts)

    def absolute(self, q: Quotient) -> Quotient:
        """Return |q|, factor by factor."""
        if not q.num:
            return q
        _, known, unknown = self._split(q)
        parts = [self.ring.integer_power(Quotient(p), n) for p, n in known]
        for f, n in unknown:
            p = self.ring.factors[f]
            v = self.atom(("abs", key_of(p)))
            self.ring.relations[v] = (2, self.ring.times(p, p))
            parts.append(self.ring.variable(v, n))
        return self.ring.product(parts)

    # signs

    def sign(self, q: Quotient) -> int:
        """Return 1 or −1 where the sign of q is known, else 0."""
        if not q.num:
            return 0
        sign, _, unknown = self._split(q)
        return 0 if unknown else sign

    def sign_of_factor(self, f: int) -> int:
        """Return 1 or −1 where the sign of a factor is known from its terms or a condition."""
        if f in self.signs:
            return self.signs[f]
        p = self.ring.factors[f]
        for monomial in p:
            for v, n in exponents(monomial).items():
                if n % 2 and v not in self.positive:
                    return 0
        if all(c > 0 for c in p.values()) and self._somewhere_positive(p):
            return 1
        return 0

    def _somewhere_positive(self, p: Poly) -> bool:
        """Tell whether a term is positive and not only not negative."""
        return any(self.positive.issuperset(exponents(monomial)) for monomial in p)

    def assume_positive(self, q: Quotient) -> None:
        """Take the sign of a factor from q > 0, where it is the only one that is not known."""
        if not q.num:
            return
        sign, _, powers = self._factored(q)
        unknown = [(f, n) for f, n in powers if not self.sign_of_factor(f)]
        if len(unknown) != 1 or unknown[0][1] % 2 == 0:
            return
        for f, n in powers:
            sign *= self.sign_of_factor(f) if n % 2 and (f, n) != unknown[0] else 1
        f = unknown[0][0]
        self.signs[f] = sign
        lone = _lone_variable(self.ring.factors[f])
        if lone is not None and sign > 0:
            self.positive.add(lone)

    # parts

    def _split(self, q: Quotient) -> tuple[int, list[tuple[Poly, int]], tuple[Any, ...]]:
        """Return q ≠ 0 as a sign, powers of positive polynomials, and powers of other factors."""
        sign, whole, powers = self._factored(q)
        known: list[tuple[Poly, int]] = [({0: p}, n) for p, n in _primes(whole).items()]
        unknown = []
        for f, n in powers:
            p, side = self.ring.factors[f], self.sign_of_factor(f)
            if side:
                known.append((p if side > 0 else {m: -c for m, c in p.items()}, n))
                sign *= side if n % 2 else 1
            else:
                unknown.append((f, n))
        return sign, known, tuple(unknown)

    def _factored(self, q: Quotient) -> tuple[int, Fraction, list[tuple[int, int]]]:
        """Return the sign, the positive rational and the powers of factors that make up q."""
        content, above = self.ring.split(q.num)
        powers = dict(above)
        for f, n in q.powers:
            powers[f] = powers.get(f, 0) - n
        left = sorted((f, n) for f, n in powers.items() if n)
        return (1 if content > 0 else -1), Fraction(abs(content), q.whole), left


def key_of(p: Poly) -> Key:
    """Return a polynomial as what a dict can look up."""
    return frozenset(p.items())


def _lone(monomial: int) -> int | None:
    """Return the variable that a monomial is, if it is one."""
    found = exponents(monomial)
    return next(iter(found)) if list(found.values()) == [1] else None


def _lone_variable(p: Poly) -> int | None:
    return _lone(next(iter(p))) if len(p) == 1 and p != ONE else None


def _primes(number: Fraction) -> dict[int, int]:
    """Return {prime: exponent} of a positive rational."""
    found = sympy.factorrat(sympy.Rational(number.numerator, number.denominator))
    return {int(p): int(n) for p, n in found.items() if p > 1}
