"""The grid on which results lie: what a forward rounds away that its result does not show.

(cos x + k x) - k x comes in multiples of the last place of k x, and what is rounded at the end in
multiples of a decimal place. Both show in last digits, binary or decimal, that are always 0.
A ladder over such a grid may be even by luck; so its noise is known beforehand.
"""

import numpy as np

from mlp.gradcheck.block import Vector
from mlp.gradcheck.problem import Problem, Raised

MANY = 10**5  # results beyond which their roundings show by themselves
JOLTS, ROOM = 3, 60  # points at which a grid must show; calls left where so many can be spared
IDLE = 2.0**8  # last bits that are 0 by chance in one of so many results
DECIMALS = 16  # the last place that a result may be rounded to


def grid(problem: Problem, base: Vector, moved: Vector, rng: np.random.Generator) -> Vector:
    """Return the grid of each result, where it is coarser than rounding the result explains.

    ``base`` is forward at the point, ``moved`` at one nearby.
    """
    grain = np.full_like(base, np.inf)
    if base.size > MANY:  # so many roundings show by themselves
        return np.zeros_like(base)
    for k in range(JOLTS if problem.spent.left >= ROOM else 1):
        moved = moved if k == 0 else jolted(problem, base, rng)
        least = IDLE * np.spacing(np.maximum(np.abs(moved), np.abs(base)))
        found = _coarser(moved, least)
        found = np.where(base == 0, found, np.minimum(found, _coarser(base, least)))
        grain = np.where((moved == base) | (moved == 0), grain, np.minimum(grain, found))
        if not grain.any():
            break
    still = np.isinf(grain)  # what never moved may lie on the coarsest grid of the others
    grain[still] = grain[~still].max(initial=0.0)
    return grain


def _coarser(values: Vector, least: Vector) -> Vector:
    """Return the grid on which each number lies, 0 where it is finer than these."""
    found = np.maximum(lowest_bit(values), lowest_decimal(values, least))
    found[found < least] = 0.0
    return found


def lowest_bit(values: Vector) -> Vector:
    """Return the largest power of two that divides each number; 0 for 0."""
    mantissa, exponent = np.frexp(np.where(np.isfinite(values), values, 0.0))
    whole = (mantissa * 2.0**53).astype(np.int64)
    lowest: Vector = np.ldexp((whole & -whole).astype(np.float64), exponent - 53)
    return lowest


def lowest_decimal(values: Vector, least: Vector) -> Vector:
    """Return the last decimal place that each number needs, as a power of ten; 0 for none.

    It may be 0 as well where that is below ``least``, some last bits of the number: above, what
    needs more places than one needs more than the next.
    """
    lowest, coarsest = np.zeros_like(values), least.max()
    for digits in range(DECIMALS, 0, -1):
        place = 10.0**-digits
        hits = np.round(values, digits) == values
        lowest[hits] = place
        if place >= coarsest and not (hits & (values != 0)).any():
            break
    return lowest


def jolted(problem: Problem, base: Vector, rng: np.random.Generator) -> Vector:
    """Return forward with all blocks moved a little, off round numbers; base where it has none."""
    moves = []
    for b in problem.blocks:
        moved = np.asarray(rng.uniform(-1, 1, b.value.shape))
        moved *= 2**-10
        if b.chart is not None and not b.value.any():  # its steps start from 0
            moved *= b.scale
        else:
            moved += 1
            moved *= b.value
        moves.append((b, np.asarray(moved, dtype=b.value.dtype)))
    try:
        found = problem.forward(*moves)
    except Raised:
        return base
    return found if np.isfinite(found).all() else base
