"""Which entries are wrong: a search by halves, in O(log n) slopes for each wrong entry.

A direction that keeps only half of its entries tells whether the error lies in that half; what the
other half hides follows by subtraction (group testing, Dorfman 1943). Where nearly every group is
wrong there is nothing to search for: a sample of single entries is measured and the count given.
"""

import heapq
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from tqdm import tqdm

from mlp.gradcheck.finding import Entry
from mlp.gradcheck.probe import Line, Probe, axis, compare, product
from mlp.gradcheck.problem import Anything, Problem
from mlp.gradcheck.workers import Done, Mapper, apart, collect

DIRECT = 16  # up to so many entries are measured one by one
LEVELS = 2  # of halving before the search asks whether nearly everything is wrong
SAMPLE = 5  # entries measured where most may be wrong
PART = 64  # entries measured by one task
PATIENCE = 2.0  # seconds without a word
FOUND = 10  # wrong entries named at most


@dataclass(frozen=True)
class Located:
    """The wrong entries that were measured, of how many measured, and whether these are all."""

    entries: tuple[Entry, ...]
    measured: int
    complete: bool


def locate(probe: Probe, gradient: Anything) -> Located:
    """Name the wrong entries of a gradient that a probe has found wrong."""
    size = gradient.size
    if size <= DIRECT:
        entries = [entry(probe, gradient, i) for i in range(size)]
        wrong = tuple(e for e in entries if is_wrong(e, gradient))
        return Located(wrong, size, complete=True)
    whole = _named(0, size, probe.by_hand - probe.slope.value, probe.tolerance)
    groups = [whole]
    for _ in range(LEVELS):
        groups = [half for part in groups for half in _halves(probe, gradient, part)]
    if len(groups) == 2**LEVELS:
        few = sample(probe, gradient)
        if len(few.entries) > few.measured / 2:
            return few
    found = _search(probe, gradient, groups)
    if len(found.entries) > 1 and found.complete:  # of several errors some may have cancelled
        found = _among_the_rest(probe, gradient, found)
    return found


def exhaust(probe: Probe, gradient: Anything, rtol: float, across: Mapper) -> Located:
    """Measure every entry, to rtol where forward permits, and name all that are wrong."""
    size, problem = gradient.size, probe.line.place.problem
    parts = [range(start, min(start + PART, size)) for start in range(0, size, PART)]
    found: list[Entry] = []
    with tqdm(
        desc=probe.line.block.name,
        total=size,
        unit="entry",
        leave=False,
        delay=PATIENCE,
        disable=None,  # where nobody looks at a terminal
    ) as bar:
        answers = collect(problem, across(partial(_wrong_among, probe, gradient, rtol), parts))
        for part, wrong in zip(parts, answers, strict=True):
            found += wrong
            bar.update(len(part))
    return Located(tuple(found), size, complete=True)


def _wrong_among(probe: Probe, gradient: Anything, rtol: float, part: range) -> Done:
    """Measure some entries as a task of its own, and return those that are wrong."""

    def work(own: Problem) -> list[Entry]:
        line = replace(probe.line, place=replace(probe.line.place, problem=own))
        measured = (entry(replace(probe, line=line), gradient, i, rtol=rtol) for i in part)
        return [e for e in measured if is_wrong(e, gradient)]

    return apart(probe.line.place.problem, work)


def sample(probe: Probe, gradient: Anything, count: int = SAMPLE) -> Located:
    """Measure single entries spread over the argument, the largest among them."""
    spread = np.linspace(0, gradient.size - 1, min(count, gradient.size)).astype(int)
    chosen = dict.fromkeys([int(np.argmax(np.abs(gradient))), *map(int, spread)])
    entries = [entry(probe, gradient, i) for i in chosen]
    return Located(tuple(e for e in entries if is_wrong(e, gradient)), len(entries), complete=False)


def entry(probe: Probe, gradient: Anything, i: int, *, rtol: float = np.inf) -> Entry:
    """Measure one entry, counted in C order, along its own axis; in full where rtol asks for it."""
    d = axis(probe.line.d, i)
    by_hand = float(gradient.flat[i])
    value, bar = _slope(probe, d)
    if bar > rtol * max(abs(by_hand), abs(value)):  # other entries set the step: look for its own
        found = replace(probe.line, d=d).slope()
        if found.kind == "smooth" and found.bar < bar:
            value, bar = found.value, found.bar
    return Entry(probe.index(i), by_hand, value, bar)


