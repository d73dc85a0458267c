"""Odd calls of the checker: each ends in one clear line, and never in Python's own words.

A row says what is given, and what must be said of it: a refusal, which is raised, or a finding.
"""

import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import mlp
from mlp.gradcheck import check

X = np.array([1.0, 2.0, 3.0])


def square(x):
    return x**2


def squared(dO, x):
    return 2 * dO * x


def nested(depth, leaf=X):
    for _ in range(depth):
        leaf = [leaf]
    return leaf


def ring():
    held = [X.copy()]
    held.append(held)
    return held


class Mute:
    """What NumPy asks for an array, and does not get one."""

    def __array__(self, *_, **__):
        raise RuntimeError("no array of me")


def unlocks(x):
    x.flags.writeable = True
    x += 1
    return x**2


def unlocks_later(dO, x):
    x.setflags(write=True)
    x *= 2
    return dO * x


def unlocks_the_base(x):
    while x.base is not None:
        x = x.base
    return unlocks(x)


def appends(xs):
    xs.append(X.copy())
    return xs[0] ** 2


def replaces(xs):
    xs[0] = xs[0] + 1
    return xs[0] ** 2


def clears(xs):
    first = xs[0] ** 2
    xs.clear()
    return first


def keeps(held):
    held["seen"] = held["x"] ** 2
    return held["seen"]


def counts(held):
    held["calls"] += 1
    return held["x"] ** 2


def first(dO, xs):
    return [2 * dO * xs[0]]


def of_dict(dO, held):
    return {"x": 2 * dO * held["x"]}


REFUSED = {  # the call, and what the error says
    "a point of 900 levels": (lambda: check(lambda _: 1.0, lambda *_: None, nested(900)), "levels"),
    "a point that holds itself": (lambda: check(lambda xs: xs[0], first, ring()), "itself"),
    "wrt=1.5": (lambda: check(square, squared, X, wrt=1.5), "wrt must name .*1.5"),
    "wrt of an object": (lambda: check(square, squared, X, wrt=object()), "wrt must name"),
    "wrt=[]": (lambda: check(square, squared, X, wrt=[]), "wrt must name .*leave it out"),
    "wrt={}": (lambda: check(square, squared, X, wrt={}), "wrt must name .*leave it out"),
    "wrt=[0.0]": (lambda: check(square, squared, X, wrt=[0.0]), "wrt must name .*0.0"),
    "rng=1.5": (lambda: check(square, squared, X, rng=1.5), "rng must be a seed"),
    "a generator for checks": (
        lambda: mlp.testing.check_gradients(mlp.relu, rng=np.random.default_rng(0)),
        "check_gradients: rng must be a seed",
    ),
    "a word as the seed of checks": (
        lambda: mlp.testing.checks_of(mlp.relu, rng="0"),
        "checks_of: rng must be a seed",
    ),
    "a seed below 0 of tests": (
        lambda: mlp.testing.parametrize_with_checks([mlp.relu], rng=-1),
        "parametrize_with_checks: rng must be a seed",
    ),
    "a seed for points": (lambda: mlp.testing.given_points(mlp.relu, rng=0), "points: rng must be"),
}

SAID = {  # the functions, the argument, the kind of the finding and what it says
    "a result of 900 levels": (lambda x: nested(900, x), squared, X, "raised", "levels"),
    "a result that holds itself": (lambda _: ring(), squared, X, "raised", "itself"),
    "a gradient of 900 levels": (square, lambda *_: nested(900), X, "shape", "a list"),
    "a gradient that holds itself": (square, lambda *_: ring(), X, "shape", "a list"),
    "a structure's that does": (lambda xs: xs[0] ** 2, lambda *_: ring(), [X], "shape", "itself"),
    "a result of no array": (lambda _: [], squared, X, "vacuous", "nothing"),
    "a result of no entry": (lambda _: {}, squared, X, "vacuous", "nothing"),
    "a result that is no array": (lambda _: Mute(), squared, X, "raised", "no array of me"),
    "a part that is none": (lambda _: [X, Mute()], squared, X, "raised", "no array of me"),
    "a gradient that is none": (square, lambda *_: Mute(), X, "shape", "no array of me"),
    "forward unlocks": (unlocks, squared, X, "mutation", "forward writes into x"),
    "backward unlocks": (square, unlocks_later, X, "mutation", "backward writes into x"),
    "forward unlocks the base": (unlocks_the_base, squared, X, "mutation", "writes into x"),
    "forward appends": (appends, first, [X], "mutation", "forward writes into xs"),
    "forward replaces": (replaces, first, [X], "mutation", "forward writes into xs"),
    "forward clears": (clears, first, [X], "mutation", "forward writes into xs"),
    "forward keeps": (keeps, of_dict, {"x": X}, "mutation", "forward writes into held"),
    "forward counts": (counts, of_dict, {"x": X, "calls": 0}, "mutation", "forward writes into"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_call_that_cannot_be_answered_is_refused_in_one_line(name):
    call, said = REFUSED[name]
    with pytest.raises((TypeError, ValueError), match=said) as refused:
        call()
    assert "\n" not in str(refused.value)
    assert len(str(refused.value)) < 250


@pytest.mark.parametrize("name", SAID)
def test_functions_that_break_the_contract_are_named(name):
    forward, backward, argument, kind, said = SAID[name]
    report = check(forward, backward, argument)
    finding = report.findings[0]
    assert (finding.kind, report.verdict) == (
        kind,
        "wrong" if kind in {"mutation", "shape"} else "inconclusive",
    )
    assert said in finding.message.partition("\n")[0]
    assert len(finding.message.partition("\n")[0]) < 250


def by_turns(forward, backward):
    """Return what eight checks find in two threads that take turns, and what they find alone."""

    def told(seed):
        report = check(
            lambda x: (time.sleep(0), forward(x, seed))[1], backward[seed % 2], X, rng=seed
        )
        return report.verdict, report.arguments, report.findings

    with ThreadPoolExecutor(2) as pool:
        return [*pool.map(told, range(8))], [told(seed) for seed in range(8)]


SLOPES = (lambda dO, x: dO / np.cosh(x) ** 2, lambda dO, x: dO / np.cosh(x))  # right, wrong


def test_two_checks_in_two_threads_do_not_disturb_each_other():
    together, alone = by_turns(lambda x, _: np.tanh(x), SLOPES)
    assert together == alone
    assert [verdict for verdict, *_ in alone] == ["correct", "wrong"] * 4


def test_two_checks_whose_forward_is_shared_do():
    last = [0]

    def forward(x, seed):
        mine, last[0] = last[0] == seed, seed
        return np.tanh(x) if mine else np.sin(x)

    together, alone = by_turns(forward, SLOPES)
    assert together != alone
