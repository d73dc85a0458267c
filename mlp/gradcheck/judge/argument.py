"""One argument after another: probe it, and say no more than the numbers prove.

*Wrong* needs a discrepancy beyond the error bar and the measured rounding of the analytic side.
*Correct* needs a bar below rtol of what was compared, in two probes. Where the point itself stands
in the way (a kink, a gradient that is 0 there) the same probes are made at a point nearby, which is
drawn from the seed, and the finding says so.
"""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import numpy as np

from mlp.gradcheck.diagnosis.diagnose import diagnose
from mlp.gradcheck.diagnosis.locate import Located, along_entry, exhaust, locate
from mlp.gradcheck.finding import Argument, Finding
from mlp.gradcheck.judge.answer import (
    DOUBTS,
    Judgement,
    blunt,
    correct_nearby,
    doubtful,
    mismatch,
    no_subgradient,
    within_a_step,
    without_slope,
    wrong_nearby,
)
from mlp.gradcheck.judge.kinks import KinkSearch
from mlp.gradcheck.judge.nearby import elsewhere
from mlp.gradcheck.judge.shown import grid_of_entries, steps_of
from mlp.gradcheck.numbers.ladder import TRUST
from mlp.gradcheck.probe import (
    DOUBLE,
    Place,
    Probe,
    compare,
    cotangent,
    direction,
    measured_rounding,
)
from mlp.gradcheck.problem import Anything, Exhausted, Misshapen, Problem, Raised, Vector
from mlp.gradcheck.workers import Done, Mapper, apart, collect

RTOL = 1e-6
COARSEST = 0.1  # noise never raises rtol beyond
SHARP = 2  # probes of an argument that must be sharp
ATTEMPTS = 5  # probes made to get them
NUDGE = 2.0**-10  # relative distance of a point nearby: off the kink, in the same landscape
NUDGES = 8  # points nearby tried at a kink: units that are tied may all be off at some of them
WAKE = (2.0**-4, 1.0, 16.0)  # growing distances at which a dead argument is probed again
SMALL = 1000  # entries up to which a mismatch is looked at nearby: it may be one just here
COTANGENT, BLOCK = 0, 1  # what a stream of random numbers is for
ROUNDINGS = 2.0**20  # of what φ does on its first step: a discrepancy below may be rounding
CLEAR = 100.0  # a discrepancy of so many tolerances needs no second measurement


def clear(probe: Probe) -> bool:
    """Tell whether a discrepancy is so large that it needs no second look."""
    return probe.discrepancy >= CLEAR * probe.tolerance


