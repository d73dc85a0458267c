"""Code is proved, refused with a counterexample, or named as what cannot be proved."""

import itertools
import math
import random
import sys
from functools import partial

import numpy as np
import pytest
from proof.networks import ACTIVATIONS, curved, layered, pair
from scipy import special

from mlp import prove, two_layer
from mlp.ops import (
    OPS,
    affine,
    cross_entropy,
    elu,
    gelu,
    leaky_relu,
    log_softmax,
    relu,
    sigmoid,
    silu,
    softmax,
    softmax_cross_entropy,
    softplus,
    squared_error,
    tanh,
)
from mlp.proof.real import extension

RNG, COUNT = np.random.default_rng(0), itertools.count()
SMALL = {"n": 2, "d": 2, "h": 1, "c": 2}

# every public backward


@pytest.mark.parametrize("op", OPS, ids=lambda op: op.__name__)
def test_every_op_is_proved(op):
    proof = prove(*pair(op))
    assert proof.verdict == "proved", str(proof)
    assert proof.entries >= 2
    assert proof.missed == 0


def test_the_tanh_form_of_gelu_is_proved():
    proof = prove(*pair(gelu, approximate="tanh"))
    assert proof.verdict == "proved"
    assert any("sqrt" in constant for constant in proof.constants)


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_the_two_layer_network_is_proved_in_every_region(activation):
    proof = prove(*pair(two_layer, activation=activation), **SMALL)
    assert proof.verdict == "proved", str(proof)
    assert (proof.entries, proof.cases, proof.missed) == (11, 5, 0)
    assert proof.regions >= 70


def test_the_network_of_three_layers_is_proved():
    shapes = "(n,d),(d,h),(h),(h,h),(h),(h,c),(c),(n)->()"
    sizes = {"n": 1, "d": 2, "h": 1, "c": 2}
    proof = prove(*layered("relu"), shapes=shapes, labels="y", **sizes)
    assert proof.verdict == "proved", str(proof)
    assert proof.entries == 11


def test_the_hessian_vector_product_is_the_derivative_of_the_gradient():
    shapes = "(d,h),(h),(h,c),(c),(n,d),(n)->()"
    proof = prove(*curved("tanh"), shapes=shapes, labels="y", wrt=(0, 1, 2, 3), n=1, d=2, h=1, c=2)
    assert proof.verdict == "proved", str(proof)


def test_sizes_may_be_given_and_the_proof_says_them():
    proof = prove(affine.forward, affine.backward, n=3, d=1, m=4)
    assert proof
    assert proof.shapes == {"X": "(3, 1)", "W": "(1, 4)", "b": "(4,)"}


# mistakes, each of which must be refused at a point


def swapped(*args, **options):
    dX, dW1, db1, dW2, db2 = two_layer.backward(*args, **options)
    return dX, dW1, db1, dW2, -db2


def derivative_at_the_activation(dL, X, W1, b1, W2, b2, y):
    """Take σ' at A1 instead of at Z1."""
    Z1 = affine.forward(X, W1, b1)
    A1 = sigmoid.forward(Z1)
    dZ2 = softmax_cross_entropy.backward(dL, affine.forward(A1, W2, b2), y)
    dA1, dW2, db2 = affine.backward(dZ2, A1, W2, b2)
    dX, dW1, db1 = affine.backward(sigmoid.backward(dA1, A1), X, W1, b1)
    return dX, dW1, db1, dW2, db2


