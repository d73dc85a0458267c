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
from typing import Any, TypeAlias

import numpy as np

from mlp import tree
from mlp.tangent import decisions, linalg, rules  # noqa: F401  # they enter their rules
from mlp.tangent.array import TangentArray, tangent_of, value_of, with_tangent
from mlp.tangent.code import reach_of
from mlp.tangent.trail import Lost, Trail

SAME = 1e-12  # relative distance to the value of a plain run that rounding explains
RUNS = 3  # with random rounding
NUDGE = 2.0**-10  # relative distance at which another run must have its own value
LINE = 100  # letters of an error that a reason shows
TRUST = 8.0  # their spread is multiplied by this to become a bar


@dataclass(frozen=True)
class Silence:
    """Why the witness has nothing to say, with the line of forward where it is so.

    In fifty digits that may be a doubt of what floats have said, or only the want of a rule.
    """

    reason: str
    doubt: bool = False


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


Push: TypeAlias = Callable[[Sequence[Any], Sequence[Any], Trail], list[Any] | Silence]


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
    slope, at_edge = _slope(cotangent, said), trail.rests > (rests or 0)
    reason = (
        "a value is cast to fewer digits" * (trail.cast and not past)
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
    slopes = [_slope(cotangent, leaves) for leaves in heard]
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


def _slope(cotangent: Any, said: list[Any]) -> float:
    return float(np.real(np.vdot(cotangent, flat(said, tangent_of))))


def epsilon(*things: Sequence[Any]) -> float:
    """Return the rounding of the coarsest floats in results and arguments."""
    leaves = (np.asarray(value_of(leaf)).dtype for t in things for leaf in tree.flat(list(t)))
    return max((float(np.finfo(t).eps) for t in leaves if t.kind in "fc"), default=0.0)


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


def copied(point: Sequence[Any]) -> list[Any]:
    """Return copies of the arguments, for forward may write into them."""
    return [tree.rebuilt(argument, tree.copied) for argument in point]


def run(
    forward: Callable[..., Any], point: Sequence[Any], directions: Sequence[Any], trail: Trail
) -> list[Any] | Silence:
    """Run forward with tangents, its own or through stand-ins; return the leaves of its result."""
    push = getattr(forward, "pushforward", None)
    if push is None:
        result = returned(forward, point, directions, trail)
        return result if isinstance(result, Silence) else tree.flat(result)
    leaves: list[Any] | Silence = _told(lambda: push(copied(point), directions, trail), trail)
    return leaves


def returned(
    function: Callable[..., Any], point: Sequence[Any], directions: Sequence[Any], trail: Trail
) -> Any:
    """Run NumPy code with tangents, through stand-ins; return its result, or a Silence."""

    def pushed() -> Any:
        reach = reach_of(trail)
        given = [
            tree.rebuilt(argument, reach.stand_in) if d is None else _dual(argument, d, trail)
            for argument, d in zip(copied(point), directions, strict=True)
        ]
        return reach.stand_in(function)(*given)

    return _told(pushed, trail)


def _told(runs: Callable[[], Any], trail: Trail) -> Any:
    """Return what a run returns, or why there is nothing to say of it."""
    try:
        result = runs()
    except Lost as lost:
        return Silence(str(lost))
    except Exception as error:  # noqa: BLE001  # a stranger's code may raise anything
        return Silence(trail.lost[0] if trail.lost else in_a_line(error))
    return Silence(trail.lost[0]) if trail.lost else result


def shaken(function: Callable[..., Any], point: Sequence[Any], *, seed: int = 0) -> list[Any]:
    """Run a function a few times, its every operation rounded at random.

    Parameters
    ----------
    function : Callable
        ``function(*point)`` returns an array, a number, or a structure of them.
    point : sequence
        The arguments; they are not changed.
    seed : int
        Of the random rounding.

    Returns
    -------
    list
        What it returned in each run; no runs where one of them could not be followed.

    Examples
    --------
    >>> import numpy as np
    >>> from mlp.tangent.witness import shaken
    >>> seen = shaken(lambda x: 1 - np.tanh(x) ** 2, [np.array(18.0)])
    >>> len(seen), bool(max(seen) - min(seen) > 1e-16)
    (3, True)
    """
    still = [None] * len(point)
    with np.errstate(all="ignore"):
        found = [
            returned(function, point, still, Trail(np.random.default_rng((seed, k)), strict=True))
            for k in range(RUNS)
        ]
    with contextlib.suppress(Exception):  # what the function keeps is to be plain again
        function(*copied(point))
    if any(isinstance(result, Silence) for result in found):
        return []
    return [tree.rebuilt(result, value_of) for result in found]


def in_a_line(error: Exception) -> str:
    """Return an error as the line of a reason."""
    said = " ".join(f"{type(error).__name__}: {error}".split())
    return f"{said[:LINE]}..." if len(said) > LINE else said


def _dual(argument: Any, direction: Any, trail: Trail) -> Any:
    moves = iter(tree.flat(direction))

    def dual(leaf: Any) -> TangentArray:
        made = with_tangent(leaf, trail)
        made.tangent[...] = next(moves)
        moving = TangentArray(made.value, made.tangent, trail)
        moving.place = True
        return moving

    return tree.rebuilt(argument, dual)


def flat(leaves: list[Any], part: Callable[[Any], Any]) -> Any:
    """Return values or tangents of all leaves as one vector."""
    shaped = (np.broadcast_to(part(leaf), np.shape(value_of(leaf))).ravel() for leaf in leaves)
    return np.concatenate([np.zeros(0), *shaped])


def _same(a: Any, b: Any) -> bool:
    """Tell whether two results are one, up to rounding."""
    with np.errstate(all="ignore"):
        reach = SAME * max(float(np.abs(b).max(initial=0.0)), np.finfo(np.float64).tiny)
        return bool((np.abs(a - b) <= reach).all())
