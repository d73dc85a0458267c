"""Does what was proved at small sizes hold at others?  A few points, looked at in many digits.

At small sizes lengths coincide: with n = 2, 2/n and 1 are the same. So after a proof both functions
run at lengths that all differ and of which none is small:

    Σ dO ∂O/∂x ẋ  =  Σ backward · ẋ      along a random direction ẋ, and if not, entry by entry

The left side is an exact derivative (dual.py), so that a difference is no matter of rounding: what
is refuted here is wrong. Where the code cannot run at such lengths, nothing is said. Tested in
tests/proof/run/test_elsewhere.py.
"""

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from mlp import tree
from mlp.proof.report import Counterexample
from mlp.proof.run.arrays import as_exact, lifted
from mlp.proof.run.dual import Duals
from mlp.proof.run.question import Case, Question, cotangents, floats

MOST = 5000  # numbers in all arguments
DIFFERENT = 1e-6  # of the largest term; a constant that is no simple number is 1e-16 off
GRID = 64  # coordinates are odd multiples of 1/128
RANGES = ((-2, 2), (0, 1))  # where points lie: of both signs; and probabilities


@dataclass(frozen=True)
class Seen:
    """What was found: false where no counterexample was."""

    verdict: str = ""
    reason: str = ""
    counterexample: Counterexample | None = None
    error: Exception | None = None  # that backward raises

    def __bool__(self) -> bool:
        return bool(self.verdict)


def look(question: Question) -> Seen | None:
    """Look for a counterexample at a few points; return None where the code cannot run."""
    ran = False
    for case in question.some_cases():
        if len(case.symbols) > MOST:
            continue
        for seed, (low, high) in enumerate(RANGES):
            try:
                seen = _Point(question, case, seed, low, high).seen()
            except Exception:  # noqa: BLE001, S112  # a stranger's code, at lengths it may not take
                continue
            if seen:
                return seen
            ran = True
    return Seen() if ran else None


class _Point:
    """A point and a cotangent, at which both functions run."""

    def __init__(self, question: Question, case: Case, seed: int, low: int, high: int) -> None:
        self.question, self.case, self.record = question, case, Duals()
        self.random = random.Random(seed)  # noqa: S311  # no secret: the same points every time
        self.point = {s: self._draw(low, high) for s in case.symbols}
        output = self._forward({})
        self.cotangents = cotangents(output)
        handed = [s for leaf in tree.flat(self.cotangents) for s in leaf.flat]
        self.dO = {s: self._draw(-2, 2) for s in handed}

    def _draw(self, low: int, high: int) -> Fraction:
        return Fraction(2 * self.random.randrange(low * GRID, high * GRID) + 1, 2 * GRID)

    def seen(self) -> Seen:
        """Return what is found here."""
        try:
            returned = self._pulled()
        except Exception as error:
            if self._raises_on_floats():
                return Seen("not proved", error=error)
            raise
        gradients: dict[Any, Any] = {}
        for i, pulled in zip(self.question.wrt, returned, strict=True):
            name, x = self.question.names[i], self.case.arguments[i]
            if pulled is None:
                continue
            if np.shape(pulled) != x.shape:
                said = f"the gradient must have the shape {x.shape} of {name}"
                return Seen("refused", f"{said}, but its shape is {np.shape(pulled)}")
            gradients |= zip(x.flat, self._values(pulled), strict=True)
        direction = {s: self._draw(-2, 2) for s in gradients}
        by_hand = [g * self.record.lift(direction[s]).value for s, g in gradients.items()]
        if _differ(by_hand, self._true(direction)):
            for s, g in gradients.items():
                true = self._true({s: Fraction(1)})
                if _differ([g], true):
                    return Seen("refused", counterexample=self._entry(s, g, sum(true)))
        return Seen()

    def _entry(self, s: Any, by_hand: Any, true: Any) -> Counterexample:
        """Return the entry of a symbol as a counterexample."""
        i, index = next(
            (i, index)
            for i in self.question.wrt
            for index, other in np.ndenumerate(self.case.arguments[i])
            if other == s
        )
        point = {str(symbol): value for symbol, value in (self.point | self.dO).items()}
        name = self.question.names[i]
        return Counterexample(name, index, float(by_hand), float(true), point, self.case.said)

    # the two functions

    def _forward(self, direction: Mapping[Any, Fraction]) -> Any:
        return self.question.forward(*self._arguments(direction))

    def _true(self, direction: Mapping[Any, Fraction]) -> list[Any]:
        """Return the terms of the derivative of the sum of dO times forward in a direction."""
        moved = [
            e.slope for leaf in tree.flat(self._forward(direction)) for e in self._lifted(leaf)
        ]
        return [self.record.lift(d).value * m for d, m in zip(self.dO.values(), moved, strict=True)]

    def _pulled(self) -> list[Any]:
        """Return what backward returned, as a list with one gradient for each argument."""
        handed = tree.rebuilt(
            self.cotangents, lambda a: self._array(a.shape, [self.dO[s] for s in a.flat])
        )
        returned = self.question.backward(handed, *self._arguments({}))
        return self.question.gradients(returned)

    def _raises_on_floats(self) -> bool:
        """Tell whether forward takes plain floats of these lengths, and backward does not."""
        point = [floats(a, self.point) for a in self.case.arguments]
        output = self.question.forward(*[a.copy() for a in point])
        dO = tree.rebuilt(output, lambda leaf: np.ones(np.shape(leaf)))
        try:
            self.question.backward(dO, *point)
        except Exception:  # noqa: BLE001  # a stranger's code
            return True
        return False

    def _arguments(self, direction: Mapping[Any, Fraction]) -> list[Any]:
        """Return the arguments as numbers that move in a direction."""
        return [
            self._array(
                a.shape, *([of.get(s, 0) for s in a.flat] for of in (self.point, direction))
            )
            if a.dtype == object
            else a.copy()
            for a in self.case.arguments
        ]

    def _array(self, shape: tuple[int, ...], values: Any, slopes: Any = None) -> Any:
        """Return an array of numbers; a single one as itself."""
        numbers = [self.record.lift(value) for value in values]
        for number, slope in zip(numbers, slopes or (), strict=False):
            number.slope = slope and self.record.lift(slope).value
        if not shape:
            return numbers[0]
        out = np.empty(len(numbers), dtype=object)
        out[:] = numbers
        return as_exact(self.record, out.reshape(shape))

    def _lifted(self, array: Any) -> Iterator[Any]:
        """Yield the entries of an array or a number."""
        for entry in np.ravel(np.asarray(array, dtype=object)):
            yield lifted(self.record, entry)

    def _values(self, array: Any) -> list[Any]:
        return [entry.value for entry in self._lifted(array)]


def _differ(one: list[Any], other: list[Any]) -> bool:
    """Tell whether two sums clearly differ."""
    size = max(map(abs, (*one, *other)), default=0)
    return bool(abs(sum(one) - sum(other)) > DIFFERENT * size)
