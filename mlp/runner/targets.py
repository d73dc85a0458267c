"""From a word on the command line to the ops that it names.

    my_layers.py    every op in a file          my_layers.py::gelu    this one
    pkg.layers      every op in a module        pkg.layers:gelu       this one, as pkg.layers.gelu

An op is a module with ``forward`` and ``backward``, a class with both, or a pair of functions
``gelu`` and ``gelu_backward``. Points come from ``example``, ``gelu_example`` or a static method
``example``; else from a signature of shapes. ``WRT = (0,)`` on the module, class or function says
which arguments backward answers for, ``ACCEPT = 1e-6`` what it may be off by design; ``ALONG``,
``RETRACT``, ``AGAINST`` and ``SURROGATE`` are the options of ``check`` of that name.

With an example, what ``mlp.adapters`` knows is an op as well: a pair ``gelu_forward`` and
``gelu_backward`` with a cache, a class derived from ``autograd.Function`` or ``nn.Module``, a
``custom_vjp``, and any adapter that a module holds. Tested in tests/runner/test_targets.py.
"""

import contextlib
import difflib
import dis
import functools
import importlib
import inspect
import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any, ClassVar, TypeVar

import numpy as np

from mlp.adapters import Adapter, buffers, cs231n, layer, recognised
from mlp.adapters.buffers import writes_gradients
from mlp.adapters.layers import keeps_state
from mlp.op import (
    MARKS,
    Accept,
    Location,
    Wrt,
    accept_of,
    allowed_of,
    argument_names,
    example_of,
    label_positions,
    meant_of,
    name_of,
    place_of,
    relative,
    wrt_of,
)
from mlp.plain import said_by
from mlp.runner.guard import TargetError, fault_of
from mlp.runner.points import Draw, from_example, from_signature


@dataclass(frozen=True)
class Target:
    """One forward with its backward, and how to draw a point at which to check it."""

    name: str
    forward: Callable[..., Any]
    backward: Callable[..., Any]
    draw: Draw
    wrt: Wrt = None
    dtype: str = ""  # said where the same op is checked in several,
    where: str = ""  # or at several points
    example: Callable[..., Any] | None = None
    written: Callable[..., Any] | None = None  # the backward that its author wrote, where adapted
    word: str = ""  # that names it, and little else, where it was found by one
    accept: Accept | None = None  # what backward may be off by design, if it is said
    allowed: str = ""  # why it may stay undecided, if it may
    double: bool = True  # float32 is judged in float64 where both functions do the same there
    meant: Mapping[str, Any] = field(default_factory=dict)  # options that MARKS have
    in_arrays: Callable[[Mapping[str, Any]], dict[str, Any]] = dict  # the same, of an adapter

    @property
    def place(self) -> Location | None:
        """The line at which its backward is written."""
        return place_of(self.written or self.backward)

    def at(self, seed: int) -> tuple[Any, ...]:
        """Draw the point of a seed, from another stream than that of the probes."""
        return self.draw(np.random.default_rng([seed, 1]))


@dataclass(frozen=True)
class Fault:
    """What looks like an op but cannot be checked, and the reason in one line."""

    name: str
    reason: str
    file: str = ""  # where it was looked for
    dtype: ClassVar[str] = ""

    @property
    def place(self) -> Location | None:
        """The file, if there is one."""
        return Location(relative(self.file), 1) if self.file else None


Checkable = TypeVar("Checkable")

EMPTY = {"RESUME", "NOP", "LOAD_CONST", "RETURN_CONST", "RETURN_VALUE"}  # the code of ``pass``


class EmptyError(TargetError):
    """There is no op where one was looked for."""


def find(
    word: str, shapes: str | None = None, wrt: Wrt = None, known: Sequence[str] = ()
) -> list[Target | Fault]:
    """Return the ops that a word names; shapes and wrt serve those that do not say their own.

    Raises ``TargetError`` if there are none, and suggests one of the known names; raises whatever
    the module raises when imported.
    """
    place, wanted = parted(word)
    try:
        module = imported(place, known)
    except TargetError:
        parent, _, last = place.rpartition(".")
        if wanted or not parent or is_file(place):
            raise
        return find(f"{parent}:{last}", shapes, wrt, known)
    short = Path(place).stem if is_file(place) else place
    found = [_worded(op, place, short) for op in Maker(shapes, wrt).in_module(module, short)]
    if not found:
        raise EmptyError(
            "no op in it: an op is forward with backward, in a module or a class, "
            "or a pair such as gelu with gelu_backward"
        )
    if wanted is None:
        return found
    named = [op for op in found if op.name == f"{short}.{wanted}"]
    if not named:
        names = ", ".join(op.name.removeprefix(f"{short}.") for op in found)
        alone = callable(getattr(module, wanted, None))
        hint = f"; {wanted} is there, but no {wanted}_backward beside it" if alone else ""
        raise TargetError(f"no op {wanted} in it, but {names}{hint}")
    return named


