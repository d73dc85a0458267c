"""Real expressions of SymPy as exact quotients:  what is not arithmetic becomes a variable.

    x, π               a variable; what a condition such as x > y says of signs is kept
    exp, log, √, |·|   variables with what is known of them                     (extension.py)
    sin u, cos u       two variables with sin² = 1 − cos²
    tanh, erf, ...     a variable for each argument, up to its sign; tanh by exponentials on request
    max, sign, ...     NotReal: each branch is to be decided by itself

Two expressions that become the same quotient are the same function wherever both are defined. The
converse fails only where variables depend on each other in a way that is not listed here. Tested in
tests/proof/real/test_field.py.
"""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import sympy

from mlp.proof.real.extension import Extension, Finer, Key, key_of
from mlp.proof.real.polynomial import Quotient, TooLarge, variable

Made = TypeVar("Made")

ODD = (sympy.tanh, sympy.atan, sympy.asinh, sympy.erf, sympy.asin)


class NotReal(ValueError):  # noqa: N818  # it says what is the matter
    """The expression holds what is no real function of real numbers."""


class Field(Extension):
    """Expressions in an extension; what it is used for goes through ``use``."""

    def __init__(self, conditions: Sequence[Any] = (), *, by_exponentials: bool = False) -> None:
        super().__init__()
        self.conditions = conditions
        self.by_exponentials = by_exponentials
        self.known: dict[Any, Quotient] = {}
        self.finer = 0  # times that the work began again
        self.use(lambda _: None)

    def use(self, work: Callable[["Field"], Made]) -> Made:
        """Return work(self), which begins again as often as an exponential needs a finer unit."""
        while True:
            try:
                for condition in () if self.known else self.conditions:
                    self._assume(condition)
                return work(self)
            except Finer as finer:
                self.units[finer.term] = finer.unit
                self.finer += 1
                self.known.clear()
                self.signs.clear()

    def exact(self, e: Any) -> Quotient:
        """Return an expression as a quotient. Raises NotReal, TooLarge or ZeroDivisionError."""
        quotient = self.known.get(e)
        if quotient is None:
            quotient = self.known[e] = self._exact(e)
        return quotient

    def _exact(self, e: Any) -> Quotient:
        for kind, read in READERS:
            if isinstance(e, kind):
                return read(self, e)
        raise NotReal(f"{e} cannot be decided")

    def _number(self, e: Any) -> Quotient:
        number = sympy.Rational(e)
        return self.ring.number(int(number.p), int(number.q))

    def _symbol(self, e: Any) -> Quotient:
        return self.ring.variable(self.atom(e, positive=bool(e.is_positive)))

    def _power(self, e: Any) -> Quotient:
        base, exponent = e.args
        if exponent.is_Integer:
            return self.ring.integer_power(self.exact(base), int(exponent))
        if exponent.is_Rational:
            return self.root(self.exact(base), int(exponent.p), int(exponent.q))
        log = self.exact(sympy.log(base))
        return self.exponential([self.ring.product([self.exact(exponent), log])])

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
            sign, arguments = -1, [self.scaled(arguments[0], -1)]
        value = self.ring.variable(self.atom((e.func, *map(_key_of, arguments))))
        return self.scaled(value, sign)

    def _circular(self, e: Any) -> Quotient:
        """Return sin u or cos u, where sin² = 1 − cos²."""
        u, sign = self.exact(e.args[0]), 1
        if _leads_with_minus(u):
            u, sign = self.scaled(u, -1), 1 if isinstance(e, sympy.cos) else -1
        cosine, sine = (self.atom((sympy.cos, _key_of(u))), self.atom((sympy.sin, _key_of(u))))
        self.ring.relations[sine] = (2, {0: 1, variable(cosine, 2): -1})
        return self.scaled(self.ring.variable(cosine if isinstance(e, sympy.cos) else sine), sign)

    def _branching(self, e: Any) -> Quotient:
        raise NotReal(f"{e.func.__name__} has branches: decide each of them by itself")

    def exp(self, u: Any) -> Quotient:
        """Return exp(u) as a product over the terms of u, each over its own denominator."""
        groups: dict[Any, list[Quotient]] = {}
        for addend in sympy.Add.make_args(u):
            q = self.exact(addend)
            groups.setdefault(q.powers, []).append(q)
        return self.exponential([self.ring.sum(group) for group in groups.values()])

    def _assume(self, condition: Any) -> None:
        """Take the sign of a factor from a condition such as x − y > 0."""
        if not isinstance(condition, sympy.core.relational.Relational) or isinstance(
            condition, (sympy.Eq, sympy.Ne)
        ):
            return
        try:
            q = self.exact(condition.gts - condition.lts)
        except (NotReal, TooLarge, ZeroDivisionError):  # a region can be known only by its points
            return
        self.assume_positive(q)


READERS: tuple[tuple[Any, Callable[[Field, Any], Quotient]], ...] = (
    (sympy.Add, lambda field, e: field.ring.sum(map(field.exact, e.args))),
    (sympy.Mul, lambda field, e: field.ring.product(map(field.exact, e.args))),
    (sympy.Symbol, Field._symbol),  # noqa: SLF001  # its own methods, by the kind of expression
    ((sympy.Rational, sympy.Float), Field._number),  # noqa: SLF001  # likewise, and below
    (sympy.exp, lambda field, e: field.exp(e.args[0])),
    (sympy.Pow, Field._power),  # noqa: SLF001
    (type(sympy.E), lambda field, _: field.exp(sympy.S.One)),
    (type(sympy.pi), lambda field, e: field.ring.variable(field.atom(e, positive=True))),
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


def _key_of(q: Quotient) -> Key:
    return key_of(q.num), q.whole, q.powers


def _leads_with_minus(q: Quotient) -> bool:
    return bool(q.num) and q.num[max(q.num)] < 0
