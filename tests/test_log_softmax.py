import math

import numpy as np
import pytest
from hypothesis import given
from oracle import cross_entropy, exact, hard_rows, mp, real, ulps
from oracle import softmax as exact_softmax
from support import few, seeds, sizes

from mlp import GradientError, check, verify
from mlp.ops import log_softmax, softmax

# the definition


def test_a_log_probability_is_a_logit_less_the_log_of_a_sum():
    (Z,) = log_softmax.example(np.random.default_rng(0))
    O = log_softmax.forward(Z)
    for i, row in enumerate(Z):
        for k, z in enumerate(row):
            assert O[i, k] == pytest.approx(z - math.log(sum(map(math.exp, row))), rel=1e-14)


@pytest.mark.parametrize(("dtype", "limit"), [(np.float64, 3), (np.float32, 4)])
def test_every_log_probability_is_right_to_its_last_digits(dtype, limit):
    for z in hard_rows(dtype):
        Z = z.astype(dtype)
        got = log_softmax.forward(Z[None])[0]
        for k in {0, int(Z.argmax()), len(Z) - 1}:
            loss, _ = cross_entropy(exact(Z), [float(j == k) for j in range(len(Z))])
            assert ulps(got[k], -loss) <= limit, (Z, k)


def test_every_gradient_is_right_to_its_last_digits():
    rng = np.random.default_rng(2)
    for z in hard_rows(np.float64):
        dO = rng.normal(size=len(z)) + rng.choice([0, 1e8])
        (p, q), g = exact_softmax(exact(z)), exact(dO)
        got = log_softmax.backward(dO[None], z[None])[0]
        for i in rng.permutation(len(z))[:9]:
            terms = [-p[i] * h for h in g]
            terms[i] = q[i] * g[i]
            assert ulps(got[i], mp.fsum(terms), mp.fsum(map(abs, terms))) <= 5, (z, dO, i)


def test_at_a_cotangent_of_ones_the_gradient_is_right_to_four_units():
    for z in hard_rows(np.float64):
        p, q = exact_softmax(exact(z))
        got = log_softmax.backward(np.ones_like(z)[None], z[None])[0]
        for i in range(len(z)):
            others = (len(z) - 1) * p[i]
            assert ulps(got[i], q[i] - others, q[i] + others) <= 4, (z, i)


def test_the_same_lines_run_on_numbers_of_fifty_digits():
    Z, dO = np.random.default_rng(4).normal(size=(2, 1, 4))
    O, dZ = log_softmax.forward(real(Z)), log_softmax.backward(real(dO), real(Z))
    g = exact(dO[0])
    for k, p in enumerate(exact_softmax(exact(Z[0]))[0]):
        assert abs(mp.exp(O[0, k].x) - p) < 1e-48
        assert abs(dZ[0, k].x - (g[k] - p * mp.fsum(g))) < 1e-48


def test_logits_of_any_size_give_logarithms():
    Z = np.array([[1e4, -1e4, 0], [-1e4, -1e4, -1e4], [0, -np.inf, 0]])
    O = log_softmax.forward(Z)
    assert O[0].tolist() == [0, -2e4, -1e4]
    assert O[1] == pytest.approx(-math.log(3))
    assert O[2].tolist() == [-math.log(2), -np.inf, -math.log(2)]
    assert np.isfinite(log_softmax.backward(np.ones((3, 3)), Z)).all()


# laws


@few
@given(n=sizes, c=sizes, seed=seeds)
def test_its_exponential_is_softmax(n, c, seed):
    (Z,) = log_softmax.example(np.random.default_rng(seed), n, c)
    np.testing.assert_allclose(np.exp(log_softmax.forward(Z)), softmax.forward(Z), rtol=1e-14)


@few
@given(n=sizes, c=sizes, seed=seeds)
def test_applied_twice_it_changes_nothing_more(n, c, seed):
    O = log_softmax.forward(*log_softmax.example(np.random.default_rng(seed), n, c))
    np.testing.assert_allclose(log_softmax.forward(O), O, rtol=1e-12, atol=1e-15)


# mistakes

MISTAKES = {
    "the softmax is missing": lambda dO, _: dO - dO.sum(axis=1, keepdims=True),
    "the sum is missing": lambda dO, P: dO - P * dO,
    "the mean for the sum": lambda dO, P: dO - P * dO.mean(axis=1, keepdims=True),
    "the sum over the batch": lambda dO, P: dO - P * dO.sum(axis=0),
    "the cotangent is taken for ones": lambda dO, P: dO - P * P.shape[1],
    "the gradient of softmax": lambda dO, P: P * (dO - (P * dO).sum(axis=1, keepdims=True)),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_wrong_gradient_is_caught(mistake):
    def backward(dO, Z):
        return MISTAKES[mistake](dO, softmax.forward(Z))

    (Z,) = log_softmax.example(np.random.default_rng(3))
    with pytest.raises(GradientError):
        verify(log_softmax.forward, backward, Z)
    assert check(log_softmax.forward, backward, Z).verdict == "wrong"
