"""How far results are off, in ULPs:  r is the correctly rounded answer.

    error    |result − r| / ulp(r); a true difference in ulp(t), t the sum of the absolute values
             of its terms
    lost     not one right bit: off by half of r (of t) or more; NaN and ∞ too

Tested in tests/test_conformance.py.
"""

import textwrap
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np

from mlp.shapes import Array
from mlp.vectors import Case

K = TypeVar("K")

SUBNORMAL = 5  # ULPs that are within any limit below the smallest normal number


@dataclass(frozen=True)
class Measurement:
    """How far one result of one case is off: the worst of its entries."""

    case: str
    dtype: str
    what: str  # forward, or backward/Z
    ulps: float = 0.0
    subnormal: float = 0.0  # the same where the answer is no normal number
    lost: int = 0
    worst: str = ""
    fault: str = ""  # why there is nothing to measure

    @property
    def column(self) -> tuple[str, str]:
        """The dtype and the direction."""
        return self.dtype, self.what.partition("/")[0]

    @property
    def badness(self) -> tuple[bool, bool, float]:
        """Faults are worst, then what is lost, then large errors."""
        return bool(self.fault), self.lost > 0, max(self.ulps, self.subnormal)

    def within(self, limit: float) -> bool:
        """Tell whether nothing is lost and nothing farther off than the limit."""
        near = self.ulps <= limit and self.subnormal <= max(limit, SUBNORMAL)
        return near and not self.fault and not self.lost

    def __str__(self) -> str:
        if self.fault or self.lost:
            return "fault" if self.fault else "lost"
        if self.subnormal > max(self.ulps, SUBNORMAL):
            return f"{self.subnormal:.3g} sub"
        return f"{self.ulps:.1f}" if self.ulps < 99 else f"{self.ulps:.1e}"


def finite(error: float) -> float | None:
    """Return an error, or None for that of NaN and infinity, which JSON does not know."""
    return error if np.isfinite(error) else None


def worst_of_each(
    measurements: Iterable[Measurement], group: Callable[[Measurement], K]
) -> dict[K, Measurement]:
    """Return the worst measurement of each group."""
    worst: dict[K, Measurement] = {}
    for m in measurements:
        worst[group(m)] = max(worst.get(group(m), m), m, key=lambda m: m.badness)
    return worst


class RefusedError(TypeError):
    """A result of the wrong kind; the message says what was required and what came."""


def errors_of(case: Case, got: Mapping[str, Any]) -> list[Measurement]:
    """Return how far the results of a case are from its answers."""
    return [error_of(case, what, result) for what, result in got.items()]


def error_of(case: Case, what: str, got: Any) -> Measurement:
    """Return how far a result is from its answer, or why that cannot be said."""
    answer = np.asarray(case.answers[what])
    if fault := next(faults(got, answer), ""):
        return Measurement(case.name, case.dtype, what, fault=fault)
    result = np.asarray(got)
    size = np.abs(case.terms.get(what, answer))
    form = np.finfo(answer.dtype)
    largest = np.nextafter(form.max, form.min)  # above it NumPy calls the spacing infinite
    with np.errstate(all="ignore"):
        off = np.abs(result.astype(answer.dtype).astype(float) - answer.astype(float))
        off = np.where(np.isfinite(off), off, np.inf)
        units = off / np.spacing(np.minimum(size, largest)).astype(float)
    normal = size >= form.tiny
    lost = (normal & (off >= size / 2)) | np.isinf(off)
    place = np.unravel_index(units.argmax(), off.shape)  # NaN and ∞ are worst
    return Measurement(
        *(case.name, case.dtype, what),
        float(units[normal].max(initial=0)),
        float(units[~normal].max(initial=0)),
        int(lost.sum()),
        described(case, answer, result, units, place),
    )


def faults(got: Any, answer: Array) -> Iterator[str]:
    """Say in one line each why a result cannot be measured; only the first of them counts."""
    if isinstance(got, RefusedError):
        yield str(got)
    if isinstance(got, Exception):
        of_tensors = isinstance(got, TypeError) and "Tensor" in str(got)
        step = "; give lambda Z: f(torch.from_numpy(Z))" if of_tensors else ""
        yield f"raises {said(got)}{step}"
    try:
        result = np.asarray(got)
    except Exception as error:  # noqa: BLE001  # likewise, on the way into NumPy
        yield f"must return an array, but NumPy cannot read it: {said(error)}"
    if result.dtype.kind not in "fiu":
        yield f"must return an array of floats, but returns {type(got).__name__}, {result.dtype}"
    if result.shape != answer.shape:
        yield f"must have the shape {answer.shape}, but has {result.shape}"
    if result.dtype.kind == "f" and result.dtype.itemsize < answer.dtype.itemsize:
        yield f"must be {answer.dtype}, but is {result.dtype}"


def said(error: Exception) -> str:
    """Return what an exception says, in at most 110 letters."""
    return textwrap.shorten(f"{type(error).__name__}: {error}", 110, placeholder=" ...")


def described(case: Case, answer: Array, result: Array, units: Array, place: Any) -> str:
    """Say in one line what was worst: where, what came, what is right, and for which input."""
    at = f"at [{', '.join(map(str, place))}] " if place else ""
    off = f"{units[place]:.3g} ULP off: " if np.isfinite(units[place]) else ""
    rows = {  # what stands beside the entry in each argument, or all of it
        name: a[place[0]] if place and len(a) == len(answer) else a
        for name, a in case.arguments.items()
    }
    arguments = ", ".join(f"{name} = {abridged(row)}" for name, row in rows.items())
    return f"{at}{off}{result[place]} for {answer[place]}, where {arguments}"


def abridged(a: Any) -> str:
    """Write an array in at most 80 letters."""
    text = np.array2string(np.asarray(a), threshold=8, edgeitems=3, floatmode="unique")
    return textwrap.shorten(text, 80, placeholder=" ...")
