"""Is this expression zero, for all real values of its symbols?  A verdict, and its ground.

    proved        it is zero as a quotient of polynomials (field.py): an exact argument
    checked       it is zero modulo a prime near 2⁶³ at random points; the exact way is too long
    refused       it is not zero at a rational point that satisfies the conditions
    not proved    neither

Where tanh and exp meet, tanh(u) becomes (e²ᵘ − 1)/(e²ᵘ + 1), but only if it has to. Tested in
tests/proof/real/test_decide.py.
"""

import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from typing import Any

import sympy

from mlp.proof.real.counterexample import counterexample, undefined
from mlp.proof.real.field import Field, NotReal
from mlp.proof.real.polynomial import Quotient, TooLarge, exponents

TOO_MANY = "it takes too many terms"
PRIME = 12262475983432554239  # modulo which every prime up to 101 is a square
HALF = PRIME // 2  # it has no factor but 97 below 5,000: squares have one square as n-th root
POINTS = 2  # random points modulo the prime: what is not zero passes one with a chance near 1e-17


@dataclass(frozen=True)
class Decision:
    """A verdict; for a refusal the point, an exact value for each symbol, and the difference."""

    verdict: str
    counterexample: dict[Any, Fraction] | None = None
    difference: float | None = None
    reason: str = ""

    def __bool__(self) -> bool:
        return self.verdict == "proved"


def is_zero(
    e: Any,
    *,
    conditions: Sequence[Any] = (),
    positive: Iterable[Any] = (),
    near: Mapping[Any, Fraction] | None = None,
) -> Decision:
    """Decide whether an expression is zero for all real values of its symbols in a region.

    Parameters
    ----------
    e : sympy.Expr
        A real expression of symbols made with ``real=True``.
    conditions : sequence of sympy.Rel, optional
        The region, such as ``x > y``: an open set in which e is to be zero.
    positive : iterable of sympy.Symbol, optional
        Symbols that are positive in it.
    near : dict of Fraction, optional
        A point of the region, around which a counterexample is looked for first.

    Returns
    -------
    Decision
        True only where its verdict is "proved".

    Raises
    ------
    sympy.SympifyError
        For what is no expression.
    ValueError
        For a condition that is false.

    Examples
    --------
    >>> import sympy
    >>> from mlp.proof.real.decide import is_zero
    >>> x = sympy.Symbol("x", real=True)
    >>> is_zero(sympy.log(1 / (1 + sympy.exp(-x))) + sympy.log(1 + sympy.exp(-x))).verdict
    'proved'
    >>> is_zero(sympy.log(x**2) - 2 * sympy.log(x)).verdict
    'not proved'
    >>> is_zero(sympy.sqrt(x**2) - x).counterexample
    {x: Fraction(-1, 1)}
    """
    return Decider([*conditions, *(s > 0 for s in positive)], near).is_zero(sympy.sympify(e))


class Decider:
    """Decides one expression after another in the same region, and keeps what it has worked out."""

    def __init__(
        self, conditions: Sequence[Any] = (), near: Mapping[Any, Fraction] | None = None
    ) -> None:
        self.conditions = [c for c in conditions if c != sympy.true]
        if sympy.false in self.conditions:
            raise ValueError("is_zero: the conditions contradict each other")
        self.near = near
        self.fields: list[tuple[Field, list[Residues]]] = []

    def is_zero(self, e: Any) -> Decision:
        """Decide one expression."""
        decision = self.proves_zero(e)
        if decision.verdict != "not proved":
            return decision
        found = counterexample(e, self.conditions, self.near)
        if found:
            return Decision("refused", *found)
        where = undefined(e, self.conditions, self.near)
        if where:
            reason = f"it is not real at {where}; let a condition say where it is"
            return Decision("not proved", reason=reason)
        return decision

    def proves_zero(self, e: Any) -> Decision:
        """Decide one expression without looking for a counterexample."""
        reason = ""
        for by_exponentials in (False, True) if e.has(sympy.tanh) else (False,):
            try:
                field, points = self._field(by_exponentials)
                verdict = field.use(partial(_zero, e, points))
            except (NotReal, ZeroDivisionError, TooLarge) as error:
                reason = str(error) or TOO_MANY
                continue
            if verdict:
                return Decision(verdict)
        return Decision("not proved", reason=reason)

    def _field(self, by_exponentials: bool) -> tuple[Field, list["Residues"]]:  # noqa: FBT001  # an index
        while len(self.fields) <= by_exponentials:
            field = Field(self.conditions, by_exponentials=bool(self.fields))
            self.fields.append((field, [Residues(field, seed) for seed in range(POINTS)]))
        return self.fields[by_exponentials]


