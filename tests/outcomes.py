"""One outcome of each verdict, for the tests of what they are written to."""

from functools import cache
from pathlib import Path

from mlp.runner.verdicts import gather, judge

SAMPLES = Path(__file__).parent / "samples"
WORDS = ("three_wrong.py", "undecided.py", "misbehaving.py::bad_example", "nowhere.py")


@cache
def outcomes():
    """Return what comes of three wrong gradients, of an undecided, a broken and a missing one."""
    targets = gather([*(str(SAMPLES / word) for word in WORDS), "relu"], None, None, 60)
    return [judge(target, seed=3, timeout=60) for target in targets]


def found_of(number):
    """Return in one line what is found of one of them that makes it wrong."""
    findings = outcomes()[number].report.findings
    return next(f.message for f in findings if f.severity == "fault").partition("\n")[0]


@cache
def proofs():
    """Return what comes of a proof, a refusal and neither; the numbers call all of it correct."""
    from mlp.runner.proofs import Prover

    prover = Prover(3, 60)
    targets = gather([str(SAMPLES / "nearly.py"), "gelu"], None, None, 60)
    return [judge(target, seed=3, timeout=60, prover=prover) for target in targets]
