"""What a few calls of forward allow: all arguments at once, along one direction or two.

Two steps far apart, to both sides, are read like a ladder: where a kink, an oscillation or noise is
in the way they differ, and the bar is wide. All arguments move together, each so far that its
gradient weighs what the others' do; what that shows of each is its ``detects``. By hand is wrong
here only if it is off by many bars, from each quotient by itself, and from two more: on a step as
large as a plateau of lost digits, and on the smallest that would show it, within a fine wave. All
else is left open.

Tested in tests/gradcheck/judge/test_brief.py.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from mlp.gradcheck.block import Anything, Vector, power_of_two
from mlp.gradcheck.directions import direction, largest
from mlp.gradcheck.finding import Argument, Finding, compared
from mlp.gradcheck.judge import allowance
from mlp.gradcheck.line import DOUBLE, Place
from mlp.gradcheck.numbers.kind import UNMEASURED, Slope, read
from mlp.gradcheck.numbers.ladder import Ladder, Rung
from mlp.gradcheck.probe import Probe, claim
from mlp.gradcheck.problem import Exhausted, Raised

LEAST, MOST = 2, 5  # steps along a direction
TWICE = 8  # calls that make a second direction possible
# the finest step at least and at most, how far the coarsest is from it, and what noise may do there
FLOATS, SINGLE = (2.0**-22, 2.0**-11, 2.0**9, 1e-8), (2.0**-12, 2.0**-8, 2.0**4, 1e-4)
FACTORS = (1.28515625, 1.0, 1.1171875)  # steps on no common grid
FARTHEST = 2.0**10  # times less that an argument moves than the first
CLEAR = 100.0  # bars by which what is wrong is off
LARGE, SHOWS, PROOF = 2.0**-3, 16.0, 2  # two steps more: one is large, one shows by much; calls
COARSEST = 0.1  # of a gradient: a fault so large must show, or it is not called correct
RTOL = 1e-6
SAID = "by {steps} steps along {lines} of all arguments, all that max_evaluations allows"


@dataclass(frozen=True)
class Together:
    """φ along a direction of all arguments, by hand and as it was measured."""

    probes: tuple[Probe, ...]  # of each argument what by hand claims, at a speed of its own
    speeds: tuple[float, ...]
    slope: Slope
    proven: bool = False  # on a large step, and on the smallest one that would show it

    def phi(self, t: float) -> float:
        """Evaluate φ: ⟨v, forward⟩ with all arguments moved, less what it is here."""
        place, v, changes = self.probes[0].line.place, self.probes[0].line.v, []
        for p, speed in zip(self.probes, self.speeds, strict=True):
            kind = p.line.block.value.dtype
            value = np.asarray(p.line.block.value + (t * speed * p.line.d).astype(kind), kind)
            if not p.line.block.inside(value):
                return math.nan
            changes.append((p.line.block, value))
        try:
            return float(v @ (place.problem.forward(*changes) - place.base))
        except Raised:
            return math.nan

    @property
    def by_hand(self) -> float:
        """What by hand claims of all."""
        return sum(p.by_hand * s for p, s in zip(self.probes, self.speeds, strict=True))

    @property
    def tolerance(self) -> float:
        """How far apart error bar and rounding allow by hand and numeric to be."""
        rounding = (p.rounding * s for p, s in zip(self.probes, self.speeds, strict=True))
        return self.slope.bar + sum(rounding)

    @property
    def accepted(self) -> float:
        """How far apart they may be by design."""
        return sum(
            allowance.most(p) * s * float(np.abs(p.line.d).sum(dtype=np.float64))
            for p, s in zip(self.probes, self.speeds, strict=True)
            if p.line.block.accept
        )

    @property
    def off(self) -> float:
        """How far they are apart."""
        return abs(self.by_hand - self.slope.value)

    @property
    def scale(self) -> float:
        """The size of what is compared."""
        return max(abs(self.by_hand), abs(self.slope.value))

    @property
    def smooth(self) -> bool:
        """Whether φ moves, without a kink between its two sides on the finest steps."""
        above, last = self.slope.ladder[-2:]
        kinked = last.gap > above.gap / 4 and last.gap * last.h > 16 * self.slope.noise_or_floor
        return self.slope.kind == "smooth" and not (kinked or last.flat or above.flat)

    @property
    def wrong(self) -> bool:
        """Whether by hand is wrong, beyond what so few calls may be deceived by."""
        return self.proven and self.suspect

    @property
    def suspect(self) -> bool:
        """Whether by hand is off by many bars, and from each quotient by itself."""
        far = self.off > CLEAR * self.tolerance + self.accepted
        each = (q for rung in self.slope.ladder for q in (rung.right, rung.left))
        return self.smooth and far and all(abs(q - self.by_hand) > self.off / 2 for q in each)

    def detects(self, i: int) -> float:
        """Return the error of a gradient that would have shown, relative to its largest entry."""
        shows = largest(np.abs(self.probes[i].gradient)) * self.speeds[i] / 2
        if not (shows and self.smooth and self.off <= self.tolerance + self.accepted / 4):
            return np.inf
        seen = self.tolerance * max(1 / shows, 1 / self.scale)
        return max(seen, self.probes[i].line.block.accept)


def in_brief(
    place: Place,
    v: Vector,
    gradients: Sequence[Anything | None],
    rng: np.random.Generator,
    rtol: float | None,
) -> tuple[list[Finding], list[Argument], float]:
    """Judge all arguments together within the calls that are left."""
    left = place.problem.spent.left - PROOF
    lines = 2 if left >= TWICE else 1
    steps = int(min(MOST, left // 2 // lines))
    if steps < LEAST:
        raise Exhausted
    seen = [_together(place, v, gradients, rng, steps) for _ in range(lines)]
    how = SAID.format(steps=steps, lines="one direction" if lines == 1 else "two directions")
    detects = _detects(seen, rtol or COARSEST)
    reached = max(s.tolerance / s.scale if s.scale else np.inf for s in seen)
    used = max(RTOL, reached) if min(detects) <= COARSEST and rtol is None else 0.0
    return [*_findings(seen, detects, how)], [*_rows(seen, detects)], used


def _together(
    place: Place,
    v: Vector,
    gradients: Sequence[Anything | None],
    rng: np.random.Generator,
    steps: int,
) -> Together:
    """Measure φ along one direction of all arguments that have a gradient."""
    pairs = zip(place.problem.blocks, gradients, strict=True)
    moving = [(b, g) for b, g in pairs if g is not None and g.size]
    probes = tuple(claim(place.line(b, v, direction(rng, b, g)), g) for b, g in moving)
    seen = Together(probes, tuple(_speeds(probes)), UNMEASURED)
    noise, unit = place.noise(v), max(place.unit, *(p.unit for p in probes))
    ladder = Ladder(1.0, 1.0, noise, unit)
    for h in _steps(steps, noise / abs(seen.by_hand) if seen.by_hand else 0.0, unit):
        ladder.push(Rung(h, seen.phi(h), seen.phi(-h)))
    seen = replace(seen, slope=read(ladder, max(noise, ladder.changes[steps - 1])))
    if not seen.suspect or place.problem.spent.left < PROOF:
        return seen
    smallest = power_of_two(max(SHOWS * noise / seen.off, 16 * unit * FARTHEST))
    quotients = [seen.phi(h) / h for h in (LARGE, smallest)]
    value, by_hand = seen.slope.value, seen.by_hand
    return replace(seen, proven=all(2 * abs(q - value) < abs(q - by_hand) for q in quotients))


def _speeds(probes: Sequence[Probe]) -> Iterator[float]:
    """Yield how fast each argument moves, so that all gradients weigh the same."""
    weights = [abs(p.by_hand) * p.line.scale for p in probes]
    least = max(min((w for w in weights if w), default=0.0), max(weights) / FARTHEST)
    for p, weight in zip(probes, weights, strict=True):
        yield p.line.scale * (power_of_two(least / weight) if weight else LARGE)


def _steps(count: int, noisy: float, unit: float) -> Iterator[float]:
    """Yield steps that fall to where noise begins; ``noisy`` is that of φ over by hand."""
    finest, highest, span, fine = SINGLE if unit > DOUBLE else FLOATS
    finest = min(highest, max(finest, noisy / fine))
    for k in range(count):
        h = power_of_two(finest * span ** (1 - k / (count - 1)))
        yield h * FACTORS[k % len(FACTORS)]


def _detects(seen: Sequence[Together], rtol: float) -> list[float]:
    """Return for each argument what the sharpest direction shows, infinite if one is against it."""
    count = len(seen[0].probes)
    if any(s.off > s.tolerance + s.accepted for s in seen):
        return [np.inf] * count
    sharp = [s for s in seen if s.tolerance <= rtol * s.scale]
    return [min((s.detects(i) for s in sharp), default=np.inf) for i in range(count)]


def _findings(seen: Sequence[Together], detects: Sequence[float], how: str) -> Iterator[Finding]:
    """Say what is wrong, or what cannot be told, and how much that took."""
    names = [p.line.block.name for p in seen[0].probes]
    if wrong := next((s for s in seen if s.wrong), None):
        said = f"{compared(wrong.by_hand, wrong.slope.value, wrong.slope.bar)}, {how}"
        if len(names) > 1:
            said = f"{', '.join(names)} together: {said}; allow more to tell which"
        yield Finding("mismatch", "fault", names[0] if len(names) == 1 else None, said)
        return
    for name, shown in zip(names, detects, strict=True):
        if shown > COARSEST:
            yield Finding.doubt("evaluations", f"nothing could be told {how}; allow more", name)
    if min(detects) <= COARSEST:
        yield Finding("evaluations", "note", None, f"judged {how}")


def _rows(seen: Sequence[Together], detects: Sequence[float]) -> Iterator[Argument]:
    """Yield the row of each argument; by hand and numeric are those of all together."""
    wrong = next((s for s in seen if s.wrong), None)
    shown = wrong or min(seen, key=lambda s: s.tolerance)
    for probe, least in zip(shown.probes, detects, strict=True):
        verdict = "correct" if least <= COARSEST else "inconclusive"
        zero = probe.gradient == 0
        yield Argument(
            probe.line.block.name,
            "wrong" if wrong else verdict,
            shown.by_hand,
            shown.slope.value,
            shown.slope.bar,
            least,
            size=zero.size,
            dead=int(zero.sum()),
            shape=probe.line.block.value.shape,
        )
