"""The blocks of our pages as pytest items; their code must print what the page shows, too."""

import pages

from mlp import pytest_pages
from mlp.pytest_pages import UnprovedError


class Equation(pytest_pages.Equation):
    """A block of mathematics: every equation in it must be proved, exactly."""

    def runtest(self):
        """Prove it, in this process, for our own pages do not end it."""
        lines = self.page.lines(self.block)
        if failed := [str(line) for line in lines if line.verdict != "proved"]:
            raise UnprovedError("\n".join(failed))


class Code(pytest_pages.Program):
    """A block of Python: it must print what the page shows below it."""

    def runtest(self):
        """Run it, after all code above it."""
        code, block = self.page.code, self.block
        printed, shown = code.printed(block), code.shown[block]
        if pages.compared(printed) != pages.compared(shown):
            blame = code.blame(block)
            place = f"{self.path.name}:{block.line}"
            raise UnprovedError(f"{place}: prints\n{printed}\nbut shows\n{shown}{blame}")


class PageFile(pytest_pages.PageFile):
    """A page of ours."""

    kinds = pytest_pages.PageFile.kinds | {"math": Equation, "python": Code}
