"""The picture of a run shows its losses, and marks what was misread."""

import numpy as np
import pytest

from mlp.command import training_picture
from mlp.command.training import Run


def run(wrong):
    """Return a run whose first images are read wrong."""
    y = np.arange(40) % 10
    read = y.copy()
    read[:wrong] = (y[:wrong] + 1) % 10
    rng = np.random.default_rng(0)
    losses, later = rng.uniform(0.1, 1, 60), rng.uniform(0.1, 1, 3)
    return Run(7, losses, later, 1.0, rng.uniform(size=(40, 64)), y, read, 0.1)


@pytest.fixture
def figure():
    from matplotlib.figure import Figure

    return Figure()


@pytest.mark.parametrize(
    ("name", "start"), [("a.png", b"\x89PNG"), ("a.svg", b"<?xml"), ("a.pdf", b"%PDF")]
)
def test_the_suffix_says_the_format(name, start, tmp_path):
    training_picture.save(run(3), tmp_path / name)
    assert (tmp_path / name).read_bytes().startswith(start)


def test_an_unknown_suffix_is_refused(tmp_path):
    with pytest.raises(ValueError, match="'xyz' is not supported"):
        training_picture.save(run(3), tmp_path / "a.xyz")


def test_saving_opens_no_window_and_keeps_no_figure(tmp_path):
    import matplotlib.pyplot as plt

    training_picture.save(run(3), tmp_path / "a.png")
    assert plt.get_fignums() == []


@pytest.mark.parametrize(("wrong", "framed"), [(0, 0), (3, 3), (40, 14)])
def test_misread_images_come_first_and_framed(wrong, framed, figure):
    tiles = figure.subplots(training_picture.ROWS, training_picture.COLUMNS)
    training_picture.draw_predictions(tiles, run(wrong))
    titles = [axes.get_title() for axes in tiles.flat if axes.images]
    frames = [axes.spines["top"].get_visible() for axes in tiles.flat]
    assert frames == [True] * framed + [False] * (28 - framed)
    assert all(title[0] != title[-1] for title in titles[:framed])
    assert all(title[0] == title[-1] for title in titles[framed:])
    assert len(titles) == (28 if wrong < 40 else 14)


def test_the_curves_are_the_losses(figure):
    axes = figure.subplots()
    training_picture.draw_losses(axes, run(3))
    batches, means, held_out = axes.get_lines()
    assert batches.get_ydata().tolist() == run(3).losses.tolist()
    assert batches.get_xdata()[-1] == 3
    assert means.get_ydata()[1] == pytest.approx(run(3).losses[20:40].mean())
    assert held_out.get_ydata().tolist() == run(3).held_out_losses.tolist()
    assert (axes.get_xlabel(), axes.get_yscale()) == ("epoch", "log")
