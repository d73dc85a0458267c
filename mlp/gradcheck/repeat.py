"""Code that repeats a check where it is pasted: what the last line of a report is made of.

    mlp.check(scale, net.backward, X, W, rng=0)     things by the names they have where it is called
    mlp.check(np.sin, lambda dO, x: dO * x, ...)    a lambda in full
    mlp.check(scale, pull, np.array([0.5]), rng=0)  values without a name to their last digit
    mlp.check(forward, pull, *point, rng=0)         a word, and a free one, for what has no name

Tested in tests/gradcheck/test_repeat.py.
"""

import ast
import builtins
import inspect
import keyword
import linecache
import math
import operator
import re
import sys
import sysconfig
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from types import BuiltinFunctionType
from typing import Any

import numpy as np

from mlp import tree
from mlp.op import name_of

LONG = 80  # letters of a value or a lambda, beyond which a name stands for it
LONGEST = 1000  # letters of a point that has no name
LEAST = 3  # letters of a number, as in "0, "
PASSING = ("<listcomp>", "<genexpr>", "<lambda>", "<dictcomp>", "<setcomp>")  # names end there
PLAIN = (type(None), bool, int, float, complex, str)
LIBRARIES = tuple(set(sysconfig.get_paths().values()))
PACKAGES = {"numpy": "np", "scipy": "scipy", "torch": "torch", "jax": "jax", "mlp": "mlp"}
ARRAYS = {"torch": "torch.tensor", "jax": "jax.numpy.array"}
NOT_FINITE = re.compile(r"\b(nan|inf)\b")
SPOKEN = re.compile(r"(?<![\w.])[^\W\d]\w*(?!\w|=[^=])")  # names, but for attributes and keywords
ANYWHERE = {*vars(builtins), *PACKAGES.values(), "functools"}  # names that any code has
IN_NUMPY, FLOAT = r"np.\1", r"float('\1')"


def line_of(call: str, seed: int, options: Mapping[str, Any]) -> str:
    """Return a call with the seed and those options that are given, and what in it has no name."""
    code = f"{call}, rng={seed}{given(options)})"
    known = Caller().known
    perhaps = {*SPOKEN.findall(code)} - known.keys() - ANYWHERE if known else ()
    unknown = [word for word in _words(code) if word not in known] if perhaps else ()
    return f"{code}  # {', '.join(unknown)}: as in this call" if unknown else code


def _words(code: str) -> list[str]:
    """Return the names that code needs, but for those that any code has, or is told to import."""
    try:
        nodes = [*ast.walk(ast.parse(code))]
    except SyntaxError:  # a value is written as a stranger's repr has it
        return []
    own = ANYWHERE | {node.arg for node in nodes if isinstance(node, ast.arg)}
    return [*dict.fromkeys(n.id for n in nodes if isinstance(n, ast.Name) and n.id not in own)]


def pointed(point: Sequence[Any]) -> str:
    """Write the arguments of a call: by their names, or in numbers that are not too many."""
    names = Caller()
    for name, value in names.known.items():
        alike = isinstance(value, (tuple, list)) and len(value) == len(point)
        if alike and all(map(operator.is_, value, point)):
            return f"*{name}"
    code = ", ".join(names.of(value) or _in_numbers(value) for value in point)
    return code if "..." not in code and len(code) <= LONGEST else f"*{names.free('point')}"


class Caller:
    """What has a name where the user calls us: in the first frame that is none of ours."""

    def __init__(self) -> None:
        frame = inspect.currentframe()
        while frame and frame.f_globals.get("__name__", "").partition(".")[0] == "mlp":
            frame = frame.f_back
        self.known: dict[str, Any] = {}
        if frame and not frame.f_code.co_filename.startswith(LIBRARIES):
            inner = {} if frame.f_code.co_name in PASSING else frame.f_locals
            every = {**frame.f_globals, **inner}
            self.known = {n: every[n] for n in every if n.isidentifier() and n[0] != "_"}

    def of(self, thing: Any) -> str:
        """Return the name of a thing, of a method with that of its object; "" if it has none."""
        if isinstance(thing, PLAIN):
            return ""
        names = [name for name, value in self.known.items() if value is thing]
        if names or not inspect.ismethod(thing):
            return names[0] if names else ""
        owner = self.of(thing.__self__)
        return f"{owner}.{thing.__name__}" if owner else ""

    def within(self, thing: Any, name: str) -> str:
        """Return the name of a thing in a module that has one here, as in layers.gelu."""
        home = self.of(sys.modules.get(getattr(thing, "__module__", None) or ""))
        code = f"{home}.{name}"
        return code if home and self.reach(code, thing) else ""

    def free(self, word: str, thing: Any = None) -> str:
        """Return a word that is the name of nothing else here, for a thing that has no name."""
        while word in self.known and inspect.unwrap(self.known[word]) is not inspect.unwrap(thing):
            word += "_"
        return word

    def reach(self, code: str, thing: Any) -> bool:
        """Tell whether this code, a name with its dots, is this thing."""
        first, *rest = code.split(".")
        found = self.known.get(first)
        for part in rest:
            found = getattr(found, part, None)
        return found is thing


