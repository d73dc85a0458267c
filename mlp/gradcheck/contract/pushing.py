"""What a tangent owes its forward, before any arithmetic: the contract of forward mode.

It writes into nothing, has the form of forward's result, is steady from call to call, linear in the
tangents that it is given (exactly so for factors of -1 and 2^±10), and finds their numbers however
these lie in memory.

Tested in tests/gradcheck/contract/test_pushing.py.
"""

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from mlp.gradcheck.block import Anything, Vector
from mlp.gradcheck.contract.calls import first_call
from mlp.gradcheck.contract.linearity import LINEAR, SMALL
from mlp.gradcheck.contract.strides import LAYOUTS, ROUNDINGS, expanded
from mlp.gradcheck.contract.unbounded import infinite
from mlp.gradcheck.directions import cotangent, largest, signed_uniform
from mlp.gradcheck.finding import Finding
from mlp.gradcheck.line import DOUBLE, SINGLE, Place
from mlp.gradcheck.probe import last_places
from mlp.gradcheck.problem import Raised
from mlp.gradcheck.returned import Misshapen

SUM = "tangent(d + e) is not tangent(d) + tangent(e)"
PROMISES = {  # what linearity promises of the tangent along d, and by which factor
    "tangent(0) is not 0": 0.0,
    "tangent(-d) is not -tangent(d)": -1.0,
    "tangent(1024 d) is not 1024 tangent(d)": 1024.0,
    "tangent(d / 1024) is not tangent(d) / 1024": 1 / 1024,
}
UNSTEADY = 1e-3  # relative change from call to call that is more than rounding
FEW_BITS = 3  # of a direction's entries, so that no float rounds them

Whole = list[Anything]  # a direction of every block


def examine_tangent(place: Place, rng: np.random.Generator) -> tuple[bool, list[Finding]]:
    """Call the tangent a few times; tell whether it can be compared, and what was found."""
    problem: Any = place.problem
    d = _drawn(place, rng)
    given = [problem.tangents(_paired(place, d)), *problem.arguments()]
    returned, findings = first_call(problem, 1, given)
    try:
        here = problem.result_of(returned)
        if np.isfinite(here).all():
            if unsteady := [*_steady(place, d, here)]:
                return False, [*findings, *unsteady]
            findings += _linear(place, rng, d, here)
            findings += [] if problem.spent.mutated else _strides(place, rng, d)
        findings += _unbounded(place, rng)
    except Misshapen as fault:
        return False, [*findings, Finding("shape", "fault", None, str(fault))]
    return not any(finding.kind == "nonfinite" for finding in findings), findings


def _steady(place: Place, d: Whole, here: Vector) -> Iterator[Finding]:
    """Test that the tangent is the same from call to call."""
    change = _relative(_push(place, d) - here, here)
    if change > UNSTEADY:
        said = f"tangent returned results that differ by {change:.1e} for the same arguments"
        yield Finding.doubt("nondeterminism", said)


def _linear(place: Place, rng: np.random.Generator, d: Whole, here: Vector) -> Iterator[Finding]:
    """Test that the tangent is linear in what it is given."""
    broken = {
        said: _relative(_push(place, _times(d, factor)) - factor * here, (factor or 1) * here)
        for said, factor in PROMISES.items()
    }
    e = _drawn(place, rng)
    both, other = (_push(place, x) for x in ([a + b for a, b in zip(d, e, strict=True)], e))
    broken[SUM] = _relative(both - here - other, np.abs(here) + np.abs(other))
    allowed = LINEAR[_unit(place)]
    broken = {said: off for said, off in broken.items() if not off <= allowed}
    if [*broken] == [SUM] and _wavers(place, rng, d) > allowed / 16:
        return  # terms that nearly cancel: their rounding is all that is left
    if not broken:
        return
    worst, said = max(broken.values()), f"not linear in its tangents: {next(iter(broken))}"
    accept = max(block.accept for block in place.problem.blocks)
    if worst <= accept:
        said += f", by {worst:.1e} of the largest entry, within accept={accept:g}"
        yield Finding("accepted", "note", None, said)
        return
    small = f", by {worst:.1e} of the largest entry; if it is by design, accept={2 * worst:.0e}"
    yield Finding("tangent", "fault", None, said + (_guess(broken) if worst > SMALL else small))


