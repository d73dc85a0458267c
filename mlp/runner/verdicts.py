"""Judge targets one by one, whatever they do, and lay the answers out as a table.

A target is correct, inconclusive or wrong, or an error if it cannot be loaded, has no point, raises
or takes too long; what these words say stands in mlp/verdict.py.
Tested in tests/runner/test_verdicts.py.
"""

import json
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import numpy as np

from mlp.gradcheck import check, depict
from mlp.gradcheck.answering import judging_float32
from mlp.gradcheck.finding import Argument, Finding
from mlp.gradcheck.report import Report
from mlp.op import Location, Wrt
from mlp.runner.child import Child, Stranger, home_of, strangers
from mlp.runner.guard import EmptyError, TargetError, guarded
from mlp.runner.hints import hinted, in_words_of
from mlp.runner.targets import Fault, Target
from mlp.runner.words import is_file
from mlp.verdict import SEVERITIES, exit_status, rank, worst

if TYPE_CHECKING:
    from mlp.runner.proofs import Proved, Prover  # SymPy takes its time


Judged: TypeAlias = Target | Stranger | Fault


@dataclass(frozen=True)
class Outcome:
    """What came of one target at one point: a report, or the reason why there is none.

    A report is false where it is not correct: ask whether it is None.
    """

    name: str
    dtype: str
    where: str
    verdict: str
    report: Report | None = None
    reason: str = ""
    place: Location | None = None  # of backward, or of the file that cannot be loaded
    proof: "Proved | None" = None
    allowed: str = ""  # why it may stay undecided, if it may

    @property
    def is_allowed(self) -> bool:
        """Whether it is undecided, and may be."""
        return self.verdict == "inconclusive" and bool(self.allowed)

    def to_dict(self) -> dict[str, Any]:
        """Return the outcome in plain types, for JSON."""
        return {
            "target": self.name,
            "dtype": self.dtype,
            "where": self.where,
            "verdict": self.verdict,
            "reason": self.reason,
            **({"allowed": self.allowed} if self.is_allowed else {}),
            "file": self.place.file if self.place else None,
            "line": self.place.line if self.place else None,
            "report": None if self.report is None else json.loads(self.report.to_json()),
            **({} if self.proof is None else {"proof": self.proof.to_dict()}),
        }

    def findings(self) -> list[Finding]:
        """Return what was found, the worst first; a refusal is a fault that others precede."""
        found = [] if self.report is None else [*self.report.findings]
        if self.proof is not None and self.proof.verdict == "refused":
            found.append(self.proof.finding())
        return sorted(found, key=lambda finding: -rank(SEVERITIES[finding.severity]))

    def reasons(self) -> Iterator[tuple[str, str, str]]:
        """Yield what has no numbers: an argument or "", the verdict on it and why, in a line."""
        if self.report is None:
            yield "", self.verdict, self.reason
            return
        numbered = {argument.name for argument in self.report.arguments}
        for finding in self.report.findings:
            if finding.severity != "note" and finding.argument not in numbered:
                verdict = self.verdict if finding.kind == "raised" else SEVERITIES[finding.severity]
                yield finding.argument or "", verdict, finding.message.partition("\n")[0]


def gather(
    words: Sequence[str],
    shapes: str | None,
    wrt: Wrt,
    timeout: float,
    *,
    skip_empty: bool = False,
    make: Callable[[], Child] = Child,
    apart: bool = False,
) -> list[Judged]:
    """Return what the words name, or all that is shipped; what cannot be loaded is a fault.

    What is not shipped is loaded in a process that is made for its file, and what is as well where
    all are to be ``apart``. A file without an op is a
    fault, too, unless it may be skipped; then it is not even imported if the word backward does not
    occur in it.
    """
    from mlp.runner.shipped import NAMES, shipped  # noqa: PLC0415  # half a second of SciPy

    targets: list[Judged] = []
    children: dict[str, Child] = {}
    for word in words or NAMES:
        if word in NAMES and not apart:
            targets += shipped(word)
            continue
        file = Path(word.partition("::")[0])
        named = str(file) if is_file(str(file)) and file.is_file() else ""
        if skip_empty and named and b"backward" not in file.read_bytes():
            continue
        try:
            child = home_of("mlp" if word in NAMES else word, children, make)
            found = strangers(child, word, shapes, wrt, timeout, NAMES)
        except TargetError as error:
            skipped = skip_empty and isinstance(error, EmptyError)
            found = [] if skipped else [Fault(word, str(error))]
        targets += [replace(t, file=named) if isinstance(t, Fault) else t for t in found]
    return targets


def judge(
    target: Judged,
    seed: int,
    timeout: float,
    *,
    picture: bool = False,
    prover: "Prover | None" = None,
    repeat: Callable[[str], str] | None = None,
    **options: Any,
) -> Outcome:
    """Draw a point and check one target there, with entries for a heat map if it is wanted.

    With a prover at hand it is proved too, and a refused proof makes it wrong. ``repeat`` makes the
    line that repeats the check of the word that names a target; options are those of ``check``.
    """
    if isinstance(target, Fault):
        why = in_words_of(repeat(target.name), target.reason) if repeat else target.reason
        return Outcome(target.name, "", "", "error", reason=why, place=target.place)
    outcome = partial(Outcome, target.name, target.dtype, target.where, place=target.place)
    if isinstance(target, Stranger):
        options = {"picture": picture, "prove": prover is not None, **options}
        words = (target.key, (target.accept, target.meant), seed, timeout, options)
        try:  # the proof has as much time once more, and that at the point
            seconds = timeout * (1 if prover is None else 3)
            there: Outcome = target.child.ask("judge", *words, seconds=seconds)
        except TargetError as error:
            return outcome("error", reason=str(error))
        if there.report is not None:  # what it means is said here, not among a stranger's code
            there = replace(there, verdict=meaning(there.report, there.proof))
        return repeated(replace(there, allowed=target.allowed), target.word, repeat)
    look = partial(depict if picture else check, target.forward, target.backward)
    options = {
        "wrt": target.wrt,
        "accept": target.accept or 0.0,
        "rng": seed,
        **target.meant,
        **options,
    }
    started = time.perf_counter()  # what is drawn, and compiled by it, takes time as well
    try:
        with judging_float32(in_double=target.double):
            report = guarded(lambda: look(*target.at(seed), **options), timeout)
        report = replace(report, seconds=time.perf_counter() - started)
    except TargetError as error:
        return outcome("error", reason=str(error))
    in_a_set = target.meant.keys() & {"along", "retract"}  # a proof is about all real values
    proof = None if prover is None or in_a_set else prover(proved_of(target))
    refused = proof is not None and proof.verdict == "refused"
    if prover is not None and proof is not None and report.verdict == "inconclusive":
        report = report if refused or target.meant else prover.settled(target, report)
    found = outcome(meaning(report, proof), report, proof=proof, allowed=target.allowed)
    return repeated(found, target.word, repeat)


