"""What a ladder says of the point 0: the slope there with its bar, or why it has none.

Where no entry of a tableau counts the two sides are told apart: a kink, a jump, an unbounded slope,
or the edge of the domain. What the rungs say beside the slope is read off them as well: whether a
kink is close by, whether one rung by itself rules a value out.

Tested in tests/gradcheck/numbers/test_kind.py.
"""

import itertools
import math
from dataclasses import dataclass

from mlp.gradcheck.numbers.ladder import TRUST, UNIT, Estimate, Ladder, Rung

LEAST, MOST = -0.04, 0.98  # powers by which a slope without bound grows
WILD = 2.0**32  # times what rounding makes: noise in single precision is less


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
    def rising(self) -> bool:
        """Whether the quotients still grow at the finest step: what φ does here is within it."""
        above, *_, last = (max(abs(r.right), abs(r.left)) for r in self.ladder[-3:])
        return last > 1.5 * above

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
    powers = []
    for three, (a, b) in zip(
        zip(hs, hs[1:], hs[2:], strict=False), itertools.pairwise(changes), strict=True
    ):
        if not _grown(*three, LEAST) < b / a < _grown(*three, MOST):
            return False
        powers.append(_power(*three, b / a))
    return max(powers) - min(powers) < 0.02


def _grown(coarse: float, middle: float, fine: float, power: float) -> float:
    """Return the ratio by which the change of h^-α grows from one pair of steps to the next."""
    first, second = middle**-power - coarse**-power, fine**-power - middle**-power
    return second / first if first else math.log(middle / fine) / math.log(coarse / middle)


def _power(coarse: float, middle: float, fine: float, ratio: float) -> float:
    """Return the α for which the change of h^-α grows by this ratio."""
    low, high = -1.0, 2.0
    for _ in range(20):
        power = (low + high) / 2
        low, high = (power, high) if _grown(coarse, middle, fine, power) < ratio else (low, power)
    return power
