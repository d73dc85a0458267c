"""What an op says of itself, read here by all who ask, so that they speak of it alike.

    affine.forward, Layer.backward, gelu    its name, as its user calls it: name_of
    X, W, b                                 its arguments by position: argument_names
    y: Labels                               which of them are class labels: label_positions
    WRT = (0,)                              which of them backward answers for: wrt_of
    ACCEPT = 1e-6                           what it may be off by design: accept_of
    ALLOW_INCONCLUSIVE = "it saturates"     why it may stay undecided: allowed_of
    ALONG, RETRACT, AGAINST, SURROGATE      sets, a reference, whose gradient is meant: meant_of
    gelu_example, example(rng, n=3)         what draws a point, in which sizes: example_of, sizes_of
    partial(gelu, approximate="tanh")       the function under it, and its options: bare
    my_layers.py:42                         where it is written: place_of

Tested in tests/test_op.py.
"""

import inspect
import math
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from numbers import Integral, Real
from pathlib import Path
from types import FunctionType
from typing import Any, NamedTuple, TypeAlias

from mlp.shapes import says_labels

Wrt: TypeAlias = int | str | Sequence[int | str] | None  # what to differentiate by

Accept: TypeAlias = float | Mapping[str, float]  # for all arguments, or by name
MOST_ACCEPTED = 0.1  # of the largest entry: what is off by as much is wrong

MARKS = {  # options of a check, and what an op calls them
    "along": "ALONG",
    "retract": "RETRACT",
    "against": "AGAINST",
    "surrogate": "SURROGATE",
}

COMMON = {"forward", "backward", "definition", "definition_backward"}  # many modules have these


class Location(NamedTuple):
    """A line of a file, whose path is relative if it lies below the working directory."""

    file: str
    line: int


def bare(function: Any) -> tuple[Any, dict[str, Any]]:
    """Return the function under a partial, and the options that are fixed."""
    options: dict[str, Any] = {}
    while isinstance(function, partial):
        options = {**function.keywords, **options}
        function = function.func
    return function, options


def name_of(op: Any) -> str:
    """Return the name of a function, a class, an object or a module, as its user calls it."""
    op, _ = bare(op)
    own = (
        "__name__" if inspect.isbuiltin(op) else "__qualname__"
    )  # torch's are of a class of its own
    name = getattr(op, own, None) or getattr(op, "__name__", type(op).__qualname__)
    name = str(name).replace("<lambda>", "lambda").rpartition("<locals>.")[2]
    if inspect.ismodule(op):
        return name.rpartition(".")[2]
    module = (getattr(op, "__module__", None) or "").rpartition(".")[2]
    return f"{module}.{name}" if module and name in COMMON else name


def arguments(function: Callable[..., Any]) -> tuple[inspect.Parameter, ...]:
    """Return the parameters that are given by position: none where there is no signature."""
    positional = {inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD}
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):  # some builtins have no signature
        return ()
    return tuple(parameter for parameter in parameters if parameter.kind in positional)


def argument_names(function: Callable[..., Any], *, needed: bool = False) -> tuple[str, ...]:
    """Return the names of the arguments that are given by position, or that must be."""
    if type(function) is FunctionType and not function.__dict__:  # twenty times as fast
        code, optional = function.__code__, len(function.__defaults__ or ()) if needed else 0
        return code.co_varnames[: code.co_argcount - optional]
    return tuple(p.name for p in arguments(function) if not needed or p.default is p.empty)


def padded(names: Sequence[str], count: int) -> tuple[str, ...]:
    """Return so many names: of an argument that has none, its position."""
    return (*names[:count], *(f"argument {i}" for i in range(len(names), count)))


def label_positions(function: Callable[..., Any]) -> frozenset[int]:
    """Return the positions of the arguments that are annotated ``Labels``."""
    return frozenset(i for i, p in enumerate(arguments(function)) if says_labels(p.annotation))


def positions_of(
    wrt: int | str | Sequence[int | str], names: Sequence[str], refusal: str
) -> tuple[int, ...]:
    """Return the positions of the arguments that are named by position or by name.

    For what is no argument, raise ValueError: a refusal such as "no {came!r}, but {names}".
    """
    given: Any = wrt if isinstance(wrt, Iterable) and not isinstance(wrt, str) else (wrt,)
    found = []
    for came in given:
        position = names.index(came) if came in names else came
        if not isinstance(position, Integral) or position not in range(len(names)):
            raise ValueError(refusal.format(came=came, names=", ".join(names)))
        found.append(int(position))
    return tuple(found)


