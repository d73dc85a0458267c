"""The derivative of every ufunc that has one, a line each, and what its methods make of it.

A line gives the derivative by each argument, a formula of the result ``o`` and of the arguments
``x, y, z, w``; None stands for an argument that must not move. A review is to read it. What selects
(comparisons) or leaps (floor) is in tables of its own, and leaves its distance in the trail. A
ufunc in no table loses the tangent, by name.
Tested in tests/tangent/test_ufuncs.py, each rule against extrapolated differences.
"""

import functools
import math
import types
from collections.abc import Callable
from typing import Any

import numpy as np

from mlp.tangent import series
from mlp.tangent.array import (
    PROTOCOLS,
    Inputs,
    Options,
    TangentArray,
    narrows,
    paired,
    tangent_of,
    trail_of,
    value_of,
    with_tangent,
)
from mlp.tangent.trail import Trail

# fmt: off  # a line a rule
DERIVATIVES: dict[Any, tuple[str | None, ...]] = {
    np.positive: ("1.0",),
    np.negative: ("-1.0",),
    np.add: ("1.0", "1.0"),
    np.subtract: ("1.0", "-1.0"),
    np.multiply: ("y", "x"),
    np.divide: ("1 / y", "-o / y"),
    np.reciprocal: ("-o * o",),
    np.square: ("2 * x",),
    np.sqrt: ("0.5 / o",),
    np.cbrt: ("1 / (3 * o * o)",),
    np.power: ("y * x ** where(y == 0, 1.0, y - 1.0)", "where(o == 0, 0.0, o * log(x))"),
    np.float_power: ("y * x ** where(y == 0, 1.0, y - 1.0)", "where(o == 0, 0.0, o * log(x))"),
    np.exp: ("o",),
    np.exp2: ("o * log(2.0)",),
    np.expm1: ("exp(x)",),
    np.log: ("1 / x",),
    np.log2: ("1 / (x * log(2.0))",),
    np.log10: ("1 / (x * log(10.0))",),
    np.log1p: ("1 / (1 + x)",),
    np.logaddexp: ("exp(x - o)", "exp(y - o)"),
    np.logaddexp2: ("exp2(x - o)", "exp2(y - o)"),
    np.sin: ("cos(x)",),
    np.cos: ("-sin(x)",),
    np.tan: ("1 + o * o",),
    np.arcsin: ("1 / sqrt((1 - x) * (1 + x))",),
    np.arccos: ("-1 / sqrt((1 - x) * (1 + x))",),
    np.arctan: ("1 / (1 + x * x)",),
    np.arctan2: ("y / hypot(x, y) / hypot(x, y)", "-x / hypot(x, y) / hypot(x, y)"),
    np.hypot: ("x / o", "y / o"),
    np.sinh: ("cosh(x)",),
    np.cosh: ("sinh(x)",),
    np.tanh: ("1 / cosh(x) ** 2",),
    np.arcsinh: ("1 / (hypot(1, x) if x.dtype.kind == 'f' else sqrt(1 + x * x))",),
    np.arccosh: ("1 / (sqrt(x - 1) * sqrt(x + 1))",),
    np.arctanh: ("1 / ((1 - x) * (1 + x))",),
    np.degrees: ("180 / pi",),
    np.rad2deg: ("180 / pi",),
    np.radians: ("pi / 180",),
    np.deg2rad: ("pi / 180",),
    np.ldexp: ("exp2(y)", None),
    np.copysign: ("where(signbit(x) == signbit(y), 1.0, -1.0)", "0.0"),
    np.nextafter: ("1.0", "0.0"),
}

BENDS: dict[Any, tuple[str, tuple[str, ...]]] = {  # the gap that closes, then the derivatives
    np.absolute: ("x", ("sign(x)",)),
    np.fabs: ("x", ("sign(x)",)),
    np.maximum: ("x - y", ("1.0 * (x >= y)", "1.0 * (x < y)")),
    np.minimum: ("x - y", ("1.0 * (x <= y)", "1.0 * (x > y)")),
    np.fmax: ("x - y", ("1.0 * ~((x < y) | isnan(x))", "1.0 * ((x < y) | isnan(x))")),
    np.fmin: ("x - y", ("1.0 * ~((x > y) | isnan(x))", "1.0 * ((x > y) | isnan(x))")),
}

