"""float32 judged in float64, where the code does the same there: error bars of 1e-12 for 1e-5.

So is float16. Code that does something else in float64, or fails, is judged as it is, and a note
says why. Code that goes through float32 even then is told by its gradients, before it is judged or
by what is found. Tested in tests/gradcheck/test_widen.py.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from mlp import tree
from mlp.gradcheck.block import Anything, Block, Vector
from mlp.gradcheck.contract.examine import unit_of
from mlp.gradcheck.directions import QUANTUM, cotangent, largest
from mlp.gradcheck.finding import Argument, Finding
from mlp.gradcheck.grain import grid, jolted
from mlp.gradcheck.line import Place
from mlp.gradcheck.problem import Problem, Raised
from mlp.gradcheck.returned import Misshapen

SHORT = 2.0**11  # digits of a short number
SUMS = 2.0**8  # sums of a cotangent's entries up to here have no digits that a float32 lacks
ROUNDING_OF_ALL = 2.0**-40  # of the largest entry of any gradient: below it all may be rounding
STEPS = 16  # roundings to float32 that a gradient in float64 may show
ALL_DIGITS = np.pi / 3  # times a cotangent of few: a float64 as no float32 is
SOME = 10  # entries: a search that finds as many wrong ends
IN_DOUBLE = "{0} computed in float64, where it gives the same within the rounding of {0}"
OTHERWISE = "computed in {0}: in float64 this code gives other numbers than rounding explains"
ROUNDING = "computed in {0}: in float64 by hand and numeric differ by what rounding to it costs"
THROUGH = "computed in {0}: in float64 this code still goes through {1} on the way"


def widened(place: Place, rng: np.random.Generator) -> tuple[Place, str]:
    """Return the place in float64, or as it is where that is another question; and what was done.

    Nothing is said where there is nothing narrower.
    """
    narrow = place.problem
    dtype = narrowest(narrow)
    if dtype is None:
        return place, ""
    point = tuple(tree.rebuilt(argument, _double) for argument in narrow.point)
    wide = replace(
        narrow,
        point=point,
        blocks=tuple(_doubled(block, narrow, point) for block in narrow.blocks),
        others=tuple(_doubled(block, narrow, point) for block in narrow.others),
        spent=replace(narrow.spent, raised=None),  # what it raises is no finding
        result=None,
    )
    try:
        base = wide.forward()
        said = _compared(place, wide, base, cotangent(rng, place.base.size), dtype)
    except (Raised, Misshapen, TypeError) as error:
        cause = error.__cause__ or error
        said = f"computed in {dtype}: in float64 it raises {type(cause).__name__}: {cause}"
    if said != IN_DOUBLE.format(dtype):
        return place, said.partition("\n")[0]
    wide = replace(wide, spent=narrow.spent)
    moved = jolted(wide, base, rng)
    unit = unit_of(wide, base, moved)
    least = STEPS * float(np.finfo(dtype).eps)
    return Place(wide, base, unit, grid(wide, base, moved, rng), place.jitter, least), said


def _doubled(block: Block, narrow: Problem, point: tuple[Any, ...]) -> Block:
    """Return a block in float64; its array is that of the point, for two of them may be large."""
    if narrow.leaf(block) is not block.value:  # a number, or coordinates of its own
        return replace(block, value=_double(block.value))
    return replace(block, value=dict(tree.leaves(point[block.position]))[block.path])


def narrowest(problem: Problem) -> np.dtype[Any] | None:
    """Return the dtype of the fewest digits at the point, if one has fewer than float64."""
    leaves = [leaf for argument in problem.point for leaf in tree.flat(argument)]
    dtypes = [leaf.dtype for leaf in leaves if _is_narrow(leaf)]
    return min(dtypes, key=lambda dtype: dtype.itemsize, default=None)


def goes_through_single(
    findings: Sequence[Finding], arguments: Sequence[Argument], least: float
) -> bool:
    """Tell whether all that is wrong in float64 looks like rounding to fewer digits on the way.

    That is small, in most entries, and follows no rule but a constant that was rounded; a fault as
    small is in some entries, or has a diagnosis. ``least`` is that of the place in float64.
    """
    rows = {argument.name: argument for argument in arguments}
    faults = [finding for finding in findings if finding.severity == "fault"]
    return bool(faults) and all(
        fault.kind == "mismatch"
        and fault.argument in rows
        and _departure(fault, rows[fault.argument]) <= (least / STEPS if fault.diagnosis else least)
        and _in_most(fault, rows[fault.argument].size)
        for fault in faults
    )


def _in_most(fault: Finding, size: int) -> bool:
    """Tell whether most entries are off, as far as was looked, or none more than the others."""
    count = len(fault.entries)
    return not count or 2 * count >= (fault.measured or size) or count >= SOME


def _departure(fault: Finding, row: Argument) -> float:
    """Return how far by hand is off in the entries of a finding, relative to the largest.

    Where none stands out, it is how far it is off along a direction.
    """
    pairs = [(entry.by_hand, entry.numeric) for entry in fault.entries]
    pairs = pairs or [(row.by_hand, row.numeric)]
    size = max(abs(numeric) for _, numeric in pairs)
    apart = max(abs(by_hand - numeric) for by_hand, numeric in pairs)
    return apart / size if size else np.inf


def _compared(place: Place, wide: Problem, base: Vector, v: Vector, dtype: np.dtype[Any]) -> str:
    """Say how forward and backward compare in float64 and in the dtype of the point."""
    narrow = place.problem
    singles, doubles = narrow.gradients(v), wide.gradients(v)
    pulled = [(a, b) for a, b in zip(singles, doubles, strict=True) if a is not None]
    given = [b for _, b in pulled if b is not None]
    types = [t for t in (*_types(wide), *(b.dtype for b in given)) if t.kind == "f"]
    if any(t.itemsize < 8 for t in types):
        return THROUGH.format(dtype, min(types, key=lambda t: t.itemsize))
    agree = float(np.finfo(dtype).eps) ** 0.5  # rounding in many steps, no more
    size = max(map(largest, given), default=0.0)  # one that ought to be 0 is nothing but rounding
    if not _same(place.base, base, agree * largest(base)) or not all(
        _same(a, b, agree * size) for a, b in pulled
    ):
        return OTHERWISE.format(dtype)
    single = any(_is_single(g, size) for g in given)
    if single:  # of a point in float16, or of few digits, it may be: not for any cotangent
        again = wide.gradients(v * ALL_DIGITS)
        single = any(_is_single(g, size) for g in again if g is not None)
    return (THROUGH if single else IN_DOUBLE).format(dtype, np.dtype(np.float32))


def _same(narrow: Anything, double: Anything | None, bar: float) -> bool:
    """Tell whether an array is that of float64 up to the rounding of fewer digits."""
    if double is None or narrow.shape != double.shape:
        return False
    with np.errstate(all="ignore"):
        return largest(narrow - double) <= bar


def _is_single(gradient: Anything, size: float) -> bool:
    """Tell whether every entry is a float32, and some of them no short number.

    That is no accident, for the cotangent was none. Sums of its entries are one, as the gradient of
    a bias is; and what cancels: a few times 2^-53, and rounding beside the size of all gradients.
    """
    with np.errstate(all="ignore"):
        if (gradient.astype(np.float32) != gradient).any():
            return False
    bits = np.frexp(gradient)[0] * SHORT
    sums = np.where(np.abs(gradient) < SUMS, gradient, 0.5 * QUANTUM) / QUANTUM
    long = (bits != np.rint(bits)) & (sums != np.rint(sums))
    return bool((long & (np.abs(gradient) > ROUNDING_OF_ALL * size)).any())


def _types(problem: Problem) -> Iterator[np.dtype[Any]]:
    """Yield the dtypes of forward's result."""
    yield from (dtype for _, dtype in problem.sizes)


def _is_narrow(leaf: Any) -> bool:
    dtype = getattr(leaf, "dtype", None)
    return isinstance(dtype, np.dtype) and dtype.kind == "f" and dtype.itemsize < 8


def _double(leaf: Any) -> Any:
    """Return the same numbers in float64, read-only; anything else as it is."""
    if not _is_narrow(leaf):
        return leaf
    if not isinstance(leaf, np.ndarray):
        return np.float64(leaf)
    own = leaf.astype(np.float64)
    own.flags.writeable = False
    return own
