"""One number by hand against one number measured.

For a cotangent v and a direction d of one argument the adjoint identity says

    ⟨backward(v), d⟩  =  φ'(0)   with   φ(t) = ⟨v, forward(x + t d) - forward(x)⟩.

Tested in tests/gradcheck/test_probe.py.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from mlp.gradcheck.block import Anything, Block, Vector
from mlp.gradcheck.directions import largest, length, product
from mlp.gradcheck.line import DOUBLE, SINGLE, Line
from mlp.gradcheck.numbers.kind import UNMEASURED, Slope
from mlp.gradcheck.problem import Problem

WAVERS = 4  # points in the last places around this one
DRAWS = 16  # of them, at which noise shows: it may have two values


@dataclass(frozen=True)
class Probe:
    """One comparison: ⟨gradient, d⟩ by hand against the slope of φ along d."""

    line: Line
    gradient: Anything
    by_hand: float
    slope: Slope
    rounding: float  # of by_hand

    @property
    def discrepancy(self) -> float:
        """How far by hand and numeric are apart."""
        return abs(self.by_hand - self.slope.value)

    @property
    def tolerance(self) -> float:
        """How far rounding and the error bar allow them to be apart."""
        return self.slope.bar + self.rounding

    @property
    def scale(self) -> float:
        """The size of what is compared."""
        return max(abs(self.by_hand), abs(self.slope.value))

    @cached_property
    def smallest_detectable(self) -> float:
        """The error that is sure to show, in one entry or in all, relative to the largest."""
        if not self.scale:
            return math.inf
        size = largest(self.gradient)
        return self.tolerance * max(2 / size if size else 0.0, 1 / self.scale)

    @property
    def unit(self) -> float:
        """The rounding unit of by_hand."""
        return rounding_unit(self.line, self.gradient)

    @property
    def differs(self) -> bool:
        """Whether by hand lies outside the tolerance, however φ is read."""
        return self.slope.kind == "smooth" and self.admitted is False

    @property
    def agrees(self) -> bool:
        """Whether by hand lies inside the tolerance, however φ is read."""
        return self.slope.kind == "smooth" and self.admitted is True

    @cached_property
    def admitted(self) -> bool | None:
        """Whether the slope may be what by hand says; None where two readings of φ disagree."""
        return self.slope.admits(self.by_hand, self.rounding)

    @property
    def quiet(self) -> bool:
        """Whether both numbers are lost in the tolerance, so that nothing was compared."""
        over = self.slope.over if self.admitted is None else None
        lost = over.bar if over and math.isfinite(over.bar) else 0.0
        return self.slope.kind == "smooth" and self.scale <= max(self.tolerance, lost)

    def index(self, i: int) -> tuple[Any, ...]:
        """Return the index of entry i, counted in C order; in a structure its path comes first."""
        block = self.line.block
        return (*block.path, *map(int, np.unravel_index(i, block.value.shape)))

    def within(self, index: tuple[Any, ...]) -> tuple[Any, ...]:
        """Return an index without the path that comes first."""
        return index[len(self.line.block.path) :]

    def number(self, index: tuple[Any, ...]) -> int:
        """Return the number in C order of what has this index; the inverse of ``index``."""
        shape = self.line.block.value.shape
        return int(np.ravel_multi_index(self.within(index), shape)) if shape else 0

    def along(self, d: Anything) -> "Probe":
        """Compare along another direction."""
        return compare(replace(self.line, d=d), self.gradient)

    def measured_rounding(self, i: int, rng: np.random.Generator) -> float:
        """Measure how ⟨backward, d⟩ wavers: the rounding of gradient i, as backward amplifies it.

        What it is at the point itself does not count: there it may be another branch.
        """
        pulled = wavering(self.line.place.problem, self.line.v, rng)
        seen = [product(gradients[i], self.line.d) for gradients in pulled]
        return 2 * (max(seen) - min(seen))

    def without_arrays(self) -> "Probe":
        """Return the probe without its gradient and direction: what was read off them is kept."""
        line = replace(self.line, d=np.empty(0, self.line.d.dtype))
        vars(line).update({name: getattr(self.line, name) for name in ("first", "still", "scale")})
        probe = replace(self, line=line, gradient=np.empty(0, self.gradient.dtype))
        vars(probe).update(smallest_detectable=self.smallest_detectable)
        return probe

    def undecided(self) -> "Probe":
        """Return the probe without its answer: a kink close by hides which number is right."""
        return replace(self, slope=replace(self.slope, kind="unclear", value=np.nan, bar=np.inf))


def claim(line: Line, gradient: Anything) -> Probe:
    """Return what by hand claims along a line, with its rounding, beside a slope not measured."""
    spread = length(gradient * line.d)
    underflow = float(np.finfo(gradient.dtype).smallest_subnormal) * gradient.size
    unit = rounding_unit(line, gradient)
    rounding = 8 * (unit * spread + underflow)
    return Probe(line, gradient, product(gradient, line.d), UNMEASURED, rounding)


def compare(
    line: Line, gradient: Anything, *, scale: float = 1.0, like: Probe | None = None
) -> Probe:
    """Measure the slope along a line and set it against the gradient.

    A probe that was sharp, of the same place and block, tells where to begin.
    """
    claimed = claim(line, gradient)
    by_hand, size = claimed.by_hand, None
    if by_hand:
        moving = gradient * line.d
        moving *= line.block.value
        size = min(line.scale, length(moving) / abs(by_hand))
        del moving  # it may be large
    if like:
        scale = 16 * like.slope.step / line.scale  # the first of a ladder is a quarter of it
        found = replace(line, like=like.line).slope(scale=scale, size=size)
    else:
        found = line.slope(scale=scale * line.visible(by_hand), size=size)
    return Probe(line, gradient, by_hand, found, claimed.rounding)


def rounding_unit(line: Line, gradient: Anything) -> float:
    """Return the rounding unit of by hand along a line."""
    return max(line.unit, SINGLE if gradient.dtype.itemsize < 8 else DOUBLE)


def is_noise(probe: Probe, i: int, rng: np.random.Generator) -> bool:
    """Tell whether by hand is noise of its own: as large as what last places of x and v change."""
    eps, v, seen = np.finfo(np.float64).eps, probe.line.v, list[float]()
    for _ in range(DRAWS):
        moved = v * (1 + eps * rng.integers(-4, 5, v.shape))
        gradients = next(wavering(probe.line.place.problem, moved, rng))
        seen.append(product(gradients[i], probe.line.d))
        if max(seen) - min(seen) >= abs(probe.by_hand) / 4:
            return True
    return False


def wavering(problem: Problem, v: Vector, rng: np.random.Generator) -> Iterator[list[Any]]:
    """Yield all gradients a few times, with every argument moved by units in its last place."""
    for changes in last_places(problem, rng):
        yield problem.gradients(v, *changes)


def last_places(problem: Problem, rng: np.random.Generator) -> Iterator[list[tuple[Block, Any]]]:
    """Yield a few points close by: every argument moved by units in its last place."""
    for _ in range(WAVERS):
        changes = []
        for block in problem.blocks:
            moved = rng.uniform(-3, 3, size=block.value.shape)
            moved += np.copysign(1, moved)  # by 1 to 4 units, none stays
            moved *= np.finfo(block.value.dtype).eps
            moved *= np.where(block.value == 0, block.scale, block.value)
            moved += block.value
            changes.append((block, np.asarray(moved, block.value.dtype)))
        yield changes
