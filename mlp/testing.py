"""Gradient checks inside a test suite, one for each argument of each op.

    check_gradients(op)                  check every argument: raise, warn, or return the results
    parametrize_with_checks([op, ...])   make a pytest test of each argument of each op
    given_points(op)                     make a Hypothesis test of points drawn and shrunk

An op is a module, a class or a layer with forward and backward, a function ``gelu`` that has
``gelu_backward`` beside it, or a word that ``mlp verify`` takes, such as "my_layers.py". pytest
and Hypothesis are imported where they are used. Tested in tests/test_testing.py.
"""
# ruff: noqa: PLC0415  # a suite that uses one of the two need not have the other

import contextlib
import functools
import inspect
import unittest
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal

import numpy as np

from mlp.gradcheck import GradientError, check
from mlp.gradcheck.repeat import given, spelled
from mlp.inputs import demand, flag, is_number, is_whole, shown
from mlp.op import MARKS, MOST_ACCEPTED, Accept, is_allowance
from mlp.runner.find import one_op, op_asked, ops_of
from mlp.runner.results import Examination, Result
from mlp.runner.snippet import snippet
from mlp.runner.targets import Target, briefed
from mlp.runner.verdicts import verdict_of
from mlp.verdict import holds

__all__ = [
    "GradientCheck",
    "GradientWarning",
    "Result",
    "ResultError",
    "check_gradients",
    "checks_of",
    "given_points",
    "parametrize_with_checks",
]

TIMEOUT = 60.0  # seconds for one op
KEEP = "@hypothesis.example(point=point)  # above the test, to try this point first from now on"
PLACE = ("co_filename", "co_firstlineno")
NO_ERROR = 1e-20  # stands for a relative error of 0 where its logarithm is taken


class GradientWarning(UserWarning):
    """A gradient is not correct, said by ``check_gradients(op, on_fail="warn")``.

    Examples
    --------
    >>> import warnings
    >>> from mlp.testing import GradientWarning
    >>> warnings.simplefilter("error", GradientWarning)  # what warns is to fail after all
    """


class ResultError(GradientError):
    """A check of one argument that did not end "correct"; ``result`` says what came of it.

    Parameters
    ----------
    result : Result
        What came of it.

    Examples
    --------
    >>> from mlp.testing import ResultError, checks_of
    >>> class Half:
    ...     forward = staticmethod(lambda x: x / 2)
    ...     backward = staticmethod(lambda dO, x: dO)
    ...     example = staticmethod(lambda rng: (rng.normal(size=3),))
    >>> try:
    ...     next(checks_of(Half))()
    ... except ResultError as error:
    ...     error.result.verdict, error.result.argument
    ('wrong', 'x')
    """

    def __init__(self, result: Result) -> None:
        super().__init__(result.text)
        self.result = result


class GradientCheck:
    """A check of one argument of one op; those of one op share one examination.

    Parameters
    ----------
    examination : Examination
        Of the op.
    argument : str
        The name of the argument.

    Examples
    --------
    >>> from mlp import relu
    >>> from mlp.testing import checks_of
    >>> (check,) = checks_of(relu)
    >>> check().verdict
    'correct'
    """

    def __init__(self, examination: Examination, argument: str) -> None:
        self.examination, self.argument = examination, argument

    def __repr__(self) -> str:
        return "-".join(filter(None, (self.examination.target.name, self.argument)))

    @property
    def judged(self) -> bool:
        """Whether the op has been examined already."""
        return "outcome" in vars(self.examination)

    def result(self) -> Result:
        """Return what came of it; the op is examined the first time that this is asked."""
        return self.examination.result(self.argument)

    def __call__(self) -> Result:
        """Return the result if it is "correct"; raise, or skip a constant."""
        __tracebackhide__ = True
        result = self.result()
        if result.verdict == "unchecked":
            raise unittest.SkipTest(f"{self.argument} is a constant, or forward ignores it")
        if not result:
            raise ResultError(result)
        return result


