import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from oracle import exact, hard_rows, mp, real, ulps
from oracle import softmax as exact_softmax
from support import few, seeds, sizes

from mlp import GradientError, ShapeError, check, verify
from mlp.ops import log_softmax, softmax, softmax_cross_entropy

# the definition


def test_a_probability_is_an_exponential_over_the_sum_of_its_row():
    (Z,) = softmax.example(np.random.default_rng(0))
    P = softmax.forward(Z)
    for i, row in enumerate(Z):
        for k, z in enumerate(row):
            assert P[i, k] == pytest.approx(math.exp(z) / sum(map(math.exp, row)), rel=1e-15)


@pytest.mark.parametrize(("dtype", "limit"), [(np.float64, 4), (np.float32, 4)])
def test_every_probability_is_right_to_its_last_digits(dtype, limit):
    for z in hard_rows(dtype):
        Z = z.astype(dtype)
        truth, _ = exact_softmax(exact(Z))
        worst = max(map(ulps, softmax.forward(Z[None])[0], truth))
        assert worst <= limit, f"{worst} ULP at {Z}"


def test_every_gradient_is_right_to_its_last_digits():
    rng = np.random.default_rng(2)
    for z in hard_rows(np.float64):
        dP = rng.normal(size=len(z)) + rng.choice([0, 1e8])
        (p, _), g = exact_softmax(exact(z)), exact(dP)
        got = softmax.backward(dP[None], z[None])[0]
        for i in rng.permutation(len(z))[:9]:
            terms = [p[i] * q * (g[i] - h) for q, h in zip(p, g, strict=True)]
            assert ulps(got[i], mp.fsum(terms), mp.fsum(map(abs, terms))) <= 6, (z, dP, i)


def test_the_mean_is_taken_out_of_the_cotangent_before_it_can_round():
    rng = np.random.default_rng(0)
    Z, dP = rng.normal(size=(2, 500, 2))
    found, off = softmax.backward(dP, Z), []
    for (z, w), (g, h), (dz, _) in zip(Z, dP, found, strict=True):
        e = mp.exp(exact(w) - exact(z))
        off.append(abs(exact(dz) / (e / (1 + e) ** 2 * (exact(g) - exact(h))) - 1))
    assert mp.fsum(off) / 500 < 0.85 * 2.0**-53  # 0.97 where what rounding took has a wrong sign


def test_the_same_lines_run_on_numbers_of_fifty_digits():
    (Z,) = softmax.example(np.random.default_rng(4))
    for row, z in zip(softmax.forward(real(Z)), Z, strict=True):
        for p, truth in zip(row, exact_softmax(exact(z))[0], strict=True):
            assert abs(p.x - truth) < 1e-48


def test_logits_of_any_size_give_probabilities():
    Z = np.array([[1e4, -1e4, 0], [-1e4, -1e4, -1e4], [1.7e308, -1.7e308, 0], [0, -np.inf, 0]])
    third = 1 / 3
    expected = [[1, 0, 0], [third, third, third], [1, 0, 0], [0.5, 0, 0.5]]
    assert softmax.forward(Z).tolist() == expected
    assert np.isfinite(softmax.backward(np.ones((4, 3)), Z)).all()


@pytest.mark.parametrize("gap", [711, 725, 744])
def test_a_thousand_classes_that_are_next_to_impossible_are_summed_to_all_digits(gap):
    Z = np.append(np.full(999, -gap - 0.09), 0.0)[None]
    p = 999 * mp.exp(exact(Z[0, 0]))
    assert ulps(softmax.backward(np.eye(1000)[:1], Z)[0, -1], -p / 999) <= 2
    assert ulps(softmax.backward(np.eye(1000)[-1:], Z)[0, -1], p) <= 2
    assert ulps(log_softmax.forward(Z)[0, -1], -p) <= 2
    assert ulps(softmax_cross_entropy.backward(1.0, Z, [999])[0, -1], -p) <= 2
    E = np.exp(Z[0, :-1])
    assert ulps(E.sum(), p) > 2  # as they are, they have lost them


def test_nan_stays_in_its_row():
    P = softmax.forward(np.array([[0.0, np.nan, 1.0], [0.0, 0.0, 0.0]]))
    assert np.isnan(P[0]).all()
    assert np.isfinite(P[1]).all()


# laws


@few
@given(n=sizes, c=sizes, seed=seeds, shift=st.integers(-(2**20), 2**20))
def test_a_shift_of_every_logit_changes_no_bit(n, c, seed, shift):
    Z = np.random.default_rng(seed).integers(-800, 800, size=(n, c)) / 16  # the shift is exact
    np.testing.assert_array_equal(softmax.forward(Z + shift), softmax.forward(Z))


@few
@given(n=sizes, c=st.integers(1, 1000), seed=seeds)
def test_probabilities_sum_to_one(n, c, seed):
    Z = np.random.default_rng(seed).normal(size=(n, c)) * 5
    np.testing.assert_allclose(softmax.forward(Z).sum(axis=1), 1, rtol=1e-14)


@few
@given(n=sizes, c=sizes, seed=seeds)
def test_a_constant_cotangent_pulls_back_to_zero(n, c, seed):
    Z, constant = np.random.default_rng(seed).normal(size=(2, n, c))
    dP = np.broadcast_to(constant[:, :1], (n, c))
    assert (softmax.backward(dP, Z) == 0).all()


@few
@given(n=sizes, c=sizes, seed=seeds)
def test_the_jacobian_is_symmetric(n, c, seed):
    Z, U, V = np.random.default_rng(seed).normal(size=(3, n, c))
    one_way = (U * softmax.backward(V, Z)).sum()
    assert one_way == pytest.approx((V * softmax.backward(U, Z)).sum(), rel=1e-12, abs=1e-15)


# mistakes


def centred(D, axis):
    return D - D.mean(axis=axis, keepdims=True)


MISTAKES = {
    "only the diagonal of the Jacobian": lambda dP, P: dP * P * (1 - P),
    "the mean is missing": lambda dP, P: P * dP,
    "the mean counts every class alike": lambda dP, P: P * centred(dP, axis=1),
    "the mean is taken over the batch": lambda dP, P: P * (dP - (P * dP).sum(axis=0)),
    "P is missing in front": lambda dP, P: dP - (P * dP).sum(axis=1, keepdims=True),
    "the sign": lambda dP, P: P * ((P * dP).sum(axis=1, keepdims=True) - dP),
    "the square of P": lambda dP, P: P * (dP - (P**2 * dP).sum(axis=1, keepdims=True)),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_wrong_gradient_is_caught(mistake):
    def backward(dP, Z):
        return MISTAKES[mistake](dP, softmax.forward(Z))

    (Z,) = softmax.example(np.random.default_rng(3))
    with pytest.raises(GradientError):
        verify(softmax.forward, backward, Z)
    assert check(softmax.forward, backward, Z).verdict == "wrong"


def test_a_vector_of_logits_is_refused():
    with pytest.raises(ShapeError, match=r"softmax.forward: Z must be \(n,c\), but its shape"):
        softmax.forward(np.zeros(3))
