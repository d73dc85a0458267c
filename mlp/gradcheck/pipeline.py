"""The pipeline of a check, read from top to bottom: from what was handed over to the report.

Tested in tests/gradcheck/test_pipeline.py, and with all that it joins in test_check.py.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from mlp.gradcheck import meant, twice
from mlp.gradcheck.adjoint import unpaired
from mlp.gradcheck.answering import UNFIT, answered
from mlp.gradcheck.block import Bound
from mlp.gradcheck.charts import Along, Retract
from mlp.gradcheck.finding import Finding
from mlp.gradcheck.pose import pose
from mlp.gradcheck.problem import BesideError, ComplexResultError, Problem, Spent
from mlp.gradcheck.pushed import pushed, too_large
from mlp.gradcheck.readings import Reading, of_reals, read, read_again
from mlp.gradcheck.repeat import pointed, spelled
from mlp.gradcheck.report import Report
from mlp.gradcheck.rules import (
    FORWARD,
    MISTAKEN,
    Rules,
    excused,
    explained,
    higher_order,
    in_words,
    joined,
    noted,
)
from mlp.gradcheck.workers import Workers
from mlp.op import Accept, Wrt, name_of


def checked(
    forward: Callable[..., Any],
    backward: Callable[..., Any],
    point: tuple[Any, ...],
    *,
    wrt: Wrt,
    rng: int | np.random.Generator,
    rtol: float | None,
    accept: Accept,
    exhaustive: bool,
    max_evaluations: int | None,
    workers: Workers,
    bounds: Sequence[Bound] | None,
    along: Along | None,
    retract: Retract | None,
    against: Callable[..., Any] | None,
    surrogate: Callable[..., Any] | None,
    order: int,
    tangent: bool,
) -> Report:
    """Answer the question of ``check``, whose options these are."""
    _refuse(order, twice=order != 1 and bool(retract), both=None not in (against, surrogate))
    said = (spelled(forward, "forward"), spelled(backward, "backward"))
    reading = read(forward, backward, point, wrt)
    forward, backward = reading.forward, reading.backward
    others = {"against": against, "surrogate": surrogate}
    against, surrogate = reading.of(against), reading.of(surrogate)
    posed = partial(
        pose,
        forward,
        backward,
        reading.point,
        wrt=wrt,
        accept=accept,
        bounds=bounds,
        max_evaluations=max_evaluations,
        along=along,
        retract=retract,
    )
    more: dict[str, Any] = {"along": along or None, "retract": retract or None}
    more |= {"against": against, "surrogate": surrogate}
    more |= {"order": None if order == 1 else order, "tangent": None if tangent else False}
    problem = posed()
    rules = getattr(backward, "rules", Rules())
    if standing_in := surrogate or getattr(forward, "injected", None):
        problem, rules = _standing_in(problem, standing_in, rules)
    if order not in {1, 2} and not rules.twice:
        raise ValueError(
            f"check: order must be 1 or 2, but is {order}; more has a gradient that a framework "
            f"differentiates (mlp.adapters.torch, mlp.adapters.jax)"
        )
    answer = partial(
        answered,
        call=f"mlp.check({', '.join((*said, pointed(point)))}",
        options={"wrt": wrt, "bounds": bounds, **more},
        rtol=rtol,
        accept=accept,
        exhaustive=exhaustive,
        max_evaluations=max_evaluations,
        workers=workers,
        witness=tangent,
    )
    try:
        hessian = twice.whole(problem) if order == 2 and not rules.twice else None
        role = "the Hessian, the gradient" if hessian else "the gradient"
        answer = partial(answer, subject=f"{name_of(backward)} as {role} of {name_of(forward)}")
        report = answer(hessian or problem, rng=rng)
    except (BesideError, ComplexResultError) as odd:
        again = read_again(reading, odd, wrt)
        options = {"accept": accept, "bounds": bounds, "wrt": wrt, "rtol": rtol, "rng": rng, **more}
        options |= {option: again.of(f) for option, f in others.items()}
        options |= {"exhaustive": exhaustive, "max_evaluations": max_evaluations}
        options |= {"order": order, "tangent": tangent, "workers": workers}
        return checked(again.forward, again.backward, again.point, **options)
    report = noted(_mistaken(report, problem, rules, answer), rules.notes)
    unfit = any(finding.kind in UNFIT for finding in report.findings)
    if rules.tangent is not None and not retract:  # it moves the argument freely
        report = _forward_mode(report, problem, rules, answer)
    if rules.twice is not None and not unfit:
        report = _higher_orders(report, order, rules, answer)
    elif order == 2 and not unfit:
        report = _second_order(report, problem, hessian)
    if surrogate is None and (standing := getattr(forward, "surrogates", ())):
        report = meant.in_place(report, standing)
    if surrogate is not None:
        return meant.declared(report, posed(), surrogate)
    if against is None:
        return report
    other = meant.with_forward(posed(), against, "against")
    other = twice.whole(other) or other if hessian else other
    allowed = [*accept.values()] if isinstance(accept, Mapping) else [accept]
    values = meant.values_compared(posed(), against, float(max([0.0, *allowed])), report.seed)
    return meant.beside(report, answer(other, rng=report.seed), values, name_of(against))


def _refuse(order: Any, *, twice: bool, both: bool) -> None:
    """Refuse options that do not go together."""
    if both:
        raise ValueError("check: forward has a surrogate or is compared with against, not both")
    if not isinstance(order, int) or order < 1:
        raise ValueError(f"check: order must be 1 or 2, but is {order!r}")
    if twice:
        raise ValueError("check: order=2 goes with no retract; give coordinates as the argument")


def _standing_in(
    problem: Problem, surrogate: Callable[..., Any], rules: Rules
) -> tuple[Problem, Rules]:
    """Return the problem of a surrogate, and the rules that are held to it."""
    other = meant.with_forward(problem, surrogate, "surrogate")
    injected = meant.injecting(problem, surrogate)
    return (injected, rules.without_undefined()) if injected else (other, rules)


def _mistaken(
    report: Report, problem: Problem, rules: Rules, answer: Callable[..., Report]
) -> Report:
    """Say of a wrong gradient which known mistake it is, if without it the gradient is right."""
    if rules.mistakes and any(finding.kind in MISTAKEN for finding in report.findings):
        for said, other in rules.mistakes.items():
            tried = replace(problem, functions=(problem.functions[0], other), spent=Spent())
            if answer(tried, rng=report.seed):
                return explained(report, said)
    return report


def _forward_mode(
    report: Report, problem: Problem, rules: Rules, answer: Callable[..., Report]
) -> Report:
    """Add what the tangent shows that was written beside backward, or in its place."""
    assert rules.tangent is not None  # noqa: S101  # who calls has looked
    name = name_of(rules.tangent)
    if said := too_large(problem):
        note = Finding(FORWARD, "note", None, f"{name} was not checked: {said}")
        return replace(report, findings=(*report.findings, note))
    forwards = pushed(problem, rules.tangent)
    other = answer(forwards, subject=name, options={"wrt": None}, rng=report.seed)
    reverse = excused(report) if rules.alone else report
    both = joined(reverse, other, FORWARD, f"{name} as its tangent")
    return replace(both, findings=(*both.findings, *unpaired(problem, forwards, report.seed)))


def _higher_orders(
    report: Report, order: int, rules: Rules, answer: Callable[..., Report]
) -> Report:
    """Add what the gradient of the gradient shows, as often as is asked."""
    for word in map(in_words, range(2, order + 1)):
        assert rules.twice is not None  # noqa: S101  # what is differentiated can be again
        *whole, wrt = rules.twice()
        found = of_reals(Reading(*whole), wrt)
        again = pose(found.forward, found.backward, found.point, wrt=wrt)
        rules = getattr(found.backward, "rules", Rules())
        other = answer(again, options={"wrt": wrt}, rng=report.seed, witness=False)
        other = noted(other, rules.notes)
        unfit = any(finding.kind in UNFIT for finding in other.findings)
        if rules.tangent is not None and unfit:
            other = _forward_mode(other, again, replace(rules, alone=True), answer)
        elif rules.tangent is not None:
            told = unpaired(again, pushed(again, rules.tangent), report.seed)
            other = noted(other, tuple(told))
        report = joined(report, higher_order(other, word), word, f"and {word}")
        if unfit:
            break
    return report


def _second_order(report: Report, problem: Problem, hessian: Problem | None) -> Report:
    """Add what second derivatives show of a backward that is not differentiated for us."""
    if hessian is not None:
        told, calls = [*twice.asymmetry(hessian, problem.functions[1], report.seed)], 0
    else:
        told, calls = twice.derivative(problem, report.seed)
    return replace(
        report,
        findings=(*report.findings, *told),
        backward_evaluations=report.backward_evaluations + calls,
    )
