"""Which entry: wrong entries named exactly, in O(log n) evaluations and a few copies of memory."""

import dataclasses
import functools
import re
import tracemalloc

import numpy as np

from trials.family import NONE_MISSED, WRONG, Case, Family, Limit, Outcome, judge, largest

FUNCTIONS = {
    "sum of sines": (lambda x: np.sin(x).sum(), np.cos),
    "half the squared norm": (lambda x: 0.5 * np.vdot(x, x), lambda x: x),
    "sum of log(1 + x²)": (lambda x: np.log1p(x * x).sum(), lambda x: 2 * x / (1 + x * x)),
}
SHAPES = {
    10**4: [(10_000,), (100, 100), (16, 25, 25)],
    10**6: [(1_000_000,), (800, 1250)],
    10**7: [(10_000_000,), (2500, 4000)],
}


def named(rng, index, *, entries, wrong, errors):
    """One wrong entry, or several, of so many, by an error relative to the largest entry."""
    name = sorted(FUNCTIONS)[index % len(FUNCTIONS)]
    forward, slope = FUNCTIONS[name]
    shape = SHAPES[entries][index % len(SHAPES[entries])]
    x = rng.normal(size=shape)
    where = rng.choice(entries, size=wrong, replace=False, shuffle=False)
    size = errors[index % len(errors)]
    change = size * rng.choice([-1, 1], size=wrong) * 2  # |slopes| are at most about 2

    def backward(dL, x):
        g = slope(x) * dL
        g.flat[where] += change * dL
        return g

    right = slope(x.flat[where])
    expected = {
        tuple(map(int, np.unravel_index(i, shape))): e / r
        for i, e, r in zip(where, change, right, strict=True)
    }
    return Case(
        f"{wrong} of {entries:.0e} off by {size:g}, {name}",
        forward,
        backward,
        (x,),
        WRONG,
        ("mismatch",),
        0,
        options={"rng": int(rng.integers(2**32))},
        also=functools.partial(names, expected),
    )


def names(expected, report):
    """Complain unless exactly these entries are named, each with its two values."""
    found = {e.index: e for f in report.findings if f.kind == "mismatch" for e in f.entries}
    if set(found) != set(expected):
        return f"named {sorted(found)[:8]}, not {sorted(expected)}"
    for index, relative in expected.items():
        entry = found[index]
        came = (entry.by_hand - entry.numeric) / entry.numeric
        if not abs(came - relative) <= 0.1 * abs(relative):
            return f"entry {index} off by {came:.3g} of its value, not {relative:.3g}"
    return ""


def all_wrong(rng, index):
    """Every entry is off: naming them one by one would be no help."""
    case = named(rng, index, entries=10**4, wrong=1, errors=[1.0])
    forward, slope = FUNCTIONS[sorted(FUNCTIONS)[index % len(FUNCTIONS)]]
    factor = 1 + 10 ** rng.uniform(-5, 0) * rng.choice([-1, 1], size=case.point[0].shape)
    return dataclasses.replace(
        case,
        name="all of 1e4",
        forward=forward,
        backward=lambda dL, x: slope(x) * dL * factor,
        also=says_all,
    )


def says_all(report):
    """Complain unless the report says that it is not about single entries."""
    message = next(f.message for f in report.findings if f.kind == "mismatch")
    return "" if re.search(r"(?i)\b(all|every|most)\b", message) else f"message {message!r}"


def judge_with_memory(case, check):
    """Measure the peak of the check's own memory beside, in copies of the array."""
    peaks = []

    def measured(*args, **options):
        tracemalloc.start()
        report = check(*args, **options)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        return report

    outcome = judge(case, measured)
    copies = max(peaks) / case.point[0].nbytes
    return Outcome(outcome.said, outcome.missed, {**outcome.figures, "copies": copies})


def within(evaluations):
    """Promise so many forward evaluations, at most."""
    return Limit("forward evaluations, largest", largest("evaluations"), evaluations)


def family(name, cases, sample, limits, **options):
    """Make a family of cases with so many entries, so many of them wrong."""
    judged = judge_with_memory if MEMORY in limits else judge
    return Family(name, cases, sample, functools.partial(named, **options), judged, limits)


MEMORY = Limit("memory, copies of the array", largest("copies"), 8)
SMALL = (NONE_MISSED, within(150))
LARGE = (NONE_MISSED, within(250), MEMORY)
HUGE = (NONE_MISSED, within(300), MEMORY)

FAMILIES = (
    family("which-1e4", 300, 15, SMALL, entries=10**4, wrong=1, errors=[1.0, 1e-3, 1e-6, 1e-7]),
    family("which-1e6", 12, 1, LARGE, entries=10**6, wrong=1, errors=[1.0, 1e-3]),
    family("which-1e7", 4, 0, HUGE, entries=10**7, wrong=1, errors=[1.0, 1e-3]),  # half a minute
    family("which-five", 60, 6, (NONE_MISSED,), entries=10**4, wrong=5, errors=[1.0, 1e-3]),
    Family("which-all", 60, 6, all_wrong, judge, SMALL),
)
