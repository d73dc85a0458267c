"""What the pictures of an argument show, as numbers and words; svg.py and figure.py draw it.

quotients    (φ(h) − φ(−h)) / 2h and those to the right and to the left, against the step h
V-curve      how far the central quotient is from the slope: h² bends it, noise/h drowns it; the
             tangent, which takes no step, is a level across both
Taylor       |φ(h) − h ⟨gradient, d⟩|, which falls as h² if the gradient is right, as h if not
             (Farrell, Ham, Funke & Rognes 2013)
heat map     by hand − numeric, entry by entry
"""

import itertools
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from mlp.gradcheck.finding import Argument, Entry, Finding, Steps, apart

Curve: TypeAlias = list[tuple[float, float]]  # (h, height)

COLOURS = {"blue": "#2f7fd6", "orange": "#d97706", "grey": "#8b8b8b", "noise": "#8b8b8b"}
COLOURS |= {"hand": "#d6336c", "bar": "#2b9a5c", "tangent": "#9068e8"}
DASHED = {"noise", "bar"}
DOTTED = {"tangent"}
LOUD = 16.0  # times the noise that a remainder must be to have a slope
NEXT = 7.0  # times: steps next to each other are not farther apart
WIDE = 16  # entries of a vector in one line of a heat map


@dataclass(frozen=True)
class Mark:
    """A curve or a level: its colour, its name in words, and in Matplotlib's legend if drawn there.

    A curve has a dot at each step unless it is dashed.
    """

    colour: str
    heights: Curve | float
    name: str
    legend: str = ""

    @property
    def known(self) -> bool:
        """Whether it is more than a level that does not exist."""
        return not isinstance(self.heights, float) or math.isfinite(self.heights)


@dataclass(frozen=True)
class Panel:
    """A frame over the steps, and the marks in it in the order in which they are drawn."""

    title: str
    said: str
    heights: tuple[float, float]
    marks: tuple[Mark, ...]
    label: str  # what a screen reader says
    headline: str  # Matplotlib's title
    log: bool = True  # upwards


def panels(steps: Steps | None) -> tuple[Panel | None, ...]:
    """Return the three pictures of a probe, None for what there is nothing to show of."""
    return (quotients(steps), v_curve(steps), taylor(steps)) if steps and steps.rungs else ()


