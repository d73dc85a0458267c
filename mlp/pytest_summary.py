"""What the pytest plugin says of all gradients: a section, lines of JSON, annotations on GitHub.

Tested in tests/test_pytest_plugin.py.
"""

import json
import os
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from mlp.files import write_whole
from mlp.runner.annotation import annotation


def write_json(rows: Sequence[dict[str, Any]], path: Path) -> None:
    """Write a line of JSON for each gradient."""
    text = "".join(f"{json.dumps(row, allow_nan=False)}\n" for row in rows)
    try:
        write_whole(path, text)
    except OSError as error:
        raise pytest.UsageError(f"--mlp-json: {error}") from None


ALWAYS = {"wrong", "inconclusive", "correct"}  # counted though there is none


def summarise(rows: Sequence[dict[str, Any]], terminal: "pytest.TerminalReporter") -> None:
    """Print the section on gradients; on GitHub, an annotation of each that failed."""
    terminal.write_sep("=", "gradients (mlp)")
    for line in summary(rows):
        terminal.write_line(line)
    if os.environ.get("GITHUB_ACTIONS"):
        root = Path(os.environ.get("GITHUB_WORKSPACE") or terminal.config.rootpath)
        for row in rows:
            unjudged = row["message"].startswith("unjudged:")  # the fault itself is annotated
            if row["outcome"] == "failed" and row["verdict"] != "correct" and not unjudged:
                terminal.write_line(annotated(row, terminal.config.rootpath, root))


def summary(rows: Sequence[dict[str, Any]]) -> Iterator[str]:
    """Yield how many gradients got which verdict, how sharp the look was, and what took longest."""
    verdicts = Counter(row["verdict"] for row in rows)
    order = ("wrong", "error", "inconclusive", "correct", "unchecked")  # the worst first
    counts = ", ".join(f"{verdicts[v]} {v}" for v in order if verdicts[v] or v in ALWAYS)
    ops = {(row["nodeid"].rpartition("::")[0], row["op"]): row for row in rows}
    numbers = f"{len(rows)} gradient{'s' * (len(rows) > 1)} of {len(ops)} op{'s' * (len(ops) > 1)}"
    yield f"{numbers}: {counts}"
    sharp = [row for row in rows if row["verdict"] == "correct" and row["smallest_detectable"]]
    if sharp:
        worst = max(sharp, key=lambda row: float(row["smallest_detectable"]))
        size, place = float(worst["smallest_detectable"]), worst["nodeid"]
        yield f"smallest detectable error, at worst: {size:.0e} of the largest entry, {place}"
    slow = max(ops.values(), key=lambda row: float(row["seconds"]))
    yield f"slowest: {slow['op']}, {slow['seconds']:.2f} s, {slow['evaluations']} evaluations"


def annotated(row: dict[str, Any], base: Path, root: Path) -> str:
    """Return the workflow command that marks the line of a backward on GitHub."""
    place = None
    if row["file"]:
        place = Path(os.path.relpath(base / row["file"], root)).as_posix(), row["line"]
    by = f" by {row['argument']}" if row["argument"] else ""
    title = f"gradient of {row['op']}{by}: {row['verdict']}"
    return annotation("error", title, row["message"], place)
