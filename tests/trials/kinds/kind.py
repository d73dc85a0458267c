"""What a kind is: a few functions that draw, and which answers are right."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from numpy.random import Generator

from trials.family import CORRECT, INCONCLUSIVE, WRONG

EITHER = CORRECT + INCONCLUSIVE  # correct, or unsure
NOT_CORRECT = WRONG + INCONCLUSIVE  # wrong, or unsure


@dataclass(frozen=True)
class Drawn:
    """A forward at a point, and right and wrong backwards for it, each under its name.

    Where forward rounds what it returns, or stops early, `definition` is what it stands for.
    """

    name: str
    forward: Callable[..., Any]
    point: tuple[Any, ...]
    right: dict[str, Callable[..., Any]]
    wrong: dict[str, Callable[..., Any]]
    definition: Callable[..., Any] | None = None
    options: dict[str, Any] = field(default_factory=dict)
    cause: str = ""  # why right is off by design: a word that the report is to contain
    elementwise: bool = False  # the first gradient is the cotangent times a slope, entry by entry
    says: str = ""  # a pattern that the report on a wrong member contains
    asleep: bool = False  # by hand is exactly 0 where forward does not move: unsure is right too


@dataclass(frozen=True)
class Kind:
    """A way in which the checker was fooled."""

    name: str
    title: str
    draws: tuple[Callable[[Generator], Drawn], ...]
    right: tuple[str, ...] = CORRECT  # the verdicts that a right member may have
    wrong: tuple[str, ...] = WRONG
    unsure: float | None = 0.1  # the share of right members that may be unsure; None: any
    evaluations: float | None = None  # the median, at most
    held: bool = False  # to its limits: else they are printed
