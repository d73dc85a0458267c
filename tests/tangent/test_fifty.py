"""The witness in fifty digits: where floats are blunt, and the lies at which it must be silent."""

import importlib.util
import re

import mpmath
import numpy as np
import pytest
import scipy.special as sp

from mlp.tangent import Silence, Witnessed, ask, digits, refined
from mlp.tangent.digits import MP

TINY = np.array([1e-8, 2.3e-8, 3.1e-7])


def both(forward, x, seed=0):
    """Return what floats say along a direction, and what fifty digits say."""
    rng = np.random.default_rng(seed)
    x = np.asarray(x)
    d = rng.uniform(0.5, 1.5, x.shape).astype(x.dtype)
    v = rng.uniform(0.5, 1.5, np.size(forward(x)))
    heard = ask(forward, [x], [d], v)
    assert isinstance(heard, Witnessed), heard
    return heard, refined(heard, forward, [x], [d], v), d.astype(float), v


CANCELLING = {
    "(cos x - 1) / x": (lambda x: (np.cos(x) - 1) / x, lambda x: (MP.cos(x) - 1) / x),
    "(exp x - 1) / x": (lambda x: (np.exp(x) - 1) / x, lambda x: MP.expm1(x) / x),
    "log(1 + x) / x": (lambda x: np.log(1 + x) / x, lambda x: MP.log1p(x) / x),
    "sqrt(x^2 + 1) - 1": (lambda x: np.sqrt(x**2 + 1) - 1, lambda x: MP.sqrt(x * x + 1) - 1),
    "tanh": (lambda x: np.tanh(3e8 * x), lambda x: MP.tanh(3e8 * x)),
    "log sigmoid": (lambda x: -np.log(1 + np.exp(-1 / x**0.1)), None),
}


@pytest.mark.parametrize("name", [n for n in CANCELLING if CANCELLING[n][1]])
@pytest.mark.parametrize("seed", range(3))
def test_it_has_the_digits_that_forward_has_lost(name, seed):
    forward, exact = CANCELLING[name]
    heard, said, d, v = both(forward, TINY, seed)
    true = sum(a * b * MP.diff(exact, MP.mpf(x)) for a, b, x in zip(v, d, TINY, strict=True))
    assert isinstance(said, Witnessed)
    assert said.digits == 50
    assert said.bar <= 1e-14 * abs(said.slope)
    assert abs(said.slope - true) <= said.bar
    assert abs(heard.slope - said.slope) <= heard.bar + said.bar
    assert (said.jump, said.bend, said.work) == (heard.jump, heard.bend, heard.work)


def in_place(x):
    o = np.zeros_like(x)
    o[:2] = x[1:]
    o[2] = x[0]
    return (np.sort(o)[::-1] - x.mean()) / (x.std() + 1e-30)


def of_a_loop(x):
    y, c = 1.0, (x**2).sum() + 2
    for _ in range(60):
        y = y - (y * y - c) / (2 * y)
    return y - 2**0.5


@pytest.mark.parametrize(
    "forward",
    [
        in_place,
        of_a_loop,
        lambda x: np.linalg.norm(x) + np.sinc(x),
        lambda x: sp.expit(x) * sp.gammaln(x + 1) + sp.logsumexp(x),
        lambda x: np.where(x > 2e-8, np.exp(x), np.maximum(x, 1e-3)).astype(float).cumsum(),
        lambda x: np.einsum("i,j->", x, x) + np.convolve(x, x).sum() + (x @ x) + np.outer(x, x)[0],
        lambda x: np.add.reduce(np.stack([x, 2 * x]), dtype=np.float64) ** 2 / np.prod(1 + x),
        lambda x: np.clip(x, 1e-9, 1).max() * np.array([x[0], 1 / 3, 2.0]) + x.item(0),
        lambda x: np.floor(x) + np.round(x, 2) + int(x[0] + 2) * x + (x + 3) % 2 + np.sign(x) * x,
        lambda x: np.exp(x, where=x > 0, out=np.ones(3)) + np.multiply.accumulate(x + 1),
    ],
)
def test_it_agrees_with_floats_where_nothing_cancels(forward):
    heard, said, _, _ = both(forward, TINY)
    assert isinstance(said, Witnessed), said
    assert abs(heard.slope - said.slope) <= heard.bar + said.bar
    assert said.bar <= 1e-15 * abs(said.slope) + 1e-40


def test_single_precision_that_meets_double():
    x = np.float32([0.3, -1.2, 0.7])
    c = np.sqrt(2 / np.pi)
    heard, said, d, v = both(lambda x: np.tanh(c * (x + 0.044715 * x**3)), x)
    exact = [
        MP.diff(lambda t: MP.tanh(c * (t + MP.mpf(0.044715) * t**3)), MP.mpf(float(e))) for e in x
    ]
    true = sum(a * b * s for a, b, s in zip(v, d, exact, strict=True))
    assert heard.bar > 1e-8
    assert said.bar < 1e-14
    assert abs(said.slope - true) < 1e-7  # 0.044715 is rounded to single precision by forward


HILBERT = 1 / (np.arange(8)[:, None] + np.arange(8) + 1.0)


