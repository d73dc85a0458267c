"""Does an equation of a page hold at other lengths of axes?  A few points, in many digits.

At the lengths at which a page is proved, n = 2 and 2/n = 1. So what is proved there is looked at
once more where every axis has another length and no two are alike: some entries of both sides, and
what code returns for the same numbers. What clearly differs is refused; where either side has no
value, nothing is said. Tested in tests/proof/page/test_lengths.py.
"""

import random
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from mlp import tree
from mlp.proof.formula.values import Value, counted_from_1, indices
from mlp.proof.page.claim import Claim, refuted, trial_at
from mlp.proof.real.numbers import Numbers
from mlp.proof.run.arrays import entries, exact_array
from mlp.proof.run.dual import Dual, Duals

LENGTHS = range(3, 99)  # the first that is free and not the old one; for code all are 2
ENTRIES = 8  # of an equation, that are looked at
POINTS = 2
DIFFERENT = 1e-6  # of the largest entry; a constant that is no simple number is 1e-16 off


def other_lengths(sizes: Mapping[str, int], given: Mapping[str, int]) -> dict[str, int]:
    """Return other lengths of axes, no two alike; those given stay."""
    found = {axis: length for axis, length in sizes.items() if axis in given}
    for axis, length in sizes.items():
        if axis not in found:
            taken = {length, *found.values()}
            found[axis] = next(n for n in LENGTHS if n not in taken)
    return found


def refuted_equation(claim: Claim) -> str | None:
    """Return what refutes an equation at the lengths of its sheet, or None."""
    where = claim.where()
    differences = [*claim.algebra.differences(claim.relation, _some)]
    return refuted(claim.sheet, differences, where, POINTS)


def _some(everything: Sequence[Any]) -> Sequence[Any]:
    draw = random.Random(0)  # noqa: S311  # no secret: the same ones every time
    return draw.sample(everything, min(ENTRIES, len(everything)))


def refuted_code(claim: Claim, function: Callable[..., Any]) -> str | None:
    """Return what refutes that a function returns what is claimed, or None."""
    where, wanted, taken = claim.where(), claim.wanted(), claim.taken()
    for seed in range(POINTS):
        point = trial_at(claim.sheet, seed, where)
        try:
            if not all(map(point.precise.holds, where.inequalities)):
                continue
            record = Duals()
            handed = [_duals(record, point.precise, value) for value in taken]
            pages = [[point.precise.of(e) for e in value.entries.flat] for value in wanted]
            returned = [
                [number.value for number in entries(record, leaf)]
                for leaf in tree.flat(function(*handed))
            ]
        except Exception:  # noqa: BLE001, S112  # a stranger's code, at lengths it may not take
            continue
        for value, page, code in zip(wanted, pages, returned, strict=True):
            size = max(map(abs, (*page, *code)))
            for index, x, y in zip(indices(value.entries.shape), page, code, strict=True):
                if abs(x - y) > DIFFERENT * size:
                    place = f" (entry {counted_from_1(index)})" if index else ""
                    at = point.spelled(claim.sheet.leaves(value.entries[index]))
                    return f"differs by {float(x - y):.3g} at {at}{place}"
    return None


def _duals(record: Duals, numbers: Numbers, value: Value) -> Any:
    """Return the numbers of a value, as code takes them."""
    return exact_array(record, value.entries, lambda e: Dual(numbers.of(e), 0, record))
