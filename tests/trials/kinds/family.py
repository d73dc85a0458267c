"""The families `kind-...`: each kind of code that fooled the checker, right and wrong.

    even cases   a right member, to be called correct
    odd cases    a wrong member, to be called wrong

The limits: no right one called wrong, no wrong one called correct, at most one right one in ten
unsure where the right answer is *correct*. They differ in some kinds:

    kind-saturated, kind-cancels, kind-rounded, kind-coarse, kind-complex
                     a right one may be unsure; in kind-coarse and kind-complex a wrong one as well
    kind-tolerance   a right one is off by design: correct with the `accept=` it comes with; without
                     it wrong, and the report names the size and a cause
    kind-infinite    a right one is unsure, since its slope is unbounded

In kind-none and kind-integer some right ones are exactly 0 where forward does not move: to be
unsure of these is right too, and they are counted apart.

In kind-symmetric right members come with `along=` and `retract=`; without it some are wrong, and
the report names the option.
"""

import functools
from dataclasses import dataclass, replace

import numpy as np

from trials.family import (
    INCONCLUSIVE,
    RIGHT,
    Case,
    Family,
    Limit,
    judge_with,
    rate,
    share,
    those,
)
from trials.kinds import calls, design, domains, precision, rounding, sizes, ties, tolerance
from trials.kinds.kind import Drawn

KINDS = (
    *precision.KINDS,
    *rounding.KINDS,
    *tolerance.KINDS,
    *ties.KINDS,
    *calls.KINDS,
    *domains.KINDS,
    *sizes.KINDS,
)
ASLEEP, ACCEPT, UNTOLD, UNNAMED = "asleep", "accept", "untold", "unnamed"
CASES, SAMPLE = 120, 12  # of each kind, half of them right


@dataclass(frozen=True)
class Member(Case):
    """A right or a wrong backward of what was drawn."""

    right: bool = True
    drawn: Drawn | None = None


def make(kind, rng, index):
    """Draw a member: the kind's functions take turns, right and wrong within each."""
    right = index % 2 == 0
    drawn = kind.draws[index // 2 % len(kind.draws)](rng)
    backwards = drawn.right if right else drawn.wrong
    name = str(rng.choice(list(backwards)))
    verdicts = kind.right if right else kind.wrong
    if right and drawn.asleep:
        verdicts += INCONCLUSIVE
    return Member(
        f"{drawn.name}, {name}",
        drawn.forward,
        backwards[name],
        drawn.point,
        verdicts,
        says="" if right else drawn.says,
        options={"rng": int(rng.integers(2**32)), **drawn.options},
        right=right,
        drawn=drawn,
    )


def judge(case, check):
    """Judge the member, and keep whether it is a right one also when the tool raises."""
    facts = {RIGHT: 1.0} if case.right else {}
    facts |= {ASLEEP: 1.0} if case.drawn.asleep else {}
    outcome = judge_with(case, check, facts)
    if case.says and outcome.missed:
        outcome = replace(outcome, figures=outcome.figures | {UNNAMED: 1.0})
    if not case.right or ACCEPT not in case.options:
        return outcome
    plain = judge_with(design.plain(case), check, {})
    untold = {UNTOLD: 1.0} if plain.missed else {}
    missed = outcome.missed or plain.missed
    return replace(outcome, missed=missed, figures=outcome.figures | untold)


def evaluations(outcomes):
    """Return the figure: how many evaluations the right ones take, the median."""
    counts = [o.figures.get("evaluations", np.nan) for o in those(outcomes, right=True)]
    return float(np.median(counts)) if counts else 0.0


def untold(outcomes):
    """Return the figure: the share of right ones that were not told of without `accept=`."""
    asked = those(outcomes, right=True)
    return len(those(outcomes, right=True, of=UNTOLD)) / max(len(asked), 1)


def unnamed(outcomes):
    """Return the figure: the share of those with a pattern to be said that do not say it."""
    return len(those(outcomes, right=False, of=UNNAMED)) / max(len(outcomes), 1)


def limits(kind):
    """Return what is promised of a kind."""
    yield Limit("right, called wrong", rate("wrong", right=True), 0.0)
    if kind.unsure is not None:
        unsure = rate("inconclusive", right=True, apart=[ASLEEP])
        yield Limit("right, unsure", unsure, kind.unsure)
    if kind is tolerance.TOLERANCES:
        yield Limit("without accept= not called wrong, or not told why", untold, 0.0)
    if kind is domains.SYMMETRIC:
        yield Limit("right in a set, and not told so", unnamed, 0.0)
    yield Limit("wrong, passed", rate("correct", right=False), 0.0)
    yield Limit("broke down, or changed the point", share("raised"), 0.0)
    if kind.evaluations is not None:
        yield Limit("evaluations of the right, median", evaluations, kind.evaluations)


def notes(kind, outcomes):
    """Return the kind's title, and what was said of right ones and of wrong ones."""
    lines = [f"    {kind.title}"]
    for right in (True, False):
        asked = [o.said for o in those(outcomes, right=right)]
        said = ", ".join(
            f"{word} {asked.count(word)}"
            for word in ("correct", "inconclusive", "wrong", "refused", "raised")
            if word in asked
        )
        lines.append(f"    {'right' if right else 'wrong'} members, {len(asked)}: {said}")
    return "\n".join(lines)


FAMILIES = tuple(
    Family(
        kind.name,
        CASES,
        SAMPLE,
        functools.partial(make, kind),
        judge,
        tuple(limits(kind)),
        held=kind.held,
        notes=functools.partial(notes, kind),
    )
    for kind in KINDS
)
