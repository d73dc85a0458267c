"""What is known about a wrong gradient: some of its entries by hand and numeric, with error bars.

A mistake offers an explanation: what by hand would be if this were the mistake. It holds if it
explains every entry within its bar, and with them errors that stand out of the bars by far.
"""

import math
from dataclasses import dataclass

import numpy as np

from mlp.gradcheck.block import Anything, Vector
from mlp.gradcheck.diagnosis.jacobian import Jacobian, measure
from mlp.gradcheck.diagnosis.locate import Located
from mlp.gradcheck.probe import Probe
from mlp.gradcheck.problem import Problem

WHOLE = 64  # entries measured at most, in six evaluations each
WORK = 9 * 10**4  # numbers handled for them at most, unless these are the fewest
HUGE = 2 * 10**5  # numbers in one evaluation beyond which nothing more is measured
FEWEST = 9  # entries measured of an argument however large
CLEAR = 100.0  # an error supports a claim that is sharper by so much
USABLE = 0.75  # of the entries have a slope, or nothing is claimed


@dataclass(frozen=True)
class Explanation:
    """What by hand would be if this were the mistake, with the error bar of that."""

    name: str
    text: str
    candidate: Vector
    bar: Vector


@dataclass(frozen=True)
class Evidence:
    """What was measured: arrays over some of the argument's entries, which ``index`` selects.

    Without a Jacobian these are the entries that the search for wrong ones measured on its way.
    """

    probe: Probe
    index: tuple[Anything, ...]
    by_hand: Vector
    numeric: Vector
    bar: Vector
    jacobian: Jacobian | None = None

    @property
    def slack(self) -> float:
        """The rounding of by hand."""
        return 64 * self.probe.unit * float(np.abs(self.by_hand).max())

    @property
    def axes(self) -> tuple[Anything, ...]:
        """The indices along each axis, where the entries form a grid."""
        return tuple(along.ravel() for along in self.index)

    @property
    def moved(self) -> Anything:
        """Which outputs change along which entry: (outputs, entries)."""
        assert self.jacobian is not None  # noqa: S101  # only claims that need none are made then
        return self.jacobian.moved

    @property
    def problem(self) -> Problem:
        """The functions and their point."""
        return self.probe.line.place.problem

    @property
    def name(self) -> str:
        """The argument's."""
        return self.probe.line.block.name

    @property
    def x(self) -> Vector:
        """The argument's entries."""
        return self.at(self.probe.line.block.value)

    @property
    def off(self) -> Anything:
        """Which entries are wrong."""
        found: Anything = np.abs(self.by_hand - self.numeric) > self.bar + self.slack
        return found

    def at(self, values: Anything) -> Vector:
        """Return the grid's entries of an array of the argument's shape."""
        return np.asarray(values[self.index], dtype=np.float64)

    def pull(self, v: Vector, outputs: slice = slice(None)) -> tuple[Vector, Vector]:
        """Return the numeric gradient for a cotangent of some outputs, and its error bars."""
        assert self.jacobian is not None  # noqa: S101  # as above
        value, bar = self.jacobian.of(outputs).pull(v)
        return value.reshape(self.by_hand.shape), bar.reshape(self.by_hand.shape)

    def result_shape(self) -> tuple[int, ...] | None:
        """Return the shape of forward's result, if that is one array."""
        sizes = self.problem.sizes
        return sizes[0][0] if len(sizes) == 1 else None

    def explained_by(self, offered: Explanation) -> bool:
        """Tell whether an explanation holds for every entry, and sharply."""
        room = offered.bar + self.slack
        here = np.isfinite(room)
        rest = np.abs(self.by_hand - offered.candidate)
        if here.mean() < USABLE or (rest[here] > room[here]).any():
            return False
        clear = np.abs(self.by_hand - self.numeric)[here] > CLEAR * room[here]
        return bool(clear.sum() >= min(2, here.size))

    def support(self, offered: Explanation) -> str:
        """Return how many entries an explanation holds for, and how well."""
        here = np.isfinite(offered.bar)
        rest = float(np.abs(self.by_hand - offered.candidate)[here].max())
        share = rest / float(np.abs(self.numeric).max() or np.abs(self.by_hand).max())
        return f" ({int(here.sum())} entries, to {share:.0e})"


def index_of(probe: Probe, located: Located) -> tuple[Anything, ...]:
    """Return what selects the wrong entries from their array, which may be inside a structure."""
    return tuple(np.array([probe.within(e.index) for e in located.entries], dtype=int).T)


def recalled(probe: Probe, located: Located) -> Evidence:
    """Return what the search for wrong entries has measured already."""
    index = index_of(probe, located)
    columns = np.array([(e.by_hand, e.numeric, e.error_bar) for e in located.entries]).T
    return Evidence(probe, index, *(a.reshape(probe.gradient[index].shape) for a in columns))


def load(probe: Probe) -> int:
    """Return how many numbers one evaluation of forward handles, at least."""
    place = probe.line.place
    return place.base.size + sum(block.value.size for block in place.problem.blocks)


def measured(probe: Probe) -> Evidence:
    """Measure a grid of entries: all of them, or fewer, along the last axes first."""
    gradient = probe.gradient
    room = min(WHOLE, max(FEWEST, WORK // load(probe)))
    counts = list(gradient.shape)
    if gradient.size > room and len(set(counts)) == 1:  # square: transposing must stay inside
        counts = [max(2, int(room ** (1 / len(counts))))] * len(counts)
    for axis in reversed(range(len(counts))):
        rest = math.prod(counts) // counts[axis]
        counts[axis] = min(counts[axis], max(2, room // rest))
    axes = tuple(
        np.linspace(0, n - 1, count).astype(int)
        for n, count in zip(gradient.shape, counts, strict=True)
    )
    index = np.ix_(*axes)
    jacobian = measure(probe, np.arange(gradient.size).reshape(gradient.shape)[index].ravel())
    by_hand = np.asarray(gradient[index], dtype=np.float64)
    numeric, bar = (a.reshape(by_hand.shape) for a in jacobian.pull(probe.line.v))
    return Evidence(probe, index, by_hand, numeric, bar, jacobian)
