"""Reads reports as a person does: no sentence may contradict the numbers printed above it."""

import math
import re

NUMBERS = re.compile(r"by hand (\S+), numeric (\S+) ± (\S+)")
SLACK = 1.5  # of a figure that is printed in one digit or two


def contradictions(report, *, nudged=True):
    """Return what a report says against its own numbers, a line for each.

    ``nudged`` tells whether the check has moved its point; a report cannot know.
    """
    found = [*_of_the_text(str(report), nudged=nudged)]
    rows = {row.name: row for row in report.arguments}
    for finding in report.findings:
        for entry in finding.entries if finding.kind == "mismatch" else ():
            apart = abs(entry.by_hand - entry.numeric)
            if apart <= entry.error_bar < math.inf:
                found.append(f"{finding.argument}: an entry listed as wrong agrees: {entry}")
        if finding.argument in rows:
            found += _of_a_finding(finding, rows[finding.argument])
    for row in rows.values():
        kinds = {f.kind for f in report.findings if f.argument == row.name}
        found += _of_a_row(row, kinds)
    return found


def _of_the_text(text, *, nudged):
    """Yield what the text says that it does not show."""
    if re.search("nudged point|points? nearby", text) and not nudged:
        yield "a nudged point is spoken of, and nothing was nudged"
    for by_hand, numeric, bar in NUMBERS.findall(text):
        if by_hand == numeric:
            yield f"numbers that differ look the same: {by_hand}, {numeric} ± {bar}"


def _of_a_finding(finding, row):
    """Yield what a finding says against the row of its argument."""
    said, size = finding.message, max(abs(row.by_hand), abs(row.numeric))
    apart = abs(row.by_hand - row.numeric)
    if "both 0" in said and not (abs(row.by_hand) <= row.error_bar >= abs(row.numeric)):
        yield f"{row.name}: said to be 0, beside {row.by_hand:.3g} and {row.numeric:.3g}"
    if "the gradient is 0 at this point" in said and row.dead != row.size:
        yield f"{row.name}: said to be 0, but only {row.dead} of {row.size} entries are"
    if "agree within the error bar" in said and apart > row.error_bar + 1e-9 * size:
        yield f"{row.name}: said to agree, but {row.by_hand:.6g} and {row.numeric:.6g} do not"
    if "no single entry is off" in said and finding.entries:
        yield f"{row.name}: said to have no wrong entry, and {len(finding.entries)} are listed"
    if "decided by the tangent" in said and row.decided_by == "differences":
        yield f"{row.name}: said to be decided by the tangent, but by {row.decided_by}"
    if within := re.search(r"by (\S+) of the largest entry, within accept=(\S+)", said):
        off, accept = (float(figure.rstrip(",")) for figure in within.groups())
        if off > SLACK * accept:
            yield f"{row.name}: {off} is not within accept={accept}"
    for by_hand in re.findall(r"by hand is (-?[\d.e+-]+), which", said):
        if not math.isclose(float(by_hand), row.by_hand, rel_tol=0.5):
            yield f"{row.name}: by hand is said to be {by_hand}, beside {row.by_hand:.3g}"


def _of_a_row(row, kinds):
    """Yield what the verdict of a row says against its numbers."""
    apart, size = abs(row.by_hand - row.numeric), max(abs(row.by_hand), abs(row.numeric))
    sure = max(row.error_bar, row.smallest_detectable * size)
    if row.verdict == "correct" and "accepted" not in kinds and apart > SLACK * sure:
        yield f"{row.name}: correct, but {row.by_hand:.6g} and {row.numeric:.6g} are far apart"
