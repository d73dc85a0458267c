"""Hypothesis strategies for points of an op: sizes first, so that failures shrink to small ones.

    points(op)              all arguments of an op, in sizes that fit its signature
    logits, labels, ...     arrays of one meaning
    ordinary, on_kinks, off_kinks, extreme      numbers to fill arrays with

Needs Hypothesis: pip install 'mlp-reference[test]'. Tested in tests/test_strategies.py.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from mlp.inputs import demand, float_type, is_number, is_whole
from mlp.op import argument_names, label_positions, padded, positions_of, sizes_of
from mlp.runner.find import one_op, op_asked
from mlp.runner.literals import numbers_in
from mlp.runner.points import ANY, Shape, aimed, from_example, in_dtype, shapes_for
from mlp.runner.targets import Target

try:
    from hypothesis import strategies as st
    from hypothesis.extra import numpy as hnp
except ImportError:
    raise ImportError(
        "mlp.strategies needs Hypothesis, which is not installed: pip install 'mlp-reference[test]'"
    ) from None

Strategy: TypeAlias = st.SearchStrategy[Any]

__all__ = [
    "extreme",
    "labels",
    "logits",
    "off_kinks",
    "on_kinks",
    "ordinary",
    "points",
    "probabilities",
]
SIDE = 4  # the longest axis, unless said otherwise


def points(
    op: Any,
    *,
    shapes: str | None = None,
    dtype: npt.DTypeLike = np.float64,
    entries: Strategy | None = None,
    max_side: int = SIDE,
    **arguments: Strategy | Callable[[Shape], Strategy],
) -> Strategy:
    """Draw the arguments of an op, as a tuple.

    The sizes come first: one for each axis that the ``@shapes`` signature of forward names, then
    the numbers. So a failure shrinks to the smallest sizes, then to simple numbers. An op without a
    signature is drawn by its example, whose sizes are those of its arguments that have an integer
    as default, as in ``example(rng, n=3, d=4)``.

    Every other point is aimed at the numbers in the code of the op, where its branches change, such
    as the bounds of a ``clip``: entries lie on one of them or right beside it, and some of them are
    tied. Of an example only what is differentiated is aimed, with the signs that it has, and where
    forward is finite.

    Parameters
    ----------
    op : module, class, object, function, str or Path
        One op, as for ``mlp.testing.check_gradients``.
    shapes : str, optional
        A signature such as "(n,d),(d,m),(m)->(n,m)", in place of that of ``@shapes``.
    dtype : dtype, default float64
        Of the arrays of real numbers.
    entries : strategy of floats, optional
        What to fill the arrays with; unless given ``ordinary()``, in every other point aimed at
        the numbers in the code. Needs a signature.
    max_side : int, default 4
        The longest axis.
    **arguments : strategy, or function of a shape that returns one
        What to draw for the argument of this name. Needs a signature.

    Returns
    -------
    SearchStrategy
        Of tuples; a vector annotated ``Labels`` holds classes below the size of axis ``c``.

    Examples
    --------
    >>> import hypothesis, mlp
    >>> hypothesis.find(mlp.strategies.points(mlp.affine), lambda point: point[2].size > 1)
    (array([[0.]]), array([[0., 0.]]), array([0., 0.]))
    """
    found = float_type("points", dtype)
    demand("points", "max_side", max_side, is_whole(max_side), "be a whole number, 1 or more")
    for name, given in {"entries": ordinary() if entries is None else entries, **arguments}.items():
        fits = isinstance(given, st.SearchStrategy) or (name != "entries" and callable(given))
        demand("points", name, given, fits, "be a strategy, or a function that returns one")
    target = op_asked("points", lambda: one_op(op, shapes))
    signature = shapes or getattr(target.forward, "shapes", None)
    if not isinstance(signature, str):
        if entries is not None or arguments:
            raise TypeError(
                f"points: {target.name} has no @shapes, so its example draws it all; pass shapes="
            )
        return _examples(target, found, max_side, numbers_in(target.forward, target.backward))
    names = argument_names(target.forward)
    unknown = [name for name in arguments if name not in names]
    if unknown:
        raise TypeError(
            f"points: {target.name} has no argument {unknown[0]}, but {', '.join(names)}"
        )
    usual = ordinary() if entries is None else entries
    kinks = on_kinks(*numbers_in(target.forward, target.backward)) if entries is None else None
    labelled = label_positions(target.forward)
    lengths = st.tuples(st.integers(1, max_side))
    any_shape = hnp.array_shapes(min_dims=0, max_dims=3, max_side=max_side)

    @st.composite
    def drawn(draw: Any, signature: str, dtype: np.dtype[Any]) -> tuple[Any, ...]:
        """Draw sizes for the axes of a signature, then an array for each of its arguments."""
        shapes, classes = shapes_for(signature, lambda x: draw(any_shape if x == ANY else lengths))
        point = []
        filling = kinks if kinks is not None and draw(st.booleans()) else usual
        for position, (name, shape) in enumerate(
            zip(padded(names, len(shapes)), shapes, strict=True)
        ):
            strategy = arguments.get(name)
            if strategy is None and position in labelled and len(shape) == 1:
                strategy = labels(shape[0], classes)
            elif strategy is None:
                strategy = _filled(shape, filling)
            elif not isinstance(strategy, st.SearchStrategy):
                strategy = strategy(shape)
            array = draw(strategy)
            point.append(array.astype(dtype) if array.dtype.kind == "f" else array)
        return tuple(point)

    return drawn(signature, found)


@st.composite
def _examples(
    draw: Any, target: Target, dtype: np.dtype[Any], max_side: int, numbers: Sequence[float]
) -> tuple[Any, ...]:
    """Draw sizes for the example of an op, the seed of its numbers, and what they are aimed at."""
    if target.example is None:
        raise TypeError(f"points: {target.name} has neither @shapes nor an example; pass shapes=")
    sizes = {name: draw(st.integers(1, max_side)) for name in sizes_of(target.example)}
    seed = draw(st.integers(0, 2**32 - 1))
    point = in_dtype(dtype.name, from_example(partial(target.example, **sizes)))(
        np.random.default_rng(seed)
    )
    if not draw(st.booleans()) or {*target.meant} & {"along", "retract"}:
        return point
    places = draw(st.lists(st.sampled_from(numbers), min_size=1, max_size=3))
    names = padded(argument_names(target.forward), len(point))
    every = range(len(point))
    by = every if target.wrt is None else positions_of(target.wrt, names, "{came!r} of {names}")
    return aimed(target.forward, point, by, places, np.random.default_rng([seed, 1]))


def logits(
    n: int | None = None, c: int | None = None, *, dtype: npt.DTypeLike = np.float64
) -> Strategy:
    """Draw n rows of c logits: ordinary ones, ties, rows far from 0 and classes that stand out.

    Parameters
    ----------
    n, c : int, optional
        Number of rows and classes; drawn unless given.
    dtype : dtype, default float64
        Of the array.

    Returns
    -------
    SearchStrategy
        Of arrays of shape (n, c).

    Examples
    --------
    >>> import hypothesis, mlp
    >>> hypothesis.find(mlp.strategies.logits(2, 3), lambda Z: Z[0].max() > 500)[1]
    array([0., 0., 0.])
    """
    for name, length in (("n", n), ("c", c)):
        fits = length is None or is_whole(length)
        demand("logits", name, length, fits, "be a whole number, 1 or more")
    return _logits(n, c, float_type("logits", dtype))


@st.composite
def _logits(draw: Any, n: int | None, c: int | None, dtype: np.dtype[Any]) -> Any:
    n = draw(st.integers(1, SIDE)) if n is None else n
    c = draw(st.integers(2, SIDE)) if c is None else c
    far = st.sampled_from((0.0, 20.0, -20.0, 1000.0, -1000.0))
    shift, gap = draw(_filled((n, 1), far)), draw(_filled((n, c), far))
    return (draw(_filled((n, c), ordinary())) + shift + gap).astype(dtype)


def labels(n: int, c: int) -> Strategy:
    """Draw n class labels 0 .. c-1.

    Parameters
    ----------
    n, c : int
        Number of examples and classes.

    Returns
    -------
    SearchStrategy
        Of integer arrays of shape (n,).

    Examples
    --------
    >>> import hypothesis, mlp
    >>> hypothesis.find(mlp.strategies.labels(2, 3), lambda y: y[0] == 2)
    array([2, 0])
    """
    for name, length in (("n", n), ("c", c)):
        demand("labels", name, length, is_whole(length), "be a whole number, 1 or more")
    return _filled((int(n),), st.integers(0, int(c) - 1), np.int64)


def probabilities(shape: Shape) -> Strategy:
    """Draw positive numbers that sum to 1 along the last axis.

    Parameters
    ----------
    shape : tuple of int
        Of the array.

    Returns
    -------
    SearchStrategy
        Of float arrays.

    Examples
    --------
    >>> import hypothesis, mlp
    >>> hypothesis.find(mlp.strategies.probabilities((1, 4)), lambda P: P[0, 0] > 0)
    array([[0.25, 0.25, 0.25, 0.25]])
    """
    given: Any = shape
    fits = isinstance(given, (tuple, list)) and len(given) and all(map(is_whole, given))
    demand("probabilities", "shape", shape, fits, "be a tuple of whole numbers, 1 or more")
    weights = _filled(tuple(shape), st.floats(0, 1).map(lambda u: 1 + 63 * u))
    return weights.map(lambda W: W / W.sum(axis=-1, keepdims=True))


def ordinary() -> Strategy:
    """Draw numbers between -4 and 4 that fit in half precision: 0, or at least 6e-5 in size.

    Returns
    -------
    SearchStrategy
        Of floats.

    Examples
    --------
    >>> import hypothesis, mlp
    >>> hypothesis.find(mlp.strategies.ordinary(), lambda x: x > 2)
    3.0
    """
    return st.floats(-4, 4, width=16, allow_subnormal=False)


def on_kinks(*kinks: float) -> Strategy:
    """Draw numbers at kinks, very near to them and elsewhere.

    Parameters
    ----------
    *kinks : float
        Where one-sided slopes differ; 0 unless given.

    Returns
    -------
    SearchStrategy
        Of floats.

    Examples
    --------
    >>> import hypothesis, mlp
    >>> hypothesis.find(mlp.strategies.on_kinks(0.0, 6.0), lambda x: x == 6)
    6.0
    """
    places = st.sampled_from(_numbers("on_kinks", kinks) or [0.0])
    steps = st.sampled_from((1e-3, -1e-3, 1e-9, -1e-9))
    return places | st.builds(lambda kink, step: kink + step, places, steps) | ordinary()


def off_kinks(*kinks: float, margin: float = 2.0**-6) -> Strategy:
    """Draw numbers that keep a distance from kinks.

    Parameters
    ----------
    *kinks : float
        Where one-sided slopes differ; 0 unless given.
    margin : float, default 1/64
        The distance.

    Returns
    -------
    SearchStrategy
        Of floats.

    Examples
    --------
    >>> import hypothesis, mlp
    >>> hypothesis.find(mlp.strategies.off_kinks(0.0), lambda x: abs(x) < 1) != 0
    True
    """
    places = _numbers("off_kinks", kinks) or [0.0]
    fits = is_number(margin) and 0 <= margin <= 2
    demand("off_kinks", "margin", margin, fits, "be a number from 0 to 2")
    return ordinary().filter(lambda x: min(abs(x - kink) for kink in places) >= margin)


def _numbers(who: str, kinks: tuple[Any, ...]) -> list[float]:
    """Return kinks as floats; refuse what is no finite number."""
    for kink in kinks:
        demand(who, "kinks", kink, is_number(kink), "be finite numbers")
    return [float(kink) for kink in kinks]


def extreme(dtype: npt.DTypeLike = np.float64) -> Strategy:
    """Draw numbers of every magnitude of a dtype, subnormal ones and both zeros included.

    Parameters
    ----------
    dtype : dtype, default float64
        Whose range is covered.

    Returns
    -------
    SearchStrategy
        Of floats.

    Examples
    --------
    >>> import hypothesis, mlp
    >>> hypothesis.find(mlp.strategies.extreme(), lambda x: x > 1e300) > 1e300
    True
    """
    found = float_type("extreme", dtype)
    demand("extreme", "dtype", dtype, found.itemsize <= 8, "be float16, float32 or float64")
    limits = np.finfo(found)
    ends = [float(x) for x in (limits.max, limits.tiny, limits.smallest_subnormal)]
    low, high = int(np.log2(limits.smallest_subnormal)), int(np.log2(limits.max))
    exponents = st.integers(low, high - 1)
    between = st.builds(lambda m, e: float(np.ldexp(m, e)), st.floats(1, 2), exponents)
    sizes = st.sampled_from((0.0, 1.0, *ends)) | between
    return sizes | sizes.map(lambda x: -x)


def _filled(shape: Shape, entries: Strategy, dtype: npt.DTypeLike = np.float64) -> Strategy:
    """Fill an array with numbers drawn one by one."""
    return hnp.arrays(dtype, shape, elements=entries, fill=st.nothing())
