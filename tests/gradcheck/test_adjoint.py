"""A tangent and a backward are a pair to rounding, or it is said."""

import numpy as np
import pytest

from mlp.gradcheck.adjoint import unpaired
from mlp.gradcheck.pose import pose
from mlp.gradcheck.pushed import pushed

RNG = np.random.default_rng(0)
X, W = RNG.normal(size=(40, 30)), RNG.normal(size=(30, 20))


def product(X, W):
    return np.tanh(X @ W)


def tangent(d, X, W):
    return (1 - np.tanh(X @ W) ** 2) * (d[0] @ W + X @ d[1])


def backward(v, X, W):
    v = v * (1 - np.tanh(X @ W) ** 2)
    return v @ W.T, X.T @ v


def found(forward, tangent, backward, *point, seed=0, **options):
    reverse = pose(forward, backward, point, **options)
    return [*unpaired(reverse, pushed(reverse, tangent), seed)]


@pytest.mark.parametrize("seed", range(10))
def test_rounding_parts_no_pair(seed):
    assert found(product, tangent, backward, X, W, seed=seed) == []
    narrow = X.astype(np.float32), W.astype(np.float32)
    assert found(product, tangent, backward, *narrow, seed=seed) == []
    cancels = X - X.mean(), 1e-3 * W
    assert found(product, tangent, backward, *cancels, seed=seed) == []


WRONG = {
    "an argument": lambda v, X, W: (backward(v, X, W)[0], 0 * W),
    "a sign": lambda v, X, W: tuple(-g for g in backward(v, X, W)),
    "a last digit": lambda v, X, W: tuple(g * (1 + 1e-10) for g in backward(v, X, W)),
    "None": lambda v, X, W: (backward(v, X, W)[0], None),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_no_pair_is_told(name):
    (finding,) = found(product, tangent, WRONG[name], X, W)
    assert (finding.kind, finding.severity) == ("pair", "fault")


def test_what_is_accepted_by_design_parts_no_pair():
    wrong = WRONG["a last digit"]
    assert found(product, tangent, wrong, X, W, accept=1e-6) == []


def test_what_fails_is_told_elsewhere():
    assert found(np.sin, lambda d, x: 1 / 0, lambda v, x: v, X) == []  # noqa: ARG005  # raises
    assert found(np.sin, lambda d, x: d[:1], lambda v, x: v, X) == []  # noqa: ARG005
