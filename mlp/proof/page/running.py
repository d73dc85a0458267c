"""The Python of a page as it runs from the top to the bottom.

A block runs once, after all code above it, and what it prints is kept, with the exception that may
end it. Tested in tests/proof/page/test_running.py.
"""

import contextlib
import io
import traceback
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from mlp.proof.formula.syntax import LatexError
from mlp.proof.page.fences import Fenced

RAISED = "Traceback (most recent call last):\n  ...\n"


def run(block: Fenced, path: Path, namespace: dict[str, Any]) -> str:
    """Run a Python block as if it stood alone at its line of the page; return what it prints."""
    printed = io.StringIO()
    try:
        code = compile("\n" * (block.line - 1) + block.text, str(path), "exec")
        with contextlib.redirect_stdout(printed):
            exec(code, namespace)  # noqa: S102  # whoever runs a page runs its code
    except (Exception, SystemExit, GeneratorExit) as error:  # noqa: BLE001  # the page says which; a time limit passes
        printed.write(RAISED + "".join(traceback.format_exception_only(error)))
    return printed.getvalue()


def failed_above(block: Fenced, failed: Iterable[Fenced]) -> str:
    """Name the first of the blocks that failed which is above this one, if one is, as ' (...)'."""
    above = [each.line for each in failed if each.line < block.line]
    return f" (the block at line {above[0]} failed)" if above else ""


class Code:
    """The Python of a page."""

    def __init__(self, path: Path, found: Sequence[Fenced]) -> None:
        self.path = path
        self.python = [block for block in found if block.language == "python"]
        after = zip(found, [*found[1:], None], strict=False)  # of no blocks there is no last one
        self.shown = {  # what the page shows as the output of a block
            block: following.text if following and following.language == "text" else ""
            for block, following in after
        }
        self.raised: list[Fenced] = []  # and should not have
        self._now: dict[str, Any] = {"__name__": path.stem}
        self._done: dict[Fenced, tuple[str, dict[str, Any]]] = {}

    def printed(self, block: Fenced) -> str:
        """Return what a block prints; all code above it runs first."""
        for each in self.python:
            if each.line <= block.line and each not in self._done:
                said = run(each, self.path, self._now)
                self._done[each] = said, dict(self._now)
                if RAISED in said and not self.shown[each].startswith(RAISED):
                    self.raised.append(each)
        return self._done[block][0]

    def blame(self, block: Fenced) -> str:
        """Name the first block above this one that raised, if one did, as ' (...)'."""
        return failed_above(block, self.raised)

    def function(self, name: str, block: Fenced) -> Any:
        """Return a function that the code above a block defines or imports."""
        above = [each for each in self.python if each.line < block.line]
        if above:
            self.printed(above[-1])
        namespace = self._done[above[-1]][1] if above else {}
        first, *rest = name.split(".")
        if first not in namespace:
            raise LatexError(f"no code above defines or imports {first}{self.blame(block)}")
        found = namespace[first]
        for part in rest:
            if not hasattr(found, part):
                raise LatexError(f"{first} has no {part}, as in {name}")
            found = getattr(found, part)
        return found
