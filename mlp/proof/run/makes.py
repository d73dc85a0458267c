"""The arrays that code makes in a proof where no exact number leads NumPy to us.

    np.zeros(shape), np.empty    exact arrays, so that a loop can fill them
    np.array([...]), np.asarray  exact arrays where exact numbers are in them
    np.logical_and([...])        of lists, in which NumPy would see no exact numbers
    as_strided, vectorize        what they hold, not where
    np.c_[X, 1], np.r_[x, 1]     joined, as floats are

Tested in tests/proof/run/test_makes.py.
"""

from collections.abc import Callable
from functools import partial
from operator import itemgetter
from typing import Any, NoReturn

import numpy as np

from mlp.proof.run.arrays import FLOAT, ExactArray, as_exact, holds_exact, plain, trace_of
from mlp.proof.run.exact import Exact
from mlp.proof.run.functions import REFUSED_FUNCTIONS, filled, is_float, name_of_function
from mlp.proof.run.symbolic import Unprovable
from mlp.proof.run.trace import Trace
from mlp.proof.run.ufuncs import LOGICAL
from mlp.standins import either, strided

FRESH = ("zeros", "ones", "eye", "identity")  # arrays that may be filled later
AS_ARRAYS = ("asarray", "asanyarray", "ascontiguousarray", "asfortranarray", "require")


def functions_of_numpy(trace: Trace | None) -> dict[Any, Any]:
    """Return the stand-ins for functions of NumPy that no argument sends to us."""
    makes = Makes(trace)
    return {
        **{getattr(np, name): makes.fresh(getattr(np, name)) for name in FRESH},
        **{getattr(np, name): makes.as_array(getattr(np, name)) for name in AS_ARRAYS},
        **{getattr(np, name): OfLists(getattr(np, name)) for name in LOGICAL},
        **{f: _unless_exact(f) for f in (np.frombuffer, *REFUSED_FUNCTIONS)},
        np.c_: Joined(np.c_, _as_columns),
        np.r_: Joined(np.r_, np.atleast_1d),
        np.full: makes.full,
        np.empty: makes.empty,
        np.array: makes.array,
        np.fromiter: makes.from_iterator,
        np.isscalar: lambda a: isinstance(a, Exact) or np.isscalar(a),
        np.vectorize: _vectorised,
        np.lib.stride_tricks.as_strided: _as_strided,
    }


class Makes:
    """Makes exact arrays, of a trace or of duals, where NumPy would make arrays of floats."""

    def __init__(self, trace: Trace | None) -> None:
        self.trace = trace

    def fresh(self, make: Callable[..., Any]) -> Callable[..., Any]:
        """Return what np.zeros and its like are, filled with exact numbers."""

        def made(*args: Any, **options: Any) -> Any:
            if holds_exact([*args, *options.values()]):
                raise Unprovable(f"np.{make.__name__} makes no array of this")
            value = make(*args, **options)
            return as_exact(value.astype(object), self.trace) if value.dtype == FLOAT else value

        return made

    def full(
        self, shape: Any, fill_value: Any, dtype: Any = None, *order: Any, **options: Any
    ) -> Any:
        """Do as np.full does."""
        kind = np.asarray(plain(fill_value)).dtype if dtype is None else dtype
        if is_float(kind):
            return filled(shape, fill_value, self.trace)
        return np.full(shape, fill_value, dtype, *order, **options)

    def empty(self, shape: Any, dtype: Any = float, *order: Any, **options: Any) -> Any:
        """Do as np.empty does; an entry that is never filled is no number."""
        if is_float(dtype):
            return filled(shape, None, self.trace)
        return np.empty(shape, dtype, *order, **options)

    def array(
        self, a: Any, dtype: Any = None, *, copy: Any = True, ndmin: int = 0, **rest: Any
    ) -> Any:
        """Do as np.array does."""
        if not holds_exact(a):
            return np.array(a, dtype, copy=copy, ndmin=ndmin, **rest)
        kept = isinstance(a, ExactArray) and not copy
        held = np.array(plain(a), dtype=object, copy=None if kept else True, ndmin=ndmin)
        found = a if kept and a.ndim >= ndmin else as_exact(held, self.trace)
        return found if dtype is None else found.astype(dtype, copy=False)

    def as_array(self, make: Callable[..., Any]) -> Callable[..., Any]:
        """Return what np.asarray and its like are."""

        def made(a: Any, dtype: Any = None, *args: Any, **options: Any) -> Any:
            if not holds_exact(a):
                return make(a, dtype, *args, **options)
            found = self.array(a, dtype, copy=None)
            again = as_exact(make(plain(found), None, *args, **options), self.trace)
            same = again.base is plain(found) and again.shape == found.shape
            return found if same else again

        return made

    def from_iterator(self, things: Any, dtype: Any, count: int = -1, **options: Any) -> Any:
        """Do as np.fromiter does."""
        listed = list(things)
        exact = holds_exact(listed)
        return self.array(listed) if exact else np.fromiter(listed, dtype, count, **options)


