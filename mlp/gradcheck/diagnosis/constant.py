"""Forward is constant between leaps, as a sign or a rounded number is, and by hand is not 0.

So is a straight-through estimator, or a spike with a surrogate: its gradient is another function's.
Only its author can say so. Tested in tests/gradcheck/diagnosis/test_constant.py.
"""

import numpy as np

from mlp.gradcheck.probe import Probe

FAR = (0.25, 1.0, 4.0)  # times the scale: where forward must be flat too, to both sides
NEAR = 2.0**-10  # of that: the width of a piece that is looked at,
FINE = 2.0**-16  # and of one that nothing but a question hangs on
FLAT = 1e-6  # of what by hand makes of that width: it moves no more
LEAST = 4  # points at which that must be seen
LOUD = 16.0  # times the noise is a leap
SAID = (
    "forward is piecewise constant and by hand is not 0: a straight-through estimator? "
    "declare it, surrogate=f"
)


def between_leaps(probe: Probe) -> bool:
    """Tell whether forward is flat here and far away along a line, and leaps on the way."""
    return abs(probe.slope.value) <= FLAT * abs(probe.by_hand) and is_stair(probe)


def is_stair(probe: Probe, near: float = NEAR) -> bool:
    """Tell whether forward is flat far away along a line, and leaps on the way there."""
    line, claimed = probe.line, abs(probe.by_hand)
    if not claimed:
        return False
    seen, flat, leaps = 0, 0, False
    for t in (sign * far * line.scale for far in FAR for sign in (1, -1)):
        here, beside = line(t), line(t * (1 + near))
        if np.isfinite(here) and np.isfinite(beside):
            seen += 1
            flat += abs(beside - here) <= FLAT * claimed * near * abs(t)
            leaps |= abs(here) > LOUD * line.place.noise(line.v)
    return leaps and flat >= max(LEAST, seen - 1)
