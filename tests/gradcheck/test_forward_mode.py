"""Forward mode: a right tangent is correct, and every mistake in one is found."""

import re
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import numpy as np
import pytest

import mlp
from mlp import check_tangent

X = np.array([0.3, -1.2, 2.5])
RNG = np.random.default_rng(0)
POINT = (RNG.normal(size=(3, 2)), RNG.normal(size=(2, 4)), RNG.normal(size=4))
A = RNG.normal(size=(4, 4))


def affine(X, W, b):
    return X @ W + b


def softmax(z):
    e = np.exp(z - z.max())
    return e / e.sum()


def normalised(x):
    return x / np.linalg.norm(x)


class Pair(NamedTuple):
    up: np.ndarray
    down: np.ndarray


def both(p):
    return {"s": np.sin(p.up) @ p.down, "t": p.down**2}


RIGHT = {
    "elementwise": (np.sin, lambda d, x: d * np.cos(x), X),
    "affine": (affine, lambda d, X, W, _: d[0] @ W + X @ d[1] + d[2], *POINT),
    "softmax": (softmax, lambda d, z: softmax(z) * (d - softmax(z) @ d), X),
    "normalised": (
        normalised,
        lambda d, x: d / np.linalg.norm(x) - x * (x @ d) / np.linalg.norm(x) ** 3,
        X,
    ),
    "a kink": (lambda x: np.maximum(x, 0), lambda d, x: d * (x > 0), np.array([0.0, 1.0, -1.0])),
    "a kink close by": (abs, lambda d, x: d * np.sign(x), np.array([1e-9, 1.0])),
    "linalg": (np.linalg.inv, lambda d, M: -np.linalg.inv(M) @ d @ np.linalg.inv(M), A),
    "a matrix": (lambda x: A @ x, lambda d, _: A @ d, A[0]),
    "float32": (np.tanh, lambda d, x: d / np.cosh(x) ** 2, X.astype(np.float32)),
    "numbers": (lambda a, b: a * b, lambda d, a, b: d[0] * b + a * d[1], 2.0, 3.0),
    "a constant beside": (lambda x, c: c * x**2, lambda d, x, c: 2 * c * x * d, X, 0.5),
    "a structure": (
        both,
        lambda d, p: {
            "s": (np.cos(p.up) * d.up) @ p.down + np.sin(p.up) @ d.down,
            "t": 2 * p.down * d.down,
        },
        Pair(X, X + 1),
    ),
    "a result that is no array": (lambda x: float(x @ x), lambda d, x: float(2 * x @ d), X),
    "None is 0": (lambda x: (x**2, np.ones(2)), lambda d, x: (2 * x * d, None), X),
    "as it stands in memory": (lambda x: x.T * 2, lambda d, _: d.T * 2, np.asfortranarray(A)),
    "1e8 beside": (lambda x: 1e8 + np.sin(x), lambda d, x: d * np.cos(x), X),
}
WRONG = {
    "sign": (np.sin, lambda d, x: -d * np.cos(x), X),
    "one entry": (np.sin, lambda d, x: d * np.cos(x) * [1, 1, 1.001], X),
    "an argument forgotten": (affine, lambda d, _, W, __: d[0] @ W + d[2], *POINT),
    "transposed": (lambda x: A @ x, lambda d, _: A.T @ d, A[0]),
    "the gradient in its place": (
        lambda x: np.cumsum(x) ** 2,
        lambda d, x: np.cumsum((d * 2 * np.cumsum(x))[::-1])[::-1],
        X,
    ),
    "a factor": (lambda x: x**2, lambda d, x: d * x, X),
    "a kink, and no subgradient": (
        lambda x: np.maximum(x, 0),
        lambda d, x: d * np.where(x == 0, 7, x > 0),
        np.array([0.0, 1.0, -1.0]),
    ),
    "0": (np.sin, lambda _, x: 0 * x, X),
    "None": (np.sin, lambda *_: None, X),
}


