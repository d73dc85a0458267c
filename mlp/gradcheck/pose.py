"""Pose a problem: copy the point, find what is differentiated, refuse what cannot be checked.

Everything that is wrong with a call of ``check`` itself is said here, in one line each.
"""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from mlp import tree
from mlp.gradcheck.block import Block, Bound
from mlp.gradcheck.charts import Along, Chart, Retract, projection, retraction
from mlp.gradcheck.problem import Problem, Spent
from mlp.op import (
    MOST_ACCEPTED,
    Accept,
    Wrt,
    argument_names,
    is_allowance,
    padded,
    positions_of,
)

FOREIGN = {  # what people pass, and how it becomes an array
    "pandas": ".to_numpy()",
    "polars": ".to_numpy()",
    "xarray": ".values",
    "dask": ".compute()",
    "cupy": ".get()",
}


def pose(
    forward: Callable[..., Any],
    backward: Callable[..., Any],
    point: Sequence[Any],
    *,
    wrt: Wrt = None,
    accept: Accept = 0.0,
    bounds: Sequence[Bound] | None = None,
    max_evaluations: int | None = None,
    along: Along | None = None,
    retract: Retract | None = None,
) -> Problem:
    """Copy the point and find what is differentiated; what cannot be checked is refused here."""
    for name, function in (("forward", forward), ("backward", backward)):
        if not callable(function):
            raise TypeError(
                f"check: {name} must be a function, but it is a {type(function).__name__}"
            )
    if not point:
        raise TypeError("check: no point was given; call check(forward, backward, *point)")
    if bounds is not None and not _are_pairs(bounds, len(point)):
        raise ValueError(
            f"check: bounds must hold one (low, high) or None for each of the {len(point)} "
            f"arguments, but is {bounds!r}"
        )
    names = _names(forward, backward, len(point))
    own = tuple(map(_own, names, point))
    for name, argument in zip(names, own, strict=True):
        for path, leaf in tree.leaves(argument):
            _refuse(name + tree.spell(path), leaf)
    positions = _positions(wrt, names, own)
    allowed = _accepted(accept, names)
    floats = [
        replace(block, accept=allowed.get(position, 0.0))
        for position in dict.fromkeys((*positions, *range(len(point))))
        for block in _blocks(own, names, position, bounds[position] if bounds else None)
    ]
    floats = _charted(floats, along or {}, retract or {}, positions)
    blocks = tuple(block for block in floats if block.position in positions)
    others = tuple(block for block in floats if block.position not in positions)
    limit = math.inf if max_evaluations is None else max_evaluations
    functions, spent, named = (forward, backward), Spent(limit=limit), wrt is not None
    return Problem(functions, own, names, positions, blocks, others, spent, named)


def _accepted(accept: Accept, names: tuple[str, ...]) -> dict[int, float]:
    """Return what each argument's gradient may be off by design, by position."""
    named = accept if isinstance(accept, Mapping) else dict.fromkeys(names, accept)
    refusal = "check: accept must name arguments of forward ({names}), not {came!r}"
    for size in named.values():
        if not is_allowance(size):
            raise ValueError(
                f"check: accept must be a number from 0, below {MOST_ACCEPTED}, or a dict of them "
                f"by argument name, but is {accept!r}"
            )
    return {positions_of(key, names, refusal)[0]: float(size) for key, size in named.items()}


def _charted(
    floats: list[Block], along: Along, retract: Retract, positions: tuple[int, ...]
) -> list[Block]:
    """Return the blocks, those that must keep to a set with a chart that does."""
    names = [block.name for block in floats]
    charts: dict[str, Chart] = {}
    for option, given in (("along", along), ("retract", retract)):
        if not isinstance(given, Mapping):
            raise TypeError(f"check: {option} must be a dict by argument name, but is {given!r}")
        for name, chart in given.items():
            if name not in names:
                raise ValueError(
                    f"check: {option} must name arguments of floats ({', '.join(names)}), not "
                    f"{name!r}"
                )
            block = floats[names.index(name)]
            if name in charts:
                raise ValueError(f"check: {name} is in along and in retract; give one of them")
            if option == "retract" and (block.position not in positions or block.low is not None):
                raise ValueError(
                    f"check: retract is for differentiated arguments without bounds, which {name} "
                    f"is not"
                )
            charts[name] = (
                projection(name, chart, block.value)
                if option == "along"
                else retraction(name, chart)
            )
    return [replace(block, chart=charts.get(block.name)) for block in floats]


