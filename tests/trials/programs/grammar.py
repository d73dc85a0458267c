"""Random programs: a chain of steps from the table, at a point as people draw them.

Every program is built about one step of the table, each in turn, so that none is rare; the others
are drawn. Nothing is drawn because a checker might fear it: the conditions of the point are those
of data that was not normalised, weights as `randn` gives them, zeros, integers and masks.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from trials.programs import activations, arrays, layers, losses  # noqa: F401  # they fill the table
from trials.programs.steps import STEPS, Draw

LENGTHS = (2, 3, 4, 5, 6)  # of a chain, the end not counted
PRECISIONS = {"float64": 0.68, "float32": 0.12, "float64 constants": 0.1, "mixed": 0.1}
CONDITIONS = {
    "generic": 0.48,
    "scaled": 0.1,
    "shifted": 0.1,
    "saturating": 0.1,
    "zeros": 0.12,
    "integers": 0.1,
}
ENDS = 0.8  # so many programs end in a loss, a sum or a rounding; the others return an array
MOST = 400  # entries of the point, and of any array on the way: fifty digits take their time


@dataclass(frozen=True)
class Placed:
    """A step in its place: its function, and how many of the program's arguments it takes."""

    name: str
    function: Callable
    takes: int


@dataclass(frozen=True)
class Program:
    """A chain of steps; the point is the data and the parameters of all steps in order."""

    steps: tuple[Placed, ...]
    point: tuple[np.ndarray, ...]
    precision: str
    condition: str

    @property
    def name(self):
        """The steps, and what the point is like."""
        chain = " > ".join(step.name for step in self.steps)
        return f"{chain} ({self.precision}, {self.condition})"

    def forward(self, *point):
        """Run the chain."""
        *_, O = self.states(*point)
        return O

    def states(self, *point):
        """Yield what each step returns."""
        x, parameters = point[0], iter(point[1:])
        for step in self.steps:
            x = step.function(x, *(next(parameters) for _ in range(step.takes)))
            yield x


def drawn(rng, choices):
    """Draw a key of a table of shares."""
    return str(rng.choice(list(choices), p=list(choices.values())))


def data(rng, shape, condition):
    """Draw the array that a program starts from."""
    x = rng.normal(size=shape)
    if condition == "scaled":
        x *= 10 ** rng.uniform(-6, 6)
    elif condition == "shifted":
        x += rng.choice([-1, 1]) * 10 ** rng.uniform(1, 5)
    elif condition == "saturating":
        x *= rng.uniform(5, 40)
    elif condition == "zeros":
        x[rng.random(shape) < 0.3] = 0
    elif condition == "integers":
        x = np.round(2 * x)
    return x


def next_step(rng, ndim, *, ends):
    """Draw a step for an array with so many axes, those that go to no other more often."""
    steps = [s for s in STEPS.values() if s.ends == ends and ndim in s.fits]
    weights = np.array([2 / len(s.fits) for s in steps])
    return str(rng.choice([s.name for s in steps], p=weights / weights.sum()))


def program(rng, about):
    """Draw a program with this step in it."""
    while True:
        found = attempt(rng, about)
        if found is not None:
            return found


def attempt(rng, about):
    """Draw a program, or None where the step, or the program, came to nothing."""
    precision, condition = drawn(rng, PRECISIONS), drawn(rng, CONDITIONS)
    draw = Draw(rng, precision)
    shape = (draw.size(), draw.size())[: 1 if rng.random() < 0.15 else 2]
    x = draw.parameter(data(rng, shape, condition))
    length = int(rng.choice(LENGTHS))
    place = length if STEPS[about].ends else int(rng.integers(length))
    steps, point = [], [x]
    for k in range(length + 1):
        if k == place:
            name = about
        elif k < length:
            name = next_step(rng, x.ndim, ends=False)
        elif rng.random() < ENDS:
            name = next_step(rng, x.ndim, ends=True)
        else:
            break
        if x.ndim not in STEPS[name].fits or 1 in x.shape:
            return None
        function, *parameters = STEPS[name].build(draw, *x.shape)
        try:
            with np.errstate(all="ignore"):
                x = np.asarray(function(x, *parameters))
        except np.linalg.LinAlgError:
            return None
        steps.append(Placed(name, function, len(parameters)))
        point += parameters
        if x.size > MOST or not np.isfinite(x).all() or not x.size:
            return None
    if sum(map(np.size, point)) > MOST:
        return None
    return Program(tuple(steps), tuple(point), precision, condition)
