"""Gradient checks inside a test suite, one for each argument of each op.

    check_gradients(op)                  check every argument: raise, warn, or return the results
    parametrize_with_checks([op, ...])   make a pytest test of each argument of each op
    given_points(op)                     make a Hypothesis test of points drawn and shrunk

An op is a module, a class or a layer with forward and backward, a function ``gelu`` that has
``gelu_backward`` beside it, or a word that ``mlp verify`` takes, such as "my_layers.py". pytest
and Hypothesis are imported where they are used. Tested in tests/test_testing.py.
"""
# ruff: noqa: PLC0415  # a suite that uses one of the two need not have the other

import unittest
import warnings
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Literal

from mlp.gradcheck import GradientError
from mlp.gradcheck.repeat import given, spelled
from mlp.inputs import demand, is_number, is_whole, shown
from mlp.op import MARKS, Accept
from mlp.runner.find import op_asked, ops_of
from mlp.runner.results import Examination, Result
from mlp.runner.targets import briefed
from mlp.testing_points import allowed, given_points
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
    options: Any = {"rng": rng, "timeout": timeout, "tangent": tangent, "accept": accept, **meant}
    return _checks("checks_of", op, **options)


def _checks(
    who: str, op: Any, *, rng: int, timeout: float, tangent: Any, accept: Any, **meant: Any
) -> Iterator[GradientCheck]:
    """Look at the options at once; yield the checks one by one, for each is an examination."""
    demand(who, "rng", rng, is_whole(rng, 0), "be a seed such as 0, 1, 2")
    fits = is_number(timeout) and timeout > 0
    demand(who, "timeout", timeout, fits, "be a positive number of seconds")
    tangent, accept = allowed(who, tangent=tangent, accept=accept)
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


def repeated(op: Any, rng: int, **options: Any) -> Callable[[str], str]:
    """Return what makes the line that checks ops again, by the word that names them or by name."""
    name = spelled(op, "op")

    def line(word: str) -> str:
        said = repr(word) if word else name
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
    options: Any = {"rng": rng, "timeout": timeout, "tangent": tangent, "accept": accept, **meant}
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
    options: Any = {"rng": rng, "timeout": timeout, "tangent": tangent, "accept": accept, **meant}
    checks = [one for op in ops for one in _checks("parametrize_with_checks", op, **options)]
    return pytest.mark.parametrize("check", checks, ids=repr)
