"""The user's own function, reached through its globals, so that a tangent is not lost on the way.

``np.zeros(shape)`` has no argument that could carry a tangent, and ``float(x)`` makes it a plain
number. So a function runs once more with other globals: its own code, but where it looks up ``np``,
``math``, ``float`` or a function that its author wrote, it finds a stand-in. Nothing that others
see is changed: a function is made anew from its code (``types.FunctionType``), and a dict looks
names up in the true globals when they are asked for.
Tested in tests/tangent/test_code.py.
"""

import abc
import builtins
import contextlib
import importlib
import inspect
import math
import sys
import types
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from mlp.tangent.array import PROTOCOLS, TangentArray, trail_of, with_tangent
from mlp.tangent.trail import Trail

FRESH = ("zeros", "ones", "empty", "full", "eye", "identity")  # arrays that may be filled later
AS_ARRAYS = ("array", "asarray", "asanyarray", "ascontiguousarray", "asfortranarray", "require")
HEAP = 1 << 9  # the flag of a class that a class statement has made, Py_TPFLAGS_HEAPTYPE
MATH = {  # what ``math`` has and NumPy calls otherwise
    **{name: getattr(np, name, None) for name in dir(math)},
    "pow": np.power, "fabs": np.abs, "dist": None, "prod": np.prod, "fsum": np.sum,
    "asin": np.arcsin, "acos": np.arccos, "atan": np.arctan, "atan2": np.arctan2,
    "asinh": np.arcsinh, "acosh": np.arccosh, "atanh": np.arctanh,
}  # fmt: skip  # pairs in lines


def written_in_python(kind: Any) -> bool:
    """Tell a class whose methods can be made anew: one that Python code has defined."""
    return (
        type(kind) in {type, abc.ABCMeta}
        and bool(kind.__flags__ & HEAP)
        and not any(
            "__init_subclass__" in vars(base) for base in kind.__mro__[:-1]
        )  # it would hear
        and not kind.__module__.startswith(("numpy", "builtins", "functools", "types"))
        and not issubclass(kind, (np.ndarray, np.generic, BaseException, tuple, TangentArray))
    )


