"""Two answers to one question that was asked in two ways: they must agree.

Tested in tests/peers/test_torch_asked.py and tests/peers/test_jax_asked.py.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from typing import Any, TypeAlias

import numpy as np

from mlp import tree
from mlp.gradcheck import Finding

GradientsByPath: TypeAlias = dict[tree.Keys, Any]
LOOSE = 2.0**10  # rounding units: another order of sums, no other formula
MANY = 2  # points, cotangents or tangents, at once
REPEATS = 3  # of the plain question, before anything is called a departure


def settled(
    found: Sequence[Finding], plain: GradientsByPath, pull: Callable[[], GradientsByPath]
) -> Sequence[Finding]:
    """Return what was found, or nothing where the plain question itself does not repeat."""
    faults = any(finding.severity == "fault" for finding in found)
    again = [pull() for _ in range(REPEATS if faults else 0)]
    return [] if any(off(plain.get(p), other[p]) for other in again for p in other) else found


def held_against(
    names: Sequence[str],
    plain: GradientsByPath,
    ask: Callable[[], GradientsByPath],
    asked: str,
    positions: Collection[int],
    raising: str = "note",
) -> Iterator[Finding]:
    """Compare the gradients of some arguments with those of the plain question."""
    try:
        found = ask()
    except Exception as error:  # noqa: BLE001  # the code of a stranger
        yield Finding("asked", raising, None, f"{asked}, backward raised {raised_by(error)}")
        return
    for path in dict.fromkeys((*plain, *found)):
        if path[0] not in positions:
            continue
        came = found.get(path)
        if apart := off(plain.get(path), came):
            name = names[path[0]] + tree.spell(path[1:])
            said = "is None" if came is None else f"is off by {apart:.0e} of its largest entry"
            yield Finding("asked", "fault", name, f"{asked}, its gradient {said}")


def raised_by(error: Exception) -> str:
    """Say what was raised, in one line."""
    return f"{type(error).__name__}: {str(error).partition(chr(10))[0]}"


def off(wanted: Any, came: Any) -> float:
    """Return how far two gradients are apart, if that is no rounding; None stands for zeros."""
    one = np.zeros(()) if wanted is None else np.asarray(wanted)
    other = np.zeros(()) if came is None else np.asarray(came)
    if wanted is not None and came is not None and one.shape != other.shape:
        return float("inf")
    size = max(float(np.abs(one).max(initial=0)), float(np.abs(other).max(initial=0)))
    apart = float(np.abs(one - other).max(initial=0))
    kinds = [a.dtype for a in (one, other) if a.dtype.kind in "fc" and a.ndim]
    unit = max((float(np.finfo(kind).eps) for kind in kinds), default=2.0**-52)
    within = apart <= min(LOOSE * unit, 0.1) * size
    return 0.0 if within else apart / size if size else float("inf")
