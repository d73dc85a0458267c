"""At a tie: entries whose gradients nearby change together, and whether by hand is a mean of them.

Tested in tests/gradcheck/judge/test_tied.py.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from mlp.gradcheck.block import Anything, Vector
from mlp.gradcheck.judge.hull import nearest

Moves: TypeAlias = dict[int, Anything]  # for some blocks, by number, a direction


@dataclass(frozen=True)
class Tied:
    """Entries, by block and number, whose gradients nearby change together.

    All values are relative to ``sizes``, the largest that each entry has.
    """

    entries: tuple[tuple[int, int], ...]
    sizes: Vector  # (n,)
    by_hand: Vector  # (n,)
    seen: Vector  # (k, n), without repetitions
    close: float  # what is no nearer is not the same
    complete: bool  # no later point showed anything new

    @property
    def admits(self) -> bool:
        """Whether by hand is as good as a mean of what was seen."""
        return bool((abs(self.excess()) <= self.close).all())

    def excess(self) -> Vector:
        """Return by how much by hand misses the nearest mean of what was seen."""
        return self.by_hand - nearest(self.seen, self.by_hand)

    def aside(self) -> Vector:
        """Return the part of by hand along which all that was seen is the same."""
        spread = self.seen[1:] - self.seen[0]
        off = self.by_hand - self.seen[0]
        shares = np.linalg.lstsq(spread.T, off, rcond=self.close)[0]
        left: Vector = off - spread.T @ shares
        return left

    def moves(self, excess: Vector, like: Sequence[Anything], scales: Sequence[float]) -> Moves:
        """Return the direction along which by hand claims too much, no entry faster than scale."""
        speeds = excess / self.sizes
        fastest = max(abs(s) / scales[b] for s, (b, _) in zip(speeds, self.entries, strict=True))
        moves: Moves = {}
        for speed, (b, i) in zip(speeds / fastest, self.entries, strict=True):
            moves.setdefault(b, np.zeros(like[b].shape)).flat[i] = speed
        return moves


def labelled(values: Vector, apart: float) -> Vector:
    """Give the values of each column numbers, the same one to those that are close."""
    order = values.argsort(axis=0)
    steps = np.diff(np.take_along_axis(values, order, axis=0), axis=0) > apart
    counted = np.concatenate([np.zeros((1, values.shape[1]), int), steps.cumsum(axis=0)])
    labels = np.empty_like(counted)
    np.put_along_axis(labels, order, counted, axis=0)
    return labels


def linked(labels: Vector) -> Iterator[list[int]]:
    """Yield the groups of columns in which not every value meets every other one."""
    count = labels.max(axis=0) + 1
    links = np.eye(len(count), dtype=bool)
    for i, column in enumerate(labels.T):
        met = np.sort(column[:, None] * count.max() + labels, axis=0)
        links[i] |= (np.diff(met, axis=0) > 0).sum(axis=0) + 1 < count[i] * count
    links |= links.T
    rest = set(range(len(count)))
    while rest:
        group, fresh = set(), {min(rest)}
        while fresh:
            group |= fresh
            fresh = {*np.flatnonzero(links[[*fresh]].any(axis=0)).tolist()} - group
        rest -= group
        yield sorted(group)
