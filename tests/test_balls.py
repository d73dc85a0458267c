"""The shipped kernels at ordinary sizes: floats lie where rigorous balls say they must."""

from functools import partial
from types import SimpleNamespace

import numpy as np
import pytest
from balls import Ball, UndecidedError, balls, enclosed, farthest
from kinds import ELEMENTWISE, GATED

from mlp import network, two_layer
from mlp.ops import relu, softmax_cross_entropy

N, D, H, C = 20, 10, 16, 5
BOUND = 1e-14  # of the largest entry: a hundred roundings of 1e-16, and 6 times what is seen


def point(seed=0):
    return two_layer.example(np.random.default_rng(seed), N, D, H, C)


def run(activation):
    """Return loss and gradients, as one function of a point."""

    def kernel(*arguments):
        L = two_layer.forward(*arguments, activation=activation)
        one = Ball(1) if isinstance(L, Ball) else 1.0
        return L, *two_layer.backward(one, *arguments, activation=activation)

    return kernel


def textbook(name):
    op = GATED[name]
    return SimpleNamespace(forward=op.definition, backward=op.definition_backward)


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_loss_and_gradients_lie_beside_their_enclosures(name):
    floats = run(name)(*point())
    exact = enclosed(run(textbook(name) if name in GATED else name), *point())
    assert max(b.radius for part in exact for b in np.ravel(part)) < 1e-45
    assert max(map(farthest, floats, exact)) < BOUND


def test_the_network_of_three_layers_lies_beside_its_enclosure():
    X, layers, y = network.example(np.random.default_rng(1), N, (D, H, 8, C))
    L, gradients = network.value_and_grad(X, layers, y)

    def kernel(X, *flat, y=y):
        L, found = network.value_and_grad(X, list(zip(flat[::2], flat[1::2], strict=True)), y)
        return L, *(d for pair in found for d in pair)

    exact = enclosed(kernel, X, *(p for pair in layers for p in pair))
    floats = (L, *(d for pair in gradients for d in pair))
    assert max(map(farthest, floats, exact)) < BOUND


def test_a_gradient_off_by_its_twelfth_digit_lies_outside():
    dX = run("tanh")(*point())[1]
    exact = enclosed(run("tanh"), *point())
    off = dX.copy()
    off[3, 4] += 1e-12 * np.abs(dX).max()
    assert farthest(dX, exact[1]) < BOUND
    assert farthest(off, exact[1]) > BOUND


def test_a_formula_that_loses_digits_lies_outside():
    Z = np.array([[34.0, 0.0], [0.0, 34.0]])
    y = np.array([0, 1])

    def naive(Z, y):
        P = np.exp(Z) / np.exp(Z).sum(axis=1, keepdims=True)
        return -np.log(P[[0, 1], y]).mean()

    exact = enclosed(softmax_cross_entropy.forward, Z, y)
    assert farthest(softmax_cross_entropy.forward(Z, y), exact) < 1e-15
    assert farthest(naive(Z, y), exact) > 1e-3


def test_a_comparison_that_balls_leave_open_raises():
    wide = np.array([Ball("0 +/- 1")], dtype=object)
    for compare in (relu.forward, partial(np.greater_equal, 0), lambda Z: Z == 0):
        with pytest.raises(UndecidedError, match="overlap"):
            compare(wide)


def test_a_ball_holds_what_exact_arithmetic_says():
    third = balls(np.array([1.0]))[0] / 3
    assert third.radius > 0
    assert (third * 3 - 1).distance(0.0) < 1e-15
    assert (third - third).radius == 0
    assert third < 0.34
