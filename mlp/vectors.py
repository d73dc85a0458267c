"""The battery: hard inputs of every op, with the correctly rounded results of both directions.

    cases     ordinary inputs, ties, saturation, ±10⁴, subnormals, one class, one row, ...; each in
              float64 and in float32
    answers   of forward, and of backward for each differentiable argument, computed in 60 digits
    terms     where a result is a true difference: the sum of the absolute values of its terms

It travels with the package as data/vectors.json.gz; tests/exactness/battery.py wrote it, and
tests/test_vectors.py computes it anew.
"""

import gzip
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import ModuleType
from typing import Any, TypeAlias

import numpy as np

from mlp.shapes import Array, Labels

SCHEMA = "mlp-vectors/1"
DTYPES = ("float64", "float32")
Dtype: TypeAlias = str | type | np.dtype[Any]
Dtypes: TypeAlias = Dtype | Iterable[Dtype]


@dataclass(frozen=True)
class Case:
    """One call of an op, its correctly rounded results, and what differences are measured by."""

    op: str
    name: str
    dtype: str
    options: dict[str, Any]
    arguments: dict[str, Array | Labels]
    cotangent: Any
    answers: dict[str, Array]  # "forward", and "backward/Z" for each differentiable argument
    terms: dict[str, Array]

    @property
    def key(self) -> str:
        """What tells this case from all others, such as softmax/ties/float64."""
        return f"{self.op}/{self.name}/{self.dtype}"


def cases(op: ModuleType | str, dtypes: Dtypes = DTYPES) -> tuple[Case, ...]:
    """Return the cases of an op, in arrays of your own.

    Parameters
    ----------
    op : module or str
        One of ``mlp.ops`` or its name. ``"gelu:tanh"`` is the tanh form, ``"cross_entropy:soft"``
        and ``"softmax_cross_entropy:soft"`` take soft targets.
    dtypes : dtype or sequence of dtypes
        Those of float64 and float32, by name or as NumPy has them.

    Returns
    -------
    tuple of Case
        Each with ``arguments`` by name, the ``cotangent`` and the ``answers``.

    Raises
    ------
    ValueError
        For an op or a dtype that the battery does not have.

    Examples
    --------
    >>> from mlp import vectors
    >>> case = vectors.cases("sigmoid")[-1]
    >>> case.key, case.arguments["Z"].tolist(), case.answers["backward/Z"].tolist()
    ('sigmoid/zero/float32', [[0.0, 0.0]], [[0.25, 0.25]])
    """
    name, wanted = known_op(op), known_dtypes(dtypes)
    return tuple(case_from(found) for found in battery()[name] if found["dtype"] in wanted)


def known_dtypes(dtypes: Dtypes) -> list[str | None]:
    """Return the names of one dtype or of several: float64 for np.float64."""
    if isinstance(dtypes, str) or not isinstance(dtypes, Iterable):
        dtypes = [dtypes]
    listed: list[Any] = [*dtypes]
    known = {dtype: name for name in DTYPES for dtype in (name, np.dtype(name).type)}
    names = [known.get(getattr(dtype, "type", dtype)) for dtype in listed]
    if None in names or not names:
        which = f"one is {listed[names.index(None)]!r}" if names else "there is none"
        raise ValueError(f"vectors: dtypes must be among {DTYPES}, but {which}")
    return names


def known_op(op: ModuleType | str) -> str:
    """Return the name by which the battery knows an op."""
    name = op if isinstance(op, str) else getattr(op, "__name__", repr(op)).rpartition(".")[2]
    if name not in battery():
        raise ValueError(f"vectors: op must be one of {', '.join(battery())}, but is {name!r}")
    return name


@cache
def battery() -> dict[str, list[dict[str, Any]]]:
    """Return the cases of every op as JSON holds them."""
    found: dict[str, list[dict[str, Any]]] = {}
    for case in json.loads(battery_text())["cases"]:
        found.setdefault(case["op"], []).append(case)
    return found


def battery_text() -> str:
    """Return the battery as JSON, one case a line."""
    packed = files("mlp").joinpath("data/vectors.json.gz")
    return gzip.decompress(packed.read_bytes()).decode()


def case_from(found: Mapping[str, Any]) -> Case:
    """Make a case of what JSON holds; y are labels, all else has the dtype of the case."""

    def array(a: Any, dtype: Any = found["dtype"]) -> Any:
        return np.array(a, dtype)[()]

    return Case(
        *(found["op"], found["case"], found["dtype"], dict(found["options"])),
        {
            name: array(a, np.int64) if name == "y" else array(a)
            for name, a in found["arguments"].items()
        },
        array(found["cotangent"]),
        {what: array(a) for what, a in results(found).items()},
        {what: array(a) for what, a in results(found, "_terms").items()},
    )


def results(found: Mapping[str, Any], suffix: str = "") -> dict[str, Any]:
    """Return the results that JSON holds by what they are: forward, backward/Z, ..."""
    forward, backward = f"forward{suffix}", f"backward{suffix}"
    here = {"forward": found[forward]} if forward in found else {}
    return here | {f"backward/{name}": a for name, a in found.get(backward, {}).items()}
