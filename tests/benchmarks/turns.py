"""Ours and others in turn, in one process and one thread: medians of processor seconds.

Every round calls all of them in random order, each so often that a turn takes a millisecond; what
counts is the ratio of two medians of one run, so that other programs matter little. A table and
a plot of each benchmark are written beside this file; what falls short of its goal is marked `!`.
"""

import random
import statistics
import time
from pathlib import Path

HERE = Path(__file__).parent
TURN = 1e-3


def seconds(function, calls):
    start = time.process_time()
    for _ in range(calls):
        function()
    return (time.process_time() - start) / calls


def medians(functions, rounds=15):
    """Return the median processor seconds of one call of each."""
    for function in functions.values():
        function()  # warms up
    calls = {
        name: max(1, round(TURN / max(seconds(function, 3), 1e-6)))
        for name, function in functions.items()
    }
    taken = {name: [] for name in functions}
    rng = random.Random(0)  # noqa: S311  # an order, no secret
    for _ in range(rounds):
        for name in rng.sample([*functions], len(functions)):
            taken[name].append(seconds(functions[name], calls[name]))
    return {name: statistics.median(each) for name, each in taken.items()}


def against(ratio, goal):
    """Write a ratio beside its goal: 0.82 (0.9), or 1.41 (0.9) ! where it falls short."""
    return f"{ratio:.2f} ({goal:.3g})" + " !" * (ratio > goal)


def write(name, title, head, rows, bars=()):
    """Write name.md, a table, and name.svg, ratios over goals; return what falls short."""
    lines = [f"# {title}", "", f"`make bench ARGS='-k {name}'` writes this page. {NOTE}", ""]
    lines += [f"| {' | '.join(cells)} |" for cells in (head, ["---"] * len(head), *rows)]
    (HERE / f"{name}.md").write_text("\n".join(lines) + "\n", encoding="utf-8")
    if bars:
        draw(name, title, bars)
    return missed(head, rows)


def missed(head, rows):
    """Return what falls short: relu.backward float32: × torch 12.00 (6) !."""
    cells = ((row[0], *pair) for row in rows for pair in zip(head[1:], row[1:], strict=True))
    return [f"{label}: {name} {cell}" for label, name, cell in cells if cell.endswith("!")]


NOTE = "In brackets the goal; `!` falls short. Ratios of medians of processor time, one thread."


def draw(name, title, bars):
    """Draw a bar of ratio / goal for each label, on a logarithmic scale; 1 is the goal."""
    import matplotlib as mpl

    mpl.use("svg")
    mpl.rcParams.update({"svg.hashsalt": "mlp", "svg.fonttype": "none"})
    from matplotlib.figure import Figure

    labels, ratios = zip(*bars, strict=True)
    figure = Figure(figsize=(8, 1 + 0.18 * len(bars)), layout="constrained")
    axes = figure.subplots()
    axes.scatter(ratios, labels, c=["tab:red" if r > 1 else "tab:blue" for r in ratios], s=16)
    axes.axvline(1, color="black", linewidth=0.8)
    axes.set(xscale="log", xlabel="measured / goal", title=title, ylim=(len(bars), -1))
    axes.tick_params("y", length=0, labelsize=8)
    figure.savefig(HERE / f"{name}.svg", metadata={"Date": None})