@pytest.mark.parametrize(
    ("forward", "slope"),
    [
        (np.linalg.inv, lambda X, d: -X * d * X),
        (lambda A: np.linalg.solve(A, np.ones(8)), lambda X, d: -X * d * X * MP.ones(8, 1)),
        (
            np.linalg.det,
            lambda X, d: MP.det(MP.matrix(HILBERT)) * sum((X * d)[k, k] for k in range(8)),
        ),
    ],
)
def test_matrices_that_are_all_but_singular(forward, slope):
    heard, said, d, v = both(forward, HILBERT)
    true = slope(MP.inverse(MP.matrix(HILBERT)), MP.matrix(d))
    true = sum(a * b for a, b in zip(v, list(true) if v.size > 1 else [true], strict=True))
    assert heard.bar > 1e-9 * abs(heard.slope)
    assert abs(heard.slope - true) <= heard.bar
    assert said.bar <= 1e-14 * abs(said.slope)
    assert abs(said.slope - true) <= said.bar


def stops_late(x):
    """Newton's iteration, until a step is smaller than floats can show."""
    y = x * 0 + 1.0
    for _ in range(99):
        step = (y * y - 2 - x) / (2 * y)
        y = y - step
        if (np.abs(step) < 1e-40).all():
            break
    return y


def kahan(x):
    u = 1 + x
    return np.where(u == 1, x, np.log(u) * x / np.where(u == 1, 1, u - 1))


@pytest.mark.parametrize(
    ("forward", "x", "reason"),
    [
        (kahan, np.array([1e-17, 2e-17]), "another branch"),
        (stops_late, TINY, "another branch"),
        (lambda x: np.interp(x, [0, 1], [2.0, 3.0]), TINY, r"np\.interp has no rule in fifty"),
        (lambda x: np.linalg.eigvalsh(np.eye(3) * x), TINY, r"np\.linalg\.eigvalsh has no rule in"),
        (lambda x: np.linalg.inv(np.stack([np.eye(3) + x] * 2)), TINY, "a stack of matrices"),
        (lambda x: np.fft.rfft(x).real, TINY, r"np\.fft\.rfft has no rule in fifty"),
        (lambda x: (x * (1 + 1j)).real, TINY, "a complex number has no rule in fifty digits"),
        (lambda x: np.nextafter(x, 1.0), TINY, "nextafter has no rule in fifty digits"),
        (lambda x: sp.airy(x)[0], TINY, "airy"),
        (lambda x: np.tanh(np.ones((90, 3)) @ x) * np.ones((60, 1)), TINY, "entries are computed"),
        (lambda x: sp.gammaln(np.ones((150, 1)) * x + 1), TINY, "more than 5000 entries"),
        (lambda x: x * complex(np.exp(0 * x[0] + 1)).real, TINY, r"complex\(\) has no rule in fif"),
    ],
)
def test_it_is_silent_and_says_why(forward, x, reason):
    _, said, _, _ = both(forward, x)
    assert isinstance(said, Silence)
    assert re.search(reason, said.reason), said.reason


def test_another_value_is_silence(monkeypatch):
    true = digits.FUNCTIONS["exp"]
    monkeypatch.setitem(digits.FUNCTIONS, "exp", lambda x: true(x) * (1 + MP.mpf(1e-9)))
    _, said, _, _ = both(np.exp, TINY)
    assert said == Silence("forward has another value in fifty digits", doubt=True)


def test_fifty_digits_that_are_lost_as_well_have_a_bar():
    x = np.array([1e-60, 3e-60])
    _, said, _, _ = both(lambda x: np.log(1 + x) / x, x)
    assert isinstance(said, Silence) or said.bar > abs(said.slope)
    x = np.array([1e-45, 3e-45])
    _, said, d, v = both(lambda x: np.log(1 + x) / x, x)
    assert isinstance(said, Silence) or abs(said.slope + (v * d).sum() / 2) <= said.bar


def test_without_random_rounding_it_would_lie(monkeypatch):
    monkeypatch.setattr(digits.Digits, "unit", MP.mpf(0))
    x = np.array([1e-60, 3e-60])
    _, said, d, v = both(lambda x: np.log(1 + x) / x, x)
    assert abs(said.slope + (v * d).sum() / 2) > said.bar


def test_without_mpmath_it_says_so(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    _, said, _, _ = both(np.exp, TINY)
    assert said == Silence("fifty digits need mpmath, which is not installed")


def test_what_pushes_tangents_of_its_own_has_no_fifty_digits():
    heard, _, d, v = both(np.exp, TINY)

    def forward(x):
        return np.exp(x)

    forward.pushforward = lambda *_: []
    said = refined(heard, forward, [TINY], [d], v)
    assert said == Silence("it has tangents of its own, in floats")


KEPT = {}


def keeps(x):
    KEPT["now"] = np.exp(x)
    return KEPT["now"] * 2


def test_what_forward_keeps_is_plain_again():
    _, said, _, _ = both(keeps, TINY)
    assert isinstance(said, Witnessed)
    np.testing.assert_array_equal(KEPT["now"], np.exp(TINY))
    assert mpmath.mp.dps == 15