def along_entry(probe: Probe, gradient: Anything, e: Entry) -> Probe:
    """Look at a measured entry once more, on a ladder of its own."""
    inside = e.index[len(probe.line.block.path) :]
    i = int(np.ravel_multi_index(inside, gradient.shape)) if inside else 0
    return compare(replace(probe.line, d=axis(probe.line.d, i)), gradient)


def is_wrong(e: Entry, gradient: Anything) -> bool:
    """Tell whether an entry is off by more than its error bar and its own rounding."""
    return abs(e.by_hand - e.numeric) > e.error_bar + 8 * float(np.finfo(gradient.dtype).eps) * abs(
        e.by_hand
    )


@dataclass(frozen=True, order=True)
class _Part:
    """Entries start .. stop of the flattened argument, and how far the gradient is off there."""

    priority: float  # minus the discrepancy: the heap gives the worst first
    start: int
    stop: int
    discrepancy: float
    bar: float

    @property
    def significant(self) -> bool:
        return abs(self.discrepancy) > self.bar


def _part(probe: Probe, gradient: Anything, start: int, stop: int) -> _Part:
    """Measure the discrepancy along the entries start .. stop of the probe's direction."""
    d = np.zeros_like(probe.line.d)
    d.flat[start:stop] = probe.line.d.flat[start:stop]
    value, bar = _slope(probe, d)
    return _named(start, stop, product(gradient, d) - value, bar + probe.rounding)


def _named(start: int, stop: int, discrepancy: float, bar: float) -> _Part:
    return _Part(-abs(discrepancy), start, stop, discrepancy, bar)


def _slope(probe: Probe, d: Anything) -> tuple[float, float]:
    """Return the slope along d and its bar: in six evaluations, or in full where these fail."""
    line = Line(probe.line.place, probe.line.block, probe.line.v, d)
    seen = line.quick(probe.slope.step, probe.slope.noise)
    if seen:
        return seen.value, seen.bar
    found = line.slope()
    return (found.value, found.bar) if found.kind == "smooth" else (0.0, np.inf)


def _search(probe: Probe, gradient: Anything, groups: list[_Part]) -> Located:
    """Halve the worst group again and again until single entries remain."""
    heap = sorted(groups)
    found: list[Entry] = []
    while heap and len(found) < FOUND:
        part = heapq.heappop(heap)
        if part.stop - part.start == 1:
            e = entry(probe, gradient, part.start)
            found += [e] if is_wrong(e, gradient) else []
            continue
        for half in _halves(probe, gradient, part):
            heapq.heappush(heap, half)
    return Located(tuple(found), gradient.size, complete=not heap)


def _among_the_rest(probe: Probe, gradient: Anything, found: Located) -> Located:
    """Look for more along a direction of other lengths and signs, without the entries found."""
    rng = np.random.default_rng(gradient.size)
    d = probe.line.d * np.exp2(-rng.integers(0, 8, size=gradient.shape))
    d *= rng.choice([-1, 1], size=gradient.shape)
    for e in found.entries:
        d[e.index[len(probe.line.block.path) :]] = 0
    again = replace(probe, line=replace(probe.line, d=d))
    rest = _part(again, gradient, 0, gradient.size)
    if not rest.significant:
        return found
    more = _search(again, gradient, [rest])
    return replace(more, entries=found.entries + more.entries)


def _halves(probe: Probe, gradient: Anything, part: _Part) -> list[_Part]:
    """Return those halves of a part in which the gradient is off; one is measured, if it tells."""
    middle = (part.start + part.stop) // 2
    left = _part(probe, gradient, part.start, middle)
    right = _named(middle, part.stop, part.discrepancy - left.discrepancy, part.bar + left.bar)
    if not left.significant and not right.significant:  # the bars have added up: measure it as well
        right = _part(probe, gradient, middle, part.stop)
    return [half for half in (left, right) if half.significant]
