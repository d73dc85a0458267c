"""The contract, before any arithmetic: what every backward owes its forward.

Neither function writes into what it was given or depends on hidden state; the gradients have the
structure and the shapes of the arguments and are finite where forward is; and backward is linear in
its cotangent, which is exact to test: scaling by -1 and by 2^±10 rounds nothing.
"""

import contextlib
from collections.abc import Iterator
from typing import Any

import numpy as np

from mlp import tree
from mlp.gradcheck.diagnosis.diagnose import diagnose_shape
from mlp.gradcheck.finding import Entry, Finding
from mlp.gradcheck.grain import grid, jolted
from mlp.gradcheck.probe import (
    DOUBLE,
    HALF,
    SINGLE,
    Place,
    cotangent,
    largest,
    signed_uniform,
    wavering,
)
from mlp.gradcheck.problem import Anything, Block, Exhausted, Misshapen, Problem, Raised, Vector

UNSTEADY = 1e-8  # relative change from call to call that is more than noise, in double precision
SUM = "backward(v + w) is not backward(v) + backward(w)"
UNDERFLOW = 2.0**12  # smallest numbers by which scaling may be off where they are all there is
LINEAR = {DOUBLE: 1e-6, SINGLE: 1e-3, HALF: 1e-1}  # relative departure that is more than rounding


def examine_forward(
    problem: Problem, rng: np.random.Generator
) -> tuple[Place | None, list[Finding]]:
    """Call forward a few times; return the place to probe from, or None, and what was found."""
    result, findings = _first_call(problem, 0, problem.arguments())
    base = problem.flat(result)
    if base.size == 0:
        return None, [
            *findings,
            Finding.doubt("vacuous", "forward returns nothing: its result is empty"),
        ]
    if not np.isfinite(base).all():
        where = int(np.flatnonzero(~np.isfinite(base))[0])
        said = f"forward is {base[where]} in entry {where} of its result; choose another point"
        return None, [*findings, Finding.doubt("nonfinite", said)]
    again = [problem.forward()]
    moved = jolted(problem, base, rng)
    again.append(problem.forward())  # after a visit elsewhere: hidden state would show
    jitter = max(float(np.abs(other - base).max()) for other in again)
    unit = _unit(problem, base, moved)
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
    returned, findings = _first_call(problem, 1, [problem.cotangent(v), *problem.arguments()])
    try:
        returned = problem.sort(returned)
    except Misshapen as fault:
        return False, [*findings, Finding("shape", "fault", None, str(fault))]
    shaped = [
        finding
        for block, gradient in zip(problem.blocks, returned, strict=True)
        for finding in _shape(place, v, rng, block, gradient)
    ]
    if any(finding.severity == "fault" for finding in shaped):
        return False, findings + shaped
    gradients = [None if g is None else np.array(g) for g in returned]  # it may be a kept buffer
    del returned
    infinite = [
        finding
        for block, g in zip(problem.blocks, gradients, strict=True)
        if g is not None
        for finding in _nonfinite(block.name, g)
    ]
    if infinite:
        return False, findings + shaped + infinite
    findings += shaped + list(_linearity(place, v, rng, gradients))
    return not any(f.kind == "nondeterminism" for f in findings), findings


def mutations(problem: Problem) -> list[Finding]:
    """Name the arguments that a call has written into."""
    findings = []
    for which, k in sorted(problem.spent.mutated):
        name, names = _spoken(problem, which)
        said = f"{name} writes into {names[k]}; let it work on a copy"
        argument = names[k] if names[k] in problem.names else None
        findings.append(Finding("mutation", "fault", argument, said))
    return findings


def _first_call(problem: Problem, which: int, arguments: list[Any]) -> tuple[Any, list[Finding]]:
    """Call with arguments that cannot be written, and where that fails, with copies that can."""
    try:
        returned = problem.call(which, arguments)
    except Raised:
        problem.writable = True
        problem.spent.raised = None
        return problem.call(which, arguments), []
    return returned, _aliases(problem, which, arguments, returned)


