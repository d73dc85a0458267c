"""The outcomes of a run as one self-contained HTML page: the table of verdicts, then each op.

What failed comes first and unfolded; of several points the worst is shown. Where proofs were sought
they have a column, and each op says for what they hold or where they fail.
Tested in tests/command/test_html.py.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from html import escape
from typing import TYPE_CHECKING

from mlp.gradcheck.pictures import html as page
from mlp.runner.verdicts import (
    HEADS,
    CheckedOp,
    Judged,
    Outcome,
    TableRow,
    checked_ops,
    doubt,
    proved,
)
from mlp.verdict import rank

if TYPE_CHECKING:
    from mlp.runner.proofs import Proved  # SymPy takes its time

# of the columns; extra is what a narrow page leaves out
CLASSES = ("word", "word", "word", "word", *["extra"] * len(HEADS.numbers), "word")


def text(outcomes: Sequence[Outcome], seed: int) -> str:
    """Return the page."""
    ops = checked_ops(outcomes)
    order = sorted(enumerate(ops), key=lambda numbered: -rank(numbered[1].worst.verdict))
    counts = Counter(op.worst.verdict for _, op in order).items()
    said = ", ".join(f"{count} {verdict}" for verdict, count in counts) or "nothing checked"
    body = f"<h1>Gradients by hand and numeric: {said}</h1>{_table(order)}"
    body += "".join(_section(op, k) for k, op in order)
    body += f'<p class="small">mlp verify, seed {seed}</p>'
    return page.page(f"mlp verify: {said}", body)


def pictured(
    targets: Sequence[Judged], outcomes: Sequence[Outcome], judge: Callable[[Judged], Outcome]
) -> list[Outcome]:
    """Judge once more what is shown of each op, so that it comes with entries for its heat map."""
    shown = {id(_telling(op)) for op in checked_ops(outcomes)}
    return [
        judge(target) if id(outcome) in shown and outcome.report is not None else outcome
        for target, outcome in zip(targets, outcomes, strict=True)
    ]


def _table(ops: Sequence[tuple[int, CheckedOp]]) -> str:
    table = [(row, k) for k, op in ops for row in op.rows()]
    proofs = any(row.proof for row, _ in table)
    empty = '<td class="proof">' if proofs else ""
    named = zip(CLASSES, (*HEADS[:4], *HEADS.numbers, *[HEADS.proof] * proofs), strict=False)
    dtypes = any(row.dtype for row, _ in table)
    shown = (column for column in named if dtypes or column[1] != HEADS.dtype)
    heads = "".join(f'<th class="{kind}">{head}' for kind, head in shown)
    lines = "".join(
        f"<tr>{_cells(row, k, dtypes=dtypes) + ('' if row.proof else empty)}" for row, k in table
    )
    return f'<div class="wide"><table class="ops"><tr>{heads}{lines}</table></div>'


def _cells(row: TableRow, k: int, *, dtypes: bool) -> str:
    name = escape(row.op).replace(".", ".<wbr>").replace("_", "_<wbr>")
    linked = f'<a href="#op{k}">{name}</a>' if name else ""
    cells = f"<td>{linked}" + (f'<td class="word">{row.dtype}' if dtypes else "")
    cells += f'<td class="word"><code>{escape(row.argument)}</code>'
    cells += f'<td class="word said">{page.badge(row.verdict)}'
    cells += "".join(f'<td class="extra">{number}' for number in row.numbers)
    if row.reason:
        cells += f'<td class="reason" colspan="5">{escape(row.reason)}'
    if row.proof:
        cells += f'<td class="word proof">{page.badge(row.proof)}'
    return cells


def _section(op: CheckedOp, k: int) -> str:
    shown = _telling(op)
    title = ", ".join(filter(None, (shown.name, shown.dtype, shown.where)))
    head = f"{page.badge(shown.verdict)} {escape(title)}"
    proofs = "".join(map(_extent, (proof for _, proof in proved(op.outcomes))))
    if shown.report is None:
        return f'<h2 id="op{k}">{head}</h2><pre>{escape(shown.reason)}</pre>{proofs}'
    body = proofs + shown.report.html_body(unfolded=shown.verdict == "correct")
    if shown.verdict == "correct":
        return f'<details id="op{k}"><summary>{head}</summary>{body}</details>'
    return f'<h2 id="op{k}">{head}</h2>{body}'


def _extent(proof: "Proved") -> str:
    """Return what a proof holds for, in a line to unfold; where it is none, all that is known."""
    options = f" <code>{escape(proof.options)}</code>" if proof.options else ""
    line = f"{page.badge(proof.verdict)}{options}"
    if proof.proof is None:
        return f"<p>{line} {escape(proof.reason)}</p>"
    if not proof.proof:
        rest = proof.text.partition("\n")[2]
        return f"<p>{line} {escape(proof.proof.subject)}</p><pre>{escape(rest)}</pre>"
    line += f" {escape('; '.join(proof.proof.extent()))}"
    grounds = escape("\n".join(proof.proof.grounds()))
    if not grounds:
        return f"<p>{line}</p>"
    return f"<details><summary>{line}</summary><pre>{grounds}</pre></details>"


def _telling(op: CheckedOp) -> Outcome:
    """Return the outcome to show: the worst, and of equals the one with the widest error bars."""

    def order(outcome: Outcome) -> tuple[int, float]:
        arguments = outcome.report.arguments if outcome.report is not None else ()
        return rank(outcome.verdict), max((doubt(a)[1] for a in arguments), default=0.0)

    return max(op.outcomes, key=order)
