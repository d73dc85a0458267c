"""What is off by design: by how much, which `accept=` allows for it, and faults beyond that.

The size is that of the largest entry that is off, relative to the largest entry of the same
argument for the same cotangent, the worst of a few cotangents; numeric are central differences,
extrapolated, which know nothing of the checker.
"""

import re
from dataclasses import replace

import numpy as np
from differences import along, direction

from trials.family import WRONG, Case

COTANGENTS = 6
LEAST, MOST = 3e-9, 3e-2  # sizes: differences see the least, and the most leaves room for accept=
SPREAD = 100.0  # of the size, from one cotangent to another, and by what a forward wavers
ROOM = 3.0  # times the size: what `accept=` allows, for other cotangents
CLOSE = 4.0  # times `accept=`: the size of a fault that is close
EXPLAINED = 1e-2  # the largest size that counts as small, of which a cause is named


def jacobians(forward, point):
    """Return the Jacobian by each argument, (entries, *result), entry by entry."""
    for k, x in enumerate(point):

        def moved(value, k=k):
            return forward(*point[:k], value, *point[k + 1 :])

        unit = np.eye(x.size).reshape(x.size, *x.shape)
        yield np.array([along(moved, x, d) for d in unit])


def sizes(drawn, backwards, rng):
    """Return how far each of some backwards is off at most, relative to the largest entry."""
    worst = dict.fromkeys(backwards, 0.0)
    shape = np.shape(drawn.forward(*drawn.point))
    by_argument = list(jacobians(drawn.forward, drawn.point))
    for _ in range(COTANGENTS):
        v = direction(rng, shape)[()]
        for name, backward in backwards.items():
            found = backward(v, *drawn.point)
            for g, J in zip(
                found if isinstance(found, tuple) else (found,), by_argument, strict=True
            ):
                numeric = J.reshape(len(J), -1) @ np.ravel(v)
                off = float(np.max(np.abs(np.ravel(g) - numeric)) / np.max(np.abs(numeric)))
                worst[name] = max(worst[name], off)
    return worst


def scaled(backward, factor, place=None):
    """Return a backward whose first gradient is too large, in all entries or in one."""

    def off(dO, *point):
        first, *others = found if isinstance(found := backward(dO, *point), tuple) else (found,)
        factors = np.full(np.shape(first), factor if place is None else 1.0)
        if place is not None:
            factors.flat[place] = factor
        return (first * factors, *others) if others else first * factors

    return off


def by_design(draw):
    """Draw what is off by design with the `accept=` that allows for it, and faults close beyond."""

    def drawn(rng):
        while True:
            found = draw(rng)
            off = max(sizes(found, found.right, rng).values())
            if LEAST < off < MOST:
                break
        accept = float(f"{ROOM * off:.1e}")
        right = next(iter(found.right.values()))
        close = {"all a little": scaled(right, 1 + (1 + CLOSE) * accept)}
        if found.elementwise:  # the entry that is steepest is large for any cotangent
            v = np.ones(np.shape(found.forward(*found.point)))
            steepest = int(np.argmax(np.abs(right(v, *found.point))))
            close["one a little"] = scaled(right, 1 + 3 * (1 + CLOSE) * accept, steepest)
        options = {**found.options, "accept": accept}
        return replace(found, wrong={**found.wrong, **close}, options=options)

    return drawn


def plain(case):
    """Return the same member without `accept=`: to be called wrong, with the size and the cause."""
    options = {key: value for key, value in case.options.items() if key != "accept"}

    def untold(report):
        return not_told(case, str(report))

    return Case(
        f"{case.name}, without accept",
        case.forward,
        case.backward,
        case.point,
        WRONG,
        options=options,
        also=untold,
    )


def not_told(case, text):
    """Return what a report does not tell of the size of what is off, or of its cause."""
    size = case.options["accept"] / ROOM
    if size > EXPLAINED:
        return ""
    said = [*map(float, re.findall(r"off by (\d\.\de-\d\d) of the largest entry", text))]
    if not said:
        return "the report tells no size"
    if not size / SPREAD < max(said) < 2 * size:
        return f"the report tells a size of {max(said)}, not {size:.1e}"
    if "accept=" not in text:
        return "the report does not say how to accept it"
    if case.drawn.cause not in text:
        return f"the report does not name {case.drawn.cause}"
    return ""
