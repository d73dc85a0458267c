"""At a tie: the gradients nearby, of which by hand may be a limit, or a mean of limits.

Around a kink forward is smooth almost everywhere. What its gradients tend to, on all sides, and the
means of that, are its generalised gradient (Clarke 1983), and no other answer is right at the kink:
derivations/13-finite-differences.md. One coordinate alone does not show it. A sort of three tied
numbers has limits outside the slopes to the left and right; the maximum of two has both slopes, 0
and 1, in each of them, but only shares that sum to 1, for along (1, 1) it is smooth.

So backward is asked at points nearby, on all sides, and believed where differences agree with it
there. Entries whose gradients change together form a group, across arguments too. By hand is
admitted where it is a mean of what a group's gradients were. Where it is none, the way to the
nearest mean is a direction in which it claims too much, and forward is measured along it: here to
both sides, and at more points nearby. By hand is refused if it lies outside of all those slopes.

Tested in tests/gradcheck/judge/test_limits.py.
"""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from mlp.gradcheck.block import Anything, Vector
from mlp.gradcheck.judge.nearby import shifted
from mlp.gradcheck.judge.spot import COARSE, FINE, Spot
from mlp.gradcheck.judge.tied import Moves, Tied, labelled, linked
from mlp.gradcheck.line import DOUBLE, Place
from mlp.gradcheck.numbers.ladder import TRUST
from mlp.gradcheck.problem import Raised
from mlp.gradcheck.returned import Misshapen
from mlp.tree import spell

Side: TypeAlias = tuple[int, int, int]  # a block, whether it grows or falls, who is ahead
Pulled: TypeAlias = list[Anything | None]  # of every block, None where declared constant

POINTS = 64  # nearby, at most
MORE = 256  # where by hand lies outside the slopes of an entry, and is wrong unless it is a limit
STALE = 6  # times as many as were different, in a row, that show nothing new: then all is seen
LEAST = 12  # points in a row, where few were different
NUMBERS = 2**24  # in all gradients that are kept, at most
FEWEST = 4  # points for which there must be room
WINDOW = 96  # entries that may be tied to each other
WINDOWS = 4
FRESH = 8  # points at which a direction is tried


@dataclass(frozen=True)
class Beyond:
    """A direction along which by hand lies outside all slopes of forward, here and nearby."""

    names: tuple[str, ...]  # of the entries that move
    by_hand: float
    low: float
    high: float


