"""Forward mode: is this tangent right?  ``check_tangent`` answers as ``check`` does for a gradient.

Tested in tests/gradcheck/test_forward_mode.py.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from mlp import tree
from mlp.gradcheck.adjoint import unpaired
from mlp.gradcheck.answering import UNFIT, answered
from mlp.gradcheck.block import Bound
from mlp.gradcheck.charts import Along, Retract
from mlp.gradcheck.pose import pose
from mlp.gradcheck.problem import BesideError, ComplexResultError
from mlp.gradcheck.pushed import pushed, too_large
from mlp.gradcheck.readings import PAIRS, Reading, read, read_again
from mlp.gradcheck.repeat import pointed, spelled
from mlp.gradcheck.report import Report
from mlp.gradcheck.rules import Rules, noted
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
        For what cannot be checked, such as a tangent that is no function.
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
    chosen = _arrays(point) if wrt is None else wrt
    pulled: Any = partial(tangent if backward is None else backward)
    pulled.rules = Rules(tangent)  # which is read as a backward is
    options: dict[str, Any] = {"rng": rng, "rtol": rtol, "accept": accept, "workers": workers}
    options |= {"exhaustive": exhaustive, "max_evaluations": max_evaluations, "witness": witness}
    kept: dict[str, Any] = {"bounds": bounds, "along": along or None, "retract": retract or None}
    more = {"wrt": wrt, **kept, "backward": backward, "witness": None if witness else False}
    said = ", ".join((spelled(forward, "forward"), spelled(tangent, "tangent"), pointed(point)))
    ask = partial(
        _answer,
        subject=f"{name_of(tangent)} as the tangent of {name_of(forward)}",
        call=f"mlp.check_tangent({said}",
        wrt=wrt,
        kept=kept,
        pair=backward is not None,
        told=more,
        options=options,
    )
    reading = read(forward, pulled, point, chosen)
    try:
        return ask(reading)
    except (BesideError, ComplexResultError) as odd:
        return ask(read_again(reading, odd, chosen))


def _answer(
    reading: Reading,
    *,
    subject: str,
    call: str,
    wrt: Wrt,
    kept: Mapping[str, Any],
    pair: bool,
    told: dict[str, Any],
    options: Mapping[str, Any],
) -> Report:
    """Answer the question of ``check_tangent`` as it was read, whose options these are."""
    rules: Any = reading.backward.rules  # type: ignore[attr-defined]  # it was given them above
    reverse = pose(
        reading.forward,
        reading.backward,
        reading.point,
        wrt=_arrays(reading.point) if wrt is None else wrt,
        accept=options["accept"],
        max_evaluations=options["max_evaluations"],
        **kept,
    )
    if large := too_large(reverse):
        raise ValueError(f"check_tangent: {large}; take a smaller point, or name less by wrt=")
    problem = pushed(reverse, rules.tangent)
    report = answered(problem, subject, call, told, **options)
    report = noted(report, tuple(n for n in rules.notes if pair or n.message != PAIRS))
    if not pair or any(finding.kind in UNFIT for finding in report.findings):
        return report
    return noted(report, tuple(unpaired(reverse, problem, report.seed)))


def _arrays(point: Sequence[Any]) -> tuple[int, ...] | None:
    """Return the positions of arguments that hold float arrays; None where there are none."""
    found = tuple(
        i
        for i, argument in enumerate(point)
        if any(isinstance(a, np.ndarray) and a.dtype.kind in "fc" for a in tree.flat(argument))
    )
    return found or None
