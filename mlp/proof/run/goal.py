"""What is to be proved of which arguments:  their shapes, from a signature and lengths of axes.

    (n,d)        an array of a small size
    (n) labels   classes 0 .. c−1
    (n)|(n,c)    each alternative
    (...)        an array of any shape: two by two, or two where that has too many regions
    elsewhere    no two lengths are alike, and none is a small number such as stands in a formula

Tested in tests/proof/run/test_goal.py.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from math import prod
from typing import Any, TypeAlias

import numpy as np

from mlp.op import Wrt, arguments, bare, label_positions, positions_of, wrt_of
from mlp.signature import ANY_SHAPE, parse

Lengths: TypeAlias = tuple[int, ...]

SIZES = {"n": 2, "d": 3, "h": 2, "m": 2, "c": 2}
OTHERWISE = 2
ANY = ((2, 2), (2,))  # what stands for (...), one after the other
MOST_LABELS = 256  # vectors of labels
ELSEWHERE = (5, 7, 6, 9, 8, 11, 10, 13, 12, *range(14, 99))  # in the order in which axes stand
ANY_ELSEWHERE = (4, 6)


@dataclass(frozen=True)
class Goal:
    """A forward, a backward, and the arguments to differentiate by."""

    forward: Callable[..., Any]
    backward: Callable[..., Any]
    names: tuple[str, ...]
    shapes: tuple[tuple[Lengths, ...], ...]  # of each argument, by alternative
    wrt: tuple[int, ...]
    labels: frozenset[int]
    classes: int

    @property
    def spelled(self) -> dict[str, str]:
        """The shape of each argument, as text."""
        return {
            name: " or ".join(map(str, alternatives))
            for name, alternatives in zip(self.names, self.shapes, strict=True)
        }


def goals_of(
    forward: Callable[..., Any],
    backward: Callable[..., Any],
    signature: str | None,
    wrt: Wrt,
    labels: str | Sequence[str],
    sizes: Mapping[str, Any],
    elsewhere: tuple[str | None, Mapping[str, int]] | None = None,
) -> list[Goal]:
    """Return the goal, the largest arrays of any shape first, and last the goal at other lengths.

    What does not fit raises ValueError, in one line.
    """
    other, lengths = elsewhere or (signature, sizes)
    goals = partial(_goals, forward, backward, wrt, labels)
    small = [goal for shrunk in (False, True) for goal in goals(signature, sizes, shrunk=shrunk)]
    there = goals(other, lengths, elsewhere=True)
    return [*{goal.shapes: goal for goal in small}.values(), *there]


def _goals(
    forward: Callable[..., Any],
    backward: Callable[..., Any],
    wrt: Wrt,
    labels: str | Sequence[str],
    signature: str | None,
    sizes: Mapping[str, Any],
    *,
    elsewhere: bool = False,
    shrunk: bool = False,
) -> list[Goal]:
    signature = signature or getattr(bare(forward)[0], "shapes", None)
    if signature is None:
        raise ValueError("prove: forward has no @shapes: pass shapes='(n,d),(d,m)->(n,m)'")
    groups, returned = parse(signature)
    taken = arguments(forward)  # none are known of a ufunc
    names = tuple(p.name for p in taken if p.default is p.empty)
    names = names if taken else tuple(f"x{i}" for i in range(len(groups)))
    if len(names) != len(groups):
        raise ValueError(f"prove: forward takes {', '.join(names)}, but shapes is {signature!r}")
    axes = dict.fromkeys(a for axes in _flat([*groups, *returned]) for a in axes)
    lengths = _lengths([*axes], sizes, elsewhere=elsewhere, shrunk=shrunk)
    refusal = "prove: no argument {came!r} of forward, which takes {names}"
    annotated = {i for i in label_positions(forward) if i < len(names)}
    holding = annotated | {*positions_of(labels, names, refusal)}
    classes = lengths[_axis_of_classes(groups, returned, holding, signature)] if holding else 0
    alternatives = [
        tuple(
            tuple(anything if axes == ANY_SHAPE else tuple(lengths[a] for a in axes) for axes in g)
            for g in groups
        )
        for anything in ([ANY_ELSEWHERE] if elsewhere else ANY)
    ]
    vectors = classes ** sum(prod(alternatives[0][i][0]) for i in holding)
    if vectors > MOST_LABELS and not elsewhere:
        raise ValueError(
            f"prove: {vectors} vectors of labels, more than {MOST_LABELS}: choose a smaller n or c"
        )
    by = wrt_of(forward) if wrt is None else wrt
    others = tuple(i for i in range(len(names)) if i not in holding)
    positions = others if by is None else positions_of(by, names, refusal)
    return [
        Goal(forward, backward, names, shapes, positions, frozenset(holding), classes)
        for shapes in dict.fromkeys(alternatives)
    ]


def _flat(groups: Any) -> list[list[str]]:
    """Return the axes of each alternative of each group."""
    return [[a for a in axes if a != "..."] for group in groups for axes in group]


def _axis_of_classes(groups: Any, returned: Any, holding: set[int], signature: str) -> str:
    """Return the axis that labels count: c, or one that forward makes, or one that it sums out.

    That of scores (n,k), of a table of rows (v,d), of weights (d,k) behind X (n,d): an axis that
    forward does not return and that stands in one matrix alone, where there is one.
    """
    labelled = {a for i in holding for a in min(_flat([groups[i]]), key=len)}  # (n)|(n,c): one-hot
    others = _flat(group for i, group in enumerate(groups) if i not in holding)
    made = {a for axes in _flat(returned) for a in axes}
    taken = dict.fromkeys(a for axes in others for a in axes[::-1] if a not in labelled)
    found = [*(made - {*taken} - labelled), *taken]
    if "c" in found:
        return "c"
    if not found:
        raise ValueError(f"prove: labels need an axis c of classes, but shapes is {signature!r}")

    def unlikely(axis: str) -> tuple[bool, bool, int]:
        matrices = sum(axis in axes for axes in others if len(axes) > 1)
        return axis in taken, axis in made, matrices or len(groups)

    return min(found, key=unlikely)


def _lengths(
    axes: Sequence[str], sizes: Mapping[str, Any], *, elsewhere: bool, shrunk: bool
) -> dict[str, int]:
    """Return the length of every axis; shrunk, the first is 1 and no other more than 2."""
    for name, size in sizes.items():
        if name not in axes:
            raise ValueError(f"prove: no axis {name} in shapes, but {', '.join(axes) or 'none'}")
        if not isinstance(size, (int, np.integer)) or size < 1:
            raise ValueError(f"prove: {name} must be a positive int, but is {size!r}")
    given = {axis: int(axis) for axis in axes if axis.isdigit()}
    given |= {axis: int(size) for axis, size in sizes.items()}
    if elsewhere:
        return other_lengths(axes, given, ELSEWHERE)
    usual = {axis: SIZES.get(axis, OTHERWISE) for axis in axes}
    if shrunk and len(axes) > 1:
        usual = {axis: min(length, 2) for axis, length in usual.items()} | {axes[0]: 1}
    return usual | given


def other_lengths(
    axes: Iterable[str],
    given: Mapping[str, int],
    lengths: Iterable[int],
    before: Mapping[str, int] | None = None,
) -> dict[str, int]:
    """Return lengths of axes, no two alike and none as before; those given stay."""
    found = dict(given)
    for axis in axes:
        if axis not in found:
            taken = {(before or {}).get(axis), *found.values()}
            found[axis] = next(length for length in lengths if length not in taken)
    return found
