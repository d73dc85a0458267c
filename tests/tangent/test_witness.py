"""What the witness says, and the lies at which it must be silent."""

import itertools
import re

import numpy as np
import pytest
from differences import along, direction

from mlp.tangent import Silence, Witnessed, ask, witness

X = np.random.default_rng(0).normal(size=(4, 3))
D = direction(np.random.default_rng(1), X.shape)


def asked(forward, x=X, d=D, v=None, **options):
    size = np.size(forward(x)) if v is None else len(v)
    v = np.random.default_rng(2).uniform(0.5, 1.5, size) if v is None else v
    return ask(forward, [x], [d], v, **options), v


def newton(x):
    y, c = 1.0, (x**2).sum()
    for _ in range(30):
        y = y - (y * y - c) / (2 * y)
    return y


def leaky_in_place(x):
    x = x.copy()
    x[x < 0] *= 0.1
    return x


def bisection(x):
    low, high, c = 0.0, 10.0, (x**2).sum()
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if middle * middle < c else (low, middle)
    return middle


TABLE = np.linspace(-4, 4, 4001) ** 2


def table_lookup(x):
    return TABLE[np.round((x + 4) * 500).astype(int)]


def cached(f):
    kept = {}

    def run(x):
        key = round(float(x[0, 0]), 6)
        if key not in kept:
            kept[key] = f(x)
        return kept[key]

    return run


@pytest.mark.parametrize(
    "forward",
    [
        newton,
        leaky_in_place,
        lambda x: np.tanh(x @ np.ones((3, 2))).sum(axis=0),
        lambda x: np.sort(x, axis=0),
        lambda x: np.exp(x) / np.exp(x).sum(axis=1, keepdims=True),
        lambda x: {"a": x * x, "b": [x.sum(), 3.0]},
    ],
)
def test_it_says_what_differences_say_and_more_sharply(forward):
    def flat(x):
        result = forward(x)
        if isinstance(result, dict):
            result = [*result["a"].ravel(), *result["b"]]
        return np.ravel(result)

    v = np.random.default_rng(3).uniform(0.5, 1.5, flat(X).size)
    said = ask(forward, [X], [D], v)
    assert isinstance(said, Witnessed)
    assert abs(said.slope - along(lambda x: v @ flat(x), X, D)) < 1e-8 * abs(said.slope) + 1e-9
    assert said.bar < 1e-13 * max(abs(said.slope), 1)


@pytest.mark.parametrize(
    "forward",
    [bisection, table_lookup, cached(lambda x: x * x), lambda x: np.round(x, 1)],
)
def test_what_selects_is_nearer_than_a_step_so_that_nobody_trusts_the_slope(forward):
    said, _ = asked(forward)
    assert isinstance(said, Witnessed)
    assert said.jump < 0.1


@pytest.mark.parametrize(
    ("forward", "reason"),
    [
        (lambda x: np.abs(x - X), "a tie"),
        (lambda x: np.maximum(x, X), "a tie"),
        (lambda x: x.astype(np.float32) * 2.0, "cast to fewer digits"),
        (lambda x: np.sqrt(x - X) + 0 * x, "not finite"),
        (lambda x: np.sqrt((x - X)[0] * 0), "not finite"),
        (lambda x: np.frexp(x)[0], r"frexp has no rule at test_witness\.py:\d+"),
        (lambda x: np.array(memoryview(x)), "TypeError: memoryview"),
        (lambda x: 1 / 0 if type(x) is not np.ndarray else x, "ZeroDivisionError"),
    ],
)
def test_it_is_silent_and_says_why(forward, reason):
    with np.errstate(all="ignore"):
        said, _ = asked(forward)
    assert isinstance(said, Silence)
    assert re.search(reason, said.reason)


def test_a_tangent_that_user_code_loses_and_forgets_is_silence():
    def forward(x):
        try:
            return np.asarray(memoryview(x)) * 1.0
        except TypeError:
            pass
        try:
            return np.ones(3) * complex(x[0, 0]).real
        except TypeError:
            return x.sum(axis=0)

    said, _ = asked(forward, v=np.ones(3))
    assert isinstance(said, Silence)
    assert said.reason.startswith("complex() at test_witness.py:")


def test_another_value_is_silence():
    count = itertools.count()
    said = ask(lambda x: x * next(count), [X], [D], np.ones(X.size))
    assert said == Silence("forward has another value when it runs with tangents")


def test_arguments_that_stay_and_structures_that_move():
    point = ({"W": X, "b": np.ones(3)}, 2.0)
    said = ask(lambda p, c: c * p["W"] @ p["b"], point, ({"W": D, "b": 0 * D[0]}, None), np.ones(4))
    assert said.slope == pytest.approx(2 * D.sum())
    assert (point[0]["b"] == 1).all()


def test_the_bar_grows_where_rounding_is_amplified():
    def cancelling(x):
        return (x + 1e8) ** 2 - 2e8 * x - 1e16

    plain, _ = asked(lambda x: x**2)
    amplified, _ = asked(cancelling)
    assert amplified.bar > 1e5 * plain.bar
    exact, v = 2 * X * D, asked(cancelling)[1]
    assert abs(amplified.slope - v @ exact.ravel()) <= amplified.bar


def test_the_seed_decides_the_bar():
    first, again, other = (asked(newton, seed=seed)[0] for seed in (1, 1, 2))
    assert first == again
    assert first.slope == other.slope
    assert first.bar != other.bar


def test_a_witness_whose_rounding_is_not_random_would_have_no_bar(monkeypatch):
    monkeypatch.setattr(witness, "RUNS", 1)
    monkeypatch.setattr(witness.Trail, "rounded", lambda _, value: value)
    said, _ = asked(newton)
    assert said.bar < 1e-15
