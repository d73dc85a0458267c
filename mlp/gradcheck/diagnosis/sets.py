"""A gradient that is right among the matrices of the argument's kind, and wrong among all.

Cholesky's factor of a symmetric S reads one triangle; by hand often spreads its gradient over both.
Along every symmetric direction the two agree. Whether that was meant only its author can say, so
it stays wrong, and is told how to say it. Tested in tests/gradcheck/diagnosis/test_sets.py.
"""

import numpy as np

from mlp.gradcheck.block import Anything
from mlp.gradcheck.charts import SETS, is_symmetric
from mlp.gradcheck.probe import Probe, direction

SHARP = 1e-4  # of what is compared: the widest error bar that shows agreement
SPOKEN = {"symmetric": "symmetric", "lower": "lower triangular", "upper": "upper triangular"}


def among(probe: Probe) -> tuple[str, str] | None:
    """Return the set along which by hand is right, where the argument lies in one, and words."""
    block = probe.line.block
    x = block.value
    if block.chart or x.ndim < 2 or x.shape[-1] != x.shape[-2] or x.shape[-1] < 2:
        return None
    again = direction(np.random.default_rng(x.size), block, probe.gradient)
    for word, project in SETS.items():
        along = (np.asarray(d, x.dtype) for d in (probe.line.d, again))
        if _lies_in(word, x) and all(_agrees(probe, project(d)) for d in along):
            said = (
                f"right for a {SPOKEN[word]} {block.name}: if it always is, say "
                f"along={{{block.name!r}: {word!r}}}"
            )
            return word, said
    return None


def _lies_in(word: str, x: Anything) -> bool:
    """Tell whether matrices lie in a set, and are not diagonal, which is in all of them."""
    if word == "symmetric":
        return is_symmetric(x)
    return bool((SETS[word](x) == x).all() and (np.triu(np.tril(x)) != x).any())


def _agrees(probe: Probe, d: Anything) -> bool:
    """Tell whether by hand agrees with differences along a direction, sharply."""
    found = probe.along(np.asarray(d, probe.line.block.value.dtype))
    return found.agrees and not found.quiet and found.tolerance <= SHARP * found.scale
