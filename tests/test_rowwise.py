"""What every op on rows, and every loss of rows, owes its caller, whatever its formula."""

import numpy as np
import pytest
import scipy.special
from hypothesis import given
from hypothesis import strategies as st
from kinds import BY_NAME, LOSSES, ROWS
from support import few, seeds, sizes, soft

from mlp import verify

LABELLED = {name: op for name, op in LOSSES.items() if "|" in op.forward.shapes}
KINDS = ("labels", "soft targets", "any targets")
CASES = [
    (name, kind)
    for name in [*ROWS, *LOSSES]
    for kind in (KINDS if name in LABELLED else ("its example",))
]
every = pytest.mark.parametrize(("name", "kind"), CASES)
every_of_rows = pytest.mark.parametrize("name", ROWS)
every_with_labels = pytest.mark.parametrize("name", LABELLED)
SCALES = {"cross_entropy": [1.0], "squared_error": [1e-6, 1.0, 1e6]}  # probabilities stay theirs


def point(name, kind, rng, n, c, scale=1.0):
    """Return a point of an op, with targets of this kind."""
    first, *targets = BY_NAME[name].example(rng, n, c)
    if kind == "its example":
        targets = [scale * Y for Y in targets]
    if kind == "soft targets":
        targets = [soft(rng, n, c)]
    if kind == "any targets":
        targets = [rng.normal(size=(n, c))]
    return scale * first, *targets


def narrow(arrays):
    return [a.astype(np.float32) if a.dtype.kind == "f" else a for a in arrays]


def wide(arrays):
    return [a.astype(float) if a.dtype.kind == "f" else a for a in arrays]


@every
@few
@given(n=sizes, c=sizes, seed=seeds, data=st.data())
def test_backward_is_the_derivative(name, kind, n, c, seed, data):
    scale = data.draw(st.sampled_from(SCALES.get(name, [0.1, 1.0, 10.0])))
    op = BY_NAME[name]
    at = point(name, kind, np.random.default_rng(seed), n, c, scale)
    verify(op.forward, op.backward, *at, wrt=getattr(op, "WRT", None))


FLOAT32 = {  # how far gradients may be apart: by a share of them, and at all
    "softmax": (1e-5, 1e-6),
    "log_softmax": (1e-5, 1e-5),
    "cross_entropy": (1e-6, 0),
    "softmax_cross_entropy": (1e-5, 1e-7),
    "squared_error": (1e-6, 0),
}


@pytest.mark.parametrize(("name", "kind"), [case for case in CASES if case[1] != KINDS[-1]])
@few
@given(n=sizes, c=sizes, seed=seeds)
def test_float32_gives_what_float64_gives(name, kind, n, c, seed):
    op, rng = BY_NAME[name], np.random.default_rng(seed)
    at = narrow(point(name, kind, rng, n, c))
    O = op.forward(*at)
    (dO,) = narrow([rng.normal(size=O.shape) if name in ROWS else np.ones(())])
    gradient = op.backward(dO, *at)
    assert O.dtype == gradient.dtype == np.float32
    np.testing.assert_allclose(O, op.forward(*wide(at)), rtol=1e-6)
    rtol, atol = FLOAT32[name]
    np.testing.assert_allclose(gradient, op.backward(*wide([dO, *at])), rtol=rtol, atol=atol)


# rows


@every_of_rows
def test_agrees_with_scipy(name):
    Z = np.random.default_rng(1).normal(size=(7, 5))
    expected = getattr(scipy.special, name)(Z, axis=1)
    np.testing.assert_allclose(ROWS[name].forward(Z), expected, rtol=1e-14)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("c", [2, 7, 33, 129, 1000])
@every_of_rows
def test_a_row_has_the_same_bits_in_every_batch_and_memory_order(name, c, dtype):
    op, rng = ROWS[name], np.random.default_rng(c)
    Z, dO = (rng.normal(size=(2, 1000, c)) * 9).astype(dtype)
    O, dZ = op.forward(Z), op.backward(dO, Z)
    for rows in (slice(0, 1), slice(7, 9), slice(3, 1000, 5)):
        for order in (np.ascontiguousarray, np.asfortranarray):
            np.testing.assert_array_equal(op.forward(order(Z[rows])), O[rows])
            np.testing.assert_array_equal(op.backward(order(dO[rows]), order(Z[rows])), dZ[rows])


GRADIENT_SUMS = {  # how far from 0 the gradient of a row may sum, for c classes and cotangents dO
    "softmax": lambda c, dO: 1e-14 * np.abs(dO).max(),  # noqa: ARG005  # however many classes
    "log_softmax": lambda c, dO: 1e-13 * c,  # noqa: ARG005  # however large
}


@every_of_rows
@few
@given(n=sizes, c=st.integers(1, 1000), seed=seeds)
def test_gradients_sum_to_zero_in_each_row(name, n, c, seed):
    Z, dO = np.random.default_rng(seed).normal(size=(2, n, c))
    for factor in (1, 5):
        sums = ROWS[name].backward(factor * dO, factor * Z).sum(axis=1)
        np.testing.assert_allclose(sums, 0, atol=GRADIENT_SUMS[name](c, factor * dO))


# labels


@every_with_labels
@few
@given(n=sizes, c=sizes, seed=seeds)
def test_labels_are_targets_with_a_one(name, n, c, seed):
    op = LABELLED[name]
    first, y = op.example(np.random.default_rng(seed), n, c)
    Y = np.eye(c)[y]
    assert op.forward(first, y) == pytest.approx(op.forward(first, Y), rel=1e-15)
    expected = op.backward(1.0, first, Y)
    np.testing.assert_allclose(op.backward(1.0, first, y), expected, rtol=1e-15)


@every_with_labels
@pytest.mark.parametrize("label", [-1, 4])
def test_a_label_out_of_range_is_refused(name, label):
    message = rf"^{name}.forward: y must hold classes 0..3, but y\[1\] is {label}"
    with pytest.raises(ValueError, match=message):
        LABELLED[name].forward(np.full((2, 4), 0.25), np.array([0, label]))
