"""Arrays meet only where their axes have the same names; a vector is a column."""

import numpy as np
import pytest
import sympy

from mlp.proof.formula.syntax import LatexError
from mlp.proof.formula.values import Value, mapped, number, same


def value(*axes):
    sizes = {"n": 2, "d": 3, "m": 2}
    entries = np.arange(np.prod([sizes[a] for a in axes])).reshape([sizes[a] for a in axes])
    return Value(axes, np.vectorize(sympy.Integer, otypes=[object])(entries))


def test_a_product_keeps_the_outer_axes():
    product = value("n", "d") @ value("d", "m")
    assert product.axes == ("n", "m")
    assert product.entries.tolist() == [[10, 13], [28, 40]]


def test_a_vector_is_a_column_and_a_product_of_two_is_a_number():
    assert (value("n", "d") @ value("d")).axes == ("n",)
    row = Value(("1", "d"), value("d").entries[None, :])
    assert (row @ value("d")).number == 5
    assert value("d").as_matrix().axes == ("d", "1")


def test_axes_of_equal_length_and_other_name_do_not_meet():
    with pytest.raises(LatexError, match="the inner axes differ"):
        value("d", "n") @ value("m", "d")
    with pytest.raises(LatexError, match="an array n × d and one of m × d cannot be added"):
        same(value("n", "d"), value("m", "d"), "added")
    with pytest.raises(LatexError, match="two axes, but this has 3"):
        value("n", "d", "m").as_matrix()


def test_a_function_is_taken_entry_by_entry():
    assert mapped(lambda entry: entry + 1, value("d").entries).tolist() == [1, 2, 3]
    assert str(number(1)) == "1"
