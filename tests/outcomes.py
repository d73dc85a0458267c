"""One outcome of each verdict, for the tests of what they are written to."""

from functools import cache
from pathlib import Path

from mlp.command.verdicts import gather, judge

SAMPLES = Path(__file__).parent / "samples"
WORDS = ("three_wrong.py", "undecided.py", "misbehaving.py::bad_example", "nowhere.py")


@cache
def outcomes():
    """Return what comes of three wrong gradients, of an undecided, a broken and a missing one."""
    targets = gather([*(str(SAMPLES / word) for word in WORDS), "relu"], None, None, 60)
    return [judge(target, seed=3, timeout=60) for target in targets]
