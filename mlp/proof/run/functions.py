"""What NumPy's functions make of exact arrays: their own Python does, but for those named here.

    zeros_like, full_like, ...   arrays that can be filled with exact numbers
    linalg.inv, det, ...         by their definitions                         (linear.py)
    bincount(weights=)           a sum over the places of each count
    result_type, ...             exact numbers count as floats
    linalg.svd, ...              refused by name

Tested in tests/proof/run/test_functions.py, and every one in tests/proof/run/test_soundness.py.
"""

from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np

from mlp.proof.run import linear
from mlp.proof.run.arrays import FLOAT, ExactArray, as_exact, holds_exact, plain, trace_of
from mlp.proof.run.exact import PROTOCOLS
from mlp.proof.run.symbolic import Unprovable
from mlp.proof.run.trace import Trace
from mlp.proof.run.ufuncs import refuse_cast

Call: TypeAlias = Callable[..., Any]

RULES: dict[Any, Call] = {}  # function -> (*args, **options) -> result
REFUSED = {
    "np": "array2string array_repr array_str min_scalar_type save savez savez_compressed savetxt",
    "np.linalg": "eig eigh eigvals eigvalsh svd svdvals qr pinv lstsq cond matrix_rank",
}


def rule(*functions: Any) -> Callable[[Call], Call]:
    """Enter a rule for some functions."""

    def entered(found: Call) -> Call:
        RULES.update(dict.fromkeys(functions, found))
        return found

    return entered


def called(function: Any, args: tuple[Any, ...], options: dict[str, Any]) -> Any:
    """Call a function of NumPy, some of whose arguments are exact."""
    name = name_of_function(function)
    trace = trace_of((*args, *options.values()))
    run = RULES.get(function) or PROTOCOLS["definition"](trace, function)
    if run is None or function in REFUSED_FUNCTIONS:
        raise Unprovable(f"{name} has no exact form")
    try:
        return wrapped(run(*args, **options), trace)
    except (TypeError, AttributeError) as error:
        if isinstance(error, Unprovable) and "np." in str(error):
            raise
        raise Unprovable(f"{name}: {error}") from error


def wrapped(result: Any, trace: Trace | None) -> Any:
    """Return a result, in which object arrays are exact ones, however deep in lists and tuples."""
    if isinstance(result, (list, tuple)) and any(isinstance(r, np.ndarray) for r in result):
        parts = [wrapped(part, trace) for part in result]
        return type(result)(*parts) if hasattr(result, "_fields") else type(result)(parts)
    return as_exact(result, trace)


def name_of_function(function: Any) -> str:
    """Return a function's name as code writes it: np.linalg.inv."""
    home = getattr(function, "__module__", None) or "numpy"
    return f"{home.replace('numpy', 'np', 1)}.{function.__name__}"


def is_float(dtype: Any) -> bool:
    """Tell a dtype that exact numbers stand in for."""
    return dtype is None or np.dtype(dtype) in {FLOAT, np.dtype(object)}


def filled(shape: Any, number: Any, trace: Trace | None) -> Any:
    """Return an exact array of this shape, with a number everywhere."""
    array = np.empty(shape, dtype=object)
    array[...] = plain(number)
    found = array.view(ExactArray)
    found.record = trace
    return found


@rule(np.full_like)
def _full_like(
    a: Any, fill_value: Any, dtype: Any = None, *_: Any, shape: Any = None, **__: Any
) -> Any:
    wanted = np.shape(a) if shape is None else shape
    own = FLOAT if holds_exact(a) else np.asarray(a).dtype
    kind = own if dtype is None else dtype
    if is_float(kind):
        return filled(wanted, fill_value, trace_of([a, fill_value]))
    return np.full(wanted, fill_value, dtype=kind)


def _like(number: int | None) -> Call:
    return lambda a, *args, **options: _full_like(a, number, *args, **options)


RULES |= {np.zeros_like: _like(0), np.ones_like: _like(1), np.empty_like: _like(None)}


@rule(np.bincount)
def _bincount(x: Any, /, weights: Any = None, minlength: int = 0) -> Any:
    places = np.asarray(x)
    if holds_exact(x) or places.dtype.kind not in "iub" or (places < 0).any():
        raise Unprovable("np.bincount counts whole numbers that are not negative")
    found = np.empty(max(minlength, int(places.max(initial=-1)) + 1), dtype=object)
    found[...] = 0
    np.add.at(found, places, plain(np.asarray(weights)))
    return found


@rule(np.cross)
def _cross(a: Any, b: Any, *axes: Any, **options: Any) -> Any:
    run = PROTOCOLS["definition"](trace_of([a, b]), np.cross)
    if axes or options or np.ndim(a) != 1 or np.ndim(b) != 1:
        return run(a, b, *axes, **options)
    return run(np.asarray(a)[None], np.asarray(b)[None])[0]  # two numbers it would not write into


@rule(np.concatenate)
def _concatenate(arrays: Any, axis: Any = 0, out: Any = None, **options: Any) -> Any:
    refuse_cast("concatenate", options.pop("dtype", None))
    return np.concatenate([plain(np.asanyarray(a)) for a in arrays], axis, plain(out))


def _as_floats(function: Any) -> Call:
    def found(*things: Any, **options: Any) -> Any:
        return function(*(FLOAT if holds_exact(thing) else thing for thing in things), **options)

    return found


for _function in (np.result_type, np.can_cast):
    RULES[_function] = _as_floats(_function)
RULES[np.common_type] = lambda *_: np.float64


RULES |= {
    np.linalg.det: linear.det,
    np.linalg.inv: linear.inv,
    np.linalg.solve: linear.solve,
    np.linalg.slogdet: linear.slogdet,
    np.linalg.cholesky: linear.cholesky,
}
HOMES = {"np": np, "np.linalg": np.linalg}
REFUSED_FUNCTIONS = {
    getattr(HOMES[home], name) for home, names in REFUSED.items() for name in names.split()
}
PROTOCOLS["function"] = called
