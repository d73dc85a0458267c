"""Points at which to check an op: from its example, or drawn to fit a signature of shapes.

    gelu_example(rng)                a point of the author's choice, the best
    @shapes("(n,d),(d,m),(m)->...")  normal numbers in arrays of sizes that fit
    "(3,4),(4,2),(2)"                the same with the sizes said

Sizes that nobody said all differ and none is 1: n = 1 hides a missing 1/n, a square a transpose.
Tested in tests/runner/test_points.py.
"""

import copy
import warnings
from collections.abc import Callable, Collection, Sequence
from itertools import chain, count
from typing import Any, TypeAlias

import numpy as np
from numpy.random import Generator

from mlp import tree
from mlp.op import sizes_of
from mlp.signature import ANY_SHAPE, parse

(ANY,) = ANY_SHAPE
Shape: TypeAlias = tuple[int, ...]
Point: TypeAlias = tuple[Any, ...]
Draw: TypeAlias = Callable[[Generator], Point]
BESIDE = (1e-3, -1e-3, 1e-9, -1e-9)  # how far from a number at which branches change


def from_signature(signature: str, labels: Collection[int] = ()) -> Draw:
    """Return a function that draws normal arrays, and class labels where ``labels`` says so.

    Axes may be names or numbers: "(3,d),(d,2)->(3,2)". Raises ``ValueError`` for no signature.
    """
    unused = chain((3, 4, 2), count(5))
    shapes, classes = shapes_for(signature, lambda axis: (3, 4) if axis == ANY else (next(unused),))

    def draw(rng: Generator) -> Point:
        return tuple(
            rng.integers(classes, size=shape)
            if position in labels and len(shape) == 1
            else rng.normal(size=shape)
            for position, shape in enumerate(shapes)
        )

    return draw


def shapes_for(signature: str, size: Callable[[str], Shape]) -> tuple[list[Shape], int]:
    """Return the shape of each argument, and the number of classes: the size of axis c, or 2.

    An axis whose size is not a number has the size that it is given; ``...`` is given a shape.
    """
    groups = [alternatives[0] for alternatives in parse(signature)[0]]
    axes = dict.fromkeys(chain(*groups))
    sizes = {axis: (int(axis),) if axis.isdigit() else size(axis) for axis in axes}
    shapes = [tuple(chain(*(sizes[axis] for axis in group))) for group in groups]
    return shapes, sizes.get("c", (2,))[0]


def from_example(example: Callable[..., Any], growth: int = 1) -> Draw:
    """Return a function that draws the example, or a larger one.

    Growth turns a size s among the defaults of ``example(rng, n=3, d=4)`` into growth (s + 1) - 1,
    so that sizes which differ still differ.
    """
    sizes = {name: growth * (size + 1) - 1 for name, size in sizes_of(example).items()}

    def draw(rng: Generator) -> Point:
        drawn = example(rng, **sizes)
        return drawn if isinstance(drawn, tuple) else (drawn,)

    return draw


def in_dtype(dtype: str, draw: Draw) -> Draw:
    """Return a function that draws the same with floating-point arrays in another dtype."""

    def converted(rng: Generator) -> Point:
        return tuple(
            arg.astype(dtype) if isinstance(arg, np.ndarray) and arg.dtype.kind == "f" else arg
            for arg in draw(rng)
        )

    return converted


def aimed(
    forward: Callable[..., Any],
    point: Point,
    positions: Collection[int],
    places: Sequence[float],
    rng: Generator,
) -> Point:
    """Return a point with entries at these places, right beside them, or tied with each other.

    Arrays of one sign keep it, which may be all that forward takes; where it raises on such a point
    or is not finite there, the point is returned as it was.
    """

    def moved(leaf: Any) -> Any:
        if not isinstance(leaf, np.ndarray) or leaf.dtype.kind != "f" or not leaf.size:
            return leaf
        near = np.add.outer((0.0, *BESIDE), places).astype(leaf.dtype).ravel()
        if not leaf.min() < 0 < leaf.max():
            near = near[np.isin(np.sign(near), np.sign(leaf))]
        kind = rng.random(leaf.shape)
        tied = np.where(kind < 0.15, rng.choice(leaf.ravel()), leaf)
        return np.where(kind > 0.25, rng.choice(near, leaf.shape), tied) if near.size else tied

    fresh = tuple(
        tree.rebuilt(argument, moved) if i in positions else argument
        for i, argument in enumerate(point)
    )
    return fresh if _is_defined(forward, fresh) else point


def _is_defined(forward: Callable[..., Any], point: Point) -> bool:
    """Tell whether forward takes a point and returns finite numbers."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            returned = tree.flat(forward(*copy.deepcopy(point)))
            return all(bool(np.isfinite(leaf).all()) for leaf in returned if leaf is not None)
        except Exception:  # noqa: BLE001  # a stranger's forward; the example's own point says why
            return False
