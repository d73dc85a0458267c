"""What an argument must be, in one line where it is not; tests/gate tries every function."""

import datetime as dt
import decimal
import math
from collections import Counter
from fractions import Fraction

import flint
import numpy as np
import pytest
import sympy

from mlp.inputs import (
    demand,
    draws,
    flag,
    float_type,
    function_of,
    generator,
    is_exact,
    is_number,
    is_whole,
    seeded,
    shown,
    widths_of,
)
from mlp.ops import affine, leaky_relu, relu


class Lines:
    def __repr__(self):
        return "one\n\x1b[31mtwo"


class Mute:
    def __repr__(self):
        raise RuntimeError


# what counts as a number


@pytest.mark.parametrize("value", [1, 7, np.int64(3), np.uint8(2)])
def test_whole_numbers_are_whole(value):
    assert is_whole(value)
    assert is_whole(value, 1, 7)


@pytest.mark.parametrize(
    "value", [0, -1, 8, 3.0, True, np.True_, "3", None, [3], np.timedelta64(3, "s"), math.inf]
)
def test_what_is_no_whole_number_in_the_range_is_none(value):
    assert not is_whole(value, 1, 7)


@pytest.mark.parametrize("value", [1, -0.5, np.float32(2), np.int8(1), Fraction(1, 3)])
def test_finite_numbers_are_numbers(value):
    assert is_number(value)


@pytest.mark.parametrize(
    "value", [math.nan, math.inf, 10**400, 1j, True, "1", None, [1.0], np.ones(1), dt.timedelta(1)]
)
def test_what_no_finite_float_is_near_to_is_no_number(value):
    assert not is_number(value)


@pytest.mark.parametrize(
    "value", [3, 10**400, Fraction(1, 3), sympy.Symbol("x"), flint.arb(2), decimal.Decimal(1)]
)
def test_symbols_balls_and_fractions_are_exact(value):
    assert is_exact(value)


STRANGE = [
    *(0.5, np.float64(1), 1j, None, "x", int, Fraction, dt.timedelta(1), Counter("a")),
    *(np.timedelta64(1, "s"), np.polynomial.Polynomial([1, 2]), [1], sympy.Matrix([1]), Lines()),
]


@pytest.mark.parametrize("value", STRANGE, ids=lambda value: type(value).__name__)
def test_what_only_looks_like_a_number_is_not_exact(value):
    assert not is_exact(value)
    objects = np.empty(2, object)
    objects[:] = [value, value]
    for call in (relu.forward, lambda Z: leaky_relu.backward(Z, Z)):
        with pytest.raises((TypeError, ValueError), match=r"^\w+\.\w+: \w+ must "):
            call(objects)


# what is said


def test_what_came_is_shown_in_one_short_line():
    assert shown("a\nb") == r"'a\nb'"
    assert shown(np.ones((2, 3))) == "an array of shape (2, 3)"
    assert shown(Lines()) == "one [31mtwo"
    assert shown(Mute()) == "of type Mute, which cannot be shown"
    assert shown(10**6000) == "of type int, which cannot be shown"
    assert len(shown("x" * 10_000)) == 60


def test_a_demand_says_who_which_what_and_what_came():
    assert demand("he", "n", 2, is_whole(2), "be 1 or more") is None
    with pytest.raises(ValueError, match=r"^he: n must be 1 or more, but is 0$"):
        demand("he", "n", 0, is_whole(0), "be 1 or more")


REFUSALS = {
    "f: x must be True or False, but is 1": lambda: flag("f", "x", 1),
    "f: rng must be a Generator such as np.random.default_rng(0), but is 0": lambda: generator(
        "f", 0
    ),
    "f: rng must be a Generator or a seed such as 0, 1, 2, but is -1": lambda: seeded("f", -1),
    "f: widths must be two or more positive integers such as (64, 32, 10), but is (4.0, 3.0)": (
        lambda: widths_of("f", (4.0, 3.0))
    ),
    "f: widths must make a network that fits in memory, but is (1000000, 1000000)": (
        lambda: widths_of("f", (10**6, 10**6))
    ),
    "f: dtype must be one of floats, such as float64 or float32, but is <class 'int'>": (
        lambda: float_type("f", int)
    ),
    "f: dtype must be one of floats, such as float64 or float32, but is None": (
        lambda: float_type("f", None)
    ),
    "f: x must be a function, but is 'g'": lambda: function_of("f", "x", "g"),
    "affine.example: n must be a whole number, 1 or more, but is 2.5": lambda: affine.example(
        np.random.default_rng(0), n=2.5
    ),
    "affine.example: got an unexpected keyword argument 'c'; it takes rng, n, d, m": (
        lambda: affine.example(np.random.default_rng(0), c=3)
    ),
    "leaky_relu.forward: missing a required argument: 'Z'; it takes Z, and slope by name": (
        lambda: leaky_relu.forward(slope=0.1)
    ),
    "leaky_relu.forward: got an unexpected keyword argument 'alpha'; "
    "it takes Z, and slope by name": lambda: leaky_relu.forward(np.ones(2), alpha=0.1),
}


@pytest.mark.parametrize("line", REFUSALS)
def test_a_refusal_is_one_line(line):
    for _ in range(2):  # the second time as the first
        with pytest.raises((TypeError, ValueError)) as refused:
            REFUSALS[line]()
        assert str(refused.value) == line


def test_an_unknown_option_is_refused_after_a_right_call_was_remembered():
    Z = np.ones(3)
    leaky_relu.forward(Z)
    leaky_relu.forward(Z, slope=0.5)
    for _ in range(2):
        with pytest.raises(TypeError, match=r"^leaky_relu.forward: got an unexpected .* 'alpha'"):
            leaky_relu.forward(Z, alpha=0.5)


def test_what_is_right_comes_back_as_it_is():
    rng = np.random.default_rng(0)
    assert seeded("f", rng) is generator("f", rng) is rng
    assert seeded("f", np.int64(3)).random() == np.random.default_rng(3).random()
    assert widths_of("f", np.array([3, 2])) == [3, 2]
    assert float_type("f", "float32") == np.float32
    assert flag("f", "x", np.True_) is True
    assert function_of("f", "x", abs) is abs


def test_what_draws_keeps_its_name_and_defaults():
    @draws
    def example(rng, n=3):
        """Draw."""
        return rng.normal(size=n)

    assert example.__doc__ == "Draw."
    assert example(np.random.default_rng(0), 2).shape == (2,)
    with pytest.raises(TypeError, match=r"rng must be a Generator"):
        example(0)