@pytest.mark.parametrize("name", RIGHT)
def test_a_right_tangent_is_correct(name):
    report = check_tangent(*RIGHT[name])
    assert report.verdict == "correct", str(report)
    assert report.rule == "tangent"
    assert "tangent evaluations" in str(report)


@pytest.mark.parametrize("name", WRONG)
@pytest.mark.parametrize("seed", range(3))
def test_a_wrong_tangent_is_wrong(name, seed):
    report = check_tangent(*WRONG[name], rng=seed)
    assert report.verdict == "wrong", str(report)


@pytest.mark.parametrize("name", [*RIGHT, *WRONG])
def test_differences_alone_say_the_same(name):
    verdict = "correct" if name in RIGHT else "wrong"
    assert check_tangent(*{**RIGHT, **WRONG}[name], witness=False).verdict == verdict


def test_the_wrong_entry_is_named_in_its_argument():
    W = np.arange(12.0).reshape(3, 4) / 7

    def pushes(d, x):
        d = d.copy()
        d[1, 2] *= 3
        return d * np.cos(x)

    report = check_tangent(np.sin, pushes, W)
    assert [entry.index for entry in report.findings[-1].entries] == [(1, 2)]


def test_of_a_wrong_one_the_mistake_is_named():
    (found,) = check_tangent(*WRONG["sign"]).findings
    assert found.diagnosis == "sign"


def test_a_slope_that_has_no_bound_leaves_it_open():
    x = np.array([0.0, 1.0, 4.0])
    report = check_tangent(np.sqrt, lambda d, x: d / (2 * np.sqrt(x)), x)
    assert report.verdict == "inconclusive"
    assert "the slope is unbounded" in str(report)
    assert check_tangent(np.sqrt, lambda d, x: d / np.sqrt(x), x).verdict == "wrong"


def test_noise_that_is_nothing_is_0_to_rounding():
    x = RNG.normal(size=6)
    cancels = lambda x: np.exp(x - x.max()).sum() * np.exp(x.max()) / np.exp(x).sum()  # noqa: E731
    report = check_tangent(cancels, lambda d, x: 0 * (x @ d), x)
    assert report.verdict != "wrong"


# ------------------------------------------------------------------ options


def test_one_argument_is_chosen_by_position_or_name():
    for wrt in (1, "W", ["W"]):
        report = check_tangent(affine, lambda d, X, *_: X @ d, *POINT, wrt=wrt)
        assert (report.verdict, [a.name for a in report.arguments]) == ("correct", ["W"])


def test_a_number_is_a_constant_beside_arrays_unless_it_is_named():
    scaled = lambda x, c: c * x  # noqa: E731  # two kinds of arguments
    report = check_tangent(scaled, lambda d, _, c: c * d, X, 0.5)
    assert (report.verdict, report.unchecked) == ("correct", ("c",))
    named = check_tangent(scaled, lambda d, x, c: c * d[0] + x * d[1], X, 0.5, wrt=("x", "c"))
    assert (named.verdict, len(named.arguments)) == ("correct", 2)


def test_the_line_that_repeats_it_does():
    report = check_tangent(np.sin, lambda d, x: d * np.cos(x), X, rng=7, rtol=1e-5)
    again = eval(report.reproduce, {"np": np, "mlp": mlp, "X": X})  # noqa: S307  # our line
    assert again.arguments == report.arguments
    assert "rtol=1e-05" in report.reproduce


def test_bounds_are_kept_and_workers_change_nothing():
    low = []

    def logarithm(x):
        low.append(x.min())
        return np.log(x)

    x = np.array([1.0, 2.0])
    report = check_tangent(logarithm, lambda d, x: d / x, x, bounds=[(1.0, None)])
    assert report.verdict == "correct"
    assert min(low) >= 1
    with ThreadPoolExecutor(2) as pool:
        spread = check_tangent(*RIGHT["affine"], workers=pool.map)
    assert spread.arguments == check_tangent(*RIGHT["affine"]).arguments


def test_what_is_off_by_design_is_accepted():
    slightly = lambda d, x: d * np.cos(x) * 1.0001  # noqa: E731  # as a table is off
    assert check_tangent(np.sin, slightly, X).verdict == "wrong"
    assert check_tangent(np.sin, slightly, X, accept=1e-3).verdict == "correct"


