"""What an argument must be, and one line where it is not:  who, which one, what is required, came.

    demand(who, name, came, fits, required)    raise ValueError with that line unless it fits
    is_whole, is_number, is_exact              what counts as such: bool does as neither
    generator, seeded, widths_of, float_type   arguments that several functions take
    draws                                      a decorator for example(rng, n=3, d=4)

Arrays are the matter of ``mlp.shapes``. Tested in tests/test_inputs.py.
"""

import functools
import inspect
import math
from collections.abc import Callable
from itertools import pairwise
from numbers import Complex, Integral, Real
from typing import Any, ParamSpec, TypeVar

import numpy as np
from numpy.random import Generator

P = ParamSpec("P")
R = TypeVar("R")

SHOWN = 60  # characters of what came


def who(function: Callable[..., Any]) -> str:
    """Return the name by which messages call a function: affine.forward."""
    return f"{function.__module__.rpartition('.')[2]}.{function.__qualname__}"


def shown(value: Any) -> str:
    """Write what came in one short line, whatever its own repr does."""
    if issubclass(type(value), np.ndarray) and value.ndim:
        return f"an array of shape {value.shape}"
    try:
        text = repr(value)
    except Exception:  # noqa: BLE001  # a stranger's repr; a whole number of 5,000 digits
        text = f"of type {type(value).__name__}, which cannot be shown"
    text = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return text if len(text) <= SHOWN else f"{text[: SHOWN - 3]}..."


def demand(who: str, name: str, came: Any, fits: object, required: str) -> None:
    """Raise ValueError unless an argument fits: he: n must be 1 or more, but is 0."""
    if not fits:
        raise ValueError(f"{who}: {name} must {required}, but is {shown(came)}")


def is_whole(value: Any, least: int = 1, most: float = math.inf) -> bool:
    """Tell a whole number in a range from what is none; True is none, and 3.0 neither."""
    if not _is_a(value, Integral):
        return False
    return least <= int(value) <= most


def is_number(value: Any) -> bool:
    """Tell one finite real number, which a float can hold, from what is none."""
    if not _is_a(value, Real):
        return False
    try:
        return math.isfinite(value)
    except (OverflowError, TypeError, ValueError):  # 10**400
        return False


def is_exact(value: Any) -> bool:
    """Tell an exact scalar (symbol, ball, fraction, int) from what only looks like a number.

    Floats are none: in an array of objects they would round, and slowly.
    """
    kind = type(value)
    return (
        all(hasattr(kind, name) for name in ("__neg__", "__mul__", "__pow__"))  # no duration
        and not hasattr(kind, "__len__")  # no polynomial
        and not hasattr(kind, "shape")  # no sparse array, no tensor
        and not issubclass(kind, (float, np.generic))
        and (issubclass(kind, Real) or not issubclass(kind, Complex))
    )


def _is_a(value: Any, numbers: type) -> bool:
    """Tell a number of a kind by its type alone: an instance may say anything of itself."""
    return issubclass(type(value), numbers) and not issubclass(type(value), (bool, np.timedelta64))


def flag(who: str, name: str, value: Any) -> bool:
    """Return True or False; raise ValueError for what is neither."""
    demand(who, name, value, isinstance(value, (bool, np.bool_)), "be True or False")
    return bool(value)


def generator(who: str, rng: Any) -> Generator:
    """Return a Generator; raise TypeError for anything else."""
    if not issubclass(type(rng), Generator):
        raise TypeError(
            f"{who}: rng must be a Generator such as np.random.default_rng(0), but is {shown(rng)}"
        )
    found: Generator = rng
    return found


def seeded(who: str, rng: Any) -> Generator:
    """Return a Generator, or that of a seed; raise TypeError for anything else."""
    if is_whole(rng, 0):
        return np.random.default_rng(int(rng))
    if not issubclass(type(rng), Generator):
        raise TypeError(
            f"{who}: rng must be a Generator or a seed such as 0, 1, 2, but is {shown(rng)}"
        )
    found: Generator = rng
    return found


def widths_of(who: str, widths: Any) -> list[int]:
    """Return the widths of a network; raise ValueError unless they are two or more whole numbers.

    All weights together must fit in memory that can be addressed.
    """
    row = isinstance(widths, np.ndarray) and widths.ndim == 1
    listed = [*widths] if row or isinstance(widths, (list, tuple)) else []
    fits = len(listed) >= 2 and all(map(is_whole, listed))
    required = "be two or more positive integers such as (64, 32, 10)"
    demand(who, "widths", widths, fits, required)
    sizes = [int(width) for width in listed]
    room = sum(8 * d * m for d, m in pairwise(sizes))
    demand(who, "widths", widths, room < 2**40, "make a network that fits in memory")
    return sizes


def float_type(who: str, dtype: Any) -> np.dtype[Any]:
    """Return a dtype of floats; raise ValueError for any other."""
    try:
        found: np.dtype[Any] = np.dtype(object if dtype is None else dtype)
    except Exception:  # noqa: BLE001  # what NumPy makes of it may be anything
        found = np.dtype(object)
    required = "be one of floats, such as float64 or float32"
    demand(who, "dtype", dtype, found.kind == "f", required)
    return found


def function_of(who: str, name: str, value: Any) -> Any:
    """Return what can be called; raise TypeError for what cannot."""
    if not callable(value):
        raise TypeError(f"{who}: {name} must be a function, but is {shown(value)}")
    return value


def bound(
    function: Callable[..., Any], signature: inspect.Signature, args: Any, options: Any
) -> inspect.BoundArguments:
    """Sort a call into its arguments; raise TypeError, in a line that says what it takes."""
    try:
        found = signature.bind(*args, **options)
    except TypeError as error:
        raise TypeError(f"{who(function)}: {error}; it takes {_taken(signature)}") from None
    found.apply_defaults()
    return found


def _taken(signature: inspect.Signature) -> str:
    """Return the names of all arguments: Z, and slope by name."""
    kinds = [(p.name, p.kind is p.KEYWORD_ONLY) for p in signature.parameters.values()]
    by_place = ", ".join(name for name, named in kinds if not named)
    by_name = ", ".join(name for name, named in kinds if named)
    return f"{by_place}, and {by_name} by name" if by_name else by_place


def draws(function: Callable[P, R]) -> Callable[P, R]:
    """Check the Generator and the sizes of what draws a point."""
    signature, name = inspect.signature(function), who(function)

    @functools.wraps(function)
    def drawn(*args: P.args, **options: P.kwargs) -> R:
        given = bound(function, signature, args, options).arguments
        rng, *sizes = given.items()
        generator(name, rng[1])
        for axis, length in sizes:
            if axis == "widths":
                widths_of(name, length)
            else:
                fits = is_whole(length, 1, 2**31)
                demand(name, axis, length, fits, "be a whole number, 1 or more")
        return function(*args, **options)

    return drawn
