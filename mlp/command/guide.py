"""The guide in a terminal:  its pages by name, in the order of its contents.

    mlp guide               a line for each page
    mlp guide limits        the page, without the marks of Markdown

The pages are derivations/guide/*.md; a wheel has them beside the code, in guide. Tested in
tests/command/test_guide.py.
"""

import re
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import zip_longest
from pathlib import Path

from mlp.command.console import paint

BOLD = "1"
WIDTH = 100  # columns, as in the pages themselves
ENTRY = re.compile(r"- \[(.*)\]\((.*)\.md\): .*")
BLOCK = re.compile(r"^```.*\n((?:.*\n)*?)```$|^((?:\|.*\|(?:\n|\Z))+)", re.MULTILINE)
HEADING = re.compile(r"#+ (.*)")
MARKER = re.compile(r"(?:-|\d+\.) ")
ITEM = re.compile(rf"\n(?={MARKER.pattern})")
MARKED = re.compile(r"(`[^`]+`)|\*\*((?:`[^`]+`|[^*`])+)\*\*|\*((?:`[^`]+`|[^*`])+)\*")
LINK = re.compile(r"\[([^]]*)\]\(([^)]*)\)")


@dataclass(frozen=True)
class Listed:
    """A page of the guide as its contents have it."""

    name: str
    title: str


def contents() -> Path:
    """Return the page that lists the others: of the wheel, or of a clone."""
    package = Path(__file__).parents[1]
    folders = (package / "guide", package.parent / "derivations" / "guide")
    return next((f for f in folders if f.is_dir()), folders[0]) / "contents.md"


def entries(listing: str) -> list[Listed]:
    """Return the pages that a page of contents lists, in its order."""
    found = map(ENTRY.fullmatch, listing.splitlines())
    return [Listed(at[2], at[1]) for at in found if at]


def pages(listing: Path) -> list[Path]:
    """Return the files of a guide: its page of contents, and those that it lists."""
    listed = entries(listing.read_text(encoding="utf-8"))
    return [listing, *(listing.with_name(f"{entry.name}.md") for entry in listed)]


def page_of(name: str, listed: Sequence[Path]) -> Path:
    """Return the page of this name; ``LookupError`` names the nearest where there is none."""
    by_name = {path.stem: path for path in listed}
    word = name.lower().removesuffix(".md")
    if word in by_name:
        return by_name[word]
    inside = [each for each in by_name if word and word in each]
    near = [*inside, *get_close_matches(word, by_name, n=1, cutoff=0.0)]
    raise LookupError(f"no page {name!r}: the nearest is {near[0]}; mlp guide lists them all")


def overview(listing: str) -> str:
    """Return the contents for a terminal: below each heading a line for each page."""
    width = max(len(entry.name) for entry in entries(listing))
    parts: list[str] = []
    for part in listing.split("\n\n"):
        listed = [f"  {entry.name:<{width}}  {entry.title}" for entry in entries(part)]
        parts += ["\n".join(listed)] if listed else paragraphs(part)
    return "\n\n".join(parts)


def in_terminal(page: str) -> str:
    """Return a page for a terminal: code set in, tables in columns, the rest without marks."""
    parts: list[str] = []
    end = 0
    for block in BLOCK.finditer(page):
        code, rows = block.groups()
        parts += paragraphs(page[end : block.start()])
        parts.append(textwrap.indent(code.rstrip(), "    ") if rows is None else table(rows))
        end = block.end()
    return "\n\n".join([*parts, *paragraphs(page[end:])])


def paragraphs(text: str) -> Iterator[str]:
    """Yield headings, paragraphs and lists, filled to the width."""
    for part in text.split("\n\n"):
        if at := HEADING.fullmatch(part.strip()):
            yield paint(words(at[1]), BOLD)
        elif part.strip():
            yield "\n".join(map(filled, ITEM.split(part.strip())))


def filled(text: str, width: int = WIDTH) -> str:
    """Fill a paragraph, or an item of a list, which hangs below its first letter."""
    marker = MARKER.match(text)
    hanging = " " * len(marker[0]) if marker else ""
    return textwrap.fill(
        words(" ".join(text.split())),
        width,
        subsequent_indent=hanging,
        break_long_words=False,
        break_on_hyphens=False,
    )


def words(text: str) -> str:
    """Return a text without marks: code as it is, what is bold in bold, links by their page."""
    return MARKED.sub(unmarked, LINK.sub(led, text))


def unmarked(found: re.Match[str]) -> str:
    """Return what marks enclose."""
    code, strong, emphasis = found.groups()
    return code or (paint(strong, BOLD) if strong else emphasis)


def led(found: re.Match[str]) -> str:
    """Return the words of a link, with what shows the page that it leads to."""
    text, target = found.groups()
    page = re.fullmatch(r"([\w-]+)\.md(?:#.*)?", target)
    way = f"mlp guide {page[1]}" if page else target if target.startswith("https:") else ""
    return f"{text} ({way})" if way else text


def table(rows: str) -> str:
    """Set a table in columns; the widest give way where they are too wide together."""
    head, _, *body = [
        [words(cell.strip().replace(r"\|", "|")) for cell in re.split(r"(?<!\\)\|", row)[1:-1]]
        for row in rows.strip().splitlines()
    ]
    widths = [max(map(len, column)) for column in zip(head, *body, strict=True)]
    while sum(widths) + 2 * len(widths) > WIDTH:
        widths[widths.index(max(widths))] -= 1
    return "\n".join(line for row in (head, *body) for line in set_row(row, widths))


def set_row(row: Sequence[str], widths: Sequence[int]) -> Iterator[str]:
    """Yield the lines of a row of a table."""
    cells = [
        textwrap.wrap(cell, width, break_on_hyphens=False)
        for cell, width in zip(row, widths, strict=True)
    ]
    for line in zip_longest(*cells, fillvalue=""):
        yield "  ".join(map(str.ljust, line, widths)).rstrip()
