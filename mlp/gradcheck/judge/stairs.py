"""Forward stands on a stair, flat along a line up to a leap: it is rounded, or piecewise constant.

A result that is rounded says nothing of the slope of what was rounded, so by hand is left open. But
where a leap is as large as a usual result, and results are whole numbers or two levels, nothing
finer was rounded: forward is piecewise constant, its slope is 0, and a straight-through estimator
is wrong unless it is declared. A gradient of 0 is what a stair has, and never wrong for the slope
that long steps over many stairs have.

Tested in tests/gradcheck/judge/test_stairs.py.
"""

from dataclasses import replace

import numpy as np

from mlp.gradcheck.numbers.kind import UNKNOWN
from mlp.gradcheck.numbers.ladder import TRUST
from mlp.gradcheck.numbers.leaps import beyond
from mlp.gradcheck.probe import Probe

WHOLE = 0.45  # of a usual result: a leap so high is no rounding, of whole numbers or two levels
SWEEP = range(-3, 9)  # doublings of the first step at which results are looked at, to both sides
SINGLE = 2.0**-24  # rounding of a result of single precision, which is no stair
SURE = 64  # times rounding
BLUNT = 0.5  # of by hand: a bar that says nothing of it


def on_a_stair(probe: Probe) -> Probe:
    """Return a probe as it is to be read where forward is flat along it: open, or as constant."""
    slope, line = probe.slope, probe.line
    if not probe.by_hand and probe.differs and stands(probe):
        return probe.undecided()
    told = probe.admitted and slope.bar <= BLUNT * abs(probe.by_hand)
    if slope.kind != "smooth" or not slope.ladder[-1].flat or told:
        return probe
    leaps = slope.leaps or (probe.by_hand and slope.flat and beyond(line, slope.ladder[0]))
    if not leaps:
        return probe
    if not probe.by_hand or whole(probe):  # 0 is the slope of the stair
        flat = max(rung.h for rung in slope.ladder if rung.flat)
        bar = TRUST * slope.floor / flat
        stair = replace(slope, value=0.0, bar=bar, step=flat / 4, noise=slope.floor, over=None)
        return replace(probe, slope=stair)
    return replace(probe, slope=replace(slope, over=slope.over or UNKNOWN))


def stands(probe: Probe) -> bool:
    """Tell whether forward is still over a step on which its slope would show beyond rounding.

    That is the rounding of its dtype: whole numbers, as of a floor, seem to have a coarser one.
    """
    line, slope = probe.line, probe.slope
    unit = max(SINGLE, float(np.finfo(probe.gradient.dtype).eps) / 2)
    rounding = unit * float(np.abs(line.v) @ np.abs(line.place.base))
    h = SURE * max(rounding / (abs(slope.value) - slope.bar), unit * line.scale)
    return not any(line.difference(sign * h).any() for sign in (1, -1))


def whole(probe: Probe) -> bool:
    """Tell whether forward, where it first moves, leaps by as much as its median result.

    A rounded result may do so too where it is small; but then it is seldom a whole number, and on
    longer steps it has more levels than two.
    """
    line, base, ladder = probe.line, probe.line.place.base, probe.slope.ladder
    moving = (sign * r.h for r in ladder[::-1] for sign, v in ((1, r.plus), (-1, r.minus)) if v)
    sweep = [sign * 2.0**k * ladder[0].h for k in SWEEP for sign in (1, -1)]
    change = next((c for t in (*moving, *sweep) if (c := line.difference(t)).any()), base[:0])
    changed = np.abs(change[change != 0])
    sizes = np.max(np.abs([base, base + line.difference(ladder[0].h)]), axis=0)
    sizes = sizes[np.isfinite(sizes)]  # none where forward is not defined a step away
    if not (changed.size and sizes.size and np.median(changed) >= WHOLE * np.median(sizes)):
        return False
    changes = [c for c in map(line.difference, sweep) if np.isfinite(c).all()]
    results = base + np.array([0 * base, *changes])
    levels = max(len(np.unique(seen)) for seen in results.T)
    return bool(levels <= 2 or (results == np.rint(results)).all())
