"""Markdown pages as one static site: a way from each page to every other, and a search on each.

    write_site(volumes, directory, ledger)     the first page of all becomes index.html

Nothing is loaded but search.js beside the pages, which holds what is searched. So it works without
a server, from a disk too: pagefind fetches its index, which a browser refuses to a page on a disk,
and lunr has had no release since 2020. Tested in tests/test_website.py.
"""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import unescape
from itertools import groupby
from pathlib import Path

from mlp.files import write_whole
from mlp.proof.html.book import (
    contents,
    document,
    letters_of,
    neighbours,
    packaged,
    with_sections,
)
from mlp.proof.html.font import face
from mlp.proof.html.markdown import Chapter, PageError
from mlp.proof.page.ledger import LedgerLine

SECTION = re.compile(r'<h([1-3]) id="(.*?)">(.*?)</h\1>', re.DOTALL)
HERE = re.compile(r'<nav class="here">.*?</nav>', re.DOTALL)
DRAWN = re.compile(r"<(style|svg|math)\b.*?</\1>", re.DOTALL)  # no words of a page
INLINE = re.compile(r"</?(?:a|code|em|span|strong|wbr)\b[^>]*>")  # which part no words
FOUND = '<ol aria-live="polite"></ol>'
SEARCH = (
    f'<search hidden><input type="search" placeholder="Search" aria-label="Search">{FOUND}</search>'
)
MENU = '<input type="checkbox" id="menu"><label for="menu">Pages</label>'


@dataclass(frozen=True)
class Volume:
    """A part of the book: its title and its pages; where they are proved their ledger is first."""

    title: str
    pages: Sequence[Path]
    proved: bool = False


@dataclass(frozen=True)
class SiteSheet:
    """A page of the site: its volume, its file, its title in HTML, its body, and its language."""

    volume: str
    file: str
    title: str
    body: str
    language: str = "en"


def write_site(
    volumes: Sequence[Volume], directory: Path, ledger: Sequence[LedgerLine] = ()
) -> list[Path]:
    """Write every page, and what is searched, into a directory; return the files."""
    sheets = [*sheets_of(volumes, ledger)]
    letters = face(letters_of("".join(sheet.body for sheet in sheets)))
    css = packaged("page.css") + beside("site.css")
    texts = {"search.js": beside("search.js").replace("[]", searched(sheets), 1)}
    for before, sheet, after in zip([None, *sheets], sheets, [*sheets[1:], None], strict=False):
        style = letters + css if "<math" in sheet.body else css
        text = document(around(sheet, sheets, before, after), style)
        script = '<script src="search.js" defer></script>\n</head>'
        text = text.replace('<html lang="en">', f'<html lang="{sheet.language}">', 1)
        texts[sheet.file] = text.replace("</head>", script, 1)
    directory.mkdir(parents=True, exist_ok=True)
    for name, text in texts.items():
        write_whole(directory / name, text)
    return [directory / name for name in texts]


def beside(name: str) -> str:
    """Return the text of a file beside this one."""
    return Path(__file__).with_name(name).read_text(encoding="utf-8")


def sheets_of(volumes: Sequence[Volume], ledger: Sequence[LedgerLine]) -> Iterator[SiteSheet]:
    """Yield the pages in their order, the ledger before what is proved."""
    paths = [path for volume in volumes for path in volume.pages]
    where = {path.stem: f"{path.stem}.html" for path in paths}
    if len(where) < len(paths) or {"index", "ledger"} & where.keys():
        raise PageError("the names of the pages must differ, and none may be index or ledger")
    where[paths[0].stem] = "index.html"
    for volume in volumes:
        pages = [Chapter(path, ledger if volume.proved else (), where) for path in volume.pages]
        if volume.proved:
            body = contents(pages, ledger).removeprefix("<main>\n").removesuffix("</main>\n")
            yield SiteSheet(volume.title, "ledger.html", "What is proved", body)
        for page in pages:
            language = Path(page.name).suffix[1:] or "en"  # README.ko.md
            title = page.title if language == "en" else f"{page.title} ({language})"
            body = with_sections(page)
            yield SiteSheet(volume.title, where[page.name], title, body, language)


def around(
    sheet: SiteSheet, sheets: Sequence[SiteSheet], before: SiteSheet | None, after: SiteSheet | None
) -> str:
    """Write a page with what leads to the others: search, menu, the one before, the one after."""
    menu = "".join(
        f"<h2>{volume}</h2>\n<ul>{''.join(entry(each, sheet) for each in of_volume)}</ul>\n"
        for volume, of_volume in groupby(sheets, key=lambda each: each.volume)
    )
    near = [(each.file, each.title) if each else None for each in (before, after)]
    return (
        f'<header><a class="home" href="index.html">mlp</a>{SEARCH}{MENU}<nav>{menu}</nav></header>'
        f"\n<main>\n{sheet.body}</main>\n"
        f'<nav class="way">{"".join(neighbours(*near))}</nav>\n'
    )


def entry(sheet: SiteSheet, shown: SiteSheet) -> str:
    """Write a line of the menu."""
    here = ' aria-current="page"' if sheet is shown else ""
    return f'<li><a href="{sheet.file}"{here}>{sheet.title}</a></li>'


def searched(sheets: Sequence[SiteSheet]) -> str:
    """Return what is searched as JSON: [file#anchor, page, section, text] for each section."""
    sections = []
    for sheet in sheets:
        _, *found = SECTION.split(HERE.sub("", sheet.body))
        for level, anchor, title, text in zip(*[iter(found)] * 4, strict=True):
            at = sheet.file if level == "1" else f"{sheet.file}#{anchor}"
            sections.append([at, *map(said, (sheet.title, "" if level == "1" else title, text))])
    return json.dumps(sections, ensure_ascii=False, separators=(",", ":"))


def said(html: str) -> str:
    """Return the words of a piece of HTML, with dots for formulas and drawings."""
    text = re.sub(r"<[^>]*>", " ", INLINE.sub("", DRAWN.sub("…", html)))
    return " ".join(unescape(text).split())
