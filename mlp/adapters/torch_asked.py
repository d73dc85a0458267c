"""Every way in which autograd may ask a backward: their answers must agree.

Some inputs alone may require a gradient (``ctx.needs_input_grad``); results that no loss uses come
back with a cotangent of None, or of zeros; ``torch.func.vmap`` asks for many points at once, by a
rule of the author's, and for many cotangents. What is held against these is the answer to the plain
question, which ``check`` judges. Tested in tests/peers/test_torch_asked.py.
"""

import warnings
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from mlp import tree
from mlp.adapters.asked import MANY, GradientsByPath, held_against, off, raised_by, settled
from mlp.adapters.question import Question, drawn
from mlp.adapters.torch_engine import PARAMETERS, Engine
from mlp.adapters.torch_modules import Held
from mlp.adapters.torch_rules import forwards
from mlp.adapters.torch_tensors import as_array, function_of, functions_of
from mlp.gradcheck import Finding


def departures(f: Any, engine: Engine, question: Question) -> Iterator[Finding]:
    """Yield what differs where the same gradient is asked for in another way."""
    args = tree.rebuilt(question.point, tree.copied)
    try:
        v = drawn(question.forward(*args))
        plain = engine.pull(v, args)
        found = [*_asked(f, engine, v, args, plain)]
        yield from settled(found, plain, partial(engine.pull, v, args))
    except Exception:  # noqa: BLE001  # check calls the same code, and says what it raises
        return


def _asked(f: Any, engine: Engine, v: Any, args: Any, plain: GradientsByPath) -> Iterator[Finding]:
    """Ask in every way."""
    yield from _undefined(engine, v, args)
    if engine.own.held is not None:
        yield from _needed_of_module(engine, engine.own.held, v, args, plain)
    else:
        yield from _needed(engine, v, args, plain)
        if not engine.patterns:  # vmap has no sparse tensors
            yield from _many_cotangents(engine, v, args)
    function, base = function_of(engine.th, f), engine.th.autograd.Function
    if function is None:
        return
    if function.jvp is not base.jvp:
        yield from _many_tangents(engine, args)
    if function.generate_vmap_rule or function.vmap is not base.vmap:
        yield from _batched(function, engine, args)


def _undefined(engine: Engine, v: Any, args: Any) -> Iterator[Finding]:
    """Ask with a cotangent of one result alone, the others being undefined; then with none."""
    parts = [np.asarray(part) for part in tree.flat(v)]
    count = len(parts)
    for alone in (*(range(count) if count > 1 else ()), None):
        one = [part if i == alone else np.zeros_like(part) for i, part in enumerate(parts)]
        kept = () if alone is None else (alone,)
        which = "all results" if alone is None else f"every result but number {alone + 1}"
        asked = f"where the cotangents of {which} are undefined (None)"
        if count == 1:
            asked = "where the cotangent is undefined (None)"
        v_one = tree.rebuild(v, iter(one))
        plain = engine.pull(v_one, args) if kept else {}
        ask = partial(engine.pull, v_one, args, frozenset(kept))
        raising = "fault" if kept else "note"
        yield from held_against(engine.names, plain, ask, asked, engine.positions, raising)


def _needed(engine: Engine, v: Any, args: Any, plain: GradientsByPath) -> Iterator[Finding]:
    """Ask with each input alone requiring a gradient, and with all that may."""
    floats = tuple(
        i
        for i, argument in enumerate(args[: len(engine.own.names)])
        if any(getattr(leaf, "dtype", np.dtype(int)).kind in "fc" for leaf in tree.flat(argument))
    )
    ways: dict[tuple[int, ...], str] = {
        (i,): f"where {engine.names[i]} alone requires a gradient" for i in engine.positions
    }
    ways[floats] = "where every input requires a gradient"
    for positions, asked in ways.items():
        if positions == engine.positions:
            continue
        other = replace(engine, positions=positions, beyond=set())
        shared = [i for i in positions if i in engine.positions]
        ask = partial(other.pull, v, args)
        yield from held_against(engine.names, plain, ask, asked, shared)


