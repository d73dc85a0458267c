"""The same cotangent in other strides: backward must read its numbers, not its memory.

What a framework hands over need not be contiguous: a transposition exchanges its axes, a flip makes
its strides negative, a slice leaves gaps between its rows, and a sum repeats one number by strides
of 0. A kernel that takes a pointer, or a `ravel("K")`, reads other numbers then. Behind all that is
laid out here memory goes on, and where no number belongs it holds NaN.

Right gradients may differ as well, for sums round otherwise in another order. How much is measured,
where bits differ at all: by what additivity leaves over, and by last places of the arguments.

Tested in tests/gradcheck/contract/test_strides.py.
"""

import math
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np

from mlp import tree
from mlp.gradcheck.block import Anything, Vector
from mlp.gradcheck.directions import largest, signed_uniform
from mlp.gradcheck.finding import Finding
from mlp.gradcheck.line import DOUBLE, SINGLE, Place
from mlp.gradcheck.probe import wavering
from mlp.gradcheck.problem import Problem, Raised
from mlp.gradcheck.returned import Misshapen

ROUNDINGS = 16.0  # times what rounding was seen to do, for each of the numbers that may be summed
MANY = 10**7  # entries of a result beyond which there is no room for gaps

Layout = Callable[[Anything], Anything]
Gradients = list[Anything | None]


def transposed(part: Anything) -> Anything:
    """Return an array whose first axis is dense: the transpose of a contiguous one."""
    return np.array(part, order="F")


def reversed_with_gaps(part: Anything) -> Anything:
    """Return an array that runs backwards, with gaps between its rows or, where it is one, numbers.

    Rows lie apart as those of a slice do, which `concatenate` hands to backward.
    """
    row = part.shape[-1] if part.ndim > 1 else 1
    room = np.full((2, *part.shape[: max(part.ndim - 1, 1)], row + 1), np.nan, part.dtype)
    laid = np.flip(room[0, ..., :row], 0)
    laid = laid if part.ndim > 1 else laid[..., 0]
    laid[...] = part
    return laid


def expanded(part: Anything) -> Anything:
    """Return the first number of an array in its shape, all strides 0."""
    room = np.full(part.shape, np.nan, part.dtype)
    room.flat[0] = part.flat[0]
    return np.ndarray(part.shape, part.dtype, room, strides=(0,) * part.ndim)


LAYOUTS: dict[str, Layout] = {
    "transposed": transposed,
    "with negative strides and gaps": reversed_with_gaps,
    "expanded, with strides of 0": expanded,
}


def misread(
    place: Place, v: Vector, rng: np.random.Generator, here: Gradients
) -> Iterator[Finding]:
    """Compare gradients for cotangents that are not contiguous with those for contiguous ones.

    ``here`` are the gradients for v, which are used up.
    """
    problem, accused = place.problem, set()
    sizes = [0.0 if g is None else largest(g) for g in here]
    for said, layout in LAYOUTS.items() if 1 < v.size <= MANY else ():  # one number has no strides
        if not _matters(problem, layout, v):
            continue
        same = layout is expanded  # one number, which a sum may round to one side each time
        w = _repeated(problem, v) if same else v
        if same:  # the last: a third of large gradients would be one more
            here[:] = problem.gradients(w)
        try:
            found = _pulled(problem, layout, w)
        except (Raised, Misshapen) as stop:
            yield _refusal(problem, said, stop)
            return
        for i, apart in _differing(place, here, found, sizes):
            rounding = _rounding(place, w, rng, here, i)
            terms = v.size if same else math.sqrt(v.size)
            allowed = ROUNDINGS * terms * rounding + problem.blocks[i].accept * sizes[i]
            if i not in accused and not apart <= allowed:  # NaN is not
                accused.add(i)
                off = apart / sizes[i] if sizes[i] else math.inf
                yield _accusation(problem.blocks[i].name, said, off)


