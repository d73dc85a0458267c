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
from mlp.runner.child import Child
from mlp.runner.guard import TargetError

PATIENCE = 600.0  # seconds for a block and the code above it, as mlp prove has it


class UnprovedError(AssertionError):
    """A block does not hold; each line of the message begins with file:line."""


class PageItem(pytest.Item):
    """A line of a page; ``what`` begins its name."""

    what: ClassVar[str] = ""

    def __init__(self, *, page: Page, block: Fenced, **options: Any) -> None:
        super().__init__(**options)
        self.page, self.block = page, block

    def ask(self, what: str) -> Any:
        """Return what came of the block, in the process of its page."""
        assert isinstance(self.parent, PageFile)  # noqa: S101  # an item lies in its page
        words, timeout = (str(self.path), self.block.line), self.config.getoption("mlp_timeout", 0)
        try:
            return self.parent.child.ask(what, *words, seconds=max(PATIENCE, timeout))
        except TargetError as error:
            where = f"{self.path.name}:{self.block.line}"
            raise UnprovedError(f"{where}: {error}") from None

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

    def runtest(self) -> None:
        """Prove it."""
        if failed := self.ask("equation"):
            raise UnprovedError("\n".join(failed))


class Program(PageItem):
    """A block of Python: it must run."""

    what: ClassVar[str] = "code"

    def runtest(self) -> None:
        """Run it, after all code above it."""
        if printed := self.ask("program"):
            raise UnprovedError(f"{self.path.name}:{self.block.line}: {printed}")


class Unread(PageItem):
    """Mathematics outside of the blocks that are read."""

    what: ClassVar[str] = "unread"

    def runtest(self) -> None:
        """Say so."""
        raise UnprovedError(f"{self.path.name}:{self.block.line}: {self.block.text}")


class PageFile(pytest.File):
    """A page; its blocks are understood here, and proved and run in a process of their own."""

    kinds: ClassVar[dict[str, type[PageItem]]] = {
        "math": Equation, "python": Program, "unread": Unread
    }  # fmt: skip

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.child = Child(proving=True)

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
