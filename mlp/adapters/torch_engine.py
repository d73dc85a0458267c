"""Functions of tensors as functions of arrays: forward and backward through torch's own engine.

Tested in tests/peers/test_torch.py.
"""

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from mlp import tree
from mlp.adapters.question import Question
from mlp.gradcheck import Finding


@dataclass(frozen=True)
class Own:
    """What to call with tensors, and what is known of it."""

    name: str
    call: Callable[..., Any]
    signed: Callable[..., Any]  # by whose signature the arguments are named
    source: Callable[..., Any]  # what was written for the gradient
    skip: int = 0  # so many first arguments of ``signed`` are not ours
    parameters: dict[str, Any] = field(default_factory=dict)  # call takes them first, if any
    raw: list[Any] | None = None  # what the backward of a Function returned last

    def fitted(self, leaf: Any) -> Any:
        """Return a NumPy array in the precision of the parameters; anything else as it is."""
        if not (isinstance(leaf, np.ndarray) and leaf.dtype.kind == "f"):
            return leaf
        wide = any(p.element_size() >= 8 for p in self.parameters.values())
        return leaf.astype(np.float64 if wide else np.float32)


@dataclass(frozen=True)
class Leaf:
    """A tensor that was handed over: made of an array, and cloned where it is differentiated."""

    array: Any
    root: Any
    given: Any  # in place operations are free to change a clone
    node: Any  # what autograd says made it; another one where autograd saw it change