class Joined:
    """np.c_ or np.r_, which joins what stands in brackets along the last axis."""

    def __init__(self, join: Any, shaped: Callable[[Any], Any]) -> None:
        self.join, self.shaped = join, shaped

    def __getitem__(self, key: Any) -> Any:
        """Join the parts."""
        parts = key if isinstance(key, tuple) else (key,)
        if not any(map(holds_exact, parts)):
            return self.join[key]
        if any(isinstance(part, (slice, str)) for part in parts):
            raise Unprovable("np.c_ and np.r_ with text or slices have no exact form")
        return np.concatenate([self.shaped(part) for part in parts], axis=-1)


def _as_columns(part: Any) -> Any:
    return np.atleast_1d(part)[..., None] if np.ndim(part) < 2 else part


class OfLists:
    """A ufunc that is given arrays in place of lists, in which it would see no exact numbers."""

    def __init__(self, call: Any) -> None:
        self.call = call

    def __call__(self, *args: Any, **options: Any) -> Any:
        """Call it with arrays."""
        exact = map(holds_exact, args)
        arrays = (as_exact(np.asarray(a)) if e else a for a, e in zip(args, exact, strict=True))
        return self.call(*arrays, **options)

    def __getattr__(self, name: str) -> Any:
        found = getattr(self.call, name)
        return OfLists(found) if callable(found) else found


def _unless_exact(function: Any) -> Callable[..., Any]:
    """Return a function that is refused by name where an exact number is in what it is given."""

    def refused(*_: Any, **__: Any) -> NoReturn:
        raise Unprovable(f"{name_of_function(function)} has no exact form")

    return either(function, refused, holds_exact)


def _as_strided(x: Any, shape: Any = None, strides: Any = None, **options: Any) -> Any:
    """Return what a view of these strides would hold; it cannot be written to."""
    if not isinstance(x, ExactArray):
        return np.lib.stride_tricks.as_strided(x, shape, strides, **options)
    places = strided(plain(x), shape, strides)
    if places is None:
        raise Unprovable("as_strided of a view looks at the bytes of an array")
    found = x.reshape(-1)[places]
    found.flags.writeable = False
    return found


def _vectorised(
    f: Any = None, otypes: Any = None, *, signature: Any = None, excluded: Any = (), **_: Any
) -> Callable[..., Any]:
    """Return what np.vectorize does: every result has the dtype of the first, unless given."""
    if signature or excluded:
        raise Unprovable("np.vectorize with signature= or excluded= has no exact form")
    if not callable(f):  # a decorator that is told its options
        return partial(_vectorised, otypes=otypes)

    def read(found: Any, otype: Any) -> Any:
        if not holds_exact(found):
            return np.array(found.tolist(), dtype=otype)
        first = found.flat[0]
        kind = FLOAT if isinstance(first, Exact) else np.asarray(first).dtype
        try:
            return as_exact(found, trace_of([found])).astype(kind if otype is None else otype)
        except Unprovable as error:
            said = "np.vectorize rounds all to the kind of the first: give it otypes=[float]"
            raise Unprovable(said) from error

    def run(*args: Any) -> Any:
        found = np.frompyfunc(f, len(args), 1)(*args)
        if not isinstance(found, np.ndarray) or not isinstance(found.flat[0], tuple):
            return read(np.asarray(found, dtype=object), otypes and otypes[0])[()]
        parts = (np.frompyfunc(itemgetter(k), 1, 1)(found) for k in range(len(found.flat[0])))
        return tuple(read(part, otypes and otypes[k]) for k, part in enumerate(parts))

    return run