def _spoken(problem: Problem, which: int) -> tuple[str, tuple[str, ...]]:
    """Return the name of a function and those of its arguments."""
    return [("forward", problem.names), ("backward", ("its cotangent", *problem.names))][which]


def _aliases(problem: Problem, which: int, arguments: list[Any], returned: Any) -> list[Finding]:
    """Note results that share memory with an argument: right, until somebody writes into one."""
    name, names = _spoken(problem, which)
    shared = [
        argument
        for argument, given in zip(names, arguments, strict=True)
        if any(
            isinstance(x, np.ndarray) and isinstance(y, np.ndarray) and np.may_share_memory(x, y)
            for x in tree.flat(given)
            for y in tree.flat(returned)
        )
    ]
    said = f"what {name} returns shares memory with {', '.join(shared)}"
    return [Finding("aliasing", "note", None, said)] if shared else []


def _unit(problem: Problem, base: Vector, moved: Vector) -> float:
    """Return the rounding unit of forward's result: of its dtype, or of what it computes in.

    A forward that computes in single precision under double arguments is told by its entries: every
    one of them is exactly a single-precision number, at a point where that is no accident.
    """
    size = min((dtype.itemsize for _, dtype in problem.sizes if dtype.kind == "f"), default=8)
    unit = HALF if size == 2 else SINGLE if size == 4 else DOUBLE
    for narrow, coarser in ((np.float16, HALF), (np.float32, SINGLE)):
        both = np.concatenate([base, moved])
        with np.errstate(all="ignore"):
            exact = bool((both.astype(narrow).astype(np.float64) == both).all())
        if unit < coarser and exact and not np.array_equal(base, moved):
            return coarser
    return unit


def _shape(
    place: Place, v: Vector, rng: np.random.Generator, block: Block, gradient: Any
) -> Iterator[Finding]:
    """Compare the shape and dtype of one gradient with its argument's."""
    if gradient is None:
        return
    if isinstance(gradient, (tuple, list)):
        said = f"the gradient must be one array, but it is a {type(gradient).__name__}"
        yield Finding("shape", "fault", block.name, said)
        return
    came = np.asarray(gradient)
    if came.dtype.kind not in "fiub":
        said = f"the gradient must hold real numbers, but its dtype is {came.dtype}"
        yield Finding("shape", "fault", block.name, said)
    elif came.shape != block.value.shape:
        said = (
            f"the gradient must have the shape {block.value.shape} of {block.name}, but its shape "
            f"is {came.shape}{_explain(came.shape, block.value.shape)}"
        )
        found = None
        with contextlib.suppress(Exhausted):
            found = diagnose_shape(place, block, v, came, rng)
        if found:
            said += f"\n{found.text}"
        yield Finding("shape", "fault", block.name, said, (), found.name if found else None)
    elif came.dtype != block.value.dtype:
        said = f"the gradient is {came.dtype}, the argument {block.value.dtype}"
        yield Finding("dtype", "note", block.name, said)


def _explain(came: tuple[int, ...], wanted: tuple[int, ...]) -> str:
    """Say what a wrong shape looks like."""
    if len(came) > len(wanted) and came[len(came) - len(wanted) :] == wanted:
        return ": not summed over the batch (axis 0)?"
    if came[::-1] == wanted:
        return ": transposed?"
    if [n for n in came if n != 1] == [n for n in wanted if n != 1]:
        return ": an axis of size 1 too many or too few (keepdims?)"
    if np.prod(came) == np.prod(wanted):
        return ": the right number of entries, so a reshape is missing?"
    return ""


def _nonfinite(name: str, gradient: Anything) -> Iterator[Finding]:
    """Report entries of a gradient that are not finite although forward is."""
    wrong = np.argwhere(~np.isfinite(gradient))
    if wrong.size:
        entries = tuple(
            Entry(tuple(map(int, index)), float(gradient[tuple(index)]), np.nan, np.inf)
            for index in wrong[:5]
        )
        said = f"{len(wrong)} of {gradient.size} entries are not finite although forward is"
        yield Finding("nonfinite", "fault", name, said, entries)