def _zero(e: Any, points: list["Residues"], field: Field) -> str | None:
    """Return "proved" or "checked" where e is zero in the field, else None."""
    if not all(point.vanishes(e) for point in points):
        return None
    field.ring.spent = 0
    try:
        return None if field.exact(e).num else "proved"
    except TooLarge:
        return "checked"


class _Again(Exception):  # noqa: N818  # no error: another point is drawn
    """The random point will not do: a denominator vanishes there, or a root does not exist."""


class Residues:
    """Expressions modulo the prime, each variable of the field at a random value.

    What one expression has in common with those before it is known, until the units are finer.
    """

    def __init__(self, field: Field, seed: int) -> None:
        self.field = field
        self.rng = random.Random(seed)  # noqa: S311  # no secret: the same points every time
        self.forget()

    def forget(self) -> None:
        """Draw other values from here on."""
        self.values: dict[int, int] = {}
        self.known: dict[Any, int] = {}
        self.finer = self.field.finer

    def vanishes(self, e: Any) -> bool:
        """Tell whether e is zero at a random point where it is defined."""
        if self.finer != self.field.finer:
            self.forget()
        for _ in range(1000):
            try:
                return self.of(e) == 0
            except _Again:
                self.forget()
        raise ZeroDivisionError(
            "at 1,000 random points it is not defined, or a root in it is none modulo the prime"
        )

    def of(self, e: Any) -> int:
        """Return the value of e."""
        value = self.known.get(e)
        if value is None:
            value = self.known[e] = self._of(e)
        return value

    def _of(self, e: Any) -> int:
        if e.is_Add:
            return sum(map(self.of, e.args)) % PRIME
        if e.is_Mul:
            value = 1
            for a in e.args:
                value = value * self.of(a) % PRIME
            return value
        if e.is_Pow and e.args[1].is_Integer:
            base, n = self.of(e.args[0]), int(e.args[1])
            return pow(base if n > 0 else _inverse(base), abs(n), PRIME)
        return self.quotient(self.field.exact(e))

    def quotient(self, q: Quotient) -> int:
        """Return the value of a quotient."""
        below = q.whole
        for f, n in q.powers:
            below = below * pow(self.polynomial(self.field.ring.factors[f]), n, PRIME) % PRIME
        return self.polynomial(q.num) * _inverse(below) % PRIME

    def polynomial(self, p: dict[int, int]) -> int:
        """Return the value of a polynomial."""
        value = 0
        for monomial, c in p.items():
            term = c
            for v, n in exponents(monomial).items():
                term = term * pow(self.variable(v), n, PRIME) % PRIME
            value += term
        return value % PRIME

    def variable(self, v: int) -> int:
        """Return the value of a variable: random, or the root of what its square must be."""
        if v not in self.values:
            degree, p = self.field.ring.relations.get(v, (1, {}))
            drawn = degree == 1
            self.values[v] = (
                self.rng.randrange(1, PRIME) if drawn else _root(self.polynomial(p), degree)
            )
        return self.values[v]


def _root(value: int, degree: int) -> int:
    """Return the root that is a square itself, or its negative; _Again where there is none."""
    for sign in (1, -1) if degree % 2 else (1,):
        root = sign * pow(sign * value, pow(degree, -1, HALF), PRIME) % PRIME
        if pow(root, degree, PRIME) == value:
            return root
    raise _Again


def _inverse(value: int) -> int:
    if value % PRIME == 0:
        raise _Again
    return pow(value, -1, PRIME)
