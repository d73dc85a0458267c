"""The battery as files for other languages, and the answers that come back from them.

    vectors.json    one case a line: op, case, dtype, options, arguments, cotangent, and the
                    correctly rounded forward, backward, forward_terms, backward_terms
    vectors.npz     the same as arrays: softmax/ties/float64/Z, .../cotangent, .../forward,
                    .../backward/Z, .../terms/backward/Z
    README.md       what stands where, and how errors are measured

Answers come back in either form, forward and backward being theirs. Tested in
tests/command/test_vectors.py.
"""

import itertools
import json
import textwrap
import zlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any, TypeAlias
from zipfile import BadZipFile

import numpy as np

from mlp.conformance import Conformance, limits_of
from mlp.files import write_whole
from mlp.measurement import RefusedError, errors_of
from mlp.plain import shortened
from mlp.vectors import SCHEMA, Case, battery, battery_text, cases, results

Answers: TypeAlias = dict[str, dict[str, Any]]  # case: what it is: the result
NAMED = "whose names are those of vectors.json"
IDENTITY = ("op", "case", "dtype")
LONG = 100  # letters of the name of a case
MOST = 100_000_000  # bytes of a file, and of what an archive holds: our own have a hundredth of it
# what zipfile and NumPy raise where bytes of an archive are missing or changed
BROKEN = (BadZipFile, EOFError, MemoryError, OverflowError, RuntimeError, TypeError, zlib.error)

README = f"""\
# Test vectors of mlp, schema {SCHEMA}

Hard inputs of softmax, cross-entropy, gelu and the other ops of a multilayer perceptron, with
correctly rounded results of both directions: the nearest number of the dtype to the true value,
computed in 60 digits.

`vectors.json` is one object, `schema` and `cases`. Each case stands on a line of its own and has

| key | holds |
|---|---|
| `op`, `case`, `dtype` | which it is; the dtype is float64 or float32 |
| `options` | constants such as the slope of leaky_relu |
| `arguments` | by name, in the order of the formula; `y` are labels from 0, all else floats |
| `cotangent` | what backward is given for the result of forward |
| `forward` | the result |
| `backward` | by argument, its cotangent; missing where conventions differ, as at a kink |
| `forward_terms`, `backward_terms` | where results are differences: their terms, absolute, summed |

Decimals are the shortest that a correct reader turns into the same float64; float32 numbers are
exact in them. Losses are means over the batch, all probabilities are over the last axis, and
backward is the vector-Jacobian product. `vectors.npz` holds the same as arrays, named
`softmax/ties/float64/Z`, and then `cotangent`, `forward`, `backward/Z`, `terms/backward/Z`.

An error is counted in ULPs, |result - answer| / ulp(answer), and for differences in ulp(terms); a
result off by half of that or more is lost. To let yours be measured, write a file of the same form
with your `forward` and `backward` in place of these (`op`, `case` and `dtype` tell which it is; the
other keys may go; hexadecimal text such as "0x1.8p+1" is read as well), and then:

    mlp conformance answers.json
"""


def write_battery(directory: Path) -> list[Path]:
    """Write the battery into a directory, which is made where it is missing."""
    directory.mkdir(parents=True, exist_ok=True)
    arrays: dict[str, Any] = {}
    for case in itertools.chain(*map(cases, battery())):
        terms = {f"terms/{what}": a for what, a in case.terms.items()}
        named = {**case.arguments, "cotangent": case.cotangent, **case.answers, **terms}
        arrays |= {f"{case.key}/{name}": a for name, a in named.items()}
    written = [directory / name for name in ("vectors.json", "vectors.npz", "README.md")]
    write_whole(written[0], battery_text())
    write_whole(written[1], lambda path: np.savez_compressed(path, **arrays))
    write_whole(written[2], README)
    return written


def read_answers(path: Path) -> Answers:
    """Return what a file answers; raise ValueError or OSError where it cannot be read."""
    if path.exists() and not path.is_file():
        kind = "a directory" if path.is_dir() else "a pipe or a device"
        raise ValueError(f"must be a file, but is no regular file: {kind}")
    bounded("it", path.stat().st_size)
    try:
        return from_arrays(path) if path.suffix == ".npz" else from_cases(path)
    except RecursionError:
        raise ValueError("must hold arrays of at most two axes, but is nested too deep") from None
    except BROKEN as error:
        raise ValueError(f"is broken, write it anew: {error}") from None


