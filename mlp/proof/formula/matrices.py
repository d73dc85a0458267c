"""Arrays of expressions whose axes have names, and what may be done with two of them.

Tested in tests/proof/formula/test_matrices.py.
"""

from typing import Any

import numpy as np

from mlp.proof.formula.sheet import Value, indices, number
from mlp.proof.formula.syntax import LatexError

ONE = "1"  # the short axis of a row or a column


def same(left: Value, right: Value, what: str) -> None:
    """Raise where two values have different axes."""
    if left.axes != right.axes:
        raise LatexError(f"an array {shape(left)} and one of {shape(right)} cannot be {what}")


def shape(value: Value) -> str:
    """Return the axes of a value as one writes them."""
    return " × ".join(value.axes) if value.axes else "1"


def mapped(function: Any, entries: Any) -> Any:
    """Return the array of the values of a function at the entries."""
    found = np.empty(entries.shape, dtype=object)
    for index in indices(entries.shape):
        found[index] = function(entries[index])
    return found


def as_matrix(value: Value) -> Value:
    """Return a vector as a column, and a matrix as it is."""
    if len(value.axes) == 1:
        return Value((*value.axes, ONE), value.entries[:, None])
    if len(value.axes) != 2:
        raise LatexError(f"a matrix has two axes, but this has {len(value.axes)}")
    return value


def matrix_product(left: Value, right: Value) -> Value:
    """Return the product of two matrices whose inner axes agree; a vector is a column."""
    A, B = as_matrix(left), as_matrix(right)
    if A.axes[1] != B.axes[0]:
        raise LatexError(f"a matrix {shape(A)} times one of {shape(B)}: the inner axes differ")
    axes, entries = (A.axes[0], B.axes[1]), A.entries @ B.entries
    if axes == (ONE, ONE):
        return number(entries[0, 0])
    return Value(axes[:1], entries[:, 0]) if axes[1] == ONE else Value(axes, entries)
