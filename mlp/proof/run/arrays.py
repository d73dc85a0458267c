"""Object arrays in which every number is a scalar, whatever NumPy made of it on the way.

``np.minimum(Z, 0)`` returns 0 itself where it is the smaller, and ``np.exp`` then finds no ``exp``
on an int. So before a ufunc runs, the plain numbers among the elements become scalars of the trace,
and what NumPy's functions return is an array of this kind again. Tested in
tests/proof/run/test_arrays.py.
"""

from collections.abc import Iterator
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from mlp.proof.run.dual import Duals
from mlp.proof.run.symbolic import Scalar
from mlp.proof.run.trace import Trace

Record: TypeAlias = Trace | Duals  # what scalars, or numbers of many digits, have in common


class ExactArray(np.ndarray[Any, Any]):
    """An object array of scalars of one trace, or of numbers of many digits."""

    record: Record  # an array's own `trace` is the sum of its diagonal

    def __array_ufunc__(
        self, ufunc: np.ufunc, method: str, *inputs: Any, out: Any = None, **options: Any
    ) -> Any:
        """Run a ufunc on the elements, each of which is a scalar."""
        if out is not None:
            options["out"] = tuple(_plain(array) for array in out)
        lifted = [scalars(self.record, array) for array in inputs]
        return as_exact(self.record, getattr(ufunc, method)(*lifted, **options))

    def __array_function__(self, func: Any, types: Any, args: Any, kwargs: Any) -> Any:
        """Run a function of NumPy; what it returns holds scalars of the same trace."""
        return as_exact(self.record, super().__array_function__(func, types, args, kwargs))

    def __array_finalize__(self, origin: Any) -> None:
        """Keep the trace in views and copies."""
        if origin is not None and hasattr(origin, "record"):
            self.record = origin.record


def exact_array(trace: Trace, symbols: npt.NDArray[Any]) -> Any:
    """Return an array of symbols as scalars; a single symbol as a scalar."""
    if not symbols.shape:
        return Scalar.of(symbols[()], trace)
    out = np.empty(symbols.shape, dtype=object)
    for index in np.ndindex(symbols.shape):
        out[index] = Scalar.of(symbols[index], trace)
    return as_exact(trace, out)


def as_exact(record: Record, result: Any) -> Any:
    """Return an object array as one of scalars; anything else as it is."""
    if not isinstance(result, np.ndarray) or result.dtype != object:
        return result
    array = result.view(ExactArray)
    array.record = record
    return array


def scalars(record: Record, array: Any) -> Any:
    """Return a plain object array in which the numbers are scalars; anything else as it is."""
    if not isinstance(array, np.ndarray) or array.dtype != object:
        return array
    out = np.empty(array.shape, dtype=object)
    for index in np.ndindex(array.shape):
        out[index] = lifted(record, array[index])
    return out


def lifted(record: Record, entry: Any) -> Any:
    """Return a number as a scalar; anything else as it is."""
    if not isinstance(entry, (bool, int, float, np.integer, np.floating)):
        return entry
    if isinstance(record, Duals):
        return record.lift(entry)
    return Scalar(record.constant(entry), float(entry), record)


def expressions(trace: Trace, array: Any) -> Iterator[Any]:
    """Yield the entries of an array or a number as expressions."""
    for entry in np.ravel(np.asarray(array, dtype=object)):
        yield lifted(trace, entry).expr


def _plain(array: Any) -> Any:
    return array.view(np.ndarray) if isinstance(array, ExactArray) else array
