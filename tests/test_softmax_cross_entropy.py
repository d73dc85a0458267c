import math

import numpy as np
import pytest
import scipy.special
from hypothesis import given
from hypothesis import strategies as st
from oracle import cross_entropy as exact_cross_entropy
from oracle import exact, hard_rows, mp, real, ulps
from oracle import softmax as exact_softmax
from support import few, seeds, sizes, soft

from mlp import GradientError, ShapeError, check, verify
from mlp.ops import cross_entropy, softmax, softmax_cross_entropy


def one_hot(y, c):
    return np.eye(c)[y]


# the definition


def test_the_loss_is_the_mean_surprise_at_the_right_class():
    Z, y = softmax_cross_entropy.example(np.random.default_rng(0))
    loss = 0.0
    for row, label in zip(Z, y, strict=True):
        loss -= math.log(math.exp(row[label]) / sum(map(math.exp, row))) / len(Z)
    assert softmax_cross_entropy.forward(Z, y) == pytest.approx(loss, rel=1e-14)


def test_agrees_with_scipy():
    rng = np.random.default_rng(1)
    Z, Y = rng.normal(size=(7, 5)), rng.normal(size=(7, 5))
    loss = -(Y * scipy.special.log_softmax(Z, axis=1)).sum() / 7
    assert softmax_cross_entropy.forward(Z, Y) == pytest.approx(loss, rel=1e-14)


@pytest.mark.parametrize(("dtype", "limit"), [(np.float64, 3), (np.float32, 4)])
def test_every_loss_is_right_to_its_last_digits(dtype, limit):
    for z in hard_rows(dtype):
        Z = z.astype(dtype)
        for k in {0, int(Z.argmax()), len(Z) - 1}:
            truth, _ = exact_cross_entropy(exact(Z), [float(j == k) for j in range(len(Z))])
            loss = softmax_cross_entropy.forward(Z[None], np.array([k]))
            assert ulps(loss, truth) <= limit, (Z, k)


@pytest.mark.parametrize("n", [7, 1000])
def test_the_mean_of_a_batch_is_right_to_its_last_digits(n):
    rng = np.random.default_rng(n)
    z = [10.0, 0.3, -7.0]
    Z, y = np.tile(z, (n, 1)), rng.integers(3, size=n)
    losses = [exact_cross_entropy(exact(z), row)[0] for row in np.eye(3)]
    truth = mp.fsum(losses[k] for k in y) / n
    assert ulps(softmax_cross_entropy.forward(Z, y), truth) <= 3


def test_every_loss_of_soft_targets_is_right_to_its_last_digits():
    rng = np.random.default_rng(2)
    for z in hard_rows(np.float64):
        for Y in (rng.random(len(z)), rng.normal(size=len(z))):
            truth, terms = exact_cross_entropy(exact(z), exact(Y))
            assert ulps(softmax_cross_entropy.forward(z[None], Y[None]), truth, terms) <= 3, (z, Y)