def _worded(op: Target | Fault, place: str, short: str) -> Target | Fault:
    """Return an op with the word that names it alone, or all of its file where none does."""
    if isinstance(op, Fault):
        return op
    *modules, last = op.name.removeprefix(short).split(".")
    inner = ".".join([*modules, last]).removeprefix(".")
    if not is_file(place):
        return replace(op, word=f"{place}{'.'.join(modules)}:{last}" if inner else place)
    file = relative(place)
    return replace(op, word=f"{file}::{inner}" if inner.isidentifier() else file)


def short_of(word: str) -> str:
    """Return what ``find`` put before the names of the ops that a word names."""
    place, _ = parted(word)
    if is_file(place):
        return Path(place).stem
    return place if place in sys.modules else place.rpartition(".")[0]


def parted(word: str) -> tuple[str, str | None]:
    """Return the file or module that a word names, and the op in it, if it names one."""
    member = re.fullmatch(r"(.+?)::?([^\W\d]\w*)", word)
    return (member[1], member[2]) if member else (word, None)


@dataclass(frozen=True)
class Maker:
    """Makes targets; its shapes and wrt serve the ops that do not say their own."""

    shapes: str | None = None
    wrt: Wrt = None

    def in_module(self, module: ModuleType, name: str) -> Iterator[Target | Fault]:
        """Yield the ops of a module and of those of its submodules that it imports."""
        if _owner(module) is not None:
            yield self.plain(name, module)
        for key, thing in list(vars(module).items()):
            if not inspect.ismodule(thing):
                yield from self.under(key, module, f"{name}.{key}")
            elif thing.__name__ == f"{module.__name__}.{key}":
                yield from self.in_module(thing, f"{name}.{key}")

    def under(self, key: str, module: ModuleType, name: str) -> Iterator[Target | Fault]:
        """Yield the op that a name in a module stands for: a class, a pair or an adapter."""
        thing = getattr(module, key)
        example = example_of(thing, module, key)
        written_here = getattr(thing, "__module__", None) == module.__name__
        adapter = owner = None
        try:
            if written_here or isinstance(thing, Adapter):
                adapter = recognised(thing, example)
            wanted = written_here and not _is_stub(thing) if inspect.isclass(thing) else example
            if wanted and not adapter and not inspect.isroutine(thing):
                owner = _owner(thing)
        except (Exception, SystemExit) as error:  # noqa: BLE001  # a stranger's constructor
            if not any(type(other) is thing for other in vars(module).values()):
                said = f"{key}() cannot be made without arguments: {said_by(error)}"
                yield Fault(name, f"{said}; make one beside it: {key.lower()} = {key}(...)")
            return
        if adapter:
            yield self.adapted(name, adapter, example, thing, thing)
        elif owner is not None:
            yield self.owned(name, owner, example_of(owner, module, key))
        elif key.endswith("_backward") and callable(thing):
            yield self.pair(key.removesuffix("_backward"), module, name.removesuffix("_backward"))

    def owned(self, name: str, owner: Any, example: Any) -> Target | Fault:
        """Make a target of what has forward and backward: with all they need, or with state."""
        if inspect.ismodule(owner) or not keeps_state(owner):
            return self.plain(name, owner)
        return self.adapted(name, layer(owner), example, owner, owner.backward)

    def plain(self, name: str, op: Any, wanted: str = "example") -> Target | Fault:
        """Make a target of what has forward and backward, if it has a point to be checked at."""
        example = example_of(op)
        signature = self.shapes or getattr(op.forward, "shapes", None)
        if example:
            draw = from_example(example)
        elif isinstance(signature, str):
            draw = from_signature(signature, label_positions(op.forward))
        else:
            return _no_point(name, f"{wanted}(rng), declare @shapes")
        wrt = wrt_of(op, self.wrt)
        said: dict[str, Any] = {"accept": accept_of(op), "meant": meant_of(op)}
        try:
            said["allowed"] = allowed_of(op)
        except TypeError as error:
            return Fault(name, str(error))
        return Target(name, op.forward, op.backward, draw, wrt, example=example, **said)

    def pair(self, base: str, module: ModuleType, name: str) -> Target | Fault:
        """Make a target of gelu_backward with gelu, or with gelu_forward, of a module."""
        forward = getattr(module, base, getattr(module, f"{base}_forward", None))
        backward = getattr(module, f"{base}_backward")
        if not callable(forward):
            return Fault(name, f"{base}_backward is there, but no function {base} beside it")
        example = example_of(None, module, base)
        if writes_gradients(forward, backward):
            return self.adapted(name, buffers(forward, backward), example, forward, backward)
        if _has_cache(base, forward, backward):
            return self.adapted(name, cs231n(forward, backward), example, forward, backward)
        wrt = wrt_of(forward, self.wrt)
        declared = {"WRT": wrt, "ACCEPT": accept_of(forward)}
        declared["ALLOW_INCONCLUSIVE"] = getattr(forward, "ALLOW_INCONCLUSIVE", "")
        declared |= {MARKS[option]: value for option, value in meant_of(forward).items()}
        pair = SimpleNamespace(forward=forward, backward=backward, example=example, **declared)
        return self.plain(name, pair, f"{base}_example")

    def adapted(
        self, name: str, adapter: Adapter, example: Any, owner: Any, written: Any
    ) -> Target | Fault:
        """Make a target of an adapter, by its question at a first point, of what was written."""
        if not example and not self.shapes:
            return _no_point(name, f"{name.rpartition('.')[2]}_example(rng)")
        drawn, wrt = example or from_signature(str(self.shapes)), wrt_of(owner, self.wrt)

        @functools.wraps(drawn)  # its sizes can be asked for
        def in_arrays(*args: Any, **sizes: Any) -> tuple[Any, ...]:
            point = drawn(*args, **sizes)
            point = point if isinstance(point, tuple) else (point,)
            return adapter.at(*point, wrt=wrt).point

        try:
            point = from_example(drawn)(np.random.default_rng(0))
            question = adapter.at(*point, wrt=wrt)
            meant = adapter.in_arrays(meant_of(owner), point, wrt)
            allowed = allowed_of(owner)
        except Exception as error:  # noqa: BLE001  # a stranger's example
            return Fault(name, fault_of(error))
        return Target(
            name,
            question.forward,
            question.backward,
            from_example(in_arrays),
            question.options["wrt"],
            example=in_arrays if example else None,
            double=adapter.double,
            # a Function has its backward, a custom_vjp its bwd, and a module only a forward
            written=getattr(written, "backward", None) or getattr(written, "bwd", None) or written,
            accept=accept_of(owner),
            allowed=allowed,
            meant=meant,
            in_arrays=partial(adapter.in_arrays, args=point, wrt=wrt),
        )


