"""What the functions of ``mlp.adapters`` return: it knows how a convention writes a gradient.

Tested in tests/test_adapters.py.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from mlp import gradcheck
from mlp.adapters.question import Question
from mlp.gradcheck import GradientError, Report
from mlp.gradcheck.answering import judging_float32
from mlp.gradcheck.repeat import line_of, pointed
from mlp.gradcheck.rules import stable
from mlp.op import Wrt


@dataclass(frozen=True)
class Adapter:
    """A function and its gradient in somebody's convention, to be checked at one point or more.

    Parameters
    ----------
    code : str
        What made it, to be shown in a report.
    pose : callable
        ``pose(args, wrt)`` returns the question at these arguments.
    double : bool, default True
        Compute float32 in float64 where the code allows.
    like : callable, optional
        ``like(g)`` adapts another function of the same convention: a reference, or a surrogate.

    Examples
    --------
    >>> import numpy as np
    >>> import mlp
    >>> cube = mlp.adapters.gradient(lambda x: (x**3).sum(), lambda x: 3 * x**2)
    >>> cube.verify(np.array([1.0, 2.0])).verdict
    'correct'
    >>> mlp.check(*cube.at(np.array([1.0, 2.0]))).verdict
    'correct'
    """

    code: str
    pose: Callable[[tuple[Any, ...], Wrt], Question]
    double: bool = True
    like: "Callable[[Callable[..., Any]], Adapter] | None" = None

    def in_arrays(
        self, meant: Mapping[str, Any], args: tuple[Any, ...], wrt: Wrt = None
    ) -> dict[str, Any]:
        """Return options of ``check`` with functions of arrays for those of this convention."""
        if self.like is None:
            return {**meant}
        like, found = self.like, {**meant}
        for option in ("against", "surrogate"):
            if callable(found.get(option)):
                found[option] = _beside(self.pose(args, wrt), like(found[option]), args, wrt)
        return found

    def at(self, *args: Any, wrt: Wrt = None) -> Question:
        """Return the question that ``check`` answers at these arguments."""
        if not args:
            raise TypeError(f"{self.code}: no point was given; call .check(*point)")
        return self.pose(args, wrt)

    def check(self, *args: Any, wrt: Wrt = None, dtypes: bool = False, **options: Any) -> Report:
        """Check the gradient at these arguments; return the report of ``mlp.check``.

        ``wrt`` names the differentiated arguments; with ``dtypes`` a gradient or a result in
        another dtype than that of the arguments is wrong, not just noted; other options are those
        of ``mlp.check``.
        """
        started = time.perf_counter()  # a framework may compile what is asked
        question = self.at(*args, wrt=wrt)
        with judging_float32(in_double=self.double):
            meant = self.in_arrays(options, args, wrt)
            report = gradcheck.check(*question, **{**question.options, **meant})
            if dtypes:
                report = stable(report, question.point, question.forward(*question.point))
            options |= {"dtypes": True} if dtypes else {}
        given = {key: value for key, value in {"wrt": wrt, **options}.items() if key != "rng"}
        return replace(
            report,
            seconds=time.perf_counter() - started,
            reproduce=line_of(f"{self.code}.check({pointed(args)}", report.seed, given),
        )

    def verify(self, *args: Any, wrt: Wrt = None, **options: Any) -> Report:
        """Check the gradient at these arguments; raise ``GradientError`` unless it is correct."""
        __tracebackhide__ = True  # pytest shows who called
        report = self.check(*args, wrt=wrt, **options)
        if not report:
            raise GradientError(str(report))
        return report


def _beside(
    question: Question, adapter: Adapter, args: tuple[Any, ...], wrt: Wrt
) -> Callable[..., Any]:
    """Return the forward of an adapter on the arrays of a question, which may have parameters."""
    other = adapter.pose(args, wrt if isinstance(wrt, int) else None)
    extra = len(question.point) - len(other.point)
    forward = other.forward

    def beside(*arrays: Any) -> Any:
        return forward(*arrays[extra:])

    beside.__name__ = beside.__qualname__ = forward.__name__
    beside.__module__ = ""
    return beside
