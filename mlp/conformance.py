"""Somebody's implementation against the reference:  how many ULPs it is off, on hard inputs.

    error    |result − r| / ulp(r), r the correctly rounded answer; a true difference in ulp(t),
             t the sum of the absolute values of its terms
    lost     not one right bit: off by half of r (of t) or more; NaN and ∞ too

Inputs and answers are those of mlp/vectors.py. Tested in tests/test_conformance.py.
"""

import textwrap
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from numbers import Real
from types import ModuleType
from typing import Any, TypeAlias, TypeVar

import numpy as np

from mlp.shapes import Array
from mlp.vectors import DTYPES, Case, Dtypes, cases, known_op

Implementation: TypeAlias = Callable[..., Any]
K = TypeVar("K")

LIMITS = {  # in ULPs, forward and backward in float64: what the ops of this package keep to
    "affine": (8, 8),  # of terms: any order of adding at most eight of them keeps to it
    "identity": (0, 0),
    "sigmoid": (3, 3),
    "tanh": (2, 3),
    "relu": (0, 0),
    "leaky_relu": (1, 0),
    "elu": (1, 1),
    "softplus": (2, 3),
    "silu": (4, 5),
    "gelu": (7, 11),
    "gelu:tanh": (5, 8),
    "softmax": (4, 6),
    "log_softmax": (3, 4),
    "cross_entropy": (2, 2),
    "cross_entropy:soft": (3, 2),
    "softmax_cross_entropy": (3, 4),
    "softmax_cross_entropy:soft": (3, 4),
    "squared_error": (3, 2),
}
FLOAT32 = (4, 4)  # in float32 all of them, but affine
SUBNORMAL = 5  # and so many ULPs below the smallest normal number
SHOWN, LINES = 2, 5  # faults that a report spells out, and lines about them and the worst inputs


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


@dataclass(frozen=True)
class Conformance:
    """The errors of one implementation. True where all of them are within the limits."""

    op: str
    limits: dict[tuple[str, str], float]  # of each dtype and direction
    measurements: tuple[Measurement, ...]

    def __bool__(self) -> bool:
        return bool(self.measurements) and not self.beyond

    @property
    def beyond(self) -> list[Measurement]:
        """The measurements that are not within their limit."""
        return [m for m in self.measurements if not m.within(self.limits[m.column])]

    def __str__(self) -> str:
        cells = worst_of_each(self.measurements, lambda m: (m.case, m.column))
        columns = [*dict.fromkeys(column for _, column in cells)]
        table = {"": [" ".join(column) for column in columns]}
        for case, _ in cells:
            table[case] = [str(cells.get((case, column), "")) for column in columns]
        table["limit"] = [f"{self.limits[column]:g}" for column in columns]
        lines = [
            f"{name:<31}" + "".join(f"{cell:>17}" for cell in row).rstrip()
            for name, row in table.items()
        ]
        verdict = "conforms" if self else "does not conform"
        return "\n".join([f"{self.op} {verdict}: errors in ULPs", *lines, *self.complaints()])

    def complaints(self) -> Iterator[str]:
        """Yield a line for every fault, and for the worst input of every column."""
        faults = [m for m in self.beyond if m.fault]
        worst = worst_of_each((m for m in self.beyond if not m.fault), lambda m: m.column)
        for m in [*faults[:SHOWN], *worst.values()][:LINES]:
            yield f"{m.dtype} {m.what}, {m.case}: {m.fault or m.worst}"
        if len(faults) > SHOWN:
            yield f"... and {len(faults) - SHOWN} more faults"

    def to_dict(self) -> dict[str, Any]:
        """Return the same as plain data, for JSON; an infinite error is None."""
        beyond = self.beyond
        return {
            "op": self.op,
            "conforms": bool(self),
            "limits": {" ".join(column): limit for column, limit in self.limits.items()},
            "measurements": [
                {**vars(m), "ulps": finite(m.ulps), "subnormal": finite(m.subnormal)}
                | {"within": m not in beyond}
                for m in self.measurements
            ],
        }


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


