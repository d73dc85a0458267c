"""What the course says, row by row: the table at the end of derivations/00-notation.md."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlp import network, two_layer, verify
from mlp.descent import descend
from mlp.ops import OPS, affine, relu, sigmoid, softmax, softmax_cross_entropy, squared_error, tanh

few = settings(max_examples=15)
seeds = st.integers(0, 2**32 - 1)


@few
@given(seed=seeds)
def test_two_affine_maps_in_a_row_are_one_affine_map(seed):
    rng = np.random.default_rng(seed)
    X, W1, b1 = affine.example(rng, 3, 4, 5)
    _, W2, b2 = affine.example(rng, 3, 5, 2)
    twice = affine.forward(affine.forward(X, W1, b1), W2, b2)
    once = affine.forward(X, W1 @ W2, b1 @ W2 + b2)
    np.testing.assert_allclose(twice, once, rtol=1e-12, atol=1e-12)


def test_a_linear_model_cannot_learn_exclusive_or_and_two_layers_can():
    X, y = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]), [0, 1, 1, 0]
    rng = np.random.default_rng(0)
    for _ in range(200):  # no line parts them: at most three of four
        _, classes = network.predict(X, [(rng.normal(size=(2, 2)), rng.normal(size=2))])
        assert (classes == y).sum() <= 3
    W1, b1 = np.array([[1.0, 1.0], [1.0, 1.0]]), np.array([0.0, -1.0])
    W2, b2 = np.array([[0.0, 2.0], [0.0, -4.0]]), np.array([0.0, -1.0])
    _, classes = two_layer.predict(X, W1, b1, W2, b2)  # relu(s) − 2 relu(s − 1), s = x₁ + x₂
    assert classes.tolist() == y


def test_an_affine_map_entry_by_entry():
    X, W, b = affine.example(np.random.default_rng(0))
    O = affine.forward(X, W, b)
    for i in range(3):
        for k in range(2):
            o = sum(X[i, j] * W[j, k] for j in range(4)) + b[k]
            assert O[i, k] == pytest.approx(o, rel=1e-13)


def test_the_intercept_is_the_same_row_for_every_data_point():
    X, W, b = affine.example(np.random.default_rng(0))
    written_out = np.tile(b, (3, 1))  # n × p
    np.testing.assert_array_equal(affine.forward(X, W, b), X @ W + written_out)


@few
@given(seed=seeds)
def test_softmax_rows_sum_to_one_and_do_not_change_under_a_shift(seed):
    rng = np.random.default_rng(seed)
    Z, shift = rng.normal(size=(3, 4)), rng.normal(size=(3, 1))
    P = softmax.forward(Z)
    np.testing.assert_allclose(P.sum(axis=1), 1, rtol=1e-15)
    np.testing.assert_allclose(softmax.forward(Z + shift), P, rtol=1e-14)


def test_the_activations_are_what_the_course_writes():
    Z = np.linspace(-5, 5, 101)
    e, f = np.exp(Z), np.exp(-Z)
    np.testing.assert_allclose(sigmoid.forward(Z), 1 / (1 + f), rtol=1e-14)
    np.testing.assert_allclose(tanh.forward(Z), (e - f) / (e + f), rtol=1e-12, atol=1e-15)
    np.testing.assert_array_equal(relu.forward(Z), [max(0, z) for z in Z])


def test_forward_propagation_layer_after_layer():
    X, layers, y = network.example(np.random.default_rng(1))
    H = X
    for W, b in layers:
        Z = H @ W + b
        H = np.maximum(Z, 0)
    assert network.forward(X, layers, y) == softmax_cross_entropy.forward(Z, y)


def test_the_chain_rule_on_scalars():
    W, b = np.ones((2, 1)), np.zeros(1)  # z = (x + y)², an affine map and a square

    def forward(X):
        w = affine.forward(X, W, b)
        return squared_error.forward(w, 0 * w)

    def backward(dz, X):
        w = affine.forward(X, W, b)
        dX, _, _ = affine.backward(squared_error.backward(dz, w, 0 * w), X, W, b)
        return dX

    X = np.array([[1.25, -0.5]])
    assert forward(X) == 0.75**2
    assert (backward(np.float64(1), X) == 2 * 0.75).all()  # by x and by y
    verify(forward, backward, X)


@few
@given(n=st.integers(1, 6), seed=seeds)
def test_the_gradient_of_a_batch_mean_is_the_mean_of_per_example_gradients(n, seed):
    X, W1, b1, W2, b2, y = two_layer.example(np.random.default_rng(seed), n)
    loss, gradients = two_layer.value_and_grad(X, W1, b1, W2, b2, y)
    single = [
        two_layer.value_and_grad(X[i : i + 1], W1, b1, W2, b2, y[i : i + 1]) for i in range(n)
    ]
    assert loss == pytest.approx(np.mean([L for L, _ in single]), rel=1e-13)
    for whole, parts in zip(gradients, zip(*(g for _, g in single), strict=True), strict=True):
        np.testing.assert_allclose(whole, np.mean(parts, axis=0), rtol=1e-11, atol=1e-14)


@pytest.mark.parametrize("activation", [sigmoid, tanh, relu])
def test_the_gradient_of_the_first_layer_element_by_element(activation):
    """One example: ∂L/∂W1_ij = Σ_lrk ∂L/∂o_l · W2_rl · σ'(z_k) δ_rk · x_i δ_jk."""
    X, W1, b1, W2, b2, y = two_layer.example(np.random.default_rng(2), n=1)
    d, h, c = 4, 5, 2
    z = affine.forward(X, W1, b1)
    slope = activation.backward(np.ones_like(z), z)[0]
    o = affine.forward(activation.forward(z), W2, b2)
    do = (softmax.forward(o) - np.eye(c)[y])[0]

    def delta(i, j):
        return float(i == j)

    _, (dW1, *_) = two_layer.value_and_grad(X, W1, b1, W2, b2, y, activation=activation)
    for i in range(d):
        for j in range(h):
            chained = sum(
                do[k] * W2[r, k] * slope[q] * delta(r, q) * X[0, i] * delta(j, q)
                for k in range(c)
                for r in range(h)
                for q in range(h)
            )
            collected = X[0, i] * slope[j] * sum(W2[j, k] * do[k] for k in range(c))
            assert dW1[i, j] == pytest.approx(chained, rel=1e-12, abs=1e-16)
            assert dW1[i, j] == pytest.approx(collected, rel=1e-12, abs=1e-16)


