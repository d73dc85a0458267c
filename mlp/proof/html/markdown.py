"""A Markdown page as the body of an HTML page, read strictly: what is not known is an error.

    Chapter(path)     the title, the sections and the body of a page

Known is what GitHub shows as well: headings, paragraphs, lists, tables, emphasis, links, blocks of
code, formulas in its backtick forms and between dollars where they are proved, and SVG drawings,
which are put in as they are. Tested in tests/proof/html/test_markdown.py.
"""

import io
import keyword
import re
import tokenize
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from itertools import accumulate
from pathlib import Path
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.rules_inline import StateInline
from markdown_it.tree import SyntaxTreeNode as Node

from mlp.proof.html.mathml import MathError, mathml, pieces
from mlp.proof.page import fences
from mlp.proof.page.ledger import LedgerLine
from mlp.verdict import VERDICTS

INLINE_MATH = re.compile(r"\$`([^`]+)`\$|\$\$(.+?)\$\$", re.DOTALL)
SAME = {  # a node of Markdown that is one element of HTML and nothing more
    "paragraph": "p", "bullet_list": "ul", "ordered_list": "ol", "list_item": "li",
    "blockquote": "blockquote", "em": "em", "strong": "strong", "thead": "thead",
    "tbody": "tbody", "tr": "tr", "th": "th", "td": "td",
}  # fmt: skip
CODE = dict.fromkeys(("python", "py"), "python") | {  # how a block of each language is shown
    word: word for word in ("console", "text", "toml", "yaml", "json", "ini", "diff", "c", "sh")
}
PANEL = '<svg class="panel"'  # one of several in a drawing
DISPLAY = '<div class="equation"'
FORBIDDEN = re.compile(r"<script|<foreignObject|<image|<use|\son\w+=|url\(|@import|javascript:")


class PageError(ValueError):
    """A page holds what is not known here; the message begins with file:line."""


def inline_math(state: StateInline, silent: bool) -> bool:  # noqa: FBT001  # markdown-it's protocol
    """Take $`...`$ for a formula before the backticks are taken for code, and $$...$$ as well."""
    found = INLINE_MATH.match(state.src, state.pos)
    if found is None:
        return False
    if not silent and found[1]:
        state.push("math", "math", 0).content = found[1]
    elif not silent:
        token = state.push("display", "div", 0)
        begins = found.end(2) - len(found[2].lstrip())
        rows = (state.src.count("\n", 0, at) for at in (begins, found.end(2)))  # of its paragraph
        token.content, token.meta = found[2], {"rows": (*rows,)}
    state.pos = found.end()
    return True


MARKDOWN = MarkdownIt("commonmark").enable("table")
MARKDOWN.inline.ruler.before("backticks", "math", inline_math)


