"""LaTeX as MathML: what each command becomes, and that nothing is guessed."""

import re
from xml.etree import ElementTree as ET

import pytest

from mlp.proof.formula.words import KNOWN, SAME, SMALL
from mlp.proof.html.glyphs import BRACKETS, SYMBOLS
from mlp.proof.html.mathml import COMMANDS, MathError, mathml, pieces


def drawn(latex):
    """Return the elements of a formula without those that only group, as nested tuples."""

    def of(node):
        inside = [of(child) for child in node]
        if node.tag == "mrow" and not node.attrib:
            return inside[0] if len(inside) == 1 else tuple(inside)
        return (node.tag, *inside) if inside else (node.tag, node.text or "")

    (content,) = ET.fromstring(mathml(latex))  # noqa: S314  # it is ours
    return of(content)


X, Y, TWO = ("mi", "x"), ("mi", "y"), ("mn", "2")

FORMULAS = {
    r"x^2": ("msup", X, TWO),
    r"x_y^2": ("msubsup", X, Y, TWO),
    r"x^2_y": ("msubsup", X, Y, TWO),
    r"\frac{x}{2}": ("mfrac", X, TWO),
    r"\sqrt{x}": ("msqrt", X),
    r"x := -2": (X, ("mo", "≔"), ("mo", "−"), TWO),
    r"\sum_{x} y": (("munder", ("mo", "∑"), X), Y),
    r"\max_x": ("munder", ("mo", "max"), X),
    r"\sigma''": (("mi", "σ"), ("mo", "″")),
    r"\mathrm{d}x": (("mi", "d"), X),
    r"\mathbf{1}": ("mi", "𝟏"),
    r"\mathbb{R}": ("mi", "ℝ"),
    r"\mathbb{1}": ("mi", "𝟙"),
    r"\mathbf x": ("mi", "𝐱"),
    r"\boldsymbol{\mu}": ("mi", "𝛍"),
    r"\mathcal{L}": ("mi", "ℒ"),  # older than the others
    r"\mathcal N": ("mi", "𝒩"),
    r"\mathsf{T}": ("mi", "𝖳"),
    r"\vec{x}": ("mover", X, ("mo", "→")),
    r"\dfrac{x}{2}": ("mfrac", X, TWO),
    r"\lvert x \rvert": (("mo", "|"), X, ("mo", "|")),
    r"\begin{align*} x \end{align*}": ("mtable", ("mtr", ("mtd", X))),
    r"\log x": (("mi", "log"), ("mspace", ""), X),
    r"\log(x)": (("mi", "log"), ("mo", "("), X, ("mo", ")")),
    r"\operatorname{erf}x": (("mi", "erf"), ("mspace", ""), X),
    r"0.25": ("mn", "0.25"),
    r"\dot x": ("mover", X, ("mo", "˙")),
    r"\dot x^2": ("msup", ("mpadded", ("mover", X, ("mo", "˙"))), TWO),
    r"2\big(x\big)^2": (TWO, ("msup", (("mo", "("), X, ("mo", ")")), TWO)),
    r"\text{if } x": (("mtext", "if\u00a0"), X),
    r"\texttt{relu.backward}": ("mtext", "relu.backward"),
    r"f : x \to y": (("mi", "f"), ("mo", ":"), X, ("mo", "→"), Y),
    r"^\top": ("msup", (), ("mi", "⊤")),
    r"\left\{ x \right)": (("mo", "{"), X, ("mo", ")")),
    r"\begin{cases} x & y \\ 2 & x \end{cases}": (
        ("mo", "{"),
        ("mtable", ("mtr", ("mtd", X), ("mtd", Y)), ("mtr", ("mtd", TWO), ("mtd", X))),
    ),
}


@pytest.mark.parametrize("latex", FORMULAS)
def test_a_formula_becomes_what_it_means(latex):
    assert drawn(latex) == FORMULAS[latex]


@pytest.mark.parametrize(
    ("latex", "form"),
    [("-x", "prefix"), ("y-x", "infix"), ("y=-x", "prefix"), (")-x", "infix"), ("(-x", "prefix")],
)
def test_a_minus_is_a_sign_or_a_difference_by_what_is_before_it(latex, form):
    assert f'<mo form="{form}">−</mo>' in mathml(latex)
    assert '<mo form="infix">+</mo>' in mathml("+ x", after="close")


