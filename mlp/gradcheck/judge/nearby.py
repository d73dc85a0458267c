"""Points nearby: close to the one given, off its kinks, or farther, where what is dead may wake.

They are drawn by a generator, so that a report can be repeated, and keep to the bounds.
"""

import numpy as np

from mlp.gradcheck.block import Anything, Block
from mlp.gradcheck.grain import grid, jolted
from mlp.gradcheck.line import Place
from mlp.gradcheck.problem import Raised


def place_nearby(
    place: Place,
    rng: np.random.Generator,
    distance: float,
    *,
    everything: bool = False,
    each: bool = False,
    turn: int = 1,
) -> Place | None:
    """Return a place at this distance, relative to each block's scale; None where forward fails.

    With ``each`` the distance is relative to each entry, so that small ones beside a large one stay
    in their landscape too. What nothing is differentiated by stays as it is, unless everything is
    to move. By a generator of the same seed and the turn -1 it is the place on the opposite side.
    """
    problem = place.problem
    changes = []
    for b in (*problem.blocks, *(problem.others if everything else ())):
        size = own_scale(b) if each else b.scale
        step = turn * distance * size * rng.uniform(0.5, 1.5, b.value.shape)
        step *= rng.choice([-1.0, 1.0], b.value.shape)
        changes.append((b, shifted(b, step)))
    other = problem.at(changes)
    try:
        base = other.forward()
    except Raised:
        return None
    if not np.isfinite(base).all():
        return None
    grain = grid(other, base, jolted(other, base, rng), rng)
    return Place(other, base, place.unit, grain, place.jitter, place.least)


def own_scale(block: Block) -> Anything:
    """Return the size of each entry; the least of the others for one that is 0."""
    size = np.abs(block.value)
    least = size[size > 0].min(initial=block.scale)
    return np.asarray(np.where(size > 0, size, least))


def shifted(block: Block, step: Anything) -> Anything:
    """Return the value of a block one step away, inside its bounds."""
    moved = block.value + step
    if block.low is not None:
        beyond = (moved < block.low) | (moved > block.high)
        moved = np.where(beyond, block.value - step, moved).clip(block.low, block.high)
    return np.asarray(moved, dtype=block.value.dtype)
