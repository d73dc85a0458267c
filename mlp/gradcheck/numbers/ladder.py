"""The ladder of steps below a slope, and what its rungs say: estimates, their errors, and noise.

On rung h, h/4, h/16, ... stand the difference quotients of φ to both sides. Three tableaux of them
are extrapolated to h = 0. An entry of a tableau errs by its distance to its neighbours, plus the
noise it amplifies; an entry counts only if no finer rung contradicts it.

Sources: Ridders 1982 (the tableau and its error), Moré & Wild 2011 (noise from differences),
Lepskii 1991 (the largest step that no finer one contradicts).
"""

import math
from dataclasses import dataclass, field
from typing import NamedTuple

UNIT = 2.0**-53  # rounding unit of double precision
ORDERS = 5  # columns of a tableau; each removes one more power of h
TRUST = 4.0  # a tableau's own error and noise are multiplied by this to become a bar


class Estimate(NamedTuple):
    """A slope, its error bar, and the step that gave it."""

    value: float
    bar: float
    step: float


class Rung(NamedTuple):
    """One step of the ladder: h, φ(h) and φ(-h); NaN where φ does not exist."""

    h: float
    plus: float
    minus: float

    @property
    def right(self) -> float:
        """The right difference quotient."""
        return self.plus / self.h

    @property
    def left(self) -> float:
        """The left difference quotient."""
        return -self.minus / self.h

    @property
    def gap(self) -> float:
        """How far the two sides are apart."""
        return abs(self.right - self.left)

    @property
    def central(self) -> float:
        """The central difference quotient."""
        return (self.right + self.left) / 2

    @property
    def flat(self) -> bool:
        """Whether φ is exactly 0 on both sides."""
        return self.plus == self.minus == 0


class Extrapolated(NamedTuple):
    """An entry of a tableau: a slope, its distance to its kin, and how it amplifies noise of φ."""

    value: float
    error: float
    gain: float  # in units of 1/h


class Tableau:
    """Neville's tableau of difference quotients at falling steps, extrapolated to h = 0.

    The error of a quotient is a series in h^power: 2 where it is central, 1 where it is one-sided.
    Column j of a row is free of the first j terms.
    """

    def __init__(self, power: int) -> None:
        self.power = power
        self.rows: list[list[Extrapolated]] = []
        self.steps: list[float] = []

    def push(self, h: float, quotient: float) -> None:
        """Add the row of the next finer rung; after a gap, extrapolate afresh."""
        above = self.rows[-1] if self.rows else []
        row: list[Extrapolated] = []
        if math.isfinite(quotient):
            error = abs(quotient - above[0].value) if above else math.inf
            row.append(Extrapolated(quotient, error, 1 / h))
            last, last_gain = quotient, 1 / h
            for j, (parent, _, parent_gain) in enumerate(above[: ORDERS - 1], 1):
                ratio = (self.steps[-j] / h) ** self.power
                value = last + (last - parent) / (ratio - 1)
                kin = above[j].value if j < len(above) else last
                error = max(abs(value - last), abs(value - parent), abs(value - kin))
                last, last_gain = value, (ratio * last_gain + parent_gain) / (ratio - 1)
                row.append(Extrapolated(value, error, last_gain))
        self.rows.append(row)
        self.steps.append(h)

    def flutter(self) -> float:
        """Return the least change of φ that explains what a column changes at the last rung.

        That is noise, where it shows.
        """
        above = self.rows[-2] if len(self.rows) > 1 else []
        pairs = zip(self.rows[-1][:3], above, strict=False)
        return min(
            (abs(cell.value - above.value) / cell.gain for cell, above in pairs), default=0.0
        )


