"""What mistake a wrong gradient looks like, with the numbers that support it."""

from dataclasses import dataclass

import numpy as np

from mlp.gradcheck.locate import SAMPLE, Located, entry
from mlp.gradcheck.probe import Probe
from mlp.gradcheck.problem import Anything

WHOLE = 400  # a gradient of up to so many entries is measured whole


@dataclass(frozen=True)
class Diagnosis:
    """The name of a mistake and the sentence that supports it."""

    name: str
    text: str


def diagnose(probe: Probe, gradient: Anything, located: Located) -> Diagnosis | None:
    """Name the mistake that explains all measured entries, if there is one."""
    if located.complete and len(located.entries) < located.measured:
        return None
    count = gradient.size if gradient.size <= WHOLE else SAMPLE
    chosen = np.linspace(0, gradient.size - 1, count).astype(int)
    measured = [entry(probe, gradient, int(i)) for i in chosen]
    by_hand = np.array([e.by_hand for e in measured])
    numeric = np.array([e.numeric for e in measured])
    room = np.array([e.error_bar for e in measured])
    if not by_hand.any():
        return None
    factor = float(numeric @ by_hand / (by_hand @ by_hand))
    if factor == 0 or (np.abs(numeric - factor * by_hand) > room + 1e-9 * np.abs(numeric)).any():
        return None
    if abs(factor + 1) < 1e-6:
        return Diagnosis("sign", "by hand = -1 × numeric: the sign")
    return Diagnosis("factor", f"by hand = {1 / factor:.6g} × numeric")
