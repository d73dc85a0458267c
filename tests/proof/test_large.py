"""Proofs at larger sizes, which take some minutes: `make prove-long`."""

from functools import partial

import numpy as np
import pytest
from kinds import ELEMENTWISE
from pages import ROOT
from proof.networks import ACTIVATIONS, curved, layered, pair

from mlp import prove, two_layer
from mlp.ops import (
    affine,
    leaky_relu,
    log_softmax,
    sigmoid,
    softmax,
    softmax_cross_entropy,
    softplus,
)
from mlp.proof.page import ledger

pytestmark = pytest.mark.long


@pytest.mark.parametrize(
    ("activation", "n", "entries", "cases"),
    [("sigmoid", 1, 14, 3), ("tanh", 2, 16, 5), ("relu", 2, 16, 5)],  # sigmoid's parts at -1 and 0
)
def test_the_two_layer_network_with_two_hidden_units_is_proved_in_every_region(
    activation, n, entries, cases
):
    proof = prove(*pair(two_layer, activation=activation), n=n, d=2, h=2, c=2)
    assert proof.verdict == "proved", str(proof)
    assert (proof.entries, proof.cases, proof.missed) == (entries, cases, 0)
    assert proof.regions >= (5 * 60 if n == 2 else 3 * 18)


def test_the_two_layer_network_with_other_sizes_is_proved_in_every_region():
    proof = prove(*pair(two_layer, activation="relu"))
    assert proof.verdict == "proved", str(proof)
    assert proof.entries == 20


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_three_of_everything_is_proved_in_the_first_regions(activation):
    y = np.array([2, 0, 1])
    shapes = "(3,3),(3,3),(3),(3,3),(3)->()"
    proof = prove(
        lambda X, W1, b1, W2, b2: two_layer.forward(X, W1, b1, W2, b2, y, activation=activation),
        lambda dL, X, W1, b1, W2, b2: two_layer.backward(
            dL, X, W1, b1, W2, b2, y, activation=activation
        ),
        shapes=shapes,
    )
    assert proof.verdict == "checked", str(proof)
    assert proof.reason == "64 regions were proved, and there are more"
    assert proof.entries == 33


@pytest.mark.parametrize(
    ("activation", "h", "entries"), [("sigmoid", 1, 9), ("tanh", 2, 17), ("relu", 2, 17)]
)
def test_the_network_of_three_layers_is_proved_in_every_region(activation, h, entries):
    shapes = "(n,d),(d,h),(h),(h,h),(h),(h,c),(c),(n)->()"
    sizes = {"n": 1, "d": 1, "h": h, "c": 2}
    proof = prove(*layered(activation), shapes=shapes, labels="y", **sizes)
    assert proof.verdict == "proved", str(proof)
    assert proof.entries == entries


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_the_hessian_vector_product_is_proved_over_a_batch(activation):
    shapes = "(d,h),(h),(h,c),(c),(n,d),(n)->()"
    sizes = {"n": 2, "d": 1, "h": 1, "c": 2}
    wrt = (0, 1, 2, 3)
    proof = prove(*curved(activation), shapes=shapes, labels="y", wrt=wrt, **sizes)
    assert proof.verdict == "proved", str(proof)


@pytest.mark.parametrize("op", [softmax, log_softmax, softmax_cross_entropy], ids=str)
def test_three_rows_of_three_classes_are_proved(op):
    proof = prove(*pair(op), n=3, c=3)
    assert proof.verdict == "proved", str(proof)
    assert proof.regions >= 27


def test_a_larger_affine_map_is_proved():
    assert prove(affine.forward, affine.backward, n=3, d=4, m=5).entries == 3 * 4 + 4 * 5 + 5


@pytest.mark.parametrize("op", ELEMENTWISE.values(), ids=ELEMENTWISE)
def test_an_activation_is_proved_in_sixty_four_regions_at_most(op):
    rows = 1 if op in (sigmoid, softplus) else 2  # these have three pieces an entry
    proof = prove(*pair(op), shapes=f"({rows},3)->({rows},3)")
    assert proof.verdict == "proved", str(proof)
    assert (proof.entries, proof.missed) == (3 * rows, 0)


def test_an_option_is_a_constant_of_its_own():
    for slope in (0.2, -1.5, 0.0):
        assert prove(
            partial(leaky_relu.forward, slope=slope), partial(leaky_relu.backward, slope=slope)
        )


def test_the_hessian_vector_product_is_proved_with_two_examples_and_two_hidden_units(monkeypatch):
    monkeypatch.setattr(ledger, "MANY", 26)
    path = ROOT / "derivations/09-hessian-vector-product.md"
    text = path.read_text(encoding="utf-8").replace(r"\ n = 1,\ d = 1", r"\ n = 2,\ d = 1")
    found = ledger.Page(path, text)
    (block,) = (block for block in found.blocks if r"\ n = 2,\ d = 1" in block.text)
    (line,) = found.lines(block)
    assert (line.verdict, line.entries, line.regions) == ("proved", 10, 64), str(line)
