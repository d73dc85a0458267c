"""Entries of a gradient that are not finite, though forward is: wrong, unless its slope is not.

The slope of √x at 0 is infinite, and ∞ by hand says so. No number can be compared there, so these
entries are left open and the others are judged without them. Where forward has a finite slope, or
grows the other way, an entry that is not finite is wrong.

Tested in tests/gradcheck/contract/test_unbounded.py.
"""

import math
from collections.abc import Iterator

import numpy as np

from mlp.gradcheck.block import Anything, Block, Vector
from mlp.gradcheck.directions import axis
from mlp.gradcheck.finding import Entry, Finding
from mlp.gradcheck.line import Place
from mlp.gradcheck.numbers.kind import Slope

MOST = 16  # entries whose slopes are measured
SHOWN = 5
NO_SLOPE = {"unbounded", "jump", "domain"}  # what a slope is where there is no derivative
LOUD = 64.0  # times the noise of φ is none
GROWS = 1.25  # times a quotient on the first step, that one on the last is where it has no bound


def infinite(
    place: Place, v: Vector, rng: np.random.Generator, block: Block, gradient: Anything
) -> Iterator[Finding]:
    """Judge entries of a gradient that are not finite; there are some."""
    wrong = np.flatnonzero(~np.isfinite(gradient))
    some = np.sort(rng.choice(wrong, MOST, replace=False)) if wrong.size > MOST else wrong
    for i in map(int, some):
        seen = place.line(block, v, axis(block.value, i)).slope()
        by_hand = float(gradient.flat[i])
        unbounded = seen.kind in NO_SLOPE or _steepens(seen)
        if unbounded and not _opposed(by_hand, seen):
            continue
        measured = {i: Entry(_index(block, i), by_hand, seen.value, seen.bar)}
        others = map(int, wrong[wrong != i][: SHOWN - 1])
        for k in others:
            measured[k] = Entry(_index(block, k), float(gradient.flat[k]), math.nan, math.inf)
        said = f"{wrong.size} of {gradient.size} entries are not finite although forward is"
        if unbounded:
            said += f"; the slope is unbounded, and {by_hand:g} has the wrong sign"
        entries = tuple(measured[k] for k in sorted(measured))
        yield Finding("nonfinite", "fault", block.name, said, entries)
        return
    looked = "" if some.size == wrong.size else f" ({some.size} of them were looked at)"
    said = (
        f"the slope is unbounded here, so there is no derivative: {wrong.size} of {gradient.size} "
        f"entries are not finite, and rightly so{looked}; choose another point"
    )
    yield Finding.doubt("jump", said, block.name)


def _index(block: Block, i: int) -> tuple[object, ...]:
    """Return the index of an entry, counted in C order; in a structure its path comes first."""
    return (*block.path, *map(int, np.unravel_index(i, block.value.shape)))


def _steepens(seen: Slope) -> bool:
    """Tell whether φ rises beyond rounding within the finest step, as log x does at 1e-320."""
    last = seen.ladder[-1]
    rises = max(abs(phi) for phi in (last.plus, last.minus, 0.0) if math.isfinite(phi))
    return seen.rising and rises > LOUD * seen.floor


def _opposed(by_hand: float, seen: Slope) -> bool:
    """Tell whether the slope grows without bound on one side at least, and never as by hand says.

    NaN says nothing.
    """
    if math.isnan(by_hand):
        return False
    sides = ([r.right for r in seen.ladder], [r.left for r in seen.ladder])
    finite = [[q for q in side if math.isfinite(q)] for side in sides]
    grown = [s[-1] for s in finite if len(s) > 1 and abs(s[-1]) > GROWS * abs(s[0])]
    return bool(grown) and all(math.copysign(1, q) != math.copysign(1, by_hand) for q in grown)
