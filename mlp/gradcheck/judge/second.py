"""The second witness, heard where the first is in doubt: the tangent of forward's own operations.

Differences always run, for they alone run forward as it is. Where they call by hand wrong, or
decide nothing, the tangent is asked. It counts if its bar is sharp, and if the nearest decision
that makes forward leap is farther than any step of the differences. Its runs with random rounding
show how noisy forward is, too; where that is more than was assumed, differences are judged anew.

    differences     tangent                  verdict
    differ          agrees with by hand      correct if differences agree nearby, else inconclusive
    differ          differs too, or silent   wrong
    decide nothing  agrees with by hand      correct, decided by the tangent
    decide nothing  differs, or silent       inconclusive

What both call wrong stays open where forward leaps within the step and by hand is right over many
leaps, as with a rounded result, or where by hand lies below the rounding of forward.

Tested in tests/gradcheck/judge/test_second.py.
"""

from dataclasses import replace

import numpy as np

from mlp import tree
from mlp.gradcheck.judge.allowance import room
from mlp.gradcheck.numbers.ladder import TRUST
from mlp.gradcheck.numbers.slope import UNMEASURED
from mlp.gradcheck.probe import Probe
from mlp.gradcheck.problem import Vector
from mlp.tangent import Silence, Witnessed, ask

RUNS = 8  # of forward, plain or with tangents, in one answer
SHARP = 1e-6  # of what is compared: the largest bar of a tangent that counts
CLEAR = 4.0  # times what noise may do: a discrepancy beyond is none of it
COARSE = 0.1  # of by hand, which a step over leaps may be off
FLAT = 0.5  # of by hand, that the tangent may have between leaps
MANY = 4  # leaps that such a step must span
LOUD = 16.0  # times the noise that differences saw: so much more they did not know
FAR = 10.0  # bars that by hand and tangent are apart when they differ

TABLE = {  # what differences say of an argument, and what the tangent says of by hand
    ("wrong", "agrees"): "contradict",
    ("wrong", "differs"): "wrong",
    ("wrong", "silent"): "wrong",
    ("inconclusive", "agrees"): "correct",
    ("inconclusive", "differs"): "inconclusive",
    ("inconclusive", "silent"): "inconclusive",
}


def drowns(probe: Probe, noise: Vector) -> bool:
    """Tell whether forward is noisier than its differences knew, and by hand may be right in it."""
    slope, v = probe.slope, probe.line.v
    loud = float(np.linalg.norm(v * noise))
    if slope.kind != "smooth":
        return loud > LOUD * probe.line.place.noise(v)
    within = probe.discrepancy < CLEAR * (probe.tolerance + TRUST * loud / slope.step)
    return loud > LOUD * slope.noise_or_floor and within


def leaps(probe: Probe, found: Witnessed) -> bool:
    """Tell whether forward leaps within a step, and by hand is right on steps that span many leaps.

    So does a result that is rounded, or read from a table: differences and tangent both see flat
    ground between the leaps, and by hand may be the slope of what was rounded.
    """
    if abs(found.slope) > FLAT * abs(probe.by_hand):
        return False
    rungs = [rung for rung in probe.slope.ladder if rung.h > found.jump]
    least = min((abs(phi) for r in rungs for phi in (r.plus, r.minus) if abs(phi) > 0), default=0.0)
    return any(
        abs(rung.central - probe.by_hand) <= max(COARSE * abs(probe.by_hand), least / rung.h)
        and abs(rung.central) * rung.h >= MANY * least > 0
        for rung in rungs
    )


def witnessed(probe: Probe) -> Witnessed | Silence:
    """Ask for the slope along the line of a probe."""
    line = probe.line
    problem, block = line.place.problem, line.block
    still = tree.rebuilt(problem.point[block.position], np.zeros_like)
    directions: list[object] = [None] * len(problem.point)
    directions[block.position] = tree.replaced(still, {block.path: line.d})
    problem.spend(RUNS)
    with np.errstate(all="ignore"):
        return ask(problem.functions[0], problem.point, directions, line.v)


def measured(probe: Probe, found: Witnessed) -> Probe:
    """Return a probe with what the tangent says in place of what differences say."""
    slope = replace(UNMEASURED, kind="smooth", value=found.slope, bar=found.bar)
    return replace(probe, slope=slope)


def said(probe: Probe, found: Witnessed | Silence, rtol: float | None) -> str:
    """Say what a tangent says of by hand: it agrees, it differs, or it is silent."""
    if isinstance(found, Silence) or silence(probe, found, rtol):
        return "silent"
    apart = abs(probe.by_hand - found.slope) - room(probe) / 2
    return "agrees" if apart <= found.bar + probe.rounding else "differs"


def silence(probe: Probe, found: Witnessed | Silence, rtol: float | None) -> str:
    """Say why a tangent does not count; "" where it does."""
    if isinstance(found, Silence):
        return found.reason
    reach = max((rung.h for rung in probe.slope.ladder), default=probe.line.scale)
    if found.jump <= reach:
        return f"forward leaps {found.jump:.0e} from here, nearer than a step of {reach:.0e}"
    bar = found.bar + probe.rounding
    apart, size = abs(probe.by_hand - found.slope), max(abs(probe.by_hand), abs(found.slope))
    apart = max(0.0, apart - room(probe) / 2)
    if bar > (rtol or SHARP) * size:  # or 0 beside 0
        return f"rounding blurs it: {found.slope:.3g} ± {bar:.0e}"
    if bar < apart <= FAR * bar:
        return f"it is neither near by hand nor far from it: {apart / bar:.1f} error bars"
    return ""