@dataclass
class Limits:
    """The gradients around a place, and what they say of by hand there; for the block ``own``."""

    place: Place
    v: Vector
    by_hand: Pulled
    own: int
    rng: np.random.Generator
    points: int = POINTS

    def __post_init__(self) -> None:
        """Ask backward at points nearby."""
        blocks = self.place.problem.blocks
        single = any(block.single for block in blocks) or self.place.unit > DOUBLE
        self.fineness = COARSE if single else FINE
        self.scales = [block.scale for block in blocks]
        self.shared = [self.own]  # the blocks whose gradients are right nearby
        self.seen: list[Pulled] = []  # without repetitions
        self.complete = False
        self._gather()
        self.groups = [*self._groups()] if self.seen else []

    def admits(self, i: int) -> bool:
        """Tell whether by hand is a mean of gradients nearby in the group of the own entry i."""
        group = self._group(i)
        return group is not None and group.admits

    def doubts(self, i: int) -> bool:
        """Tell whether more gradients meet in the own entry i than were seen."""
        group = self._group(i)
        return group is not None and not group.complete

    def _group(self, i: int) -> Tied | None:
        return next((g for g in self.groups if (self.own, i) in g.entries), None)

    def beyond(self) -> Beyond | None:
        """Return a direction that proves by hand wrong, if there is one."""
        for group in self._own():
            excess = group.excess() if group.complete else group.aside()
            off = (abs(excess) > 4 * group.close).any()
            if off and (found := self._measured(group, excess)):
                return found
        return None

    @property
    def misses(self) -> bool:
        """Whether by hand is no mean of the gradients nearby, by little for this cotangent."""
        return any(group.complete and not group.admits for group in self._own())

    def _own(self) -> Iterator[Tied]:
        return (g for g in self.groups if any(b == self.own for b, _ in g.entries))

    # ------------------------------------------------------------------ what backward says nearby

    def _gather(self) -> None:
        """Collect gradients that are right nearby, until there are no new ones."""
        room = NUMBERS // sum(block.value.size for block in self.place.problem.blocks)
        turns, stale = min(self.points, room) if room >= FEWEST else 0, 0
        for turn, side in enumerate(itertools.islice(self._sides(), turns)):
            found = self._gradients(side, first=not self.seen)
            if found is not None:
                new = not any(self._same(found, other) for other in self.seen)
                self.seen += [found] * new
                stale = 0 if new else stale + 1
            elif turn >= FEWEST and not self.seen:
                return  # backward is wrong nearby, or cannot be judged
            self.complete = stale >= max(LEAST, STALE * len(self.seen))
            if self.complete:
                return

    def _sides(self) -> Iterator[Side | None]:
        """Yield the ways in which code breaks ties: one block up or down, the first or last ahead.

        Then None, for random ways. The first is random, too: by it the blocks are chosen.
        """
        yield None
        yield from itertools.product(self.shared, (1, -1), (1, -1))
        while True:
            yield None

    def _gradients(self, side: Side | None, *, first: bool) -> Pulled | None:
        """Return the gradients at a point nearby, None where they are not right there."""
        spot = self._spot(side)
        if spot is None:
            return None
        try:
            found = spot.problem.gradients(self.v)
        except (Raised, Misshapen):
            return None
        if first:
            alone = (i for i, g in enumerate(found) if g is not None and i != self.own)
            shared = [i for i in alone if self._right(spot, found, [i])]
            self.shared = sorted([self.own, *shared])
        return found if self._right(spot, found, self.shared) else None

    def _spot(self, side: Side | None = None) -> Spot | None:
        """Return a point nearby: all moved at random, or the entries of one block in order."""
        changes = []
        for i, block in enumerate(self.place.problem.blocks):
            step = self.rng.uniform(0.5, 1.5, block.value.shape)
            step *= self.rng.choice([-1.0, 1.0], block.value.shape)
            if side and i == side[0]:
                ahead = np.linspace(0.5, 1.5, step.size)[:: side[2]].reshape(step.shape)
                step = side[1] * ahead
            elif side:
                step = step / 64
            changes.append((block, shifted(block, self.fineness.distance * block.scale * step)))
        problem = self.place.problem.at(changes)
        try:
            base = problem.forward()
        except Raised:
            return None
        return Spot(problem, base, self.v, self.place.noise(self.v))

    def _right(self, spot: Spot, found: Pulled, shared: Sequence[int]) -> bool:
        """Tell whether differences to both sides agree with some blocks' gradients, roughly."""
        moves: Moves = {}
        for i in shared:
            moves[i] = self.scales[i] * self.rng.uniform(0.5, 1.5, self.by_hand_of(i).shape)
            moves[i] *= self.rng.choice([-1.0, 1.0], moves[i].shape)
        products = [d * np.asarray(found[i], np.float64) for i, d in moves.items()]
        expected = sum(float(p.sum()) for p in products)
        size = float(np.sqrt(sum(float((p * p).sum()) for p in products)))
        noise = TRUST * spot.noise / self.fineness.step
        allowed = self.fineness.right * size + noise
        if noise > self.fineness.right * size > 0:
            return False
        return all(abs(q - expected) <= allowed for q in spot.quotients(moves, self.fineness.step))

    def _same(self, one: Pulled, other: Pulled) -> bool:
        """Tell whether two gradients are the same, but for the bend between their points."""
        pairs = [(i, np.asarray(one[i]), np.asarray(other[i])) for i in self.shared]
        sizes = [np.maximum(abs(a), abs(b)).max(initial=0.0) for _, a, b in pairs]
        return not any(
            (abs(a - b) > 4 * self.fineness.close * size).any()
            for (_, a, b), size in zip(pairs, sizes, strict=True)
        )

    def by_hand_of(self, i: int) -> Anything:
        """Return by hand of a block that is not declared constant."""
        return np.asarray(self.by_hand[i], np.float64)

    # ------------------------------------------------------------------ what belongs together

    def _groups(self) -> Iterator[Tied]:
        """Sort entries that change nearby, or are not what they are there, into groups."""
        blocks, numbers, sizes, here, seen = self._varying()
        order = np.lexsort((blocks, numbers))  # x[3] beside y[3]: what is tied is often near
        for start in range(0, min(len(order), WINDOWS * WINDOW), WINDOW):
            window = order[start : start + WINDOW]
            labels = labelled(seen[:, window], 4 * self.fineness.close)
            for together in linked(labels):
                chosen = window[together]
                _, first = np.unique(labels[:, together], axis=0, return_index=True)
                yield Tied(
                    tuple(zip(blocks[chosen].tolist(), numbers[chosen].tolist(), strict=True)),
                    sizes[chosen],
                    here[chosen],
                    seen[np.ix_(np.sort(first), chosen)],
                    self.fineness.close,
                    self.complete or bool(first.max() < len(seen) / 2),
                )

    def _varying(self) -> tuple[Vector, Vector, Vector, Vector, Vector]:
        """Return, of the entries in question: block, number, size, by hand, what was seen."""
        parts = []
        for i in self.shared:
            here = self.by_hand_of(i).ravel()
            seen = np.stack([np.asarray(g[i], np.float64).ravel() for g in self.seen])
            sizes = np.maximum(abs(seen).max(axis=0), abs(here))
            at = np.flatnonzero(abs(seen - here).max(axis=0) > self.fineness.close * sizes)
            parts.append((np.full(len(at), i), at, sizes[at], here[at], seen[:, at]))
        blocks, numbers, sizes, here, seen = (
            np.concatenate(p, axis=-1) for p in zip(*parts, strict=True)
        )
        return blocks, numbers, sizes, here / sizes, seen / sizes

    # ------------------------------------------------------------------ what forward says of it

    def _measured(self, group: Tied, excess: Vector) -> Beyond | None:
        """Measure forward along the way to the nearest mean, here and at fresh points nearby."""
        problem, noise = self.place.problem, self.place.noise(self.v)
        moves = group.moves(excess, [block.value for block in problem.blocks], self.scales)
        by_hand = sum(float((d * self.by_hand_of(i)).sum()) for i, d in moves.items())
        here, fine = Spot(problem, self.place.base, self.v, noise), self.fineness
        slopes = [(q, h) for h in fine.steps for q in here.quotients(moves, h)]
        for spot in filter(None, (self._spot() for _ in range(FRESH))):
            slopes += [(q, fine.step) for q in spot.quotients(moves, fine.step)]
        reaches = [TRUST * noise / h + self._accepted(moves) for _, h in slopes]
        low = min(q - reach for (q, _), reach in zip(slopes, reaches, strict=True))
        high = max(q + reach for (q, _), reach in zip(slopes, reaches, strict=True))
        clear = (high - low) / 2 if group.complete else 4 * (high - low)  # then slopes are one
        if not max(low - by_hand, by_hand - high) > clear:  # so, too, for NaN
            return None
        names = tuple(
            f"{problem.blocks[b].name}{spell((*map(int, np.unravel_index(i, moves[b].shape)),))}"
            for (b, i), d in zip(group.entries, excess, strict=True)
            if abs(d) > self.fineness.close
        )
        return Beyond(names, by_hand, low, high)

    def _accepted(self, moves: Moves) -> float:
        """Return what by hand may be off along a direction by design: accept=."""
        blocks = self.place.problem.blocks
        return sum(
            blocks[i].accept * float(abs(self.by_hand_of(i)).max() * abs(d).sum())
            for i, d in moves.items()
            if blocks[i].accept
        )
