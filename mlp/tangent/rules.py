"""The rules of NumPy's functions that are of no kind: each is written out.

Linear, but not in the first argument; arrays to be filled; what is a ufunc under another name; and
a derivative of its own. The kinds are in functions.py.
Tested in tests/tangent/test_rules.py, each rule against extrapolated differences.
"""

from typing import Any

import numpy as np

from mlp.tangent.array import (
    Rule,
    TangentArray,
    paired,
    tangent_of,
    trail_of,
    value_of,
    with_tangent,
)
from mlp.tangent.derivatives import formula
from mlp.tangent.functions import RULES, mapped, rule, tangent_or_zero
from mlp.tangent.trail import Trail
from mlp.tangent.ufuncs import linear_in_each

# ------------------------------------------------------------------ linear, but not in the first


@rule(np.where)
def _where(trail: Trail, condition: Any, *branches: Any) -> Any:
    if not branches:
        return np.nonzero(condition)
    if isinstance(condition, TangentArray):
        trail.jumps(condition.value, condition.tangent)
    x, y = branches
    value = np.where(value_of(condition), value_of(x), value_of(y))
    if value.dtype.kind not in ("O" if trail.digits else "fc"):
        if np.any(tangent_of(x)) or np.any(tangent_of(y)):
            raise trail.lose(f"np.where that makes {value.dtype}")
        return value
    return TangentArray(value, np.where(value_of(condition), tangent_of(x), tangent_of(y)), trail)


@rule(np.select)
def _select(trail: Trail, conditions: Any, choices: Any, default: Any = 0) -> Any:
    found = default
    for condition, choice in [*zip(conditions, choices, strict=True)][::-1]:
        found = (
            np.where(condition, choice, found)
            if trail_of((choice, found, condition))
            else (with_tangent(np.where(condition, choice, found), trail))
        )
    return found


@rule(np.einsum)
def _einsum(trail: Trail, subscripts: Any, *operands: Any, **options: Any) -> Any:
    if not isinstance(subscripts, str):
        raise trail.lose("np.einsum without a string of subscripts")
    if len(operands) == 1 and not options:  # it may be a view
        return operands[0].both(lambda part: np.einsum(subscripts, part))
    return linear_in_each(trail, lambda *a: np.einsum(subscripts, *a, **options), operands)


@rule(np.bincount)
def _bincount(trail: Trail, x: Any, weights: Any = None, minlength: int = 0) -> Any:
    parts = (np.bincount(x, part, minlength) for part in (weights.value, weights.tangent))
    return paired(trail, *parts)


@rule(np.compress)
def _compress(_: Trail, condition: Any, a: Any, axis: Any = None) -> Any:
    return a.both(lambda part: np.compress(condition, part, axis))


@rule(np.choose)
def _choose(trail: Trail, index: Any, choices: Any, **options: Any) -> Any:
    both = (mapped(choices, part) for part in (value_of, tangent_or_zero))
    return paired(trail, *(np.choose(index, part, **options) for part in both))


@rule(np.polymul)
def _polymul(_: Trail, a: Any, b: Any) -> Any:
    return np.convolve(a, b)


@rule(np.lib.stride_tricks.sliding_window_view)
def _sliding_window_view(_: Trail, x: Any, *args: Any, **options: Any) -> Any:
    return x.both(lambda part: np.lib.stride_tricks.sliding_window_view(part, *args, **options))


@rule(np.apply_along_axis)
def _apply_along_axis(_: Trail, f: Any, axis: int, a: Any, *args: Any, **options: Any) -> Any:
    moved = np.moveaxis(a, axis, -1)
    rows = moved.reshape(-1, moved.shape[-1])
    done = np.stack([f(row, *args, **options) for row in rows])
    inner = done.shape[1:]
    shaped = done.reshape(moved.shape[:-1] + inner)
    last = range(a.ndim - 1, a.ndim - 1 + len(inner))
    return np.moveaxis(shaped, [*last], [axis % a.ndim + k for k in range(len(inner))])


@rule(np.linspace)
def _linspace(_: Trail, start: Any, stop: Any, num: int = 50, endpoint: bool = True,
              retstep: bool = False, axis: int = 0, **__: Any) -> Any:  # fmt: skip  # NumPy's own
    parts = num - 1 if endpoint else num
    step = (stop - start) / max(parts, 1)
    share = np.arange(num).reshape((-1,) + (1,) * np.ndim(step)) / max(parts, 1)
    found = np.moveaxis(start + share * (stop - start), 0, axis)
    return (found, step) if retstep else found


@rule(np.geomspace)
def _geomspace(trail: Trail, start: Any, stop: Any, *args: Any, **options: Any) -> Any:
    ends = [with_tangent(end, trail) for end in (start, stop)]
    if not all((end.value > 0).all() for end in ends):
        raise trail.lose("np.geomspace of what is not positive")
    low, high = map(np.log, ends)
    return np.exp(_linspace(trail, low, high, *args, **options))


@rule(np.insert)
def _insert(trail: Trail, a: Any, index: Any, values: Any, axis: Any = None) -> Any:
    pair = (value_of, tangent_or_zero)
    return paired(trail, *(np.insert(part(a), index, part(values), axis) for part in pair))


@rule(np.pad)
def _pad(trail: Trail, a: Any, width: Any, mode: Any = "constant", **options: Any) -> Any:
    if mode in {"maximum", "minimum", "median", "linear_ramp"} or callable(mode):
        raise trail.lose(f"np.pad of mode {mode!r}")
    plain = {k: o for k, o in options.items() if k != "constant_values"}
    value, dot = np.pad(a.value, width, mode, **options), np.pad(a.tangent, width, mode, **plain)
    return TangentArray(value, dot, trail)