def from_cases(path: Path) -> Answers:
    """Return what JSON answers whose cases are like those of vectors.json."""
    answers: Answers = {}
    keys = {case.key for op in battery() for case in cases(op)}
    found = json.loads(path.read_text(encoding="utf-8"))
    listed: Any = found.get("cases") if isinstance(found, dict) else None
    required = f"must hold cases with op, case and dtype, as in {SCHEMA}, but"
    demand(isinstance(listed, list), f"{required} is {excerpt(found)}")
    for case in listed:
        names: Any = [case.get(key) for key in IDENTITY] if isinstance(case, dict) else [None]
        demand(all(isinstance(name, str) for name in names), f"{required} one is {excerpt(case)}")
        key = "/".join(names)
        known(key, keys)
        demand(key not in answers, f"{key} is answered twice: leave one of them out")
        backward = case.get("backward", {})
        demand(
            isinstance(backward, dict),
            f'{key}: backward must be an object such as {{"Z": [[0.5]]}}, with the name of each '
            f"argument, but is {excerpt(backward)}",
        )
        answers[key] = {what: numbers(a, f"{key}: {what}") for what, a in results(case).items()}
    return answers


def from_arrays(path: Path) -> Answers:
    """Return what arrays answer whose names are those of vectors.npz."""
    answers: Answers = {}
    every = [case for op in battery() for case in cases(op)]
    asked, keys = {name for case in every for name in case.arguments}, {case.key for case in every}
    required = "must hold arrays by name, as numpy.savez writes them, but"
    with path.open("rb") as file:
        arrays = np.load(file, allow_pickle=False)
        demand(not isinstance(arrays, np.ndarray), f"{required} is one array")
        bounded("what is packed in it", sum(entry.file_size for entry in arrays.zip.infolist()))
        for name in arrays.files:
            *key, what = name.split("/", 3) if name.count("/") > 2 else (name, "")
            known("/".join(key), keys)
            a = arrays[name]
            demand(isinstance(a, np.ndarray), f"{required} {name} is none")
            here = answers.setdefault("/".join(key), {})
            if what not in asked | {"cotangent"} and not what.startswith("terms/"):
                here[what] = a
    return answers


def bounded(what: str, size: int) -> None:
    """Raise ValueError for more bytes than answers to all of our questions take."""
    demand(size <= MOST, f"{what} must have at most {MOST:,} bytes, but has {size:,}")


def demand(holds: bool, complaint: str) -> None:  # noqa: FBT001  # a sentence to read
    """Raise ValueError with a complaint about the file, unless what it must be holds."""
    if not holds:
        raise ValueError(complaint)


def numbers(found: Any, whose: str) -> Any:
    """Return nested lists as an array; text stands for a float, hexadecimal or not."""

    def number(a: Any) -> Any:
        if isinstance(a, list):
            return [number(part) for part in a]
        if isinstance(a, str):
            return float.fromhex(a) if "x" in a else float(a)
        return a

    try:
        return np.array(number(found), dtype=float)
    except OverflowError:
        raise ValueError(
            f'{whose} must hold numbers of float64, but one is too large: write it as "inf"'
        ) from None
    except (TypeError, ValueError):
        return RefusedError("must hold numbers, in rows of one length")


def excerpt(found: Any) -> str:
    """Write what a file holds in at most 40 letters."""
    return textwrap.shorten(json.dumps(found)[:200], 40, placeholder=" ...")


def compared(answers: Answers, limit: float | None = None) -> Iterator[Conformance]:
    """Yield how far answers are off, op by op; a case left out of an op is a fault of it."""
    asked = {op: cases(op) for op in battery()}
    refuse_unknown(answers, asked)
    missing = RefusedError("is not answered")
    for op, every in asked.items():
        given = [(case, answers.get(case.key, {})) for case in every]
        dtypes = {case.dtype for case, here in given if here}
        whats = {what for _, here in given for what in here}
        found = [
            measurement
            for case, here in given
            if case.dtype in dtypes
            for measurement in errors_of(
                case, {what: here.get(what, missing) for what in case.answers if what in whats}
            )
        ]
        if dtypes:
            yield Conformance(op, limits_of(op, limit), tuple(found))


def refuse_unknown(answers: Answers, asked: Mapping[str, Sequence[Case]]) -> None:
    """Raise ValueError for an answer to no question: what is misspelt would go unmeasured."""
    wanted: dict[str, set[str]] = {}
    for every in asked.values():
        whats = {what for case in every for what in case.answers}  # at a kink too
        wanted |= {case.key: whats for case in every}
    for key, here in answers.items():
        known(key, wanted)
        for what in here:
            names = ", ".join(sorted(wanted[key]))
            demand(what in wanted[key], f"{key} must answer {names}, but answers {what!r}")
    demand(any(answers.values()), f"answers none of our cases, {NAMED}")


def known(key: str, wanted: Collection[str]) -> None:
    """Raise ValueError for a case that is none of ours."""
    if key not in wanted:
        near = get_close_matches(key, wanted, 1, 0.9) if len(key) < LONG else ()
        meant = f": did you mean {near[0]!r}?" if near else f", {NAMED}"
        raise ValueError(f"{shortened(key, LONG)!r} is none of our cases{meant}")
