"""The answer to a goal, raised as soon as nothing further can better it.

Tested in tests/proof/run/test_answer.py.
"""

import traceback
from pathlib import Path

from mlp import standins
from mlp.proof.report import Counterexample

OURS = (str(Path(__file__).parent), standins.__file__)


class Concluded(Exception):  # noqa: N818  # no error: the verdict is known
    """A verdict that nothing further can better, and its reason."""

    def __init__(
        self, verdict: str, reason: str = "", counterexample: Counterexample | None = None
    ) -> None:
        super().__init__(reason)
        self.verdict, self.reason, self.counterexample = verdict, reason, counterexample


def named(error: BaseException) -> str:
    """Say in one line what was raised, and at which line of whose code."""
    frames = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if not frame.filename.startswith((*OURS, "<"))
    ]
    place = f" ({Path(frames[-1].filename).name}:{frames[-1].lineno})" if frames else ""
    what = " ".join(str(error).split())
    return f"{type(error).__name__}: {what}{place}"
