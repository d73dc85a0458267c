import functools

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from oracle import ACTIVATIONS, exact, gradient, ulps
from oracle import network as exact_network

from mlp import GradientError, ShapeError, check, two_layer, verify
from mlp.network import backward, example, forward, predict, value_and_grad
from mlp.ops import affine, relu, softmax, softmax_cross_entropy

sizes = st.lists(st.integers(2, 5), min_size=2, max_size=5)
seeds = st.integers(0, 2**32 - 1)
few = settings(max_examples=10)

# the definition


@pytest.mark.parametrize("activation", ["tanh", "relu", "gelu"])
def test_loss_and_gradient_agree_with_fifty_digits(activation):
    X, layers, y = example(np.random.default_rng(0), n=2)
    x, parts = exact(X), [(exact(W), exact(b)) for W, b in layers]

    def loss():
        return exact_network(x, parts, exact(np.eye(2)[y]), activation)

    assert ulps(forward(X, layers, y, activation=activation), loss()) < 50
    dX, gradients = backward(1.0, X, layers, y, activation=activation)
    np.testing.assert_allclose(dX, gradient(loss, x), rtol=1e-11, atol=1e-14)
    for (dW, db), (w, b) in zip(gradients, parts, strict=True):
        np.testing.assert_allclose(dW, gradient(loss, w), rtol=1e-11, atol=1e-14)
        np.testing.assert_allclose(db, gradient(loss, b), rtol=1e-11, atol=1e-14)


# the derivative


@few
@given(n=st.integers(2, 5), widths=sizes, activation=st.sampled_from(list(ACTIVATIONS)), seed=seeds)
def test_backward_is_the_derivative(n, widths, activation, seed):
    X, layers, y = example(np.random.default_rng(seed), n, widths)
    H = X
    for W, b in layers[:-1]:
        H = np.maximum(H @ W + b, 0)
        assume(H.any())  # where every unit is off, there is nothing to see
    chosen = {"activation": activation}
    verify(
        functools.partial(forward, **chosen), functools.partial(backward, **chosen), X, layers, y
    )


def test_float32_in_float32_out():
    X, layers, y = example(np.random.default_rng(1))
    X, layers = X.astype(np.float32), [(W.astype("f"), b.astype("f")) for W, b in layers]
    L, gradients = value_and_grad(X, layers, y)
    dX, _ = backward(1.0, X, layers, y)
    P, _ = predict(X, layers)
    arrays = [L, dX, P, *(array for pair in gradients for array in pair)]
    assert {array.dtype for array in arrays} == {np.dtype("f")}


# laws


@few
@given(n=st.integers(2, 5), activation=st.sampled_from(list(ACTIVATIONS)), seed=seeds)
def test_with_two_layers_it_is_the_two_layer_network_bit_for_bit(n, activation, seed):
    rng = np.random.default_rng(seed)
    X, W1, b1, W2, b2, y = two_layer.example(rng, n)
    point, flat = (X, [(W1, b1), (W2, b2)]), (X, W1, b1, W2, b2)
    chosen = {"activation": activation}
    for targets in (y, softmax.forward(rng.normal(size=(n, 2)))):
        loss = forward(*point, targets, **chosen)
        assert loss == two_layer.forward(*flat, targets, **chosen)
        assert loss == value_and_grad(*point, targets, **chosen)[0]
        dX, [(dW1, db1), (dW2, db2)] = backward(1.0, *point, targets, **chosen)
        expected = two_layer.backward(1.0, *flat, targets, **chosen)
        for one, two in zip((dX, dW1, db1, dW2, db2), expected, strict=True):
            np.testing.assert_array_equal(one, two)
        gradients = value_and_grad(*point, targets, **chosen)[1]
        np.testing.assert_array_equal(gradients[0][0], dW1)
        np.testing.assert_array_equal(gradients[1][1], db2)
    for one, two in zip(predict(*point, **chosen), two_layer.predict(*flat, **chosen), strict=True):
        np.testing.assert_array_equal(one, two)


