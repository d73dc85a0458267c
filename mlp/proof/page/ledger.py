"""A Markdown page, proved line by line:  its Python runs, each equation is a line of a ledger.

    for line in Page.read("derivations/04-softmax.md").prove():
        print(line)

Blocks are what stands between ``` fences. Formulas within a line are prose and are not read; a
display that is no block of math is an error. Which mathematics is understood stands in latex.py.
Tested in tests/proof/page/test_ledger.py.
"""

import re
import string
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from mlp.proof.formula import latex
from mlp.proof.formula.algebra import Algebra
from mlp.proof.formula.sheet import Sheet
from mlp.proof.formula.syntax import LatexError, Tree
from mlp.proof.page.claim import Claim, Settled, is_code, refuted_elsewhere, settle
from mlp.proof.page.fences import Fenced, blocks, unread
from mlp.proof.page.running import RAISED, Code, failed_above
from mlp.proof.page.tie import tied, untied
from mlp.proof.run.goal import other_lengths
from mlp.verdict import holds

MANY = 24  # numbers that code takes: where it takes more, every axis has the length 2
SMALL = dict.fromkeys(string.ascii_letters, 2)
SMALLEST = SMALL | {"d": 1}  # one input only, for code that takes as many numbers even so
LENGTHS = range(3, 99)  # elsewhere: the first that is free and not the old one


