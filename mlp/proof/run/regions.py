"""Every branch that code can take:  run it at a witness, then seek a witness for each other side.

    region      the open set of points at which every comparison in the code comes out alike
    reached     a witness was found in it: a point with rational coordinates
    excluded    its conditions contradict each other as linear inequalities (Fourier and Motzkin)
    missed      neither, so that nothing is known about it

Each run tells which comparisons it made, in their order. Another outcome of the last of them is the
beginning of another region, and so on until nothing is left to turn. Tested in
tests/proof/run/test_regions.py.
"""

import math
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import product
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import sympy

from mlp.proof.real.numbers import Numbers
from mlp.proof.run.trace import Condition, Outside, Tie, Trace

Path: TypeAlias = tuple[Condition, ...]
Row: TypeAlias = dict[Any, Fraction]  # Σ coefficient · term > 0
Points: TypeAlias = npt.NDArray[np.float64]

POOL = 3000  # points in which a witness is looked for
GRID = 64  # their coordinates are multiples of 1/64
REACHES = (1, 1, 1, 3, 3, 10, 100, 1000)
ROUNDS, KEPT = 30, 60  # of the search that walks towards a region which no point of the pool is in
MARGIN = 1e-6  # how far from its border a witness must be, for the size of what is compared
TRIES = 4  # witnesses, one after another while they lie on a border
LARGEST = 2000  # inequalities at once, when they are tried for a contradiction


@dataclass(frozen=True)
class Region:
    """One region: what holds in it, a point of it, and what the code returned there."""

    path: Path
    witness: Mapping[Any, Fraction]
    trace: Trace
    result: Any
    inside: bool = True  # of the domain of every function


class Explorer:
    """Runs code in one region after another; afterwards it knows how many there may be besides."""

    def __init__(self, symbols: Sequence[Any], limit: int = 64) -> None:
        self.symbols = list(symbols)
        self.limit = limit
        self.missed: list[Path] = []
        self.left = 0  # beginnings of regions that the limit cut off
        self._pool = _draw(len(self.symbols))
        self._known: dict[Any, Points] = {}
        self._functions: dict[Any, Callable[[Points], Points]] = {}

    def regions(self, run: Callable[[Trace], Any]) -> Iterator[Region]:
        """Yield the regions that are reached; what ``run`` raises passes, but for Outside."""
        pending: list[Path] = [()]
        self.missed, found = [], 0
        while pending and found < self.limit:
            beginning = pending.pop()
            visit = self._visit(run, beginning)
            if visit is None:
                if not contradictory(beginning):
                    self.missed.append(beginning)
                continue
            region, wanted = visit
            pending += [
                (*region.path[:k], taken.other())
                for k, taken in enumerate(region.path)
                if k >= len(beginning) and not taken.domain
            ]
            if wanted is not None:
                pending.append((*region.path, wanted))
            if region.inside:
                found += 1
                yield region
        self.left = len(pending)

    def _visit(
        self, run: Callable[[Trace], Any], beginning: Path
    ) -> tuple[Region, Condition | None] | None:
        """Run where a path begins like this; return the region and what would bring it inside."""
        tie = None
        for witness in self.witnesses(beginning):
            trace, result, inside, wanted = Trace(witness), None, True, None
            try:
                result = run(trace)
            except Outside as stop:
                inside, wanted = False, stop.wanted
            except Tie as error:
                tie = error
                continue
            if not all(map(Numbers(witness).holds, (c.relation for c in trace.conditions))):
                tie = Tie("the witness is too near a border to be told by floats")
                continue
            return Region(tuple(trace.conditions), witness, trace, result, inside), wanted
        if tie is not None:
            raise tie
        return None

    # witnesses

    def witnesses(self, path: Path) -> Iterator[dict[Any, Fraction]]:
        """Yield a few points that satisfy the conditions, small numbers first."""
        margins = np.array([self._margins(c, self._pool, keep=True) for c in path])
        inside = np.flatnonzero((margins > MARGIN).all(axis=0)) if path else np.arange(POOL)
        for number in inside[:TRIES]:
            yield self._exact(self._pool[:, number])
        if not inside.size and (found := self._walk(path, margins)):
            yield found

    def _walk(self, path: Path, margins: Points) -> dict[Any, Fraction] | None:
        """Look for a point by small steps away from those that miss the least."""
        rng = np.random.default_rng(0)
        misses = np.minimum(margins - 2 * MARGIN, 0).sum(axis=0)
        here = self._pool[:, np.argsort(-misses)[:KEPT]]
        for _ in range(ROUNDS):
            step = rng.normal(size=(*here.shape, 8)) * 4.0 ** rng.integers(-3, 3, size=8)
            step *= rng.random(step.shape) < max(0.3, 1 / len(self.symbols))
            tried = (here[:, :, None] + step).reshape(len(here), -1)
            tried = np.round(np.concatenate([here, tried], axis=1) * GRID**2) / GRID**2
            margins = np.array([self._margins(c, tried) for c in path])
            inside = np.flatnonzero((margins > MARGIN).all(axis=0))
            if inside.size:
                return self._exact(tried[:, inside[0]])
            misses = np.minimum(margins - 2 * MARGIN, 0).sum(axis=0)
            here = tried[:, np.argsort(-misses)[:KEPT]]
        return None

    def _margins(self, condition: Condition, points: Points, *, keep: bool = False) -> Points:
        """Return by how much each point satisfies a condition, squeezed to −1 .. 1; −1 for none."""
        if keep and condition.e in self._known:
            return condition.sign * self._known[condition.e]
        if condition.e not in self._functions:
            self._functions[condition.e] = sympy.lambdify(
                self.symbols, condition.e, modules=["scipy", "numpy"]
            )
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            values = np.broadcast_to(self._functions[condition.e](*points), points.shape[1:])
        values = np.nan_to_num(np.asarray(values, dtype=float), nan=-np.inf * condition.sign)
        squeezed: Points = np.clip(values / (1 + np.abs(np.clip(values, -1e300, 1e300))), -1, 1)
        if keep:
            self._known[condition.e] = squeezed
        return condition.sign * squeezed

    def _exact(self, point: Points) -> dict[Any, Fraction]:
        return {s: Fraction(float(x)) for s, x in zip(self.symbols, point, strict=True)}


