"""A seeded sample of the calls of tests/gate, and that each fault of an answer would be seen."""

import warnings

import numpy as np
import pytest
from gate import functions, judge, run
from gate.functions import FUNCTIONS, by_hand
from gate.values import REFUSED, Odd

SEED = 2024


def test_every_public_function_is_called_or_is_an_inner_line():
    assert functions.untried() == []
    names = {f.name for f in FUNCTIONS}
    assert {"affine.backward", "descent.descend", "initialise.he", "network.predict"} <= names
    assert not names & functions.INNER


def test_a_function_that_nobody_tries_is_found(monkeypatch):
    monkeypatch.setattr(functions, "INNER", functions.INNER - {"softmax.raised"})
    assert functions.untried() == ["softmax.raised"]


@pytest.mark.parametrize("part", range(4))
def test_every_call_ends_in_the_right_answer_or_in_one_line(part):
    cases = range(400 * part, 400 * (part + 1))
    found = run.several(cases, SEED)
    assert found == [], run.table(found, len(cases))


def test_a_call_is_settled_by_its_seed_and_number():
    for case in range(50):
        one, again = run.drawn(SEED, case), run.drawn(SEED, case)
        assert (one[0].name, one[2]) == (again[0].name, again[2])


def room_half(x):
    if x == "hello":
        raise ValueError("room.half: x must be a number, but is 'hello'")
    return x / 2


def faults(answer, given="hello", means=REFUSED):
    """Return what is said of a function that answers so."""
    function = by_hand(answer, name="room.half", x=(1.0, lambda *_: Odd("x", given)), truth=None)
    call = judge.Call({"x": given}, ("x",), means if means is REFUSED else {"x": means}, ("x",))
    return [*judge.faults(function, call)]


def raising(error):
    def answer(_):
        raise error

    return answer


def says(text):
    return raising(ValueError(text))


BAD = {
    "is accepted": lambda _: 3,
    "ends in KeyError": raising(KeyError("x")),
    "ends in OverflowError": raising(OverflowError("room.half: x must be less, but is more")),
    "is refused in more than a line": says("room.half: x must be a number,\nbut is 'hello'"),
    "is refused without the function's name": says("x must be a number, but is 'hello'"),
    "is refused without the argument's name": says("room.half: it must be a number, but is 'x y'"),
    "is refused without what is required": says("room.half: x is not good, but 'hello'"),
    "is refused without what came": says("room.half: x must be a number"),
    "warns": lambda _: warnings.warn("careful", RuntimeWarning, stacklevel=1),
}


def test_a_good_refusal_has_no_fault():
    assert faults(room_half) == []
    assert faults(room_half, 3.0, 3.0) == []


@pytest.mark.parametrize("fault", BAD)
def test_a_bad_refusal_is_found(fault):
    assert fault in faults(BAD[fault]) or "argument's" in fault
    if "argument's" in fault:
        assert faults(says("room.half: it must be a number, but is not")) == [fault]


def test_a_bad_answer_is_found():
    def changes(x):
        x[0] = 0
        return room_half(x)

    memory = []

    def remembers(x):
        memory.append(x)
        return x / 2 + len(memory)

    assert faults(says("room.half: x must be even, but is 3.0"), 3.0, 3.0) == ["is refused"]
    by_first = iter([1.0, 2.0, 2.0])
    assert "is answered wrong" in faults(lambda _: next(by_first), 3.0, 3.0)
    assert "an argument is written to" in faults(changes, np.ones(3), np.ones(3))
    assert "the second call ends otherwise" in faults(remembers, 3.0, 3.0)


def test_nan_must_stay_nan_and_an_overflow_must_not_become_a_number():
    truth = np.array([judge.mp.nan, judge.mp.mpf(10) ** 400], object)
    given = [np.array([np.nan, np.inf])]
    assert judge.truly(np.array([np.nan, np.inf]), truth, given)
    assert judge.truly(np.array([np.nan, np.nan]), truth, given)
    assert not judge.truly(np.array([0.0, np.inf]), truth, given)
    assert not judge.truly(np.array([np.nan, 3.0]), truth, given)
    assert not judge.truly(np.array([np.nan, -np.inf]), truth, given)
