"""Prove what ``mlp verify --prove`` checks:  each op once, however many points it is checked at.

    proved               forward and backward themselves
    proved (definition)  definition and definition_backward, the textbook lines that an op ships
                         beside its own, which are tied to them by the numbers
    checked              zero modulo a prime, or not in every region
    refused              at the point of a counterexample: the gradient is wrong
    not proved           what stands in the way is named; the numbers still speak

A check that ends undecided for what floats do (noise, truncation, vacuity) is settled by a proof at
the shapes of its point, in the region that the point's own branches make.

Tested in tests/runner/test_proofs.py.
"""

import contextlib
import copy
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from types import MappingProxyType, SimpleNamespace
from typing import Any, TypeAlias

import numpy as np

from mlp import tree
from mlp.adapters.question import dressed
from mlp.gradcheck.finding import Finding
from mlp.gradcheck.report import Report
from mlp.op import Location, argument_names, bare, name_of, padded, place_of, positions_of
from mlp.proof import Proof
from mlp.proof.real.decide import TOO_MANY
from mlp.proof.report import listed, sized
from mlp.proof.run.code import prove_at, unproved
from mlp.proof.run.here import Here, prove_here
from mlp.runner.child import Stranger
from mlp.runner.guard import SOON, TargetError, TooLong, guarded
from mlp.runner.sizes import LEAST, fitted, from_point, runs, signature_of
from mlp.runner.targets import Target
from mlp.signature import parse
from mlp.verdict import holds

SMALL = {"n": 2, "d": 2, "h": 1, "c": 2}  # of a network, which has many regions
OF_NUMBERS = {"noise", "truncation", "vacuous"}  # doubts that a proof settles
Ask: TypeAlias = Callable[..., Proof]
SHARE = 3  # of the time, for the sizes that are tried first


@dataclass(frozen=True)
class Proved:
    """The verdict on an op under its options, the reason in a line, and the proof if any."""

    verdict: str
    reason: str
    proof: Proof | None = None
    options: str = ""

    @property
    def text(self) -> str:
        """The proof in full, or the reason why there is none."""
        return self.reason if self.proof is None else str(self.proof)

    def finding(self) -> Finding:
        """Return a refusal as what a report finds: the entry, and the point where it fails."""
        found = self.proof.counterexample if self.proof is not None else None
        argument = found.argument if found is not None else None
        said = str(found or self.reason).replace("\n  ", "\n")
        return Finding("proof", "fault", argument, f"refused: {said}")

    def to_dict(self) -> dict[str, Any]:
        """Return it in plain types, for JSON."""
        plain = {} if self.proof is None else self.proof.to_dict()
        return {**plain, "verdict": self.verdict, "reason": self.reason}


class Prover:
    """Proves targets, and remembers what it has proved."""

    def __init__(self, seed: int, timeout: float) -> None:
        self.seed, self.timeout = seed, timeout
        self.known: dict[Any, Proved] = {}

    def __call__(self, target: Target) -> Proved:
        """Prove one target, or return what came of the same functions before."""
        key = [bare(function) for function in (target.forward, target.backward)]
        words = tuple((function, *sorted(options.items())) for function, options in key)
        if words not in self.known:
            self.known[words] = self._prove(target)
        return self.known[words]

    def settled(self, target: Target, report: Report) -> Report:
        """Return a report whose doubts a proof settles: those of numbers, where the point lies.

        What raised, jumps, leaves the domain or is not deterministic is not settled, and nothing
        is where a single doubt would stay.
        """
        doubts = [finding for finding in report.findings if finding.severity != "note"]
        in_doubt = {finding.argument for finding in doubts}
        if not all(f.severity == "doubt" and f.kind in OF_NUMBERS and f.argument for f in doubts):
            return report
        target, _ = with_constants(target, self.seed)
        point = target.at(self.seed)
        try:
            here = guarded(
                lambda: prove_here(target.forward, target.backward, point, target.wrt), self.timeout
            )
        except TargetError as error:
            here = Here({}, reason=str(error))
        if not here or not in_doubt <= {*here.arguments}:
            return report
        return replace(
            report,
            findings=tuple(
                _noted(finding, here) if finding in doubts else finding
                for finding in report.findings
            ),
            arguments=tuple(
                replace(row, verdict="correct", decided_by="proof") if row.name in in_doubt else row
                for row in report.arguments
            ),
        )

    def _prove(self, target: Target) -> Proved:
        options = ", ".join(f"{name}={value!r}" for name, value in bare(target.forward)[1].items())
        try:
            proof, verdict, _ = attempt(target, self.timeout, self.seed)
        except TargetError as error:
            return Proved("not proved", str(error), options=options)
        return Proved(verdict, proof.reason, proof, options)


