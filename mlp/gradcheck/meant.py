"""Another forward beside the one that runs: a reference of the same meaning, or a surrogate.

    against=plain      the values must agree to rounding, and the gradient is compared with both
    surrogate=g        the gradient is that of g by declaration, and values are not compared;
                       where g returns (out, loss) backward injects a loss, whatever its cotangent

Rounding is measured: both are run where every argument is moved by units in the last place of the
coarser precision of the two. What a long sum wanders by on its way such a run does not show, so the
square root of its terms is allowed for. Tested in tests/gradcheck/test_meant.py.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from mlp import tree
from mlp.gradcheck.block import Anything, Vector
from mlp.gradcheck.contract.examine import unit_of
from mlp.gradcheck.finding import Finding
from mlp.gradcheck.grain import jolted
from mlp.gradcheck.judge.nearby import place_nearby
from mlp.gradcheck.line import Place
from mlp.gradcheck.problem import Exhausted, Problem, Raised, Spent
from mlp.gradcheck.report import Report
from mlp.gradcheck.structure import opened
from mlp.op import name_of

WAVERS = 5  # points in the last places around one
SPREADS = 8.0  # times what they show is rounding,
UNITS = 16.0  # and so many units of the largest value
NEARBY = 2.0**-4  # relative distance of a second point at which values are compared
DOMAIN = (ValueError, ArithmeticError)  # what says that a point is not of the domain
SHOWN = 3  # entries that differ are said, the worst first


def with_forward(problem: Problem, forward: Callable[..., Any], option: str) -> Problem:
    """Return a problem with another forward, or refuse what is none."""
    if not callable(forward):
        raise TypeError(f"check: {option} must be a function as forward is, not {forward!r}")
    return replace(problem, functions=(forward, problem.functions[1]))


# ------------------------------------------------------------------ surrogates


def injecting(problem: Problem, surrogate: Callable[..., Any]) -> Problem | None:
    """Return the problem of a surrogate that returns a loss beside what forward does, or None.

    Of ⟨v, out⟩ + loss the gradient is not linear in v: B(v) = B(0) + A v, where B(0) is that of the
    loss. With a cotangent w of the loss it is: A v + w B(0).
    """
    forward, backward = problem.functions
    try:
        out, other = (f(*tree.rebuilt(problem.point, tree.copied)) for f in (forward, surrogate))
    except Exception:  # noqa: BLE001  # check calls the same code, and says what it raises
        return None
    if not (isinstance(other, tuple) and len(other) == 2 and np.ndim(other[1]) == 0):
        return None
    if isinstance(out, tuple) or np.shape(out) != np.shape(other[0]):
        return None

    def pull(v: Any, *args: Any) -> Any:
        of_loss = tree.flat(backward(np.zeros_like(v[0]), *args))
        both = backward(v[0], *args)
        pairs = zip(tree.flat(both), of_loss, strict=True)
        return tree.rebuild(both, (g if h is None else g + (v[1] - 1) * h for g, h in pairs))

    pull.__name__ = pull.__qualname__ = name_of(backward)
    return replace(problem, functions=(surrogate, pull))


def declared(report: Report, problem: Problem, surrogate: Callable[..., Any]) -> Report:
    """Say whose gradient was judged; what forward itself returns must have the same form."""
    name = name_of(surrogate)
    note = f"by declaration the gradient is that of {name}; values are not compared"
    if injecting(problem, surrogate):
        whole = surrogate
        surrogate = lambda *args: whole(*args)[0]  # noqa: E731  # of the form of forward
        note += "; backward adds that of a loss, whatever its cotangent is"
    findings = [*report.findings, Finding("surrogate", "note", None, note)]
    try:
        own, other = problem.forward(), with_forward(problem, surrogate, "surrogate")
        forms = _form(problem), _form(replace(other, result=None, sizes=[]), run=True)
    except (Raised, Exhausted) as stop:
        findings.insert(0, Finding.doubt("raised", str(stop)))
    else:
        if own.size and forms[0] != forms[1]:
            said = f"forward returns {_said(forms[0])}, but its surrogate {name} {_said(forms[1])}"
            findings.insert(0, Finding("shape", "fault", None, said))
    return replace(report, findings=tuple(findings), surrogate=name)


def in_place(report: Report, names: Sequence[str]) -> Report:
    """Say which functions stood for others while forward was checked."""
    said = f"checked with declared surrogates in place: {', '.join(names)}"
    note = Finding("surrogate", "note", None, said)
    return replace(report, findings=(*report.findings, note), surrogate=", ".join(names))


def _form(problem: Problem, *, run: bool = False) -> list[tuple[int, ...]]:
    """Return the shapes of what forward returned."""
    if run:
        problem.forward()
    return [shape for shape, _ in problem.sizes]


def _said(shapes: list[tuple[int, ...]]) -> str:
    return f"the shape{'s' * (len(shapes) != 1)} {', '.join(map(str, shapes))}"


# ------------------------------------------------------------------ references


def beside(report: Report, other: Report, said: list[Finding], name: str) -> Report:
    """Return the report on forward with what was found against its reference."""
    found = {(f.kind, f.argument) for f in report.findings if f.severity == "note"}
    more = (
        replace(f, message=f"against {name}: {f.message}")
        for f in other.findings
        if f.severity != "note" or (f.kind, f.argument) not in found
    )
    rows = (replace(row, name=f"{row.name}, {name}") for row in other.arguments)
    return replace(
        report,
        findings=(*said, *report.findings, *more),
        arguments=(*report.arguments, *rows),
        evaluations=report.evaluations + other.evaluations,
        backward_evaluations=report.backward_evaluations + other.backward_evaluations,
        seconds=report.seconds + other.seconds,
        rtol=max(report.rtol, other.rtol),
        rtol_raised=report.rtol_raised or other.rtol_raised,
    )


def values_compared(
    problem: Problem, reference: Callable[..., Any], accept: float, seed: int
) -> list[Finding]:
    """Compare the values of forward with those of its reference, here and at a point nearby."""
    rng, name = np.random.default_rng((seed, 2)), name_of(reference)
    other = with_forward(problem, reference, "against")
    try:
        with np.errstate(all="ignore"):
            opened(problem, rng)
            other.blocks = problem.blocks
            return _raised(problem, other, name) or [*_compared(problem, other, name, accept, rng)]
    except (Raised, Exhausted) as stop:
        return [Finding.doubt("raised", f"against {name}: {stop}")]


def _raised(problem: Problem, other: Problem, name: str) -> list[Finding]:
    """Compare the exceptions of both at the point; return nothing where neither raises."""
    mine, theirs = (_exception(replace(p, spent=Spent())) for p in (problem, other))
    if mine is None and theirs is None:
        return []
    said = [
        "returns" if error is None else f"raises {type(error).__name__}: {error}".split("\n")[0]
        for error in (mine, theirs)
    ]
    if mine is not None and theirs is not None:
        text = f"forward {said[0]}, as {name} does: {said[1]}; nothing else can be compared"
        return [Finding("against", "note", None, text)]
    text = f"forward {said[0]}, but {name} {said[1]}"
    refused = isinstance(mine or theirs, DOMAIN)
    return [Finding("against", "fault", None, text) if refused else Finding.doubt("raised", text)]


def _exception(problem: Problem) -> BaseException | None:
    """Return what forward raises at the point."""
    try:
        problem.forward()
    except Raised as stop:
        return stop.__cause__ or stop
    return None


def _compared(
    problem: Problem, other: Problem, name: str, accept: float, rng: np.random.Generator
) -> Iterator[Finding]:
    """Yield what is to be said of the values."""
    base, theirs = problem.forward(), other.forward()
    if (mine := _form(problem)) != (form := _form(other)):
        said = f"forward returns {_said(mine)}, but {name} {_said(form)}"
        yield Finding("shape", "fault", None, said)
        return
    if not (np.isfinite(base).all() and np.isfinite(theirs).all()):
        return  # which is told where it is judged
    units = (unit_of(p, b, jolted(p, b, rng)) for p, b in ((problem, base), (other, theirs)))
    unit = max(units)
    worst = 0.0
    for there, theirs_there, where in _points(problem, other, base, unit, rng):
        apart = _Apart(there, theirs_there, unit, rng)
        if (said := apart.told(name)) and apart.off > accept:
            yield Finding("against", "fault", None, f"{said}{where}")
            return
        worst = max(worst, apart.off)
        if said:
            text = f"{said}{where}; within accept={accept:g}"
            yield Finding("accepted", "note", None, text)
            return
    said = f"values agree with {name}, to {worst:.0e} of the largest, here and at a point nearby"
    yield Finding("against", "note", None, said)


def _points(
    problem: Problem, other: Problem, base: Vector, unit: float, rng: np.random.Generator
) -> Iterator[tuple[Problem, Problem, str]]:
    """Yield both at the point, and at one nearby where forward has one."""
    yield problem, other, ""
    place = place_nearby(Place(problem, base, unit), rng, NEARBY)
    if place is not None:
        there = place.problem
        yield there, replace(other, point=there.point, blocks=there.blocks), ", at a point nearby"


class _Apart:
    """How far two forwards are apart at one point, beside what rounding makes of either."""

    def __init__(self, one: Problem, other: Problem, unit: float, rng: np.random.Generator) -> None:
        self.sizes, self.result = one.sizes, one.result
        self.mine, self.theirs = one.forward(), other.forward()
        self.apart = np.abs(self.mine - self.theirs)
        spread = np.maximum(*(_spread(p, unit, rng) for p in (one, other)))
        self.beyond = np.zeros(self.apart.shape, dtype=bool)
        terms = sum(block.value.size for block in one.blocks) / max(self.apart.size, 1)
        units = UNITS + math.sqrt(terms)
        self.off, start = 0.0, 0
        for shape, _ in one.sizes:
            part = slice(start, start + math.prod(shape))
            start = part.stop
            size = float(np.abs(self.theirs[part]).max(initial=0.0))
            room = SPREADS * spread[part].max(initial=0.0) + units * unit * size
            self.beyond[part] = ~(self.apart[part] <= room)
            most = float(self.apart[part].max(initial=0.0))
            self.off = max(self.off, most / size if size else math.inf if most else 0.0)

    def told(self, name: str) -> str:
        """Say which entries differ by more than rounding; "" where none does."""
        count = int(self.beyond.sum())
        if not count:
            return ""
        order = np.argsort(-np.where(self.beyond, self.apart, 0.0))[: min(SHOWN, count)]
        shown = ", ".join(
            f"{self._where(int(i))} {self.mine[i]:.8g} for {self.theirs[i]:.8g}" for i in order
        )
        return (
            f"values differ from {name} in {count} of {self.apart.size} entries, by up to "
            f"{self.off:.1e} of the largest, more than rounding explains: {shown}"
        )

    def _where(self, i: int) -> str:
        """Return the index of an entry of the result, in its leaf."""
        for k, (shape, _) in enumerate(self.sizes):
            size = math.prod(shape)
            if i < size:
                leaf = f"{k}: " if len(self.sizes) > 1 else ""
                return f"[{leaf}{', '.join(map(str, map(int, np.unravel_index(i, shape))))}]"
            i -= size
        return ""


def _spread(problem: Problem, unit: float, rng: np.random.Generator) -> Vector:
    """Return how far each value moves when all arguments do in the last places of a precision."""
    seen = np.array([problem.forward(*_wavering(problem, unit, rng)) for _ in range(WAVERS)])
    middle: Vector = np.median(np.abs(seen - problem.forward()), axis=0)
    return middle


def _wavering(
    problem: Problem, unit: float, rng: np.random.Generator
) -> Iterator[tuple[Any, Anything]]:
    """Yield every block, moved by one to four units in the last place."""
    for block in problem.blocks:
        eps = max(2 * unit, float(np.finfo(block.value.dtype).eps))
        step = rng.uniform(1, 4, block.value.shape) * rng.choice([-1, 1], block.value.shape)
        size = np.where(block.value == 0, block.scale, block.value)
        yield block, np.asarray(block.value + eps * step * size, block.value.dtype)
