"""Hints of a report in the words of where it is printed: an option that is not there helps nobody.

    mlp.check      say wrt='x'        accept=2e-06        along={'S': 'symmetric'}    surrogate=f
    mlp verify     say --wrt x        --accept 2e-06      --along S=symmetric         SURROGATE = f
    pytest --mlp   say WRT = 'x'      ACCEPT = 2e-06      ALONG = {'S': 'symmetric'}  SURROGATE = f

The last are what an op says of itself, in its file. Tested in tests/runner/test_hints.py.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TypeAlias

from mlp.gradcheck.report import Report

Change: TypeAlias = tuple[str, str | Callable[[re.Match[str]], str]]

ONLY_IN_CODE: Sequence[Change] = (  # options that have no other name
    (r"give bounds=, or another point", "choose another point"),
    (r", or give a larger rtol", ""),
)
MARKS: Sequence[Change] = (
    (r"\b(wrt|accept|along|retract|against|surrogate)=(?=\S)", lambda m: f"{m[1].upper()} = "),
)
OPTIONS: Sequence[Change] = (
    (r"\bwrt='(\w+)'", r"--wrt \1"),
    (r"\bwrt=\(([^)]*)\)", lambda m: f"--wrt {_bare(m[1])}"),
    (r"\bwrt=\.\.\.", "--wrt ..."),
    (r"\baccept=(?=\S)", "--accept "),
    (r"\balong=\{([^}]*')\}", lambda m: f"--along {_bare(m[1]).replace(':', '=')}"),
)
NO_SHAPES: Sequence[Change] = ((r", or pass --shapes '[^']*'", ""),)
FACES: Mapping[str, Sequence[Change]] = {  # by how the line begins that repeats a check there
    "mlp verify": (*OPTIONS, *MARKS, *ONLY_IN_CODE),
    "pytest --mlp": (*MARKS, *ONLY_IN_CODE, *NO_SHAPES),
    "mlp.testing": NO_SHAPES,
}


def in_words_of(face: str, text: str) -> str:
    """Return a text with its hints in the words of a face, known by the line that repeats there."""
    changes = next((found for word, found in FACES.items() if face.startswith(word)), ())
    for pattern, new in changes:
        text = re.sub(pattern, new, text)
    return text


def hinted(report: Report) -> Report:
    """Return a report whose findings hint at what is there where it is printed."""
    said = (replace(f, message=in_words_of(report.reproduce, f.message)) for f in report.findings)
    return replace(report, findings=tuple(said))


def _bare(items: str) -> str:
    return items.replace("'", "").replace(" ", "").strip(",")
