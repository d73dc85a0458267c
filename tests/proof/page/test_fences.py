"""Blocks are found wherever Markdown has them, and mathematics outside of them is named."""

import textwrap

import pytest

from mlp.proof.page.fences import blocks, unread


@pytest.mark.parametrize(
    ("page", "found"),
    [
        ("```math\nx\n```", [("math", 2, "x\n")]),
        ("a\n\n```math  \nx\n```\n", [("math", 4, "x\n")]),
        ("- a\n\n  ```math\n  x\n  y\n  ```\n", [("math", 4, "x\ny\n")]),
        ("> ```math\n> x\n> ```\n", [("math", 2, "x\n")]),
        ("~~~math\nx\n~~~\n", [("math", 2, "x\n")]),
        ("````text\n```math\nx\n```\n````\n", [("text", 2, "```math\nx\n```\n")]),
        ("no block", []),
        ("", []),
    ],
)
def test_a_block_is_found_wherever_it_stands(page, found):
    assert [(block.language, block.line, block.text) for block in blocks(page)] == found


@pytest.mark.parametrize(
    ("page", "line", "complaint"),
    [
        ("# A\n\n```math\nx + x = 3x\n", 3, "no end: write ``` below"),
        ("> ```math\n> x + x = 3x\n\nmore\n", 1, "no end: write ``` below"),
        ("# A\n\nso\n$$x + x = 3x\n\nis\n", 4, r"$$ has no end"),
        ("# A\n\n$$x\n+ x = 3x$$\n", 3, r"$$ has no end"),
        ("<details>\n```math\nx\n```\n</details>\n", 2, "inside HTML"),
        ("a\n\n    ```math\n    x\n    ```\n", 3, "an indented block"),
        ("so\n\\begin{align*}\nx &= x \\\\\n\\end{align*}\n", 2, "write $$ around it"),
    ],
)
def test_mathematics_that_is_not_read_is_named_with_its_line(page, line, complaint):
    (found, said), *_ = unread(page)
    assert (found, complaint in said) == (line, True)


@pytest.mark.parametrize(
    ("page", "line", "text"),
    [
        ("# A\n\n```latex\nx = x\n```\n", 4, "x = x\n"),
        ("# A\n\n```Math\nx = x\n```\n", 4, "x = x\n"),
        ("# A\n\nso\n$$x = x$$\nis\n", 4, "x = x\n"),
        ("# A\n\n$$\nx\n= x\n$$\n", 4, "x\n= x\n"),
        ("a\n\n- $$x = x$$\n", 3, "x = x\n"),
        ("> $$\n> x\n> - 1 = x - 1\n> $$\n", 2, "x\n- 1 = x - 1\n"),
    ],
)
def test_mathematics_is_read_however_it_is_marked(page, line, text):
    (block,) = blocks(page)
    assert (block.language, block.line, block.text) == ("math", line, text)
    assert [*unread(page)] == []


def test_prose_and_other_languages_are_no_mathematics():
    page = """
    The formula $`x = 2`$, $x$ or `$$` is prose; a process has its number in `$$`.

    ```console
    $ echo $$
    ```

    ```text
    $$x$$
    ```

    ```math
    x = x
    ```
    """
    assert [*unread(textwrap.dedent(page))] == []
