"""NumPy's functions that decide by the values: orders, places, truths, whole numbers.

What they choose takes its tangent along; what is plain has none. The step along the direction at
which a decision would go the other way goes into the trail, a bend or a jump.
Tested in tests/tangent/test_decisions.py.
"""

from typing import Any

import numpy as np

from mlp.tangent.array import Rule, TangentArray, tangent_of, value_of, with_tangent
from mlp.tangent.functions import RULES, rule
from mlp.tangent.trail import Trail


@rule(np.sort)
def _sort(trail: Trail, a: Any, axis: Any = -1, **_: Any) -> Any:
    if axis is None:
        a, axis = a.reshape(-1), 0
    order = np.argsort(a.value, axis=axis, kind="stable")
    trail.decided(order)
    found = a.both(lambda part: np.take_along_axis(part, order, axis))
    trail.bends(np.diff(found.value, axis=axis), np.diff(found.tangent, axis=axis))
    return found


def _of_order(function: Any) -> Rule:
    def found(trail: Trail, a: Any, *args: Any, axis: Any = -1, **options: Any) -> Any:
        order = np.argsort(a.value, axis=axis, kind="stable")
        trail.decided(order)
        parts = (np.take_along_axis(part, order, axis) for part in (a.value, a.tangent))
        trail.jumps(*(np.diff(part, axis=-1 if axis is None else axis) for part in parts))
        return function(a.value, *args, axis=axis, **options)

    return found


@rule(np.argsort)
def _argsort(trail: Trail, a: Any, axis: Any = -1, **options: Any) -> Any:
    return _of_order(np.argsort)(trail, a, axis=axis, **options)


@rule(np.argpartition)
def _argpartition(trail: Trail, a: Any, kth: Any, axis: Any = -1, **options: Any) -> Any:
    return _of_order(np.argpartition)(trail, a, kth, axis=axis, **options)


def _of_extreme(function: Any, extreme: Any) -> Rule:
    def found(trail: Trail, a: Any, axis: Any = None, **options: Any) -> Any:
        record = Trail(digits=trail.digits)
        bare = TangentArray(a.value, a.tangent, record)
        extreme(bare, axis=axis)
        trail.jump = min(trail.jump, record.bend)
        found = function(a.value, axis=axis, **options)
        trail.decided(found)
        return found

    return found


@rule(np.lexsort)
def _lexsort(trail: Trail, keys: Any, axis: Any = -1) -> Any:
    for key in keys:
        np.argsort(with_tangent(key, trail), axis=axis)  # for the step at which two change places
    return np.lexsort([*map(value_of, keys)], axis)


@rule(np.unique)
def _unique(trail: Trail, ar: Any, **options: Any) -> Any:
    if options.pop("axis", None) is not None:
        raise trail.lose("np.unique(axis=)")
    asked = options.pop("return_index", False)
    found: Any = np.unique(ar.value, return_index=True, **options)
    places, rest = found[1], found[2:]
    np.argsort(ar.reshape(-1))  # as above
    values = ar.reshape(-1)[places]
    return (values, *(places,) * asked, *rest) if asked or rest else values


RULES[np.argmax] = _of_extreme(np.argmax, np.max)
RULES[np.argmin] = _of_extreme(np.argmin, np.min)


def _placed(trail: Trail, points: Any, grid: Any) -> None:
    """Record at which step a point would change its place in a grid."""
    gaps = (np.asarray(part(points))[..., None] - part(grid) for part in (value_of, tangent_of))
    trail.jumps(*gaps)


@rule(np.searchsorted)
def _searchsorted(trail: Trail, a: Any, v: Any, side: Any = "left", sorter: Any = None) -> Any:
    _placed(trail, v, a)
    return np.searchsorted(value_of(a), value_of(v), side, sorter)


@rule(np.digitize)
def _digitize(trail: Trail, x: Any, bins: Any, right: bool = False) -> Any:
    _placed(trail, x, bins)
    return np.digitize(value_of(x), value_of(bins), right)


def _of_zeros(function: Any) -> Rule:
    def found(trail: Trail, a: Any, *args: Any, **options: Any) -> Any:
        trail.jumps(a.value, a.tangent)
        return function(a.value != 0, *args, **options)

    return found


_ZEROS: Any = (np.nonzero, np.flatnonzero, np.argwhere, np.count_nonzero, np.any, np.all)
RULES |= {function: _of_zeros(function) for function in _ZEROS}


def _of_equals(function: Any) -> Rule:
    def found(trail: Trail, a: Any, b: Any, *args: Any, **options: Any) -> Any:
        a_value, b_value = value_of(a), value_of(b)
        if np.shape(a_value) == np.shape(b_value):
            trail.jumps(np.subtract(a_value, b_value), np.subtract(tangent_of(a), tangent_of(b)))
        return function(a_value, b_value, *args, **options)

    return found


RULES |= {function: _of_equals(function) for function in (np.array_equal, np.array_equiv)}


@rule(np.isclose)
def _isclose(
    trail: Trail, a: Any, b: Any, rtol: float = 1e-5, atol: float = 1e-8, **options: Any
) -> Any:
    a_value, b_value = value_of(a), value_of(b)
    reach = atol + rtol * np.abs(b_value)
    rate = np.abs(tangent_of(a)) + np.abs(tangent_of(b))
    trail.jumps(np.abs(np.subtract(a_value, b_value)) - reach, rate)
    return np.isclose(a_value, b_value, rtol, atol, **options)


@rule(np.round, np.around)
def _round(trail: Trail, a: Any, decimals: int = 0) -> Any:
    rounded = np.round(trail.plain(a.value), decimals)
    if trail.past and (decimals > 0 or trail.grid(rounded)):
        return TangentArray(rounded, a.tangent, trail)
    scaled = a.value * 10.0**decimals
    whole = trail.of(np.rint)
    trail.decided(whole(scaled))
    trail.jumps(np.abs(scaled - 0.5 - whole(scaled - 0.5)), a.tangent * 10.0**decimals)
    return rounded
