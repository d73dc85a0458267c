"""Which entries are wrong: a search by halves, in O(log n) slopes for each wrong entry.

A direction that keeps only half of its entries tells whether the error lies in that half; what the
other half hides follows by subtraction (group testing, Dorfman 1943). Where nearly every group is
wrong there is nothing to search for: a sample of single entries is measured and the count given.
"""

import heapq
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from mlp.gradcheck.block import Anything
from mlp.gradcheck.directions import axis, product
from mlp.gradcheck.finding import Entry
from mlp.gradcheck.numbers.slope import quick
from mlp.gradcheck.probe import Probe
from mlp.gradcheck.problem import Problem
from mlp.gradcheck.workers import Done, Mapper, apart, spread

DIRECT = 16  # up to so many entries are measured one by one
LEVELS = 2  # of halving before the search asks whether nearly everything is wrong
SAMPLE = 5  # entries measured where most may be wrong
PART = 64  # entries measured by one task
PATIENCE = 2.0  # seconds without a word
FOUND = 10  # wrong entries named at most
ROUNDING = 8  # units in the last place that an entry by hand may be off


@dataclass(frozen=True)
class Located:
    """The wrong entries that were measured, of how many measured, and whether these are all.

    Where each entry was measured, ``every`` holds them all, with by hand's rounding in their bars.
    """

    entries: tuple[Entry, ...]
    measured: int
    complete: bool
    every: tuple[Entry, ...] = ()


def locate(probe: Probe, across: Mapper = map) -> Located:
    """Name the wrong entries of a gradient that a probe has found wrong.

    The six evaluations of each slope on the way are shared out.
    """
    probe, size = replace(probe, line=replace(probe.line, across=across)), probe.gradient.size
    if size <= DIRECT:
        return Located(_wrong_of(probe, range(size)), size, complete=True)
    groups = [_Part(0, size, probe.by_hand - probe.slope.value, probe.tolerance)]
    for _ in range(LEVELS):
        groups = [half for part in groups for half in _halves(probe, part)]
    if len(groups) == 2**LEVELS:
        few = sample(probe)
        if len(few.entries) > few.measured / 2:
            return few
    found = _search(probe, groups)
    if len(found.entries) > 1 and found.complete:  # of several errors some may have cancelled
        found = _among_the_rest(probe, found)
    return found


def search(probe: Probe) -> tuple[Entry, ...]:
    """Return wrong entries to which a search by halves leads, of parts that differ by enough."""
    off = probe.by_hand - probe.slope.value
    return _search(probe, [_Part(0, probe.gradient.size, off, probe.tolerance)]).entries


def exhaust(probe: Probe, rtol: float, across: Mapper) -> Located:
    """Measure every entry, to rtol where forward permits, and name all that are wrong."""
    from tqdm import tqdm  # noqa: PLC0415  # an eighth of what it takes to import the checker

    size, problem = probe.gradient.size, probe.line.place.problem
    parts = [range(start, min(start + PART, size)) for start in range(0, size, PART)]
    every: list[Entry] = []
    with tqdm(
        desc=probe.line.block.name,
        total=size,
        unit="entry",
        leave=False,
        delay=PATIENCE,
        disable=None,  # where nobody looks at a terminal
    ) as bar:
        answers = spread(problem, across, partial(_exhaust_part, probe, rtol), parts)
        for part, seen in zip(parts, answers, strict=True):
            every += seen
            bar.update(len(part))
    wrong = tuple(e for e in every if abs(e.by_hand - e.numeric) > e.error_bar)
    return Located(wrong, size, complete=True, every=tuple(every))


def _exhaust_part(probe: Probe, rtol: float, part: range) -> Done:
    """Measure some entries as a task of its own; what seems wrong, on a ladder of its own too."""

    def work(own: Problem) -> tuple[Entry, ...]:
        line = replace(probe.line, place=replace(probe.line.place, problem=own))
        there = replace(probe, line=line)
        return tuple(_twice(there, entry(there, i, rtol=rtol)) for i in part)

    return apart(probe.line.place.problem, work)


def _twice(probe: Probe, e: Entry) -> Entry:
    """Return a measured entry with its rounding; what seems wrong is looked at a second time."""
    rounding = ROUNDING * float(np.finfo(probe.gradient.dtype).eps) * abs(e.by_hand)
    if is_wrong(probe, e) and not (again := along_entry(probe, e)).differs:
        value, bar = again.slope.value, again.slope.bar + again.rounding
        e = (
            replace(e, numeric=value, error_bar=bar)
            if again.agrees
            else replace(e, error_bar=np.inf)
        )
    return replace(e, error_bar=e.error_bar + rounding)


