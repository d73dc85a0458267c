"""The slope φ'(0) of a scalar function with φ(0) = 0, and an error bar that can be believed.

No single step is right: a large one bends away, a small one drowns in rounding. So φ is evaluated
on a ladder of steps h, h/4, h/16, ... to both sides of 0, and three families of quotients,

    central  (φ(h) - φ(-h)) / 2h  =  φ' + φ'''h²/6 + ...
    right     φ(h) / h            =  φ' + φ''h/2 + ...
    left     -φ(-h) / h           =  φ' - φ''h/2 + ...

are extrapolated to h = 0. An entry of such a tableau errs by its distance to its neighbours, plus
the noise it amplifies. The noise is read off the ladder as well: what still changes from rung to
rung where smoothness no longer shows is noise. And an entry counts only if no finer rung, on either
side, contradicts it: a kink or an oscillation between two coarse steps cannot pass for a slope.

Where nothing counts the two sides are told apart: a kink, a jump, an unbounded slope, or the edge
of the domain. Only scalars occur here; directions and arrays are the business of probe.py.

Sources: Ridders 1982 (the tableau and its error), Moré & Wild 2011 (noise from differences),
Lepskii 1991 (the largest step that no finer one contradicts).
"""

import itertools
import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace

UNIT = 2.0**-53  # rounding unit of double precision
FINEST = 2.0**-42  # smallest step, relative to the scale: ten-bit directions are exact down to it
ORDERS = 5  # columns of a tableau; each removes one more power of h
FIRST_LOOK = 5  # rungs before the first judgement
TRUST = 4.0  # a tableau's own error and noise are multiplied by this to become a bar
PLATEAU = 2.0**30  # roundings of the arithmetic that a plateau of φ may be high
CLIMB = 4.0**6  # how much higher to start again when even the largest step drowns in noise


@dataclass(frozen=True)
class Estimate:
    """A slope, its error bar, and the step that gave it."""

    value: float
    bar: float
    step: float


@dataclass(frozen=True)
class Rung:
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


@dataclass(frozen=True)
class Slope:
    """What the ladder says about φ at 0.

    ``kind`` is "smooth", "kink" (left and right differ), "jump", "unbounded", "domain" (φ exists on
    neither side) or "unclear". ``value`` is NaN and ``bar`` infinite unless it is smooth.
    """

    kind: str
    value: float
    bar: float
    step: float
    left: Estimate | None
    right: Estimate | None
    noise: float  # of φ; infinite where nobody can tell it from a kink
    floor: float  # of the noise: what was known beforehand
    rounding: float  # of the quotients, as far as it grows with φ
    ladder: tuple[Rung, ...]
    evaluations: int

    @property
    def kinked(self) -> bool:
        """Whether there is a kink at 0 or close by: a gap of the sides that outlasts a rung."""
        if self.kind != "smooth":
            return self.kind in {"kink", "unclear"}
        lasting = [
            coarse.gap / 2 < fine.gap < 2 * coarse.gap and fine.gap * fine.h > 16 * self.noise
            for coarse, fine in itertools.pairwise(self.ladder)
        ]
        return any(a and b for a, b in itertools.pairwise(lasting))

    @property
    def finest(self) -> tuple[tuple[float, float], ...]:
        """The quotients of the finest rung to both sides, each with the reach of its noise."""
        rung = self.ladder[-1]
        reach = TRUST * self.noise_or_floor / rung.h
        return (rung.left, reach), (rung.right, reach)

    @property
    def noise_or_floor(self) -> float:
        """The noise of φ, or what was known beforehand where nobody can tell it from a kink."""
        return self.noise if math.isfinite(self.noise) else self.floor

    def hides(self, value: float) -> bool:
        """Tell whether below its step a gap of the sides outlasts a rung, and holds a value.

        That may be a kink which is too close, or too small, to be told from noise.
        """
        noise = TRUST * self.noise_or_floor
        return any(
            fine.h < self.step
            and coarse.gap / 2 < fine.gap < 2 * coarse.gap
            and fine.gap * fine.h > noise
            and abs(value - fine.central) <= fine.gap / 2 + noise / fine.h
            for coarse, fine in itertools.pairwise(self.ladder)
        )

    def contradicts(self, value: float) -> bool:
        """Tell whether one of the finest rungs, by itself, rules a slope out."""
        noise = self.noise_or_floor
        return any(
            abs(fine - value) > TRUST * (abs(fine - coarse) + noise / lower.h + UNIT * abs(value))
            for upper, lower in itertools.pairwise(self.ladder[-4:])
            for coarse, fine in ((upper.right, lower.right), (upper.left, lower.left))
        )


