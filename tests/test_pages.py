"""Every block of every page runs, and prints what the page shows."""

import re
import textwrap
import tomllib

import pages
import pytest

GUIDE = pages.ROOT / "derivations" / "guide"
RUN = [pages.ROOT / "README.md", *sorted(GUIDE.glob("*.md"))]  # those of the derivations are items
KOREAN = pages.ROOT / ".github" / "README.ko.md"
PAGES = [*RUN, KOREAN, *sorted((pages.ROOT / "derivations").glob("*.md"))]
every_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)


@pytest.mark.parametrize("page", RUN, ids=lambda page: page.name)
def test_the_blocks_of_a_page_print_what_it_shows(page):
    pages.check(page)
    if lacking := pages.skipped(page):
        pytest.skip("; ".join(lacking))  # the others ran, and hold


def test_the_readme_is_short():
    assert len(RUN[0].read_text(encoding="utf-8").splitlines()) <= 200


def told_in_every_language(page):
    """Return the blocks and the rows of ops of a README, which are the same in every language."""
    text = page.read_text(encoding="utf-8")
    blocks = [(block.language, pages.compared(block.text)) for block in pages.blocks(text)]
    return blocks, re.findall(r"^\| `.*", text.replace("](../", "]("), re.MULTILINE)


def test_the_korean_readme_has_the_blocks_and_the_ops_of_the_one_that_is_run():
    assert told_in_every_language(KOREAN) == told_in_every_language(RUN[0])


def test_the_contents_of_the_guide_name_every_page_by_its_title():
    listed = re.findall(
        r"^- \[(.*)\]\((.*)\): ", (GUIDE / "contents.md").read_text("utf-8"), re.MULTILINE
    )
    titles = {page.name: page.read_text("utf-8").partition("\n")[0][2:] for page in RUN[1:]}
    assert sorted((name, title) for title, name in listed) == sorted(
        titles.items() - {("contents.md", "The guide")}
    )


def test_the_guide_names_every_extra():
    named = re.findall(r"^\| (`.*`) \|", (GUIDE / "installing.md").read_text("utf-8"), re.MULTILINE)
    project = tomllib.loads((pages.ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert {*re.findall(r"`(\w+)`", " ".join(named))} == {*project["optional-dependencies"]}


@every_page
def test_what_a_page_links_to_is_there(page):
    text = page.read_text(encoding="utf-8")
    prose = re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)
    links = re.findall(r"\]\((?!https?:)([^)#]+)", prose)
    assert [link for link in links if not (page.parent / link).exists()] == []


@every_page
def test_every_block_of_a_page_is_of_a_language_that_is_known(page):
    fences = re.findall(r"^ *```+(.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    assert {*fences[::2]} <= {"python", "console", "text", "math", "py", "toml", "yaml"}
    assert {*fences[1::2]} <= {""}


@every_page
def test_the_tests_that_a_page_names_are_there(page):
    tests = "".join(
        p.read_text(encoding="utf-8") for p in (pages.ROOT / "tests").rglob("test_*.py")
    )
    defined = re.findall(r"^def (test_\w+)", tests, re.MULTILINE)
    named = re.findall(r"`(test_\w+)`", page.read_text(encoding="utf-8"))
    assert {*named} - {*defined} == set()


# pages that must fail

WRONG = {
    "p.md:5: shows\n2\n\nbut prints\n3\n": """
        ```python
        print(1 + 2)
        ```
        ```text
        2
        ```""",
    "p.md:2: prints what the page does not show:\n3\n": """
        ```python
        print(1 + 2)
        ```""",
    "p.md:2: prints what the page does not show:\nTraceback (most recent call last):": """
        ```python
        unheard_of
        ```""",
    "p.md:5: shows\nAssertionError\n\nbut prints\n": """
        ```python
        assert True
        ```
        ```text
        AssertionError
        ```""",
    "p.md:2: shows\n$ echo $?\n0\n\nbut prints\n$ echo $?\nNone": """
        ```console
        $ echo $?
        0
        ```""",
    "p.md:2: shows\n$ make coffee\n\nbut prints\n$ make coffee\nmake: no target coffee": """
        ```console
        $ make coffee
        ```""",
    "do not know how to run 'rm -r .'": """
        ```console
        $ rm -r .
        ```""",
}


@pytest.mark.parametrize("complaint", WRONG)
def test_a_page_that_does_not_do_what_it_shows_is_refused(complaint, tmp_path):
    page = tmp_path / "p.md"
    page.write_text(textwrap.dedent(WRONG[complaint]).lstrip() + "\n", encoding="utf-8")
    with pytest.raises(pages.PageError) as refusal:
        pages.check(page)
    assert str(refusal.value).startswith(complaint)


def test_a_page_is_written_anew_with_what_its_blocks_print(tmp_path):
    page = tmp_path / "p.md"
    page.write_text("```python\nprint(1 + 2)\n```\n\n```text\n2\n```\n", encoding="utf-8")
    pages.write(page)
    assert page.read_text(encoding="utf-8").endswith("```text\n3\n```\n")
    pages.check(page)


NEEDY = """
```py
import no_such_framework
```

```text
42
```

```python
# needs: a C compiler
print(1)
```

```text
1
```
"""


def test_a_block_that_needs_what_is_missing_is_passed_over_and_named(tmp_path, monkeypatch):
    page = tmp_path / "p.md"
    page.write_text(NEEDY, encoding="utf-8")
    monkeypatch.setitem(pages.NEEDS, "a C compiler", lambda: True)
    pages.check(page)
    assert pages.skipped(page) == ["p.md:3 needs no_such_framework"]
    monkeypatch.setitem(pages.NEEDS, "a C compiler", lambda: False)
    page.write_text(NEEDY.replace("\n1\n", "\n2\n"), encoding="utf-8")
    pages.check(page)
    assert len(pages.skipped(page)) == 2


def test_a_translation_is_given_the_blocks_of_its_page(tmp_path):
    page, translation = tmp_path / "p.md", tmp_path / "p.ko.md"
    page.write_text(
        "One\n\n| `op` | [3](3.py) |\n\n```python\nprint(3)\n```\n\n```text\n3\n```\n",
        encoding="utf-8",
    )
    old = page.read_text(encoding="utf-8").replace("3", "2")
    translation.write_text(old.replace("One", "하나"), encoding="utf-8")
    pages.carry_over(page, translation)
    expected = page.read_text("utf-8").replace("One", "하나").replace("](3.py", "](../3.py")
    assert translation.read_text("utf-8") == expected


def test_seconds_are_not_compared_and_everything_else_is():
    assert pages.compared("34 evaluations,  0.02 s") == pages.compared("34 evaluations, 1e-05 s")
    assert pages.compared("34 evaluations, 0.02 s") != pages.compared("35 evaluations, 0.02 s")
