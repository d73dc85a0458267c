"""What a factor may be: a constant, a number in the code, a size, or a function of the argument.

Tested in tests/gradcheck/diagnosis/test_factors.py.
"""

import inspect
import math
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np

from mlp.gradcheck.block import Vector
from mlp.gradcheck.diagnosis.evidence import Evidence

EXACT = 1e-6  # relative distance of a factor from the size that it is said to be


def factor_named(seen: Evidence, c: float) -> str:
    """Say which size a factor equals, if one; and of which other it is the root."""
    if named := _named(c, _constants(seen)):
        return named
    said: dict[bool, str] = {}
    for size, what in _sizes(seen):
        if size < 2:
            continue
        for value, spelled, root in (
            (size, f"{size}", False),
            (1 / size, f"it is 1/{size}; {size}", False),
            (size**0.5, f"it is √{size}; {size}", True),
            (size**-0.5, f"it is 1/√{size}; {size}", True),
        ):
            if abs(c - value) < EXACT * value:
                said.setdefault(root, f"{spelled} is {what}")
    if not said:
        return _named(c, _literals(seen.problem.functions[0]))
    return "".join(f"; {'or ' * (k > 0)}{text}" for k, text in enumerate(said.values()))


def _named(c: float, constants: Iterable[tuple[float, str]]) -> str:
    """Say which constant a factor is, or its inverse."""
    for value, what in constants:
        for number, spelled in ((value, "it is "), (1 / value, "it is 1/")):
            if abs(c - number) < EXACT * number:
                return f"; {spelled}{what}, {value:g}"
    return ""


def _literals(forward: Callable[..., Any]) -> Iterator[tuple[float, str]]:
    """Yield the numbers that forward reads: by name, around it, and those in its own code."""
    written = getattr(forward, "py_func", forward)  # of what numba compiles
    if not inspect.isfunction(written):
        return
    code, around = written.__code__, inspect.getclosurevars(written)
    for name, value in {**around.globals, **around.nonlocals}.items():
        if isinstance(value, float) and 0 < value < math.inf:
            yield value, name
    for value in code.co_consts:
        if isinstance(value, float) and 0 < value < math.inf:
            yield value, "a number in the code of forward"


def _constants(seen: Evidence) -> Iterator[tuple[float, str]]:
    """Yield the numbers that a factor may be: arguments and, of them, what is left to 1."""
    own = seen.probe.line.block.name
    for block in (*seen.problem.others, *seen.problem.blocks):
        if block.value.ndim == 0 and block.name != own and 0 < block.value < math.inf:
            yield float(block.value), block.name
            if block.value < 1:
                yield 1 - float(block.value), f"(1 - {block.name})"


def _sizes(seen: Evidence) -> Iterator[tuple[int, str]]:
    """Yield the sizes that a factor may be, with what they are."""
    yield 2, "what the derivative of a square brings"
    named = [
        (seen.problem.names[b.position], b.value)
        for b in (*seen.problem.blocks, *seen.problem.others)
    ]
    for name, value in named[:1]:
        if value.ndim:
            what = "batch size" if value.ndim > 1 else f"length of {name}"
            yield len(value), f"n, the {what}: mean or sum?"
    for name, value in named:
        yield from ((n, f"{name}.shape[{k}]") for k, n in enumerate(value.shape))
        yield value.size, f"the number of entries of {name}: mean or sum?"
    for shape, _ in seen.problem.sizes:
        yield from ((n, f"shape[{k}] of the result") for k, n in enumerate(shape))
        yield math.prod(shape), "the number of entries of the result: mean or sum?"


def expit(x: Vector) -> Vector:
    """Return σ(x), without SciPy's half second."""
    half: Vector = (1 + np.tanh(x / 2)) / 2
    return half


FACTORS: dict[str, Callable[[Vector], Vector]] = {  # of arguments that stand for another quantity
    "exp({})": np.exp,
    "{}": lambda x: x,
    "1/{}": lambda x: 1 / x,
    "1/(2 √{})": lambda x: 0.5 / np.sqrt(np.abs(x)),
    "2 {}": lambda x: 2 * x,
    "1/{}²": lambda x: 1 / x**2,
    "σ({})": expit,
    "σ({0}) (1 - σ({0}))": lambda x: expit(x) * expit(-x),
    "1 - tanh({})²": lambda x: 1 - np.tanh(x) ** 2,
}