def slope(
    phi: Callable[[float], float],
    *,
    scale: float = 1.0,
    noise: float = 0.0,
    size: float | None = None,
    unit: float = UNIT,
    louder: float = 1.0,
    finest: float = FINEST,
) -> Slope:
    """Estimate φ'(0) from both sides, with an error bar.

    Parameters
    ----------
    phi : Callable
        The function t ↦ φ(t), with φ(0) = 0; NaN where it does not exist.
    scale : float
        Length over which φ may change; the first step is a quarter of it, rounded down to a power
        of two. A wrong guess costs evaluations, not truth.
    noise : float
        Absolute rounding noise of φ near 0 that is known beforehand. φ(0) = 0 hides the size of
        what was subtracted, so only the caller knows it.
    size : float, optional
        Size of what φ may round before it computes, as f(x/s) rounds x: u · size · |φ'| counts as
        noise. The scale unless given.
    unit : float
        Rounding unit of the arithmetic behind φ.
    louder : float
        How many times ``noise`` is what rounding φ's last operation costs. Where steps are larger
        than the scale, the noise is taken to grow as that rounding does.
    finest : float
        Smallest step, as a multiple of ``scale``.

    Returns
    -------
    Slope
        The kind of point that 0 is, the slope and its bar, one-sided estimates, and the ladder.

    Examples
    --------
    >>> import math
    >>> from mlp.gradcheck.slope import slope
    >>> found = slope(lambda t: math.sin(1 + t) - math.sin(1), noise=1e-16)
    >>> found.kind, abs(found.value - math.cos(1)) < found.bar < 1e-11
    ('smooth', True)
    >>> slope(abs).kind
    'kink'
    """
    scale = 2.0 ** math.floor(math.log2(scale))  # so that steps are exact, and h/4 too
    size = scale if size is None else size
    found = _descend(phi, _Ladder(scale, size, noise, unit), finest * scale)
    louder *= max(1.0, found.noise / found.floor) if found.floor else 1.0  # noise grows with φ
    while (
        found.kind == "smooth"
        and found.bar > 1e-7 * abs(found.value)
        and found.step >= found.ladder[1].h
        and abs(found.ladder[0].central) * found.ladder[0].h > 8 * found.noise
    ):  # φ shows, but the bar is noise even at the largest steps: take larger ones
        top, scale = found.ladder[0].h, scale * CLIMB
        higher = _descend(phi, _Ladder(scale, size, found.noise, louder * unit), top / 64)
        if not higher.bar < found.bar / 2:
            break
        found = replace(higher, evaluations=found.evaluations + higher.evaluations)
    return found


def quick(
    phi: Callable[[float], float], step: float, *, noise: float, unit: float = UNIT
) -> Estimate | None:
    """Estimate φ'(0) in six evaluations around a step known to suit; None at a sign of a kink."""
    central = _Tableau(16.0)
    rungs = [Rung(h, phi(h), phi(-h)) for h in (4 * step, step, step / 4)]
    for rung in rungs:
        central.push(rung.central)
    if any(b.gap > max(a.gap / 2, 16 * noise / b.h) for a, b in itertools.pairwise(rungs)):
        return None
    entries = (
        Estimate(value, TRUST * (error + gain * (noise / rung.h + unit * abs(value))), rung.h)
        for rung, row in zip(rungs[1:], central.rows[1:], strict=True)
        for (value, error), gain in zip(row, central.gains, strict=False)
    )
    return min(entries, key=lambda entry: entry.bar, default=None)


class _Tableau:
    """Neville's tableau of difference quotients at h, h/4, h/16, ..., extrapolated to h = 0.

    ``ratio`` is 16 where the quotient's error is a series in h², and 4 for a series in h. A row is
    a list of (value, error); column j is free of the first j terms.
    """

    def __init__(self, ratio: float) -> None:
        self.rows: list[list[tuple[float, float]]] = []
        self.factors = [ratio**j for j in range(1, ORDERS)]
        self.gains = [1.0]  # column j at step h carries the noise of φ times gains[j] / h
        for factor in self.factors:
            self.gains.append(self.gains[-1] * (factor + 0.25) / (factor - 1))

    def push(self, quotient: float) -> None:
        """Add the row of the next finer rung; after a gap, extrapolate afresh."""
        above = self.rows[-1] if self.rows else []
        row: list[tuple[float, float]] = []
        if math.isfinite(quotient):
            row.append((quotient, abs(quotient - above[0][0]) if above else math.inf))
            for j, (factor, (parent, _)) in enumerate(zip(self.factors, above, strict=False), 1):
                value = row[-1][0]
                better = value + (value - parent) / (factor - 1)
                kin = (value, parent, above[j][0] if j < len(above) else value)
                row.append((better, max(abs(better - other) for other in kin)))
        self.rows.append(row)

    def flutter(self, k: int) -> float:
        """Return the least that changes from rung k-1 to k in any column: noise, where it shows."""
        row, above = self.rows[k], self.rows[k - 1]
        changes = (
            abs(value - before) / gain
            for (value, _), (before, _), gain in zip(row, above, self.gains, strict=False)
        )
        return min(itertools.islice(changes, 3), default=0.0)


