"""A signature of shapes as text, read: (n,d),(d,m),(m)->(n,m).

    (...)      any shape      (n)|(n,c)    either of these      ()    a scalar

What it means for the arguments of a function, ``mlp.shapes`` says. Tested in tests/test_shapes.py.
"""

import functools
import re
from typing import Any, TypeAlias

from mlp.inputs import shown

Axes: TypeAlias = tuple[str, ...]
Group: TypeAlias = tuple[Axes, ...]

ANY_SHAPE: Axes = ("...",)


def parse(signature: str) -> tuple[tuple[Group, ...], tuple[Group, ...]]:
    """Read a signature into the groups of its arguments and of its results.

    A group is a tuple of alternatives, an alternative a tuple of axis names. Raises ``ValueError``
    for a text that is no signature.
    """
    given: Any = signature
    return _parsed(given if isinstance(given, str) else shown(given))


@functools.cache
def _parsed(signature: str) -> tuple[tuple[Group, ...], tuple[Group, ...]]:
    one = r"\((?:\.\.\.|\w+(?:,\w+)*)?\)"
    group = rf"{one}(?:\|{one})*"
    text = re.sub(r"\s", "", signature)
    if not re.fullmatch(rf"(?:{group}(?:,{group})*)?->{group}(?:,{group})*", text):
        raise ValueError(f"shapes: {shown(signature)} is no signature such as '(n,d),(d,m)->(n,m)'")
    arguments, results = (
        tuple(
            tuple(tuple(filter(None, axes.strip("()").split(","))) for axes in found.split("|"))
            for found in re.findall(group, side)
        )
        for side in text.split("->")
    )
    return arguments, results


def spell(group: Group) -> str:
    """Write a group the way a signature does: (n)|(n,c)."""
    return "|".join("({})".format(",".join(axes)) for axes in group)


def match(axes: Axes, shape: tuple[int, ...], known: dict[str, Any]) -> dict[str, Any] | None:
    """Return the axes that this shape names beyond the known ones, or None where it contradicts."""
    if axes == ANY_SHAPE:
        return {"...": shape} if known.get("...", shape) == shape else None
    if len(axes) != len(shape) or 0 in shape:
        return None
    found: dict[str, Any] = {}
    for axis, length in zip(axes, shape, strict=True):
        if found.setdefault(axis, known.get(axis, length)) != length:
            return None
    return found
