"""No report says a sentence that contradicts the numbers printed above it."""

import dataclasses
import warnings

import numpy as np
import pytest
from reading import contradictions
from trials import FAMILIES, run

import mlp
from mlp.gradcheck.finding import Entry, Finding
from mlp.gradcheck.judge import bench

SEED, CASES = 2026, 2
CHECKED = [family for family in FAMILIES if family.tool == "check" and family.sample]
REPORT = mlp.check(np.sin, lambda dO, x: dO * np.cos(x), np.ones(3))
(ROW,) = REPORT.arguments


@pytest.mark.parametrize("family", CHECKED, ids=lambda family: family.name)
def test_no_report_of_a_family_contradicts_itself(family, monkeypatch):
    moves, found = [], []
    place_nearby = bench.place_nearby

    def counted(*args, **options):
        moves.append(args)
        return place_nearby(*args, **options)

    monkeypatch.setattr(bench, "place_nearby", counted)
    check = run.tool(family.tool)

    def read(*args, **options):
        moves.clear()
        report = check(*args, **options)
        found.extend(contradictions(report, nudged=bool(moves)))
        return report

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # of what some family does by design
        for index in run.chosen(family, CASES, SEED):
            family.trial(index, SEED, read)
    assert found == []


def with_row(*findings, **numbers):
    """Return a report with one row of these numbers."""
    row = dataclasses.replace(ROW, **numbers)
    return dataclasses.replace(REPORT, arguments=(row,), findings=findings)


def note(said, kind="vacuous", entries=()):
    """Return a finding that says so of x."""
    return Finding(kind, "note", "x", said, entries)


@pytest.mark.parametrize(
    ("report", "nudged"),
    [
        (with_row(note("by hand and numeric are both 0, here")), True),
        (with_row(note("the gradient is 0 at this point; correct at 1 x away"), dead=2), True),
        (with_row(note("checked with full power at a nudged point")), False),
        (
            with_row(note("agree within the error bar"), by_hand=1.0, numeric=1.5, verdict="wrong"),
            True,
        ),
        (with_row(note("no single entry is off", entries=(Entry((0,), 1.0, 2.0, 0.1),))), True),
        (with_row(note("decided by the tangent of forward's operations")), True),
        (
            with_row(note("off by 1.0e-01 of the largest entry, within accept=0.01", "accepted")),
            True,
        ),
        (with_row(note("by hand is 5e-12, which differences cannot show")), True),
        (with_row(note("by hand 0.51127159, numeric 0.51127159 ± 8e-13", "mismatch")), True),
        (with_row(note("1 wrong", "mismatch", (Entry((0,), 1.0, 1.0 + 1e-9, 1e-6),))), True),
        (with_row(by_hand=1.0, numeric=2.0, verdict="correct"), True),
    ],
)
def test_a_report_that_contradicts_itself_is_found(report, nudged):
    assert len(contradictions(report, nudged=nudged)) == 1


def test_a_report_that_does_not_is_let_pass():
    assert contradictions(REPORT, nudged=False) == []
