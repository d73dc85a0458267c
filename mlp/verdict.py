"""What a verdict is: which of two is worse, the exit status it makes, how it is shown and where.

    verdict                exit status    said of ...
    correct                0              a gradient that the numbers show to be right
    proved                 0              what holds for all real values of its symbols
    proved (definition)    0              what holds of the textbook lines that an op ships as well
    unchecked              0              a constant, or what forward is independent of
    checked                0              what holds modulo a prime, or in those regions reached
    inconclusive           2              a gradient that could not be decided; its report says why
    not proved             2              what was neither proved nor refused
    error                  3              what cannot be read, loaded or run, or takes too long
    wrong                  1              a gradient that the numbers show to be wrong
    refused                1              what fails at a point, which is shown

The exit status of a run is that of the lowest line that occurs. Verdicts are these words wherever
they are kept, and what is no such word is a KeyError here. Tested in tests/test_verdict.py.
"""

from collections.abc import Iterable
from typing import NamedTuple


class Look(NamedTuple):
    """How verdicts that mean the same to a reader are shown."""

    name: str  # of their class in HTML
    colour: str  # on a terminal
    ground: str  # in HTML
    sign: str  # in Markdown
    level: str  # in continuous integration, in the words of SARIF and of GitHub


class Verdict(NamedTuple):
    """What hangs on a verdict."""

    exit_status: int  # of a run in which none is worse
    mark: str  # beside an equation
    look: Look


GOOD = Look("correct", "32", "#1c7a45", "✅", "note")
OPEN = Look("inconclusive", "33", "#8a5a00", "❔", "warning")
LOST = Look("error", "31", "#6a1b9a", "💥", "error")
BAD = Look("wrong", "1;31", "#c62828", "❌", "error")
LOOKS = (GOOD, OPEN, LOST, BAD)

VERDICTS = {  # from best to worst
    "correct": Verdict(0, "✓", GOOD),
    "proved": Verdict(0, "✓", GOOD),
    "proved (definition)": Verdict(0, "✓", GOOD),
    "unchecked": Verdict(0, "≈", OPEN),
    "checked": Verdict(0, "≈", OPEN),
    "inconclusive": Verdict(2, "?", OPEN),
    "not proved": Verdict(2, "?", OPEN),
    "error": Verdict(3, "✗", LOST),
    "wrong": Verdict(1, "✗", BAD),
    "refused": Verdict(1, "✗", BAD),
}
SEVERITIES = {"fault": "wrong", "doubt": "inconclusive", "note": "correct"}  # of what was found

RANK = {verdict: rank for rank, verdict in enumerate(VERDICTS)}


def rank(verdict: str) -> int:
    """Order verdicts: of two the higher rank is worse."""
    return RANK[verdict]


def worst(verdicts: Iterable[str], default: str = "correct") -> str:
    """Return the verdict that decides over many, or what is said of none."""
    return max(verdicts, key=rank, default=default)


def exit_status(verdicts: Iterable[str], default: str = "correct") -> int:
    """Return the exit status of a run with these verdicts, or with none."""
    return VERDICTS[worst(verdicts, default)].exit_status


def holds(verdict: str) -> bool:
    """Tell whether a run may end well with it: nothing speaks against what was claimed."""
    return VERDICTS[verdict].exit_status == 0
