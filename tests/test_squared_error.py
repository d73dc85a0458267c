import numpy as np
import pytest
from hypothesis import given
from oracle import exact, mp, ulps
from support import few, seeds, sizes

from mlp import GradientError, ShapeError, check, verify
from mlp.ops import squared_error

# the definition


def test_the_loss_is_the_mean_of_every_squared_difference():
    O, Y = squared_error.example(np.random.default_rng(0))
    loss = 0.0
    for i in range(3):
        for k in range(4):
            loss += (O[i, k] - Y[i, k]) ** 2 / 12
    assert squared_error.forward(O, Y) == pytest.approx(loss, rel=1e-14)


@pytest.mark.parametrize("n", [2, 33, 1000])
def test_loss_and_gradient_are_right_to_their_last_digits(n):
    rng = np.random.default_rng(n)
    for shift in (0, 1e3):
        O, Y = squared_error.example(rng, n, 10)
        O += shift
        o, t = exact(O), exact(Y)
        D = [[a - b for a, b in zip(*rows, strict=True)] for rows in zip(o, t, strict=True)]
        truth = mp.fsum(d * d for row in D for d in row) / O.size
        assert ulps(squared_error.forward(O, Y), truth) <= 3
        dO = squared_error.backward(1.0, O, Y)
        assert max(ulps(dO[i, 3], 2 * D[i][3] / O.size) for i in range(n)) <= 2


def test_nan_is_never_a_plausible_number():
    O = np.array([[np.nan, 1.0]])
    assert np.isnan(squared_error.forward(O, np.zeros((1, 2))))
    assert np.isnan(squared_error.backward(1.0, O, np.zeros((1, 2)))[0, 0])


# laws


@few
@given(n=sizes, m=sizes, seed=seeds)
def test_the_best_constant_prediction_is_the_mean(n, m, seed):
    _, Y = squared_error.example(np.random.default_rng(seed), n, m)
    O = np.full((n, m), Y.mean())
    assert squared_error.forward(O, Y) == pytest.approx(Y.var(), rel=1e-12)
    assert squared_error.backward(1.0, O, Y).sum() == pytest.approx(0, abs=1e-15)


def test_a_perfect_prediction_has_no_loss_and_no_gradient():
    _, Y = squared_error.example(np.random.default_rng(1))
    assert squared_error.forward(Y, Y) == 0
    assert not squared_error.backward(1.0, Y, Y).any()


def test_the_bits_do_not_depend_on_memory_order():
    O, Y = squared_error.example(np.random.default_rng(2), 33, 17)
    assert squared_error.forward(np.asfortranarray(O), Y) == squared_error.forward(O, Y)


# mistakes

MISTAKES = {
    "the mean is missing": lambda D: 2 * D,
    "the mean over the batch alone": lambda D: 2 * D / len(D),
    "the 2 is missing": lambda D: D / D.size,
    "the sign": lambda D: -2 * D / D.size,
    "the square is still there": lambda D: D**2 / D.size,
    "only its sign": lambda D: 2 * np.sign(D) / D.size,
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_wrong_gradient_is_caught(mistake):
    def backward(dL, O, Y):
        return dL * MISTAKES[mistake](O - Y)

    O, Y = squared_error.example(np.random.default_rng(3))
    with pytest.raises(GradientError):
        verify(squared_error.forward, backward, O, Y, wrt=squared_error.WRT)
    assert check(squared_error.forward, backward, O, Y, wrt=(0,)).verdict == "wrong"


def test_a_vector_of_targets_is_not_broadcast():
    with pytest.raises(ShapeError, match=r"Y must be \(n,m\) with n = 3 from O, m = 1 from O"):
        squared_error.forward(np.zeros((3, 1)), np.zeros(3))
