"""What keeps its size under halving is a leap, and what shrinks is none."""

import math

import pytest

from mlp.gradcheck.numbers.ladder import Rung
from mlp.gradcheck.numbers.leaps import beyond, leap
from mlp.gradcheck.numbers.slope import slope

NOISE = 2.0**-53


def rung(phi, h):
    return Rung(h, phi(h), phi(-h))


CONTINUOUS = {
    "a line": lambda t: 3 * t,
    "a kink": lambda t: abs(t - 0.1) - 0.1,
    "a steep bend": lambda t: math.tanh(1e3 * t),
    "an oscillation": lambda t: math.sin(40 * t),
}


@pytest.mark.parametrize("name", CONTINUOUS)
def test_what_is_continuous_shrinks(name):
    phi = CONTINUOUS[name]
    height, evaluations = leap(phi, rung(phi, 0.01), rung(phi, 0.25), 0.1)
    assert height == 0
    assert evaluations <= 20


def test_a_leap_keeps_its_height():
    def phi(t):
        return 0.3 * t + 0.01 * (t > 0.123)

    height, _ = leap(phi, rung(phi, 0.05), rung(phi, 0.25), 0.01)
    assert height == pytest.approx(0.01, rel=0.02)


def test_a_slope_is_read_over_the_leaps_of_a_rounded_function():
    def phi(t):
        return round(math.sin(1 + t), 5) - round(math.sin(1), 5)

    found = slope(phi, noise=NOISE)
    assert found.leaps == 2
    assert abs(found.value - math.cos(1)) < found.bar < 0.01


@pytest.mark.parametrize("x", [1e-4, 1e-6, 1e-8])
def test_rounding_inside_is_no_slope(x):
    def f(y):
        return (math.cos(y) - 1) / y

    found = slope(lambda t: f(x + t) - f(x), noise=NOISE * x / 2, scale=x)
    assert found.admits(-0.5) is not False


def test_a_wrong_slope_is_admitted_by_no_reading_of_a_rounded_function():
    def phi(t):
        return round(math.sin(1 + t), 5) - round(math.sin(1), 5)

    assert slope(phi, noise=NOISE).admits(1.3 * math.cos(1)) is False


def test_a_step_far_off_is_no_noise_of_what_is_smooth_here():
    found = slope(lambda t: math.sin(t) + (t > 0.2), noise=NOISE)
    assert abs(found.value - 1) < found.bar < 1e-9
    assert found.admits(1.0) is True
    assert found.admits(1.1) is False


def test_what_is_flat_is_on_a_stair_or_on_flat_ground():
    def stairs(t):
        return math.floor(t + 0.5)

    def ramp(t):
        return max(0.0, abs(t) - 0.5)

    assert beyond(stairs, rung(stairs, 0.25))
    assert not beyond(ramp, rung(ramp, 0.25))
    assert not beyond(lambda t: 0.0 * t, Rung(0.25, 0.0, 0.0))
