"""What becomes of every public function of NumPy on exact arrays, beside plain floats.

Each function is called with many patterns of arguments. A pattern that floats take is run on exact
arrays at a point p, and what comes back, what became of the arguments and what shares memory with
what are compared: at p, and once more at q nearby, so that an expression that was lost on the way
is seen though its number was right. Each call is then

    same       as floats give, at p and at q
    named      an error that says which function it was, or what it needed
    unnamed    an error that says neither
    different  anything else: a proof would be about other code than runs

``python tests/proof/run/soundness.py`` prints the table. Judged in
tests/proof/run/test_soundness.py.
"""

import inspect
import re
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from fractions import Fraction
from functools import partial
from types import SimpleNamespace
from typing import Any

import numpy as np
import sympy

from mlp.proof.real.numbers import Numbers
from mlp.proof.run.arrays import entries, traced
from mlp.proof.run.reach import reach_of
from mlp.proof.run.trace import Trace

P = np.array([0.75, 0.25, 0.4375, 1.25, 0.625, 1.5, 0.3125, 0.875, 1.0625])
Q = P + np.array([3, -1, 2, 5, -2, 4, 1, -3, 6]) / 4096
UNLIKE = object()  # what no two calls give alike
ROOMS = {"np": np, "np.linalg": np.linalg, "np.fft": np.fft}
TO_FILES = {"save", "savez", "savez_compressed", "savetxt", "tofile", "dump", "memmap", "fromfile"}
TALKS = {"info", "show_config", "show_runtime", "test"}  # they print, or take long
STATE = {"seterr", "seterrcall", "setbufsize", "set_printoptions"}  # of NumPy itself
NAMED = (  # who it was, or what it needed; the line of the code is named besides
    r"np[.]|Scalar|ufunc|needs a number|at the bytes|has no value|must be positive|divided by 0|"
    r"not positive here|at the witness|no real number|DLPack|as indices|datetime|no attribute"
)
UNFILLED = {"np.empty", "np.empty_like"}  # what they hold is nobody's
MOST = 30  # entries of what comes back
LAYOUT = {"setflags", "setfield", "getfield", "newbyteorder"}


def arguments(values: Any) -> SimpleNamespace:
    """Return what calls are made of, from nine numbers: floats, or exact ones of the same."""
    return SimpleNamespace(
        a=values[:3], b=values[3:6], M=values[:6].reshape(2, 3), S=values.reshape(3, 3)
    )


def things(v: SimpleNamespace) -> dict[str, Any]:
    """Return what calls are made of, by names."""
    return {
        "a": v.a, "b": v.b, "M": v.M, "S": v.S, "s": v.a[0], "out": v.S[2],
        "I": np.array([2, 0, 2]), "mask": np.array([True, False, True]), "1": 1, "2.5": 2.5,
        "[ab]": [v.a, v.b], "(MM)": (v.M, v.M), "[a1]": [v.a, np.ones(3)], "(33)": (3, 3),
        "(31)": (3, 1), "ij,kj": "ij,kj->ik", "[mask]": [np.array([True, False, False])],
        "[a]": [v.a], "[f]": [lambda x: x * x, 0.5], "f": lambda x: x * 2, "0": 0, "[02]": [0, 2],
        "J": np.array([[0, 2], [1, 0]]), "K": np.array([[0], [1]]), "c": v.a[:1].reshape(1, 1),
        "N": np.array([[True, False, True], [False, True, True]]), "-2": -2, "(01)": (0, 1),
        "-1": -1, "True": True, "float": np.float64, "[1]": [1],
    }  # fmt: skip  # one idea


CALLS = """
    a; b; M; S; s; I; mask; [ab]; (MM); [a1]; (33); [mask] [a]
    a a; a b; a s; s a; a I; a mask; mask a; a 1; 1 a; a 2.5; 2.5 a; I a; b mask; s s; s 1
    M a; M S; M 1; M M; M I; S S; S a; S M; S 1; S I; 1 M; a (31); a [02]; a [1]; f 0 M
    a I b; I a b; a mask b; mask a b; a b s; a 1 b; M 1 b; a I s; S 1 1; a a b; 1 s 1
    ij,kj M S; a [mask] [f]; M J 1; M K c 1
    M axis=0; M axis=1; M axis=-1; M axis=1 keepdims=True; M axis=0 out=out; a b out=out; a out=out
    a weights=b; I weights=a; a where=mask out=out; a dtype=float
    M axis=1 where=N; M where=N keepdims=True; M axis=1 where=N initial=2.5; M axis=-2 initial=2.5
    M axis=(01) keepdims=True; M axis=1 ddof=1 where=N; a where=mask initial=2.5
"""
PATTERNS = [call.split() for call in re.split(r"[;\n]", CALLS) if call.strip()]


