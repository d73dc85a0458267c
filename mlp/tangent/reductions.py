"""What the methods of a ufunc make of a tangent: reduce, accumulate, outer, at, reduceat.

A sum is linear, a product moves one factor after another, and what is largest or smallest takes the
tangent of the first that is. Any other ufunc has no rule, and loses the tangent by name.
Tested in tests/tangent/test_reductions.py, each against extrapolated differences.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from mlp.tangent.array import TangentArray, paired, tangent_of, value_of, with_tangent
from mlp.tangent.trail import Trail

NONE = np._NoValue  # noqa: SLF001  # what NumPy's own nanprod gives as the initial value


def _reduce(
    trail: Trail,
    ufunc: Any,
    a: Any,
    axis: Any = 0,
    dtype: Any = None,
    keepdims: bool = False,
    where: Any = True,
    **start: Any,
) -> Any:
    given = {"axis": axis, "keepdims": keepdims, "where": where}
    if dtype is not None:
        a = a.astype(dtype)
    trail.work += a.size
    if ufunc is np.add:
        value = np.add.reduce(trail.rounded(a.value), **given, **start)
        dot = np.add.reduce(trail.rounded(a.tangent), **given)
        return paired(trail, value, dot)
    if ufunc in {np.logical_and, np.logical_or}:
        trail.jumps(a.value, a.tangent)
        return ufunc.reduce(a.value != 0, **given, **start)
    a = _masked(ufunc, a, where, trail)
    if start.get("initial", NONE) is not NONE:
        return ufunc(_reduce(trail, ufunc, a, axis, None, keepdims), start["initial"])
    moved, kept = _last(a, axis, keepdims)
    if ufunc is np.multiply:
        left, right = np.ones_like(moved.value), np.ones_like(moved.value)
        left[..., 1:] = np.cumprod(moved.value, axis=-1)[..., :-1]
        right[..., :-1] = np.cumprod(moved.value[..., ::-1], axis=-1)[..., -2::-1]
        value, dot = moved.value.prod(axis=-1), (left * right * moved.tangent).sum(axis=-1)
    elif ufunc in {np.maximum, np.minimum, np.fmax, np.fmin}:
        value, dot = _extreme(trail, moved, ufunc in {np.maximum, np.fmax})
    elif ufunc in {np.logaddexp, np.logaddexp2}:
        trail.exact(f"np.{ufunc.__name__}.reduce")
        value = ufunc.reduce(moved.value, axis=-1)
        power = np.exp if ufunc is np.logaddexp else np.exp2
        dot = (power(moved.value - value[..., None]) * moved.tangent).sum(axis=-1)
    else:
        raise trail.lose(f"np.{ufunc.__name__}.reduce has no rule")
    return paired(trail, np.reshape(value, kept), np.reshape(dot, kept))


def _masked(ufunc: Any, a: TangentArray, where: Any, trail: Trail) -> TangentArray:
    """Return an array in which what ``where=`` leaves out changes nothing."""
    if where is True:
        return a
    idle = {np.multiply: 1.0, np.maximum: -np.inf, np.minimum: np.inf, np.logaddexp: -np.inf}
    if ufunc not in idle:
        raise trail.lose(f"np.{ufunc.__name__}.reduce(where=)")
    return TangentArray(
        np.where(where, a.value, idle[ufunc]), np.where(where, a.tangent, 0.0), trail
    )


def _last(a: TangentArray, axis: Any, keepdims: bool) -> tuple[TangentArray, tuple[int, ...]]:
    """Return an array with the axes that are reduced as its last, and the shape of the result."""
    axes = range(a.ndim) if axis is None else np.atleast_1d(axis) % max(a.ndim, 1)
    rest = [k for k in range(a.ndim) if k not in axes]
    moved = a.transpose([*rest, *axes]).reshape([*(a.shape[k] for k in rest), -1])
    kept = tuple(1 if k in axes else n for k, n in enumerate(a.shape) if keepdims or k in rest)
    return moved, kept


def _extreme(trail: Trail, a: TangentArray, largest: bool) -> tuple[Any, Any]:
    """Return the largest or smallest along the last axis, with the tangent of the first that is."""
    where = np.nanargmax if largest else np.nanargmin
    found = np.asarray(where(a.value, axis=-1))[..., None]
    trail.decided(found)
    value, dot = (np.take_along_axis(part, found, -1) for part in (a.value, a.tangent))
    others = np.arange(a.shape[-1]) != found
    if a.shape[-1] > 1:
        trail.bends((value - a.value)[others], (dot - a.tangent)[others])
    return value[..., 0], dot[..., 0]


def _accumulate(_: Trail, ufunc: Any, a: Any, axis: int = 0, dtype: Any = None) -> Any:
    if dtype is not None:
        a = a.astype(dtype)
    if ufunc is np.add:
        return a.both(lambda part: np.add.accumulate(part, axis))
    parts = [np.take(a, k, axis=axis) for k in range(a.shape[axis])]
    for k in range(1, len(parts)):
        parts[k] = ufunc(parts[k - 1], parts[k])
    return np.stack(parts, axis=axis)


def _outer(trail: Trail, ufunc: Any, a: Any, b: Any, **options: Any) -> Any:
    a, b = with_tangent(a, trail), with_tangent(b, trail)
    return ufunc(a.reshape(a.shape + (1,) * b.ndim), b, **options)


def _at(trail: Trail, ufunc: Any, a: Any, index: Any, *others: Any) -> None:
    if not isinstance(a, TangentArray):
        raise trail.lose(f"np.{ufunc.__name__}.at writes to an array without a tangent")
    if ufunc in {np.add, np.subtract}:
        ufunc.at(a.value, index, value_of(others[0]))
        ufunc.at(a.tangent, index, tangent_of(others[0]))
        return
    places = np.arange(a.size).reshape(a.shape)[index]
    if np.unique(places).size != places.size:
        raise trail.lose(f"np.{ufunc.__name__}.at with an index that comes twice")
    a[index] = ufunc(a[index], *others)


def _reduceat(
    trail: Trail, ufunc: Any, a: Any, indices: Any, axis: int = 0, dtype: Any = None
) -> Any:
    if ufunc is not np.add or dtype is not None:
        raise trail.lose(f"np.{ufunc.__name__}.reduceat has no rule")
    return a.both(lambda part: np.add.reduceat(part, indices, axis))


METHODS: dict[str, Callable[..., Any]] = {
    "reduce": _reduce,
    "accumulate": _accumulate,
    "outer": _outer,
    "at": _at,
    "reduceat": _reduceat,
}
