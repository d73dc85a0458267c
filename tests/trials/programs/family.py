"""The family `programs`: random programs, half of them with a fault planted inside.

    even cases   the gradient by hand is right: to be called correct
    odd cases    one fault inside the chain: to be called wrong

The limits hold per 10,000 programs, every seed fresh. Rounded results are apart: where forward
rounds what it returns, *unsure* is an honest answer to a right gradient. It is honest, too, of a
program that is asleep: by hand the whole gradient of some argument is exactly 0 (dead units, a
mask, saturation), and where that argument wakes at no point tried, nothing about it was exercised.
Unsure is counted by stratum as well, and so are the shares of steps and faults, and what was
dropped while drawing.
"""

from collections import Counter
from dataclasses import dataclass, field

import numpy as np

from trials.family import RIGHT, WRONG, Case, Family, Limit, judge_with, rate, share, those
from trials.programs import tape
from trials.programs.faults import KINDS, fault
from trials.programs.grammar import program
from trials.programs.label import FAULT, cotangents, exact, floats, floors, label
from trials.programs.steps import STEPS

ROUNDED = "rounded result"
ASLEEP = "asleep"
STAIRS = {"rounded result", "rounded mean"}  # steps
ROUNDINGS = STAIRS | {"float32 result"}
DROPPED = "dropped: "
STRATA = (
    "plain float64",
    "float32",
    "mixed precision",
    "saturated",
    "cancelling",
    "zero gradient",
    ASLEEP,
    "tied",
    ROUNDED,
)
TRIES = 4  # faults of one kind in one program


@dataclass(frozen=True)
class Trial(Case):
    """A case, what is known of it (strata, steps, its fault), and how many were dropped for it."""

    facts: tuple[str, ...] = ()
    dropped: Counter = field(default_factory=Counter)