def checks_of(
    op: Any,
    *,
    rng: int = 0,
    timeout: float = TIMEOUT,
    tangent: bool = True,
    accept: Accept | None = None,
    **meant: Any,
) -> Iterator[GradientCheck]:
    """Yield a check for each argument of each op in what is given.

    Parameters
    ----------
    op : module, class, object, function, str or Path
        What is or holds the ops.
    rng : int, default 0
        Seed of points and probes.
    timeout : float, default 60
        Seconds for one op.
    tangent : bool, default True
        As for ``mlp.check``.
    accept : float or dict, optional
        As for ``mlp.check``, for ops that have no ``ACCEPT`` of their own.
    **meant : Any
        ``along``, ``retract``, ``against`` and ``surrogate``, likewise.

    Returns
    -------
    iterator of GradientCheck
        To be called: it raises ``ResultError``, an AssertionError, unless the gradient is correct.

    Examples
    --------
    >>> import mlp
    >>> list(mlp.testing.checks_of(mlp.affine))
    [affine-X, affine-W, affine-b]
    """
    options: Any = {"rng": rng, "timeout": timeout, "tangent": tangent, **meant}
    return _checks("checks_of", op, accept=accept, **options)


def _checks(
    who: str, op: Any, *, rng: int, timeout: float, tangent: Any, accept: Any, **meant: Any
) -> Iterator[GradientCheck]:
    """Look at the options at once; yield the checks one by one, for each is an examination."""
    demand(who, "rng", rng, is_whole(rng, 0), "be a seed such as 0, 1, 2")
    fits = is_number(timeout) and timeout > 0
    demand(who, "timeout", timeout, fits, "be a positive number of seconds")
    tangent, accept = _allowed(who, tangent=tangent, accept=accept)
    if unknown := [name for name in meant if name not in MARKS]:
        raise TypeError(
            f"{who}: there is no option {unknown[0]!r}; it takes op, "
            f"and rng, timeout, tangent, accept, {', '.join(MARKS)} by name"
        )
    again = repeated(op, rng, tangent=None if tangent else False, accept=accept, **meant)
    targets = op_asked(who, lambda: ops_of(op))

    def each() -> Iterator[GradientCheck]:
        for target in targets:
            own = briefed(target, accept=accept, meant=meant)
            examination = Examination(own, rng, timeout, repeat=again, tangent=tangent)
            for argument in examination.arguments:
                yield GradientCheck(examination, argument)

    return each()


def _allowed(who: str, *, tangent: Any, accept: Any) -> tuple[bool, Accept | None]:
    """Return what a check is told of tangent and of what may be off by design."""
    sizes = [*accept.values()] if isinstance(accept, Mapping) else [accept]
    fits = accept is None or all(is_number(size) and is_allowance(size) for size in sizes)
    required = f"be a number from 0, below {MOST_ACCEPTED}, or a dict of them by argument"
    demand(who, "accept", accept, fits, required)
    return flag(who, "tangent", tangent), accept


def repeated(op: Any, rng: int, **options: Any) -> Callable[[str], str]:
    """Return what makes the line that checks ops again, by the word that names them or by name."""

    def line(word: str) -> str:
        said = repr(word) if word else spelled(op, "op")
        return f"mlp.testing.check_gradients({said}, rng={rng}{given(options)})"

    return line


def check_gradients(
    op: Any,
    *,
    on_fail: Literal["raise", "warn"] | None = "raise",
    rng: int = 0,
    timeout: float = TIMEOUT,
    tangent: bool = True,
    accept: Accept | None = None,
    **meant: Any,
) -> list[Result]:
    """Check every argument of every op in what is given.

    Parameters
    ----------
    op : module, class, object, function, str or Path
        What is or holds the ops.
    on_fail : {"raise", "warn", None}, default "raise"
        Raise at the first gradient that is not correct, warn of each, or only return the results.
    rng : int, default 0
        Seed of points and probes.
    timeout : float, default 60
        Seconds for one op.
    tangent : bool, default True
        As for ``mlp.check``.
    accept : float or dict, optional
        As for ``mlp.check``, for ops that have no ``ACCEPT`` of their own.
    **meant : Any
        ``along``, ``retract``, ``against`` and ``surrogate``, likewise.

    Returns
    -------
    list of Result
        One for each argument; true where the gradient is correct.

    Raises
    ------
    ResultError
        An AssertionError whose text is the report.

    Examples
    --------
    >>> import mlp
    >>> [result.argument for result in mlp.testing.check_gradients(mlp.affine) if result]
    ['X', 'W', 'b']
    """
    __tracebackhide__ = True  # pytest shows who called
    given: Any = on_fail
    fits = given is None or (isinstance(given, str) and given in {"raise", "warn"})
    if not fits:
        came = shown(on_fail)
        raise ValueError(f"check_gradients: on_fail must be raise, warn or None, not {came}")
    results = []
    options: Any = {"rng": rng, "timeout": timeout, "tangent": tangent, **meant}
    options["accept"] = accept
    for one in _checks("check_gradients", op, **options):
        result = one.result()
        if not holds(result.verdict) and not result.is_allowed:
            if on_fail == "raise":
                raise ResultError(result)
            if on_fail == "warn":
                said = f"{one!r}: {result.verdict}: {result.message}"
                warnings.warn(said, GradientWarning, stacklevel=2)
        results.append(result)
    return results


