"""What is checked: a forward with its backward and its points, or a fault where there is none.

Tested in tests/runner/test_targets.py.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, ClassVar, TypeVar

import numpy as np

from mlp.op import MARKS, Accept, Location, Wrt, place_of, relative
from mlp.runner.points import Draw


@dataclass(frozen=True)
class Target:
    """One forward with its backward, and how to draw a point at which to check it."""

    name: str
    forward: Callable[..., Any]
    backward: Callable[..., Any]
    draw: Draw
    wrt: Wrt = None
    dtype: str = ""  # said where the same op is checked in several,
    where: str = ""  # or at several points
    example: Callable[..., Any] | None = None
    written: Callable[..., Any] | None = None  # the backward that its author wrote, where adapted
    word: str = ""  # that names it, and little else, where it was found by one
    accept: Accept | None = None  # what backward may be off by design, if it is said
    allowed: str = ""  # why it may stay undecided, if it may
    double: bool = True  # float32 is judged in float64 where both functions do the same there
    meant: Mapping[str, Any] = field(default_factory=dict)  # options that MARKS have
    in_arrays: Callable[[Mapping[str, Any]], dict[str, Any]] = dict  # the same, of an adapter

    @property
    def place(self) -> Location | None:
        """The line at which its backward is written."""
        return place_of(self.written or self.backward)

    def at(self, seed: int) -> tuple[Any, ...]:
        """Draw the point of a seed, from another stream than that of the probes."""
        return self.draw(np.random.default_rng([seed, 1]))


@dataclass(frozen=True)
class Fault:
    """What looks like an op but cannot be checked, and the reason in one line."""

    name: str
    reason: str
    file: str = ""  # where it was looked for
    dtype: ClassVar[str] = ""

    @property
    def place(self) -> Location | None:
        """The file, if there is one."""
        return Location(relative(self.file), 1) if self.file else None


Checkable = TypeVar("Checkable")


def briefed(
    target: Checkable,
    *,
    accept: Accept | None = None,
    allowed: str = "",
    meant: Mapping[str, Any] = MappingProxyType({}),
) -> Checkable:
    """Return a target with what is said of it from outside, but for what it says of itself.

    That is what it may be off by design, the reason why it may stay undecided, and its sets, its
    reference or its surrogate. Raises TypeError for other options than these.
    """
    if other := [name for name in meant if name not in MARKS]:
        raise TypeError(f"mlp: no option {other[0]!r}; there are {', '.join(MARKS)}")
    thing: Any = target
    if isinstance(thing, Fault):
        return target
    own = {name: value for name, value in meant.items() if value is not None}
    briefed: Checkable = replace(
        thing,
        accept=accept if thing.accept is None else thing.accept,
        allowed=thing.allowed or allowed,
        meant={**thing.in_arrays(own), **thing.meant},
    )
    return briefed