@dataclass
class _Ladder:
    """The rungs so far with their three tableaux, and what can be read from them."""

    scale: float
    size: float  # of what φ may round before it computes
    floor: float
    unit: float
    rungs: list[Rung] = field(default_factory=list)
    central: _Tableau = field(default_factory=lambda: _Tableau(16.0))
    right: _Tableau = field(default_factory=lambda: _Tableau(4.0))
    left: _Tableau = field(default_factory=lambda: _Tableau(4.0))

    @property
    def sides(self) -> tuple[_Tableau, ...]:
        """The three tableaux."""
        return self.central, self.right, self.left

    def push(self, rung: Rung) -> None:
        """Evaluate one rung further."""
        self.rungs.append(rung)
        self.central.push(rung.central)
        self.right.push(rung.right)
        self.left.push(rung.left)

    def noise(self) -> float:
        """Return the noise of φ: the floor, or what the finest three rungs show beyond it.

        Rounding inside φ is expected at a few units of its argument. What is louder is noise if it
        goes on to the finest rung. If it stops before, it was a kink; if only the finest rung is
        still, nobody can tell, and the noise is unknown: infinite.
        """
        expected = 8 * (self.floor + self.inner)
        finest = range(len(self.rungs) - 1, max(0, len(self.rungs) - 4), -1)
        seen = [self.change(k) for k in finest]
        loud = [self.change(k) > expected + self.rounding * self.rungs[k].h for k in finest]
        loud += [False, False]
        if loud[1] and not loud[0]:
            return math.inf
        floor = self.floor + (self.inner if self.unit <= UNIT else 0.0)  # no room for it in single
        if self.converging():
            return max(floor, seen[0])
        return max(floor, *(seen[:2] if loud[2] and not loud[0] else seen))

    @property
    def inner(self) -> float:
        """The noise of φ where it begins by rounding its argument, as in f(x/s): u |x φ'|."""
        last = self.rungs[-1]
        slopes = [abs(q) for q in (last.right, last.left) if math.isfinite(q)]
        return self.unit * self.size * max(slopes, default=0.0)

    def converging(self) -> bool:
        """Tell whether the finest rungs still close in by the 16 of a smooth φ: not noise yet."""
        quotients = [rung.central for rung in self.rungs[-4:]]
        steps = [b - a for a, b in itertools.pairwise(quotients)]
        return all(13 * abs(b) < abs(a) < 19 * abs(b) for a, b in itertools.pairwise(steps))

    def change(self, k: int) -> float:
        """Return how much of φ at rung k a smooth function does not explain."""
        shown = (self.central,) if self.central.rows[k] else (self.right, self.left)
        return max(side.flutter(k) for side in shown) * self.rungs[k].h

    def best(self, noise: float, sides: tuple[_Tableau, ...]) -> Estimate | None:
        """Return the entry with the smallest bar that no rung as fine or finer contradicts.

        The best of many entries may be best by luck, so its bar is at least half of the best one
        a rung below, where noise alone would make it four times as large.
        """
        unit = self.unit * (max(1.0, noise / self.floor) if self.floor else 1.0)
        low, high, below = -math.inf, math.inf, 0.0
        found: Estimate | None = None
        for k in range(len(self.rungs) - 1, -1, -1):
            h = self.rungs[k].h
            loudest = max([noise, *(self.change(m) for m in self.finer(k))]) / h + self.rounding
            value, bar = math.nan, math.inf
            for side in sides:
                if side.rows[k]:
                    quotient, error = side.rows[k][0]
                    room = TRUST * (error + loudest + unit * abs(quotient))
                    low, high = max(low, quotient - room), min(high, quotient + room)
            for side in sides:
                for (entry, error), gain in zip(side.rows[k], side.gains, strict=False):
                    reach = TRUST * (error + gain * (loudest + unit * abs(entry)))
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
        steep = [max(abs(r.right), abs(r.left)) for r in self.rungs if math.isfinite(r.central)]
        return min(steep[0], 16 * steep[1]) if len(steep) > 1 else 0.0

    @property
    def rounding(self) -> float:
        """The rounding of a quotient as far as it grows with φ."""
        return 8 * self.unit * self.steepest()

    def finer(self, k: int) -> range:
        """Return the two rungs below rung k, as far as there are two."""
        return range(k + 1, min(k + 3, len(self.rungs)))

    def settled(self, found: Estimate | None, noise: float) -> bool:
        """Tell whether finer rungs could still change the answer."""
        if all(_is_flat(rung) for rung in self.rungs):
            return True
        floor = self.floor + self.unit * max(abs(self.rungs[-1].plus), abs(self.rungs[-1].minus))
        return (
            found is not None
            and found.step >= self.rungs[-3].h
            and found.bar < 1e-3 * abs(found.value)
            and noise <= 64 * floor
        )


