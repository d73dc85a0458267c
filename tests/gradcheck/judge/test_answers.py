"""What is said of an argument names the argument, the kind of the finding, and what to do."""

import pytest

from mlp.gradcheck.finding import Finding
from mlp.gradcheck.judge.answers import (
    DOUBTS,
    Answer,
    correct_nearby,
    doubtful,
    no_subgradient,
    without_slope,
    wrong_nearby,
)


def found(answer):
    (finding,) = answer.findings
    return answer.verdict, finding.kind, finding.severity, finding.argument, finding.message


def test_a_doubt_decides_nothing():
    answer = doubtful("W", "noise", "too loud")
    assert found(answer) == ("inconclusive", "noise", "doubt", "W", "too loud")


@pytest.mark.parametrize("kind", DOUBTS)
def test_where_there_is_no_slope_the_reason_is_said(kind):
    verdict, said, severity, _, message = found(without_slope("W", kind))
    assert (verdict, severity, message) == ("inconclusive", "doubt", DOUBTS[kind])
    assert said == ("domain" if kind == "domain" else "jump")


def test_what_was_found_at_another_point_is_said_of_that_point():
    elsewhere = Answer("wrong", None, (Finding("mismatch", "fault", "W", "off by 2"),))
    assert found(wrong_nearby(elsewhere, "nearby"))[-1] == "nearby: off by 2"
    accepted = correct_nearby(Answer("correct", None), "W", "kink", "a kink here")
    assert found(accepted) == ("correct", "kink", "note", "W", "a kink here")


def test_beyond_both_slopes_by_hand_is_wrong_also_where_it_is_right_nearby():
    for nearby in (None, Answer("correct", None)):
        verdict, kind, severity, _, message = found(no_subgradient("W", (), nearby))
        assert (verdict, kind, severity) == ("wrong", "mismatch", "fault")
        assert message.endswith("nudged points") == (nearby is not None)