@dataclass
class Chapter:
    """A page in HTML: its title, its sections as (anchor, title), and its body, node by node.

    ``book`` says of each page to which a link may lead where it is; a page goes by its name, in
    whichever folder it lies.
    """

    path: Path
    ledger: Sequence[LedgerLine] = ()  # what waits for its equation
    book: Mapping[str, str] = field(default_factory=dict)
    title: str = ""
    sections: list[tuple[str, str]] = field(default_factory=list)
    line: int = 1
    top: int = 1  # the first line of the block that is being written

    def __post_init__(self) -> None:
        """Read the page."""
        self.name = self.path.stem
        self.ledger = [line for line in self.ledger if line.page == self.path.name]
        text = self.path.read_text(encoding="utf-8-sig")
        self.body = self.inside(Node(MARKDOWN.parse("\n".join(fences.fenced(text)))))
        self.line = self.ledger[0].line if self.ledger else 1
        if self.ledger:
            raise self.error("a verdict, but no block of this page")
        if not self.title:
            raise self.error("a page begins with its title, `# ...`")

    def inside(self, node: Node) -> str:
        """Write what a node holds."""
        return "".join(self.write(child) for child in node.children)

    def write(self, node: Node) -> str:
        """Write one node; its type says how."""
        if node.map:
            self.line = self.top = node.map[0] + 1
        if node.type in SAME:
            return self.same(node, SAME[node.type])
        known: dict[str, Callable[[], str]] = {
            "inline": lambda: together(self.inside(node)),
            "text": lambda: breakable(escape(node.content, quote=False)),
            "softbreak": lambda: "\n",
            "code_inline": lambda: f"<code>{breakable(escape(node.content, quote=False))}</code>",
            "math": lambda: self.math(node.content),
            "heading": lambda: self.heading(node),
            "link": lambda: self.link(node),
            "image": lambda: self.drawing(node),
            "table": lambda: f'<div class="wide"><table>\n{self.inside(node)}</table></div>\n',
            "display": lambda: self.display(node),
            "fence": lambda: self.fence(node),
        }
        if node.type not in known:
            raise self.error(f"{node.type} is not known in a page")
        return known[node.type]()

    def error(self, what: str) -> PageError:
        """Make the error that says where."""
        return PageError(f"{self.path.name}:{self.line}: {what}")

    def same(self, node: Node, name: str) -> str:
        """Write an element; a drawing stands alone, and a tight list needs no paragraphs."""
        inside = self.inside(node)
        if node.type == "paragraph" and (node.hidden or inside.startswith("<figure")):
            return inside
        if node.type == "paragraph" and DISPLAY in inside:  # which no <p> may hold
            parts = re.split(rf"\s*({DISPLAY}.*?</div>\n)\s*", inside, flags=re.DOTALL)
            return "".join(
                part if DISPLAY in part else f"<p>{part}</p>\n" for part in parts if part
            )
        close = "\n" if node.block else ""
        return f"<{name}>{inside}</{name}>{close}"

    def heading(self, node: Node) -> str:
        """Write a heading with the anchor that GitHub gives it."""
        inside = self.inside(node)
        text = re.sub(r"<[^>]*>", "", inside)
        if node.tag == "h1":
            if self.title:
                raise self.error("a second title")
            self.title = text
        anchor = re.sub(r"[^\w\- ]", "", text.lower()).replace(" ", "-")
        if node.tag == "h2":
            self.sections.append((anchor, inside))
        return f'<{node.tag} id="{anchor}">{inside}</{node.tag}>\n'

    def link(self, node: Node) -> str:
        """Write a link into the book or out into the world; other files have no page here."""
        target = str(node.attrs["href"])
        page = re.fullmatch(r"(?:[\w./-]*/)?([\w.-]+)\.md(#[\w-]+)?", target)
        inside = self.inside(node)
        if page and page[1] in self.book:
            return f'<a href="{self.book[page[1]]}{page[2] or ""}">{inside}</a>'
        if re.match(r"https?://|#", target):
            return f'<a href="{escape(target)}">{inside}</a>'
        return inside

    def drawing(self, node: Node) -> str:
        """Put an SVG drawing into the page."""
        source = str(node.attrs["src"])
        file = self.path.parent / source
        if file.suffix != ".svg" or not file.is_file():
            raise self.error(f"{source} is not an SVG file beside the page")
        svg = file.read_text(encoding="utf-8").strip()
        if not svg.startswith("<svg ") or FORBIDDEN.search(svg):
            raise self.error(f"{source} must begin with <svg and hold no script and no link")
        label = escape(" ".join(node.content.split()))
        said = f'role="img" aria-label="{label}"'
        sheet, *panels = svg.removesuffix("</svg>").split(PANEL)
        if not panels:
            return f"<figure>{svg.replace('<svg ', f'<svg {said} ', 1)}</figure>\n"
        style = "".join(re.findall(r"<style>.*?</style>", sheet, re.DOTALL))
        panels[0] = panels[0].replace(">", f">{style}", 1)
        drawn = "".join(f'<svg class="plot panel"{panel}' for panel in panels)
        return f'<figure class="panels" {said}>{drawn}</figure>\n'

    def math(self, latex: str, **how: Any) -> str:
        """Write a formula."""
        try:
            return mathml(latex, **how)
        except MathError as error:
            raise self.error(f"{error}, in {' '.join(latex.split())}") from None

    def fence(self, node: Node) -> str:
        """Write what stands between two fences: mathematics or code."""
        first, last = node.map or (0, 0)
        language = next(iter(node.info.split()), "")
        if language.lower() in fences.MATH:
            return self.equation(node.content, first + 2, last)
        return self.code(node.content, language, last)

    def display(self, node: Node) -> str:
        """Write a formula that stands between $$ in a paragraph, beginning at its first word."""
        first, last = (self.top + row for row in node.meta["rows"])
        return self.equation(node.content, first, last)

    def equation(self, latex: str, first: int, last: int) -> str:
        """Write a formula in display, with what was said about its lines."""
        self.line = first
        anchors, marked = self.said(first, last)
        parts, after = "", "open"
        for piece, wide in pieces(latex):
            parts += self.math(piece, display=True, after=after)
            parts += f'<span class="{wide}"> </span>' if wide else ""  # is dropped where it breaks
            after = "open" if wide else "close"
        formula = f'<div class="wide">{parts}</div>'
        return f'<div class="equation" id="line-{self.line}">{anchors}{formula}{marked}</div>\n'

    def code(self, source: str, language: str, last: int) -> str:
        """Write a block of code."""
        if language not in CODE:
            raise self.error(f"a block of {language or 'no language'} is not known")
        try:
            text = coloured(source) if CODE[language] == "python" else escape(source, quote=False)
        except (SyntaxError, tokenize.TokenError) as error:
            raise self.error(f"not Python: {error.args[0]}") from None
        self.line += 1
        anchors, marked = self.said(self.line, last)
        code = f"{anchors}<code>{text}</code>"
        return f'<pre class="{CODE[language]}" id="line-{self.line}">{code}</pre>\n{marked}'

    def said(self, first: int, last: int) -> tuple[str, str]:
        """Return anchors for those lines of a block of which something is said, and what is."""
        lines = [line for line in self.ledger if first <= line.line <= last]
        self.ledger = [line for line in self.ledger if line not in lines]
        rows = sorted({line.line for line in lines} - {self.line})
        anchors = "".join(f'<a id="line-{row}"></a>' for row in rows)
        return anchors, f'<div class="marks">{marks(lines)}</div>' if lines else ""