def _descend(phi: Callable[[float], float], ladder: _Ladder, finest: float) -> Slope:
    """Evaluate φ down the ladder until the answer is settled or the steps are exhausted."""
    h = ladder.scale / 4
    while h >= finest:
        ladder.push(Rung(h, phi(h), phi(-h)))
        h /= 4
        if len(ladder.rungs) >= FIRST_LOOK:
            noise = ladder.noise()
            if ladder.settled(ladder.best(noise, ladder.sides), noise):
                break
    return _read(ladder)


def _read(ladder: _Ladder) -> Slope:
    """Say what kind of point 0 is, with the slope where it has one."""
    seen = _without_lost_digits(ladder)
    noise = seen.noise()
    found = seen.best(noise, seen.sides)
    left = right = None
    kinked = False
    if found is None or found.bar > 1e-3 * abs(found.value):
        right, left = seen.best(noise, (seen.right,)), seen.best(noise, (seen.left,))
        if left and right:
            gap = abs(left.value - right.value)
            kinked = gap > 2 * (left.bar + right.bar) and not (found and found.bar < 0.1 * gap)
    finest = ladder.rungs[-1]
    if math.isnan(finest.plus) and math.isnan(finest.minus):
        kind = "domain"
    elif any(_jumps(side, ladder.floor) for side in _sides(ladder.rungs)):
        kind = "jump"
    elif any(_grows(side, ladder.floor) for side in _sides(ladder.rungs)):
        kind = "unbounded"
    elif kinked:
        kind = "kink"
    elif found:
        kind = "smooth"
    else:
        kind = "unclear"
    if kind != "smooth" or found is None:
        found = Estimate(math.nan, math.inf, math.nan)
    return Slope(
        kind,
        found.value,
        found.bar,
        found.step,
        left,
        right,
        noise,
        ladder.floor,
        ladder.rounding,
        tuple(ladder.rungs),
        2 * len(ladder.rungs),
    )


def _without_lost_digits(ladder: _Ladder) -> _Ladder:
    """Leave out the finest rungs where a slope seen above them is rounded away to exactly 0.

    A forward that rounds its result has plateaus: they are noise, of the size of the last step that
    still showed. A flat spot of φ looks alike, but it may be larger than any sensible rounding, and
    what the steps above it leave over is the same at each of them.
    """
    zeros = sum(
        1 for _ in itertools.takewhile(lambda r: not (r.plus and r.minus), ladder.rungs[::-1])
    )
    above = ladder.rungs[: len(ladder.rungs) - zeros]
    last = above[-4:]
    if not _is_flat(ladder.rungs[-1]) or len(last) < 4:
        return ladder
    intercepts = [b.plus - (a.plus - b.plus) / 3 for a, b in itertools.pairwise(last)]
    if max(intercepts) - min(intercepts) <= 1e-2 * max(map(abs, intercepts)):
        return ladder
    lost = max(abs(last[-1].plus), abs(last[-1].minus))
    largest = max(abs(value) for r in above for value in (r.plus, r.minus) if math.isfinite(value))
    if lost > PLATEAU * max(ladder.floor, ladder.unit * largest):
        return ladder
    coarse = _Ladder(ladder.scale, ladder.size, max(ladder.floor, lost), ladder.unit)
    for rung in above:
        coarse.push(rung)
    return coarse


def _is_flat(rung: Rung) -> bool:
    return rung.plus == rung.minus == 0


def _sides(rungs: list[Rung]) -> tuple[list[tuple[float, float]], list[tuple[float, float]]]:
    """Return (h, φ) of the finest five rungs of each side, finest last."""
    return [(r.h, r.plus) for r in rungs[-5:]], [(r.h, r.minus) for r in rungs[-5:]]


def _jumps(side: list[tuple[float, float]], floor: float) -> bool:
    """Tell whether φ stays away from 0 as h goes there: a jump."""
    values = [value for _, value in side]
    return min(map(abs, values)) > 64 * floor and max(values) - min(values) < 1e-3 * abs(values[-1])


def _grows(side: list[tuple[float, float]], floor: float) -> bool:
    """Tell whether the quotient grows without bound, as h^-α or as log h."""
    quotients = [value / h for h, value in side]
    changes = [b - a for a, b in itertools.pairwise(quotients)]
    if not all(abs(change) * h > 64 * floor for change, (h, _) in zip(changes, side, strict=False)):
        return False
    ratios = [b / a for a, b in itertools.pairwise(changes)]
    return all(0.95 < ratio < 3.9 for ratio in ratios) and max(ratios) - min(ratios) < 0.05
