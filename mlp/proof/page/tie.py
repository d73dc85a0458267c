r"""The page and the code are the same:  what stands on the left is what \texttt{f}(X) returns.

The function runs, unchanged, on the symbols of the page, in every region that its comparisons make
of them, and each entry that it returns is proved equal to the page's. So the mathematics that was
proved is that of the shipped code. Where axes have other lengths than those, the code runs on a few
points in many digits, and what clearly differs is refused. Tested in tests/proof/page/test_tie.py.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import sympy

from mlp import tree
from mlp.proof.formula.sheet import Sheet, free, ordered, substituted
from mlp.proof.formula.syntax import LatexError
from mlp.proof.formula.values import Value, counted_from_1, indices, mapped
from mlp.proof.page.claim import (
    POINTS_ELSEWHERE,
    Claim,
    Settled,
    Where,
    known,
    sides,
    trial_at,
    worst_side,
)
from mlp.proof.real.decide import Decider, Decision
from mlp.proof.real.numbers import Numbers
from mlp.proof.run.arrays import as_exact, entries
from mlp.proof.run.dual import Dual
from mlp.proof.run.elsewhere import DIFFERENT
from mlp.proof.run.reach import either_way, reach_of
from mlp.proof.run.regions import Explorer, Region
from mlp.proof.run.symbolic import Scalar
from mlp.proof.run.trace import Trace
from mlp.verdict import holds, worst

LIMIT = 64  # regions; where there are more, they are checked and not proved


def tied(claim: Claim, function: Callable[..., Any]) -> Settled:
    """Refute or prove that code returns what is claimed, on each side of every sign it turns on."""
    where, wanted, taken = claim.where(), claim.wanted(), claim.taken()
    turning = [e for value in (*wanted, *taken) for e in value.entries.flat]
    outcomes = [
        _tied_on_side(_Plain(claim.sheet, side), wanted, function, taken)
        for side in sides(claim.sheet, turning, where)
    ]
    regions = sum(outcome.regions for outcome in outcomes)
    return replace(worst_side(outcomes), regions=regions, sizes=claim.sheet.lengths)


def _tied_on_side(
    plain: "_Plain", wanted: Sequence[Value], function: Callable[..., Any], taken: Sequence[Value]
) -> Settled:
    """Do so on one side, in every region that the code has there."""
    handed, pages = (
        [mapped(plain.opened, v.entries) for v in values] for values in (taken, wanted)
    )
    count = sum(entries.size for entries in pages)
    symbols = ordered({s for entries in (*handed, *pages) for e in entries.flat for s in free(e)})
    bounds = plain.bounds(symbols)

    def run(trace: Trace) -> Any:
        numbers = Numbers(trace.witness)
        for bound in bounds:
            trace.require_positive(bound, float(numbers.of(bound)), "the condition")
        scalar = np.frompyfunc(lambda e: Scalar(e, float(numbers.of(e)), trace), 1, 1)
        made = [as_exact(scalar(entries), trace) for entries in handed]
        return either_way(lambda reach: reach(function)(*made), reach_of(trace))

    explorer, anywhere, verdicts, regions = Explorer(symbols, LIMIT), Decider(), ["proved"], 0
    try:
        for region in explorer.regions(run):
            regions += 1
            decider = Decider([condition.relation for condition in region.path], region.witness)
            for place, difference in _differences(region, pages):
                decision = anywhere.proves_zero(difference) or decider.is_zero(difference)
                if not holds(decision.verdict):
                    why = plain.why(decision, region.witness)
                    return Settled(decision.verdict, count, f"{place} {why}")
                verdicts.append(decision.verdict)
    except LatexError:
        raise
    except Exception as error:  # noqa: BLE001  # whatever the code does, the ledger says it
        return Settled("not proved", count, f"{type(error).__name__}: {error}")
    if explorer.left or explorer.missed:
        verdicts.append("checked")
    return Settled(worst(verdicts), count, regions=regions)


class _Plain:
    """Expressions of a page, fully opened, in symbols that code can run on: real, none positive."""

    def __init__(self, sheet: Sheet, where: Where) -> None:
        self.sheet, self.where = sheet, where
        self.positive: set[Any] = set()

    def opened(self, e: Any) -> Any:
        """Return an expression of the page, fully opened."""
        *_, opened = self.sheet.opened(e)
        return self.plain(known(self.where.inside(opened)))

    def plain(self, e: Any) -> Any:
        """Return an expression with positive symbols made plain."""
        real = {s: sympy.Symbol(s.name, real=True) for s in free(e) if s.is_positive}
        self.positive |= {*real.values()}
        return substituted(e, real)

    def bounds(self, symbols: Sequence[Any]) -> list[Any]:
        """Return what must be positive."""
        positive = [symbol for symbol in symbols if symbol in self.positive]
        return [*positive, *(self.opened(c.gts - c.lts) for c in self.where.inequalities)]

    def why(self, decision: Decision, witness: Mapping[Any, Any]) -> str:
        """Say why a difference is not zero, at numbers of what the page calls by their names."""
        if decision.counterexample is None:
            return decision.reason or "cannot be decided"
        point = {s: sympy.Rational(x) for s, x in {**witness, **decision.counterexample}.items()}
        signs = {str(s): self.plain(e) for s, e in self.where.fixed.items()}
        shown = [f"{s} = {signs.get(str(s), s).xreplace(point)}" for s in decision.counterexample]
        at = ", ".join([*shown[:4], *(["…"] if len(shown) > 4 else [])])
        return f"differs by {decision.difference:.3g} at {at}"


def _differences(region: Region, pages: Sequence[Any]) -> Iterator[tuple[str, Any]]:
    """Yield what the page says minus what the code returned, entry by entry."""
    result = region.result
    results = list(result) if isinstance(result, (tuple, list)) else [result]
    if len(results) != len(pages):
        raise LatexError(f"the code returns {len(results)} results, not {len(pages)}")
    for number, (page, returned) in enumerate(zip(pages, results, strict=True), start=1):
        code = np.asarray(returned, dtype=object)
        if code.shape != page.shape:
            raise LatexError(f"the code returns the shape {code.shape}, the page has {page.shape}")
        result = f"result {number}, " if len(pages) > 1 else ""
        for index in indices(page.shape):
            entry = code[index]
            came = entry.expr if isinstance(entry, Scalar) else region.trace.constant(entry)
            at = f"({counted_from_1(index)})" if len(index) > 1 else counted_from_1(index)
            yield f"{result}{f'entry {at}' if index else 'the value'}", page[index] - came


def _run(function: Callable[..., Any], made: list[Any]) -> Any:
    return either_way(lambda reach: reach(function)(*made), reach_of(None))


def untied(claim: Claim, function: Callable[..., Any]) -> str | None:
    """Return what refutes a tie at the lengths of its sheet, in numbers of many digits, or None.

    Where either side has no value, nothing is said.
    """
    where, wanted, taken = claim.where(), claim.wanted(), claim.taken()
    for seed in range(POINTS_ELSEWHERE):
        point = trial_at(claim.sheet, seed, where)
        digits = np.frompyfunc(lambda e, numbers=point.precise: Dual(numbers.of(e)), 1, 1)
        try:
            if not all(map(point.precise.holds, where.inequalities)):
                continue
            pages = [[point.precise.of(e) for e in value.entries.flat] for value in wanted]
            made = [as_exact(digits(value.entries)) for value in taken]
            returned = tree.flat(_run(function, made))
            numbers = [[number.value for number in entries(leaf)] for leaf in returned]
        except Exception:  # noqa: BLE001, S112  # a stranger's code, at lengths it may not take
            continue
        for value, page, code in zip(wanted, pages, numbers, strict=True):
            size = max(map(abs, (*page, *code)))
            for index, x, y in zip(indices(value.entries.shape), page, code, strict=True):
                if abs(x - y) > DIFFERENT * size:
                    place = f" (entry {counted_from_1(index)})" if index else ""
                    at = point.spelled(claim.sheet.leaves(value.entries[index]))
                    return f"differs by {float(x - y):.3g} at {at}{place}"
    return None