def _needed_of_module(
    engine: Engine, held: Held, v: Any, args: Any, plain: GradientsByPath
) -> Iterator[Finding]:
    """Ask a module that calls Functions with each Parameter alone requiring a gradient.

    Where its result then requires none, as of a reversible block, nothing is asked.
    """
    with engine.repeatable():
        outs = engine.run(args)[1]
        if not functions_of(engine.th, outs) or len(plain) < 2:
            return
    ways = dict.fromkeys(p if engine.names[p[0]] == PARAMETERS else p[:1] for p in plain)
    for way in ways:
        alone = replace(engine, positions=way[:1], beyond=set())
        name = way[1] if len(way) > 1 else None  # of a Parameter
        with held.alone(name):
            with engine.repeatable():
                asks = any(out.requires_grad for out in alone.run(args)[1])
            asked = f"where {name or engine.names[way[0]]} alone requires a gradient"
            this = {p: g for p, g in plain.items() if p[: len(way)] == way}
            ask = partial(alone.pull, v, args)
            yield from held_against(engine.names, this, ask, asked, way[:1]) if asks else ()


# --------------------------------------------------------------------------------- many at once


def _many_cotangents(engine: Engine, v: Any, args: Any) -> Iterator[Finding]:
    """Ask for several cotangents at once; that it cannot be asked so is no fault."""
    th = engine.th
    each = [tree.rebuilt(v, partial(np.multiply, 1.0 + k)) for k in range(MANY)]
    try:
        with engine.repeatable(), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of operations that vmap takes one by one
            _, outs, leaves = engine.run(args)
            stacked = [np.stack(parts) for parts in zip(*map(tree.flat, each), strict=True)]
            live = [
                (out, engine.tensor(part).to(out.dtype))
                for out, part in zip(outs, stacked, strict=True)
                if out.requires_grad
            ]
            wanted = {path: leaf for path, leaf in leaves.items() if leaf.root.requires_grad}
            ends, cotangents = ([*side] for side in zip(*live, strict=True))
            roots = [leaf.root for leaf in wanted.values()]

            def pulled(*each: Any) -> list[Any]:
                kept = {"retain_graph": True, "materialize_grads": True}
                return [*th.autograd.grad(ends, roots, each, **kept)]

            found = th.func.vmap(pulled)(*cotangents)
    except Exception:  # noqa: BLE001  # many a backward leaves torch, or asks about its numbers
        return
    singles = [engine.pull(each[k], args) for k in range(MANY)]
    for path, g in zip(wanted, found, strict=True):
        parts = [single[path] for single in singles if path in single]
        if parts and off(np.stack(parts), as_array(th, g)):
            name = engine.names[path[0]] + tree.spell(path[1:])
            said = "where cotangents come many at once (vmap), its gradient differs"
            yield Finding("asked", "fault", name, said)


