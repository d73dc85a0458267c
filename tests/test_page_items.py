"""The items of a page: named by their line, whole by themselves, in any order and on any worker."""

from pathlib import Path

import page_items
import pytest

from mlp.proof.page.ledger import LedgerLine, Page
from mlp.runner.served import Served

pytest_plugins = ["pytester"]

CONFTEST = """\
from page_items import PageFile


def pytest_collect_file(file_path, parent):
    return PageFile.from_parent(parent, path=file_path) if file_path.suffix == ".md" else None
"""
PAGE = r"""# A page

```math
x \in \mathbb{R}
```

```math
y := x^2
```

```math
\frac{\partial y}{\partial x} = 2 x
```

```python
def square(x):
    return x * x
```

```math
y = \texttt{square}(x)
```

```python
print(square(3))
```

```text
9
```
"""
EQUATIONS = ["equation:4", "equation:8", "equation:12", "equation:21"]
ITEMS = [*EQUATIONS[:3], "code:16", "equation:21", "code:25"]


@pytest.fixture
def page(pytester, monkeypatch):
    monkeypatch.syspath_prepend(Path(page_items.__file__).parent)
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    pytester.makeconftest(CONFTEST)

    def write(text):
        path = pytester.path / "p.md"
        path.write_text(text, encoding="utf-8")
        return path

    return write


def failures(result):
    """Return the items that failed, each with its message."""
    reports = result.getreports("pytest_runtest_logreport")
    return {r.nodeid.partition("::")[2]: r.longreprtext for r in reports if r.failed}


def test_each_block_is_an_item_named_by_its_line_and_found_there(page, pytester):
    page(PAGE)
    items, _ = pytester.inline_genitems("p.md")
    assert [item.name for item in items] == ITEMS
    assert [item.location[1] + 1 for item in items] == [int(i.partition(":")[2]) for i in ITEMS]


@pytest.mark.parametrize("name", ITEMS)
def test_an_item_passes_alone(name, page, pytester):
    page(PAGE)
    pytester.inline_run(f"p.md::{name}").assertoutcome(passed=1)


def test_items_pass_in_the_opposite_order(page, pytester):
    page(PAGE)
    names = [f"p.md::{name}" for name in reversed(ITEMS)]
    pytester.inline_run(*names).assertoutcome(passed=len(ITEMS))


def test_a_wrong_line_fails_its_own_item_with_its_place(page, pytester):
    page(PAGE.replace("= 2 x", "= 3 x"))
    failed = failures(pytester.inline_run("p.md"))
    assert [*failed] == ["equation:12"]
    assert failed["equation:12"].startswith("p.md:12: differs by ")


def test_what_depends_on_a_failed_block_says_so(page, pytester):
    page(PAGE.replace("y := x^2", "y := q"))
    failed = failures(pytester.inline_run("p.md"))
    assert [*failed] == ["equation:8", "equation:12", "equation:21"]
    assert "(the block at line 8 failed)" in failed["equation:12"]


def test_what_depends_on_failed_code_says_so(page, pytester):
    page(PAGE.replace("def square", "1 / 0\ndef square"))
    failed = failures(pytester.inline_run("p.md"))
    assert [*failed] == ["code:16", "equation:22", "code:26"]
    assert "(the block at line 16 failed)" in failed["equation:22"]
    assert "(the block at line 16 failed)" in failed["code:26"]


def test_output_that_the_page_does_not_show_is_noticed(page, pytester):
    page(PAGE.replace("\n9\n", "\n10\n"))
    assert [*failures(pytester.inline_run("p.md"))] == ["code:25"]


def test_what_is_checked_and_not_proved_passes_but_on_a_page_of_ours(page, pytester, monkeypatch):
    checked = LedgerLine("p.md", 4, "", "checked", message="zero modulo a prime")
    monkeypatch.setattr(Page, "lines", lambda *_: [checked])
    path = page(PAGE)
    assert [*failures(pytester.inline_run("p.md"))] == EQUATIONS
    assert Served(None).equation(str(path), 12) == []  # what --mlp asks for


def test_a_page_that_the_option_names_is_proved_line_by_line(page, pytester):
    page(PAGE.replace("= 2 x", "= 3 x") + "\n    $$ x = 3 $$\n")
    pytester.makeconftest("")
    result = pytester.runpytest_inprocess("-p", "mlp.pytest_plugin", "--mlp", "p.md")
    result.assert_outcomes(passed=len(ITEMS) - 1, failed=2)
    result.stdout.fnmatch_lines(["*p.md:12: differs by *"])
    result.stdout.fnmatch_lines(["*inside an indented block, which is code, is not read*"])
