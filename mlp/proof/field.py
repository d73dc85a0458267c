"""Real expressions as exact quotients:  what is not arithmetic becomes a variable of its own.

    exp(3a − b/2)    one variable for each term: exp(a)³ · exp(b/2)⁻¹, both known to be positive
    log(e^a p / q)   a + log p − log q, split only over factors known to be positive
    √p, |p|          a variable r with r² = p, or r² = p²
    tanh, erf, ...   a variable for each argument, up to its sign; tanh by exponentials on request

Two expressions that become the same quotient are the same function wherever both are defined. The
converse fails only where variables depend on each other in a way that is not listed here. Tested in
tests/proof/test_field.py.
"""

import math
from collections.abc import Callable, Hashable, Sequence
from fractions import Fraction
from typing import Any, TypeAlias, TypeVar

import sympy

from mlp.proof.polynomial import ONE, Poly, Quotient, Ring, TooLarge, W, exponents, variable

Key: TypeAlias = Hashable
Result = TypeVar("Result")

ODD = (sympy.tanh, sympy.atan, sympy.asinh, sympy.erf, sympy.asin)
LARGEST = 1 << (W - 4)  # exponent of an exponential, so that powers of it still fit


class NotReal(ValueError):  # noqa: N818  # it says what is the matter
    """The expression holds what is no real function of real numbers."""


class _Finer(Exception):  # noqa: N818  # no error: the work begins again with this unit
    """An exponential needs a smaller unit of its exponent."""

    def __init__(self, term: Key, unit: Fraction) -> None:
        super().__init__()
        self.term, self.unit = term, unit


