"""Steps that noise keeps longer than the argument itself see a wave as the line around which it is.

What x + sin x is on steps of 10⁶ says nothing of its slope here. Where shorter steps, several in a
row, agree with each other and are nearer to by hand, that long steps are against it shows nothing.

Tested in tests/gradcheck/judge/test_waves.py.
"""

from collections.abc import Iterator
from itertools import pairwise

import numpy as np

from mlp.gradcheck.probe import Probe

SHORT = range(2, 21)  # halvings of the argument's size: steps that are looked at
ROW = 4  # of them, one after another
LEAST = 1e-3  # of what is compared: a wave that shows in spite of noise


def seen_from_far(probe: Probe) -> bool:
    """Tell whether shorter steps than those that differ from by hand are nearer to it."""
    if probe.slope.step <= probe.line.scale or probe.discrepancy < LEAST * probe.scale:
        return False
    row: list[float] = []
    for before, quotient in pairwise([np.nan, *_quotients(probe)]):
        near = abs(quotient - probe.by_hand) < abs(quotient - probe.slope.value)
        alike = abs(quotient - before) < probe.discrepancy
        row = [*(row if alike else []), quotient] if near else []
        if len(row) == ROW:
            return True
    return False


def _quotients(probe: Probe) -> Iterator[float]:
    """Yield the central quotients of shorter and shorter steps, NaN where forward stands still."""
    for k in SHORT:
        h = probe.line.scale * 2.0**-k
        change = probe.line(h) - probe.line(-h)
        yield change / (2 * h) if change else np.nan
