"""A place, and forward along a line through it: φ(t) = ⟨v, forward(x + t d) - forward(x)⟩.

Tested in tests/gradcheck/test_line.py.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from mlp.gradcheck.block import Anything, Block, Vector, power_of_two
from mlp.gradcheck.directions import largest
from mlp.gradcheck.numbers.kind import Slope
from mlp.gradcheck.numbers.slope import BRIEF, FINEST, FIRST_LOOK, GRID, slope
from mlp.gradcheck.problem import Problem, Raised
from mlp.gradcheck.workers import Done, Mapper, apart, spread

DOUBLE, SINGLE, HALF = 2.0**-53, 2.0**-24, 2.0**-11  # rounding units
SINGLE_FINEST = 2.0**-20  # as FINEST, for directions of three bits
FAR = 2.0**40  # times the first step, to see what depends on an argument at all
SHOWS = 2.0**8  # times the noise is what shows


@dataclass(frozen=True)
class Place:
    """A problem with what forward returned there and the rounding unit of its entries."""

    problem: Problem
    base: Vector
    unit: float
    grain: Vector | float = 0.0  # of each entry: it is a multiple of that, here and nearby
    jitter: float = 0.0  # of each entry, from one call to the next
    least: float = 0.0  # fault that is none, relative: what float32 costs that is judged in float64

    def noise(self, v: Vector) -> float:
        """Return the noise of ⟨v, forward⟩: independent errors add in squares."""
        return float(np.linalg.norm(v * self.rounding)) + self.jitter * float(np.linalg.norm(v))

    @property
    def rounding(self) -> Vector:
        """What rounding may take from each entry."""
        return np.maximum(self.unit * np.abs(self.base), self.grain)

    def line(self, block: Block, v: Vector, d: Anything) -> "Line":
        """Return φ along d."""
        return Line(self, block, v, d)


@dataclass(frozen=True)
class Line:
    """φ(t) = ⟨v, forward(x + t d) - forward(x)⟩, NaN where that does not exist."""

    place: Place
    block: Block
    v: Vector
    d: Anything
    like: "Line | None" = None  # one of the same place and block, along which the same results move
    across: Mapper = map  # what shares out evaluations that are known beforehand

    def __call__(self, t: float) -> float:
        """Evaluate φ: difference first, so that what the two results share cancels exactly."""
        return self._change(self.difference(t))

    def values(self, steps: Sequence[float]) -> list[float]:
        """Evaluate φ at several steps, side by side where there are workers."""
        if self.across is map:
            return [self._change(self._difference(t)) for t in steps]
        return [*spread(self.place.problem, self.across, replace(self, across=map).apart, steps)]

    def apart(self, t: float) -> Done:
        """Evaluate φ as a task of its own."""

        def work(own: Problem) -> float:
            (value,) = replace(self, place=replace(self.place, problem=own)).values([t])
            return value

        return apart(self.place.problem, work)

    def _change(self, difference: Vector) -> float:
        change = float(self.v @ difference)
        return change if math.isfinite(change) else math.nan

    @cached_property
    def first(self) -> Vector:
        """The difference at the first step of a ladder, which is asked for several times."""
        return self._difference(self.scale / 4)

    def difference(self, t: float) -> Vector:
        """Return forward(x + t d) - forward(x), NaN where that is no point of the domain."""
        return self.first if t == self.scale / 4 else self._difference(t)

    def _difference(self, t: float) -> Vector:
        value = np.asarray(self.block.value.dtype.type(t) * self.d)
        value += self.block.value
        if self.block.inside(value):
            try:
                return self.place.problem.forward((self.block, value)) - self.place.base
            except Raised:
                pass  # it is kept in problem.spent, to be told if nothing else is found
        return np.full_like(self.place.base, math.nan)

    @cached_property
    def still(self) -> Anything:
        """The results that do not change along d; too little to show at first may show far away."""
        still: Anything = self.first == 0
        if still.any() and still.size > 1:
            still &= self.difference(self.scale * FAR) == 0
        return still

    @property
    def felt(self) -> Vector:
        """The cotangent where results change along d; of others only what even far steps hide."""
        still = (self.like or self).still
        return self.v if still.all() else np.where(still, self.v / FAR, self.v)

    def visible(self, slope: float) -> float:
        """Return the factor by which the scale must grow for such a slope to show above noise.

        It is 1 unless nothing shows at the first step, as where entries are tiny beside what they
        are added to.
        """
        expected = abs(slope) * self.scale
        noise = self.place.noise(self.v)
        if not expected or expected > SHOWS * noise or self.first.any():
            return 1.0
        factor = power_of_two(16 * SHOWS * noise / expected) or 1.0
        return factor if factor * self.scale <= FAR * max(1.0, self.scale) else 1.0

    @cached_property
    def rounded(self) -> bool:
        """Whether results lie on a grid far coarser than what rounding makes of them."""
        felt, place = self.felt, self.place
        bits = GRID * place.unit * np.linalg.norm(felt * place.base)
        return bool(np.linalg.norm(felt * place.rounding) > bits > 0)

    @property
    def unit(self) -> float:
        """The rounding unit of the arithmetic behind φ."""
        return max(self.place.unit, SINGLE if self.block.single else DOUBLE)

    @cached_property
    def scale(self) -> float:
        """The power of two just below the largest entry that moves."""
        moves = self.d != 0
        moved = self.block.value if moves.all() else self.block.value[moves]
        return power_of_two(largest(moved)) or self.block.scale

    def slope(self, *, scale: float = 1.0, size: float | None = None) -> Slope:
        """Measure φ'(0); ``scale`` stretches the ladder, in brief where it is like another line."""
        felt = self.felt
        noise = self.place.noise(felt)
        rounding = self.place.unit * float(np.linalg.norm(felt * self.place.base))
        finest = SINGLE_FINEST if self.block.single else FINEST
        return slope(
            self,
            scale=scale * self.scale,
            size=size,
            noise=noise,
            unit=self.unit,
            louder=noise / rounding if rounding else 1.0,
            finest=finest / scale if self.like else finest,
            look=BRIEF if self.like else FIRST_LOOK,
        )
