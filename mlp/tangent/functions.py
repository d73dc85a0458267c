"""What NumPy's functions make of a tangent, by kind.

Most are linear: they treat the tangent as they treat the value. Products are linear in each factor.
Some choose places by the values, and take the tangents from there. Some are plain: of shapes, or of
decisions, whose distance goes into the trail. A few have a derivative of their own. All others run
by their own definition, NumPy's Python, whose array functions come back here (code.py).
Tested in tests/tangent/test_functions.py, each rule against extrapolated differences.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from mlp.tangent.array import (
    PROTOCOLS,
    Inputs,
    Options,
    Rule,
    TangentArray,
    paired,
    tangent_of,
    trail_of,
    value_of,
    with_tangent,
)
from mlp.tangent.trail import Trail
from mlp.tangent.ufuncs import formula, linear_in_each, stored

LAPACKS = frozenset(("numpy.linalg", "numpy.fft"))  # modules whose rules call C code for floats
INVERTING = frozenset((np.linalg.inv, np.linalg.solve, np.linalg.det))
IN_FLOATS = frozenset((np.interp, np.bincount, np.nan_to_num, np.digitize, np.isclose, np.isneginf))
RULES: dict[Any, Rule] = {}  # function -> (trail, *args, **options) -> result

LINEAR = """
    array_split atleast_1d atleast_2d atleast_3d block broadcast_arrays broadcast_to column_stack
    concatenate copy cumsum cumulative_sum delete diag diagflat diagonal diff dsplit dstack ediff1d
    expand_dims flip fliplr flipud gradient hsplit hstack imag matrix_transpose mean moveaxis ravel
    real repeat reshape resize roll rollaxis rot90 split squeeze stack sum swapaxes take
    take_along_axis tile trace transpose trapezoid tril triu unstack vsplit vstack
"""  # in their first argument, or in the arrays of the list that it is
PRODUCTS = "convolve correlate cross dot inner kron outer tensordot vdot"
PLAIN = """
    can_cast common_type diag_indices_from einsum_path iscomplex iscomplexobj isneginf isposinf
    isreal isrealobj may_share_memory min_scalar_type ndim result_type shape shares_memory size
    tril_indices_from triu_indices_from
