"""Functions of tensors as functions of arrays: forward and backward through torch's own engine.

Tested in tests/peers/test_torch.py.
"""

import contextlib
from collections.abc import Callable, Container, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import numpy as np

from mlp import tree
from mlp.adapters.question import Draws, one_or_all
from mlp.adapters.torch_modules import Held, undisturbed
from mlp.adapters.torch_sparse import Pattern
from mlp.adapters.torch_surrogates import in_place
from mlp.adapters.torch_tensors import (
    as_array,
    dense,
    is_freed,
    is_tensor,
    laid_out,
    mirror,
    undefining,
)
from mlp.adapters.torch_witness import dual, parts, witnessing
from mlp.gradcheck.returned import CONSTANT
from mlp.tangent import Lost, TangentArray, Trail

PARAMETERS = "parameters"  # the first argument of a module


@dataclass(frozen=True)
class Own:
    """What to call with tensors, and what is known of it."""

    name: str
    call: Callable[..., Any]
    names: tuple[str, ...]  # of its arguments
    source: Callable[..., Any]  # what was written for the gradient
    parameters: dict[str, Any] = field(default_factory=dict)  # call takes them first, if any
    raw: list[tuple[Any, ...]] | None = None  # what the backward of a Function returned last
    held: Held | None = None  # the module, whose Parameters hold the numbers


@dataclass(frozen=True)
class Leaf:
    """A tensor that was handed over: made of an array, and cloned where it is differentiated."""

    array: Any
    root: Any
    given: Any  # in place operations are free to change a clone
    node: Any  # what autograd says made it; another one where autograd saw it change
    pattern: Pattern | None = None  # of a sparse tensor, whose stored entries the array holds

    @property
    def shown(self) -> Any:
        """Return what the function was given, as it is now, in the form of the array."""
        return self.given if self.pattern is None else self.pattern.values_of(self.given)

    def gradient(self, th: Any, g: Any) -> Any:
        """Return a gradient in the form of the array."""
        return as_array(th, g if self.pattern is None else self.pattern.gradient(g))


