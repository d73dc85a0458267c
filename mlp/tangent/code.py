"""The user's own function, reached through its globals, so that a tangent is not lost on the way.

``np.zeros(shape)`` has no argument that could carry a tangent, and ``float(x)`` makes it a plain
number. So a function runs once more with other globals (mlp/standins.py), where it finds these.
Tested in tests/tangent/test_code.py.
"""

import importlib
import itertools
import math
import sys
import types
from collections.abc import Callable
from typing import Any, NoReturn, cast

import numpy as np

from mlp.standins import IN_NUMPY, StandIns, either, floats, strided
from mlp.tangent.array import PROTOCOLS, Inputs, Options, TangentArray, trail_of, with_tangent
from mlp.tangent.trail import Trail

FRESH = ("zeros", "ones", "empty", "full", "eye", "identity")  # arrays that may be filled later
AS_ARRAYS = (
    *("array", "asarray", "asanyarray", "asarray_chkfinite", "ascontiguousarray"),
    *("asfortranarray", "require"),
)


class Reach(StandIns):
    """Stand-ins for one run with tangents."""

    def __init__(self, trail: Trail) -> None:
        super().__init__({**_numpy(trail), **_math(), **_scipy()}, floats(_read, _counts, _kind))
        self.trail = trail

    def constant(self, array: Any) -> Any:
        """Return a copy that carries a tangent: code may add to it, in place."""
        plain = type(array) is np.ndarray and array.dtype.kind in "fc"
        return with_tangent(array.copy(), self.trail) if plain else array


def reach_of(trail: Trail) -> Reach:
    """Return the stand-ins of a run, always the same."""
    trail.reach = trail.reach or Reach(trail)
    found: Reach = trail.reach
    return found


def _numpy(trail: Trail) -> dict[Any, Any]:
    """Return the stand-ins for functions of NumPy that no argument sends to us."""

    def fresh(make: Callable[..., Any]) -> Callable[..., Any]:
        def made(*args: Any, **options: Any) -> Any:
            if trail_of((*args, *options.values())):  # np.full(shape, tangent)
                shape, fill = args
                return with_tangent(np.zeros(shape), trail) + fill
            value = make(*args, **options)
            return with_tangent(value, trail) if value.dtype.kind in "fc" else value

        return made

    def as_array(make: Callable[..., Any]) -> Callable[..., Any]:
        def made(a: Any, dtype: Any = None, **options: Any) -> Any:
            if not trail_of((a,)):
                return make(a, dtype, **options)
            found = a if isinstance(a, TangentArray) else _stacked(a)
            found = found if dtype is None else found.astype(dtype)
            copies = make is np.array and options.get("copy", True) is True and found is a
            found = np.copy(found) if copies else found
            return found if found.ndim >= options.get("ndmin", 0) else np.atleast_1d(found)

        return made

    return {
        **{getattr(np, name): fresh(getattr(np, name)) for name in FRESH},
        **{getattr(np, name): as_array(getattr(np, name)) for name in AS_ARRAYS},
        np.isscalar: lambda a: (
            not (a.ndim or a.place) if isinstance(a, TangentArray) else np.isscalar(a)
        ),
        np.vectorize: _vectorised,
        np.frompyfunc: lambda f, *_: _vectorised(f),
        np.fromiter: _from_iterator,
        np.lib.stride_tricks.as_strided: _as_strided,
    }


def _from_iterator(things: Any, dtype: Any, count: int = -1, **_: Any) -> Any:
    listed = [*things] if count < 0 else [*itertools.islice(things, count)]
    return _stacked(listed).astype(dtype) if trail_of(listed) else np.fromiter(listed, dtype)


def _stacked(parts: Any) -> Any:
    """Return nested lists of numbers and arrays, some with tangents, as one array."""
    return np.stack([_stacked(p) if isinstance(p, (list, tuple)) else np.asarray(p) if not
                     isinstance(p, TangentArray) else p for p in parts])  # fmt: skip  # one idea


def _as_strided(x: Any, shape: Any = None, strides: Any = None, **options: Any) -> Any:
    if not isinstance(x, TangentArray):
        return np.lib.stride_tricks.as_strided(x, shape, strides, **options)
    taken = strided(x.value, shape, strides)
    if taken is None:
        raise x.trail.lose("as_strided of an array that is a view, or not in double precision")
    return x.both(lambda part: part.reshape(-1)[taken])


def _vectorised(f: Callable[..., Any], **_: Any) -> Callable[..., Any]:
    def run(*args: Any) -> Any:
        shape = np.broadcast_shapes(*map(np.shape, args))
        spread = [np.broadcast_to(a, shape).reshape(-1) for a in args]
        return np.reshape(_stacked([f(*entries) for entries in zip(*spread, strict=True)]), shape)

    return run


def _math() -> dict[Any, Any]:
    functions = {name: f for name, f in vars(math).items() if callable(f)}
    return {
        f: either(f, IN_NUMPY.get(name) or _without_rule(name), trail_of)
        for name, f in functions.items()
    }


def _without_rule(name: str) -> Callable[..., NoReturn]:
    def lost(*args: Any) -> NoReturn:
        raise cast("Trail", trail_of(args)).lose(f"math.{name} has no rule")

    return lost


def _scipy() -> dict[Any, Any]:
    """Return the stand-ins for SciPy's functions, where anybody has imported them."""
    if "scipy.special" not in sys.modules:
        return {}
    found: dict[Any, Any] = importlib.import_module("mlp.tangent.scipys").CALLED
    return found


def _read(a: Any) -> Any:
    return a.reshape(()) if isinstance(a, TangentArray) else None


def _counts(a: Any, kinds: tuple[Any, ...]) -> bool:
    """Tell whether an array with a tangent is to count as a float, or as an array."""
    alike = (k is float or (isinstance(k, type) and issubclass(np.ndarray, k)) for k in kinds)
    return isinstance(a, TangentArray) and any(alike)


def _kind(a: Any) -> type | None:
    """Return the type of what an array with a tangent stands for."""
    if not isinstance(a, TangentArray):
        return None
    return np.ndarray if a.ndim else np.float64


def by_definition(trail: Trail, function: Any, args: Inputs, options: Options) -> Any:
    """Run a NumPy function that has no rule by NumPy's own Python."""
    found = getattr(function, "_implementation", None)
    if not isinstance(found, types.FunctionType):
        raise trail.lose(f"np.{function.__name__} has no rule")
    return reach_of(trail).stand_in(found)(*args, **options)


PROTOCOLS["definition"] = by_definition