MISTAKES = {
    "affine: a transpose on square weights": (
        affine.forward,
        lambda dO, X, W, b: (dO @ W, X.T @ dO, dO.sum(axis=0)),
        {"d": 2},
    ),
    "affine: biases are averaged over the batch": (
        affine.forward,
        lambda dO, X, W, b: (dO @ W.T, X.T @ dO, dO.mean(axis=0)),
        {},
    ),
    "affine: the batch is turned round": (
        affine.forward,
        lambda dO, X, W, b: (dO @ W.T, X.T @ dO[::-1], dO.sum(axis=0)),
        {},
    ),
    "sigmoid: the derivative of the other sign": (
        sigmoid.forward,
        lambda dA, Z: -sigmoid.backward(dA, Z),
        {},
    ),
    "tanh: 1 − tanh instead of 1 − tanh²": (
        tanh.forward,
        lambda dA, Z: dA * (1 - np.tanh(Z)),
        {},
    ),
    "relu: Z instead of 1": (relu.forward, lambda dA, Z: dA * np.maximum(Z, 0), {}),
    "leaky_relu: wrong below 0 alone": (
        leaky_relu.forward,
        lambda dA, Z: dA * np.where(Z > 0, 1, 0.02),
        {},
    ),
    "elu: a constant is lost below 0": (
        elu.forward,
        lambda dA, Z: dA * np.where(Z > 0, 1, np.exp(np.minimum(Z, 0)) - 1),
        {},
    ),
    "softplus: tanh for sigmoid": (softplus.forward, lambda dA, Z: dA * np.tanh(Z), {}),
    "silu: the second term is forgotten": (
        silu.definition,
        lambda dA, Z: dA / (1 + np.exp(-Z)),
        {},
    ),
    "gelu: √(2π) for √(π/2)": (
        gelu.definition,
        lambda dA, Z: (
            dA * (1 + gelu.erf(Z / math.sqrt(2))) / 2
            + dA * Z * np.exp(-Z * Z / 2) / math.sqrt(math.pi / 2)
        ),
        {},
    ),
    "softmax: the diagonal of the Jacobian alone": (
        softmax.forward,
        lambda dP, Z: dP * softmax.forward(Z) * (1 - softmax.forward(Z)),
        {},
    ),
    "log_softmax: summed over the wrong axis": (
        log_softmax.forward,
        lambda dO, Z: dO - softmax.forward(Z) * dO.sum(axis=0, keepdims=True),
        {},
    ),
    "cross_entropy: not divided by n": (
        cross_entropy.forward,
        lambda dL, P, y: len(P) * cross_entropy.backward(dL, P, y),
        {},
    ),
    "softmax_cross_entropy: right for targets that sum to 1 alone": (
        softmax_cross_entropy.forward,
        lambda dL, Z, y: (
            dL * (softmax.forward(Z) - (np.eye(Z.shape[1])[y] if y.ndim == 1 else y)) / len(Z)
        ),
        {},
    ),
    "softmax_cross_entropy: wrong for one vector of labels alone": (
        softmax_cross_entropy.forward,
        lambda dL, Z, y: (
            softmax_cross_entropy.backward(dL, Z, y)
            * (2 if y.dtype == int and (y == [1, 1]).all() else 1)
        ),
        {},
    ),
    "squared_error: the 2 is forgotten": (
        squared_error.forward,
        lambda dL, O, Y: dL * (O - Y) / O.size,
        {},
    ),
    "the cotangent is ignored": (relu.forward, lambda dA, Z: np.where(Z > 0, 1, 0), {}),
    "the cotangent counts by its size": (relu.forward, lambda dA, Z: relu.backward(abs(dA), Z), {}),
    "the gradient is clipped far out": (
        lambda Z: Z * Z,
        lambda dA, Z: 2 * dA * np.minimum(Z, 500),
        {"shapes": "(n)->(n)"},
    ),
    "weight decay is added": (
        affine.forward,
        lambda dO, X, W, b: (dO @ W.T, X.T @ dO + 1e-9 * W, dO.sum(axis=0)),
        {},
    ),
    "a mean without its 2/n, which is 1 for n = 2": (
        lambda x: (x * x).mean(),
        lambda d, x: x * d,
        {"shapes": "(n)->()"},
    ),
    "softmax_cross_entropy: divided by the number of classes": (
        softmax_cross_entropy.forward,
        lambda dL, Z, y: softmax_cross_entropy.backward(dL, Z, y) * (len(Z) / Z.shape[1]),
        {},
    ),
    "squared_error: a mean over the wrong axis": (
        lambda O, Y: ((O - Y) ** 2).mean(axis=1).sum(),
        lambda d, O, Y: (2 * d * (O - Y) / len(O), -2 * d * (O - Y) / len(O)),
        {"shapes": "(n,m),(n,m)->()"},
    ),
    "the mean of a column: divided by the number of columns": (
        lambda X: X.mean(axis=0),
        lambda d, X: np.broadcast_to(d, X.shape) / X.shape[1],
        {"shapes": "(n,m)->(m)"},
    ),
    "an array of any shape: divided by its first length": (
        lambda X: X.sum() / 2,
        lambda d, X: np.full(X.shape, d / len(X)),
        {"shapes": "(...)->()"},
    ),
    "two_layer: a sign": (two_layer.forward, swapped, SMALL),
    "two_layer: σ' at A1": (
        partial(two_layer.forward, activation="sigmoid"),
        derivative_at_the_activation,
        SMALL,
    ),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_refused_with_a_counterexample(name):
    forward, backward, options = MISTAKES[name]
    proof = prove(forward, backward, **options)
    assert proof.verdict == "refused", str(proof)
    found = proof.counterexample
    assert abs(found.by_hand - found.true) > 1e-12
    assert found.point


def test_a_refusal_names_the_sizes_at_which_it_fails():
    forward, backward, options = MISTAKES["a mean without its 2/n, which is 1 for n = 2"]
    proof = prove(forward, backward, **options)
    assert "it holds for x (2,), but not at every size" in str(proof)
    assert "tried on x (5,)" in str(proof)
    assert prove(forward, backward, **options, n=2).verdict == "proved"  # what is asked holds
    assert prove(forward, backward, shapes="(2)->()").verdict == "proved"


def test_a_backward_that_fails_at_other_sizes_is_not_proved():
    proof = prove(lambda X: X.sum(), lambda d, X: d * np.ones((2, 2)) + 0 * X.T, shapes="(n,m)->()")
    assert proof.verdict == "not proved"
    assert "raises" in proof.reason
    assert proof.shapes == {"X": "(5, 7)"}


def test_a_backward_that_returns_nothing_is_not_proved():
    def forgotten(dA, Z):
        dA * 2 * Z

    proof = prove(lambda Z: Z**2, forgotten, shapes="(n)->(n)")
    assert (proof.verdict, proof.entries) == ("not proved", 0)
    assert "nothing was compared" in str(proof)


def test_a_counterexample_is_one_by_the_numbers():
    proof = prove(softmax.forward, MISTAKES["softmax: the diagonal of the Jacobian alone"][1])
    found = proof.counterexample
    point = {"Z": np.zeros((2, 2)), "dO": np.zeros((2, 2))}
    for name, value in found.point.items():
        argument, _, index = name.removesuffix("]").partition("[")
        point[argument][tuple(map(int, index.split(",")))] = float(value)
    assert softmax.backward(point["dO"], point["Z"])[found.index] == pytest.approx(found.true)


# rewrites that are right


RIGHT = {
    "sigmoid by its own value": (
        sigmoid.forward,
        lambda dA, Z: dA * sigmoid.forward(Z) * (1 - sigmoid.forward(Z)),
    ),
    "sigmoid as a hyperbolic tangent": (
        lambda Z: (1 + np.tanh(Z / 2)) / 2,
        sigmoid.backward,
    ),
    "softplus in the textbook line": (lambda Z: np.log(1 + np.exp(Z)), softplus.backward),
    "tanh by its own value": (tanh.forward, lambda dA, Z: dA * (1 - np.tanh(Z) ** 2)),
    "softmax in the textbook line": (
        lambda Z: np.exp(Z) / np.exp(Z).sum(axis=1, keepdims=True),
        softmax.backward,
    ),
    "softmax by its Jacobian": (
        softmax.forward,
        lambda dP, Z: np.stack(
            [(np.diag(p) - np.outer(p, p)) @ g for p, g in zip(softmax.forward(Z), dP, strict=True)]
        ),
    ),
    "relu as half of z + |z|": (lambda Z: (Z + np.abs(Z)) / 2, relu.backward),
    "relu by a mask": (relu.forward, lambda dA, Z: dA * (Z > 0)),
    "leaky_relu as a maximum": (lambda Z: np.maximum(Z, 0.01 * Z), leaky_relu.backward),
}


@pytest.mark.parametrize("name", RIGHT)
def test_a_right_rewrite_is_proved(name):
    proof = prove(*RIGHT[name], shapes="(...)->(...)")
    assert proof, str(proof)


def test_functions_of_users_are_proved():
    def layer_norm(X):
        centred = X - X.mean(axis=1, keepdims=True)
        return centred / np.sqrt((centred**2).mean(axis=1, keepdims=True) + 1e-5)

    def layer_norm_backward(dO, X):
        centred = X - X.mean(axis=1, keepdims=True)
        s = np.sqrt((centred**2).mean(axis=1, keepdims=True) + 1e-5)
        O = centred / s
        return (dO - dO.mean(axis=1, keepdims=True) - O * (dO * O).mean(axis=1, keepdims=True)) / s

    proof = prove(layer_norm, layer_norm_backward, shapes="(n,d)->(n,d)", n=1)
    assert proof, str(proof)

    def distance(x, y):
        return np.linalg.norm(x - y)

    def distance_backward(dL, x, y):
        return dL * (x - y) / np.linalg.norm(x - y), dL * (y - x) / np.linalg.norm(x - y)

    assert prove(distance, distance_backward, shapes="(n),(n)->()")


def test_outputs_may_be_a_dict():
    def forward(x):
        return {"square": x**2, "lines": [x, 3 * x]}

    def backward(dO, x):
        return dO["square"] * 2 * x + dO["lines"][0] + 3 * dO["lines"][1]

    assert prove(forward, backward, shapes="(n)->(n)").verdict == "proved"
    proof = prove(forward, lambda dO, x: dO["square"] * 2 * x, shapes="(n)->(n)")
    assert proof.verdict == "refused"


def test_several_outputs_and_a_declared_constant():
    def forward(x, y):
        return x * y, x + y

    proof = prove(forward, lambda d, x, y: (d[0] * y + d[1], None), shapes="(n),(n)->(n),(n)")
    assert proof
    assert proof.unchecked == ("y",)
    assert prove(forward, lambda d, x, y: (d[0] * y, None), shapes="(n),(n)->(n),(n)").verdict == (
        "refused"
    )


# what is less than a proof


@pytest.mark.parametrize(
    ("forward", "backward", "named"),
    [
        (special.gamma, lambda dA, Z: dA, "gamma"),
        (lambda Z: np.array([math.gamma(z) for z in Z]), lambda dA, Z: dA, "float()"),
        (lambda Z: np.linalg.eigvals(np.diag(Z)), lambda dA, Z: dA, "np.linalg.eigvals"),
        (lambda Z: Z.astype(np.float32), lambda dA, Z: dA, "float32"),
        (lambda Z: np.floor(Z) * Z, lambda dA, Z: dA, "np.floor"),
        (lambda Z: np.nextafter(Z, 0), lambda dA, Z: dA, "np.nextafter"),
        (lambda Z: np.where(Z > 0, Z, -np.inf), lambda dA, Z: dA, "−∞"),
        (lambda Z: np.add.at(np.zeros(2, np.float32), [0, 1], Z), lambda dA, Z: dA, "np.add.at"),
        (lambda Z: Z * np.random.normal(size=2), lambda dA, Z: dA, "np.random.normal"),  # noqa: NPY002  # what is refused
        (lambda Z: Z * random.random(), lambda dA, Z: dA, "random.random"),  # noqa: S311  # likewise
        (lambda Z: Z * RNG.random(2), lambda dA, Z: dA, "Generator.random"),
        (lambda Z: Z * next(COUNT), lambda dA, Z: dA, "something else when they run again"),
        (lambda Z: sys.exit(len(Z) + 1), lambda dA, Z: dA, "sys.exit(3)"),
        (np.frombuffer, lambda dA, Z: dA, "np.frombuffer"),
        (lambda Z: Z.tobytes(), lambda dA, Z: dA, ".tobytes"),
        (lambda Z: np.zeros(2) + Z.nope, lambda dA, Z: dA, "nope"),
        (lambda Z: np.log(-1 - Z * Z), lambda dA, Z: dA, "defined"),
    ],
)
def test_what_cannot_be_proved_is_named_in_one_line_and_never_called_proved(
    forward, backward, named
):
    proof = prove(forward, backward, shapes="(n)->(n)")
    assert proof.verdict == "not proved"
    assert named in proof.reason
    assert "\n" not in proof.reason
    assert not proof


@pytest.mark.parametrize(
    "forward", [lambda Z: np.floor(Z) + Z, lambda Z: np.frombuffer(Z.tolist())]
)
def test_the_line_at_fault_is_named(forward):
    proof = prove(forward, lambda dA, Z: 0 * dA, shapes="(n)->(n)")
    assert proof.verdict == "not proved"
    assert "(test_code.py:" in proof.reason


def test_a_difference_below_rounding_is_no_refusal():
    proof = prove(silu.forward, silu.backward)  # its shipped lines hold a table of rounded numbers
    assert proof.verdict == "not proved"
    assert "off by less than rounding" in proof.reason


def test_a_gradient_of_another_shape_or_number_is_refused():
    def unsummed(dO, X, W, b):
        return dO @ W.T, X.T @ dO, dO

    proof = prove(affine.forward, unsummed)
    assert proof.verdict == "refused"
    assert proof.reason == ("the gradient must have the shape (2,) of b, but its shape is (2, 2)")
    proof = prove(affine.forward, lambda dO, X, W, b: (dO @ W.T, X.T @ dO))
    assert (proof.verdict, proof.reason) == (
        "refused",
        "backward must return X, W, b, but returned 2 arrays",
    )


def test_fewer_than_all_regions_is_checked_and_says_how_many():
    proof = prove(relu.forward, relu.backward, shapes="(7)->(7)")
    assert proof.verdict == "checked"
    assert proof.regions == 64
    assert proof.reason == "64 regions were proved, and there are more"


def test_a_unit_of_three_pieces_is_proved_at_fewer_entries():
    def clipped(dy, x):
        return dy * (np.abs(x) < 1)

    proof = prove(lambda x: np.clip(x, -1, 1), clipped, shapes="(...)->(...)")
    assert proof.verdict == "proved"
    assert (proof.shapes, proof.missed) == ({"x": "(2,)"}, 0)
    proof = prove(lambda x: np.clip(x, -2, 1), clipped, shapes="(...)->(...)")
    assert proof.verdict == "refused"


def test_a_border_that_the_code_asks_for_is_said_to_be_left_out():
    def jumps(x):
        return x + np.where(x != 0, 1.0, 0.0)

    proof = prove(jumps, lambda d, x: d, shapes="(1)->(1)")
    assert (proof.verdict, proof.domain) == ("proved", ("x[0] ≠ 0",))
    assert "where x[0] ≠ 0" in str(proof)


def test_a_region_that_is_missed_is_counted():
    proof = prove(
        lambda x: np.where(x**4 + 1 < x**2 / 3, x, 2 * x), lambda d, x: 2 * d, shapes="(1)->(1)"
    )
    assert (proof.verdict, proof.missed) == ("checked", 1)


def test_one_witness_above_zero_does_not_prove_what_is_wrong_below():
    forward, backward, _ = MISTAKES["leaky_relu: wrong below 0 alone"]
    found = prove(forward, backward, shapes="(1)->(1)").counterexample
    assert found.true == pytest.approx(0.01 / 0.02 * found.by_hand)


def test_what_writes_into_an_argument_is_named():
    def forward(x):
        x *= 2
        return x

    proof = prove(forward, lambda d, x: 2 * d, shapes="(n)->(n)")
    assert proof.verdict == "not proved"
    assert proof.reason == "forward writes into x; let it work on a copy"


# what people write


def embedding(E):
    return E[np.array([0, 1, 0])]


def embedding_backward(dO, E):
    g = np.zeros(E.shape)
    np.add.at(g, [0, 1, 0], dO)
    return g


def test_an_embedding_is_proved_and_a_copy_in_place_of_its_sum_refused():
    def last_one_wins(dO, E):
        g = np.zeros_like(E)
        g[[0, 1, 0]] += dO
        return g

    assert prove(embedding, embedding_backward, shapes="(2,k)->(3,k)").verdict == "proved"
    assert prove(embedding, last_one_wins, shapes="(2,k)->(3,k)").verdict == "refused"


def masked(S):
    A = np.exp(np.where(np.tri(2), S, -np.inf))
    return A / A.sum(axis=1, keepdims=True)


def test_masked_attention_is_proved_and_a_forgotten_mask_refused():
    def backward(dO, S):
        A = masked(S)
        return A * (dO - (A * dO).sum(axis=1, keepdims=True))

    def unmasked(dO, S):
        A = special.softmax(S, axis=1)
        return A * (dO - (A * dO).sum(axis=1, keepdims=True))

    assert prove(masked, backward, shapes="(2,2)->(2,2)").verdict == "proved"
    assert prove(masked, unmasked, shapes="(2,2)->(2,2)").verdict == "refused"


def rms_norm(x, g):
    return x / np.sqrt((x**2).mean(axis=-1, keepdims=True) + 1e-6) * g


def rms_norm_backward(dO, x, g):
    r = np.sqrt((x**2).mean(axis=-1, keepdims=True) + 1e-6)
    dx = dO * g
    return (dx - x / r * (dx * x / r).mean(axis=-1, keepdims=True)) / r, (dO * x / r).sum(axis=0)


def test_sizes_go_down_where_there_are_too_many_terms_and_the_proof_says_so(monkeypatch):
    asked = "(n,d),(d)->(n,d)"
    assert prove(rms_norm, rms_norm_backward, shapes=asked).shapes["x"] == "(2, 3)"
    monkeypatch.setattr(extension, "Ring", partial(extension.Ring, budget=75))
    proof = prove(rms_norm, rms_norm_backward, shapes=asked)
    assert (proof.verdict, proof.shapes["x"]) == ("proved", "(1, 2)")
    assert proof.partly.startswith("at x (2, 3), g (3,): ")
    assert proof.partly in str(proof)
    assert not prove(rms_norm, rms_norm_backward, shapes=asked, n=2, d=3)


def nll(z, y):
    return -special.log_softmax(z, axis=1)[np.arange(len(y)), y].mean()


def test_labels_are_of_the_axis_that_they_have_not():
    def backward(dL, z, y):
        p = special.softmax(z, axis=1)
        p[np.arange(len(y)), y] -= 1
        return dL * p / len(y)

    proof = prove(nll, backward, shapes="(b,k),(b)->()", labels="y")
    assert (proof.verdict, proof.cases) == ("proved", 4)
    wrong = prove(nll, lambda dL, z, y: 2 * backward(dL, z, y), shapes="(b,k),(b)->()", labels="y")
    assert wrong.verdict == "refused"


class Square:
    """A layer that keeps what it was given."""

    def forward(self, x):
        self.x = x
        return x * x

    def backward(self, dO, _x):
        return 2 * self.x * dO


def test_what_forward_keeps_backward_finds_and_the_class_is_named():
    layer = Square()
    proof = prove(layer.forward, layer.backward, shapes="(n)->(n)")
    assert proof.verdict == "proved"
    assert proof.subject == "Square.backward as the gradient of Square.forward"


def test_what_larger_sizes_were_covered_is_said():
    proof = prove(
        lambda x: np.clip(x, -1, 1), lambda d, x: d * (np.abs(x) < 1), shapes="(...)->(...)"
    )
    assert proof.partly == "at x (2, 2): 64 regions were proved, and there are more"


# a refusal needs digits


def attended(Q, K, V):
    S = Q @ K.T / np.sqrt(103)  # whose root the prime has not
    E = np.exp(S - S.max(axis=1, keepdims=True))
    P = E / E.sum(axis=1, keepdims=True)
    return P, P @ V


def attended_backward(dO, Q, K, V):
    P, _ = attended(Q, K, V)
    dP = dO @ V.T
    dS = P * (dP - (dP * P).sum(axis=1, keepdims=True)) / np.sqrt(103)
    return dS @ K, dS.T @ Q, P.T @ dO


def test_a_right_gradient_that_cannot_be_decided_is_not_refused_by_lost_digits():
    shapes = "(n,d),(n,d),(n,d)->(n,d)"
    proof = prove(lambda Q, K, V: attended(Q, K, V)[1], attended_backward, shapes=shapes, n=2, d=3)
    assert proof.verdict == "not proved", str(proof)
    assert "a root in it is none modulo the prime" in proof.reason


def test_what_code_catches_of_a_refusal_makes_no_proof():
    def rounded(x):
        try:
            return np.round(x) + 0 * x
        except Exception:  # noqa: BLE001  # as code is written that tries one way after another
            return x

    def first(x):
        try:
            scale = float(np.floor(x[0]))
        except TypeError:
            scale = 1.0
        return scale * x

    for caught, said in ((rounded, "np.round"), (first, "np.floor")):
        proof = prove(caught, lambda d, x: d, shapes="(n)->(n)")  # by name
        assert proof.verdict == "not proved"
        assert said in proof.reason