def test_the_delta_of_a_layer_comes_from_the_layer_above():
    X, layers, y = network.example(np.random.default_rng(3))
    H, Z = network.pre_activations(X, layers, tanh)
    _, delta = softmax_cross_entropy.value_and_grad(Z[-1], y)
    _, gradients = network.value_and_grad(X, layers, y, activation=tanh)
    for number in (2, 1, 0):
        np.testing.assert_allclose(gradients[number][0], H[number].T @ delta, rtol=1e-12)
        np.testing.assert_allclose(gradients[number][1], delta.sum(axis=0), rtol=1e-12)
        if number > 0:
            delta = (delta @ layers[number][0].T) * (1 - np.tanh(Z[number - 1]) ** 2)


def test_each_iteration_of_descent_comes_nearer():
    X, layers, y = network.example(np.random.default_rng(4), 20, (4, 6, 3))

    def loss(layers, X, y):
        return network.value_and_grad(X, layers, y, activation="tanh")

    losses = [step.loss for step in descend(loss, layers, X, y, rate=0.05, epochs=100)]
    assert all(after < before for before, after in pairwise(losses))


@pytest.mark.parametrize("op", OPS, ids=lambda op: op.__name__)
def test_a_cotangent_twice_as_large_pulls_back_to_twice_the_gradient(op):
    rng = np.random.default_rng(5)
    point = op.example(rng)
    dO = np.asarray(rng.normal(size=np.shape(op.forward(*point))))
    once, twice = (op.backward(factor * dO, *point) for factor in (1, 2))
    for a, b in zip(*(g if isinstance(g, tuple) else (g,) for g in (once, twice)), strict=True):
        np.testing.assert_array_equal(2 * a, b)