def given(options: Mapping[str, Any]) -> str:
    """Return options as they follow other arguments; None stands for one that is not given."""
    return "".join(
        f", {name}={short(value, name)}" for name, value in options.items() if value is not None
    )


def short(value: Any, word: str) -> str:
    """Write a value as code, or by its name or a word where that is long."""
    code, names = spelled(value, word) if callable(value) else _in_numbers(value), Caller()
    if "..." not in code and len(code) <= LONG:
        return code
    name = names.of(value)
    return name or (code if "..." not in code and len(code) <= LONGEST else names.free(word))


def _in_numbers(value: Any) -> str:
    """Write a value as code, "..." where it cannot be written, or is far too long."""
    if LEAST * sum(math.prod(np.shape(leaf)) for leaf in tree.flat(value)) > LONGEST:
        return "..."
    code = written(value)
    if isinstance(value, np.ndarray) and value.dtype.kind in "fiub":  # it is code
        return code
    try:
        ast.parse(code, mode="eval")
    except SyntaxError:  # the repr of an object
        return "..."
    return code


def written(value: Any) -> str:
    """Write a value as code, to the last digit: arrays, and structures of them."""
    if hasattr(value, "tolist") and (code := _of_array(value)):
        return code
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


def _of_array(array: Any) -> str:
    """Write an array of NumPy, torch or JAX, "" for any other."""
    layout = str(getattr(array, "layout", "")).removeprefix("torch.strided")
    if layout.startswith("torch."):  # what it stores is what is not 0
        blocks = layout.startswith("torch.sparse_bs")
        size = f", blocksize={tuple(array.values().shape[-2:])}" if blocks else ""
        return f"{_of_array(array.detach().to_dense())}.to_sparse(layout={layout}{size})"
    numbers = repr(array.tolist())
    if isinstance(array, (np.ndarray, np.generic)):
        dtype = "" if array.dtype in (np.float64, np.int64) else f", dtype={array.dtype.name!r}"
        return f"np.array({NOT_FINITE.sub(IN_NUMPY, numbers)}{dtype})"
    package = type(array).__module__.partition(".")[0].removesuffix("lib")
    if package not in ARRAYS:
        return ""
    dtype = array.dtype if package == "torch" else repr(array.dtype.name)
    learns = ", requires_grad=True" if getattr(array, "requires_grad", False) else ""
    return f"{ARRAYS[package]}({NOT_FINITE.sub(FLOAT, numbers)}, dtype={dtype}{learns})"


def spelled(thing: Any, word: str) -> str:
    """Return code that says a function or a class, or a free word where its user must say it.

    Names are those where the user calls us, else of the user's own module; what a known package
    holds has that before it.
    """
    while hasattr(thing, "written"):  # another is spoken of as this one
        thing = thing.written
    names = Caller()
    if isinstance(thing, partial):
        return _of_partial(thing) or names.of(thing) or names.free(word)
    name = str(getattr(thing, "__qualname__", getattr(thing, "__name__", "")))
    plain = name.rpartition("<locals>.")[2]
    if name.endswith("<lambda>"):
        said = _of_lambda(thing)
        return said if 0 < len(said) <= LONG else names.of(thing) or said or names.free(word)
    known = plain if names.reach(plain, thing) else names.of(thing) or names.within(thing, name)
    held = _in_package(thing, name)
    if held and not (known and held.partition(".")[0] not in names.known):
        return held
    if known:
        return known
    owner = getattr(thing, "__self__", None)
    instance = owner is not None and not inspect.isclass(owner) and not inspect.ismodule(owner)
    parts = plain.split(".")
    if instance or not all(part.isidentifier() and not keyword.iskeyword(part) for part in parts):
        return names.free(word)
    elsewhere = plain == name and getattr(thing, "__module__", "") != "__main__"
    return name_of(thing) if elsewhere else names.free(plain, thing)


def _in_package(thing: Any, name: str) -> str:
    """Return the shortest way to what a known package holds, "" for anything else."""
    home = _prefixes(getattr(thing, "__module__", None))
    if isinstance(thing, (np.ufunc, BuiltinFunctionType)):  # these do not know where they are
        name = thing.__name__
        home = [*_public(name, thing), *home]
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


def _public(name: str, thing: Any) -> list[str]:
    """Return the modules of known packages, no secret ones, that hold a thing, the shortest first.

    What a module makes when it is asked for an attribute is not asked for.
    """
    known = [place for place in [*sys.modules] if place.partition(".")[0] in PACKAGES]
    holding = (place for place in known if vars(sys.modules[place]).get(name) is thing)
    return sorted((place for place in holding if "._" not in place), key=len)


def _of_partial(thing: Any) -> str:
    """Write a partial with what is fixed in it, "" where that is long."""
    function = spelled(thing.func, "")
    parts = ", ".join(
        [function, *(spelled(a, "") if callable(a) else written(a) for a in thing.args)]
    )
    code = f"functools.partial({parts}{given(thing.keywords)})"
    return code if function and len(code) <= LONG else ""


def _of_lambda(function: Callable[..., Any]) -> str:
    """Return the source of a lambda in one line, "" where it cannot be had.

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
                return ast.unparse(found)
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
