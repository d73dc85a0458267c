"""Print verdicts as a table that grows while the work goes on, then the reports of what failed.

Tested in tests/command/test_console.py and tests/test_cli.py.
"""
# ruff: noqa: T201  # printing is what it is for

import os
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import groupby

from tqdm import tqdm

from mlp.gradcheck.versions import made_with
from mlp.plain import plain
from mlp.runner.verdicts import (
    HEADS,
    CheckedOp,
    Judged,
    Outcome,
    TableRow,
    marks_of,
    op_and_dtype,
    proved,
)
from mlp.verdict import VERDICTS, rank

ARGUMENT = 8  # letters of the name of an argument; the table is as wide as a longer one


def print_table(
    targets: Sequence[Judged],
    judge: Callable[[Judged], Outcome],
    seed: int,
    done: list[Outcome],
    *,
    since: float | None = None,
    proofs: bool = False,
    verbose: bool = False,
) -> None:
    """Judge the targets, print a row for each argument as it is done, and add outcomes to ``done``.

    With proofs, a last column says what came of them. Verbose reports are printed in full. The last
    line says how many seconds have passed since a reading of ``time.perf_counter``, or the call.
    """
    since = time.perf_counter() if since is None else since
    widest = max([len("op"), *(len(plain(target.name)) for target in targets)])
    declared = any("surrogate" in marks_of(target) for target in targets)
    several = {*map(op_and_dtype, targets)}
    dtypes = 11 if any(dtype for _, dtype in several) or len(several) < len(targets) else 0
    widths: tuple[int, ...] = (widest, dtypes, 0, 19 if declared else 12, 13, 13, 9, 11, 7)
    heads = HEADS if proofs else HEADS._replace(proof="")
    ops: list[CheckedOp] = []
    held: list[TableRow] = []  # until there are numbers to head
    for _, group in groupby(watched(targets), key=op_and_dtype):
        outcomes: list[Outcome] = []
        ops.append(CheckedOp(outcomes))
        for target in group:
            outcomes.append(judge(target))
            done.append(outcomes[-1])
        held += ops[-1].rows()
        if widths[2] or any(row.numbers for row in held):
            widths = print_rows(held, heads, widths)
            held = []
    if held:
        print_rows(held, heads._replace(numbers=()), widths)
    for op in sorted(ops, key=lambda op: rank(op.worst.verdict)):  # the worst last, above the end
        print(*reports(op, verbose=verbose), sep="", end="")
    print(*passed_over(done), sep="", end="")
    if verbose:
        print(f"\n{made_with()}")
    print(f"\n{run_totals(ops, seed, time.perf_counter() - since)}")


def print_rows(
    rows: Sequence[TableRow], heads: TableRow, widths: tuple[int, ...]
) -> tuple[int, ...]:
    """Print rows, below heads where an argument needs a wider column than before; return widths."""
    longest = max(ARGUMENT, *(len(plain(row.argument)) for row in rows))
    wide = (*widths[:2], max(longest, widths[2]), *widths[3:])
    with tqdm.external_write_mode():
        if wide != widths:
            print(set_row(heads, wide))
        for row in rows:
            print(set_row(row, wide), flush=True)
    return wide


def watched(targets: Sequence[Judged]) -> Iterator[Judged]:
    """Yield the targets under a progress bar, which is there for a person at a terminal only."""
    with tqdm(targets, unit="point", leave=False, disable=None) as bar:
        yield from bar


def set_row(row: TableRow, widths: Sequence[int]) -> str:
    """Set the cells of a row: words to the left, numbers to the right, verdicts in colour.

    A column of width 0 is left out.
    """
    named = zip(map(plain, row[:3]), widths, strict=False)
    words = [f"{cell:<{width}}" for cell, width in named if width]
    words.append(in_colour(row.verdict, f"{plain(row.verdict):<{widths[3]}}"))
    numbers = [f"{cell:>{width}}" for cell, width in zip(row.numbers, widths[4:], strict=False)]
    rest = [cell for cell in (plain(row.reason), in_colour(row.proof)) if cell]
    return "  ".join([*words, *numbers, *rest]).rstrip()


def reports(op: CheckedOp, *, verbose: bool = False) -> Iterator[str]:
    """Yield the full report of the worst of several points, unless all are correct.

    Then every proof that is none, with its counterexample or with what stands in its way.
    """
    failed = [o for o in op.outcomes if o.verdict != "correct" and o.report is not None]
    shown = CheckedOp(failed).worst if failed else None
    if shown is not None and shown.report is not None:
        title = plain(", ".join(filter(None, (shown.name, shown.dtype, shown.where))))
        more = (
            f" (and at {len(failed) - 1} more point{'s' * (len(failed) > 2)})"
            if len(failed) > 1
            else ""
        )
        yield f"\n{paint(title, '1')}{more}\n{plain(shown.report.text(verbose=verbose))}\n"
    for _, proof in proved(op.outcomes):
        if not proof.verdict.startswith("proved"):
            yield f"\n{plain(proof.text)}\n"


def passed_over(outcomes: Sequence[Outcome]) -> Iterator[str]:
    """Yield a line for each op that is undecided, and may be, with the reason."""
    for outcome in {o.name: o for o in outcomes if o.is_allowed}.values():
        yield f"\nallowed to be inconclusive: {plain(f'{outcome.name}: {outcome.allowed}')}\n"


def run_totals(ops: Sequence[CheckedOp], seed: int, seconds: float) -> str:
    """Count the ops by verdict and sum up what it cost, with the seconds that have passed."""
    counts = counted(op.worst.verdict for op in ops)
    done = [o.report for op in ops for o in op.outcomes if o.report is not None]
    evaluations = sum(r.evaluations for r in done)
    cost = f"seed {seed}, {evaluations:,} evaluations, {seconds:.1f} s"
    points = f"{len(done)} point{'s' * (len(done) != 1)}"
    checked = f"{len(ops)} checked at {points}: {counts or 'nothing to check'}"
    return f"{checked}{proof_totals(ops)} ({cost})"


def proof_totals(ops: Sequence[CheckedOp]) -> str:
    """Count the proofs by verdict, the worst first, where any was sought."""
    outcomes = [outcome for op in ops for outcome in op.outcomes]
    found = [proof.verdict for _, proof in proved(outcomes)]
    return f"; {len(found)} proof{'s' * (len(found) != 1)}: {counted(found)}" if found else ""


def counted(verdicts: Iterable[str]) -> str:
    """Count verdicts, the worst first."""
    worst_first = sorted(Counter(verdicts).items(), key=lambda item: -rank(item[0]))
    return ", ".join(f"{count} {in_colour(verdict)}" for verdict, count in worst_first)


def in_colour(verdict: str, cell: str = "") -> str:
    """Return a verdict, or the cell that it stands in, in its colour; a heading has none."""
    known = VERDICTS.get(verdict.partition(" (surrogate)")[0])
    return paint(cell or verdict, known.look.colour) if known else cell or verdict


def paint(text: str, colour: str) -> str:
    """Colour a text where a person looks at it on a terminal and has not asked for none."""
    if os.environ.get("NO_COLOR") or not sys.stdout.isatty():
        return text
    return f"\x1b[{colour}m{text}\x1b[0m"
