"""The second witness beside the first: what follows from what both say of by hand.

Differences always run, for they alone run forward as it is. Where they call by hand wrong, meet a
kink, or decide nothing, the tangent of forward's own operations is asked. It counts if its bar is
sharp, and if the nearest decision that makes forward leap is farther than any step of the
differences. Where its bar is blunt because forward has lost the digits, a small problem is run in
fifty of them. Its runs with random rounding show how noisy forward is; where that is more than was
assumed, differences are judged anew.

Alone it calls nothing wrong unless by hand is off by ten bars along two directions, at a second
point, in fifty digits where they can be had, and beyond what random rounding of backward's own
operations makes of by hand: a right formula may lose digits as forward does.

Tested in tests/gradcheck/judge/test_second.py.
"""

import math
from dataclasses import replace
from typing import Any

import numpy as np

from mlp import tree
from mlp.gradcheck.block import Vector
from mlp.gradcheck.charts import Retraction
from mlp.gradcheck.judge.allowance import room
from mlp.gradcheck.line import DOUBLE, SINGLE
from mlp.gradcheck.numbers.kind import UNMEASURED
from mlp.gradcheck.numbers.ladder import TRUST
from mlp.gradcheck.probe import Probe
from mlp.tangent import Silence, Witnessed, ask, refined

LARGE = 10**5  # entries of which a wrong one is known by itself; a tangent costs several copies
RUNS = 8  # of forward, plain or with tangents, in one answer
FINE_RUNS = 5  # and in fifty digits
SHARP = 1e-6  # of what is compared: the largest bar of a tangent that counts
CLEAR = 4.0  # times what noise may do: a discrepancy beyond is none of it
NEAR = 0.1  # of the tangent: by hand is at it, or is not
FLAT = 0.5  # of the tangent, that differences are off at least where witnesses contradict
LOUD = 16.0  # times the noise that differences saw: so much more they did not know
STEADY = 4.0  # times what three runs of backward have moved by hand
ROUGH = 1e-3  # of by hand, that its own rounding may be where the tangent calls it correct
SINGLES = 2.0**10  # rounding units of by hand that its own bar may have
CASTS = 16.0  # roundings to single precision that a tangent on its way may have met
FAULT = 1e-9  # of by hand: less is the end of a series, or of an iteration, where nobody objects
FAR = 10.0  # bars that by hand and tangent are apart when they differ

TABLE = {  # what differences say of by hand, and what the tangent says of it
    ("agree", "agrees"): "correct",
    ("agree", "differs"): "correct, noted",  # or wrong: sure of it, and beyond differences' bar
    ("agree", "silent"): "correct",
    ("differ", "agrees"): "contradict",  # correct where they do not nearby, or in fifty digits
    ("differ", "the same"): "wrong, seen by two",
    ("differ", "differs"): "wrong",  # or open: they part, and by hand is at the tangent
    ("differ", "silent"): "wrong",
    ("blunt", "agrees"): "correct, by the tangent",
    ("blunt", "differs"): "wrong, by the tangent",  # or open: not sure enough to say it alone
    ("blunt", "silent"): "open",
    ("kink", "agrees"): "correct, by the tangent",  # at a tie it is silent
    ("kink", "differs"): "search for subgradients",
    ("kink", "silent"): "search for subgradients",
}
WORDS = {"correct": "agree", "wrong": "differ", "inconclusive": "blunt"}  # of a verdict


def drowns(probe: Probe, noise: Vector) -> bool:
    """Tell whether forward is noisier than its differences knew, and by hand may be right in it."""
    slope, v = probe.slope, probe.line.v
    loud = float(np.linalg.norm(v * noise))
    if slope.kind != "smooth":
        return loud > LOUD * probe.line.place.noise(v)
    within = probe.discrepancy < CLEAR * (probe.tolerance + TRUST * loud / slope.step)
    return loud > LOUD * slope.noise_or_floor and within


def of_formula(probe: Probe, rounding: float) -> bool:
    """Tell whether by hand is the slope of what forward rounds, but for its own rounding."""
    before = in_floats(probe, past=True)
    if isinstance(before, Silence):
        return False
    return apart(probe, before) <= max(ROUGH * abs(before.slope), before.bar, rounding)


