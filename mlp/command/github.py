"""The outcomes of a run where GitHub Actions shows them: at the line, and on the job's own page.

    ::error file=layers.py,line=12::...    printed, becomes a note at this line of the change
    $GITHUB_STEP_SUMMARY                   the file to which a job appends its summary, in Markdown

Tested in tests/command/test_github.py.
"""

# ruff: noqa: T201  # printing is how GitHub is told

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from mlp.command.console import grouped
from mlp.gradcheck.finding import told
from mlp.runner.annotation import annotation
from mlp.runner.verdicts import Outcome, findings, proved, rows, severity, worst_proof
from mlp.verdict import VERDICTS, holds, worst

HEADS = ("op", "dtype", "argument", "verdict", "by hand", "numeric", "error bar")


def tell(outcomes: Sequence[Outcome], seed: int) -> None:
    """Print the annotations, and append the summary to the page of the job if there is one."""
    for line in annotations(outcomes):
        print(line)
    if page := os.environ.get("GITHUB_STEP_SUMMARY"):
        with Path(page).open("a", encoding="utf-8") as file:
            file.write(summary(outcomes, seed))


def annotations(outcomes: Sequence[Outcome]) -> Iterator[str]:
    """Yield a line for each op that failed, at the worst of its points."""
    for group in grouped(outcomes):
        shown = max(group, key=severity)
        if not holds(shown.verdict):
            level = VERDICTS[shown.verdict].look.level
            title = f"{shown.name}: {shown.verdict}"
            yield annotation(level, title, _said(shown), shown.place)


def summary(outcomes: Sequence[Outcome], seed: int) -> str:
    """Return the table of the run in Markdown, what failed first and in full."""
    groups = sorted(grouped(outcomes), key=lambda group: -max(map(severity, group)))
    verdict = worst(outcome.verdict for outcome in outcomes)
    proofs = bool(proved(outcomes))
    heads = (*HEADS, "proof") if proofs else HEADS
    lines = [f"### {VERDICTS[verdict].look.sign} Gradients: {verdict}", ""]
    lines += ["| " + " | ".join(heads) + " |", "|---" * 4 + "|--:" * 3 + "|---" * proofs + "|"]
    for group in groups:
        proof = worst_proof(group)
        for cells in rows(group):
            told = [_cell(cell) for cell in cells[: len(HEADS)]]
            told[3] = _signed(cells[3])
            told += [""] * (len(heads) - len(told))
            if proof:
                told[-1], proof = _signed(proof), ""
            lines.append("| " + " | ".join(told) + " |")
    for group in groups:
        shown = max(group, key=severity)
        if shown.verdict != "correct" and shown.report is not None:
            fence = "~~~~~~"  # no report holds as many
            lines += ["", f"<details><summary>{_cell(shown.name)}</summary>", ""]
            refused = [p.text for _, p in proved(group) if p.verdict == "refused"]
            lines += [fence, "\n\n".join([str(shown.report), *refused]), fence, "", "</details>"]
    return "\n".join([*lines, "", f"seed {seed}", ""])


def _said(outcome: Outcome) -> str:
    """Return the worst of what was found, or the reason why nothing was."""
    if outcome.report is None:
        return outcome.reason
    return "\n".join(told(findings(outcome)[0]))


def _signed(verdict: str) -> str:
    return f"{VERDICTS[verdict].look.sign} {verdict}"


def _cell(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace("|", "\\|").replace("\n", " ")
