import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oracle import ACTIVATIONS, exact, mp

from mlp import verify
from mlp.curvature import curvature
from mlp.ops import activation_of, affine


@pytest.mark.parametrize("name", ACTIVATIONS)
@pytest.mark.parametrize("z", [-30.3, -2.7, -0.4, 0.4, 2.7, 30.3])
def test_agrees_with_fifty_digits(name, z):
    got = curvature(activation_of(name), np.array([z]))
    truth = mp.diff(ACTIVATIONS[name], exact(z), 2)
    assert got[0] == pytest.approx(float(truth), rel=1e-12, abs=1e-25)


@pytest.mark.parametrize("name", ACTIVATIONS)
@settings(max_examples=10)
@given(seed=st.integers(0, 2**32 - 1))
def test_is_the_derivative_of_the_derivative(name, seed):
    op = activation_of(name)
    Z = np.random.default_rng(seed).normal(size=(3, 4))
    slopes, curves = op.backward(np.ones_like(Z), Z), curvature(op, Z)
    assert curves.shape == Z.shape
    if curves.any():
        verify(lambda Z: op.backward(np.ones_like(Z), Z), lambda dS, Z: dS * curvature(op, Z), Z)
    else:  # piecewise linear: slopes are the same a little further on
        np.testing.assert_array_equal(op.backward(np.ones_like(Z), Z * 1.01), slopes)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_keeps_float32_and_every_shape(name):
    for shape in ((), (3,), (2, 3, 4)):
        assert curvature(activation_of(name), np.ones(shape, np.float32)).shape == shape
        assert curvature(activation_of(name), np.ones(shape, np.float32)).dtype == np.float32


def test_an_op_without_a_line_in_the_table_is_refused():
    with pytest.raises(
        ValueError, match=r"must be one of identity, .* but is <module 'mlp\.ops\.affine"
    ):
        curvature(affine, np.zeros(3))


def test_far_away_nothing_curves_and_nan_stays():
    for name in ACTIVATIONS:
        assert curvature(name, np.array([1e100, -1e100])).tolist() == [0, 0], name
        assert np.isnan(curvature(name, np.array(np.nan))), name
        at_infinity = curvature(name, np.array([np.inf, -np.inf]))
        assert (np.isnan(at_infinity) | (at_infinity == 0)).all(), name


@pytest.mark.parametrize(("activation", "Z"), [([], np.ones(2)), ("relu", "hello"), (None, 1.0)])
def test_what_is_no_activation_or_no_array_is_refused_in_one_line(activation, Z):
    with pytest.raises((ValueError, TypeError), match=r"^curvature\b.*: (activation|Z) must be"):
        curvature(activation, Z)


def test_the_byte_order_of_a_machine_elsewhere_changes_nothing():
    Z = np.linspace(-3, 3, 7)
    for name in ACTIVATIONS:
        np.testing.assert_array_equal(curvature(name, Z.astype(">f8")), curvature(name, Z))
