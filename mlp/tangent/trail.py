"""What a run with tangents passed on its way: how near its decisions were, and what it lost.

A tangent knows the branch that was taken and no other. So each decision leaves the step along the
direction at which, to first order, it would have gone the other way: a *jump* where the result then
leaps (a comparison that selects, floor, argmax), a *bend* where it only turns (max, abs, sort).
Tested in tests/tangent/test_trail.py.
"""

import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from mlp import standins

if TYPE_CHECKING:
    from types import FrameType

HERE = (str(Path(__file__).parent), standins.__file__)
LIBRARIES = tuple(str(Path(module.__file__ or "").parent) for module in (np,))


class Lost(TypeError):  # noqa: N818  # NumPy takes a TypeError from __array__ for what it is
    """Forward goes where its tangent cannot follow; the text says what, and at which line."""


class Numerals(Protocol):
    """What computes in more digits than floats have; digits.py does, where mpmath is installed."""

    unit: Any  # of the last place, relative
    linalg: Any  # with inv, solve and det

    def made(self, a: Any) -> Any:
        """Return an array of such numbers."""

    def function(self, ufunc: Any, trail: "Trail") -> Callable[..., Any]:
        """Return what a ufunc is for them, or lose the run."""

    def names(self, trail: "Trail") -> dict[str, Any]:
        """Return what the names in a line of the tables are for them."""


LEVELS = 64  # a usual whole number from which on they are steps of a grid, and no classes or counts


@dataclass
class Trail:
    """The record of one run; every array of that run carries it, so that nothing is global.

    ``rng`` rounds each operation at random where it is given: three such runs show how far
    rounding moves a tangent. ``digits`` computes in fifty digits instead of floats.
    """

    rng: np.random.Generator | None = None
    digits: "Numerals | None" = None
    strict: bool = False  # what does not move must not be lost either: its rounding counts
    decisions: list[bytes] | None = None  # which way each went, where that is asked for
    work: int = 0  # entries that were computed
    rests: int = 0  # decisions that were met at their edge, and stay there along the direction
    jump: float = np.inf  # step along the direction at which the nearest jump happens
    bend: float = np.inf  # and the nearest bend; 0 is a tie
    cast: bool = False  # a value was rounded to fewer digits than it had
    past: bool = False  # what rounds passes the tangent on: the formula before it is meant
    undefined: bool = False  # 0 · ∞ was met: a derivative that is not finite, where nothing moves
    lost: list[str] = field(default_factory=list)
    libraries: tuple[str, ...] = LIBRARIES  # folders of code that is not the user's
    reach: Any = field(default=None, repr=False)  # how its code is reached (code.py)

    def lose(self, what: str) -> Lost:
        """Return the error for a tangent lost here; it is kept, for user code may eat it."""
        said = f"{what} at {_line_of_user(self.libraries)}"
        self.lost.append(said)
        return Lost(said)

    def jumps(self, gap: Any, gap_dot: Any) -> None:
        """Record a decision that makes the result leap where the gap closes."""
        self.decided(np.greater(gap, 0), np.less(gap, 0))
        if self.digits is None:
            self.jump = min(self.jump, step_to_close(gap, gap_dot))
            self.rests += int(np.sum((np.asarray(gap) == 0) & (np.asarray(gap_dot) == 0)))

    def bends(self, gap: Any, gap_dot: Any) -> None:
        """Record a decision at which the result only turns."""
        self.decided(np.greater(gap, 0), np.less(gap, 0))
        if self.digits is None:
            self.bend = min(self.bend, step_to_close(gap, gap_dot))

    def decided(self, *outcomes: Any) -> None:
        """Record which way decisions went: signs, places, whole numbers."""
        if self.decisions is not None:
            self.decisions += [np.asarray(o, np.float64).tobytes() for o in outcomes]

    def grid(self, whole: Any) -> bool:
        """Tell whether whole numbers are a fine grid, and what rounds to it is looked past."""
        return self.past and bool(np.median(np.abs(whole)) >= LEVELS) if np.size(whole) else False

    def of(self, ufunc: Any) -> Callable[..., Any]:
        """Return a ufunc as this run computes it: NumPy's own, or in fifty digits."""
        return self.digits.function(ufunc, self) if self.digits else ufunc

    def plain(self, value: Any) -> Any:
        """Return what a decision has made of values, as floats: it carries no tangent."""
        return np.asarray(value, np.float64)[()] if self.digits else value

    def exact(self, what: str) -> None:
        """Lose a run in fifty digits, for this is only known in floats."""
        if self.digits:
            raise self.lose(f"{what} has no rule in fifty digits")

    def kept(self, value: Any) -> Any:
        """Return what a function of NumPy has made of values, if it has kept their digits."""
        if self.digits and np.asarray(value).dtype != object:
            self.exact("what makes floats of them")
        return value

    def rounded(self, value: Any, units: int = 1, within: Any = None) -> Any:
        """Return a result as it is, or moved by units in the last place at random.

        That is the last place of its own dtype, or of another within which it is computed with.
        """
        if self.rng is None:
            return value
        if self.digits and np.asarray(value).dtype.kind == "O":
            unit = self.digits.unit
        elif np.asarray(value).dtype.kind in "fc":
            unit = np.finfo(within or np.asarray(value).dtype).eps
        else:
            return value
        return value * (1 + unit * self.rng.integers(-units, units + 1, np.shape(value)))


def step_to_close(gap: Any, gap_dot: Any) -> float:
    """Return the smallest step to either side at which a gap closes that changes at this rate."""
    gap, gap_dot = np.broadcast_arrays(np.abs(gap), np.abs(gap_dot))
    moves = gap_dot > 0
    if not moves.any():
        return np.inf
    with np.errstate(all="ignore"):
        steps = gap[moves] / gap_dot[moves]
    return float(np.nan_to_num(steps, nan=0.0, posinf=np.inf).min())


def _line_of_user(libraries: tuple[str, ...]) -> str:
    """Return file and line of the innermost frame that is neither ours nor a library's."""
    frame: FrameType | None = sys._getframe(2)  # noqa: SLF001  # inspect.stack reads every file
    outermost = ""
    while frame is not None:
        name = frame.f_code.co_filename
        if not name.startswith((*HERE, *libraries, "<__array_function__")):
            return f"{Path(name).name}:{frame.f_lineno}"
        outermost = outermost or f"{Path(name).name}:{frame.f_lineno}"
        frame = frame.f_back
    return outermost
