"""Pages as HTML: whole, by themselves, the same again, and nothing guessed."""

import re
from dataclasses import replace
from html import unescape

import pytest
from drawn import Seen, lost, needs
from ledger import Row
from pages import ROOT

from mlp.command import guide
from mlp.proof.html.book import parts, write_book
from mlp.proof.html.font import LICENCE
from mlp.proof.html.markdown import PageError
from mlp.proof.html.mathml import pieces
from mlp.proof.page import fences

PAGES = sorted((ROOT / "derivations").glob("*.md"))
GUIDE = guide.pages(ROOT / "derivations" / "guide" / "contents.md")
BLOCK = re.compile(r"^```math\n(.*?)^```", re.MULTILINE | re.DOTALL)


LEDGER = [  # every formula of every page, as if it had been proved
    Row(page.name, text.count("\n", 0, m.start(1)) + 1, equation=m[1])
    for page in PAGES
    for text in [page.read_text(encoding="utf-8")]
    for m in BLOCK.finditer(text)
]


@pytest.fixture(scope="module")
def book(tmp_path_factory):
    return write_book(PAGES, tmp_path_factory.mktemp("book"), LEDGER, GUIDE)


def test_a_page_stands_by_itself(book):
    assert len(book) == len(PAGES) + len(GUIDE)
    for file in book:
        text = file.read_text(encoding="utf-8")
        assert [*needs(text)] == []
        seen = Seen(text)
        assert (seen.open, seen.unclosed) == ([], [])
        assert ("<math" not in text) or LICENCE in text


@pytest.mark.parametrize(
    "fault",
    [
        "<script>1</script>",
        '<img src="x.png">',
        '<link href="x.css">',
        '<p onclick="x()">',
        "<style>@import 'x'</style>",
        '<style>p{background:url("https://x")}</style>',
        '<svg><use href="#x"/></svg>',
    ],
)
def test_a_page_that_needs_something_is_found(fault):
    assert [*needs(fault)] != []


def test_a_page_is_the_same_when_it_is_made_again(book, tmp_path):
    for once, again in zip(book, write_book(PAGES, tmp_path, LEDGER, GUIDE), strict=True):
        assert once.read_bytes() == again.read_bytes()


def test_every_formula_of_every_page_is_there_with_its_mark(book):
    for page, file in zip(PAGES, book[1:], strict=False):
        text = file.read_text(encoding="utf-8")
        shown = [unescape(m) for m in re.findall(r'<math display="block" alttext="(.*?)">', text)]
        blocks = BLOCK.findall(page.read_text(encoding="utf-8"))
        assert shown == [" ".join(p.split()) for latex in blocks for p, _ in pieces(latex)]
        assert text.count('<div class="proved">✓ proved, 6 entries</div>') == len(blocks)


def test_pages_of_others_are_drawn_with_a_mark_at_each_equation(tmp_path):
    pages = sorted((ROOT / "tests" / "proof" / "pages").glob("*.md"))
    found = [(p, b) for p in pages for b in fences.blocks(p.read_text(encoding="utf-8"))]
    rows = [Row(page.name, block.line, equation="a") for page, block in found]
    texts = [file.read_text(encoding="utf-8") for file in write_book(pages, tmp_path, rows)]
    assert sum(text.count('<div class="marks"><div class="proved">') for text in texts) == len(rows)
    assert not any("$$" in text for text in texts[2:])  # after the index and README, which says it


def test_the_index_leads_to_every_page_and_to_every_equation_of_the_ledger(book):
    index = book[0].read_text(encoding="utf-8")
    links = [a["href"] for tag, a in Seen(index).elements if tag == "a"]
    named = [f"{page.stem}.html" for page in (*PAGES, *GUIDE[1:])]
    assert links[: len(named)] == named
    files = {file.name: file.read_text(encoding="utf-8") for file in book}
    for link in links[len(named) :]:
        name, anchor = link.split("#")
        assert f'id="{anchor}"' in files[name]
    assert f"{len(LEDGER)} equations" in index
    assert f": {len(LEDGER)} proved.</p>" in index


def test_the_guide_follows_the_derivations_and_leads_back_to_its_contents(book):
    texts = {file.stem: file.read_text(encoding="utf-8") for file in book}
    assert f'rel="next" href="{GUIDE[1].stem}.html"' in texts[PAGES[-1].stem]
    assert f'rel="prev" href="{PAGES[-1].stem}.html"' in texts[GUIDE[1].stem]
    assert '<h2 id="guide">The guide</h2>' in texts["index"]
    assert '<a href="00-notation.html">derivations</a>' in texts["proofs"]


def test_every_link_within_the_book_leads_somewhere(book):
    assert [*lost({file.name: file.read_text(encoding="utf-8") for file in book})] == []


def test_the_ledger_says_what_was_proved_and_under_which_conditions(tmp_path):
    path = tmp_path / "p.md"
    path.write_text("# T\n\n" + "```math\na\n```\n" * 3, encoding="utf-8")
    verdicts = ("proved", "refused", "proved")
    rows = [Row("p.md", 4 + 3 * i, v, 2, ("z > 0",), "a") for i, v in enumerate(verdicts)]
    rows[1] = replace(rows[1], equation="&= a")
    index, _ = (file.read_text(encoding="utf-8") for file in write_book([path], tmp_path, rows))
    assert "3 equations, which are 6 equations between numbers: 2 proved, 1 refused." in index
    assert '<span class="count">2 proved, 1 refused</span>' in index
    assert index.count('<math alttext="a"><mi>a</mi></math>') == 2
    assert "<code>&amp;= a</code>" in index
    assert index.count('alttext="z &gt; 0"') == 3


def test_pages_that_would_overwrite_each_other_are_refused(tmp_path):
    for names in (("a/p.md", "b/p.md"), ("index.md",)):
        paths = [tmp_path / name for name in names]
        for path in paths:
            path.parent.mkdir(exist_ok=True)
            path.write_text("# T\n", encoding="utf-8")
        with pytest.raises(PageError, match="must differ, and none may be index"):
            write_book(paths, tmp_path / "book")


def test_an_equation_of_the_ledger_may_be_broken_before_its_sign_and_a_plus():
    assert parts("a = b") == ["a ", "= b"]
    assert parts(r"\sum_{k=1}^{2} a = b + (c + d)") == [r"\sum_{k=1}^{2} a ", "= b ", "+ (c + d)"]
    assert parts(r"\langle a, b + c \rangle := d") == [r"\langle a, b + c \rangle ", ":= d"]
    assert parts(r"&= \texttt{f}(x)") == [r"&= \texttt{f}(x)"]