def of_single(probe: Probe) -> bool:
    """Tell whether forward has the digits of single precision, for another reason than a grid."""
    return probe.line.unit > DOUBLE and not probe.line.rounded


def blurs(probe: Probe, rounding: float) -> Witnessed | None:
    """Return the slope of what forward rounds, where by hand is off by what rounding hides."""
    before = in_floats(probe, past=True)
    if not isinstance(before, Witnessed) or not before.slope:
        return None
    near = ROUGH if of_single(probe) else SHARP
    bar = FAR * (before.bar + rounding)
    return before if apart(probe, before) > max(near * abs(before.slope), bar) else None


def off_stairs(heard: Witnessed | Silence, seen: Probe | None) -> Witnessed | Silence:
    """Return what a tangent says, but not that a stair is flat on which differences see forward."""
    stands = seen is not None and seen.admitted is None
    if stands and isinstance(heard, Witnessed) and not heard.slope:
        return Silence("forward stands on a stair, and its slope is that of one")
    return heard


def witnessed(probe: Probe) -> Witnessed | Silence:
    """Ask for the slope along the line of a probe, in fifty digits where floats are blunt."""
    heard = in_floats(probe)
    if isinstance(heard, Silence) or not blunt(probe, heard):
        return heard
    finer = in_fifty(probe, heard)
    return replace(heard, blunt=finer) if isinstance(finer, Silence) else finer


def in_floats(probe: Probe, *, past: bool = False) -> Witnessed | Silence:
    """Ask for the slope that forward's operations have in floats, however blunt."""
    probe.line.place.problem.spend(RUNS)
    with np.errstate(all="ignore"):
        return ask(*question(probe), past=past)


def in_fifty(probe: Probe, heard: Witnessed) -> Witnessed | Silence:
    """Ask again, in fifty digits."""
    probe.line.place.problem.spend(FINE_RUNS)
    with np.errstate(all="ignore"):
        return refined(heard, *question(probe))


def question(probe: Probe) -> tuple[Any, ...]:
    """Return forward, the point, a direction for each argument, and the cotangent."""
    line = probe.line
    problem, block = line.place.problem, line.block
    if isinstance(block.chart, Retraction):
        return _on_curve(probe, block.chart)
    d = np.asarray(line.d, block.value.dtype)
    d = block.chart.project(d) if block.chart else d
    still = tree.rebuilt(problem.point[block.position], np.zeros_like)
    directions: list[object] = [None] * len(problem.point)
    directions[block.position] = tree.replaced(still, {block.path: d})
    return problem.functions[0], problem.point, directions, line.v


def _on_curve(probe: Probe, chart: Retraction) -> tuple[Any, ...]:
    """Return forward behind a retraction, which has tangent coordinates as an argument more."""
    line = probe.line
    problem, block = line.place.problem, line.block
    forward, retract = problem.functions[0], chart.retract

    def behind(*arguments: Any) -> Any:
        *point, xi = arguments
        leaf = dict(tree.leaves(point[block.position]))[block.path]
        moved = tree.replaced(point[block.position], {block.path: retract(leaf, xi)})
        point[block.position] = moved
        return forward(*point)

    still: list[object] = [None] * len(problem.point)
    return behind, (*problem.point, block.value), [*still, line.d], line.v


def blunt(probe: Probe, found: Witnessed) -> bool:
    """Tell whether rounding moves a tangent too far to count."""
    return found.bar > SHARP * max(abs(probe.by_hand), abs(found.slope))


def unsteady(probe: Probe, i: int) -> float | None:
    """Return how far random rounding of backward's operations moves by hand, the i-th gradient.

    It is None where backward cannot be run so, or is too large for several copies.
    """
    problem = probe.line.place.problem
    if probe.gradient.size > LARGE:
        return None
    problem.spend(RUNS, 1)
    try:
        moved = problem.shaken(i, probe.line.v, probe.line.d)
    except (TypeError, ValueError):  # what it returns there is no gradient
        return None
    seen = [probe.by_hand, *moved]
    return max(seen) - min(seen) if moved and np.isfinite(seen).all() else None


