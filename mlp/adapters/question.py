"""A question in somebody's convention, put so that ``check`` can answer it.

    Adapter     knows how a convention writes a function and its gradient
    Question    the same two functions at a point, on NumPy arrays: mlp.check(*question)

What the caller passed is never changed: arrays are copied, models too, random states put back.
Tested in tests/test_adapters.py.
"""

import importlib
import inspect
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, TypeAlias

import numpy as np

from mlp import gradcheck
from mlp.gradcheck import Finding, GradientError, Report, structure

Wrt: TypeAlias = int | str | Sequence[int | str] | None
AGREE = np.sqrt(np.finfo(np.float32).eps)  # of float32 and float64: rounding in many steps, no more
OTHERWISE = "computed in float32: in float64 this code gives other numbers than rounding explains"
IN_DOUBLE = "float32 computed in float64, where it gives the same within the rounding of float32"


@dataclass(frozen=True)
class Question:
    """Forward and backward on NumPy arrays, and a point: ``mlp.check(*question)``.

    Parameters
    ----------
    forward, backward : callable
        The functions, as ``mlp.check`` takes them.
    point : tuple
        Their arguments.
    options : dict
        They go to ``check`` as well where an argument that holds floats is a constant.
    notes : tuple of Finding
        What the adapter saw that arrays cannot show.

    Examples
    --------
    >>> import mlp
    >>> cube = mlp.adapters.gradient(lambda x: x**3, lambda x: 3 * x**2)
    >>> question = cube.at(2.0)
    >>> mlp.check(*question, **question.options).verdict
    'correct'
    """

    forward: Callable[..., Any]
    backward: Callable[..., Any]
    point: tuple[Any, ...]
    options: dict[str, Any] = field(default_factory=dict)
    notes: tuple[Finding, ...] = ()

    @property
    def widened(self) -> bool:
        """Whether float32 is computed in float64."""
        return any(note.message == IN_DOUBLE for note in self.notes)

    def __iter__(self) -> Iterator[Any]:
        return iter((self.forward, self.backward, *self.point))


@dataclass(frozen=True)
class Adapter:
    """A function and its gradient in somebody's convention, to be checked at one point or more.

    Parameters
    ----------
    code : str
        What made it, to be shown in a report.
    pose : callable
        ``pose(args, wrt)`` returns the question at these arguments.
    double : bool, default True
        Compute float32 in float64 where the code allows.

    Examples
    --------
    >>> import numpy as np
    >>> import mlp
    >>> cube = mlp.adapters.gradient(lambda x: (x**3).sum(), lambda x: 3 * x**2)
    >>> cube.verify(np.array([1.0, 2.0])).verdict
    'correct'
    >>> mlp.check(*cube.at(np.array([1.0, 2.0]))).verdict
    'correct'
    """

    code: str
    pose: Callable[[tuple[Any, ...], Wrt], Question]
    double: bool = True

    def at(self, *args: Any, wrt: Wrt = None) -> Question:
        """Return the question that ``check`` answers at these arguments."""
        if not args:
            raise TypeError(f"{self.code}: no point was given; call .check(*point)")
        question = self.pose(args, wrt)
        return _in_double(question) if self.double else question

    def check(self, *args: Any, wrt: Wrt = None, **options: Any) -> Report:
        """Check the gradient at these arguments; return the report of ``mlp.check``.

        ``wrt`` names the differentiated arguments; other options are those of ``mlp.check``.
        """
        question = self.at(*args, wrt=wrt)
        report = gradcheck.check(*question, **{**question.options, **options})
        faults = [note for note in question.notes if note.severity == "fault"]
        others = [note for note in question.notes if note not in faults]
        given = "".join(
            f", {key}={value!r}"
            for key, value in {"wrt": wrt, **options}.items()
            if key != "rng" and value is not None
        )
        return replace(
            report,
            findings=(*faults, *report.findings, *others),
            reproduce=f"{self.code}.check(*point, rng={report.seed}{given})",
        )

    def verify(self, *args: Any, wrt: Wrt = None, **options: Any) -> Report:
        """Check the gradient at these arguments; raise ``GradientError`` unless it is correct."""
        report = self.check(*args, wrt=wrt, **options)
        if not report:
            raise GradientError(str(report))
        return report


def require(package: str) -> Any:
    """Import a framework, or say in one line that it is not there."""
    try:
        return importlib.import_module(package)
    except ModuleNotFoundError as error:
        if error.name != package:
            raise
        raise ModuleNotFoundError(
            f"mlp.adapters.{package} needs the package {package}, which is not installed: "
            f"pip install {package}",
            name=package,
        ) from None


def title(function: Any) -> str:
    """Return the name of a function the way its user calls it."""
    if isinstance(function, partial):
        return title(function.func)
    name = getattr(function, "__qualname__", None) or type(function).__name__
    name = name.replace("<lambda>", "lambda")
    return str(name.rpartition("<locals>.")[2])


def names_of(function: Any, count: int, skip: int = 0) -> tuple[str, ...]:
    """Return the names of so many arguments of a function, after the first ones skipped."""
    try:
        parameters = list(inspect.signature(function).parameters.values())[skip:]
    except (TypeError, ValueError):  # some builtins have no signature
        parameters = []
    named = [p.name for p in parameters if p.kind in {p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD}]
    unnamed = [f"argument {position}" for position in range(len(named), count)]
    return tuple([*named, *unnamed][:count])


