"""One equation of a page:  refuted at a point, or proved entry by entry, for all real numbers.

A point that refutes it is looked for first; then definitions are opened, the latest first, until
what stands on the left minus what stands on the right is zero whatever the others are. Conditions
narrow where that must hold: a sign, an equation that is linear in one symbol, what an unknown
function is. Tested in tests/proof/page/test_claim.py.
"""

import random
from collections import ChainMap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import product
from typing import Any

import sympy
from sympy.core.relational import Relational

from mlp.proof.formula.algebra import ORDERS, Algebra
from mlp.proof.formula.sheet import AnySmooth, Defined, Sheet, ordered, substituted, unknown
from mlp.proof.formula.syntax import LatexError, Name, Node, Number, Relation, Tree
from mlp.proof.formula.values import Value
from mlp.proof.real.counterexample import Trial
from mlp.proof.real.decide import Decider, Decision
from mlp.verdict import holds, rank, worst

MOST_SIGNS = 6
POINTS = 3  # at which a claim is tried before it is proved
POINTS_ELSEWHERE, ENTRIES = 2, 8  # at which, and how many, where axes have other lengths
UNDECIDED = (sympy.Piecewise, sympy.Max, sympy.Min, sympy.Abs, sympy.Heaviside, sympy.DiracDelta)


@dataclass(frozen=True)
class Settled:
    """What came of an equation; ``message`` is empty where it was proved."""

    verdict: str  # proved, checked, refused, not proved
    entries: int
    message: str = ""
    regions: int = 1  # of the code that was tied to the page
    sizes: tuple[tuple[str, int], ...] = ()  # of the axes


@dataclass
class Where:
    """Where a claim is to hold, from its conditions."""

    fixed: dict[Any, Any] = field(default_factory=dict)  # a symbol, in terms of others
    functions: dict[str, Defined] = field(default_factory=dict)
    inequalities: list[Any] = field(default_factory=list)

    def inside(self, e: Any) -> Any:
        """Return an expression with what the conditions say put in."""
        return substituted(self._with_functions(e), self.fixed)

    def _with_functions(self, e: Any) -> Any:
        rule = {}
        for value in unknown(e):
            name, orders = value.origin
            if function := self.functions.get(name):
                rule[value] = function.at(orders[0], self._with_functions(value.args[0]))
        return substituted(e, rule)


@dataclass(frozen=True)
class Claim:
    """An equation to be proved, and the sheet as it is where the equation stands."""

    relation: Relation
    conditions: tuple[Relation, ...]
    sheet: Sheet
    boxed: bool = False

    @property
    def algebra(self) -> Algebra:
        """What its formulas mean."""
        return Algebra(self.sheet)

    @property
    def code(self) -> str:
        r"""The name in \texttt{...} where the right side is what code returns, else ''."""
        right = self.relation.right
        return right.tag if isinstance(right, Node) and is_code(right) else ""

    @property
    def lengths(self) -> dict[str, int]:
        r"""The lengths of axes that it is for, as in \text{for}\quad n = 1."""
        return {
            left.letter: int(right.value)
            for left, right in ((each.left, each.right) for each in self.conditions)
            if isinstance(left, Name) and isinstance(right, Number)
            if left == Name(left.letter) and left.letter in self.sheet.sizes
            if left not in self.sheet.arrays
        }

    def wanted(self) -> list[Value]:
        """Return what the code is to return."""
        return [self.algebra.value(part, {}) for part in several(self.relation.left)]

    def taken(self) -> list[Value]:
        """Return what the code takes."""
        right = self.relation.right
        parts = right.parts if isinstance(right, Node) else ()
        return [self.algebra.value(part, {}) for part in parts]

    @property
    def taken_numbers(self) -> int:
        """How many numbers the code takes."""
        return sum(value.entries.size for value in self.taken())

    def where(self) -> Where:
        """Return where it is to hold, from its conditions."""
        found = Where()
        for relation in self.conditions:
            if relation.sign in ORDERS:
                _bound(self.algebra, relation, found)
            elif isinstance(relation.left, Node) and relation.left.kind == "call":
                _specialise(self.algebra, relation.left, relation.right, found)
            else:
                _constrain(self.algebra, relation, found)
        return found


