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
from dataclasses import dataclass, replace

from mlp.gradcheck.numbers.ladder import TRUST, UNIT, Estimate, Ladder, Rung, Tableau

FINEST = 2.0**-42  # smallest step, relative to the scale: ten-bit directions are exact down to it
FIRST_LOOK = 5  # rungs before the first judgement
PLATEAU = 2.0**30  # roundings of the arithmetic that a plateau of φ may be high
CLIMB = 4.0**6  # how much higher to start again when even the largest step drowns in noise


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
        """Whether there is a kink at 0 or close by: a gap of the sides outlasts two rungs.

        Where finer rungs have closed it, above the step, it does not count.
        """
        if self.kind != "smooth":
            return self.kind in {"kink", "unclear"}
        lasting = [
            fine.h <= self.step
            and coarse.gap / 2 < fine.gap < 2 * coarse.gap
            and fine.gap * fine.h > 16 * self.noise
            for coarse, fine in itertools.pairwise(self.ladder)
        ]
        return any(a and b for a, b in itertools.pairwise(lasting))

    @property
    def finest(self) -> tuple[tuple[float, float], ...]:
        """The quotients of the finest rung, with their reach, that a neighbour confirms.

        That is the other side or the rung above: noise would set them far apart.
        """
        above, rung = self.ladder[-2:]
        reach = TRUST * self.floor / rung.h
        pairs = ((rung.left, rung.right, above.left), (rung.right, rung.left, above.right))
        return tuple(
            (q, reach)
            for q, *others in pairs
            if any(abs(q - other) <= 2 * reach for other in others)
        )

    @property
    def spiked(self) -> bool:
        """Whether φ stands out at 0: what both sides share lasts on finer steps than the slope's.

        The share of a kink goes with h, and that of a bend with h²; this one shrinks more slowly
        than √h, so what φ does at 0 happens within the finest step. Noise may look like it.
        """
        below = [rung for rung in self.ladder if not rung.h > self.step]
        shares = [abs(rung.plus + rung.minus) / 2 for rung in (below[0], below[-1])]
        slowly = shares[1] > shares[0] * math.sqrt(below[-1].h / below[0].h)
        return slowly and shares[1] > 64 * self.floor

    @property
    def noise_or_floor(self) -> float:
        """The noise of φ, or what was known beforehand where nobody can tell it from a kink."""
        return self.noise if math.isfinite(self.noise) else self.floor

    def hides(self, value: float) -> bool:
        """Tell whether below its step a gap of the sides outlasts a rung, and holds a value.

        That may be a kink which is too close, or too small, to be told from noise. Times h, a gap
        by noise stays as large on finer rungs, and one by a kink does not.
        """
        noise = self.noise_or_floor
        for coarse, fine, *finer in (self.ladder[k:] for k in range(len(self.ladder) - 2)):
            louder = max(noise, *(rung.gap * rung.h for rung in finer))
            if (
                fine.h < self.step
                and coarse.gap / 2 < fine.gap < 3 * coarse.gap
                and coarse.gap * coarse.h > TRUST * louder
                and fine.gap * fine.h > noise
                and abs(value - fine.central) <= fine.gap / 2 + TRUST * noise / fine.h
            ):
                return True
        return False

    def contradicts(self, value: float) -> bool:
        """Tell whether one of the finest rungs, by itself, rules a slope out."""
        noise = self.noise_or_floor
        return any(
            abs(fine - value) > TRUST * (abs(fine - coarse) + noise / lower.h + UNIT * abs(value))
            for upper, lower in itertools.pairwise(self.ladder[-4:])
            for coarse, fine in ((upper.right, lower.right), (upper.left, lower.left))
        )


UNMEASURED = Slope(
    "unclear", math.nan, math.inf, math.nan, None, None, math.inf, 0.0, 0.0, (), evaluations=0
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
    >>> from mlp.gradcheck.numbers.slope import slope
    >>> found = slope(lambda t: math.sin(1 + t) - math.sin(1), noise=1e-16)
    >>> found.kind, abs(found.value - math.cos(1)) < found.bar < 1e-11
    ('smooth', True)
    >>> slope(abs).kind
    'kink'
    """
    scale = 2.0 ** math.floor(math.log2(scale))  # so that steps are exact, and h/4 too
    size = scale if size is None else size
    found = _descend(phi, Ladder(scale, size, noise, unit), finest * scale)
    louder *= max(1.0, found.noise / found.floor) if found.floor else 1.0  # noise grows with φ
    while (
        found.kind == "smooth"
        and found.bar > 1e-7 * abs(found.value)
        and found.step >= found.ladder[1].h
        and abs(found.ladder[0].central) * found.ladder[0].h > 8 * found.noise
    ):  # φ shows, but the bar is noise even at the largest steps: take larger ones
        top, scale = found.ladder[0].h, scale * CLIMB
        higher = _descend(phi, Ladder(scale, size, found.noise, louder * unit), top / 64)
        if not higher.bar < found.bar / 2 or _straightens(found, higher):
            break
        found = replace(higher, evaluations=found.evaluations + higher.evaluations)
    return found


def _straightens(near: Slope, far: Slope) -> bool:
    """Tell whether φ bends on the steps near 0 and no longer far away: then its scale is near."""
    top, finest = near.ladder[0], far.ladder[-1]
    return top.gap * top.h > TRUST * near.noise and finest.gap < top.gap


def quick(
    phi: Callable[[float], float], step: float, *, noise: float, unit: float = UNIT
) -> Estimate | None:
    """Estimate φ'(0) in six evaluations around a step known to suit; None at a sign of a kink."""
    central = Tableau(16.0)
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


def _descend(phi: Callable[[float], float], ladder: Ladder, finest: float) -> Slope:
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


def _read(ladder: Ladder) -> Slope:
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
    last = ladder.rungs[-5:]
    sides = [(r.h, r.plus) for r in last], [(r.h, r.minus) for r in last]
    if math.isnan(last[-1].plus) and math.isnan(last[-1].minus):
        kind = "domain"
    elif any(_jumps(side, ladder.floor) for side in sides):
        kind = "jump"
    elif any(_grows(side, ladder.floor) for side in sides):
        kind = "unbounded"
    elif kinked:
        kind = "kink"
    elif found:
        kind = "smooth"
    else:
        kind = "unclear"
    if kind != "smooth" or found is None:
        found = Estimate(math.nan, math.inf, math.nan)
    known = noise, ladder.floor, ladder.rounding
    return Slope(kind, *found, left, right, *known, tuple(ladder.rungs), 2 * len(ladder.rungs))


def _without_lost_digits(ladder: Ladder) -> Ladder:
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
    if not ladder.rungs[-1].flat or len(last) < 4:
        return ladder
    intercepts = [b.plus - (a.plus - b.plus) / 3 for a, b in itertools.pairwise(last)]
    if max(intercepts) - min(intercepts) <= 1e-2 * max(map(abs, intercepts)):
        return ladder
    lost = max(abs(last[-1].plus), abs(last[-1].minus))
    seen = (abs(value) for r in above for value in (r.plus, r.minus) if math.isfinite(value))
    largest = max(seen, default=0.0)
    if lost > PLATEAU * max(ladder.floor, ladder.unit * largest):
        return ladder
    coarse = Ladder(ladder.scale, ladder.size, max(ladder.floor, lost), ladder.unit)
    for rung in above:
        coarse.push(rung)
    return coarse


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
