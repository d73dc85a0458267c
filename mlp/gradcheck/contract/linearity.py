"""Backward is linear in its cotangent, and the same from call to call.

This is exact to test: scaling by -1 and by 2^±10 rounds nothing.
"""

from collections.abc import Iterator
from functools import partial

import numpy as np

from mlp.gradcheck.block import Anything, Block, Vector
from mlp.gradcheck.directions import largest, signed_uniform
from mlp.gradcheck.finding import Finding
from mlp.gradcheck.line import DOUBLE, HALF, SINGLE, Place
from mlp.gradcheck.probe import wavering
from mlp.gradcheck.problem import Problem

SCALED = {  # what linearity promises of a multiple, in words, and its factor
    "backward(0) is not 0": 0.0,
    "backward(-v) is not -backward(v)": -1.0,
    "backward(1024 v) is not 1024 backward(v)": 1024.0,
    "backward(v / 1024) is not backward(v) / 1024": 1 / 1024,
}
SUM = "backward(v + w) is not backward(v) + backward(w)"
UNDERFLOW = 2.0**12  # smallest numbers by which scaling may be off where they are all there is
LINEAR = {DOUBLE: 1e-6, SINGLE: 1e-3, HALF: 1e-1}  # relative departure that is more than rounding
ODD = (0.6875, 1.3125, 1.5625, 1.8125)  # factors at which what is homogeneous only rounds
ROUNDINGS = 16  # times what single roundings move is what a sum of them may be off by
LEAST = 1e-3  # of the gradient here, that any departure is relative to
SMALL = 1e-2  # departure up to which it may be by design


def departures(
    place: Place, v: Vector, rng: np.random.Generator, here: list[Anything | None]
) -> Iterator[Finding]:
    """Test that backward is steady, and linear in its cotangent.

    The gradients ``here`` for one number, which nobody lays out otherwise, are used up.
    """
    problem = place.problem
    again = [*map(partial(_departure, used_up=False), here, problem.glimpse(v))]
    for block, change in zip(problem.blocks, again, strict=True):
        if change > 1e-3:
            said = f"backward returned gradients that differ by {change:.1e} for the same arguments"
            yield Finding.doubt("nondeterminism", said, block.name)
            return
    unit = max(place.unit, *(SINGLE if block.single else DOUBLE for block in problem.blocks))
    w = signed_uniform(rng, v, 9)
    sizes = [0.0 if g is None else largest(g) for g in here]
    off = {
        said: _of_each(problem, here, sizes, factor * v, factor) for said, factor in SCALED.items()
    }
    off[SUM] = _of_each(problem, here, sizes, v + w, 1.0, w)  # the only one that rounds
    for i, block in enumerate(problem.blocks):
        broken = {said: each[i] for said, each in off.items() if each[i] > LINEAR[unit]}
        if [*broken] == [SUM] and _wavers(place, v, rng, (v + w, w), i):
            continue  # terms that nearly cancel: their rounding is all that it is off by
        if broken:
            yield _breach(block, broken)


def _breach(block: Block, broken: dict[str, float]) -> Finding:
    """Say which promises are broken, and by how much where that is little, or accepted."""
    first = next(iter(broken))
    said = f"not linear in its cotangent: {first}"
    whole = max(off * _share(SCALED.get(said, 1.0)) for said, off in broken.items())
    if whole <= block.accept:
        said += f", by {whole:.1e} of the largest entry, within accept={block.accept:g}"
        return Finding("accepted", "note", block.name, said)
    if max(broken.values()) > SMALL:
        return Finding("cotangent", "fault", block.name, said + _guess([*broken]))
    said += f", by {whole:.1e} of the largest entry, as a solver that chooses its steps leaves; "
    said += f"if it is by design, accept={2 * whole:.0e}"
    return Finding("cotangent", "fault", block.name, said)


def _share(factor: float) -> float:
    """Return what the gradient of a scaled cotangent is of the one here, at most all."""
    return min(abs(factor), 1.0) or LEAST


def _wavers(
    place: Place, v: Vector, rng: np.random.Generator, others: tuple[Vector, ...], i: int
) -> bool:
    """Tell whether rounding alone moves gradient i by as much as its sum is off.

    It scales exactly by powers of two, so what other factors leave is rounding as well.
    """
    problem, cotangents = place.problem, (v, *others)
    one, both, other = pulled = [np.array(problem.gradients(w)[i]) for w in cotangents]
    least = largest(both - one - other) / ROUNDINGS
    for here, w in zip(pulled, cotangents, strict=True):
        moved = w * (1 + np.finfo(w.dtype).eps * rng.integers(-4, 5, w.shape))
        seen = [np.array(gradients[i]) for gradients in wavering(problem, moved, rng)]
        seen += [np.array(problem.gradients(factor * w)[i]) / factor for factor in ODD]
        if any(largest(g - here) > least for g in seen):
            return True
    return False


def _of_each(
    problem: Problem,
    here: list[Anything | None],
    sizes: list[float],
    v: Vector,
    factor: float,
    w: Vector | None = None,
) -> list[float]:
    """Return how far each gradient for a cotangent is from what linearity expects.

    That is ``factor`` times the gradient here, or the sum of here and of a second cotangent.
    """
    if w is not None:
        here = [*map(partial(_sum, used_up=v.size == 1), here, problem.glimpse(w))]
    found = problem.glimpse(v)
    expected = (g if w is not None or g is None else factor * g for g in here)
    return [_departure(*three) for three in zip(expected, found, sizes, strict=True)]


def _sum(g: Anything | None, other: Anything | None, *, used_up: bool) -> Anything | None:
    """Return the sum of two gradients, in the place of the first where that is used up."""
    if g is None or other is None:
        return None
    return np.add(g, other, out=g if used_up else None)


def _guess(failed: list[str]) -> str:
    """Say which mistake fails this set of trials."""
    text = " ".join(failed)
    if "backward(0)" in text:
        return "; the cotangent is ignored, or something is added that has no factor of it"
    if "backward(-v)" in text and "1024" not in text:
        return "; it passes through abs or relu"
    return "; it is clipped, squared or normalised on the way"


def _departure(
    expected: Anything | None, found: Anything | None, size: float = 0.0, *, used_up: bool = True
) -> float:
    """Return the largest difference of two gradients, relative to the largest entry.

    ``size`` is that of the gradient of which the first is a multiple. Where the first is used up,
    it becomes the difference: a third array may be large.
    """
    if expected is None or found is None or found.size == 0:
        return 0.0
    size = max(largest(expected), LEAST * size)
    least = UNDERFLOW * float(np.finfo(expected.dtype).smallest_subnormal)
    fits = used_up and (found.shape, found.dtype) == (expected.shape, expected.dtype)
    into = expected if fits and found.shape else None  # what has no shape is no array, but a number
    difference = largest(np.subtract(found, expected, out=into))
    if difference <= least:
        return 0.0
    return difference / size if size else np.inf
