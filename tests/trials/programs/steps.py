"""The table of steps: what people write in NumPy, each as they write it.

A step is drawn for the shape of the array that comes: its builder draws parameters (arguments of
the program, differentiated) and constants (kept in the closure), and returns

    function, *parameters        function(x, *parameters) -> the next array

The functions are plain NumPy and know of nothing else. `fits` says to how many axes a step goes;
a step that `ends` is a loss or a rounding: the last of its program.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Step:
    """A step of the grammar."""

    name: str
    build: Callable
    fits: tuple[int, ...]
    ends: bool


STEPS: dict[str, Step] = {}


def step(*fits, ends=False):
    """Put a builder into the table under its name; for arrays with so many axes."""

    def entered(build):
        name = build.__name__.strip("_").replace("_", " ")
        STEPS[name] = Step(name, build, fits, ends)
        return build

    return entered


def plain(*functions):
    """Put functions without parameters into the table; they go to any array."""
    for function in functions:
        name = function.__name__.strip("_").replace("_", " ")
        STEPS[name] = Step(name, lambda draw, *shape, f=function: (f,), (1, 2), ends=False)
    return functions


class Draw:
    """Where builders draw from: sizes, parameters and constants in the precision of the program.

    `float32` and `float64` are what they say. With `float64 constants` the parameters are float32,
    as where a constant was forgotten; in a `mixed` program each parameter has one of the two.
    """

    def __init__(self, rng, precision):
        self.rng, self.precision = rng, precision

    def size(self):
        """Draw the length of an axis: none is 1, few are long."""
        return int(self.rng.choice([2, 3, 4, 5, 6, 8, 12], p=[0.1, 0.2, 0.2, 0.2, 0.15, 0.1, 0.05]))

    def dtype(self):
        """Draw the precision of one parameter."""
        if self.precision == "mixed":
            return self.rng.choice([np.float32, np.float64])
        return np.float64 if self.precision == "float64" else np.float32

    def parameter(self, x):
        """Give an array the precision of a parameter."""
        return np.asarray(x, self.dtype())

    def normal(self, *shape, scale=1.0):
        """Draw a parameter of normal entries."""
        return self.parameter(scale * self.rng.normal(size=shape))

    def weights(self, *shape):
        """Draw weights: half of the time scaled by the fan-in, else as `randn` gives them."""
        return self.normal(*shape, scale=shape[0] ** -0.5 if self.rng.random() < 0.5 else 1.0)

    def constant(self, x):
        """Give an array the precision of a constant."""
        return np.asarray(x, np.float32 if self.precision == "float32" else np.float64)
