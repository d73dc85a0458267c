"""Every comparison follows from one sign, and a number beside infinity needs none."""

import operator

import numpy as np
import pytest
from proof.run.exactly import point

from mlp.proof.run.dual import Dual
from mlp.proof.run.exact import Exact, Infinity


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
    with pytest.raises(AttributeError, match="'Number' object has no attribute 'gamma'"):
        Number(2).gamma()


@pytest.mark.parametrize(
    ("made", "value"),
    [
        (lambda n, inf: n + inf, "∞"),
        (lambda n, inf: inf - n, "∞"),
        (lambda n, inf: n - inf, "−∞"),
        (lambda n, inf: -n * inf, "−∞"),
        (lambda n, inf: inf / -n, "−∞"),
        (lambda n, inf: n / inf, "0"),
        (lambda n, inf: inf**n, "∞"),
        (lambda n, inf: inf ** (n - 2), "1"),
        (lambda n, inf: inf**-n, "0"),
        (lambda n, inf: (-inf).exp(), "0"),
        (lambda n, inf: inf.log1p(), "inf"),
        (lambda n, inf: (-inf).tanh(), "-1"),
        (lambda n, inf: abs(-inf), "∞"),
        (lambda n, inf: (n < inf, n > -inf, n == inf, inf > -inf), "(True, True, False, True)"),
    ],
)
def test_what_is_made_of_an_infinity_is_its_limit(made, value):
    assert str(made(Number(2), Infinity(1))) == value
    assert str(made(Number(2), Number(2).read(np.inf))) == value


@pytest.mark.parametrize(
    "undefined",
    [
        lambda inf: inf - inf,
        lambda inf: inf * Number(0),
        lambda inf: inf / inf,
        lambda inf: Number(2) ** inf,
        lambda inf: inf**0.5,
        lambda inf: (-inf).log(),
        lambda inf: inf.sin(),
    ],
)
def test_what_has_no_limit_is_an_error(undefined):
    with pytest.raises(ArithmeticError, match="has no value"):
        undefined(Infinity(1))


@pytest.mark.parametrize("number", [point()[0], Dual.of(2, 3), Infinity(-1)], ids=str)
def test_a_number_of_any_kind_is_equal_to_itself_in_a_set(number):
    assert {number, +number, number.item()} == {number}
    assert repr(number) in {"Scalar(x0)", "Dual(2.0, 3.0)", "−∞"}
