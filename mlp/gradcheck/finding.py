"""What a check has to say: findings with the entries that show them, and what each probe saw."""

import math
from dataclasses import dataclass
from typing import Any

from mlp.tree import spell

ENTRIES = 5  # of a finding that are said, unless all are asked for
WITNESSES = {
    "differences": "",
    "tangent": ", by the tangent",
    "both": ", by both witnesses",
    "proof": ", by a proof",
}
MOST_DIGITS = 17  # that tell any two numbers apart


@dataclass(frozen=True)
class Entry:
    """One entry of a gradient: its index in the argument, and both values.

    Parameters
    ----------
    index : tuple
        Where it is in the argument; in a structure the path to the array comes first.
    by_hand, numeric : float
        What backward claims, and what forward has.
    error_bar : float
        How far numeric may be off; infinite where there is no slope.

    Examples
    --------
    >>> import numpy as np
    >>> import mlp
    >>> report = mlp.check(np.sin, lambda dy, x: dy * np.cos(x) * [1, 2, 1], np.ones(3))
    >>> report.findings[0].entries[0].index
    (1,)
    """

    index: tuple[Any, ...]
    by_hand: float
    numeric: float
    error_bar: float


@dataclass(frozen=True)
class Finding:
    """One thing the checker has to say about one argument, or about both functions.

    Parameters
    ----------
    kind : str
        Such as "mismatch", "shape", "kink".
    severity : str
        "fault" (the gradient is wrong), "doubt" (inconclusive) or "note".
    argument : str or None
        Its name; None for what is about both functions.
    message : str
        What was found; the first line says it, further ones may give reasons.
    entries : tuple of Entry
        Some of the entries that are wrong.
    diagnosis : str or None
        What mistake it looks like, such as "sign" or "transpose".
    measured : int
        How many entries were measured one by one, right ones included.

    Examples
    --------
    >>> import numpy as np
    >>> import mlp
    >>> (finding,) = mlp.check(np.sin, lambda dy, x: -dy * np.cos(x), np.ones(3)).findings
    >>> finding.kind, finding.severity, finding.argument, finding.diagnosis
    ('mismatch', 'fault', 'x', 'sign')
    """

    kind: str
    severity: str
    argument: str | None
    message: str
    entries: tuple[Entry, ...] = ()
    diagnosis: str | None = None
    measured: int = 0

    @classmethod
    def doubt(cls, kind: str, message: str, argument: str | None = None) -> "Finding":
        """Return a reason why the check is inconclusive."""
        return cls(kind, "doubt", argument, message)


@dataclass(frozen=True)
class Steps:
    """What one probe saw of φ, forward along its direction, at steps that become ever smaller.

    ``rungs`` are (h, φ(h), φ(−h)), the finest last, NaN where φ does not exist; ``kind`` is that of
    the slope read off them at ``step``, such as "smooth" or "kink", and ``noise`` is that of φ.
    ``tangent`` is what the second witness says of the same slope, None where it was not heard.
    """

    by_hand: float
    numeric: float
    error_bar: float
    step: float
    noise: float
    kind: str
    rungs: tuple[tuple[float, float, float], ...]
    tangent: float | None = None
    tangent_bar: float | None = None


@dataclass(frozen=True)
class Argument:
    """One checked argument, by its sharpest probe: ⟨gradient, direction⟩ by hand and numeric.

    ``smallest_detectable`` is the smallest error of the gradient that the probe was sure to see,
    relative to its largest entry. ``dead`` of the ``size`` entries have the gradient 0 here, so the
    point says little about them. ``ladder`` is of the probe that tells most, and ``entries`` are
    those measured one by one, where a picture was asked for, or all of them (``exhaustive``).
    ``decided_by`` says on whose word the verdict stands: "differences", "tangent" or "both", or
    "proof" where `mlp verify --prove` has settled a doubt;
    ``silent`` says why the tangent told nothing, where it was asked.
    """

    name: str
    verdict: str
    by_hand: float
    numeric: float
    error_bar: float
    smallest_detectable: float
    size: int
    dead: int
    shape: tuple[int, ...] = ()
    ladder: Steps | None = None
    entries: tuple[Entry, ...] = ()
    decided_by: str = "differences"
    silent: str = ""

    def numbers(self, least: int) -> tuple[str, str]:
        """By hand and numeric as text: where they differ, in digits that show how."""
        if self.verdict == "wrong":
            return apart(self.by_hand, self.numeric, least)
        return f"{self.by_hand:.{least}g}", f"{self.numeric:.{least}g}"

    @property
    def remark(self) -> str:
        """The verdict, who decided if not differences alone, and what the point left untried."""
        decided = "" if self.verdict == "inconclusive" else WITNESSES[self.decided_by]
        untried = f", {self.dead} of {self.size} are 0" if self.dead else ""
        return f"{self.verdict}{decided}{untried}"


def apart(one: float, other: float, least: int) -> tuple[str, str]:
    """Write two numbers in the digits, at least so many, that show how they differ."""

    def written(digits: int) -> tuple[str, str]:
        form = f"{'#' if digits > least else ''}.{digits}g"  # the same digits in both
        return format(one, form), format(other, form)

    differ = [len({*written(digits)}) == 2 for digits in range(least - 1, MOST_DIGITS + 1)]
    found = (k for k in range(len(differ) - 1) if differ[k] and differ[k + 1])
    return written(least + next(found, MOST_DIGITS - least if any(differ) else 0))


def compared(by_hand: float, numeric: float, bar: float, least: int = 8) -> str:
    """Say both numbers of a comparison in words, with the error bar; NaN was not measured."""
    if math.isnan(numeric):
        return f"by hand {by_hand:.{least}g}"
    one, other = apart(by_hand, numeric, least)
    return f"by hand {one}, numeric {other} ± {bar:.0e}"


def inside(argument: str | None, index: tuple[Any, ...]) -> list[Any]:
    """Return an entry's index in its array: in a structure, without the path in the name."""
    for k in range(len(index), 0, -1):
        if argument and argument.endswith(spell(index[:k])):
            return list(index[k:])
    return list(index)


def told(finding: Finding, most: int | None = ENTRIES) -> list[str]:
    """Say a finding in lines: the message, then some of its entries, or all for None."""
    where = f"{finding.argument}: " if finding.argument else ""
    lines = [f"{finding.kind}: {where}{line}" for line in finding.message.splitlines()[:1]]
    lines += [f"    {line}" for line in finding.message.splitlines()[1:]]
    lines += [
        f"    {finding.argument}{inside(finding.argument, entry.index)}  "
        f"{compared(entry.by_hand, entry.numeric, entry.error_bar)}"
        for entry in finding.entries[:most]
    ]
    if more := len(finding.entries) - len(finding.entries[:most]):
        lines.append(f"    ... and {more} more {'entry' if more == 1 else 'entries'}")
    return lines
