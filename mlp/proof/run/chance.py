"""What a proof refuses by name, since it is another in every run: chance, and clocks.

    np.random, random, os.urandom    what they draw is to be an argument
    default_rng(3)                   draws the same in every run
    time.time                        the time is to be an argument

Tested in tests/proof/run/test_chance.py.
"""

import inspect
import os
import random
import time
from collections.abc import Callable
from typing import Any, NoReturn

import numpy as np

from mlp.proof.run.symbolic import Unprovable

CLOCKS = ("time", "time_ns", "monotonic", "perf_counter", "process_time")
GENERATORS = (np.random.Generator, np.random.RandomState, random.Random)


class Drawing:
    """What stands in for a generator of random numbers: it draws none, but says so."""

    def __init__(self, generator: Any) -> None:
        self._kind = type(generator).__name__

    def __getattr__(self, name: str) -> NoReturn:
        raise at_random(f"{self._kind}.{name}")


def at_random(name: str) -> Unprovable:
    """Return what is raised where code draws at random."""
    return Unprovable(f"{name} draws at random: hand what it draws to forward as an argument")


def by_clock(name: str) -> Unprovable:
    """Return what is raised where code reads a clock."""
    return Unprovable(f"{name} reads a clock: hand the time to forward as an argument")


def _refusing(name: str, why: Callable[[str], Unprovable] = at_random) -> Callable[..., NoReturn]:
    def refused(*_: Any, **__: Any) -> NoReturn:
        raise why(name)

    return refused


def _seeded(seed: Any = None) -> Any:
    """Return a generator that draws the same in every run."""
    if seed is None:
        raise at_random("np.random.default_rng()")
    return np.random.default_rng(seed)


REFUSED = {
    **{
        getattr(np.random, name): _refusing(f"np.random.{name}")
        for name in np.random.__all__
        if callable(getattr(np.random, name)) and not inspect.isclass(getattr(np.random, name))
    },
    **{
        getattr(random, name): _refusing(f"random.{name}")
        for name in random.__all__
        if not inspect.isclass(getattr(random, name))
    },
    np.random.default_rng: _seeded,
    os.urandom: _refusing("os.urandom"),
    **{getattr(time, name): _refusing(f"time.{name}", by_clock) for name in CLOCKS},
}