def _many_tangents(engine: Engine, args: Any) -> Iterator[Finding]:
    """Ask for several tangents at once, as ``jacfwd`` does; where it cannot, as ``gradcheck``."""
    th, plain = engine.th, partial(forwards, engine)
    moves = [i for i in engine.positions if isinstance(args[i], np.ndarray)]
    if len(moves) < len(engine.positions) or engine.patterns:
        return
    each = [[drawn(args[i], 1 + k) for i in moves] for k in range(MANY)]
    singles = [tree.flat(plain(dots if len(moves) > 1 else dots[0], *args)) for dots in each]
    stacked = [engine.tensor(np.stack(dots)) for dots in zip(*each, strict=True)]
    at = [engine.tensor(args[i]) for i in moves]

    def called(*moving: Any) -> tuple[Any, ...]:
        given = {(i,): t for i, t in zip(moves, moving, strict=True)}
        fixed = {(i,): engine.tensor(a) for i, a in enumerate(args) if isinstance(a, np.ndarray)}
        return tuple(engine.called(tree.replaced(args, fixed | given))[1])

    def dual(*dots: Any) -> tuple[Any, ...]:
        mode = th.autograd.forward_ad
        with mode.dual_level():
            pairs = map(mode.unpack_dual, called(*map(mode.make_dual, at, dots)))
            return tuple(th.zeros_like(p) if dot is None else dot for p, dot in pairs)

    asked = "where tangents come many at once (vmap)"
    ways = (
        (th.func.vmap, lambda *dots: th.func.jvp(called, tuple(at), dots)[1]),
        (th._vmap_internals._vmap, dual),  # noqa: SLF001  # what gradcheck asks by
    )
    for vmap, along in ways:
        try:
            with engine.repeatable(), warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of operations that vmap takes one by one
                found = [as_array(th, out) for out in vmap(along)(*stacked)]
        except Exception as error:  # noqa: BLE001  # the code of a stranger
            said = f"{asked}, jvp raised {raised_by(error)}"
            continue
        wanted = [np.stack(parts) for parts in zip(*singles, strict=True)]
        if any(off(a, b) for a, b in zip(wanted, found, strict=True)):
            yield Finding("asked", "fault", None, f"{asked}, its tangent differs")
        return
    yield Finding("asked", "note", None, said)


def _batched(owner: Any, engine: Engine, args: Any) -> Iterator[Finding]:
    """Hold a Function under vmap against the same Function point by point."""
    moves = [i for i in engine.positions if isinstance(args[i], np.ndarray)]
    if not moves or engine.patterns or engine.call is not engine.own.call:
        return
    ways = [(tuple(moves), 0), *(((i,), 0) for i in moves if len(moves) > 1), (tuple(moves), -1)]
    for moving, dim in ways:
        yield from _at_once(owner, engine, args, moving, dim)


def _at_once(
    owner: Any, engine: Engine, args: Any, moving: tuple[int, ...], dim: int
) -> Iterator[Finding]:
    """Ask for values and gradients at points that are stacked along one dimension."""
    th = engine.th
    points = [
        tree.replaced(
            args, {(i,): np.asarray(args[i] * (1 + 0.125 * k), args[i].dtype) for i in moving}
        )
        for k in range(MANY)
    ]
    stacked = {(i,): np.stack([point[i] for point in points], dim) for i in moving}
    dims = tuple(dim if i in moving else None for i in range(len(args)))
    names = ", ".join(engine.names[i] for i in moving)
    asked = f"under torch.func.vmap by {names} (in_dims={dims})"
    many = th.func.vmap(owner.apply, in_dims=dims, randomness="same")
    whole = replace(
        engine, own=replace(engine.own, raw=None), call=many, positions=moving, beyond=set()
    )
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of operations that vmap takes one by one
            came = tree.flat(whole.forward(*tree.replaced(args, stacked)))
            singles = [tree.flat(engine.forward(*point)) for point in points]
            wanted = [np.stack(parts) for parts in zip(*singles, strict=True)]
            if any(off(a, b) for a, b in zip(wanted, came, strict=True)):
                yield Finding(
                    "asked", "fault", None, f"{asked}, values differ from those one by one"
                )
                return
            v = tuple(drawn(part) for part in wanted)
            found = whole.pull(v, tree.replaced(args, stacked))
            pulled = [
                replace(engine, positions=moving).pull(tuple(part[k] for part in v), point)
                for k, point in enumerate(points)
            ]
    except Exception as error:  # noqa: BLE001  # the code of a stranger
        said = f"{asked} it raised {raised_by(error)}"
        yield Finding("asked", "fault" if dim == 0 else "note", None, said)
        return
    for i in moving:
        parts = [p[(i,)] for p in pulled if (i,) in p]
        if parts and off(np.stack(parts, dim), found.get((i,))):
            yield Finding("asked", "fault", engine.names[i], f"{asked}, its gradient differs")