def _draw(count: int) -> Points:
    """Draw the pool: no coordinate is 0, no two of a point are alike, small points first."""
    rng = np.random.default_rng(0)
    reach = rng.choice(REACHES, size=POOL)
    points = rng.normal(size=(count, POOL)) * reach
    points = np.floor(points * GRID) / GRID + 1 / (2 * GRID)
    points += np.arange(1, count + 1)[:, None] / GRID**2  # so that they are not alike
    smallest_first = np.argsort(np.abs(points).max(axis=0, initial=0))
    pool: Points = points[:, smallest_first]
    return pool


def contradictory(path: Path) -> bool:
    """Tell whether the conditions contradict each other as linear inequalities in their terms.

    Every term, x·y say, counts as a variable of its own, so that yes is a proof and no is not.
    """
    rows: list[Row] = []
    for condition in path:
        terms = sympy.expand(condition.sign * condition.e).as_coefficients_dict()
        rows.append({term: Fraction(int(c.p), int(c.q)) for term, c in terms.items()})
    while len(rows) <= LARGEST:
        if any(set(row) <= {sympy.S.One} and row.get(sympy.S.One, 0) <= 0 for row in rows):
            return True  # 0 > 0
        variables = sorted({term for row in rows for term in row} - {sympy.S.One}, key=str)
        if not variables:
            return False
        v = min(variables, key=lambda v: math.prod(_sides(rows, v)))
        above = [row for row in rows if row.get(v, 0) > 0]
        below = [row for row in rows if row.get(v, 0) < 0]
        rows = [row for row in rows if v not in row]
        rows += [_eliminated(a, b, v) for a, b in product(above, below)]
    return False


def _sides(rows: list[Row], v: Any) -> tuple[int, int]:
    """Return how many inequalities bound a variable from below and from above."""
    return sum(row.get(v, 0) > 0 for row in rows), sum(row.get(v, 0) < 0 for row in rows)


def _eliminated(a: Row, b: Row, v: Any) -> Row:
    """Add two inequalities so that the variable v, which they bound from two sides, drops out."""
    zero = Fraction(0)
    row = {t: a.get(t, zero) / a[v] - b.get(t, zero) / b[v] for t in {*a, *b}}
    return {t: c for t, c in row.items() if c}
