"""A page is proved line by line, and a wrong line is named."""

import textwrap

import pytest

from mlp.proof import page

RIGHT = """
# A page

```math
x \\in \\mathbb{R}
```

```math
y := x^2
```

Now claim, with $`2 = 3`$ as prose.

```math
\\boxed{\\frac{\\partial y}{\\partial x} = 2 x}
```

```python
print("not run to prove")
```
"""


@pytest.fixture
def proved(tmp_path):
    def prove(text):
        path = tmp_path / "p.md"
        path.write_text(textwrap.dedent(text).lstrip(), encoding="utf-8")
        return [*page.read(path).prove()]

    return prove


def test_a_page_is_a_list_of_blocks_with_their_lines(tmp_path):
    path = tmp_path / "p.md"
    path.write_text(RIGHT, encoding="utf-8")
    found = page.read(path)
    assert [(block.language, block.line) for block in found.blocks] == [
        ("math", 5),
        ("math", 9),
        ("math", 15),
        ("python", 19),
    ]
    assert all(found.text[slice(*block.span)] == block.text for block in found.blocks)


def test_each_claim_is_a_line_of_the_ledger(proved):
    (line,) = proved(RIGHT)
    assert (line.page, line.line, line.verdict, line.entries) == ("p.md", 14, "proved", 1)
    assert line.equation == r"\frac{\partial y}{\partial x} = 2 x"
    assert line.boxed


def test_a_planted_wrong_line_is_refused_with_its_number_and_a_counterexample(proved):
    (line,) = proved(RIGHT.replace("= 2 x}", "= 3 x}"))
    assert line.verdict == "refused"
    assert str(line).startswith("p.md:14: differs by ")
    assert "x = " in str(line)


@pytest.mark.parametrize(
    ("before", "after", "complaint"),
    [
        ("= 2 x}", "= 2 q}", "p.md:14: q is not known"),
        ("= 2 x}", r"\approx 2 x}", r"p.md:14: do not know the command \approx"),
        ("y := x^2", "x := x^2", "p.md:8: x has a meaning already"),
        ("x^2\n", "x^2 +\n", "p.md:8: expected a symbol"),
    ],
)
def test_what_cannot_be_understood_is_an_error_at_its_line(before, after, complaint, proved):
    lines = proved(RIGHT.replace(before, after))
    assert lines[0].verdict == "error"
    assert str(lines[0]).startswith(complaint)


def test_a_line_after_a_failed_one_says_so(proved):
    lines = proved(RIGHT.replace("y := x^2", "y := q"))
    assert "q is not known" in str(lines[0])
    assert lines[1].verdict == "error"
    assert "the block at line 8 failed" in str(lines[1])


def test_no_line_uses_what_comes_after_it(proved):
    text = """
    ```math
    x = y
    ```

    ```math
    x \\in \\mathbb{R}, y \\in \\mathbb{R}
    ```
    """
    assert [line.verdict for line in proved(text)] == ["error"]


LENGTHS = r"""
```python
def loss(X):
    return (X * X).sum() / len(X)


def loss_of_one(X):
    return (X * X).sum()
```

```math
X \in \mathbb{R}^{n \times h}
```

```math
L := \frac{1}{n} \sum_{i}\sum_{j} X_{ij}^2
```

```math
"""


@pytest.mark.parametrize(
    ("formula", "verdict", "complaint"),
    [
        (r"L = \texttt{loss}(X)", "proved", ""),
        (r"L = \texttt{loss}(X) \quad\text{for}\quad n = 1,\ h = 3", "proved", ""),
        (r"L = \texttt{loss_of_one}(X) \quad\text{for}\quad n = 1", "proved", ""),
        (r"L = \texttt{loss_of_one}(X)", "refused", "differs by"),
        (r"L = \texttt{loss_of_one}(X) \quad\text{for}\quad n = 2", "refused", "differs by"),
        (r"L = \sum_{j} X_{1j}^2 \quad\text{for}\quad n = 1", "proved", ""),
        (r"L = \sum_{j} X_{1j}^2 \quad\text{for}\quad n = 2", "refused", "differs by"),
        (r"L = \texttt{loss}(X) \quad\text{for}\quad n = 20", "error", "choose lengths for 24"),
    ],
)
def test_a_claim_may_say_for_which_lengths_of_axes_it_is(formula, verdict, complaint, proved):
    *_, line = proved(f"{LENGTHS}{formula}\n```\n")
    assert line.verdict == verdict
    assert complaint in str(line)


def test_the_ledger_says_at_which_lengths_a_line_was_proved(proved):
    formula = r"L = \texttt{loss_of_one}(X) \quad\text{for}\quad n = 1"
    *_, line = proved(f"{LENGTHS}{formula}\n```\n")
    assert dict(line.sizes) == {"n": 1, "h": 2}
