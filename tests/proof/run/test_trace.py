"""A trace keeps what was assumed: each branch once, nothing that holds anyway, and no guess."""

import math
from fractions import Fraction

import pytest
import sympy

from mlp.proof.run.trace import Condition, Outside, Tie, Trace, known_positive

x, y = sympy.symbols("x y", real=True)


def at(a, b):
    return Trace({x: Fraction(a), y: Fraction(b)})


def test_a_sign_is_kept_once_for_an_expression_and_its_multiples():
    trace = at(2, 1)
    assert trace.sign(x - y, 1.0, 2.0) == 1
    assert trace.sign(y - x, -1.0, 2.0) == -1
    assert trace.sign(3 * x - 3 * y, 3.0, 6.0) == 1
    assert trace.conditions == [Condition(x - y, 1)]


def test_a_sign_that_is_the_same_for_all_values_is_no_condition():
    trace = at(2, 1)
    assert trace.sign(sympy.exp(x) + 1, 8.4, 8.4) == 1
    assert trace.sign(-sympy.exp(x), -7.4, 7.4) == -1
    assert trace.sign(sympy.sqrt(2) - 1, 0.4, 1.4) == 1
    assert trace.sign(x * (y + 1) - x * y - x, 0.0, 4.0) == 0
    assert trace.conditions == []


def test_a_witness_on_a_border_is_a_tie_and_no_choice():
    with pytest.raises(Tie, match="x - y is 0 at the witness"):
        at(1, 1).sign(x - y, 0.0, 1.0)
    with pytest.raises(Tie):  # nearer than floats tell apart
        at(1, 1).sign(x - y, 1e-12, 1.0)


def test_a_domain_has_one_side_and_the_other_says_what_is_wanted():
    trace = at(2, -1)
    trace.require_positive(x, 2.0, "log")
    assert trace.conditions == [Condition(x, 1, domain=True)]
    with pytest.raises(Outside, match="log of y, which is not positive here") as outside:
        trace.require_positive(y, -1.0, "log")
    assert outside.value.wanted == Condition(y, 1, domain=True)
    assert len(trace.conditions) == 1


def test_the_branch_not_taken_is_the_other_sign():
    taken = Condition(x - 1, -1)
    assert taken.relation == sympy.Lt(x - 1, 0, evaluate=False)
    assert taken.other().relation == sympy.Gt(x - 1, 0, evaluate=False)


def test_a_constant_is_kept_with_its_meaning_unless_it_is_whole():
    trace = at(2, 1)
    assert [trace.constant(c) for c in (2, 2.0, True, Fraction(1, 3))] == [2, 2, 1, Fraction(1, 3)]
    assert trace.constants == {}
    assert trace.constant(math.sqrt(2)) == sympy.sqrt(2)
    assert trace.constants == {math.sqrt(2): sympy.sqrt(2)}
    with pytest.raises(ValueError, match="nan is no real number"):
        trace.constant(math.nan)


def test_what_is_positive_at_a_glance_is_positive():
    positive = sympy.Symbol("p", positive=True)
    assert known_positive(1 + sympy.exp(x) * positive)
    assert known_positive(sympy.pi / 2)
    assert not any(map(known_positive, [x, 1 + x, sympy.exp(x) - 1, -positive, sympy.Integer(0)]))