def test_with_one_layer_it_is_softmax_regression():
    X, layers, y = example(np.random.default_rng(2), 3, (4, 2))
    [(W, b)] = layers
    Z = affine.forward(X, W, b)
    assert forward(X, layers, y) == softmax_cross_entropy.forward(Z, y)
    _, [(dW, _)] = backward(1.0, X, layers, y)
    np.testing.assert_allclose(dW, X.T @ (softmax.forward(Z) - np.eye(2)[y]) / 3, rtol=1e-13)


def test_without_an_activation_many_layers_are_one():
    X, layers, y = example(np.random.default_rng(3))
    W, b = layers[0]
    for V, c in layers[1:]:
        W, b = W @ V, b @ V + c
    deep = forward(X, layers, y, activation="identity")
    assert deep == pytest.approx(forward(X, [(W, b)], y), rel=1e-12)


def test_nothing_is_changed():
    X, layers, y = example(np.random.default_rng(4))
    for A in (X, y, *(array for pair in layers for array in pair)):
        A.flags.writeable = False
    value_and_grad(X, layers, y)
    backward(1.0, X, layers, y)


# mistakes


def mistaken(dL, X, layers, y, *, mistake):
    """Backward through three layers, wrong in one place."""
    H, Z = [X], []
    for W, b in layers:
        Z.append(affine.forward(H[-1], W, b))
        H.append(relu.forward(Z[-1]))
    dZ = softmax_cross_entropy.backward(dL, Z[-1], y)
    gradients = []
    for number in (2, 1, 0):
        W, b = layers[number]
        dH, dW, db = affine.backward(dZ, H[number], W, b)
        gradients.insert(0, (dW, db))
        if number > 0:
            mask = Z[number - 1]
            if mistake == "the mask of the wrong layer":
                mask = np.roll(mask, 1, axis=1)
            dZ = relu.backward(dH, mask)
        if number == 1 and mistake == "one layer's activation is forgotten":
            dZ = dH
    if mistake == "gradients in reverse":
        gradients[1] = (gradients[1][0], gradients[1][1][::-1])
    return dH, gradients


@pytest.mark.parametrize(
    "mistake",
    [
        "the mask of the wrong layer",
        "one layer's activation is forgotten",
        "gradients in reverse",
    ],
)
def test_a_wrong_gradient_is_caught(mistake):
    point = example(np.random.default_rng(5), n=5)
    verify(forward, functools.partial(mistaken, mistake="none"), *point)
    wrong = functools.partial(mistaken, mistake=mistake)
    with pytest.raises(GradientError):
        verify(forward, wrong, *point)
    assert check(forward, wrong, *point).verdict == "wrong"


def test_an_error_names_the_layer():
    X, layers, y = example(np.random.default_rng(6))
    layers[1] = (layers[1][0][:4], layers[1][1])
    message = r"^network: layer 2 of 3: affine.forward: W must be \(d,m\) with d = 6 from X"
    for call in (forward, value_and_grad, functools.partial(backward, 1.0)):
        with pytest.raises(ShapeError, match=message):
            call(X, layers, y)
    with pytest.raises(ShapeError, match=message):
        predict(X, layers)


@pytest.mark.parametrize("layers", [[], [(np.eye(4), np.zeros(4)), (np.eye(4),)], [3]])
def test_layers_that_are_not_pairs_are_refused(layers):
    with pytest.raises((ValueError, TypeError), match=r"^network: layer"):
        forward(np.zeros((3, 4)), layers, [0, 1, 1])


def test_a_label_out_of_range_is_refused():
    X, layers, _ = example(np.random.default_rng(7))
    with pytest.raises(ValueError, match=r"y must hold classes 0..1, but y\[2\] is 2"):
        forward(X, layers, [0, 1, 2])
