"""What code finds in a proof where no exact number leads NumPy to us: np.zeros, math.exp, float.

    np.zeros(shape), np.empty    exact arrays, so that a loop can fill them
    np.array([...]), np.asarray  exact arrays where exact numbers are in them
    math.exp, float, isinstance  as for floats
    logsumexp, softmax           by their definitions
    np.random, random, clocks    refused by name

The code itself is as it was written; only what it looks up is another (mlp/standins.py). Tested in
tests/proof/run/test_reach.py.
"""

import inspect
import math
import os
import random
import sys
import time
import types
from collections.abc import Callable
from typing import Any, NoReturn, TypeAlias, TypeVar

import numpy as np

from mlp.proof.run.arrays import FLOAT, ExactArray, as_exact, holds_exact, plain
from mlp.proof.run.exact import PROTOCOLS, Exact
from mlp.proof.run.functions import REFUSED_FUNCTIONS, filled, is_float, name_of_function
from mlp.proof.run.symbolic import Unprovable
from mlp.proof.run.trace import Outside, Tie, Trace
from mlp.proof.run.ufuncs import LOGICAL
from mlp.shapes import shapes
from mlp.standins import IN_NUMPY, Module, StandIns, either, floats, strided

Made = TypeVar("Made")
Access: TypeAlias = Callable[[Any], Any]

FRESH = ("zeros", "ones", "eye", "identity")  # arrays that may be filled later
CLOCKS = ("time", "time_ns", "monotonic", "perf_counter", "process_time")
AS_ARRAYS = ("asarray", "asanyarray", "ascontiguousarray", "asfortranarray", "require")
MATH = """
    hypot atan2 asin acos atan asinh acosh atanh copysign isnan isinf isfinite radians degrees exp
    exp2 expm1 log1p log2 log10 sqrt cbrt sin cos tan sinh cosh tanh prod
"""  # of ``math``, which NumPy does for exact numbers, too
MATHS: dict[str, Callable[..., Any]] = {  # and what it does not
    **{name: IN_NUMPY[name] for name in MATH.split()},
    "pow": lambda a, b: a**b, "fabs": abs, "fsum": sum,
    "erf": lambda a: a.applied("erf"), "erfc": lambda a: a.applied("erfc"),
    "log": lambda a, base=math.e: np.log(a) if base == math.e else np.log(a) / np.log(base),
}  # fmt: skip  # pairs in lines


NAMES_IN_MATH = {getattr(math, name): name for name in MATHS if hasattr(math, name)}


class ExactReach(StandIns):
    """Stand-ins for one run on exact numbers, of a trace or, without one, on duals."""

    def __init__(self, trace: Trace | None = None) -> None:
        in_math = {f: either(f, MATHS[name], holds_exact) for f, name in NAMES_IN_MATH.items()}
        called = {**_numpy(trace), **in_math, **_scipy(), **REFUSED}
        super().__init__(called, floats(_read, _counts))
        drawing = (np.random.Generator, np.random.RandomState, random.Random)
        self.kinds = (*((kind, Drawing) for kind in drawing), *self.kinds)

    def guarded(self, f: Any) -> Any:
        """Return a function under @shapes again, for its shapes are part of what it does."""
        inner = inspect.unwrap(f)
        made = self.remade(inner)
        made.__annotations__, made.__qualname__ = inner.__annotations__, inner.__qualname__
        return shapes(f.shapes)(made)


def as_it_is(function: Any) -> Any:
    """Reach a function with nothing standing in for what it looks up."""
    return function


def reach_of(trace: Trace | None) -> ExactReach:
    """Return the stand-ins for a trace, always the same, or those for duals."""
    if trace is None:
        return ExactReach()
    if trace.reach is None:
        trace.reach = ExactReach(trace)
    found: ExactReach = trace.reach
    return found


def either_way(run: Callable[[Access], Made], reach: ExactReach) -> Made:
    """Run code with stand-ins or, where it takes them for what they are not, as it is."""
    try:
        return run(reach.stand_in)
    except (Tie, Outside, Unprovable):
        raise
    except Exception as error:  # noqa: BLE001  # a stranger's code may raise anything
        try:
            return run(as_it_is)
        except (TypeError, AttributeError):
            raise error from None


