"""Frames with axes, lines and dots, as SVG that follows the reader's light or dark."""

import itertools
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

STYLE = """
.plot{font:12px system-ui,sans-serif;color:var(--ink);--ink:#333;--sheet:var(--paper,#fff)}
.plot .sheet{fill:var(--sheet)}
.plot text,.plot circle{fill:currentColor}.plot .head{font-weight:600}.plot .soft{opacity:.75}
.plot .middle{text-anchor:middle}.plot .end{text-anchor:end}
.plot .frame,.plot .zero{fill:none;stroke:var(--ink);stroke-width:1;opacity:.35}
.plot .grid{stroke:var(--ink);opacity:.1}
.plot .line{fill:none;stroke:currentColor;stroke-width:2;stroke-linejoin:round}
.plot .thin{stroke-width:1.2}.plot .dash{stroke-dasharray:5 4}
.plot .a{color:#2f7fd6}.plot .b{color:#d97706}.plot .c{color:#2b9a5c}.plot .d{color:#d6336c}
.plot .e{color:#8b8b8b}
@media (prefers-color-scheme:dark){.plot{--ink:#ddd;--sheet:var(--paper,#17181b)}}
"""

Points = Iterable[tuple[float, float]]


@dataclass
class Axes:
    """A frame: where it stands, which numbers it spans, what is drawn in it and around it."""

    left: float
    top: float
    width: float
    height: float
    x: tuple[float, float]
    y: tuple[float, float]
    log: str = ""  # "x", "y" or "xy"
    inside: list[str] = field(default_factory=list)
    around: list[str] = field(default_factory=list)

    def at(self, x: float, y: float) -> tuple[float, float]:
        """Return where a point lies in the drawing."""
        across = place(x, *self.x, log="x" in self.log)
        up = place(y, *self.y, log="y" in self.log)
        return self.left + across * self.width, self.top + (1 - up) * self.height

    def line(self, points: Points, name: str) -> None:
        """Draw a line through points."""
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in (self.at(*point) for point in points))
        self.inside.append(f'<polyline class="line {name}" points="{path}"/>')

    def dots(self, points: Points, name: str, size: float = 2.5) -> None:
        """Draw dots."""
        for x, y in (self.at(*point) for point in points):
            self.inside.append(f'<circle class="{name}" cx="{x:.1f}" cy="{y:.1f}" r="{size}"/>')

    def say(self, x: float, y: float, text: str, name: str = "") -> None:
        """Write at a point."""
        across, up = self.at(x, y)
        self.inside.append(f'<text class="{name}" x="{across:.1f}" y="{up:.1f}">{text}</text>')

    def ticks(self, xs: Sequence[float], ys: Sequence[float]) -> None:
        """Draw grid lines and the numbers beside them."""
        bottom, right = self.top + self.height, self.left + self.width
        for x in xs:
            across, _ = self.at(x, self.y[0])
            self.around.append(f'<path class="grid" d="M{across:.1f} {self.top:g}V{bottom:g}"/>')
            self.note(across, bottom + 16, written(x, power="x" in self.log), "soft middle")
        for y in ys:
            _, up = self.at(self.x[0], y)
            self.around.append(f'<path class="grid" d="M{self.left:g} {up:.1f}H{right:g}"/>')
            self.note(self.left - 6, up + 4, written(y, power="y" in self.log), "soft end")

    def note(self, x: float, y: float, text: str, name: str) -> None:
        """Write around the frame."""
        self.around.append(f'<text class="{name}" x="{x:.1f}" y="{y:.1f}">{text}</text>')

    def title(self, text: str) -> None:
        """Write over the frame."""
        self.note(self.left + self.width / 2, self.top - 8, text, "head middle")

    def label(self, text: str) -> None:
        """Write under the frame, what it spans."""
        middle, bottom = self.left + self.width / 2, self.top + self.height
        self.note(middle, bottom + 33, text, "soft middle")

    def drawn(self) -> str:
        """Return it all; what is inside ends at the frame."""
        size = f'width="{self.width:g}" height="{self.height:g}"'
        view = f'viewBox="{self.left:g} {self.top:g} {self.width:g} {self.height:g}"'
        corner = f'x="{self.left:g}" y="{self.top:g}"'
        frame = f'<rect class="frame" {corner} {size}/>'
        return "\n".join(
            [frame, *self.around, f"<svg {corner} {size} {view}>", *self.inside, "</svg>"]
        )


def place(value: float, low: float, high: float, *, log: bool) -> float:
    """Return where a number lies between two others, from 0 to 1."""
    if log:
        value, low, high = (math.log10(number) for number in (value, low, high))
    return (value - low) / (high - low)


def written(value: float, *, power: bool) -> str:
    """Write a number beside an axis."""
    if not power or value == 1:
        return f"{value:g}".replace("-", "−")
    raised = str(round(math.log10(value))).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
    return f"10{raised}"


def drawing(width: float, height: float, *axes: Axes) -> str:
    """Put frames on a sheet; several are panels, which a narrow page sets one under another."""
    sheet = f'<rect class="sheet" width="{width:g}" height="{height:g}"/>'
    inside = "\n".join(frame.drawn() for frame in axes)
    if len(axes) > 1:
        across = edges({(frame.left, frame.left + frame.width) for frame in axes}, width, 34)
        down = edges({(frame.top, frame.top + frame.height) for frame in axes}, height, 22)
        inside = "\n".join(panel(frame, across[frame.left], down[frame.top]) for frame in axes)
    size = f'width="{width:g}" height="{height:g}" viewBox="0 0 {width:g} {height:g}"'
    start = f'<svg xmlns="http://www.w3.org/2000/svg" class="plot" {size}>'
    return f"{start}\n<style>{STYLE}</style>\n{sheet}\n{inside}\n</svg>\n"


def edges(
    frames: Iterable[tuple[float, float]], end: float, before: float
) -> dict[float, tuple[float, float]]:
    """Return from where to where each panel goes: a frame, and what is written before it."""
    starts, ends = zip(*sorted(frames), strict=True)
    cuts = [max(b + 6, a - before) for a, b in zip(starts[1:], ends, strict=False)]
    return dict(zip(starts, itertools.pairwise([0, *cuts, end]), strict=True))


def panel(frame: Axes, across: tuple[float, float], down: tuple[float, float]) -> str:
    """Draw a frame as a panel, at its place on the sheet."""
    (x, right), (y, bottom) = across, down
    size = f'width="{right - x:g}" height="{bottom - y:g}"'
    view = f'viewBox="{x:g} {y:g} {right - x:g} {bottom - y:g}"'
    return f'<svg class="panel" x="{x:g}" y="{y:g}" {size} {view}>\n{frame.drawn()}\n</svg>'
