"""A page is proved line by line, and a wrong line is named."""

import textwrap

import pytest

from mlp.proof.page import ledger

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
        return [*ledger.Page.read(path).prove()]

    return prove


def test_a_page_is_a_list_of_blocks_with_their_lines(tmp_path):
    path = tmp_path / "p.md"
    path.write_text(RIGHT, encoding="utf-8")
    found = ledger.Page.read(path)
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


def blocks_of(*formulas):
    return "".join(f"```math\n{formula}\n```\n\n" for formula in formulas)


@pytest.mark.parametrize(
    "formulas",
    [
        (r"x_{0} \in \mathbb{R}", "x_{0} + x_{0} = 2 x_{0}"),
        (r"x_0 \in \mathbb{R}", r"y := x_0^2", r"\frac{\partial y}{\partial x_0} = 2 x_{0}"),
        (r"W_1 \in \mathbb{R}^{n \times d}", r"(W_1^\top)_{ji} = (W_1)_{ij}", r"W_1 + W_1 = 2 W_1"),
        (r"x \in \mathbb{R}, x_0 \in \mathbb{R}", "x - x_0 = -(x_0 - x)"),
        (r"x \in \mathbb{R}_{>0}", r"\ln x^2 = 2 \ln x", r"\tfrac{1}{2} x = \frac{x}{2}"),
    ],
)
def test_a_name_may_have_a_number_and_a_command_a_second_word(formulas, proved):
    lines = proved(blocks_of(*formulas))
    assert {line.verdict for line in lines} == {"proved"}, [*map(str, lines)]


def test_a_wrong_line_about_a_numbered_name_is_refused(proved):
    (line,) = proved(blocks_of(r"x_{0} \in \mathbb{R}", "x_{0} + x_{0} = 3 x_{0}"))
    assert line.verdict == "refused"


@pytest.mark.parametrize(
    ("formulas", "complaint"),
    [
        ((r"x \in \mathbb{R}^{n}, x_1 \in \mathbb{R}",), "write x^{(1)}"),
        ((r"x_1 \in \mathbb{R}, x \in \mathbb{R}^{n}",), "write x^{(1)}"),
        (("Z_1 := 2",), "is Z^{(1)}"),
        ((r"u := 2", r"\frac{\mathrm{d}u}{\mathrm{d}x} = 2"), r"\frac{\partial u}{\partial x}"),
        ((r"A \in \mathbb{R}^{n \times d}", "(A + A)^T = A"), "cannot be equal"),
        ((r"y := \frac12",), r"\frac{1}{2}"),
        ((r"y := \sum_{i,j} 1",), "the sum over j has no j in it"),
        ((r"\epsilon > 0, x \in \mathbb{R}",), r"\in \mathbb{R}_{>0}"),
        ((r"x \in \mathbb{R} y := 2 x",), r"expected the end of the formula or \\, but y came"),
        ((r"\hat y := 1",), "another letter"),
        ((r"y := \nabla 1",), "expected _"),
        ((r"y := \mathbf{x}",), "x is not known"),
        (("y := 1 % one",), "a comment"),
    ],
)
def test_what_is_not_understood_says_what_to_write(formulas, complaint, proved):
    first, *_ = proved(blocks_of(*formulas))
    assert first.verdict == "error"
    assert complaint in str(first)


def test_an_error_that_has_nothing_to_do_with_a_failed_block_does_not_name_it(proved):
    _, second = proved(blocks_of("y := q", r"z := \approx"))
    assert "failed" not in str(second)


def test_an_error_in_the_syntax_of_code_is_one_line(proved):
    (line,) = proved("```python\nx = 1\ny = (\n```\n")
    assert str(line).startswith("p.md:2: SyntaxError: ")
    assert str(line).endswith("(line 3)")
    assert "\n" not in str(line)


# what holds only because lengths coincide is refused, with numbers and the lengths


MEANS = r"""
```python
def mean(o):
    return (o * o).sum() / 2
```

```math
o \in \mathbb{R}^{n}, t \in \mathbb{R}^{n}
```

```math
Q := \frac{1}{n} \sum_{i} (o_{i} - t_{i})^2, \quad R := \frac{1}{n} \sum_{i} o_{i}^2
```
"""


def last_line(tmp_path, formula, **sizes):
    path = tmp_path / "p.md"
    path.write_text(f"{MEANS}\n```math\n{formula}\n```\n", encoding="utf-8")
    return [*ledger.Page.read(path, sizes).prove()][-1]


def test_a_factor_that_is_one_for_two_numbers_is_refused(tmp_path):
    line = last_line(tmp_path, r"\frac{\partial Q}{\partial o_{i}} = o_{i} - t_{i}")
    assert line.verdict == "refused"
    assert line.message.endswith("with n = 3")
    right = last_line(tmp_path, r"\frac{\partial Q}{\partial o_{i}} = \frac{2}{n}\,(o_{i} - t_{i})")
    assert right.verdict == "proved"


def test_a_claim_for_given_lengths_is_looked_at_there_alone(tmp_path):
    claim = r"\frac{\partial Q}{\partial o_{i}} = o_{i} - t_{i}"
    assert last_line(tmp_path, rf"{claim} \quad\text{{for}}\quad n = 2").verdict == "proved"
    assert last_line(tmp_path, claim, n=2).verdict == "proved"


def test_code_that_divides_by_two_instead_of_n_is_refused(tmp_path):
    line = last_line(tmp_path, r"R = \texttt{mean}(o)")
    assert line.verdict == "refused"
    assert "n = 3" in line.message