def status_of(outcomes: Iterable[Outcome]) -> int:
    """Return the exit status of a run; what may stay undecided counts as correct."""
    return exit_status(outcome.verdict for outcome in outcomes if not outcome.is_allowed)


def repeated(outcome: Outcome, word: str, repeat: Callable[[str], str] | None) -> Outcome:
    """Return an outcome whose report ends in the line that repeats it."""
    if repeat is None or outcome.report is None:
        return outcome
    return replace(outcome, report=hinted(replace(outcome.report, reproduce=repeat(word))))


def marks_of(target: Judged) -> set[str]:
    """Return what an op says of itself, or is said of it, of sets, references and surrogates."""
    if isinstance(target, Fault):
        return set()
    return {*target.meant, *(target.marks if isinstance(target, Stranger) else ())}


def proved_of(target: Target) -> Target:
    """Return what a proof is about: of a declared surrogate that in place of forward."""
    return replace(target, forward=target.meant.get("surrogate", target.forward))


def meaning(report: Report, proof: "Proved | None") -> str:
    """Return the verdict on a report and what a proof has come to: wrong, if that is refused."""
    return "wrong" if proof is not None and proof.verdict == "refused" else verdict_of(report)


def verdict_of(report: Report) -> str:
    """Return the verdict on a report; what raised was not checked, unless it is wrong anyway."""
    raised = (f for f in report.findings if f.kind == "raised" and f.severity != "note")
    return worst([report.verdict, *("error" for _ in raised)])


def proved(outcomes: Iterable[Outcome]) -> list[tuple[Outcome, "Proved"]]:
    """Return every proof once, with one of the points that it is about."""
    return [*{id(o.proof): (o, o.proof) for o in outcomes if o.proof is not None}.values()]


class TableRow(NamedTuple):
    """A row of the table of a run; an empty cell stands for the one above it."""

    op: str
    dtype: str
    argument: str
    verdict: str
    numbers: tuple[str, ...] = ()
    reason: str = ""  # where there are no numbers
    proof: str = ""  # the verdict of the worst proof, if any was sought


NUMBERS = ("by hand", "numeric", "error bar", "evaluations", "time")
HEADS = TableRow("op", "dtype", "argument", "verdict", NUMBERS, proof="proof")

op_and_dtype = attrgetter("name", "dtype")  # of targets and outcomes, one after the other


@dataclass(frozen=True)
class CheckedOp:
    """One op in one dtype, and what came of it at each of its points."""

    outcomes: Sequence[Outcome]

    @property
    def worst(self) -> Outcome:
        """The outcome that decides, of equals the first."""
        return max(self.outcomes, key=lambda outcome: rank(outcome.verdict))

    def rows(self) -> Iterator[TableRow]:
        """Yield a row for each argument, then one for each reason why there are no numbers.

        Over several points a row shows the numbers of the one that was judged worst, and of equals
        the one with the widest error bar for its size.
        """
        done = [o.report for o in self.outcomes if o.report is not None]
        arguments = [argument for report in done for argument in report.arguments]
        many = f" ×{len(self.outcomes)}" if len(self.outcomes) > 1 else ""
        head = (self.outcomes[0].name, self.outcomes[0].dtype + many)
        cost = (f"{sum(r.evaluations for r in done):,}", f"{sum(r.seconds for r in done):.2f} s")
        proof = worst((proof.verdict for _, proof in proved(self.outcomes)), default="")
        for name in dict.fromkeys(argument.name for argument in arguments):
            shown = max((a for a in arguments if a.name == name), key=doubt)
            manner = next((report.manner for report in done if report.manner), "")
            numbers = (*shown.numbers(7), f"{shown.error_bar:.1e}")
            yield TableRow(*head, name, f"{shown.verdict}{manner}", (*numbers, *cost), proof=proof)
            head, cost, proof = ("", ""), ("", ""), ""
        for reason in dict.fromkeys(reason for o in self.outcomes for reason in o.reasons()):
            yield TableRow(*head, *reason[:2], reason=reason[2], proof=proof)
            head, proof = ("", ""), ""


def checked_ops(outcomes: Iterable[Outcome]) -> list[CheckedOp]:
    """Gather the outcomes of each op in one dtype."""
    return [CheckedOp([*group]) for _, group in groupby(outcomes, key=op_and_dtype)]


def doubt(argument: Argument) -> tuple[int, float]:
    """Order arguments by verdict, then by how wide the error bar is for the size."""
    size = max(abs(argument.by_hand), abs(argument.numeric))
    return rank(argument.verdict), argument.error_bar / size if size else np.inf