def ops_of(thing: Any, shapes: str | None = None) -> list[Target | Fault]:
    """Return the ops that an object is or holds: a word, a module, a class, a layer or a function.

    Raises ``TargetError`` where there are none.
    """
    if isinstance(thing, (Target, Fault)):
        return [thing]
    if isinstance(thing, (str, Path)):
        return find(str(thing), shapes)
    make, name = Maker(shapes), name_of(thing).rpartition(".")[2]
    module = sys.modules.get(getattr(thing, "__module__", None) or "")
    base = name.removesuffix("_forward")
    example = example_of(thing, module, name)
    found: list[Target | Fault] = []
    if inspect.ismodule(thing):
        found = [*make.in_module(thing, name)]
    elif adapter := recognised(thing, example):
        found = [make.adapted(name, adapter, example, thing, thing)]
    elif (owner := _owner(thing)) is not None:
        found = [make.owned(name, owner, example_of(owner, module, name))]
    elif module and callable(thing) and hasattr(module, f"{base}_backward"):
        found = [make.pair(base, module, base)]
    if not found:
        raise TargetError(
            f"{name} is no op: an op has forward and backward, or is a function such as gelu "
            "with gelu_backward beside it"
        )
    return found


def one_op(thing: Any, shapes: str | None = None) -> Target:
    """Return the one op that an object is; raises ``TargetError`` for none, several or no point."""
    found = ops_of(thing, shapes)
    if inspect.ismodule(thing) and _owner(thing) is not None:
        found = found[:1]  # the module itself is one, whatever lies in it
    if len(found) > 1:
        raise TargetError(
            f"one op was asked for, but here are {', '.join(op.name for op in found)}"
        )
    (op,) = found
    if isinstance(op, Fault):
        raise TargetError(f"{op.name}: {op.reason}")
    return op


Found = TypeVar("Found")


def op_asked(who: str, find: Callable[[], Found]) -> Found:
    """Return what is found for the argument ``op`` of a function; say whose argument is none."""
    try:
        return find()
    except (TargetError, ValueError) as error:
        raise TargetError(f"{who}: op must be or hold an op, but {error}") from None


def accepting(target: Checkable, accept: Accept | None) -> Checkable:
    """Return a target with what it may be off by design, unless it says so itself."""
    thing: Any = target
    if isinstance(thing, Fault) or thing.accept is not None:
        return target
    accepting: Checkable = replace(thing, accept=accept)
    return accepting