def made(pattern: list[str], values: Any) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Return the arguments and options of a call, made of nine numbers."""
    known = things(arguments(values))
    given = [word.rpartition("=") for word in pattern]
    options = {name: known[word] for name, sign, word in given if sign}
    return tuple(known[word] for _, sign, word in given if not sign), options


def calls() -> Iterator[tuple[str, Callable[..., Any]]]:
    """Yield the name of every public function and method, and how it is called."""
    for prefix, room in ROOMS.items():
        for name in sorted(room.__all__):
            function = getattr(room, name)
            if (
                callable(function)
                and not inspect.isclass(function)
                and name not in TALKS | STATE | TO_FILES
            ):
                yield f"{prefix}.{name}", function
    for name in sorted({n for n in dir(np) if isinstance(getattr(np, n), np.ufunc)}):
        ufunc = getattr(np, name)
        if ufunc.__name__ != name:
            continue
        kinds = ["at"] if ufunc.nin == 1 else ["at", "reduce", "accumulate", "outer", "reduceat"]
        for kind in kinds if ufunc.nout == 1 and not ufunc.signature else ():
            yield f"np.{name}.{kind}", partial(_of_ufunc, ufunc, kind)
    for name in sorted(dir(np.ndarray)):
        if name.startswith("_") or name in TO_FILES | LAYOUT:
            continue
        yield (
            f"ndarray.{name}",
            lambda a, *args, name=name, **options: _method(a, name, args, options),
        )
    for name in ("add", "sub", "mul", "truediv", "pow", "matmul", "floordiv", "mod"):
        yield f"ndarray.__i{name}__", lambda a, *args, name=name: _in_place(a, name, args)


def _of_ufunc(ufunc: Any, kind: str, *args: Any, **options: Any) -> Any:
    return getattr(ufunc, kind)(*args, **options)


def _method(a: Any, name: str, args: Any, options: Any) -> Any:
    if not isinstance(a, np.ndarray):
        raise TypeError("no array")
    found = getattr(a, name)
    return found(*args, **options) if callable(found) else found


def _in_place(a: Any, name: str, args: Any) -> Any:
    if not isinstance(a, np.ndarray):
        raise TypeError("no array")
    view = a[...]
    return getattr(view, f"__i{name}__")(*args)


def is_drawn(thing: Any) -> bool:
    """Tell whether something is made of the nine numbers, so that exact ones may take its place."""
    if isinstance(thing, (list, tuple)):
        return any(map(is_drawn, thing))
    return isinstance(thing, np.float64) or (isinstance(thing, np.ndarray) and thing.dtype == float)


def is_odd(name: str, args: tuple[Any, ...]) -> bool:
    """Tell a call of which plain numbers say nothing: text, or truths taken as half precision."""
    text = any(isinstance(a, str) for a in args) and "einsum" not in name
    halves = len(args) > 1 and isinstance(args[0], np.ndarray) and args[0].dtype == bool
    return text or halves or name in UNFILLED


def on_floats(function: Callable[..., Any], pattern: list[str], values: Any) -> Any:
    """Return what a call on floats leaves: its result, its arguments, what shares memory."""
    held = values.copy()
    args, options = made(pattern, held)
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return _left(function(*args, **options), held)


def on_exact(function: Callable[..., Any], pattern: list[str]) -> tuple[Any, Any]:
    """Return what the same call leaves on exact arrays at p, and their symbols."""
    symbols = sympy.symbols(f"x:{len(P)}", real=True)
    trace = Trace({s: Fraction(x) for s, x in zip(symbols, P, strict=True)})
    held = traced(np.array(symbols, dtype=object), trace)
    args, options = made(pattern, held)
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return _left(reach_of(trace).stand_in(function)(*args, **options), held), symbols


def _left(result: Any, held: Any) -> Any:
    leaves = [*_leaves(result)]
    arrays = [isinstance(leaf, np.ndarray) and leaf.size > 0 for leaf in leaves]
    shared = [a and np.shares_memory(x, held) for a, x in zip(arrays, leaves, strict=True)]
    return leaves, held, shared


def _leaves(result: Any) -> Iterator[Any]:
    if isinstance(result, (list, tuple)):
        yield len(result)
        for part in result:
            yield from _leaves(part)
    elif inspect.isgenerator(result) or type(result) in {np.ndenumerate, np.flatiter, np.broadcast}:
        yield from _leaves([*result])
    else:
        yield result


def agree(found: Any, plain: Any, numbers: Numbers) -> bool:
    """Tell whether what exact arrays left is what floats left, at one point."""
    mine, held, shared = found
    theirs, held_plain, shared_plain = plain
    pairs = [*zip(mine, theirs, strict=False), (held, held_plain)]
    same = len(mine) == len(theirs) and all(_alike(x, y, numbers) for x, y in pairs)
    return same and shared == shared_plain


def _alike(x: Any, y: Any, numbers: Numbers) -> bool:
    if isinstance(y, (np.ndarray, np.generic, float, int, bool)) and not isinstance(y, np.void):
        if isinstance(y, np.ndarray) and y.dtype.kind not in "fiubO":
            return False
        if np.shape(x) != np.shape(y):
            return False
        mine = [_number(e, numbers) for e in entries(x)]
        wanted = [float(e) for e in np.ravel(y)]
        return all(abs(m - w) <= 1e-9 * max(1, abs(w)) for m, w in zip(mine, wanted, strict=True))
    return type(x) is type(y) and bool(np.all(x == y))


def _number(entry: Any, numbers: Numbers) -> float:
    return float(numbers.of(entry.expr) if hasattr(entry, "expr") else entry.value)


def outcome(name: str, function: Callable[..., Any], pattern: list[str]) -> str:
    """Say what becomes of one call, "" where it says nothing of exact numbers."""
    args, options = made(pattern, P)
    if is_odd(name, args) or not any(map(is_drawn, (*args, *options.values()))):
        return ""
    try:
        plain, again, twice = (on_floats(function, pattern, values) for values in (P, Q, P))
    except Exception:  # noqa: BLE001  # whatever NumPy raises for what it does not take
        return ""
    sizes = [leaf.size for leaf in plain[0] if isinstance(leaf, np.ndarray)]
    return (
        ""
        if repr(plain) != repr(twice) or sum(sizes) > MOST
        else compared(name, function, pattern, (plain, again))
    )


def compared(name: str, function: Callable[..., Any], pattern: list[str], wanted: Any) -> str:
    """Say what becomes of one call on exact arrays, where floats leave this at p and at q."""
    try:
        found, symbols = on_exact(function, pattern)
    except Exception as error:  # noqa: BLE001  # by design any
        plainly = re.search(NAMED, str(error)) or name.rpartition(".")[2] in str(error)
        return "named" if plainly else f"unnamed: {type(error).__name__}: {error}"
    for point, plain in zip((P, Q), wanted, strict=True):
        numbers = Numbers({s: Fraction(x) for s, x in zip(symbols, point, strict=True)})
        try:
            if not agree(found, plain, numbers):
                return f"different: {found[0]} for {plain[0]}, shared {found[2]} for {plain[2]}"
        except Exception as error:  # noqa: BLE001  # what came cannot be read as numbers
            return f"different: {type(error).__name__}: {error}: {found[0]}"
    return "same"


def table(room: str = "") -> dict[str, Counter[str]]:
    """Return for each function of a room what became of its calls, and how often."""
    return {
        name: Counter(said for pattern in PATTERNS if (said := outcome(name, function, pattern)))
        for name, function in calls()
        if room in {"", room_of(name)}
    }


def room_of(name: str) -> str:
    """Return where a function stands in the table."""
    if name.startswith(("ndarray", "np.linalg", "np.fft")):
        return name.rpartition(".")[0]
    return (
        "ufunc methods" if name.count(".") > 1 else "np, a to l" if name[3] < "m" else "np, m to z"
    )


SHELVES = ("np, a to l", "np, m to z", "np.linalg", "np.fft", "ufunc methods", "ndarray")


def worst(counts: Counter[str]) -> str:
    """Return the worst that became of a function's calls."""
    kinds = [said.partition(":")[0] for said in counts]
    return next((k for k in ("different", "unnamed", "named", "same") if k in kinds), "not called")


def printed(rows: dict[str, Counter[str]]) -> str:
    """Return the counts of a table in a line: of its functions, and of its calls."""
    functions = Counter(map(worst, rows.values()))
    every = Counter[str]()
    for counts in rows.values():
        for said, number in counts.items():
            every[said.partition(":")[0]] += number
    return f"{len(rows)} functions by their worst call: {dict(functions)}; calls: {dict(every)}"


if __name__ == "__main__":
    found_ = table()
    for name_, counts_ in found_.items():
        for said_ in counts_:
            if ":" in said_:
                print(f"{name_:30} {said_[:150]}")  # noqa: T201  # printing is what it is for
    print(printed(found_))  # noqa: T201  # likewise
