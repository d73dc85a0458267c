"""What is to be said of a function of tensors that the numbers alone would not tell.

Tested in tests/peers/test_torch.py.
"""

import contextlib
from collections.abc import Iterator
from typing import Any

import numpy as np

from mlp import tree
from mlp.adapters.question import Question, same_bits
from mlp.adapters.torch_engine import Engine
from mlp.adapters.torch_tensors import as_array, functions_of
from mlp.gradcheck import Finding

FEW = 3  # names of Functions that a report says


def pulled_by(engine: Engine, args: tuple[Any, ...]) -> str:
    """Return the name of what differentiates: torch, and the Functions on its way back."""
    outs: list[Any] = []
    with contextlib.suppress(Exception), engine.repeatable():  # check says what it raises
        _, outs, _ = engine.run(tree.rebuilt(args, tree.copied))
    names = [f"{kind.__name__}.backward" for kind in functions_of(engine.th, outs)]
    shown = [", ".join([*names[:FEW], *["..."] * (len(names) > FEW)])] if names else []
    return " through ".join(["autograd", *shown])


def notes_of(engine: Engine, question: Question) -> Iterator[Finding]:
    """Look at the point for what the numbers alone would not tell."""
    for path, pattern in engine.patterns.items():
        yield pattern.note(engine.names[path[0]] + tree.spell(path[1:]))
    args = tree.rebuilt(question.point, tree.copied)
    try:
        outs = question.forward(*args)
        found = engine.pull(tree.rebuilt(outs, np.ones_like), args)
    except Exception:  # noqa: BLE001  # check calls the same code, and says what it raises
        yield from _miscounted(engine)
        return
    yield from _summed(engine, args)
    for path, leaf in tree.leaves(args):
        if path[0] not in engine.positions or path in found or not isinstance(leaf, np.ndarray):
            continue
        moved = np.asarray(leaf + (0.125 + 0.25 * np.abs(leaf)), leaf.dtype)
        if same_bits(outs, question.forward(*tree.replaced(args, {path: moved}))):
            engine.unused.add(path)
            continue
        name = engine.names[path[0]]
        said = "no gradient comes back, though the output depends on it"
        if path[0] in engine.strict:
            said += (
                ": a backward that returns None, or detach(), .data, .item() or NumPy on the "
                "way; taken as 0"
            )
        else:
            said += f"; if that is a mistake, pass wrt={name!r} or a tensor that requires_grad"
        yield Finding("missing", "note", name + tree.spell(path[1:]), said)


def _miscounted(engine: Engine) -> Iterator[Finding]:
    """Say that a backward returned too few gradients, or too many."""
    wanted = engine.own.names
    for came in engine.own.raw or ():
        if len(came) != len(wanted):
            said = (
                f"{engine.own.name}.backward returned {len(came)} gradients for the "
                f"{len(wanted)} arguments of forward ({', '.join(wanted)}); return one for "
                f"each, None for a constant"
            )
            yield Finding("shape", "fault", None, said)


def _summed(engine: Engine, args: tuple[Any, ...]) -> Iterator[Finding]:
    """Note gradients whose shape or dtype is right only because torch sums or casts them."""
    if engine.patterns:  # whose arrays have other shapes
        return
    for name, arg, g in zip(engine.own.names, args, *(engine.own.raw or [()]), strict=False):
        came = tuple(getattr(g, "shape", np.shape(arg)))
        kinds = as_array(engine.th, g), arg
        if all(isinstance(a, np.ndarray) for a in kinds) and len({a.dtype for a in kinds}) > 1:
            said = f"the gradient is {kinds[0].dtype}, the argument {arg.dtype}; torch casts it"
            yield Finding("dtype", "note", name, said)
        if came != np.shape(arg):
            said = (
                f"{engine.own.name}.backward returned a gradient of shape {came}, which torch "
                f"sums to the shape {np.shape(arg)} of {name}; sum it there"
            )
            yield Finding("shape", "note", name, said)
