"""What the checker says of an op, one result for each of its arguments.

    Examination    one op, judged once, when an answer is first asked for
    Result         what came of one argument: plain data, fit for JSON
    split          a report, in one for each argument

Tested in tests/runner/test_results.py.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from mlp.gradcheck.finding import Finding
from mlp.gradcheck.pose import pose
from mlp.gradcheck.report import Report
from mlp.op import Location
from mlp.runner.child import Stranger
from mlp.runner.guard import TargetError, guarded
from mlp.runner.targets import Fault, Target
from mlp.runner.verdicts import Judged, Outcome, judge, verdict_of

SCHEMA = "mlp-result/2"  # has all that 1 had, and who decided
NUMBERS = ("by_hand", "numeric", "error_bar", "smallest_detectable")


@dataclass(frozen=True)
class Result:
    """What a check says of one argument of one op. True only for the verdict "correct".

    Beside the verdicts of a report there are "error", where the op cannot be checked or raises, and
    "unchecked", for a constant and for an argument that forward is independent of.

    Parameters
    ----------
    op, argument : str
        Their names.
    verdict : str
        As above.
    message : str
        What was found, in one line.
    by_hand, numeric, error_bar, smallest_detectable : float or None
        The numbers of the worst probe; None where nothing was measured.
    evaluations : int
        How often forward was called, for all arguments of the op.
    seconds : float
        How long that took.
    seed : int
        Of point and directions.
    file, line : str, int or None
        Where backward is defined.
    decided_by : str or None
        On whose word the verdict stands: "differences", "tangent" or "both".
    silent : str
        Why the tangent told nothing, where it was asked.
    allowed : str
        Why it may be inconclusive, where the op says so.
    text : str
        The report on this argument, in words.
    report : Report or None
        The report on this argument; None where there is none.

    Examples
    --------
    >>> from mlp import relu
    >>> from mlp.testing import check_gradients
    >>> (result,) = check_gradients(relu)
    >>> result.argument, result.verdict, bool(result)
    ('Z', 'correct', True)
    """

    op: str
    argument: str
    verdict: str
    message: str
    by_hand: float | None = None
    numeric: float | None = None
    error_bar: float | None = None
    smallest_detectable: float | None = None
    evaluations: int = 0
    seconds: float = 0.0
    seed: int = 0
    file: str | None = None
    line: int | None = None
    decided_by: str | None = None
    silent: str = ""
    allowed: str = ""
    text: str = ""
    report: Report | None = field(default=None, repr=False)

    def __bool__(self) -> bool:
        return self.verdict == "correct"

    @property
    def is_allowed(self) -> bool:
        """Whether it is undecided, and may be."""
        return self.verdict == "inconclusive" and bool(self.allowed)

    def to_dict(self) -> dict[str, Any]:
        """Return all but text and report as plain data; NaN and infinities become strings."""
        return {"schema": SCHEMA} | {
            key: str(value) if isinstance(value, float) and not np.isfinite(value) else value
            for key, value in vars(self).items()
            if key not in {"text", "report"}
        }


class Examination:
    """One op, judged once, when an answer is first asked for."""

    def __init__(
        self,
        target: Judged,
        seed: int,
        timeout: float,
        *,
        repeat: Callable[[str], str] | None = None,
        verbose: bool = False,
        **options: Any,
    ) -> None:
        self.target, self.seed, self.timeout = target, seed, timeout
        self.repeat, self.verbose, self.options = repeat, verbose, options

    @cached_property
    def outcome(self) -> Outcome:
        """The answer of the checker, whatever the op does."""
        return judge(self.target, self.seed, self.timeout, repeat=self.repeat, **self.options)

    @cached_property
    def arguments(self) -> tuple[str, ...]:
        """The names of the differentiated arguments; "" alone where they cannot be known."""
        target = self.target
        if isinstance(target, Fault):
            return ("",)
        if not isinstance(target, Stranger):
            return names_of(target, self.seed, self.timeout)
        words = (target.key, self.seed, self.timeout)
        try:
            names: tuple[str, ...] = target.child.ask("arguments", *words, seconds=self.timeout)
        except TargetError:
            return ("",)
        return names

    def result(self, argument: str) -> Result:
        """Return what came of one of ``arguments``."""
        op, report, place = self.outcome.name, self.outcome.report, self.outcome.place
        if report is None:
            return no_result(op, argument, self.seed, self.outcome.reason, place)
        own = split(report, self.arguments)[argument]
        found = result_of(own, op, argument, place, verbose=self.verbose)
        return replace(found, allowed=self.outcome.allowed)


def names_of(target: Target, seed: int, timeout: float) -> tuple[str, ...]:
    """Return the names of the differentiated arguments; "" alone where they cannot be known."""

    def names() -> tuple[str, ...]:
        problem = pose(target.forward, target.backward, target.at(seed), wrt=target.wrt)
        return tuple(block.name for block in problem.blocks if block.value.size)

    try:
        return guarded(names, timeout) or ("",)
    except TargetError:
        return ("",)


def split(report: Report, arguments: Sequence[str] = ()) -> dict[str, Report]:
    """Return for each argument the report without what it says of the others.

    The arguments are those the report names, unless given; "" is a report that names none.
    """
    named = [row.name for row in report.arguments] + list(report.unchecked)
    named += [f.argument for f in report.findings if f.argument and f.severity != "note"]
    names = tuple(arguments or dict.fromkeys(named) or ("",))
    return {name: _narrowed(report, name, names) for name in names}


def _narrowed(report: Report, argument: str, arguments: Sequence[str]) -> Report:
    """Return a report without what it says of other arguments."""
    if arguments == ("",):
        return report
    findings = [f for f in report.findings if argument in (_concerned(f, arguments) or arguments)]
    rows = tuple(row for row in report.arguments if row.name == argument)
    if not rows and argument not in report.unchecked and not report:
        serious = [f for f in report.findings if f.severity != "note"]
        if not any(f in findings for f in serious):
            first = serious[0]
            said = f"not judged, for {first.argument} stands in the way: {_line(first, 1)}"
            findings.append(Finding.doubt("unjudged", said, argument))
    unchecked = tuple(name for name in report.unchecked if name == argument)
    return replace(report, findings=tuple(findings), arguments=rows, unchecked=unchecked)


def _concerned(finding: Finding, arguments: Sequence[str]) -> list[str]:
    """Return the arguments that a finding is about; a structure stands for all of its leaves."""
    return [a for a in arguments if finding.argument in {a, a.partition("[")[0]}]


def result_of(
    report: Report, op: str, argument: str, place: Location | None, *, verbose: bool = False
) -> Result:
    """Return the result of one argument from the report on it alone."""
    said = [finding for finding in report.worst_first() if finding.severity != "note"]
    message = _line(said[0]) if said else ""
    row = next(iter(report.arguments), None)
    return replace(
        no_result(op, argument, report.seed, message, place),
        verdict="unchecked" if argument in report.unchecked and report else verdict_of(report),
        evaluations=report.evaluations,
        seconds=report.seconds,
        decided_by=report.decided_by,
        silent=row.silent if row else "",
        text=report.text(verbose=verbose),
        report=report,
        **{name: getattr(row, name) for name in NUMBERS if row is not None},
    )


def no_result(op: str, argument: str, seed: int, reason: str, place: Location | None) -> Result:
    """Return the result of an op that cannot be checked, and why."""
    file, line = (str(Path(place.file).resolve()), place.line) if place else (None, None)
    return Result(op, argument, "error", reason, seed=seed, file=file, line=line, text=reason)


def _line(finding: Finding, count: int = 2) -> str:
    """Say a finding in one line: its message, and the diagnosis that follows it."""
    lines = [line.strip() for line in finding.message.splitlines()]
    if finding.kind == "raised":  # a traceback follows
        count = 1
    return f"{finding.kind}: {'; '.join(lines[:count])}"
