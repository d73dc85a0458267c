"""Does what was proved at small sizes hold at others?  A few points, looked at in many digits.

At small sizes lengths coincide: with n = 2, 2/n and 1 are the same. So after a proof both functions
run at lengths that all differ and of which none is small:

    Σ dO ∂O/∂x ẋ  =  Σ backward · ẋ      along a random direction ẋ, and if not, entry by entry

The left side is an exact derivative (dual.py), so that a difference is no matter of rounding: what
is refuted here is wrong. Where the code cannot run at such lengths, nothing is said. Tested in
tests/proof/run/test_elsewhere.py.
"""

import random
from collections.abc import Mapping
from fractions import Fraction
from functools import partial
from typing import Any

import numpy as np

from mlp import tree
from mlp.proof.report import Counterexample
from mlp.proof.run.answer import Concluded, named
from mlp.proof.run.arrays import entries, moving
from mlp.proof.run.choice import Choice, Make, choices, floats
from mlp.proof.run.goal import Goal
from mlp.proof.run.reach import either_way, reach_of

MOST = 5000  # numbers in all arguments
DIFFERENT = 1e-6  # of the largest term; a constant that is no simple number is 1e-16 off
GRID = 64  # coordinates are odd multiples of 1/128
RANGES = ((-2, 2), (0, 1))  # where points lie: of both signs; and probabilities


def runs_elsewhere(goal: Goal) -> bool:
    """Tell whether both functions ran at a few points; raise Concluded where one refutes them."""
    ran = False
    for choice in choices(goal, drawn=True):
        for seed, (low, high) in enumerate(RANGES if len(choice.symbols) <= MOST else ()):
            try:
                _Run(choice, seed, low, high).compare()
            except Concluded:
                raise
            except Exception:  # noqa: BLE001, S112  # a stranger's code, at lengths it may not take
                continue
            ran = True
    return ran


class _Run:
    """Both functions at one point, in numbers of many digits."""

    def __init__(self, choice: Choice, seed: int, low: int, high: int) -> None:
        self.choice = choice
        self.random = random.Random(seed)  # noqa: S311  # no secret: the same points every time
        self.point = {s: self._draw(low, high) for s in choice.symbols}
        self.reach = reach_of(None)  # one for both functions: what forward keeps, backward finds
        make = self._moving({})
        self.cotangents = either_way(lambda reach: choice.cotangents(make, reach), self.reach)
        self.dO = {s: self._draw() for leaf in tree.flat(self.cotangents) for s in leaf.flat}
        self.point |= self.dO

    def _draw(self, low: int = -2, high: int = 2) -> Fraction:
        return Fraction(2 * self.random.randrange(low * GRID, high * GRID) + 1, 2 * GRID)

    def _moving(self, direction: Mapping[Any, Fraction]) -> Make:
        return partial(moving, point=self.point, direction=direction)

    def compare(self) -> None:
        """Raise Concluded where backward is not the derivative here."""
        gradients: dict[Any, tuple[str, tuple[int, ...], Any]] = {}
        for name, wanted, pulled in self.choice.gradients(self._pulled()):
            by_hand = () if pulled is None else entries(pulled)
            places = zip(np.ndenumerate(wanted), by_hand, strict=False)
            gradients |= {s: (name, index, e) for (index, s), e in places}
        direction = {s: self._draw() for s in gradients}
        moved = [(e * direction[s]).value for s, (_, _, e) in gradients.items()]
        if not _differ(moved, self._true(direction)):
            return
        for s, (name, index, e) in gradients.items():
            true = self._true({s: Fraction(1)})
            if _differ([e.value], true):
                numbers = float(e.value), float(sum(true))
                point = {str(symbol): x for symbol, x in self.point.items()}
                found = Counterexample(name, index, *numbers, point, self.choice.said)
                raise Concluded("refused", counterexample=found)

    def _pulled(self) -> Any:
        """Return what backward returns; raise Concluded where it fails on plain floats, too."""
        try:
            return either_way(
                lambda reach: self.choice.pulled(self.cotangents, self._moving({}), reach),
                self.reach,
            )
        except Exception as error:
            on_floats = partial(floats, point=self.point)
            self.choice.output(on_floats)
            try:
                self.choice.pulled(self.cotangents, on_floats)
            except Exception:  # noqa: BLE001  # a stranger's code
                raise Concluded("not proved", f"backward raises {named(error)}") from error
            raise

    def _true(self, direction: Mapping[Any, Fraction]) -> list[Any]:
        """Return the terms of the derivative of the sum of dO times forward in a direction."""
        make = self._moving(direction)
        outputs = tree.flat(
            either_way(lambda reach: self.choice.output(make, reach), reach_of(None))
        )
        made = [e for leaf in outputs for e in entries(leaf)]
        return [(d * e).slope for d, e in zip(self.dO.values(), made, strict=True)]


def _differ(one: list[Any], other: list[Any]) -> bool:
    """Tell whether two sums clearly differ."""
    size = max(map(abs, (*one, *other)), default=0)
    return bool(abs(sum(one) - sum(other)) > DIFFERENT * size)
