"""The Jacobian of one argument, measured once: then any cotangent is pulled back by a product.

Forward returns all its entries at once, so six evaluations along the axis of x_j, at three steps to
either side, measure column j for every cotangent that a hypothesis about a mistake may ask for.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np

from mlp.gradcheck.block import Anything, Vector
from mlp.gradcheck.directions import axis
from mlp.gradcheck.line import Line
from mlp.gradcheck.numbers.ladder import TRUST
from mlp.gradcheck.probe import Probe
from mlp.gradcheck.problem import Raised
from mlp.gradcheck.returned import Misshapen

STEPS = (4.0, 1.0, 0.25)  # multiples of the step at which the probe's slope was best


@dataclass(frozen=True)
class Jacobian:
    """Changes of forward along some directions, (2 sides, 3 steps, outputs, directions)."""

    changes: Vector
    steps: Vector  # (3, 1)
    noise: Vector  # of one evaluation, (outputs, 1) or (1, directions)

    def of(self, outputs: slice) -> "Jacobian":
        """Return the rows of some outputs only."""
        return replace(self, changes=self.changes[:, :, outputs], noise=self.noise[outputs])

    @property
    def moved(self) -> Anything:
        """Which outputs change along which direction: (outputs, directions)."""
        return np.asarray((self.changes != 0).any(axis=(0, 1)))

    def pull(self, v: Vector) -> tuple[Vector, Vector]:
        """Return ⟨v, slope⟩ and its error bar for each direction.

        ``v`` is one cotangent (outputs,), or one for each direction (outputs, directions). The bar
        is infinite where a side does not exist, and as wide as the gap of the sides at a kink.
        """
        columns = v if v.ndim == 2 else v[:, None]
        with np.errstate(all="ignore"):
            right, left = (columns * self.changes).sum(axis=-2) / self.steps
            coarse, fine, finest = (right - left) / 2
            low = fine + (fine - coarse) / 15  # Neville's rule for a series in h², h/4 and h/16
            high = finest + (finest - fine) / 15
            value = high + (high - low) / 255
            gap = np.abs(right + left)
            kink = np.where(gap[-1] > gap[0] / 4, gap[-1], 0.0)  # h f'' would be a sixteenth
            moved = self.changes[0, 0] != 0
            noise = 2 * np.linalg.norm(self.noise * columns * moved, axis=0) / self.steps[-1]
            error = np.maximum(np.abs(value - high), np.abs(value - low))
            bar = TRUST * (error + noise) + kink
        lost = ~np.isfinite(value + bar)
        return np.where(lost, 0.0, value), np.where(lost, np.inf, bar)


def measure(probe: Probe, chosen: Iterable[int]) -> Jacobian:
    """Measure the Jacobian's columns for some entries, counted in C order."""
    return _along(probe.line, probe, (axis(probe.line.d, i) for i in chosen))


def at_output(probe: Probe) -> Jacobian | None:
    """Measure an elementwise forward at the point forward(x); one direction serves all entries."""
    line = probe.line
    value = line.place.base.reshape(line.block.value.shape).astype(line.block.value.dtype)
    try:
        problem = line.place.problem.at([(line.block, value)])
        place = replace(line.place, problem=problem, base=problem.forward())
    except (Raised, Misshapen):
        return None
    block = problem.blocks[line.place.problem.blocks.index(line.block)]
    seen = _along(Line(place, block, line.v, np.ones_like(value)), probe, [np.ones_like(value)])
    return replace(seen, changes=seen.changes.swapaxes(-1, -2), noise=seen.noise.T)


def _along(line: Line, probe: Probe, directions: Iterable[Anything]) -> Jacobian:
    steps = [h * probe.slope.step for h in STEPS]
    columns = [
        [[along.difference(side * h) for h in steps] for side in (1, -1)]
        for along in (replace(line, d=d) for d in directions)
    ]
    loudness = probe.slope.noise / probe.slope.floor if probe.slope.floor else 1.0
    noise = line.place.rounding + line.place.jitter
    return Jacobian(
        np.moveaxis(np.array(columns), 0, -1),
        np.array(steps)[:, None],
        max(1.0, loudness if math.isfinite(loudness) else 1.0) * noise[:, None],
    )
