"""A formula is cut into words, and what is no word of ours is refused where it stands."""

import pytest

from mlp.proof.formula.syntax import LatexError
from mlp.proof.formula.words import tokens, without_boxes


def texts(formula):
    return [word.text for word in tokens(formula)]


def test_spaces_and_the_sizes_of_parentheses_are_dropped():
    assert texts(r"\Big( a\,b \Big)") == texts("(ab)") == ["(", "a", "b", ")"]


def test_text_code_and_environments_are_one_word():
    assert texts(r"\text{ where }") == [r"\text{where}"]
    assert texts(r"\texttt{softmax\_x.f}(Z)")[0] == r"\texttt{softmax\_x.f}"
    assert texts(r"\mathrm{d}P") == [r"\mathrm", "{", "d", "}", "P"]


def test_a_word_knows_its_line_on_the_page_and_its_place_in_the_block():
    found = tokens("a =\n  b", line=50)
    assert [(word.text, word.line) for word in found] == [("a", 50), ("=", 50), ("b", 51)]
    assert found[-1].span == (6, 7)


@pytest.mark.parametrize(
    ("formula", "complaint"),
    [
        (r"a \approx b", r"do not know the command \\approx"),
        (r"\operatorname{erf}(z)", r"do not know the command \\operatorname"),
        (r"\foo{x}", r"do not know the command \\foo"),
        ("a ~ b", "cannot read '~'"),
        ("a \N{SUPERSCRIPT TWO}", "cannot read"),
    ],
)
def test_an_unknown_command_or_letter_is_refused(formula, complaint):
    with pytest.raises(LatexError, match=complaint) as refusal:
        tokens(f"a\n{formula}", line=9)
    assert refusal.value.line == 10


def test_a_box_is_noticed_and_taken_off():
    found, boxed = without_boxes(tokens(r"\boxed{a_{i} = b}"))
    assert boxed
    assert [word.text for word in found] == ["a", "_", "{", "i", "}", "=", "b"]
    assert not without_boxes(tokens("a = b"))[1]
