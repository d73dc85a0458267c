"""Every float32 there is: is an op's float64 result, rounded once, the correctly rounded one?

Rounding is monotone. Where y − k ulp and y + k ulp round to the same float32, so does the truth
between them; only the rest, the hard cases, is computed in 60 digits. k is 1,024, several hundred
times what the float64 results are off. An input that is not correctly rounded is a tie where the
float64 nearest to the truth itself lies midway between two float32: nothing that is rounded from a
float64 can decide it. Everything else is wrong.

The op's own float32 results are compared on the way, with the float64 result for the truth: that is
off by 10⁻⁸ of their units.

Of an input below 10⁻³⁰ the gated units make its half and a little more, less than a float64 shows.
Half an odd subnormal number lies midway between two, so the little decides: what is judged there is
the op's own float32 result, which knows.
"""

import time
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from kinds import GATED
from oracle import mp, rounded

from exactness.functions import TRUTH
from exactness.libraries import OURS

CHUNK = 2**16  # a chunk and what is made of it stay in the cache
PATTERNS = 2**32
MARGIN = 1024 * np.finfo(np.float64).eps


@dataclass
class Tally:
    """What a run has counted so far."""

    inputs: int = 0
    hard: int = 0
    wrong: list = field(default_factory=list)  # (ULPs, input), rounded to the wrong neighbour
    ties: list = field(default_factory=list)  # likewise, but the nearest float64 lies midway
    worst: Any = 0.5  # ULPs from the unrounded truth; where nothing is hard, at most half a unit
    native: float = 0.0  # ULPs of the op in float32, from the correctly rounded result
    native_at: float = 0.0

    @property
    def kept(self):
        """Tell whether all but the ties are correctly rounded, and the op itself is near."""
        return not self.wrong and self.native <= 4

    def __str__(self):
        over = float(self.worst - 0.5)
        lines = [
            f"{self.inputs:,} inputs, {self.hard:,} hard cases computed in {mp.dps} digits",
            f"float64, rounded once: {len(self.wrong):,} wrong, {len(self.ties):,} ties",
            f"    the worst by 0.5 + {over:.1g} ULP",
            f"float32 natively: worst {self.native:g} ULP, at {self.native_at!r}",
        ]
        for kind, found in (("wrong", self.wrong), ("a tie", self.ties)):
            lines += [f"    {kind} at {x!r}, by {off:.10f} ULP" for off, x in found[:5]]
        return "\n".join(lines)


def nearest(x):
    """Return the float32 nearest to a number of many digits, ties to even."""
    near = np.float32(float(x))
    around = [np.nextafter(near, np.float32(side)) for side in (-np.inf, np.inf)]
    even = [int(a.view(np.uint32)) % 2 for a in (near, *around)]
    off = [abs(mp.mpf(float(a)) - x) for a in (near, *around)]
    return min(zip(off, even, (near, *around), strict=True))[2]


def midway(y):
    """Tell whether a float64 lies exactly in the middle between two float32 neighbours."""
    near = np.float32(y)
    other = np.nextafter(near, np.float32(np.inf if y > float(near) else -np.inf))
    return y == (float(near) + float(other)) / 2


def inputs(start, stop, step):
    """Yield the finite float32 numbers of these bit patterns, a chunk at a time."""
    for first in range(start, stop, step * CHUNK):
        bits = np.arange(first, min(first + step * CHUNK, stop), step, dtype=np.uint32)
        x = bits.view(np.float32)
        finite = np.isfinite(x)
        yield x if finite.all() else x[finite]


def run(name, *, derivative=False, step=1, report=None):
    """Go through every step-th float32 bit pattern; return the tally."""
    tally, began = Tally(), time.perf_counter()
    what = of(name, derivative)
    for number, x in enumerate(inputs(0, PATTERNS, step)):
        count(tally, x, *what)
        if report and number % 4096 == 4095:
            done = (number + 1) * CHUNK * step / PATTERNS
            report(f"{done:4.0%}  {time.perf_counter() - began:.0f} s  {tally.hard:,} hard\n")
    return tally


def of(name, derivative):
    """Return a function, its truth, and whether it is a gated unit itself."""
    forward, backward = OURS[name]
    function = (lambda Z: backward(np.ones_like(Z), Z)) if derivative else forward
    return function, TRUTH[name][derivative], name.removesuffix("_tanh") in GATED and not derivative


@np.errstate(under="ignore", over="ignore")  # both are what rounding to float32 is about
def count(tally, x, function, truth, gated=False):  # noqa: FBT002  # as ``of`` returns them
    """Add a chunk of inputs to the tally."""
    if not x.size:
        return
    y, native = function(x.astype(np.float64)), function(x)
    once = y.astype(np.float32)
    low, high = (y * (1 - MARGIN)).astype(np.float32), (y * (1 + MARGIN)).astype(np.float32)
    if gated:
        tiny = np.abs(x) < 1e-30
        above = np.nextafter(x.astype(np.float64) / 2, 1).astype(np.float32)
        low, high, once = (
            np.where(tiny, a, b) for a, b in ((above, low), (above, high), (native, once))
        )
    tally.inputs += x.size
    hard = low != high
    tally.hard += int(hard.sum())
    for i in np.flatnonzero(hard | (once != low)):
        right = truth(mp.mpf(float(x[i])))
        off = abs(mp.mpf(float(once[i])) - right) / mp.mpf(float(np.spacing(np.abs(once[i]))))
        tally.worst = max(tally.worst, off)
        if once[i] != nearest(right):
            found = tally.ties if midway(rounded(right)) else tally.wrong
            found.append((float(off), float(x[i])))
    off = np.abs(native - once) / np.spacing(np.abs(once))
    i = off.argmax()  # NaN is the largest of all
    if not off[i] <= tally.native:
        tally.native, tally.native_at = float(off[i]), float(x[i])