def _guess(broken: dict[str, float]) -> str:
    """Say which mistake breaks these promises."""
    zero, turned, *scaled = PROMISES
    if zero in broken:
        return "; its tangents are ignored, or something is added that has no factor of them"
    if turned in broken and not {*scaled} & {*broken}:
        return "; it passes through abs or relu"
    return "; it is clipped, squared or normalised on the way"


def _strides(place: Place, rng: np.random.Generator, d: Whole) -> Iterator[Finding]:
    """Compare tangents for directions that are not contiguous with those for contiguous ones."""
    problem = place.problem
    for name, layout in LAYOUTS.items():
        same = [np.full_like(a, a.flat[0]) if a.size and layout is expanded else a for a in d]
        laid = [layout(a) if a.size > 1 else a for a in same]
        if all(a.flags.c_contiguous for a in laid):
            continue
        expected = _push(place, same)
        try:
            found = _push(place, laid)
        except Raised as stop:
            problem.spent.raised = None
            reason = str(stop).partition("\n")[0]
            said = f"a direction that is not contiguous ({name}) is refused: {reason}"
            yield Finding("tangent", "note", None, said)
            return
        size, apart = largest(np.abs(expected)), largest(np.abs(found - expected))
        rounding = max(_unit(place), _wavers(place, rng, same))
        terms = sum(a.size for a in d)
        if not apart <= ROUNDINGS * terms * rounding * size:  # NaN is not
            said = f"off by {apart / size:.0e} of the largest entry" if size else "not its numbers"
            yield Finding(
                "tangent",
                "fault",
                None,
                f"wrong for a direction that is not contiguous ({name}): {said}; read it by its "
                f"strides, or make it contiguous first (np.ascontiguousarray)",
            )
            return


def _unbounded(place: Place, rng: np.random.Generator) -> Iterator[Finding]:
    """Judge entries that are not finite, and leave them open where they are rightly so."""
    problem = place.problem
    v = cotangent(rng, place.base.size)
    for i, (block, g) in enumerate(zip(problem.blocks, problem.gradients(v), strict=True)):
        if g is not None and not np.isfinite(g).all():
            yield from infinite(place, v, rng, block, g)
            problem.leave_open(i, ~np.isfinite(g))


def _drawn(place: Place, rng: np.random.Generator) -> Whole:
    return [signed_uniform(rng, block.value, FEW_BITS) for block in place.problem.blocks]


def _paired(place: Place, d: Whole) -> list[tuple[Any, Anything]]:
    return [*zip(place.problem.blocks, d, strict=True)]


def _push(place: Place, d: Whole, *changes: Any) -> Vector:
    problem: Any = place.problem
    found: Vector = problem.push(_paired(place, d), *changes)
    return found


def _times(d: Whole, factor: float) -> Whole:
    return [np.asarray(a * a.dtype.type(factor)) for a in d]


def _wavers(place: Place, rng: np.random.Generator, d: Whole) -> float:
    """Return how far last places of the arguments move the tangent, relative to its largest."""
    here = _push(place, d)
    moved = (_push(place, d, *changes) for changes in last_places(place.problem, rng))
    seen = [_relative(other - here, here) for other in moved]
    return max((off for off in seen if math.isfinite(off)), default=0.0)


def _relative(apart: Vector, size: Vector) -> float:
    """Return the largest difference, relative to the largest entry; NaN where any is."""
    with np.errstate(all="ignore"):
        off, whole = float(np.abs(apart).max()), float(np.abs(size).max())
    if not off:
        return 0.0
    return off / whole if whole else math.inf


def _unit(place: Place) -> float:
    """Return the rounding unit of the arithmetic."""
    return max(place.unit, *(SINGLE if b.single else DOUBLE for b in place.problem.blocks))
