"""Every rule that a thing has: what a framework's function carries beside its backward.

An adapter hangs them on the backward that it makes, ``backward.rules``, so that whoever checks
that one, from Python, pytest or the command line, checks them all. Their reports become one.

Tested in tests/gradcheck/test_rules.py.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from mlp import tree
from mlp.gradcheck.finding import Finding
from mlp.gradcheck.report import Report

FORWARD = "forward mode"
ORDERS = {2: "second", 3: "third"}
ONCE = "once_differentiable"  # how torch marks a backward that has no derivative
MARKED = "backward is marked once_differentiable, and has no derivative"
MISTAKEN = {"mismatch", "shape"}  # what a mistake may explain
ZERO = "by hand and numeric are both 0, here and at every point tried"


@dataclass(frozen=True)
class Rules:
    """A tangent beside backward, or in its place, and the gradient as a function of its own.

    ``alone`` says that nothing but the tangent was written: then backward is what a framework makes
    of it, and may be missing. ``twice()`` returns (forward, backward, point) of the gradient, its
    cotangent first among the arguments, and the positions of those that it is differentiated by.
    ``notes`` is what an adapter saw that arrays cannot show, ``mistakes`` are backwards that would
    be right, by what is to be said then.
    """

    tangent: Callable[..., Any] | None = None
    alone: bool = False
    twice: Callable[[], tuple[Callable[..., Any], Callable[..., Any], Any, Any]] | None = None
    notes: tuple[Finding, ...] = ()
    mistakes: Mapping[str, Callable[..., Any]] = field(default_factory=dict)

    def without_undefined(self) -> "Rules":
        """Return the rules of a backward that injects a loss, also where no cotangent comes."""
        return replace(self, notes=tuple(n for n in self.notes if "(None)" not in n.message))


def noted(report: Report, notes: tuple[Finding, ...]) -> Report:
    """Return a report with notes: faults first, the others last."""
    if not notes:
        return report
    faults = tuple(note for note in notes if note.severity == "fault")
    others = tuple(note for note in notes if note.severity != "fault")
    return replace(report, findings=(*faults, *report.findings, *others))


def stable(report: Report, point: Any, result: Any) -> Report:
    """Return a report in which a dtype other than that of the arguments is a fault."""
    kinds, results = _float_dtypes(point), _float_dtypes(result)
    faults = [
        replace(finding, severity="fault")
        for finding in report.findings
        if finding.kind == "dtype" and finding.argument
    ]
    came = results - {np.result_type(*kinds)} if kinds else set()
    if came:
        said = f"forward returns {came.pop()}, its arguments are {np.result_type(*kinds)}"
        faults.append(Finding("dtype", "fault", None, said))
    rest = (f for f in report.findings if f.kind != "dtype" or not f.argument)
    return replace(report, findings=(*faults, *rest))


def _float_dtypes(structure: Any) -> set[np.dtype[Any]]:
    """Return the dtypes of the arrays of floats in a structure."""
    arrays = (leaf for leaf in tree.flat(structure) if isinstance(leaf, np.ndarray))
    return {array.dtype for array in arrays if array.dtype.kind == "f"}


def explained(report: Report, said: str) -> Report:
    """Return a report whose first fault names the mistake without which it would be right."""
    findings = [*report.findings]
    i = next(i for i, finding in enumerate(findings) if finding.kind in MISTAKEN)
    message = f"{findings[i].message}\n{said}"
    findings[i] = replace(findings[i], message=message, diagnosis=said.partition(":")[0])
    return replace(report, findings=tuple(findings))


def joined(report: Report, other: Report, word: str, said: str) -> Report:
    """Return two reports as one, what is in the second marked by a word."""
    marked = tuple(
        replace(f, argument=f"{word}: {f.argument}")
        if f.argument
        else replace(f, message=f"{word}: {f.message}")
        for f in other.findings
    )
    rows = tuple(replace(row, name=f"{word}: {row.name}") for row in other.arguments)
    return replace(
        report,
        subject=f"{report.subject}, {said}",
        findings=(*report.findings, *marked),
        arguments=(*report.arguments, *rows),
        evaluations=report.evaluations + other.evaluations,
        backward_evaluations=report.backward_evaluations + other.backward_evaluations,
        seconds=report.seconds + other.seconds,
        rtol=max(report.rtol, other.rtol),
        rtol_raised=report.rtol_raised or other.rtol_raised,
        rule=" and ".join(dict.fromkeys([*report.rule.split(" and "), other.rule])),
        unchecked=tuple(dict.fromkeys([*report.unchecked, *other.unchecked])),
    )


def excused(report: Report) -> Report:
    """Return a report of reverse mode in which what raised is a note: it has no rule of its own."""
    findings = tuple(
        replace(f, severity="note", message=f"reverse mode: {f.message}")
        if f.kind == "raised"
        else f
        for f in report.findings
    )
    return replace(report, findings=findings)


def in_words(order: int) -> str:
    """Return the word for derivatives of an order, the second or a higher one."""
    return f"{ORDERS.get(order, f'{order}th')} order"


def higher_order(report: Report, word: str) -> Report:
    """Return a report of second order or a higher one, where what need not be there is a note.

    That is a derivative that a mark says is missing, and one that is 0, as of a last bias.
    """
    zero = [f.argument for f in report.findings if f.kind == "vacuous" and f.argument]
    findings = tuple(
        Finding("order", "note", None, MARKED)
        if f.kind == "raised" and ONCE in f.message
        else Finding("order", "note", f.argument, ZERO)
        if f.argument in zero and f.kind == "vacuous"
        else f
        for f in report.findings
    )
    return replace(
        report,
        findings=findings,
        arguments=tuple(row for row in report.arguments if row.name not in zero),
        unchecked=(*report.unchecked, *(f"{word}: {name}" for name in zero)),
    )
