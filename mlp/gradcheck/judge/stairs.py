"""Forward stands on a stair, flat along a line up to a leap: it is rounded, or piecewise constant.

A result that is rounded says nothing of the slope of what was rounded, so by hand is left open. But
where a leap is as large as the result itself, nothing finer was rounded: forward is piecewise
constant, its slope is 0, and a straight-through estimator is wrong unless it is declared.

Tested in tests/gradcheck/judge/test_stairs.py.
"""

from dataclasses import replace

import numpy as np

from mlp.gradcheck.numbers.kind import UNKNOWN
from mlp.gradcheck.numbers.ladder import TRUST
from mlp.gradcheck.numbers.leaps import beyond
from mlp.gradcheck.probe import Probe

WHOLE = 0.45  # of the largest result: a leap so high is no rounding
BLUNT = 0.5  # of by hand: a bar that says nothing of it


def on_a_stair(probe: Probe) -> Probe:
    """Return a probe as it is to be read where forward is flat along it: open, or as constant."""
    slope = probe.slope
    told = probe.admitted and slope.bar <= BLUNT * abs(probe.by_hand)
    if slope.kind != "smooth" or not slope.ladder[-1].flat or told or not probe.by_hand:
        return probe
    leaps = slope.leaps or (slope.flat and beyond(probe.line, slope.ladder[0]))
    if not leaps:
        return probe
    if whole(probe):
        flat = max(rung.h for rung in slope.ladder if rung.flat)
        bar = TRUST * slope.floor / flat
        return replace(probe, slope=replace(slope, value=0.0, bar=bar, step=flat, over=None))
    return replace(probe, slope=replace(slope, over=slope.over or UNKNOWN))


def whole(probe: Probe) -> bool:
    """Tell whether forward, where it first moves, leaps by as much as its largest result."""
    line, base, ladder = probe.line, probe.line.place.base, probe.slope.ladder
    seen = (sign * r.h for r in ladder[::-1] for sign, v in ((1, r.plus), (-1, r.minus)) if v)
    for t in (*seen, *(sign * 4**k * ladder[0].h for k in range(1, 5) for sign in (1, -1))):
        change = line.difference(t)
        moved = change != 0
        if moved.any():
            far = line.difference(ladder[0].h)
            size = np.nanmax(np.abs([base, far]))
            return bool(np.median(np.abs(change[moved])) >= WHOLE * size)
    return False