def _matters(problem: Problem, layout: Layout, v: Vector) -> bool:
    """Tell whether a layout makes any part of the cotangent other than contiguous."""
    parts = tree.flat(tree.rebuilt(problem.cotangent(v), partial(_laid, layout)))
    return any(isinstance(part, np.ndarray) and not part.flags.c_contiguous for part in parts)


def _laid(layout: Layout, part: Any, *, writable: bool = False) -> Any:
    """Lay out one part of a cotangent; what is one number stays as it is."""
    if not isinstance(part, np.ndarray) or part.size <= 1:
        return part
    array = layout(part)
    if not writable:
        array.flags.writeable = False
    return array


def _pulled(problem: Problem, layout: Layout, v: Vector) -> Gradients:
    """Return the gradient of every block for the cotangent v, laid out so."""
    lay = partial(_laid, layout, writable=problem.writable)
    arguments = [tree.rebuilt(problem.cotangent(v), lay), *problem.arguments()]
    return problem.floats(problem.sort(problem.call(1, arguments, as_it_is=(0,))), copy=None)


def _repeated(problem: Problem, v: Vector) -> Vector:
    """Return v with the first number of each part of the result in place of all of them."""
    counts = [math.prod(shape) for shape, _ in problem.sizes]
    starts = np.cumsum([0, *counts[:-1]])
    return np.repeat(v[np.minimum(starts, v.size - 1)], counts)


def _differing(
    place: Place, contiguous: Gradients, found: Gradients, sizes: list[float]
) -> Iterator[tuple[int, float]]:
    """Yield the blocks whose gradients are farther apart than last places, and how far."""
    for i, (expected, came) in enumerate(zip(contiguous, found, strict=True)):
        if expected is None and came is None:
            continue
        if expected is None or came is None or came.shape != expected.shape:
            yield i, math.inf
        elif not (apart := _apart(expected, came)) <= ROUNDINGS * _unit(place, i) * sizes[i]:
            yield i, apart


def _apart(a: Anything, b: Anything) -> float:
    """Return the largest difference of two gradients; NaN where any is NaN."""
    return largest(a - b)


def _unit(place: Place, i: int) -> float:
    """Return the rounding unit of a gradient."""
    return max(place.unit, SINGLE if place.problem.blocks[i].single else DOUBLE)


def _rounding(
    place: Place, v: Vector, rng: np.random.Generator, contiguous: Gradients, i: int
) -> float:
    """Return what rounding makes of gradient i for contiguous cotangents near v."""
    gradient, w = contiguous[i], signed_uniform(rng, v, 9)
    if gradient is None:
        return 0.0
    both, other = (place.problem.gradients(x)[i] for x in (v + w, w))
    left_over = math.inf if both is None or other is None else _apart(gradient + other, both)
    moved = v * (1 + np.finfo(v.dtype).eps * rng.integers(-4, 5, v.shape))
    shaken = [_apart(gradient, pulled[i]) for pulled in wavering(place.problem, moved, rng)]
    known = _unit(place, i) * largest(gradient)
    return max(known, *filter(math.isfinite, [left_over, *shaken]), 0.0)  # off a domain it is NaN


def _accusation(name: str, said: str, apart: float) -> Finding:
    """Say that backward reads its cotangent's memory."""
    size = f"off by {apart:.0e} of its largest entry" if math.isfinite(apart) else "not its numbers"
    said = (
        f"wrong for a cotangent that is not contiguous ({said}): {size}; read it by its strides, "
        f"or make it contiguous first (np.ascontiguousarray)"
    )
    return Finding("cotangent", "fault", name, said)


def _refusal(problem: Problem, said: str, stop: Exception) -> Finding:
    """Tell of a backward that takes no such cotangent, or that returns another form for it."""
    problem.spent.raised = None
    reason = str(stop).partition("\n")[0]
    said = f"a cotangent that is not contiguous ({said}) is refused: {reason}"
    return Finding("cotangent", "fault" if isinstance(stop, Misshapen) else "note", None, said)
