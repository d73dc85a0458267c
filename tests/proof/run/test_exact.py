"""Every comparison follows from one sign, and a number beside infinity needs none."""

import operator

import numpy as np
import pytest
import sympy

from mlp.proof.run.exact import FUNCTIONS, Exact


class Number(Exact):
    def __init__(self, value):
        self.value = value

    def __neg__(self):
        return Number(-self.value)

    def __hash__(self):
        return hash(self.value)

    def lifted(self, number):
        return Number(number)

    def combined(self, operation, other):
        return Number(operation(self.value, other.value))

    def applied(self, name):
        return Number(f"{name} {self.value}")

    def sign_against(self, other, *, equal):  # noqa: ARG002  # as it is called
        return (self.value > other.value) - (self.value < other.value)


@pytest.mark.parametrize("name", ["lt", "le", "gt", "ge", "eq", "ne"])
@pytest.mark.parametrize("other", [-1, 2, 5, float("inf"), float("-inf")])
def test_comparisons_are_those_of_the_numbers(name, other):
    compare = getattr(operator, name)
    assert compare(Number(2), other) == compare(2, other)


def test_what_is_no_number_is_not_compared():
    assert Number(2) != "two"
    with pytest.raises(TypeError):
        assert Number(2) < "two"


def test_an_absolute_value_and_a_truth_go_by_the_sign():
    assert abs(Number(-3)).value == abs(Number(3)).value == 3
    assert Number(1)
    assert not Number(0)
    assert (+Number(1)).conjugate().value == 1


@pytest.mark.parametrize("name", ["add", "sub", "mul", "truediv", "pow"])
def test_arithmetic_is_that_of_the_numbers_on_either_side(name):
    operate = getattr(operator, name)
    assert operate(Number(2), Number(3)).value == operate(2, 3)
    assert operate(Number(2), 3).value == operate(2, 3)
    assert operate(2, Number(3)).value == operate(2, 3)
    with pytest.raises(TypeError):
        operate(Number(2), "three")


def test_a_function_is_looked_up_by_its_name():
    assert Number(2).arctan().value == "arctan 2"
    assert np.exp(np.array([Number(2)], dtype=object))[0].value == "exp 2"
    with pytest.raises(AttributeError, match="'Number' object has no attribute 'arccos'"):
        Number(2).arccos()


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_is_the_same_of_expressions_and_of_floats(name):
    function = FUNCTIONS[name]
    assert float(function.of_expressions(sympy.Rational(3, 7))) == pytest.approx(
        function.of_floats(3 / 7), rel=1e-14
    )
