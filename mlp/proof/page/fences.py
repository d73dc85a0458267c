"""The blocks of a Markdown page, and the mathematics on it that no block holds.

    blocks(text)    what stands between fences: ``` or ~~~, in a list or a quotation as well
    unread(text)    displays that GitHub shows and that nobody would prove: $$, ```latex, no end

Formulas within a line, $`x`$ and $x$, are prose. Tested in tests/proof/page/test_fences.py.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from markdown_it import MarkdownIt
from markdown_it.token import Token

MARKDOWN = MarkdownIt("commonmark")
OTHERWISE = {"math", "maths", "latex", "tex", "katex", "mathjax"}  # when not written ```math
HIDDEN = re.compile(r"\$\$|^[ >]*(?:```|~~~) *(?:math|latex)\b", re.MULTILINE | re.IGNORECASE)


@dataclass(frozen=True)
class Fenced:
    """What stands between two fences: its language, its first line, its text and where that is."""

    language: str
    line: int
    text: str
    span: tuple[int, int]


def blocks(text: str) -> Iterator[Fenced]:
    """Yield the blocks of a page, as Markdown has them."""
    starts = [0, *(at.end() for at in re.finditer("\n", text)), len(text)]
    for token in parsed(text):
        if token.type == "fence" and is_closed(token):
            first, end = token.map or (0, 0)
            yield Fenced(
                language_of(token), first + 2, token.content, (starts[first + 1], starts[end - 1])
            )


def unread(text: str) -> Iterator[tuple[int, str]]:
    """Yield the line of what is not read but may be mathematics, and what to write instead."""
    for token in parsed(text):
        line = (token.map or (0, 0))[0] + 1
        language = language_of(token)
        if token.type == "fence" and not is_closed(token):
            yield line, f"the block has no end: write {token.markup} below it"
        elif token.type == "fence" and language != "math" and language.lower() in OTHERWISE:
            yield line, f"a block of {language} is not read: write ```math"
        elif token.type in {"html_block", "code_block"} and (found := HIDDEN.search(token.content)):
            inside = "HTML" if token.type == "html_block" else "an indented block, which is code"
            line += token.content.count("\n", 0, found.start())
            write = "write ```math after an empty line"
            yield line, f"mathematics inside {inside}, is not read: {write}"
        elif token.type == "inline":
            yield from displays(token, line)


def displays(token: Token, line: int) -> Iterator[tuple[int, str]]:
    """Yield the lines of a paragraph at which $$ opens a display."""
    inside = False
    for child in token.children or ():
        line += child.type in {"softbreak", "hardbreak"}
        for _ in range(child.content.count("$$") if child.type == "text" else 0):
            inside = not inside
            if inside:
                yield line, "mathematics between $$ is not read: write ```math"


def parsed(text: str) -> list[Token]:
    """Return the tokens of a page."""
    return MARKDOWN.parse(text if text.endswith("\n") else f"{text}\n")


def language_of(token: Token) -> str:
    """Return the language that a fence names, or ''."""
    return next(iter(token.info.split()), "")


def is_closed(token: Token) -> bool:
    """Tell whether a fence has its second one; without it the block goes on to the end."""
    first, end = token.map or (0, 0)
    return token.content.count("\n") == end - first - 2
