"""What a check costs beside forward: of a small op, of everything shipped, of a plugin at rest.

A check and a start of pytest are medians of processor time, so that other programs matter little;
`mlp verify` is what its user waits for, from the start of Python to the last line.
"""

import statistics
import subprocess
import sys
import time

import numpy as np
from test_import import SEEN
from turns import HERE, against, medians, write

import mlp

SMALL, OP, VERIFY, PLUGIN = 12, 1.5, 2.0, 1.03  # entries; ms, s, and times pytest without it
CODE = {
    "with": "['-p', 'no:mlp', '-p', 'mlp.pytest_plugin']",  # once, installed or not
    "without": "['-p', 'no:mlp']",
}


def backward(dy, x):
    return dy * (1 - np.tanh(x) ** 2)


def op():
    """Return the milliseconds of a check of an elementwise op."""
    x = np.random.default_rng(0).normal(size=SMALL)
    assert mlp.check(np.tanh, backward, x)
    return 1e3 * medians({"op": lambda: mlp.check(np.tanh, backward, x)}, rounds=75)["op"]


def verify():
    """Return the seconds until everything shipped is checked, from a cold start."""
    run = [sys.executable, "-m", "mlp", "verify"]
    taken = []
    for _ in range(3):
        since = time.perf_counter()
        subprocess.run(run, check=True, capture_output=True, cwd=HERE.parents[1])  # noqa: S603  # our own code
        taken.append(time.perf_counter() - since)
    return min(taken)


def plugin(folder):
    """Return what pytest takes with the plugin, in times what it takes without."""
    file = folder / "test_nothing.py"
    file.write_text("def test_nothing(): pass\n")
    taken = {who: [] for who in CODE}
    for _ in range(15):
        for who, words in CODE.items():
            code = f"import pytest; pytest.main([*{words}, '-q', '{file}'])\n{SEEN}"
            run = [sys.executable, "-c", code]
            said = subprocess.run(run, check=True, text=True, capture_output=True, cwd=folder)  # noqa: S603  # our own code
            taken[who].append(float(said.stdout.split()[-1]))
    return statistics.median(taken["with"]) / statistics.median(taken["without"])


def test_what_a_check_costs(tmp_path):
    rows = [
        [f"an elementwise op of {SMALL} entries, ms", against(op(), OP)],
        ["`mlp verify` of everything shipped, s", against(verify(), VERIFY)],
        ["pytest with the plugin and no op, × without", against(plugin(tmp_path), PLUGIN)],
    ]
    assert write("check", "What a check costs", ["", "measured"], rows) == []
