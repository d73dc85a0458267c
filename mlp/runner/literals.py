"""The numbers in the code of an op, which is where its branches change: points are aimed at them.

    np.clip(x, 0, 6)         literals
    3 * SIGMA, -np.pi / 2    what is worked out of literals and names that stand for numbers
    shrink(x, lambd=0.5)     defaults; self.eps  attributes; options of a partial
    _huber(x, 1.345)         the same in functions of the user's own that are called
    Clip, layer.act          and in classes and objects: what adapters enclose, a Function, a layer

Tested in tests/runner/test_literals.py.
"""

import ast
import contextlib
import inspect
import math
import operator
import sys
import textwrap
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import pairwise
from typing import Any

from mlp.inputs import is_number
from mlp.op import bare

MOST = 32  # numbers, those of forward first
MOST_THINGS = 300  # functions and objects that are looked into
ADAPTERS = "mlp.adapters"
FOREIGN = {*sys.stdlib_module_names, "numpy", "scipy", "torch", "jax", "mlp"}
CLOSE = 0.1  # of the larger one
LARGEST = 1000.0  # in size: exp of more overflows
OPERATIONS: Mapping[type[ast.AST], Callable[..., Any]] = {
    ast.USub: operator.neg,
    ast.UAdd: operator.pos,
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}


def numbers_in(*functions: Callable[..., Any]) -> tuple[float, ...]:
    """Return the finite numbers in the code of these functions and of what they call; 0 first.

    Each stands beside its negative, which is what an absolute value is compared with. Between two
    that are close, a bound in forward and another in backward, their middle comes as well.
    """
    found = dict.fromkeys([0.0])
    seen: dict[int, Any] = {}
    for function in functions:
        for number in _of(function, seen):
            if abs(number) <= LARGEST and len(found) < MOST:
                found |= dict.fromkeys((number, -number))
    return (*found, *_between(found))[: MOST + 1]


def _between(numbers: Iterable[float]) -> Iterator[float]:
    """Yield the middle of each two neighbours that are close."""
    for low, high in pairwise(sorted(numbers)):
        if high - low <= CLOSE * max(abs(low), abs(high)):
            yield (low + high) / 2


def _of(thing: Any, seen: dict[int, Any], owner: Any = None) -> Iterator[float]:
    """Yield the numbers of a function, then those of what it names; of an object, what it holds."""
    function, options = bare(thing)
    owner = getattr(function, "__self__", owner)
    function = getattr(function, "__func__", function)
    function = inspect.unwrap(function) if inspect.isfunction(function) else function
    code = getattr(function, "__code__", None)
    known = function if code is None else code
    if id(known) in seen or len(seen) > MOST_THINGS:
        return
    seen[id(known)] = known
    yield from _numbers(options.values())
    if not inspect.isfunction(function):
        yield from _inside(function, seen)
        return
    cells, names = _enclosed(function), function.__globals__
    if names.get("__name__", "").startswith(ADAPTERS):  # what it adapts is in it
        for held in (*cells.values(), owner):
            yield from _of(held, seen)
        return
    yield from _numbers(_defaults(function))
    tree, values = _parsed(function), {**names, **cells, "self": owner}
    yield from _expressions(tree, values) if tree else _numbers(function.__code__.co_consts)
    own = (names.get(name, _held(owner, name)) for name in function.__code__.co_names)
    for other in (*cells.values(), *(f for f in own if not _is_foreign(f))):
        yield from _of(other, seen, owner)


def _inside(thing: Any, seen: dict[int, Any]) -> Iterator[float]:
    """Yield the numbers of what a class, an object or a container holds, level after level."""
    kind = thing if inspect.isclass(thing) else type(thing)
    held: list[Any] = []
    if isinstance(thing, (list, tuple, dict)):
        held = [*(thing.values() if isinstance(thing, dict) else thing)]
    elif not inspect.ismodule(thing) and hasattr(thing, "__dict__"):
        held = [*vars(thing).values()]
        held += [
            value for base in kind.__mro__ if not _is_foreign(base) for value in vars(base).values()
        ]
    yield from _numbers(held)
    for value in held[:MOST_THINGS]:
        yield from _of(value, seen, thing)


def _enclosed(function: Any) -> dict[str, Any]:
    """Return what a function has of those around it."""
    cells = zip(function.__code__.co_freevars, function.__closure__ or (), strict=True)
    with contextlib.suppress(ValueError):  # one of them is not there yet
        return {name: cell.cell_contents for name, cell in cells}
    return {}


def _is_foreign(thing: Any) -> bool:
    """Tell whether a package has written a function that is known to many."""
    package = (getattr(thing, "__module__", None) or "").partition(".")[0]
    return package in FOREIGN


def _held(owner: Any, name: str) -> Any:
    """Return what stands under a name in an object, without calling anything of it."""
    return inspect.getattr_static(owner, name, None)


def _defaults(function: Any) -> list[Any]:
    return [*(function.__defaults__ or ()), *(function.__kwdefaults__ or {}).values()]


def _numbers(values: Iterable[Any]) -> Iterator[float]:
    return (float(value) for value in values if is_number(value))


def _parsed(function: Any) -> ast.AST | None:
    """Return the syntax of a function, None where its source cannot be had by itself."""
    try:
        return ast.parse(textwrap.dedent(inspect.getsource(function)))
    except (OSError, TypeError, SyntaxError):  # typed at a prompt; a lambda in the midst of a line
        return None


def _expressions(node: ast.AST, names: Mapping[str, Any]) -> Iterator[float]:
    """Yield the values of the largest expressions that are numbers, but for powers and indices."""
    value = _value(node, names)
    if is_number(value):
        yield float(value)
        return
    match node:
        case ast.BinOp(base, ast.Pow(), _):
            children: Iterable[ast.AST] = [base]
        case ast.Subscript(array, _):
            children = [array]
        case _:
            children = ast.iter_child_nodes(node)
    for child in children:
        yield from _expressions(child, names)


def _value(node: ast.AST, names: Mapping[str, Any]) -> Any:
    """Return what an expression of numbers stands for, or an object that is no number."""
    match node:
        case ast.Constant(value):
            return value
        case ast.Name(name):
            return names.get(name)
        case ast.Attribute(ast.Name(name), attribute):
            return _held(names.get(name), attribute)
        case ast.UnaryOp(operation, operand):
            return _worked_out(operation, _value(operand, names))
        case ast.BinOp(left, operation, right):
            return _worked_out(operation, _value(left, names), _value(right, names))
    return None


def _worked_out(operation: ast.AST, *operands: Any) -> Any:
    """Return the result of an operation on numbers; None where there is none."""
    work = OPERATIONS.get(type(operation))
    if work is None or not all(map(is_number, operands)):
        return None
    try:
        return work(*operands)
    except (ArithmeticError, ValueError):
        return math.nan
