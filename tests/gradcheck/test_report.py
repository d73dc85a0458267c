"""The answer: its verdict, and its three forms."""

import dataclasses
import json
import re

import numpy as np
import pytest

from mlp.gradcheck.finding import Argument, Entry, Finding, Steps
from mlp.gradcheck.report import LINES, SCHEMA, Report

FAULT = Finding("mismatch", "fault", "W", "3 of 4 entries wrong", (Entry((0, 1), 2.0, 1.0, 1e-9),))
DOUBT = Finding.doubt("vacuous", "nothing was compared")
NOTE = Finding("kink", "note", "W", "a kink here")
ROW = Argument("W", "correct", 1.5, 1.5, 1e-11, 1e-10, 6, 0)


def report(*findings, arguments=(ROW,), subject="g as the gradient of f", unchecked=()):
    cost = (20, 7, 0.01, 3, 1e-6)
    return Report(
        subject, findings, tuple(arguments), unchecked, *cost, rtol_raised=False, reproduce="check"
    )


@pytest.mark.parametrize(
    ("findings", "verdict"),
    [
        ((), "correct"),
        ((NOTE,), "correct"),
        ((NOTE, DOUBT), "inconclusive"),
        ((DOUBT, FAULT, NOTE), "wrong"),
    ],
)
def test_the_verdict_is_the_worst_of_what_was_found(findings, verdict):
    assert report(*findings).verdict == verdict
    assert bool(report(*findings)) == (verdict == "correct")


def test_the_text_says_the_worst_first_and_everything_once():
    text = str(report(NOTE, DOUBT, FAULT, unchecked=("b", "c")))
    assert text.startswith("WRONG: g as the gradient of f\n")
    assert text.index("mismatch: W:") < text.index("vacuous:") < text.index("kink: W:")
    assert "W[0, 1]  by hand 2, numeric 1 ± 1e-09" in text
    assert "unchecked: b, c" in text
    assert "20 forward and 7 backward evaluations, 0.01 s, rtol 1e-06\n" in text
    assert text.endswith("repeat: check")


def test_a_raised_tolerance_is_said_to_be():
    assert "rtol 1e-06 (raised)" in str(dataclasses.replace(report(), rtol_raised=True))


def test_what_was_accepted_is_said():
    assert "accept" not in str(report())
    assert ", accept 1e-06\n" in str(dataclasses.replace(report(), accept=1e-6))
    by_name = dataclasses.replace(report(), accept={"W": 1e-6, "b": 0.01})
    assert ", accept 1e-06 in W, accept 0.01 in b\n" in str(by_name)
    assert json.loads(by_name.to_json())["accept"] == {"W": 1e-6, "b": 0.01}
    assert "accept 1e-06 in W" in by_name.to_html()


def test_however_much_is_found_the_text_fits_on_a_screen():
    rows = [dataclasses.replace(ROW, name=f"W{i}") for i in range(50)]
    rows[49] = dataclasses.replace(rows[49], verdict="wrong")
    long = dataclasses.replace(FAULT, message="\n".join("abc"), entries=FAULT.entries * 40)
    for findings in ([], [long] * 30, [NOTE] * 10):
        lines = str(report(*findings, arguments=rows)).splitlines()
        assert len(lines) <= LINES == 25
        assert any(line.lstrip().startswith("W49 ") for line in lines)
        assert "  ... and 42 more" in lines
        assert lines[-1] == "repeat: check"
    assert "... and 35 more entries" in str(report(long))


def test_dead_entries_are_counted_beside_the_verdict():
    assert ROW.remark == "correct"
    assert dataclasses.replace(ROW, dead=2).remark == "correct, 2 of 6 are 0"
    assert "correct, 2 of 6 are 0" in str(report(arguments=[dataclasses.replace(ROW, dead=2)]))


def test_plain_data_holds_every_field_and_the_version_of_its_form():
    found = report(FAULT).to_dict()
    assert (found.pop("schema"), found.pop("verdict")) == (SCHEMA, "wrong")
    assert found.pop("decided_by") == "differences"
    assert set(found) == {field.name for field in dataclasses.fields(Report)}
    assert found["findings"][0]["entries"][0]["index"] == (0, 1)


