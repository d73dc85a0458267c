"""The same input has the same bits, whatever batch and memory are around it: all ops but affine.

Affine is BLAS, which adds in an order of its own; ``affine.forward_exact`` has one answer.
"""

from functools import partial

import numpy as np
import pytest
from kinds import BY_NAME, ELEMENTWISE, LOSSES, ROWS

from mlp.ops import gelu
from mlp.ops import softmax as shipped

dtypes = pytest.mark.parametrize("dtype", [np.float64, np.float32], ids=["float64", "float32"])


def strided(A):
    """Return A as every other entry of a larger array."""
    B = np.zeros([2 * n for n in A.shape], A.dtype)
    part = B[tuple(np.s_[1::2] for _ in A.shape)]
    part[...] = A
    return part


def shifted(A):
    """Return A one entry off the alignment that vector instructions like."""
    B = np.empty(A.size + 1, A.dtype)[1:].reshape(A.shape)
    B[...] = A
    return B


LAYOUTS = {
    "C order": np.ascontiguousarray,
    "Fortran order": np.asfortranarray,
    "strided": strided,
    "reversed": lambda A: np.ascontiguousarray(A[..., ::-1])[..., ::-1],
    "off alignment": shifted,
}
PARTS = {
    "one row": np.s_[7:8],
    "two rows": np.s_[40:42],
    "every fifth row": np.s_[::5],
    "the last rows": np.s_[-33:],
    "rows backwards": np.s_[::-1],
    "all": np.s_[:],
}


def differing(forward, backward, Z, dO):
    """List where a part of a batch, laid out anew, has other bits than the batch had there."""
    A, dZ = forward(Z), backward(dO, Z)
    return [
        f"{part}, {layout}"
        for part, rows in PARTS.items()
        for layout, laid in LAYOUTS.items()
        if not np.array_equal(forward(laid(Z[rows])), A[rows])
        or not np.array_equal(backward(laid(dO[rows]), laid(Z[rows])), dZ[rows])
    ]


ONE = {name: (op.forward, op.backward) for name, op in {**ELEMENTWISE, **ROWS}.items()} | {
    "gelu, tanh": [partial(f, approximate="tanh") for f in (gelu.forward, gelu.backward)]
}


def test_every_op_but_affine_is_tested_here():
    assert {*ONE, *LOSSES, "affine"} >= {*BY_NAME}


def hard_matrix(n, c, dtype):
    rng = np.random.default_rng(c)
    Z = rng.normal(size=(n, c)) * rng.choice([0.1, 3, 30, 300], size=(n, 1))
    return Z.astype(dtype), rng.normal(size=(n, c)).astype(dtype)


@dtypes
@pytest.mark.parametrize("c", [2, 7, 33, 130])
@pytest.mark.parametrize("name", ONE)
def test_a_row_has_the_same_bits_in_every_batch_and_layout(name, c, dtype):
    assert differing(*ONE[name], *hard_matrix(300, c, dtype)) == []


@dtypes
@pytest.mark.parametrize("name", ONE)
def test_a_row_has_the_same_bits_alone_and_among_a_thousand(name, dtype):
    forward, backward = ONE[name]
    Z, dO = hard_matrix(1000, 10, dtype)
    A, dZ = forward(Z), backward(dO, Z)
    for i in range(0, 1000, 7):
        np.testing.assert_array_equal(forward(Z[i : i + 1])[0], A[i])
        np.testing.assert_array_equal(backward(dO[i : i + 1], Z[i : i + 1])[0], dZ[i])


def loss_points(name, dtype):
    """Yield 300 rows for a loss, with soft targets and, where it takes them, with labels."""
    Z, Y = hard_matrix(300, 33, dtype)
    Z = shipped.forward(Z / 30) if name == "cross_entropy" else Z
    yield Z, np.abs(Y)
    if "|" in LOSSES[name].forward.shapes:
        yield Z, np.random.default_rng(0).integers(33, size=300)


@dtypes
@pytest.mark.parametrize("name", LOSSES)
def test_a_gradient_has_the_same_bits_wherever_its_row_stands(name, dtype):
    op = LOSSES[name]
    for Z, Y in loss_points(name, dtype):
        dZ, order = op.backward(1, Z, Y), np.random.default_rng(1).permutation(len(Z))
        np.testing.assert_array_equal(op.backward(1, Z[order], Y[order]), dZ[order])
        for layout in LAYOUTS.values():
            np.testing.assert_array_equal(op.backward(1, layout(Z), layout(Y)), dZ)


@dtypes
@pytest.mark.parametrize("name", LOSSES)
def test_a_loss_has_the_same_bits_in_every_layout(name, dtype):
    op = LOSSES[name]
    for Z, Y in loss_points(name, dtype):
        for rows in (np.s_[7:8], np.s_[:]):
            loss = op.forward(Z[rows], Y[rows])
            for layout in LAYOUTS.values():
                assert op.forward(layout(Z[rows]), layout(Y[rows])) == loss


# controls


def test_a_sum_in_the_order_of_memory_is_found():
    def softmax(Z):
        E = np.exp(Z - Z.max(axis=1, keepdims=True))
        return E / E.sum(axis=1, keepdims=True)

    def backward(dP, Z):
        P = softmax(Z)
        return P * (dP - (P * dP).sum(axis=1, keepdims=True))

    found = differing(softmax, backward, *hard_matrix(300, 130, np.float64))
    assert "all, Fortran order" in found


def test_a_mean_over_the_batch_is_found():
    found = differing(
        lambda Z: Z - Z.mean(axis=0), lambda dA, Z: dA + 0 * Z, *hard_matrix(300, 7, np.float64)
    )
    assert "one row, C order" in found
    assert "all, C order" not in found
