"""Is this backward the derivative of this forward?  Both run on symbols; each entry is decided.

    every argument    an array of symbols; every vector of labels in turn     (question.py)
    every region      a way through the branches of the code                  (regions.py)
    every entry       ∂⟨dO, forward⟩/∂x − backward is zero, or is not         (decide.py)

Tested in tests/proof/run/test_code.py.
"""

import time
import traceback
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import sympy

from mlp import tree
from mlp.op import Wrt, name_of
from mlp.proof.real.decide import Decider
from mlp.proof.real.numbers import Numbers
from mlp.proof.report import Counterexample, Proof, sized
from mlp.proof.run.arrays import exact_array, expressions
from mlp.proof.run.chain import gradient
from mlp.proof.run.elsewhere import look
from mlp.proof.run.question import (
    Case,
    Question,
    cotangents,
    floats,
    poses,
)
from mlp.proof.run.regions import Explorer, Region
from mlp.proof.run.trace import Trace
from mlp.verdict import holds, rank

NOTHING = "every gradient was declared constant (None), so nothing was compared"


def prove(
    forward: Callable[..., Any],
    backward: Callable[..., Any],
    *,
    shapes: str | None = None,
    wrt: Wrt = None,
    labels: str | Sequence[str] = (),
    **sizes: int,
) -> Proof:
    """Prove that backward is the derivative of forward, for all real values at small sizes.

    Both run, unchanged, on arrays of exact symbols. Where the code compares, each outcome is a
    region of its own, in which every entry is proved; labels take all their values in turn.
    Constants such as 0.01 stand for the simplest number that they are the float of, and arithmetic
    is that of real numbers: rounding is not looked at, nor the borders between regions.

    Parameters
    ----------
    forward : Callable
        ``forward(*point)`` returns an array, a number, or a dict, list, tuple or dataclass of them.
    backward : Callable
        ``backward(cotangent, *point)`` returns one gradient, or a tuple with one for each
        differentiated argument, in order. ``None`` in place of a gradient declares a constant.
    shapes : str, optional
        Signature of forward, such as ``"(n,d),(d,m),(m)->(n,m)"``; that of its ``@shapes`` unless
        given. An axis may be a number.
    wrt : int, str or sequence of them, optional
        Positions or names of the differentiated arguments; those of ``WRT`` on the function or on
        its module, else every argument that does not hold labels.
    labels : str or sequence of str, optional
        Names of arguments that hold class labels 0 .. c−1, beside those annotated ``Labels``.
    **sizes : int
        Lengths of axes, such as ``n=2, d=3``; small ones unless given.

    Returns
    -------
    Proof
        True only where its ``verdict`` is "proved". "checked" says that an entry was too long to
        expand and is zero modulo a prime, or that not every region was reached; "refused" comes
        with a counterexample; "not proved" names what stands in the way: ``mlp.check`` can still
        look at the numbers.

    Raises
    ------
    ValueError
        For a signature, a size or a name that does not fit.

    Examples
    --------
    >>> import mlp
    >>> bool(mlp.prove(lambda x: x**3, lambda dy, x: dy * 3 * x**2, shapes="(n)->(n)"))
    True
    >>> proof = mlp.prove(abs, lambda dy, x: dy, shapes="(n)->(n)")
    >>> proof.verdict, proof.counterexample.by_hand / proof.counterexample.true
    ('refused', -1.0)
    """
    return prove_at(forward, backward, shapes=shapes, wrt=wrt, labels=labels, sizes=sizes)