def parametrize_with_checks(
    ops: Sequence[Any],
    *,
    rng: int = 0,
    timeout: float = TIMEOUT,
    tangent: bool = True,
    accept: Accept | None = None,
    **meant: Any,
) -> Callable[[Any], Any]:
    """Make a pytest test of each argument of each op.

    The test takes an argument named ``check`` and calls it. An op is examined once in a process,
    and the checks of its arguments share the answer.

    Parameters
    ----------
    ops : sequence
        Each is or holds ops, as for ``check_gradients``.
    rng : int, default 0
        Seed of points and probes.
    timeout : float, default 60
        Seconds for one op.
    tangent : bool, default True
        As for ``mlp.check``.
    accept : float or dict, optional
        As for ``mlp.check``, for ops that have no ``ACCEPT`` of their own.
    **meant : Any
        ``along``, ``retract``, ``against`` and ``surrogate``, likewise.

    Returns
    -------
    Callable
        A decorator, ``pytest.mark.parametrize`` with one ``GradientCheck`` for each argument.

    Examples
    --------
    >>> import mlp
    >>> @mlp.testing.parametrize_with_checks([mlp.affine, mlp.relu])
    ... def test_gradients(check):
    ...     check()
    >>> test_gradients.pytestmark[0].args[1]
    [affine-X, affine-W, affine-b, relu-Z]
    """
    import pytest

    if isinstance(ops, (str, bytes)) or not isinstance(ops, Sequence):
        raise TypeError(f"parametrize_with_checks: ops must be a list of ops, but is {shown(ops)}")
    options: Any = {"rng": rng, "timeout": timeout, "tangent": tangent, **meant}
    options["accept"] = accept
    checks = [one for op in ops for one in _checks("parametrize_with_checks", op, **options)]
    return pytest.mark.parametrize("check", checks, ids=repr)


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
    as the bounds of a ``clip``, as ``mlp.strategies.points`` says. There is no deadline;
    ``max_examples`` and the rest come from the Hypothesis profile, or from ``@settings`` *below*
    this decorator.

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
    tangent, accept = _allowed("given_points", tangent=tangent, accept=accept)
    meant = {name: options.pop(name) for name in MARKS if name in options}
    found = op_asked("given_points", lambda: one_op(op, options.get("shapes")))
    target = briefed(found, accept=accept, meant=meant)
    drawn = points(target, **options)

    def decorate(test: Callable[..., Any]) -> Any:
        from hypothesis import HealthCheck, Phase, given, settings
        from hypothesis.errors import InvalidArgument

        if "point" not in inspect.signature(test).parameters:
            raise TypeError(f"given_points: {test.__name__} must take an argument named point")

        @functools.wraps(test)
        def verified(*args: Any, point: Any, **fixtures: Any) -> Any:
            __tracebackhide__ = True  # pytest shows the test
            _verify_at(target, point, rtol=rtol, tangent=tangent)
            return test(*args, point=point, **fixtures)

        suited = settings(
            deadline=None,
            phases={*Phase} - {Phase.explain},  # it would point at our lines
            suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow],
        )
        with contextlib.suppress(InvalidArgument):  # the test has settings of its own
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
    if verdict_of(report) in {"wrong", "error"}:
        plain = {**options, "tangent": None if options["tangent"] else False}
        code = f"{snippet(target, point, **plain)}\n\n{KEEP}"
        said = replace(report, reproduce="the lines below")
        raise GradientError(f"{said}\n\nTo repeat it elsewhere:\n\n{code}")
    if not report:
        hypothesis.event(f"inconclusive: {report.findings[0].kind}")
        hypothesis.reject()
