"""The book as a site: whole, without a network, and searched without a server."""

import json
import re
import shutil
import subprocess

import book
import pytest
from drawn import Seen, lost, needs
from ledger import Row
from website import Volume, said, write_site

from mlp.proof.html.markdown import PageError
from mlp.proof.page import fences

LEDGER = [  # as if every block had been proved
    Row(path.name, block.line, equation="a = b")
    for path in book.DERIVATIONS
    for block in fences.blocks(path.read_text(encoding="utf-8"))
    if block.language == "math"
]


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    files = write_site(book.volumes(), tmp_path_factory.mktemp("site"), LEDGER)
    return {file.name: file.read_text(encoding="utf-8") for file in files}


def pages(site):
    return {name: text for name, text in site.items() if name.endswith(".html")}


def sections(site):
    return json.loads(re.search(r"^const SECTIONS = (.*); //", site["search.js"], re.MULTILINE)[1])


def test_readme_guide_and_derivations_are_there_each_with_a_way_to_every_other(site):
    every = {path.stem for volume in book.volumes() for path in volume.pages} - {"README"}
    assert {"04-softmax", "contents", "verdicts", "CONTRIBUTING"} <= every
    assert {f"{name}.html" for name in every} | {"index.html", "ledger.html"} == {*pages(site)}
    for name, text in pages(site).items():
        menu = text[text.index("<header>") : text.index("</header>")]
        assert {*re.findall(r'<li><a href="(.*?)"', menu)} == {*pages(site)}
        assert re.findall(r'<a href="([^"]*)" aria-current="page">', menu) == [name]


def test_every_link_of_the_site_leads_somewhere(site):
    assert [*lost(pages(site))] == []


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ('<a href="gone.html">x</a>', "p.html: gone.html"),
        ('<a href="#gone">x</a>', "p.html: #gone"),
        ('<p id="a"></p><p id="a"></p>', "p.html: a twice"),
    ],
)
def test_a_link_that_leads_nowhere_is_found(body, found):
    assert [*lost({"p.html": body})] == [found]


def test_nothing_is_loaded_but_what_is_searched(site):
    for text in pages(site).values():
        assert [*needs(text)] == ["script", "src"]
        assert '<script src="search.js" defer></script>' in text
    for name in ("index.html", "04-softmax.html", "ledger.html"):
        seen = Seen(site[name])
        assert (seen.open, seen.unclosed) == ([], [])
    assert not re.search(r"fetch\(|XMLHttpRequest|import[ (]|WebSocket|eval", script())
    assert "http" not in script()


def script():
    return book.HERE.joinpath("search.js").read_text(encoding="utf-8")


def test_each_section_is_searched_once_and_by_its_words_alone(site):
    found = sections(site)
    assert len({where for where, *_ in found}) == len(found)
    assert {where.partition("#")[0] for where, *_ in found} == {*pages(site)}
    text = "".join(" ".join(section) for section in found)
    assert not re.search(r"font-face|aria-label|alttext|polyline|&lt;|class=\"|set in STIX", text)


def test_a_page_in_another_language_says_so_and_its_list_of_sections_is_not_searched(tmp_path):
    path = tmp_path / "start.ko.md"
    path.write_text("# T\n\na\n\n## B\n\nc\n", encoding="utf-8")
    write_site([Volume("V", [path])], tmp_path)
    site = {name: (tmp_path / name).read_text("utf-8") for name in ("index.html", "search.js")}
    assert '<html lang="ko">' in site["index.html"]
    first, second = sections(site)
    assert first == ["index.html", "T (ko)", "", "a"]
    assert second == ["index.html#b", "T (ko)", "B", "c"]


def test_formulas_and_drawings_are_no_words_and_a_long_name_is_one():
    assert said("<p>a <code>b_<wbr>c</code> d&lt;e</p><ul><li>f</li></ul>") == "a b_c d<e f"
    assert said('is <math alttext="x"><mi>x</mi></math>.<svg><text>y</text></svg>') == "is ….…"


ASKED = {  # what is asked, and the page that must be the first, or among the first three
    "kink": "13-finite-differences.html",
    "autograd.Function": "pytorch.html",
    "custom_vjp": "jax.html",
    "tolerance": "which-tolerance.html",
    "softmax": "04-softmax.html",
    "SOFTM": "04-softmax.html",
    "gradient check fails": "gradient-check-fails.html",
    "junit sarif": "reports.html",
    "jupyter": "reports.html",
    "gradient checking": "gradient-check-fails.html",
    "lstm": "proofs.html",
}
NOT_THERE = ["oftmax", "font-face", "xyzzy", "kink xyzzy", "", "  ", "...", "polyline"]


@pytest.mark.skipif(not shutil.which("node"), reason="the search is JavaScript: needs node")
def test_what_is_asked_for_is_found_and_nothing_else(site, tmp_path):
    file = tmp_path / "search.js"
    file.write_text(site["search.js"], encoding="utf-8")
    code = (
        "const { find, excerpt, SECTIONS } = require(process.argv[1]);"
        "const found = JSON.parse(process.argv[2]).map((q) => find(q, SECTIONS)"
        ".slice(0, 3).map((s) => [s[0], excerpt(q, s[3])]));"
        "console.log(JSON.stringify(found));"
    )
    asked = json.dumps([*ASKED, *NOT_THERE])
    answer = subprocess.run(  # noqa: S603  # our own script
        [shutil.which("node"), "-e", code, str(file), asked],
        capture_output=True, text=True, check=True, encoding="utf-8",
    )  # fmt: skip
    found = dict(zip([*ASKED, *NOT_THERE], json.loads(answer.stdout), strict=True))
    for query, page in ASKED.items():
        assert page in [where.partition("#")[0] for where, _ in found[query]], query
    assert any("kink" in text for _, text in found["kink"])
    assert {query: found[query] for query in NOT_THERE} == {query: [] for query in NOT_THERE}


def test_a_book_with_a_refused_equation_is_written_and_fails(tmp_path, monkeypatch, capsys):
    (tmp_path / "start.md").write_text("# S\n", encoding="utf-8")
    proved = tmp_path / "proved.md"
    proved.write_text(
        "# P\n\n```math\n1 + 1 = 2\n```\n\n```math\n1 + 1 = 3\n```\n", encoding="utf-8"
    )
    monkeypatch.setattr(book, "DERIVATIONS", [proved])
    every = [Volume("S", [tmp_path / "start.md"]), Volume("P", [proved], proved=True)]
    monkeypatch.setattr(book, "volumes", lambda: every)
    assert book.main(str(tmp_path / "site")) == 1
    assert re.search(r"2 equations\nproved.md:8: ", capsys.readouterr().out)
    assert "1 proved, 1 refused" in (tmp_path / "site" / "ledger.html").read_text(encoding="utf-8")
    assert book.main(str(tmp_path / "site"), "--unproved") == 0


def test_pages_that_would_overwrite_each_other_are_refused(tmp_path):
    for names in (("a/p.md", "b/p.md"), ("a/p.md", "ledger.md")):
        paths = [tmp_path / name for name in names]
        for path in paths:
            path.parent.mkdir(exist_ok=True)
            path.write_text("# T\n", encoding="utf-8")
        with pytest.raises(PageError, match="must differ, and none may be index or ledger"):
            write_site([Volume("a", paths)], tmp_path / "site")