def make(rng, index):
    """Draw a program about the next step, and for odd cases plant a fault of the next kind."""
    about = list(STEPS)[index // 2 % len(STEPS)]
    kind = KINDS[index // 2 % len(KINDS)] if index % 2 else None
    dropped = Counter()
    while True:
        drawn = program(rng, about)
        case = trial(rng, drawn, kind)
        if isinstance(case, Trial):
            case.dropped.update(dropped)
            return case
        dropped[case] += 1


def trial(rng, drawn, kind):
    """Make the trial of a program, or say why it is dropped."""
    with np.errstate(all="ignore"):
        O = np.asarray(drawn.forward(*drawn.point))
        nodes, _, _ = tape.traced(drawn.forward, drawn.point)
        dtypes = {node.dtype for node in nodes}
        single = np.dtype(np.float32) in dtypes
        stair = drawn.steps[-1].name in STAIRS
        truth = exact(drawn, cotangents(rng, O))

        def labelled(mistake):
            by_hand = lambda v: tape.pulled_back(drawn.forward, drawn.point, v, mistake)  # noqa: E731
            return label(drawn, truth, by_hand, float32=single, stair=stair)

        said, mistake = labelled(None), None
        if said != RIGHT:  # a right formula that is called a fault has lost its digits in floats
            return "by hand is rounding" if said == FAULT else said
        if kind:
            mistakes = [fault(rng, kind, nodes) for _ in range(TRIES)]
            mistake = next((m for m in mistakes if m and labelled(m) == FAULT), None)
            if mistake is None:
                return "no room for the fault"
        zero = lost(drawn, truth, O, 2.0**-24 if single else 2.0**-53)
        asleep = any(
            not np.any(g) for g in tape.pulled_back(drawn.forward, drawn.point, truth.cotangents[0])
        )
    strata = strata_of(drawn, nodes, dtypes, tied=truth.ties > 0, zero=zero, asleep=asleep)
    correct = ("correct", "inconclusive") if {ROUNDED, ASLEEP} & {*strata} else ("correct",)

    def backward(dO, *point):
        gradients = tape.pulled_back(drawn.forward, point, dO, mistake)
        return tuple(gradients) if len(gradients) > 1 else gradients[0]

    return Trial(
        f"{drawn.name}, fault: {kind}" if kind else drawn.name,
        drawn.forward,
        backward,
        drawn.point,
        WRONG if kind else correct,
        options={"rng": int(rng.integers(2**32))},
        facts=(
            *strata,
            f"fault {kind}" if kind else RIGHT,
            *(f"step {s.name}" for s in drawn.steps),
        ),
    )


def lost(drawn, truth, O, unit):
    """Tell whether the exact gradient of some argument lies below the natural floor."""
    v, gradients = truth.cotangents[0], truth.gradients[0]
    least = floors(drawn, O, v, unit)
    return any(np.abs(floats(g)).max() <= f for g, f in zip(gradients, least, strict=True))


def strata_of(drawn, nodes, dtypes, *, tied, zero, asleep):
    """List the strata in which a program lies; what lies in none is plain float64."""
    single, double = (np.dtype(t) in dtypes for t in (np.float32, np.float64))
    found = {
        "float32": single and not double,
        "mixed precision": single and double,
        "saturated": any(map(saturated, nodes)),
        "cancelling": any(map(cancelling, nodes)),
        "zero gradient": zero,
        ASLEEP: asleep,
        "tied": tied,
        ROUNDED: drawn.steps[-1].name in ROUNDINGS,
    }
    return [name for name, holds in found.items() if holds] or ["plain float64"]


def saturated(node):
    """Tell whether half of what a tanh or an exp was given lies beyond ±10."""
    if node.name not in {"tanh", "exp"}:
        return False
    given = np.abs(node.ways[0][0].value)
    return bool(np.mean(given > 10) >= 0.5)


def cancelling(node):
    """Tell whether a sum or a difference leaves less than 1e-4 of its terms, but not nothing."""
    if node.name not in {"add", "subtract", "sum", "mean"}:
        return False
    terms = max(np.abs(x.value).max() for x, _ in node.ways)
    return bool(0 < np.abs(node.value).max() < 1e-4 * terms)


def judge(case, check):
    """Judge the case; a checker that raises has not passed it, and the facts are kept."""
    facts = dict.fromkeys(case.facts, 1.0)
    facts |= {DROPPED + reason: float(n) for reason, n in case.dropped.items()}
    return judge_with(case, check, facts)


LIMITS = (
    Limit("right, called wrong", rate("wrong", right=True), 0.0),
    Limit(
        "right, unsure, not rounded, awake",
        rate("inconclusive", right=True, apart=[ROUNDED, ASLEEP]),
        0.01,
    ),
    Limit("faults, passed", rate("correct", right=False), 0.0),
    Limit("faults, unsure, not rounded", rate("inconclusive", right=False, apart=[ROUNDED]), 0.03),
    Limit("broke down, or changed the point", share("raised"), 0.0),
)


# ------------------------------------------------------------------ what is printed beside them


def shares(outcomes, start):
    """Return how often each fact that starts so was met, the rarest first."""
    met = Counter(fact for o in outcomes for fact in o.figures if fact.startswith(start))
    return sorted(((fact.removeprefix(start), n) for fact, n in met.items()), key=lambda x: x[::-1])


def notes(outcomes):
    """Return the table by stratum, the shares of steps and of faults, and what was dropped."""
    row = "    {:<18}{:>7}{:>7}{:>8}{:>9}{:>8}{:>8}"
    lines = [row.format("stratum", "right", "wrong", "unsure", "faults", "passed", "unsure")]
    for stratum in ("", *STRATA):
        cells = [stratum or "all"]
        for right, bad in ((True, "wrong"), (False, "correct")):
            asked = those(outcomes, right=right, of=stratum)
            said = Counter(o.said for o in asked)
            cells += [len(asked), said[bad], said["inconclusive"]]
        lines.append(row.format(*cells))
    faults = max(len(those(outcomes, right=False)), 1)
    steps = shares(outcomes, "step ")
    lines.append(f"    steps: {len(steps)}, the rarest {listed(steps[:5], len(outcomes))}")
    lines.append(f"    faults: {listed(shares(outcomes, 'fault '), faults)}")
    dropped = Counter()
    for o in outcomes:
        dropped.update({reason: n for reason, n in o.figures.items() if reason.startswith(DROPPED)})
    drops = (f"{reason.removeprefix(DROPPED)} {n:.0f}" for reason, n in dropped.most_common())
    lines.append(f"    dropped while drawing: {', '.join(drops) or 'none'}")
    return "\n".join(lines)


def listed(counts, total):
    """Write facts with their shares in a row."""
    return ", ".join(f"{fact} {n / total:.1%}" for fact, n in counts)


FAMILIES = (Family("programs", 10_000, 40, make, judge, LIMITS, held=False, notes=notes),)
