"""A few shapes of SVG: a frame with ticks, lines and dots in it, and the cells of a heat map.

Text takes the colour of the text around it, everything else that of its class (html.py), so that
the same drawing serves light and dark pages. Matplotlib has no dark mode, takes 50 times as long,
and its files are 8 times as large.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from html import escape

from mlp.gradcheck.finding import compared
from mlp.gradcheck.pictures.panels import DASHED, Curve, HeatMap, Panel

WIDTH, HEIGHT = 300.0, 190.0
LEFT, RIGHT, TOP, BOTTOM = 46.0, 286.0, 8.0, 158.0  # of the frame
CELL = 22.0  # largest side of a cell
LEVELS = 9  # of colour


@dataclass
class Frame:
    """A frame with a logarithmic step axis, and a linear or logarithmic one upwards."""

    x: tuple[float, float]
    y: tuple[float, float]
    log: bool
    parts: list[str] = field(default_factory=list)

    def at(self, x: float, y: float) -> tuple[float, float]:
        """Return where a point lies in the drawing; what lies far outside, just outside."""
        across = math.log(x / self.x[0]) / math.log(self.x[1] / self.x[0])
        low, high = self.y
        up = math.log(y / low) / math.log(high / low) if self.log else (y - low) / (high - low)
        up = min(max(up, -1.0), 2.0)
        return LEFT + across * (RIGHT - LEFT), BOTTOM - up * (BOTTOM - TOP)

    def line(self, points: Curve, name: str) -> None:
        """Draw a line through points."""
        if points:
            path = "L".join(f"{x:.1f} {y:.1f}" for x, y in (self.at(*point) for point in points))
            self.parts.append(f'<path class="line {name}" d="M{path}"/>')

    def dots(self, points: Curve, name: str) -> None:
        """Draw a line through points, and each of them."""
        self.line(points, name)
        for x, y in (self.at(*point) for point in points):
            self.parts.append(f'<circle class="{name}" cx="{x:.1f}" cy="{y:.1f}" r="2.4"/>')

    def level(self, y: float, name: str) -> None:
        """Draw a horizontal line across the frame."""
        if math.isfinite(y) and (y > 0 or not self.log):
            self.line([(self.x[0], y), (self.x[1], y)], name)

    def drawn(self, label: str) -> str:
        """Return the picture; the label is what a screen reader says."""
        ticks = "".join((*self._x_ticks(), *self._y_ticks()))
        box = f'x="{LEFT}" y="{TOP}" width="{RIGHT - LEFT}" height="{BOTTOM - TOP}"'
        inside = f'<svg {box} viewBox="{LEFT} {TOP} {RIGHT - LEFT} {BOTTOM - TOP}">'
        inside += f"{''.join(self.parts)}</svg>"
        name = f'<text x="{(LEFT + RIGHT) / 2}" y="{HEIGHT - 4}" class="mid">step h</text>'
        content = f'<rect class="frame" {box}/>{ticks}{inside}{name}'
        return drawing(WIDTH, HEIGHT, content, label)

    def _x_ticks(self) -> Iterator[str]:
        for power in _powers(self.x, most=5):
            x, _ = self.at(10.0**power, self.y[1])
            yield f'<path class="tick" d="M{x:.1f} {BOTTOM}v4"/>'
            yield f'<text class="mid" x="{x:.1f}" y="{BOTTOM + 15}">{_ten(power)}</text>'

    def _y_ticks(self) -> Iterator[str]:
        if self.log:
            marks = [(10.0**power, _ten(power)) for power in _powers(self.y, most=6)]
        else:
            marks = [(value, f"{value:.6g}".replace("-", "−")) for value in _round_numbers(*self.y)]
        for value, text in marks:
            _, y = self.at(self.x[0], value)
            yield f'<path class="grid" d="M{LEFT} {y:.1f}H{RIGHT}"/>'
            yield f'<text class="end" x="{LEFT - 5}" y="{y + 3.5:.1f}">{text}</text>'


def frame(panel: Panel, steps: tuple[float, float]) -> str:
    """Draw a panel from the smallest step to the largest."""
    drawn = Frame(steps, panel.heights, panel.log)
    for mark in panel.marks:
        if isinstance(mark.heights, float):
            drawn.level(mark.heights, mark.colour)
        elif mark.colour in DASHED:
            drawn.line(mark.heights, mark.colour)
        else:
            drawn.dots(mark.heights, mark.colour)
    return drawn.drawn(panel.label)


def drawing(width: float, height: float, content: str, label: str) -> str:
    """Return a drawing that grows with its place."""
    return (
        f'<svg viewBox="0 0 {width:g} {height:g}" role="img" aria-label="{escape(label)}">'
        f"{content}</svg>"
    )


def _ten(power: int) -> str:
    digits = str(power).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
    return f"10{digits}"


def _powers(ends: tuple[float, float], most: int) -> Iterable[int]:
    """Return the powers of ten inside, every second or third if there are many."""
    low, high = math.ceil(math.log10(ends[0]) - 1e-9), math.floor(math.log10(ends[1]) + 1e-9)
    stride = max(1, math.ceil((high - low + 1) / most))
    return range(low, high + 1, stride)


def _round_numbers(low: float, high: float) -> list[float]:
    """Return three to six round numbers inside."""
    size = (high - low) / 4
    unit = 10.0 ** math.floor(math.log10(size))
    step = unit * next(m for m in (1, 2, 5, 10) if m * unit >= 0.6 * size)
    return [k * step for k in range(math.ceil(low / step), math.floor(high / step) + 1)]


def cells(drawn: HeatMap, name: str) -> str:
    """Draw a heat map: a square for each entry, which says its numbers when pointed at."""
    labels = max(map(len, drawn.rows), default=0)
    left, top = 10.0 + 6.2 * labels, 16.0
    side = min(CELL, (WIDTH - left - 4) / len(drawn.columns))
    parts = [*_heads(drawn.columns, side, left, across=True)]
    parts += _heads(drawn.rows, side, top, left=left - 5)
    agreeing = []
    for cell in drawn.cells:
        x, y = left + side * cell.column, top + side * cell.row
        if cell.share == 0:
            agreeing.append(
                f"M{x + 0.5:.1f} {y + 0.5:.1f}h{side - 1:.1f}v{side - 1:.1f}h{1 - side:.1f}z"
            )
            continue
        e, said = cell.entry, f"{name}{list(cell.entry.index)}: "
        if math.isnan(cell.share):
            mark, shade, said = "none", "", f"{said}by hand {e.by_hand:.8g}; no slope here"
        else:
            mark = "high" if cell.share > 0 else "low"
            level = max(1, math.ceil(LEVELS * math.sqrt(abs(cell.share))))
            shade = f' fill-opacity="{0.2 + 0.8 * level / LEVELS:.2f}"'
            said += compared(e.by_hand, e.numeric, e.error_bar)
        parts.append(
            f'<rect class="{mark}"{shade} x="{x + 0.5:.1f}" y="{y + 0.5:.1f}" '
            f'width="{side - 1:.1f}" height="{side - 1:.1f}"><title>{escape(said)}</title></rect>'
        )
    parts.append(f'<path class="agree" d="{"".join(agreeing)}"/>' if agreeing else "")
    height = top + side * len(drawn.rows) + 4
    return drawing(WIDTH, height, "".join(parts), f"where the gradient of {name} is off")


def _heads(
    names: Sequence[str], side: float, start: float, *, left: float = 0.0, across: bool = False
) -> Iterator[str]:
    """Write the indices along one side, as many as there is room for."""
    room = 6.2 * max(map(len, names), default=0) + 4 if across else 11.0
    stride = max(1, math.ceil(room / side))
    for k in range(0, len(names), stride):
        middle = start + side * (k + 0.5)
        if across:
            yield f'<text class="mid" x="{middle:.1f}" y="11">{names[k]}</text>'
        else:
            yield f'<text class="end" x="{left:.1f}" y="{middle + 3.5:.1f}">{names[k]}</text>'
