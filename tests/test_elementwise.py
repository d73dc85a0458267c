"""What every elementwise op owes its caller, whatever its formula."""

from functools import partial

import numpy as np
import pytest
from hypothesis import given
from kinds import ELEMENTWISE
from support import few, hard_inputs, points

from mlp import ShapeError
from mlp.ops import elu, gelu, identity, leaky_relu

CASES = {name: (op.forward, op.backward) for name, op in ELEMENTWISE.items()} | {
    "leaky_relu, slope 0.3": [
        partial(f, slope=0.3) for f in (leaky_relu.forward, leaky_relu.backward)
    ],
    "elu, alpha 2": [partial(f, alpha=2) for f in (elu.forward, elu.backward)],
    "gelu, tanh": [partial(f, approximate="tanh") for f in (gelu.forward, gelu.backward)],
}
every = pytest.mark.parametrize(("forward", "backward"), CASES.values(), ids=CASES)
every_op = pytest.mark.parametrize("name", ELEMENTWISE)


@every
@few
@given(Z=points)
def test_float32_gives_what_float64_gives(forward, backward, Z):
    Z = Z.astype(np.float32)
    dA = np.cos(Z)
    A, dZ = forward(Z), backward(dA, Z)
    assert A.dtype == dZ.dtype == np.float32
    Z, dA = Z.astype(float), dA.astype(float)
    np.testing.assert_allclose(A, forward(Z), rtol=1e-6)
    np.testing.assert_allclose(dZ, backward(dA, Z), rtol=1e-6, atol=1e-7)


@every
def test_nan_stays_nan_and_touches_nothing_else(forward, backward):
    Z = np.array([np.nan, -2.0, 3.0, -1e4, 1e4, 0.0])
    assert np.isnan(forward(Z)).tolist() == [True] + 5 * [False]
    if forward is not identity.forward:  # whose slope is 1 wherever it is asked
        assert np.isnan(backward(np.ones(6), Z)).tolist() == [True] + 5 * [False]
    assert np.isnan(backward(np.full(5, np.nan), Z[1:])).all()


@every
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_finite_inputs_give_finite_results_without_a_warning(forward, backward, dtype):
    Z = hard_inputs(dtype)
    assert np.isfinite(forward(Z)).all()
    assert np.isfinite(backward(np.ones_like(Z), Z)).all()


@every
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_a_number_has_the_same_bits_in_every_array(forward, backward, dtype):
    Z = (np.random.default_rng(0).normal(size=(257, 37)) * 20).astype(dtype)
    dA = np.ones_like(Z)
    A, dZ = forward(Z), backward(dA, Z)
    for part in (np.s_[5, 7], np.s_[5:6, 7:8], np.s_[::3, 4], np.s_[::-1, ::-2], np.s_[:, 1:4]):
        np.testing.assert_array_equal(forward(Z[part]), A[part])
        np.testing.assert_array_equal(backward(dA[part], Z[part]), dZ[part])
    np.testing.assert_array_equal(forward(np.asfortranarray(Z)), A)
    np.testing.assert_array_equal(backward(np.asfortranarray(dA), np.asfortranarray(Z)), dZ)


@every
def test_a_large_array_gives_what_its_parts_give(forward, backward):
    Z = np.random.default_rng(1).normal(size=(3, 10_007)) * 5
    dA = np.cos(Z)
    np.testing.assert_array_equal(forward(Z)[2, 9000:], forward(Z[2, 9000:]))
    np.testing.assert_array_equal(backward(dA, Z)[2, 9000:], backward(dA[2, 9000:], Z[2, 9000:]))


@every
def test_arguments_stay_as_they_are_and_results_are_new(forward, backward):
    Z, dA = np.random.default_rng(2).normal(size=(2, 3, 4))
    before = Z.copy(), dA.copy()
    A, dZ = forward(Z), backward(dA, Z)
    A[...] = dZ[...] = 0
    np.testing.assert_array_equal((Z, dA), before)


@every
@few
@given(Z=points)
def test_backward_is_linear_in_the_cotangent(forward, backward, Z):
    dA, dB = np.sin(5 * Z), np.cos(3 * Z)
    together = backward(dA - 2 * dB, Z)
    apart = backward(dA, Z) - 2 * backward(dB, Z)
    np.testing.assert_allclose(together, apart, rtol=1e-13, atol=1e-15)
    assert forward(Z).shape == together.shape == Z.shape


@every
def test_lists_numbers_and_nothing_at_all_are_arrays_too(forward, backward):
    assert forward([1, 2]).tolist() == forward(np.array([1.0, 2.0])).tolist()
    assert backward(1, 2).shape == ()
    assert forward(np.empty((0, 3))).shape == (0, 3)


@every_op
def test_a_cotangent_of_another_shape_is_refused(name):
    op = ELEMENTWISE[name]
    with pytest.raises(ShapeError, match=rf"^{name}.backward: Z must have the shape \(2,\) of dA"):
        op.backward(np.ones(2), np.ones((2, 1)))
    with pytest.raises(TypeError, match=rf"^{name}.forward: Z must hold real numbers"):
        op.forward(np.ones(2, complex))


@every_op
def test_the_example_comes_from_the_generator_it_is_given(name):
    op = ELEMENTWISE[name]
    (Z,) = op.example(np.random.default_rng(3), n=5, m=2)
    assert Z.shape == (5, 2)
    np.testing.assert_array_equal(Z, op.example(np.random.default_rng(3), 5, 2)[0])
