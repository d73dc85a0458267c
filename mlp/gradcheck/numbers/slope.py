"""The slope φ'(0) of a scalar function with φ(0) = 0, and an error bar that can be believed.

No single step is right: a large one bends away, a small one drowns in rounding. So φ is evaluated
on a ladder of steps, each about a quarter of the one before, to both sides of 0, and three families
of quotients,

    central  (φ(h) - φ(-h)) / 2h  =  φ' + φ'''h²/6 + ...
    right     φ(h) / h            =  φ' + φ''h/2 + ...
    left     -φ(-h) / h           =  φ' - φ''h/2 + ...

are extrapolated to h = 0. An entry of such a tableau errs by its distance to its neighbours, plus
the noise it amplifies. The noise is read off the ladder as well: what still changes from rung to
rung where smoothness no longer shows is noise. And an entry counts only if no finer rung, on either
side, contradicts it: a kink or an oscillation between two coarse steps cannot pass for a slope. The
steps are no powers of two, for these lie on the grids of bisections and of rounding itself: there
every step may carry the same error, and look quiet.

A forward that rounds on its way is a staircase: between two leaps it is quiet, and the slope there
is nobody's. So where φ goes on changing above the steps that were believed, the change is followed
by halving (leaps.py); where leaps are found, φ is read a second time with their height for noise.

What a ladder says of the point is kind.py's. Only scalars occur here; directions and arrays are the
business of line.py.

Sources: Ridders 1982 (the tableau and its error), Moré & Wild 2011 (noise from differences),
Lepskii 1991 (the largest step that no finer one contradicts).
"""

import itertools
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from mlp.gradcheck.numbers.kind import UNKNOWN, Slope, read
from mlp.gradcheck.numbers.ladder import TRUST, UNIT, Estimate, Ladder, Rung, Tableau
from mlp.gradcheck.numbers.leaps import climbed

FINEST = 2.0**-42  # smallest step, relative to the scale: ten-bit directions are exact down to it
FIRST_LOOK, BRIEF = 5, 4  # rungs before the first judgement; about a step known to suit
SHARP, PLAIN = 1e-11, 1e-10  # of a slope: a bar that one rung confirms; where the step is known
SPREAD, GOLDEN = 0.36, (math.sqrt(5) - 1) / 2  # of steps: how far, and how, they leave h/4, h/16
SHOWN = 8.0  # leaps that φ must span: over a few it may turn, and none would see it
GRID = 2.0**10  # times what rounding makes: noise that is the grid of a rounded result
CLIMB = 4.0**6  # how much higher to start again when even the largest step drowns in noise


def slope(
    phi: Callable[[float], float],
    *,
    scale: float = 1.0,
    noise: float = 0.0,
    size: float | None = None,
    unit: float = UNIT,
    louder: float = 1.0,
    finest: float = FINEST,
    look: int = FIRST_LOOK,
) -> Slope:
    """Estimate φ'(0) from both sides, with an error bar.

    Parameters
    ----------
    phi : Callable
        The function t ↦ φ(t), with φ(0) = 0; NaN where it does not exist.
    scale : float
        Length over which φ may change; the first step is a quarter of it, rounded down to a power
        of two. A wrong guess costs evaluations, not truth.
    noise : float
        Absolute rounding noise of φ near 0 that is known beforehand. φ(0) = 0 hides the size of
        what was subtracted, so only the caller knows it.
    size : float, optional
        Size of what φ may round before it computes, as f(x/s) rounds x: u · size · |φ'| counts as
        noise. The scale unless given.
    unit : float
        Rounding unit of the arithmetic behind φ.
    louder : float
        How many times ``noise`` is what rounding φ's last operation costs. Where steps are larger
        than the scale, the noise is taken to grow as that rounding does.
    finest : float
        Smallest step, as a multiple of ``scale``.
    look : int
        Rungs before the first judgement.

    Returns
    -------
    Slope
        The kind of point that 0 is, the slope and its bar, one-sided estimates, and the ladder.

    Examples
    --------
    >>> import math
    >>> from mlp.gradcheck.numbers.slope import slope
    >>> found = slope(lambda t: math.sin(1 + t) - math.sin(1), noise=1e-16)
    >>> found.kind, abs(found.value - math.cos(1)) < found.bar < 1e-11
    ('smooth', True)
    >>> slope(abs).kind
    'kink'
    """
    scale = 2.0 ** math.floor(math.log2(scale))
    size = scale if size is None else size
    found = _descend(phi, Ladder(scale, size, noise, unit), finest * scale, look)
    if louder > GRID and _most(found.ladder) <= SHOWN * found.noise:
        return replace(found, over=UNKNOWN)
    louder *= max(1.0, found.noise / found.floor) if found.floor else 1.0  # noise grows with φ
    while (
        found.kind == "smooth"
        and found.bar > 1e-7 * abs(found.value)
        and found.step >= found.ladder[1].h
        and abs(found.ladder[0].central) * found.ladder[0].h > 8 * found.noise
    ):  # φ shows, but the bar is noise even at the largest steps: take larger ones
        top, scale = found.ladder[0].h, scale * CLIMB
        higher = _descend(phi, Ladder(scale, size, found.noise, louder * unit), top / 64)
        spent = found.evaluations + higher.evaluations
        if not higher.bar < found.bar / 2 or not _straight(higher):
            return replace(found, evaluations=spent)
        below = tuple(rung for rung in found.ladder if rung.h < higher.ladder[-1].h)
        ladder = higher.ladder + below if found.leaps else higher.ladder  # it is a stair there
        found = replace(higher, evaluations=spent, leaps=found.leaps, ladder=ladder)
    return found


