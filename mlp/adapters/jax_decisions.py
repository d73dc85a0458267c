"""Where JAX's primitives decide, by their names; each is asked with its parameters.

What returns integers or booleans and stands in no table here makes the witness silent.
Tested in tests/peers/test_jax_tangent.py.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from mlp.adapters import decisions as gaps
from mlp.adapters.decisions import Decisions, Gaps, Moving, by_name, words


def plainly(near: Callable[..., Gaps]) -> Callable[..., Gaps]:
    """Return the gaps of operands, whatever the parameters."""
    return lambda _, *operands: near(*operands)


def along_axes(near: Callable[..., Gaps]) -> Callable[..., Gaps]:
    """Return the gaps along the axes of a reduction."""
    return lambda params, x, *_: near(x, tuple(params["axes"]))


def by_key(params: Any, x: Any, *_: Any) -> Gaps:
    """Yield the gaps between neighbours in the order of the first operand."""
    yield from gaps.in_order(x, params.get("dimension", params.get("axis", -1)))


def in_reach(params: Any, x: Any, *_: Any, sign: int = 1) -> Gaps:
    """Yield the gaps in the windows of a pool."""
    names = ("window_dimensions", "window_strides", "padding", "window_dilation")
    turned = Moving(sign * x.value, sign * x.dot)
    yield from gaps.in_windows(turned, *(list(params[name]) for name in names))


def converted(params: Any, x: Any, *_: Any) -> Gaps:
    """Yield the gaps at which a number becomes another integer, or another truth."""
    kind = np.dtype(params["new_dtype"]).kind
    if kind in "iub":
        yield from (gaps.at(0.0) if kind == "b" else gaps.at_integers)(x)


ORDERED = by_name(
    (along_axes(gaps.from_top), "argmax"),
    (along_axes(gaps.from_bottom), "argmin"),
    (by_key, "sort top_k"),
)
JUMPS = by_name(
    (plainly(gaps.between), "gt ge lt le eq ne"),
    (plainly(gaps.at_integers), "floor ceil"),
    (plainly(gaps.at(0.0)), "sign"),
    (plainly(gaps.at_halves), "round"),
    (plainly(gaps.at_quotients), "rem"),
    (plainly(gaps.never), "is_finite lu"),  # pivots change no product
    (converted, "convert_element_type"),
)
BENDS = ORDERED | by_name(
    (plainly(gaps.between), "max min"),
    (by_key, "cummax cummin"),
    (plainly(gaps.at(0.0)), "abs"),
    (lambda _, low, x, high: gaps.at_bounds(x, low, high), "clamp"),
    (along_axes(gaps.from_top), "reduce_max"),
    (along_axes(gaps.from_bottom), "reduce_min"),
    (in_reach, "reduce_window_max"),
    (partial(in_reach, sign=-1), "reduce_window_min"),
)
UNKNOWN = words(
    """
    scatter-max scatter_max scatter-min scatter_min nextafter select_and_scatter_add
    select_and_gather_add approx_top_k random_gamma reduce reduce_window
    """
)
DECISIONS = Decisions(JUMPS, BENDS, frozenset(ORDERED), UNKNOWN)
