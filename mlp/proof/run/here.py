"""A proof for one point:  its own shapes, and the region of its own branches, no more.

    region     what every comparison in the code says at the point; on a border there is none
    proved     every entry of backward is the derivative in that region, for all real values
    and here   in floats at the point by hand has the value of that derivative

Tested in tests/proof/run/test_here.py.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from mlp import tree
from mlp.op import Wrt, argument_names, padded, positions_of
from mlp.proof.real.decide import Decider
from mlp.proof.real.numbers import Numbers
from mlp.proof.run.answer import Concluded, named
from mlp.proof.run.both import Both, Compared
from mlp.proof.run.choice import Choice, floats, symbols
from mlp.proof.run.goal import Goal
from mlp.proof.run.regions import Region
from mlp.proof.run.trace import Outside, Tie, Trace

MOST = 200  # symbols; more take longer than it is worth
CLOSE = 1e-6  # of the largest entry, that by hand may be off in floats,
UNITS = 2.0**10  # or so many units of its rounding


@dataclass(frozen=True)
class Here:
    """What was proved of a point: the shapes, the region, and each argument's name.

    Where nothing was, ``reason`` says why, and the rest is empty.
    """

    shapes: Mapping[str, str]
    region: tuple[str, ...] = ()
    arguments: tuple[str, ...] = ()
    reason: str = ""

    def __bool__(self) -> bool:
        return not self.reason


def prove_here(
    forward: Callable[..., Any], backward: Callable[..., Any], point: Sequence[Any], wrt: Wrt = None
) -> Here:
    """Prove that backward is the derivative of forward in the region of a point, at its shapes."""
    shapes: dict[str, str] = {}
    try:
        choice, witness = _posed(forward, backward, point, wrt)
        shapes |= {
            n: str(a.shape) for n, a in zip(choice.goal.names, choice.arguments, strict=True)
        }
        both = Both(choice)
        rng = np.random.default_rng(0)
        witness |= {
            s: Fraction(int(k), 64) for s, k in zip(both.handed, _odd(rng, both), strict=True)
        }
        region = _region(both, witness)
        both.repeat(region)
        decider = Decider([condition.relation for condition in region.path], witness)
        claimed = dict(_claimed(both, witness, point))
        proved = [
            name
            for name, compared in both.compared(region)
            if _decided(name, compared, decider, witness, claimed.get(name))
        ]
    except Concluded as answer:
        return Here(shapes, reason=answer.reason or answer.verdict)
    except (Tie, Outside) as error:
        return Here(shapes, reason=f"the point lies on a border: {error}")
    except Exception as error:  # noqa: BLE001  # whatever the code does, it is named
        return Here(shapes, reason=named(error))
    return Here(shapes, tuple(str(c.relation) for c in region.path), tuple(proved))


def _odd(rng: np.random.Generator, both: Both) -> npt.NDArray[np.int64]:
    """Return odd numbers from −127 to 127, so that no cotangent is 0."""
    return 2 * rng.integers(-64, 64, size=len(both.handed)) + 1


def _posed(
    forward: Callable[..., Any], backward: Callable[..., Any], point: Sequence[Any], wrt: Wrt
) -> tuple[Choice, dict[Any, Fraction]]:
    """Return the choice that has the shapes and the integers of a point, and where it lies."""
    names = padded(argument_names(forward), len(point))
    arrays = [np.asarray(argument) for argument in point]
    if strange := [n for n, a in zip(names, arrays, strict=True) if a.dtype.kind not in "fiub"]:
        raise Concluded("not proved", f"{strange[0]} is no array of numbers")
    real = tuple(i for i, a in enumerate(arrays) if a.dtype.kind == "f")
    positions = real if wrt is None else positions_of(wrt, names, "no {came!r}, but {names}")
    made = [symbols(names[i], a.shape) if i in positions else a for i, a in enumerate(arrays)]
    if sum(a.size for a in made if a.dtype == object) > MOST:
        raise Concluded("not proved", f"it has more than {MOST} entries")
    each = tuple((a.shape,) for a in arrays)
    goal = Goal(forward, backward, names, each, positions, frozenset(), 0)
    pairs = (zip(made[i].flat, arrays[i].flat, strict=True) for i in positions)
    witness = {s: Fraction(float(x)) for pair in pairs for s, x in pair}
    return Choice(goal, tuple(made)), witness


def _region(both: Both, witness: Mapping[Any, Fraction]) -> Region:
    """Run where the point is, and return the region; raise where it is on a border."""
    trace = Trace(witness)
    result = both.run(trace)
    numbers = Numbers(witness)
    if not all(numbers.holds(condition.relation) for condition in trace.conditions):
        raise Tie("it is too near to be told by floats")
    return Region(tuple(trace.conditions), witness, trace, result)


def _claimed(both: Both, witness: Mapping[Any, Any], point: Sequence[Any]) -> Any:
    """Yield what backward returns in floats: the name of an argument, and its gradient."""
    handed = tree.rebuilt(both.cotangents, partial(floats, point=witness))
    with np.errstate(all="ignore"):
        returned = both.choice.goal.backward(handed, *tree.rebuilt(tuple(point), tree.copied))
    for name, _, gradient in both.choice.gradients(returned):
        yield name, gradient


def _decided(
    name: str,
    compared: Sequence[Compared],
    decider: Decider,
    witness: Mapping[Any, Any],
    claimed: Any,
) -> bool:
    """Tell whether an argument has a gradient, and raise unless it is proved and right here."""
    if not compared or claimed is None:
        return False
    for entry in compared:
        decision = decider.is_zero(entry.true - entry.by_hand)
        if not decision:
            raise Concluded("not proved", f"{name}{list(entry.index)}: {decision.verdict}")
    numbers, by_hand = Numbers(witness), np.asarray(claimed)
    true = np.array([float(numbers.of(entry.true)) for entry in compared])
    rounding = UNITS * float(np.finfo(by_hand.dtype).eps)
    allowed = max(CLOSE, rounding) * max(abs(true).max(), float(np.finfo(float).tiny))
    if not (abs(by_hand.ravel() - true) <= allowed).all():
        raise Concluded("not proved", f"{name}: the formula is right, and loses its digits here")
    return True
