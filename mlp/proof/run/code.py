"""Is this backward the derivative of this forward?  Both run on symbols; each entry is decided.

    every argument    an array of symbols; every vector of labels in turn     (goal.py, choice.py)
    every region      a way through the branches of the code                  (regions.py)
    every entry       ∂⟨dO, forward⟩/∂x − backward is zero, or is not         (both.py, decide.py)
    elsewhere         what is proved is looked at where no lengths coincide   (elsewhere.py)

Tested in tests/proof/run/test_code.py.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from mlp.op import Wrt, name_of
from mlp.proof.real.decide import TOO_MANY, Decider
from mlp.proof.real.numbers import Numbers
from mlp.proof.report import Counterexample, Proof, sized
from mlp.proof.run.answer import Concluded, named
from mlp.proof.run.both import Both, Compared
from mlp.proof.run.choice import choices
from mlp.proof.run.elsewhere import runs_elsewhere
from mlp.proof.run.goal import Goal, goals_of
from mlp.proof.run.regions import Explorer, Region
from mlp.verdict import holds, rank

NOTHING = "every gradient was declared constant (None), so nothing was compared"
ROUNDED = "off by less than rounding: a constant of the code is no simple number"
ROUNDING = 2.0**-50
LONG = "zero modulo a prime at random points, too long to expand"


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
    try:
        return prove_at(forward, backward, shapes=shapes, wrt=wrt, labels=labels, sizes=sizes)
    except SystemExit as error:  # it would end the program that asks
        return unproved(forward, backward, f"the code calls sys.exit({error.code!r})")


def unproved(forward: Callable[..., Any], backward: Callable[..., Any], why: str) -> Proof:
    """Return what is said of a pair that was not looked at."""
    subject = f"{name_of(backward)} as the gradient of {name_of(forward)}"
    return Proof(subject, "not proved", why, {}, 0, 0, 0, 0, (), (), (), (), 0.0)


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
    *small, large = goals_of(forward, backward, shapes, wrt, labels, sizes, elsewhere)
    tried: list[tuple[Goal, _Tally]] = []
    for goal in small:
        tried.append((goal, _decided(goal)))
        if not tried[-1][1].unfinished:
            break
    goal, tally = min(tried, key=lambda each: rank(each[1].verdict))
    also: dict[str, str] = {}
    if holds(tally.verdict):
        try:
            if large.shapes != goal.shapes and runs_elsewhere(large):
                also = large.spelled
        except Concluded as found:
            found.reason = (
                f"it holds for {sized(goal.spelled)}, but {found.reason or 'not at every size'}"
            )
            tally.conclude(found)
            goal = large
    return Proof(
        subject=f"{name_of(backward)} as the gradient of {name_of(forward)}",
        verdict=tally.verdict,
        reason=tally.reason,
        shapes=goal.spelled,
        entries=len(tally.entries),
        cases=tally.cases,
        regions=tally.regions,
        missed=tally.missed,
        branches=tuple(map(str, tally.branches)),
        domain=tuple(map(str, tally.domain)),
        constants=tuple(f"{x!r} as {e}" for x, e in tally.constants.items() if repr(x) != str(e)),
        unchecked=tuple(tally.unchecked),
        seconds=time.perf_counter() - started,
        counterexample=tally.counterexample,
        also=also,
        partly="; ".join(
            f"at {sized(other.spelled)}: {found.reason}"
            for other, found in tried
            if found is not tally and other is not goal
        ),
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
    unfinished: bool = False  # more regions than were visited, or more terms than are taken
    branches: dict[Any, None] = field(default_factory=dict)
    domain: dict[Any, None] = field(default_factory=dict)
    constants: dict[float, Any] = field(default_factory=dict)
    unchecked: dict[str, None] = field(default_factory=dict)
    counterexample: Counterexample | None = None

    def worsen(self, verdict: str, reason: str) -> None:
        """Keep the worse verdict, and the first reason for it."""
        if rank(verdict) > rank(self.verdict):
            self.verdict, self.reason = verdict, reason

    def conclude(self, answer: Concluded) -> None:
        """Take over what nothing further can better."""
        self.worsen(answer.verdict, answer.reason)
        self.counterexample = answer.counterexample

    def visit(self, region: Region) -> None:
        """Keep what a region assumes."""
        for condition in region.path:
            if condition.domain:
                self.domain[condition.relation] = None
            else:
                self.branches[condition.e] = None
        self.domain.update(dict.fromkeys(f"{e} ≠ 0" for e in region.trace.unequal))
        self.constants.update(region.trace.constants)

    def leave(self, explorer: Explorer, reached: int) -> None:
        """Count the regions of a choice, and those that there may be besides."""
        if not reached:
            raise Concluded("not proved", "no point was found at which forward is defined")
        self.regions += reached
        self.missed += len(explorer.missed) + explorer.left
        if explorer.left:
            self.unfinished = True
            self.worsen("checked", f"{reached} regions were proved, and there are more")
        elif explorer.missed:
            self.worsen("checked", "not every region was reached or excluded")


def _decided(goal: Goal) -> _Tally:
    """Decide every entry for every choice in every region, until the verdict is known."""
    tally = _Tally()
    explorers: dict[Any, Explorer] = {}
    anywhere = Decider()  # most entries are zero in every region, and are worked out once
    try:
        for choice in choices(goal):
            tally.cases += 1
            both = Both(choice)
            if both.symbols not in explorers:  # other labels, the same regions
                explorers[both.symbols] = Explorer(both.symbols)
            explorer, reached = explorers[both.symbols], 0
            for region in explorer.regions(both.run):
                reached += 1
                if not tally.entries:
                    both.repeat(region)
                _decide(both, region, anywhere, tally)
            tally.leave(explorer, reached)
    except Concluded as answer:
        tally.conclude(answer)
    except Exception as error:  # noqa: BLE001  # whatever the code does, it is named
        tally.conclude(Concluded("not proved", named(error)))
    if not tally.entries:
        tally.worsen("not proved", NOTHING)
    return tally


def _decide(both: Both, region: Region, anywhere: Decider, tally: _Tally) -> None:
    """Decide every entry in one region; raise Concluded where one is not known to be zero."""
    tally.visit(region)
    decider = Decider([condition.relation for condition in region.path], region.witness)
    for argument, compared in both.compared(region):
        if not compared:
            tally.unchecked[argument] = None
        for entry in compared:
            tally.entries.add((argument, entry.index))
            difference = entry.true - entry.by_hand
            decision = anywhere.proves_zero(difference) or decider.is_zero(difference)
            where = f"{argument}{list(entry.index)}"
            if decision.verdict == "refused":
                point = {**region.witness, **(decision.counterexample or {})}
                found = _counterexample(argument, entry, region, point, both.choice.said)
                if decision.difference is not None and small(decision.difference, found):
                    raise Concluded("not proved", f"{where}: {ROUNDED}")
                raise Concluded("refused", counterexample=found)
            if decision.verdict == "not proved":
                why = decision.reason or "neither an identity nor a counterexample was found"
                tally.unfinished = why == TOO_MANY
                raise Concluded("not proved", f"{where}: {why}")
            if decision.verdict == "checked":
                tally.unfinished = True
                tally.worsen("checked", f"{where}: {LONG}")


def small(difference: float, found: Counterexample) -> bool:
    """Tell whether by hand and true differ by less than a float could show."""
    return abs(difference) < ROUNDING * max(abs(found.by_hand), abs(found.true))


def _counterexample(
    argument: str, entry: Compared, region: Region, point: Mapping[Any, Any], labels: str
) -> Counterexample:
    """Return an entry with its numbers at a point, and what the point is."""
    numbers = Numbers(point)
    used = (entry.true - entry.by_hand).free_symbols.union(*(c.e.free_symbols for c in region.path))
    return Counterexample(
        argument,
        entry.index,
        float(numbers.of(entry.by_hand)),
        float(numbers.of(entry.true)),
        {str(s): point[s] for s in sorted(used, key=str)},
        labels,
    )
