"""Object arrays in which every number is exact, whatever NumPy made of it on the way.

``np.minimum(Z, 0)`` returns 0 itself where it is the smaller, and ``np.exp`` then finds no ``exp``
on an int. So before a ufunc runs, the plain numbers among the elements become scalars of the trace,
or duals of the run, and what NumPy's functions return is an array of this kind again. Tested in
tests/proof/run/test_arrays.py.
"""

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

import numpy as np

from mlp.proof.run.dual import Dual
from mlp.proof.run.exact import Exact
from mlp.proof.run.symbolic import Scalar
from mlp.proof.run.trace import Trace


class ExactArray(np.ndarray[Any, Any]):
    """An object array of scalars of one trace, or of duals."""

    record: Trace | None  # none for duals; an array's own `trace` is the sum of its diagonal

    def __array_ufunc__(
        self, ufunc: np.ufunc, method: str, *inputs: Any, out: Any = None, **options: Any
    ) -> Any:
        """Run a ufunc on the elements, each of which is exact."""
        if out is not None:
            options["out"] = tuple(map(_as_plain, out))
        inputs = tuple(self._lifted(array) for array in inputs)
        return as_exact(getattr(ufunc, method)(*inputs, **options), self.record)

    def __array_function__(self, func: Any, types: Any, args: Any, kwargs: Any) -> Any:
        """Run a function of NumPy; what it returns holds numbers of the same kind."""
        return as_exact(super().__array_function__(func, types, args, kwargs), self.record)

    def __array_finalize__(self, origin: Any) -> None:
        """Keep the trace in views and copies."""
        if origin is not None and hasattr(origin, "record"):
            self.record = origin.record

    def _lifted(self, array: Any) -> Any:
        """Return a plain object array in which the numbers are exact; anything else as it is."""
        if not isinstance(array, np.ndarray) or array.dtype != object:
            return array
        return np.frompyfunc(lambda entry: lifted(entry, self.record), 1, 1)(_as_plain(array))


def exact_array(array: Any, make: Callable[[Any], Exact], trace: Trace | None = None) -> Any:
    """Return an array with an exact number for each entry; of a single entry the number."""
    return as_exact(np.frompyfunc(make, 1, 1)(array), trace)


def traced(symbols: Any, trace: Trace) -> Any:
    """Return an array of symbols as scalars, whose values are those of the witness."""
    return exact_array(symbols, lambda s: Scalar.of(s, trace), trace)


def moving(symbols: Any, point: Mapping[Any, Fraction], direction: Mapping[Any, Fraction]) -> Any:
    """Return an array of symbols as duals at a point, which move in a direction."""
    return exact_array(symbols, lambda s: Dual.of(point[s], direction.get(s, 0)))


def as_exact(result: Any, trace: Trace | None = None) -> Any:
    """Return an object array as one of exact numbers; anything else as it is."""
    if not isinstance(result, np.ndarray) or result.dtype != object:
        return result
    array = result.view(ExactArray)
    array.record = trace
    return array


def entries(array: Any, trace: Trace | None = None) -> list[Any]:
    """Return the entries of an array or a number, each exact."""
    return [lifted(entry, trace) for entry in np.ravel(np.asarray(array, dtype=object))]


def lifted(entry: Any, trace: Trace | None = None) -> Any:
    """Return a number as an exact one; anything else as it is."""
    if not isinstance(entry, (bool, int, float, np.integer, np.floating)):
        return entry
    return Dual.of(entry) if trace is None else Scalar.constant(entry, trace)


def _as_plain(array: Any) -> Any:
    return array.view(np.ndarray) if isinstance(array, ExactArray) else array
