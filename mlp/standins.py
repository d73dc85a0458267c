"""A function run once more with other globals, so that what it looks up can be stood in for.

Its code is its own, but where it looks up ``np``, ``math``, ``float`` or a function that its author
wrote, it finds a stand-in. Nothing that others see is changed: a function is made anew from its
code (``types.FunctionType``), and a dict looks names up in the true globals when asked for them.
What stands in for what, the tangents and the proofs say themselves.
Tested in tests/tangent/test_code.py.
"""

import abc
import builtins
import contextlib
import copy
import functools
import inspect
import math
import sys
import sysconfig
import types
from collections import deque
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, get_args

import numpy as np

FLAGS = 1 << 9 | 1 << 10  # made while Python runs, and to be derived from (Py_TPFLAGS_...)
STANDARD = Path(sysconfig.get_path("stdlib"))  # Python's own modules move things about,
IMPORTS = ("__name__", "__package__", "__spec__")  # what an import in a function looks up
COMPUTE = {"statistics.py", "colorsys.py"}  # but for these, which compute
ARCS = ("sin", "cos", "tan", "tan2", "sinh", "cosh", "tanh")
IN_NUMPY = {  # what ``math`` has, and what does the same for arrays
    **{name: getattr(np, name) for name in dir(math) if hasattr(np, name)},
    **{f"a{name}": getattr(np, f"arc{name}") for name in ARCS},
    "pow": np.power, "fabs": np.abs, "prod": np.prod, "fsum": np.sum,
}  # fmt: skip  # pairs in a line


def either(
    theirs: Callable[..., Any], ours: Callable[..., Any], concerns: Callable[[Any], Any]
) -> Callable[..., Any]:
    """Return what calls ours where an argument concerns it, and theirs for any others."""

    def found(*args: Any, **options: Any) -> Any:
        run = ours if concerns((*args, *options.values())) else theirs
        return run(*args, **options)

    return found


def floats(
    read: Callable[[Any], Any],
    counts: Callable[[Any, tuple[Any, ...]], bool],
    kind: Callable[[Any], type | None],
) -> dict[Any, Any]:
    """Return stand-ins for ``float``, ``type`` and ``isinstance``, which knows them again.

    ``read`` makes a number of what is not a float and is to stay what it is, None for any other;
    ``counts`` tells what is to count as one of some kinds; ``kind`` returns the type that is to be
    told of what stands in for an array or a float, None of any other.
    """

    class Float(float):
        dtype = np.dtype(np.float64)  # what NumPy makes of it where it is given as a dtype

        def __new__(cls, a: Any = 0.0) -> Any:
            found = read(a)
            return float(a) if found is None else found

    class Type(type):
        def __new__(cls, *args: Any, **options: Any) -> Any:
            found = kind(args[0]) if len(args) == 1 else None
            return found or type(*args, **options)

    itself = {Float: float, Type: type}

    def is_instance(a: Any, kinds: Any) -> bool:
        kinds = kinds if isinstance(kinds, tuple) else get_args(kinds) or (kinds,)
        true = tuple(itself.get(k, k) for k in kinds)
        return isinstance(a, true) or counts(a, true)

    return {float: Float, type: Type, isinstance: is_instance}


def strided(a: Any, shape: Any, strides: Any) -> Any:
    """Return which entries, in C order, a view of these strides shows; None of what is a view."""
    places = np.empty_like(a, dtype=np.int64)  # in its layout, so that strides fit
    if a.itemsize != places.itemsize or places.strides != a.strides:
        return None
    places[...] = np.arange(a.size).reshape(a.shape)
    return np.lib.stride_tricks.as_strided(places, shape, strides)


def written_in_python(kind: Any) -> bool:
    """Tell a class whose methods can be made anew: one that Python code has defined."""
    return (
        type(kind) in {type, abc.ABCMeta}
        and kind.__flags__ & FLAGS == FLAGS
        and not kind.__module__.startswith(("numpy", "builtins", "functools", "types"))
        and not issubclass(kind, (np.generic, BaseException, tuple))
        and not hasattr(kind, "__array_ufunc__")  # an array of any kind
    )


class Unannounced:
    """The first base of a derived class: no ``__init_subclass__`` of its parents hears of it."""

    def __init_subclass__(cls) -> None:
        """Tell nobody."""


@functools.cache
def standard(file: str) -> bool:
    """Tell a file of Python's own library that computes nothing, as copies and caches do."""
    path = Path(file)
    return path.name not in COMPUTE and path.parent in {STANDARD, STANDARD / "collections"}