def _most(ladder: Sequence[Rung]) -> float:
    """Return how far φ is seen to move."""
    return max(
        (abs(phi) for r in ladder for phi in (r.plus, r.minus) if math.isfinite(phi)), default=0.0
    )


def _straight(far: Slope) -> bool:
    """Tell whether the quotients of large steps are one slope: then it is that near 0 as well."""
    quotients = [rung.central for rung in far.ladder if rung.h >= far.step]
    shows = abs(far.value) > far.bar
    return shows and all(abs(q - far.value) <= abs(far.value) / 2 for q in quotients)


def quick(
    phi: Callable[[Sequence[float]], list[float]],
    step: float,
    *,
    noise: float,
    unit: float = UNIT,
) -> Estimate | None:
    """Estimate φ'(0) in six evaluations around a step known to suit; None at a sign of a kink.

    ``phi`` is given all six steps at once, and may take them in any order.
    """
    central = Tableau(2)
    steps = (4 * step, step, step / 4)
    values = phi([t for h in steps for t in (h, -h)])
    rungs = [Rung(*r) for r in zip(steps, values[::2], values[1::2], strict=True)]
    for rung in rungs:
        central.push(rung.h, rung.central)
    if any(b.gap > max(a.gap / 2, 16 * noise / b.h) for a, b in itertools.pairwise(rungs)):
        return None
    entries = (
        Estimate(value, TRUST * (error + gain * (noise + unit * abs(value) * rung.h)), rung.h)
        for rung, row in zip(rungs[1:], central.rows[1:], strict=True)
        for value, error, gain in row
    )
    return min(entries, key=lambda entry: entry.bar, default=None)


def steps(scale: float, finest: float) -> Iterator[float]:
    """Yield falling steps, a quarter on average, from a quarter of the scale down to the finest.

    Each is a multiple of the finest, of some twenty bits, so that a short direction times it is
    exact; and no two have a common factor for an error to hide in.
    """
    h = scale / 4
    for k in itertools.count():
        if h < finest:
            return
        short = max(finest, h * math.sqrt(finest / scale))
        yield round(h * (1 - SPREAD * (k * GOLDEN % 1)) / short) * short
        h /= 4


def _descend(
    phi: Callable[[float], float], ladder: Ladder, finest: float, look: int = FIRST_LOOK
) -> Slope:
    """Evaluate φ down the ladder until the answer is settled or the steps are exhausted."""
    sharp = SHARP if look == FIRST_LOOK else PLAIN
    for h in steps(ladder.scale, finest):
        ladder.push(Rung(h, phi(h), phi(-h)))
        if len(ladder.rungs) >= look and ladder.settled(ladder.noise(), sharp):
            break
    found = read(ladder, ladder.noise())
    if found.kind in {"domain", "jump", "unbounded"}:
        return found
    stairs = climbed(phi, ladder, found.step, found.noise_or_floor, finest)
    spent = found.evaluations + stairs.evaluations
    if not stairs.leaps:
        return replace(found, evaluations=spent) if stairs.evaluations else found
    above = read(ladder, stairs.height)
    smooth = above.kind == "smooth"
    if smooth and stairs.leaps > 1 and all(r.flat for r in ladder.rungs if not r.h > found.step):
        return replace(above, leaps=stairs.leaps, evaluations=spent)
    over = Estimate(above.value, above.bar, above.step) if smooth else UNKNOWN
    return replace(found, over=over, leaps=stairs.leaps, evaluations=spent)