@dataclass
class Ladder:
    """The rungs so far with their three tableaux, and what can be read from them."""

    scale: float
    size: float  # of what φ may round before it computes
    floor: float
    unit: float
    rungs: list[Rung] = field(default_factory=list)
    changes: list[float] = field(default_factory=list)  # of φ that nothing smooth explains, by rung
    steep: list[float] = field(default_factory=list)  # quotients of the coarsest two that exist
    central: Tableau = field(default_factory=lambda: Tableau(2))
    right: Tableau = field(default_factory=lambda: Tableau(1))
    left: Tableau = field(default_factory=lambda: Tableau(1))
    asked: tuple[int, float, tuple[Tableau, ...]] = (0, 0.0, ())  # of the best estimate, last
    answer: Estimate | None = None

    @property
    def sides(self) -> tuple[Tableau, ...]:
        """The three tableaux."""
        return self.central, self.right, self.left

    def push(self, rung: Rung) -> None:
        """Evaluate one rung further."""
        self.rungs.append(rung)
        self.central.push(rung.h, rung.central)
        self.right.push(rung.h, rung.right)
        self.left.push(rung.h, rung.left)
        shown = (self.central,) if self.central.rows[-1] else (self.right, self.left)
        self.changes.append(max(side.flutter() for side in shown))
        if len(self.steep) < 2 and math.isfinite(rung.central):
            self.steep.append(max(abs(rung.right), abs(rung.left)))

    def noise(self) -> float:
        """Return the noise of φ: the floor, or what the finest three rungs show beyond it.

        Rounding inside φ is expected at a few units of its argument. What is louder is noise if it
        goes on to the finest rung. If it stops before, it was a kink; if only the finest rung is
        still, nobody can tell, and the noise is unknown: infinite.
        """
        finest = range(len(self.rungs) - 1, max(0, len(self.rungs) - 4), -1)
        seen = [self.changes[k] for k in finest]
        rounding, inner = self.rounding, self.inner
        known = 8 * (self.floor + inner)
        loud = [c > known + rounding * self.rungs[k].h for k, c in zip(finest, seen, strict=True)]
        loud += [False, False]
        if loud[1] and not loud[0]:
            return math.inf
        floor = self.floor + (inner if self.unit <= UNIT else 0.0)  # no room for it in single
        return max(floor, *(seen[:2] if loud[2] and not loud[0] else seen))

    @property
    def inner(self) -> float:
        """The noise of φ where it begins by rounding its argument, as in f(x/s): u |x φ'|."""
        last = self.rungs[-1]
        slopes = [abs(q) for q in (last.right, last.left) if math.isfinite(q)]
        return self.unit * self.size * max(slopes, default=0.0)

    def expected(self, k: int) -> float:
        """Return the change at rung k that rounding may explain."""
        return 8 * (self.floor + self.inner) + self.rounding * self.rungs[k].h

    def best(self, noise: float, sides: tuple[Tableau, ...]) -> Estimate | None:
        """Return the entry with the smallest bar that no rung as fine or finer contradicts.

        The best of many entries may be best by luck, so its bar is at least half of the best one
        a rung below, where noise alone would make it four times as large.
        """
        asked = len(self.rungs), noise, sides
        if asked != self.asked:  # whether it is settled and what it says is one question
            self.asked, self.answer = asked, self._best(noise, sides)
        return self.answer

    def _best(self, noise: float, sides: tuple[Tableau, ...]) -> Estimate | None:
        unit = self.unit * (max(1.0, noise / self.floor) if self.floor else 1.0)
        rounding = self.rounding
        low, high, below = -math.inf, math.inf, 0.0
        found: Estimate | None = None
        for k in range(len(self.rungs) - 1, -1, -1):
            h = self.rungs[k].h
            loudest = max(noise, *self.changes[k + 1 : k + 3]) if k + 1 < len(self.rungs) else noise
            loudest = loudest / h + rounding  # of two rungs below
            value, bar = math.nan, math.inf
            for side in sides:
                if side.rows[k]:
                    quotient, error, _ = side.rows[k][0]
                    room = TRUST * (error + loudest + unit * abs(quotient))
                    low, high = max(low, quotient - room), min(high, quotient + room)
            for side in sides:
                for entry, error, gain in side.rows[k]:
                    reach = TRUST * (error + gain * h * (loudest + unit * abs(entry)))
                    if reach < bar and low - reach <= entry <= high + reach:
                        value, bar = entry, reach
            if bar < math.inf:
                low, high = max(low, value - bar), min(high, value + bar)
                if found is None or max(bar, below) < found.bar:
                    found = Estimate(value, max(bar, below), h)
            below = bar / 2 if bar < math.inf else 0.0
        return found

    def steepest(self) -> float:
        """Return the quotient of the coarsest rungs: inside φ, that much may cancel to nothing."""
        return min(self.steep[0], 16 * self.steep[1]) if len(self.steep) > 1 else 0.0

    @property
    def rounding(self) -> float:
        """The rounding of a quotient as far as it grows with φ."""
        return 8 * self.unit * self.steepest()

    def settled(self, noise: float, sharp: float = 0.0) -> bool:
        """Tell whether finer rungs could not change the answer any more.

        Two below that of the answer confirm it, or one where its bar is sharp.
        """
        if all(rung.flat for rung in self.rungs):
            return True
        floor = self.floor + self.unit * max(abs(self.rungs[-1].plus), abs(self.rungs[-1].minus))
        if not noise <= 64 * floor:
            return False
        found = self.best(noise, self.sides)
        return (
            found is not None
            and found.step >= self.rungs[-2 if found.bar < sharp * abs(found.value) else -3].h
            and found.bar < 1e-3 * abs(found.value)
        )
