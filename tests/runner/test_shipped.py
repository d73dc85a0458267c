"""What is checked unasked: everything, at several sizes and dtypes, and a fault anywhere shows."""

import numpy as np
import pytest

from mlp import two_layer
from mlp.ops import ACTIVATIONS, OPS, relu
from mlp.runner.shipped import NAMES, shipped
from mlp.runner.verdicts import judge
from mlp.verdict import worst


def point_of(target):
    return target.draw(np.random.default_rng(0))


def test_every_op_is_named():
    assert [f"mlp.ops.{name}" for name in NAMES[:-2]] == [op.__name__ for op in OPS]
    assert NAMES[-2:] == ("two_layer", "digits")


@pytest.mark.parametrize("name", NAMES)
def test_a_point_has_the_dtype_that_the_table_says(name):
    for target in shipped(name):
        dtypes = {arg.dtype.name for arg in point_of(target) if arg.dtype.kind == "f"}
        assert dtypes == {target.dtype}


@pytest.mark.parametrize("name", NAMES[:-1])
def test_sizes_differ_and_none_is_1(name):
    firsts = [point_of(target)[0].shape for target in shipped(name)]
    assert len(set(firsts)) == 3
    assert min(min(shape) for shape in firsts) > 1


def test_the_network_is_checked_with_every_activation():
    said = {target.where.partition(",")[0] for target in shipped("two_layer")}
    assert said == set(ACTIVATIONS)
    assert {"relu", "tanh", "gelu"} <= said


def test_the_forms_of_an_op_are_checked_too():
    assert any("tanh form" in target.where for target in shipped("gelu"))
    soft = [point_of(t)[1] for t in shipped("softmax_cross_entropy") if "soft" in t.where]
    assert all(np.allclose(Y.sum(axis=1), 1) for Y in soft)
    assert len(soft) == 6


def test_digits_are_real_images():
    X = point_of(shipped("digits")[0])[0]
    assert X.shape[1] == 64
    assert set(np.unique(X * 16) % 1) == {0}


@pytest.mark.parametrize("seed", [0, 1])
def test_digits_are_judged_in_single_precision_too(seed):
    assert [judge(t, seed=seed, timeout=60).verdict for t in shipped("digits")] == ["correct"] * 2


def test_a_fault_in_one_dtype_at_one_size_shows(monkeypatch):
    right = relu.backward

    def wrong(dA, Z):
        dZ = right(dA, Z)
        return dZ * np.float32(1.01) if dZ.dtype == np.float32 and len(dZ) == 7 else dZ

    monkeypatch.setattr(relu, "backward", wrong)
    verdicts = {(t.dtype, t.where): judge(t, seed=0, timeout=60).verdict for t in shipped("relu")}
    assert verdicts.pop(("float32", "sizes × 2")) == "wrong"
    assert worst(verdicts.values()) == "correct"


def test_a_fault_in_the_network_shows_for_every_activation_and_on_digits(monkeypatch):
    right = two_layer.backward

    def wrong(*args, **options):
        dX, dW1, db1, dW2, db2 = right(*args, **options)
        return dX, dW1, -db1, dW2, db2

    monkeypatch.setattr(two_layer, "backward", wrong)
    targets = [t for t in [*shipped("two_layer"), *shipped("digits")] if t.dtype == "float64"]
    small = [t for t in targets if "× 2" not in t.where and "× 5" not in t.where]
    assert len(small) == len(ACTIVATIONS) + 1
    assert {judge(target, seed=0, timeout=60).verdict for target in small} == {"wrong"}