LEAPS: dict[Any, tuple[str, str]] = {  # constant between leaps: the gap that closes, and its change
    np.floor: ("abs(x - rint(x))", "x_dot"),
    np.ceil: ("abs(x - rint(x))", "x_dot"),
    np.trunc: ("abs(x - rint(x))", "x_dot"),
    np.rint: ("abs(x - 0.5 - rint(x - 0.5))", "x_dot"),
    np.sign: ("x", "x_dot"),
    np.heaviside: ("x", "x_dot"),
    np.floor_divide: ("abs(x / y - rint(x / y))", "(x_dot - x / y * y_dot) / y"),
    np.spacing: ("x - exp2(rint(log2(abs(x))))", "x_dot"),
}
# fmt: on

SEVERAL: dict[Any, tuple[Any, ...]] = {}  # several results ``o``: which argument, then a line each
REAL: set[Any] = set()  # whose lines hold for real numbers alone

REMAINDERS: dict[Any, str] = {  # x - k y, where this k is constant between leaps
    np.remainder: "floor(x / y)",
    np.fmod: "trunc(x / y)",
}

PLAIN = frozenset((np.isfinite, np.isinf, np.isnan))  # of values that are finite, the same nearby
WHOLE = frozenset(
    (
        *(np.invert, np.bitwise_and, np.bitwise_or, np.bitwise_xor, np.bitwise_count),
        *(np.left_shift, np.right_shift, np.gcd, np.lcm),
    )
)  # of whole numbers and booleans, which do not move
COMPARISONS = frozenset(
    (np.less, np.less_equal, np.greater, np.greater_equal, np.equal, np.not_equal)
)
LOGICAL = frozenset((np.logical_and, np.logical_or, np.logical_xor, np.logical_not, np.signbit))
PRODUCTS = frozenset(
    getattr(np, name) for name in ("matmul", "vecdot", "matvec", "vecmat") if hasattr(np, name)
)


SCIPYS = 32  # units in the last place by which a function of SciPy may be off
EXACT = frozenset(("where", "abs", "sign", "rint", "floor", "trunc", "signbit", "isnan"))
NAMES: dict[str, Any] = {**vars(np), "slope_of_sinc": series.slope_of_sinc}  # what a line may call


@functools.cache
def compiled(text: str) -> types.CodeType:
    """Return the code of a line of a table."""
    given = "o=None, x=None, y=None, z=None, w=None, x_dot=0.0, y_dot=0.0"
    line = eval(f"lambda {given}: {text}", {})  # noqa: S307  # the tables are ours
    code: types.CodeType = line.__code__
    return code


def formula(text: str, trail: Trail) -> Callable[..., Any]:
    """Return a line of a table as a function of result, arguments and their changes.

    Where rounding is random, so is that of what the line calls: a difference of two of them shows
    how far it cancels.
    """
    names = trail.digits.names(trail) if trail.digits else NAMES
    found = types.FunctionType(compiled(text), Wavering(names, trail) if trail.rng else names)
    found.__defaults__ = (None, None, None, None, None, 0.0, 0.0)
    return found


class Wavering(dict[str, Any]):
    """The names that a line calls: each function rounds at random what it takes and returns."""

    def __init__(self, names: Any, trail: Trail) -> None:
        super().__init__(__builtins__={})
        self.names, self.trail = names, trail

    def __missing__(self, name: str) -> Any:
        found = self.names[name]
        if name == "sp":
            return WaveringModule(found, self.trail)
        if name in EXACT or not callable(found):
            return found
        rounded = self.trail.rounded
        return lambda *a: rounded(found(*map(rounded, a)))


class WaveringModule:
    """A module in such a line: what its functions take may be an order, which stays whole."""

    def __init__(self, module: Any, trail: Trail) -> None:
        self._module, self._trail = module, trail

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._module, name)
        return lambda *a: self._trail.rounded(found(*a), SCIPYS)