def check(
    op: ModuleType | str,
    forward: Implementation | None = None,
    backward: Implementation | None = None,
    *,
    limit: float | None = None,
    dtypes: Dtypes = DTYPES,
) -> Conformance:
    """Measure an implementation of an op against correctly rounded answers.

    Parameters
    ----------
    op : module or str
        One of ``mlp.ops`` or its name. ``"gelu:tanh"`` is the tanh form, ``"cross_entropy:soft"``
        and ``"softmax_cross_entropy:soft"`` take soft targets.
    forward, backward : callable
        Called as ours are, with NumPy arrays: ``forward(*arguments)`` and
        ``backward(cotangent, *arguments)``. One of them may be left out. They return arrays, or
        what ``numpy.asarray`` makes into one. A function ``f`` of tensors is given as
        ``lambda Z: f(torch.from_numpy(Z))``.
    limit : float, optional
        The largest error in ULPs to be called conforming. Without it, what the op of this package
        keeps to.
    dtypes : dtype or sequence of dtypes
        Which of float64 and float32 to try, by name or as NumPy has them.

    Returns
    -------
    Conformance
        True where everything is within the limits; its text is a table of errors in ULPs and the
        worst inputs, ``to_dict()`` the same as plain data.

    Raises
    ------
    TypeError
        For no function at all, or one that cannot be called; for a limit that is no number.
    ValueError
        For an op or a dtype without a battery, or a limit below 0. What the functions raise
        becomes part of the result.

    Examples
    --------
    >>> import numpy as np
    >>> from mlp import conformance
    >>> def slope(dA, Z):
    ...     A = 1 / (1 + np.exp(-Z))
    ...     return dA * A * (1 - A)
    >>> found = conformance.check("sigmoid", backward=slope, dtypes=["float64"])
    >>> bool(found), [m.case for m in found.beyond if m.lost]
    (False, ['round numbers', 'results near underflow'])
    """
    name = known_op(op)
    validate(forward, backward, limit)
    found: list[Measurement] = []
    for case in cases(name, dtypes):
        arguments = tuple(case.arguments.values())
        inputs = {"forward": arguments, "backward": (case.cotangent, *arguments)}
        for direction, function in (("forward", forward), ("backward", backward)):
            if function is not None:
                found += errors_of(case, results_of(case, direction, function, inputs[direction]))
    return Conformance(name, limits_of(name, limit), tuple(found))


def validate(forward: object, backward: object, limit: object) -> None:
    """Refuse what cannot be called, and what is no limit, in one line."""
    if forward is None and backward is None:
        raise TypeError("conformance.check: give forward, backward or both: neither came")
    for name, function in (("forward", forward), ("backward", backward)):
        if function is not None and not callable(function):
            raise TypeError(
                f"conformance.check: {name} must be a function of arrays, but is {function!r:.60}"
            )
    if not isinstance(limit, Real | None):
        raise TypeError(f"conformance.check: limit must be a number of ULPs, but is {limit!r:.60}")
    if limit is not None and not float(limit) >= 0:  # NaN neither
        raise ValueError(f"conformance.check: limit must be at least 0 ULPs, but is {limit}")


def limits_of(op: str, limit: float | None = None) -> dict[tuple[str, str], float]:
    """Return the limits of an op for each dtype and direction, or the one given for all."""
    wide = LIMITS[op] if limit is None else (limit, limit)
    narrow = FLOAT32 if limit is None and op != "affine" else wide
    columns = ((dtype, direction) for dtype in DTYPES for direction in ("forward", "backward"))
    return dict(zip(columns, (*wide, *narrow), strict=True))


def results_of(case: Case, direction: str, function: Implementation, inputs: Any) -> dict[str, Any]:
    """Return what a function makes of a case, by what it is; an exception stands for itself."""
    wanted = [what for what in case.answers if what.startswith(direction)]
    try:
        with np.errstate(all="ignore"):
            got = function(*(np.copy(a)[()] for a in inputs)) if wanted else ()
    except Exception as error:  # noqa: BLE001  # theirs may raise anything
        return dict.fromkeys(wanted, error)
    several = (tuple, list) if len(wanted) > 1 else tuple
    parts = got if isinstance(got, several) else (got,)
    if len(parts) == len(wanted):
        return dict(zip(wanted, parts, strict=True))
    required = f"{len(wanted)} arrays, for {', '.join(what.rpartition('/')[2] for what in wanted)}"
    refused = RefusedError(f"must return {required}, but returns {len(parts)}")
    return dict.fromkeys(wanted, refused)


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
