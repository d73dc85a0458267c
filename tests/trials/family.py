"""What a family of trials is: seeded cases with the right answer beside them, a judge, its limits.

    make(rng, index)     builds a case; cheap, and settled by (seed, family, index) alone
    judge(case, tool)    hands the case to the tool on trial and compares the answers
    limits               the promises, as figures over all outcomes

The tool is an argument everywhere, so that a bad one can be put in its place: the control.
"""

import hashlib
import itertools
import re
import time
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.random import Generator

CORRECT, WRONG, INCONCLUSIVE = ("correct",), ("wrong",), ("inconclusive",)


@dataclass(frozen=True)
class Outcome:
    """What the tool said about one case, and in which way that was not the right answer."""

    said: str
    missed: str = ""
    figures: dict[str, float] = field(default_factory=dict)
    index: int = -1
    seconds: float = 0.0


@dataclass(frozen=True)
class Limit:
    """A promise: this figure of the outcomes is at most (or, strictly, below) this number."""

    promise: str
    figure: Callable[[Sequence[Outcome]], float]
    most: float
    strict: bool = False

    def holds(self, outcomes: Sequence[Outcome]) -> bool:
        """Tell whether the promise was kept; a figure that is NaN keeps none."""
        figure = self.figure(outcomes)
        return figure < self.most if self.strict else figure <= self.most


@dataclass(frozen=True)
class Family:
    """A promise of the checker as an endless supply of cases, `cases` of them in a full run."""

    name: str
    cases: int
    sample: int  # of them in the test suite
    make: Callable[[Generator, int], Any]
    judge: Callable[[Any, Callable[..., Any]], Outcome]
    limits: tuple[Limit, ...]
    tool: str = "check"
    held: bool = True  # False: the limits are printed and not yet kept
    notes: Callable[[Sequence[Outcome]], str] = lambda outcomes: ""  # noqa: ARG005  # printed below

    def case(self, index: int, seed: int) -> Any:
        """Build case number `index`."""
        key = zlib.crc32(self.name.encode())
        return self.make(np.random.default_rng([seed, key, index]), index)

    def trial(self, index: int, seed: int, tool: Callable[..., Any]) -> Outcome:
        """Put one case on trial; a tool that raises has missed it."""
        case = self.case(index, seed)
        start = time.perf_counter()
        try:
            outcome = self.judge(case, tool)
        except Exception as error:  # noqa: BLE001  # whatever the tool raises is its answer
            outcome = Outcome("raised", f"raised {type(error).__name__}: {error}")
        seconds = time.perf_counter() - start
        return Outcome(outcome.said, outcome.missed, outcome.figures, index, seconds)


@dataclass(frozen=True)
class Case:
    """One call of the checker, and what a right answer to it looks like."""

    name: str
    forward: Callable[..., Any]
    backward: Callable[..., Any]
    point: tuple[Any, ...]
    verdicts: tuple[str, ...] = CORRECT
    kinds: tuple[str, ...] = ()  # one finding at least is of one of these kinds
    argument: int | None = None  # every mismatch accuses this argument and no other
    diagnosis: str | None = None
    says: str = ""  # a pattern that the text of the report contains
    raises: tuple[type[Exception], str] | None = None  # refused by this error with this text
    options: dict[str, Any] = field(default_factory=dict)
    also: Callable[[Any], str] = lambda report: ""  # noqa: ARG005  # a last word: "" is no complaint


def judge(case: Case, check: Callable[..., Any]) -> Outcome:
    """Compare one report with the right answer; the point is bitwise unchanged in every trial."""
    before = fingerprint(case.point)
    try:
        report = check(case.forward, case.backward, *case.point, **case.options)
        said, figures = report.verdict, {"evaluations": report.evaluations}
        missed = complaint(case, report) if case.raises is None else f"said {said}, not refused"
    except Exception as error:
        if case.raises is None or not isinstance(error, case.raises[0]):
            raise
        said, figures = "refused", {}
        missed = "" if re.search(case.raises[1], str(error)) else f"refused by {error}"
    if fingerprint(case.point) != before:
        missed = "the point was changed"
    return Outcome(said, f"{case.name}: {missed}" if missed else "", figures)


def judge_with(case: Any, check: Callable[..., Any], facts: dict[str, float]) -> Outcome:
    """Judge the case, and keep facts about it; a checker that raises has not passed it."""
    try:
        outcome = judge(case, check)
    except Exception as error:  # noqa: BLE001  # whatever the tool raises is its answer
        return Outcome("raised", f"{case.name}: raised {type(error).__name__}: {error}", facts)
    return Outcome(outcome.said, outcome.missed, outcome.figures | facts)


