"""Draw calls, make them, and count how they end."""

import inspect
import itertools
from collections import Counter
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from functools import partial
from typing import NamedTuple

import numpy as np

from gate.functions import FUNCTIONS
from gate.judge import Call, faults
from gate.values import REFUSED

SHARES = np.array([f.share for f in FUNCTIONS])
SHARES /= SHARES.sum()
CHUNK = 1000  # calls in one process
ODD_CALLS = ("missing", "extra", "unknown")


class Miss(NamedTuple):
    """A call that ended badly."""

    case: int
    function: str
    label: str
    fault: str


def drawn(seed, case):
    """Return a function, a call of it and a label, as settled by a seed and a number."""
    rng = np.random.default_rng([seed, case])
    function = FUNCTIONS[rng.choice(len(FUNCTIONS), p=SHARES)]
    good = function.draw(rng)
    kind = rng.random()
    if kind < 0.1 or not good:
        return function, Call(good, function.by_position, good, ()), "good"
    if kind < 0.18 and getattr(function.call, "__name__", "") != "<lambda>":
        return function, *odd_call(function, good, rng)
    count = 1 if kind < 0.8 or len(good) == 1 else 2
    names = [str(n) for n in rng.permutation([*good])[:count]]
    odds = {name: function.roles[name](rng, good[name]) for name in names}
    given = good | {name: odd.given for name, odd in odds.items()}
    means = good | {name: odd.means for name, odd in odds.items()}
    may = any(odd.may for odd in odds.values())
    if any(odd.means is REFUSED for odd in odds.values()):
        means = REFUSED
    elif not function.fits(means):
        means = given if may else REFUSED
    elif any(odd.may and odd.means is odd.given for odd in odds.values()):
        means = given  # exact as it is
    label = "; ".join(f"{name}: {odd.label}" for name, odd in odds.items())
    call = Call(given, function.by_position, means, tuple(odds), may)
    return function, call, label


def odd_call(function, good, rng):
    """Return a call that leaves out an argument, has one too many, or names one nobody knows."""
    kind = ODD_CALLS[rng.integers(3)]
    if kind == "unknown":
        return Call(good | {"unheard": 1}, function.by_position, REFUSED, ("unheard",)), kind
    if kind == "extra":
        more = {f"extra {i}": np.ones(2) for i in range(9)}
        names = (*function.by_position, *more)
        return Call(good | more, names, REFUSED, ()), kind
    first = next(iter(inspect.signature(function.call).parameters.values()), None)
    needed = first is not None and first.kind is first.POSITIONAL_OR_KEYWORD
    if not function.by_position or not needed or first.default is not first.empty:
        return Call(good, function.by_position, good, ()), "good"
    left = {name: good[name] for name in good if name != function.by_position[0]}
    return Call(left, (), REFUSED, function.by_position[:1]), kind


def misses(case, seed):
    """Return what is wrong with one call."""
    function, call, label = drawn(seed, case)
    return [Miss(case, function.name, label, fault) for fault in faults(function, call)]


def several(cases, seed):
    """Return what is wrong with several."""
    return [miss for case in cases for miss in misses(case, seed)]


def safely(cases, seed):
    """Do so in a process of their own; a call that ends it is found by halves."""
    try:
        with ProcessPoolExecutor(1) as pool:
            return pool.submit(several, cases, seed).result()
    except BrokenProcessPool:
        if len(cases) > 1:
            halves = cases[: len(cases) // 2], cases[len(cases) // 2 :]
            return [miss for half in halves for miss in safely(half, seed)]
        function, _, label = drawn(seed, cases[0])
        return [Miss(cases[0], function.name, label, "ends the process")]


def run(calls, seed, workers):
    """Return what is wrong with so many calls, made on so many processes at a time."""
    parts = [range(i, min(i + CHUNK, calls)) for i in range(0, calls, CHUNK)]
    with ThreadPoolExecutor(workers) as threads:
        return [*itertools.chain(*threads.map(partial(safely, seed=seed), parts))]


def table(found, calls):
    """Return the counts of faults, and of functions, as lines."""
    bad = len({miss.case for miss in found})
    lines = [f"{calls} calls of {len(FUNCTIONS)} functions, {bad} ended badly"]
    for fault, count in Counter(miss.fault for miss in found).most_common():
        lines.append(f"  {count:>7}  {fault}")
    return "\n".join(lines)