@pytest.mark.parametrize("n", [1, 7, 1000])
def test_every_gradient_is_right_to_its_last_digits(n):
    for z in hard_rows(np.float64):
        p, q = exact_softmax(exact(z))
        Z = np.tile(z, (n, 1))[: max(1, n // len(z) ** 2)]
        for k in {0, int(z.argmax()), len(z) - 1}:
            got = softmax_cross_entropy.slopes(Z, np.full((len(Z), 1), k), n=n)[-1]
            for i in {0, k, len(z) // 2}:
                truth = (p[i] if i != k else -q[i]) / n
                assert ulps(got[i], truth) <= 4, (z, k, i)


def test_every_gradient_of_soft_targets_is_right_to_its_last_digits():
    rng = np.random.default_rng(3)
    for z in hard_rows(np.float64):
        Y = rng.random(len(z))
        (p, q), t = exact_softmax(exact(z)), exact(Y)
        got = softmax_cross_entropy.backward(1.0, z[None], Y[None])[0]
        for i in rng.permutation(len(z))[:9]:
            terms = [p[i] * u for u in t]
            terms[i] = -q[i] * t[i]
            assert ulps(got[i], mp.fsum(terms), mp.fsum(map(abs, terms))) <= 4, (z, Y, i)


def test_the_same_lines_run_on_numbers_of_fifty_digits():
    z, Y = np.random.default_rng(5).normal(size=(2, 4))
    p, t = exact_softmax(exact(z))[0], exact(Y)
    L, dZ = softmax_cross_entropy.value_and_grad(real(z[None]), real(Y[None]))
    assert abs(L.x - exact_cross_entropy(exact(z), t)[0]) < 1e-47
    for k in range(4):
        assert abs(dZ[0, k].x - (p[k] * mp.fsum(t) - t[k])) < 1e-48
    L, dZ = softmax_cross_entropy.value_and_grad(real(z[None]), [2])
    assert abs(L.x + mp.log(p[2])) < 1e-47
    assert abs(dZ[0, 2].x - (p[2] - 1)) < 1e-48


def test_logits_of_ten_thousand_give_the_right_loss_and_a_finite_gradient():
    Z = np.array([[1e4, -1e4, 0.0], [-1e4, 1e4, 0.0]])
    assert softmax_cross_entropy.forward(Z, [0, 0]) == 1e4
    assert softmax_cross_entropy.forward(Z, [1, 1]) == 1e4
    assert softmax_cross_entropy.forward(Z, [0, 1]) == 0
    gradient = softmax_cross_entropy.backward(1.0, Z, [1, 1])
    assert gradient.tolist() == [[0.5, -0.5, 0], [0, 0, 0]]


def test_a_class_that_is_ruled_out_costs_nothing_until_it_is_right():
    Z = np.array([[0.0, -np.inf, 0.0]])
    for target in ([0], [[1.0, 0.0, 0.0]], [[0.5, 0.0, 0.5]]):
        assert softmax_cross_entropy.forward(Z, target) == pytest.approx(math.log(2))
        assert np.isfinite(softmax_cross_entropy.backward(1.0, Z, target)).all()
    assert softmax_cross_entropy.forward(Z, [1]) == np.inf


def test_nan_is_never_a_plausible_loss():
    Z = np.array([[0.0, np.nan], [0.0, 1.0]])
    assert np.isnan(softmax_cross_entropy.forward(Z, [0, 0]))
    assert np.isnan(softmax_cross_entropy.forward(Z, np.zeros((2, 2))))


# laws


@few
@given(n=sizes, c=sizes, seed=seeds, dtype=st.sampled_from([np.float64, np.float32]))
def test_value_and_grad_has_the_bits_of_forward_and_backward(n, c, seed, dtype):
    rng = np.random.default_rng(seed)
    Z, y = softmax_cross_entropy.example(rng, n, c)
    Z = Z.astype(dtype)
    for targets in (y, soft(rng, n, c).astype(dtype)):
        loss, dZ = softmax_cross_entropy.value_and_grad(Z, targets)
        assert loss == softmax_cross_entropy.forward(Z, targets)
        np.testing.assert_array_equal(dZ, softmax_cross_entropy.backward(1.0, Z, targets))


@few
@given(n=sizes, c=sizes, seed=seeds)
def test_it_is_cross_entropy_after_softmax(n, c, seed):
    rng = np.random.default_rng(seed)
    Z, y = softmax_cross_entropy.example(rng, n, c)
    P = softmax.forward(Z)
    for targets in (y, rng.normal(size=(n, c))):
        fused = softmax_cross_entropy.value_and_grad(Z, targets)
        assert fused[0] == pytest.approx(cross_entropy.forward(P, targets), rel=1e-12)
        dP = cross_entropy.backward(1.0, P, targets)
        np.testing.assert_allclose(fused[1], softmax.backward(dP, Z), rtol=1e-11, atol=1e-14)


@few
@given(n=sizes, c=sizes, seed=seeds)
def test_with_targets_that_sum_to_one_the_gradient_is_the_difference_over_n(n, c, seed):
    rng = np.random.default_rng(seed)
    Z, Y = rng.normal(size=(n, c)), soft(rng, n, c)
    dZ = softmax_cross_entropy.backward(1.0, Z, Y)
    np.testing.assert_allclose(dZ, (softmax.forward(Z) - Y) / n, rtol=1e-12, atol=1e-15)


@few
@given(n=sizes, c=sizes, seed=seeds, t=st.floats(0, 1))
def test_the_loss_is_convex_in_the_logits(n, c, seed, t):
    rng = np.random.default_rng(seed)
    U, V, Y = rng.normal(size=(2, n, c)) * 3, rng.normal(size=(2, n, c)) * 3, soft(rng, n, c)
    at = [softmax_cross_entropy.forward(Z, Y) for Z in (U[0], V[0], t * U[0] + (1 - t) * V[0])]
    assert at[2] <= t * at[0] + (1 - t) * at[1] + 1e-12


@pytest.mark.parametrize("c", [2, 7, 129, 1000])
def test_a_row_has_the_same_bits_in_every_batch_and_memory_order(c):
    rng = np.random.default_rng(c)
    Z, y = softmax_cross_entropy.example(rng, 1000, c)
    for targets in (y[:, None], soft(rng, 1000, c)):
        losses, slopes = softmax_cross_entropy.losses_and_slopes(9 * Z, targets, n=7)
        for rows in (slice(0, 1), slice(7, 9), slice(3, 1000, 5)):
            for order in (np.ascontiguousarray, np.asfortranarray):
                some = softmax_cross_entropy.losses_and_slopes(
                    order(9 * Z[rows]), order(targets[rows]), n=7
                )
                np.testing.assert_array_equal(some[0], losses[rows])
                np.testing.assert_array_equal(some[1], slopes[rows])


# mistakes

MISTAKES = {
    "1/n is missing": lambda P, Y, _: P - Y,
    "the sign": lambda P, Y, n: (Y - P) / n,
    "1/c for 1/n": lambda P, Y, _: (P - Y) / P.shape[1],
    "the target is missing": lambda P, _, n: P / n,
    "softmax is missing": lambda P, Y, n: -Y / P / n,
    "the diagonal of the Jacobian": lambda P, Y, n: -(1 - P) * Y / n,
    "the next class": lambda P, Y, n: (P - np.roll(Y, 1, axis=1)) / n,
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_wrong_gradient_is_caught(mistake):
    Z, y = softmax_cross_entropy.example(np.random.default_rng(4))

    def backward(dL, Z, y):
        return dL * MISTAKES[mistake](softmax.forward(Z), one_hot(y, Z.shape[1]), len(Z))

    with pytest.raises(GradientError):
        verify(softmax_cross_entropy.forward, backward, Z, y)
    assert check(softmax_cross_entropy.forward, backward, Z, y).verdict == "wrong"


def test_targets_that_do_not_sum_to_one_need_their_sum():
    rng = np.random.default_rng(5)
    Z, Y = rng.normal(size=(3, 4)), 2 * soft(rng, 3, 4)

    def backward(dL, Z, Y):
        return dL * (softmax.forward(Z) - Y) / len(Z)

    assert check(softmax_cross_entropy.forward, backward, Z, Y, wrt=(0,)).verdict == "wrong"


def test_labels_in_a_column_are_refused():
    with pytest.raises(
        ShapeError, match=r"y must be \(n\)\|\(n,c\) with n = 2 from Z, c = 4 from Z"
    ):
        softmax_cross_entropy.forward(np.zeros((2, 4)), np.array([[0], [1]]))


def test_labels_that_are_not_integers_are_refused():
    with pytest.raises(TypeError, match=r"y must be integer class labels"):
        softmax_cross_entropy.forward(np.zeros((2, 4)), np.array([0.0, 1.0]))


@pytest.mark.parametrize("y", [np.array([0]), np.array([[1.0, 0.0]])])
def test_a_loss_below_the_normal_numbers_is_what_the_other_class_has_left(y):
    Z = np.array([[0.0, -710.0]])
    assert softmax_cross_entropy.forward(Z, y) == pytest.approx(math.exp(-710), rel=1e-9)
