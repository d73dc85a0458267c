"""A report as a matplotlib figure: a row for each argument, with the pictures of html.py.

It needs matplotlib:  pip install 'mlp-reference[plot]'.
"""

import math
from collections.abc import Sequence
from importlib.util import find_spec
from textwrap import fill
from typing import TYPE_CHECKING, Any

import numpy as np

from mlp.gradcheck.finding import Argument, Finding
from mlp.gradcheck.pictures.panels import COLOURS, DASHED, DOTTED, Panel, counted, heat_map, panels

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def figure(title: str, arguments: Sequence[Argument], found: Sequence[Finding]) -> "Figure":
    """Draw the arguments from top to bottom under a title; no window is opened."""
    if not find_spec("matplotlib"):
        raise ModuleNotFoundError("plot needs matplotlib: pip install 'mlp-reference[plot]'")
    from matplotlib.figure import Figure  # noqa: PLC0415  # optional

    shown = [a for a in arguments if a.entries or panels(a.ladder)]
    drawn = Figure(figsize=(15, 0.8 + 3.5 * max(1, len(shown))), layout="constrained")
    drawn.suptitle(fill(title, 150))
    rows: Any = drawn.subplots(max(1, len(shown)), 4, squeeze=False)
    for row, argument in zip(rows, shown, strict=False):
        _shade(row[0], argument, found)
        for axes, panel in zip(row[1:], panels(argument.ladder), strict=False):
            if panel:
                _plot(axes, panel)
    for axes in rows.flat:
        axes.set_visible(axes.has_data())
    return drawn


def _shade(axes: Any, argument: Argument, found: Sequence[Finding]) -> None:
    """Colour each measured entry by how far it is off; leave blank what has no slope."""
    seen = heat_map(argument, found)
    if seen is None:
        return
    share = np.full((len(seen.rows), len(seen.columns)), np.nan)
    for cell in seen.cells:
        share[cell.row, cell.column] = cell.share
    axes.imshow(share, cmap="RdBu_r", vmin=-1, vmax=1)
    axes.set_xticks(range(len(seen.columns)), seen.columns, fontsize=8)
    axes.set_yticks(range(len(seen.rows)), seen.rows, fontsize=8)
    name = fill(f"{argument.name}: {argument.verdict}", 46)
    axes.set_title(f"{name}\nby hand − numeric", fontsize=9)
    axes.set_xlabel(f"{counted(argument, seen)}, up to {seen.largest:.2g}")


def _plot(axes: Any, panel: Panel) -> None:
    """Draw the marks that have a legend."""
    axes.set(xscale="log", yscale="log" if panel.log else "linear", title=panel.headline)
    for mark in panel.marks:
        look: dict[str, Any] = {"color": COLOURS[mark.colour], "label": mark.legend}
        look |= {"linewidth": 2.2} if mark.colour in DOTTED else {}
        if isinstance(mark.heights, list):
            if mark.legend and mark.heights:
                axes.plot(*zip(*mark.heights, strict=True), "o-", markersize=3, **look)
        elif math.isfinite(mark.heights):
            style = ":" if mark.colour in DOTTED else "--" if mark.colour in DASHED else "-"
            axes.axhline(mark.heights, linestyle=style, **look)
    if not panel.log:
        axes.set_ylim(panel.heights)
    axes.set_xlabel("step h")
    axes.grid(alpha=0.25)
    below = {"loc": "upper center", "bbox_to_anchor": (0.5, -0.2), "ncols": 2}  # over no curve
    axes.legend(fontsize=8, frameon=False, columnspacing=1.2, **below)