def _noted(doubt: Finding, here: Here) -> Finding:
    """Return a doubt as a note, with the proof that settles it: its shapes and its region."""
    where = f" where {listed(here.region)}" if here.region else ""
    said = (
        f"decided by a proof for all real numbers in {sized(here.shapes)}{where}: by hand is the "
        f"derivative there, and has its value here; by numbers alone: {doubt.message}"
    )
    return replace(doubt, severity="note", message=said)


def attempt(
    target: Target | Stranger,
    timeout: float,
    seed: int = 0,
    shapes: str | None = None,
    sizes: Mapping[str, int] = MappingProxyType({}),
) -> tuple[Proof, str, Location | None]:
    """Return a proof, the verdict with what it is about, and the line of what was proved.

    Raises ``TargetError`` where there is none.
    """
    if isinstance(target, Stranger):
        there: tuple[Proof, str, Location | None]
        same = (target.key, timeout, seed, shapes, dict(sizes))
        there = target.child.ask("attempt", *same, seconds=timeout)
        return there
    own = getattr(bare(target.forward)[0], "shapes", None)
    target, why = (target, "") if own else with_constants(target, seed)
    forward, backward, by_definition = textbook(target.forward, target.backward)
    if why:
        proof = unproved(forward, backward, why)
    else:
        ask: Ask = partial(prove_at, forward, backward)
        words = asked(target, seed, shapes, sizes)
        if own or shapes:
            proof = guarded(partial(ask, **words), timeout)
        else:
            proof = _at_small_sizes(target, ask, words, seed, timeout)
    verdict = "proved (definition)" if by_definition and proof else proof.verdict
    return proof, verdict, place_of(backward)


def _at_small_sizes(
    target: Target, ask: Ask, words: Mapping[str, Any], seed: int, timeout: float
) -> Proof:
    """Prove at small sizes, and at others where these will not do, which the proof then says."""
    since = time.monotonic()
    try:
        proof = guarded(lambda: _read(target, ask, words, seed), timeout / SHARE)
    except TooLong as error:
        proof = unproved(target.forward, target.backward, str(error).partition(";")[0])
    if not (other := instead(proof, target, seed)):
        return proof
    try:
        left = max(timeout - (time.monotonic() - since), SOON)
        again = guarded(lambda: _read(target, ask, {**words, "shapes": other}, seed), left)
    except TooLong:
        if not proof.shapes:
            raise TooLong(timeout) from None
        return proof
    tried = sized(proof.shapes) or words["shapes"].partition("->")[0]
    if again.verdict in ("not proved", proof.verdict):
        return proof
    return replace(again, partly=f"at {tried}: {proof.reason}")


def _read(target: Target, ask: Ask, words: Mapping[str, Any], seed: int) -> Proof:
    """Prove with integers as numbers, else as what they may be besides."""
    proof = ask(**words)
    if not holds(proof.verdict):
        for reading in _of_integers(target, seed, words):
            if holds(reading.verdict):
                return reading
            proof = reading if reading.verdict == "refused" and reading.partly else proof
    return proof


def _of_integers(target: Target, seed: int, words: Mapping[str, Any]) -> Iterator[Proof]:
    """Yield proofs where integers are labels, all of them in turn, then where they are as given."""
    point = target.at(seed)
    names = padded(argument_names(target.forward), len(point))
    whole = [name for name, a in zip(names, point, strict=True) if _kind(a) in "iu"]
    if not whole:
        return
    with contextlib.suppress(ValueError):  # no axis of classes, or too many labels
        yield prove_at(target.forward, target.backward, **words, labels=whole)
    fixed, _ = with_constants(target, seed, "fb")
    here = signature_of(map(np.shape, fixed.at(seed)))
    proof = prove_at(
        fixed.forward, fixed.backward, shapes=here, wrt=fixed.wrt, sizes={}, elsewhere=(here, {})
    )
    yield replace(proof, partly=f"with {listed(whole)} as the example has it")