def allowing(target: Checkable, reason: str) -> Checkable:
    """Return a target that may stay undecided for a reason, unless it gives one of its own."""
    thing: Any = target
    if isinstance(thing, Fault) or thing.allowed:
        return target
    allowing: Checkable = replace(thing, allowed=reason)
    return allowing


def meaning(target: Checkable, given: Mapping[str, Any]) -> Checkable:
    """Return a target with its sets, its reference or its surrogate, but for what it says itself.

    Raises TypeError for other options.
    """
    if other := [name for name in given if name not in MARKS]:
        raise TypeError(f"mlp: no option {other[0]!r}; there are {', '.join(MARKS)}")
    thing: Any = target
    if isinstance(thing, Fault) or not given:
        return target
    own = {name: value for name, value in given.items() if value is not None}
    meaning: Checkable = replace(thing, meant={**thing.in_arrays(own), **thing.meant})
    return meaning


def imported(place: str, known: Sequence[str] = ()) -> ModuleType:
    """Import a file or a module, and let it import its neighbours."""
    if is_file(place):
        return _imported_file(Path(place))
    with contextlib.suppress(FileNotFoundError):  # the working directory is gone
        if (here := str(Path.cwd())) not in sys.path:
            sys.path.insert(0, here)
    try:
        return importlib.import_module(place)
    except ModuleNotFoundError as error:
        if error.name and f"{place}.".startswith(f"{error.name}."):
            close = difflib.get_close_matches(place, known, n=1)
            hint = f"; did you mean {close[0]}?" if close else ""
            raise TargetError(f"no op, file or module of this name{hint}") from None
        raise


def is_file(place: str) -> bool:
    """Tell whether a word means a file rather than a module."""
    return place.endswith(".py") or Path(place).name != place


def is_page(place: str) -> bool:
    """Tell whether a word means a page of Markdown rather than code."""
    return Path(place).suffix in {".md", ".markdown"}


def _imported_file(path: Path) -> ModuleType:
    """Import a file: by its dotted name where it lies in a package, else by its path."""
    if not path.is_file():
        raise TargetError("a directory; name a file in it" if path.is_dir() else "no such file")
    path = path.resolve()
    if asking := _asking(path):
        return asking
    root = path.parent
    while (root / "__init__.py").is_file():
        root = root.parent
    if str(root) not in sys.path:
        sys.path.insert(0, str(root))
    if root != path.parent:
        dotted = ".".join(path.relative_to(root).with_suffix("").parts).removesuffix(".__init__")
        module = importlib.import_module(dotted)
        if module.__file__ and not path.samefile(module.__file__):
            raise TargetError(
                f"{dotted} is already another file, {module.__file__}; check it by itself"
            )
        return module
    spec = spec_from_file_location(str(path), path)
    if spec is None or spec.loader is None:
        raise TargetError("not a Python file")
    module = sys.modules[spec.name] = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _asking(path: Path) -> ModuleType | None:
    """Return the module of a file whose own lines ask for it now, as a test beside its op does."""
    frame = inspect.currentframe()
    while frame:
        file = frame.f_globals.get("__file__")
        if frame.f_code.co_name == "<module>" and file and Path(file).resolve() == path:
            return sys.modules.get(frame.f_globals["__name__"])
        frame = frame.f_back
    return None


def _has_cache(base: str, forward: Callable[..., Any], backward: Callable[..., Any]) -> bool:
    """Tell whether a pair gelu_forward, gelu_backward hands a cache from one to the other."""
    if getattr(forward, "__name__", "") != f"{base}_forward":
        return False
    taken, pulled = argument_names(forward), argument_names(backward)
    return len(pulled) == 2 and pulled[1:] != taken


def _no_point(name: str, step: str) -> Fault:
    said = f"no point to check it at: write {step}, or pass --shapes '(3,4),(4,2),(2)'"
    return Fault(name, said)


def _is_stub(kind: type) -> bool:
    """Tell a class whose forward is left to others: it raises NotImplementedError, or passes."""
    code = getattr(getattr(kind, "forward", None), "__code__", None)
    if code is None or any(name.startswith("NotImplemented") for name in code.co_names):
        return code is not None
    return {i.opname for i in dis.get_instructions(code)} <= EMPTY


def _owner(thing: Any) -> Any:
    """Return what has forward and backward: a thing, or an instance of a class; None for others."""
    names = ("forward", "backward")
    only_described = inspect.isabstract(thing) or getattr(thing, "_is_protocol", False)
    if only_described or not all(callable(getattr(thing, name, None)) for name in names):
        return None
    if not inspect.isclass(thing):
        return thing
    methods = (inspect.getattr_static(thing, name) for name in names)
    return thing if all(isinstance(m, (staticmethod, classmethod)) for m in methods) else thing()