def wrt_of(op: Any, otherwise: Wrt = None) -> Wrt:
    """Return WRT of an op or, where it is the forward of a module, of that module."""
    declared: Wrt = _declared(op, "WRT", otherwise)
    return declared


def accept_of(op: Any, otherwise: Accept | None = None) -> Accept | None:
    """Return ACCEPT of an op or, where it is the forward of a module, of that module."""
    declared: Accept | None = _declared(op, "ACCEPT", otherwise)
    return declared


def allowed_of(op: Any) -> str:
    """Return why an op may stay undecided, in its own words; raise TypeError for no words."""
    reason = _declared(op, "ALLOW_INCONCLUSIVE", "")
    if not isinstance(reason, str):
        raise TypeError(f"ALLOW_INCONCLUSIVE must be the reason, in words, but is {reason!r}")
    return reason


def meant_of(op: Any) -> dict[str, Any]:
    """Return the options of ``check`` that an op says: ALONG, RETRACT, AGAINST and SURROGATE."""
    found = {option: _declared(op, mark, None) for option, mark in MARKS.items()}
    return {option: _unbound(value) for option, value in found.items() if value is not None}


def _unbound(value: Any) -> Any:
    """Return the function of a method: a mark on a layer is no method of it."""
    return getattr(value, "__func__", value) if inspect.ismethod(value) else value


def _declared(op: Any, name: str, otherwise: Any) -> Any:
    """Return what an op, or the module whose forward it is, says under a name."""
    op, _ = bare(op)
    module = sys.modules.get(getattr(op, "__module__", None) or "")
    home = module if getattr(op, "__qualname__", "") == "forward" else None
    return getattr(op, name, getattr(home, name, otherwise))


def is_allowance(size: Any) -> bool:
    """Tell whether a number says what a gradient may be off by design."""
    number = isinstance(size, Real) and not isinstance(size, bool)
    return number and 0 <= float(size) < MOST_ACCEPTED


def accept_in(text: str) -> float | dict[str, float]:
    """Read what a gradient may be off by design: ``1e-6``, or ``W=1e-6,b=1e-4`` by argument.

    Raises ValueError for what is neither.
    """
    parts = [part.rpartition("=") for part in text.split(",")]
    named = {name.strip(): _number(size) for name, _, size in parts}
    alone = [name for name, *_ in parts] == [""]
    if not all(map(is_allowance, named.values())) or ("" in named and not alone):
        raise ValueError(
            f"{text!r} is no number from 0, below {MOST_ACCEPTED}, such as 1e-6, and no list of "
            f"them by argument, such as W=1e-6,b=1e-4"
        )
    return named[""] if alone else named


def _number(text: str) -> float:
    """Return the number that a text is; NaN for what is none."""
    try:
        return float(text)
    except ValueError:
        return math.nan


def example_of(op: Any, beside: Any = None, name: str = "") -> Callable[..., Any] | None:
    """Return what draws a point: ``gelu_example`` beside the op, else its own ``example``."""
    found = getattr(beside, f"{name}_example", getattr(op, "example", None))
    return found if callable(found) else None


def sizes_of(example: Callable[..., Any]) -> dict[str, int]:
    """Return the sizes that are defaults of ``example(rng, n=3, d=4)``."""
    parameters = inspect.signature(example).parameters.items()
    return {name: p.default for name, p in parameters if type(p.default) is int}


def place_of(function: Callable[..., Any]) -> Location | None:
    """Return the line of ``def`` of a function, None for what is not written in a file."""
    function, _ = bare(function)
    try:
        plain = inspect.unwrap(function)
        path = inspect.getsourcefile(plain)
        lines, first = inspect.getsourcelines(plain)
    except (OSError, TypeError, ValueError):  # no file, not written in Python, wrapped in a circle
        return None
    if not path:
        return None
    decorators = (k for k, line in enumerate(lines) if not line.lstrip().startswith(("@", "#")))
    return Location(relative(path), first + next(decorators, 0))


def relative(path: str) -> str:
    """Return a path with slashes, relative to the working directory if it lies below."""
    try:
        whole, here = Path(path).resolve(), Path.cwd()
    except FileNotFoundError:  # the working directory is gone
        return Path(path).as_posix()
    return (whole.relative_to(here) if whole.is_relative_to(here) else whole).as_posix()
