"""One cause behind several wrong arguments, said once.

Tested in tests/gradcheck/diagnosis/test_together.py.
"""

from collections.abc import Sequence
from dataclasses import replace

from mlp.gradcheck.finding import Finding

MANY = 3  # wrong arguments, and no right one, of which none looks like a mistake of its own


def together(findings: Sequence[Finding], judged: Sequence[str]) -> list[Finding]:
    """Return findings in which a mistake that several arguments share stands in the first alone."""
    wrong = [f for f in findings if f.kind == "mismatch" and f.severity == "fault"]
    said: dict[int, Finding] = {}
    groups: dict[str, list[Finding]] = {}
    for finding in wrong:
        groups.setdefault(_cause(finding), []).append(finding)
    alone = groups.pop("", [])
    for first, *others in groups.values():
        if others:
            names = ", ".join(str(other.argument) for other in others)
            said[id(first)] = _with(first, f"the same in {names}: one cause")
            said |= {id(other): _short(other) for other in others}
    if len(alone) == len(judged) >= MANY:
        hint = f"all of {', '.join(judged)} are wrong: one cause, in what backward does first?"
        said[id(alone[0])] = _with(alone[0], hint)
    return [said.get(id(finding), finding) for finding in findings]


def _cause(finding: Finding) -> str:
    """Return what a diagnosis says, without what supports it; nothing where there is none."""
    if finding.diagnosis is None or "\n" not in finding.message:
        return ""
    return finding.message.split("\n")[1].partition(" (")[0]


def _with(finding: Finding, line: str) -> Finding:
    return replace(finding, message=f"{finding.message}\n{line}")


def _short(finding: Finding) -> Finding:
    return replace(finding, message=finding.message.split("\n")[0])