def applied(ufunc: Any, method: str, inputs: Inputs, options: Options) -> Any:
    """Apply a ufunc, or one of its methods, to arrays of which some carry tangents."""
    outs = options.pop("out", ())
    trail = trail_of((*inputs, *outs))
    assert trail is not None  # noqa: S101  # NumPy calls us because one of them carries one
    with np.errstate(all="ignore"):
        if method == "__call__":
            result = _call(trail, ufunc, inputs, options, outs)
        elif method in METHODS:
            result = METHODS[method](trail, ufunc, *inputs, **options)
        else:
            raise trail.lose(f"np.{ufunc.__name__}.{method}")
    return stored(trail, result, outs)


def stored(trail: Trail, result: Any, outs: Inputs) -> Any:
    """Return a result, or write it where ``out=`` says."""
    if not outs or outs[0] is None:
        return result
    (out,) = outs
    if isinstance(out, TangentArray):
        if out.ndim == 0 and not out.place:  # a scalar is bound anew: others keep its value
            return result
        out[...] = result
    elif isinstance(result, TangentArray):
        raise trail.lose("an array without a tangent is written to")
    else:
        out[...] = result
    return out


def _call(trail: Trail, ufunc: Any, inputs: Inputs, options: Options, outs: Inputs = ()) -> Any:
    """Apply a ufunc entry by entry, where ``where=`` says."""
    where = options.pop("where", True)
    handler: Callable[..., Any] = HANDLERS.get(ufunc, _chained)
    found = handler(trail, ufunc, inputs, options)
    if where is True:
        return found
    if not outs:
        raise trail.lose(f"np.{ufunc.__name__}(where=) without out=")
    kept = with_tangent(outs[0], trail)
    value = np.where(where, value_of(found), kept.value)
    return TangentArray(value, np.where(where, tangent_of(found), kept.tangent), trail)


def _compare(trail: Trail, ufunc: Any, inputs: Inputs, options: Options) -> Any:
    x, y = (np.multiply(value_of(a), 1.0) for a in inputs)
    trail.jumps(x - y, np.subtract(*map(tangent_of, inputs)))
    return ufunc(x, y, **options)


def _logical(trail: Trail, ufunc: Any, inputs: Inputs, options: Options) -> Any:
    for x in inputs:
        trail.jumps(value_of(x), tangent_of(x))
    return trail.of(ufunc)(*map(value_of, inputs), **options)


def _plain(trail: Trail, ufunc: Any, inputs: Inputs, options: Options) -> Any:
    return trail.of(ufunc)(*map(value_of, inputs), **options)


def _whole(trail: Trail, ufunc: Any, inputs: Inputs, options: Options) -> Any:
    if any(np.asarray(value_of(x)).dtype.kind not in "bui" for x in inputs):
        raise trail.lose(f"{ufunc.__name__} has no rule")
    return ufunc(*map(value_of, inputs), **options)


def _product(trail: Trail, ufunc: Any, inputs: Inputs, options: Options) -> Any:
    return linear_in_each(trail, lambda *a: ufunc(*a, **options), inputs)


def _leap(trail: Trail, ufunc: Any, inputs: Inputs, options: Options) -> Any:
    if value_of(inputs[0]).dtype.kind == "c" if hasattr(inputs[0], "dtype") else False:
        raise trail.lose(f"{ufunc.__name__} of complex numbers")
    if ufunc is np.heaviside and np.any(tangent_of(inputs[1])):
        raise trail.lose("heaviside of an argument that moves")
    gap, rate = (formula(line, trail) for line in LEAPS[ufunc])
    values = [*map(value_of, inputs)]
    dots = dict(zip(("x_dot", "y_dot"), map(tangent_of, inputs), strict=False))
    found = trail.plain(trail.of(ufunc)(*values, **options))
    trail.decided(found)
    trail.jumps(gap(None, *values), rate(None, *values, **dots))
    return found


def _remainder(trail: Trail, ufunc: Any, inputs: Inputs, options: Options) -> Any:
    (x, y), (x_dot, y_dot) = map(value_of, inputs), map(tangent_of, inputs)
    k = formula(REMAINDERS[ufunc], trail)(None, x, y)
    trail.decided(k)
    trail.jumps(abs(x / y - trail.of(np.rint)(x / y)), (x_dot - x / y * y_dot) / y)
    return TangentArray(trail.of(ufunc)(x, y, **options), x_dot - k * y_dot, trail)


