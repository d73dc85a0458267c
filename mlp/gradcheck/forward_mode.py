"""Forward mode: is this tangent right?  ``check_tangent`` answers as ``check`` does for a gradient.

Tested in tests/gradcheck/test_forward_mode.py.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from mlp import tree
from mlp.gradcheck.adjoint import unpaired
from mlp.gradcheck.answering import UNFIT, answered
from mlp.gradcheck.block import Bound
from mlp.gradcheck.charts import Along, Retract
from mlp.gradcheck.pose import pose
from mlp.gradcheck.pushed import pushed, too_large
from mlp.gradcheck.repeat import pointed, spelled
from mlp.gradcheck.report import Report
from mlp.gradcheck.workers import Workers
from mlp.op import Accept, Wrt, name_of


def check_tangent(
    forward: Callable[..., Any],
    tangent: Callable[..., Any],
    *point: Any,
    wrt: Wrt = None,
    rng: int | np.random.Generator = 0,
    rtol: float | None = None,
    accept: Accept = 0.0,
    exhaustive: bool = False,
    max_evaluations: int | None = None,
    workers: Workers = 1,
    bounds: Sequence[Bound] | None = None,
    along: Along | None = None,
    retract: Retract | None = None,
    backward: Callable[..., Any] | None = None,
    witness: bool = True,
) -> Report:
    """Check a tangent written by hand, forward mode, against finite differences with an error bar.

    Parameters
    ----------
    forward : Callable
        ``forward(*point)`` returns an array, a number, or a dict, list, tuple or dataclass of them.
    tangent : Callable
        ``tangent(tangents, *point)`` returns how forward's result changes when its arguments change
        by ``tangents``: in its structure and shapes, ``None`` for 0. ``tangents`` is one array of
        the shape of the argument, or a tuple with one for each differentiated argument, in order.
    *point : Any
        The arguments: float arrays of any shape, structures of them, and constants of any kind.
    wrt : int, str or sequence of them, optional
        Positions or names of the differentiated arguments. Unless given these are all that hold
        float arrays, and where there are none, the numbers.
    rng : int or Generator, default 0
        Seed of the random directions.
    rtol : float, optional
        Largest relative error bar at which it counts as correct, as in ``check``.
    accept : float or dict, default 0
        What by hand may be off by design, as in ``check``.
    exhaustive : bool, default False
        Measure every single entry as well.
    max_evaluations : int, optional
        Limit of forward calls.
    workers : int or map-like callable, default 1
        Who shares the work, as in ``check``.
    bounds : sequence of (low, high) or None, optional
        For each argument the closed interval that it must not leave.
    along : dict, optional
        Linear sets that arguments keep to, as in ``check``; tangents are in them, too.
    retract : dict, optional
        For arguments on curved sets ``f(x, xi)``, as in ``check``; a tangent is given xi.
    backward : Callable, optional
        A backward of the same forward, as ``check`` takes it, to be held against the tangent:
        ⟨backward(v), d⟩ = ⟨v, tangent(d)⟩, to rounding.
    witness : bool, default True
        Where differences doubt or accuse, also hear the tangent of forward's own operations; what
        ``check`` calls ``tangent``.

    Returns
    -------
    Report
        Its ``verdict`` is "correct", "wrong" or "inconclusive"; true only if correct. By hand is
        ⟨v, tangent(d)⟩, and that of entry i is ⟨v, tangent(eᵢ)⟩, for a random cotangent v.

    Raises
    ------
    TypeError
        For what cannot be checked, such as complex numbers.
    ValueError
        For options that do not fit the point, and for more than 16,384 differentiated numbers.

    Examples
    --------
    >>> import numpy as np
    >>> import mlp
    >>> x = np.array([1.0, 2.0, 4.0])
    >>> bool(mlp.check_tangent(lambda x: x**3, lambda x_dot, x: 3 * x**2 * x_dot, x))
    True
    >>> report = mlp.check_tangent(np.cos, lambda x_dot, x: np.sin(x) * x_dot, x)
    >>> report.verdict, report.findings[0].diagnosis
    ('wrong', 'sign')
    """
    if not callable(tangent):
        raise TypeError(
            f"check_tangent: tangent must be a function, but it is a {type(tangent).__name__}"
        )
    reverse = pose(
        forward,
        tangent if backward is None else backward,
        point,
        wrt=_arrays(point) if wrt is None else wrt,
        accept=accept,
        bounds=bounds,
        max_evaluations=max_evaluations,
        along=along,
        retract=retract,
    )
    if said := too_large(reverse):
        raise ValueError(f"check_tangent: {said}; take a smaller point, or name less by wrt=")
    problem = pushed(reverse, tangent)
    more: dict[str, Any] = {"along": along or None, "retract": retract or None}
    more |= {"backward": backward, "witness": None if witness else False}
    report = answered(
        problem,
        f"{name_of(tangent)} as the tangent of {name_of(forward)}",
        f"mlp.check_tangent({spelled(forward, 'forward')}, {spelled(tangent, 'tangent')}, "
        + pointed(point),
        {"wrt": wrt, "bounds": bounds, **more},
        rng=rng,
        rtol=rtol,
        accept=accept,
        exhaustive=exhaustive,
        max_evaluations=max_evaluations,
        workers=workers,
        witness=witness,
    )
    if backward is None or any(finding.kind in UNFIT for finding in report.findings):
        return report
    told = tuple(unpaired(reverse, problem, report.seed))
    return replace(report, findings=(*report.findings, *told))


def _arrays(point: Sequence[Any]) -> tuple[int, ...] | None:
    """Return the positions of arguments that hold float arrays; None where there are none."""
    found = tuple(
        i
        for i, argument in enumerate(point)
        if any(isinstance(a, np.ndarray) and a.dtype.kind == "f" for a in tree.flat(argument))
    )
    return found or None