def prove_at(
    forward: Callable[..., Any],
    backward: Callable[..., Any],
    *,
    shapes: str | None,
    wrt: Wrt,
    labels: str | Sequence[str] = (),
    sizes: Mapping[str, int],
    elsewhere: tuple[str | None, Mapping[str, int]] | None = None,
) -> Proof:
    """Prove at these sizes; then look for a counterexample at others, or by that signature."""
    started = time.perf_counter()
    for question in poses(forward, backward, shapes, wrt, labels, sizes):
        tally = _settle(question)
        if not tally.left:
            break
    also: dict[str, str] = {}
    if holds(tally.verdict):
        signature, lengths = elsewhere or (shapes, sizes)
        (other,) = poses(forward, backward, signature, wrt, labels, lengths, elsewhere=True)
        seen = look(other) if other.shapes != question.shapes else None
        if seen:
            reason = seen.reason or "not at every size"
            if seen.error is not None:
                reason = f"backward raises {blame(seen.error)}"
            tally.worsen(seen.verdict, f"it holds for {sized(question.spelled)}, but {reason}")
            tally.counterexample, question = seen.counterexample, other
        elif seen is not None:
            also = other.spelled
    return Proof(
        subject=f"{name_of(backward)} as the gradient of {name_of(forward)}",
        verdict=tally.verdict,
        reason=tally.reason,
        shapes=question.spelled,
        entries=len(tally.entries),
        cases=tally.cases,
        regions=tally.regions,
        missed=tally.missed,
        branches=tuple(tally.branches),
        domain=tuple(tally.domain),
        constants=tuple(f"{x!r} as {e}" for x, e in tally.constants.items() if repr(x) != str(e)),
        unchecked=tuple(tally.unchecked),
        seconds=time.perf_counter() - started,
        counterexample=tally.counterexample,
        also=also,
    )


@dataclass
class _Tally:
    """What has been found so far."""

    verdict: str = "proved"
    reason: str = ""
    entries: set[Any] = field(default_factory=set)
    cases: int = 0
    regions: int = 0
    missed: int = 0
    left: bool = False  # more regions than were visited
    branches: dict[str, None] = field(default_factory=dict)
    domain: dict[str, None] = field(default_factory=dict)
    constants: dict[float, Any] = field(default_factory=dict)
    unchecked: dict[str, None] = field(default_factory=dict)
    counterexample: Counterexample | None = None
    explorers: dict[Any, Explorer] = field(default_factory=dict)

    def worsen(self, verdict: str, reason: str) -> None:
        """Keep the worse verdict, and the first reason for it."""
        if rank(verdict) > rank(self.verdict):
            self.verdict, self.reason = verdict, reason


class _Stop(Exception):  # noqa: N818  # no error: the answer is known
    """The verdict is known, and nothing further can better it."""

    def __init__(
        self, verdict: str, reason: str = "", counterexample: Counterexample | None = None
    ) -> None:
        super().__init__(reason)
        self.verdict, self.reason, self.counterexample = verdict, reason, counterexample


def _settle(question: Question) -> _Tally:
    """Prove every case, until the verdict is known."""
    tally = _Tally()
    try:
        for case in question.cases():
            tally.cases += 1
            _prove_case(question, case, tally)
    except _Stop as stop:
        tally.worsen(stop.verdict, stop.reason)
        tally.counterexample = stop.counterexample
    if not tally.entries:
        tally.worsen("not proved", NOTHING)
    return tally


def _prove_case(question: Question, case: Case, tally: _Tally) -> None:
    """Prove one choice of shapes and labels in every region."""
    cotangents = _cotangents(question, case)
    free = (*case.symbols, *(s for a in tree.flat(cotangents) for s in a.flat))
    explorer = tally.explorers.setdefault(free, Explorer(free))  # other labels, the same regions
    reached = 0

    def run(trace: Trace) -> tuple[Any, Any]:
        output = question.forward(*_on(trace, case))
        handed = tree.rebuilt(cotangents, lambda a: exact_array(trace, a))
        return output, question.backward(handed, *_on(trace, case))

    try:
        for region in explorer.regions(run):
            reached += 1
            _prove_region(question, case, cotangents, region, tally)
    except (_Stop, KeyboardInterrupt):
        raise
    except Exception as error:  # whatever the code does, it is named
        raise _Stop("not proved", blame(error)) from error
    if not reached:
        raise _Stop("not proved", "no point was found at which forward is defined")
    tally.regions += reached
    tally.missed += len(explorer.missed) + explorer.left
    if explorer.left:
        tally.left = True
        tally.worsen("checked", f"{reached} regions were proved, and there are more")
    elif explorer.missed:
        tally.worsen("checked", "not every region was reached or excluded")


