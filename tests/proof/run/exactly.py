"""Exact numbers at a point, and whether code makes of them what it makes of floats."""

from fractions import Fraction

import numpy as np
import sympy

from mlp import tree
from mlp.proof.real.numbers import Numbers
from mlp.proof.run.arrays import entries, traced
from mlp.proof.run.reach import reach_of
from mlp.proof.run.trace import Trace

P = np.array([0.75, 0.25, 0.4375, 1.25, 0.625, 1.5, 0.3125, 0.875, 1.0625])
SYMBOLS = sympy.symbols(f"x:{len(P)}", real=True)


def point(values=P):
    """Return an array of exact numbers at a point."""
    return traced(np.array(SYMBOLS[: len(values)], dtype=object), trace_at(values))


def trace_at(values=P):
    """Return a trace whose witness is a point."""
    return Trace({s: Fraction(x) for s, x in zip(SYMBOLS, values, strict=False)})


def agrees(code, values=P, *, reached=True):
    """Tell whether code makes of exact numbers what it makes of floats, here and nearby."""
    array = point(values)
    run = reach_of(array.record).stand_in(code) if reached else code
    found = [entries(leaf, array.record) for leaf in tree.flat(run(array))]
    for near in (values, values + np.array([3, -1, 2, 5, -2, 4, 1, -3, 6])[: len(values)] / 4096):
        numbers = Numbers({s: Fraction(x) for s, x in zip(SYMBOLS, near, strict=False)})
        for mine, theirs in zip(found, tree.flat(code(near.copy())), strict=True):
            got = [float(numbers.of(e.expr)) for e in mine]
            if not np.allclose(got, np.ravel(theirs), rtol=1e-9, atol=1e-12):
                return False
    return True
