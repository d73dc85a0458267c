"""The second witness: ⟨v, J d⟩ from the operations of forward itself, or why it has none.

It takes no step, so it knows no truncation, no rounding of a difference and no kink but the branch
that was taken. It speaks only if what ran with tangents is what runs without: the same value, no
tangent lost, nothing cast down, no 0 · ∞, no tie. How far rounding moves it is measured, in three
runs whose every operation is rounded at random.

A forward whose operations are not NumPy's runs itself with tangents: ``forward.pushforward(point,
directions, trail)`` returns the leaves of its result as ``TangentArray``. It is asked and measured
like any other, at the same points and as often. Tested in tests/tangent/test_witness.py.
"""

import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from mlp import tree
from mlp.tangent.array import tangent_of, value_of
from mlp.tangent.runs import RUNS, Silence, copied, epsilon, flat, in_a_line, run
from mlp.tangent.trail import Trail

SAME = 1e-12  # relative distance to the value of a plain run that rounding explains
CAST = "a value is cast to fewer digits"  # why it is silent, but for the formula before that
NUDGE = 2.0**-10  # relative distance at which another run must have its own value
TRUST = 8.0  # their spread is multiplied by this to become a bar


@dataclass(frozen=True)
class Witnessed:
    """A slope along one direction, how far rounding may move it, and how near its branches end.

    ``jump`` and ``bend`` are steps along the direction, to first order, at which the nearest
    decision of each kind would go the other way. ``noise`` is how far random rounding of its
    operations has moved each entry of the result; ``work`` is how many entries were computed in
    a run, in floats of 16 ``digits`` or with 50.
    """

    slope: float
    bar: float
    jump: float
    bend: float
    noise: Any
    work: int = 0
    digits: int = 16
    blunt: Silence | None = None  # why there are no fifty digits, where they were wanted


def ask(
    forward: Callable[..., Any],
    point: Sequence[Any],
    directions: Sequence[Any],
    cotangent: Any,
    *,
    seed: int = 0,
    past: bool = False,
) -> Witnessed | Silence:
    """Say what ⟨v, J d⟩ is at a point.

    Parameters
    ----------
    forward : Callable
        ``forward(*point)`` returns an array, a number, or a structure of them.
    point : sequence
        The arguments; they are not changed.
    directions : sequence
        For each argument its direction, in its structure and shape, or None where it stays.
    cotangent : (k,) array
        v, for all k entries of the result, leaf after leaf in C order.
    seed : int
        Of the random rounding.
    past : bool
        Look past what rounds on purpose, to decimal places or to fewer digits: the slope is that
        of the formula before it.

    Returns
    -------
    Witnessed or Silence
        The slope with its bar, or a reason for having none.

    Examples
    --------
    >>> import numpy as np
    >>> from mlp.tangent.witness import ask
    >>> x, d, v = np.array([0.5, 2.0]), np.ones(2), np.array([1.0, 0.0])
    >>> said = ask(lambda x: x**3, [x], [d], v)
    >>> said.slope, said.bar < 1e-14
    (0.75, True)
    >>> ask(lambda x: np.asarray(memoryview(x)), [x], [d], v).reason[:10]
    'TypeError:'
    """
    values = flat(tree.flat(forward(*copied(point))), value_of)
    try:
        return _asked(forward, point, directions, cotangent, values, seed, past)
    except Exception as error:  # noqa: BLE001  # a stranger's code may raise anything
        return Silence(in_a_line(error))
    finally:
        with contextlib.suppress(Exception):  # what forward keeps is to be plain again
            forward(*copied(point))


def _asked(
    forward: Callable[..., Any],
    point: Sequence[Any],
    directions: Sequence[Any],
    cotangent: Any,
    values: Any,
    seed: int,
    past: bool,
) -> Witnessed | Silence:
    """Run forward with tangents, here and nearby, plain and rounded at random."""
    rests = _rests_nearby(forward, point, directions, seed)  # first: what forward keeps is stale
    trail = Trail(past=past)
    said = run(forward, point, directions, trail)
    if isinstance(said, Silence):
        return said
    seen = flat(said, value_of)
    if seen.shape != values.shape or not _same(seen, values):
        return Silence("forward has another value when it runs with tangents")
    slope, at_edge = slope_of(cotangent, said), trail.rests > (rests or 0)
    reason = (
        CAST * (trail.cast and not past)
        or "a derivative is not finite where its argument does not move" * trail.undefined
        or "a tie" * (trail.bend == 0)
        or "the slope is not finite" * (not np.isfinite(slope))
        or "forward has another value nearby when it runs with tangents" * (rests is None)
        or "a decision at its edge, which stays there along the direction" * at_edge
    )
    if reason:
        return Silence(reason)
    jittered = [
        run(forward, point, directions, Trail(np.random.default_rng((seed, k)), past=past))
        for k in range(RUNS)
    ]
    heard = [leaves for leaves in jittered if not isinstance(leaves, Silence)]
    slopes = [slope_of(cotangent, leaves) for leaves in heard]
    if len(slopes) < RUNS or not np.isfinite(slopes).all():
        return Silence("rounding decides what forward does")
    size = float(np.abs(cotangent * flat(said, tangent_of)).sum())
    bar = TRUST * max(abs(s - slope) for s in slopes) + epsilon(said, point) * size
    noise = np.max([np.abs(flat(leaves, value_of) - seen) for leaves in heard], axis=0)
    return Witnessed(slope, bar, trail.jump, trail.bend, noise, trail.work)


def _rests_nearby(
    forward: Callable[..., Any], point: Sequence[Any], directions: Sequence[Any], seed: int
) -> int | None:
    """Return how many decisions rest at their edge nearby, by construction, as at a mask of zeros.

    It is None where a run with tangents has another value there than a plain one.
    """
    for side in (1, -1):  # the other where this one is out of the domain
        nearby = _nearby(point, directions, side, np.random.default_rng(seed))
        values = flat(tree.flat(forward(*copied(nearby))), value_of)
        if np.isfinite(values).all():
            break
    trail = Trail()
    said = run(forward, nearby, directions, trail)
    same = not isinstance(said, Silence) and _same(flat(said, value_of), values)
    return trail.rests if same else None


def slope_of(cotangent: Any, said: list[Any]) -> float:
    """Return the slope of what a cotangent weighs, from the leaves of a run."""
    return float(np.real(np.vdot(cotangent, flat(said, tangent_of))))


def _nearby(
    point: Sequence[Any], directions: Sequence[Any], side: int, rng: np.random.Generator
) -> list[Any]:
    """Return a point that differs a little in every entry of what moves."""

    def nudged(leaf: Any) -> Any:
        if np.asarray(leaf).dtype.kind not in "fc":
            return leaf  # a function, a name, a count: what else a structure holds
        change = side * NUDGE * rng.uniform(0.5, 1.5, np.shape(leaf))
        return np.asarray(leaf * (1 + change) + NUDGE * change, np.asarray(leaf).dtype)

    return [
        argument if d is None else tree.rebuilt(argument, nudged)
        for argument, d in zip(point, directions, strict=True)
    ]


def _same(a: Any, b: Any) -> bool:
    """Tell whether two results are one, up to rounding."""
    with np.errstate(all="ignore"):
        reach = SAME * max(float(np.abs(b).max(initial=0.0)), np.finfo(np.float64).tiny)
        return bool((np.abs(a - b) <= reach).all())
