"""Every public function of NumPy gives what floats give, or is named: it is never passed."""

import numpy as np
import pytest
from proof.run.soundness import SHELVES, outcome, printed, room_of, table, worst

from mlp.proof.run import functions


@pytest.mark.parametrize("room", SHELVES)
def test_a_function_gives_what_floats_give_or_is_named(room):
    rows = table(room)
    print(room, printed(rows))  # noqa: T201  # the counts are what it is for
    assert {
        name: said for name, said in rows.items() if worst(said) in {"different", "unnamed"}
    } == {}
    assert len(rows) >= 10
    assert room_of(next(iter(rows))) == room


def test_what_goes_another_way_than_floats_is_seen():
    def forgets(a):
        """Return floats where exact numbers came."""
        return 2 * a if a.__class__ is np.ndarray else np.array([1.5, 0.5, 0.875])

    def copies(a):
        """Write into a copy where exact numbers came."""
        target = a if a.__class__ is np.ndarray else a.copy()
        target += 1

    assert outcome("np.forgets", forgets, ["a"]).startswith("different")
    assert outcome("np.copies", copies, ["a"]).startswith("different")
    assert outcome("np.add", np.add, ["a", "b"]) == "same"
    assert outcome("np.floor", np.floor, ["a"]) == "named"
    assert outcome("np.add", np.add, ["I", "I"]) == ""


def test_a_rule_that_is_wrong_is_seen(monkeypatch):
    assert outcome("np.linalg.det", np.linalg.det, ["S"]) == "same"
    monkeypatch.setitem(functions.RULES, np.linalg.det, lambda A: A[0, 0])
    assert outcome("np.linalg.det", np.linalg.det, ["S"]).startswith("different")
