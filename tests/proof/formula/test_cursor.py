"""A cursor moves from word to word, and says what came where something else must."""

import pytest

from mlp.proof.formula.cursor import Cursor
from mlp.proof.formula.syntax import LatexError
from mlp.proof.formula.words import tokens


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