class Field:
    """A ring and what its variables stand for; what it is used for goes through ``use``."""

    def __init__(self, conditions: Sequence[Any] = (), *, by_exponentials: bool = False) -> None:
        self.ring = Ring()
        self.conditions = conditions
        self.by_exponentials = by_exponentials
        self.units: dict[Key, Fraction] = {}  # of the exponent of each exponential
        self.variables: dict[Key, int] = {}
        self.positive: set[int] = set()
        self.signs: dict[int, int] = {}  # of factors, by their number, where a condition says so
        self.exponent: dict[int, Quotient] = {}  # log of a variable that is an exponential
        self.power: dict[int, Quotient] = {}  # exp of a variable that is a logarithm
        self.known: dict[Any, Quotient] = {}
        self.use(lambda _: None)

    def use(self, work: Callable[["Field"], Result]) -> Result:
        """Return work(self), which begins again as often as an exponential needs a finer unit."""
        while True:
            try:
                if not self.known:
                    self._assume_all()
                return work(self)
            except _Finer as finer:
                self.units[finer.term] = finer.unit
                self.known.clear()
                self.signs.clear()

    # expressions

    def exact(self, e: Any) -> Quotient:
        """Return an expression as a quotient. Raises NotReal, TooLarge or ZeroDivisionError."""
        if e not in self.known:
            self.known[e] = self._exact(e)
        return self.known[e]

    def _exact(self, e: Any) -> Quotient:
        for kind, read in READERS:
            if isinstance(e, kind):
                return read(self, e)
        raise NotReal(f"{e} cannot be decided")

    def _number(self, e: Any) -> Quotient:
        number = sympy.Rational(e)
        return self.ring.number(int(number.p), int(number.q))

    def _symbol(self, e: Any) -> Quotient:
        return self.ring.variable(self._atom(e, positive=bool(e.is_positive)))

    def _power(self, e: Any) -> Quotient:
        base, exponent = e.args
        if exponent.is_Integer:
            return self.ring.integer_power(self.exact(base), int(exponent))
        if exponent.is_Rational:
            return self.root(self.exact(base), int(exponent.p), int(exponent.q))
        log = self.exact(sympy.log(base))
        return self._exponential([self.ring.product([self.exact(exponent), log])])

    def _tanh(self, e: Any) -> Quotient:
        if not self.by_exponentials:
            return self._function(e)
        squared = self.exp(2 * e.args[0])
        above, below = (self.ring.sum([squared, self.ring.number(n)]) for n in (-1, 1))
        return self.ring.product([above, self.ring.inverse(below)])

    def _function(self, e: Any) -> Quotient:
        """Return a variable for the value of a function at these arguments, up to their sign."""
        arguments, sign = [self.exact(a) for a in e.args], 1
        if isinstance(e, ODD) and _leads_with_minus(arguments[0]):
            sign, arguments = -1, [self._scaled(arguments[0], -1)]
        value = self.ring.variable(self._atom((e.func, *map(_key, arguments))))
        return self._scaled(value, sign)

    def _circular(self, e: Any) -> Quotient:
        """Return sin u or cos u, where sin² = 1 − cos²."""
        u, sign = self.exact(e.args[0]), 1
        if _leads_with_minus(u):
            u, sign = self._scaled(u, -1), 1 if isinstance(e, sympy.cos) else -1
        cosine, sine = self._atom((sympy.cos, _key(u))), self._atom((sympy.sin, _key(u)))
        self.ring.relations[sine] = (2, {0: 1, variable(cosine, 2): -1})
        return self._scaled(self.ring.variable(cosine if isinstance(e, sympy.cos) else sine), sign)

    def _branching(self, e: Any) -> Quotient:
        raise NotReal(f"{e.func.__name__} has branches: decide each of them by itself")

    # functions of quotients

    def exp(self, u: Any) -> Quotient:
        """Return exp(u) as a product over the terms of u, each over its own denominator."""
        groups: dict[Any, list[Quotient]] = {}
        for addend in sympy.Add.make_args(u):
            q = self.exact(addend)
            groups.setdefault(q.powers, []).append(q)
        return self._exponential([self.ring.sum(group) for group in groups.values()])

    def _exponential(self, addends: list[Quotient]) -> Quotient:
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
            raise _Finer(term, common)
        if abs(steps) > LARGEST:
            raise TooLarge
        v = self._atom(("exp", term, unit), positive=True)
        if v not in self.exponent:
            monomial, powers = term
            argument = Quotient({monomial: 1}, 1, powers)
            scale = self.ring.number(unit.numerator, unit.denominator)
            self.exponent[v] = self.ring.product([argument, scale])
        return self.ring.variable(v, int(steps))

    def log(self, q: Quotient) -> Quotient:
        """Return log(q), split over what is known to be positive."""
        sign, known, unknown = self._split(q)
        addends = [self._scaled(self._logarithm(p), n) for p, n in known]
        if unknown or sign < 0:
            addends.append(self.ring.variable(self._atom(("log", sign, unknown))))
        return self.ring.sum(addends)

    def _logarithm(self, p: Poly) -> Quotient:
        """Return log(p) of a positive p."""
        lone = _lone_variable(p)
        if lone in self.exponent:
            return self.exponent[lone]
        v = self._atom(("log", _poly(p)))
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
            v = self._atom(("root", degree, sign, unknown))
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
            v = self._atom(("root", degree // common, _poly(p)), positive=True)
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
            v = self._atom(("abs", _poly(p)))
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

    def _assume_all(self) -> None:
        for condition in self.conditions:
            self._assume(condition)

    def _assume(self, condition: Any) -> None:
        """Take the sign of one factor from a condition such as x − y > 0."""
        if not isinstance(condition, sympy.core.relational.Relational) or isinstance(
            condition, (sympy.Eq, sympy.Ne)
        ):
            return
        try:
            q = self.exact(condition.gts - condition.lts)
        except (NotReal, TooLarge, ZeroDivisionError):  # a region can be known only by its points
            return
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

    def _atom(self, key: Key, *, positive: bool = False) -> int:
        if key not in self.variables:
            self.variables[key] = self.ring.new_variable()
        if positive:
            self.positive.add(self.variables[key])
        return self.variables[key]

    def _scaled(self, q: Quotient, n: int) -> Quotient:
        return self.ring.product([q, self.ring.number(n)])


READERS: tuple[tuple[Any, Callable[[Field, Any], Quotient]], ...] = (
    (sympy.Add, lambda field, e: field.ring.sum(map(field.exact, e.args))),
    (sympy.Mul, lambda field, e: field.ring.product(map(field.exact, e.args))),
    (sympy.Symbol, Field._symbol),  # noqa: SLF001  # its own methods, by the kind of expression
    ((sympy.Rational, sympy.Float), Field._number),  # noqa: SLF001  # likewise, and below
    (sympy.exp, lambda field, e: field.exp(e.args[0])),
    (sympy.Pow, Field._power),  # noqa: SLF001
    (type(sympy.E), lambda field, _: field.exp(sympy.S.One)),
    (type(sympy.pi), lambda field, e: field.ring.variable(field._atom(e, positive=True))),  # noqa: SLF001
    (sympy.log, lambda field, e: field.log(field.exact(e.args[0]))),
    (sympy.Abs, lambda field, e: field.absolute(field.exact(e.args[0]))),
    (sympy.tanh, Field._tanh),  # noqa: SLF001
    ((sympy.sin, sympy.cos), Field._circular),  # noqa: SLF001
    (
        (sympy.sinh, sympy.cosh, sympy.coth, sympy.sech, sympy.csch),
        lambda field, e: field.exact(e.rewrite(sympy.exp)),
    ),
    (sympy.tan, lambda field, e: field.exact(sympy.sin(e.args[0]) / sympy.cos(e.args[0]))),
    (
        (sympy.Max, sympy.Min, sympy.sign, sympy.Heaviside, sympy.DiracDelta, sympy.Piecewise),
        Field._branching,  # noqa: SLF001
    ),
    (sympy.Function, Field._function),  # noqa: SLF001
)


def _key(q: Quotient) -> Key:
    return _poly(q.num), q.whole, q.powers


def _leads_with_minus(q: Quotient) -> bool:
    return bool(q.num) and q.num[max(q.num)] < 0


def _poly(p: Poly) -> Key:
    return frozenset(p.items())


def _lone(monomial: int) -> int | None:
    """Return the variable that a monomial is, if it is one."""
    found = exponents(monomial)
    return next(iter(found)) if list(found.values()) == [1] else None


def _lone_variable(p: Poly) -> int | None:
    return _lone(next(iter(p))) if len(p) == 1 and p != ONE else None


def _primes(number: Fraction) -> dict[int, int]:
    """Return {prime: exponent} of a positive rational."""
    found = {int(p): int(n) for p, n in sympy.factorint(number.numerator).items() if p > 1}
    found |= {int(p): -int(n) for p, n in sympy.factorint(number.denominator).items() if p > 1}
    return found