@dataclass(frozen=True)
class Engine:
    """Forward and backward on arrays, by way of tensors and torch's engine."""

    th: Any
    own: Own
    loss: Callable[..., Any] | None
    device: Any
    positions: tuple[int, ...]  # of the differentiated arguments
    strict: tuple[int, ...]  # of those for which no gradient means a gradient of 0
    unused: set[tuple[int, Any]] = field(default_factory=set)  # which have no effect on forward

    def forward(self, *args: Any) -> Any:
        """Return what the function returns, its float tensors as arrays."""
        with self._repeatable():
            result, outs, _ = self._run(args)
            arrays = tuple(as_array(self.th, out) for out in outs)
        return arrays[0] if is_tensor(self.th, result) else arrays

    def backward(self, v: Any, *args: Any) -> Any:
        """Return the gradient of each differentiated argument, as torch's engine finds them."""
        try:
            found = self.pull(v, args)
        except (RuntimeError, TypeError):  # of torch's engine, or of the user's code
            if (refused := self._refused(args)) is None:
                raise
            return refused
        gradients = []
        for position in self.positions:
            arg = args[position]
            fresh = [found.get((position, path)) for path, _ in tree.leaves(arg)]
            for k, (path, leaf) in enumerate(tree.leaves(arg)):
                missing = fresh[k] is None and position in self.strict
                if missing and (position, path) not in self.unused:
                    fresh[k] = np.zeros_like(leaf)
            gradients.append(tree.rebuild(arg, iter(fresh)))
        return gradients[0] if len(gradients) == 1 else tuple(gradients)

    def pull(self, v: Any, args: tuple[Any, ...]) -> dict[tuple[int, Any], Any]:
        """Return the gradients that the engine finds, by position and path."""
        if self.own.raw:
            self.own.raw.clear()
        parts = [np.asarray(part) for part in tree.flat(v)]
        with self._repeatable():
            _, outs, leaves = self._run(args)
            wanted = {key: leaf for key, leaf in leaves.items() if leaf.root.requires_grad}
            weights = [
                self._tensor(part).to(out.dtype) for part, out in zip(parts, outs, strict=True)
            ]
            live = [pair for pair in zip(outs, weights, strict=True) if pair[0].requires_grad]
            if not live or not wanted:
                return {}
            roots = [leaf.root for leaf in wanted.values()]
            found = self.th.autograd.grad(
                *map(list, ([out for out, _ in live], roots, [w for _, w in live])),
                allow_unused=True,
            )
            for part, weight in zip(parts, weights, strict=True):
                _mirror(part, weight)
            self._mirror_all(leaves)
            return {
                key: as_array(self.th, gradient)
                for key, gradient in zip(wanted, found, strict=True)
                if gradient is not None
            }

    def notes(self, question: Question, names: tuple[str, ...]) -> Iterator[Finding]:
        """Look at the point for what the numbers alone would not tell."""
        args = tree.rebuilt(question.point, tree.copied)
        try:
            outs = question.forward(*args)
            found = self.pull(tree.rebuilt(outs, np.ones_like), args)
        except Exception:  # noqa: BLE001  # check calls the same code, and says what it raises
            yield from self._miscounted(names)
            return
        yield from self._summed(names, args)
        for position in self.positions:
            for path, leaf in tree.leaves(args[position]):
                if (position, path) in found or not isinstance(leaf, np.ndarray):
                    continue
                name = names[position] + tree.spell(path)
                moved = np.asarray(leaf + (0.125 + 0.25 * np.abs(leaf)), leaf.dtype)
                swapped = (moved if p == path else a for p, a in tree.leaves(args[position]))
                other = list(args)
                other[position] = tree.rebuild(args[position], swapped)
                if _equal(outs, question.forward(*other)):
                    self.unused.add((position, path))
                elif position in self.strict:
                    said = (
                        "no gradient comes back, though the output depends on it: a backward that "
                        "returns None, or detach(), .data, .item() or NumPy on the way; taken as 0"
                    )
                    yield Finding("missing", "note", name, said)
                else:
                    said = (
                        f"no gradient comes back, though the output depends on it; if that is a "
                        f"mistake, pass wrt={names[position]!r} or a tensor that requires_grad"
                    )
                    yield Finding("missing", "note", name, said)

    def _run(self, args: tuple[Any, ...]) -> tuple[Any, list[Any], dict[tuple[int, Any], Leaf]]:
        """Call the function; return its result, the float tensors in it, and what was given."""
        leaves: dict[tuple[int, Any], Leaf] = {}
        handed = []
        for position, arg in enumerate(args):
            for path, array in tree.leaves(arg):
                if position in self.positions:
                    leaves[position, path] = self._differentiated(array)
                elif isinstance(array, np.ndarray):
                    given = self._tensor(array)
                    leaves[position, path] = Leaf(array, given, given, None)
            fresh = (
                leaves[position, path].given if (position, path) in leaves else leaf
                for path, leaf in tree.leaves(arg)
            )
            handed.append(tree.rebuild(arg, fresh))
        if self.loss:
            result = self.loss(self.own.call(*handed[:-1]), handed[-1])
        else:
            result = self.own.call(*handed)
        outs = [
            out if is_tensor(self.th, out) else self._tensor(np.asarray(out))
            for out in tree.flat(result)
            if isinstance(out, float) or (is_tensor(self.th, out) and _is_inexact(out))
        ]
        if not outs:
            kind = getattr(result, "dtype", type(result).__name__)
            raise TypeError(f"{self.own.name} must return a float tensor, but returned {kind}")
        self._mirror_all(leaves)
        return result, outs, leaves

    def _differentiated(self, array: Any) -> Leaf:
        root = self._tensor(np.asarray(array))
        if not root.is_floating_point():
            return Leaf(array, root, root, None)
        given = root.requires_grad_().clone()
        return Leaf(array, root, given, given.grad_fn)

    def _tensor(self, array: Any) -> Any:
        """Return a tensor with an array's numbers in its memory order."""
        return self.th.from_numpy(array.copy(order="K")).to(self.device)

    def _mirror_all(self, leaves: dict[tuple[int, Any], Leaf]) -> None:
        for leaf in leaves.values():
            if leaf.given.grad_fn is leaf.node:
                _mirror(leaf.array, leaf.given)

    @contextlib.contextmanager
    def _repeatable(self) -> Iterator[None]:
        """Let the body draw the same random numbers each time, whatever modes the caller is in."""
        th = self.th
        devices = [self.device] if self.device.type == "cuda" else []
        with th.random.fork_rng(devices), th.inference_mode(mode=False), th.enable_grad():
            seed = th.initial_seed()
            th.default_generator.manual_seed(seed)
            if devices:
                th.cuda.manual_seed(seed)
            yield

    def _refused(self, args: tuple[Any, ...]) -> Any:
        """Return what the backward of a Function returned if it does not fit the arguments."""
        came = self._raw()
        if came is None:
            return None
        fits = len(came) == len(args) - bool(self.loss)
        gradients = tuple(
            as_array(self.th, g) for g in ([came[i] for i in self.positions] if fits else came)
        )
        wanted = [np.shape(args[position]) for position in self.positions]
        same = [np.shape(g) for g in gradients] == wanted
        if same or (not fits and len(gradients) == len(wanted)):
            return None  # check would not refuse it
        return gradients[0] if len(gradients) == 1 else gradients

    def _raw(self) -> tuple[Any, ...] | None:
        if not self.own.raw:
            return None
        (came,) = self.own.raw
        return came if isinstance(came, tuple) else (came,)

    def _miscounted(self, names: tuple[str, ...]) -> Iterator[Finding]:
        """Say that a backward returned too few gradients, or too many."""
        came, wanted = self._raw(), names[: len(names) - bool(self.loss)]
        if came is not None and len(came) != len(wanted):
            said = (
                f"{self.own.name}.backward returned {len(came)} gradients for the {len(wanted)} "
                f"arguments of forward ({', '.join(wanted)}); return one for each, None for a "
                f"constant"
            )
            yield Finding("shape", "fault", None, said)

    def _summed(self, names: tuple[str, ...], args: tuple[Any, ...]) -> Iterator[Finding]:
        """Note gradients that have the right shape only because torch sums them."""
        for name, arg, g in zip(names, args, self._raw() or (), strict=False):
            came = tuple(getattr(g, "shape", np.shape(arg)))
            if came != np.shape(arg):
                said = (
                    f"{self.own.name}.backward returned a gradient of shape {came}, which torch "
                    f"sums to the shape {np.shape(arg)} of {name}; sum it there"
                )
                yield Finding("shape", "note", name, said)


def _is_inexact(tensor: Any) -> bool:
    return bool(tensor.is_floating_point() or tensor.is_complex())


def is_tensor(th: Any, leaf: Any) -> bool:
    """Tell a tensor from anything else."""
    return isinstance(leaf, th.Tensor)


def as_array(th: Any, leaf: Any) -> Any:
    """Return a tensor as an array; anything else as it is."""
    if not is_tensor(th, leaf):
        return leaf
    plain = leaf.detach().cpu()
    plain = plain.to_dense() if plain.is_sparse else plain
    return (plain.float() if plain.dtype == th.bfloat16 else plain).numpy()


def _mirror(array: Any, tensor: Any) -> None:
    """Write into an array what was written into its tensor, so that check sees it."""
    now = tensor.detach().cpu().numpy()
    if isinstance(array, np.ndarray) and not np.array_equal(now, array, equal_nan=True):
        array[...] = now


def _equal(one: Any, other: Any) -> bool:
    """Tell whether two results hold the same bits."""
    pairs = zip(tree.flat(one), tree.flat(other), strict=True)
    return all(np.array_equal(a, b, equal_nan=True) for a, b in pairs)
