"""What is said of one argument: a verdict, the probe that shows it, and findings in words.

Nothing is measured or decided here; that is judge.py's.
"""

import contextlib
from dataclasses import dataclass, replace

from mlp.gradcheck.diagnosis import constant
from mlp.gradcheck.diagnosis.diagnose import Diagnosis
from mlp.gradcheck.diagnosis.locate import Located
from mlp.gradcheck.finding import Entry, Finding, compared
from mlp.gradcheck.judge import small
from mlp.gradcheck.judge.limits import Beyond
from mlp.gradcheck.numbers.kind import UNMEASURED
from mlp.gradcheck.numbers.ladder import TRUST
from mlp.gradcheck.probe import Probe
from mlp.gradcheck.problem import Exhausted
from mlp.tangent import Witnessed
from mlp.tree import spell

DOUBTS = {
    "jump": "forward jumps here, so it has no derivative",
    "unbounded": "the slope is unbounded here, so there is no derivative",
    "domain": "forward is not defined on either side of this point; give bounds=, or another point",
}
FEW = 4  # names of entries that are said


@dataclass(frozen=True)
class Answer:
    """What was found out about one argument."""

    verdict: str  # "correct", "wrong", "inconclusive", or "quiet" where nothing was compared
    probe: Probe | None
    findings: tuple[Finding, ...] = ()
    here: Probe | None = None  # what stood in the way at the point itself
    decided_by: str = "differences"  # or "tangent", or "both"
    silent: str = ""  # why the tangent told nothing, where it was asked

    @property
    def shown(self) -> Probe | None:
        """The probe that tells most: one that differs, or what stood in the way."""
        if self.decided_by == "tangent" and self.here:
            return self.here
        if self.probe and (self.probe.differs or self.here is None or self.here.quiet):
            return self.probe
        return self.here


def correct_nearby(nearby: Answer, name: str, kind: str, said: str) -> Answer:
    """Accept what was checked at another point, with a note on what stood in the way here."""
    found = (Finding(kind, "note", name, said),)
    return Answer("correct", nearby.probe, found, decided_by=nearby.decided_by)


def wrong_nearby(found: Answer, said: str) -> Answer:
    """Report a mismatch found at another point."""
    findings = tuple(replace(f, message=f"{said}: {f.message}") for f in found.findings)
    return Answer("wrong", found.probe, findings, decided_by=found.decided_by)


def zero_to_rounding(name: str, probe: Probe) -> Answer:
    """Accept a gradient that is 0 here, and by hand the rounding of it."""
    said = (
        f"the gradient is 0 to rounding here: numeric is {probe.slope.value:.0e}, and by hand, "
        f"{probe.by_hand:.0e}, is noise: last places of the point, or of what backward computes, "
        f"change it by as much"
    )
    return Answer("correct", probe, (Finding("vacuous", "note", name, said),))


def below_rounding(name: str, probe: Probe, floor: float) -> Answer:
    """Accept a gradient so small that rounding of forward hides it, where the tangent has it."""
    said = (
        f"the gradient is 0 to rounding here: by hand, {probe.by_hand:.0e}, is within what the "
        f"tangent of forward's operations has, {probe.slope.value:.0e} ± {probe.slope.bar:.0e}, "
        f"and both are below the slope that rounding of forward hides, {floor:.0e}"
    )
    found = (Finding("vacuous", "note", name, said),)
    return Answer("correct", probe, found, decided_by="tangent")


def by_tangent(name: str, probe: Probe) -> Answer:
    """Accept what the tangent of forward's own operations shows, where differences doubt."""
    said = "decided by the tangent of forward's operations: differences are lost in its rounding"
    found = (Finding("noise", "note", name, said),)
    return Answer("correct", probe, found, decided_by="tangent")


def past_cast(name: str, probe: Probe) -> Answer:
    """Accept what the formula has before forward casts it to fewer digits."""
    said = (
        "decided by the tangent of forward's operations before what they cast to fewer digits: "
        "differences are lost in that"
    )
    return Answer("correct", probe, (Finding("noise", "note", name, said),), decided_by="tangent")


