"""What a verdict is, once: the worst wins, and no table beside this one says otherwise."""

import re
from pathlib import Path

import pytest
from pages import ROOT

import mlp.verdict
from mlp.command.help import STATUS, STATUS_PROVE
from mlp.verdict import SEVERITIES, VERDICTS, exit_status, holds, rank, worst

CHECKS = ("correct", "inconclusive", "error", "wrong")
PROOFS = ("proved", "proved (definition)", "checked", "not proved", "error", "refused")


def test_the_worst_wins():
    assert worst(["correct", "error", "inconclusive"]) == "error"
    assert worst(["wrong", "error"]) == "wrong"
    assert worst(["checked", "proved"]) == "checked"
    assert worst(["refused", "error", "not proved"]) == "refused"
    for words in (CHECKS, PROOFS):
        assert sorted(words, key=rank) == [*words]


def test_of_no_verdicts_it_is_correct_unless_said():
    assert worst([]) == "correct"
    assert worst([], "not proved") == "not proved"


@pytest.mark.parametrize("ask", [rank, holds, lambda word: worst([word, "correct"])])
def test_what_is_no_verdict_fails(ask):
    for word in ("", "Correct", "right", "fault"):
        with pytest.raises(KeyError):
            ask(word)


def test_what_holds_is_what_a_run_may_end_well_with():
    assert [word for word in (*CHECKS, *PROOFS) if holds(word)] == [
        *("correct", "proved", "proved (definition)", "checked")
    ]


def test_the_exit_statuses_are_those_of_the_pages_and_of_the_help():
    readme = " ".join((ROOT / "README.md").read_text(encoding="utf-8").split())
    said = readme.partition("The exit status is that of the worst result: ")[2]
    assert said.startswith("1 wrong, 3 cannot be checked, 2 inconclusive, 0 correct.")
    assert [VERDICTS[word].exit_status for word in reversed(CHECKS)] == [1, 3, 2, 0]
    guide = ROOT / "derivations" / "guide" / "proofs.md"
    proofs = " ".join(guide.read_text(encoding="utf-8").split())
    said = proofs.partition("The exit status is 1 where something is refused, ")[2]
    assert said.startswith("3 where something cannot be read, 2 where something is not proved, 0 e")
    assert [VERDICTS[word].exit_status for word in reversed(PROOFS)] == [1, 3, 2, 0, 0, 0]
    for text in (STATUS, STATUS_PROVE):
        assert re.findall(r"^  (\d)", text, re.MULTILINE) == ["1", "4", "3", "2", "0"]


def test_the_table_in_the_docstring_is_the_table():
    said = re.findall(r"^    (\S.*?)  +(\d)  ", mlp.verdict.__doc__, re.MULTILINE)
    assert said == [(word, str(v.exit_status)) for word, v in VERDICTS.items()]
    assert exit_status(["inconclusive", "correct"]) == 2
    assert (exit_status([]), exit_status([], "not proved")) == (0, 2)


def test_what_was_found_makes_a_verdict_in_the_same_order():
    assert [rank(verdict) for verdict in SEVERITIES.values()] == sorted(
        map(rank, SEVERITIES.values()), reverse=True
    )


def test_a_mark_beside_an_equation_has_a_colour_on_the_page():
    style = (Path(mlp.__file__).parent / "proof" / "page.css").read_text(encoding="utf-8")
    for word in PROOFS:
        assert word == "proved (definition)" or f".{word.replace(' ', '-')}" in style