@pytest.mark.parametrize(
    ("call", "error", "said"),
    [
        (lambda: check_tangent(np.sin, 3, X), TypeError, "tangent must be a function, but it is"),
        (lambda: check_tangent(np.sin, np.cos, X, wrt="y"), ValueError, "wrt must name arguments"),
        (lambda: check_tangent(np.sin, np.cos, X, rtol=2), ValueError, "rtol must lie between"),
    ],
)
def test_what_cannot_be_asked_is_refused_in_one_line(call, error, said):
    with pytest.raises(error, match=re.escape(said)) as caught:
        call()
    assert "\n" not in str(caught.value)


def test_in_a_linear_set_tangents_keep_to_it():
    S = A @ A.T + 4 * np.eye(4)
    seen = []

    def inverse_tangent(d, S):
        seen.append(d)
        return -np.linalg.inv(S) @ d @ np.linalg.inv(S)

    report = check_tangent(np.linalg.inv, inverse_tangent, S, along={"a": "symmetric"})
    assert report.verdict == "correct", str(report)
    assert all((d == d.T).all() for d in seen if isinstance(d, np.ndarray))


def test_on_a_curved_set_a_tangent_takes_its_coordinates():
    turned = lambda x, xi: x * np.exp(xi)  # noqa: E731  # positive numbers
    x = np.array([0.5, 2.0])
    for factor, verdict in ((1, "correct"), (2, "wrong")):
        pushes = lambda xi, x, f=factor: f * 2 * x**2 * xi  # noqa: E731  # of x²
        report = check_tangent(lambda x: x**2, pushes, x, retract={"x": turned})
        assert report.verdict == verdict, str(report)


# ------------------------------------------------------------------ beside a backward


def test_a_pair_is_held_against_each_other_to_rounding():
    tangent, backward = (lambda d, x: d * np.cos(x)), (lambda v, x: v * np.cos(x))
    assert check_tangent(np.sin, tangent, X, backward=backward).verdict == "correct"
    slightly = lambda v, x: v * np.cos(x) * (1 + 5e-13)  # noqa: E731  # no difference shows that
    assert mlp.check(np.sin, slightly, X).verdict == "correct"
    report = check_tangent(np.sin, tangent, X, backward=slightly)
    assert (report.verdict, report.findings[-1].kind) == ("wrong", "pair")
    assert "are no pair" in str(report)


Z = np.array([0.3 - 1.2j, 2.0 + 0.5j, -0.7 + 0.1j])
READ = {  # forward, its tangent, one that is wrong, and the point
    "complex numbers": (lambda z: z * z, lambda d, z: 2 * z * d, lambda d, z: 2 * z.conj() * d, Z),
    "a complex result": (
        np.fft.fft,
        lambda d, _: np.fft.fft(d),
        lambda d, _: np.fft.ifft(d),
        Z.real,
    ),
    "integers": (
        lambda x: x**3,
        lambda d, x: 3 * x**2 * d,
        lambda d, x: 2 * x * d,
        np.array([2, 3]),
    ),
    "a text beside it": (
        lambda x: (x**2, "text"),
        lambda d, x: 2 * x * d,
        lambda d, x: x * d,
        Z.real,
    ),
}


@pytest.mark.parametrize("name", READ)
def test_a_tangent_is_read_as_a_backward_is(name):
    forward, right, wrong, x = READ[name]
    report = mlp.check_tangent(forward, right, x)
    assert report.verdict == "correct", str(report)
    assert mlp.check_tangent(forward, wrong, x).verdict == "wrong"


def test_a_tangent_gets_a_generator_afresh():
    def tangent(factor):
        return lambda d, _, rng: factor * d * rng.random(3)

    for factor, verdict in ((1, "correct"), (2, "wrong")):
        rng = np.random.default_rng(1)
        report = mlp.check_tangent(lambda x, g: x * g.random(3), tangent(factor), Z.real, rng)
        assert report.verdict == verdict, str(report)
