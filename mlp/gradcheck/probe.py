"""Random directions and cotangents: one number by hand against one number measured.

For a cotangent v and a direction d of one argument the adjoint identity says

    ⟨backward(v), d⟩  =  φ'(0)   with   φ(t) = ⟨v, forward(x + t d) - forward(x)⟩.

Entries of v and d are ±U(½, 3/2): never near 0, where an error would hide, and never of one size,
where two errors would cancel. An error E of a gradient is then missed with a probability of at most
τ / max|E| for a resolution τ, whatever its dimension. The entries are multiples of 2⁻¹⁰, so that
x + t d is exact down to the finest step.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from mlp.gradcheck.block import Anything, Block, Vector, power_of_two
from mlp.gradcheck.numbers.kind import UNMEASURED, Slope
from mlp.gradcheck.numbers.slope import BRIEF, FINEST, FIRST_LOOK, GRID, slope
from mlp.gradcheck.problem import Problem, Raised
from mlp.gradcheck.workers import Done, Mapper, apart, spread

DOUBLE, SINGLE, HALF = 2.0**-53, 2.0**-24, 2.0**-11  # rounding units
BITS, SINGLE_BITS = 10, 3  # of a direction's entries
QUANTUM = 2.0 ** (1 - BITS)  # of which a cotangent's entries are multiples
SINGLE_FINEST = 2.0**-20  # as FINEST, for directions of three bits
MANY = 10**5  # entries beyond which a second draw costs more than it helps
FAR = 2.0**40  # times the first step, to see what depends on an argument at all
SHOWS = 2.0**8  # times the noise is what shows
WAVERS = 4  # points in the last places around this one
DRAWS = 16  # of them, at which noise shows: it may have two values
TRIES = 4  # directions drawn, of which the one along which the gradient shows best is used


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


def signed_uniform(rng: np.random.Generator, like: Anything, bits: int) -> Anything:
    """Draw ±U(½, 3/2) in multiples of 2^-bits, in the shape, dtype and memory order given."""
    low, high = 2 ** (bits - 1), 3 * 2 ** (bits - 1)
    drawn = np.empty_like(like)
    drawn[...] = rng.integers(low, high, size=like.shape, dtype=np.int32, endpoint=True)
    drawn *= 2.0**-bits
    np.negative(drawn, out=drawn, where=rng.integers(2, size=like.shape, dtype=np.int8) == 1)
    return drawn


def cotangent(rng: np.random.Generator, size: int) -> Vector:
    """Draw a cotangent, in few enough bits to be exact in half precision too."""
    return signed_uniform(rng, np.empty(size), BITS - 1)


def direction(rng: np.random.Generator, block: Block, gradient: Anything) -> Anything:
    """Draw a direction along which this gradient shows well, pointing into the bounds."""
    bits = SINGLE_BITS if block.single else BITS
    bits -= block.chart is not None  # the mean of two entries needs one more
    best, shown = block.value, -1.0
    for _ in range(TRIES if gradient.size < MANY else 1):
        d = _inward(block, signed_uniform(rng, block.value, bits))
        if abs(product(gradient, d)) > shown:
            best, shown = d, abs(product(gradient, d))
    return best


def axis(like: Anything, i: int) -> Anything:
    """Return the direction of entry i alone, counted in C order."""
    d = np.zeros_like(like)
    d.flat[i] = 1
    return d


def _inward(block: Block, d: Anything) -> Anything:
    if block.low is not None:
        d[...] = np.where(block.value == block.low, abs(d), d)
        d[...] = np.where(block.value == block.high, -abs(d), d)
    if block.fixed is not None:
        d[block.fixed] = 0
    return d


def product(gradient: Anything, d: Anything) -> float:
    """Return ⟨gradient, d⟩ in double precision."""
    return float(np.vdot(*(a.astype(np.float64, copy=False) for a in (gradient, d))))


def largest(a: Anything) -> float:
    """Return the largest magnitude in an array, of a large one without a copy."""
    if a.size < MANY:
        return float(np.abs(a).max(initial=0.0))
    return max(float(a.max()), -float(a.min()))


def length(a: Anything) -> float:
    """Return the Euclidean norm of an array, where squares of its entries overflow too."""
    doubles = a.astype(np.float64, copy=False)
    norm = float(np.linalg.norm(doubles))
    most = largest(doubles) if norm in {0.0, math.inf} else 0.0
    return most * float(np.linalg.norm(doubles / most)) if 0 < most < math.inf else norm


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
