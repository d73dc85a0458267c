r"""The page and the code are the same:  what stands on the left is what \texttt{f}(X) returns.

The function runs, unchanged, on the symbols of the page, in every region that its comparisons make
of them, and each entry that it returns is proved equal to the page's. So the mathematics that was
proved is that of the shipped code. Tested in tests/proof/page/test_tie.py.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import sympy

from mlp.proof.formula.sheet import Sheet, free, ordered
from mlp.proof.formula.syntax import LatexError
from mlp.proof.formula.values import Value, indices
from mlp.proof.page.claim import Settled, Where, known, sides
from mlp.proof.real.decide import Decider
from mlp.proof.real.numbers import Numbers
from mlp.proof.run.arrays import as_exact
from mlp.proof.run.regions import Explorer, Region
from mlp.proof.run.symbolic import Scalar
from mlp.proof.run.trace import Trace
from mlp.verdict import rank

LIMIT = 64  # regions; where there are more, they are checked and not proved


def tied(
    sheet: Sheet,
    wanted: Sequence[Value],
    function: Callable[..., Any],
    arguments: Sequence[Value],
    where: Where,
) -> Settled:
    """Refute or prove that a function returns these values, on each side of what they turn on."""
    turning = [("", e) for value in (*wanted, *arguments) for e in value.entries.flat]
    outcomes = [
        _tied_on_side(_Plain(sheet, side), wanted, function, arguments)
        for side in sides(sheet, turning, where)
    ]
    worst = max(outcomes, key=lambda outcome: rank(outcome.verdict))
    return replace(worst, regions=sum(outcome.regions for outcome in outcomes))


def _tied_on_side(
    plain: "_Plain",
    wanted: Sequence[Value],
    function: Callable[..., Any],
    arguments: Sequence[Value],
) -> Settled:
    """Do so on one side, in every region that the code has there."""
    handed = [plain.entries(value) for value in arguments]
    pages = [plain.entries(value) for value in wanted]
    count = sum(entries.size for entries in pages)
    symbols = ordered({s for entries in (*handed, *pages) for e in entries.flat for s in free(e)})

    def run(trace: Trace) -> Any:
        for bound in plain.bounds(symbols):
            value = Numbers(trace.witness).of(bound)
            trace.require_positive(bound, float(value), "the condition")
        return function(*(_scalars(trace, entries) for entries in handed))

    explorer, verdict, regions = Explorer(symbols, LIMIT), "proved", 0
    anywhere = Decider()
    try:
        for region in explorer.regions(run):
            regions += 1
            decider = Decider([condition.relation for condition in region.path], region.witness)
            for place, difference in _differences(region, pages):
                decision = anywhere.proves_zero(difference) or decider.is_zero(difference)
                if decision.verdict == "checked":
                    verdict = "checked"
                elif decision.verdict != "proved":
                    why = _why(plain, decision, region.witness)
                    return Settled(decision.verdict, count, f"{place} {why}")
    except LatexError:
        raise
    except Exception as error:  # noqa: BLE001  # whatever the code does, the ledger says it
        return Settled("not proved", count, f"{type(error).__name__}: {error}")
    if explorer.left or explorer.missed:
        verdict = "checked"
    return Settled(verdict, count, regions=regions)


class _Plain:
    """Expressions of a page, fully opened, in symbols that code can run on: real, none positive."""

    def __init__(self, sheet: Sheet, where: Where) -> None:
        self.sheet, self.where = sheet, where
        self.positive: set[Any] = set()

    def entries(self, value: Value) -> Any:
        """Return the entries of a value."""
        found = np.empty(value.entries.shape, dtype=object)
        for index in indices(found.shape):
            *_, opened = self.sheet.opened(value.entries[index])
            found[index] = self.plain(known(self.where.inside(opened)))
        return found

    def plain(self, e: Any) -> Any:
        """Return an expression with positive symbols made plain."""
        positive = {s for s in free(e) if s.is_positive}
        real = {s: sympy.Symbol(s.name, real=True) for s in positive}
        self.positive |= {*real.values()}
        return e.xreplace(real)

    def numbers(self, point: Mapping[Any, Any], used: Collection[Any]) -> dict[str, Any]:
        """Return the numbers of what the page calls by these names."""
        signs = {str(s): self.plain(e) for s, e in self.where.fixed.items()}
        return {
            str(s): signs[str(s)].xreplace({p: sympy.Rational(x) for p, x in point.items()})
            if str(s) in signs
            else point[s]
            for s in used
        }

    def bounds(self, symbols: Sequence[Any]) -> list[Any]:
        """Return what must be positive."""
        found = [symbol for symbol in symbols if symbol in self.positive]
        for condition in self.where.inequalities:
            bound = condition.gts - condition.lts
            *_, opened = self.sheet.opened(bound)
            found.append(self.plain(self.where.inside(opened)))
        return found


def _scalars(trace: Trace, entries: Any) -> Any:
    """Return entries as scalars that code can run on."""
    numbers = Numbers(trace.witness)
    found = np.empty(entries.shape, dtype=object)
    for index in indices(entries.shape):
        found[index] = Scalar(entries[index], float(numbers.of(entries[index])), trace)
    return as_exact(trace, found) if entries.shape else found[()]


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
        for index in indices(page.shape):
            entry = code[index]
            came = entry.expr if isinstance(entry, Scalar) else region.trace.constant(entry)
            place = f"result {number}, " if len(pages) > 1 else ""
            at = ", ".join(str(i + 1) for i in index)
            place += f"entry {f'({at})' if len(index) > 1 else at}" if index else "the value"
            yield place, page[index] - came


def _why(plain: "_Plain", decision: Any, witness: Mapping[Any, Any]) -> str:
    if decision.verdict != "refused":
        return decision.reason or "cannot be decided"
    point = plain.numbers({**witness, **decision.counterexample}, decision.counterexample)
    shown = [f"{name} = {value}" for name, value in point.items()]
    at = ", ".join([*shown[:4], *(["…"] if len(shown) > 4 else [])])
    return f"differs by {decision.difference:.3g} at {at}"
