"""Forward is constant between leaps, as a sign or a rounded number is, and by hand is not 0.

So is a straight-through estimator, or a spike with a surrogate: its gradient is another function's.
Only its author can say so. Tested in tests/gradcheck/diagnosis/test_constant.py.
"""

import numpy as np

from mlp.gradcheck.probe import Probe

FAR = (0.25, 1.0, 4.0)  # times the scale: where forward must be flat too, to both sides
NEAR = 2.0**-10  # of that: the width of a piece that is looked at
FLAT = 1e-6  # of what by hand makes of that width: it moves no more
LEAST = 4  # points at which that must be seen
LOUD = 16.0  # times the noise is a leap
COARSE = 0.25  # of the largest result: where a leap is as high, nothing finer was rounded
SAID = (
    "forward is piecewise constant and by hand is not 0: a straight-through estimator? "
    "declare it, surrogate=f"
)


def between_leaps(probe: Probe) -> bool:
    """Tell whether forward is flat here and far away along a line, and leaps on the way."""
    line, claimed = probe.line, abs(probe.by_hand)
    if not claimed or abs(probe.slope.value) > FLAT * claimed:
        return False
    seen, flat, leaps = 0, 0, False
    for t in (sign * far * line.scale for far in FAR for sign in (1, -1)):
        here, beside = line(t), line(t * (1 + NEAR))
        if np.isfinite(here) and np.isfinite(beside):
            seen += 1
            flat += abs(beside - here) <= FLAT * claimed * NEAR * abs(t)
            leaps |= abs(here) > LOUD * line.place.noise(line.v)
    return leaps and flat >= max(LEAST, seen - 1)


def is_coarse(probe: Probe) -> bool:
    """Tell whether the first leaps along a line are so high that no finer result was rounded."""
    line, base = probe.line, probe.line.place.base
    for k in range(10, -3, -1):
        changes = [line.difference(sign * line.scale * 2.0**-k) for sign in (1, -1)]
        moved = np.concatenate(
            [np.abs(c[c != 0]) for c in changes if np.isfinite(c).all()] or [base[:0]]
        )
        if moved.size:
            far = line.difference(4 * line.scale)
            size = max(np.abs(base).max(), np.abs(base + np.nan_to_num(far)).max())
            return bool(np.median(moved) >= COARSE * size)
    return False
