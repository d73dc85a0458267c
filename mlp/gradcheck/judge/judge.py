"""One argument after another: probe it, and say no more than the numbers prove.

*Wrong* needs a discrepancy beyond the error bar and the measured rounding of the analytic side.
*Correct* needs a bar below rtol of what was compared, in two probes. Where the point itself stands
in the way (a kink, a gradient that is 0 there) the same probes are made at a point nearby, which is
drawn from the seed, and the finding says so.
"""

import contextlib
import itertools
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from mlp.gradcheck.diagnosis.diagnose import diagnose
from mlp.gradcheck.diagnosis.locate import Located, along_entry, exhaust, locate
from mlp.gradcheck.finding import Argument, Entry, Finding
from mlp.gradcheck.judge import allowance, answers, claims, second
from mlp.gradcheck.judge.answers import Answer
from mlp.gradcheck.judge.kinks import KinkSearch
from mlp.gradcheck.judge.limits import MORE, POINTS, Limits
from mlp.gradcheck.judge.nearby import place_nearby
from mlp.gradcheck.judge.shown import grid_of_entries, stepping, steps_of
from mlp.gradcheck.judge.stairs import on_a_stair
from mlp.gradcheck.numbers.ladder import TRUST
from mlp.gradcheck.probe import (
    DOUBLE,
    Line,
    Place,
    Probe,
    claim,
    compare,
    cotangent,
    direction,
    is_noise,
)
from mlp.gradcheck.problem import Anything, Block, Exhausted, Misshapen, Problem, Raised, Vector
from mlp.gradcheck.workers import Done, Mapper, apart, collect
from mlp.tangent import Silence, Witnessed

RTOL = 1e-6
COARSEST = 0.1  # noise never raises rtol beyond
SHARP = 2  # probes of an argument that must be sharp
PLAIN = 1e-9  # of a slope: its bar, where a second probe may be brief
ATTEMPTS = 5  # probes made to get them
NUDGE = 2.0**-10  # relative distance of a point nearby: off the kink, in the same landscape
NUDGES = 8  # points nearby tried at a kink: units that are tied may all be off at some of them
WAKE = (2.0**-4, 1.0, 16.0)  # growing distances at which a dead argument is probed again
SMALL = 1000  # entries up to which a mismatch is looked at nearby: it may be one just here
FIFTY = 50  # digits of a tangent that has no rounding of its own
COTANGENT, BLOCK = 0, 1  # what a stream of random numbers is for
ROUNDINGS = 2.0**20  # of what φ does on its first step: a discrepancy below may be rounding
CLOSE = 0.1  # of by hand, that a tangent may be off where differences see nothing but rounding
ROUND = 32.0  # times what rounding makes of forward on the first step: a gradient below may be 0
LOUDER = 4.0  # times what random rounding has moved: the noise that is believed
SETTLED = frozenset(("correct", "quiet"))  # verdicts that need no second witness
ALONE = frozenset(("jump", "domain"))  # doubts that no tangent settles: there is no derivative
FULL = 1e-2  # of by hand: a fault that a point nearby must show, to stand for this one
END = 1e-10  # of each entry that is off: less may be where forward's own iteration ends
SLIGHT = 1e-5  # of what is compared, that rounding in backward may move by hand
CLEAR = 100.0  # a discrepancy of so many tolerances needs no second measurement


def clear(probe: Probe) -> bool:
    """Tell whether a discrepancy is so large that it needs no second look."""
    return probe.discrepancy >= CLEAR * probe.tolerance


