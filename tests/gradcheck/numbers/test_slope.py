"""Scalars only: the slope at 0 lies inside its bar, whatever the scale and the noise."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlp.gradcheck.numbers.ladder import UNIT
from mlp.gradcheck.numbers.slope import quick, slope

coefficients = st.lists(st.integers(-1600, 1600).map(lambda n: n / 16), min_size=1, max_size=7)


def polynomial(c):
    """Return t ↦ c₀ t + c₁ t² + ..., and the size of what is rounded in it for |t| <= 1."""
    return lambda t: t * sum(a * t**k for k, a in enumerate(c))


@given(coefficients)
def test_the_slope_of_a_polynomial_lies_inside_its_bar(c):
    found = slope(polynomial(c), noise=UNIT * 1e-3)
    assert found.kind == "smooth"
    assert abs(found.value - c[0]) <= found.bar


@given(coefficients, st.integers(-300, 300))
def test_a_power_of_two_in_the_unit_of_t_changes_nothing(c, power):
    phi, unit = polynomial(c), 2.0**power
    here, there = slope(phi), slope(lambda t: phi(t / unit), scale=unit)
    assert (there.value * unit, there.bar * unit) == (here.value, here.bar)


@pytest.mark.parametrize("x", [0.1, 1.0, 7.0, 100.0])
def test_a_smooth_function_is_known_to_ten_digits(x):
    found = slope(lambda t: math.exp(-x - t) - math.exp(-x), scale=x, noise=UNIT * math.exp(-x))
    assert abs(found.value + math.exp(-x)) <= found.bar < 1e-10 * math.exp(-x)


@pytest.mark.parametrize("distance", [1e-3, 1e-6, 1e-9])
def test_a_kink_close_by_is_resolved_by_smaller_steps(distance):
    found = slope(lambda t: max(t, -distance) * 2)
    assert (found.kind, found.step < distance) == ("smooth", True)
    assert abs(found.value - 2) <= found.bar < 1e-3


def test_noise_widens_the_bar_and_the_truth_stays_inside():
    bars = []
    for size in (0.0, 1e-12, 1e-9, 1e-6):
        found = slope(lambda t, s=size: math.sin(t) + (s * math.sin(1e15 * t + 1) if t else 0))
        assert abs(found.value - 1) <= found.bar
        bars.append(found.bar)
    assert bars == sorted(bars)
    assert bars[-1] > 1e-7


def test_a_wrong_guess_of_the_scale_costs_evaluations_but_not_truth():
    phi = lambda t: math.sin(1e6 * t)  # noqa: E731  # a wave far shorter than the first step
    guessed, known = slope(phi, noise=UNIT), slope(phi, scale=1e-6, noise=UNIT)
    for found in (guessed, known):
        assert abs(found.value - 1e6) <= found.bar < 1
    assert guessed.evaluations > known.evaluations


def test_evaluations_are_counted():
    calls = []
    found = slope(lambda t: calls.append(t) or math.sin(t), noise=UNIT)
    assert found.evaluations == len(calls) == 2 * len(found.ladder) <= 20


def test_six_evaluations_are_enough_around_a_step_that_suits():
    calls = []
    found = quick(lambda ts: calls.extend(ts) or [*map(math.tanh, ts)], 2.0**-8, noise=1e-19)
    assert len(calls) == 6
    assert abs(found.value - 1) <= found.bar < 1e-8


def test_the_quick_look_gives_up_at_a_kink():
    assert quick(lambda ts: [*map(abs, ts)], 2.0**-8, noise=1e-19) is None


def test_where_phi_is_flat_far_away_alone_it_has_no_sharp_slope_here():
    """What saturates is flat there, and steep here, under the noise of what it rounds."""

    def bump(t):
        return round(1e-2 * t + 1e-3 * math.sin(1e7 * t), 3) * (abs(t) < 1)

    found = slope(bump, noise=1e-6)
    assert abs(found.value - 1e-2) < found.bar
