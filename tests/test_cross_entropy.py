import math

import numpy as np
import pytest
import scipy.special
from hypothesis import given
from oracle import exact, mp, ulps
from support import few, seeds, sizes, soft

from mlp import GradientError, check, verify
from mlp.ops import cross_entropy

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
    assert cross_entropy.forward(np.array([[1.0, 0.0]]), [1]) == np.inf


def test_nan_is_never_a_plausible_number():
    P = np.array([[np.nan, 0.5]])
    assert np.isnan(cross_entropy.forward(P, [0]))
    assert np.isnan(cross_entropy.forward(P, [[0.0, 1.0]]))
    assert np.isnan(cross_entropy.backward(1.0, P, [1])[0, 0])


# laws


@few
@given(n=sizes, c=sizes, seed=seeds)
def test_no_prediction_beats_the_targets_themselves(n, c, seed):
    rng = np.random.default_rng(seed)
    P, Y = soft(rng, n, c), soft(rng, n, c)
    assert cross_entropy.forward(Y, Y) <= cross_entropy.forward(P, Y) + 1e-15  # Gibbs


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


def test_a_class_of_no_probability_that_is_not_asked_for_has_no_slope():
    assert cross_entropy.backward(1.0, [[1.0, 0.0]], [0]).tolist() == [[-1.0, 0.0]]


def test_float32_losses_are_those_of_float64_rounded_once():
    P = soft(np.random.default_rng(0), 200, 5).astype(np.float32)
    for row in P:
        wide = cross_entropy.forward(*2 * [row[None].astype(np.float64)])
        assert cross_entropy.forward(row[None], row[None]) == np.float32(wide)
