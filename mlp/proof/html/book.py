"""Pages of mathematics as HTML that stands by itself: no script, no network, the same bytes again.

    write_book(paths, directory, ledger)     every page, and an index of what was proved on them
    write_book(..., guide=[contents, ...])   and a guide, whose pages follow, with its contents
    write_page(path, file)                   one page alone

Formulas are MathML, in letters that travel with the page. The ledger's seconds are not shown, since
they would differ from run to run. It needs the extra `prove`.
Tested in tests/proof/html/test_book.py.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from html import escape, unescape
from importlib import resources
from pathlib import Path

from mlp.files import write_whole
from mlp.proof.html.font import LICENCE, face
from mlp.proof.html.markdown import Chapter, PageError
from mlp.proof.html.mathml import MathError, mathml
from mlp.proof.page.ledger import LedgerLine
from mlp.verdict import VERDICTS


def write_book(
    paths: Sequence[Path],
    directory: Path,
    ledger: Iterable[LedgerLine] = (),
    guide: Sequence[Path] = (),
) -> list[Path]:
    """Write every page and an index into a directory; return the files, the index first.

    The first page of a guide is its list of contents, which becomes a part of the index.
    """
    bodies = dict(book(paths, list(ledger), guide))
    css, letters = packaged("page.css"), letters_of("".join(bodies.values()))
    style = face(letters) + css
    directory.mkdir(parents=True, exist_ok=True)
    files = []
    for name, body in bodies.items():
        files.append(directory / f"{name}.html")
        write_whole(files[-1], document(body, style if "<math" in body else css))
    return files


def write_page(path: Path, file: Path) -> None:
    """Write a page alone; its links to other pages are words."""
    body = f"<main>\n{Chapter(path).body}</main>\n"
    letters = letters_of(body)
    write_whole(file, document(body, (face(letters) if letters else "") + packaged("page.css")))


def packaged(name: str) -> str:
    """Return the text of a file of the package."""
    return resources.files("mlp.proof").joinpath(name).read_text(encoding="utf-8")


def letters_of(body: str) -> str:
    """Return what is written in the formulas of a page."""
    formulas = "".join(re.findall(r"<math\b.*?</math>", body, re.DOTALL))
    return unescape(re.sub(r"<[^>]*>", "", formulas))


def book(
    paths: Sequence[Path], lines: Sequence[LedgerLine], guide: Sequence[Path] = ()
) -> Iterator[tuple[str, str]]:
    """Yield the name and the body of the index and of each page."""
    where = {path.stem: f"{path.stem}.html" for path in (*paths, *guide[1:])}
    if len(where) < len(paths) + len(guide[1:]) or "index" in where:
        raise PageError("the names of the pages must differ, and none may be index")
    where |= {path.stem: "index.html#guide" for path in guide[:1]}
    first = [Chapter(path, lines, where) for path in paths]
    second = [Chapter(path, (), where) for path in guide]
    yield "index", contents(first, lines, second[:1])
    pages = [*first, *second[1:]]
    for before, page, after in zip([None, *pages], pages, [*pages[1:], None], strict=False):
        yield page.name, with_ways(before, page, after)


def contents(
    pages: Sequence[Chapter], lines: Sequence[LedgerLine], guide: Sequence[Chapter] = ()
) -> str:
    """Write the index: the pages, the contents of a guide, and what was proved on each page."""
    listed, ledger = [], []
    for page in pages:
        of_page = [line for line in lines if line.page == f"{page.name}.md"]
        count = f' <span class="count">{counted(of_page)}</span>' if of_page else ""
        listed.append(f'<li><a href="{page.name}.html">{page.title}</a>{count}</li>\n')
        if of_page:
            ledger.append(f"<h3>{page.title}</h3>\n{ledger_table(page.name, of_page)}")
    entries = sum(line.entries for line in lines)
    summary = (
        f'<h2 id="ledger">Ledger</h2>\n<p>{len(lines)} equations, which are {entries} equations '
        f"between numbers: {counted(lines)}.</p>\n{''.join(ledger)}"
    )
    head = "<h1>Derivations</h1>"
    if guide:
        head = '<h1>Derivations and guide</h1>\n<h2 id="derivations">Derivations</h2>'
    return (
        f'<main>\n{head}\n<ol class="pages" start="0">\n{"".join(listed)}</ol>\n'
        f"{''.join(map(as_section, guide))}{summary if lines else ''}</main>\n"
    )


def as_section(page: Chapter) -> str:
    """Write a page as a section of the index: its headings go down by one."""
    lower = re.sub(r"<(/?)h([1-5])\b", lambda at: f"<{at[1]}h{int(at[2]) + 1}", page.body)
    return re.sub(r'<h2 id="[^"]*"', '<h2 id="guide"', lower, count=1)


def counted(lines: Sequence[LedgerLine]) -> str:
    """Say how many equations have which verdict."""
    counts = Counter(line.verdict for line in lines)
    return ", ".join(f"{counts[verdict]} {verdict}" for verdict in VERDICTS if counts[verdict])


def ledger_table(name: str, lines: Sequence[LedgerLine]) -> str:
    """Write the ledger of a page."""
    rows = []
    for line in lines:
        where = f'<a href="{name}.html#line-{line.line}">{line.line}</a>'
        kind = line.verdict.replace(" ", "-")
        verdict = f'<span class="{kind}">{VERDICTS[line.verdict].mark}&nbsp;{line.verdict}</span>'
        under = ", ".join(map(as_drawn, line.conditions))
        first, *others = parts(line.equation)
        equation = as_drawn(first) + "".join(as_drawn(part, after="close") for part in others)
        equation += f" where {under}" if under else ""
        cells = (where, verdict, str(line.entries), equation)
        rows.append(f"<tr>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>\n")
    heads = "".join(f"<th>{head}</th>" for head in ("line", "verdict", "entries", "equation"))
    return (
        f'<div class="wide"><table class="ledger">\n<thead><tr>{heads}</tr></thead>\n'
        f"<tbody>\n{''.join(rows)}</tbody>\n</table></div>\n"
    )


def parts(latex: str) -> list[str]:
    """Part an equation before its sign and before each plus, where it may be broken."""
    found, depth = [""], 0
    for word in re.split(r"(:?=|[{}()+]|\\[lr]angle)", latex):
        depth += {"{": 1, "(": 1, r"\langle": 1, "}": -1, ")": -1, r"\rangle": -1}.get(word, 0)
        if word in {"=", ":=", "+"} and depth == 0 and found[-1].strip("& "):
            found.append("")
        found[-1] += word
    return found


def as_drawn(latex: str, after: str = "open") -> str:
    """Write a formula of the ledger; a part of one that cannot stand alone, as its source."""
    try:
        return mathml(latex, after=after)
    except MathError:
        return f"<code>{escape(latex)}</code>"


def with_ways(before: Chapter | None, page: Chapter, after: Chapter | None) -> str:
    """Write a page between the ways that lead from it, with its sections under its title."""
    near = [(f"{each.name}.html", each.title) if each else None for each in (before, after)]
    back, on = neighbours(*near)
    way = f'<nav class="way">{back}<a href="index.html">All pages</a>{on}</nav>\n'
    return f"{way}<main>\n{with_sections(page)}</main>\n{way}"


def with_sections(page: Chapter) -> str:
    """Write a page with a list of its sections under its title."""
    title, end, rest = page.body.partition("</h1>\n")
    sections = "".join(f'<li><a href="#{at}">{said}</a></li>' for at, said in page.sections)
    here = f'<nav class="here"><ul>{sections}</ul></nav>\n' if sections else ""
    return f"{title}{end}{here}{rest}"


def neighbours(before: tuple[str, str] | None, after: tuple[str, str] | None) -> tuple[str, str]:
    """Write links to the file, and by the title, of the pages before and after, arrows apart."""
    back = f'<a rel="prev" href="{before[0]}">← <b>{before[1]}</b></a>' if before else ""
    on = f'<a rel="next" href="{after[0]}"><b>{after[1]}</b> →</a>' if after else ""
    return f"<span>{back}</span>", f"<span>{on}</span>"


def document(body: str, style: str) -> str:
    """Write a whole HTML document around its body."""
    found = re.search(r"<h1[^>]*>(.*?)</h1>", body)
    title = re.sub(r"<[^>]*>", "", found[1]) if found else ""
    licence = f"<footer>{LICENCE}</footer>\n" if "@font-face" in style else ""
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{title} · mlp</title>\n<style>\n{style}</style>\n</head>\n<body>\n"
        f"{body}{licence}</body>\n</html>\n"
    )