def asked(
    target: Target, seed: int, shapes: str | None, sizes: Mapping[str, int]
) -> dict[str, Any]:
    """Return shapes, sizes and wrt for a target, and what it is looked at besides."""
    forward, _ = bare(target.forward)
    signature = shapes or getattr(forward, "shapes", None)
    small, large, few, wrt = signature, signature, {}, target.wrt
    if signature is None:
        point = target.at(seed)
        small, large = from_point(point), signature_of(map(np.shape, point))
        moved = [i for i, argument in enumerate(point) if _kind(argument) == "f"]
        wrt = wrt if wrt is not None else moved or None
    elif {a for group in parse(signature)[0] for axes in group for a in axes} == {*SMALL}:
        few = SMALL
    lengths = {**few, **sizes}
    return {"shapes": small, "wrt": wrt, "sizes": lengths, "elsewhere": (large, sizes)}


def with_constants(target: Target, seed: int, kinds: str = "fiub") -> tuple[Target, str]:
    """Return a target whose text, None and dicts of options are set, and what stands in the way.

    No symbol stands for what is of none of these kinds: "mean" would be compared with a number.
    """
    point = target.at(seed)
    names = padded(argument_names(target.forward), len(point))
    refusal = "{came!r} is none of {names}"
    by = range(len(point)) if target.wrt is None else positions_of(target.wrt, names, refusal)
    strange = {i: argument for i, argument in enumerate(point) if _kind(argument) not in kinds}
    if moved := [i for i in strange if i in by and any(map(_moves, tree.flat(strange[i])))]:
        what = type(strange[moved[0]]).__name__
        said = f"{names[moved[0]]} is {what}, no array or number"
        return target, f"{said}: prove a function that takes each array as an argument of its own"
    if not strange:
        return target, ""
    left = [i for i in range(len(point)) if i not in strange]
    taken = [names[i] for i in left]
    forward, backward = (
        dressed(_given(f, strange, first), name_of(f), [*before, *taken], f)
        for f, first, before in ((target.forward, 0, ()), (target.backward, 1, ("dO",)))
    )
    wrt = None if target.wrt is None else tuple(left.index(i) for i in by if i in left)
    draw = target.draw
    return (
        replace(
            target,
            forward=forward,
            backward=backward,
            draw=lambda rng: tuple(map(draw(rng).__getitem__, left)),
            wrt=wrt,
        ),
        "",
    )


def _given(function: Callable[..., Any], constants: Mapping[int, Any], first: int) -> Any:
    """Return a function of the other arguments, with fresh constants in every call."""

    def given(*args: Any) -> Any:
        every = [*args]
        for position, constant in constants.items():
            every.insert(first + position, copy.deepcopy(constant))
        returned = function(*every)
        whole = isinstance(returned, tuple) and len(returned) == len(every) - first
        if first and whole and all(returned[i] is None for i in constants):
            return tuple(g for i, g in enumerate(returned) if i not in constants)
        return returned

    return given


def _moves(leaf: Any) -> bool:
    """Tell whether a leaf of a structure is an array of real numbers."""
    return isinstance(leaf, np.ndarray) and leaf.dtype.kind == "f"


def _kind(argument: Any) -> str:
    try:
        return np.asarray(argument).dtype.kind
    except ValueError:  # arrays of several shapes
        return "f"


def instead(proof: Proof, target: Target, seed: int) -> str | None:
    """Return the signature of other sizes to prove at where small ones did not do, if there is one.

    Where terms or regions were too many, or nothing came in time, the least sizes; where the code
    raised, for it may have constants in it, small ones at which it runs; also where a gradient has
    another shape at small sizes alone.
    """
    point = target.at(seed)
    refused = proof.verdict == "refused" and proof.counterexample is None  # for a shape
    if refused and runs(target.forward, target.backward, point):
        return fitted(target.forward, target.backward, point)
    if proof.verdict not in ("not proved", "checked"):
        return None
    if proof.verdict == "checked" or proof.reason.endswith(TOO_MANY) or not proof.shapes:
        return fitted(target.forward, target.backward, point, LEAST)
    return None if proof.entries else fitted(target.forward, target.backward, point)


def textbook(
    forward: Callable[..., Any], backward: Callable[..., Any]
) -> tuple[Callable[..., Any], Callable[..., Any], bool]:
    """Return the pair to prove, and whether textbook lines stand in for something in it."""
    function, options = bare(forward)
    op: Any = sys.modules.get(function.__module__)
    if hasattr(op, "definition_backward"):
        return partial(op.definition, **options), partial(op.definition_backward, **options), True
    op = sys.modules.get(f"mlp.ops.{options.get('activation')}")
    if hasattr(op, "definition_backward"):
        lines = SimpleNamespace(forward=op.definition, backward=op.definition_backward)
        return partial(forward, activation=lines), partial(backward, activation=lines), True
    return forward, backward, False
