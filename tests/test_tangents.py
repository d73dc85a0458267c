"""The tangent line of every op, as its docstring has it and as code: right, a pair with backward.

What is written in an op's docstring stands here beside the same line in NumPy.
"""

import functools
import math

import numpy as np
import pytest
from kinds import BY_NAME
from scipy import special

from mlp import check_tangent
from mlp.ops import gelu, leaky_relu, softmax

ALPHA, SLOPE = 1.0, leaky_relu.forward(-1.0) / -1.0  # as options stand


def sigmoid(Z):
    return special.expit(Z)


def rowsum(A):
    return A.sum(axis=1, keepdims=True)


def one_hot(y, Z):
    return np.eye(Z.shape[1])[y]


def gelu_tanh(d, Z):
    V, slope = math.sqrt(8 / math.pi), 0.044715
    inner = V * (Z + slope * Z**3)
    return (sigmoid(inner) + Z * V * (1 + 3 * slope * Z**2) * sigmoid(inner) * sigmoid(-inner)) * d


LINES = {
    "affine": ("Ẋ W + X Ẇ + 1 ḃ", lambda d, X, W, _: d[0] @ W + X @ d[1] + d[2]),
    "identity": ("Ż", lambda d, _: d),
    "sigmoid": ("σ(Z) σ(−Z) ⊙ Ż", lambda d, Z: sigmoid(Z) * sigmoid(-Z) * d),
    "tanh": ("sech²(Z) ⊙ Ż", lambda d, Z: d / np.cosh(Z) ** 2),
    "relu": ("[Z > 0] ⊙ Ż", lambda d, Z: (Z > 0) * d),
    "leaky_relu": (
        "([Z > 0] + slope [Z ≤ 0]) ⊙ Ż",
        lambda d, Z: ((Z > 0) + SLOPE * (Z <= 0)) * d,
    ),
    "elu": (
        "([Z > 0] + alpha eᶻ [Z ≤ 0]) ⊙ Ż",
        lambda d, Z: ((Z > 0) + ALPHA * np.exp(Z) * (Z <= 0)) * d,
    ),
    "softplus": ("σ(Z) ⊙ Ż", lambda d, Z: sigmoid(Z) * d),
    "silu": (
        "(σ(Z) + Z σ(Z) σ(−Z)) ⊙ Ż",
        lambda d, Z: (sigmoid(Z) + Z * sigmoid(Z) * sigmoid(-Z)) * d,
    ),
    "gelu": (
        "(Φ(Z) + Z φ(Z)) ⊙ Ż",
        lambda d, Z: (special.ndtr(Z) + Z * np.exp(-(Z**2) / 2) / math.sqrt(2 * math.pi)) * d,
    ),
    "softmax": (
        "P ⊙ (Ż − Σₖ Pₖ Żₖ)",
        lambda d, Z: softmax.forward(Z) * (d - rowsum(softmax.forward(Z) * d)),
    ),
    "log_softmax": ("Ż − Σₖ Pₖ Żₖ", lambda d, Z: d - rowsum(softmax.forward(Z) * d)),
    "cross_entropy": (
        "−1/n Σᵢₖ Yᵢₖ Ṗᵢₖ / Pᵢₖ",
        lambda d, P, y: -(one_hot(y, P) * d / P).sum() / len(P),
    ),
    "softmax_cross_entropy": (
        "Σᵢₖ dZᵢₖ Żᵢₖ",
        lambda d, Z, y: ((softmax.forward(Z) - one_hot(y, Z)) / len(Z) * d).sum(),
    ),
    "squared_error": (
        "2/(nm) Σᵢₖ (Oᵢₖ − Yᵢₖ) Ȯᵢₖ",
        lambda d, O, Y: 2 / O.size * ((O - Y) * d).sum(),
    ),
}


def checked(name, tangent, seed, **options):
    op = BY_NAME[name]
    point = op.example(np.random.default_rng(seed))
    wrt = getattr(op, "WRT", None)
    return check_tangent(op.forward, tangent, *point, wrt=wrt, rng=seed, **options)


def test_every_op_has_its_line_here_as_its_docstring_says_it():
    assert LINES.keys() == BY_NAME.keys()
    for name, (line, _) in LINES.items():
        (said,) = (s for s in BY_NAME[name].__doc__.splitlines() if s.startswith("    tangent "))
        assert said.partition("=")[2].strip().startswith(line), name


@pytest.mark.parametrize("name", LINES)
@pytest.mark.parametrize("seed", range(3))
def test_a_tangent_line_is_right_and_a_pair_with_backward(name, seed):
    report = checked(name, LINES[name][1], seed, backward=BY_NAME[name].backward)
    assert report.verdict == "correct", str(report)


@pytest.mark.parametrize("name", LINES)
def test_a_tangent_line_off_by_a_thousandth_is_wrong(name):
    off = lambda *point: LINES[name][1](*point) * 1.001  # noqa: E731  # the mistake
    assert checked(name, off, 0).verdict == "wrong"


@pytest.mark.parametrize("seed", range(3))
def test_the_line_of_the_other_form_of_gelu_is_right(seed):
    op = functools.partial(gelu.forward, approximate="tanh")
    (Z,) = gelu.example(np.random.default_rng(seed))
    assert check_tangent(op, gelu_tanh, Z, rng=seed).verdict == "correct"
