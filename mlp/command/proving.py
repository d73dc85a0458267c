"""Prove pages line by line and ops entry by entry, and keep the ledger.

An equation or an op is proved (of the definition, if textbook lines stand in for it), checked, not
proved, refused, or an error if it cannot be read or its code cannot be run; what these words say
stands in mlp/verdict.py. Where there is nothing to prove the exit status is that of what is not
proved. Tested in tests/command/test_proving.py.
"""
# ruff: noqa: T201  # printing is what it is for

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path

from tqdm import tqdm

from mlp.command.console import in_colour
from mlp.op import bare
from mlp.plain import plain
from mlp.proof.page.ledger import LedgerLine
from mlp.proof.report import sized
from mlp.runner.child import Child, strangers
from mlp.runner.guard import TargetError
from mlp.runner.proofs import attempt
from mlp.runner.targets import Fault
from mlp.runner.verdicts import Judged
from mlp.runner.words import is_file, is_page, parted, to_be_read
from mlp.verdict import VERDICTS, exit_status, holds

SCHEMA = "mlp-prove/1"
PATIENCE = 600.0  # seconds for an equation or an op, unless another limit is given
NOTHING = "nothing to prove: no equation in a ```math block"
WIDTH, VERDICT = 56, 10  # of an equation and of a verdict, together the width of both


def ledger(
    words: Sequence[str],
    sizes: Mapping[str, int],
    shapes: str | None,
    timeout: float = PATIENCE,
    memory: float | None = None,
) -> Iterator[LedgerLine]:
    """Yield a line for each equation of each page, and for each op of other targets.

    Each of them has ``timeout`` seconds, and so has the code above it.
    """
    names = Counter(Path(word).name for word in words if is_page(word))
    axes: set[str] = set()
    for word in words:
        child = Child(memory, proving=True)  # pages and files run code
        lines = (
            of_page(word, sizes, axes, timeout, child)
            if is_page(word)
            else of_code(word, sizes, shapes, timeout, child)
        )
        alone = names[Path(word).name] < 2  # else two pages would go by one name
        try:
            place = word if is_page(word) else parted(word)[0]
            if is_page(place) or is_file(place):
                to_be_read(Path(place))
            yield from lines if alone else (replace(line, page=word) for line in lines)
        except TargetError as error:
            yield unprovable(word or "''", error)
        finally:
            child.end()
    if all(map(is_page, words)) and (lost := sizes.keys() - axes):
        have = ", ".join(sorted(axes)) or "none"
        yield unprovable("--size", f"no axis {min(lost)} on any page: there is {have}")


def unprovable(name: str, why: BaseException | str | None) -> LedgerLine:
    """Return the line of what cannot be proved at all."""
    return LedgerLine(name, 0, "", "error", message=str(why))


def of_page(
    word: str, sizes: Mapping[str, int], axes: set[str], timeout: float, child: Child
) -> Iterator[LedgerLine]:
    """Yield the lines of a page, and note the axes that it declares."""
    while True:
        line, found = child.ask("line", word, dict(sizes), timeout, seconds=timeout)
        axes |= found
        if line is None:
            return
        yield line


def of_code(
    word: str, sizes: Mapping[str, int], shapes: str | None, timeout: float, child: Child
) -> Iterator[LedgerLine]:
    """Yield a line for each op of a file or module, or of a name such as softmax."""
    for target in each_once(word, shapes, timeout, child):
        yield of_op(target, sizes, shapes, timeout)


def each_once(word: str, shapes: str | None, timeout: float, child: Child) -> list[Judged]:
    """Return the ops that a word names, as ``mlp verify`` does, but each once."""
    from mlp.runner.shipped import NAMES, shipped  # noqa: PLC0415  # half a second of SciPy

    if not word.strip():
        raise TargetError("an empty word: name a page, a file or a module")
    if word not in NAMES:
        return [*strangers(child, word, shapes, None, timeout, NAMES)]
    once: dict[str, Judged] = {}
    for target in shipped(word):
        name = ", ".join([word, *bare(target.forward)[1].values()])
        once.setdefault(name, replace(target, name=name))
    return [*once.values()]


