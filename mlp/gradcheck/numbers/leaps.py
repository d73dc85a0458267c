"""Whether φ leaps: a leap keeps its size when it is drawn together, and what is continuous shrinks.

Rounding on the way to a result makes a staircase of φ, with a slope between its leaps that is
nobody's. Above the steps of a slope that was believed, rungs whose change stays as large as it was
are looked at: the larger half of the change is halved, again and again.

Tested in tests/gradcheck/numbers/test_leaps.py.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

from mlp.gradcheck.numbers.ladder import Ladder, Rung

LOUD = 2.0  # times the change that rounding explains
HALVINGS = 12  # that a leap survives, beyond those that take a slope away
ENOUGH = 8  # of them, where steps are too large for more
PLACES = 4  # at most, at which leaps are looked for
FARTHER = 4  # rungs above the first, at which what is flat may move
SPLIT = 0.45  # of a part: a half would stay on the grids of bisections


@dataclass(frozen=True)
class Stairs:
    """How many leaps were found, how high they are, and what it cost."""

    leaps: int
    height: float
    evaluations: int


def climbed(
    phi: Callable[[float], float], ladder: Ladder, below: float, noise: float, finest: float
) -> Stairs:
    """Look for two leaps of φ between the rungs above a step, from the finest on."""
    rungs, heights, spent, places = ladder.rungs, list[float](), 0, 0
    for k in range(len(rungs) - 1, 0, -1):
        if rungs[k - 1].h <= below:
            continue
        height = heights[0] if heights else ladder.changes[k]
        if not heights and not _lingers(ladder, k, noise):
            continue
        found, cost = leap(phi, rungs[k], rungs[k - 1], height, finest)
        heights += [found] if found else []
        spent, places = spent + cost, places + 1
        if len(heights) == 2 or places == PLACES:
            break
    return Stairs(len(heights), max(heights, default=0.0), spent)


def leap(
    phi: Callable[[float], float], fine: Rung, coarse: Rung, height: float, finest: float = 0.0
) -> tuple[float, int]:
    """Return what is left of the change between two rungs, 0 where that shrinks below a height.

    It is 0 as well where the finest step is too large to tell.
    """
    sides = ((1, fine.plus, coarse.plus), (-1, fine.minus, coarse.minus))
    sign, low, high = max(sides, key=lambda side: abs(side[2] - side[1]))
    near, far, change = fine.h, coarse.h, abs(high - low)
    if not (0 < height / 4 <= change < math.inf):
        return 0.0, 0
    halvings = HALVINGS + math.ceil(math.log2(max(1.0, change / height)))
    for spent in range(1, halvings + 1):
        middle = near + SPLIT * (far - near)
        value = phi(sign * middle)
        if abs(value - low) > abs(high - value):
            far, high = middle, value
        else:
            near, low = middle, value
        if not abs(high - low) > height / 4 or (far - near < finest and spent < ENOUGH):
            return 0.0, spent
        if far - near < finest:
            break
    return abs(high - low), spent


def beyond(phi: Callable[[float], float], top: Rung) -> bool:
    """Tell whether φ, flat up to a rung, leaps where it first moves: it was on a stair."""
    below = top
    for _ in range(FARTHER):
        h = 4 * below.h
        above = Rung(h, phi(h), phi(-h))
        if not math.isfinite(above.central):
            return False
        if not above.flat:
            return bool(leap(phi, below, above, max(abs(above.plus), abs(above.minus)))[0])
        below = above
    return False


def _lingers(ladder: Ladder, k: int, noise: float) -> bool:
    """Tell whether a rung's change is louder than rounding, and not on its way to nothing."""
    change = ladder.changes[k]
    loud = change > LOUD * (ladder.expected(k) + 8 * noise)
    stays = k > 1 and 0 < ladder.changes[k - 1] < 2 * change  # 0 where φ begins to exist
    return loud and (stays or ladder.rungs[k].flat)
