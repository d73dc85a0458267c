"""The family `reports`: each public report that failed, made small again, right and wrong.

The cases are few and known; another seed draws other numbers for them.
"""

import dataclasses

from trials.family import CORRECT, RIGHT, Family, Limit, judge_with, rate, share, tabulated
from trials.reports import mistakes, numerics, ties  # noqa: F401  # they fill the table
from trials.reports.cases import ROWS


def sourced(source, row):
    """Return the row with its source in the names of its cases, and the check's seed."""

    def cases(rng):
        for case in row(rng):
            seed = int(rng.integers(2**32))
            options = {"rng": seed, **case.options}
            yield dataclasses.replace(case, name=f"{source}: {case.name}", options=options)

    return cases


def judge(case, check):
    """Judge the case, and keep whether its gradient is a right one."""
    facts = {RIGHT: 1.0} if case.verdicts == CORRECT else {}
    return judge_with(case, check, facts)


LIMITS = (
    Limit("right, called wrong", rate("wrong", right=True), 0.0),
    Limit("right, unsure", rate("inconclusive", right=True), 0.0),
    Limit("wrong, passed", rate("correct", right=False), 0.0),
    Limit("wrong, unsure", rate("inconclusive", right=False), 0.0),
    Limit("broke down, or changed the point", share("raised"), 0.0),
)

COUNT, make = tabulated([sourced(source, row) for source, row in ROWS.items()])

FAMILIES = (Family("reports", 5 * COUNT, COUNT, make, judge, LIMITS, held=False),)