@dataclass
class Judge:
    """Judges the arguments of one problem at one place.

    Cotangents are drawn by the seed and their number, directions by ``rng``.
    """

    place: Place
    rng: np.random.Generator
    seed: int
    rtol: float | None
    exhaustive: bool = False
    picture: bool = False  # measure entries for a heat map
    across: Mapper = map  # what shares out blocks, or the entries where all are measured
    nearby: bool = False  # already a point nearby: do not look for another
    used_rtol: float = 0.0
    pulls: int = 1  # cotangents that the block at hand was probed with
    pulled: dict[int, tuple[Vector, list[Anything | None]]] = field(default_factory=dict)

    def blocks(self) -> Iterator[tuple[tuple[Finding, ...], Argument, float]]:
        """Judge every block that has a gradient: what was found, its row, and its rtol."""
        declared = self.pull(0)[1]
        blocks = self.place.problem.blocks
        wanted = (i for i, b in enumerate(blocks) if declared[i] is not None and b.value.size)
        across, judge = (map, self) if self.exhaustive else (self.across, replace(self, across=map))
        return collect(self.place.problem, across(judge.apart, wanted))

    def apart(self, i: int) -> Done:
        """Judge one block as a task of its own."""

        def work(problem: Problem) -> tuple[tuple[Finding, ...], Argument, float]:
            rng = np.random.default_rng((self.seed, BLOCK, i))
            own = replace(self, place=replace(self.place, problem=problem), rng=rng)
            judged = own.block(i)
            return judged.findings, own.row(i, judged), own.used_rtol

        return apart(self.place.problem, work)

    def block(self, i: int) -> Judgement:
        """Judge one block."""
        probes: list[Probe] = []
        for k in range(ATTEMPTS):
            probe = self.probe(i, k)
            kinked = probe.slope.kinked and not probe.agrees
            if kinked and probe.slope.contradicts(probe.by_hand):
                return replace(self.at_kink(i, k, probe), here=probe)
            probe = probe.undecided() if kinked else self.settled(i, k, probe)
            if probe.differs:
                return self.differing(i, k, probe)
            probes.append(probe)
            enough = sum(map(self.sharp, probes)) >= SHARP
            if enough or (k + 1 == SHARP and all(p.quiet for p in probes)):
                break
        sharp = [p for p in probes if self.sharp(p)]
        if not sharp:
            return replace(self.undecided(i, probes), here=probes[-1])
        if self.exhaustive:
            k = probes.index(sharp[0])
            located = exhaust(sharp[0], self.gradient(i, k), self.rtol or RTOL, self.across)
            if located.entries:
                return self.mismatch(i, k, sharp[0], located)
        worst = max(sharp, key=lambda p: p.tolerance / p.scale)
        self.used_rtol = max(self.used_rtol, self.allowed(worst))
        return Judgement("correct", worst)

    def row(self, i: int, judged: Judgement) -> Argument:
        """Return the line of a block in the report."""
        block, zero = self.place.problem.blocks[i], self.gradient(i, 0) == 0
        for k in range(1, self.pulls):
            zero &= self.gradient(i, k) == 0
        seen = (np.nan, np.nan, np.inf, np.inf)
        if p := judged.probe:
            seen = (p.by_hand, p.slope.value, p.slope.bar, p.smallest_detectable)
        measured = grid_of_entries(judged.shown, i, judged.findings) if self.picture else ()
        return Argument(
            block.name,
            judged.verdict,
            *seen,
            zero.size,
            int(zero.sum()),
            block.value.shape,
            steps_of(judged.shown),
            measured,
        )

    def pull(self, k: int) -> tuple[Vector, list[Anything | None]]:
        """Return the k-th cotangent and all gradients for it; each is pulled back once."""
        if k not in self.pulled:
            rng = np.random.default_rng((self.seed, COTANGENT, k))
            v = cotangent(rng, self.place.base.size)
            self.pulled[k] = v, self.place.problem.gradients(v)
        return self.pulled[k]

    def gradient(self, i: int, k: int) -> Anything:
        """Return the gradient of block i for the k-th cotangent."""
        found = self.pull(k)[1][i]
        assert found is not None  # noqa: S101  # blocks declared constant are never judged
        return found

    def probe(self, i: int, k: int) -> Probe:
        """Compare along a fresh direction."""
        self.pulls = k + 1
        block, g = self.place.problem.blocks[i], self.gradient(i, k)
        line = self.place.line(block, self.pull(k)[0], direction(self.rng, block, g))
        return compare(line, g)

    def settled(self, i: int, k: int, probe: Probe) -> Probe:
        """Look at a discrepancy a second time; where a kink may hide the slope, leave it open."""
        if probe.disagrees:
            probe = self.confirmed(i, k, probe)
        return probe.undecided() if probe.disagrees and not probe.differs else probe

    def confirmed(self, i: int, k: int, probe: Probe) -> Probe:
        """Measure a discrepancy a second time, on other steps, and the rounding of the gradient."""
        if not clear(probe):
            again = compare(probe.line, self.gradient(i, k), scale=0.5).slope
            if again.kind != "smooth":
                return replace(probe, slope=again)
            bar = probe.slope.bar + again.bar + abs(again.value - probe.slope.value)
            probe = replace(probe, slope=replace(probe.slope, bar=bar))
        first = probe.slope.ladder[0]  # where by hand is all but 0, only larger steps show a size
        tiny = ROUNDINGS * probe.line.unit * max(abs(first.right), abs(first.left))
        if probe.discrepancy < max(1e-3 * probe.scale, tiny):
            rounding = measured_rounding(probe, self.pull(k)[0], i, self.rng)
            probe = replace(probe, rounding=max(probe.rounding, rounding))
        return probe

    def differing(self, i: int, k: int, probe: Probe) -> Judgement:
        """Find the entries behind a discrepancy; where there are none, kinks may have cancelled."""
        g = self.gradient(i, k)
        try:
            located = locate(probe, g)
            if located.entries and not clear(probe):
                kept = tuple(e for e in located.entries if along_entry(probe, g, e).differs)
                located = replace(located, entries=kept)
        except Exhausted:
            return self.mismatch(i, k, probe)
        if located.complete and not located.entries and not self.nearby:
            return replace(self.at_kink(i, k, probe), here=probe)
        return self.mismatch(i, k, probe, located)

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
        if probe.slope.kind != "smooth" or probe.quiet:
            return False
        return probe.tolerance <= self.allowed(probe) * probe.scale

    def undecided(self, i: int, probes: list[Probe]) -> Judgement:
        """Say why no probe is sharp; where nothing was exercised, look for a place where it is."""
        name = self.place.problem.blocks[i].name
        last = probes[-1]
        kind = next((p.slope.kind for p in probes if p.slope.kind in DOUBTS), None)
        if kind:
            if kind == "domain" and self.place.problem.spent.raised:
                raise self.place.problem.spent.raised
            return without_slope(name, kind)
        if all(probe.quiet for probe in probes):
            return self.asleep(i, last)
        best = min(probes, key=lambda p: p.tolerance / p.scale if p.scale else np.inf)
        nearby = None if self.nearby else self.agreed_nearby(i)
        if nearby and nearby.verdict == "wrong":
            return wrong_nearby(nearby, "at a nudged point")
        if nearby:
            said = "a kink close by hides the slope here; checked with full power at a nudged point"
            return correct_nearby(nearby, name, "kink", said)
        if best.slope.kind != "smooth":
            said = "the difference quotients settle to no slope, here or at nudged points"
            return doubtful(name, "noise", said)
        return blunt(name, best)

    def asleep(self, i: int, probe: Probe) -> Judgement:
        """Probe an argument whose gradient is 0 here at points where it may not be."""
        if self.nearby:
            return Judgement("quiet", probe)
        name = self.place.problem.blocks[i].name
        for distance, other in self.farther():
            found = other.block(i)
            if found.verdict in {"quiet", "inconclusive"}:
                continue
            if found.verdict == "wrong":
                return wrong_nearby(found, "the gradient is 0 at this point, and wrong nearby")
            said = f"the gradient is 0 at this point; correct at points {distance:g} x away"
            return correct_nearby(found, name, "vacuous", said)
        said = (
            "by hand and numeric are both 0, here and at every point tried, so nothing was "
            "compared; choose a point at which this argument matters"
        )
        return doubtful(name, "vacuous", said, probe)

    def farther(self) -> "Iterator[tuple[float, Judge]]":
        """Yield growing distances, with a judge at a point there and at the one opposite."""
        for distance, everything in itertools.product(WAKE, (False, True)):
            key = int(self.rng.integers(2**63))
            for turn in (1, -1):
                rng = np.random.default_rng(key)
                found = elsewhere(self.place, rng, distance, everything=everything, turn=turn)
                if judge := self.at(found):
                    yield distance, judge

    def at(self, place: Place | None) -> "Judge | None":
        """Return a judge at another place, None where there is none or backward fails."""
        if place is None:
            return None
        judge = Judge(place, self.rng, int(self.rng.integers(2**63)), self.rtol, nearby=True)
        try:
            pulled = judge.pull(0)[1]
        except (Raised, Misshapen):
            return None
        return judge if all(g is None or np.isfinite(g).all() for g in pulled) else None

    def at_kink(self, i: int, k: int, probe: Probe) -> Judgement:
        """Accept subgradients in kinked entries; check the rest, and a point nearby, in full."""
        name = self.place.problem.blocks[i].name
        if self.nearby:
            return Judgement("inconclusive", None)
        seen = KinkSearch(probe, self.gradient(i, k), self.rng)
        seen.run()
        if seen.mismatch:
            return self.mismatch(i, k, seen.mismatch)
        nearby = next(filter(None, (self.agreed_nearby(i) for _ in range(NUDGES))), None)
        if nearby and nearby.verdict == "wrong":
            return wrong_nearby(nearby, "at a nudged point, off the kink here")
        if seen.outside:
            late = nearby and probe.slope.spiked
            outside = no_subgradient(name, tuple(seen.outside), nearby)
            return within_a_step(name, probe) if late else outside
        if nearby:
            said = f"a kink here or close by{seen.told}; checked with full power at a nudged point"
            return correct_nearby(nearby, name, "kink", said)
        kind, said = (
            ("kink", "a kink here and at every nudged point, so the gradient could not be compared")
            if seen.accepted
            else ("noise", "the difference quotients settle to no slope, here or at nudged points")
        )
        return doubtful(name, kind, said)

    def smooth_nearby(self, i: int) -> bool:
        """Tell whether by hand and numeric agree at a nudged point; a single probe is enough."""
        other = self.at(elsewhere(self.place, self.rng, NUDGE))
        return other is not None and other.sharp(found := other.probe(i, 0)) and found.agrees

    def agreed_nearby(self, i: int) -> Judgement | None:
        """Judge a block at a nudged point; None where that decides nothing."""
        distance = 2.0**-6 if self.place.problem.blocks[i].single else NUDGE
        other = self.at(elsewhere(self.place, self.rng, distance))
        found = other.block(i) if other else None
        return found if found and found.verdict in {"correct", "wrong"} else None

    def mismatch(self, i: int, k: int, probe: Probe, located: Located | None = None) -> Judgement:
        """Report a wrong gradient, unless forward shows too late what it does here."""
        name, g = self.place.problem.blocks[i].name, self.gradient(i, k)
        diagnosis, here_alone = None, False
        try:
            located = located or locate(probe, g)
            spiked = probe.slope.spiked
            here_alone = not self.nearby and (g.size < SMALL or spiked) and self.smooth_nearby(i)
            if here_alone and spiked:
                return within_a_step(name, probe)
            if not here_alone:
                diagnosis = diagnose(probe, g, located)
        except Exhausted:
            pass  # what was found so far is said
        return mismatch(name, probe, g.size, located, diagnosis, here_alone=here_alone)
