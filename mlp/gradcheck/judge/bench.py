"""One argument at one place: its cotangents, its probes, what either witness says along a line.

Tested in tests/gradcheck/judge/test_judge.py.
"""

import contextlib
import copy
import itertools
from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple, Self

import numpy as np

from mlp.gradcheck.block import Anything, Block, Vector
from mlp.gradcheck.diagnosis.locate import Located, exhaust
from mlp.gradcheck.directions import MANY, cotangent, direction
from mlp.gradcheck.finding import Entry, Finding
from mlp.gradcheck.judge import second
from mlp.gradcheck.judge.answers import Answer
from mlp.gradcheck.judge.nearby import place_nearby
from mlp.gradcheck.judge.shown import grid_of_entries, stepping
from mlp.gradcheck.judge.stairs import on_a_stair
from mlp.gradcheck.line import DOUBLE, Line, Place
from mlp.gradcheck.numbers.ladder import TRUST
from mlp.gradcheck.probe import Probe, claim, compare, is_noise
from mlp.gradcheck.problem import Exhausted, Raised
from mlp.gradcheck.returned import Misshapen
from mlp.gradcheck.workers import Mapper
from mlp.tangent import Silence, Witnessed

RTOL = 1e-6
COARSEST = 0.1  # noise never raises rtol beyond
PLAIN = 1e-9  # of a slope: its bar, where a second probe may be brief
WAKE = (2.0**-4, 1.0, 16.0)  # growing distances at which a dead argument is probed again
COTANGENT = 0  # what a stream of random numbers is for
ROUNDINGS = 2.0**20  # of what φ does on its first step: a discrepancy below may be rounding
ROUND = 32.0  # times what rounding makes of forward on the first step: a gradient below may be 0
SLIGHT = 1e-5  # of what is compared, that rounding in backward may move by hand
CLEAR = 100.0  # a discrepancy of so many tolerances needs no second measurement


def clear(probe: Probe) -> bool:
    """Tell whether a discrepancy is so large that it needs no second look."""
    return probe.discrepancy >= CLEAR * probe.tolerance


class Aside(NamedTuple):
    """A large probe that was set aside: what it keeps, where its gradient is 0, what drew d."""

    probe: Probe
    zero: Anything
    rng: np.random.Generator


