"""The blocks of a page as pytest items:  equation:50 proves a block, code:80 runs one.

An item lies at its line of the page, and first runs what it needs: the code above it, and every
declaration and definition before it. So it passes or fails alone, in any order, on any worker.
What looks like mathematics and is not read is an item that fails, unread:12.
Tested in tests/test_page_items.py.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import pytest

from mlp.proof.page.fences import Fenced, unread
from mlp.proof.page.ledger import Page
from mlp.verdict import VERDICTS, holds


class UnprovedError(AssertionError):
    """A block does not hold; each line of the message begins with file:line."""


class PageItem(pytest.Item):
    """A line of a page; ``what`` begins its name."""

    what: ClassVar[str] = ""

    def __init__(self, *, page: Page, block: Fenced, **options: Any) -> None:
        super().__init__(**options)
        self.page, self.block = page, block

    def reportinfo(self) -> tuple[Path, int, str]:
        """Say where it is."""
        return self.path, self.block.line - 1, self.name

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """Say what does not hold, without a traceback of ours."""
        if isinstance(excinfo.value, UnprovedError):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)


class Equation(PageItem):
    """A block of mathematics: every equation in it must be proved."""

    what: ClassVar[str] = "equation"
    good: ClassVar[frozenset[str]] = frozenset(filter(holds, VERDICTS))  # as for mlp prove

    def runtest(self) -> None:
        """Prove it."""
        lines = [*self.page.lines(self.block)]
        failed = [str(line) for line in lines if line.verdict not in self.good]
        if failed:
            raise UnprovedError("\n".join(failed))


class Program(PageItem):
    """A block of Python: it must run."""

    what: ClassVar[str] = "code"

    def runtest(self) -> None:
        """Run it, after all code above it."""
        printed = self.page.code.printed(self.block)
        if self.block in self.page.code.raised:
            raise UnprovedError(f"{self.path.name}:{self.block.line}: {printed}")


class Unread(PageItem):
    """Mathematics outside of the blocks that are read."""

    what: ClassVar[str] = "unread"

    def runtest(self) -> None:
        """Say so."""
        raise UnprovedError(f"{self.path.name}:{self.block.line}: {self.block.text}")


class PageFile(pytest.File):
    """A page; its blocks are understood once in each process."""

    kinds: ClassVar[dict[str, type[PageItem]]] = {
        "math": Equation, "python": Program, "unread": Unread
    }  # fmt: skip

    def collect(self) -> Iterator[PageItem]:
        """Yield an item for each block."""
        try:
            found = Page.read(self.path)
        except UnicodeDecodeError as error:
            raise self.CollectError(f"{self.path.name}: not UTF-8: save it as such") from error
        missed = [Fenced("unread", line, message, (0, 0)) for line, message in unread(found.text)]
        for block in (*missed, *found.blocks):
            if kind := self.kinds.get(block.language):
                name = f"{kind.what}:{block.line}"
                yield kind.from_parent(self, name=name, page=found, block=block)
