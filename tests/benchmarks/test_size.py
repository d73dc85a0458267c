"""A check does not grow with the model: evaluations, time in evaluations, and peak of memory.

float32 is judged in float64, where an evaluation of NumPy's sine takes seven times as long; time
and peak are in evaluations and bytes of what is judged. HUGE=1 adds 10⁸ entries of float32, a right
gradient alone: some minutes, and 5 GB.
"""

import os
import time
import tracemalloc

import numpy as np
from turns import against, write

import mlp

SIZES, EVALUATIONS, PEAK = (10**3, 10**4, 10**5, 10**6, 10**7), 45, 4.0
HUGE = [(10**8, np.float32)] if os.environ.get("HUGE") else []
LARGE = 10**5  # below, what is not the argument is larger


def forward(x):
    """Sum in double precision, whatever the precision of x."""
    return np.sin(x).sum(dtype=np.float64)


def backward(dy, x):
    return dy.astype(x.dtype) * np.cos(x)


def wrong(dy, x):
    dx = backward(dy, x)
    dx[x.size // 3] *= 3
    return dx


def seconds(function, *args):
    since = time.process_time()
    answer = function(*args)
    return time.process_time() - since, answer


def peak(function, *args):
    """Return the most bytes that a call holds at once."""
    tracemalloc.start()
    try:
        function(*args)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def row(size, dtype):
    x = np.random.default_rng(size).uniform(0.5, 1.0, size).astype(dtype)
    judged = x.astype(np.float64)  # what float32 is judged in
    once = min(seconds(forward, judged)[0] + 1e-9 for _ in range(3))
    own = peak(forward, judged)
    del judged
    taken, report = seconds(mlp.check, forward, backward, x)
    beyond = (peak(mlp.check, forward, backward, x) - own) / (8 * size)
    assert report.verdict == "correct"
    found = None
    if (size, dtype) not in HUGE:
        found = mlp.check(forward, wrong, x)
        assert found.findings[0].entries[0].index == (size // 3,)
    return (
        f"{size:.0e} {np.dtype(dtype)}",
        against(report.evaluations, EVALUATIONS),
        f"{taken / once:.0f}",
        against(beyond, PEAK) if size >= LARGE else f"{beyond:.1f}",
        "–" if found is None else f"{found.evaluations}",
    )


def test_evaluations_and_memory_do_not_grow_with_the_argument():
    head = ("entries", "evaluations", "time / forward", "peak / argument", "evaluations to locate")
    mlp.check(np.sin, lambda dy, x: dy * np.cos(x), np.ones(3))  # loads what judges
    points = [(size, dtype) for size in SIZES for dtype in (np.float64, np.float32)]
    rows = [row(*point) for point in (*points, *HUGE)]
    bars = [(cells[0], float(cells[1].split()[0]) / EVALUATIONS) for cells in rows]
    short = write("size", "A check at any size", head, rows, bars)
    assert short == []
