"""An error is named in one line, with the line of whose code raised it."""

import pytest

from mlp.proof.run.answer import Concluded, named


def test_an_error_is_named_with_its_place():
    with pytest.raises(ZeroDivisionError) as error:
        _ = 1 / 0
    assert named(error.value).startswith("ZeroDivisionError: division by zero (test_answer.py:")
    assert named(ValueError("two\n  lines")) == "ValueError: two lines"


def test_an_answer_says_its_reason():
    answer = Concluded("not proved", "it is too long")
    assert (answer.verdict, str(answer), answer.counterexample) == (
        "not proved",
        answer.reason,
        None,
    )