@dataclass
class Judge:
    """Judges one argument after another of a problem at one place.

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
    measured: tuple[Entry, ...] = ()  # every entry of the block, where all are measured
    used_rtol: float = 0.0
    accepted: list[Finding] = field(default_factory=list)  # departures by design
    pulls: int = 1  # cotangents that the block at hand was probed with
    pulled: dict[int, tuple[Vector, list[Anything | None]]] = field(default_factory=dict)
    asked: list[tuple[Line, Witnessed | Silence]] = field(default_factory=list)  # the tangent

    @property
    def block(self) -> Block:
        """The argument at hand, or the part of it that is one array."""
        return self.place.problem.blocks[self.i]

    @property
    def name(self) -> str:
        """What the block is called."""
        return self.block.name

    def rows(self) -> Iterator[tuple[tuple[Finding, ...], Argument, float]]:
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
            place = replace(self.place, problem=problem)
            own = replace(self, place=place, rng=rng, i=i, asked=[])
            if own.block.fixed is not None:
                answer = own.left_open(own.block.fixed)
            else:
                answer = own.claimed() if i in problem.claimed else own.answer()
            return answer.findings, own.row(answer), own.used_rtol

        return apart(self.place.problem, work)

    def claimed(self) -> Answer:
        """Judge None in place of the gradient: it claims 0."""
        if claims.independent(self.place, self.i, self.rng):
            return claims.borne_out(self.name)
        try:
            found = self.answer()
        except Raised as stop:
            found = answers.doubtful(self.name, "raised", str(stop))
        return claims.hinted(found, self.place.problem, self.block)

    def left_open(self, fixed: Anything) -> Answer:
        """Judge the entries that are not fixed, where there are any, else a point nearby."""
        found = self.agreed_nearby() if fixed.all() else self.answer()
        if found and found.verdict == "wrong":
            return answers.wrong_nearby(found, "at a nudged point") if fixed.all() else found
        return replace(found or Answer("inconclusive", None), verdict="inconclusive")

    def answer(self) -> Answer:
        """Judge the block at hand; what differences alone call off by a trifle is open.

        A forward that stops at a tolerance is as far from what it stands for.
        """
        found = self.by_both()
        asked = self.block.accept or (self.rtol is not None and self.rtol <= END)
        if found.decided_by == "differences" and not asked and answers.slight(found, END):
            return answers.cut_short(found)
        return found

    def by_both(self) -> Answer:
        """Judge by differences, and where they doubt, by the tangent as well."""
        found = self.by_differences()
        alone = not self.tangent or any(finding.kind in ALONE for finding in found.findings)
        alone |= found.verdict == "wrong" and self.block.value.size > second.LARGE
        if (found.verdict in SETTLED and not self.noisy(found)) or alone:
            return found
        try:
            return self.second_look(found)
        except Exhausted:
            return found

    def noisy(self, found: Answer) -> bool:
        """Tell whether noise has raised rtol in double precision: it may be a plateau."""
        double = not self.block.single and self.place.unit <= DOUBLE
        settled = found.verdict == "correct" and found.probe and not found.findings
        return bool(settled and double and self.rtol is None and self.used_rtol > RTOL)

    def second_look(self, found: Answer) -> Answer:
        """Hear the second witness about what differences call wrong, or leave open."""
        told = found.verdict in {"correct", "wrong"} and found.probe
        seen = found.probe or found.here
        if told and found.probe:
            probe = found.probe
        elif seen and seen.line.place is self.place:  # along the line that differences took
            probe = claim(seen.line, seen.gradient)
        else:
            probe = self.unmeasured(0)
        heard = self.ask(probe)
        if isinstance(heard, Silence):
            return replace(found, silent=heard.reason)
        if math.isinf(heard.jump):  # else it may be the height of a leap
            self.noise = heard.noise
        if seen and seen.line.place is self.place and self.is_rounding(seen):
            return replace(answers.zero_to_rounding(self.name, seen), decided_by="both")
        if second.drowns(probe, heard.noise):
            grain = np.maximum(self.place.grain, LOUDER * heard.noise)
            self.place = replace(self.place, grain=grain)
            found = self.by_differences()  # with the noise that forward has shown
            rounding = probe.measured_rounding(self.i, self.rng)
            bar = max(second.FAR * (heard.bar + rounding), second.FAULT * abs(heard.slope))
            apart = abs(probe.by_hand - heard.slope) > bar
            if found.verdict == "correct" and apart:  # the bars have only grown over a fault
                if second.said(probe, heard, self.rtol) == "differs" and not self.doubt(
                    probe, heard
                ):
                    return answers.wrong_by_tangent(probe, heard)
                return replace(answers.blurred(probe, heard), decided_by="both")
        if found.verdict == "quiet":
            return found
        weighed = self.weighed(found, probe, heard)
        return replace(weighed, here=seen) if weighed.decided_by == "tangent" else weighed

    def weighed(self, found: Answer, probe: Probe, heard: Witnessed) -> Answer:
        """Weigh what both witnesses say, by the table of second.py."""
        row = second.WORDS[found.verdict]
        near = 0.0 if row == "differ" else second.FAULT
        word, why = (f(probe, heard, self.rtol, near) for f in (second.said, second.silence))
        if row != "agree" and word == "agrees" and self.heard(1, near) != word:  # elsewhere, too
            word, why = "silent", "it agrees with by hand along one direction alone"
        if row == "differ" and word == "differs" and second.same(probe, heard):
            word = "the same"
        match second.TABLE[row, word]:
            case "correct, by the tangent":
                return answers.by_tangent(self.name, second.measured(probe, heard))
            case "correct, noted":
                return self.noted(found, probe, heard)
            case "contradict":
                return self.contradicted(found, probe, heard)
            case "wrong, by the tangent":
                return self.alone(found, probe, heard)
            case "wrong" | "wrong, seen by two":
                return self.wrong(found, probe, heard, word, why)
            case _:
                return replace(found, silent=why)

    def alone(self, found: Answer, probe: Probe, heard: Witnessed) -> Answer:
        """Let the tangent alone call by hand wrong, if it is sure of it."""
        why = self.doubt(probe, heard)
        if not why:
            return answers.wrong_by_tangent(probe, heard)
        rough = self.but_for_rounding(probe, heard)
        return answers.by_tangent(self.name, rough) if rough else replace(found, silent=why)

    def wrong(self, found: Answer, probe: Probe, heard: Witnessed, word: str, why: str) -> Answer:
        """Call by hand wrong, unless forward leaps within the step, or all is lost in rounding."""
        if second.leaps(probe, heard):
            return replace(answers.leaping(self.name, probe), decided_by="both")
        close = abs(probe.by_hand - heard.slope) <= CLOSE * abs(probe.by_hand)
        if close and probe.scale <= self.floor(probe):
            return replace(answers.lost_in_rounding(self.name, probe), decided_by="both")
        return replace(
            found, decided_by=found.decided_by if word == "silent" else "both", silent=why
        )

    def contradicted(self, found: Answer, probe: Probe, heard: Witnessed) -> Answer:
        """Let a point nearby decide between the witnesses, or fifty digits."""
        nearby = None if self.nearby else self.agreed_nearby()
        if not (nearby and nearby.verdict == "correct"):
            fine = heard if heard.digits == FIFTY else second.in_fifty(probe, heard)
            sided = second.said(probe, fine, self.rtol, 0.0) == "agrees"
            if sided and isinstance(fine, Witnessed):
                return answers.by_tangent(self.name, second.measured(probe, fine))
        return answers.contradiction(self.name, found, nearby)

    def noted(self, found: Answer, probe: Probe, heard: Witnessed) -> Answer:
        """Accept what differences accept; the tangent is sharper, and by hand is off by that.

        It is wrong where that is more than differences allow, or than the given rtol does.
        """
        off = abs(probe.by_hand - heard.slope)
        allowed = probe.tolerance if self.rtol is None else self.rtol * probe.scale
        if off > allowed and not self.doubt(probe, heard):
            return answers.wrong_by_tangent(probe, heard)
        return answers.noted(found, probe, heard)

    def doubt(self, probe: Probe, heard: Witnessed) -> str:
        """Say why a tangent that differs does not call by hand wrong alone; "" where it does."""
        natural = ROUND * self.floor(probe, 0.0)  # a tangent is not lost in what cancels
        if max(abs(probe.by_hand), abs(heard.slope)) <= natural:
            return "it differs from by hand, below what rounding of forward may show"
        bar = heard.bar + second.own_rounding(probe, self.i, self.rng)
        if abs(probe.by_hand - heard.slope) <= second.FAR * bar:
            return "it differs from by hand, by what rounding of backward may explain"
        fine = heard if heard.digits == FIFTY else second.in_fifty(probe, heard)
        if isinstance(fine, Silence) and fine.doubt:
            return f"it differs from by hand, but {fine.reason}"
        if isinstance(fine, Witnessed) and second.said(probe, fine, self.rtol) != "differs":
            return "it differs from by hand, but not in fifty digits"
        return self.doubt_elsewhere()

    def doubt_elsewhere(self) -> str:
        """Say why it does not do so along another direction, and at another point."""
        if self.heard(1) != "differs":
            return "it differs from by hand along one direction alone"
        other = self.at(2.0**-6 if self.block.single else NUDGE, self.rng)
        if other is None or other.heard(0) != "differs":
            return "it differs from by hand, but not at a nudged point"
        return ""

    def heard(self, k: int, near: float = second.FAULT) -> str:
        """Return what the second witness says of by hand, for the k-th cotangent."""
        probe = self.unmeasured(k)
        return second.said(probe, self.ask(probe), self.rtol, near)

    def ask(self, probe: Probe) -> Witnessed | Silence:
        """Ask the second witness along the line of a probe, and remember what it said."""
        self.asked.append((probe.line, second.witnessed(probe)))
        return self.asked[-1][1]

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

    def by_differences(self) -> Answer:
        """Judge the block at hand by differences alone."""
        probes: list[Probe] = []
        for k in range(ATTEMPTS):
            probe = self.probe(k, like=next((p for p in probes if self.plain(p)), None))
            kinked = probe.slope.kinked and not allowance.lenient(probe).agrees
            if kinked and probe.slope.contradicts(allowance.lenient(probe).by_hand):
                return self.past_kink(probe) or replace(self.at_kink(probe), here=probe)
            probe = probe.undecided() if kinked else self.confirmed(probe)
            if self.is_rounding(probe):
                return answers.zero_to_rounding(self.name, probe)
            if probe.differs and (found := self.differing(probe)):
                return found
            probes.append(probe)
            enough = sum(map(self.sharp, probes)) >= SHARP
            if enough or (k + 1 == SHARP and all(p.quiet for p in probes)):
                break
        sharp = [p for p in probes if self.sharp(p)]
        if not sharp:
            return replace(self.undecided(probes), here=probes[-1])
        if self.exhaustive:
            located = self.everything(sharp[0])
            located = allowance.unaccepted(sharp[0], located)
            if located.entries:
                return self.mismatch(sharp[0], located)
        worst = max(sharp, key=lambda p: p.tolerance / p.scale)
        self.used_rtol = max(self.used_rtol, self.allowed(worst))
        sharpest = min(sharp, key=lambda p: p.smallest_detectable)  # it would have shown it
        return Answer("correct", sharpest, tuple(self.accepted[-1:]))

    def row(self, answer: Answer) -> Argument:
        """Return the line of the block in the report."""
        zero = self.gradient(0) == 0
        for k in range(1, self.pulls):
            zero &= self.gradient(k) == 0
        if self.block.fixed is not None:
            zero &= ~self.block.fixed  # there it is infinite
        seen = (np.nan, np.nan, np.inf, np.inf)
        if p := answer.probe:
            detects = max(p.smallest_detectable, self.block.accept, self.place.least)
            seen = (p.by_hand, p.slope.value, p.slope.bar, detects)
        measured = grid_of_entries(answer.shown, answer.findings) if self.picture else ()
        measured = self.all_entries() or measured if self.exhaustive else measured
        heard = self.tangent_along(answer.shown)
        return Argument(
            self.name,
            answer.verdict,
            *seen,
            size=zero.size,
            dead=int(zero.sum()),
            shape=self.block.value.shape,
            ladder=steps_of(answer.shown, heard),
            entries=measured,
            decided_by=answer.decided_by,
            silent=answer.silent or getattr(heard, "reason", ""),
        )

    def everything(self, probe: Probe) -> Located:
        """Measure every entry, and keep them for the report."""
        located = exhaust(stepping(probe), self.rtol or RTOL, self.across)
        self.measured = located.every
        return located

    def all_entries(self) -> tuple[Entry, ...]:
        """Return every entry measured, here; those of a verdict that needed none are yet to be."""
        with contextlib.suppress(Exhausted, Raised, Misshapen):  # the verdict stands without them
            return self.measured or self.everything(self.probe(0)).every
        return ()

    def pull(self, k: int) -> tuple[Vector, list[Anything | None]]:
        """Return the k-th cotangent and all gradients for it; each is pulled back once."""
        if k not in self.pulled:
            rng = np.random.default_rng((self.seed, COTANGENT, k))
            v = cotangent(rng, self.place.base.size)
            self.pulled[k] = v, self.place.problem.gradients(v)
        return self.pulled[k]

    def gradient(self, k: int) -> Anything:
        """Return the gradient of the block for the k-th cotangent."""
        found = self.pull(k)[1][self.i]
        assert found is not None  # noqa: S101  # blocks declared constant are never judged
        return found

    def probe(self, k: int, like: Probe | None = None) -> Probe:
        """Compare along a fresh direction, for the k-th cotangent; in brief like a plain probe."""
        self.pulls = k + 1
        line, g = (probe := self.unmeasured(k)).line, probe.gradient
        if like and self.plain(found := compare(line, g, like=like)):
            return found
        return compare(line, g)

    def plain(self, probe: Probe) -> bool:
        """Tell whether a probe agrees and is sharp, and met nothing that it had to look into."""
        slope = probe.slope
        plain = probe.agrees and not slope.kinked and not slope.leaps
        return plain and slope.bar < PLAIN * abs(slope.value) and self.sharp(probe)

    def unmeasured(self, k: int) -> Probe:
        """Return a probe that differences have not seen, for the k-th cotangent."""
        g = self.gradient(k)
        d = direction(self.rng, self.block, g)
        return claim(self.place.line(self.block, self.pull(k)[0], d), g)

    def floor(self, probe: Probe, noise: Vector | float | None = None) -> float:
        """Return the slope that rounding of forward alone may show on the first step."""
        loud = self.noise if noise is None else noise
        rounding = np.maximum(self.place.unit * np.abs(self.place.base), loud)
        return float(np.abs(probe.line.v) @ rounding) / (probe.line.scale / 4)

    def is_rounding(self, probe: Probe) -> bool:
        """Tell whether the gradient is 0 here, and what by hand has is rounding.

        Both numbers must lie below what rounding makes of forward on the first step, and by hand
        must be noise of its own: it changes by as much in the last places of the point.
        """
        floor, slope = ROUND * self.floor(probe), probe.slope
        if not probe.by_hand or slope.kind != "smooth" or slope.bar > 4 * floor:
            return False
        below = max(abs(probe.by_hand), abs(slope.value) - slope.bar) <= floor
        return below and self.is_noise(probe)

    def is_noise(self, probe: Probe) -> bool:
        """Tell whether by hand is noise: last places of the point or of backward make as much."""
        if is_noise(probe, self.i, self.rng):
            return True
        moved = second.unsteady(probe, self.i) if self.tangent else None
        return moved is not None and moved >= abs(probe.by_hand) / 4

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

    def differing(self, probe: Probe) -> Answer | None:
        """Say what is wrong, or that it cannot be told; None if it is accepted."""
        still = abs(probe.slope.value) <= probe.slope.bar
        if still and self.is_noise(probe):
            return answers.lost_in_rounding(self.name, probe)
        if not self.block.accept or allowance.exceeded(probe):
            return self.located(probe)
        seen = allowance.departure(probe, self.rng)
        if seen.beyond:
            return self.mismatch(probe, allowance.located(seen, probe.gradient.size))
        if seen.blunt:
            return answers.cannot_accept(probe, seen.blunt)
        self.accepted.append(allowance.note(probe, seen))
        return None

    def located(self, probe: Probe) -> Answer:
        """Find the entries behind a discrepancy; where there are none, kinks may have cancelled."""
        try:
            located = self.everything(probe) if self.exhaustive else locate(probe)
            if located.entries and not (self.exhaustive or clear(probe)):
                kept = tuple(e for e in located.entries if along_entry(probe, e).differs)
                located = replace(located, entries=kept)
        except Exhausted:
            return self.mismatch(probe)
        if located.complete and not located.entries and not self.nearby:
            return replace(self.at_kink(probe), here=probe)
        return self.mismatch(probe, located)

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

    def undecided(self, probes: list[Probe]) -> Answer:
        """Say why no probe is sharp; where nothing was exercised, look for a place where it is."""
        kind = next((p.slope.kind for p in probes if p.slope.kind in answers.DOUBTS), None)
        if kind:
            if kind == "domain" and self.place.problem.spent.raised:
                raise self.place.problem.spent.raised
            return answers.without_slope(self.name, kind)
        opens = (p for p in probes if p.slope.kind == "smooth" and p.admitted is None)
        leaping = next((p for p in opens if not p.quiet), None)
        if leaping:
            return answers.between_leaps(self.name, leaping)
        if all(probe.quiet for probe in probes):
            seen = next((p for p in probes if abs(p.by_hand) > p.rounding), None)
            seen = None if seen and self.is_noise(seen) else seen
            return answers.lost_in_rounding(self.name, seen) if seen else self.asleep(probes[-1])
        if self.nearby:
            return self.unsettled(probes)
        heard = self.past_kink(probes[-1], answers.by_tangent)  # it need not go elsewhere
        nearby = None if heard else self.agreed_nearby()
        return heard or (self.by_nearby(nearby) if nearby else self.unsettled(probes))

    def by_nearby(self, nearby: Answer) -> Answer:
        """Say what a nudged point has shown where this one hides its slope."""
        if nearby.verdict == "wrong":
            return answers.wrong_nearby(nearby, "at a nudged point")
        said = "a kink close by hides the slope here; checked with full power at a nudged point"
        return answers.correct_nearby(nearby, self.name, "kink", said)

    def unsettled(self, probes: list[Probe]) -> Answer:
        """Say why no probe is sharp, here or nearby."""
        best = min(probes, key=lambda p: p.tolerance / p.scale if p.scale else np.inf)
        if best.slope.kind != "smooth":
            said = "the difference quotients settle to no slope, here or at nudged points"
            return answers.doubtful(self.name, "noise", said)
        return answers.blunt(best)

    def asleep(self, probe: Probe) -> Answer:
        """Probe an argument whose gradient is 0 here at points where it may not be."""
        if self.nearby:
            return Answer("quiet", probe)
        for distance, other in self.farther():
            found = other.answer()
            if found.verdict in {"quiet", "inconclusive"}:
                continue
            if found.verdict == "wrong":
                said = "the gradient is 0 at this point, and wrong nearby"
                return answers.wrong_nearby(found, said)
            said = f"the gradient is 0 at this point; correct at points {distance:g} x away"
            return answers.correct_nearby(found, self.name, "vacuous", said)
        said = (
            "by hand and numeric are both 0, here and at every point tried, so nothing was "
            "compared; choose a point at which this argument matters"
        )
        return answers.doubtful(self.name, "vacuous", said, probe)

    def farther(self) -> "Iterator[tuple[float, Judge]]":
        """Yield growing distances, with a judge at a point there and at the one opposite."""
        for distance, everything in itertools.product(WAKE, (False, True)):
            key = int(self.rng.integers(2**63))
            for turn in (1, -1):
                rng = np.random.default_rng(key)
                if judge := self.at(distance, rng, everything=everything, turn=turn):
                    yield distance, judge

    def at(self, distance: float, rng: np.random.Generator, **options: Any) -> "Judge | None":
        """Return a judge at a place nearby, None where there is none or backward fails."""
        place = place_nearby(self.place, rng, distance, **options)
        if place is None:
            return None
        judge = Judge(
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

    def but_for_rounding(self, probe: Probe, heard: Witnessed) -> Probe | None:
        """Return a probe with the rounding of backward, where that is all that the tangent sees."""
        seen = second.measured(probe, heard)
        own = second.own_rounding(probe, self.i, self.rng)
        if seen.discrepancy > heard.bar + own or own > second.ROUGH * seen.scale:
            return None
        other = self.unmeasured(1)
        said = self.ask(other)
        if isinstance(said, Silence) or second.blunt(other, said):
            return None
        own_there = second.own_rounding(other, self.i, self.rng)
        agrees = abs(other.by_hand - said.slope) <= said.bar + own_there
        return replace(seen, rounding=own) if agrees else None

    def past_kink(
        self, probe: Probe, accept: Callable[[str, Probe], Answer] = answers.past_kink
    ) -> Answer | None:
        """Accept by hand at a kink close by, where the tangent agrees with it; a tie is silent."""
        if not self.tangent or probe.gradient.size > second.LARGE:
            return None
        try:
            heard = self.ask(probe)
            word = second.said(probe, heard, self.rtol)
            if second.TABLE["kink", word] != "correct, by the tangent" or self.heard(1) != word:
                return None
        except Exhausted:
            return None
        assert isinstance(heard, Witnessed)  # noqa: S101  # a silent one agrees with nothing
        return replace(accept(self.name, second.measured(probe, heard)), here=probe)

    def at_kink(self, probe: Probe) -> Answer:
        """Accept subgradients in kinked entries; check the rest, and a point nearby, in full."""
        if self.nearby:
            return Answer("inconclusive", None)
        seen = KinkSearch(probe, self.rng)
        seen.run()
        if seen.mismatch:
            return self.mismatch(seen.mismatch)
        nearby = next(filter(None, (self.agreed_nearby() for _ in range(NUDGES))), None)
        if nearby and nearby.verdict == "wrong":
            return answers.wrong_nearby(nearby, "at a nudged point, off the kink here")
        if nearby:
            return self.beside_right(probe, seen, nearby)
        if seen.outside:
            return answers.no_subgradient(self.name, tuple(seen.outside), None)
        kind, said = (
            ("kink", "a kink here and at every nudged point, so the gradient could not be compared")
            if seen.accepted
            else ("noise", "the difference quotients settle to no slope, here or at nudged points")
        )
        return answers.doubtful(self.name, kind, said)

    def beside_right(self, probe: Probe, seen: KinkSearch, nearby: Answer) -> Answer:
        """Judge by hand at a kink beside which it is right, by the limits of that, too."""
        limits = self.limits(MORE if seen.outside else POINTS)
        outside, beyond = seen.unexplained(limits), limits.beyond()
        if not beyond and limits.misses:  # another cotangent may show what this one cancels
            beyond = self.limits(POINTS, self.pulls).beyond()
        if (outside or beyond) and (probe.slope.spiked or probe.slope.rising):
            return answers.within_a_step(probe)
        if outside:
            if all(limits.doubts(probe.number(e.index)) for e in outside):
                return answers.too_many_kinks(self.name, outside)
            return answers.no_subgradient(self.name, outside, nearby)
        if beyond:
            return answers.beyond_all_slopes(self.name, beyond, nearby)
        said = f"a kink here or close by{seen.told}; checked with full power at a nudged point"
        return answers.correct_nearby(nearby, self.name, "kink", said)

    def at_limit(self, probe: Probe, entries: tuple[Entry, ...]) -> Answer | None:
        """Accept entries in which by hand is a limit of gradients nearby, if all of them are."""
        limits = self.limits(MORE) if entries else None
        if not limits or not all(limits.admits(probe.number(e.index)) for e in entries):
            return None
        nearby = self.agreed_nearby()
        if not nearby or nearby.verdict == "wrong":
            return None
        said = (
            f"kinks here cancel along an axis: in {len(entries)} entries by hand is a limit of "
            "gradients nearby, or a mean of them; checked with full power at a nudged point"
        )
        return answers.correct_nearby(nearby, self.name, "kink", said)

    def limits(self, points: int, k: int | None = None) -> Limits:
        """Return the gradients around here, for the k-th cotangent, else that of the last probe."""
        v, gradients = self.pull(self.pulls - 1 if k is None else k)
        return Limits(self.place, v, gradients, self.i, self.rng, points)

    def smooth_nearby(self, located: Located) -> bool:
        """Tell whether by hand and numeric agree at a nudged point, and the first wrong entry."""
        other = self.at(NUDGE, self.rng)
        if other is None or not other.sharp(found := other.probe(0)) or not found.agrees:
            return False
        return any(along_entry(found, e).agrees for e in located.entries[:1])

    def agreed_nearby(self) -> Answer | None:
        """Judge a block at a nudged point; None where that decides nothing.

        What is correct there must not be wrong closer by: where one entry is large, a nudge of its
        size carries the small ones out of the branch that they are on.
        """
        distance = 2.0**-6 if self.block.single else NUDGE
        found = self.decided_at(distance)
        if found and found.verdict == "correct":
            closer = self.decided_at(distance, each=True)
            return closer if closer and closer.verdict == "wrong" else found
        return found

    def decided_at(self, distance: float, **options: Any) -> Answer | None:
        """Judge a block at a point so far away; None where that decides nothing."""
        other = self.at(distance, self.rng, **options)
        found = other.answer() if other else None
        if not found or found.verdict not in {"correct", "wrong"}:
            return None
        blunt = found.probe and found.probe.smallest_detectable > FULL and not self.block.single
        return None if blunt and found.verdict == "correct" else found

    def mismatch(self, probe: Probe, located: Located | None = None) -> Answer:
        """Report a wrong gradient, unless forward shows too late what it does here."""
        diagnosis, here_alone = None, False
        try:
            located = located or locate(probe)
            spiked = probe.slope.spiked or probe.slope.rising
            here_alone = (
                not self.nearby
                and (probe.gradient.size < SMALL or spiked)
                and self.smooth_nearby(located)
            )
            if here_alone and spiked:
                return answers.within_a_step(probe)
            if here_alone and (found := self.at_limit(probe, located.entries)):
                return found
            if not here_alone:
                diagnosis = diagnose(probe, located)
        except Exhausted:
            pass  # what was found so far is said
        return answers.mismatch(probe, located, diagnosis, here_alone=here_alone)