def past_kink(name: str, probe: Probe) -> Answer:
    """Accept at a kink close by what the tangent shows on the side of this point."""
    said = (
        "decided by the tangent of forward's operations: a kink close by hides the slope from "
        "differences, and this point is not on it"
    )
    return Answer("correct", probe, (Finding("kink", "note", name, said),), decided_by="tangent")


def noted(found: Answer, probe: Probe, heard: Witnessed) -> Answer:
    """Accept what differences accept, and say what only the tangent sees."""
    said = (
        f"differences agree within their error bar, {probe.slope.bar:.0e}; by the tangent of "
        f"forward's operations by hand is off: {compared(probe.by_hand, heard.slope, heard.bar)}"
    )
    note = Finding("noise", "note", probe.line.block.name, said)
    return replace(found, findings=(*found.findings, note), decided_by="both")


def wrong_by_tangent(probe: Probe, heard: Witnessed) -> Answer:
    """Report a gradient that the tangent calls wrong, surely, where differences cannot tell."""
    said = (
        f"{compared(probe.by_hand, heard.slope, heard.bar)}, by the tangent of forward's "
        f"operations{' in fifty digits' if heard.digits == 50 else ''}, along two directions and "
        "at a nudged point; differences are lost in the rounding of forward"
    )
    slope = replace(UNMEASURED, kind="smooth", value=heard.slope, bar=heard.bar)
    found = (Finding("mismatch", "fault", probe.line.block.name, said),)
    return Answer("wrong", replace(probe, slope=slope), found, decided_by="tangent")


def contradiction(name: str, found: Answer, nearby: Answer | None) -> Answer:
    """Say that the witnesses contradict each other; a point nearby may decide."""
    said = (
        "the witnesses contradict each other here: differences call by hand wrong, and the tangent "
        "of forward's operations agrees with it, so forward's rounding decides"
    )
    if nearby and nearby.verdict == "correct":
        answer = correct_nearby(nearby, name, "noise", f"{said}; correct at a nudged point")
    else:
        answer = doubtful(name, "noise", f"{said}; choose another point", found.probe)
    return replace(answer, decided_by="both")


def parted(probe: Probe, heard: Witnessed) -> Answer:
    """Say that the witnesses contradict each other, and by hand is close to the tangent."""
    said = (
        f"the witnesses contradict each other: numeric is {probe.slope.value:.8g}, but the "
        f"tangent of forward's operations is {heard.slope:.8g}, close to by hand, "
        f"{probe.by_hand:.8g}, so forward's rounding decides; choose another point, or give the "
        f"argument another scale"
    )
    return doubtful(probe.line.block.name, "noise", said, probe)


def lost_in_rounding(name: str, probe: Probe) -> Answer:
    """Say that by hand is not 0, but too small for differences to show."""
    said = (
        f"by hand is {probe.by_hand:.0e}, which differences cannot show beside the rounding of "
        f"forward, {probe.slope.bar:.0e}; choose a point at which this argument matters more"
    )
    return doubtful(name, "vacuous", said, probe)


def too_far(name: str, probe: Probe) -> Answer:
    """Say that only long steps are against by hand, which see a wave as a line."""
    said = (
        f"noise hides short steps, and on long ones, which see a wave as a line, numeric is "
        f"{probe.slope.value:.6g}; shorter ones are nearer to by hand, {probe.by_hand:.6g}; "
        f"compute it in full precision, or choose another point"
    )
    return doubtful(name, "noise", said, probe)


def blurred(probe: Probe, heard: Witnessed) -> Answer:
    """Say that differences are too noisy to decide, and the tangent is against by hand."""
    said = (
        f"by hand {probe.by_hand:.8g} lies within the noise of differences, but the tangent of "
        f"forward is {heard.slope:.8g} ± {heard.bar:.0e}; compute it in full precision"
    )
    return doubtful(probe.line.block.name, "noise", said, probe)


