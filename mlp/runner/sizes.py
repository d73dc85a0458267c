"""The sizes at which an op is proved that has no @shapes: small ones, where its code runs at them.

    LENGTHS    for the lengths of an example, in their order: alike and different where those are
    LEAST      where these make too many terms, or take too long
    fitted     where the code has sizes in it, a kernel's width or two groups: these stay

Tested in tests/runner/test_sizes.py.
"""

import copy
import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import chain, repeat
from typing import Any

import numpy as np

from mlp.runner.guard import TargetError

LENGTHS = (2, 3, 1, 4)
LEAST = (1, 2, 1, 2)
OTHERWISE = 2


def from_point(point: Sequence[Any], sizes: Sequence[int] = LENGTHS) -> str:
    """Return a signature of small sizes that are alike and different where those of a point are."""
    return signature_of(_renamed(point, dict(zip(_lengths(point), sizes, strict=False))))


def fitted(
    forward: Callable[..., Any],
    backward: Callable[..., Any],
    point: Sequence[Any],
    sizes: Sequence[int] = LENGTHS,
) -> str:
    """Return the signature of small sizes at which both functions run on numbers.

    One length after another becomes the one wished for, else, where it is over 2, one that no axis
    has yet.
    """
    lengths = _lengths(point)
    short = {length: length for length in lengths}
    for length, wish in zip(lengths, chain(sizes, repeat(OTHERWISE)), strict=False):
        free = [s for s in LENGTHS if s not in short.values() and length > OTHERWISE]
        for shorter in (wish, *free):
            tried = {**short, length: shorter}
            if shorter < length and runs(forward, backward, point, tried):
                short = tried
                break
    return signature_of(_renamed(point, short))


def signature_of(shapes: Iterable[Iterable[int]]) -> str:
    """Write these shapes as a signature."""
    groups = [f"({','.join(map(str, shape))})" for shape in shapes]
    return f"{','.join(groups)}->()"


def _lengths(point: Sequence[Any]) -> list[int]:
    """Return the lengths of all axes, each once, but for 1, which is broadcast and stays."""
    try:
        return [*dict.fromkeys(n for argument in point for n in np.shape(argument) if n > 1)]
    except ValueError:
        raise TargetError(
            "an argument is a list of arrays that differ in shape: prove a function that takes "
            "each of them as an argument of its own, as two_layer does"
        ) from None


def _renamed(point: Sequence[Any], short: Mapping[int, int]) -> list[tuple[int, ...]]:
    """Return the shapes of a point with other lengths."""
    short = {1: 1, **short}
    return [tuple(short.get(n, OTHERWISE) for n in np.shape(argument)) for argument in point]


def runs(
    forward: Callable[..., Any],
    backward: Callable[..., Any],
    point: Sequence[Any],
    short: Mapping[int, int] | None = None,
) -> bool:
    """Tell whether both functions take a point, in other lengths, and gradients have its shapes."""
    shapes = [np.shape(a) for a in point] if short is None else _renamed(point, short)
    given = [np.resize(a, shape) if shape else a for a, shape in zip(point, shapes, strict=True)]
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            returned = backward(forward(*copy.deepcopy(given)), *copy.deepcopy(given))
            several = isinstance(returned, (tuple, list)) and len(given) > 1
            gradients = returned if several else [returned]
            left = iter(shapes)
            return all(np.shape(g) in left for g in gradients if g is not None)
        except Exception:  # noqa: BLE001  # a stranger's code at sizes that it never saw
            return False
