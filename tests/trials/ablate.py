"""python tests/trials/ablate.py: each mechanism of the checker switched off, and who misses it.

A witness is a forward and a backward that people write, here or drawn by a family, whose verdict
turns false without the mechanism. Those that no witness has missed so far are listed below the
table, to be tried on more: a few seconds of trials do not show that a mechanism is idle.
"""

import contextlib
import importlib
import itertools
import math
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).parents[1])  # a directory that is run puts itself there

import mlp
from mlp.ops import softplus
from trials import run
from trials.family import CORRECT, INCONCLUSIVE, WRONG

YES, NO = True, False
X = np.random.default_rng(0).normal(size=6)


def returns(value):
    """Return the ablation of a function: it always returns this."""
    return lambda _: lambda *_, **__: value


def constant(value):
    """Return the ablation of a number, or of a property."""
    return lambda old: property(lambda _: value) if isinstance(old, property) else value


def last(_):
    """Return the ablation of a function that changes its last argument: it does not."""
    return lambda *given: given[-1]


@dataclass(frozen=True)
class Witness:
    """A call of check, and the verdicts that are true of it."""

    forward: Callable[..., Any]
    backward: Callable[..., Any]
    point: tuple[Any, ...]
    true: tuple[str, ...] = CORRECT
    options: dict[str, Any] = field(default_factory=dict)

    def __str__(self):
        """Return what forward is called."""
        return f"{getattr(self.forward, '__name__', 'a function')} {self.options or ''}".strip()

    def verdict(self):
        """Return what check says."""
        with np.errstate(all="ignore"):
            return mlp.check(self.forward, self.backward, *self.point, **self.options).verdict


@dataclass(frozen=True)
class Drawn:
    """A case of a family."""

    family: str
    seed: int
    case: int
    true: tuple[str, ...]
    options: dict[str, Any] = field(default_factory=dict)  # beside those of the case

    def __str__(self):
        """Return the options that repeat it."""
        repeat = f"--family {self.family} --case {self.case} --seed {self.seed}"
        return f"{repeat} {self.options or ''}".strip()

    def verdict(self):
        """Return what check says."""
        case = run.BY_NAME[self.family].case(self.case, self.seed)
        with np.errstate(all="ignore"):
            options = {**case.options, **self.options}
            return mlp.check(case.forward, case.backward, *case.point, **options).verdict


@dataclass(frozen=True)
class Mechanism:
    """What it does, where it is, what stands in its place, and who misses it."""

    name: str
    where: tuple[str, ...]  # "module:attribute"
    off: Callable[[Any], Any]
    witness: Witness | Drawn | None = None


@contextlib.contextmanager
def without(mechanism):
    """Switch a mechanism off inside."""
    with contextlib.ExitStack() as stack:
        for place in mechanism.where:
            module, _, path = place.partition(":")
            module = module if module.startswith("mlp.") else f"mlp.gradcheck.{module}"
            *owners, name = path.split(".")
            owner = importlib.import_module(module)
            for step in owners:
                owner = getattr(owner, step)
            owner = next(k for k in getattr(owner, "__mro__", (owner,)) if name in vars(k))
            old = vars(owner)[name]
            stack.callback(setattr, owner, name, old)
            setattr(owner, name, mechanism.off(old))
        yield


def sine(factor=1.0):
    """Return the backward of sin, off by a factor."""
    return lambda dO, x: dO * factor * np.cos(x)


def sign(x):
    """Return ±1, forward of a straight-through estimator."""
    return np.where(x > 0, 1.0, -1.0)


def cancels(x):
    """Return (cos x − 1) / x as it is written first."""
    return (np.cos(x) - 1) / x


def relu_backward(dO, x):
    """Return the backward of max(x, 0)."""
    return dO * (x > 0)


def relu(x):
    """Return max(x, 0)."""
    return np.maximum(x, 0)