def between_leaps(name: str, probe: Probe) -> Answer:
    """Say that the slope between the leaps of forward is not the one over them."""
    over = probe.slope.over
    assert over is not None  # noqa: S101  # without a second reading nothing is open
    said = (
        f"forward leaps on its way, as rounding does: its slope is {probe.slope.value:.6g} between "
        f"the leaps and {over.value:.6g} ± {over.bar:.0e} over them, and by hand "
        f"{probe.by_hand:.6g}; compute it without rounding, or choose another point"
    )
    return doubtful(name, "noise", asking(said, probe), probe)


def asking(said: str, probe: Probe) -> str:
    """Return what is said of a slope that is open; of a stair, with the question what it is for."""
    if max(probe.unit, probe.line.unit) > constant.FINE:
        return said  # as of float16: everything is flat on so short a piece
    with contextlib.suppress(Exhausted):
        said += f"\n{constant.SAID}" if constant.is_stair(probe, constant.FINE) else ""
    return said


def rounded(name: str, probe: Probe) -> Answer:
    """Say that forward rounds, and that by hand is the slope of what it rounds."""
    said = (
        "forward rounds its result and is flat here; by hand is the slope of the formula before "
        "that, as its own operations have it; check it before it is rounded"
    )
    return doubtful(name, "jump", said, probe)


def doubtful(name: str, kind: str, said: str, probe: Probe | None = None) -> Answer:
    """Decide nothing, for one reason."""
    return Answer("inconclusive", probe, (Finding.doubt(kind, said, name),))


def without_slope(name: str, kind: str, probe: Probe | None = None) -> Answer:
    """Say that forward has no derivative here."""
    said = asking(DOUBTS[kind], probe) if probe and kind == "jump" else DOUBTS[kind]
    return doubtful(name, "domain" if kind == "domain" else "jump", said)


def immovable(
    name: str, found: Answer, lost: list[Entry], size: int, raised: Exception | None
) -> Answer:
    """Say that exhaustive= asks for entries that cannot be measured."""
    said = (
        f"{len(lost)} of {size} entries cannot be measured by themselves, as exhaustive= asks for: "
        f"forward is not defined where {name}{spell(lost[0].index)} moves alone"
    )
    said += f"; {raised}".partition("\n")[0] if raised else ""
    return doubtful(name, "domain", said, found.probe)


def blunt(probe: Probe) -> Answer:
    """Say why by hand and numeric agree, and that shows little."""
    noisy = TRUST * probe.slope.noise / probe.slope.step > 0.1 * probe.slope.bar
    kind, cause, remedy = (
        ("noise", "forward is noisy", "compute it in double precision, or give a larger rtol")
        if noisy
        else ("truncation", "forward bends too sharply", "choose another point")
    )
    said = (
        f"by hand and numeric agree within the error bar, but that is {probe.slope.bar:.0e} of "
        f"{probe.scale:.0e}: {cause}; {remedy}"
    )
    return doubtful(probe.line.block.name, kind, asking(said, probe), probe)


def slight(found: Answer, share: float) -> bool:
    """Tell whether by hand is called wrong for no more than a share, in each entry that is off."""
    if found.verdict != "wrong" or found.probe is None or not found.probe.differs:
        return False  # it is wrong for another reason, as at a kink
    entries = [entry for finding in found.findings for entry in finding.entries]
    return found.probe.discrepancy <= share * found.probe.scale and all(
        abs(e.by_hand - e.numeric) <= share * max(abs(e.by_hand), abs(e.numeric)) for e in entries
    )


def cut_short(found: Answer) -> Answer:
    """Say that by hand is off by no more than a forward may be that stops at a tolerance."""
    probe = found.probe
    assert probe is not None  # noqa: S101  # it shows how far by hand is off
    off = probe.discrepancy / probe.scale
    said = (
        f"by hand is off by {off:.1e} of what it is: a fault, or forward stops at a tolerance, as "
        f"solvers do, and differences alone cannot tell; accept={2 * off:.0e} lets it pass, and "
        f"rtol={off:.0e} calls it wrong"
    )
    return doubtful(probe.line.block.name, "truncation", said, probe)


