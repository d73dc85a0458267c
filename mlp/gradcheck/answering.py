"""A problem that is posed, answered: the contract, then one argument after another, to a report.

Gradients and tangents go the same way. Where ``max_evaluations`` leaves too few calls for one
argument after another, all are judged together (judge/brief.py).

Tested in tests/gradcheck/test_answering.py.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import numpy as np

from mlp.gradcheck.contract.calls import mutations
from mlp.gradcheck.contract.examine import examine_backward, examine_forward
from mlp.gradcheck.contract.pushing import examine_tangent
from mlp.gradcheck.diagnosis.together import together
from mlp.gradcheck.finding import Argument, Finding
from mlp.gradcheck.judge.bench import RTOL
from mlp.gradcheck.judge.brief import in_brief
from mlp.gradcheck.judge.judge import Judge
from mlp.gradcheck.problem import Exhausted, Problem, Raised
from mlp.gradcheck.repeat import line_of
from mlp.gradcheck.report import Report
from mlp.gradcheck.structure import opened, unseen
from mlp.gradcheck.widen import ROUNDING, goes_through_single, narrowest, widened
from mlp.gradcheck.workers import Workers, mapper
from mlp.op import Accept

ENOUGH = 34  # calls left for each argument, where they are judged one after another
RESERVE = 8  # calls kept for the case that these do not suffice
FEW = 12  # calls left, where float32 is judged as it is
UNFIT = {"raised", "shape", "mutation", "nondeterminism", "evaluations", "nonfinite"}
EXAMINE = {"backward": examine_backward, "tangent": examine_tangent}
pictured = ContextVar("pictured", default=False)  # whether depict, which is check, asks for more
_widens = ContextVar("_widens", default=True)  # whether float32 is judged in float64 where it can


def answered(
    problem: Problem,
    subject: str,
    call: str,
    options: dict[str, Any],
    *,
    rng: int | np.random.Generator = 0,
    rtol: float | None = None,
    accept: Accept = 0.0,
    exhaustive: bool = False,
    max_evaluations: int | None = None,
    workers: Workers = 1,
    witness: bool = True,
) -> Report:
    """Answer a problem that is posed, with the options of ``check``.

    ``subject`` says what is judged, and ``call`` begins the line that repeats it, with ``options``.
    """
    if rtol is not None and not _is_fraction(rtol):
        raise ValueError(f"check: rtol must lie between 0 and 1, but is {rtol!r}")
    if not isinstance(rng, np.random.Generator) and not (_is_whole(rng) and rng >= 0):
        raise ValueError(f"check: rng must be a seed (an int from 0) or a Generator, not {rng!r}")
    if max_evaluations is not None and not (_is_whole(max_evaluations) and max_evaluations > 0):
        raise ValueError(
            f"check: max_evaluations must be a positive int, but is {max_evaluations!r}"
        )
    started = time.perf_counter()
    seed = int(rng.integers(2**32) if isinstance(rng, np.random.Generator) else rng)
    plain = _plain(accept)
    found = _Found(RTOL if rtol is None else rtol)
    try:
        with mapper(workers, problem.functions) as across, np.errstate(all="ignore"):
            judge = partial(Judge, rtol=rtol, exhaustive=exhaustive, across=across, tangent=witness)
            judge = partial(judge, picture=pictured.get())
            _examine(problem, np.random.default_rng(seed), judge, found)
    except Exhausted:
        said = f"max_evaluations = {max_evaluations} forward calls were used up; allow more"
        found.findings.append(Finding.doubt("evaluations", said))
    except Raised as stop:
        found.findings.append(Finding.doubt("raised", str(stop)))
    found.findings = together(found.findings, [row.name for row in found.arguments])
    found.findings[:0] = mutations(problem)  # first, for they explain the rest
    first = {"wrt": options["wrt"], "rtol": rtol, "accept": plain or None}
    first |= {"exhaustive": exhaustive or None, "max_evaluations": max_evaluations}
    return Report(
        subject,
        tuple(found.findings),
        tuple(found.arguments),
        tuple(found.unchecked),
        problem.spent.calls[0],
        problem.spent.calls[1],
        time.perf_counter() - started,
        seed,
        found.used_rtol,
        rtol is None and found.used_rtol > RTOL,
        line_of(call, seed, {**first, **options}),
        plain,
        rule=problem.rule,
    )


def _plain(accept: Accept) -> float | dict[str, float]:
    """Return what is accepted in plain numbers, which can be written as code."""
    if isinstance(accept, Mapping):
        return {name: float(size) for name, size in accept.items()}
    return float(accept)


@contextmanager
def judging_float32(*, in_double: bool) -> Iterator[None]:
    """Judge float32 in float64 inside, where it can be, or as it is."""
    before = _widens.set(in_double)
    try:
        yield
    finally:
        _widens.reset(before)


def _is_fraction(number: object) -> bool:
    return isinstance(number, (int, float)) and 0 < number < 1


def _is_whole(number: object) -> bool:
    return isinstance(number, (int, np.integer)) and not isinstance(number, bool)


@dataclass
class _Found:
    """What a check has found so far; it stays when the check is cut short."""

    used_rtol: float
    findings: list[Finding] = field(default_factory=list)
    arguments: list[Argument] = field(default_factory=list)
    unchecked: list[str] = field(default_factory=list)

    def start_again(self, before: "_Found") -> None:
        """Forget what was found since."""
        self.used_rtol, self.findings = before.used_rtol, [*before.findings]
        self.arguments, self.unchecked = [], []


def _examine(
    problem: Problem,
    rng: np.random.Generator,
    judging: Callable[..., Judge],
    found: _Found,
) -> None:
    """Go through the contract, then judge; in float32 again where float64 only shows that."""
    if not any(block.value.size for block in problem.blocks):
        said = "no argument holds floats, so there is nothing to differentiate by; pass floats"
        found.findings.append(Finding.doubt("vacuous", said))
        return
    for block in problem.blocks:
        if not np.isfinite(block.value).all():
            said = "the point is not finite; a gradient can only be judged where it is"
            found.findings.append(Finding.doubt("nonfinite", said, block.name))
            return
    found.findings += opened(problem, rng)
    if found.findings:
        return
    place, told = examine_forward(problem, rng)
    found.findings += told
    if place is None:
        return
    comparable, told = EXAMINE[problem.rule](place, rng)
    found.findings += told
    if not comparable:
        return
    found.findings += unseen(problem, rng)
    few = problem.spent.left < ENOUGH * len(problem.blocks)
    widens = _widens.get() and not (few and problem.spent.left < FEW)
    wide, said = widened(place, rng) if widens else (place, "")
    before = replace(found, findings=[*found.findings])
    judge = judging(wide, rng, int(rng.integers(2**63)))
    if few or not _judged_within(judge, found):
        found.start_again(before)
        _judge_in_brief(judge, found)
        return
    if wide is not place and goes_through_single(found.findings, found.arguments, wide.least):
        found.start_again(before)
        _judge(judging(place, rng, int(rng.integers(2**63))), found)
        said = ROUNDING.format(narrowest(place.problem))
    if said:
        found.findings.append(Finding("dtype", "note", None, said))


def _judged_within(judge: Judge, found: _Found) -> bool:
    """Judge one block after another; tell whether the calls that are allowed have sufficed."""
    spent = judge.place.problem.spent
    spent.limit -= RESERVE
    try:
        _judge(judge, found)
    except Exhausted:
        if any(finding.severity == "fault" for finding in found.findings):
            raise
        return False
    finally:
        spent.limit += RESERVE
    return True


def _judge_in_brief(judge: Judge, found: _Found) -> None:
    """Judge all blocks together, for too few calls are left to take one after another."""
    v, pulled = judge.pull(0)
    _name_unchecked(judge.place.problem, pulled, found)
    findings, rows, used_rtol = in_brief(judge.place, v, pulled, judge.rng, judge.rtol)
    found.findings += findings
    found.arguments += rows
    found.used_rtol = max(found.used_rtol, used_rtol)


def _name_unchecked(problem: Problem, pulled: Sequence[Any], found: _Found) -> None:
    """Name the arguments that claim nothing."""
    found.unchecked += [b.name for b, g in zip(problem.blocks, pulled, strict=True) if g is None]
    found.unchecked += [block.name for block in problem.others]


def _judge(judge: Judge, found: _Found) -> None:
    """Judge one block after another."""
    _name_unchecked(judge.place.problem, judge.pull(0)[1], found)
    for findings, row, used_rtol in judge.rows():
        found.findings += findings
        if row.verdict == "unchecked":
            found.unchecked.append(row.name)
            continue
        found.arguments.append(row)
        found.used_rtol = max(found.used_rtol, used_rtol)
    if not found.arguments:
        said = "nothing was compared: every argument is a constant, or forward is independent of it"
        found.findings.append(Finding.doubt("vacuous", said))
