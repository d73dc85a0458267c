"""Both functions of a choice on symbols:  what backward returns beside the derivative of forward.

    ∂⟨dO, forward⟩/∂x = backward      entry by entry, in each region that the code makes

Tested in tests/proof/run/test_both.py.
"""

import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import sympy

from mlp import tree
from mlp.proof.real.decide import Decider
from mlp.proof.run.answer import Concluded, named
from mlp.proof.run.arrays import entries, traced
from mlp.proof.run.chain import derivatives
from mlp.proof.run.choice import Choice, floats
from mlp.proof.run.reach import Access, as_it_is, either_way, reach_of
from mlp.proof.run.regions import Explorer, Region
from mlp.proof.run.trace import Trace

UNSTEADY = (
    "the functions return something else when they run again: they draw at random, or keep state"
)


@dataclass(frozen=True)
class Compared:
    """One entry of a gradient, by hand and as the derivative of forward."""

    index: tuple[int, ...]
    by_hand: Any
    true: Any


class Both:
    """Forward and backward, to be run in one region after another."""

    def __init__(self, choice: Choice) -> None:
        self.choice = choice
        self.cotangents = _cotangents(choice)
        self.handed = [s for a in tree.flat(self.cotangents) for s in a.flat]
        self.symbols = (*choice.symbols, *self.handed)

    def run(self, trace: Trace) -> tuple[Any, Any]:
        """Return what forward returns on scalars, and what backward returns."""
        return either_way(partial(self._run, trace), reach_of(trace))

    def _run(self, trace: Trace, reach: Access) -> tuple[Any, Any]:
        make = partial(traced, trace=trace)
        output = self.choice.output(make, reach)
        return output, self.choice.pulled(self.cotangents, make, reach)

    def repeat(self, region: Region) -> None:
        """Run again where it was run, with stand-ins and without; raise where something differs."""
        first = _spelled(region.result, region.trace)
        trace = Trace(region.witness)
        again = _spelled(self.run(trace), trace)
        try:
            trace = Trace(region.witness)
            plain = _spelled(self._run(trace, as_it_is), trace)
        except Exception:  # noqa: BLE001  # it needs the stand-ins
            plain = first
        alike = len(plain) == len(first) and all(map(_same, plain, first))
        if again != first or not alike:
            raise Concluded("not proved", UNSTEADY)

    def compared(self, region: Region) -> Iterator[tuple[str, list[Compared]]]:
        """Yield each argument with its entries, none where it is declared constant."""
        output, returned = region.result
        made = [e.expr for leaf in tree.flat(output) for e in entries(leaf, region.trace)]
        loss = sympy.Add(*(s * e for s, e in zip(self.handed, made, strict=True)))
        true = derivatives(loss, self.choice.symbols)
        for name, wanted, pulled in self.choice.gradients(returned):
            by_hand = [] if pulled is None else entries(pulled, region.trace)
            places = zip(np.ndenumerate(wanted), by_hand, strict=False)
            yield name, [Compared(index, e.expr, true[s]) for (index, s), e in places]


def _spelled(result: Any, trace: Trace) -> list[Any]:
    """Return every expression in what both functions returned."""
    leaves = [leaf for leaf in tree.flat(result) if leaf is not None]
    return [e.expr for leaf in leaves for e in entries(leaf, trace)]


def _same(one: Any, other: Any) -> bool:
    """Tell whether two expressions are the same, though one may have gone by a definition."""
    return bool(one == other or Decider().proves_zero(one - other))


def _cotangents(choice: Choice) -> Any:
    """Return symbols in the shape of what forward returns, which a run on floats shows."""
    error: Exception | None = None
    for witness in Explorer(choice.symbols).witnesses(()):
        try:
            with np.errstate(all="ignore"), warnings.catch_warnings():
                warnings.simplefilter("ignore")
                return choice.cotangents(partial(floats, point=witness))
        except Concluded:
            raise
        except Exception as caught:  # noqa: BLE001  # a stranger's code; another point may do
            error = caught
    raise Concluded("not proved", named(error) if error else "no point was found") from error
