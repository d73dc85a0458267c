"""Code that repeats a check where it is pasted: what the last line of a report is made of.

    mlp.check(scale, scale_backward, *point, rng=0)     functions by the names they have,
    mlp.check(np.sin, lambda dO, x: dO * x, ...)        a short lambda in full,
    mlp.check(forward, backward, ...)                   a word where there is neither
    bounds=[(0.0, None)]                                values to their last digit

Tested in tests/gradcheck/test_repeat.py.
"""

import ast
import inspect
import keyword
import linecache
import math
import sys
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import numpy as np

from mlp.op import name_of

LONG = 80  # letters of a value or a lambda, beyond which a word stands for it
PACKAGES = {"numpy": "np", "scipy": "scipy", "torch": "torch", "jax": "jax", "mlp": "mlp"}
UFUNCS = ("numpy", "scipy.special")  # where those are that do not know where


def line_of(call: str, seed: int, options: Mapping[str, Any]) -> str:
    """Return a call with the point, the seed, and those options that are given."""
    return f"{call}*point, rng={seed}{given(options)})"


def given(options: Mapping[str, Any]) -> str:
    """Return options as they follow other arguments; None stands for one that is not given."""
    return "".join(
        f", {name}={short(value, name)}" for name, value in options.items() if value is not None
    )


def short(value: Any, word: str) -> str:
    """Write a value as code, or a word that stands for it where that is long."""
    code = spelled(value, word) if callable(value) else written(value)
    try:
        ast.parse(code, mode="eval")
    except SyntaxError:  # the repr of an object
        return word
    return code if len(code) <= LONG else word


def written(value: Any) -> str:
    """Write a value as code, to the last digit: arrays, and structures of them."""
    if isinstance(value, (np.ndarray, np.generic)):
        dtype = "" if value.dtype in (np.float64, np.int64) else f", dtype={value.dtype.name!r}"
        numbers = repr(value.tolist()).replace("nan", "np.nan").replace("inf", "np.inf")
        return f"np.array({numbers}{dtype})"
    if isinstance(value, dict):
        items = {k: spelled(v, "f") if callable(v) else written(v) for k, v in value.items()}
        return "{" + ", ".join(f"{key!r}: {code}" for key, code in items.items()) + "}"
    if type(value) is list:
        return f"[{', '.join(map(written, value))}]"
    if type(value) is tuple:
        return f"({', '.join(map(written, value))}{',' if len(value) == 1 else ''})"
    if isinstance(value, float) and not math.isfinite(value):
        return f"float({str(value)!r})"
    return repr(value)


def spelled(thing: Any, word: str) -> str:
    """Return code that says a function or a class, or a word where its user must say it.

    Names are those of the user's own module; what a known package holds has that before it.
    """
    while hasattr(thing, "written"):  # another is spoken of as this one
        thing = thing.written
    if isinstance(thing, partial):
        return _of_partial(thing, word)
    name = str(getattr(thing, "__qualname__", getattr(thing, "__name__", "")))
    if name.endswith("<lambda>"):
        return _of_lambda(thing) or word
    owner = getattr(thing, "__self__", None)
    instance = owner is not None and not inspect.isclass(owner) and not inspect.ismodule(owner)
    plain = name.rpartition("<locals>.")[2]
    parts = plain.split(".")
    if instance or not all(part.isidentifier() and not keyword.iskeyword(part) for part in parts):
        return word
    if plain != name or getattr(thing, "__module__", "") == "__main__":
        return plain
    return _in_package(thing, name) or name_of(thing)


def _in_package(thing: Any, name: str) -> str:
    """Return the shortest way to what a known package holds, "" for anything else."""
    home = UFUNCS if isinstance(thing, np.ufunc) else _prefixes(getattr(thing, "__module__", None))
    for place in home:
        found = sys.modules.get(place)
        for part in name.split("."):
            found = getattr(found, part, None)
        package, dot, rest = place.partition(".")
        if found is thing and package in PACKAGES:
            return f"{PACKAGES[package]}{dot}{rest}.{name}"
    return ""


def _prefixes(module: str | None) -> list[str]:
    parts = (module or "").split(".")
    return [".".join(parts[: k + 1]) for k in range(len(parts))]


def _of_partial(thing: Any, word: str) -> str:
    """Write a partial with what is fixed in it."""
    function = spelled(thing.func, "")
    parts = ", ".join([function, *map(written, thing.args)])
    code = f"functools.partial({parts}{given(thing.keywords)})"
    return code if function and len(code) <= LONG else word


def _of_lambda(function: Callable[..., Any]) -> str:
    """Return the source of a lambda in one line, "" where it cannot be had, or is long.

    Its code knows where its body stands; before that stand its arguments.
    """
    code = getattr(function, "__code__", None)
    if code is None:
        return ""
    ends = [(bottom, right) for _, bottom, _, right in code.co_positions() if bottom and right]
    bottom, right = max(ends, default=(0, 0))
    rows = linecache.getlines(code.co_filename)[code.co_firstlineno - 1 : bottom]
    if not rows:
        return ""
    rows[-1] = rows[-1].encode()[:right].decode(errors="ignore")
    text = "".join(rows)
    for start in _starts(text):
        for closing in ("", ")", "))"):  # a body in parentheses ends before them
            try:
                found = ast.parse(text[start:] + closing, mode="eval").body
            except SyntaxError:
                continue
            if isinstance(found, ast.Lambda) and _same_code(found, code):
                said = ast.unparse(found)
                return said if len(said) <= LONG else ""
    return ""


def _starts(text: str) -> list[int]:
    """Return where a lambda may begin, the last first."""
    found = [k for k in range(len(text)) if text.startswith("lambda", k)]
    return found[::-1]


def _same_code(found: ast.Lambda, code: Any) -> bool:
    """Tell whether a lambda that was read is the one that has this code."""
    arguments = (*found.args.posonlyargs, *found.args.args, *found.args.kwonlyargs)
    names = tuple(argument.arg for argument in arguments)
    return bool(names == code.co_varnames[: code.co_argcount + code.co_kwonlyargcount])
