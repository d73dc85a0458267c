"""What differences alone say of one argument, here and at points nearby.

*Wrong* needs a discrepancy beyond the error bar and the measured rounding of the analytic side.
*Correct* needs a bar below rtol of what was compared, in two probes. Where the point itself stands
in the way (a kink, a gradient that is 0 there) the same probes are made at a point nearby, which is
drawn from the seed, and the finding says so. Tested in tests/gradcheck/judge/test_judge.py.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from mlp.gradcheck.diagnosis.diagnose import diagnose
from mlp.gradcheck.diagnosis.locate import Located, along_entry, locate
from mlp.gradcheck.finding import Entry
from mlp.gradcheck.judge import allowance, answers, second
from mlp.gradcheck.judge.answers import Answer
from mlp.gradcheck.judge.bench import Bench, clear
from mlp.gradcheck.judge.kinks import KinkSearch
from mlp.gradcheck.judge.limits import MORE, POINTS, Limits
from mlp.gradcheck.judge.waves import seen_from_far
from mlp.gradcheck.probe import Probe
from mlp.gradcheck.problem import Exhausted
from mlp.tangent import Witnessed

SHARP = 2  # probes of an argument that must be sharp
ATTEMPTS = 5  # probes made to get them
NUDGE = 2.0**-10  # relative distance of a point nearby: off the kink, in the same landscape
NUDGES = 8  # points nearby tried at a kink: units that are tied may all be off at some of them
SMALL = 1000  # entries up to which a mismatch is looked at nearby: it may be one just here
FULL = 1e-2  # of by hand: a fault that a point nearby must show, to stand for this one


class ByDifferences(Bench):
    """Judges an argument by differences."""

    def by_differences(self) -> Answer:
        """Judge the block at hand by differences alone."""
        probes: list[Probe] = []
        sharp: list[Probe] = []
        for k in range(ATTEMPTS):
            probe = self.probe(k, like=next((p for p in sharp if self.plain(p)), None))
            kinked = probe.slope.kinked and not allowance.lenient(probe).agrees
            if kinked and probe.slope.contradicts(allowance.lenient(probe).by_hand):
                return self.past_kink(probe) or replace(self.at_kink(probe), here=probe)
            probe = probe.undecided() if kinked else self.confirmed(probe)
            if self.is_rounding(probe):
                return answers.zero_to_rounding(self.name, probe)
            if probe.differs and (found := self.differing(probe)):
                return found
            if self.sharp(probe):
                probe = self.set_aside(k, probe)
                sharp.append(probe)
            probes.append(probe)
            if len(sharp) >= SHARP or (k + 1 == SHARP and all(p.quiet for p in probes)):
                break
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
            located = self.everything(probe) if self.exhaustive else locate(probe, self.across)
            if located.entries and not (self.exhaustive or clear(probe)):
                kept = tuple(e for e in located.entries if along_entry(probe, e).differs)
                located = replace(located, entries=kept)
        except Exhausted:
            return self.mismatch(probe)
        if located.complete and not located.entries:  # at a nudged point that decides nothing
            return replace(self.at_kink(probe), here=probe)
        return self.mismatch(probe, located)

    def mismatch(self, probe: Probe, located: Located | None = None) -> Answer:
        """Report a wrong gradient, unless forward shows too late what it does here, or too far."""
        if seen_from_far(probe):
            return answers.too_far(self.name, probe)
        diagnosis, here_alone = None, False
        try:
            located = located or locate(probe, self.across)
            rising = probe.slope.rising
            looked_at = not self.nearby and (probe.gradient.size < SMALL or rising)
            here_alone = looked_at and self.smooth_nearby(located)
            if here_alone and rising:
                return answers.within_a_step(probe)
            if here_alone and (found := self.at_limit(probe, located.entries)):
                return found
            if not here_alone:
                diagnosis = diagnose(probe, located)
        except Exhausted:
            pass  # what was found so far is said
        counted = self.counted(probe, located) if located else None
        return answers.mismatch(probe, located, diagnosis, counted, here_alone=here_alone)

    def undecided(self, probes: list[Probe]) -> Answer:
        """Say why no probe is sharp; where nothing was exercised, look for a place where it is."""
        without = next((p for p in probes if p.slope.kind in answers.DOUBTS), None)
        if without:
            kind = without.slope.kind
            if kind == "domain" and self.place.problem.spent.raised:
                raise self.place.problem.spent.raised
            return answers.without_slope(self.name, kind, without)
        opens = (p for p in probes if p.slope.kind == "smooth" and p.admitted is None)
        leaping = next((p for p in opens if not p.quiet), None)
        if leaping:
            return answers.between_leaps(self.name, leaping)
        if all(probe.quiet for probe in probes):
            seen = next((p for p in probes if abs(p.by_hand) > p.rounding), None)
            seen = None if seen and self.is_noise(seen) else seen
            if seen:
                lost = answers.between_leaps if seen.slope.over else answers.lost_in_rounding
                return lost(self.name, seen)
            return self.asleep(probes[-1])
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
        if (outside or beyond) and probe.slope.rising:
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
