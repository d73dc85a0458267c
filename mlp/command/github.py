"""The outcomes of a run where GitHub Actions shows them: at the line, and on the job's own page.

    ::error file=layers.py,line=12::...    printed, becomes a note at this line of the change
    $GITHUB_STEP_SUMMARY                   the file to which a job appends its summary, in Markdown

Tested in tests/command/test_github.py.
"""

# ruff: noqa: T201  # printing is how GitHub is told

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from mlp.gradcheck.finding import told
from mlp.plain import plain
from mlp.runner.annotation import annotation
from mlp.runner.verdicts import HEADS, Outcome, TableRow, checked_ops, proved
from mlp.verdict import VERDICTS, holds, rank, worst


def tell(outcomes: Sequence[Outcome], seed: int) -> None:
    """Print the annotations, and append the summary to the page of the job if there is one."""
    for line in annotations(outcomes):
        print(line)
    if page := os.environ.get("GITHUB_STEP_SUMMARY"):
        with Path(page).open("a", encoding="utf-8") as file:
            file.write(plain(job_summary(outcomes, seed)))


def annotations(outcomes: Sequence[Outcome]) -> Iterator[str]:
    """Yield a line for each op that failed, at the worst of its points."""
    for shown in (op.worst for op in checked_ops(outcomes)):
        if not holds(shown.verdict):
            level = VERDICTS[shown.verdict].look.level
            title = f"{shown.name}: {shown.verdict}"
            yield annotation(level, title, _said(shown), shown.place)


def job_summary(outcomes: Sequence[Outcome], seed: int) -> str:
    """Return the table of the run in Markdown, what failed first and in full."""
    ops = sorted(checked_ops(outcomes), key=lambda op: -rank(op.worst.verdict))
    verdict = worst(outcome.verdict for outcome in outcomes)
    proofs = bool(proved(outcomes))
    lines = [f"### {VERDICTS[verdict].look.sign} Gradients: {verdict}", ""]
    lines += [_table_line(HEADS, proofs), "|---" * 4 + "|--:" * 3 + "|---" * proofs + "|"]
    lines += [_table_line(row, proofs) for op in ops for row in op.rows()]
    for op in ops:
        shown = op.worst
        if shown.verdict != "correct" and shown.report is not None:
            fence = "~~~~~~"  # no report holds as many
            lines += ["", f"<details><summary>{_cell(shown.name)}</summary>", ""]
            refused = [p.text for _, p in proved(op.outcomes) if p.verdict == "refused"]
            lines += [fence, "\n\n".join([str(shown.report), *refused]), fence, "", "</details>"]
    return "\n".join([*lines, "", f"seed {seed}", ""])


def _said(outcome: Outcome) -> str:
    """Return the worst of what was found, or the reason why nothing was."""
    if outcome.report is None:
        return outcome.reason
    return "\n".join(told(outcome.findings()[0]))


def _table_line(row: TableRow, proofs: bool) -> str:  # noqa: FBT001  # whether there is a column of them
    numbers = row.numbers[:3] or (_cell(row.reason), "", "")
    words = (_cell(row.op), row.dtype, _cell(row.argument), _with_sign(row.verdict))
    return f"| {' | '.join((*words, *numbers, *[_with_sign(row.proof)] * proofs))} |"


def _with_sign(verdict: str) -> str:
    return f"{VERDICTS[verdict].look.sign} {verdict}" if verdict in VERDICTS else verdict


def _cell(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace("|", "\\|").replace("\n", " ")
