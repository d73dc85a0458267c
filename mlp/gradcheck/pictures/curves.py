"""The curves of a ladder, as numbers: what html.py draws as SVG and figure.py with matplotlib.

quotients    (φ(h) − φ(−h)) / 2h and those to the right and to the left, against the step h
V-curve      how far the central quotient is from the slope: h² bends it, noise/h drowns it
Taylor       |φ(h) − h ⟨gradient, d⟩|, which falls as h² if the gradient is right, as h if not
             (Farrell, Ham, Funke & Rognes 2013)
"""

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from mlp.gradcheck.finding import Argument, Entry, Finding, Steps

Points: TypeAlias = list[tuple[float, float]]

LOUD = 16.0  # times the noise that a remainder must be to have a slope
WIDE = 16  # entries of a vector in one line of a heat map


@dataclass(frozen=True)
class Quotients:
    """Difference quotients minus the slope by hand, against the step."""

    central: Points
    right: Points
    left: Points
    numeric: float  # minus by hand; NaN where there is no slope

    @property
    def window(self) -> tuple[float, float]:
        """The heights worth showing: without the coarsest steps, and without the noisiest."""
        sides = [y for side in (self.right, self.left) for _, y in side[2:]]
        inner = sorted(sides)[len(sides) // 8 : len(sides) - len(sides) // 8]
        seen = [y for y in (*inner, self.numeric, 0.0) if math.isfinite(y)]
        low, high = min(seen), max(seen)
        room = 0.12 * (high - low) or 1.0
        return low - room, high + room


def quotients(ladder: Steps) -> Quotients:
    """Return the difference quotients to both sides and between them."""
    central: Points = []
    right: Points = []
    left: Points = []
    sides = (central, right, left)
    for h, plus, minus in ladder.rungs:
        for side, y in zip(sides, ((plus - minus) / 2 / h, plus / h, -minus / h), strict=True):
            if math.isfinite(y):
                side.append((h, y - ladder.by_hand))
    return Quotients(central, right, left, ladder.numeric - ladder.by_hand)


@dataclass(frozen=True)
class VCurve:
    """How far each central quotient is from the slope, the rounding to expect, and two levels."""

    distance: Points
    rounding: Points  # noise / h
    bar: float
    discrepancy: float  # of by hand


def v_curve(ladder: Steps) -> VCurve:
    """Return the V-curve around the slope; around by hand, where there is none."""
    centre = ladder.numeric if math.isfinite(ladder.numeric) else ladder.by_hand
    middle = [(h, abs((plus - minus) / 2 / h - centre)) for h, plus, minus in ladder.rungs]
    return VCurve(
        [(h, y) for h, y in middle if 0 < y < math.inf],
        [(h, ladder.noise / h) for h, *_ in ladder.rungs if 0 < ladder.noise < math.inf],
        ladder.error_bar,
        abs(ladder.by_hand - ladder.numeric),
    )


@dataclass(frozen=True)
class Taylor:
    """What is left of φ, and of φ minus its linear part by hand; and how fast that falls."""

    change: Points
    remainder: Points
    slope: float | None  # None where rounding is all that is left


def taylor(ladder: Steps) -> Taylor:
    """Return the remainders at every step, and the slope where they stand out of the noise."""
    change, remainder = [], []
    for h, plus, minus in ladder.rungs:
        linear = h * ladder.by_hand
        change.append((h, max(abs(plus), abs(minus))))
        remainder.append((h, max(abs(plus - linear), abs(minus + linear))))
    noise = ladder.noise if math.isfinite(ladder.noise) else 0.0
    loud = [
        (h, r)
        for (h, r), (_, c) in zip(remainder, change, strict=True)
        if LOUD * (noise + 2.0**-52 * c) < r < math.inf
    ]
    falls = [
        math.log(a / b) / math.log(g / h)
        for (g, a), (h, b) in itertools.pairwise(loud)
        if g == 4 * h
    ]
    return Taylor(_positive(change), _positive(remainder), falls[-1] if falls else None)


def _positive(points: Points) -> Points:
    return [(h, y) for h, y in points if 0 < y < math.inf]


@dataclass(frozen=True)
class Cell:
    """One entry in a heat map: its place there, how far it is off, and itself.

    ``share`` is its error as a share of the largest error in the map, with its sign; 0 within the
    error bar, NaN where there is no slope to compare with.
    """

    row: int
    column: int
    share: float
    entry: Entry


@dataclass(frozen=True)
class HeatMap:
    """The measured entries of an argument as a table, with the indices beside it."""

    cells: tuple[Cell, ...]
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    wrong: int
    size: int
    largest: float  # error


def heat_map(argument: Argument, found: Sequence[Finding] = ()) -> HeatMap | None:
    """Lay the measured entries out; of those that were found wrong, if there are no others."""
    depth = len(argument.shape)
    wrong = {finding.argument: finding.entries for finding in found if finding.entries}
    chosen = argument.entries or wrong.get(argument.name, ())
    if not chosen:
        return None
    index = [entry.index[len(entry.index) - depth :] for entry in chosen]
    off = [_off(entry) for entry in chosen]
    largest = max((abs(error) for error in off if math.isfinite(error)), default=0.0)
    rows, columns = sorted({i[:-1] for i in index}), sorted({i[-1:] for i in index})
    wrap = len(rows) == 1 and len(columns) > WIDE
    cells = []
    for entry, i, error in zip(chosen, index, off, strict=True):
        row, column = rows.index(i[:-1]), columns.index(i[-1:])
        if wrap:
            row, column = divmod(column, WIDE)
        cells.append(Cell(row, column, error / (largest or 1.0), entry))
    if wrap:
        starts = [columns[k] for k in range(0, len(columns), WIDE)]
        heads = tuple(map(_written, starts)), ("",) * WIDE
    else:
        heads = tuple(map(_written, rows)), tuple(map(_written, columns))
    count = sum(error != 0 and math.isfinite(error) for error in off)
    return HeatMap(tuple(cells), *heads, count, argument.size, largest)


def _off(entry: Entry) -> float:
    """Return by hand − numeric, 0 within the error bar, NaN without a slope."""
    if not math.isfinite(entry.error_bar):
        return math.nan
    error = entry.by_hand - entry.numeric
    return error if abs(error) > entry.error_bar else 0.0


def _written(index: tuple[int, ...]) -> str:
    return ", ".join(map(str, index))


def decades(values: Iterator[float], *, least: float = 0.0) -> tuple[float, float]:
    """Return the powers of ten that enclose positive values, down to a least one."""
    seen = [max(value, least) for value in values if 0 < value < math.inf] or [1.0]
    low, high = math.floor(math.log10(min(seen))), math.ceil(math.log10(max(seen)))
    return 10.0**low, 10.0 ** max(high, low + 1)
