"""A Markdown page as a list of blocks:  Python runs, mathematics is proved, and a ledger is kept.

    page = page.read("derivations/04-softmax.md")
    for line in page.prove():
        print(line)

Blocks are what stands between ``` fences. Inline formulas are prose and are not read. Which
mathematics is understood stands in latex.py. Tested in tests/proof/test_page.py.
"""

import re
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mlp.proof import claim, latex
from mlp.proof.algebra import Algebra
from mlp.proof.sheet import Sheet
from mlp.proof.tree import LatexError, Relation

FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Block:
    """What stands between two fences: its language, its first line, its text and where that is."""

    language: str
    line: int
    text: str
    span: tuple[int, int]


@dataclass(frozen=True)
class Line:
    """A line of the ledger: one equation of a page and what came of it.

    ``verdict`` is "proved", "checked" (modulo a prime), "not proved", "refused", or "error" where
    it cannot be read; ``entries`` is how many equations between numbers it stands for.
    """

    page: str
    line: int
    equation: str
    verdict: str
    entries: int = 0
    seconds: float = 0.0
    conditions: tuple[str, ...] = ()
    message: str = ""
    boxed: bool = False

    def __str__(self) -> str:
        """Return the line as it is printed where it fails: page:line: why."""
        return f"{self.page}:{self.line}: {self.message or self.verdict}"


@dataclass(frozen=True)
class Claim:
    """An equation to be proved, and the sheet as it is where the equation stands."""

    relation: Relation
    conditions: tuple[Relation, ...]
    sheet: Sheet
    boxed: bool


@dataclass
class Page:
    """A page, its blocks in order, and what its mathematics says."""

    path: Path
    text: str
    sizes: Mapping[str, int] = field(default_factory=dict)
    blocks: tuple[Block, ...] = ()
    _states: dict[Block, Sheet] = field(default_factory=dict)
    _failed: dict[Block, LatexError] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Find the blocks."""
        self.blocks = tuple(blocks(self.text))

    def prove(self) -> Iterator[Line]:
        """Prove every equation, and yield a line of the ledger for each."""
        for block in self.blocks:
            if block.language == "math":
                yield from self.lines(block)

    def lines(self, block: Block) -> Iterator[Line]:
        """Prove the equations of one block of mathematics."""
        try:
            claims = self.claims(block)
        except LatexError as error:
            yield self._line(
                error.line or block.line, block.text.strip(), "error", message=str(error)
            )
            return
        for found in claims:
            start = time.perf_counter()
            relation, conditions = found.relation, found.conditions
            try:
                outcome = claim.settle(Algebra(found.sheet), relation, conditions)
            except LatexError as error:
                outcome = claim.Outcome("error", 0, f"{error}{self._blame(block)}")
            yield self._line(
                relation.line,
                relation.text,
                outcome.verdict,
                entries=outcome.entries,
                seconds=time.perf_counter() - start,
                conditions=tuple(condition.text for condition in conditions),
                message=outcome.message,
                boxed=found.boxed,
            )

    def _line(self, line: int, equation: str, verdict: str, **more: Any) -> Line:
        return Line(self.path.name, line, equation, verdict, **more)

    def claims(self, block: Block) -> list[Claim]:
        """Return the equations of a block; raise LatexError where it cannot be understood."""
        self.understand()
        if block in self._failed:
            raise self._failed[block]
        sheet = self._states[block].copy()
        return [*_claims(block, sheet)]

    def understand(self) -> None:
        """Take in every declaration and definition, in the order of the page."""
        if self._states:
            return
        sheet = Sheet(self.sizes)
        for block in self.blocks:
            if block.language == "math":
                self._states[block] = sheet.copy()
                try:
                    [*_claims(block, sheet)]
                except LatexError as error:
                    message = f"{error}{self._blame(block)}"
                    self._failed[block] = LatexError(message, error.line or block.line)

    def _blame(self, block: Block) -> str:
        """Name the first block before this one that failed: what it means to define is missing."""
        failed = [before.line for before in self._failed if before.line < block.line]
        return f" (the block at line {failed[0]} failed)" if failed else ""


def _claims(block: Block, sheet: Sheet) -> Iterator[Claim]:
    """Take in what a block declares and defines; yield what it claims."""
    statement = latex.read(block.text, block.line, sheet.functions)
    for declaration in statement.declarations:
        sheet.declare(declaration)
    for relation in statement.relations:
        if relation.sign == ":=":
            Algebra(sheet).define(relation)
        else:
            yield Claim(relation, statement.conditions, sheet, statement.boxed)


def blocks(text: str) -> Iterator[Block]:
    """Yield the blocks of a page."""
    for match in FENCE.finditer(text):
        yield Block(match[1], text.count("\n", 0, match.start(2)) + 1, match[2], match.span(2))


def read(path: str | Path, sizes: Mapping[str, int] | None = None) -> Page:
    """Read a page from a file."""
    path = Path(path)
    return Page(path, path.read_text(encoding="utf-8"), sizes or {})