def complaint(case: Case, report: Any) -> str:  # noqa: PLR0911  # one return, one complaint
    """Return what is not right about a report, or nothing."""
    kinds = tuple(finding.kind for finding in report.findings)
    if report.verdict not in case.verdicts:
        return f"said {report.verdict} {kinds}, not {' or '.join(case.verdicts)}"
    if bool(report) is not (report.verdict == "correct"):
        return f"bool(report) is {bool(report)} at the verdict {report.verdict}"
    if case.kinds and not set(kinds) & set(case.kinds):
        return f"found {kinds}, not {' or '.join(case.kinds)}"
    if case.argument is not None:
        accused = {f.argument for f in report.findings if f.kind == "mismatch"}
        if accused != {report.arguments[case.argument].name}:
            return f"accused {accused}, not argument {case.argument}"
    if case.diagnosis is not None:
        named = next((f.diagnosis for f in report.findings if f.diagnosis), None)
        if named != case.diagnosis:
            return f"named {named!r} first, not {case.diagnosis!r}"
    if case.says and not re.search(case.says, str(report)):
        return f"the report does not say {case.says!r}"
    return case.also(report)


def fingerprint(thing: Any) -> Any:
    """Return a value that changes with any bit of an argument, whatever structure it is."""
    if isinstance(thing, np.ndarray):
        bits = hashlib.blake2b(np.ascontiguousarray(thing)).digest()
        return thing.shape, thing.strides, thing.dtype.str, thing.flags.writeable, bits
    if isinstance(thing, dict):
        return {key: fingerprint(value) for key, value in thing.items()}
    if isinstance(thing, (list, tuple)):
        return type(thing), [fingerprint(value) for value in thing]
    if hasattr(thing, "__dict__"):
        return type(thing), fingerprint(vars(thing))
    return repr(thing)


Row = Callable[[Generator], Iterator[Case]]


def tabulated(rows: Sequence[Row]) -> tuple[int, Callable[[Generator, int], Case]]:
    """Return the number of cases in some rows, and the maker that counts through them.

    Beyond the end it starts again at the first row, with other random numbers.
    """
    places = [(row, k) for row in rows for k, _ in enumerate(row(np.random.default_rng(0)))]

    def make(rng: Generator, index: int) -> Case:
        row, k = places[index % len(places)]
        return next(itertools.islice(row(rng), k, None))

    return len(places), make


def share(of: str) -> Callable[[Sequence[Outcome]], float]:
    """Return the figure: the share of outcomes that said this, or that were missed."""

    def figure(outcomes: Sequence[Outcome]) -> float:
        hits = sum(bool(o.missed) if of == "missed" else o.said == of for o in outcomes)
        return hits / len(outcomes)

    return figure


def mean(of: str) -> Callable[[Sequence[Outcome]], float]:
    """Return the figure: the mean of what was measured under this name."""
    return lambda outcomes: float(np.mean([o.figures.get(of, np.nan) for o in outcomes]))


def median(of: str) -> Callable[[Sequence[Outcome]], float]:
    """Return the figure: the median of what was measured under this name."""
    return lambda outcomes: float(np.median([o.figures.get(of, np.nan) for o in outcomes]))


RIGHT = "right"  # a figure of outcomes whose gradient was right, where a family has both


def those(
    outcomes: Sequence[Outcome], *, right: bool, of: str = "", apart: Sequence[str] = ()
) -> list[Any]:
    """Select the right ones or the wrong ones that have a figure, or lack some."""
    return [
        o
        for o in outcomes
        if (RIGHT in o.figures) == right
        and (not of or of in o.figures)
        and not any(name in o.figures for name in apart)
    ]


def rate(said: str, **which: Any) -> Callable[[Sequence[Outcome]], float]:
    """Return the figure: the share of those that were called so."""

    def figure(outcomes: Sequence[Outcome]) -> float:
        asked = those(outcomes, **which)
        return sum(o.said == said for o in asked) / max(len(asked), 1)

    return figure


NONE_MISSED = Limit("cases missed", share("missed"), 0.0)


def largest(of: str) -> Callable[[Sequence[Outcome]], float]:
    """Return the figure: the largest of what was measured under this name."""
    return lambda outcomes: max(o.figures.get(of, np.nan) for o in outcomes)
