"""Shapes as documentation, check and error message at once:  @shapes("(n,d),(d,m),(m)->(n,m)").

The notation is NumPy's signature of generalized ufuncs with three additions:

    (...)      any shape, the same one wherever it stands in the signature
    (n)|(n,c)  either of these
    ()         a scalar

Nothing is broadcast in silence: a (3, 1) bias passes ``X @ W + b`` unnoticed, but not this check.
A named axis has at least one element. A vector annotated ``Labels`` holds class indices 0..c-1;
-1 does not mean the last class. Lists and integers become float64, all floats share one dtype, and
object arrays pass when they hold exact scalars (symbols, balls, fractions), which must do all of a
function's arithmetic.
"""

import functools
import inspect
import operator
from collections.abc import Callable, Sequence
from decimal import InvalidOperation
from typing import Any, ParamSpec, TypeAlias, TypeVar, get_args

import numpy as np
import numpy.typing as npt

from mlp.inputs import bound, function_of, is_exact, shown, who
from mlp.signature import ANY_SHAPE, Group, match, parse, spell

Array: TypeAlias = npt.NDArray[np.floating[Any]]
Labels: TypeAlias = npt.NDArray[np.integer[Any]]
Pairs: TypeAlias = list[tuple[Array, Array]]  # W and b of each layer
P = ParamSpec("P")
R = TypeVar("R")

UNABLE = (TypeError, AttributeError, OverflowError, ZeroDivisionError, InvalidOperation)
"""What a number says that cannot."""
KIND = operator.attrgetter("__class__", "shape", "dtype")  # in C: each call waits for it
REMEMBERED = 4096  # combinations of shapes that one function keeps before it starts afresh


class ShapeError(ValueError):
    """An argument has the wrong shape; the message says who, what was required and what came.

    Examples
    --------
    >>> import mlp
    >>> try:
    ...     mlp.affine.forward([[1.0, 2.0]], [[1.0, 2.0]], [0.0, 0.0])
    ... except mlp.ShapeError as error:
    ...     print(error)
    affine.forward: W must be (d,m) with d = 2 from X, but its shape is (1, 2)
    """


