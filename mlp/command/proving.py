"""Prove pages line by line and ops entry by entry, and keep the ledger.

    verdict        exit status    said of an equation that ...
    proved         0              holds for all real values of its symbols
    checked        0              holds modulo a prime, or in those regions that were reached
    not proved     2              was neither proved nor refused
    error          3              cannot be read, or whose code cannot be run
    refused        1              fails at a point, which is shown

The exit status of a run is that of the lowest line that occurs. Tested in
tests/command/test_proving.py.
"""
# ruff: noqa: T201  # printing is what it is for

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from mlp.command.console import paint
from mlp.command.guard import TargetError, guarded
from mlp.command.targets import Fault, Target, find
from mlp.proof import page
from mlp.proof.code import prove
from mlp.proof.page import Line

SCHEMA = "mlp-prove/1"
EXIT_STATUS = {"proved": 0, "checked": 0, "not proved": 2, "error": 3, "refused": 1}
RANK = [*EXIT_STATUS]  # from best to worst
COLOURS = {"proved": "32", "checked": "32", "not proved": "33", "error": "31", "refused": "1;31"}
TIMEOUT = 60.0  # seconds to load a file
WIDTH = 56  # of an equation


def ledger(words: Sequence[str], sizes: Mapping[str, int], shapes: str | None) -> Iterator[Line]:
    """Yield a line for each equation of each page, and for each op of other targets."""
    for word in words:
        if word.endswith(".md"):
            yield from of_page(word, sizes)
        else:
            yield from of_code(word, sizes, shapes)


def of_page(word: str, sizes: Mapping[str, int]) -> Iterator[Line]:
    """Yield the lines of a page."""
    try:
        found = page.read(word, sizes)
    except OSError as error:
        yield Line(word, 0, "", "error", message=str(error.strerror))
        return
    yield from found.prove()


def of_code(word: str, sizes: Mapping[str, int], shapes: str | None) -> Iterator[Line]:
    """Yield a line for each op of a file or module."""
    try:
        targets = guarded(partial(find, word, shapes), TIMEOUT)
    except TargetError as error:
        yield Line(word, 0, "", "error", message=str(error))
        return
    for target in targets:
        yield of_op(target, sizes, shapes)


def of_op(target: Target | Fault, sizes: Mapping[str, int], shapes: str | None) -> Line:
    """Return the line of one op."""
    if isinstance(target, Fault):
        return Line(target.name, 0, "", "error", message=target.reason)
    try:
        given = shapes or getattr(target.forward, "shapes", None) or drawn_shapes(target)
        options: dict[str, Any] = {"shapes": given, "wrt": target.wrt, **sizes}
        proof = prove(target.forward, target.backward, **options)
    except (TypeError, ValueError, TargetError) as error:
        return Line(target.name, 0, "", "error", message=str(error))
    code = target.backward.__code__ if hasattr(target.backward, "__code__") else None
    return Line(
        target.name,
        code.co_firstlineno if code else 0,
        proof.subject,
        proof.verdict,
        entries=proof.entries,
        seconds=proof.seconds,
        message="" if proof.verdict == "proved" else str(proof.counterexample or proof.reason),
        regions=proof.regions,
    )


def drawn_shapes(target: Target) -> str:
    """Return the shapes of the arrays that the example of an op draws."""
    point = guarded(lambda: target.draw(np.random.default_rng(0)), TIMEOUT)
    groups = ("({})".format(",".join(map(str, np.shape(a)))) for a in point)
    return f"{','.join(groups)}->()"


def show(lines: Iterable[Line]) -> list[Line]:
    """Print the ledger as it grows, then what failed, then the totals; return the lines."""
    done = []
    for line in lines:
        done.append(line)
        print(row(line), flush=True)
    failed = [line for line in done if line.message]
    if failed:
        print("", *failed, sep="\n")
    print(f"\n{totals(done)}")
    return done


def row(line: Line) -> str:
    """Set one line of the ledger."""
    equation = " ".join(line.equation.split())
    if len(equation) > WIDTH:
        equation = f"{equation[: WIDTH - 1]}…"
    verdict = paint(f"{line.verdict:<10}", COLOURS[line.verdict])
    return f"{line.place:<34} {equation:<{WIDTH}}{verdict} {line.entries:>5}  {line.seconds:6.2f} s"


def totals(lines: Sequence[Line]) -> str:
    """Sum up a ledger."""
    verdicts = Counter(line.verdict for line in lines)
    counts = ", ".join(f"{verdicts[v]} {paint(v, COLOURS[v])}" for v in RANK if verdicts[v])
    entries, seconds = sum(line.entries for line in lines), sum(line.seconds for line in lines)
    places = len({line.page for line in lines})
    counted = (counted_as(len(lines), "equation"), counted_as(places, "place"))
    verdict = counts or "nothing to prove"
    return (
        f"{' in '.join(counted)}, {counted_as(entries, 'entry', 'entries')}: "
        f"{verdict} ({seconds:.1f} s)"
    )


def counted_as(number: int, one: str, many: str = "") -> str:
    """Write a number and what it counts."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def status(lines: Iterable[Line]) -> int:
    """Return the exit status that the worst line decides."""
    worst = max((line.verdict for line in lines), key=RANK.index, default="proved")
    return EXIT_STATUS[worst]


def as_json(lines: Sequence[Line]) -> str:
    """Return a ledger as JSON."""
    rows = [{**asdict(line), "sizes": dict(line.sizes)} for line in lines]
    totals = {
        "pages": len({line.page for line in lines}),
        "equations": len(lines),
        "entries": sum(line.entries for line in lines),
        "seconds": round(sum(line.seconds for line in lines), 3),
        "verdicts": dict(Counter(line.verdict for line in lines)),
    }
    return json.dumps(
        {"schema": SCHEMA, "status": status(lines), "totals": totals, "lines": rows},
        ensure_ascii=False,
    )


def write_pages(words: Sequence[str], directory: Path, lines: Sequence[Line]) -> list[Path]:
    """Write the pages among the targets as HTML, with a mark beside each equation."""
    from mlp.proof import html  # noqa: PLC0415  # its packages are wanted only here

    shown = [replace(line, page=Path(line.page).name) for line in lines]
    return html.write([Path(word) for word in words if word.endswith(".md")], directory, shown)
