"""Print verdicts as a table that grows while the work goes on, then the reports of what failed.

Tested in tests/test_cli.py.
"""
# ruff: noqa: T201  # printing is what it is for

import os
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import groupby

from tqdm import tqdm

from mlp.runner.targets import Fault, Target
from mlp.runner.verdicts import Outcome, proved, rows, severity, worst_proof
from mlp.verdict import VERDICTS, worst

NUMBERS = ("by hand", "numeric", "error bar", "evaluations", "time")


def show(
    targets: Sequence[Target | Fault],
    judge: Callable[[Target | Fault], Outcome],
    seed: int,
    *,
    proofs: bool = False,
) -> list[Outcome]:
    """Judge the targets, print a row for each argument as it is done, and return the outcomes.

    With proofs, a last column says what came of them.
    """
    op = max([len("op"), *(len(target.name) for target in targets)])
    widths = (op, 11, 8, 12, 13, 13, 9, 11, 7)
    print(line(("op", "dtype", "argument", "verdict", *NUMBERS), widths) + "  proof" * proofs)
    groups: list[list[Outcome]] = []
    for _, group in groupby(watched(targets), key=lambda target: (target.name, target.dtype)):
        groups.append([judge(target) for target in group])
        with tqdm.external_write_mode():
            proof = worst_proof(groups[-1])
            last = f"  {coloured(proof)}" if proof else ""
            for cells in rows(groups[-1]):
                print(line(cells, widths) + last, flush=True)
                last = ""
    for outcomes in groups:
        print(*reports(outcomes), sep="", end="")
    print(f"\n{summary(groups, seed)}")
    return [outcome for outcomes in groups for outcome in outcomes]


def watched(targets: Sequence[Target | Fault]) -> Iterator[Target | Fault]:
    """Yield the targets under a progress bar, which is there for a person at a terminal only."""
    with tqdm(targets, unit="point", leave=False, disable=None) as bar:
        yield from bar


def grouped(outcomes: Sequence[Outcome]) -> Iterator[list[Outcome]]:
    """Yield the outcomes of each op in one dtype, which follow each other."""
    for _, group in groupby(outcomes, key=lambda outcome: (outcome.name, outcome.dtype)):
        yield [*group]


def line(cells: Sequence[str], widths: Sequence[int]) -> str:
    """Set the cells of a row: words to the left, numbers to the right, the verdict in colour."""
    words = [f"{cell:<{width}}" for cell, width in zip(cells[:4], widths, strict=False)]
    if cells[3] in VERDICTS:  # no heading
        words[3] = coloured(cells[3], words[3])
    if len(cells) == 5:  # a reason instead of numbers
        return "  ".join([*words, cells[4]])
    numbers = [f"{cell:>{width}}" for cell, width in zip(cells[4:], widths[4:], strict=True)]
    return "  ".join([*words, *numbers]).rstrip()


def reports(outcomes: Sequence[Outcome]) -> Iterator[str]:
    """Yield the full report of the worst of several points, unless all are correct.

    Then every proof that is none, with its counterexample or with what stands in its way.
    """
    failed = [o for o in outcomes if o.verdict != "correct" and o.report is not None]
    if failed:
        shown = max(failed, key=severity)
        title = ", ".join(filter(None, (shown.name, shown.dtype, shown.where)))
        more = f" (and at {len(failed) - 1} more points)" if len(failed) > 1 else ""
        yield f"\n{paint(title, '1')}{more}\n{shown.report}\n"
    for _, proof in proved(outcomes):
        if not proof.verdict.startswith("proved"):
            yield f"\n{proof.text}\n"


def summary(groups: Sequence[Sequence[Outcome]], seed: int) -> str:
    """Count the ops by verdict and sum up what it cost."""
    verdicts = Counter(worst(outcome.verdict for outcome in group) for group in groups)
    counts = ", ".join(f"{count} {coloured(v)}" for v, count in verdicts.items())
    done = [o.report for group in groups for o in group if o.report is not None]
    evaluations, seconds = sum(r.evaluations for r in done), sum(r.seconds for r in done)
    cost = f"seed {seed}, {evaluations:,} evaluations, {seconds:.1f} s"
    return f"{len(groups)} checked at {len(done)} points: {counts or 'nothing to check'} ({cost})"


def coloured(verdict: str, cell: str = "") -> str:
    """Return a verdict, or the cell that it stands in, in its colour."""
    return paint(cell or verdict, VERDICTS[verdict].look.colour)


def paint(text: str, colour: str) -> str:
    """Colour a text where a person looks at it on a terminal and has not asked for none."""
    if os.environ.get("NO_COLOR") or not sys.stdout.isatty():
        return text
    return f"\x1b[{colour}m{text}\x1b[0m"
