"""At a kink: which entries have one, and whether by hand is a subgradient there.

Along a coordinate the slopes D⁻ and D⁺ to both sides bound what backprop may answer: any value of
the hull [D⁻, D⁺] is accepted (Clarke 1983). Along a dense direction many kinks move at once, and a
right answer may lie outside the hull, and kinks may even cancel into a slope that is nobody's; so
entries are searched by halves, as in locate.py, and judged one by one.
"""

from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np

from mlp.gradcheck.directions import axis
from mlp.gradcheck.finding import Entry
from mlp.gradcheck.judge.allowance import lenient, room
from mlp.gradcheck.judge.limits import Limits
from mlp.gradcheck.numbers.ladder import Estimate
from mlp.gradcheck.probe import Probe

KINKS = 64  # kinked entries judged one by one

Part: TypeAlias = tuple[int, int, Probe | None]  # its entries, and the probe that differs around it


@dataclass
class KinkSearch:
    """The search for kinked entries, and what it has found."""

    probe: Probe
    rng: np.random.Generator
    accepted: int = 0  # entries where by hand is a subgradient
    limits: int = 0  # entries where it is none along their axis, but a mean of gradients nearby
    left: bool = False  # kinked entries were left unexamined
    outside: list[Entry] = field(default_factory=list)  # entries where it is none
    mismatch: Probe | None = None  # along a smooth part, confirmed by one of its entries

    @property
    def told(self) -> str:
        """What was accepted, in words."""
        more = " (of more)" if self.left else ""
        said = [f"by hand is a subgradient in {self.accepted} kinked entries{more}"]
        said = said if self.accepted else []
        if self.limits:
            said.append(f"in {self.limits} entries a limit of gradients nearby, or a mean of them")
        return f": {', '.join(said)}" if said else ""

    def unexplained(self, limits: Limits) -> tuple[Entry, ...]:
        """Return the entries outside their slopes in which by hand is no limit either."""
        number = self.probe.number
        kept = tuple(e for e in self.outside if not limits.admits(number(e.index)))
        self.limits = len(self.outside) - len(kept)
        return kept

    def run(self) -> None:
        """Split until each part that is kinked, or differs, is one entry."""
        parts: list[Part] = [(*half, None) for half in self.halves(0, self.probe.gradient.size)]
        while parts and self.mismatch is None:
            start, stop, differing = parts.pop()
            if self.accepted + len(self.outside) >= KINKS:
                self.left = True
                return
            found = self.along(start, stop)
            kinked = found.slope.kinked
            allowed = lenient(found)
            differing = (differing or found) if allowed.differs and not kinked else None
            suspect = found.slope.contradicts(allowed.by_hand) if kinked else allowed.differs
            if not (suspect or (stop - start == 1 and found.slope.kind == "kink")):
                continue
            if stop - start > 1:
                parts += [(*half, differing) for half in self.halves(start, stop)]
            elif kinked:
                self.judge(found, start)
            else:
                self.mismatch = differing

    def halves(self, start: int, stop: int) -> list[tuple[int, int]]:
        """Return both halves of a part, in random order; of a single entry itself."""
        if stop - start == 1:
            return [(start, stop)]
        middle = (start + stop) // 2
        parts = [(start, middle), (middle, stop)]
        return parts if self.rng.random() < 0.5 else parts[::-1]

    def along(self, start: int, stop: int) -> Probe:
        """Compare along the entries start .. stop only."""
        d = axis(self.probe.line.d, start)
        if stop - start > 1:
            d.flat[start:stop] = self.probe.line.d.flat[start:stop]
        return self.probe.along(d)

    def judge(self, found: Probe, i: int) -> None:
        """Accept a value between the slopes to the left and to the right; they may be one slope."""
        smooth = Estimate(found.slope.value, found.slope.bar, found.slope.step)
        left, right = found.slope.left or smooth, found.slope.right or smooth
        low = min(left.value - 2 * left.bar, right.value - 2 * right.bar)  # one kink disturbs
        high = max(left.value + 2 * left.bar, right.value + 2 * right.bar)  # the other side's bar
        reach = found.rounding + room(found)
        if low - reach <= found.by_hand <= high + reach:
            self.accepted += 1
        elif low < high:  # not NaN, as where neither side settles
            middle, reach = (left.value + right.value) / 2, abs(left.value - right.value) / 2
            reach = max(reach, found.slope.bar) if found.slope.kind == "smooth" else reach
            self.outside.append(Entry(found.index(i), found.by_hand, middle, reach))