class Reach:
    """Makes stand-ins for one run; each thing has one, so that a circle of functions ends."""

    def __init__(self, trail: Trail) -> None:
        self.trail = trail
        self.known: dict[
            int, tuple[Any, Any]
        ] = {}  # the thing itself is kept: its id stays its own
        self.spaces: dict[int, Globals] = {}  # one for each module, so that its functions share it
        self.cells: dict[int, tuple[Any, types.CellType]] = {}
        self.builtins = _builtins()
        self.kinds: tuple[tuple[type, Callable[[Any], Any]], ...] = (
            (types.ModuleType, lambda module: Module(module, self)),
            (types.FunctionType, self.function),
            (np.ndarray, self._constant),  # code may add a tangent to it, in place
            (types.MethodType, self._bound),
            (partial, lambda p: partial(self.stand_in(p.func), *p.args, **p.keywords)),
            (np.vectorize, lambda v: _vectorised(self.stand_in(v.pyfunc))),
            (
                list,
                lambda things: [*map(self.stand_in, things)] if type(things) is list else things,
            ),
            (tuple, lambda ts: tuple(map(self.stand_in, ts)) if type(ts) is tuple else ts),
            (dict, lambda d: {k: self.stand_in(x) for k, x in d.items()} if type(d) is dict else d),
        )
        self.called = {**_numpy(trail), **_math(), **self.builtins, **_scipy()}

    def stand_in(self, thing: Any) -> Any:
        """Return what takes the place of a thing that code looks up; most things stay."""
        if id(thing) not in self.known:
            self.known[id(thing)] = (thing, thing)  # while it is being made
            self.known[id(thing)] = (thing, self._made(thing))
        return self.known[id(thing)][1]

    def _made(self, thing: Any) -> Any:
        with contextlib.suppress(TypeError):  # without a hash it is none of these
            if thing in self.called:
                return self.called[thing]
        make = next((make for kind, make in self.kinds if isinstance(thing, kind)), None)
        if make:
            return make(thing)
        if written_in_python(thing):
            return self.derived(thing)
        held = written_in_python(type(thing)) and hasattr(thing, "__dict__")
        return self.instance(thing) if held else thing

    def _bound(self, method: types.MethodType) -> Any:
        return types.MethodType(self.stand_in(method.__func__), self.stand_in(method.__self__))

    def _constant(self, array: Any) -> Any:
        plain = type(array) is np.ndarray and array.dtype.kind in "fc"
        return with_tangent(array.copy(), self.trail) if plain else array

    def derived(self, kind: type) -> type:
        """Return a class derived from this one whose methods are reached."""
        methods = {
            name: self._method(found)
            for base in reversed(kind.__mro__)
            if written_in_python(base)
            for name, found in vars(base).items()
            if isinstance(found, (types.FunctionType, staticmethod, classmethod, property))
        }
        silent = {"__del__": lambda _: None} if hasattr(kind, "__del__") else {}
        space = {**methods, **silent, "__module__": kind.__module__}
        return type(kind)(kind.__name__, (kind,), space)

    def _method(self, found: Any) -> Any:
        if isinstance(found, property):
            parts: Any = (found.fget, found.fset, found.fdel)
            return property(*map(self._method, parts))
        if isinstance(found, (staticmethod, classmethod)):
            return type(found)(self._method(found.__func__))
        return self.function(found) if isinstance(found, types.FunctionType) else found

    def instance(self, owner: Any) -> Any:
        """Return a copy of an object whose methods, and those of what it holds, are reached."""
        if any(vars(base).get("__slots__") for base in type(owner).__mro__):
            return owner  # it is more than its attributes
        try:
            copied = object.__new__(type(owner))
        except TypeError:  # C code holds the rest of it
            return owner
        self.known[id(owner)] = (owner, copied)  # what it holds may hold it
        copied.__dict__.update({k: self.stand_in(held) for k, held in vars(owner).items()})
        object.__setattr__(copied, "__class__", self.stand_in(type(owner)))
        return copied

    def function(self, f: types.FunctionType) -> Any:
        """Return a function of the same code that finds stand-ins where it looks names up."""
        if hasattr(f, "_implementation"):  # NumPy's own, which send tangents to us
            return f
        if hasattr(f, "shapes"):  # guarded by @shapes, which has let the plain run in
            return self.stand_in(inspect.unwrap(f))
        return self.remade(f)

    def remade(self, f: types.FunctionType) -> types.FunctionType:
        """Return a function made anew from its code, its defaults and what it closes over."""
        cells = tuple(map(self._cell, f.__closure__ or ()))
        defaults, by_name = self.stand_in(f.__defaults__), self.stand_in(f.__kwdefaults__)
        made = types.FunctionType(
            f.__code__, self.space(f.__globals__), f.__name__, defaults, cells
        )
        made.__kwdefaults__ = by_name
        return made

    def space(self, true: dict[str, Any]) -> "Globals":
        """Return the globals that stand in for these."""
        if id(true) not in self.spaces:
            self.spaces[id(true)] = Globals(true, self)
        return self.spaces[id(true)]

    def _cell(self, cell: types.CellType) -> types.CellType:
        if id(cell) not in self.cells:
            made = types.CellType()
            self.cells[id(cell)] = (cell, made)  # before it is filled: a function may hold itself
            with contextlib.suppress(ValueError):  # still empty
                made.cell_contents = self.stand_in(cell.cell_contents)
        return self.cells[id(cell)][1]


class Globals(dict[str, Any]):
    """The globals of a module, with stand-ins made as names are looked up."""

    def __init__(self, true: dict[str, Any], reach: Reach) -> None:
        names = {original.__name__: found for original, found in reach.builtins.items()}
        super().__init__(__builtins__={**vars(builtins), **names}, __name__=true.get("__name__"))
        self.true, self.reach = true, reach

    def __missing__(self, name: str) -> Any:
        return self.reach.stand_in(self.true[name])


