"""From a word on the command line, or an object, to the ops that it names or holds.

    my_layers.py    every op in a file          my_layers.py::gelu    this one
    pkg.layers      every op in a module        pkg.layers:gelu       this one, as pkg.layers.gelu

An op is a module with ``forward`` and ``backward``, a class with both, or a pair of functions
``gelu`` and ``gelu_backward``. Points come from ``example``, ``gelu_example`` or a static method
``example``; else from a signature of shapes. ``WRT = (0,)`` on the module, class or function says
which arguments backward answers for, ``ACCEPT = 1e-6`` what it may be off by design; ``ALONG``,
``RETRACT``, ``AGAINST`` and ``SURROGATE`` are the options of ``check`` of that name.

With an example, what ``mlp.adapters`` knows is an op as well: a pair ``gelu_forward`` and
``gelu_backward`` with a cache, a class derived from ``autograd.Function`` or ``nn.Module``, a
``custom_vjp``, and any adapter that a module holds. Tested in tests/runner/test_find.py.
"""

import dis
import functools
import inspect
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import pairwise
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any, TypeVar

import numpy as np

from mlp.adapters import Adapter, buffers, cs231n, layer, recognised
from mlp.adapters.buffers import writes_gradients
from mlp.adapters.caches import hands_cache
from mlp.adapters.layers import keeps_state
from mlp.adapters.stateful import BACKWARDS, FORWARDS, way
from mlp.op import (
    MARKS,
    Wrt,
    accept_of,
    allowed_of,
    argument_names,
    example_of,
    label_positions,
    meant_of,
    name_of,
    relative,
    wrt_of,
)
from mlp.plain import said_by
from mlp.runner.guard import EmptyError, TargetError, fault_of
from mlp.runner.points import from_example, from_signature
from mlp.runner.targets import Fault, Target
from mlp.runner.words import imported, is_file, parted

PLAIN = "forward", "backward"
EMPTY = {"RESUME", "NOP", "LOAD_CONST", "RETURN_CONST", "RETURN_VALUE"}  # the code of ``pass``


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
        return self.adapted(name, layer(owner), example, owner, getattr(owner, _ways(owner)[1]))

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
        if _has_cache(base, forward, backward, example):
            return self.adapted(name, cs231n(forward, backward), example, forward, backward)
        if writes_gradients(forward, backward):
            return self.adapted(name, buffers(forward, backward), example, forward, backward)
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


def _has_cache(
    base: str, forward: Callable[..., Any], backward: Callable[..., Any], example: Any
) -> bool:
    """Tell whether a pair hands a cache from one to the other: by its names, else by a trial."""
    taken, pulled = argument_names(forward), argument_names(backward)
    alike = pulled[1:] == taken
    if len(pulled) < 2 or (alike and len(taken) > 1) or not _may_return_two(forward):
        return False
    if getattr(forward, "__name__", "") == f"{base}_forward" and len(pulled) == 2 and not alike:
        return True
    if not example:
        return False
    try:
        point = from_example(example)(np.random.default_rng(0))
    except Exception:  # noqa: BLE001  # a stranger's example, of which is told where it is drawn
        return False
    return hands_cache(forward, backward, point)


def _may_return_two(f: Callable[..., Any]) -> bool:
    """Tell a function whose code makes a tuple, or returns what another function does."""
    code = getattr(inspect.unwrap(f), "__code__", None)
    words = [i.opname for i in dis.get_instructions(code)] if code else ["BUILD_TUPLE"]
    return "BUILD_TUPLE" in words or any(
        one.startswith("CALL") and other == "RETURN_VALUE" for one, other in pairwise(words)
    )


def _no_point(name: str, step: str) -> Fault:
    said = f"no point to check it at: write {step}, or pass --shapes '(3,4),(4,2),(2)'"
    return Fault(name, said)


def _is_stub(kind: type) -> bool:
    """Tell a class whose forward is left to others: it raises NotImplementedError, or passes."""
    code = getattr(getattr(kind, _ways(kind)[0], None), "__code__", None)
    if code is None or any(name.startswith("NotImplemented") for name in code.co_names):
        return code is not None
    return {i.opname for i in dis.get_instructions(code)} <= EMPTY


def _ways(thing: Any) -> tuple[str, str]:
    """Return what a thing calls forward and backward; those of a module have these names."""
    if inspect.ismodule(thing):
        return PLAIN
    return way(thing, FORWARDS) or PLAIN[0], way(thing, BACKWARDS) or PLAIN[1]


def _owner(thing: Any) -> Any:
    """Return what has forward and backward: a thing, or an instance of a class; None for others.

    By other names than these a layer has them that keeps what backward needs, and nothing else.
    """
    names = _ways(thing)
    only_described = inspect.isabstract(thing) or getattr(thing, "_is_protocol", False)
    if only_described or not all(callable(getattr(thing, name, None)) for name in names):
        return None
    if names != PLAIN and not keeps_state(thing):
        return None
    if not inspect.isclass(thing):
        return thing
    methods = (inspect.getattr_static(thing, name) for name in names)
    return thing if all(isinstance(m, (staticmethod, classmethod)) for m in methods) else thing()
