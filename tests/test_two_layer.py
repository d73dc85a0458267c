import functools
import types

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from kinds import PURE
from oracle import ACTIVATIONS, exact, gradient, real, ulps
from oracle import network as exact_network

from mlp import GradientError, ShapeError, check, verify
from mlp.ops import affine, relu, softmax, softmax_cross_entropy, tanh
from mlp.two_layer import (
    backward,
    example,
    forward,
    hessian_vector_product,
    predict,
    value_and_grad,
)

sizes = st.integers(2, 6)
seeds = st.integers(0, 2**32 - 1)
few = settings(max_examples=6)
each_activation = pytest.mark.parametrize("activation", ACTIVATIONS)


def soft(rng, n, c):
    return softmax.forward(rng.normal(size=(n, c)))


# the definition


@each_activation
def test_loss_and_gradient_agree_with_fifty_digits(activation):
    X, W1, b1, W2, b2, y = example(np.random.default_rng(0))
    parts = [exact(A) for A in (X, W1, b1, W2, b2)]
    x, w1, c1, w2, c2 = parts

    def loss():
        return exact_network(x, [(w1, c1), (w2, c2)], exact(np.eye(2)[y]), activation)

    assert ulps(forward(X, W1, b1, W2, b2, y, activation=activation), loss()) < 20
    gradients = backward(1.0, X, W1, b1, W2, b2, y, activation=activation)
    for by_hand, part in zip(gradients, parts, strict=True):
        np.testing.assert_allclose(by_hand, gradient(loss, part), rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("activation", PURE)
def test_the_same_lines_run_on_numbers_of_fifty_digits(activation):
    *inputs, y = example(np.random.default_rng(0))
    x, w1, c1, w2, c2 = map(exact, inputs)
    truth = exact_network(x, [(w1, c1), (w2, c2)], exact(np.eye(2)[y]), activation)
    L, gradients = value_and_grad(*map(real, inputs), y, activation=activation)
    assert abs(L.x - truth) < 1e-46
    floats = value_and_grad(*inputs, y, activation=activation)[1]
    for one, two in zip(gradients, floats, strict=True):
        np.testing.assert_allclose(one.astype(float), two, rtol=1e-12, atol=1e-16)


def test_predicts_the_likeliest_class():
    X, W1, b1, W2, b2, _ = example(np.random.default_rng(1), n=7, c=3)
    P, classes = predict(X, W1, b1, W2, b2)
    Z = np.maximum(X @ W1 + b1, 0) @ W2 + b2
    np.testing.assert_allclose(P, np.exp(Z) / np.exp(Z).sum(axis=1, keepdims=True), rtol=1e-13)
    for p, k in zip(P, classes, strict=True):
        assert p[k] == max(p)


# the derivative


@each_activation
@few
@given(size=st.tuples(sizes, sizes, sizes, sizes), labelled=st.booleans(), seed=seeds)
def test_backward_is_the_derivative(activation, size, labelled, seed):
    rng = np.random.default_rng(seed)
    X, W1, b1, W2, b2, y = example(rng, *size)
    assume((X @ W1 + b1 > 0).any())  # where every unit is off, there is nothing to see
    verify(
        functools.partial(forward, activation=activation),
        functools.partial(backward, activation=activation),
        *(X, W1, b1, W2, b2, y if labelled else soft(rng, size[0], size[-1])),
        wrt=(0, 1, 2, 3, 4),
    )


@each_activation
@few
@given(kind=st.sampled_from(["labels", "soft", "any"]), seed=seeds)
def test_the_hessian_vector_product_is_the_derivative_of_the_gradient(activation, kind, seed):
    rng = np.random.default_rng(seed)
    X, W1, b1, W2, b2, y = example(rng)
    assume((X @ W1 + b1 > 0).any())
    targets = {"labels": y, "soft": soft(rng, 3, 2), "any": rng.normal(size=(3, 2))}[kind]

    def gradients(*point):
        return value_and_grad(*point, activation=activation)[1]

    def product(direction, *point):
        return hessian_vector_product(*direction, *point, activation=activation)

    verify(gradients, product, X, W1, b1, W2, b2, targets, wrt=(1, 2, 3, 4))


@each_activation
def test_float32_gives_what_float64_gives(activation):
    *inputs, y = example(np.random.default_rng(2))
    singles = [A.astype(np.float32) for A in inputs]
    doubles = [A.astype(float) for A in singles]
    chosen = {"activation": activation}
    pairs = [
        (f(*singles, y, **chosen), f(*doubles, y, **chosen)) for f in (forward, value_and_grad)
    ]
    pairs += [
        (backward(1.0, *singles, y, **chosen), backward(1.0, *doubles, y, **chosen)),
        (predict(*singles, **chosen), predict(*doubles, **chosen)),
        (
            hessian_vector_product(*singles[1:], *singles, y, **chosen),
            hessian_vector_product(*doubles[1:], *doubles, y, **chosen),
        ),
    ]
    for single, double in pairs:
        for one, two in zip(flat(single), flat(double), strict=True):
            assert one.dtype == np.float32 or one.dtype == two.dtype == int
            np.testing.assert_allclose(one, two, rtol=1e-4, atol=1e-5)


def flat(results):
    if not isinstance(results, tuple):
        return [results]
    return [array for result in results for array in flat(result)]


# laws


@few
@given(n=sizes, d=sizes, h=sizes, c=sizes, seed=seeds)
def test_value_and_grad_has_the_bits_of_forward_and_backward(n, d, h, c, seed):
    point = example(np.random.default_rng(seed), n, d, h, c)
    L, gradients = value_and_grad(*point)
    assert forward(*point) == L
    for one, two in zip(gradients, backward(1.0, *point)[1:], strict=True):
        np.testing.assert_array_equal(one, two)


@each_activation
@few
@given(seed=seeds)
def test_the_hessian_is_symmetric(activation, seed):
    rng = np.random.default_rng(seed)
    point = example(rng)
    U, V = ([rng.normal(size=A.shape) for A in point[1:5]] for _ in range(2))
    HU = hessian_vector_product(*U, *point, activation=activation)
    HV = hessian_vector_product(*V, *point, activation=activation)
    one_way = sum((v * h).sum() for v, h in zip(V, HU, strict=True))
    other_way = sum((u * h).sum() for u, h in zip(U, HV, strict=True))
    assert one_way == pytest.approx(other_way, rel=1e-10, abs=1e-12)


def test_an_activation_is_an_op_or_its_name_or_anything_alike():
    point = example(np.random.default_rng(3))
    alike = types.SimpleNamespace(forward=tanh.forward, backward=tanh.backward)
    losses = {forward(*point, activation=a) for a in (tanh, "tanh", alike)}
    assert len(losses) == 1
    assert losses != {forward(*point)}
    assert forward(*point, activation="relu") == forward(*point)


def test_nothing_is_changed():
    point = example(np.random.default_rng(4))
    for A in point:
        A.flags.writeable = False
    value_and_grad(*point)
    backward(1.0, *point)
    hessian_vector_product(*point[1:5], *point)
    predict(*point[:5])


# mistakes


def forward_lines(X, W1, b1, W2, b2):
    Z1 = affine.forward(X, W1, b1)
    A1 = relu.forward(Z1)
    return Z1, A1, affine.forward(A1, W2, b2)


def mistaken(dL, X, W1, b1, W2, b2, y, *, mistake):
    """Backward, wrong in one line."""
    Z1, A1, Z2 = forward_lines(X, W1, b1, W2, b2)
    dZ2 = softmax_cross_entropy.backward(dL, Z2, y)
    if mistake == "1/n is missing":
        dZ2 = dZ2 * len(X)
    dA1, dW2, db2 = affine.backward(dZ2, A1, W2, b2)
    dZ1 = relu.backward(dA1, Z1)
    if mistake == "the activation's derivative is missing":
        dZ1 = dA1
    if mistake == "the derivative of another activation":
        dZ1 = dA1 * (1 - np.tanh(Z1) ** 2)
    if mistake == "W1 for W2 on the way down":
        dZ1 = relu.backward(dZ2 @ np.roll(W2, 1, axis=0).T, Z1)
    dX, dW1, db1 = affine.backward(dZ1, X, W1, b1)
    if mistake == "dW2 from Z1 in place of A1":
        dW2 = Z1.T @ dZ2
    if mistake == "the bias takes the mean":
        db1 = db1 / len(X)
    if mistake == "weight decay crept in":
        dW1 = dW1 + 1e-4 * W1
    return dX, dW1, db1, dW2, db2


@pytest.mark.parametrize(
    "mistake",
    [
        "1/n is missing",
        "the activation's derivative is missing",
        "the derivative of another activation",
        "W1 for W2 on the way down",
        "dW2 from Z1 in place of A1",
        "the bias takes the mean",
        "weight decay crept in",
    ],
)
def test_a_wrong_gradient_is_caught(mistake):
    point = example(np.random.default_rng(5), n=7)
    verify(forward, functools.partial(mistaken, mistake="none"), *point)
    wrong = functools.partial(mistaken, mistake=mistake)
    with pytest.raises(GradientError):
        verify(forward, wrong, *point)
    assert check(forward, wrong, *point).verdict == "wrong"


def test_a_hessian_without_the_curvature_of_the_activation_is_caught():
    point = example(np.random.default_rng(6))

    def product(direction, *point):
        return hessian_vector_product(*direction, *point, activation="identity")

    def gradients(*point):
        return value_and_grad(*point, activation="tanh")[1]

    assert check(gradients, product, *point, wrt=(1, 2, 3, 4)).verdict == "wrong"


@pytest.mark.parametrize("activation", ["rleu", "softmax", "affine", None, 3, np.tanh, ["relu"]])
def test_an_unknown_activation_is_refused_in_one_line(activation):
    point = example(np.random.default_rng(7))
    message = "^two_layer.forward: activation must be one of identity, .* or a module with forward"
    with pytest.raises(ValueError, match=message) as refused:
        forward(*point, activation=activation)
    assert "\n" not in str(refused.value)


def test_a_wrong_shape_is_named():
    X, W1, b1, W2, b2, y = example(np.random.default_rng(8))
    message = (
        r"^two_layer.forward: W2 must be \(h,c\) with h = 5 from W1, but its shape is \(4, 2\)"
    )
    with pytest.raises(ShapeError, match=message):
        forward(X, W1, b1, W2[1:], b2, y)
    with pytest.raises(ShapeError, match=r"^two_layer.value_and_grad: b1 must be \(h\)"):
        value_and_grad(X, W1, b1[:, None], W2, b2, y)
    with pytest.raises(ShapeError, match=r"^two_layer.backward: b1 must be \(h\)"):
        backward(1.0, X, W1, b1[:, None], W2, b2, y)
    with pytest.raises(ShapeError, match=r"^two_layer.predict: b1 must be \(h\)"):
        predict(X, W1, b1[:, None], W2, b2)
    with pytest.raises(
        ShapeError, match=r"^two_layer.hessian_vector_product: b2_dot must be \(c\)"
    ):
        hessian_vector_product(W1, b1, W2, b2[:, None], X, W1, b1, W2, b2, y)


def test_the_sizes_of_an_example_all_differ_and_what_is_no_size_is_named():
    X, W1, b1, W2, b2, y = example(np.random.default_rng(0))
    assert (X.shape, W1.shape, b1.shape) == ((3, 4), (4, 5), (5,))
    assert (W2.shape, b2.shape, y.shape) == ((5, 2), (2,), (3,))
    with pytest.raises(ValueError, match=r"^two_layer.example: h must be a whole number"):
        example(np.random.default_rng(0), h=0)


def test_a_hessian_that_overflows_warns_of_nothing():
    X, W1, b1, W2, b2, y = example(np.random.default_rng(8))
    hessian_vector_product(
        *(np.full_like(A, 1e308) for A in (W1, b1, W2, b2)), X, W1, b1, W2, b2, y
    )