def by_definition(trace: Trace | None, function: Any) -> Any:
    """Return a function of NumPy that finds the stand-ins, too, where it is written in Python."""
    found = getattr(function, "_implementation", None)
    return reach_of(trace).remade(found) if isinstance(found, types.FunctionType) else found


PROTOCOLS["definition"] = by_definition


class Drawing:
    """What stands in for a generator of random numbers: it draws none, but says so."""

    def __init__(self, generator: Any) -> None:
        self._kind = type(generator).__name__

    def __getattr__(self, name: str) -> NoReturn:
        raise at_random(f"{self._kind}.{name}")


def at_random(name: str) -> Unprovable:
    """Return what is raised where code draws at random."""
    return Unprovable(f"{name} draws at random: hand what it draws to forward as an argument")


def _refusing(name: str) -> Callable[..., NoReturn]:
    def refused(*_: Any, **__: Any) -> NoReturn:
        raise at_random(name)

    return refused


def _timeless(name: str) -> Callable[..., NoReturn]:
    def refused(*_: Any, **__: Any) -> NoReturn:
        raise Unprovable(f"{name} reads a clock: hand the time to forward as an argument")

    return refused


def _seeded(seed: Any = None) -> Any:
    """Return a generator that draws the same in every run."""
    if seed is None:
        raise at_random("np.random.default_rng()")
    return np.random.default_rng(seed)


def _numpy(trace: Trace | None) -> dict[Any, Any]:
    """Return the stand-ins for functions of NumPy that no argument sends to us."""
    makes = Makes(trace)
    return {
        **{getattr(np, name): makes.fresh(getattr(np, name)) for name in FRESH},
        **{getattr(np, name): makes.as_array(getattr(np, name)) for name in AS_ARRAYS},
        **{getattr(np, name): OfLists(getattr(np, name)) for name in LOGICAL},
        **{f: _unless_exact(f) for f in (np.frombuffer, *REFUSED_FUNCTIONS)},
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


def _vectorised(f: Callable[..., Any], **_: Any) -> Callable[..., Any]:
    def run(*args: Any) -> Any:
        found = np.frompyfunc(f, len(args), 1)(*args)
        exact = holds_exact(found)
        return found if exact else np.array(np.asarray(found).tolist())

    return run


def _scipy() -> dict[Any, Any]:
    """Return the stand-ins for functions of SciPy that are no ufuncs, where it was imported."""
    special = sys.modules.get("scipy.special")
    if special is None:
        return {}
    return {
        special.logsumexp: either(special.logsumexp, _log_sum_exp, holds_exact),
        special.softmax: either(special.softmax, _softmax, holds_exact),
        special.log_softmax: either(special.log_softmax, _log_softmax, holds_exact),
    }


def _log_sum_exp(a: Any, axis: Any = None, b: Any = None, **options: Any) -> Any:
    if options.pop("return_sign", False):
        raise Unprovable("scipy.special.logsumexp(return_sign=True) has no exact form")
    return np.log(np.sum((1 if b is None else b) * np.exp(a), axis=axis, **options))


def _softmax(x: Any, axis: Any = None) -> Any:
    return np.exp(x) / np.sum(np.exp(x), axis=axis, keepdims=True)


def _log_softmax(x: Any, axis: Any = None) -> Any:
    return x - _log_sum_exp(x, axis=axis, keepdims=True)


def _read(a: Any) -> Any:
    return np.asarray(a, dtype=object)[()] if holds_exact(a) else None


def _counts(a: Any, kinds: tuple[Any, ...]) -> bool:
    """Tell what an exact number is to code, a float, and what stands in for a module."""
    alike = np.float64() if isinstance(a, Exact) else np if isinstance(a, Module) else a
    return isinstance(alike, kinds)


REFUSED = {
    **{
        getattr(np.random, name): _refusing(f"np.random.{name}")
        for name in np.random.__all__
        if callable(getattr(np.random, name)) and not inspect.isclass(getattr(np.random, name))
    },
    **{
        getattr(random, name): _refusing(f"random.{name}")
        for name in random.__all__
        if not inspect.isclass(getattr(random, name))
    },
    np.random.default_rng: _seeded,
    os.urandom: _refusing("os.urandom"),
    **{getattr(time, name): _timeless(f"time.{name}") for name in CLOCKS},
}
