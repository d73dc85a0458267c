"""Judge targets one by one, whatever they do, and lay the answers out as a table.

    verdict        exit status    said of a target that ...
    correct        0              has the gradient that the numbers show
    inconclusive   2              could not be decided, and why stands in its report
    error          3              cannot be loaded, has no point, raises or takes too long
    wrong          1              has a wrong gradient

The exit status of a run is that of the lowest line that occurs.

Tested in tests/runner/test_verdicts.py.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from mlp.gradcheck import check, depict
from mlp.gradcheck.finding import Argument, Finding
from mlp.gradcheck.report import Report
from mlp.op import Place, Wrt, place_of, relative
from mlp.runner.guard import TargetError, guarded
from mlp.runner.targets import EmptyError, Fault, Target, find, is_file
from mlp.verdict import SEVERITIES, rank, worst

if TYPE_CHECKING:
    from mlp.runner.proofs import Proved, Prover  # SymPy takes its time


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
    place: Place | None = None  # of backward, or of the file that cannot be loaded
    proof: "Proved | None" = None

    def to_dict(self) -> dict[str, Any]:
        """Return the outcome in plain types, for JSON."""
        return {
            "target": self.name,
            "dtype": self.dtype,
            "where": self.where,
            "verdict": self.verdict,
            "reason": self.reason,
            "file": self.place.file if self.place else None,
            "line": self.place.line if self.place else None,
            "report": None if self.report is None else json.loads(self.report.to_json()),
            **({} if self.proof is None else {"proof": self.proof.to_dict()}),
        }


def gather(
    words: Sequence[str], shapes: str | None, wrt: Wrt, timeout: float, *, skip_empty: bool = False
) -> list[Target | Fault]:
    """Return what the words name, or all that is shipped; what cannot be loaded is a fault.

    A file without an op is one too, unless it may be skipped; then it is not even imported if the
    word backward does not occur in it.
    """
    from mlp.runner.shipped import NAMES, shipped  # noqa: PLC0415  # half a second of SciPy

    targets: list[Target | Fault] = []
    for word in words or NAMES:
        if word in NAMES:
            targets += shipped(word)
            continue
        file = Path(word.partition("::")[0])
        named = str(file) if is_file(str(file)) and file.is_file() else ""
        if skip_empty and named and b"backward" not in file.read_bytes():
            continue
        try:
            found = guarded(partial(find, word, shapes, wrt, NAMES), timeout)
        except TargetError as error:
            skipped = skip_empty and isinstance(error, EmptyError)
            found = [] if skipped else [Fault(word, str(error))]
        targets += [replace(t, file=named) if isinstance(t, Fault) else t for t in found]
    return targets


def judge(
    target: Target | Fault,
    seed: int,
    timeout: float,
    *,
    picture: bool = False,
    prover: "Prover | None" = None,
) -> Outcome:
    """Draw a point and check one target there, with entries for a heat map if it is wanted.

    With a prover at hand it is proved too, and a refused proof makes it wrong.
    """
    if isinstance(target, Fault):
        place = Place(relative(target.file), 1) if target.file else None
        return Outcome(target.name, "", "", "error", reason=target.reason, place=place)

    place = place_of(target.written or target.backward)
    outcome = partial(Outcome, target.name, target.dtype, target.where, place=place)

    def work() -> Report:
        # The second number parts the stream of the point from that of the probes.
        point = target.draw(np.random.default_rng([seed, 1]))
        look = depict if picture else check
        return look(target.forward, target.backward, *point, wrt=target.wrt, rng=seed)

    try:
        report = guarded(work, timeout)
    except TargetError as error:
        return outcome("error", reason=str(error))
    raised = any(finding.kind == "raised" for finding in report.findings)
    verdict = "error" if raised and report.verdict != "wrong" else report.verdict
    proof = None if prover is None else prover(target)
    if proof is not None and proof.verdict == "refused":
        verdict = "wrong"
    return outcome(verdict, report, proof=proof)


def severity(outcome: Outcome) -> int:
    """Order outcomes from best to worst."""
    return rank(outcome.verdict)


def findings(outcome: Outcome) -> list[Finding]:
    """Return what was found, the worst first; a refused proof is a fault that others precede."""
    found = outcome.report.worst_first() if outcome.report is not None else []
    if outcome.proof is None or outcome.proof.verdict != "refused":
        return found
    faults = sum(finding.severity == "fault" for finding in found)
    return [*found[:faults], outcome.proof.finding(), *found[faults:]]


def proved(outcomes: Iterable[Outcome]) -> list[tuple[Outcome, "Proved"]]:
    """Return every proof once, with the first of the points that it is about."""
    found: dict[int, tuple[Outcome, Proved]] = {}
    for outcome in outcomes:
        if outcome.proof is not None:
            found.setdefault(id(outcome.proof), (outcome, outcome.proof))
    return [*found.values()]


def worst_proof(outcomes: Iterable[Outcome]) -> str:
    """Return the verdict of the worst proof of several points, "" where none was sought."""
    return worst((proof.verdict for _, proof in proved(outcomes)), default="")


def rows(outcomes: Sequence[Outcome]) -> Iterator[tuple[str, ...]]:
    """Yield the cells of the table for one op in one dtype: a row for each argument.

    Over several points a row shows the numbers of the one that was judged worst, and of equals the
    one with the widest error bar for its size. A row of five cells ends in a reason.
    """
    done = [o.report for o in outcomes if o.report is not None]
    many = f" ×{len(outcomes)}" if len(outcomes) > 1 else ""
    head = (outcomes[0].name, outcomes[0].dtype + many)
    cost = (f"{sum(r.evaluations for r in done):,}", f"{sum(r.seconds for r in done):.2f} s")
    for name in dict.fromkeys(argument.name for report in done for argument in report.arguments):
        seen = (a for report in done for a in report.arguments if a.name == name)
        worst_one = max(seen, key=doubt)
        numbers = (worst_one.by_hand, worst_one.numeric)
        shown = (*(f"{x:.7g}" for x in numbers), f"{worst_one.error_bar:.1e}")
        yield *head, name, worst_one.verdict, *shown, *cost
        head, cost = ("", ""), ("", "")
    for reason in dict.fromkeys(cells for outcome in outcomes for cells in beside(outcome)):
        yield *head, *reason
        head = ("", "")


def doubt(argument: Argument) -> tuple[int, float]:
    """Order arguments by verdict, then by how wide the error bar is for the size."""
    size = max(abs(argument.by_hand), abs(argument.numeric))
    return rank(argument.verdict), argument.error_bar / size if size else np.inf


def beside(outcome: Outcome) -> Iterator[tuple[str, str, str]]:
    """Yield what has no numbers: an argument or "", the verdict on it and the reason, a line."""
    if outcome.report is None:
        yield "", outcome.verdict, outcome.reason
        return
    numbered = {argument.name for argument in outcome.report.arguments}
    for finding in outcome.report.findings:
        if finding.severity != "note" and finding.argument not in numbered:
            verdict = outcome.verdict if finding.kind == "raised" else SEVERITIES[finding.severity]
            yield finding.argument or "", verdict, finding.message.partition("\n")[0]
