"""The second witness for JAX: the jaxpr of forward, one equation after another, with tangents.

Rules that others wrote are not believed: ``custom_vjp`` and ``custom_jvp`` run what they wrap, and
``stop_gradient`` is the identity. Loops and branches are followed step by step, so every decision
is seen and every operation can be rounded at random; what is too long for that, or leaves JAX,
makes the witness silent. Tested in tests/peers/test_jax_tangent.py.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from mlp.adapters.decisions import Moving, words
from mlp.adapters.jax_compiled import Compiled
from mlp.adapters.jax_decisions import DECISIONS
from mlp.adapters.jax_trees import is_float
from mlp.tangent import Lost, Trail

HERE = str(Path(__file__).parent)
LONG = 3000  # equations in one run
OPENED = {  # what wraps a jaxpr that is to be run as it stands, and where it keeps it
    "custom_jvp_call": "call_jaxpr",
    "custom_vjp_call": "call_jaxpr",
    "custom_vjp_call_jaxpr": "fun_jaxpr",
    "jit": "jaxpr",
    "pjit": "jaxpr",
    "closed_call": "call_jaxpr",
    "core_call": "call_jaxpr",
    "remat": "jaxpr",
    "remat2": "jaxpr",
    "checkpoint": "jaxpr",
}
TOGETHER = frozenset(("custom_linear_solve",))  # its rule wants a tangent of every number
SUMS = words("reduce_sum dot_general cumsum conv_general_dilated reduce_prod")
MOVES = words(  # numbers as they are, at other places
    """
    broadcast_in_dim reshape squeeze slice dynamic_slice gather scatter transpose rev
    concatenate pad select_n copy copy_p expand_dims dynamic_update_slice convert_element_type
    real imag complex split optimization_barrier sort neg max min abs reduce_max reduce_min
    """
)


@dataclass(frozen=True)
class Jet:
    """A value and its tangent, None where it does not move."""

    value: Any
    dot: Any = None


@dataclass
class Follower:
    """Follows one run of a jaxpr, with tangents."""

    framework: Any
    trail: Trail
    done: int = 0  # equations

    def __post_init__(self) -> None:
        folder = str(Path(self.framework.__file__).parent)
        self.trail.libraries = (*self.trail.libraries, HERE, folder)

    def whole(self, closed: Any, jets: Sequence[Jet]) -> list[Jet]:
        """Run a jaxpr, closed or not, one equation after another."""
        jaxpr = getattr(closed, "jaxpr", closed)
        consts = [Jet(c) for c in getattr(closed, "consts", ())]
        known: dict[Any, Jet] = dict(
            zip((*jaxpr.constvars, *jaxpr.invars), (*consts, *jets), strict=True)
        )

        def read(atom: Any) -> Jet:
            if hasattr(atom, "val"):
                return Jet(self.framework.numpy.asarray(atom.val, atom.aval.dtype))
            return known[atom]

        for eqn in jaxpr.eqns:
            outs = self.equation(eqn, [read(atom) for atom in eqn.invars])
            known.update(zip(eqn.outvars, outs, strict=True))
        return [read(atom) for atom in jaxpr.outvars]

    def equation(self, eqn: Any, jets: list[Jet]) -> list[Jet]:
        """Run one equation."""
        self.done += 1
        name, params = eqn.primitive.name, eqn.params
        if self.done > LONG:
            raise self.trail.lose(f"more than {LONG} equations")
        if name == "stop_gradient":
            return jets
        if name in OPENED:
            return self.whole(params[OPENED[name]], jets)
        if name in LOOPS:
            return LOOPS[name](self, params, jets)
        wrapped = [] if name.startswith("scatter") else [*_jaxprs(params.values())]
        iterates = any("while" in _names(jaxpr) for jaxpr in wrapped)
        if wrapped and (name not in TOGETHER or iterates):
            raise self.trail.lose(f"{name}, which may follow rules of its own,")
        return self.primitive(eqn.primitive, params, jets)

    def primitive(self, primitive: Any, params: Any, jets: list[Jet]) -> list[Jet]:
        """Run one operation of JAX, with the tangent that JAX has for it."""
        name = primitive.name
        if name in SUMS:
            jets = [self.rounded(jet) for jet in jets]
        values = [jet.value for jet in jets]
        outs = _listed(primitive, primitive.bind(*values, **params))
        floats = [is_float(self.framework, out) for out in outs]
        terms = [*self.terms(primitive, params, jets)]
        if terms:
            plain = not all(floats)
            DECISIONS.record(self.trail, name, [params, *map(_moving, jets)], plain=plain)
            units = [self.unit(out) for out, f in zip(outs, floats, strict=True) if f]
            given = [self.unit(jet.value) for jet in jets if jet.dot is not None]
            self.trail.cast |= any(u > g for u in units for g in given)
            self.trail.cast |= name == "reduce_precision"
        found = [
            Jet(out, sum(t[k] for t in terms) if f and terms else None)
            for k, (out, f) in enumerate(zip(outs, floats, strict=True))
        ]
        made = name not in MOVES and any(is_float(self.framework, v) for v in values)
        return [self.rounded(jet) for jet in found] if made else found

    def terms(self, primitive: Any, params: Any, jets: list[Jet]) -> Iterator[list[Any]]:
        """Yield what each operand that moves adds to the tangents of the results."""
        moving = [[k] for k, jet in enumerate(jets) if jet.dot is not None]
        if moving and primitive.name in TOGETHER:
            jets = [self.still(jet) for jet in jets]
            moving = [[k for k, jet in enumerate(jets) if jet.dot is not None]]
        for these in moving:
            yield self.term(primitive, params, jets, these)

    def term(self, primitive: Any, params: Any, jets: list[Jet], these: list[int]) -> list[Any]:
        """Return the tangents of the results where only these operands move."""
        values = {k: jet.value for k, jet in enumerate(jets)}

        def of_these(*given: Any) -> Any:
            whole = values | dict(zip(these, given, strict=True))
            return primitive.bind(*whole.values(), **params)

        at, along = [values[k] for k in these], [jets[k].dot for k in these]
        _, dots = self.framework.jvp(of_these, at, along)
        return [self.rounded(Jet(dot)).value for dot in _listed(primitive, dots)]

    def still(self, jet: Jet) -> Jet:
        """Return a number that does not move with a tangent of 0."""
        if jet.dot is not None or not is_float(self.framework, jet.value):
            return jet
        return Jet(jet.value, self.framework.numpy.zeros_like(jet.value))

    def unit(self, value: Any) -> float:
        """Return the rounding unit of an array."""
        return float(self.framework.numpy.finfo(value.dtype).eps)

    def rounded(self, jet: Jet) -> Jet:
        """Return value and tangent, each rounded at random where that is asked."""
        rng = self.trail.rng

        def moved(a: Any) -> Any:
            if rng is None or a is None or not is_float(self.framework, a):
                return a
            ulps = rng.integers(-1, 2, np.shape(a))
            return a * self.framework.numpy.asarray(1 + self.unit(a) * ulps, a.dtype)

        return Jet(moved(jet.value), moved(jet.dot))


def scan(run: Follower, params: Any, jets: list[Jet]) -> list[Jet]:
    """Run a scan step by step."""
    consts, carried = params["num_consts"], params["num_carry"]
    fixed, carry, xs = jets[:consts], jets[consts : consts + carried], jets[consts + carried :]
    steps = range(params["length"])
    rows: list[list[Jet]] = []
    for i in reversed(steps) if params["reverse"] else steps:
        here = [Jet(x.value[i], None if x.dot is None else x.dot[i]) for x in xs]
        outs = run.whole(params["jaxpr"], [*fixed, *carry, *here])
        carry = outs[:carried]
        rows.append(outs[carried:])
    if params["reverse"]:
        rows.reverse()
    if not rows:
        raise run.trail.lose("a scan of no steps")
    return [*carry, *(_stacked(run, column) for column in zip(*rows, strict=True))]


def repeat(run: Follower, params: Any, jets: list[Jet]) -> list[Jet]:
    """Run a while loop for as long as its condition holds."""
    split = params["cond_nconsts"], params["cond_nconsts"] + params["body_nconsts"]
    asked, fixed, carry = jets[: split[0]], jets[split[0] : split[1]], jets[split[1] :]
    while bool(run.whole(params["cond_jaxpr"], [*asked, *carry])[0].value):
        carry = run.whole(params["body_jaxpr"], [*fixed, *carry])
    return carry


def branch(run: Follower, params: Any, jets: list[Jet]) -> list[Jet]:
    """Run the branch that is taken."""
    last = len(params["branches"]) - 1
    return run.whole(params["branches"][min(max(int(jets[0].value), 0), last)], jets[1:])


LOOPS = {"scan": scan, "while": repeat, "cond": branch}


def _stacked(run: Follower, jets: Sequence[Jet]) -> Jet:
    np_ = run.framework.numpy
    value = np_.stack([jet.value for jet in jets])
    if all(jet.dot is None for jet in jets):
        return Jet(value)
    dots = [np_.zeros_like(j.value) if j.dot is None else j.dot for j in jets]
    return Jet(value, np_.stack(dots))


def _listed(primitive: Any, outs: Any) -> list[Any]:
    return list(outs) if primitive.multiple_results else [outs]


def _moving(jet: Jet) -> Moving:
    if not isinstance(getattr(jet.value, "dtype", None), np.dtype):
        return Moving(jet.value, 0.0)  # a random key
    value = np.asarray(jet.value)
    return Moving(value, np.zeros(value.shape) if jet.dot is None else np.asarray(jet.dot))


def _jaxprs(things: Any) -> Iterator[Any]:
    """Yield the jaxprs among the parameters of an equation."""
    for thing in things:
        if isinstance(thing, (list, tuple)):
            yield from _jaxprs(thing)
        elif hasattr(thing, "eqns") or hasattr(thing, "jaxpr"):
            yield getattr(thing, "jaxpr", thing)


def equations(jaxpr: Any) -> Iterator[Any]:
    """Yield the equations of a jaxpr, however deep."""
    for eqn in getattr(jaxpr, "jaxpr", jaxpr).eqns:
        yield eqn
        for inner in _jaxprs(eqn.params.values()):
            yield from equations(inner)


def needed(jaxpr: Any, wanted: Sequence[bool] | None = None) -> list[bool]:
    """Tell which arguments of a jaxpr its results depend on, or those that are wanted."""
    outs = [
        v for v, w in zip(jaxpr.outvars, wanted or [True] * len(jaxpr.outvars), strict=True) if w
    ]
    known = {v for v in outs if not hasattr(v, "val")}
    for eqn in reversed(jaxpr.eqns):
        asked = [v in known for v in eqn.outvars]
        if any(asked):
            inner = eqn.params.get(OPENED.get(eqn.primitive.name))
            takes = needed(getattr(inner, "jaxpr", inner), asked) if inner else []
            takes = takes if len(takes) == len(eqn.invars) else [True] * len(eqn.invars)
            pairs = zip(eqn.invars, takes, strict=True)
            known |= {v for v, takes in pairs if takes and not hasattr(v, "val")}
    return [v in known for v in jaxpr.invars]


def _names(jaxpr: Any) -> set[str]:
    """Return the names of all operations in a jaxpr, however deep."""
    return {eqn.primitive.name for eqn in equations(jaxpr)}


def pushed(
    framework: Any, run: Compiled, whole: Sequence[Any], along: Sequence[Any], trail: Trail
) -> Any:
    """Return the results of a function of arrays with their tangents, as pairs of arrays."""
    if trail.digits is not None:
        raise Lost("fifty digits follow NumPy alone")
    closed = run.jaxpr(*whole)

    def jet(value: Any, dot: Any) -> Jet:
        moves = is_float(framework, value) and np.any(dot)
        return Jet(value, framework.numpy.asarray(dot, value.dtype) if moves else None)

    jets = [*map(jet, run.moving(whole), run.moving(along))]
    found = Follower(framework, trail).whole(closed, jets)
    return [(m.value, m.dot) for m in map(_moving, found)]
