"""What the functions of ``mlp.adapters`` return: it knows how a convention writes a gradient.

Tested in tests/test_adapters.py.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from mlp import gradcheck
from mlp.adapters.question import Question
from mlp.gradcheck import GradientError, Report
from mlp.gradcheck.check import judging_float32
from mlp.gradcheck.repeat import line_of
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

    def at(self, *args: Any, wrt: Wrt = None) -> Question:
        """Return the question that ``check`` answers at these arguments."""
        if not args:
            raise TypeError(f"{self.code}: no point was given; call .check(*point)")
        return self.pose(args, wrt)

    def check(self, *args: Any, wrt: Wrt = None, **options: Any) -> Report:
        """Check the gradient at these arguments; return the report of ``mlp.check``.

        ``wrt`` names the differentiated arguments; other options are those of ``mlp.check``.
        """
        question = self.at(*args, wrt=wrt)
        with judging_float32(in_double=self.double):
            report = gradcheck.check(*question, **{**question.options, **options})
        faults = [note for note in question.notes if note.severity == "fault"]
        others = [note for note in question.notes if note not in faults]
        given = {key: value for key, value in {"wrt": wrt, **options}.items() if key != "rng"}
        return replace(
            report,
            findings=(*faults, *report.findings, *others),
            reproduce=line_of(f"{self.code}.check(", report.seed, given),
        )

    def verify(self, *args: Any, wrt: Wrt = None, **options: Any) -> Report:
        """Check the gradient at these arguments; raise ``GradientError`` unless it is correct."""
        report = self.check(*args, wrt=wrt, **options)
        if not report:
            raise GradientError(str(report))
        return report
