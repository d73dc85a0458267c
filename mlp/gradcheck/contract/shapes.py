"""The form of a gradient: the shape and the dtype of its argument.

Whole numbers and booleans are judged by value: linear in the cotangent are those alone that are 0.
"""

import contextlib
from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np

from mlp.gradcheck.block import Anything, Block, Vector
from mlp.gradcheck.diagnosis.diagnose import diagnose_shape
from mlp.gradcheck.finding import Finding
from mlp.gradcheck.line import Place
from mlp.gradcheck.problem import Exhausted
from mlp.gradcheck.returned import CONSTANT, Misshapen, array_of

TANGENT = {
    (2, 2): ((), (1,)),
    (3, 3): ((3,),),
    (4, 4): ((6,),),
    (4,): ((3,),),
}  # of rotations, poses


def misshapen(
    place: Place, v: Vector, rng: np.random.Generator, block: Block, gradient: Any
) -> Iterator[Finding]:
    """Compare the shape and dtype of one gradient with its argument's."""
    fault = partial(Finding, "shape", "fault", block.name)
    if gradient is None or gradient is CONSTANT:
        return
    if isinstance(gradient, (tuple, list)):
        yield fault(f"the gradient must be one array, but it is a {type(gradient).__name__}")
        return
    try:
        came = array_of("the gradient", gradient)
    except Misshapen as why:
        yield fault(str(why))
        return
    if came.dtype.kind not in "fiub":
        yield fault(f"the gradient must hold real numbers, but its dtype is {came.dtype}")
    elif came.shape != block.value.shape:
        said = (
            f"the gradient must have the shape {block.value.shape} of {block.name}, but its shape "
            f"is {came.shape}{_explain(came.shape, block)}"
        )
        found = None
        with contextlib.suppress(Exhausted):
            found = diagnose_shape(place, block, v, came, rng)
        if found:
            said += f"\n{found.text}"
        yield fault(said, diagnosis=found.name if found else None)
    elif came.dtype != block.value.dtype:
        said = f"the gradient is {came.dtype}, the argument {block.value.dtype}"
        yield Finding("dtype", "note", block.name, said)
    if came.shape == block.value.shape and came.dtype.kind in "iub" and came.any():
        yield Finding("cotangent", "fault", block.name, _whole(came))


def _whole(came: Anything) -> str:
    """Say that a gradient of whole numbers, or of booleans, cannot be right."""
    kind, like = (
        ("booleans", "`return x > 0`") if came.dtype.kind == "b" else ("integers", "a sign")
    )
    return (
        f"the gradient holds {kind}, as {like} does, so it is not linear in its cotangent; "
        f"multiply by the cotangent, and round nothing"
    )


def _explain(came: tuple[int, ...], block: Block) -> str:
    """Say what a wrong shape looks like."""
    wanted = block.value.shape
    if came in TANGENT.get(wanted, ()):
        return f": in tangent coordinates? say retract={{{block.name!r}: f}} with f(x, 0) = x"
    if len(came) > len(wanted) and came[len(came) - len(wanted) :] == wanted:
        return ": not summed over the batch (axis 0)?"
    if came[::-1] == wanted:
        return ": transposed?"
    if [n for n in came if n != 1] == [n for n in wanted if n != 1]:
        return ": an axis of size 1 too many or too few (keepdims?)"
    if np.prod(came) == np.prod(wanted):
        return ": the right number of entries, so a reshape is missing?"
    return ""