@rule(np.interp)
def _interp(trail: Trail, x: Any, xp: Any, fp: Any, **options: Any) -> Any:
    if isinstance(xp, TangentArray) or options:
        raise trail.lose("np.interp by its grid")
    xs, grid, heights = (
        np.asarray(value_of(x), np.float64),
        np.asarray(xp),
        np.asarray(value_of(fp)),
    )
    k = np.clip(np.searchsorted(grid, xs, side="right") - 1, 0, len(grid) - 2)
    slope = (heights[k + 1] - heights[k]) / (grid[k + 1] - grid[k])
    inside = (xs >= grid[0]) & (xs <= grid[-1])
    nearest = np.abs(xs[..., None] - grid).min(axis=-1)
    trail.bends(nearest, tangent_of(x))
    along = np.interp(xs, grid, tangent_of(fp)) if isinstance(fp, TangentArray) else 0.0
    return TangentArray(
        np.interp(xs, grid, heights), np.where(inside, slope, 0.0) * tangent_of(x) + along, trail
    )


# ------------------------------------------------------------------ arrays to be filled


@rule(np.zeros_like, np.empty_like)
def _zeros_like(trail: Trail, a: Any, dtype: Any = None, order: Any = "K", subok: bool = True,
                shape: Any = None, **_: Any) -> Any:  # fmt: skip  # NumPy's own arguments
    value = np.zeros_like(value_of(a), dtype, order, subok=subok, shape=shape)
    plain = value.dtype.kind not in ("O" if trail.digits else "fc")
    return value if plain else TangentArray(value, value.copy(), trail)


@rule(np.ones_like)
def _ones_like(_: Trail, a: Any, dtype: Any = None, **options: Any) -> Any:
    return np.zeros_like(a, dtype, **options) + 1


@rule(np.full_like)
def _full_like(_: Trail, a: Any, fill_value: Any, dtype: Any = None, **options: Any) -> Any:
    return np.zeros_like(a, dtype, **options) + fill_value


def _writing(function: Any, target: str, place: int) -> Rule:
    """Return the rule of a function that writes into its first argument what stands at a place."""

    def found(trail: Trail, *args: Any, **options: Any) -> None:
        a, *rest = args or (options.pop(target),)
        if not isinstance(a, TangentArray):
            raise trail.lose("an array without a tangent is written to")
        for part, change in ((a.value, value_of), (a.tangent, tangent_or_zero)):
            given = [mapped(x, change) if k == place else x for k, x in enumerate(rest, start=1)]
            named = {n: mapped(x, change) if n in WRITTEN else x for n, x in options.items()}
            function(part, *given, **named)
        if trail.digits:
            trail.digits.made(a.value), trail.digits.made(a.tangent)

    return found


WRITTEN = frozenset(("src", "val", "v", "values", "vals"))  # what is written, by name
RULES |= {
    np.copyto: _writing(np.copyto, "dst", 1),
    np.fill_diagonal: _writing(np.fill_diagonal, "a", 1),
    np.put: _writing(np.put, "a", 2),
    np.putmask: _writing(np.putmask, "a", 2),
    np.place: _writing(np.place, "arr", 2),
}


# ------------------------------------------------------------------ ufuncs, and own derivatives


@rule(np.max, np.amax)
def _max(_: Trail, a: Any, axis: Any = None, **options: Any) -> Any:
    return np.maximum.reduce(a, axis=axis, **options)


@rule(np.min, np.amin)
def _min(_: Trail, a: Any, axis: Any = None, **options: Any) -> Any:
    return np.minimum.reduce(a, axis=axis, **options)


@rule(np.prod)
def _prod(_: Trail, a: Any, axis: Any = None, **options: Any) -> Any:
    return np.multiply.reduce(a, axis=axis, **options)


@rule(np.cumprod)
def _cumprod(_: Trail, a: Any, axis: Any = None, **options: Any) -> Any:
    if axis is None:
        a, axis = a.reshape(-1), 0
    return np.multiply.accumulate(a, axis=axis, **options)


@rule(getattr(np, "fix", None))  # on its way out
def _fix(_: Trail, a: Any) -> Any:
    return np.trunc(a)


@rule(np.clip)
def _clip(_: Trail, a: Any, a_min: Any = None, a_max: Any = None, **bounds: Any) -> Any:
    low, high = bounds.get("min", a_min), bounds.get("max", a_max)
    found = a if low is None else np.maximum(a, low)
    return found if high is None else np.minimum(found, high)


@rule(np.var)
def _var(_: Trail, a: Any, axis: Any = None, dtype: Any = None, ddof: float = 0,
         keepdims: bool = False, **options: Any) -> Any:  # fmt: skip  # NumPy's own arguments
    a = a if dtype is None else a.astype(dtype)
    ddof = options.get("correction", ddof)
    rest = a - np.mean(a, axis=axis, keepdims=True)
    squares = np.square(np.abs(rest)) if a.dtype.kind == "c" else rest * rest
    mean = np.mean(squares, axis=axis, keepdims=keepdims)
    count = a.size / max(mean.size, 1)
    return mean * (count / (count - ddof))


@rule(np.std)
def _std(_: Trail, a: Any, *args: Any, **options: Any) -> Any:
    return np.sqrt(np.var(a, *args, **options))


@rule(np.sinc)
def _sinc(trail: Trail, x: Any) -> Any:
    slope = formula("slope_of_sinc(x)", trail)(None, x.value)
    return TangentArray(trail.of(np.sinc)(x.value), slope * x.tangent, trail)
