"""Run families of trials, on several processes if wanted, and print their table."""

import functools
import multiprocessing
import time
import warnings

import numpy as np

from trials import FAMILIES
from trials.family import share

BY_NAME = {family.name: family for family in FAMILIES}


def tool(name):
    """Return the tool that a family puts on trial."""
    if name == "slope":
        from mlp.gradcheck.numbers.slope import slope

        return slope
    from mlp import check

    return check


def chosen(family, cases, seed):
    """Return the indices of so many cases of a family, drawn by the seed."""
    if cases >= family.cases:
        return range(family.cases)
    return np.sort(np.random.default_rng(seed).choice(family.cases, cases, replace=False)).tolist()


def one(name, seed, index):
    """Run one case; a module-level function, so that any process can be handed it."""
    family = BY_NAME[name]
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # a checker that warns while it judges is not finished
        return family.trial(index, seed, tool(family.tool))


def run(family, indices, seed, workers=1):
    """Return the outcomes of these cases of one family."""
    task = functools.partial(one, family.name, seed)
    if workers == 1:
        return [task(index) for index in indices]
    with multiprocessing.Pool(workers) as pool:
        chunk = max(1, min(100, len(indices) // (8 * workers)))
        return list(pool.imap(task, indices, chunk))


HEAD = (
    f"{'family':<16}{'cases':>8}{'wrong':>8}{'inconcl.':>9}{'correct':>8}{'missed':>8}{'seconds':>9}"
    "   limits"
)


def report(family, outcomes, seconds):
    """Return a family's row, a line for each of its limits, and whether all of them hold."""
    counts = [
        round(share(of)(outcomes) * len(outcomes))
        for of in ("wrong", "inconclusive", "correct", "missed")
    ]
    held = [limit.holds(outcomes) for limit in family.limits]
    row = f"{family.name:<16}{len(outcomes):>8}" + "{:>8}{:>9}{:>8}{:>8}".format(*counts)
    row += f"{seconds:>9.1f}   {'passed' if all(held) else 'MISSED'}"
    row += "" if family.held else ", not yet held to them"
    lines = [row]
    for limit, holds in zip(family.limits, held, strict=True):
        sign = "<" if limit.strict else "<="
        figure = limit.figure(outcomes)
        verdict = "" if holds else "   MISSED"
        lines.append(f"    {limit.promise}: {figure:.4g} {sign} {limit.most:g}{verdict}")
    lines += [notes] if (notes := family.notes(outcomes)) else []
    return "\n".join(lines), all(held)


def misses(family, outcomes, seed, most=10):
    """Return a line for each missed case with what repeats it; false verdicts come first."""
    missed = sorted((o for o in outcomes if o.missed), key=lambda o: o.said == "inconclusive")
    repeat = "python tests/trials"
    lines = [
        f"    {repeat} --family {family.name} --case {o.index} --seed {seed}   {o.missed}"
        for o in missed[:most]
    ]
    if len(missed) > most:
        lines.append(f"    ... and {len(missed) - most} more")
    return "\n".join(lines)


def main(families, *, fraction, seed, workers):
    """Run families, print their table, and return the exit status."""
    print(HEAD)  # noqa: T201  # the table is the output
    status = 0
    for family in families:
        cases = family.cases if fraction >= 1 else max(round(fraction * family.cases), 1)
        start = time.perf_counter()
        outcomes = run(family, chosen(family, cases, seed), seed, workers)
        text, held = report(family, outcomes, time.perf_counter() - start)
        print(text, misses(family, outcomes, seed), sep="\n", flush=True)  # noqa: T201  # likewise
        status |= family.held and not held
    return status
