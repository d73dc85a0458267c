"""A report as a matplotlib figure: a row for each argument, with the pictures of html.py.

It needs matplotlib:  pip install 'mlp-reference[plot]'.
"""

import math
from collections.abc import Sequence
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import numpy as np

from mlp.gradcheck.finding import Argument, Finding, Steps
from mlp.gradcheck.pictures import curves

if TYPE_CHECKING:
    from matplotlib.figure import Figure

HAND, BAR, RIGHT, LEFT, CENTRAL = "#d6336c", "#2b9a5c", "#d97706", "#8b8b8b", "#2f7fd6"


def figure(title: str, arguments: Sequence[Argument], found: Sequence[Finding]) -> "Figure":
    """Draw the arguments from top to bottom under a title; no window is opened."""
    if not find_spec("matplotlib"):
        raise ModuleNotFoundError("plot needs matplotlib: pip install 'mlp-reference[plot]'")
    from matplotlib.figure import Figure  # noqa: PLC0415  # optional

    shown = [a for a in arguments if a.entries or (a.ladder and a.ladder.rungs)]
    drawn = Figure(figsize=(15, 0.8 + 3.2 * max(1, len(shown))), layout="constrained")
    drawn.suptitle(title)
    panels: Any = drawn.subplots(max(1, len(shown)), 4, squeeze=False)
    for row, argument in zip(panels, shown, strict=False):
        heat_map(row[0], argument, found)
        if argument.ladder and argument.ladder.rungs:
            quotients(row[1], argument.ladder)
            v_curve(row[2], argument.ladder)
            taylor(row[3], argument.ladder)
    for axes in panels.flat:
        axes.set_visible(axes.has_data())
    return drawn


def heat_map(axes: Any, argument: Argument, found: Sequence[Finding]) -> None:
    """Colour each measured entry by how far it is off; leave blank what has no slope."""
    seen = curves.heat_map(argument, found)
    if seen is None:
        return
    share = np.full((len(seen.rows), len(seen.columns)), np.nan)
    for cell in seen.cells:
        share[cell.row, cell.column] = cell.share
    axes.imshow(share, cmap="RdBu_r", vmin=-1, vmax=1)
    axes.set_xticks(range(len(seen.columns)), seen.columns, fontsize=8)
    axes.set_yticks(range(len(seen.rows)), seen.rows, fontsize=8)
    axes.set_title(f"{argument.name}: {argument.verdict}\nby hand − numeric", fontsize=10)
    axes.set_xlabel(f"{seen.wrong} of {len(seen.cells)} wrong, up to {seen.largest:.2g}")


def quotients(axes: Any, ladder: Steps) -> None:
    """Draw what both sides say at every step, above and below the slope by hand."""
    seen = curves.quotients(ladder)
    axes.axhline(0.0, color=HAND, label="by hand")
    if math.isfinite(seen.numeric):
        axes.axhline(seen.numeric, color=BAR, linestyle="--", label="numeric")
    for side, colour, label in ((seen.left, LEFT, "left"), (seen.right, RIGHT, "right")):
        axes.semilogx(*zip(*side, strict=True), "o-", color=colour, markersize=3, label=label)
    axes.set(ylim=seen.window, title="difference quotients − by hand")
    _finish(axes)


def v_curve(axes: Any, ladder: Steps) -> None:
    """Draw how the central quotient nears the slope, down to its rounding."""
    seen = curves.v_curve(ladder)
    if not seen.distance:
        return
    label = "|central − slope|"
    axes.loglog(*zip(*seen.distance, strict=True), "o-", color=CENTRAL, markersize=3, label=label)
    if math.isfinite(seen.discrepancy):
        axes.axhline(seen.bar, color=BAR, linestyle="--", label="error bar")
        axes.axhline(seen.discrepancy, color=HAND, label="|by hand − numeric|")
    axes.set(title="V-curve")
    _finish(axes)


def taylor(axes: Any, ladder: Steps) -> None:
    """Draw what a step leaves over beside its linear part by hand."""
    seen = curves.taylor(ladder)
    for points, colour, label in (
        (seen.change, LEFT, "|φ(h)|"),
        (seen.remainder, HAND, "|φ(h) − h·by hand|"),
    ):
        if points:
            axes.loglog(*zip(*points, strict=True), "o-", color=colour, markersize=3, label=label)
    slope = "rounding only" if seen.slope is None else f"slope {seen.slope:.2f}"
    axes.set(title=f"Taylor remainder: {slope}")
    _finish(axes)


def _finish(axes: Any) -> None:
    axes.set_xlabel("step h")
    axes.grid(alpha=0.25)
    if axes.has_data():
        axes.legend(fontsize=8, frameon=False)
