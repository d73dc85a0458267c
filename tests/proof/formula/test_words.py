"""A formula is cut into words, one comes after another, and what is no word of ours is refused."""

import pytest

from mlp.proof.formula.syntax import LatexError
from mlp.proof.formula.words import Cursor, tokens, without_boxes


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
        (r"\opertorname{erf}(z)", r"\\opertorname: is it \\operatorname\?"),
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


# one word after another


def over(formula, line=1):
    return Cursor(tokens(formula, line), line, formula)


def test_to_look_at_a_word_does_not_pass_over_it():
    cursor = over("a + b")
    assert (cursor.peek(), cursor.peek(2), cursor.peek(3)) == ("a", "b", "")
    assert cursor.place == 0


def test_a_word_that_may_come_is_passed_over_if_it_does():
    cursor = over("a + b")
    assert not cursor.accept("+", "-")
    assert cursor.accept("a", "b")
    assert cursor.take() == "+"


def test_a_word_that_must_come_and_does_not_is_an_error_at_its_line():
    cursor = over("a\n= b", line=7)
    assert cursor.take("a") == "a"
    with pytest.raises(LatexError, match=r"expected \+ or -, but = came") as refusal:
        cursor.take("+", "-")
    assert refusal.value.line == 8
    with pytest.raises(LatexError, match="expected more, but it ends"):
        over("").take()


def test_a_list_ends_where_no_separator_is_left_or_where_conditions_begin():
    cursor = over("a, b & , c d")
    assert [*cursor.list_of(cursor.take, ",", "&")] == ["a", "b", "c"]
    cursor = over(r"a, \text{where} b")
    assert [*cursor.list_of(cursor.take, ",")] == ["a"]
    assert cursor.peek() == ","  # which is for the conditions to pass over


def test_what_was_written_is_told_on_one_line_without_the_marks_of_its_rows():
    cursor = over("a &= b \\\\\n  c")
    for _ in cursor.words:
        cursor.take()
    assert cursor.text(0) == "a = b c"
    assert cursor.text(5) == "c"


def test_words_are_passed_over_together_up_to_one_or_for_as_long_as_they_come():
    cursor = over("'' (a b) c")
    assert (cursor.skip("'"), cursor.skip("'")) == (2, 0)
    assert cursor.between("(", lambda: [cursor.take(), cursor.take()], ")") == ["a", "b"]
    cursor.take_all("c")
    with pytest.raises(LatexError, match="expected more, but it ends"):
        cursor.take_to("}")
    assert over("a b } c").take_to("}") == ["a", "b"]
