"""At a kink: which entries have one, and whether by hand is a subgradient there.

Along a coordinate the slopes D⁻ and D⁺ to both sides bound what backprop may answer: any value of
the hull [D⁻, D⁺] is accepted (Clarke 1983). Along a dense direction many kinks move at once, and a
right answer may lie outside the hull; so kinked entries are searched by halves, as in locate.py,
and judged one by one. What turns out smooth on the way is compared in full.
"""

from dataclasses import dataclass, field, replace

import numpy as np

from mlp.gradcheck.probe import Probe, compare
from mlp.gradcheck.problem import Anything
from mlp.gradcheck.report import Entry
from mlp.gradcheck.slope import Estimate

KINKS = 64  # kinked entries judged one by one


@dataclass
class KinkSearch:
    """The search for kinked entries, and what it has found."""

    probe: Probe
    gradient: Anything
    rng: np.random.Generator
    accepted: int = 0  # entries where by hand is a subgradient
    left: bool = False  # kinked entries were left unexamined
    outside: list[Entry] = field(default_factory=list)  # entries where it is none
    mismatch: Probe | None = None  # along what is smooth

    def run(self) -> None:
        """Split until each kinked part is one entry."""
        parts = self.halves(0, self.gradient.size)
        while parts and self.mismatch is None:
            start, stop = parts.pop()
            if self.accepted + len(self.outside) >= KINKS:
                self.left = True
                return
            found = self.along(start, stop)
            if not found.slope.kinked:
                self.mismatch = found if found.differs else None
            elif found.slope.contradicts(found.by_hand):
                if stop - start > 1:
                    parts += self.halves(start, stop)
                else:
                    self.judge(found, start)

    def halves(self, start: int, stop: int) -> list[tuple[int, int]]:
        """Return both halves of a part, in random order; of a single entry itself."""
        if stop - start == 1:
            return [(start, stop)]
        middle = (start + stop) // 2
        parts = [(start, middle), (middle, stop)]
        return parts if self.rng.random() < 0.5 else parts[::-1]

    def along(self, start: int, stop: int) -> Probe:
        """Compare along the entries start .. stop only."""
        d = np.zeros_like(self.probe.line.d)
        d.flat[start:stop] = self.probe.line.d.flat[start:stop] if stop - start > 1 else 1
        return compare(replace(self.probe.line, d=d), self.gradient)

    def judge(self, found: Probe, i: int) -> None:
        """Accept a value between the slopes to the left and to the right; they may be one slope.

        A kink closer than the ladder can resolve shows in the finest quotients alone: they count.
        """
        smooth = Estimate(found.slope.value, found.slope.bar, found.slope.step)
        left, right = found.slope.left or smooth, found.slope.right or smooth
        finest = found.slope.ladder[-1]
        low = min(left.value - left.bar, right.value - right.bar, finest.left, finest.right)
        high = max(left.value + left.bar, right.value + right.bar, finest.left, finest.right)
        if low - found.rounding <= found.by_hand <= high + found.rounding:
            self.accepted += 1
        elif low < high:  # not NaN, as where neither side settles
            middle, reach = (left.value + right.value) / 2, abs(left.value - right.value) / 2
            reach = max(reach, found.slope.bar) if found.slope.kind == "smooth" else reach
            self.outside.append(Entry(found.index(i), found.by_hand, middle, reach))
