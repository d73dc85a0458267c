"""The guide in a terminal: every page by its name, without the marks of Markdown."""

import re
import textwrap
import tomllib

import pytest
from pages import ROOT

from mlp.cli import main
from mlp.command.guide import contents, entries, in_terminal, page_of, pages

FOLDER = ROOT / "derivations" / "guide"
PAGES = pages(contents())


def printed(capsys, *words):
    """Run `mlp guide`; return its exit status and what it prints."""
    status = main(["guide", *words])
    out, err = capsys.readouterr()
    return status, out or err


def test_a_clone_reads_its_own_pages_and_a_wheel_has_them_where_they_are_looked_for():
    assert contents() == FOLDER / "contents.md"
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    wheel = project["tool"]["hatch"]["build"]["targets"]["wheel"]
    assert wheel["force-include"] == {"derivations/guide": "mlp/guide"}


def test_a_wheel_reads_the_pages_that_lie_in_it(tmp_path, monkeypatch):
    (tmp_path / "mlp" / "guide").mkdir(parents=True)
    monkeypatch.setattr("mlp.command.guide.__file__", tmp_path / "mlp" / "command" / "guide.py")
    assert contents() == tmp_path / "mlp" / "guide" / "contents.md"


def test_the_list_has_a_line_for_each_page(capsys):
    status, out = printed(capsys)
    assert status == 0
    lines = [line for line in out.splitlines() if line.startswith("  ")]
    listed = entries(contents().read_text(encoding="utf-8"))
    assert [line.split(maxsplit=1) for line in lines] == [[e.name, e.title] for e in listed]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_page_has_all_its_words_and_no_mark(page):
    text = page.read_text(encoding="utf-8")
    told = in_terminal(text)
    for code in re.findall(r"^```.*\n((?:.*\n)*?)```$", text, re.MULTILINE):
        block = textwrap.indent(code.rstrip(), "    ")
        assert block in told
        told = told.replace(block, "", 1)
    assert all(len(line) <= 100 for line in told.splitlines())
    told = re.sub("`[^`]+`", "", told)
    assert not re.search(r"^#|^```|\]\(|\*\*|^\|", told, re.MULTILINE)


def test_a_page_is_set_for_a_terminal():
    page = """\
# A title

Some **words `a**b`** and *more*, `c**d`, of [a page](limits.md#x), [a site](https://a.b) and
`code *as* it | is`.

- one
- two, which
  goes on

| a | b |
|---|---|
| `x` | y \\| z |

```python
# a comment
f(**k)

g()
```
"""
    assert (
        in_terminal(page)
        == """\
A title

Some words `a**b` and more, `c**d`, of a page (mlp guide limits), a site (https://a.b) and `code
*as* it | is`.

- one
- two, which goes on

a    b
`x`  y | z

    # a comment
    f(**k)

    g()"""
    )


def test_a_table_that_is_too_wide_goes_on_in_the_next_line():
    shown = in_terminal(f"| a | b |\n|---|---|\n| {'p ' * 30} | {'q ' * 60} |\n").splitlines()
    assert len(shown) == 4
    assert all(len(line) <= 100 for line in shown)
    assert shown[2].startswith("p p p p")
    assert shown[3].startswith("p q" if shown[3].startswith("p") else " ")


@pytest.mark.parametrize(
    ("word", "nearest"),
    [("adaptors", "adapters"), ("torch", "pytorch"), ("Limit", "limits"), ("zzzz", ""), ("", "")],
)
def test_a_name_that_is_none_is_one_line_with_the_nearest(word, nearest, capsys):
    status, said = printed(capsys, word)
    assert status == 3
    assert re.fullmatch(
        rf"mlp guide: no page {word!r}: the nearest is {nearest}[\w-]*; mlp guide lists them all\n",
        said,
    )


def test_a_name_may_be_that_of_the_file():
    assert page_of("Adapters.md", PAGES) == FOLDER / "adapters.md"


def test_a_page_alone_is_html_that_stands_by_itself(tmp_path, capsys):
    assert printed(capsys, "limits", "--html", str(tmp_path / "limits.html")) == (0, "")
    text = (tmp_path / "limits.html").read_text(encoding="utf-8")
    assert "<title>What a check cannot say: the limits · mlp</title>" in text
    assert text.count("<li>") == 6
    assert "@font-face" not in text


def test_html_that_cannot_be_written_is_one_line(tmp_path, capsys):
    status, said = printed(capsys, "limits", "--html", str(tmp_path / "nowhere" / "x.html"))
    assert status == 3
    assert said.startswith("mlp guide: --html is not written: ")
    assert said.count("\n") == 1
