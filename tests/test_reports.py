"""The family of public reports: each has a source, right and wrong gradients, and true labels."""

import re

import numpy as np
import pytest
from trials import naive, run
from trials.family import CORRECT, RIGHT, WRONG
from trials.reports import family, ties
from trials.reports.cases import ROWS

SEED = 2026
REPORTS = run.BY_NAME["reports"]

pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")  # 0 / 0 is what some report


@pytest.mark.parametrize("source", ROWS)
def test_a_report_has_a_source_and_is_made_right_and_wrong(source):
    assert re.fullmatch(r"[\w.-]+/[\w.-]+#\d+", source)
    assert ROWS[source].__doc__
    cases = list(ROWS[source](np.random.default_rng(SEED)))
    assert {case.verdicts for case in cases} == {CORRECT, WRONG}
    assert len({case.name for case in cases}) == len(cases)


def slope(case, v, directions):
    """Return ⟨v, f⟩'s slope along directions, by one Richardson step in float64."""
    point = [np.float64(x) for x in case.point]

    def at(t):
        moved = (x + t * d for x, d in zip(point, directions, strict=True))
        return np.sum(v * case.forward(*moved))

    coarse, fine = ((at(h) - at(-h)) / (2 * h) for h in (1e-3, 5e-4))
    return (4 * fine - coarse) / 3


def errors(case, rng):
    """Return how far by hand is from the slopes along a few directions, each relative."""
    O = np.asarray(case.forward(*case.point))
    # laid out by columns, as one of the reports needs it
    v = np.array(rng.uniform(0.5, 1.5, size=O.shape), O.dtype, order="F")[()]
    gradients = case.backward(v, *case.point)
    gradients = gradients if isinstance(gradients, tuple) else (gradients,)
    for k, (g, x) in enumerate(zip(gradients, case.point, strict=True)):
        directions = [0 * x for x in case.point]
        directions[k] = np.asarray(rng.uniform(0.5, 1.5, size=x.shape))
        g = np.zeros_like(x) if g is None else g  # noqa: PLW2901  # None claims 0
        if g.shape != x.shape:
            yield np.inf
            continue
        by_hand, numeric = np.sum(g * directions[k]), slope(case, np.float64(v), directions)
        yield abs(by_hand - numeric) / max(abs(numeric), abs(by_hand), 1e-12)


SMOOTH = [source for source, row in ROWS.items() if row.__module__ != ties.__name__]


@pytest.mark.parametrize("source", SMOOTH)
def test_a_label_is_true(source):
    rng = np.random.default_rng(SEED)
    for case in ROWS[source](rng):
        single = case.point[0].dtype == np.float32
        off = max(error for _ in range(3) for error in errors(case, rng))
        if case.verdicts == WRONG:
            assert off > (1e-3 if single else 1e-7) or np.isnan(off)
        elif "0 to rounding" not in case.name:
            assert off < (1e-4 if single else 1e-8)


@pytest.mark.parametrize("tool", [naive.credulous, naive.suspicious])
def test_a_checker_that_always_says_the_same_misses_half(tool):
    outcomes = [REPORTS.trial(index, SEED, tool) for index in range(REPORTS.sample)]
    missed = [o for o in outcomes if o.missed]
    assert 0.4 < len(missed) / len(outcomes) < 0.6
    assert not all(limit.holds(outcomes) for limit in REPORTS.limits)


def test_an_outcome_names_its_report_and_keeps_its_label_also_when_the_tool_raises():
    def broken(*_, **__):
        raise ZeroDivisionError("no")

    raised = REPORTS.trial(0, SEED, broken)
    assert raised.missed.startswith(next(iter(ROWS)) + ": ")
    assert RIGHT in raised.figures
    assert not REPORTS.held
    assert REPORTS.sample == family.COUNT