def _linearity(
    place: Place, v: Vector, rng: np.random.Generator, here: list[Anything | None]
) -> Iterator[Finding]:
    """Test that backward is steady, and linear in its cotangent."""
    problem = place.problem
    names = [block.name for block in problem.blocks]
    for name, first, second in zip(names, here, problem.gradients(v), strict=True):
        change = _departure(first, second)
        if change > 1e-3:
            said = f"backward returned gradients that differ by {change:.1e} for the same arguments"
            yield Finding.doubt("nondeterminism", said, name)
            return
    unit = max(place.unit, *(SINGLE if block.single else DOUBLE for block in problem.blocks))
    failed: dict[str, list[str]] = {name: [] for name in names}
    for said, cotangents, factor in _trials(v, signed_uniform(rng, v, 9)):
        for name, departure in zip(
            names, _departures(problem, here, cotangents, factor), strict=True
        ):
            if departure > LINEAR[unit]:
                failed[name].append(said)
    for i, (name, trials) in enumerate(failed.items()):
        if trials == [SUM] and _wavers(place, v, rng, here[i], i) > LINEAR[unit] / 16:
            continue  # terms that nearly cancel: their rounding is all that is left
        if trials:
            said = f"not linear in its cotangent: {trials[0]}{_guess(trials)}"
            yield Finding("cotangent", "fault", name, said)


def _trials(v: Vector, w: Vector) -> Iterator[tuple[str, tuple[Vector, ...], float]]:
    """Yield what linearity promises: in words, for which cotangents, and by which factor."""
    yield "backward(0) is not 0", (0 * v,), 0.0
    yield "backward(-v) is not -backward(v)", (-v,), -1.0
    yield "backward(1024 v) is not 1024 backward(v)", (1024 * v,), 1024.0
    yield "backward(v / 1024) is not backward(v) / 1024", (v / 1024,), 1 / 1024
    yield SUM, (v + w, w), 1.0  # the only one that rounds


def _wavers(
    place: Place, v: Vector, rng: np.random.Generator, here: Anything | None, i: int
) -> float:
    """Return how far rounding alone moves gradient i, relative to its largest entry."""
    pulled = (np.array(gradients[i]) for gradients in wavering(place.problem, v, rng))
    return max(_departure(here, g) for g in pulled)


def _departures(
    problem: Problem, here: list[Anything | None], cotangents: tuple[Vector, ...], factor: float
) -> list[float]:
    """Return how far each gradient for the first cotangent is from what linearity expects.

    That is ``factor`` times the gradient here, or the sum of here and of the second cotangent.
    """
    pulled = [problem.gradients(w) for w in cotangents]
    departures = []
    for g, found, *other in zip(here, *pulled, strict=True):
        expected = None if g is None else factor * g
        if expected is not None and other:
            expected += other[0]
        departures.append(_departure(expected, found, g))
    return departures


def _guess(failed: list[str]) -> str:
    """Say which mistake fails this set of trials."""
    text = " ".join(failed)
    if "backward(0)" in text:
        return "; the cotangent is ignored, or something is added that has no factor of it"
    if "backward(-v)" in text and "1024" not in text:
        return "; it passes through abs or relu"
    return "; it is clipped, squared or normalised on the way"


def _departure(
    expected: Anything | None, found: Anything | None, scale: Anything | None = None
) -> float:
    """Return the largest difference of two gradients, relative to the largest entry.

    ``found`` is used up: it becomes the difference.
    """
    if expected is None or found is None or found.size == 0:
        return 0.0
    with np.errstate(all="ignore"):
        size = largest(expected)
        if scale is not None:
            size = max(size, 1e-3 * largest(scale))
        found -= expected  # our own copy: a third array may be large
        difference = largest(found)
    if difference <= UNDERFLOW * float(np.finfo(expected.dtype).smallest_subnormal):
        return 0.0
    return difference / size if size else np.inf
