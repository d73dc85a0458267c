"""One argument after another, by both witnesses: say no more than the numbers prove.

Tested in tests/gradcheck/judge/test_judge.py and test_second.py.
"""

import math
from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from mlp.gradcheck.block import Anything
from mlp.gradcheck.diagnosis.locate import along_entry
from mlp.gradcheck.finding import Argument, Finding
from mlp.gradcheck.judge import answers, claims, second
from mlp.gradcheck.judge.answers import Answer
from mlp.gradcheck.judge.bench import ROUND, RTOL
from mlp.gradcheck.judge.differences import NUDGE, ByDifferences
from mlp.gradcheck.judge.shown import grid_of_entries, steps_of
from mlp.gradcheck.probe import Probe, claim
from mlp.gradcheck.problem import Exhausted, Problem, Raised
from mlp.gradcheck.workers import Done, apart, deferring, spread
from mlp.tangent import CAST, Silence, Witnessed

FIFTY = 50  # digits of a tangent that has no rounding of its own
BLOCK = 1  # what a stream of random numbers is for
BELOW = 4.0  # times what rounding of forward may show: by hand and tangent may be so small
LOUDER = 4.0  # times what random rounding has moved: the noise that is believed
SETTLED = frozenset(("correct", "quiet"))  # verdicts that need no second witness
ALONE = frozenset(("jump", "domain"))  # doubts that no tangent settles: there is no derivative
COARSE = 1e-3  # rtol from which on single precision is asked what its rounding hides
END = 1e-10  # of each entry that is off: less may be where forward's own iteration ends


