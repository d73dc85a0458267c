"""Words one after another:  which one comes, which one must, which one may.

    peek      look at it                 take      it must come: pass over it
    accept    pass over it if it comes   list_of   a rule over and over, with separators between

A word that must come and does not is an error, which says what came and on which line of the page.
Tested in tests/proof/formula/test_cursor.py.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from mlp.proof.formula.syntax import LatexError
from mlp.proof.formula.words import BEFORE_CONDITIONS, WIDE, Token

SIZE = re.compile(r"\\(?:[bB]igg?l?|left)\s*$")  # of a parenthesis
ROWS = re.compile(r"&|\\\\|\\q?quad\b")


class Cursor:
    """A place among the words of a formula, which moves from left to right."""

    def __init__(self, words: Sequence[Token], line: int, source: str) -> None:
        self.words, self.first, self.source = words, line, source
        self.place = 0

    def peek(self, ahead: int = 0) -> str:
        """Return the next word, or '' at the end."""
        at = self.place + ahead
        return self.words[at].text if at < len(self.words) else ""

    @property
    def line(self) -> int:
        """The line of the next word."""
        at = min(self.place, len(self.words) - 1)
        return self.words[at].line if self.words else self.first

    def take(self, *wanted: str) -> str:
        """Return the next word and pass over it; it must be one of those wanted, if any are."""
        found = self.peek()
        if not found or (wanted and found not in wanted):
            raise self.error(f"expected {' or '.join(wanted) or 'more'}")
        self.place += 1
        return found

    def accept(self, *wanted: str) -> bool:
        """Pass over the next word if it is one of those wanted."""
        found = self.peek() in wanted
        self.place += found
        return found

    def error(self, message: str) -> LatexError:
        """Say what was expected and what came."""
        came = self.peek()
        return LatexError(f"{message}, but {f'{came} came' if came else 'it ends'}", self.line)

    def list_of(self, rule: Callable[[], Any], *separators: str) -> Iterator[Any]:
        """Read one or more of what the rule reads, with separators between."""
        yield rule()
        while self.peek() in separators:
            here = self.place
            while self.accept(*separators, "&", r"\\", *WIDE):
                pass
            if self.peek() in {"", *BEFORE_CONDITIONS, r"\end{aligned}"}:
                self.place = here
                return
            yield rule()

    def text(self, start: int) -> str:
        """Return what was written from that word up to here, on one line."""
        begin, end = self.words[start].span[0], self.words[self.place - 1].span[1]
        size = SIZE.search(self.source[:begin])
        text = self.source[size.start() if size else begin : end]
        if r"\begin{cases}" not in text:
            text = ROWS.sub(" ", text)
        return " ".join(text.split())
