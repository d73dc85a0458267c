"""A Hypothesis test of an op: every point that is drawn is checked, and a wrong one shrunk.

It is ``mlp.testing.given_points``; Hypothesis is imported where it is used. Tested in
tests/test_testing.py.
"""
# ruff: noqa: PLC0415  # see above

import inspect
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import wraps
from typing import Any

import numpy as np

from mlp.gradcheck import GradientError, check
from mlp.inputs import demand, flag, is_number
from mlp.op import MARKS, MOST_ACCEPTED, Accept, is_allowance
from mlp.runner.find import one_op, op_asked
from mlp.runner.snippet import snippet
from mlp.runner.targets import Target, briefed
from mlp.runner.verdicts import verdict_of

KEEP = "@hypothesis.example(point=point)  # above the test, to try this point first from now on"
PLACE = ("co_filename", "co_firstlineno")
SETTINGS = "_hypothesis_internal_use_settings"  # where @settings leaves what it was told
APPLIED = "_hypothesis_internal_settings_applied"  # and that it was
WRONG = {"wrong", "error"}
NO_ERROR = 1e-20  # stands for a relative error of 0 where its logarithm is taken


def given_points(
    op: Any,
    *,
    rtol: float | None = None,
    tangent: bool = True,
    accept: Accept | None = None,
    **options: Any,
) -> Callable[[Any], Any]:
    """Make a Hypothesis test that verifies an op at every point that is drawn.

    The test takes an argument named ``point``, the tuple of the op's arguments, and may say more
    about it. A wrong gradient shrinks to the smallest sizes and simplest numbers at which it is
    wrong, and the failure ends in code that repeats it. ``hypothesis.target`` hunts the largest
    relative error. A point at which the check is inconclusive is passed over; if all are,
    Hypothesis says so (Unsatisfiable). Every other point is aimed at the numbers in the code, such
    as the bounds of a ``clip``, as ``mlp.strategies.points`` says. There is no deadline but one
    that ``@settings`` asks for; ``max_examples`` and the rest come from the Hypothesis profile, or
    from ``@settings`` *below* this decorator.

    Parameters
    ----------
    op : module, class, object, function, str or Path
        One op, as for ``check_gradients``.
    rtol : float, optional
        As for ``mlp.check``.
    tangent : bool, default True
        As for ``mlp.check``.
    accept : float or dict, optional
        As for ``mlp.check``, for an op that has no ``ACCEPT`` of its own.
    **options : Any
        As for ``mlp.strategies.points``; and ``along``, ``retract``, ``against`` and ``surrogate``
        as for ``mlp.check``.

    Returns
    -------
    Callable
        A decorator.

    Examples
    --------
    >>> import hypothesis, mlp
    >>> @mlp.testing.given_points(mlp.relu)
    ... @hypothesis.settings(max_examples=10, deadline=None)
    ... def test_relu_is_never_negative(point):
    ...     assert (mlp.relu.forward(*point) >= 0).all()
    >>> test_relu_is_never_negative()
    """
    from mlp.strategies import points

    fits = rtol is None or (is_number(rtol) and rtol > 0)
    demand("given_points", "rtol", rtol, fits, "be a positive number")
    tangent, accept = allowed("given_points", tangent=tangent, accept=accept)
    meant = {name: options.pop(name) for name in MARKS if name in options}
    found = op_asked("given_points", lambda: one_op(op, options.get("shapes")))
    target = briefed(found, accept=accept, meant=meant)
    drawn = points(target, **options)

    def decorate(test: Callable[..., Any]) -> Any:
        from hypothesis import HealthCheck, Phase, given, settings

        if "point" not in inspect.signature(test).parameters:
            raise TypeError(f"given_points: {test.__name__} must take an argument named point")

        @wraps(test)
        def verified(*args: Any, point: Any, **fixtures: Any) -> Any:
            __tracebackhide__ = True  # pytest shows the test
            _verify_at(target, point, rtol=rtol, tangent=tangent)
            return test(*args, point=point, **fixtures)

        default: Any = settings.default
        own = getattr(test, SETTINGS, default)
        usual = own.deadline == default.deadline  # nobody asked for it
        suited = settings(
            own,
            deadline=None if usual else own.deadline,
            phases={*own.phases} - {Phase.explain},  # it would point at our lines
            suppress_health_check={
                *own.suppress_health_check,
                HealthCheck.filter_too_much,
                HealthCheck.too_slow,
            },
        )
        vars(verified).pop(APPLIED, None)
        suited(verified)
        decorated: Any = given(point=drawn)(verified)
        if inspect.isfunction(test):  # pytest shows it, and not us
            place = {name: getattr(test.__code__, name) for name in PLACE}
            decorated.__code__ = decorated.__code__.replace(**place)
        return decorated

    return decorate


def _verify_at(target: Target, point: Any, **options: Any) -> None:
    """Raise with code that can be pasted where the gradient is wrong; pass over what is undecided.

    Lets Hypothesis look for the largest relative error of by hand and numeric.
    """
    import hypothesis

    __tracebackhide__ = True
    report = check(
        target.forward,
        target.backward,
        *point,
        wrt=target.wrt,
        accept=target.accept or 0.0,
        **target.meant,
        **options,
    )
    errors = [
        abs(row.by_hand - row.numeric) / size
        for row in report.arguments
        if 0 < (size := max(abs(row.by_hand), abs(row.numeric))) < np.inf
    ]
    worst = max([NO_ERROR, *errors])
    hypothesis.target(float(np.log10(worst)), label="log10 of the relative error")
    if verdict_of(report) in WRONG:
        plain = {**options, "tangent": None if options["tangent"] else False}
        code = f"{snippet(target, point, **plain)}\n\n{KEEP}"
        said = replace(report, reproduce="the lines below")
        raise GradientError(f"{said}\n\nTo repeat it elsewhere:\n\n{code}")
    if not report:
        hypothesis.event(f"inconclusive: {report.findings[0].kind}")
        hypothesis.reject()


def allowed(who: str, *, tangent: Any, accept: Any) -> tuple[bool, Accept | None]:
    """Return what a check is told of tangent and of what may be off by design."""
    sizes = [*accept.values()] if isinstance(accept, Mapping) else [accept]
    fits = accept is None or all(is_number(size) and is_allowance(size) for size in sizes)
    required = f"be a number from 0, below {MOST_ACCEPTED}, or a dict of them by argument"
    demand(who, "accept", accept, fits, required)
    return flag(who, "tangent", tangent), accept
