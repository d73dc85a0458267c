"""What a report shows beside a verdict: the steps that a probe took, and entries one by one.

The steps cost nothing, for the probe has taken them. Entries cost six evaluations each, so they
are measured only where a picture is asked for: a grid over the argument which is all of a small
one, and passes through every entry that was found wrong in a large one. Those keep the numbers they
were found wrong with.
"""

import contextlib
import math
from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from mlp.gradcheck.diagnosis.evidence import FEWEST, load
from mlp.gradcheck.diagnosis.locate import entry
from mlp.gradcheck.finding import Entry, Steps
from mlp.gradcheck.probe import Probe
from mlp.gradcheck.problem import Exhausted, Raised
from mlp.gradcheck.returned import Misshapen
from mlp.tangent import Silence, Witnessed

CELLS = 144  # entries in a grid, unless more were found wrong
WORK = 10**7  # numbers handled at most for all of them, one evaluation each
STEP = 2.0**-12  # relative, where the ladder settled on none


def steps_of(probe: Probe | None, heard: Witnessed | Silence | None = None) -> Steps | None:
    """Return what a probe saw, and what a tangent said along its line, as plain data."""
    if probe is None:
        return None
    seen = probe.slope
    rungs = tuple((rung.h, rung.plus, rung.minus) for rung in seen.ladder)
    said = (heard.slope, heard.bar) if isinstance(heard, Witnessed) else ()
    return Steps(
        probe.by_hand, seen.value, seen.bar, seen.step, seen.noise, seen.kind, rungs, *said
    )


def grid_of_entries(probe: Probe | None, found: Iterable[Entry] = ()) -> tuple[Entry, ...]:
    """Measure a grid of an argument's entries; an infinite error bar says that there is no slope.

    It passes through those found wrong. The rounding of the gradient is a part of the error bar.
    """
    measured: list[Entry] = []
    if probe is None:
        return ()
    probe = stepping(probe)
    known = {e.index: e for e in found}
    room = min(CELLS, max(FEWEST, WORK // load(probe)))
    rounding = 8 * float(np.finfo(probe.gradient.dtype).eps)
    with contextlib.suppress(Exhausted, Raised, Misshapen):  # the verdict stands without a picture
        for i in spread_over(probe.gradient.shape, room, map(probe.within, known)):
            e = known.get(probe.index(i)) or entry(probe, i)
            measured.append(replace(e, error_bar=e.error_bar + rounding * abs(e.by_hand)))
    return tuple(measured)


def stepping(probe: Probe) -> Probe:
    """Return a probe with a step for its entries, guessed where the ladder settled on none."""
    if math.isfinite(probe.slope.step):
        return probe
    guess = replace(probe.slope, step=STEP * probe.line.scale, noise=probe.slope.floor)
    return replace(probe, slope=guess)


def spread_over(
    shape: tuple[int, ...], room: int, through: Iterable[tuple[int, ...]] = ()
) -> list[int]:
    """Return entries, counted in C order, that form a grid through some of them.

    Axes before the last are taken together as rows. At most ``room`` are chosen freely.
    """
    n = shape[-1] if shape else 1
    m = math.prod(shape) // n
    columns = min(n, max(room // m, math.isqrt(room)))
    rows = min(m, room // columns)
    wanted = [
        divmod(int(np.ravel_multi_index(index, shape)) if shape else 0, n) for index in through
    ]
    across = {*_spread(n, columns), *(column for _, column in wanted)}
    down = {*_spread(m, rows), *(row for row, _ in wanted)}
    return [n * row + column for row in sorted(down) for column in sorted(across)]


def _spread(size: int, count: int) -> list[int]:
    return [int(k) for k in np.linspace(0, size - 1, count).astype(int)]