def _are_pairs(bounds: Any, count: int) -> bool:
    """Tell whether there is a (low, high) or None for each of so many arguments."""
    return (
        isinstance(bounds, (tuple, list))
        and len(bounds) == count
        and all(b is None or (isinstance(b, (tuple, list)) and len(b) == 2) for b in bounds)
    )


def _blocks(
    point: tuple[Any, ...], names: tuple[str, ...], position: int, bound: Bound
) -> Iterator[Block]:
    """Yield the differentiated arrays of one argument."""
    low, high = (None, None) if bound is None else bound
    if bound is not None:
        low, high = -math.inf if low is None else low, math.inf if high is None else high
    for path, leaf in tree.leaves(point[position]):
        if _is_float(leaf):
            name = names[position] + tree.spell(path)
            scalar = not isinstance(leaf, np.ndarray)
            block = Block(position, path, name, np.asarray(leaf), low, high, scalar)
            try:
                inside = block.inside(block.value)
            except (TypeError, ValueError):
                raise ValueError(
                    f"check: the bounds of {name} must be numbers, or arrays of its shape "
                    f"{block.value.shape}"
                ) from None
            if not inside:
                raise ValueError(f"check: {name} must lie inside its bounds, but does not")
            yield block


def _names(
    forward: Callable[..., Any], backward: Callable[..., Any], count: int
) -> tuple[str, ...]:
    """Return the names of the arguments, as forward calls them, else as backward does."""
    names = argument_names(forward)
    if len(names) < count:
        names = argument_names(backward)[1:]
    return padded(names if len(names) >= count else (), count)


def _positions(wrt: Wrt, names: tuple[str, ...], point: tuple[Any, ...]) -> tuple[int, ...]:
    """Return the positions of the differentiated arguments."""
    floats = tuple(i for i, arg in enumerate(point) if any(map(_is_float, tree.flat(arg))))
    if wrt is None:
        return floats
    refusal = "check: wrt must name arguments of forward ({names}), not {came!r}"
    chosen = positions_of(wrt, names, refusal)
    if floats and not chosen:
        said = refusal.format(names=", ".join(names), came=wrt)
        raise ValueError(f"{said}; leave it out to differentiate by all")
    for position in chosen:
        if position not in floats:
            raise TypeError(f"check: {names[position]} holds no floats to differentiate by")
    if len(set(chosen)) < len(chosen):
        raise ValueError(f"check: wrt must name each argument once, but is {wrt!r}")
    return chosen


def _is_float(leaf: Any) -> bool:
    return isinstance(leaf, (float, np.floating)) or (
        isinstance(leaf, np.ndarray) and leaf.dtype.kind == "f"
    )


def _refuse(name: str, leaf: Any) -> None:
    """Refuse what looks like an array of numbers but cannot be checked as one."""
    kind = f"{type(leaf).__module__.partition('.')[0]}.{type(leaf).__name__}"
    if isinstance(leaf, (complex, np.complexfloating)) or (
        isinstance(leaf, np.ndarray) and leaf.dtype.kind == "c"
    ):
        raise TypeError(
            f"check: {name} must be real, but is complex; check its real and imaginary parts as "
            f"two arguments"
        )
    package = kind.partition(".")[0]
    if package in FOREIGN:
        raise TypeError(
            f"check: {name} must be a NumPy array, but is a {kind}; pass {name}{FOREIGN[package]}"
        )
    if isinstance(leaf, (np.ma.MaskedArray, np.matrix)):
        raise TypeError(f"check: {name} must be a plain NumPy array, but is a {kind}")


def _own(name: str, argument: Any) -> Any:
    """Return our own copy of an argument."""
    try:
        return tree.rebuilt(argument, _read_only)
    except tree.TooDeep as error:
        raise ValueError(f"check: {name} {error}; pass its arrays one by one") from None


def _read_only(leaf: Any) -> Any:
    """Return our own copy of an array, which nobody can write into."""
    if type(leaf).__module__.startswith("scipy.sparse"):
        return leaf.copy()
    return tree.locked(leaf)
