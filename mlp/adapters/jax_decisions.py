"""Where JAX's primitives decide, by their names; each is asked with its parameters.

What returns integers or booleans and stands in no table here makes the witness silent.
Tested in tests/peers/test_jax_tangent.py.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from mlp.adapters.decisions import (
    Decisions,
    Gaps,
    Moving,
    at,
    at_bounds,
    at_halves,
    at_integers,
    at_quotients,
    between,
    from_bottom,
    from_top,
    in_order,
    in_windows,
    never,
)


def plainly(gaps: Callable[..., Gaps]) -> Callable[..., Gaps]:
    """Return the gaps of operands, whatever the parameters."""
    return lambda _, *operands: gaps(*operands)


def along_axes(gaps: Callable[..., Gaps]) -> Callable[..., Gaps]:
    """Return the gaps along the axes of a reduction."""
    return lambda params, x, *_: gaps(x, tuple(params["axes"]))


def by_key(params: Any, x: Any, *_: Any) -> Gaps:
    """Yield the gaps between neighbours in the order of the first operand."""
    yield from in_order(x, params.get("dimension", params.get("axis", -1)))


def in_reach(params: Any, x: Any, *_: Any, sign: int = 1) -> Gaps:
    """Yield the gaps in the windows of a pool."""
    names = ("window_dimensions", "window_strides", "padding", "window_dilation")
    turned = Moving(sign * x.value, sign * x.dot)
    yield from in_windows(turned, *(list(params[name]) for name in names))


def converted(params: Any, x: Any, *_: Any) -> Gaps:
    """Yield the gaps at which a number becomes another integer, or another truth."""
    kind = np.dtype(params["new_dtype"]).kind
    if kind in "iub":
        yield from (at(0.0) if kind == "b" else at_integers)(x)


ORDERED: dict[str, Callable[..., Gaps]] = {
    "argmax": along_axes(from_top),
    "argmin": along_axes(from_bottom),
    **dict.fromkeys(("sort", "top_k"), by_key),
}
JUMPS: dict[str, Callable[..., Gaps]] = {
    **dict.fromkeys(("gt", "ge", "lt", "le", "eq", "ne"), plainly(between)),
    **dict.fromkeys(("floor", "ceil"), plainly(at_integers)),
    "sign": plainly(at(0.0)),
    "round": plainly(at_halves),
    "rem": plainly(at_quotients),
    "is_finite": plainly(never),
    "lu": plainly(never),  # pivots change no product
    "convert_element_type": converted,
}
BENDS: dict[str, Callable[..., Gaps]] = {
    **ORDERED,
    **dict.fromkeys(("max", "min"), plainly(between)),
    **dict.fromkeys(("cummax", "cummin"), by_key),
    "abs": plainly(at(0.0)),
    "clamp": lambda _, low, x, high: at_bounds(x, low, high),
    "reduce_max": along_axes(from_top),
    "reduce_min": along_axes(from_bottom),
    "reduce_window_max": in_reach,
    "reduce_window_min": partial(in_reach, sign=-1),
}
UNKNOWN = frozenset(
    (
        *("scatter-max", "scatter_max", "scatter-min", "scatter_min", "nextafter"),
        *("select_and_scatter_add", "select_and_gather_add", "approx_top_k", "random_gamma"),
        *("reduce", "reduce_window"),
    )
)
DECISIONS = Decisions(JUMPS, BENDS, frozenset(ORDERED), UNKNOWN)
