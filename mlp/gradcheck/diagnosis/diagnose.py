"""What mistake a wrong gradient looks like, with the numbers that support it.

The first mistake (mistakes.py) that explains the evidence (evidence.py) is the diagnosis. Where
none does, the entries that are off may still share a row, a column or a side of a threshold, and
the sentence that says so bears no name.
"""

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from mlp.gradcheck.block import Anything, Block, Vector
from mlp.gradcheck.diagnosis import constant
from mlp.gradcheck.diagnosis.evidence import (
    HUGE,
    WHOLE,
    Evidence,
    index_of,
    load,
    measured,
    recalled,
)
from mlp.gradcheck.diagnosis.locate import Located
from mlp.gradcheck.diagnosis.mistakes import CHEAP, MISTAKES, Mistake, ignores_cotangent
from mlp.gradcheck.diagnosis.sets import CURVED, LINEAR, among
from mlp.gradcheck.directions import direction
from mlp.gradcheck.line import Place
from mlp.gradcheck.probe import Probe, compare

RARE = 25  # a threshold splits the entries by chance in one of so many cases
SIDES = 2  # of a threshold
PARTIAL = "sign in part"  # a mistake of some entries, which may have a place in common


@dataclass(frozen=True)
class Diagnosis:
    """The name of a mistake, None where only its place is known, and a sentence about it."""

    name: str | None
    text: str


def diagnose(probe: Probe, located: Located) -> Diagnosis | None:
    """Name the mistake that explains all measured entries, or say where they are, if anything."""
    if constant.between_leaps(probe):
        return Diagnosis("straight-through", constant.SAID)
    if curved := among(probe, CURVED):  # of these it also lacks a share of the argument, or a mean
        return Diagnosis(*curved)
    enough = len(located.entries) >= min(2, probe.gradient.size)
    found = _of_all(probe, located) if enough else None
    if found is None or found.name is None:  # a place alone
        linear = among(probe, LINEAR)
        return Diagnosis(*linear) if linear else found
    return found


def _of_all(probe: Probe, located: Located) -> Diagnosis | None:
    """Name the mistake, or the place, among all arrays of the shape."""
    shape, size = probe.gradient.shape, probe.gradient.size
    if len(located.entries) == located.measured and not ignores_cotangent(probe):
        found = _first(recalled(probe, located), CHEAP)
        if found:
            return found
    if located.complete and size > WHOLE:
        off = np.zeros(shape, dtype=bool)
        off[index_of(probe, located)] = True
        return _where(probe, tuple(map(np.arange, shape)), off)
    if load(probe) > HUGE:
        return None
    seen = measured(probe)
    found, place = _first(seen, MISTAKES), _where(probe, seen.axes, seen.off)
    if found and place and found.name == PARTIAL:
        return Diagnosis(found.name, f"{found.text}\n{place.text}")
    return found or place


def _first(seen: Evidence, mistakes: tuple[Mistake, ...]) -> Diagnosis | None:
    """Return the first mistake that explains what was seen."""
    for offered in (offered for mistake in mistakes for offered in mistake(seen)):
        if seen.explained_by(offered):
            return Diagnosis(offered.name, f"{offered.text}{seen.support(offered)}")
    return None


def diagnose_shape(
    place: Place, block: Block, v: Vector, came: Anything, rng: np.random.Generator
) -> Diagnosis | None:
    """Name the mistake behind a wrong shape: undone, it leaves a gradient that a probe finds right.

    ``came`` is what backward returned for the cotangent ``v``.
    """
    wanted = block.value.shape
    leading = tuple(range(came.ndim - len(wanted)))
    for name, what, undone in (
        ("transpose", "its transpose", came.T),
        ("not summed", "its sum over the batch", came.sum(axis=leading)),
    ):
        if undone.shape == wanted:
            probe = compare(place.line(block, v, direction(rng, block, undone)), undone)
            if probe.agrees and not probe.quiet:
                by_hand, numeric = probe.by_hand, probe.slope.value
                text = f"{what} is right: by hand {by_hand:.8g}, numeric {numeric:.8g}"
                return Diagnosis(name, text)
    return None


# ------------------------------------------------------------------ where


def _where(probe: Probe, axes: tuple[Anything, ...], off: Anything) -> Diagnosis | None:
    """Say what the wrong entries of a grid have in common."""
    if off.all() or off.sum() < 2:
        return None
    said = next(itertools.chain(_whole_lines(axes, off), _thresholds(probe, axes, off)), None)
    if said is None:
        return None
    part = f" (of {off.size} measured)" if off.size < probe.line.block.value.size else ""
    return Diagnosis(None, f"where: {said}{part}")


def _whole_lines(axes: tuple[Anything, ...], off: Anything) -> Iterator[str]:
    """Yield what says that a few whole rows or columns are wrong."""
    for axis in range(off.ndim if off.ndim > 1 else 0):
        across = tuple(k for k in range(off.ndim) if k != axis)
        every, some = off.all(axis=across), off.any(axis=across)
        if (every == some).all() and some.sum() <= max(1, min(3, off.shape[axis] // 2)):
            named = ", ".join(str(int(i)) for i in axes[axis][some])
            line = ("row", "column")[axis] if off.ndim == 2 else f"slice (axis {axis})"
            yield f"all of {line}{'s' if some.sum() > 1 else ''} {named} and nothing else"


def _thresholds(probe: Probe, axes: tuple[Anything, ...], off: Anything) -> Iterator[str]:
    """Yield what says that the wrong entries lie on one side of a threshold, or between two."""
    count, wrong = off.size, int(off.sum())
    ways = math.comb(count, wrong) / RARE
    problem, shape = probe.line.place.problem, probe.line.block.value.shape
    arrays = [(block.name, block.value) for block in (*problem.blocks, *problem.others)]
    if [size for size, _ in problem.sizes] == [shape]:
        arrays.append(("the result", probe.line.place.base.reshape(shape)))
    for name, array in arrays if ways >= SIDES else ():
        if array.shape != shape:
            continue
        values = array[np.ix_(*axes)]
        low, high, right = values[off].min(), values[off].max(), values[~off]
        sides = [(name, values), *([(f"|{name}|", np.abs(values))] if low < 0 < high else [])]
        for spelled, those in sides:
            if those[off].min() > those[~off].max():
                yield f"only entries with {spelled} > {those[~off].max():.4g}"
            elif those[off].max() < those[~off].min():
                yield f"only entries with {spelled} < {those[~off].min():.4g}"
        if ways >= count - wrong + 1 and not ((low <= right) & (right <= high)).any():
            below, above = right[right < low].max(), right[right > high].min()
            yield f"only entries with {name} between {below:.4g} and {above:.4g}"
