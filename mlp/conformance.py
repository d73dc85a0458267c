"""Somebody's implementation against the reference:  how many ULPs it is off, on hard inputs.

    error    |result − r| / ulp(r), r the correctly rounded answer; a true difference in ulp(t),
             t the sum of the absolute values of its terms
    lost     not one right bit: off by half of r (of t) or more; NaN and ∞ too

Inputs and answers are those of mlp/vectors.py. Tested in tests/test_conformance.py.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from numbers import Real
from types import ModuleType
from typing import Any, TypeAlias

import numpy as np

from mlp.measurement import Measurement, RefusedError, errors_of, finite, worst_of_each
from mlp.vectors import DTYPES, Case, Dtypes, cases, known_op

Implementation: TypeAlias = Callable[..., Any]

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
SHOWN, LINES = 2, 5  # faults that a report spells out, and lines about them and the worst inputs


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
