"""The contract, before any arithmetic: what every backward owes its forward, in order.

Neither function writes into what it was given or depends on hidden state; the gradients have the
form of the arguments; and backward is linear in its cotangent, and reads it by its strides.
"""

import numpy as np

from mlp.gradcheck.block import Vector
from mlp.gradcheck.contract.calls import first_call
from mlp.gradcheck.contract.linearity import departures
from mlp.gradcheck.contract.shapes import misshapen
from mlp.gradcheck.contract.strides import misread
from mlp.gradcheck.contract.unbounded import infinite
from mlp.gradcheck.directions import cotangent
from mlp.gradcheck.finding import Finding
from mlp.gradcheck.grain import grid, jolted
from mlp.gradcheck.line import DOUBLE, HALF, SINGLE, Place
from mlp.gradcheck.problem import Problem
from mlp.gradcheck.returned import Misshapen

UNFIT = {"cotangent", "nondeterminism"}  # kinds of findings after which no gradient is compared
UNSTEADY = 1e-8  # relative change from call to call that is more than noise, in double precision
MANY, FEWEST = 60, 6  # calls left where none needs to be saved, and where all do
UNITS = {2: HALF, 4: SINGLE}  # by the bytes of a number


def examine_forward(
    problem: Problem, rng: np.random.Generator
) -> tuple[Place | None, list[Finding]]:
    """Call forward a few times; return the place to probe from, or None, and what was found."""
    result, findings = first_call(problem, 0, problem.arguments())
    base = problem.flat(result)
    if problem.spent.yielded:
        said = (
            "what forward yields is read as a tuple of outputs, and backward gets one of cotangents"
        )
        findings.append(Finding("read", "note", None, said))
    if base.size == 0:
        said = "forward returns nothing: its result is empty"
        return None, [*findings, Finding.doubt("vacuous", said)]
    if not np.isfinite(base).all():
        where = int(np.flatnonzero(~np.isfinite(base))[0])
        said = f"forward is {base[where]} in entry {where} of its result; choose another point"
        return None, [*findings, Finding.doubt("nonfinite", said)]
    again = [problem.forward()] if problem.spent.left >= MANY else []
    moved = jolted(problem, base, rng)
    if problem.spent.left > FEWEST:
        again.append(problem.forward())  # after a visit elsewhere: hidden state would show
    jitter = max((float(np.abs(other - base).max()) for other in again), default=0.0)
    unit = unit_of(problem, base, moved)
    if jitter > max(UNSTEADY, 16 * unit) * float(np.abs(base).max()):
        said = (
            f"forward returned results that differ by {jitter:.1e} for the same arguments; fix its "
            f"seed, or pass what it draws as an argument"
        )
        return None, [*findings, Finding.doubt("nondeterminism", said)]
    if jitter:
        said = f"forward wavers by {jitter:.1e} from call to call; the error bars allow for it"
        findings.append(Finding("nondeterminism", "note", None, said))
    return Place(problem, base, unit, grid(problem, base, moved, rng), jitter), findings


def examine_backward(place: Place, rng: np.random.Generator) -> tuple[bool, list[Finding]]:
    """Call backward a few times; tell whether its gradients can be compared, and what was found."""
    problem = place.problem
    v = cotangent(rng, place.base.size)
    returned, findings = first_call(problem, 1, [problem.cotangent(v), *problem.arguments()])
    try:
        returned = problem.sort(returned)
    except Misshapen as fault:
        return False, [*findings, Finding("shape", "fault", None, str(fault))]
    for block, gradient in zip(problem.blocks, returned, strict=True):
        findings += misshapen(place, v, rng, block, gradient)
    if any(finding.severity == "fault" for finding in findings):
        return False, findings
    problem.claimed = frozenset(
        i for i, b in enumerate(problem.blocks) if returned[i] is None and not b.scalar
    )
    gradients = problem.floats(returned)  # copies, for it may be a kept buffer
    del returned, gradient
    for i, (block, g) in enumerate(zip(problem.blocks, gradients, strict=True)):
        if g is not None and not np.isfinite(g).all():
            findings += infinite(place, v, rng, block, g)
            problem.leave_open(i, ~np.isfinite(g))
            g[~np.isfinite(g)] = 0
    if any(finding.severity == "fault" for finding in findings):
        return False, findings
    findings += departures(place, v, rng, gradients)
    if not problem.spent.mutated and not any(f.kind in UNFIT for f in findings):
        findings += misread(place, v, rng, gradients)
    return not any(f.kind == "nondeterminism" for f in findings), findings


def unit_of(problem: Problem, base: Vector, moved: Vector) -> float:
    """Return the rounding unit of forward's result: of its dtype, or of what it computes in.

    A forward that computes in single precision under double arguments is told by its entries: every
    one of them is exactly a single-precision number, at a point where that is no accident.
    """
    size = min((dtype.itemsize for _, dtype in problem.sizes if dtype.kind == "f"), default=8)
    unit = UNITS.get(size, DOUBLE)
    both = np.concatenate([base, moved])
    for narrow, coarser in ((np.float16, HALF), (np.float32, SINGLE)):
        with np.errstate(all="ignore"):
            exact = bool((both.astype(narrow).astype(np.float64) == both).all())
        if unit < coarser and exact and not np.array_equal(base, moved):
            return coarser
    return unit