class Module:
    """A module in which names are looked up as in globals."""

    def __init__(self, module: types.ModuleType, reach: Reach) -> None:
        self._module, self._reach = module, reach

    def __getattr__(self, name: str) -> Any:
        space = self._reach.space(vars(self._module))
        return (
            space[name] if name in space.true else self._reach.stand_in(getattr(self._module, name))
        )


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
        np.isscalar: lambda a: isinstance(a, TangentArray) or np.isscalar(a),
        np.vectorize: _vectorised,
        np.lib.stride_tricks.as_strided: _as_strided,
    }


def _stacked(parts: Any) -> Any:
    """Return nested lists of numbers and arrays, some with tangents, as one array."""
    return np.stack([_stacked(p) if isinstance(p, (list, tuple)) else np.asarray(p) if not
                     isinstance(p, TangentArray) else p for p in parts])  # fmt: skip  # one idea


def _as_strided(x: Any, shape: Any = None, strides: Any = None, **options: Any) -> Any:
    if not isinstance(x, TangentArray):
        return np.lib.stride_tricks.as_strided(x, shape, strides, **options)
    places = np.empty_like(x.value, dtype=np.int64)  # in the layout of x, so that strides fit
    if x.itemsize != places.itemsize or places.strides != x.strides:
        raise x.trail.lose("as_strided of an array that is a view, or not in double precision")
    places[...] = np.arange(x.size).reshape(x.shape)
    taken = np.lib.stride_tricks.as_strided(places, shape, strides)
    return x.both(lambda part: part.reshape(-1)[taken])


def _vectorised(f: Callable[..., Any], **_: Any) -> Callable[..., Any]:
    def run(*args: Any) -> Any:
        shape = np.broadcast_shapes(*map(np.shape, args))
        spread = [np.broadcast_to(a, shape).reshape(-1) for a in args]
        return np.reshape(_stacked([f(*entries) for entries in zip(*spread, strict=True)]), shape)

    return run


def _math() -> dict[Any, Any]:
    def either(name: str, in_numpy: Any) -> Callable[..., Any]:
        plain = getattr(math, name)

        def found(*args: Any) -> Any:
            trail = trail_of(args)
            if not trail:
                return plain(*args)
            if in_numpy is None:
                raise trail.lose(f"math.{name} has no rule")
            return in_numpy(*args)

        return found

    return {
        getattr(math, name): either(name, in_numpy)
        for name, in_numpy in MATH.items()
        if callable(getattr(math, name))
    }


def _scipy() -> dict[Any, Any]:
    """Return the stand-ins for SciPy's functions, where anybody has imported them."""
    if "scipy.special" not in sys.modules:
        return {}
    found: dict[Any, Any] = importlib.import_module("mlp.tangent.special").CALLED
    return found


def _builtins() -> dict[Any, Any]:
    class Float(float):
        dtype = np.dtype(np.float64)  # what NumPy makes of it where it is given as a dtype

        def __new__(cls, a: Any = 0.0) -> Any:
            return a.reshape(()) if isinstance(a, TangentArray) else float(a)

    def is_instance(a: Any, kinds: Any) -> bool:
        if isinstance(a, TangentArray):
            kinds = kinds if isinstance(kinds, tuple) else (kinds,)
            return any(
                k is Float or (isinstance(k, type) and issubclass(np.ndarray, k)) for k in kinds
            )
        kinds = (
            tuple(float if k is Float else k for k in kinds) if isinstance(kinds, tuple) else kinds
        )
        return isinstance(a, float if kinds is Float else kinds)

    return {float: Float, isinstance: is_instance}


def by_definition(
    trail: Trail, function: Any, args: tuple[Any, ...], options: dict[str, Any]
) -> Any:
    """Run a NumPy function that has no rule by NumPy's own Python."""
    found = getattr(function, "_implementation", None)
    if not isinstance(found, types.FunctionType):
        raise trail.lose(f"np.{function.__name__} has no rule")
    return Reach(trail).remade(found)(*args, **options)


PROTOCOLS["definition"] = by_definition
