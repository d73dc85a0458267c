"""A gradient that is right in a set that the argument lies in, and wrong among all arrays.

Cholesky's factor of a symmetric S reads one triangle; by hand often spreads its gradient over both.
Along every symmetric direction the two agree. So it is with a gradient projected onto the tangent
plane of unit vectors, of rotations, or of what sums to 1. Whether that was meant only its author
can say, so it stays wrong, and is told how to say it. Tested in
tests/gradcheck/diagnosis/test_sets.py and tests/test_structured.py.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from mlp.gradcheck.block import Anything
from mlp.gradcheck.charts import SETS, is_symmetric
from mlp.gradcheck.directions import direction
from mlp.gradcheck.probe import Probe

SHARP = 1e-4  # of what is compared: the widest error bar that shows agreement
ON = 64.0  # units in the last place that a point may lie off its set


@dataclass(frozen=True)
class Set:
    """A set: whether arrays lie in it, their directions that do not leave it, and how to say so."""

    word: str
    holds: Callable[[Anything], bool]
    project: Callable[[Anything, Anything], Anything]  # of a point and a direction
    said: str  # with {x} for the argument


def _linear(word: str, spoken: str, holds: Callable[[Anything], bool]) -> Set:
    said = f"right for {spoken} {{x}}: if it always is, say along={{{{{{x!r}}: {word!r}}}}}"
    return Set(word, lambda x: _is_square(x) and holds(x), lambda _, d: SETS[word](d), said)


def _is_square(x: Anything) -> bool:
    return x.ndim > 1 and x.shape[-1] == x.shape[-2] > 1


def _is_triangle(word: str) -> Callable[[Anything], bool]:
    """Tell matrices of a triangle that are not diagonal, which is both."""
    return lambda x: bool((SETS[word](x) == x).all() and (np.triu(np.tril(x)) != x).any())


def _is_one(x: Anything) -> bool:
    return bool(np.abs(x - 1).max(initial=0.0) <= ON * np.finfo(x.dtype).eps)


def _is_rotation(x: Anything) -> bool:
    if not _is_square(x) or not np.isfinite(x).all():
        return False
    back = np.swapaxes(x, -1, -2) @ x
    return _is_one(back - np.eye(x.shape[-1]) + 1) and bool((np.linalg.det(x) > 0).all())


def _turning(R: Anything, d: Anything) -> Anything:
    """Return the part of a direction along which a rotation turns."""
    own = np.swapaxes(R, -1, -2) @ d
    return np.asarray(R @ (own - np.swapaxes(own, -1, -2)) / 2)


ALL = (
    Set(
        "simplex",
        lambda x: x.shape[-1] > 1 and bool((x >= 0).all()) and _is_one(x.sum(-1)),
        lambda _, d: d - d.mean(-1, keepdims=True),
        "right for {x} that sums to 1: if it always does, "
        "say along={{{x!r}: P}} with P(d) = d - d.mean(-1, keepdims=True)",
    ),
    Set(
        "unit",
        lambda x: x.shape[-1] > 1 and _is_one((x * x).sum(-1)),
        lambda u, d: d - u * (u * d).sum(-1, keepdims=True),
        "right for a unit vector {x}: if it always is one, "
        "say retract={{{x!r}: f}} with f(x, xi) of length 1 along x + xi",
    ),
    Set(
        "rotation",
        _is_rotation,
        _turning,
        "right for a rotation {x}: if it always is one, "
        "say retract={{{x!r}: f}} with f(x, xi) the rotation nearest to x + xi",
    ),
    _linear("symmetric", "a symmetric", is_symmetric),
    _linear("lower", "a lower triangular", _is_triangle("lower")),
    _linear("upper", "an upper triangular", _is_triangle("upper")),
)
CURVED, LINEAR = ALL[:3], ALL[3:]


def among(probe: Probe, sets: tuple[Set, ...]) -> tuple[str, str] | None:
    """Return the first of some sets along which by hand is right, and words, or None."""
    block = probe.line.block
    x = block.value
    if block.chart or x.ndim == 0:
        return None
    again = direction(np.random.default_rng(x.size), block, probe.gradient)
    for one in sets:
        along = (np.asarray(d, x.dtype) for d in (probe.line.d, again))
        if one.holds(x) and all(_agrees(probe, one.project(x, d)) for d in along):
            return one.word, one.said.format(x=block.name)
    return None


def _agrees(probe: Probe, d: Anything) -> bool:
    """Tell whether by hand agrees with differences along a direction, sharply."""
    found = probe.along(np.asarray(d, probe.line.block.value.dtype))
    return found.agrees and not found.quiet and found.tolerance <= SHARP * found.scale