def _prove_region(
    question: Question, case: Case, cotangents: Any, region: Region, tally: _Tally
) -> None:
    """Prove every entry in one region."""
    output, returned = region.result
    trace = region.trace
    handed = [s for a in tree.flat(cotangents) for s in a.flat]
    made = [e for o in tree.flat(output) for e in expressions(trace, o)]
    loss = sympy.Add(*(s * e for s, e in zip(handed, made, strict=True)))
    relations = [condition.relation for condition in region.path]
    slopes = gradient(loss, case.symbols)
    decider = Decider(relations, region.witness)
    for condition in region.path:
        (tally.domain if condition.domain else tally.branches)[
            str(condition.relation if condition.domain else condition.e)
        ] = None
    tally.domain.update(dict.fromkeys(f"{e} ≠ 0" for e in trace.unequal))
    tally.constants.update(trace.constants)
    for i, pulled in zip(question.wrt, _gradients(question, returned), strict=True):
        name, wanted = question.names[i], case.arguments[i]
        if pulled is None:
            tally.unchecked[name] = None
            continue
        if np.shape(pulled) != wanted.shape:
            said = f"the gradient must have the shape {wanted.shape} of {name}"
            raise _Stop("refused", f"{said}, but its shape is {np.shape(pulled)}")
        by_hand = expressions(trace, pulled)
        for index in np.ndindex(wanted.shape):
            entry = _Entry(name, index, next(by_hand), slopes[wanted[index]])
            tally.entries.add((name, index))
            _decide(entry, decider, region, case, tally)


@dataclass(frozen=True)
class _Entry:
    """One entry of a gradient, by hand and as the derivative of forward."""

    argument: str
    index: tuple[int, ...]
    by_hand: Any
    true: Any


def _decide(entry: _Entry, decider: Decider, region: Region, case: Case, tally: _Tally) -> None:
    """Decide one entry in one region; raise _Stop where it is not zero or not known to be."""
    difference = entry.true - entry.by_hand
    decision = decider.is_zero(difference)
    where = f"{entry.argument}{list(entry.index)}"
    if decision.verdict == "refused":
        point = {**region.witness, **(decision.counterexample or {})}
        used = difference.free_symbols.union(*(c.e.free_symbols for c in region.path))
        numbers = Numbers(point)
        found = Counterexample(
            entry.argument,
            entry.index,
            float(numbers.of(entry.by_hand)),
            float(numbers.of(entry.true)),
            {str(s): point[s] for s in sorted(used, key=str)},
            case.said,
        )
        raise _Stop("refused", counterexample=found)
    if decision.verdict == "not proved":
        why = decision.reason or "neither an identity nor a counterexample was found"
        raise _Stop("not proved", f"{where}: {why}")
    if decision.verdict == "checked":
        tally.worsen(
            "checked", f"{where}: zero modulo a prime at random points, too long to expand"
        )


def _gradients(question: Question, returned: Any) -> list[Any]:
    """Return what backward returned as a list with one gradient for each argument."""
    gradients = question.gradients(returned)
    if len(gradients) != len(question.wrt):
        names = ", ".join(question.names[i] for i in question.wrt)
        raise _Stop(
            "refused", f"backward must return {names}, but returned {len(gradients)} arrays"
        )
    return gradients


def _cotangents(question: Question, case: Case) -> Any:
    """Return symbols in the shape of what forward returns, which a run on floats shows."""
    error: Exception | None = None
    for witness in Explorer(case.symbols).witnesses(()):
        point = [floats(a, witness) for a in case.arguments]
        try:
            with np.errstate(all="ignore"), warnings.catch_warnings():
                warnings.simplefilter("ignore")
                output = question.forward(*point)
        except Exception as caught:  # noqa: BLE001  # a stranger's code; another point may do
            error = caught
        else:
            return cotangents(output)
    raise _Stop("not proved", blame(error) if error else "no point was found") from error


def _on(trace: Trace, case: Case) -> list[Any]:
    """Return the arguments of a case as fresh arrays of scalars."""
    return [a.copy() if a.dtype != object else exact_array(trace, a) for a in case.arguments]


def blame(error: BaseException) -> str:
    """Say in one line what was raised, and at which line of whose code."""
    ours = Path(__file__).parent
    frames = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if Path(frame.filename).parent != ours and not frame.filename.startswith("<")
    ]
    place = f" ({Path(frames[-1].filename).name}:{frames[-1].lineno})" if frames else ""
    what = " ".join(str(error).split())
    return f"{type(error).__name__}: {what}{place}"