def _divmod(_: Trail, __: Any, inputs: Inputs, ___: Options) -> Any:
    return np.floor_divide(*inputs), np.remainder(*inputs)


def _modf(_: Trail, __: Any, inputs: Inputs, ___: Options) -> Any:
    whole = np.trunc(inputs[0])
    return inputs[0] - whole, whole


def _conjugate(_: Trail, __: Any, inputs: Inputs, ___: Options) -> Any:
    return inputs[0].both(np.conjugate)


def _absolute(trail: Trail, ufunc: Any, inputs: Inputs, options: Options) -> Any:
    (x,) = inputs
    if x.dtype.kind != "c":
        return _bend(trail, ufunc, inputs, options)
    size = np.abs(x.value, **options)
    trail.bends(size, np.abs(x.tangent))
    along = np.real(np.conj(x.value) * x.tangent)
    return TangentArray(size, along / np.where(size == 0, 1.0, size), trail)


def _bend(trail: Trail, ufunc: Any, inputs: Inputs, options: Options) -> Any:
    if any(np.asarray(value_of(x)).dtype.kind == "c" for x in inputs):
        raise trail.lose(f"{ufunc.__name__} of complex numbers")
    gap, derivatives = BENDS[ufunc]
    for_values = formula(gap, trail)
    trail.bends(*(for_values(None, *map(part, inputs)) for part in (value_of, tangent_of)))
    return _by_rule(trail, ufunc, inputs, options, derivatives)


def _chained(trail: Trail, ufunc: Any, inputs: Inputs, options: Options) -> Any:
    if ufunc in BENDS:  # one that SciPy's table has added
        return _bend(trail, ufunc, inputs, options)
    if ufunc in LEAPS:  # as above
        return _leap(trail, ufunc, inputs, options)
    if ufunc in REAL and any(np.iscomplexobj(value_of(x)) for x in inputs):
        raise trail.lose(f"{ufunc.__name__} of complex numbers")
    if ufunc in SEVERAL:
        return _several(trail, ufunc, inputs, options)
    if ufunc not in DERIVATIVES:
        raise trail.lose(f"{ufunc.__name__} has no rule")
    if ufunc in CUTS:
        _near_the_cut(trail, ufunc, inputs)
    return _by_rule(trail, ufunc, inputs, options, DERIVATIVES[ufunc])


CUTS = frozenset((np.arctan2, np.log, np.sqrt, np.power, np.log2, np.log10))


def _near_the_cut(trail: Trail, ufunc: Any, inputs: Inputs) -> None:
    """Record how near the negative real axis is, on which angles leap."""
    x, x_dot = value_of(inputs[0]), tangent_of(inputs[0])
    if ufunc is np.arctan2:
        left = np.asarray(value_of(inputs[1])) < 0
        trail.jumps(np.where(left, x, np.inf), np.where(left, x_dot, 0.0))
    elif np.asarray(x).dtype.kind == "c":
        left = np.real(x) < 0
        trail.jumps(np.where(left, np.imag(x), np.inf), np.where(left, np.imag(x_dot), 0.0))


def _copysign(trail: Trail, ufunc: Any, inputs: Inputs, options: Options) -> Any:
    x, y = inputs
    trail.bends(value_of(x), tangent_of(x))
    trail.jumps(value_of(y), tangent_of(y))
    return _by_rule(trail, ufunc, inputs, options, DERIVATIVES[ufunc])


HANDLERS: dict[Any, Callable[..., Any]] = {
    **dict.fromkeys(COMPARISONS, _compare),
    **dict.fromkeys(LOGICAL, _logical),
    **dict.fromkeys(PLAIN, _plain),
    **dict.fromkeys(WHOLE, _whole),
    **dict.fromkeys(PRODUCTS, _product),
    **dict.fromkeys(LEAPS, _leap),
    **dict.fromkeys(REMAINDERS, _remainder),
    **dict.fromkeys(BENDS, _bend),
    np.absolute: _absolute,
    np.conjugate: _conjugate,
    np.copysign: _copysign,
    np.divmod: _divmod,
    np.modf: _modf,
}