def _bound(algebra: Algebra, relation: Relation, found: Where) -> None:
    """Narrow the region by an inequality; a sign becomes part of the symbol."""
    for at in algebra.every(algebra.free(relation)):
        condition = algebra.condition(relation, at)
        if condition in {sympy.true, sympy.false}:
            if condition == sympy.false:
                raise LatexError("this condition never holds")
            continue
        if condition.rhs.is_Symbol and condition.lhs == 0:
            condition = condition.reversed
        symbol = condition.lhs
        if symbol.is_Symbol and condition.rhs == 0 and symbol not in algebra.sheet.definition:
            positive = signed(algebra.sheet, symbol)
            side = positive if condition.rel_op in {">", ">="} else -positive
            if found.fixed.setdefault(symbol, side) == -side:
                raise LatexError("this condition never holds")
        else:
            found.inequalities.append(condition)


def _specialise(algebra: Algebra, left: Node, right: Tree, found: Where) -> None:
    """Say what an unknown function is."""
    name, primes, given = left.tag
    parameter = left.parts[0]
    declared = algebra.function(name)
    if not isinstance(declared, AnySmooth) or declared.domain or primes or given:
        raise LatexError(f"{name} must be a function of one number that was declared with :")
    if not isinstance(parameter, Name):
        raise LatexError(f"say what {name} is by {name}(z) = ..., with a letter for its argument")
    found.functions[str(name)] = algebra.body([parameter], right)


def _constrain(algebra: Algebra, relation: Relation, found: Where) -> None:
    """Solve an equation for the last symbol in which it is linear."""
    for _, difference in algebra.differences(relation):
        *_, opened = algebra.sheet.opened(difference)
        opened = found.inside(opened)
        if opened == 0:  # it holds: the length of an axis
            continue
        for symbol in reversed(ordered(opened.free_symbols)):
            factor = opened.diff(symbol)
            if factor.is_Rational and factor != 0 and symbol not in found.fixed:
                found.fixed[symbol] = sympy.expand(symbol - opened / factor)
                break
        else:
            raise LatexError("a condition must be linear in one of its symbols")


def settle(claim: Claim) -> Settled:
    """Refute or prove one equation, on each side of every sign that it turns on."""
    differences = [*claim.algebra.differences(claim.relation)]
    outcomes = [
        _settled_on_side(claim.sheet, differences, side)
        for side in sides(claim.sheet, [e for _, e in differences], claim.where())
    ]
    return replace(worst_side(outcomes), sizes=claim.sheet.lengths)


def worst_side(outcomes: Sequence[Settled]) -> Settled:
    """Return what came of an equation of which something came on each side."""
    return max(outcomes, key=lambda outcome: rank(outcome.verdict))


def _settled_on_side(sheet: Sheet, differences: Sequence[tuple[str, Any]], where: Where) -> Settled:
    if (message := refuted(sheet, differences, where)) is not None:
        return Settled("refused", len(differences), message)
    decider, verdicts = Decider(where.inequalities), ["proved"]
    for place, difference in differences:
        decision = decide(sheet, difference, where, decider)
        if not holds(decision.verdict):
            message = f"{f'at {place}: ' if place else ''}{decision.reason or 'cannot be decided'}"
            return Settled(decision.verdict, len(differences), message)
        verdicts.append(decision.verdict)
    return Settled(worst(verdicts), len(differences))