class StandIns:
    """Makes stand-ins for one run; each thing has one, so that a circle of functions ends.

    Parameters
    ----------
    called : dict
        What stands in for functions.
    builtins : dict
        What stands in for builtins.
    """

    def __init__(self, called: Mapping[Any, Any], builtins: Mapping[Any, Any]) -> None:
        self.known: dict[
            int, tuple[Any, Any]
        ] = {}  # the thing itself is kept: its id stays its own
        self.spaces: dict[int, Globals] = {}  # one for each module, so that its functions share it
        self.cells: dict[int, tuple[Any, types.CellType]] = {}
        self.builtins = builtins
        self.kinds: tuple[tuple[type, Callable[[Any], Any]], ...] = (
            (types.ModuleType, lambda module: Module(module, self)),
            (types.FunctionType, self.function),
            (np.ndarray, self.constant),
            (types.MethodType, self._bound),
            (partial, self._partial),
            (np.vectorize, self._vectorised),
            (list, self._list),
            (deque, self._list),
            (tuple, lambda ts: tuple(map(self.stand_in, ts)) if type(ts) is tuple else ts),
            (dict, lambda d: d if d is sys.modules else self._dict(d)),
        )
        self.true_kinds: dict[type, type] = {}  # of derived classes
        itself = {f: f for f in (copy.copy, copy.deepcopy)}  # what they copy, they need not reach
        self.called = {**itself, **called, **builtins, super: self._super}

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
        if isinstance(written := getattr(thing, "py_func", None), types.FunctionType):
            return self.stand_in(written)  # what numba compiles is Python to begin with
        make = next((make for kind, make in self.kinds if isinstance(thing, kind)), None)
        if make:
            return make(thing)
        if written_in_python(thing):
            return self.derived(thing)
        held = written_in_python(type(thing)) and hasattr(thing, "__dict__")
        return self.instance(thing) if held else thing

    def _partial(self, p: Any) -> Any:
        return partial(self.stand_in(p.func), *self.stand_in(p.args), **self.stand_in(p.keywords))

    def _vectorised(self, v: Any) -> Any:
        options = {"otypes": v.otypes, "signature": v.signature, "excluded": v.excluded}
        return self.stand_in(np.vectorize)(self.stand_in(v.pyfunc), **options)

    def _list(self, things: Any) -> Any:
        """Return a list of stand-ins, of its own kind: what code appends is not the true one's."""
        if type(things) is list:
            return [*map(self.stand_in, things)]
        try:
            fresh = copy.copy(things)
            fresh.clear()
            fresh.extend(map(self.stand_in, things))
        except Exception:  # noqa: BLE001  # a kind that its author does not let copy
            return things
        return fresh

    def _dict(self, d: Any) -> Any:
        """Return a dict of stand-ins; a key may be a function, and is looked up as one."""
        if type(d) is dict:
            return {self.stand_in(k): self.stand_in(x) for k, x in d.items()}
        try:
            fresh = copy.copy(d)
            fresh.clear()
            fresh.update({self.stand_in(k): self.stand_in(x) for k, x in d.items()})
        except Exception:  # noqa: BLE001  # as above
            return d
        return fresh

    def _bound(self, method: types.MethodType) -> Any:
        return types.MethodType(self.stand_in(method.__func__), self.stand_in(method.__self__))

    def constant(self, array: Any) -> Any:
        """Return what stands in for an array that code looks up: itself."""
        return array

    def guarded(self, f: Any) -> Any:
        """Return what stands in for a function under @shapes, which has let the plain run in."""
        return self.stand_in(inspect.unwrap(f))

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
        heard = any("__init_subclass__" in vars(base) for base in kind.__mro__[:-1])
        bases = (Unannounced, kind) if heard else (kind,)
        made = type(kind)(kind.__name__, bases, space)
        self.true_kinds[made] = kind
        return made

    def _super(self, *given: Any) -> Any:
        """Return what ``super`` finds, with methods that are reached."""
        if not given:
            frame = sys._getframe(1)  # noqa: SLF001  # super() looks there as well
            given = frame.f_locals["__class__"], frame.f_locals[frame.f_code.co_varnames[0]]
        kind, owner = given
        return Parents(super(self.true_kinds.get(kind, kind), owner), self)

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
        kind = self.stand_in(type(owner))
        try:
            copied = object.__new__(type(owner))
            object.__setattr__(copied, "__class__", kind)
        except TypeError:  # C code holds the rest of it, or lays it out
            return owner
        self.known[id(owner)] = (owner, copied)  # what it holds may hold it
        copied.__dict__.update({k: self.stand_in(held) for k, held in vars(owner).items()})
        return copied

    def function(self, f: types.FunctionType) -> Any:
        """Return a function of the same code that finds stand-ins where it looks names up."""
        if hasattr(f, "_implementation"):  # NumPy's own, which send tangents to us
            return f
        if hasattr(f, "shapes"):
            return self.guarded(f)
        return f if standard(f.__code__.co_filename) else self.remade(f)

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

    def __init__(self, true: dict[str, Any], makes: StandIns) -> None:
        called = {**makes.builtins, super: makes.called[super]}
        names = {original.__name__: found for original, found in called.items()}
        here = {name: true[name] for name in IMPORTS if name in true}
        super().__init__(__builtins__={**vars(builtins), **names}, **here)
        self.true, self.makes = true, makes

    def __missing__(self, name: str) -> Any:
        return self.makes.stand_in(self.true[name])


class Parents:
    """What ``super()`` is, with stand-ins for the methods that are looked up there."""

    def __init__(self, parents: Any, makes: StandIns) -> None:
        self.given = parents, makes

    def __getattribute__(self, name: str) -> Any:
        parents, makes = object.__getattribute__(self, "given")
        found = getattr(parents, name)
        if isinstance(found, types.MethodType):
            return types.MethodType(makes.stand_in(found.__func__), found.__self__)
        return found


class Module:
    """A module in which names are looked up as in globals."""

    def __init__(self, module: types.ModuleType, makes: StandIns) -> None:
        self._module, self._makes = module, makes

    def __getattr__(self, name: str) -> Any:
        space = self._makes.space(vars(self._module))
        return (
            space[name] if name in space.true else self._makes.stand_in(getattr(self._module, name))
        )
