"""Directions that are drawn: never near 0, in few bits, inside the bounds."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from probes import place_of

from mlp.gradcheck.directions import cotangent, direction, largest, product, signed_uniform


@given(st.integers(0, 2**32 - 1), st.integers(2, 10))
def test_directions_are_never_near_0_never_of_one_size_and_in_few_bits(seed, bits):
    d = signed_uniform(np.random.default_rng(seed), np.empty((20, 30)), bits)
    assert ((abs(d) >= 0.5) & (abs(d) <= 1.5)).all()
    assert (d * 2.0**bits == np.round(d * 2.0**bits)).all()
    assert np.unique(abs(d)).size > 2
    assert (d > 0).any()
    assert (d < 0).any()


def test_a_cotangent_is_exact_in_half_precision():
    v = cotangent(np.random.default_rng(0), 1000)
    assert (v.astype(np.float16) == v).all()


def test_a_direction_shows_the_gradient_and_stays_inside_the_bounds():
    x = np.array([1.0, 2.0, 3.0])
    place = place_of(np.log, np.multiply, x, bounds=[(1, 3)])
    for seed in range(20):
        d = direction(np.random.default_rng(seed), place.problem.blocks[0], np.ones(3))
        assert d[0] > 0 > d[2]


def test_products_and_the_largest_are_taken_in_double_precision_and_of_nothing_too():
    tenth = np.full(1000, 0.1, np.float32)
    assert product(tenth, tenth) == pytest.approx(1000 * float(tenth[0]) ** 2, rel=1e-14)
    assert largest(np.array([1.0, -3.0, 2.0])) == 3
    assert largest(np.zeros(0)) == 0
