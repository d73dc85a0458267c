"""A finding in words: the argument, the message, and no more entries than are read."""

import dataclasses

import pytest

from mlp.gradcheck.finding import Entry, Finding, inside, told

ENTRY = Entry((0, 1), 2.0, 1.0, 1e-9)
FAULT = Finding("mismatch", "fault", "W", "2 entries wrong\ntwice as large", (ENTRY,))


def test_a_finding_names_its_argument_its_reasons_and_its_entries():
    assert told(FAULT) == [
        "mismatch: W: 2 entries wrong",
        "    twice as large",
        "    W[0, 1]  by hand 2, numeric 1 ± 1e-09",
    ]
    assert told(Finding.doubt("noise", "too loud")) == ["noise: too loud"]


@pytest.mark.parametrize(("count", "last"), [(6, "1 more entry"), (9, "4 more entries")])
def test_five_entries_are_shown_and_the_rest_counted(count, last):
    lines = told(dataclasses.replace(FAULT, entries=(ENTRY,) * count))
    assert len(lines) == 2 + 5 + 1
    assert lines[-1] == f"    ... and {last}"


def test_in_a_structure_the_index_is_that_of_the_array():
    assert inside("p['b'][0]", ("b", 0, 1)) == [1]
    assert inside("W", (0, 1)) == [0, 1]
