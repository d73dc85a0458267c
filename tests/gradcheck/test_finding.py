"""A finding in words: the argument, the message, and no more entries than are read."""

import dataclasses

import pytest

from mlp.gradcheck.finding import Argument, Entry, Finding, apart, inside, told

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


@pytest.mark.parametrize(
    ("one", "other", "shown"),
    [
        (2.0, 1.0, ("2", "1")),
        (0.25, 0.25, ("0.25", "0.25")),
        (0.51127159123, 0.51127159456, ("0.5112715912", "0.5112715946")),
        (4.7487118233, 4.74871182321, ("4.74871182330", "4.74871182321")),
        (0.365402065, 0.3654020649, ("0.36540206500", "0.36540206490")),  # apart at 8, not at 9
        (1.0, 1.0 + 2**-52, ("1.0000000000000000", "1.0000000000000002")),
        (float("inf"), 1.0, ("inf", "1")),
    ],
)
def test_two_numbers_are_written_in_the_digits_that_show_how_they_differ(one, other, shown):
    assert apart(one, other, 8) == shown


def test_only_what_is_wrong_is_shown_in_more_digits():
    row = Argument("W", "correct", 1 / 3, 1 / 3 + 1e-14, 1e-11, 1e-10, 6, 0)
    assert row.numbers(11) == ("0.33333333333",) * 2
    wrong = dataclasses.replace(row, verdict="wrong")
    assert wrong.numbers(11) == ("0.333333333333333", "0.333333333333343")