@pytest.mark.parametrize(
    ("latex", "forms"), [("|x|", "prefix postfix"), ("2|x|", "postfix postfix")]
)
def test_a_bar_opens_where_an_operand_is_due(latex, forms):
    assert re.findall(r'form="(\w+)">\|', mathml(latex)) == forms.split()


def test_a_box_is_drawn_by_the_stylesheet_since_browsers_know_no_menclose():
    assert '<mrow class="boxed"><mi>x</mi></mrow>' in mathml(r"\boxed{x}")


def test_a_single_upright_letter_says_that_it_is_upright():
    assert '<mi mathvariant="normal">d</mi>' in mathml(r"\mathrm{d}")
    assert "<mi>NaN</mi>" in mathml(r"\mathrm{NaN}")


def test_a_formula_in_display_says_so_and_both_keep_their_source():
    assert mathml(r"x <  y", display=True).startswith('<math display="block" alttext="x &lt; y">')
    assert mathml("x").startswith('<math alttext="x">')


def test_a_formula_may_be_broken_at_the_ends_of_its_lines_outside_of_braces():
    assert pieces("a\n  = b\n") == [("a", ""), ("= b", "")]
    assert pieces("\\boxed{a\n = b}") == [("\\boxed{a\n = b}", "")]
    assert pieces("\\begin{aligned}\na &= b \\\\\n\\end{aligned}\n+ c")[1:] == [("+ c", "")]
    assert pieces("\\{ a\n, b \\}") == [("\\{ a", ""), (", b \\}", "")]


def test_a_formula_may_be_broken_at_a_wide_space_that_belongs_to_no_word():
    assert pieces(r"a, \qquad b") == pieces("a, \\qquad\n  b") == [("a,", "qquad"), ("b", "")]
    where = r"\text{where}\quad c"
    assert pieces(rf"a \quad{where}") == pieces(f"a\n\\quad{where}") == [("a", "quad"), (where, "")]
    assert pieces(r"\boxed{a \quad b}") == [(r"\boxed{a \quad b}", "")]


UNKNOWN = {
    r"\foo x": r"\foo is not known",
    r"x # y": "# is not known",
    r"\frac{x}": "something is missing before the end",
    r"{x": "} is missing before the end",
    r"x}": "} closes nothing",
    r"x & y": "& closes nothing",
    r"x_1_2": "a second _ on one symbol",
    r"x^1^2": "a second ^ on one symbol",
    r"\left( x": r"\right is missing before the end",
    r"\big x": r"( or [ or \{ or \langle is missing before x",
    r"\mathrm{a+b}": "} is missing before +",
    r"\mathbf{+}": "bold is for letters and digits",
    r"\mathbf{\partial}": "bold is for letters and digits",
    r"\begin{align} x \end{align*}": r"\begin{align} ends as align*",
    r"\mathbb{X}": "N or Z or Q or R is missing before X",
    r"\begin{array} x \end{array}": r"\begin{array} is not known",
    r"\begin{cases} x \end{aligned}": r"\begin{cases} ends as aligned",
    r"\begin{cases} x": r"& or \\ or \end is missing before the end",
    r"\href{javascript:alert(1)}{x}": r"\href is not known",
}


@pytest.mark.parametrize("latex", UNKNOWN)
def test_what_is_not_known_is_named_and_never_guessed(latex):
    with pytest.raises(MathError, match=re.escape(UNKNOWN[latex])):
        mathml(latex)


def test_every_command_that_is_proved_is_drawn():
    drawn = {*SYMBOLS, *COMMANDS, *BRACKETS, r"\\", r"\right"}
    words = {word for word in {*KNOWN, *SMALL, *SAME} if re.fullmatch(r"\\([a-zA-Z]+|.)", word)}
    assert words <= drawn
    for name in [word[len(r"\begin{") : -1] for word in SAME if word.startswith(r"\begin")]:
        mathml(rf"\begin{{{name}}} x \end{{{name}}}")
