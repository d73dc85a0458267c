"""A function run with tangents, its own or through stand-ins; or why there is nothing to say.

A forward whose operations are not NumPy's runs itself with tangents: ``forward.pushforward(point,
directions, trail)`` returns the leaves of its result as ``TangentArray``. Whatever a stranger's
code raises is a reason, in a line. Tested in tests/tangent/test_runs.py.
"""

import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from mlp import tree
from mlp.tangent import decisions, linalg, rules  # noqa: F401  # they enter their rules
from mlp.tangent.array import TangentArray, value_of, with_tangent
from mlp.tangent.code import reach_of
from mlp.tangent.trail import Lost, Trail

RUNS = 3  # with random rounding
LINE = 100  # letters of an error that a reason shows


@dataclass(frozen=True)
class Silence:
    """Why the witness has nothing to say, with the line of forward where it is so.

    In fifty digits that may be a doubt of what floats have said, or only the want of a rule.
    """

    reason: str
    doubt: bool = False


Push: TypeAlias = Callable[[Sequence[Any], Sequence[Any], Trail], list[Any] | Silence]


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
    >>> from mlp.tangent import shaken
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


def epsilon(*things: Sequence[Any]) -> float:
    """Return the rounding of the coarsest floats in results and arguments."""
    leaves = (np.asarray(value_of(leaf)).dtype for t in things for leaf in tree.flat(list(t)))
    return max((float(np.finfo(t).eps) for t in leaves if t.kind in "fc"), default=0.0)