def together(text: str) -> str:
    """Keep a formula in one row with the bracket before it and the points behind it."""

    def kept(found: re.Match[str]) -> str:
        return f'<span class="whole">{found[0]}</span>' if found[1] or found[2] else found[0]

    return re.sub(r"(\(?)<math\b.*?</math>([.,;:!?)]*)", kept, text, flags=re.DOTALL)


def breakable(code: str) -> str:
    """Let a long name go on in the next line after an underscore or a slash."""
    return re.sub(r"(?<=\w[_/])(?=\w)", "<wbr>", code)


def marks(lines: Sequence[LedgerLine]) -> str:
    """Write what stands beside a block: how many entries of its equations have which verdict."""
    said = []
    for verdict, (_, mark, _) in VERDICTS.items():
        of_it = [line for line in lines if line.verdict == verdict]
        entries = sum(line.entries for line in of_it)
        count = f", {entries} entries" if entries > 1 else ""
        why = "".join(f"<br>{escape(line.message)}" for line in of_it if line.message)
        if of_it:
            kind = verdict.replace(" ", "-")
            said.append(f'<div class="{kind}">{mark} {verdict}{count}{why}</div>')
    return "".join(said)


def coloured(source: str) -> str:
    """Write Python with its keywords, strings and comments marked."""
    starts = [0, *accumulate(map(len, io.StringIO(source)))]  # of its lines
    written, done = [], 0
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        kind = {tokenize.COMMENT: "comment", tokenize.STRING: "string"}.get(token.type, "")
        kind = "keyword" if keyword.iskeyword(token.string) else kind
        start, end = (starts[row - 1] + column for row, column in (token.start, token.end))
        between, text = (escape(source[a:b], quote=False) for a, b in ((done, start), (start, end)))
        written += [between, f'<span class="{kind}">{text}</span>' if kind else text]
        done = end
    return "".join(written)
