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
from mlp.proof.formula.syntax import LatexError, Name, Node, Number, Relation, Tree
from mlp.proof.formula.values import Value
from mlp.proof.page import claim, lengths, tie
from mlp.proof.page.fences import Fenced, blocks, unread
from mlp.proof.page.running import RAISED, Code
from mlp.verdict import holds

MANY = 24  # numbers that code takes: where it takes more, every axis has the length 2
SMALL = dict.fromkeys(string.ascii_letters, 2)
SMALLEST = SMALL | {"d": 1}  # one input only, for code that takes as many numbers even so


@dataclass(frozen=True)
class LedgerLine:
    """A line of the ledger: one equation of a page and what came of it.

    ``verdict`` is "proved", "checked" (modulo a prime, or in some regions only), "not proved",
    "refused", or "error" where it cannot be read; ``entries`` is how many equations between numbers
    it stands for, ``regions`` how many branches of code it was proved in, and ``sizes`` the lengths
    of the axes.
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

    @property
    def place(self) -> str:
        """Where it stands, page:line."""
        return f"{self.page}:{self.line}" if self.line else self.page

    def __str__(self) -> str:
        """Return the line as it is told where it fails: page:line: why."""
        return f"{self.place}: {self.message or self.verdict}"


@dataclass(frozen=True)
class Claim:
    """An equation to be proved, and the sheet as it is where the equation stands."""

    relation: Relation
    conditions: tuple[Relation, ...]
    sheet: Sheet
    boxed: bool

    @property
    def code(self) -> str:
        r"""The name in \texttt{...} where the right side is what code returns, else ''."""
        right = self.relation.right
        return right.tag if isinstance(right, Node) and is_code(right) else ""

    @property
    def lengths(self) -> dict[str, int]:
        r"""The lengths of axes that it is for, as in \text{for}\quad n = 1."""
        return {
            left.letter: int(right.value)
            for left, right in ((each.left, each.right) for each in self.conditions)
            if isinstance(left, Name) and isinstance(right, Number)
            if left == Name(left.letter) and left.letter in self.sheet.sizes
            if left not in self.sheet.arrays
        }

    def wanted(self) -> list[Value]:
        """Return what the code is to return."""
        return [Algebra(self.sheet).value(part, {}) for part in several(self.relation.left)]

    def taken(self) -> list[Value]:
        """Return what the code takes."""
        right = self.relation.right
        parts = right.parts if isinstance(right, Node) else ()
        return [Algebra(self.sheet).value(part, {}) for part in parts]


@dataclass
class Page:
    """A page, its blocks in order, and what its mathematics says at these lengths of axes."""

    path: Path
    text: str
    sizes: Mapping[str, int] = field(default_factory=dict)
    code: Code = field(init=False)
    blocks: tuple[Fenced, ...] = field(init=False)
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
            yield LedgerLine(self.path.name, line, "", "error", message=message)
        for block in self.blocks:
            if block.language == "math":
                yield from self.lines(block)
            elif block.language == "python":
                said = self.code.printed(block)
                if block in self.code.raised:
                    message = in_a_line(said.rpartition(RAISED)[2]) + self.code.blame(block)
                    yield LedgerLine(self.path.name, block.line, "", "error", message=message)

    def lines(self, block: Fenced) -> Iterator[LedgerLine]:
        """Prove the equations of one block of mathematics."""
        try:
            claims = self.claims(block)
        except LatexError as error:
            line, text = error.line or block.line, block.text.strip()
            yield LedgerLine(self.path.name, line, text, "error", message=str(error))
            return
        for number, found in enumerate(claims):
            start = time.perf_counter()
            try:
                outcome, sizes = self.settle(block, number)
            except LatexError as error:
                outcome, sizes = (
                    claim.Settled("error", 0, f"{error}{self._blame(block, error)}"),
                    {},
                )
            except SystemExit as error:
                message = f"the code calls sys.exit({error.code!r})"
                outcome, sizes = claim.Settled("error", 0, message), {}
            yield LedgerLine(
                self.path.name,
                found.relation.line,
                found.relation.text,
                outcome.verdict,
                entries=outcome.entries,
                seconds=time.perf_counter() - start,
                conditions=tuple(condition.text for condition in found.conditions),
                message=outcome.message,
                boxed=found.boxed,
                regions=outcome.regions,
                sizes=tuple(sizes.items()),
            )

    def settle(self, block: Fenced, number: int) -> tuple[claim.Settled, dict[str, int]]:
        """Prove one equation of a block, and look at it at other sizes; return at which it was."""
        outcome, sizes = self.proved(block, number)
        if holds(outcome.verdict):
            found = self.claims(block)[number]
            others = lengths.apart(found.sheet.sizes, {**self.sizes, **found.lengths})
            if others != sizes and (message := self.elsewhere(block, number, others)) is not None:
                return replace(outcome, verdict="refused", message=message), others
        return outcome, sizes

    def elsewhere(self, block: Fenced, number: int, sizes: Mapping[str, int]) -> str | None:
        """Return what refutes an equation at these sizes, or None."""
        try:
            found = self.at(sizes).claims(block)[number]
            algebra = Algebra(found.sheet)
            where = claim.region(algebra, found.conditions)
            if found.code:
                function = self.code.function(found.code, block)
                message = lengths.refuted_code(
                    found.sheet, found.wanted(), function, found.taken(), where
                )
            else:
                message = lengths.refuted_equation(algebra, found.relation, where)
        except LatexError:  # it has no meaning at these sizes
            return None
        spelled = ", ".join(f"{axis} = {size}" for axis, size in sizes.items())
        return None if message is None else f"{message}, with {spelled}"

    def at(self, sizes: Mapping[str, int]) -> "Page":
        """Return the same page at other sizes."""
        key = tuple(sorted(sizes.items()))
        if key not in self._others:
            self._others[key] = Page(self.path, self.text, sizes)
        return self._others[key]

    def proved(self, block: Fenced, number: int) -> tuple[claim.Settled, dict[str, int]]:
        """Prove one equation of a block; return at which sizes it was proved, too."""
        found = self.claims(block)[number]
        if given := found.lengths:
            found = self.at(SMALL | given if found.code else given).claims(block)[number]
        if not found.code:
            algebra = Algebra(found.sheet)
            return claim.settle(algebra, found.relation, found.conditions), found.sheet.sizes
        if given:
            if (many := sum(value.entries.size for value in found.taken())) > MANY:
                raise LatexError(f"code takes {many} numbers here: choose lengths for {MANY}")
            return self.tie(found, block), found.sheet.sizes
        for sizes in (SMALL, SMALLEST):
            many = sum(value.entries.size for value in found.taken()) > MANY
            if not many and (outcome := self.tie(found, block)).verdict != "checked":
                return outcome, found.sheet.sizes
            found = self.at(sizes).claims(block)[number]
        return self.tie(found, block), found.sheet.sizes

    def tie(self, found: Claim, block: Fenced) -> claim.Settled:
        """Prove that code returns what a claim says."""
        function = self.code.function(found.code, block)
        where = claim.region(Algebra(found.sheet), found.conditions)
        return tie.tied(found.sheet, found.wanted(), function, found.taken(), where)

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
        failed = [before.line for before in self._failed if before.line < block.line]
        return f" (the block at line {failed[0]} failed)" if failed else ""


def claims_of(block: Fenced, sheet: Sheet) -> Iterator[Claim]:
    """Take in what a block declares and defines; yield what it claims."""
    statement = latex.read_math(block.text, block.line, sheet.functions)
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


def several(tree: Tree) -> tuple[Tree, ...]:
    """Return the parts of (A, B), each times s where the formula is s (A, B)."""
    if isinstance(tree, Node) and tree.kind == "tuple":
        return tree.parts
    if isinstance(tree, Node) and tree.kind == "times":
        parts = several(tree.parts[1])
        if len(parts) > 1:
            return tuple(Node("times", (tree.parts[0], part)) for part in parts)
    return (tree,)


def is_code(tree: Tree) -> bool:
    r"""Tell whether a formula is \texttt{...}(...)."""
    return isinstance(tree, Node) and tree.kind == "code"