def sample(probe: Probe) -> Located:
    """Measure single entries spread over the argument, the largest among them."""
    g = probe.gradient
    spread = np.linspace(0, g.size - 1, min(SAMPLE, g.size)).astype(int)
    chosen = dict.fromkeys([int(np.argmax(np.abs(g))), *map(int, spread)])
    return Located(_wrong_of(probe, chosen), len(chosen), complete=False)


def _wrong_of(probe: Probe, chosen: Iterable[int], *, rtol: float = np.inf) -> tuple[Entry, ...]:
    """Measure some entries, and return those that are wrong."""
    entries = (entry(probe, i, rtol=rtol) for i in chosen)
    return tuple(e for e in entries if is_wrong(probe, e))


def entry(probe: Probe, i: int, *, rtol: float = np.inf) -> Entry:
    """Measure one entry, counted in C order, along its own axis; in full where rtol asks for it."""
    d = axis(probe.line.d, i)
    by_hand = float(probe.gradient.flat[i])
    value, bar = _slope(probe, d)
    if bar > rtol * max(abs(by_hand), abs(value)):  # other entries set the step: look for its own
        found = replace(probe.line, d=d).slope()
        if found.kind == "smooth" and found.bar < bar:
            value, bar = found.value, found.bar
    return Entry(probe.index(i), by_hand, value, bar)


def along_entry(probe: Probe, e: Entry) -> Probe:
    """Look at a measured entry once more, on a ladder of its own."""
    d = np.zeros_like(probe.line.d)
    d[probe.within(e.index)] = 1
    return probe.along(d)


def is_wrong(probe: Probe, e: Entry) -> bool:
    """Tell whether an entry is off by more than its error bar and its own rounding."""
    rounding = ROUNDING * float(np.finfo(probe.gradient.dtype).eps) * abs(e.by_hand)
    return abs(e.by_hand - e.numeric) > e.error_bar + rounding


@dataclass(frozen=True)
class _Part:
    """Entries start .. stop of the flattened argument, and how far the gradient is off there."""

    start: int
    stop: int
    discrepancy: float
    bar: float

    def __lt__(self, other: "_Part") -> bool:
        """Come first where the gradient is farther off, as the heap wants it."""
        return (-abs(self.discrepancy), self.start) < (-abs(other.discrepancy), other.start)

    @property
    def significant(self) -> bool:
        return abs(self.discrepancy) > self.bar


def _part(probe: Probe, start: int, stop: int) -> _Part:
    """Measure the discrepancy along the entries start .. stop of the probe's direction."""
    d = np.zeros_like(probe.line.d)
    d.flat[start:stop] = probe.line.d.flat[start:stop]
    value, bar = _slope(probe, d)
    return _Part(start, stop, product(probe.gradient, d) - value, bar + probe.rounding)


def _slope(probe: Probe, d: Anything) -> tuple[float, float]:
    """Return the slope along d and its bar: in six evaluations, or in full where these fail."""
    line = replace(probe.line, d=d)
    seen = quick(line.values, probe.slope.step, noise=probe.slope.noise, unit=line.unit)
    if seen:
        return seen.value, seen.bar
    found = line.slope()
    return (found.value, found.bar) if found.kind == "smooth" else (0.0, np.inf)


def _search(probe: Probe, groups: list[_Part]) -> Located:
    """Halve the worst group again and again until single entries remain."""
    heap = sorted(groups)
    found: tuple[Entry, ...] = ()
    while heap and len(found) < FOUND:
        part = heapq.heappop(heap)
        if part.stop - part.start == 1:
            found += _wrong_of(probe, [part.start])
            continue
        for half in _halves(probe, part):
            heapq.heappush(heap, half)
    return Located(found, probe.gradient.size, complete=not heap)


def _among_the_rest(probe: Probe, found: Located) -> Located:
    """Look for more along a direction of other lengths and signs, without the entries found."""
    shape = probe.gradient.shape
    rng = np.random.default_rng(probe.gradient.size)
    d = probe.line.d * np.exp2(-rng.integers(0, 8, size=shape))
    d *= rng.choice([-1, 1], size=shape)
    for e in found.entries:
        d[probe.within(e.index)] = 0
    again = replace(probe, line=replace(probe.line, d=d))
    rest = _part(again, 0, probe.gradient.size)
    if not rest.significant:
        return found
    more = _search(again, [rest])
    return replace(more, entries=found.entries + more.entries)


def _halves(probe: Probe, part: _Part) -> list[_Part]:
    """Return those halves of a part in which the gradient is off; one is measured, if it tells."""
    middle = (part.start + part.stop) // 2
    left = _part(probe, part.start, middle)
    discrepancy, bar = part.discrepancy - left.discrepancy, part.bar + left.bar
    right = _Part(middle, part.stop, discrepancy, bar)
    if not left.significant and not right.significant:  # the bars have added up: measure it as well
        right = _part(probe, middle, part.stop)
    return [half for half in (left, right) if half.significant]
