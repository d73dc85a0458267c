"""Every way in which autograd may ask a backward: their answers must agree.

Some inputs alone may require a gradient (``ctx.needs_input_grad``); results that no loss uses come
back with a cotangent of None, or of zeros; ``torch.func.vmap`` asks for many points at once, by a
rule of the author's, and for many cotangents. What is held against these is the answer to the plain
question, which ``check`` judges. Tested in tests/peers/test_torch_asked.py.
"""

import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, TypeAlias

import numpy as np

from mlp import tree
from mlp.adapters.question import Question, drawn
from mlp.adapters.torch_engine import Engine, as_array
from mlp.gradcheck import Finding

GradientsByPath: TypeAlias = dict[tree.Keys, Any]
LOOSE = 2.0**10  # rounding units: another order of sums, no other formula
MANY = 2  # points, or cotangents, at once
REPEATS = 3  # of the plain question, before anything is called a departure


def departures(f: Any, engine: Engine, question: Question) -> Iterator[Finding]:
    """Yield what differs where the same gradient is asked for in another way."""
    args = tree.rebuilt(question.point, tree.copied)
    try:
        v = drawn(question.forward(*args))
        plain = engine.pull(v, args)
        found = [*_asked(f, engine, v, args, plain)]
        faults = any(finding.severity == "fault" for finding in found)
        again = [engine.pull(v, args) for _ in range(REPEATS if faults else 0)]
    except Exception:  # noqa: BLE001  # check calls the same code, and says what it raises
        return
    if not any(_off(plain.get(path), other[path]) for other in again for path in other):
        yield from found  # else nothing repeats, and check says so


def _asked(f: Any, engine: Engine, v: Any, args: Any, plain: GradientsByPath) -> Iterator[Finding]:
    """Ask in every way."""
    yield from _undefined(engine, v, args)
    if engine.own.held is None:
        yield from _needed(engine, v, args, plain)
        if not engine.patterns:  # vmap has no sparse tensors
            yield from _many_cotangents(engine, v, args)
    owner = getattr(f, "__self__", f)  # of its apply
    if _has_vmap(engine.th, owner):
        yield from _batched(owner, engine, args)


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
        yield from _held_against(engine, plain, ask, asked, engine.positions, raising)


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
        yield from _held_against(engine, plain, ask, asked, shared, "note")


def _held_against(
    engine: Engine,
    plain: GradientsByPath,
    ask: Callable[[], GradientsByPath],
    asked: str,
    positions: Sequence[int],
    raising: str,
) -> Iterator[Finding]:
    """Compare the gradients of some arguments with those of the plain question."""
    try:
        found = ask()
    except Exception as error:  # noqa: BLE001  # the code of a stranger
        said = f"{type(error).__name__}: {str(error).partition(chr(10))[0]}"
        yield Finding("asked", raising, None, f"{asked}, backward raised {said}")
        return
    for path in dict.fromkeys((*plain, *found)):
        if path[0] not in positions:
            continue
        wanted, came = plain.get(path), found.get(path)
        off = _off(wanted, came)
        if off:
            name = engine.names[path[0]] + tree.spell(path[1:])
            said = "is None" if came is None else f"is off by {off:.0e} of its largest entry"
            yield Finding("asked", "fault", name, f"{asked}, its gradient {said}")


def _off(wanted: Any, came: Any) -> float:
    """Return how far two gradients are apart, if that is no rounding; None stands for zeros."""
    one = np.zeros(()) if wanted is None else np.asarray(wanted)
    other = np.zeros(()) if came is None else np.asarray(came)
    if wanted is not None and came is not None and one.shape != other.shape:
        return float("inf")
    size = max(float(np.abs(one).max(initial=0)), float(np.abs(other).max(initial=0)))
    apart = float(np.abs(one - other).max(initial=0))
    kinds = [a.dtype for a in (one, other) if a.dtype.kind in "fc" and a.ndim]
    unit = max((float(np.finfo(kind).eps) for kind in kinds), default=2.0**-52)
    within = apart <= min(LOOSE * unit, 0.1) * size
    return 0.0 if within else apart / size if size else float("inf")


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
        if parts and _off(np.stack(parts), as_array(th, g)):
            name = engine.names[path[0]] + tree.spell(path[1:])
            said = "where cotangents come many at once (vmap), its gradient differs"
            yield Finding("asked", "fault", name, said)


def _has_vmap(th: Any, owner: Any) -> bool:
    """Tell whether a Function says how many points at once are taken."""
    base = th.autograd.Function
    is_function: bool = isinstance(owner, type) and issubclass(owner, base)
    return is_function and (owner.generate_vmap_rule or owner.vmap is not base.vmap)


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
            if any(_off(a, b) for a, b in zip(wanted, came, strict=True)):
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
        said = f"{type(error).__name__}: {str(error).partition(chr(10))[0]}"
        yield Finding("asked", "fault" if dim == 0 else "note", None, f"{asked} it raised {said}")
        return
    for i in moving:
        parts = [p[(i,)] for p in pulled if (i,) in p]
        if parts and _off(np.stack(parts, dim), found.get((i,))):
            yield Finding("asked", "fault", engine.names[i], f"{asked}, its gradient differs")
