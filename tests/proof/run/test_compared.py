"""Every comparison follows from one sign, and a number beside infinity needs none."""

import operator

import pytest

from mlp.proof.run.compared import Compared


class Number(Compared):
    def __init__(self, value):
        self.value = value

    def __neg__(self):
        return Number(-self.value)

    def __hash__(self):
        return hash(self.value)

    def sign_against(self, other, *, equal):  # noqa: ARG002  # as it is called
        return None if isinstance(other, str) else (self.value > other) - (self.value < other)


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