@dataclass(frozen=True)
class LedgerLine:
    """A line of the ledger: one equation of a page and what came of it.

    ``verdict`` is "proved", "checked" (modulo a prime, or in some regions only), "not proved",
    "refused", or "error" where it cannot be read; ``entries`` is how many equations between numbers
    it stands for, ``regions`` how many branches of code it was proved in, ``sizes`` the lengths of
    the axes, and ``extent`` the shapes of the arguments that code was proved for, with what came of
    others that were tried before.
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
    regions: int = 1
    sizes: tuple[tuple[str, int], ...] = ()
    extent: tuple[str, ...] = ()

    @property
    def place(self) -> str:
        """Where it stands, page:line."""
        return f"{self.page}:{self.line}" if self.line else self.page

    def __str__(self) -> str:
        """Return the line as it is told where it fails: page:line: why."""
        return f"{self.place}: {self.message or self.verdict}"


@dataclass
class Page:
    """A page, its blocks in order, and what its mathematics says at these lengths of axes."""

    path: Path
    text: str
    sizes: Mapping[str, int] = field(default_factory=dict)
    axes: set[str] = field(default_factory=set)
    _states: dict[Fenced, Sheet] = field(default_factory=dict)
    _failed: dict[Fenced, LatexError] = field(default_factory=dict)
    _others: dict[Any, "Page"] = field(default_factory=dict)

    @classmethod
    def read(cls, path: str | Path, sizes: Mapping[str, int] | None = None) -> "Page":
        """Read a page from a file."""
        path = Path(path)
        return cls(path, path.read_text(encoding="utf-8-sig"), sizes or {})

    def __post_init__(self) -> None:
        """Find the blocks."""
        self.blocks = tuple(blocks(self.text))
        self.code = Code(self.path, self.blocks)

    def prove(self) -> Iterator[LedgerLine]:
        """Run all code, prove every equation, and yield a line of the ledger for each equation.

        Code that raises is a line, too, unless the page shows that it does, and so is mathematics
        that is not read.
        """
        for line, message in unread(self.text):
            yield self.error(line, message)
        for block in self.blocks:
            if block.language == "math":
                yield from self.lines(block)
            elif block.language == "python":
                said = self.code.printed(block)
                if block in self.code.raised:
                    message = in_a_line(said.rpartition(RAISED)[2]) + self.code.blame(block)
                    yield self.error(block.line, message)

    def error(self, line: int, message: str, equation: str = "") -> LedgerLine:
        """Return the line of what cannot be read or run."""
        return LedgerLine(self.path.name, line, equation, "error", message=message)

    def lines(self, block: Fenced) -> Iterator[LedgerLine]:
        """Prove the equations of one block of mathematics."""
        try:
            claims = self.claims(block)
        except LatexError as error:
            yield self.error(error.line or block.line, str(error), block.text.strip())
            return
        for number, found in enumerate(claims):
            start = time.perf_counter()
            try:
                outcome = self.settle(block, number)
            except LatexError as error:
                outcome = Settled("error", 0, f"{error}{self._blame(block, error)}")
            except RecursionError:
                outcome = Settled("error", 0, "is nested too deep to be proved")
            except SystemExit as error:
                outcome = Settled("error", 0, f"the code calls sys.exit({error.code!r})")
            yield LedgerLine(
                self.path.name,
                found.relation.line,
                found.relation.text,
                seconds=time.perf_counter() - start,
                conditions=tuple(condition.text for condition in found.conditions),
                boxed=found.boxed,
                **vars(outcome),
            )

    def settle(self, block: Fenced, number: int) -> Settled:
        """Prove one equation of a block, and look at it at other sizes."""
        outcome = self.proved(block, number)
        if holds(outcome.verdict):
            found = self.claims(block)[number]
            sizes, stay = found.sheet.sizes, {**self.sizes, **found.lengths}
            given = {axis: length for axis, length in sizes.items() if axis in stay}
            others = other_lengths(sizes, given, LENGTHS, before=sizes)
            if others != dict(outcome.sizes) and (said := self.elsewhere(block, number, others)):
                there = tuple(others.items())
                return replace(outcome, verdict="refused", message=said, sizes=there)
        return outcome

    def elsewhere(self, block: Fenced, number: int, sizes: Mapping[str, int]) -> str:
        """Return what refutes an equation at these sizes, or nothing."""
        try:
            found = self.at(sizes).claims(block)[number]
            if found.code:
                message = untied(found, self.code.function(found.code, block))
            else:
                message = refuted_elsewhere(found)
        except LatexError:  # it has no meaning at these sizes
            return ""
        spelled = ", ".join(f"{axis} = {size}" for axis, size in sizes.items())
        return f"{message}, with {spelled}" if message else ""

    def at(self, sizes: Mapping[str, int]) -> "Page":
        """Return the same page at other sizes."""
        key = tuple(sorted(sizes.items()))
        if key not in self._others:
            self._others[key] = Page(self.path, self.text, sizes)
        return self._others[key]

    def proved(self, block: Fenced, number: int) -> Settled:
        """Prove one equation of a block, of code at sizes at which that takes few numbers."""
        found = self.claims(block)[number]
        if given := found.lengths:
            found = self.at(SMALL | given if found.code else given).claims(block)[number]
        if not found.code:
            return settle(found)
        if given:
            if found.taken_numbers > MANY:
                raise LatexError(
                    f"code takes {found.taken_numbers} numbers here: choose lengths for {MANY}"
                )
            return self.tied(found, block)
        for sizes in (SMALL, SMALLEST):
            few = found.taken_numbers <= MANY
            if few and (outcome := self.tied(found, block)).verdict != "checked":
                return outcome
            found = self.at(sizes).claims(block)[number]
        return self.tied(found, block)

    def tied(self, found: Claim, block: Fenced) -> Settled:
        """Prove that code returns what a claim says."""
        return tied(found, self.code.function(found.code, block))

    def before(self, block: Fenced) -> Sheet:
        """Return the sheet as it is above a block, to go on writing on."""
        self.understand()
        return self._states[block].copy()

    def claims(self, block: Fenced) -> list[Claim]:
        """Return the equations of a block; raise LatexError where it cannot be understood."""
        self.understand()
        if block in self._failed:
            raise self._failed[block]
        return [*claims_of(block, self.before(block))]

    def understand(self) -> None:
        """Take in every declaration and definition, in the order of the page."""
        if self._states:
            return
        sheet = Sheet(self.sizes)
        for block in self.blocks:
            if block.language == "math":
                self._states[block] = sheet.copy()
                try:
                    [*claims_of(block, sheet)]
                except LatexError as error:
                    message = f"{error}{self._blame(block, error)}"
                    self._failed[block] = LatexError(message, error.line or block.line)
        self.axes = {*sheet.sizes}

    def _blame(self, block: Fenced, error: LatexError) -> str:
        """Name the first block above that failed, where what it defines may be missing."""
        if "is not known" not in str(error) and "is not declared" not in str(error):
            return ""
        return failed_above(block, self._failed)


def claims_of(block: Fenced, sheet: Sheet) -> Iterator[Claim]:
    """Take in what a block declares and defines; yield what it claims."""
    try:
        statement = latex.read_math(block.text, block.line, sheet.functions)
    except RecursionError:
        raise LatexError("is nested too deep to be read", block.line) from None
    for declaration in statement.declarations:
        sheet.declare(declaration)
    first: Tree | None = None  # what a chain began with, or went on with that is no code
    for relation in statement.relations:
        if relation.sign == ":=":
            Algebra(sheet).define(relation)
            first = relation.left
        else:
            if first is None or not is_code(relation.left):
                first = relation.left
            yield Claim(replace(relation, left=first), statement.conditions, sheet, statement.boxed)


def in_a_line(raised: str) -> str:
    """Return what was raised without the code that a SyntaxError shows, but with its line."""
    lines = raised.strip().splitlines()
    where = re.match(r'\s*File ".*", (line \d+)', raised)
    return f"{lines[-1]} ({where[1]})" if where else " ".join(lines)
