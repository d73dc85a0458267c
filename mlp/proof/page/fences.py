"""The blocks of a Markdown page, and the mathematics on it that no block holds.

    blocks(text)    what stands between fences, ``` or ~~~, in a list or a quotation as well, and
                    the mathematics between $$; ```latex and the like are mathematics, too
    unread(text)    displays that GitHub shows and that nobody would prove: in HTML, without an end

Formulas within a line, $`x`$ and $x$, are prose. Tested in tests/proof/page/test_fences.py.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from markdown_it import MarkdownIt
from markdown_it.token import Token

MARKDOWN = MarkdownIt("commonmark")
MATH = {"math", "maths", "latex", "tex", "katex", "mathjax"}
FENCE = re.compile(r"[ >]*(?:[-*+] +)?(```+|~~~+)")
DISPLAY = re.compile(r"\$\$(.+?)\$\$", re.DOTALL)
BARE = re.compile(r"\\begin\{(?:align|equation|gather|multline)")
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
            language = language_of(token)
            yield Fenced(
                "math" if language.lower() in MATH else language,
                first + 2,
                token.content,
                (starts[first + 1], starts[end - 1]),
            )
        elif token.type == "inline":
            yield from between_dollars(token, starts)


def between_dollars(token: Token, starts: list[int]) -> Iterator[Fenced]:
    """Yield the displays of a paragraph, $$ ... $$; code in it is none."""
    first, end = token.map or (0, 0)
    if not any("$$" in child.content for child in token.children or () if child.type == "text"):
        return
    for display in DISPLAY.finditer(token.content):
        text = display[1].lstrip("\n ")
        above = token.content.count("\n", 0, display.end(1) - len(text))
        yield Fenced("math", first + above + 1, f"{text.rstrip()}\n", (starts[first], starts[end]))


def unread(text: str) -> Iterator[tuple[int, str]]:
    """Yield the line of what is not read but may be mathematics, and what to write instead."""
    for token in parsed(text):
        line = (token.map or (0, 0))[0] + 1
        if token.type == "fence" and not is_closed(token):
            yield line, f"the block has no end: write {token.markup} below it"
        elif token.type in {"html_block", "code_block"} and (found := HIDDEN.search(token.content)):
            inside = "HTML" if token.type == "html_block" else "an indented block, which is code"
            line += token.content.count("\n", 0, found.start())
            write = "write ```math after an empty line"
            yield line, f"mathematics inside {inside}, is not read: {write}"
        elif token.type == "inline":
            yield from displays(token, line)


def displays(token: Token, line: int) -> Iterator[tuple[int, str]]:
    """Yield the line of a paragraph at which $$ opens a display that has no end."""
    opened = []
    for child in token.children or ():
        line += child.type in {"softbreak", "hardbreak"}
        if "$$" not in token.content and child.type == "text" and BARE.match(child.content):
            yield line, f"{child.content.strip()} stands outside mathematics: write $$ around it"
        opened += [line] * (child.content.count("$$") if child.type == "text" else 0)
    if len(opened) % 2:
        yield (
            opened[-1],
            "$$ has no end: an empty line, or one that begins with +, ends a paragraph",
        )


def parsed(text: str) -> list[Token]:
    """Return the tokens of a page."""
    return MARKDOWN.parse("".join(f"{line}\n" for line in fenced(text.removesuffix("\n"))))


def fenced(text: str) -> Iterator[str]:
    """Yield the lines of a page, with fences in place of $$ alone on a line.

    Within dollars a line that begins with a minus would else be a list.
    """
    fence, dollars = "", False
    for line in text.split("\n"):
        found = FENCE.match(line)
        if found and not dollars:
            fence = "" if fence and found[1].startswith(fence) else fence or found[1]
        if not fence and line.strip(" >") == "$$":
            dollars = not dollars
            yield line.replace("$$", "```math" if dollars else "```")
        else:
            yield line


def language_of(token: Token) -> str:
    """Return the language that a fence names, or ''."""
    return next(iter(token.info.split()), "")


def is_closed(token: Token) -> bool:
    """Tell whether a fence has its second one; without it the block goes on to the end."""
    first, end = token.map or (0, 0)
    return token.content.count("\n") == end - first - 2
