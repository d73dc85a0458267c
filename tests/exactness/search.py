"""A hunt for the worst inputs: keep those that are most off, change them a little, and look again.

    python tests/exactness --search [op ...] [--rounds 200] [--seed N] [--float32]

An individual is a number, or a row with its cotangent and targets. What is found belongs into
``sample.FOUND`` and ``sample.FOUND_ROWS``, where every later measurement meets it again.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from exactness import sample, trials
from exactness.functions import TRUTH
from exactness.goals import SUBNORMAL, goal

POPULATION, KEPT = 120, 20


@dataclass
class Worst:
    """The worst individual that was met: its error as a share of the goal, and its arrays."""

    share: float = -1.0
    units: float = 0.0
    arrays: tuple[Any, ...] = ()

    @property
    def where(self):
        """The arrays as they can be pasted, every digit of them."""
        return ", ".join(repr(a.tolist()) for a in self.arrays)


def fresh(rng, name, dtype, count):
    """Draw individuals from the sample, as arrays whose first axis counts them."""
    if name in TRUTH:
        return (rng.choice(sample.numbers(dtype, 0.2, int(rng.integers(2**32))), count),)
    c = int(rng.choice([2, 2, 3, 4, 7]))
    Z = np.array([sample.KINDS[rng.integers(len(sample.KINDS))](rng, c) for _ in range(count)])
    Z = Z.astype(dtype)
    if name.startswith("cross_entropy"):
        Z = sample.probabilities(rng, count, c, dtype)
    if name == "squared_error":
        return sample.predictions(rng, Z)
    return Z, sample.cotangents(rng, Z), sample.targets(rng, Z), rng.integers(c, size=count)


def changed(rng, arrays, name):
    """Return individuals a little or much changed, a few entries of each."""
    moved = [a if a.dtype.kind == "i" else nudged(rng, a, name) for a in arrays]
    if len(moved) == 4:  # a cotangent keeps its size, 10 at most but for what its row has in common
        common = np.median(arrays[1], axis=1, keepdims=True)
        moved[1] = np.clip(moved[1], common - 10, common + 10)
    return tuple(moved)


def nudged(rng, A, name):
    """Move some entries by a few ULPs, or by a share of themselves; copy one over another."""
    units = np.round(rng.choice([-1, 1], A.shape) * 2.0 ** rng.uniform(0, 30, A.shape))
    share = 10.0 ** rng.uniform(-12, -0.5, A.shape) * rng.choice([-1, 1], A.shape)
    step = np.where(rng.random(A.shape) < 0.5, units * np.spacing(A), share * A)
    moved = np.where(rng.random(A.shape) < 0.5, A + step, A)
    if A.ndim == 2 and not name.startswith("cross_entropy"):
        i, j, k = rng.integers(len(A), size=len(A) // 8), *rng.integers(A.shape[1], size=2)
        moved[i, j] = moved[i, k]
    limit = np.finfo(A.dtype).max / 4
    if name.startswith("cross_entropy"):
        moved = np.clip(moved, 4 * np.finfo(A.dtype).tiny, 1)
    return np.clip(moved, -limit, limit).astype(A.dtype)


def tried(name, direction, arrays):
    """Yield (individual, trial) for a population; a loss is tried row by row."""
    if name in TRUTH:
        yield slice(None), trials.one_way(name, direction, arrays[0])
        return
    for i in range(len(arrays[0])):
        one = tuple(a[i : i + 1] for a in arrays)
        if name == "squared_error":
            made = trials.squares(*one)
        elif name.startswith("cross_entropy"):
            made = trials.probabilities(one[0], np.abs(one[2]), one[3])
        else:
            made = trials.softmax_family(*one)
        yield i, next(t for t in made if (t.op, t.direction) == (name, direction))


def shares(library, name, direction, arrays):
    """Return how much of its goal each individual uses up, and the errors in ULPs."""
    used, units = np.zeros((2, len(arrays[0])))
    dtype = arrays[0].dtype
    for i, trial in tried(name, direction, arrays):
        off, normal, lost = trials.units(trials.called(library, trial), trial)
        limit = np.where(normal, max(0.5, goal(name, direction, dtype)), SUBNORMAL)
        part = np.where(lost, np.inf, off / limit)
        used[i], units[i] = (
            (part, off) if name in TRUTH else (part.max(), off[part == part.max()][0])
        )
    return used, units


def climb(library, name, direction, dtype, rng, rounds):
    """Return the worst individual of an op in one direction, after so many rounds from a start."""
    worst = Worst()
    arrays = fresh(rng, name, dtype, POPULATION)
    for _ in range(rounds):
        used, units = shares(library, name, direction, arrays)
        order = np.argsort(-used, kind="stable")[:KEPT]
        if used[order[0]] > worst.share:
            best = tuple(a[order[0]] for a in arrays)
            worst = Worst(float(used[order[0]]), float(units[order[0]]), best)
        kept = tuple(a[order] for a in arrays)
        children = tuple(np.repeat(a, POPULATION // KEPT - 1, axis=0) for a in kept)
        children = changed(rng, children, name)
        arrays = tuple(np.concatenate(pair) for pair in zip(kept, children, strict=True))
    return worst


def hunt(library, name, direction, dtype, seed, rounds, starts=5):
    """Return the worst of several climbs."""
    rngs = np.random.default_rng(seed).spawn(starts)
    found = [climb(library, name, direction, dtype, rng, rounds // starts) for rng in rngs]
    return max(found, key=lambda w: w.share)
