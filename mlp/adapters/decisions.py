"""Where the operations of a framework decide: how near each is to deciding otherwise.

    jump    the result leaps there: comparisons, floor, sign, argmax, the order of a sort
    bend    it only turns: relu, abs, max, clamp, a norm at 0

A gap is what must close for a decision to change; beside it stands how fast it does along the
direction. Tested in tests/test_decisions.py.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from mlp.tangent import Trail


@dataclass(frozen=True)
class Moving:
    """A tensor on its way through one operation, as arrays."""

    value: Any
    dot: Any  # its tangent, 0 where it does not move


Operands: TypeAlias = Sequence[Any]  # of one operation: Moving for tensors, else as given
Gaps: TypeAlias = Iterator[tuple[Any, Any]]  # how far a decision is, and how fast that changes


@dataclass(frozen=True)
class Decisions:
    """What is known of the operations of a framework, by their names."""

    jumps: dict[str, Callable[..., Gaps]]
    bends: dict[str, Callable[..., Gaps]]
    ordered: frozenset[str]  # bends that may return places: where these are used, it may leap
    unknown: frozenset[str]  # they decide inside, and do not say where

    def record(self, trail: Trail, name: str, operands: Operands, *, plain: bool) -> None:
        """Record the decisions of one operation, or lose the trail where they are not known.

        ``plain`` is whether its result, or a part of it, holds no floats.
        """
        if name in self.unknown or (plain and name not in self.jumps and name not in self.bends):
            raise trail.lose(f"{name}(), whose decisions are not known,")
        leaps = name in self.jumps or (plain and name in self.ordered)
        for gap, gap_dot in (self.jumps.get(name) or self.bends.get(name) or never)(*operands):
            if leaps:
                trail.jumps(gap, gap_dot)
            if name in self.bends:
                trail.bends(gap, gap_dot)


def words(text: str) -> frozenset[str]:
    """Return the names in a text."""
    return frozenset(text.split())


def by_name(*rows: tuple[Callable[..., Gaps], str]) -> dict[str, Callable[..., Gaps]]:
    """Return a table of gaps by the names of operations, of which a row may hold several."""
    return {name: near for near, names in rows for name in names.split()}


def value_of(x: Any) -> Any:
    """Return the numbers of an operand."""
    return x.value if isinstance(x, Moving) else x


def dot_of(x: Any) -> Any:
    """Return the tangent of an operand."""
    return x.dot if isinstance(x, Moving) else 0.0


def between(a: Any, b: Any = 0.0, *_: Any) -> Gaps:
    """Yield the gap between two operands."""
    yield np.subtract(value_of(a), value_of(b)), np.subtract(dot_of(a), dot_of(b))


def at_bounds(x: Any, *bounds: Any) -> Gaps:
    """Yield the gap to each bound that there is."""
    for bound in bounds[:2]:
        if bound is not None:
            yield from between(x, bound)


def at(*places: float) -> Callable[..., Gaps]:
    """Return the gaps to fixed places."""
    return lambda x, *_: (gap for place in places for gap in between(x, place))


def both_sides(x: Any, size: Any = 0.5, *_: Any) -> Gaps:
    """Yield the gaps to ± a size."""
    yield from between(x, size)
    yield from between(x, -size)


def at_integers(x: Any, *_: Any) -> Gaps:
    """Yield the gap to the nearest integer."""
    yield value_of(x) - np.rint(value_of(x)), dot_of(x)


def at_halves(x: Any, decimals: Any = 0, *_: Any) -> Gaps:
    """Yield the gap to the nearest number halfway between two that are kept."""
    scaled = value_of(x) * 10.0**decimals
    yield scaled - np.floor(scaled) - 0.5, dot_of(x) * 10.0**decimals


def at_quotients(a: Any, b: Any, *_: Any) -> Gaps:
    """Yield the gap of a quotient to the nearest integer."""
    u, v = value_of(a), value_of(b)
    yield u / v - np.rint(u / v), (dot_of(a) - u / v * dot_of(b)) / v


def from_top(x: Any, axis: Any = None, *_: Any, sign: int = 1) -> Gaps:
    """Yield the gaps between the largest entry and the others, along an axis or several."""
    axes = tuple(range(x.value.ndim)) if axis in (None, []) else tuple(np.atleast_1d(axis))
    moved = [np.moveaxis(a, axes, range(-len(axes), 0)) for a in (x.value, x.dot)]
    kept = x.value.ndim - len(axes)
    value, dot = (a.reshape(*a.shape[:kept], -1) for a in moved)
    best = (sign * value).argmax(axis=-1)[..., None]
    others = np.arange(value.shape[-1]) != best
    gap, gap_dot = (np.take_along_axis(a, best, -1) - a for a in (value, dot))
    yield gap[others], gap_dot[others]


def from_bottom(x: Any, axis: Any = None, *_: Any) -> Gaps:
    """Yield the gaps between the smallest entry and the others."""
    yield from from_top(x, axis, sign=-1)


def in_order(x: Any, *given: Any) -> Gaps:
    """Yield the gaps between neighbours in order, along the axis that is given, else any."""
    axes = [a for a in given if isinstance(a, int) and not isinstance(a, bool)]
    for axis in {a for a in axes if -x.value.ndim <= a < x.value.ndim} or range(x.value.ndim):
        order = np.argsort(x.value, axis=axis, kind="stable")
        value, dot = (np.take_along_axis(a, order, axis) for a in (x.value, x.dot))
        yield np.diff(value, axis=axis), np.diff(dot, axis=axis)
    if not axes and x.value.ndim != 1:
        order = np.argsort(x.value, axis=None, kind="stable")
        yield np.diff(x.value.ravel()[order]), np.diff(np.ravel(x.dot)[order])


def at_zero_size(x: Any, *_: Any) -> Gaps:
    """Yield the size of a vector, whose norm turns at 0, and of each of its entries."""
    yield np.linalg.norm(x.value), np.linalg.norm(x.dot)
    yield x.value, x.dot


def in_windows(x: Any, window: Any, strides: Any, border: Any, dilation: Any) -> Gaps:
    """Yield the gaps between the largest entry of each window and the others of a pool.

    All are given for every axis, ``border`` as pairs.
    """
    reach = [d * (w - 1) + 1 for d, w in zip(dilation, window, strict=True)]
    each = tuple(slice(None, None, step) for step in (*strides, *dilation))

    def windows(a: Any, outside: float) -> Any:
        wide = np.pad(a, border, constant_values=outside)
        views = np.lib.stride_tricks.sliding_window_view(wide, reach)[each]
        return views.reshape(*views.shape[: x.value.ndim], -1)

    with np.errstate(invalid="ignore"):  # outside from outside
        gaps = from_top(Moving(windows(x.value, -np.inf), windows(x.dot, 0.0)), -1)
        yield from ((np.nan_to_num(gap, nan=np.inf), gap_dot) for gap, gap_dot in gaps)


def never(*_: Any) -> Gaps:
    """Yield no gap."""
    yield from ()