def of_op(
    target: Judged, sizes: Mapping[str, int], shapes: str | None, timeout: float
) -> LedgerLine:
    """Return the line of one op."""
    if isinstance(target, Fault):
        return unprovable(target.name, target.reason)
    try:
        proof, verdict, place = attempt(target, timeout, shapes=shapes, sizes=sizes)
    except TargetError as error:
        unfit = isinstance(error.__cause__, (TypeError, ValueError))  # what was asked does not fit
        return unprovable(target.name, error.__cause__ if unfit else error)
    return LedgerLine(
        target.name,
        place.line if place else 0,
        proof.subject,
        verdict,
        entries=proof.entries,
        seconds=proof.seconds,
        message="" if proof else str(proof.counterexample or proof.reason),
        regions=proof.regions,
        extent=tuple(filter(None, (sized(proof.shapes), proof.partly))) if holds(verdict) else (),
    )


def print_ledger(lines: Iterable[LedgerLine], done: list[LedgerLine]) -> None:
    """Print the ledger as it grows, what failed, and the totals; add the lines to ``done``."""
    with tqdm(lines, unit="equation", leave=False, disable=None) as watched:  # for a person only
        for line in watched:
            done.append(line)
            with tqdm.external_write_mode():
                print(set_line(line), flush=True)
    for line in done:
        if len(line.extent) > 1:
            shapes, others = line.extent
            print(f"\n{plain(line.place)}: {line.verdict} for {shapes}; {plain(others)}")
    failed = [line for line in done if line.message]
    if failed:
        print("", *(plain(str(line)) for line in failed), sep="\n")
    print(f"\n{ledger_totals(done)}" if done else NOTHING)


def set_line(line: LedgerLine) -> str:
    """Set one line of the ledger."""
    equation = plain(" ".join(line.equation.split()))
    verdict = f"{line.verdict:<{VERDICT}}"
    width = WIDTH + VERDICT - len(verdict)
    if len(equation) >= width:
        equation = f"{equation[: width - 2]}…"
    shown = f"{equation:<{width}}{in_colour(line.verdict, verdict)}"
    return f"{plain(line.place):<34} {shown} {line.entries:>5}  {line.seconds:6.2f} s"


def ledger_totals(lines: Sequence[LedgerLine]) -> str:
    """Sum up a ledger."""
    verdicts = Counter(line.verdict for line in lines)
    counts = ", ".join(f"{verdicts[v]} {in_colour(v)}" for v in VERDICTS if verdicts[v])
    entries, seconds = sum(line.entries for line in lines), sum(line.seconds for line in lines)
    places = len({line.page for line in lines})
    counted = [counted_as(len(lines), "equation"), counted_as(places, "place")]
    said = f"{' in '.join(counted)}, {counted_as(entries, 'entry', 'entries')}"
    return f"{said}: {counts or 'nothing to prove'} ({seconds:.1f} s)"


def counted_as(number: int, one: str, many: str = "") -> str:
    """Write a number and what it counts."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def status(lines: Iterable[LedgerLine]) -> int:
    """Return the exit status that the worst line decides; nothing proves nothing."""
    return exit_status((line.verdict for line in lines), default="not proved")


def as_json(lines: Sequence[LedgerLine]) -> str:
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


def write_pages(
    words: Sequence[str], directory: Path, lines: Sequence[LedgerLine], guide: Path | None = None
) -> list[Path]:
    """Write the pages among the targets as HTML, with a mark beside each equation, then a guide."""
    from mlp.command.guide import pages  # noqa: PLC0415  # as the next line
    from mlp.proof.html.book import write_book  # noqa: PLC0415  # its packages are wanted only here

    shown = [replace(line, page=Path(line.page).name) for line in lines]
    proved = [Path(word) for word in words if is_page(word)]
    return write_book(proved, directory, shown, pages(guide) if guide else ())
