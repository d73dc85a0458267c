"""What the witness says, and the lies at which it must be silent."""

import itertools
import re

import numpy as np
import pytest
from differences import along, direction

from mlp.tangent import Silence, TangentArray, Witnessed, ask, witness

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
        (lambda x: 1 / 0 if hasattr(x, "tangent") else x, "ZeroDivisionError"),
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


# ------------------------------------------------------------------ ways to lose a tangent

KEPT = {}
HEADS = np.zeros(3)
VIEW = HEADS[:2]


def through_a_global(x):
    KEPT["now"] = np.exp(x)
    return read_a_global()


def read_a_global():
    return KEPT["now"] * 2


def through_a_view(x):
    HEADS[:] = x.sum(axis=0)
    return VIEW * 3


def through_a_cell():
    kept = None

    def forward(x):
        nonlocal kept
        kept = x * x
        return read()

    def read():
        return kept + 1

    return forward


def on_the_diagonal(x):
    out = np.zeros((3, 3))
    np.einsum("ii->i", out)[:] = x[0]
    return out * 1


def into_an_array_of_no_axes(x):
    out = np.empty(())
    np.multiply(x[0, 0], 3, out=out)
    return out


@pytest.mark.parametrize(
    "forward",
    [
        through_a_global,
        through_a_view,
        through_a_cell(),
        on_the_diagonal,
        into_an_array_of_no_axes,
        lambda x: np.array([float(f"{v:.17g}") for v in x[0]]),
        lambda x: (x.astype(object) ** 2).astype(float),
        lambda x: x.astype(str).astype(float),
        lambda x: sum(v for v in np.where(np.arange(3) < 2, x[0], None) if v is not None),
        lambda x: np.sum(x, dtype=int) * 1.0,
        lambda x: x**2 if type(x) is np.ndarray else x**3,
        lambda x: x**2 if not isinstance(x, float) else x**3,
        lambda x: np.ediff1d(x, to_end=7.0),
        lambda x: np.sign(x[0] + 1j * x[1]).real,
        lambda x: np.heaviside(np.zeros(3), x[0]),
        lambda x: np.linalg.pinv(x[:3] * 0 + 1.0),
    ],
)
def test_a_tangent_is_followed_or_the_witness_is_silent(forward):
    ones = np.asfortranarray(np.ones((4, 3)))
    for x in (X, ones):
        with np.errstate(all="ignore"):
            said, v = asked(forward, x=x)
        if isinstance(said, Witnessed) and said.jump > 1e-2:
            true = along(lambda x, v=v: v @ np.ravel(forward(x)), x, D)
            assert abs(said.slope - true) <= said.bar + 1e-7 * abs(true) + 1e-9


def test_a_direction_in_another_memory_order_is_the_same_direction():
    x, d = np.asfortranarray([[1.0, 2], [3, 4]]), np.array([[1.0, 2], [3, 4]])
    said = ask(lambda x: x.ravel("K"), [x], [d], np.array([1.0, 10, 100, 1000]))
    assert said.slope == 4231


def test_the_directions_of_the_caller_stay_as_they_are():
    def forward(x):
        x *= 3
        return x

    d = D.copy()
    said = ask(forward, [X], [d], np.ones(X.size))
    assert said.slope == pytest.approx(3 * D.sum())
    assert (d == D).all()


@pytest.mark.parametrize(
    "forward",
    [
        lambda x: x > 0,
        lambda x: bool(x[0, 0] > 0),
        lambda x: (x * 2, None),
        lambda _: {"a": "b"},
    ],
)
def test_results_that_are_no_floats_raise_nothing_once_forward_has_run(forward):
    try:
        said = ask(forward, [X], [D], np.ones(X.size))
    except (TypeError, ValueError):
        said = Silence("the plain result is none")
    assert said is not None


def test_what_forward_keeps_is_plain_again():
    through_a_global(X)
    ask(through_a_global, [X], [D], np.ones(X.size))
    assert type(KEPT["now"]) is np.ndarray
    np.testing.assert_array_equal(KEPT["now"], np.exp(X))


def test_equal_eigenvalues_are_a_tie():
    x = np.eye(2)
    said = ask(np.linalg.eigvalsh, [x], [np.array([[0.0, 1], [1, 0]])], np.ones(2))
    assert said == Silence("a tie")


def test_a_branch_cut_is_a_jump():
    x, d = np.array([-1.0, 0.0]), np.array([0.0, 1.0])
    said = ask(lambda x: np.arctan2(x[1], x[0]), [x], [d], np.ones(1))
    assert said.jump == 0


# ------------------------------------------------------------------ forwards that are not NumPy's


class Foreign:
    """Cubes, in a way that no array can follow; ``factor`` is what its tangents are off by."""

    def __init__(self, factor=1.0, noise=0.0, **lies):
        self.factor, self.noise, self.lies = factor, noise, lies

    def __call__(self, x):
        return np.frombuffer(x.tobytes()) ** 3

    def pushforward(self, point, directions, trail):
        (x,), (d,) = point, directions
        wild = 0.0 if trail.rng is None else self.noise * trail.rng.normal()
        for name, lie in self.lies.items():
            setattr(trail, name, lie)
        return [TangentArray(x**3, self.factor * 3 * x**2 * d * (1 + wild), trail)]


def asked_of(foreign):
    x = np.array([0.5, 2.0])
    return ask(foreign, [x], [np.ones(2)], np.array([1.0, 0.0]))


def test_a_forward_may_push_its_own_tangents():
    said = asked_of(Foreign())
    assert said.slope == 0.75
    assert said.bar < 1e-15


def test_its_bar_comes_of_its_own_rounding():
    assert 1e-6 < asked_of(Foreign(noise=1e-6)).bar < 1e-3


@pytest.mark.parametrize(
    ("foreign", "reason"),
    [
        (Foreign(cast=True), "fewer digits"),
        (Foreign(bend=0.0), "a tie"),
        (Foreign(undefined=True), "not finite"),
        (Foreign(lost=["float() at a.py:1"]), "float() at a.py:1"),
        (Foreign(factor=np.nan), "the slope is not finite"),
    ],
)
def test_it_is_measured_like_any_other(foreign, reason):
    assert reason in asked_of(foreign).reason


def test_a_value_of_its_own_makes_it_silent():
    class Other(Foreign):
        def pushforward(self, point, directions, trail):
            (leaf,) = super().pushforward(point, directions, trail)
            return [TangentArray(leaf.value * 1.001, leaf.tangent, trail)]

    assert "another value" in asked_of(Other()).reason
