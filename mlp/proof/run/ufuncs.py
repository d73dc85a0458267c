"""What a ufunc makes of exact arrays: each of its methods, in place as well as not.

    np.exp, np.add, ...      run on the elements by NumPy itself
    np.logaddexp, ...        by their definitions, written down here
    np.isnan, np.any, ...    plain truths
    .at, out=, +=            write into the array that was given
    np.floor, ...            have no exact form: refused by name

Tested in tests/proof/run/test_ufuncs.py, and every one in tests/proof/run/test_soundness.py.
"""

import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np

from mlp.proof.run.arrays import FLOAT, as_exact, lifted, plain, trace_of
from mlp.proof.run.elementary import FUNCTIONS
from mlp.proof.run.exact import PROTOCOLS, Infinity
from mlp.proof.run.symbolic import Scalar, Unprovable
from mlp.proof.run.trace import Trace

METHODS = ("__call__", "reduce", "accumulate", "reduceat", "outer", "at")
LOGICAL = {"logical_and", "logical_or", "logical_xor", "logical_not"}
NO_REDUCTION = {"power", "arctan2"}  # NumPy 2.4 on x86: [a, b, c] becomes a ** c
COMPARED = {"equal", "not_equal", "less", "less_equal", "greater", "greater_equal"}


def of(name: str) -> Callable[[Any], Any]:
    """Return a function of one exact number."""
    return lambda a: a.applied(name)


def vanishes(a: Any) -> bool:
    """Tell whether a number is 0 itself, and not only at this point."""
    if isinstance(a, Infinity):
        return False
    return bool(a.expr == 0) if isinstance(a, Scalar) else bool(a.value == 0 and a.slope == 0)


def _arctan2(y: Any, x: Any) -> Any:
    if x > 0:
        return (y / x).applied("arctan")
    return (math.pi / 2 if y > 0 else -math.pi / 2) - (x / y).applied("arctan")


def _heaviside(x: Any, at_0: Any) -> Any:
    return at_0 if x == 0 else int(x > 0)


def _times_log(x: Any, y: Any, log: str = "log") -> Any:
    return x * 0 if vanishes(x) else x * y.applied(log)


def _huber(delta: Any, r: Any) -> Any:
    return r * r / 2 if abs(r) <= delta else delta * (abs(r) - delta / 2)


def _relative_entropy(x: Any, y: Any) -> Any:
    return x * 0 if vanishes(x) else x * (x / y).applied("log")


def _cube_root(x: Any) -> Any:
    return -((-x) ** Fraction(1, 3)) if x < 0 else x ** Fraction(1, 3)


DEFINED: dict[str, tuple[int, Callable[..., Any]]] = {
    **{name: (1, of(name)) for name in FUNCTIONS},
    "logaddexp": (2, lambda a, b: (of("exp")(a) + of("exp")(b)).applied("log")),
    "logaddexp2": (2, lambda a, b: (of("exp2")(a) + of("exp2")(b)).applied("log2")),
    "hypot": (2, lambda a, b: (a * a + b * b).applied("sqrt")),
    "arctan2": (2, _arctan2),
    "float_power": (2, lambda a, b: a**b),
    "copysign": (2, lambda a, b: abs(a) if b >= 0 else -abs(a)),
    "heaviside": (2, _heaviside),
    "fabs": (1, abs),
    "cbrt": (1, _cube_root),
    "xlogy": (2, _times_log),
    "xlog1py": (2, lambda x, y: _times_log(x, y, "log1p")),
    "entr": (1, lambda x: -_times_log(x, x)),
    "rel_entr": (2, _relative_entropy),
    "kl_div": (2, lambda x, y: _relative_entropy(x, y) - x + y),
    "huber": (2, _huber),
    "pseudo_huber": (2, lambda d, r: d * d * ((1 + (r / d) ** 2).applied("sqrt") - 1)),
}
TRUTHS: dict[str, Callable[[Any], bool]] = {
    "isnan": lambda _: False,
    "isinf": lambda a: isinstance(a, Infinity),
    "isfinite": lambda a: not isinstance(a, Infinity),
    "signbit": lambda a: bool(a < 0),
}
IDENTITIES = {"logaddexp": Infinity(-1), "logaddexp2": Infinity(-1), "hypot": 0}
SUBSTITUTES = {
    name: np.frompyfunc(rule, n, 1, identity=IDENTITIES.get(name))
    for name, (n, rule) in DEFINED.items()
}
SUBSTITUTES |= {name: np.frompyfunc(rule, 1, 1) for name, rule in TRUTHS.items()}


