"""The picture of a training run: how the loss fell, and what the network reads in new images.

It needs matplotlib:  pip install 'mlp-reference[plot]'. Tested in
tests/command/test_training_picture.py.
"""

import io
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from mlp.command.training import Run

BLUE, RED, GREY = "#1f5fa8", "#c62828", "#555555"  # told apart without colour vision as well
ROWS, COLUMNS = 4, 7


def save(run: "Run", path: Path) -> None:
    """Save the loss curve and some predictions as PNG, SVG, PDF, ...: what the suffix says.

    Raises ``ModuleNotFoundError`` without matplotlib, ``ValueError`` for a suffix that it does not
    know, ``OSError`` where the file cannot be written.
    """
    from matplotlib.figure import Figure  # noqa: PLC0415  # optional; without pyplot, no window

    figure = Figure(figsize=(11, 4.8), layout="constrained")
    halves: Any = figure.subfigures(1, 2, width_ratios=(1, 1.1))
    left, right = halves
    draw_losses(left.subplots(), run)
    draw_predictions(right.subplots(ROWS, COLUMNS), run)
    right.suptitle(
        f"{run.right.sum()} of {len(run.y)} held-out images read right, {(~run.right).sum()} wrong"
        "\ntrue digit → digit read, misread ones first"
    )
    figure.savefig(path, dpi=150)


def try_format(path: Path) -> None:
    """Raise what ``save`` would for the suffix, before there is anything to draw."""
    from matplotlib.figure import Figure  # noqa: PLC0415  # as above

    Figure().savefig(io.BytesIO(), format=path.suffix[1:] or None)


def draw_losses(axes: "Axes", run: "Run") -> None:
    """Draw the loss of every mini-batch, its mean over each epoch, and that of held-out images."""
    epochs = len(run.held_out_losses)
    time = np.arange(1, len(run.losses) + 1) * epochs / len(run.losses)
    means = [part.mean() for part in np.array_split(run.losses, epochs)]
    axes.semilogy(time, run.losses, color=BLUE, alpha=0.3, linewidth=0.6, label="mini-batches")
    axes.semilogy(np.arange(epochs) + 0.5, means, color=BLUE, label="their mean over an epoch")
    axes.semilogy(
        range(1, epochs + 1), run.held_out_losses, "o-", color=RED, markersize=3, label="held out"
    )
    axes.set(xlabel="epoch", ylabel="mean loss (cross-entropy)", xlim=(0, 1.02 * epochs))
    axes.set_title(f"Learning the digits, seed {run.seed}")
    axes.grid(alpha=0.3)
    axes.legend(frameon=False)


def draw_predictions(tiles: Any, run: "Run") -> None:
    """Draw held-out images with the digit that was read, the misread ones first and framed."""
    misread = np.flatnonzero(~run.right)[: tiles.size // 2]
    shown = [*misread, *np.flatnonzero(run.right)[: tiles.size - len(misread)]]
    for axes in tiles.flat:
        axes.set(xticks=[], yticks=[])
        axes.spines[:].set_visible(False)
    for axes, i in zip(tiles.flat, shown, strict=False):
        axes.imshow(run.X[i].reshape(8, 8), cmap="gray_r", vmin=0, vmax=1)
        label = f"{run.y[i]} → {run.read[i]}"
        if run.right[i]:
            axes.set_title(label, fontsize=9, color=GREY, pad=3)
        else:
            axes.set_title(label, fontsize=9, color=RED, weight="bold", pad=3)
            axes.spines[:].set(visible=True, color=RED, linewidth=1.5)
