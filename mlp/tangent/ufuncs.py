"""What a ufunc makes of arrays with tangents: its line of the table is worked out.

Of results and arguments that are real or complex; what bends and what leaps leaves its distance in
the trail. The lines are in derivatives.py and special.py, methods such as reduce in reductions.py.
Tested in tests/tangent/test_ufuncs.py.
"""

import math
from collections.abc import Callable
from typing import Any

import numpy as np

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
from mlp.tangent.derivatives import BENDS, DERIVATIVES, LEAPS, REAL, REMAINDERS, SEVERAL, formula
from mlp.tangent.reductions import METHODS
from mlp.tangent.trail import Trail

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


TO_WHOLE = frozenset((np.floor, np.ceil, np.trunc, np.rint))


def _leap(trail: Trail, ufunc: Any, inputs: Inputs, options: Options) -> Any:
    if value_of(inputs[0]).dtype.kind == "c" if hasattr(inputs[0], "dtype") else False:
        raise trail.lose(f"{ufunc.__name__} of complex numbers")
    if ufunc is np.heaviside and np.any(tangent_of(inputs[1])):
        raise trail.lose("heaviside of an argument that moves")
    gap, rate = (formula(line, trail) for line in LEAPS[ufunc])
    values = [*map(value_of, inputs)]
    dots = dict(zip(("x_dot", "y_dot"), map(tangent_of, inputs), strict=False))
    found = trail.plain(trail.of(ufunc)(*values, **options))
    if ufunc in TO_WHOLE and trail.grid(found):
        return TangentArray(found, dots["x_dot"], trail)
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
        tangent = tangent + _moved(trail, formula(derivative, trail)(value, *values), x.tangent)
        if not trail.digits:
            trail.cast |= narrows(x, value.dtype)
    return TangentArray(value, trail.rounded(tangent), trail)


def _moved(trail: Trail, slope: Any, dot: Any) -> Any:
    """Return slope times tangent, 0 where nothing moves; 0 · ∞ is kept in mind."""
    still = dot == 0
    if not trail.digits:  # floats have told whether it is finite
        trail.undefined |= bool((still & ~np.isfinite(slope)).any())
    return np.where(still, 0.0, np.where(still, 0.0, slope) * dot)


def _several(
    trail: Trail, ufunc: Any, inputs: Inputs, options: Options
) -> tuple[TangentArray, ...]:
    """Return several results, each with its tangent along the one argument that may move."""
    place, *lines = SEVERAL[ufunc]
    if any(np.any(tangent_of(x)) for k, x in enumerate(inputs) if k != place):
        raise trail.lose(f"{ufunc.__name__} has no rule for an argument that moves")
    values, dot = [*map(value_of, inputs)], tangent_of(inputs[place])
    found = trail.of(ufunc)(*values, **options)
    dots = [_moved(trail, formula(line, trail)(found, *values), dot) for line in lines]
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


PROTOCOLS["ufunc"] = applied
