"""The outcomes of a run as one self-contained HTML page: the table of verdicts, then each op.

What failed comes first and unfolded; of several points the worst is shown. Where proofs were sought
they have a column, and each op says for what they hold or where they fail.
Tested in tests/command/test_html.py.
"""

from collections.abc import Callable, Sequence
from html import escape
from typing import TYPE_CHECKING

from mlp.command.console import NUMBERS, grouped
from mlp.gradcheck.pictures import html as page
from mlp.runner.targets import Fault, Target
from mlp.runner.verdicts import Outcome, doubt, proved, rows, severity, worst_proof

if TYPE_CHECKING:
    from mlp.runner.proofs import Proved  # SymPy takes its time

HEADS = ("op", "dtype", "argument", "verdict", *NUMBERS)


def text(outcomes: Sequence[Outcome], seed: int) -> str:
    """Return the page."""
    groups = [*grouped(outcomes)]
    counts: dict[str, int] = {}
    for group in groups:
        verdict = max(group, key=severity).verdict
        counts[verdict] = counts.get(verdict, 0) + 1
    said = ", ".join(f"{count} {verdict}" for verdict, count in counts.items()) or "nothing checked"
    order = sorted(range(len(groups)), key=lambda k: -max(map(severity, groups[k])))
    body = f"<h1>Gradients by hand and numeric: {said}</h1>{_table(groups)}"
    body += "".join(_section(groups[k], k) for k in order)
    body += f'<p class="small">mlp verify, seed {seed}</p>'
    return page.page(f"mlp verify: {said}", body)


def pictured(
    targets: Sequence[Target | Fault],
    outcomes: Sequence[Outcome],
    judge: Callable[[Target | Fault], Outcome],
) -> list[Outcome]:
    """Judge once more what is shown of each op, so that it comes with entries for its heat map."""
    shown = {id(max(group, key=_telling)) for group in grouped(outcomes)}
    return [
        judge(target) if id(outcome) in shown and outcome.report is not None else outcome
        for target, outcome in zip(targets, outcomes, strict=True)
    ]


def _table(groups: Sequence[Sequence[Outcome]]) -> str:
    lines = []
    proofs = any(map(worst_proof, groups))
    for k, group in enumerate(groups):
        proof = worst_proof(group)
        last = f'<td class="word" style="white-space:normal">{page.badge(proof)}' if proof else ""
        for cells in rows(group):
            name, dtype, argument, verdict, *rest = map(escape, cells)
            breakable = name.replace(".", ".<wbr>").replace("_", "_<wbr>")
            linked = f'<a href="#op{k}">{breakable}</a>' if name else ""
            line = f'<td>{linked}<td class="word extra">{dtype}<td class="word"><code>{argument}'
            line += f'</code><td class="word">{page.badge(verdict)}'
            if len(rest) == 1:
                line += f'<td class="reason extra" colspan="5">{rest[0]}'
            else:
                line += "".join(f'<td class="extra">{cell}' for cell in rest)
            lines.append(f"<tr>{line}{last or '<td>' * proofs}")
            last = ""
    words = {"op": "word", "dtype": "word extra", "argument": "word", "verdict": "word"}
    heads = "".join(f'<th class="{words.get(head, "extra")}">{head}' for head in HEADS)
    heads += '<th class="word">proof' if proofs else ""
    return f'<div class="wide"><table><tr>{heads}{"".join(lines)}</table></div>'


def _section(group: Sequence[Outcome], k: int) -> str:
    shown = max(group, key=_telling)
    title = ", ".join(filter(None, (shown.name, shown.dtype, shown.where)))
    head = f"{page.badge(shown.verdict)} {escape(title)}"
    proofs = "".join(map(_proof, (proof for _, proof in proved(group))))
    if shown.report is None:
        return f'<h2 id="op{k}">{head}</h2><pre>{escape(shown.reason)}</pre>{proofs}'
    body = proofs + shown.report.html_body(unfolded=True)
    if shown.verdict == "correct":
        return f'<details id="op{k}"><summary>{head}</summary>{body}</details>'
    return f'<h2 id="op{k}">{head}</h2>{body}'


def _proof(proof: "Proved") -> str:
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


def _telling(outcome: Outcome) -> tuple[int, float]:
    """Order outcomes by verdict, then by how wide the error bars are."""
    arguments = outcome.report.arguments if outcome.report is not None else ()
    return severity(outcome), max((doubt(a)[1] for a in arguments), default=0.0)
