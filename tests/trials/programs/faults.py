"""Mistakes inside a backward: one operation's cotangent changed, or one of its ways left out.

    sign        the cotangent of one operation with the other sign
    factor      times 2, ½, 1.1, 0.99, n, 1/n
    row         one row of it forgotten, doubled, or given to the next
    column      the same for one column
    entry       the same for one entry
    mean        its mean along an axis taken off, as where a normalisation has a term too many
    branch      an array is used twice, and one of the two ways is forgotten

Each is linear in the cotangent, so that arithmetic alone can find it.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Fault:
    """A mistake at one place of the tape."""

    kind: str
    place: int = -1  # whose cotangent is changed
    change: Callable = lambda g: g
    dropped: tuple[int, int] = (-1, -1)  # the way that is left out: of which operation, which one


def scaled(factor, index=...):
    """Return the change that multiplies a part of the cotangent."""

    def change(g):
        g = g.copy()
        g[index] *= factor
        return g

    return change


def slipped(axis):
    """Return the change that hands everything to the next row or column."""
    return lambda g: np.roll(g, 1, axis)


def line(rng, shape, axis):
    """Draw a row or a column, and what becomes of it."""
    if rng.random() < 0.25:
        return slipped(axis)
    index = [slice(None)] * len(shape)
    index[axis] = int(rng.integers(shape[axis]))
    return scaled(float(rng.choice([0, 2, -1])), tuple(index))


def sign(_, node):
    return lambda g: -g


def factor(rng, node):
    n = max(node.shape, default=1)
    return scaled(float(rng.choice([2, 0.5, 1.1, 0.99, *([n, 1 / n] if n > 1 else [])])))


def row(rng, node):
    return line(rng, node.shape, 0) if node.ndim == 2 and min(node.shape) > 1 else None


def column(rng, node):
    return line(rng, node.shape, node.ndim - 1) if node.ndim == 2 and min(node.shape) > 1 else None


def entry(rng, node):
    if node.size < 2:
        return None
    index = np.unravel_index(int(rng.integers(node.size)), node.shape)
    return scaled(float(rng.choice([0, 2, -1])), tuple(map(int, index)))


def mean(rng, node):
    axis = int(rng.integers(node.ndim)) if node.ndim else 0
    if node.size < 2 or node.shape[axis] < 2:
        return None
    return lambda g: g - g.mean(axis=axis, keepdims=True)


CHANGES = {f.__name__: f for f in (sign, factor, row, column, entry, mean)}
KINDS = (*CHANGES, "branch")


def fault(rng, kind, tape):
    """Draw a fault of this kind somewhere on a tape, or None where there is no room for it."""
    if kind == "branch":
        uses = Counter(x.place for node in tape for x, _ in node.ways)
        ways = [
            (node.place, k)
            for node in tape
            for k, (x, _) in enumerate(node.ways)
            if uses[x.place] > 1
        ]
        return Fault(kind, dropped=ways[rng.integers(len(ways))]) if ways else None
    node = tape[rng.integers(len(tape))]
    change = CHANGES[kind](rng, node)
    return None if change is None else Fault(kind, node.place, change)