def ripple(x, width=2.0**-36):
    """Return x on a wave so short that large steps see none of it."""
    return x + width * np.sin(x / width)


def spike(x):
    """Return what bends at 0 within any step."""
    return np.log1p(1e13 * abs(x)) + x


def spike_backward(dO, x):
    """Return its backward, with the mean of both slopes at 0."""
    return dO + dO * np.sign(x) * 1e13 / (1 + 1e13 * abs(x))


def sort_backward(dO, x):
    """Return the backward of a sort that breaks ties by lot."""
    order = np.lexsort((np.random.default_rng(0).permutation(x.size), x))
    return dO[np.argsort(order)]


def finite(old):
    """Return the ablation of noise that is unknown: the floor stands for it."""
    return lambda ladder: min(old(ladder), math.inf) if math.isfinite(old(ladder)) else ladder.floor


def first_reading(_):
    """Return the ablation of a second reading: what is within the bar of the first is admitted."""
    return lambda slope, value, room=0.0: abs(value - slope.value) <= slope.bar + room


def not_each(old):
    """Return the ablation of nudges by the size of each entry."""
    return lambda judge, far, *, each=False: None if each else old(judge, far)


ALONE = {"tangent": False}  # differences, as where the code is a stranger's C
AT_EDGE = {"bounds": [(1.0, None)]}
MECHANISMS = (
    Mechanism(
        "leaps are followed",
        ("numbers.slope:climbed",),
        lambda _: (
            lambda *_: importlib.import_module("mlp.gradcheck.numbers.leaps").Stairs(0, 0.0, 0)
        ),
        Drawn("kind-coarse", 1, 6, INCONCLUSIVE),
    ),
    Mechanism(
        "one rung rules a slope out",
        ("numbers.kind:Slope.contradicts",),
        returns(NO),
        Drawn("kink-left-hull", 1, 185, WRONG),
    ),
    Mechanism(
        "slopes that grow without bound",
        ("numbers.kind:_grows",),
        returns(NO),
        Drawn("kind-infinite", 1, 108, INCONCLUSIVE),
    ),
    Mechanism(
        "the grid of results",
        ("contract.examine:grid", "judge.nearby:grid", "widen:grid"),
        lambda _: lambda _, base, *__: 0 * base,
        Drawn("kind-rounded", 1, 57, WRONG),
    ),
    Mechanism(
        "float32 judged in float64",
        ("answering:widened",),
        lambda _: lambda place, _: (place, ""),
        Witness(np.sin, sine(1 + 1e-5), (X.astype(np.float32),), WRONG),
    ),
    Mechanism(
        "directions point into the bounds",
        ("directions:_inward",),
        last,
        Witness(np.log, lambda dO, x: dO / x, (np.array([1.0, 1.0, 1.0, 1.0]),), options=AT_EDGE),
    ),
    Mechanism(
        "by hand may be noise of its own",
        ("judge.judge:Judge.is_noise",),
        returns(NO),
        Drawn("kind-zero", 1, 16, CORRECT),
    ),
    Mechanism(
        "0 to rounding",
        ("judge.judge:Judge.is_rounding",),
        returns(NO),
        Drawn("kind-zero", 1, 16, CORRECT),
    ),
    Mechanism(
        "the rounding of backward is measured",
        ("probe:Probe.measured_rounding",),
        returns(0.0),
        Drawn("right-conditioned", 1, 119, CORRECT),
    ),
    Mechanism(
        "a point nearby",
        ("judge.judge:Judge.agreed_nearby",),
        returns(None),
        Witness(relu, relu_backward, (np.append(X, 0.0),)),
    ),
    Mechanism(
        "points far away for what is asleep",
        ("judge.bench:WAKE",),
        constant(()),
        Witness(relu, relu_backward, (-1 - X**2,)),
    ),
    Mechanism(
        "leaps as high as the result",
        ("judge.stairs:whole",),
        returns(NO),
        Witness(sign, lambda dO, x: dO + 0 * x, (X,), WRONG),
    ),
    Mechanism(
        "limits of gradients are admitted",
        ("judge.limits:Limits.admits",),
        returns(NO),
        Drawn("kind-limit", 1, 108, CORRECT),
    ),
    Mechanism(
        "directions beyond all slopes",
        ("judge.limits:Limits.beyond",),
        returns(None),
        Drawn("kind-limit", 1, 85, WRONG),
    ),
    Mechanism(
        "the nearest mean",
        ("judge.tied:nearest",),
        lambda _: lambda corners, wanted: corners[((corners - wanted) ** 2).sum(axis=1).argmin()],
        Drawn("kind-limit", 1, 85, WRONG),
    ),
    Mechanism(
        "accept by entries",
        ("judge.allowance:exceeded",),
        returns(YES),
        Drawn("kind-tolerance", 1, 6, CORRECT),
    ),
    Mechanism(
        "the tangent",
        ("judge.judge:Judge.second_look",),
        last,
        Witness(cancels, lambda dO, x: -dO / 2 + x * 0, (np.full(3, 1e-7),)),
    ),
    Mechanism(
        "the tangent in fifty digits",
        ("judge.second:refined",),
        lambda _: lambda *_: importlib.import_module("mlp.tangent").Silence("off"),
        Witness(cancels, lambda dO, x: -dO / 2 + x * 0, (np.full(3, 1e-7),)),
    ),
    Mechanism(
        "the tangent along another direction",
        ("judge.judge:Judge.heard",),
        returns("agrees"),
        Drawn("kink-left-hull", 1, 185, WRONG),
    ),
    Mechanism(
        "terms that cancel in additivity",
        ("contract.linearity:_wavers",),
        returns(0.0),
        Drawn("kind-zero", 1, 16, CORRECT),
    ),
    Mechanism(
        "slopes of entries that are not finite",
        ("contract.examine:infinite",),
        returns(()),
        Drawn("reports", 1, 199, WRONG),
    ),
    Mechanism(
        "None where nothing moves",
        ("judge.claims:independent",),
        returns(NO),
        Drawn("kind-none", 1, 4, CORRECT),
    ),
    Mechanism(
        "nudges by the size of each entry",
        ("judge.judge:Judge.decided_at",),
        not_each,
        Drawn("kind-sizes", 1, 111, WRONG),
    ),
    Mechanism(
        "what all gradients share",
        ("judge.tied:Tied.aside",),
        lambda _: lambda tied: 0 * tied.by_hand,
        Drawn("kind-limit", 1, 73, WRONG),
    ),
    Mechanism(
        "sides on which code breaks ties",
        ("judge.limits:Limits._sides",),
        lambda _: lambda _: itertools.repeat(None),
        Drawn("kink-accepted", 1, 1034, CORRECT),
    ),
    Mechanism(
        "doubts of a tangent alone",
        ("judge.judge:Judge.doubt",),
        returns(""),
        Drawn("right-conditioned", 1, 2837, CORRECT),
    ),
    Mechanism(
        "φ must span leaps",
        ("numbers.slope:SHOWN",),
        constant(-1.0),
        Drawn("kind-sizes", 21, 103, WRONG),
    ),
    Mechanism(
        "a second reading over leaps",
        ("numbers.kind:Slope.admits",),
        first_reading,
        Drawn("kind-coarse", 1, 46, INCONCLUSIVE),
    ),
    Mechanism(
        "decimal grids",
        ("grain:lowest_decimal",),
        lambda _: lambda values, _: np.zeros_like(values),
        Drawn("right-absorbed", 1, 1977, CORRECT),
    ),
    Mechanism(
        "rounding of backward's operations",
        ("judge.second:unsteady",),
        returns(None),
        Drawn("reports", 1, 298, WRONG),
    ),
    Mechanism(
        "binary grids",
        ("grain:lowest_bit",),
        lambda _: np.zeros_like,
        Drawn("kind-rounded", 1, 35, WRONG),
    ),
    Mechanism(
        "noise beyond what rounding makes",
        ("numbers.kind:Slope.wild",),
        constant(NO),
        Drawn("right-conditioned", 1, 2222, CORRECT),
    ),
    Mechanism(
        "the farthest points",
        ("judge.bench:WAKE",),
        constant((2.0**-4,)),
        Drawn("table", 1, 364, CORRECT),
    ),
    Mechanism(
        "a tangent but for rounding",
        ("judge.judge:Judge.but_for_rounding",),
        returns(None),
        Drawn("right-conditioned", 1, 2837, CORRECT),
    ),
    Mechanism(
        "a tangent below rounding",
        ("judge.judge:Judge.below",),
        returns(None),
        Drawn("programs", 20261129, 302, CORRECT),
    ),
    Mechanism(
        "the formula before casts",
        ("judge.judge:Judge.past_cast",),
        returns(None),
        Drawn("programs", 20261129, 1290, CORRECT),
    ),
    Mechanism(
        "the formula before rounding",
        ("judge.judge:Judge.rounds",),
        returns(NO),
        Drawn("programs", 20261129, 376, INCONCLUSIVE),
    ),
    Mechanism(
        "long steps see a wave as a line",
        ("judge.differences:seen_from_far",),
        returns(NO),
        Witness(
            lambda x: np.round(x + np.sin(x), 2),
            lambda d, x: d * (1 + np.cos(x)),
            (np.array([32768.3, 40000.1, 35001.7]),),
            CORRECT + INCONCLUSIVE,
        ),
    ),
    Mechanism(
        "eight nudges",
        ("judge.differences:NUDGES",),
        constant(1),
        Drawn("kind-tie", 4001, 86, CORRECT),
    ),
    Mechanism(
        "noise is read off the ladder",
        ("numbers.ladder:Ladder.noise",),
        lambda _: lambda ladder: ladder.floor,
        Witness(ripple, lambda dO, x: dO + 0 * x, (X,), WRONG),
    ),
    Mechanism(
        "the scale grows until a slope shows",
        ("line:Line.visible",),
        returns(1.0),
        Witness(lambda x: 1 + x, lambda dO, x: 2 * dO + 0 * x, (1e-16 * X,), WRONG),
    ),
    Mechanism(
        "several directions are drawn",
        ("directions:TRIES",),
        constant(1),
        Witness(softplus.forward, softplus.backward, (np.array([0.0, 2.0**-51]),)),
    ),
    Mechanism(
        "tiny discrepancies beside the first step",
        ("judge.bench:ROUNDINGS",),
        constant(0.0),
        Drawn("right-still", 9251126, 717, CORRECT),
    ),
    Mechanism(
        "backward on another branch",
        ("judge.bench:SLIGHT",),
        constant(math.inf),
        Drawn("kink-rejected", 4412611, 371, WRONG),
    ),
    Mechanism(
        "more kinks than were seen",
        ("judge.limits:Limits.doubts",),
        returns(NO),
        Witness(np.sort, sort_backward, (np.ones(12),), CORRECT + INCONCLUSIVE),
    ),
    Mechanism(
        "noise has raised rtol",
        ("judge.judge:Judge.noisy",),
        returns(NO),
        Witness(
            lambda x: np.round(np.tanh(x).sum(), 4),
            lambda dO, x: 1.02 * dO / np.cosh(x) ** 2,
            (np.array([1.0, -2.6, -0.1, 0.07, -2.0]),),
            WRONG + INCONCLUSIVE,
        ),
    ),
    Mechanism(
        "noise that nobody can tell from a kink",
        ("numbers.ladder:Ladder.noise",),
        finite,
        Drawn("right-conditioned", 31, 525, CORRECT, ALONE),
    ),
    Mechanism(
        "rounding of steep quotients",
        ("numbers.ladder:Ladder.rounding",),
        constant(0.0),
        Drawn("right-absorbed", 31, 2185, CORRECT, ALONE),
    ),
    Mechanism(
        "rounding of what φ rounds first",
        ("numbers.ladder:Ladder.inner",),
        constant(0.0),
        Witness(spike, spike_backward, (np.array([0.0, 1.0, 2.0]),)),
    ),
    Mechanism(
        "code that goes through float32",
        ("answering:goes_through_single",),
        returns(NO),
        Witness(
            lambda x: np.tanh(x * np.float32(0.1)),  # in float64 its constant is not 0.1
            lambda dO, x: dO * 0.1 * (1 - np.tanh(x * 0.1) ** 2),
            (X.astype(np.float32),),
        ),
    ),
    Mechanism(
        "a second sharp probe",
        ("judge.differences:SHARP",),
        constant(1),
        Witness(lambda x: np.sin(x) + 1e13 / 3, sine(1.5), (1e-3 * X,), WRONG, {"tangent": False}),
    ),
    Mechanism(
        "five attempts",
        ("judge.differences:ATTEMPTS",),
        constant(2),
        Witness(lambda x: np.round(np.sin(x).astype(np.float32), 4), sine(), (X,), options=ALONE),
    ),
)