"""  # of shapes and types, and of what does not change nearby


def rule(*functions: Any) -> Callable[[Rule], Rule]:
    """Enter a rule for some functions; those that this NumPy does not have are left out."""

    def entered(found: Rule) -> Rule:
        RULES.update(dict.fromkeys(filter(None, functions), found))
        return found

    return entered


def called(function: Any, args: Inputs, options: Options) -> Any:
    """Call a NumPy function some of whose arguments carry tangents."""
    trail = trail_of((*args, *options.values()))
    assert trail is not None  # noqa: S101  # NumPy calls us because one of them carries one
    out = options.pop("out", None)
    lapacks = function in RULES and function.__module__ in LAPACKS
    if function in IN_FLOATS or (lapacks and function not in INVERTING):
        trail.exact(f"{function.__module__.replace('numpy', 'np')}.{function.__name__}")
    if trail.rng and lapacks:  # good to a few units of what it is given
        args = _mapped(args, lambda a: _shaken(trail, a))
    if function not in RULES:
        return stored(trail, PROTOCOLS["definition"](trail, function, args, options), (out,))
    with np.errstate(all="ignore"):
        return stored(trail, RULES[function](trail, *args, **options), (out,))


def _shaken(trail: Trail, a: Any) -> Any:
    """Return an array with its entries rounded at random; anything else as it is."""
    if isinstance(a, TangentArray):
        return TangentArray(trail.rounded(a.value), trail.rounded(a.tangent), trail)
    return trail.rounded(a) if isinstance(a, np.ndarray) else a


def _mapped(a: Any, change: Callable[[Any], Any]) -> Any:
    """Change all arrays in lists and tuples."""
    if isinstance(a, (list, tuple)):
        return type(a)(_mapped(part, change) for part in a)
    return change(a)


def _tangent_or_zero(a: Any) -> Any:
    return a.tangent if isinstance(a, TangentArray) else np.zeros_like(a, dtype=np.float64)


def linear(function: Any) -> Rule:
    """Return the rule of a function that is linear in its first argument, or in a list of them."""

    def found(trail: Trail, *args: Any, **options: Any) -> Any:
        if np.broadcast_arrays is function or function in {np.atleast_1d, np.atleast_2d}:
            values, dots = _mapped(args, value_of), _mapped(args, _tangent_or_zero)
            return paired(trail, function(*values), function(*dots))
        first, *rest = args or (options.pop("a"),)
        if trail_of(rest):
            raise trail.lose(f"np.{function.__name__} of a tangent that is no first argument")
        values, dots = _mapped(first, value_of), _mapped(first, _tangent_or_zero)
        constant = {"initial", "prepend", "append", "to_begin", "to_end"} & {*options}
        if constant and function not in {np.sum, np.cumulative_sum}:
            raise trail.lose(f"np.{function.__name__}({constant.pop()}=)")
        if trail.digits:
            options.pop("dtype", None)  # a sum in other floats is a sum
        homogeneous = {key: o for key, o in options.items() if key not in constant}
        return paired(
            trail, function(values, *rest, **options), function(dots, *rest, **homogeneous)
        )

    return found


def product(function: Any) -> Rule:
    """Return the rule of a function that is linear in each of its first two arguments."""

    def found(trail: Trail, a: Any, b: Any, *args: Any, **options: Any) -> Any:
        return linear_in_each(trail, lambda *ab: function(*ab, *args, **options), (a, b))

    return found


def plain(function: Any) -> Rule:
    """Return the rule of a function that looks at shapes, or at what does not change nearby."""

    def found(_: Trail, *args: Any, **options: Any) -> Any:
        return function(*_mapped(args, value_of), **options)

    return found


for _names, _kind in ((LINEAR, linear), (PRODUCTS, product), (PLAIN, plain)):
    for _function in filter(None, (getattr(np, _name, None) for _name in _names.split())):
        RULES[_function] = _kind(_function)


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
    both = (_mapped(choices, part) for part in (value_of, _tangent_or_zero))
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
    pair = (value_of, _tangent_or_zero)
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


def _writing(function: Any, place: int) -> Rule:
    """Return the rule of a function that writes into its first argument what stands at a place."""

    def found(trail: Trail, a: Any, *args: Any, **options: Any) -> None:
        if not isinstance(a, TangentArray):
            raise trail.lose("an array without a tangent is written to")
        for part, change in ((a.value, value_of), (a.tangent, _tangent_or_zero)):
            given = [_mapped(x, change) if k == place else x for k, x in enumerate(args, start=1)]
            named = {n: _mapped(x, change) if n in WRITTEN else x for n, x in options.items()}
            function(part, *given, **named)
        if trail.digits:
            trail.digits.made(a.value), trail.digits.made(a.tangent)

    return found


WRITTEN = frozenset(("src", "val", "v", "values", "vals"))  # what is written, by name
for _function, _place in (
    *((np.copyto, 1), (np.fill_diagonal, 1), (np.put, 2), (np.putmask, 2), (np.place, 2)),
):
    RULES[_function] = _writing(_function, _place)


# ------------------------------------------------------------------ by the values, and decisions


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


@rule(np.searchsorted)
def _searchsorted(trail: Trail, a: Any, v: Any, side: Any = "left", sorter: Any = None) -> Any:
    values, points = np.asarray(value_of(a)), np.asarray(value_of(v))
    gap = points[..., None] - values
    trail.jumps(gap, np.asarray(tangent_of(v))[..., None] - tangent_of(a))
    return np.searchsorted(values, points, side, sorter)


@rule(np.digitize)
def _digitize(trail: Trail, x: Any, bins: Any, right: bool = False) -> Any:
    gap = np.asarray(value_of(x))[..., None] - value_of(bins)
    trail.jumps(gap, np.asarray(tangent_of(x))[..., None] - tangent_of(bins))
    return np.digitize(value_of(x), value_of(bins), right)


def _of_zeros(function: Any) -> Rule:
    def found(trail: Trail, a: Any, *args: Any, **options: Any) -> Any:
        trail.jumps(a.value, a.tangent)
        return function(a.value != 0, *args, **options)

    return found


for _function in (np.nonzero, np.flatnonzero, np.argwhere, np.count_nonzero, np.any, np.all):
    RULES[_function] = _of_zeros(_function)


def _of_equals(function: Any) -> Rule:
    def found(trail: Trail, a: Any, b: Any, *args: Any, **options: Any) -> Any:
        a_value, b_value = value_of(a), value_of(b)
        if np.shape(a_value) == np.shape(b_value):
            trail.jumps(np.subtract(a_value, b_value), np.subtract(tangent_of(a), tangent_of(b)))
        return function(a_value, b_value, *args, **options)

    return found


for _function in (np.array_equal, np.array_equiv):
    RULES[_function] = _of_equals(_function)


@rule(np.isclose)
def _isclose(
    trail: Trail, a: Any, b: Any, rtol: float = 1e-5, atol: float = 1e-8, **options: Any
) -> Any:
    a_value, b_value = value_of(a), value_of(b)
    reach = atol + rtol * np.abs(b_value)
    rate = np.abs(tangent_of(a)) + np.abs(tangent_of(b))
    trail.jumps(np.abs(np.subtract(a_value, b_value)) - reach, rate)
    return np.isclose(a_value, b_value, rtol, atol, **options)


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


@rule(np.clip)
def _clip(_: Trail, a: Any, a_min: Any = None, a_max: Any = None, **bounds: Any) -> Any:
    low, high = bounds.get("min", a_min), bounds.get("max", a_max)
    found = a if low is None else np.maximum(a, low)
    return found if high is None else np.minimum(found, high)


@rule(np.round, np.around)
def _round(trail: Trail, a: Any, decimals: int = 0) -> Any:
    rounded = np.round(trail.plain(a.value), decimals)
    if trail.past and decimals > 0:
        return TangentArray(rounded, a.tangent, trail)
    scaled = a.value * 10.0**decimals
    whole = trail.of(np.rint)
    trail.decided(whole(scaled))
    trail.jumps(np.abs(scaled - 0.5 - whole(scaled - 0.5)), a.tangent * 10.0**decimals)
    return rounded


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


PROTOCOLS["function"] = called
