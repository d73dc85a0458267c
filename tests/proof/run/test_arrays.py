"""Arrays of scalars stay arrays of scalars, though NumPy lets plain numbers into them."""

from fractions import Fraction

import numpy as np
import pytest
import sympy

from mlp.proof.run.arrays import ExactArray, entries, exact_array, traced
from mlp.proof.run.dual import Dual
from mlp.proof.run.trace import Trace

x, y = symbols = sympy.symbols("x y", real=True)


@pytest.fixture
def A():
    trace = Trace({x: Fraction(1, 3), y: Fraction(-1, 2)})
    return traced(np.array(symbols, dtype=object), trace)


@pytest.mark.parametrize(
    ("kernel", "expected"),
    [
        (lambda A: np.exp(np.minimum(A, 0)), [1, sympy.exp(y)]),
        (lambda A: np.log(np.clip(A, 1e-12, 1)), [sympy.log(x), -12 * sympy.log(10)]),
        (lambda A: np.sqrt(np.where(A > 0, A, 4)), [sympy.sqrt(x), 2]),
        (lambda A: np.tanh(np.maximum(A, 0))[None, :].sum(axis=0), [sympy.tanh(x), 0]),
        (lambda A: np.exp(np.concatenate([A[:1], np.zeros(1)])), [sympy.exp(x), 1]),
        (lambda A: np.exp(np.stack([A, 0 * A])[:, 0]), [sympy.exp(x), 1]),
        (lambda A: np.exp(A.copy().reshape(2, 1).T[0]), [sympy.exp(x), sympy.exp(y)]),
    ],
)
def test_a_constant_that_came_through_a_comparison_has_its_functions(A, kernel, expected):
    found = [number.expr for number in entries(kernel(A), A.record)]
    assert [sympy.expand_log(e - f, force=True) for e, f in zip(found, expected, strict=True)] == [
        0,
        0,
    ]


def test_sums_are_scalars_and_comparisons_are_plain(A):
    assert A.sum().expr == x + y
    assert type(A > 0) is np.ndarray
    assert (A > 0).dtype == bool
    assert isinstance(A + 1, ExactArray)


def test_in_place_arithmetic_reaches_the_array(A):
    view = A[:1]
    A *= 2
    A += np.ones(2)
    assert view[0].expr == 2 * x + 1


def test_a_single_symbol_is_a_scalar(A):
    assert traced(np.array(x, dtype=object), A.record).expr == x


def test_numbers_are_expressions_too(A):
    found = entries(np.array([0.5, 2]), A.record)
    assert [number.expr for number in found] == [sympy.Rational(1, 2), 2]
    assert [number.expr for number in entries(3, A.record)] == [3]


def test_an_array_of_duals_is_lifted_too():
    A = exact_array(np.array([1, 2], dtype=object), Dual.of)
    assert [number.value for number in entries(np.maximum(A - 2, 0))] == [0, 0]
    assert isinstance(np.exp(np.minimum(A, 1)), ExactArray)


def test_the_real_part_is_the_array_itself_which_can_be_written_to(A):
    assert A.real is A
    A.real = 2
    assert (np.real(A) == 2).all()
