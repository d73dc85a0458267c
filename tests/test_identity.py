import numpy as np
from hypothesis import given
from support import few, points

from mlp import check, verify
from mlp.ops import affine, identity

# the definition


@few
@given(Z=points)
def test_what_goes_in_comes_out_as_a_copy(Z):
    A = identity.forward(Z)
    np.testing.assert_array_equal(A, Z)
    assert not np.shares_memory(A, Z)
    assert not np.shares_memory(identity.backward(A, Z), A)


# the derivative


@few
@given(Z=points)
def test_backward_is_the_derivative(Z):
    verify(identity.forward, identity.backward, Z)


# a law


def test_layers_without_activation_are_one_affine_map():
    rng = np.random.default_rng(0)
    X, W1, b1 = affine.example(rng, n=5, d=4, m=3)
    _, W2, b2 = affine.example(rng, n=5, d=3, m=2)
    deep = affine.forward(identity.forward(affine.forward(X, W1, b1)), W2, b2)
    np.testing.assert_allclose(deep, affine.forward(X, W1 @ W2, b1 @ W2 + b2), rtol=1e-13)


# mistakes

MISTAKES = {
    "the input instead of the cotangent": lambda dA, Z: Z,  # noqa: ARG005  # that is the mistake
    "the product rule of z·z": lambda dA, Z: 2 * Z * dA,
    "the sign": lambda dA, Z: -dA,  # noqa: ARG005  # no slope to multiply with
    "the mean over the batch": lambda dA, Z: dA / len(Z),
}


def test_a_wrong_gradient_is_caught():
    (Z,) = identity.example(np.random.default_rng(0))
    for name, backward in MISTAKES.items():
        assert check(identity.forward, backward, Z).verdict == "wrong", name
