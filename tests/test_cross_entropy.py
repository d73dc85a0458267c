import math

import numpy as np
import pytest
import scipy.special
from hypothesis import given, settings
from hypothesis import strategies as st
from oracle import exact, mp, ulps

from mlp import GradientError, check, verify
from mlp.ops import cross_entropy, softmax

sizes = st.integers(2, 6)
seeds = st.integers(0, 2**32 - 1)
few = settings(max_examples=15)


def soft(rng, n, c):
    return softmax.forward(rng.normal(size=(n, c)))


# the definition


def test_the_loss_is_the_mean_surprise_at_the_right_class():
    P, y = cross_entropy.example(np.random.default_rng(0))
    loss = 0.0
    for row, label in zip(P, y, strict=True):
        loss -= math.log(row[label]) / len(P)
    assert cross_entropy.forward(P, y) == pytest.approx(loss, rel=1e-15)


def test_agrees_with_scipy():
    rng = np.random.default_rng(1)
    P, Y = soft(rng, 7, 5), soft(rng, 7, 5)
    Y[2, 3] = P[2, 3] = P[4, 1] = 0
    Y[4, 1] = 0
    loss = -scipy.special.xlogy(Y, P).sum() / 7
    assert cross_entropy.forward(P, Y) == pytest.approx(loss, rel=1e-15)


def test_the_mean_of_a_thousand_losses_is_right_to_its_last_digits():
    P, y = cross_entropy.example(np.random.default_rng(2), 1000, 10)
    truth = -mp.fsum(mp.log(exact(P[i, k])) for i, k in enumerate(y)) / 1000
    assert ulps(cross_entropy.forward(P, y), truth) <= 3


def test_zero_times_log_zero_is_zero():
    P, Y = np.array([[0.25, 0.75, 0.0]]), np.array([[1.0, 0.0, 0.0]])
    assert cross_entropy.forward(P, Y) == pytest.approx(math.log(4))
    assert cross_entropy.backward(1.0, P, Y).tolist() == [[-4, 0, 0]]


def test_a_right_class_of_probability_zero_costs_infinity():
    with pytest.warns(RuntimeWarning, match="divide by zero"):
        assert cross_entropy.forward(np.array([[1.0, 0.0]]), [1]) == np.inf


def test_nan_is_never_a_plausible_number():
    P = np.array([[np.nan, 0.5]])
    assert np.isnan(cross_entropy.forward(P, [0]))
    assert np.isnan(cross_entropy.forward(P, [[0.0, 1.0]]))
    assert np.isnan(cross_entropy.backward(1.0, P, [1])[0, 0])


# the derivative


@few
@given(n=sizes, c=sizes, seed=seeds)
def test_backward_is_the_derivative(n, c, seed):
    rng = np.random.default_rng(seed)
    P, y = cross_entropy.example(rng, n, c)
    for targets in (y, soft(rng, n, c), rng.normal(size=(n, c))):
        verify(cross_entropy.forward, cross_entropy.backward, P, targets, wrt=cross_entropy.WRT)


@few
@given(n=sizes, c=sizes, seed=seeds)
def test_float32_gives_what_float64_gives(n, c, seed):
    rng = np.random.default_rng(seed)
    P, y = cross_entropy.example(rng, n, c)
    P = P.astype(np.float32)
    for targets in (y, soft(rng, n, c).astype(np.float32)):
        wide = targets if targets is y else targets.astype(float)
        loss, dP = cross_entropy.forward(P, targets), cross_entropy.backward(1.0, P, targets)
        assert loss.dtype == dP.dtype == np.float32
        assert loss == pytest.approx(cross_entropy.forward(P.astype(float), wide), rel=1e-6)
        expected = cross_entropy.backward(1.0, P.astype(float), wide)
        np.testing.assert_allclose(dP, expected, rtol=1e-6)


# laws


@few
@given(n=sizes, c=sizes, seed=seeds)
def test_no_prediction_beats_the_targets_themselves(n, c, seed):
    rng = np.random.default_rng(seed)
    P, Y = soft(rng, n, c), soft(rng, n, c)
    assert cross_entropy.forward(Y, Y) <= cross_entropy.forward(P, Y) + 1e-15  # Gibbs


@few
@given(n=sizes, c=sizes, seed=seeds)
def test_labels_are_targets_with_a_one(n, c, seed):
    P, y = cross_entropy.example(np.random.default_rng(seed), n, c)
    Y = np.eye(c)[y]
    assert cross_entropy.forward(P, y) == pytest.approx(cross_entropy.forward(P, Y), rel=1e-15)
    expected = cross_entropy.backward(1.0, P, Y)
    np.testing.assert_allclose(cross_entropy.backward(1.0, P, y), expected, rtol=1e-15)


def test_a_sure_prediction_that_is_right_costs_nothing():
    assert cross_entropy.forward(np.eye(4), np.arange(4)) == 0


# mistakes

MISTAKES = {
    "1/n is missing": lambda P, Y, _: -Y / P,
    "the sign": lambda P, Y, n: Y / P / n,
    "1/P is missing": lambda _, Y, n: -Y / n,
    "P for its inverse": lambda P, Y, n: -Y * P / n,
    "softmax is counted in": lambda P, Y, n: (P - Y) / n,
    "every class": lambda P, _, n: -1 / P / n,
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_wrong_gradient_is_caught(mistake):
    P, y = cross_entropy.example(np.random.default_rng(3))

    def backward(dL, P, y):
        return dL * MISTAKES[mistake](P, np.eye(P.shape[1])[y], len(P))

    with pytest.raises(GradientError):
        verify(cross_entropy.forward, backward, P, y)
    assert check(cross_entropy.forward, backward, P, y).verdict == "wrong"


@pytest.mark.parametrize("label", [-1, 4])
def test_a_label_out_of_range_is_refused(label):
    message = rf"cross_entropy.forward: y must hold classes 0..3, but y\[1\] is {label}"
    with pytest.raises(ValueError, match=message):
        cross_entropy.forward(np.full((2, 4), 0.25), np.array([0, label]))
