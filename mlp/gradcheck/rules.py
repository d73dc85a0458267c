"""Every rule that a thing has: what a framework's function carries beside its backward.

An adapter hangs them on the backward that it makes, ``backward.rules``, so that whoever checks
that one, from Python, pytest or the command line, checks them all. Their reports become one.

Tested in tests/gradcheck/test_rules.py.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from mlp.gradcheck.finding import Finding
from mlp.gradcheck.report import Report

FORWARD, SECOND = "forward mode", "second order"
ONCE = "once_differentiable"  # how torch marks a backward that has no derivative


@dataclass(frozen=True)
class Rules:
    """A tangent beside backward, or in its place, and the gradient as a function of its own.

    ``alone`` says that nothing but the tangent was written: then backward is what a framework makes
    of it, and may be missing. ``twice()`` returns (forward, backward, point) of the gradient, its
    cotangent first among the arguments, and the positions of those that it is differentiated by.
    """

    tangent: Callable[..., Any] | None = None
    alone: bool = False
    twice: Callable[[], tuple[Callable[..., Any], Callable[..., Any], Any, Any]] | None = None


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
        rule=report.rule if report.rule == other.rule else f"{report.rule} and {other.rule}",
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


def once(report: Report) -> Report:
    """Return a report of second order in which a refusal that is said by a mark is a note."""
    said = "backward is marked once_differentiable, and has no derivative"
    findings = tuple(
        Finding("order", "note", None, said) if f.kind == "raised" and ONCE in f.message else f
        for f in report.findings
    )
    return replace(report, findings=findings)
