"""Object arrays in which every number is exact, whatever NumPy made of it on the way.

``np.minimum(Z, 0)`` returns 0 itself where it is the smaller, and ``np.exp`` then finds no ``exp``
on an int. So before a ufunc runs (ufuncs.py), the plain numbers among the elements become scalars
of the trace, or duals of the run, and what NumPy's functions return (functions.py) is an array of
this kind again. Code that asks for its dtype hears that of floats. What would look at the bytes
behind it is refused by name. Tested in tests/proof/run/test_arrays.py.
"""

from collections.abc import Callable, Iterable, Mapping
from fractions import Fraction
from typing import Any, NoReturn

import numpy as np

from mlp.proof.run.dual import Dual
from mlp.proof.run.exact import PROTOCOLS, Exact, Infinity
from mlp.proof.run.symbolic import Scalar, Unprovable
from mlp.proof.run.trace import Trace

FLOAT = np.dtype(np.float64)


def _refused(name: str) -> Any:
    """Return a property that refuses a method by its name."""

    def get(_: Any) -> NoReturn:
        raise Unprovable(f".{name} looks at the bytes of an array: it cannot be proved")

    return property(get)


class ExactArray(np.ndarray[Any, Any]):
    """An object array of scalars of one trace, or of duals."""

    record: Trace | None  # none for duals; an array's own `trace` is the sum of its diagonal

    @property
    def dtype(self) -> Any:
        """The dtype of floats for exact numbers, so that code goes the way of floats."""
        return FLOAT if is_exact(self) else plain(self).dtype

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
        """Run a ufunc on the elements, each of which is exact."""
        return PROTOCOLS["ufunc"](ufunc, method, inputs, options)

    def __array_function__(self, func: Any, types: Any, args: Any, kwargs: Any) -> Any:
        """Run a function of NumPy; what it returns holds numbers of the same kind."""
        return PROTOCOLS["function"](func, args, kwargs)

    def __array_finalize__(self, origin: Any) -> None:
        """Keep the trace in views and copies."""
        if origin is not None and hasattr(origin, "record"):
            self.record = origin.record

    def astype(  # type: ignore[override]  # of its overloads, what code uses
        self, dtype: Any, *_: Any, copy: bool = True, **__: Any
    ) -> Any:
        """Return a copy as floats, which it stands for, or whether entries are not 0."""
        wanted = np.dtype(dtype)
        if not is_exact(self):
            return plain(self).astype(wanted, copy=copy)
        if wanted in {FLOAT, np.dtype(object)}:
            return self.copy() if copy else self
        if wanted == np.dtype(bool):
            return self != 0
        raise Unprovable(f"astype({wanted}) needs a number, which it would round")

    def conj(self, *out: Any) -> Any:
        """Return the array itself, which is real."""
        return np.conjugate(self, *out) if out else self

    conjugate = conj

    @property  # NumPy 2.5 makes a copy of that of objects
    def real(self) -> Any:
        """The array itself, which is real."""
        return self

    @real.setter
    def real(self, given: Any) -> None:
        self[...] = given

    def view(self, *kinds: Any, **named: Any) -> Any:
        """Return a view; the bytes are not to be read as another dtype."""
        given = [*kinds, *named.values()]
        if given and not (isinstance(given[0], type) and issubclass(given[0], np.ndarray)):
            raise Unprovable("view() as another dtype looks at the bytes of an array")
        return super().view(*kinds, **named)

    tobytes, tofile, dump, dumps = map(_refused, ("tobytes", "tofile", "dump", "dumps"))
    byteswap, getfield, setfield = map(_refused, ("byteswap", "getfield", "setfield"))
    data, ctypes, to_device = map(_refused, ("data", "ctypes", "to_device"))
    __array_interface__ = _refused("__array_interface__")
    __reduce__ = __reduce_ex__ = _refused("pickle")


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
    if not isinstance(result, np.ndarray) or plain(result).dtype != object:
        return result
    if isinstance(result, ExactArray) and getattr(result, "record", trace) is trace:
        return result
    array = plain(result).view(ExactArray)
    array.record = trace
    return array


def entries(array: Any, trace: Trace | None = None) -> list[Any]:
    """Return the entries of an array or a number, each exact and finite."""
    found = [lifted(entry, trace) for entry in np.ravel(np.asarray(array, dtype=object))]
    for entry in found:
        if isinstance(entry, Infinity):
            raise Unprovable(f"an entry of what is returned is {entry}")
        if entry is None:
            raise Unprovable("an entry of what is returned was never filled (np.empty)")
    return found


def lifted(entry: Any, trace: Trace | None = None) -> Any:
    """Return a number as an exact one; anything else as it is."""
    entry = entry[()] if isinstance(entry, np.ndarray) and entry.ndim == 0 else entry
    if not isinstance(entry, (bool, int, float, np.bool_, np.integer, np.floating)):
        return entry
    if isinstance(entry, (float, np.floating)) and np.isinf(entry):
        return Infinity(1 if entry > 0 else -1)
    return Dual.of(entry) if trace is None else Scalar.constant(entry, trace)


def plain(array: Any) -> Any:
    """Return an exact array as the plain object array that shares its memory."""
    return np.ndarray.view(array, np.ndarray) if isinstance(array, ExactArray) else array


def is_exact(array: Any) -> bool:
    """Tell an exact array from one of places or truths that NumPy made of it."""
    return isinstance(array, ExactArray) and plain(array).dtype == object


def trace_of(things: Iterable[Any]) -> Trace | None:
    """Return the trace that the first exact thing belongs to, however deep in lists and tuples."""
    for thing in things:
        found = None
        if isinstance(thing, (ExactArray, Scalar)):
            found = thing.record if isinstance(thing, ExactArray) else thing.trace
        elif isinstance(thing, (list, tuple)):
            found = trace_of(thing)
        elif isinstance(thing, np.ndarray) and thing.dtype == object:
            found = trace_of(thing.ravel().tolist())
        if found is not None:
            return found
    return None


def holds_exact(thing: Any) -> bool:
    """Tell whether there is an exact number in something, however deep in lists and tuples."""
    if isinstance(thing, (list, tuple)):
        return any(map(holds_exact, thing))
    if isinstance(thing, np.ndarray) and not isinstance(thing, ExactArray):
        return thing.dtype == object and any(isinstance(e, Exact) for e in thing.flat)
    return isinstance(thing, Exact) or is_exact(thing)


def _alone(number: Exact) -> Any:
    """Return a number as an array of no axes."""
    return as_exact(np.array(number, dtype=object), trace_of([number]))


PROTOCOLS["array"] = _alone
