"""float32 computed in float64, where the code does the same there: error bars of 1e-12 for 1e-5.

Code that does something else in float64, or fails, stays in float32, and the report says why. Code
that goes through float32 even then is told by its gradients, before a check or by what it finds.
Tested in tests/test_adapters.py.
"""

import operator
from dataclasses import replace
from typing import Any

import numpy as np

from mlp import tree
from mlp.adapters.question import Question
from mlp.gradcheck import Finding, Report
from mlp.gradcheck.problem import CONSTANT

AGREE = np.sqrt(np.finfo(np.float32).eps)  # of float32 and float64: rounding in many steps, no more
ROUNDED = 16 * np.finfo(np.float32).eps  # what a step in float32 may cost a gradient in float64
IN_DOUBLE = "float32 computed in float64, where it gives the same within the rounding of float32"
OTHERWISE = "computed in float32: in float64 this code gives other numbers than rounding explains"
ROUNDING = "computed in float32: in float64 by hand and numeric differ by what rounding to it costs"
THROUGH = "computed in float32: in float64 this code still goes through float32 on the way"


def is_double(question: Question) -> bool:
    """Tell whether a question is float32 computed in float64."""
    return any(note.message == IN_DOUBLE for note in question.notes)


def in_double(question: Question) -> Question:
    """Return the question in float64 if its code computes there what it does in float32."""
    point = tree.rebuilt(question.point, _widened)
    wide = replace(question, point=point)
    if all(map(operator.is_, tree.flat(point), tree.flat(question.point))):
        return question
    try:
        single = trial(question)
    except Exception:  # noqa: BLE001  # check calls the same code, and says what it raises
        return question
    try:
        double = trial(wide)
    except Exception as error:  # noqa: BLE001  # a stranger's code
        said = f"computed in float32: in float64 it raises {type(error).__name__}: {error}"
    else:
        if any(a.dtype != np.float64 for a in (*double[0], *double[1])):
            said = THROUGH
        elif not all(map(_same, single, double)):
            said = OTHERWISE
        else:
            said = THROUGH if any(map(_is_single, double[1])) else IN_DOUBLE
    asked = wide if said == IN_DOUBLE else question
    note = Finding("dtype", "note", None, said.partition("\n")[0])
    return replace(asked, notes=(*question.notes, note))


def goes_through_single(report: Report) -> bool:
    """Tell whether all that is wrong in float64 looks like rounding to float32 on the way.

    That is small, in most entries, and follows no rule; a fault as small is in some entries, or has
    a diagnosis.
    """
    sizes = {argument.name: argument.size for argument in report.arguments}
    faults = [finding for finding in report.findings if finding.severity == "fault"]
    return bool(faults) and all(
        fault.kind == "mismatch"
        and fault.diagnosis is None
        and (
            2 * len(fault.entries) >= sizes.get(fault.argument or "", 0)
            or fault.message.startswith("all of ")  # a sample of a large array
        )
        and max((abs(entry.by_hand - entry.numeric) for entry in fault.entries), default=np.inf)
        <= ROUNDED * max((abs(entry.numeric) for entry in fault.entries), default=0.0)
        for fault in faults
    )


def trial(question: Question) -> tuple[list[Any], list[Any]]:
    """Run both functions once, on copies: what forward returns, and the gradients, as arrays."""
    result = question.forward(*tree.rebuilt(question.point, tree.copied))
    outs = [np.asarray(leaf) for leaf in tree.flat(result)]
    rng = np.random.default_rng(0)
    drawn = [np.asarray(rng.uniform(0.5, 1.5, a.shape), a.dtype)[()] for a in outs]
    cotangents = tree.rebuild(result, iter(drawn))
    gradients = question.backward(cotangents, *tree.rebuilt(question.point, tree.copied))
    pulled = [leaf for leaf in tree.flat(gradients) if leaf is not None and leaf is not CONSTANT]
    return outs, [np.array(leaf) for leaf in pulled]


def _is_single(gradient: Any) -> bool:
    """Tell whether every entry is a float32, which is no accident: the cotangent was none."""
    lost = gradient.astype(np.float32).astype(np.float64) == gradient
    return bool(gradient.any() and lost.all())


def _widened(leaf: Any) -> Any:
    """Return a float array in float64; anything else as it is."""
    if isinstance(leaf, (np.ndarray, np.generic)) and leaf.dtype.kind == "f":
        return leaf.astype(np.float64) if leaf.dtype.itemsize < 8 else leaf
    return leaf


def _same(single: list[Any], double: list[Any]) -> bool:
    """Tell whether arrays are those of float64, up to the rounding of float32.

    That is measured by the largest of them: a gradient that ought to be 0 is nothing but rounding.
    """
    if [a.shape for a in single] != [a.shape for a in double]:
        return False
    largest = max((np.abs(b).max(initial=0.0) for b in double), default=0.0)
    pairs = zip(single, double, strict=True)
    with np.errstate(all="ignore"):
        return all(bool((np.abs(a - b) <= AGREE * largest).all()) for a, b in pairs)
