"""The battery as files for other languages, and the answers that come back from them.

    vectors.json    one case a line: op, case, dtype, options, arguments, cotangent, and the
                    correctly rounded forward, backward, forward_terms, backward_terms
    vectors.npz     the same as arrays: softmax/ties/float64/Z, .../cotangent, .../forward,
                    .../backward/Z, .../terms/backward/Z
    README.md       what stands where, and how errors are measured

Answers come back in either form, forward and backward being theirs. Tested in
tests/command/test_vectors.py.
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, TypeAlias
from zipfile import BadZipFile

import numpy as np

from mlp.conformance import Conformance, Measurement, RefusedError, limits, measured
from mlp.vectors import SCHEMA, Case, battery, cases, results, text

Answers: TypeAlias = dict[str, dict[str, Any]]  # case: what it is: the result

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


def write(place: Path) -> list[Path]:
    """Write the battery into a directory, which is made where it is missing."""
    place.mkdir(parents=True, exist_ok=True)
    arrays = {
        f"{case.key}/{name}": a
        for op in battery()
        for case in cases(op)
        for name, a in named(case).items()
    }
    written = [place / name for name in ("vectors.json", "vectors.npz", "README.md")]
    written[0].write_text(text(), encoding="utf-8")
    np.savez_compressed(written[1], **arrays)
    written[2].write_text(README, encoding="utf-8")
    return written


def named(case: Case) -> dict[str, Any]:
    """Return the arrays of a case by name."""
    terms = {f"terms/{what}": a for what, a in case.terms.items()}
    return {**case.arguments, "cotangent": case.cotangent, **case.answers, **terms}


def load(path: Path) -> Answers:
    """Return what a file answers; raise ValueError or OSError where it cannot be read."""
    if path.suffix == ".npz":
        try:
            return load_arrays(path)
        except (BadZipFile, EOFError) as error:
            raise ValueError(str(error)) from None
    answers: Answers = {}
    found = json.loads(path.read_text(encoding="utf-8"))
    for case in found["cases"] if isinstance(found, dict) and "cases" in found else [None]:
        if not isinstance(case, dict) or not {"op", "case", "dtype"} <= {*case}:
            raise ValueError(f"must hold cases with op, case and dtype, as in {SCHEMA}")
        key = "{op}/{case}/{dtype}".format(**case)
        answers[key] = {what: numbers(a) for what, a in results(case).items()}
    return answers


def load_arrays(path: Path) -> Answers:
    """Return what arrays answer whose names are those of vectors.npz."""
    answers: Answers = {}
    with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
        for name in arrays.files:
            *key, what = name.split("/", 3)
            if what == "forward" or what.startswith("backward/"):
                answers.setdefault("/".join(key), {})[what] = arrays[name]
    return answers


def numbers(found: Any) -> Any:
    """Return nested lists as an array; text stands for a float, hexadecimal or not."""

    def number(a: Any) -> Any:
        if isinstance(a, list):
            return [number(part) for part in a]
        if isinstance(a, str):
            return float.fromhex(a) if "x" in a else float(a)
        return a

    try:
        return np.array(number(found), dtype=float)
    except (TypeError, ValueError):
        return RefusedError("must hold numbers, in rows of one length")


def judge(answers: Answers, limit: float | None = None) -> Iterator[Conformance]:
    """Yield how far answers are off, op by op; a case left out of an op is a fault of it."""
    ops = [op for op in battery() if any(answers.get(case.key) for case in cases(op))]
    if not ops:
        raise ValueError("answers none of our cases, whose names are those of vectors.json")
    for op in ops:
        given = [answers.get(case.key, {}) for case in cases(op)]
        dtypes = {case.dtype for case, here in zip(cases(op), given, strict=True) if here}
        whats = {what for here in given for what in here}
        found: list[Measurement] = []
        for case, here in zip(cases(op), given, strict=True):
            wanted = [what for what in case.answers if what in whats and case.dtype in dtypes]
            found += measured(case, {what: here[what] for what in wanted if what in here})
            found += absent(case, wanted, here)
        yield Conformance(op, limits(op, limit), tuple(found))


def absent(case: Case, wanted: list[str], here: Mapping[str, Any]) -> Iterator[Measurement]:
    """Yield a fault for every result that was answered for other cases but not for this one."""
    for what in wanted:
        if what not in here:
            yield Measurement(case.name, case.dtype, what, fault="is not answered")
