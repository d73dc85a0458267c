"""Each function is the same of expressions and of floats, and goes where its ends say."""

import math

import pytest
import sympy

from mlp.proof.run.elementary import FUNCTIONS


def inside(function):
    """Return a simple number at which a function is defined."""
    return sympy.Rational(10, 7) if function.above == 1 else sympy.Rational(3, 7)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_is_the_same_of_expressions_and_of_floats(name):
    function = FUNCTIONS[name]
    x = inside(function)
    assert float(function.of_expressions(x)) == pytest.approx(
        function.of_floats(float(x)), rel=1e-14
    )


@pytest.mark.parametrize("name", [name for name, f in FUNCTIONS.items() if f.ends != (None, None)])
def test_a_function_goes_where_its_ends_say(name):
    function = FUNCTIONS[name]
    for end, x in zip(function.ends, (-300.0, 300.0), strict=True):
        if end is not None and math.isinf(end):
            assert math.copysign(1, function.of_floats(x)) == math.copysign(1, end)
            assert abs(function.of_floats(x)) > 2
        elif end is not None:
            assert function.of_floats(x * 10**6 if name == "arctan" else x) == pytest.approx(
                end, abs=1e-8
            )


@pytest.mark.parametrize("name", [name for name, f in FUNCTIONS.items() if f.above is not None])
def test_a_function_is_not_defined_beyond_where_it_says(name):
    function = FUNCTIONS[name]
    for bound, step in ((function.above, -1e-3), (function.below, 1e-3)):
        if bound is not None:
            with pytest.raises((ValueError, ZeroDivisionError)):
                function.of_floats(bound + step)