SCHEMA_1 = {  # what a reader of schema 1 finds, by its name
    "report": "schema verdict subject findings arguments unchecked evaluations "
    "backward_evaluations seconds seed rtol rtol_raised reproduce",
    "argument": "name verdict by_hand numeric error_bar smallest_detectable size dead shape ladder "
    "entries",
    "ladder": "by_hand numeric error_bar step noise kind rungs",
    "finding": "kind severity argument message entries diagnosis",
    "entry": "index by_hand numeric error_bar",
}


def test_a_reader_of_the_first_schema_finds_all_it_knows():
    steps = Steps(1.0, 1.0, 1e-9, 0.1, 1e-16, "smooth", ((0.1, 1.0, 1.0),))
    row = dataclasses.replace(ROW, ladder=steps, entries=FAULT.entries)
    read = json.loads(report(FAULT, arguments=[row]).to_json())
    (argument,), (finding,) = read["arguments"], read["findings"]
    parts = read, argument, argument["ladder"], finding, finding["entries"][0]
    for name, part in zip(SCHEMA_1, parts, strict=True):
        assert {*SCHEMA_1[name].split()} <= {*part}, name
    assert (read["decided_by"], argument["decided_by"], argument["silent"]) == (
        *("differences", "differences"),
        "",
    )


@pytest.mark.parametrize(
    ("deciders", "said"),
    [
        ((), None),
        (("tangent",), "tangent"),
        (("both", "both"), "both"),
        (("differences", "tangent"), "both"),
    ],
)
def test_who_decided_over_several_arguments(deciders, said):
    rows = [dataclasses.replace(ROW, decided_by=name) for name in deciders]
    assert report(arguments=rows).decided_by == said


def test_a_doubt_is_nobodys_verdict():
    row = dataclasses.replace(ROW, verdict="inconclusive", decided_by="both")
    assert row.remark == "inconclusive"


def test_one_reason_for_silence_is_said_once():
    rows = [dataclasses.replace(ROW, name=name, silent="a tie") for name in "WX"]
    rows.append(dataclasses.replace(ROW, name="b", silent="np.pad at layers.py:3"))
    text = str(report(arguments=rows))
    assert "the tangent is silent: a tie (W, X)\nthe tangent is silent: np.pad at lay" in text


def test_all_of_it_is_said_where_it_is_asked_for():
    rows = [dataclasses.replace(ROW, name=f"W{i}") for i in range(50)]
    long = [dataclasses.replace(FAULT, entries=FAULT.entries * 40)] * 3
    found = report(*long, arguments=rows)
    assert "lines: print(report.text(verbose=True))" in str(found)
    for line, how in (("mlp verify a.py", "repeat with --verbose"), ("pytest a.py", "-vv")):
        assert re.search(f"more lines: .*{how}\n", str(dataclasses.replace(found, reproduce=line)))
    lines = found.text(verbose=True).splitlines()
    assert sum(line.startswith("  W") for line in lines) == 50
    assert sum(line.startswith("    W[") for line in lines) == 120
    assert not any("..." in line for line in lines)


def test_json_is_the_plain_data_and_strict():
    rows = [ROW, dataclasses.replace(ROW, by_hand=np.nan, error_bar=np.inf, numeric=-np.inf)]
    read = json.loads(report(FAULT, arguments=rows).to_json(), parse_constant=pytest.fail)
    assert read["schema"] == SCHEMA
    assert read["arguments"][0] == dataclasses.asdict(ROW) | {"shape": [], "entries": []}
    assert [read["arguments"][1][key] for key in ("by_hand", "error_bar", "numeric")] == [
        "nan",
        "inf",
        "-inf",
    ]
    assert read["findings"][0]["entries"] == [
        {"index": [0, 1], "by_hand": 2.0, "numeric": 1.0, "error_bar": 1e-9}
    ]


def test_a_report_is_a_page_a_piece_of_one_and_a_figure():
    assert report().to_html().startswith("<!doctype html>")
    assert report()._repr_html_().startswith('<div class="mlp">')
    assert report().plot().get_suptitle() == "correct: g as the gradient of f"


def test_a_report_cannot_be_changed():
    with pytest.raises(dataclasses.FrozenInstanceError):
        report().seed = 4
