import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlp.rows import BLOCK, by_rows, mean, total, two_sum

numbers = st.floats(-1e150, 1e150)


@given(numbers, numbers)
def test_a_sum_and_its_rounding_error_are_exact_together(a, b):
    S, lost = two_sum(np.float64(a), np.float64(b))
    assert a + b == S
    assert Fraction(a) + Fraction(b) == Fraction(float(S)) + Fraction(float(lost))


@pytest.mark.parametrize("c", [1, 2, 3, 100, 999, 10_000])
def test_a_total_of_numbers_that_are_not_negative_is_right_to_the_last_digit(c):
    rng = np.random.default_rng(c)
    for A in (
        rng.random((9, c)),
        np.exp(-30 * rng.random((9, c))),
        np.full((9, c), 0.1),
        1e-310 * rng.random((9, c)),
        rng.choice([1e300, 1e-300, 0], size=(9, c)),
    ):
        right = np.array([[math.fsum(row)] for row in A])
        assert (np.abs(total(A) - right) <= np.spacing(right)).all()


def test_a_total_just_below_a_power_of_two_is_the_nearest_number():
    A = np.random.default_rng(0).random((5000, 3))  # high parts that round up can sum to more
    A *= (1 - 3e-15 * A[:, :1]) / A.sum(axis=1, keepdims=True)
    assert total(A).tolist() == [[math.fsum(row)] for row in A]


def test_a_total_is_nearer_than_a_sum():
    A = np.exp(-9 * np.random.default_rng(0).random((300, 999)))
    right = np.array([[math.fsum(row)] for row in A])
    assert (A.sum(axis=1, keepdims=True) != right).mean() > 0.2
    assert (total(A) != right).mean() < 0.02


def test_a_total_of_mixed_signs_is_as_near_as_a_sum():
    A = np.random.default_rng(0).normal(size=(50, 300))
    right = np.array([[math.fsum(row)] for row in A])
    assert np.abs(total(A) - right).max() <= 1e-15 * np.abs(A).sum(axis=1).max()


def test_totals_of_infinity_and_nan_are_infinity_and_nan():
    A = np.array([[np.inf, 1.0], [np.nan, 1.0], [-np.inf, np.inf], [1e308, 1e308], [1.0, 2.0]])
    np.testing.assert_array_equal(total(A), [[np.inf], [np.nan], [np.nan], [np.inf], [3]])


def test_a_total_of_fractions_is_exact():
    A = np.array([[Fraction(1, 3), Fraction(1, 7)], [Fraction(-1, 2), Fraction(1, 2)]])
    assert total(A).tolist() == [[Fraction(10, 21)], [0]]


def test_a_mean_of_losses_is_a_scalar_of_their_dtype():
    assert mean(np.array([[1], [2], [6]], np.float32)) == 3
    assert mean(np.ones((5, 1), np.float32)).dtype == np.float32


@settings(max_examples=30)
@given(n=st.integers(1, 40), c=st.sampled_from([1, 7, 3000, BLOCK + 1]))
def test_rows_are_worked_on_in_blocks_and_put_together_in_order(n, c):
    seen = []

    @by_rows
    def double(A, b, *, k):
        assert A.flags.c_contiguous
        seen.append(len(A))
        return k * A, b

    A, b = np.asfortranarray(np.arange(n * c).reshape(n, c)), np.arange(n)[:, None]
    twice, same = double(A, b, k=2)
    np.testing.assert_array_equal(twice, 2 * A)
    np.testing.assert_array_equal(same, b)
    assert sum(seen) == n
    assert all(rows * c <= BLOCK or rows == 1 for rows in seen)


def test_float32_is_computed_in_float64_and_rounded_once():
    seen = []

    @by_rows
    def divide(A, k):
        seen.append((A.dtype, k.dtype))
        return A / 3, k

    A, k = np.array([[1.0], [2.0]], np.float32), np.array([[0], [1]])
    third, _ = divide(A, k)
    assert seen == [(np.float64, k.dtype)]
    assert third.dtype == np.float32
    np.testing.assert_array_equal(third, A / np.float32(3))
    assert divide(A.astype(float), k)[0].dtype == np.float64