def own_rounding(
    probe: Probe, i: int, rng: np.random.Generator, unknown: float = math.inf
) -> float:
    """Return how far rounding on the analytic side may have moved by hand."""
    moved = unsteady(probe, i)
    if moved is None:
        return unknown
    return max(probe.rounding, probe.measured_rounding(i, rng), STEADY * moved)


def same(probe: Probe, found: Witnessed) -> bool:
    """Tell whether tangent and differences are one."""
    return abs(found.slope - probe.slope.value) <= FAR * found.bar + probe.slope.bar


def contradict(probe: Probe, found: Witnessed) -> bool:
    """Tell whether tangent and differences are far from each other, and by hand is at the one."""
    own, other = abs(found.slope - probe.by_hand), abs(found.slope - probe.slope.value)
    beside = own <= NEAR * abs(found.slope)
    return beside and other > max(FAR * own, FLAT * abs(found.slope))


def measured(probe: Probe, found: Witnessed) -> Probe:
    """Return a probe with what the tangent says in place of what differences say."""
    bar = max(found.bar, abs(probe.by_hand - found.slope) - room(probe) / 2)
    slope = replace(UNMEASURED, kind="smooth", value=found.slope, bar=bar)
    return replace(probe, slope=slope)


def before_cast(probe: Probe) -> Probe | None:
    """Return a probe with the slope of the formula before casts, where by hand is that."""
    before = in_floats(probe, past=True)
    if isinstance(before, Silence) or before.jump <= probe.line.scale:
        return None
    size = SINGLE * abs(before.slope)
    before = replace(before, bar=max(before.bar, CASTS * size))
    within = apart(probe, before) <= before.bar <= SINGLES * size
    return measured(probe, before) if within else None


def lost(probe: Probe, found: Witnessed | Silence, floor: float) -> Probe | None:
    """Return a probe with a sharp tangent, where by hand is that and both are below a floor."""
    if isinstance(found, Silence) or not found.bar <= ROUGH * abs(found.slope) <= ROUGH * floor:
        return None
    return measured(probe, found) if apart(probe, found) <= ROUGH * abs(found.slope) else None


def nonzero(probe: Probe, found: Witnessed) -> bool:
    """Tell whether a tangent is sharp and as large as by hand: the gradient is not 0."""
    return found.bar <= ROUGH * abs(found.slope) and abs(found.slope) >= NEAR * abs(probe.by_hand)


def said(probe: Probe, found: Witnessed | Silence, rtol: float | None, near: float = FAULT) -> str:
    """Say what a tangent says of by hand: it agrees, it differs, or it is silent."""
    if isinstance(found, Silence) or silence(probe, found, rtol, near):
        return "silent"
    return "agrees" if apart(probe, found) <= reach(probe, found, rtol, near) else "differs"


def apart(probe: Probe, found: Witnessed) -> float:
    """Return how far by hand is from a tangent, beyond what is accepted."""
    return max(0.0, abs(probe.by_hand - found.slope) - room(probe) / 2)


def reach(probe: Probe, found: Witnessed, rtol: float | None, near: float) -> float:
    """Return how far apart they may be: by error bars, and by what is called near."""
    size = max(abs(probe.by_hand), abs(found.slope))
    return max(found.bar + probe.rounding, min(near, rtol or near) * size)


def silence(
    probe: Probe, found: Witnessed | Silence, rtol: float | None, near: float = FAULT
) -> str:
    """Say why a tangent does not count; "" where it does."""
    if isinstance(found, Silence):
        return found.reason
    step = max((rung.h for rung in probe.slope.ladder), default=probe.line.scale)
    if found.jump <= step:
        return f"forward leaps {found.jump:.0e} from here, nearer than a step of {step:.0e}"
    bar, size = found.bar + probe.rounding, max(abs(probe.by_hand), abs(found.slope))
    least = max(SHARP, SINGLES * probe.unit)
    if found.bar > (rtol or SHARP) * size or bar > (rtol or least) * size:  # or 0 beside 0
        why = f"; {found.blunt.reason}" if found.blunt else ""
        return f"rounding blurs it: {found.slope:.3g} ± {bar:.0e}{why}"
    if reach(probe, found, rtol, near) < (off := apart(probe, found)) <= FAR * bar:
        return f"it is neither near by hand nor far from it: {off / bar:.1f} error bars"
    return ""
