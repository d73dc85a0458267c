"""One array by which forward is differentiated: an argument, or a leaf of one.

Tested in tests/gradcheck/test_block.py.
"""

import math
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from mlp import tree
from mlp.gradcheck.charts import Chart

Vector: TypeAlias = npt.NDArray[np.float64]
Anything: TypeAlias = npt.NDArray[Any]
Bound: TypeAlias = tuple[Any, Any] | None


@dataclass(frozen=True)
class Block:
    """One differentiated array: an argument, or one leaf of an argument that is a structure."""

    position: int  # of the argument
    path: tree.Keys  # inside the argument
    name: str
    value: Anything
    low: Any  # bounds, None where there are none
    high: Any
    scalar: bool  # handed over as a number, not as an array
    accept: float = 0.0  # what by hand may be off by design, relative to the largest entry
    fixed: Anything | None = None  # entries that no direction moves, for their slope is infinite
    chart: Chart | None = None  # through which it moves, where it must keep to a set

    @property
    def single(self) -> bool:
        """Whether the numbers have less than double precision."""
        return self.value.dtype.itemsize < 8

    @property
    def scale(self) -> float:
        """The power of two just below the largest entry: multiples of it add without rounding."""
        return power_of_two(float(np.abs(self.value).max(initial=0.0))) or 1.0

    def inside(self, value: Anything) -> bool:
        """Tell whether a value keeps to the bounds."""
        if self.low is None:
            return True
        if self.chart:
            value = self.chart.point(self.value, value - self.value)
        return bool(((value >= self.low) & (value <= self.high)).all())


def power_of_two(size: float) -> float:
    """Return the power of two just below a size; 0 for what is as good as 0."""
    return 2.0 ** math.floor(math.log2(size)) if size > 1e-300 else 0.0