@dataclass(frozen=True)
class Engine:
    """Forward and backward on arrays, by way of tensors and torch's engine."""

    th: Any
    own: Own
    call: Callable[..., Any]  # ``own.call``, or the loss of what that returns
    names: tuple[str, ...]  # of all arguments, a target after those of ``own``
    device: Any
    positions: tuple[int, ...]  # of the differentiated arguments
    strict: tuple[int, ...]  # of those for which no gradient means a gradient of 0
    unused: set[tree.Keys] = field(default_factory=set)  # in all arguments: no effect on forward
    surrogates: set[str] = field(default_factory=set)  # the Functions that stood for others
    injected: list[float] = field(
        default_factory=list
    )  # losses that backward adds, of the last call
    patterns: dict[tree.Keys, Pattern] = field(default_factory=dict)  # of sparse arguments
    beyond: set[tree.Keys] = field(default_factory=set)  # those whose gradient has further entries
    draws: Draws = field(default_factory=Draws)

    def forward(self, *args: Any) -> Any:
        """Return what the function returns, its float tensors as arrays."""
        with self.repeatable():
            result, outs, _ = self.run(args)
            arrays = tuple(as_array(self.th, out) for out in outs)
        return arrays[0] if is_tensor(self.th, result) else arrays

    def pushforward(
        self, point: Sequence[Any], directions: Sequence[Any], trail: Trail
    ) -> list[TangentArray]:
        """Run the function on tensors with tangents."""
        if self.patterns:
            raise Lost("a sparse tensor has no tangent")
        with self.repeatable(), witnessing(self.th, trail):
            ways = (tree.rebuilt(direction, _or_none) for direction in directions)
            given = [
                self.moving(i, a, way) for i, (a, way) in enumerate(zip(point, ways, strict=True))
            ]
            _, outs = self.called(given)
            pairs = [parts(self.th, out) for out in outs]
        return [TangentArray(value, dot, trail) for value, dot in pairs]

    def moving(
        self, position: int, argument: Any, direction: Any, *, requires: bool = False
    ) -> Any:
        """Return an argument as tensors, which move where it has a direction.

        Those that require a gradient are no leaves: these cannot be written into.
        """
        moves = {} if direction is None else dict(tree.leaves(direction))

        def moved(path: tree.Keys, leaf: Any) -> Any:
            if not isinstance(leaf, (np.ndarray, np.generic)):
                return leaf
            tensor = self.given((position, *path), np.asarray(leaf))
            floats = tensor.is_floating_point() or tensor.is_complex()
            tensor = tensor.requires_grad_().clone() if requires and floats else tensor
            if moves.get(path) is None:
                return tensor
            d = np.asarray(moves[path], np.asarray(leaf).dtype)
            return dual(self.th, tensor, self.given((position, *path), d))

        fresh = {path: moved(path, leaf) for path, leaf in tree.leaves(argument)}
        return tree.replaced(argument, fresh)

    def backward(self, v: Any, *args: Any) -> Any:
        """Return the gradient of each differentiated argument, as torch's engine finds them."""
        try:
            found = self.pull(v, args)
        except (RuntimeError, TypeError):  # of torch's engine, or of the user's code
            if (refused := self._refused(args)) is None:
                raise
            return refused
        gradients = {
            path: np.zeros_like(leaf)
            if path[0] in self.strict and path not in self.unused
            else None
            if path in self.unused
            else CONSTANT
            for path, leaf in tree.leaves(args)
        }
        whole = tree.replaced(args, {**gradients, **found})
        return one_or_all([whole[position] for position in self.positions])

    def pull(
        self, v: Any, args: tuple[Any, ...], defined: Container[int] | None = None
    ) -> dict[tree.Keys, Any]:
        """Return the gradients that the engine finds, by their paths in all arguments.

        The cotangents of other results than the defined ones, if that is given, are undefined.
        """
        if self.own.raw:
            self.own.raw.clear()
        if self.own.held is not None:
            return self._pulled(v, args, defined, gather=True)
        try:
            return self._pulled(v, args, defined, gather=False)
        except RuntimeError as error:
            if "use_reentrant=True" not in str(error):
                raise
        gathered = partial(self._pulled, v, args, defined, gather=True)
        return undisturbed(self.th, self.own.call, gathered)

    def _pulled(
        self, v: Any, args: tuple[Any, ...], defined: Container[int] | None, *, gather: bool
    ) -> dict[tree.Keys, Any]:
        """Run forward and the engine, which gathers gradients in ``.grad`` or hands them over."""
        parts = [np.asarray(part) for part in tree.flat(v)]
        with self.repeatable():
            _, outs, leaves = self.run(args)
            wanted = {path: leaf.root for path, leaf in leaves.items() if leaf.root.requires_grad}
            if defined is not None:
                nothing = undefining(self.th)
                outs = [o if i in defined else nothing(o) for i, o in enumerate(outs)]
            weights = [
                self.tensor(part).to(out.dtype) for part, out in zip(parts, outs, strict=True)
            ]
            live = [pair for pair in zip(outs, weights, strict=True) if pair[0].requires_grad]
            if not live or not wanted:
                return {}
            ends, cotangents = ([*side] for side in zip(*live, strict=True))
            if gather:
                self.th.autograd.backward(ends, cotangents)
                found = [root.grad for root in wanted.values()]
            else:
                found = self.th.autograd.grad(
                    ends, [*wanted.values()], cotangents, allow_unused=True
                )
            for part, weight in zip(parts, weights, strict=True):
                mirror(part, weight)
            self._mirror_all(leaves)
            pairs = [pair for pair in zip(wanted, found, strict=True) if pair[1] is not None]
            self.beyond.update(
                p for p, g in pairs if p in self.patterns and self.patterns[p].lacks(g)
            )
            return {path: leaves[path].gradient(self.th, g) for path, g in pairs}

    def widened(self, args: tuple[Any, ...]) -> tuple[Any, ...]:
        """Return arrays for all entries of sparse arguments whose gradient has more than stored."""
        with contextlib.suppress(Exception):  # check calls the same code, and says what it raises
            self.pull(tree.rebuilt(self.forward(*args), np.ones_like), args)
        wide = {path: self.patterns[path].whole() for path in self.beyond}
        self.patterns.update(wide)
        fresh = {path: as_array(self.th, pattern.values) for path, pattern in wide.items()}
        return tuple(tree.replaced(args, fresh))

    def run(self, args: tuple[Any, ...]) -> tuple[Any, list[Any], dict[tree.Keys, Leaf]]:
        """Call the function; return its result, the float tensors in it, and what was given."""
        leaves = {
            path: self._leaf(path, array)
            for path, array in tree.leaves(args)
            if path[0] in self.positions or isinstance(array, np.ndarray)
        }
        if self.own.held is not None:
            leaves |= self._held(self.own.held, args, leaves)
        given = {path: leaf.given for path, leaf in leaves.items()}
        result, outs = self.called(tree.replaced(args, given))
        self._mirror_all(leaves)
        for path in [path for path, leaf in leaves.items() if is_freed(leaf.shown)]:
            leaves[path] = replace(leaves[path], array=None)  # backward may fill it again
        return result, outs, leaves

    def called(self, given: Sequence[Any]) -> tuple[Any, list[Any]]:
        """Call the function with tensors; return its result, and the float tensors in it."""
        with in_place(self.th, self.surrogates, self.injected):
            result = self.call(*(self._afresh(argument) for argument in given))
        outs = [
            dense(self.th, out) if is_tensor(self.th, out) else self.tensor(np.asarray(out))
            for out in tree.flat(result)
            if isinstance(out, float)
            or (is_tensor(self.th, out) and (out.is_floating_point() or out.is_complex()))
        ]
        if not outs:
            kind = getattr(result, "dtype", type(result).__name__)
            raise TypeError(f"{self.own.name} must return a float tensor, but returned {kind}")
        return result, outs

    def _afresh(self, argument: Any) -> Any:
        """Return a generator in the state that it was given in; anything else as it is."""
        own = isinstance(argument, self.th.Generator)
        return argument.clone_state() if own else argument

    def _held(
        self, held: Held, args: tuple[Any, ...], leaves: dict[tree.Keys, Leaf]
    ) -> dict[tree.Keys, Leaf]:
        """Put the numbers of the parameters into the module's own, and return these."""
        place = self.names.index(PARAMETERS) if held.free else None
        own = {path: leaf for path, leaf in leaves.items() if path[0] == place}
        wide = any(getattr(a, "dtype", None) == np.float64 for a in tree.flat(args))
        held.hold({path[1]: leaf.root.detach() for path, leaf in own.items()}, wide=wide)
        parameters = {path: held.free[path[1]] for path in own}
        return {
            path: Leaf(leaf.array, p, p, None)
            for (path, leaf), p in zip(own.items(), parameters.values(), strict=True)
        }

    def _leaf(self, path: tree.Keys, array: Any) -> Leaf:
        root = given = self.given(path, np.asarray(array))
        if path[0] in self.positions and (root.is_floating_point() or root.is_complex()):
            given = root.requires_grad_().clone()
            if path not in self.patterns and given.stride() != root.stride():
                given = root.view_as(root)
        return Leaf(array, root, given, given.grad_fn, self.patterns.get(path))

    def given(self, path: tree.Keys, array: Any) -> Any:
        """Return an array as the function is given it at this path: sparse, if that was sparse."""
        pattern, tensor = self.patterns.get(path), self.tensor(array)
        return tensor if pattern is None else pattern.filled(tensor)

    def tensor(self, array: Any) -> Any:
        """Return a tensor with an array's numbers, laid out as these are."""
        return laid_out(self.th, array).to(self.device)

    def _mirror_all(self, leaves: dict[tuple[int, Any], Leaf]) -> None:
        for leaf in leaves.values():
            if leaf.given.grad_fn is leaf.node:
                mirror(leaf.array, leaf.shown)

    @contextlib.contextmanager
    def repeatable(self) -> Iterator[None]:
        """Let the body draw the same random numbers each time, whatever modes the caller is in."""
        th = self.th
        devices = [self.device] if self.device.type == "cuda" else []
        modes = th.inference_mode(mode=False), th.enable_grad()
        with self.draws.repeated(), th.random.fork_rng(devices), modes[0], modes[1]:
            seed = th.initial_seed()
            th.default_generator.manual_seed(seed)
            if devices:
                th.cuda.manual_seed(seed)
            yield

    def _refused(self, args: tuple[Any, ...]) -> Any:
        """Return what the backward of a Function returned if it does not fit the arguments."""
        if not self.own.raw or self.patterns:
            return None
        (came,) = self.own.raw
        fits = len(came) == len(self.own.names)
        gradients = [
            as_array(self.th, g) for g in ([came[i] for i in self.positions] if fits else came)
        ]
        wanted = [np.shape(args[position]) for position in self.positions]
        same = [np.shape(g) for g in gradients] == wanted
        if same or (not fits and len(gradients) == len(wanted)):
            return None  # check would not refuse it
        return one_or_all(gradients)


def _or_none(d: Any) -> Any:
    """Return a direction, None for one of 0."""
    return d if np.any(d) else None