class Judge(ByDifferences):
    """Judges one argument after another of a problem at one place."""

    def rows(self) -> Iterator[tuple[tuple[Finding, ...], Argument, float]]:
        """Judge every block that has a gradient: what was found, its row, and its rtol."""
        declared = self.pull(0)[1]
        blocks = self.place.problem.blocks
        wanted = [i for i, b in enumerate(blocks) if declared[i] is not None and b.value.size]
        if self.exhaustive or len(wanted) == 1:  # all who work share one argument
            return spread(self.place.problem, map, self.apart, wanted)
        self.pull(1)  # all of them need it, and each would pull it back once more
        there = self if self.across is map else replace(self, across=deferring)
        return spread(self.place.problem, self.across, there.apart, wanted, here=self.apart)

    def apart(self, i: int) -> Done:
        """Judge one block as a task of its own."""

        def work(problem: Problem) -> tuple[tuple[Finding, ...], Argument, float]:
            rng = np.random.default_rng((self.seed, BLOCK, i))
            place = replace(self.place, problem=problem)
            own = replace(
                self, place=place, rng=rng, i=i, asked=[], aside={}, pulled={**self.pulled}
            )
            if own.block.fixed is not None:
                answer = own.left_open(own.block.fixed)
            else:
                answer = own.claimed() if i in problem.claimed else own.answer()
            if self.exhaustive and answer.verdict == "correct":
                answer = own.entry_by_entry(answer)
            return answer.findings, own.row(answer), own.used_rtol

        return apart(self.place.problem, work)

    def entry_by_entry(self, found: Answer) -> Answer:
        """Leave open what is correct but for entries by which alone forward cannot be moved."""
        probe, entries = self.unmeasured(0), self.all_entries()
        lost = [e for e in entries if math.isinf(e.error_bar)]
        lost = [e for e in lost if along_entry(probe, e).slope.kind == "domain"]
        if not lost:
            return found
        raised = self.place.problem.spent.raised
        return answers.immovable(self.name, found, lost, len(entries), raised)

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
            found = replace(found, probe=self.whole(found.probe), here=self.whole(found.here))
            if found.verdict == "correct" and found.probe and second.of_single(found.probe):
                return self.past_rounding(found) or found
            looked = self.second_look(self.past_rounding(found) or found)
            return looked if looked.verdict in SETTLED else self.below(looked) or looked
        except Exhausted:
            return found

    def below(self, found: Answer) -> Answer | None:
        """Accept by hand where the tangent has it, both below what rounding of forward may show."""
        probe = found.probe
        if found.verdict == "wrong" and not (probe and probe.line.place is self.place):
            return None  # it is wrong elsewhere
        first = self.tiny(0)
        if not (first and self.tiny(1)):
            return None
        below = answers.below_rounding(self.name, first, BELOW * self.natural(first))
        return replace(below, here=found.here or probe)

    def tiny(self, k: int) -> Probe | None:
        """Return a probe with what the tangent has, where that and by hand are below rounding."""
        probe = self.unmeasured(k)
        floor = BELOW * self.natural(probe)
        small = 0 < abs(probe.by_hand) <= floor
        return second.lost(probe, self.ask(probe), floor) if small else None

    def past_rounding(self, found: Answer) -> Answer | None:
        """Leave open what the formula before rounding has otherwise than differences see it."""
        probe = found.probe
        if probe and found.verdict == "wrong" and self.rounds(probe):
            return replace(answers.rounded(self.name, probe), decided_by="both")
        if probe and found.verdict == "correct" and (probe.line.rounded or second.of_single(probe)):
            before = second.blurs(probe, probe.measured_rounding(self.i, self.rng))
            return replace(answers.blurred(probe, before), decided_by="both") if before else None
        return None

    def past_cast(self, found: Answer, heard: Silence) -> Answer | None:
        """Accept what differences leave open where the formula before casts has it, twice."""
        if heard.reason != CAST or found.verdict != "inconclusive" or self.nearby:
            return None
        seen = [second.before_cast(self.unmeasured(k)) for k in range(2)]
        return answers.past_cast(self.name, seen[0]) if seen[0] and seen[1] else None

    def rounds(self, probe: Probe) -> bool:
        """Tell whether forward is flat, for it rounds, and by hand is the slope of what it rounds.

        Where that is tied here, and has none, a point nearby tells.
        """
        if not any(rung.flat for rung in probe.slope.ladder):
            return False
        if second.of_formula(probe, self.natural(probe)):
            return True
        there = self.at(NUDGE, self.rng)
        return there is not None and second.of_formula(p := there.unmeasured(0), there.natural(p))

    def noisy(self, found: Answer) -> bool:
        """Tell whether noise has raised rtol so far that it may be a plateau, or hide a fault."""
        if found.verdict != "correct" or not found.probe or found.findings or self.rtol is not None:
            return False
        return self.used_rtol > (COARSE if second.of_single(found.probe) else RTOL)

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
        heard = second.off_stairs(self.ask(probe), seen)
        if isinstance(heard, Silence):
            return self.past_cast(found, heard) or replace(found, silent=heard.reason)
        if math.isinf(heard.jump):  # else it may be the height of a leap
            self.noise = heard.noise
        zero = seen and seen.line.place is self.place and not second.nonzero(seen, heard)
        if seen and zero and self.is_rounding(seen):
            return replace(answers.zero_to_rounding(self.name, seen), decided_by="both")
        if second.drowns(probe, heard.noise):
            return self.louder(probe, heard, seen)
        return self.settled(found, probe, heard, seen)

    def louder(self, probe: Probe, heard: Witnessed, seen: Probe | None) -> Answer:
        """Judge once more, with the noise that forward has shown."""
        grain = np.maximum(self.place.grain, LOUDER * heard.noise)
        self.place = replace(self.place, grain=grain)
        found = self.by_differences()
        if found.verdict == "correct" and (covered := self.covered(probe, heard)):
            return covered
        if found.verdict == "wrong" and found.probe:  # along a line that is not yet heard
            return self.settled(found, found.probe, self.ask(found.probe), seen)
        return self.settled(found, probe, heard, seen)

    def settled(
        self, found: Answer, probe: Probe, heard: Witnessed | Silence, seen: Probe | None
    ) -> Answer:
        """Weigh what both witnesses say, where the second says something."""
        if isinstance(heard, Silence):
            return replace(found, silent=heard.reason)
        if found.verdict == "quiet":
            return found
        weighed = self.weighed(found, probe, heard)
        return replace(weighed, here=seen) if weighed.decided_by == "tangent" else weighed

    def covered(self, probe: Probe, heard: Witnessed) -> Answer | None:
        """Say what a tangent has against by hand that error bars have only grown over."""
        rounding = probe.measured_rounding(self.i, self.rng)
        bar = max(second.FAR * (heard.bar + rounding), second.FAULT * abs(heard.slope))
        if abs(probe.by_hand - heard.slope) <= bar:
            return None
        differs = second.said(probe, heard, self.rtol) == "differs"
        if differs and not self.doubt(probe, heard):
            return answers.wrong_by_tangent(probe, heard)
        if rough := self.but_for_rounding(probe, heard):
            return answers.by_tangent(self.name, rough)
        return replace(answers.blurred(probe, heard), decided_by="both")

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
        """Call by hand wrong, unless the witnesses part."""
        plain = second.in_floats(probe) if heard.digits == FIFTY else heard
        plain = heard if isinstance(plain, Silence) else plain
        if word == "differs" and second.contradict(probe, plain):
            return replace(answers.parted(probe, plain), decided_by="both")
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
        lost = ROUND * self.floor(probe, 0.0)  # a tangent is not lost in what cancels
        if max(abs(probe.by_hand), abs(heard.slope)) <= lost:
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

    def row(self, answer: Answer) -> Argument:
        """Return the line of the block in the report."""
        zero = self.zero(0)
        for k in range(1, self.pulls):
            zero = zero & self.zero(k)
        if self.block.fixed is not None:
            zero = zero & ~self.block.fixed  # there it is infinite
        seen = (np.nan, np.nan, np.inf, np.inf)
        if p := answer.probe:
            detects = max(p.smallest_detectable, self.block.accept, self.place.least)
            seen = (p.by_hand, p.slope.value, p.slope.bar, detects)
        measured = self.measured
        if self.picture and not measured:
            found = (entry for finding in answer.findings for entry in finding.entries)
            measured = grid_of_entries(answer.shown, found)
        measured = self.all_entries() or measured if self.exhaustive else measured
        heard = self.tangent_along(answer.shown)
        return Argument(
            self.name,
            answer.verdict,
            *seen,
            size=self.block.value.size,
            dead=int(zero.sum()),
            shape=self.block.value.shape,
            ladder=steps_of(answer.shown, heard),
            entries=measured,
            decided_by=answer.decided_by,
            silent=answer.silent or getattr(heard, "reason", ""),
        )

    def but_for_rounding(self, probe: Probe, heard: Witnessed) -> Probe | None:
        """Return a probe with the rounding of backward, where that is all that the tangent sees.

        Where backward cannot be run with random rounding, it is that of forward's operations.
        """
        own = self.rounding_of(probe)
        seen = second.measured(probe, heard)
        if seen.discrepancy > heard.bar + own or own > second.ROUGH * seen.scale:
            return None
        other = self.unmeasured(1)
        said = self.ask(other)
        if isinstance(said, Silence) or second.blunt(other, said):
            return None
        agrees = abs(other.by_hand - said.slope) <= said.bar + self.rounding_of(other)
        return replace(seen, rounding=own) if agrees else None

    def rounding_of(self, probe: Probe) -> float:
        """Return how far rounding may have moved by hand, or in its place a tangent in floats."""
        plain = second.in_floats(probe)
        unknown = math.inf if isinstance(plain, Silence) else plain.bar
        return second.own_rounding(probe, self.i, self.rng, unknown)
