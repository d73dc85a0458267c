"""The slope φ'(0) of a scalar function with φ(0) = 0, and an error bar that can be believed.

No single step is right: a large one bends away, a small one drowns in rounding. So φ is evaluated
on a ladder of steps, each about a quarter of the one before, to both sides of 0, and three families
of quotients,

    central  (φ(h) - φ(-h)) / 2h  =  φ' + φ'''h²/6 + ...
    right     φ(h) / h            =  φ' + φ''h/2 + ...
    left     -φ(-h) / h           =  φ' - φ''h/2 + ...

are extrapolated to h = 0. An entry of such a tableau errs by its distance to its neighbours, plus
the noise it amplifies. The noise is read off the ladder as well: what still changes from rung to
rung where smoothness no longer shows is noise. And an entry counts only if no finer rung, on either
side, contradicts it: a kink or an oscillation between two coarse steps cannot pass for a slope. The
steps are no powers of two, for these lie on the grids of bisections and of rounding itself: there
every step may carry the same error, and look quiet.

A forward that rounds on its way is a staircase: between two leaps it is quiet, and the slope there
is nobody's. So where φ goes on changing above the steps that were believed, the change is followed
by halving (leaps.py); where leaps are found, φ is read a second time with their height for noise.

Where nothing counts the two sides are told apart: a kink, a jump, an unbounded slope, or the edge
of the domain. Only scalars occur here; directions and arrays are the business of probe.py.

Sources: Ridders 1982 (the tableau and its error), Moré & Wild 2011 (noise from differences),
Lepskii 1991 (the largest step that no finer one contradicts).
"""

import itertools
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from mlp.gradcheck.numbers.ladder import TRUST, UNIT, Estimate, Ladder, Rung, Tableau
from mlp.gradcheck.numbers.leaps import climbed

FINEST = 2.0**-42  # smallest step, relative to the scale: ten-bit directions are exact down to it
FIRST_LOOK, BRIEF = 5, 4  # rungs before the first judgement; about a step known to suit
SHARP, PLAIN = 1e-11, 1e-10  # of a slope: a bar that one rung confirms; where the step is known
SPREAD, GOLDEN = 0.36, (math.sqrt(5) - 1) / 2  # of steps: how far, and how, they leave h/4, h/16
WILD = 2.0**32  # times what rounding makes: noise in single precision is less
SHOWN = 8.0  # leaps that φ must span: over a few it may turn, and none would see it
GRID = 2.0**10  # times what rounding makes: noise that is the grid of a rounded result
STOREYS = 3  # grids in one another, as a rounded result of float32
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
    over: Estimate | None = None  # read a second time, over leaps
    leaps: int = 0  # that were found on the way

    def admits(self, value: float, room: float = 0.0) -> bool | None:
        """Tell whether a slope may be this value: True, False, or None where readings disagree."""
        readings = [Estimate(self.value, self.bar, self.step), *([self.over] if self.over else [])]
        held = {abs(value - reading.value) <= reading.bar + room for reading in readings}
        return held.pop() if len(held) == 1 else None

    @property
    def flat(self) -> bool:
        """Whether φ does not move at any step."""
        return all(rung.flat for rung in self.ladder)

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
    def rising(self) -> bool:
        """Whether the quotients still grow at the finest step: what φ does here is within it."""
        above, *_, last = (max(abs(r.right), abs(r.left)) for r in self.ladder[-3:])
        return last > 1.5 * above

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

    @property
    def wild(self) -> bool:
        """Whether the noise that was read is none that rounding makes: φ turns within a step."""
        return self.noise > WILD * self.floor > 0 and not self.leaps

    def contradicts(self, value: float) -> bool:
        """Tell whether one of the finest rungs, by itself, rules a slope out."""
        noise = self.noise_or_floor
        return any(
            abs(fine - value) > TRUST * (abs(fine - coarse) + noise / lower.h + UNIT * abs(value))
            for upper, lower in itertools.pairwise(self.ladder[-4:])
            for coarse, fine in ((upper.right, lower.right), (upper.left, lower.left))
        )


UNKNOWN = Estimate(0.0, math.inf, math.nan)
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
    look: int = FIRST_LOOK,
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
    look : int
        Rungs before the first judgement.

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
    scale = 2.0 ** math.floor(math.log2(scale))
    size = scale if size is None else size
    found = _descend(phi, Ladder(scale, size, noise, unit), finest * scale, look)
    if louder > GRID and _most(found.ladder) <= SHOWN * found.noise:
        return replace(found, over=UNKNOWN)
    louder *= max(1.0, found.noise / found.floor) if found.floor else 1.0  # noise grows with φ
    while (
        found.kind == "smooth"
        and found.bar > 1e-7 * abs(found.value)
        and found.step >= found.ladder[1].h
        and abs(found.ladder[0].central) * found.ladder[0].h > 8 * found.noise
    ):  # φ shows, but the bar is noise even at the largest steps: take larger ones
        top, scale = found.ladder[0].h, scale * CLIMB
        higher = _descend(phi, Ladder(scale, size, found.noise, louder * unit), top / 64)
        spent = found.evaluations + higher.evaluations
        if not higher.bar < found.bar / 2 or not _straight(higher):
            return replace(found, evaluations=spent)
        found = replace(higher, evaluations=spent)
    return found