def _by_rule(
    trail: Trail, ufunc: Any, inputs: Inputs, options: Options, derivatives: tuple[str | None, ...]
) -> TangentArray:
    """Return a value with the tangent Σ ∂value/∂xₖ ẋₖ over the arguments that carry one."""
    values = [*map(value_of, inputs)]
    value = trail.rounded(trail.of(ufunc)(*values, **options))
    tangent: Any = np.zeros_like(value)
    for x, derivative in zip(inputs, derivatives, strict=True):
        if not isinstance(x, TangentArray):
            continue
        if derivative is None:
            if x.tangent.any():
                raise trail.lose(f"{ufunc.__name__} has no rule for an argument that moves")
            continue
        slope = formula(derivative, trail)(value, *values)
        still = x.tangent == 0
        if not trail.digits:  # floats have told whether it is finite
            trail.undefined |= bool((still & ~np.isfinite(slope)).any())
        tangent = tangent + np.where(still, 0.0, np.where(still, 0.0, slope) * x.tangent)
        if not trail.digits:
            trail.cast |= narrows(x, value.dtype)
    return TangentArray(value, trail.rounded(tangent), trail)


def _several(
    trail: Trail, ufunc: Any, inputs: Inputs, options: Options
) -> tuple[TangentArray, ...]:
    """Return several results, each with its tangent along the one argument that may move."""
    place, *lines = SEVERAL[ufunc]
    if any(np.any(tangent_of(x)) for k, x in enumerate(inputs) if k != place):
        raise trail.lose(f"{ufunc.__name__} has no rule for an argument that moves")
    values, dot = [*map(value_of, inputs)], tangent_of(inputs[place])
    found = trail.of(ufunc)(*values, **options)
    slopes = [formula(line, trail)(found, *values) for line in lines]
    trail.undefined |= any(bool((~np.isfinite(s) & (dot == 0)).any()) for s in slopes)
    dots = [np.where(dot == 0, 0.0, slope * dot) for slope in slopes]
    return tuple(paired(trail, value, d) for value, d in zip(found, dots, strict=True))


def linear_in_each(trail: Trail, product: Callable[..., Any], inputs: Inputs) -> Any:
    """Return a product of several arrays: its tangent moves one factor after another."""
    plain = [np.asarray(value_of(x)) for x in inputs]
    within = np.result_type(*plain)
    floats = within if within.kind in "fc" else None
    values = [trail.rounded(x, within=floats) for x in plain]  # as its terms are rounded on the way
    dot: Any = 0.0
    for k, x in enumerate(inputs):
        if isinstance(x, TangentArray):
            change = trail.rounded(x.tangent, within=floats)
            dot = dot + product(*values[:k], change, *values[k + 1 :])
    value = product(*values)
    trail.work += round(math.prod(map(np.size, (*values, value))) ** 0.5)  # of n·k·m for a matmul
    return paired(trail, value, dot)


# ------------------------------------------------------------------ methods


def _reduce(
    trail: Trail,
    ufunc: Any,
    a: Any,
    axis: Any = 0,
    dtype: Any = None,
    keepdims: bool = False,
    initial: Any = np._NoValue,  # noqa: SLF001  # NumPy's own word for "not given"
    where: Any = True,
) -> Any:
    given = {"axis": axis, "keepdims": keepdims, "where": where}
    if dtype is not None:
        a = a.astype(dtype)
    trail.work += a.size
    start = {} if initial is np._NoValue else {"initial": initial}  # noqa: SLF001  # as above
    if ufunc is np.add:
        value = np.add.reduce(trail.rounded(a.value), **given, **start)
        dot = np.add.reduce(trail.rounded(a.tangent), **given)
        return paired(trail, value, dot)
    if ufunc in {np.logical_and, np.logical_or}:
        trail.jumps(a.value, a.tangent)
        return ufunc.reduce(a.value != 0, **given, **start)
    a = _masked(ufunc, a, where, trail)
    if initial is not np._NoValue:  # noqa: SLF001  # as above
        rest = _reduce(trail, ufunc, a, axis, None, keepdims)
        return ufunc(rest, initial)
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
    return _call(trail, ufunc, (a.reshape(a.shape + (1,) * b.ndim), b), options)


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
PROTOCOLS["ufunc"] = applied