@dataclass
class Bench(ABC):
    """One argument after another of a problem at one place.

    Cotangents are drawn by the seed and their number, directions by ``rng``.
    """

    place: Place
    rng: np.random.Generator
    seed: int
    rtol: float | None
    exhaustive: bool = False
    picture: bool = False  # measure entries for a heat map
    across: Mapper = map  # what shares out arguments, or the entries where all are measured
    tangent: bool = True  # hear the second witness
    nearby: bool = False  # already a point nearby: do not look for another
    i: int = 0  # the block at hand
    noise: Vector | float = 0.0  # of forward, as far as the second witness has shown it
    measured: tuple[Entry, ...] = ()  # the entries of the block, where all or a grid were measured
    used_rtol: float = 0.0
    accepted: list[Finding] = field(default_factory=list)  # departures by design
    pulls: int = 1  # cotangents that the block at hand was probed with
    pulled: dict[int, tuple[Vector, list[Anything | None]]] = field(default_factory=dict)
    aside: dict[int, Aside] = field(default_factory=dict)  # large probes without their arrays
    drawing: np.random.Generator | None = None  # what drew the last large direction, as it was
    asked: list[tuple[Line, Witnessed | Silence]] = field(default_factory=list)  # the tangent

    @abstractmethod
    def answer(self) -> Answer:
        """Judge the block at hand."""

    @property
    def block(self) -> Block:
        """The argument at hand, or the part of it that is one array."""
        return self.place.problem.blocks[self.i]

    @property
    def name(self) -> str:
        """What the block is called."""
        return self.block.name

    def pull(self, k: int) -> tuple[Vector, list[Anything | None]]:
        """Return the k-th cotangent and all gradients for it; each is pulled back once."""
        if k not in self.pulled:
            rng = np.random.default_rng((self.seed, COTANGENT, k))
            v = cotangent(rng, self.place.base.size)
            self.pulled[k] = v, self.place.problem.gradients(v)
        return self.pulled[k]

    def gradient(self, k: int) -> Anything:
        """Return the gradient of the block for the k-th cotangent."""
        v, gradients = self.pull(k)
        if gradients[self.i] is None:  # it was set aside
            gradients[self.i] = self.place.problem.gradients(v)[self.i]
        found = gradients[self.i]
        assert found is not None  # noqa: S101  # blocks declared constant are never judged
        return found

    def zero(self, k: int) -> Anything:
        """Return where the gradient is 0, for the k-th cotangent."""
        return self.aside[k].zero if k in self.aside else self.gradient(k) == 0

    def set_aside(self, k: int, probe: Probe) -> Probe:
        """Let go of the arrays of a large probe that is settled; return what is left of it.

        Two gradients and two directions at once would be half of what a check holds.
        """
        limited = self.place.problem.spent.limit < np.inf  # what is judged in brief needs all
        if not self.drawing or limited or self.exhaustive or self.picture:
            return probe
        zero = probe.gradient == 0
        zero = zero if zero.any() else np.zeros((), bool)
        self.aside[k] = Aside(probe.without_arrays(), zero, self.drawing)
        self.pulled[k][1][self.i] = None
        return self.aside[k].probe

    def whole(self, probe: Probe | None) -> Probe | None:
        """Return a probe with its arrays: where it was set aside they are made once more."""
        for k, aside in self.aside.items():
            if aside.probe is probe:
                line, gradient = probe.line, self.gradient(k)
                d = self.drawn(copy.deepcopy(aside.rng), gradient)
                return replace(probe, line=replace(line, d=d), gradient=gradient)
        return probe

    def unmeasured(self, k: int) -> Probe:
        """Return a probe that differences have not seen, for the k-th cotangent."""
        return claim(self.line(k), self.gradient(k))

    def line(self, k: int) -> Line:
        """Return φ along a fresh direction, for the k-th cotangent."""
        large = self.block.value.size >= MANY
        self.drawing = copy.deepcopy(self.rng) if large else None
        d = self.drawn(self.rng, self.gradient(k))
        return self.place.line(self.block, self.pull(k)[0], d)

    def drawn(self, rng: np.random.Generator, gradient: Anything) -> Anything:
        """Draw a direction; a large one in half precision, in which its few bits have room."""
        d = direction(rng, self.block, gradient)
        return d.astype(np.float16) if d.size >= MANY else d

    def probe(self, k: int, like: Probe | None = None) -> Probe:
        """Compare along a fresh direction, for the k-th cotangent; in brief like a plain probe."""
        self.pulls = k + 1
        line, g = self.line(k), self.gradient(k)
        if like and self.plain(found := compare(line, g, like=like)):
            return found
        return compare(line, g)

    def plain(self, probe: Probe) -> bool:
        """Tell whether a probe agrees and is sharp, and met nothing that it had to look into."""
        slope = probe.slope
        plain = probe.agrees and not slope.kinked and not slope.leaps
        return plain and slope.bar < PLAIN * abs(slope.value) and self.sharp(probe)

    def confirmed(self, probe: Probe) -> Probe:
        """Measure a discrepancy a second time, on other steps, and the rounding of the gradient."""
        probe = on_a_stair(probe)
        if not probe.differs:
            return probe
        if probe.slope.wild:
            return probe.undecided()
        if not clear(probe):
            again = compare(probe.line, probe.gradient, scale=0.5).slope
            if again.kind != "smooth":
                return replace(probe, slope=again)
            bar = probe.slope.bar + again.bar + abs(again.value - probe.slope.value)
            probe = replace(probe, slope=replace(probe.slope, bar=bar))
        first = probe.slope.ladder[0]  # where by hand is all but 0, only larger steps show a size
        tiny = ROUNDINGS * probe.line.unit * max(abs(first.right), abs(first.left))
        if probe.discrepancy < max(1e-3 * probe.scale, tiny):
            rounding = max(probe.rounding, probe.measured_rounding(self.i, self.rng))
            if self.tangent and probe.discrepancy > rounding:
                moved = 2 * (second.unsteady(probe, self.i) or 0.0)
                if moved < SLIGHT * probe.scale:  # else it took another branch
                    rounding = max(rounding, moved)
            probe = replace(probe, rounding=rounding)
        return probe

    def allowed(self, probe: Probe) -> float:
        """Return the relative tolerance that this probe must meet."""
        if self.rtol is not None:
            return self.rtol
        rounding = 32 * probe.line.unit * probe.scale
        noise = probe.slope.noise / probe.slope.step + probe.slope.rounding
        finest = TRUST * noise + rounding + probe.rounding
        kinked = probe.slope.kinked and probe.line.unit <= DOUBLE  # else too coarse to tell
        if kinked or probe.tolerance > 10 * finest:  # φ itself is in the way, not noise
            return RTOL
        return max(RTOL, min(COARSEST, 10 * probe.tolerance / probe.scale))

    def sharp(self, probe: Probe) -> bool:
        """Tell whether a probe is able to certify a gradient."""
        if probe.slope.kind != "smooth" or probe.quiet or probe.admitted is None:
            return False
        if probe.smallest_detectable > COARSEST:
            return False
        return probe.tolerance <= self.allowed(probe) * probe.scale

    def floor(self, probe: Probe, noise: Vector | float | None = None) -> float:
        """Return the slope that rounding of forward alone may show on the first step."""
        loud = self.noise if noise is None else noise
        rounding = np.maximum(self.place.unit * np.abs(self.place.base), loud)
        return float(np.abs(probe.line.v) @ rounding) / (probe.line.scale / 4)

    def natural(self, probe: Probe) -> float:
        """Return that slope where forward rounds as the argument does, and wavers no more."""
        return self.floor(probe, probe.line.unit * np.abs(self.place.base))

    def is_rounding(self, probe: Probe) -> bool:
        """Tell whether the gradient is 0 here, and what by hand has is rounding.

        Both numbers must lie below what rounding makes of forward on the first step, and by hand
        must be noise of its own: it changes by as much in the last places of the point.
        """
        slope = probe.slope
        if not probe.by_hand or slope.kind != "smooth":
            return False
        floor = ROUND * self.floor(probe)
        if slope.bar > 4 * floor:
            return False
        below = max(abs(probe.by_hand), abs(slope.value) - slope.bar) <= floor
        return below and self.is_noise(probe)

    def is_noise(self, probe: Probe) -> bool:
        """Tell whether by hand is noise: last places of the point or of backward make as much."""
        if is_noise(probe, self.i, self.rng):
            return True
        moved = second.unsteady(probe, self.i) if self.tangent else None
        return moved is not None and moved >= abs(probe.by_hand) / 4

    def everything(self, probe: Probe) -> Located:
        """Measure every entry, and keep them for the report."""
        located = exhaust(stepping(probe), self.rtol or RTOL, self.across)
        self.measured = located.every
        return located

    def counted(self, probe: Probe, located: Located) -> Located:
        """Return what was located with what a picture measures, so that both give one count."""
        if not self.picture or self.nearby or located.complete or not located.entries:
            return located
        self.measured = grid_of_entries(probe, located.entries)
        known = {e.index for e in located.entries}
        off = (e for e in self.measured if abs(e.by_hand - e.numeric) > e.error_bar)
        others = (e for e in off if e.index not in known)
        count = len(self.measured)
        return Located((*located.entries, *others), count, count == probe.gradient.size)

    def all_entries(self) -> tuple[Entry, ...]:
        """Return every entry measured, here; those of a verdict that needed none are yet to be."""
        with contextlib.suppress(Exhausted, Raised, Misshapen):  # the verdict stands without them
            return self.measured or self.everything(self.probe(0)).every
        return ()

    def ask(self, probe: Probe) -> Witnessed | Silence:
        """Ask the second witness along the line of a probe, and remember what it said."""
        self.asked.append((probe.line, second.witnessed(probe)))
        return self.asked[-1][1]

    def heard(self, k: int, near: float = second.FAULT) -> str:
        """Return what the second witness says of by hand, for the k-th cotangent."""
        probe = self.unmeasured(k)
        return second.said(probe, self.ask(probe), self.rtol, near)

    def tangent_along(self, probe: Probe | None) -> Witnessed | Silence | None:
        """Return what the second witness said along the line of a probe; a picture asks for it."""
        if probe is None:
            return None
        heard = next((said for line, said in self.asked if line is probe.line), None)
        if heard or not (self.picture and self.tangent and probe.gradient.size <= second.LARGE):
            return heard
        try:
            return self.ask(probe)
        except (Exhausted, Raised):  # the verdict stands without a picture
            return None

    def farther(self) -> Iterator[tuple[float, Self]]:
        """Yield growing distances, with a judge at a point there and at the one opposite."""
        for distance, everything in itertools.product(WAKE, (False, True)):
            key = int(self.rng.integers(2**63))
            for turn in (1, -1):
                rng = np.random.default_rng(key)
                if judge := self.at(distance, rng, everything=everything, turn=turn):
                    yield distance, judge

    def at(self, distance: float, rng: np.random.Generator, **options: Any) -> Self | None:
        """Return a judge at a place nearby, None where there is none or backward fails."""
        place = place_nearby(self.place, rng, distance, **options)
        if place is None:
            return None
        judge = type(self)(
            place,
            self.rng,
            int(self.rng.integers(2**63)),
            self.rtol,
            tangent=self.tangent,
            nearby=True,
            i=self.i,
        )
        try:
            pulled = judge.pull(0)[1]
        except (Raised, Misshapen):
            return None
        return judge if all(g is None or np.isfinite(g).all() for g in pulled) else None