def called(ufunc: Any, method: str, inputs: tuple[Any, ...], options: dict[str, Any]) -> Any:
    """Call a method of a ufunc, some of whose arguments are exact."""
    name = ufunc.__name__ if method == "__call__" else f"{ufunc.__name__}.{method}"
    out = options.pop("out", None) or ()
    out = out if isinstance(out, tuple) else (out,)
    dtype = options.pop("dtype", None)
    if ufunc.__name__ not in LOGICAL or dtype not in {bool, np.dtype(bool)}:
        refuse_cast(name, dtype)
    for key in ("casting", "order", "subok"):
        options.pop(key, None)
    trace = trace_of((*inputs, *out))
    try:
        result = _result(ufunc, method, inputs, options, out, trace)
    except (TypeError, AttributeError) as error:
        if isinstance(error, Unprovable) and "np." in str(error):
            raise
        no_loop = "has no callable" in str(error) or "unsupported operand" in str(error)
        why = "has no exact form" if no_loop or "not supported" in str(error) else str(error)
        raise Unprovable(f"np.{name}: {why}") from error
    if not out:
        return as_exact(result, trace)
    if out[0] is ...:  # an array, be it of no axes
        return as_exact(np.asarray(result), trace)
    results = result if isinstance(result, tuple) else (result,)
    for target, made in zip(out, results, strict=True):
        if target is not None and made is not target:
            plain(writable(target, name))[...] = made
    given = [made if o is None else o for o, made in zip(out, results, strict=True)]
    return as_exact(given[0], trace) if len(given) == 1 else tuple(given)


def _result(
    ufunc: Any,
    method: str,
    inputs: tuple[Any, ...],
    options: dict[str, Any],
    out: tuple[Any, ...],
    trace: Trace | None,
) -> Any:
    name = ufunc.__name__
    if method == "at":
        return _at(ufunc, inputs, trace)
    if name in {"frexp", "modf"}:
        raise Unprovable(f"np.{name} has no exact form")
    if method == "reduce" and name in NO_REDUCTION:
        raise Unprovable(f"np.{name}.reduce is not what it says: on floats, NumPy skips entries")
    numbers = tuple(exact_entries(array, trace, every=name in SUBSTITUTES) for array in inputs)
    if name in LOGICAL:
        numbers = tuple(map(truths, numbers))
    run = SUBSTITUTES.get(name, ufunc)
    if method == "__call__" and options.get("where", True) is not True:
        return _where(run, numbers, options.pop("where"), out, name)
    if method == "reduceat":
        numbers = (numbers[0], *inputs[1:])
    if method == "reduce":
        _begin(run, options, trace)
    result = getattr(run, method)(*numbers, **options)
    return np.asarray(result, dtype=bool)[()] if name in TRUTHS else result


def _begin(run: Any, options: dict[str, Any], trace: Trace | None) -> None:
    """Let a sum over a part of the entries begin with 0, which NumPy does for floats alone."""
    if options.get("where", True) is not True:
        options.setdefault("initial", run.identity)
    if "initial" in options and not isinstance(run.identity, bool):
        options["initial"] = lifted(options["initial"], trace)


def _at(ufunc: Any, inputs: tuple[Any, ...], trace: Trace | None) -> None:
    """Work in place at some places, as often as each is named."""
    target, places, *others = inputs
    name = ufunc.__name__
    if name in COMPARED | LOGICAL | {*TRUTHS}:
        raise Unprovable(f"np.{name}.at would write truths into an array of numbers")
    held = plain(writable(target, f"{name}.at"))
    held[...] = exact_entries(target, trace, every=True)
    others = [exact_entries(other, trace, every=True) for other in others]
    SUBSTITUTES.get(name, ufunc).at(held, places, *others)


def _where(run: Any, numbers: tuple[Any, ...], where: Any, out: tuple[Any, ...], name: str) -> Any:
    """Work where a mask is true; elsewhere ``out`` stays as it is."""
    if len(out) != 1:
        raise Unprovable(f"np.{name} with where= leaves entries unfilled: give it an out=, too")
    target = writable(out[0], name)
    shape = np.broadcast_shapes(*map(np.shape, (*numbers, where)))
    mask = np.broadcast_to(where, shape)
    picked = [np.broadcast_to(np.asarray(n, dtype=object), shape)[mask] for n in numbers]
    plain(target)[np.broadcast_to(mask, target.shape)] = run(*picked)
    return target


def writable(target: Any, name: str) -> Any:
    """Return an array that exact numbers can be written into; refuse any other by name."""
    if isinstance(target, np.ndarray) and plain(target).dtype == object:
        return target
    kind = getattr(target, "dtype", type(target).__name__)
    raise Unprovable(
        f"np.{name} would write exact numbers into an array of {kind}: make it by np.zeros_like"
    )


def exact_entries(array: Any, trace: Trace | None, *, every: bool = False) -> Any:
    """Return a plain object array in which the numbers are exact, or anything else as it is.

    Where ``every`` number must be exact, arrays of floats are lifted, too.
    """
    if isinstance(array, np.ndarray):
        if plain(array).dtype != object and not every:
            return plain(array)
        found = np.frompyfunc(lambda entry: lifted(entry, trace), 1, 1)(plain(array))
        return np.asarray(found, dtype=object)
    if isinstance(array, (list, tuple)):
        return exact_entries(np.asarray(array), trace, every=every)
    return np.array(lifted(array, trace), dtype=object)  # of no axes, so that it calls us no more


def truths(array: Any) -> Any:
    """Return which entries are not 0."""
    return np.asarray(np.frompyfunc(bool, 1, 1)(plain(array)), dtype=bool)


def refuse_cast(name: str, dtype: Any) -> None:
    """Refuse a dtype other than that of floats, which would round."""
    if dtype is not None and np.dtype(dtype) not in {FLOAT, np.dtype(object)}:
        raise Unprovable(f"np.{name} with dtype={np.dtype(dtype)} needs a number, which it rounds")


PROTOCOLS["ufunc"] = called
