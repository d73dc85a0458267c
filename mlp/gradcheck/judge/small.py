"""What is said of a small difference that is proven: its size, a cause, and how to accept it.

Tested in tests/gradcheck/judge/test_small.py.
"""

import math

from mlp.gradcheck.diagnosis.locate import Located
from mlp.gradcheck.directions import largest
from mlp.gradcheck.probe import Probe

LARGEST = 1e-2  # a solver's tolerance is often 1e-3, and what it leaves is more
MOST = 0.5  # of the entries measured: what is off in fewer has another cause
SINGLE = "a constant or an intermediate in float32 on one side"
LIMITED = "a solver's tolerance, a truncated series, a table or a difference quotient"
OF_SINGLE, OF_LIMITED = (1e-9, 1e-6), (1e-12, LARGEST)  # from, to: what is of such a size
ROOM = 2.0  # times what was measured, which may not be the most


def told(probe: Probe, found: Located, *, explained: bool) -> str:
    """Return a line about entries that are off by little, or by more than is accepted, or ""."""
    whole, accept = largest(probe.gradient), probe.line.block.accept
    off = max((abs(e.by_hand - e.numeric) for e in found.entries), default=0.0)
    size = off / whole if whole else math.inf
    if not off or (size > LARGEST and not accept):
        return ""
    said = f"off by {size:.1e} of the largest entry"
    if accept:
        said += f", which is more than accept={accept:g}"
    if len(found.entries) >= MOST * found.measured and (cause := _cause(size, explained=explained)):
        said += f", as left by {cause}"
    return f"{said}; if it is by design, accept={ROOM * size:.0e}" if size <= LARGEST else said


def _cause(size: float, *, explained: bool) -> str:
    """Return what has such a size; what follows a pattern is left by no tolerance."""
    single = SINGLE if OF_SINGLE[0] <= size <= OF_SINGLE[1] else ""
    limited = LIMITED if OF_LIMITED[0] <= size <= OF_LIMITED[1] and not explained else ""
    return ", ".join(filter(None, (single, limited)))