def quotients(steps: Steps) -> Panel:
    """Show what both sides say at every step, above and below the slope by hand."""
    by_hand, numeric = steps.by_hand, steps.numeric
    differ = abs(by_hand - numeric) > steps.error_bar
    shown = apart(by_hand, numeric, 6) if differ else (f"{by_hand:.6g}", f"{numeric:.6g}")
    right = [(h, plus / h - by_hand) for h, plus, _ in steps.rungs if math.isfinite(plus)]
    left = [(h, -minus / h - by_hand) for h, _, minus in steps.rungs if math.isfinite(minus)]
    marks = (
        Mark("hand", 0.0, f"by hand {shown[0]}", "by hand"),
        Mark("bar", numeric - by_hand, f"numeric {shown[1]} ± {steps.error_bar:.0e}", "numeric"),
        Mark("grey", left, "left", "left"),
        Mark("orange", right, "right", "right"),
        *_tangent(steps),
    )
    inner = sorted(y for side in (left, right) for _, y in side[2:])
    inner = inner[len(inner) // 8 : len(inner) - len(inner) // 8]  # without the noisiest steps
    levels = [mark.heights for mark in marks if isinstance(mark.heights, float)]
    seen = [y for y in (*inner, *levels) if math.isfinite(y)]
    room = 0.12 * (max(seen) - min(seen)) or 1.0
    window = min(seen) - room, max(seen) + room
    title, said = (
        "Difference quotients − by hand",
        "the sides meet at the slope; at a kink they never do",
    )
    label = "difference quotients against the step"
    return Panel(title, said, window, marks, label, title.replace("D", "d"), log=False)


def v_curve(steps: Steps) -> Panel | None:
    """Show how the central quotient nears the slope: numeric, else the tangent, else by hand."""
    bar, tangent = steps.error_bar, steps.tangent
    if math.isfinite(steps.numeric):
        what, centre, said = "numeric", steps.numeric, "a right gradient lies below the error bar"
    elif tangent is not None:
        what, centre, said = "tangent", tangent, "it takes no step; differences settle to no slope"
    else:
        what, centre, said = "by hand", steps.by_hand, "there is no one slope to come near"
    discrepancy = math.nan if what == "by hand" else abs(steps.by_hand - centre)
    apart = math.nan if tangent is None else max(abs(tangent - centre), steps.tangent_bar or 0.0)
    witness = "error bar of the tangent" if what == "tangent" else "|tangent − numeric|"
    middle = ((h, abs((plus - minus) / 2 / h - centre)) for h, plus, minus in steps.rungs)
    distance = _positive(middle)
    rounding = [(h, steps.noise / h) for h, *_ in steps.rungs if 0 < steps.noise < math.inf]
    marks = (
        Mark("blue", distance, f"|central quotient − {what}|", "|central − slope|"),
        *([Mark("noise", rounding, "rounding, noise/h")] if rounding else []),
        Mark("bar", bar, "error bar", "error bar"),
        Mark("hand", discrepancy, f"|by hand − {what}| {discrepancy:.1e}", f"|by hand − {what}|"),
        *([Mark("tangent", apart, f"{witness} {apart:.1e}", witness)] if apart > 0 else []),
    )
    least = 1e-3 * bar if math.isfinite(bar) else 0.0
    heights = decades([*(y for _, y in distance), bar, discrepancy, apart], least=least)
    label = "V-curve: distance to the slope against the step"
    return Panel("V-curve", said, heights, marks, label, "V-curve") if distance else None


def _tangent(steps: Steps) -> list[Mark]:
    """Return the level of the second witness above by hand, if it was heard."""
    if steps.tangent is None:
        return []
    said = f"tangent {steps.tangent:.6g} ± {steps.tangent_bar:.0e}"
    return [Mark("tangent", steps.tangent - steps.by_hand, said, "tangent")]


def taylor(steps: Steps) -> Panel | None:
    """Show what a step leaves over beside its linear part by hand."""
    change, remainder = (_positive(_remainder(steps, slope)) for slope in (0.0, steps.by_hand))
    marks = tuple(
        Mark(colour, points, name, name)
        for colour, points, name in (
            ("grey", change, "|φ(h)|"),
            ("hand", remainder, "|φ(h) − h·by hand|"),
        )
    )
    slope = taylor_slope(steps)
    if slope is None:
        short = "rounding only"
        said = "nothing but rounding is left over: forward is straight along this direction"
    else:
        short = f"slope {slope:.2f}"
        said = f"{short}; 1 whatever the gradient, where there is no one slope"
        if steps.kind == "smooth":
            said = f"{short}; 2 at every step if by hand is right, else 1 in the end"
    heights = decades(y for _, y in (*change, *remainder))
    title, label = "Taylor remainder", "Taylor remainder against the step"
    return Panel(title, said, heights, marks, label, f"{title}: {short}") if change else None


def taylor_slope(steps: Steps) -> float | None:
    """Return how fast the remainder falls where it stands out of the noise, None if nowhere."""
    noise = steps.noise if math.isfinite(steps.noise) else 0.0
    both = zip(_remainder(steps, steps.by_hand), _remainder(steps, 0.0), strict=True)
    loud = [(h, r) for (h, r), (_, c) in both if LOUD * (noise + 2.0**-52 * c) < r < math.inf]
    falls = [
        math.log(a / b) / math.log(g / h)
        for (g, a), (h, b) in itertools.pairwise(loud)
        if g < NEXT * h
    ]
    return falls[-1] if falls else None


def _remainder(steps: Steps, slope: float) -> Curve:
    """Return what is left of φ at every step without its linear part."""
    return [(h, max(abs(p - h * slope), abs(m + h * slope))) for h, p, m in steps.rungs]


def _positive(points: Iterable[tuple[float, float]]) -> Curve:
    return [(h, y) for h, y in points if 0 < y < math.inf]


@dataclass(frozen=True)
class Cell:
    """One entry in a heat map: its place there, how far it is off, and itself.

    ``share`` is its error as a share of the largest error in the map, with its sign; 0 within the
    error bar, NaN where there is no slope to compare with.
    """

    row: int
    column: int
    share: float
    entry: Entry


@dataclass(frozen=True)
class HeatMap:
    """The measured entries of an argument as a table, with the indices beside it."""

    cells: tuple[Cell, ...]
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    wrong: int
    size: int
    largest: float  # error


def heat_map(argument: Argument, found: Sequence[Finding] = ()) -> HeatMap | None:
    """Lay the measured entries out; of those that were found wrong, if there are no others."""
    wrong = {finding.argument: finding.entries for finding in found if finding.entries}
    chosen = argument.entries or wrong.get(argument.name, ())
    if not chosen:
        return None
    index = [entry.index[len(entry.index) - len(argument.shape) :] for entry in chosen]
    off = [_off(entry) for entry in chosen]
    largest = max((abs(error) for error in off if math.isfinite(error)), default=0.0)
    rows, columns = sorted({i[:-1] for i in index}), sorted({i[-1:] for i in index})
    down, across = ({key: k for k, key in enumerate(keys)} for keys in (rows, columns))
    at = [(down[i[:-1]], across[i[-1:]]) for i in index]
    heads = tuple(map(_written, rows)), tuple(map(_written, columns))
    if len(rows) == 1 and len(columns) > WIDE:
        at = [divmod(column, WIDE) for _, column in at]
        heads = heads[1][::WIDE], ("",) * WIDE
    cells = tuple(
        Cell(*place, error / (largest or 1.0), entry)
        for place, error, entry in zip(at, off, chosen, strict=True)
    )
    count = sum(error != 0 and math.isfinite(error) for error in off)
    return HeatMap(cells, *heads, count, argument.size, largest)


def counted(argument: Argument, drawn: HeatMap) -> str:
    """Say how many entries are off, in words that fit the verdict.

    Off by design, or where the tangent has decided, they are not wrong; and what is wrong at a
    nudged point may be right at the point itself.
    """
    many = f"{drawn.wrong or 'none'} of {len(drawn.cells)} entries"
    if argument.verdict == "correct" and drawn.wrong:
        return f"{many} off by more than their error bars"
    here = " at the point itself" if argument.verdict == "wrong" and not drawn.wrong else ""
    return f"{many} wrong{here}"


def _off(entry: Entry) -> float:
    """Return by hand − numeric, 0 within the error bar, NaN without a slope."""
    if not math.isfinite(entry.error_bar):
        return math.nan
    error = entry.by_hand - entry.numeric
    return error if abs(error) > entry.error_bar else 0.0


def _written(index: tuple[int, ...]) -> str:
    return ", ".join(map(str, index))


def decades(values: Iterable[float], *, least: float = 0.0) -> tuple[float, float]:
    """Return the powers of ten that enclose positive values, down to a least one."""
    seen = [max(value, least) for value in values if 0 < value < math.inf] or [1.0]
    low, high = math.floor(math.log10(min(seen))), math.ceil(math.log10(max(seen)))
    return 10.0**low, 10.0 ** max(high, low + 1)
