"""What by hand may be off by design: the option ``accept``, which a block carries.

By hand is accepted if and only if every entry is off by at most accept times the largest entry of
numeric, beyond its error bar: of the same array, for the same cotangent. A probe that is off by
at most half of that settles it, for no entry of a direction is below a half. Else entries are
measured: all of them, or in a large array those that a search by halves leads to and a random few.

Tested in tests/gradcheck/judge/test_allowance.py.
"""

from dataclasses import dataclass, replace

import numpy as np

from mlp.gradcheck.diagnosis.locate import Located, along_entry, entry, search
from mlp.gradcheck.directions import largest
from mlp.gradcheck.finding import Entry, Finding
from mlp.gradcheck.probe import Probe

ALL = 1000  # entries up to which every one is measured
FEW = 100  # entries that are drawn beyond
CONFIRMED = 10  # entries beyond what is accepted that are looked at again, on ladders of their own
FINE = 0.25  # of what is accepted: the widest error bar that is measured in six evaluations


@dataclass(frozen=True)
class Departure:
    """How far by hand is off: which entries too far, and the largest, relative to all."""

    size: float
    beyond: tuple[Entry, ...] = ()
    measured: int = 0  # entries; 0 where a probe has settled it
    blunt: int = 0  # of them, whose error bar is too wide to tell


def room(probe: Probe) -> float:
    """Return what an entry may be off at least, if by hand is to be accepted at all."""
    accept = probe.line.block.accept
    return accept * largest(probe.gradient) / (1 + accept)


def most(probe: Probe) -> float:
    """Return what an entry may be off at most: numeric is no larger, or by hand is off too far."""
    accept = probe.line.block.accept
    return accept * largest(probe.gradient) / (1 - accept)


def exceeded(probe: Probe) -> bool:
    """Tell whether a probe is off by more than all entries together may be."""
    together = most(probe) * float(np.abs(probe.line.d).sum(dtype=np.float64))
    return probe.discrepancy > together + probe.tolerance


def lenient(probe: Probe) -> Probe:
    """Return a probe with by hand moved towards numeric by what is accepted."""
    if not probe.line.block.accept:
        return probe
    several = np.count_nonzero(probe.line.d) > 1
    step, seen = room(probe) / (2 if several else 1), probe.slope
    sides = [side.value for side in (seen.left, seen.right) if side]
    ends = [seen.value] if seen.kind == "smooth" else sides or [probe.by_hand]
    nearest = float(np.clip(probe.by_hand, min(ends), max(ends)))
    moved = float(np.clip(nearest, probe.by_hand - step, probe.by_hand + step))
    return replace(probe, by_hand=moved)


def departure(probe: Probe, rng: np.random.Generator) -> Departure:
    """Measure how far by hand is off, as far as it takes to tell whether it is accepted."""
    size = largest(probe.gradient)
    if probe.discrepancy <= room(probe) / 2:
        return Departure(probe.discrepancy / size)
    entries = _entries(probe, rng)
    told = [e for e in entries if np.isfinite(e.error_bar) and e.error_bar <= room(probe)]
    accept, allowed = probe.line.block.accept, most(probe)
    if len(told) == probe.gradient.size:
        allowed = accept * max(abs(e.numeric) for e in told)
    far = [e for e in entries if abs(e.by_hand - e.numeric) > allowed + e.error_bar]
    far.sort(key=lambda e: -abs(e.by_hand - e.numeric))
    beyond = tuple(e for e in far[:CONFIRMED] if _is_beyond(probe, e, allowed))
    beyond += tuple(far[CONFIRMED:]) if beyond else ()
    worst = max((abs(e.by_hand - e.numeric) for e in told), default=0.0)
    blunt = len(entries) - len(told) + len(far) - len(beyond)
    return Departure(worst / allowed * accept if allowed else np.inf, beyond, len(entries), blunt)


def _entries(probe: Probe, rng: np.random.Generator) -> list[Entry]:
    """Measure all entries, or those which tell most of a large array and a random few."""
    total, fine = probe.gradient.size, FINE * room(probe)

    def measured(i: int) -> Entry:
        by_hand = abs(float(probe.gradient.flat[i]))
        return entry(probe, i, rtol=fine / by_hand if by_hand else np.inf)

    if total <= ALL:
        return [measured(i) for i in range(total)]
    wider = replace(probe, rounding=probe.rounding + room(probe) / 2)
    found = search(wider)
    drawn = rng.choice(total, FEW, replace=False)
    chosen = dict.fromkeys([int(np.argmax(np.abs(probe.gradient))), *map(int, drawn)])
    known = {e.index for e in found}
    return [*found, *(measured(i) for i in chosen if probe.index(i) not in known)]


def _is_beyond(probe: Probe, e: Entry, allowed: float) -> bool:
    """Tell whether an entry, on a ladder of its own, is still off by more than is allowed."""
    seen = along_entry(probe, e)
    return seen.differs and seen.discrepancy > allowed + seen.tolerance


def unaccepted(probe: Probe, found: Located) -> Located:
    """Return what an exhaustive search has found, without the entries that are accepted."""
    allowed = most(probe)
    far = (e for e in found.entries if abs(e.by_hand - e.numeric) > allowed + e.error_bar)
    return replace(found, entries=tuple(far)) if allowed else found


def located(seen: Departure, size: int) -> Located:
    """Return the entries beyond what is accepted, as what a search has found."""
    return Located(seen.beyond, seen.measured, complete=seen.measured == size)


def note(probe: Probe, seen: Departure) -> Finding:
    """Say how far by hand is off, and of how many entries that is known."""
    total, block = probe.gradient.size, probe.line.block
    how = "along random directions"
    if seen.measured:
        how = f"{seen.measured} of {total} entries measured"
        how = f"all {total} entries measured" if seen.measured == total else how
    said = f"off by {seen.size:.1e} of the largest entry, within accept={block.accept:g} ({how})"
    return Finding("accepted", "note", block.name, said)
