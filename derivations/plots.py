"""The drawings of the pages, as SVG:  python derivations/plots.py  writes them into plots/.

Each is drawn from what the package computes. Lines are cut to a tenth of a pixel, so that every
machine draws the same; tests/test_plots.py compares.
"""

import itertools
import math
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from frames import Axes, Points, drawing

from mlp import descent, network
from mlp.gradcheck.numbers.slope import slope
from mlp.initialise import he
from mlp.ops import OPS, leaky_relu, relu, softmax, softmax_cross_entropy

FOLDER = Path(__file__).with_name("plots")


def curve(function: Callable[[Any], Any], low: float, high: float, n: int = 81) -> Points:
    """Return points of a function of arrays."""
    x = np.linspace(low, high, n)
    return zip(x.tolist(), np.asarray(function(x)).tolist(), strict=True)


def activations() -> str:
    """Draw every activation and its derivative."""
    frames = []
    ops = [op for op in OPS if op.forward.shapes == "(...)->(...)"]
    for i, op in enumerate(ops):
        axes = Axes(30 + i % 3 * 210, 26 + i // 3 * 165, 178, 120, (-4, 4), (-1.5, 3))
        axes.ticks([-4, -2, 0, 2, 4], [-1, 0, 1, 2, 3])
        name = op.__name__.rpartition(".")[2]
        if op is relu:  # flat, a jump, flat: by its ends
            slopes = [[(-4, 0), (0, 0)], [(0, 1), (4, 1)]]
        elif op is leaky_relu:
            slopes = [[(-4, 0.01), (0, 0.01)], [(0, 1), (4, 1)]]
        else:
            slopes = [[*curve(lambda z, op=op: op.backward(np.ones_like(z), z), -4, 4)]]
        for part in slopes:
            axes.line(part, "b")
        axes.line(curve(op.forward, -4, 4, 161), "a")
        axes.title(name.replace("_", " "))
        frames.append(axes)
    frames[0].say(-3.7, 2.5, "the function", "a")
    frames[0].say(-3.7, 1.95, "its derivative", "b")
    return drawing(640, 505, *frames)


def two_logits() -> str:
    """Draw the softmax of two logits, and the loss of the first, against their difference."""

    def logits(gap: Any) -> Any:
        return np.stack([gap, np.zeros_like(gap)], axis=1)

    left = Axes(40, 28, 260, 190, (-6, 6), (0, 1))
    left.ticks([-6, -4, -2, 0, 2, 4, 6], [0, 0.25, 0.5, 0.75, 1])
    left.line(curve(lambda gap: softmax.forward(logits(gap))[:, 0], -6, 6), "a")
    left.line(curve(lambda gap: softmax.forward(logits(gap))[:, 1], -6, 6), "b")
    slopes = curve(lambda gap: softmax.backward(logits(gap) * 0 + [1, 0], logits(gap))[:, 0], -6, 6)
    left.line(slopes, "a dash")
    left.title("probabilities of two classes")
    left.say(2.4, 0.83, "P₁", "a")
    left.say(-3.1, 0.83, "P₂", "b")
    left.say(1.9, 0.19, "slope of P₁", "a")

    right = Axes(350, 28, 260, 190, (-6, 6), (-1.5, 6))
    right.ticks([-6, -4, -2, 0, 2, 4, 6], [-1, 0, 1, 2, 3, 4, 5, 6])
    first = np.array([0])
    losses = [
        (gap, float(softmax_cross_entropy.forward(np.array([[gap, 0.0]]), first)))
        for gap in np.linspace(-6, 6, 81).tolist()
    ]
    pulls = [
        (gap, float(softmax_cross_entropy.backward(1.0, np.array([[gap, 0.0]]), first)[0, 0]))
        for gap, _ in losses
    ]
    right.line(losses, "d")
    right.line(pulls, "d dash")
    right.title("cross-entropy where the first is right")
    right.say(-2.6, 3.1, "loss", "d")
    right.say(0.4, -0.95, "its slope, P₁ − 1", "d")
    for axes in (left, right):
        axes.label("Z₁ − Z₂")
    return drawing(630, 262, left, right)


def valley() -> str:
    """Draw the paths of three descents in a narrow valley."""
    bowl = np.array([1.0, 12.0])  # how steep it is along and across

    def loss(theta: Any, _X: Any, _y: Any) -> tuple[float, Any]:
        return float((bowl * theta**2).sum() / 2), bowl * theta

    def path(rate: float, momentum: float, steps: int) -> Points:
        start, rows = np.array([-4.0, 1.4]), np.zeros(1)
        yield tuple(start.tolist())
        for step in descent.descend(
            loss, start, rows, rows, rate=rate, momentum=momentum, epochs=steps
        ):
            yield tuple(step.parameters.tolist())

    frames = []
    for i, (name, rate, momentum, colour) in enumerate(
        (
            ("rate 0.04", 0.04, 0.0, "a"),
            ("rate 0.155", 0.155, 0.0, "d"),
            ("rate 0.04, momentum 0.7", 0.04, 0.7, "c"),
        )
    ):
        axes = Axes(20 + i * 208, 28, 196, 150, (-4.6, 1.6), (-2.35, 2.35))
        for level in (0.25, 1, 2.5, 5, 9, 14, 20):
            turn = np.linspace(0, 2 * math.pi, 73)
            x, y = math.sqrt(2 * level) * np.cos(turn), math.sqrt(level / 6) * np.sin(turn)
            axes.line(zip(x.tolist(), y.tolist(), strict=True), "e thin")
        steps = [*path(rate, momentum, 22)]
        axes.line(steps, colour)
        axes.dots(steps, colour)
        axes.dots([(0, 0)], "e", 3)
        axes.title(name)
        frames.append(axes)
    return drawing(640, 190, *frames)


def signal() -> str:
    """Draw how large the activations of relu are, layer after layer, from three starts."""
    axes = Axes(60, 28, 400, 220, (0, 30), (1e-5, 1e5), log="y")
    axes.ticks([0, 5, 10, 15, 20, 25, 30], [1e-4, 1e-2, 1, 1e2, 1e4])
    rng = np.random.default_rng(0)
    X, layers = rng.normal(size=(50, 100)), he(rng, [100] * 31)
    for factor, name, text in ((2, "d", "4/d"), (1, "c", "2/d, He"), (0.5, "b", "1/d")):
        scaled = [(W * math.sqrt(factor), b) for W, b in layers]
        H, _ = network.pre_activations(X, scaled, relu)
        sizes = [(l, float(np.sqrt((A**2).mean()))) for l, A in enumerate(H)]
        axes.line(sizes, name)
        axes.say(21, 3 * sizes[21][1], text, f"{name} end")
    axes.title("size of the activations, by the variance of the weights")
    axes.label("layer")
    return drawing(490, 290, axes)


def polygon(n: int) -> network.Layers:
    """Return a network of one layer that draws the sine on [0, 4] in n pieces."""
    knots = np.linspace(0, 4, n + 1)
    slopes = np.diff(np.sin(knots)) / np.diff(knots)
    bends = np.diff(slopes, prepend=0)
    return [(np.ones((1, n)), -knots[:n]), (bends[:, None], np.sin(knots[:1]))]


def output(z: Any, layers: network.Layers) -> Any:
    """Return what a network of one input and one output makes of a vector."""
    return network.pre_activations(z[:, None], layers, relu)[1][-1][:, 0]


def interpolant() -> str:
    """Draw a polygon under the sine, and how far three of them are from it."""
    left = Axes(40, 28, 260, 190, (0, 4), (-1, 1.2))
    left.ticks([0, 1, 2, 3, 4], [-1, -0.5, 0, 0.5, 1])
    left.line(curve(np.sin, 0, 4), "a")
    knots = curve(lambda z: output(z, polygon(4)), 0, 4, 5)
    left.line(corners := [*knots], "b")
    left.dots(corners, "b", 3)
    left.title("the sine and 4 units")

    right = Axes(360, 28, 220, 190, (0, 4), (1e-4, 1), log="y")
    right.ticks([], [1e-4, 1e-3, 1e-2, 1e-1, 1])
    for x in range(5):
        right.note(360 + 55 * x, 234, str(x), "soft middle")
    for n, name in ((4, "b"), (8, "c"), (16, "d")):
        gaps = curve(lambda z, n=n: abs(np.sin(z) - output(z, polygon(n))), 0, 4, 16 * 20 + 1)
        right.line([(x, max(gap, 1e-5)) for x, gap in gaps], f"{name} thin")
        bound = (4 / n) ** 2 / 8
        right.line([(0, bound), (4, bound)], f"{name} dash thin")
        right.note(586, right.at(4, bound)[1] + 4, f"{n} units", name)
    right.title("error, and its bound")
    return drawing(640, 250, left, right)


def folded(k: int) -> list[tuple[float, float]]:
    """Return the corners of what k layers of two units draw, exactly."""
    half = Fraction(1, 2)

    def exact(rows: Any) -> Any:
        return np.array(rows, dtype=object) * Fraction(1)

    again = (exact([[2, 2], [-4, -4]]), exact([0, -half]))
    layers = [
        (exact([[1, 1]]), exact([0, -half])),
        *[again] * (k - 1),
        (exact([[2], [-4]]), exact([0])),
    ]
    z = np.array([Fraction(j, 2**k) for j in range(2**k + 1)])
    return [(float(x), float(y)) for x, y in zip(z, output(z, layers), strict=True)]


def sawtooth() -> str:
    """Draw what one, two and three folds make of the interval from 0 to 1."""
    frames = []
    for k, name in ((1, "T(z)"), (2, "T(T(z))"), (3, "T(T(T(z)))")):
        axes = Axes(30 + (k - 1) * 208, 28, 180, 120, (0, 1), (0, 1.05))
        axes.ticks([0, 0.5, 1], [0, 1])
        axes.line(folded(k), "a")
        axes.title(name)
        frames.append(axes)
    return drawing(640, 175, *frames)


def square() -> str:
    """Draw the square beside its first three polygons, and their errors."""
    left = Axes(40, 28, 260, 190, (0, 1), (0, 1.05))
    right = Axes(355, 28, 215, 190, (0, 1), (0, 0.27))
    left.ticks([0, 0.5, 1], [0, 0.25, 0.5, 0.75, 1])
    right.ticks([0, 0.5, 1], [0])
    left.line(curve(lambda z: z**2, 0, 1), "a")
    z = np.linspace(0, 1, 129)
    polygon = z.copy()
    for m, name in ((0, "e"), (1, "b"), (2, "c")):
        if m > 0:
            teeth = np.array(folded(m))
            polygon = polygon - np.interp(z, teeth[:, 0], teeth[:, 1]) / 4**m
        left.line(zip(z.tolist(), polygon.tolist(), strict=True), f"{name} thin")
        right.line(zip(z.tolist(), (polygon - z**2).tolist(), strict=True), name)
        height = right.at(0, 4.0 ** -(m + 1))[1] + 4
        right.note(349, height - 3 * (m == 2), f"1/{4 ** (m + 1)}", "soft end")
        right.note(576, height, ("no fold", "one fold", "two folds")[m], name)
    left.say(0.72, 0.3, "z²", "a")
    left.title("the square, and polygons")
    right.title("how far they are above it")
    return drawing(640, 250, left, right)


def phi(t: float) -> float:
    """Change a function whose slope is −3/25; its arithmetic is the same on every machine."""
    return (2 + t) / (1 + (2 + t) ** 2) - 2 / 5


def v_curve() -> str:
    """Draw the error of quotients against their step, and the error bar of the slope."""
    axes = Axes(60, 28, 420, 260, (4.0**-26, 4), (1e-17, 1), log="xy")
    axes.ticks([10.0**k for k in range(-15, 1, 3)], [10.0**k for k in range(-16, 1, 4)])
    steps = [4.0**-k for k in range(26)]
    right = [phi(h) / h for h in steps]
    central = [(phi(h) - phi(-h)) / (2 * h) for h in steps]
    columns = [right, central]
    for factor in (16, 256):
        parents = columns[-1]
        columns.append([b + (b - a) / (factor - 1) for a, b in itertools.pairwise(parents)])
    names = (("e", "right"), ("a", "central"), ("b", "extrapolated"), ("c", "twice"))
    for column, (name, text) in zip(columns, names, strict=True):
        finest = steps[len(steps) - len(column) :]
        errors = [(h, abs(q + 3 / 25)) for h, q in zip(finest, column, strict=True)]
        shown = [(h, error) for h, error in errors if error > 1e-17]
        axes.line(shown, f"{name} thin")
        axes.dots(shown, name, 2)
        axes.note(495, 60 + 20 * names.index((name, text)), text, name)
    found = slope(phi, noise=2.0**-54)
    axes.line([(axes.x[0], found.bar), (axes.x[1], found.bar)], "d dash thin")
    axes.note(495, 145, "error bar", "d")
    axes.title("error of the slope")
    axes.label("step h")
    return drawing(590, 330, axes)


def kink() -> str:
    """Draw the quotients of relu beside a kink at a distance of 0.001."""
    r = 1e-3
    axes = Axes(60, 28, 420, 200, (1e-6, 1), (-0.05, 1.1), log="x")
    axes.ticks([10.0**k for k in range(-6, 1)], [0, 0.5, 1])

    def rho(t: float) -> float:
        return max(0.0, t + r) - r

    steps = [10.0 ** (-6 + k / 20) for k in range(121)]
    axes.line([(h, rho(h) / h) for h in steps], "b")
    axes.line([(h, -rho(-h) / h) for h in steps], "c")
    axes.line([(h, (rho(h) - rho(-h)) / (2 * h)) for h in steps], "a")
    axes.line([(r, -1), (r, 2)], "e dash thin")
    for y, text, name in ((1, "right", "b"), (0.5, "central", "a"), (0, "left", "c")):
        axes.note(488, axes.at(1, y)[1] + 4, text, name)
    axes.say(0.85e-3, 0.48, "distance of the kink", "e end")
    axes.title("quotients of relu beside its kink")
    axes.label("step h")
    return drawing(550, 270, axes)


DRAWINGS = {
    "activations": activations,
    "two-logits": two_logits,
    "valley": valley,
    "signal": signal,
    "interpolant": interpolant,
    "sawtooth": sawtooth,
    "square": square,
    "v-curve": v_curve,
    "kink": kink,
}

if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for name, draw in DRAWINGS.items():
        (FOLDER / f"{name}.svg").write_text(draw(), encoding="utf-8", newline="\n")