def dressed(
    function: Callable[..., Any], name: str, names: Sequence[str], source: Any = None
) -> Callable[..., Any]:
    """Return a function with the name and the argument names under which reports speak of it.

    ``source`` is what the user wrote: annotations point there.
    """

    def spoken_of(*args: Any) -> Any:
        return function(*args)

    spoken_of.__name__ = spoken_of.__qualname__ = name
    spoken_of.__module__ = ""
    if all(map(str.isidentifier, names)) and len({*names}) == len(names):
        kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
        signature = inspect.Signature([inspect.Parameter(name, kind) for name in names])
        spoken_of.__signature__ = signature  # type: ignore[attr-defined]  # inspect reads it
        if source is not None:
            spoken_of.__wrapped__ = source  # type: ignore[attr-defined]  # likewise
    return spoken_of


def holds_floats(arg: Any) -> bool:
    """Tell whether an argument is a float array, or a structure with one in it."""
    dtypes = (getattr(leaf, "dtype", None) for _, leaf in structure.leaves(arg))
    return any(getattr(dtype, "kind", "") == "f" for dtype in dtypes)


def chosen(code: str, wrt: Wrt, names: Sequence[str], args: Sequence[Any]) -> tuple[int, ...]:
    """Return the positions of the differentiated arguments: of all float arrays unless wrt says.

    Where there is no array at all, numbers are differentiated.
    """
    if wrt is None:
        arrays = [i for i, a in enumerate(args) if holds_floats(a)]
        return tuple(arrays or [i for i, a in enumerate(args) if isinstance(a, float)])
    wanted = (wrt,) if isinstance(wrt, (int, str)) else tuple(wrt)
    positions = [names.index(w) if w in names else w for w in wanted]
    for position in positions:
        if not (isinstance(position, int) and 0 <= position < len(args)):
            known = ", ".join(names)
            raise ValueError(f"{code}: wrt must name arguments ({known}), not {position!r}")
    return tuple(int(position) for position in positions)


def picked(returned: Any, positions: Sequence[int], every: Sequence[int]) -> Any:
    """Return the gradients for these positions, where there is one for every float array."""
    if (
        isinstance(returned, (tuple, list))
        and len(returned) == len(every) != len(positions)
        and {*positions} <= {*every}
    ):
        returned = tuple(returned[list(every).index(position)] for position in positions)
    return returned[0] if isinstance(returned, tuple) and len(returned) == 1 else returned


def arrays_of(args: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return arguments with lists of numbers made arrays, and everything else as it is."""
    return tuple(
        np.asarray(arg, float)
        if isinstance(arg, list) and arg and all(isinstance(a, (int, float)) for a in arg)
        else arg
        for arg in args
    )


def trial(question: Question) -> tuple[list[Any], list[Any]]:
    """Run both functions once, on copies: what forward returns, and the gradients, as arrays."""
    result = question.forward(*_copies(question.point))
    outs = [np.asarray(leaf) for _, leaf in structure.leaves(result)]
    rng = np.random.default_rng(0)
    cotangents = structure.rebuild(
        result, iter([np.asarray(rng.uniform(0.5, 1.5, a.shape), a.dtype)[()] for a in outs])
    )
    gradients = question.backward(cotangents, *_copies(question.point))
    pulled = [leaf for _, leaf in structure.leaves(gradients) if leaf is not None]
    return outs, [np.array(leaf) for leaf in pulled]


def _copies(point: tuple[Any, ...]) -> list[Any]:
    return [structure.rebuilt(arg, structure.copied) for arg in point]


def _in_double(question: Question) -> Question:
    """Return the question in float64 if its code computes there what it does in float32."""
    point = tuple(structure.rebuilt(arg, _widened) for arg in question.point)
    wide = replace(question, point=point)
    pairs = zip(structure.leaves(point), structure.leaves(question.point), strict=True)
    if all(new is old for (_, new), (_, old) in pairs):
        return question
    try:
        single = trial(question)
    except Exception:  # noqa: BLE001  # check calls the same code, and says what it raises
        return question
    try:
        said = IN_DOUBLE if all(map(_same, single, trial(wide))) else OTHERWISE
    except Exception as error:  # noqa: BLE001  # a stranger's code
        said = f"computed in float32: in float64 it raises {type(error).__name__}: {error}"
    note = Finding("dtype", "note", None, said.partition("\n")[0])
    return replace(wide if said == IN_DOUBLE else question, notes=(*question.notes, note))


def _widened(leaf: Any) -> Any:
    """Return a float array in float64; anything else as it is."""
    if isinstance(leaf, (np.ndarray, np.generic)) and leaf.dtype.kind == "f":
        return leaf.astype(np.float64) if leaf.dtype.itemsize < 8 else leaf
    return leaf


def _same(single: list[Any], double: list[Any]) -> bool:
    """Tell whether arrays are those of float64, up to the rounding of float32.

    That is measured by the largest of them: a gradient that ought to be 0 is nothing but rounding.
    """
    if [(a.shape, np.dtype(np.float64)) for a in single] != [(a.shape, a.dtype) for a in double]:
        return False
    largest = max((np.abs(b).max(initial=0.0) for b in double), default=0.0)
    pairs = zip(single, double, strict=True)
    with np.errstate(all="ignore"):
        return all(bool((np.abs(a - b) <= AGREE * largest).all()) for a, b in pairs)
