"""What a check costs: forward calls for each argument of a smooth function, contract included.

Smooth functions of `functions.py`, plain, at another scale, or beside a constant, in float64, all
right. Those whose report has a finding, such as a kink close by, are no smooth check.
"""

import dataclasses

import numpy as np

from trials.family import Case, Family, Limit, judge_with
from trials.functions import ACTIVATIONS, ARRAYS, ELEMENTWISE, LOSSES, NETWORKS, SMOOTH
from trials.right import plus, positions, scaled

FUNCTIONS = (
    *(f for f in ELEMENTWISE if f.name not in ACTIVATIONS or f.name in SMOOTH),
    *LOSSES,
    *ARRAYS,
    *(f for f in NETWORKS if any(f" layers, {name}, " in f.name for name in SMOOTH)),
)
CALLS = "calls"


def make(rng, index):
    """Draw a function and a point, and every third time a scale or a constant."""
    function = FUNCTIONS[index // 3 % len(FUNCTIONS)]
    point = function.draw(rng)
    if index % 3 == 1:
        factors = 10 ** rng.uniform(-8, 8, size=len(positions(point)))
        function, point = scaled(function, point, factors.tolist(), float(10 ** rng.uniform(-8, 8)))
    elif index % 3 == 2:
        function = plus(function, float(np.abs(function.forward(*point)).max()))
    options = {"rng": int(rng.integers(2**32))}
    return Case(function.name, function.forward, function.backward, point, options=options)


def judge(case, check):
    """Judge the case, and count its calls for each argument."""
    counts = {}

    def counted(*args, **options):
        report = check(*args, **options)
        if report.verdict == "correct" and not report.findings:
            counts[CALLS] = report.evaluations / len(report.arguments)
        return report

    outcome = judge_with(case, counted, {})
    return dataclasses.replace(outcome, figures=outcome.figures | counts)


def quantile(of):
    """Return the figure: how many calls this share of smooth checks stays within."""
    return lambda outcomes: float(np.quantile(counted(outcomes) or [np.nan], of))


def counted(outcomes):
    """Return the calls of each smooth check."""
    return [o.figures[CALLS] for o in outcomes if CALLS in o.figures]


def notes(outcomes):
    """Return how the calls are distributed."""
    calls = np.array(counted(outcomes) or [np.nan])
    shares = ", ".join(f"{q:.0%} {np.quantile(calls, q):.0f}" for q in (0.1, 0.5, 0.9, 0.99, 1))
    return f"    {len(calls)} smooth checks; forward calls for each argument: {shares}"


FAMILIES = (
    Family(
        "cost",
        1_000,
        30,
        make,
        judge,
        (
            Limit("forward calls for each argument, median", quantile(0.5), 26),
            Limit("forward calls for each argument, most", quantile(1.0), 40),
        ),
        notes=notes,
    ),
)
