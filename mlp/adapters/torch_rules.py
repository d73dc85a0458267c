"""What a function of torch has beside its backward: ``jvp``, and the gradient of its gradient.

A ``jvp`` that an ``autograd.Function`` defines runs in torch's own forward mode. Second order runs
backward with its graph kept, as ``create_graph=True`` does: what backward detaches is missed there.
Tested in tests/peers/test_torch_rules.py.
"""

import contextlib
import warnings
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from mlp import tree
from mlp.adapters.asked import held_against
from mlp.adapters.question import drawn, dressed
from mlp.adapters.torch_engine import Engine
from mlp.adapters.torch_tensors import as_array, function_of, is_tensor, nodes_before
from mlp.gradcheck import Finding
from mlp.gradcheck.contract.strides import LAYOUTS
from mlp.gradcheck.rules import ONCE, Rules

REFUSES = "torch::autograd::Error"  # a node that once_differentiable leaves in the graph


def rules_of(f: Any, engine: Engine, point: tuple[Any, ...]) -> Rules:
    """Return the rules of a Function, a module or a function of tensors."""
    function, base = function_of(engine.th, f), engine.th.autograd.Function
    second = Second(engine, point)
    if function is None or function.jvp is base.jvp:
        return Rules(twice=second)
    reverse = function.backward is not base.backward or function.vjp is not base.vjp
    names = ("tangents", *engine.names)
    tangent = dressed(partial(forwards, engine), f"{engine.own.name}.jvp", names)
    return Rules(tangent, alone=not reverse, twice=second if reverse else None)


def forwards(engine: Engine, tangents: Any, *args: Any, reverse: bool = False) -> Any:
    """Return how the result changes along tangents of the differentiated arguments.

    Forward over reverse the result is a gradient, which finds its arguments by what requires one.
    """
    mode = engine.th.autograd.forward_ad
    each = tangents if len(engine.positions) > 1 else (tangents,)
    moved = dict(zip(engine.positions, each, strict=True))
    with engine.repeatable(), warnings.catch_warnings(), mode.dual_level():
        warnings.simplefilter("ignore", DeprecationWarning)  # of torch's own, in torch
        given = [
            engine.moving(i, argument, moved.get(i), requires=reverse and i in engine.positions)
            for i, argument in enumerate(args)
        ]
        result, outs = engine.called(given)
        found = [mode.unpack_dual(out) for out in outs]
        arrays = [
            as_array(engine.th, pair.primal * 0 if pair.tangent is None else pair.tangent)
            for pair in found
        ]
    return arrays[0] if is_tensor(engine.th, result) else tuple(arrays)


class Second:
    """Second order: the gradient as a function of the cotangent and of all arguments."""

    def __init__(self, engine: Engine, point: tuple[Any, ...]) -> None:
        self.engine, self.point = engine, point
        self.marked: bool | None = None  # by once_differentiable, None before it was looked

    def __call__(self) -> tuple[Callable[..., Any], Callable[..., Any], Any, Any]:
        """Return it with its backward, its point and the positions to differentiate by."""
        engine, count = self.engine, sum(n.startswith("cotangent") for n in self.engine.names)
        names = (f"cotangent{count + 1 if count else ''}", *engine.names)
        v = drawn(engine.forward(*(tree.rebuilt(a, tree.copied) for a in self.point)))
        positions = (0, *(position + 1 for position in engine.positions))
        name = f"the gradient of {engine.own.name}"
        again = replace(
            engine,
            own=replace(engine.own, name=name, call=self.pulled, names=names, raw=None),
            call=self.pulled,
            names=names,
            positions=positions,
            strict=positions,
            unused=set(),
            patterns={(path[0] + 1, *path[1:]): p for path, p in engine.patterns.items()},
            beyond=set(),
        )
        forward = dressed(again.forward, name, names)
        backward: Any = dressed(again.backward, "autograd of autograd", ("w", *names))
        point = (v, *self.point)
        backward.rules = Rules(
            self.tangent(again, point), twice=Second(again, point), notes=(*laid_out(again, point),)
        )
        return forward, backward, point, positions

    def tangent(self, again: Engine, point: tuple[Any, ...]) -> Callable[..., Any] | None:
        """Return the tangent of the gradient, forward over reverse, where torch has one."""
        along = partial(forwards, again, reverse=True)
        moves = [drawn(point[i]) for i in again.positions]
        try:
            along(moves if len(moves) > 1 else moves[0], *point)
        except Exception:  # noqa: BLE001  # a Function without a jvp, an operation without a formula
            return None
        return dressed(along, "forward over reverse", ("tangents", *again.names))

    def pulled(self, v: Any, *args: Any) -> tuple[Any, ...]:
        """Return the gradients for a cotangent, as tensors that can be differentiated again."""
        own = self.engine.own  # of a higher order another one lets its module stand
        first = own.held is not None and own.call == own.held.call
        with own.held.standing(*args) if own.held and first else contextlib.nullcontext():
            return self._pulled(v, args)

    def _pulled(self, v: Any, args: tuple[Any, ...]) -> tuple[Any, ...]:
        th = self.engine.th
        _, outs = self.engine.called(args)
        roots = [
            leaf
            for position in self.engine.positions
            for leaf in tree.flat(args[position])
            if is_tensor(th, leaf) and leaf.requires_grad
        ]
        live = [
            (out, part) for out, part in zip(outs, tree.flat(v), strict=True) if out.requires_grad
        ]
        ends, cotangents = ([*side] for side in zip(*live, strict=True))
        found = th.autograd.grad(ends, roots, cotangents, create_graph=True, allow_unused=True)
        if self.marked is None:
            self.marked = any(node.name() == REFUSES for node in nodes_before(found))
        if self.marked:  # asked for single gradients, torch passes the mark in silence
            raise RuntimeError(f"a function marked with {ONCE} was differentiated twice")
        pairs = zip(found, roots, strict=True)
        return tuple(th.zeros_like(root) if g is None else g for g, root in pairs)


def laid_out(again: Engine, point: tuple[Any, ...]) -> Iterator[Finding]:
    """Say where the gradient of the gradient depends on the strides of the first cotangent."""
    v, *rest = (tree.rebuilt(argument, tree.copied) for argument in point)
    for said, layout in LAYOUTS.items():
        asked = f"where the first cotangent is not contiguous ({said})"
        laid = tree.rebuilt(v, lambda leaf: layout(leaf) if np.size(leaf) > 1 else leaf)  # noqa: B023  # called at once
        same = tree.rebuilt(laid, partial(np.array, order="C"))
        with contextlib.suppress(Exception):  # check calls the same code, and says what it raises
            w = drawn(again.forward(same, *rest))
            plain = again.pull(w, (same, *rest))
            ask = partial(again.pull, w, (laid, *rest))
            if found := [*held_against(again.names, plain, ask, asked, again.positions)]:
                yield from found
                return