def sides(sheet: Sheet, turning: Sequence[Any], where: Where) -> Iterator[Where]:
    """Yield the region once for each choice of signs that expressions turn on."""
    atoms = {
        atom
        for expression in turning
        for e in sheet.below(expression)
        for atom in where.inside(e).atoms(*UNDECIDED, Relational)
    }
    alone = {arg for atom in atoms for arg in atom.args if arg.is_Symbol or arg.is_Mul}
    inside = {abs(arg).args[0] for arg in alone if isinstance(abs(arg), sympy.Abs)}
    symbols = ordered(arg for arg in inside if arg.is_Symbol and arg not in sheet.definition)
    if len(symbols) > MOST_SIGNS:
        raise LatexError(f"turns on the signs of {len(symbols)} symbols; say in which region")
    for signs in product((1, -1), repeat=len(symbols)):
        fixed = dict(where.fixed)
        for symbol, sign in zip(symbols, signs, strict=True):
            fixed[symbol] = sign * signed(sheet, symbol)
        yield Where(fixed, where.functions, where.inequalities)


def signed(sheet: Sheet, symbol: Any) -> Any:
    """Return a positive symbol of the same name."""
    positive = sympy.Symbol(symbol.name, positive=True)
    sheet.home[positive] = sheet.home[symbol]
    return positive


def refuted(
    sheet: Sheet, differences: Sequence[tuple[str, Any]], where: Where, points: int = POINTS
) -> str | None:
    """Return what refutes a claim, or None."""
    for seed in range(points):
        point = trial_at(sheet, seed, where)
        if not all(map(point.precise.holds, where.inequalities)):
            continue
        for place, difference in differences:
            value = None if difference == 0 else point.difference(difference)
            if value is not None:
                at = point.spelled(sheet.leaves(difference))
                said = [f"differs by {value:.3g}", at and f"at {at}", place and f"({place})"]
                return " ".join(filter(None, said))
    return None


def refuted_elsewhere(claim: Claim) -> str | None:
    """Return what refutes some entries of an equation at the lengths of its sheet, or None."""
    differences = [*claim.algebra.differences(claim.relation, _some)]
    return refuted(claim.sheet, differences, claim.where(), POINTS_ELSEWHERE)


def _some(everything: Sequence[Any]) -> Sequence[Any]:
    draw = random.Random(0)  # noqa: S311  # no secret: the same ones every time
    return draw.sample(everything, min(ENTRIES, len(everything)))


def trial_at(sheet: Sheet, seed: int, where: Where) -> Trial:
    """Return numbers for all symbols of a sheet that the conditions leave free."""
    return Trial(seed, ChainMap(where.fixed, sheet.definition), where.functions)


def decide(sheet: Sheet, difference: Any, where: Where, decider: Decider) -> Decision:
    """Decide whether a difference is zero, with as few definitions opened as will do."""
    if difference == 0:
        return Decision("proved")
    decision = Decision("not proved")
    for opened in sheet.opened(difference):
        inside = known(where.inside(opened))
        if inside.has(*UNDECIDED[:-1]) and inside.has(sympy.Piecewise, sympy.Heaviside, sympy.Max):
            reason = "say in which region: \\quad\\text{for}\\quad z > 0"
            decision = Decision("not proved", reason=reason)
        elif holds((decision := decider.proves_zero(inside)).verdict):
            break
    return decision


def known(e: Any) -> Any:
    """Return an expression in which each value of an unknown function is a symbol of its own."""
    rule = {value: sympy.Symbol(str(value), real=True) for value in unknown(e)}
    return substituted(e, rule)


def several(tree: Tree) -> tuple[Tree, ...]:
    """Return the parts of (A, B), each times s where the formula is s (A, B)."""
    if isinstance(tree, Node) and tree.kind == "tuple":
        return tree.parts
    if isinstance(tree, Node) and tree.kind == "times":
        parts = several(tree.parts[1])
        if len(parts) > 1:
            return tuple(Node("times", (tree.parts[0], part)) for part in parts)
    return (tree,)


def is_code(tree: Tree) -> bool:
    r"""Tell whether a formula is \texttt{...}(...)."""
    return isinstance(tree, Node) and tree.kind == "code"