def shapes(signature: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Check the positional arguments of a function against a signature of shapes.

    Parameters
    ----------
    signature : str
        A group of axes for each positional argument, ``->``, and one for each result, for example
        ``"(n,d),(d,m),(m)->(n,m)"``. It can be read back as ``function.shapes``.

    Returns
    -------
    Callable
        A decorator. The decorated function raises ``ShapeError`` for a wrong shape, ``TypeError``
        for a wrong type or dtype and ``ValueError`` for a label out of range, in one line each.
        Shapes that were accepted once cost about a microsecond to accept again.

    Examples
    --------
    >>> from mlp.shapes import shapes
    >>> @shapes("(n),(n)->()")
    ... def dot(u, v):
    ...     return u @ v
    >>> float(dot([1, 2], [3, 4]))
    11.0
    >>> dot([1, 2], [3, 4, 5])
    Traceback (most recent call last):
    mlp.shapes.ShapeError: __main__.dot: v must be (n) with n = 2 from u, but its shape is (3,)
    """
    required, _ = parse(signature)

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        function_of("shapes", "function", function)
        gate = _Gate(function, required)
        accepted: dict[Any, int] = {}

        @functools.wraps(function)
        def checked(*args: Any, **options: Any) -> R:
            try:
                classes = accepted[tuple(map(KIND, args))]
                known = not options or options.keys() <= gate.options
            except Exception:  # noqa: BLE001  # a list, shapes not seen before, a stranger's attribute
                known = False
            exact = False
            if not known:
                args, options = gate.bind(args, options)
                admitted, classes = gate.admit(args)
                exact = any(a.dtype == object for a in admitted)
                if not exact and all(a is b for a, b in zip(args, admitted, strict=True)):
                    if len(accepted) == REMEMBERED:
                        accepted.clear()
                    accepted[tuple(map(KIND, admitted))] = classes
                args = admitted
            for position in gate.labels:
                gate.check_classes(position, args[position], classes)
            if exact:
                found: R = gate.exact(args, options)
                return found
            return function(*args, **options)

        checked.shapes = signature  # type: ignore[attr-defined]  # any function takes attributes
        return checked

    return decorate


def says_labels(annotation: Any) -> bool:
    """Tell whether an annotation is ``Labels``, alone or as one of several."""
    return Labels == annotation or Labels in get_args(annotation)


def as_array(who: str, name: str, arg: Any, *, labels: bool = False) -> Any:
    """Return one argument as an array of floats, of labels, or of exact scalars.

    Raises ``TypeError`` for what is none, ``ShapeError`` for ragged rows and ``ValueError`` for a
    whole number that no float is near to, each in a line that begins with who asks.
    """
    kind = type(arg)  # what an instance says of itself may be anything
    if (
        not issubclass(kind, (np.ndarray, np.generic, int, float, complex, list, tuple))
        or issubclass(kind, (np.ma.MaskedArray, np.matrix))
        or getattr(kind, "__array_ufunc__", True) is None
    ):
        if is_exact(arg):
            return np.array(arg, dtype=object)
        came = f"{kind.__module__.partition('.')[0]}.{kind.__name__}".removeprefix("builtins.")
        raise TypeError(f"{who}: {name} must be a NumPy array, but is a {came}; convert it first")
    a = arg if isinstance(arg, (np.ndarray, np.generic)) else _listed(who, name, arg)
    if labels and a.ndim == 1:
        if a.dtype.kind not in "iu":
            raise TypeError(
                f"{who}: {name} must be integer class labels, but its dtype is {a.dtype}; "
                f"use {name}.astype(int)"
            )
        return a
    if a.dtype.kind in "iub":
        return a.astype(np.float64)
    if a.dtype.kind == "f":
        return a
    if a.dtype == object:
        strange = [x for x in a.flat if not is_exact(x)]
        if not strange:
            return a
        what = f"its dtype is object, and it holds {shown(strange[0])}"
    else:
        what = f"its dtype is {a.dtype}"
    raise TypeError(f"{who}: {name} must hold real numbers, but {what}")


def _listed(who: str, name: str, arg: Any) -> Any:
    """Return a number, or nested lists of numbers, as an array; whole numbers become float64."""
    try:
        a = np.array(arg)
        whole = a.dtype == object and a.size and all(type(x) is int for x in a.flat)
        return a.astype(np.float64) if whole else a
    except OverflowError:
        most = "be within the range of float64, which ends at 1.8e308"
        raise ValueError(f"{who}: {name} must {most}, but holds a larger whole number") from None
    except ValueError:
        raise ShapeError(
            f"{who}: the rows of {name} must have one length, but they differ"
        ) from None
    except Exception as error:  # noqa: BLE001  # of a stranger's __array__
        raise TypeError(
            f"{who}: {name} must hold real numbers, but NumPy says: {shown(str(error))}"
        ) from None


class _Gate:
    """The check behind one decorated function: it converts, admits or refuses its arguments."""

    def __init__(self, function: Callable[..., Any], required: tuple[Group, ...]) -> None:
        self.who = who(function)
        self.signature = inspect.signature(function)
        self.required = required
        positional = [
            p for p in self.signature.parameters.values() if p.kind is p.POSITIONAL_OR_KEYWORD
        ]
        if len(positional) != len(required):
            raise ValueError(
                f"shapes: {self.who} takes {len(positional)} positional arguments, "
                f"but its signature names {len(required)}"
            )
        self.names = tuple(p.name for p in positional)
        self.labels = tuple(i for i, p in enumerate(positional) if says_labels(p.annotation))
        self.options = self.signature.parameters.keys() - {*self.names}
        self.function = function

    def bind(
        self, args: Sequence[Any], options: dict[str, Any]
    ) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """Sort a call into its arrays, in order, and its options."""
        found = bound(self.function, self.signature, args, options)
        return found.args, found.kwargs

    def exact(self, args: Sequence[Any], options: dict[str, Any]) -> Any:
        """Run the function on exact scalars; say whose arithmetic does not reach so far."""
        try:
            return self.function(*args, **options)
        except UNABLE as error:
            if type(error) not in UNABLE:  # a proof has errors of its own
                raise
            pairs = zip(self.names, args, strict=True)
            name, a = next((name, a) for name, a in pairs if a.dtype == object)
            raise TypeError(
                f"{self.who}: {name} must hold numbers that do all of its arithmetic, "
                f"but {type(a.flat[0]).__name__} does not: {shown(str(error))}"
            ) from error

    def admit(self, args: Sequence[Any]) -> tuple[tuple[Any, ...], int]:
        """Return the arguments as arrays of one dtype that fit, and the number of classes c."""
        arrays = [
            as_array(self.who, name, arg, labels=i in self.labels)
            for i, (name, arg) in enumerate(zip(self.names, args, strict=True))
        ]
        floats = {
            name: a.dtype
            for name, a, group in zip(self.names, arrays, self.required, strict=True)
            if a.dtype.kind == "f" and group != ((),)
        }
        if len(set(floats.values())) > 1:
            came = ", ".join(f"{name} is {dtype}" for name, dtype in floats.items())
            raise TypeError(
                f"{self.who}: all arguments must share one dtype, but {came}; use .astype on one"
            )
        for i, group in enumerate(self.required):  # a scalar takes the dtype of the arrays
            if group == ((),) and floats and arrays[i].dtype.kind == "f":
                with np.errstate(over="ignore"):  # 1e308 is infinite in float32
                    arrays[i] = arrays[i].astype(next(iter(floats.values())), copy=False)
        known: dict[str, Any] = {}
        origin: dict[str, str] = {}
        for name, a, group in zip(self.names, arrays, self.required, strict=True):
            found = next(
                (f for axes in group if (f := match(axes, a.shape, known)) is not None), None
            )
            if found is None:
                raise ShapeError(self.complaint(name, group, a.shape, known, origin))
            origin.update({axis: name for axis in found if axis not in known})
            known.update(found)
        return tuple(arrays), known.get("c", 0)

    def complaint(
        self,
        name: str,
        group: Group,
        shape: tuple[int, ...],
        known: dict[str, Any],
        origin: dict[str, str],
    ) -> str:
        """Say in one line which shape was required and which one came."""
        came = f"but its shape is {shape}"
        if group == (ANY_SHAPE,):
            return (
                f"{self.who}: {name} must have the shape {known['...']} of {origin['...']}, {came}"
            )
        given = [
            f"{axis} = {known[axis]} from {origin[axis]}"
            for axis in dict.fromkeys(axis for axes in group for axis in axes)
            if axis in known
        ]
        if 0 in shape:
            came = f"without an empty axis, {came}"
        elif given:
            came = f"with {', '.join(given)}, {came}"
        return f"{self.who}: {name} must be {spell(group)} {came}".replace(") but", "), but")

    def check_classes(self, position: int, labels: Any, classes: int) -> None:
        """Refuse labels outside 0 .. c-1."""
        if labels.ndim != 1 or (labels.min() >= 0 and labels.max() < classes):
            return
        wrong = int(np.flatnonzero((labels < 0) | (labels >= classes))[0])
        raise ValueError(
            f"{self.who}: {self.names[position]} must hold classes 0..{classes - 1}, "
            f"but {self.names[position]}[{wrong}] is {labels[wrong]}"
        )
