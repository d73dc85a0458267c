"""A few calls of forward: the best verdict that they allow, never a false one."""

import numpy as np
import pytest

from mlp.gradcheck import check

FEW = (8, 12, 20, 40)
RNG = np.random.default_rng(3)
X, W, b = RNG.normal(size=(5, 4)), RNG.normal(size=(4, 3)), RNG.normal(size=3)


def layer(X, W, b):
    return np.tanh(X @ W + b)


def layer_backward(dO, X, W, b, factors=(1, 1, 1)):
    dZ = dO * (1 - np.tanh(X @ W + b) ** 2)
    return tuple(f * g for f, g in zip(factors, (dZ @ W.T, X.T @ dZ, dZ.sum(axis=0)), strict=True))


def bar(x):
    """A heavy sum behind a solver, as people have it."""
    return np.linalg.solve(np.eye(4) * 9 + W @ W.T, x[:4]).sum() + np.exp(x / 9).mean()


def bar_backward(dL, x):
    g = np.exp(x / 9) / 9 / x.size
    g[:4] += np.linalg.solve(np.eye(4) * 9 + W @ W.T, np.ones(4))
    return dL * g


RIGHT = {
    "a layer": (layer, layer_backward, (X, W, b)),
    "one argument": (np.sin, lambda dO, x: dO * np.cos(x), (X,)),
    "a number from a solver": (bar, bar_backward, (RNG.normal(size=7),)),
    "small": (lambda x: 1e-9 * x**3, lambda dO, x: 3e-9 * dO * x * x, (X,)),
    "far": (np.log, lambda dO, x: dO / x, (1e8 * (1 + X**2),)),
    "in float32": (np.sin, lambda dO, x: dO * np.cos(x), (X.astype(np.float32),)),
}
SLIPPERY = {  # a few steps are easily deceived by these
    "a kink": (lambda x: np.maximum(x, 0), lambda dO, x: dO * (x > 0), (np.append(X, 0.0),)),
    "a kink close by": (np.abs, lambda dO, x: dO * np.sign(x), (np.append(X, 1e-9),)),
    "a fine wave": (lambda x: np.sin(1e7 * x), lambda dO, x: 1e7 * dO * np.cos(1e7 * x), (X,)),
    "a finer wave": (
        lambda x: x + 1e-3 * np.sin(3e9 * x),
        lambda dO, x: dO * (1 + 3e6 * np.cos(3e9 * x)),
        (X,),
    ),
    "stairs": (lambda x: np.round(np.sin(x), 3), lambda dO, x: dO * np.cos(x), (X,)),
    "binary stairs": (lambda x: np.floor(x * 2**12) / 2**12, lambda dO, x: dO + 0 * x, (X,)),
    "lost digits": (
        lambda x: (np.cos(x) - 1) / x,
        lambda dO, x: -dO / 2 + 0 * x,
        (np.full(3, 1e-7),),
    ),
    "rounding alone": (
        lambda z: np.exp(z - z.max()).sum() / np.exp(z - z.max()).sum() + 0 * z,
        lambda dO, z: 1e-17 * dO * z,
        (X[0],),
    ),
    "asleep": (lambda x: np.maximum(x, 0), lambda dO, x: dO * (x > 0), (-1 - X**2,)),
    "an edge": (np.sqrt, lambda dO, x: dO / (2 * np.sqrt(x)), (np.array([1e-12, 1.0]),)),
    "an offset": (lambda x: 1e10 + np.sin(x), lambda dO, x: dO * np.cos(x), (X,)),
}
WRONG = {
    "a sign": lambda *p: layer_backward(*p, factors=(1, -1, 1)),
    "a per mille": lambda *p: layer_backward(*p, factors=(1, 1, 1.001)),
    "none of one": lambda *p: layer_backward(*p, factors=(0, 1, 1)),
    "rows rolled": lambda *p: tuple(np.roll(g, 1, axis=0) for g in layer_backward(*p)),
}


@pytest.mark.parametrize("calls", FEW)
@pytest.mark.parametrize("name", RIGHT)
def test_right_gradients_are_called_right_with_what_that_shows(name, calls):
    forward, backward, point = RIGHT[name]
    for seed in range(3):
        report = check(forward, backward, *point, max_evaluations=calls, rng=seed)
        assert report.verdict == "correct"
        assert report.evaluations <= calls
        assert all(a.smallest_detectable < 2e-2 for a in report.arguments)


@pytest.mark.parametrize("calls", FEW)
@pytest.mark.parametrize("name", SLIPPERY)
def test_right_gradients_are_never_called_wrong(name, calls):
    forward, backward, point = SLIPPERY[name]
    for seed in range(5):
        assert check(forward, backward, *point, max_evaluations=calls, rng=seed).verdict != "wrong"


@pytest.mark.parametrize("calls", FEW)
@pytest.mark.parametrize("name", WRONG)
def test_wrong_gradients_are_never_called_right(name, calls):
    for seed in range(3):
        report = check(layer, WRONG[name], X, W, b, max_evaluations=calls, rng=seed)
        assert report.verdict != "correct"
        if name != "a per mille":  # a large step does not tell so little
            assert report.verdict == "wrong"
            assert "X, W, b together" in report.findings[0].message


def test_what_is_called_right_is_off_by_no_more_than_it_detects():
    for size in 10.0 ** np.arange(-12, 0):
        for calls in FEW:
            report = check(
                np.sin, lambda d, x, s=size: d * np.cos(x) * (1 + s), X, max_evaluations=calls
            )
            if report.verdict == "correct":
                assert size <= 2 * report.arguments[0].smallest_detectable


def test_an_argument_that_hardly_matters_is_left_open_beside_one_that_does():
    forward = lambda x, y: x.sum() + 1e-14 * np.sin(y).sum()  # noqa: E731
    backward = lambda dL, x, y: (dL + 0 * x, 5e-14 * dL * np.cos(y))  # noqa: E731  # off by 5
    report = check(forward, backward, X, X, max_evaluations=12)
    assert [a.verdict for a in report.arguments] != ["correct", "correct"]


def test_a_given_rtol_is_kept_and_another_is_reported():
    forward, backward, point = RIGHT["in float32"]
    strict = check(forward, backward, *point, rtol=1e-9, max_evaluations=8)
    report = check(forward, backward, *point, max_evaluations=8)
    assert (strict.verdict, report.verdict) == ("inconclusive", "correct")
    assert report.rtol_raised
    assert report.rtol < 0.1


def test_what_is_accepted_is_accepted_in_few_calls_too():
    off = lambda dO, x: 1.05 * dO * np.cos(x)  # noqa: E731
    assert check(np.sin, off, X, max_evaluations=12).verdict != "correct"
    assert check(np.sin, off, X, max_evaluations=12, accept=0.06).verdict == "correct"


def test_calls_that_do_not_suffice_for_a_noisy_forward_still_tell_something():
    noisy = lambda x: np.sin(x) + 1e-11 * np.sin(1e18 * x)  # noqa: E731
    for limit in range(60, 100, 8):
        assert (
            check(noisy, lambda d, x: d * np.cos(x), X, max_evaluations=limit).verdict == "correct"
        )
