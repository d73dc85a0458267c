"""The blocks of a page as pytest items:  equation:50 proves a block, code:80 runs one.

An item lies at its line of the page, and first runs what it needs: the code above it, and every
declaration and definition before it. So it passes or fails alone, in any order, on any worker.
"""

import pages
import pytest

from mlp.proof import page


class UnprovedError(AssertionError):
    """A block does not hold; each line of the message begins with file:line."""


class PageFile(pytest.File):
    """A page; its blocks are understood once in each process."""

    def collect(self):
        """Yield an item for each block."""
        found = page.read(self.path)
        for block in found.blocks:
            kind = {"math": Equation, "python": Code}.get(block.language)
            if kind is not None:
                yield kind.from_parent(
                    self, name=f"{kind.what}:{block.line}", page=found, block=block
                )


class Block(pytest.Item):
    """A block of a page."""

    def __init__(self, *, page, block, **options):
        super().__init__(**options)
        self.page, self.block = page, block

    def reportinfo(self):
        """Say where it is."""
        return self.path, self.block.line - 1, self.name

    def repr_failure(self, excinfo, style=None):
        """Say what does not hold, without a traceback of ours."""
        if isinstance(excinfo.value, UnprovedError):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)


class Equation(Block):
    """A block of mathematics: every equation in it must be proved."""

    what = "equation"

    def runtest(self):
        """Prove it."""
        lines = [*self.page.lines(self.block)]
        failed = [str(line) for line in lines if line.verdict != "proved"]
        if failed:
            raise UnprovedError("\n".join(failed))


class Code(Block):
    """A block of Python: it must print what the page shows below it."""

    what = "code"

    def runtest(self):
        """Run it, after all code above it."""
        code, block = self.page.code, self.block
        printed, shown = code.printed(block), code.shown[block]
        if pages.compared(printed) != pages.compared(shown):
            blame = code.blame(block)
            place = f"{self.path.name}:{block.line}"
            raise UnprovedError(f"{place}: prints\n{printed}\nbut shows\n{shown}{blame}")