def _most(ladder: Sequence[Rung]) -> float:
    """Return how far φ is seen to move."""
    return max(
        (abs(phi) for r in ladder for phi in (r.plus, r.minus) if math.isfinite(phi)), default=0.0
    )


def _straight(far: Slope) -> bool:
    """Tell whether the quotients of large steps are one slope: then it is that near 0 as well."""
    if far.flat:
        return True
    quotients = [rung.central for rung in far.ladder if rung.h >= far.step]
    shows = abs(far.value) > far.bar
    return shows and all(abs(q - far.value) <= abs(far.value) / 2 for q in quotients)


def quick(
    phi: Callable[[float], float], step: float, *, noise: float, unit: float = UNIT
) -> Estimate | None:
    """Estimate φ'(0) in six evaluations around a step known to suit; None at a sign of a kink."""
    central = Tableau(2)
    rungs = [Rung(h, phi(h), phi(-h)) for h in (4 * step, step, step / 4)]
    for rung in rungs:
        central.push(rung.h, rung.central)
    if any(b.gap > max(a.gap / 2, 16 * noise / b.h) for a, b in itertools.pairwise(rungs)):
        return None
    entries = (
        Estimate(value, TRUST * (error + gain * (noise + unit * abs(value) * rung.h)), rung.h)
        for rung, row in zip(rungs[1:], central.rows[1:], strict=True)
        for value, error, gain in row
    )
    return min(entries, key=lambda entry: entry.bar, default=None)


def steps(scale: float, finest: float) -> Iterator[float]:
    """Yield falling steps, a quarter on average, from a quarter of the scale down to the finest.

    Each is a multiple of the finest, of some twenty bits, so that a short direction times it is
    exact; and no two have a common factor for an error to hide in.
    """
    h = scale / 4
    for k in itertools.count():
        if h < finest:
            return
        short = max(finest, h * math.sqrt(finest / scale))
        yield round(h * (1 - SPREAD * (k * GOLDEN % 1)) / short) * short
        h /= 4


def _descend(
    phi: Callable[[float], float], ladder: Ladder, finest: float, look: int = FIRST_LOOK
) -> Slope:
    """Evaluate φ down the ladder until the answer is settled or the steps are exhausted."""
    sharp = SHARP if look == FIRST_LOOK else PLAIN
    for h in steps(ladder.scale, finest):
        ladder.push(Rung(h, phi(h), phi(-h)))
        if len(ladder.rungs) >= look and ladder.settled(ladder.noise(), sharp):
            break
    found = read(ladder, ladder.noise())
    if found.kind in {"domain", "jump", "unbounded"}:
        return found
    spent = found.evaluations
    for _ in range(STOREYS):
        stairs = climbed(phi, ladder, found.step, found.noise_or_floor, finest)
        spent += stairs.evaluations
        if not stairs.leaps:
            break
        above = read(ladder, stairs.height)
        flat = [rung.flat for rung in ladder.rungs if not rung.h > found.step]
        if all(flat) and stairs.leaps > 1 and above.kind == "smooth":
            over = None if _most(ladder.rungs) > SHOWN * stairs.height else UNKNOWN
            found = replace(above, over=over, leaps=stairs.leaps)
            continue
        over = Estimate(above.value, above.bar, above.step)
        over = over if above.kind == "smooth" else UNKNOWN
        found = replace(found, over=over, leaps=stairs.leaps)
        break
    return replace(found, evaluations=spent)


def read(ladder: Ladder, noise: float) -> Slope:
    """Say what kind of point 0 is, with the slope where it has one."""
    found = ladder.best(noise, ladder.sides)
    left = right = None
    kinked = False
    if found is None or found.bar > 1e-3 * abs(found.value):
        right, left = ladder.best(noise, (ladder.right,)), ladder.best(noise, (ladder.left,))
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


def _jumps(side: list[tuple[float, float]], floor: float) -> bool:
    """Tell whether φ stays away from 0 as h goes there: a jump."""
    values = [value for _, value in side]
    return min(map(abs, values)) > 64 * floor and max(values) - min(values) < 1e-3 * abs(values[-1])


def _grows(side: list[tuple[float, float]], floor: float) -> bool:
    """Tell whether the quotient grows without bound, as h^-α or, for α = 0, as log h."""
    hs, quotients = [h for h, _ in side], [value / h for h, value in side]
    changes = [b - a for a, b in itertools.pairwise(quotients)]
    if len(changes) < 2 or not all(
        abs(change) * h > 64 * floor for change, h in zip(changes, hs, strict=False)
    ):
        return False
    powers = [
        _power(*triple, b / a)
        for triple, (a, b) in zip(
            zip(hs, hs[1:], hs[2:], strict=False), itertools.pairwise(changes), strict=True
        )
    ]
    return all(-0.04 < power < 0.98 for power in powers) and max(powers) - min(powers) < 0.02


def _power(coarse: float, middle: float, fine: float, ratio: float) -> float:
    """Return the α for which h^-α changes by this ratio from one pair of steps to the next."""

    def grown(power: float) -> float:
        first, second = (h1**-power - h0**-power for h0, h1 in ((coarse, middle), (middle, fine)))
        return second / first if first else math.log(middle / fine) / math.log(coarse / middle)

    low, high = -1.0, 2.0
    for _ in range(20):
        power = (low + high) / 2
        low, high = (power, high) if grown(power) < ratio else (low, power)
    return power
