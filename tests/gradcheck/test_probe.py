"""Random directions: one number by hand against one measured, and how sharp the look is."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from probes import place_of, probe_of

from mlp.gradcheck.probe import (
    DOUBLE,
    SINGLE,
    compare,
    cotangent,
    direction,
    largest,
    product,
    signed_uniform,
)

X = np.array([0.3, -1.2, 2.5])


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


def test_along_a_line_only_what_changes_is_left():
    place = place_of(lambda x: 1e8 + x, np.multiply, X)
    line = place.line(place.problem.blocks[0], np.ones(3), np.array([1.0, 0, 0]))
    assert line(0.0) == 0
    assert line(0.5) == 0.5
    assert line.difference(0.5).tolist() == [0.5, 0, 0]


def test_beyond_the_bounds_and_where_forward_raises_there_is_nothing():
    def forward(x):
        if x[0] > 5:
            raise ValueError
        return x

    place = place_of(forward, np.multiply, X, bounds=[(-2, None)])
    line = place.line(place.problem.blocks[0], np.ones(3), np.array([1.0, 1.0, 0]))
    assert np.isnan([line(4.8), line(-1.0)]).all()
    assert np.isfinite([line(4.5), line(-0.7)]).all()


def test_noise_is_that_of_the_results_that_move():
    place = place_of(lambda x: x * [1, 1, 1e12], np.multiply, X)
    block, v = place.problem.blocks[0], np.ones(3)
    quiet = place.noise(place.line(block, v, np.array([1.0, 0, 0])).felt)
    assert quiet < 1e-15
    assert place.noise(v) > 1e-6


@pytest.mark.parametrize(("dtype", "unit"), [(np.float64, DOUBLE), (np.float32, SINGLE)])
def test_the_unit_of_rounding_is_that_of_the_arguments(dtype, unit):
    x = X.astype(dtype)
    assert probe_of(np.sin, np.cos(x), x).line.unit == unit


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_a_right_gradient_agrees_and_one_beyond_the_smallest_detectable_does_not(dtype):
    x = X.astype(dtype)
    right = np.cos(x)
    seen = probe_of(np.sin, right, x)
    assert seen.agrees
    assert not seen.quiet
    assert 0 < seen.smallest_detectable < (1e-3 if dtype is np.float32 else 1e-9)
    for entry in range(3):
        off = right.astype(np.float64)
        off[entry] += 1.1 * seen.smallest_detectable * abs(right).max()
        assert abs(product(off, seen.line.d) - seen.slope.value) > seen.tolerance


def test_where_both_are_0_nothing_was_compared():
    seen = probe_of(lambda x: 0 * x, np.zeros(3), X)
    assert seen.quiet
    assert not seen.differs
    assert seen.smallest_detectable == np.inf


def test_without_an_answer_a_probe_neither_agrees_nor_differs():
    seen = probe_of(np.sin, -np.cos(X), X)
    assert seen.differs
    left_open = seen.undecided()
    assert not left_open.differs
    assert not left_open.agrees


def test_the_index_of_an_entry_has_its_path_in_front():
    place = place_of(lambda p: p["W"], np.multiply, {"W": np.ones((2, 3))})
    line = place.line(place.problem.blocks[0], np.ones(6), np.ones((2, 3)))
    assert compare(line, np.ones((2, 3))).index(5) == ("W", 1, 2)


def test_what_rounding_the_arguments_costs_the_gradient_is_measured():
    def backward(dO, x):
        return dO * np.cos(1e6 * x)

    place = place_of(lambda x: np.sin(1e6 * x) / 1e6, backward, X)
    line = place.line(place.problem.blocks[0], np.ones(3), np.ones(3))
    seen = compare(line, np.asarray(backward(np.ones(3), X)), scale=2.0**-20)
    rounding = seen.measured_rounding(0, np.random.default_rng(0))
    assert seen.rounding < 1e-14
    assert 1e-11 < rounding < 1e-8


def test_products_and_the_largest_are_taken_in_double_precision_and_of_nothing_too():
    tenth = np.full(1000, 0.1, np.float32)
    assert product(tenth, tenth) == pytest.approx(1000 * float(tenth[0]) ** 2, rel=1e-14)
    assert largest(np.array([1.0, -3.0, 2.0])) == 3
    assert largest(np.zeros(0)) == 0
