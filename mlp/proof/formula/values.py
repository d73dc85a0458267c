"""Arrays of expressions whose axes have names, and what may be done with two of them.

Tested in tests/proof/formula/test_values.py.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
import numpy.typing as npt
import sympy

from mlp.proof.formula.syntax import LatexError

Entries = npt.NDArray[Any]  # of SymPy expressions
ONE = "1"  # the short axis of a row or a column


@dataclass(frozen=True)
class Value:
    """An array of expressions, and the name of each axis: () is one number."""

    axes: tuple[str, ...]
    entries: Entries

    @property
    def number(self) -> sympy.Expr:
        """The one expression of a number."""
        return self.entries[()]

    def mapped(self, function: Callable[[Any], Any]) -> "Value":
        """Return the values of a function at the entries."""
        return Value(self.axes, mapped(function, self.entries))

    def as_matrix(self) -> "Value":
        """Return a vector as a column, and a matrix as it is."""
        if len(self.axes) == 1:
            return Value((*self.axes, ONE), self.entries[:, None])
        if len(self.axes) != 2:
            raise LatexError(f"a matrix has two axes, but this has {len(self.axes)}")
        return self

    def __matmul__(self, other: "Value") -> "Value":
        """Return the product of two matrices whose inner axes agree; a vector is a column."""
        A, B = self.as_matrix(), other.as_matrix()
        if A.axes[1] != B.axes[0]:
            raise LatexError(f"a matrix {A} times one of {B}: the inner axes differ")
        axes, entries = (A.axes[0], B.axes[1]), A.entries @ B.entries
        if axes == (ONE, ONE):
            return number(entries[0, 0])
        return Value(axes[:1], entries[:, 0]) if axes[1] == ONE else Value(axes, entries)

    def __str__(self) -> str:
        """Return the axes as one writes them."""
        return " × ".join(self.axes) if self.axes else "1"


def number(expression: Any) -> Value:
    """Return one expression as a value."""
    entries = np.empty((), dtype=object)
    entries[()] = sympy.sympify(expression)
    return Value((), entries)


def indices(shape: Iterable[int]) -> Iterator[tuple[int, ...]]:
    """Yield every index of an array of this shape."""
    return product(*map(range, shape))


def counted_from_1(index: Iterable[int]) -> str:
    """Return an index as one writes it."""
    return ", ".join(str(i + 1) for i in index)


def mapped(function: Callable[..., Any], *entries: Entries) -> Entries:
    """Return the array of the values of a function at the entries."""
    found: Entries = np.vectorize(function, otypes=[object])(*entries)
    return found


def entrywise(function: Callable[..., Any], values: Sequence[Value], what: str) -> Value:
    """Return the values of a function at the entries of arrays of the same axes, and at numbers."""
    arrays = [value for value in values if value.axes]
    for array in arrays:
        same(arrays[0], array, what)
    axes = arrays[0].axes if arrays else ()
    return Value(axes, np.asarray(mapped(function, *(value.entries for value in values))))


def same(left: Value, right: Value, what: str) -> None:
    """Raise where two values have different axes."""
    if left.axes != right.axes:
        raise LatexError(f"an array {left} and one of {right} cannot be {what}")


def added(values: Sequence[Value]) -> Value:
    """Return the sum of values that have the same axes; of none it is 0."""
    for value in values[1:]:
        same(values[0], value, "added")
    if not values or not values[0].axes:
        return number(sympy.Add(*(value.number for value in values)))
    return Value(values[0].axes, sum(value.entries for value in values))  # type: ignore[arg-type]  # an array, for the first is one