UNMISSED = (  # tried for some seconds each, on a few of 380 cases of the families: not proven idle
    Mechanism("noise that the tangent has seen", ("judge.second:drowns",), returns(NO)),
    Mechanism(
        "one-sided tableaux",
        ("numbers.ladder:Ladder.sides",),
        lambda _: property(lambda s: (s.central,)),
    ),
    Mechanism("large steps must be one slope", ("numbers.slope:_straight",), returns(YES)),
    Mechanism("steps on no grid", ("numbers.slope:SPREAD",), constant(0.0)),
    Mechanism("quotients that still grow", ("numbers.kind:Slope.rising",), constant(NO)),
    Mechanism(
        "rounding unit of float32 inside",
        ("contract.examine:unit_of", "widen:unit_of"),
        returns(2.0**-53),
    ),
    Mechanism("gradients that are float32", ("widen:_is_single",), returns(NO)),
    Mechanism("a second measurement", ("judge.bench:clear",), returns(YES)),
    Mechanism("what first moves far away", ("judge.stairs:beyond",), returns(NO)),
    Mechanism("a limit where kinks cancel", ("judge.judge:Judge.at_limit",), returns(None)),
    Mechanism("past a kink by the tangent", ("judge.judge:Judge.past_kink",), returns(None)),
    Mechanism("its value equals a plain run's", ("mlp.tangent.witness:_same",), returns(YES)),
    Mechanism("rounding of strides", ("contract.strides:_rounding",), returns(0.0)),
    Mechanism(
        "errors that cancel in halves",
        ("diagnosis.locate:_among_the_rest",),
        last,
    ),
)


def table(mechanisms):
    """Yield a line for each mechanism: what is said of its witness with it, and without."""
    yield f"{'mechanism':<44}{'with it':<14}{'without':<14}missed by"
    for mechanism in mechanisms:
        said, off = tried(mechanism)
        yield f"{mechanism.name:<44}{said:<14}{off:<14}{mechanism.witness}"


def tried(mechanism):
    """Return what is said of its witness with a mechanism, and without it."""
    said = mechanism.witness.verdict()
    with without(mechanism):
        return said, mechanism.witness.verdict()


if __name__ == "__main__":
    print(*table(MECHANISMS), sep="\n")  # noqa: T201  # the table is the answer
    names = ", ".join(mechanism.name for mechanism in UNMISSED)
    print(f"not missed so far ({len(UNMISSED)}): {names}")  # noqa: T201  # likewise
