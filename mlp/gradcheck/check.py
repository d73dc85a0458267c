"""Is this gradient right?  ``check`` answers with a report, ``verify`` raises where it is not.

The door alone: what judges takes longer to load than NumPy, and is loaded by the first question.
"""
# ruff: noqa: PLC0415  # see above

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy as np

    from mlp.gradcheck.block import Bound
    from mlp.gradcheck.charts import Along, Retract
    from mlp.gradcheck.report import Report
    from mlp.gradcheck.workers import Workers
    from mlp.op import Accept, Wrt


def check(
    forward: Callable[..., Any],
    backward: Callable[..., Any],
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
    against: Callable[..., Any] | None = None,
    surrogate: Callable[..., Any] | None = None,
    order: int = 1,
    tangent: bool = True,
) -> Report:
    """Check a gradient written by hand against finite differences with an error bar.

    What is float32 is judged in float64 where both functions do the same there, and a note says so.

    Parameters
    ----------
    forward : Callable
        ``forward(*point)`` returns an array, a number, or a dict, list, tuple or dataclass of them.
    backward : Callable
        ``backward(cotangent, *point)`` returns one gradient, or a tuple with one for each
        differentiated argument, in order; each has the shape of its argument. The cotangent has
        the structure of forward's result, and need not be contiguous. ``None`` in place of a
        gradient claims that it is 0. A Python or NumPy number without a gradient is a constant, and
        what is not differentiated, such as labels, may have a ``None`` in the tuple.
    *point : Any
        The arguments: float arrays of any shape, structures of them, and constants of any kind.
    wrt : int, str or sequence of them, optional
        Positions or names of the differentiated arguments; every float argument unless given.
    rng : int or Generator, default 0
        Seed of the random directions; a generator is spent on one integer, which is reported.
    rtol : float, optional
        Largest error bar, relative to what is compared, at which a gradient counts as correct.
        Unless given it is 1e-6, or ten times the error bar that the noise of forward permits.
    accept : float or dict, default 0
        What by hand may be off by design, such as up to a solver's tolerance: from 0, below 0.1,
        for each entry, relative to the largest entry of the same array; a dict has it by argument.
        It also bounds how far backward may be from linear in its cotangent.
    exhaustive : bool, default False
        Measure every single entry as well, and keep them in ``report.arguments[i].entries``.
    max_evaluations : int, optional
        Limit of forward calls, for an expensive forward. From 8 on it gives the best verdict that
        so many allow: where they are too few to take one argument after another, all are judged
        together, in a few steps, and ``detects`` says what that shows.
    workers : int or map-like callable, default 1
        Processes that share the work, -1 for every core; or what to use in place of ``map``: an
        executor of ``concurrent.futures`` or ``mpi4py.futures``, a Dask client, joblib's
        ``Parallel``, or a map of one's own, which may return futures. Shared are the arguments,
        with ``exhaustive`` their entries, and the search for wrong entries. The report does not
        depend on it; where a process dies it is inconclusive, with a finding "raised".
    bounds : sequence of (low, high) or None, optional
        For each argument the closed interval that it must not leave.
    along : dict, optional
        For arguments, by name, the linear set that they keep to: "symmetric", "lower" or "upper"
        for square matrices, or a function that projects directions. They move in it alone, and
        only that is judged; a note tells the size of what no such direction sees.
    retract : dict, optional
        For arguments on curved sets, by name, ``f(x, xi)`` with ``f(x, 0) = x``. Gradients are in
        the tangent coordinates xi: those of ``forward(f(x, xi))`` at 0.
    against : Callable, optional
        Another forward of the same meaning, such as the plain formula beside a fast kernel. Values
        must agree to the measured rounding of the coarser of the two, or to ``accept``; gradients
        are compared with the slopes of both.
    surrogate : Callable, optional
        The function whose gradient is meant, as of a straight-through estimator. Values are not
        compared, and the report says "correct (surrogate)". One that returns ``(out, loss)``, where
        forward returns out, says that backward injects the gradient of a loss.
    order : int, default 1
        2 looks at second derivatives, too: where forward returns one number, that the derivative of
        backward is symmetric; where it returns a gradient, ``backward(*point)`` is its Hessian,
        whole, whose symmetry is tested as well. A product with a Hessian needs no order:
        ``check(gradient, hvp, *point)``. What a framework differentiates has 3 and more.
    tangent : bool, default True
        Where differences doubt or accuse, also hear the tangent of forward's own operations, which
        takes no step; False leaves it to differences alone.

    Returns
    -------
    Report
        Its ``verdict`` is "correct", "wrong" or "inconclusive"; true only if correct.

    Raises
    ------
    TypeError
        For what cannot be checked, such as complex numbers.
    ValueError
        For options that do not fit the point.

    Examples
    --------
    >>> import numpy as np
    >>> import mlp
    >>> x = np.array([1.0, 2.0, 4.0])
    >>> bool(mlp.check(lambda x: x**3, lambda dy, x: dy * 3 * x**2, x))
    True
    >>> report = mlp.check(lambda x: x**3, lambda dy, x: dy * x**2, x)
    >>> report.verdict, report.findings[0].diagnosis
    ('wrong', 'factor')
    """
    from mlp.gradcheck.pipeline import checked

    return checked(
        forward,
        backward,
        point,
        wrt=wrt,
        rng=rng,
        rtol=rtol,
        accept=accept,
        exhaustive=exhaustive,
        max_evaluations=max_evaluations,
        workers=workers,
        bounds=bounds,
        along=along,
        retract=retract,
        against=against,
        surrogate=surrogate,
        order=order,
        tangent=tangent,
    )


def verify(*args: Any, **options: Any) -> Report:
    """Check a gradient and raise unless it is correct.

    Parameters
    ----------
    *args : Any
        Forward, backward and the arguments, as ``check`` takes them.
    **options : Any
        The options of ``check``.

    Returns
    -------
    Report
        That of ``check``, whose verdict is "correct".

    Raises
    ------
    GradientError
        An AssertionError whose text is the report, unless the verdict is "correct".

    Examples
    --------
    >>> import numpy as np
    >>> import mlp
    >>> mlp.verify(np.sin, lambda dy, x: dy * np.cos(x), np.array([0.5, 2.0])).verdict
    'correct'
    """
    __tracebackhide__ = True  # pytest shows who called
    from mlp.gradcheck.report import GradientError

    report = check(*args, **options)
    if not report:
        raise GradientError(str(report))
    return report


def depict(
    forward: Callable[..., Any], backward: Callable[..., Any], *point: Any, **options: Any
) -> Report:
    """Check a gradient and measure what its picture shows: a grid of entries of each argument.

    Each entry costs six evaluations more; the verdict does not change.

    Parameters
    ----------
    forward, backward : callable
        The functions, as ``check`` takes them.
    *point : Any
        Their arguments.
    **options : Any
        The options of ``check``.

    Returns
    -------
    Report
        As from ``check``, with the heat maps that ``to_html()`` and ``plot()`` draw.

    Examples
    --------
    >>> import numpy as np
    >>> import mlp
    >>> report = mlp.depict(np.sin, lambda dy, x: dy * np.cos(x), np.ones((2, 3)))
    >>> report.verdict, len(report.arguments[0].entries)
    ('correct', 6)
    """
    from mlp.gradcheck.answering import pictured

    before = pictured.set(True)
    try:
        return check(forward, backward, *point, **options)
    finally:
        pictured.reset(before)