def cannot_accept(probe: Probe, blunt: int) -> Answer:
    """Say that it cannot be told whether by hand is off by no more than is accepted."""
    said = (
        f"by hand is off, and whether by no more than accept={probe.line.block.accept:g} cannot be "
        f"told in {blunt} entries, whose error bars are too wide; choose another point"
    )
    return doubtful(probe.line.block.name, "noise", said, probe)


def within_a_step(probe: Probe) -> Answer:
    """Say that what forward does here happens within the finest step."""
    said = (
        "forward bends within the smallest step here, as the inverse of a nearly singular matrix "
        "does; by hand is correct at a nudged point, and undecided here"
    )
    return doubtful(probe.line.block.name, "truncation", said, probe)


def no_subgradient(name: str, entries: tuple[Entry, ...], nearby: Answer | None) -> Answer:
    """Report entries that lie outside the slopes to the left and to the right."""
    said = "not a subgradient: by hand lies outside the slopes to the left and to the right"
    said += "; correct at nudged points" if nearby else ""
    found = Finding("mismatch", "fault", name, said, entries)
    return Answer("wrong", nearby.probe if nearby else None, (found,))


def too_many_kinks(name: str, entries: tuple[Entry, ...]) -> Answer:
    """Say that so many kinks meet that their limits cannot be told from what is none."""
    said = (
        f"in {len(entries)} entries by hand lies outside the slopes to the left and to the right, "
        "and so many kinks meet here that it may be a limit of gradients nearby; it is correct at "
        "nudged points; choose another point"
    )
    return doubtful(name, "kink", said)


def beyond_all_slopes(name: str, beyond: Beyond, nearby: Answer) -> Answer:
    """Report a kink where each entry by itself may be right, and several together are not."""
    few = ", ".join(beyond.names[:FEW]) + (", ..." if len(beyond.names) > FEW else "")
    numeric, reach = (beyond.low + beyond.high) / 2, (beyond.high - beyond.low) / 2
    said = (
        f"not a subgradient: along a direction in which {few} move together by hand is "
        f"{beyond.by_hand:.8g}, numeric {numeric:.8g} ± {reach:.0e}, here and at points nearby, "
        "however they are tied; correct at nudged points"
    )
    return Answer("wrong", nearby.probe, (Finding("mismatch", "fault", name, said),))


def mismatch(
    probe: Probe,
    located: Located | None,
    diagnosis: Diagnosis | None,
    counted: Located | None,
    *,
    here_alone: bool,
) -> Answer:
    """Report a wrong gradient: which entries, and what mistake it looks like.

    ``counted`` has what was located, and what a picture measures besides.
    """
    mistake = diagnosis.name if diagnosis else None
    said = compared(probe.by_hand, probe.slope.value, probe.slope.bar)
    if counted is None:
        said += " (evaluations exhausted before the entries were found)"
    else:
        said = _counted(counted, probe.gradient.size, said)
    if here_alone:
        said += "; not a subgradient here, but correct at nudged points"
    if diagnosis:
        said += f"\n{diagnosis.text}"
    if (
        located
        and not here_alone
        and (size := small.told(probe, located, explained=mistake not in {None, "factor"}))
    ):
        said += f"\n{size}"
    entries, measured = (counted.entries, counted.measured) if counted else ((), 0)
    fault = Finding("mismatch", "fault", probe.line.block.name, said, entries, mistake, measured)
    return Answer("wrong", probe, (fault,))


def _counted(located: Located, size: int, said: str) -> str:
    """Say how many entries are wrong."""
    wrong = len(located.entries)
    if not wrong:
        return f"{said}; no single entry is off by more than its error bar"
    if located.complete:
        return f"{wrong} of {size} entries wrong; along a random direction {said}"
    if located.measured == size:  # the search ended, for more would not be read
        return f"{wrong} or more of {size} entries wrong; along a random direction {said}"
    if wrong == located.measured:
        return f"all of {wrong} entries measured (of {size}) are wrong; along a direction {said}"
    return f"{wrong} of {located.measured} entries measured (of {size}) are wrong; {said}"
