"""At a tie: a point nearby, and the slopes of forward there to both sides.

Tested in tests/gradcheck/judge/test_spot.py.
"""

from dataclasses import dataclass

import numpy as np

from mlp.gradcheck.block import Vector
from mlp.gradcheck.judge.tied import Moves
from mlp.gradcheck.problem import Problem, Raised


@dataclass(frozen=True)
class Fineness:
    """How close is close, relative to an argument's scale, or to an entry."""

    distance: float  # of a point nearby
    step: float  # of a difference there
    steps: tuple[float, ...]  # of differences here, the last ones for what is no kink but sharp
    close: float  # entries this near are the same, but for the bend on the way
    right: float  # of ⟨backward, d⟩, that a difference may be off


FINE = Fineness(2.0**-16, 2.0**-26, (2.0**-18, 2.0**-22, 2.0**-30, 2.0**-38), 2.0**-11, 2.0**-6)
COARSE = Fineness(2.0**-10, 2.0**-13, (2.0**-10, 2.0**-12), 2.0**-6, 2.0**-4)  # single precision


@dataclass(frozen=True)
class Spot:
    """A point with what forward has there, and how noisy ⟨v, forward⟩ is."""

    problem: Problem
    base: Vector
    v: Vector
    noise: float

    def quotients(self, moves: Moves, h: float) -> tuple[float, float]:
        """Return the difference quotients along a direction of several blocks, to both sides."""
        right, left = (self._phi(moves, t) / t for t in (h, -h))
        return right, left

    def _phi(self, moves: Moves, t: float) -> float:
        changes = []
        for i, d in moves.items():
            block = self.problem.blocks[i]
            value = np.asarray(block.value + t * d, block.value.dtype)
            if not block.inside(value):
                return np.nan
            changes.append((block, value))
        try:
            return float(self.v @ (self.problem.forward(*changes) - self.base))
        except Raised:
            return np.nan
