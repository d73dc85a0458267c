"""Object arrays in which every number is exact, whatever NumPy made of it on the way.

``np.minimum(Z, 0)`` returns 0 itself where it is the smaller, and ``np.exp`` then finds no ``exp``
on an int. So before a ufunc runs, the plain numbers among the elements become scalars of the trace,
or duals of the run, and what NumPy's functions return is an array of this kind again. Tested in
tests/proof/run/test_arrays.py.
"""

from collections.abc import Callable, Mapping
from fractions import Fraction
from functools import partial
from typing import Any, TypeAlias

import numpy as np

from mlp.proof.run.dual import Dual, Duals
from mlp.proof.run.exact import Exact
from mlp.proof.run.symbolic import Scalar
from mlp.proof.run.trace import Trace

Record: TypeAlias = Trace | Duals  # what scalars, or numbers of many digits, have in common


class ExactArray(np.ndarray[Any, Any]):
    """An object array of scalars of one trace, or of numbers of many digits."""

    record: Record  # an array's own `trace` is the sum of its diagonal

    def __array_ufunc__(
        self, ufunc: np.ufunc, method: str, *inputs: Any, out: Any = None, **options: Any
    ) -> Any:
        """Run a ufunc on the elements, each of which is exact."""
        if out is not None:
            options["out"] = tuple(map(_plain, out))
        exact = [scalars(self.record, array) for array in inputs]
        return as_exact(self.record, getattr(ufunc, method)(*exact, **options))

    def __array_function__(self, func: Any, types: Any, args: Any, kwargs: Any) -> Any:
        """Run a function of NumPy; what it returns holds numbers of the same kind."""
        return as_exact(self.record, super().__array_function__(func, types, args, kwargs))

    def __array_finalize__(self, origin: Any) -> None:
        """Keep the trace in views and copies."""
        if origin is not None and hasattr(origin, "record"):
            self.record = origin.record


def exact_array(record: Record, array: Any, make: Callable[[Any], Exact]) -> Any:
    """Return an array with an exact number for each entry; of a single entry the number."""
    return as_exact(record, np.frompyfunc(make, 1, 1)(array))


def traced(symbols: Any, trace: Trace) -> Any:
    """Return an array of symbols as scalars, whose values are those of the witness."""
    return exact_array(trace, symbols, lambda s: Scalar.of(s, trace))


def moving(
    symbols: Any, record: Duals, point: Mapping[Any, Fraction], direction: Mapping[Any, Fraction]
) -> Any:
    """Return an array of symbols as duals at a point, which move in a direction."""

    def number(s: Any) -> Dual:
        return Dual(record.lift(point[s]).value, record.lift(direction.get(s, 0)).value, record)

    return exact_array(record, symbols, number)


def as_exact(record: Record, result: Any) -> Any:
    """Return an object array as one of exact numbers; anything else as it is."""
    if not isinstance(result, np.ndarray) or result.dtype != object:
        return result
    array = result.view(ExactArray)
    array.record = record
    return array


def scalars(record: Record, array: Any) -> Any:
    """Return a plain object array in which the numbers are exact; anything else as it is."""
    if not isinstance(array, np.ndarray) or array.dtype != object:
        return array
    return np.frompyfunc(partial(lifted, record), 1, 1)(_plain(array))


def entries(record: Record, array: Any) -> list[Any]:
    """Return the entries of an array or a number, each exact."""
    return [lifted(record, entry) for entry in np.ravel(np.asarray(array, dtype=object))]


def lifted(record: Record, entry: Any) -> Any:
    """Return a number as an exact one; anything else as it is."""
    if not isinstance(entry, (bool, int, float, np.integer, np.floating)):
        return entry
    if isinstance(record, Duals):
        return record.lift(entry)
    return Scalar(record.constant(entry), float(entry), record)


def _plain(array: Any) -> Any:
    return array.view(np.ndarray) if isinstance(array, ExactArray) else array
