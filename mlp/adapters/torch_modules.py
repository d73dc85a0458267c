"""A module of torch as training would use it: its own Parameters hold the numbers.

They hold them during forward and during backward, and gradients gather in ``.grad``: so what
recomputes in backward, as a checkpoint does, or calls ``backward`` itself, is right. The module is
a copy; its buffers start each call as those of the original.
Tested in tests/peers/test_training.py.
"""

import contextlib
import copy
import inspect
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from mlp.op import bare, name_of

Found = TypeVar("Found")


class Held:
    """A copy of a module, whose Parameters can be made to hold other numbers."""

    def __init__(self, th: Any, f: Any) -> None:
        try:
            self.model = copy.deepcopy(f)
        except Exception as error:
            raise TypeError(f"torch: {name_of(f)} cannot be copied: {error}") from error
        self.th = th
        self.parameters = dict(self.model.named_parameters())
        self.free = {name: p for name, p in self.parameters.items() if p.requires_grad}
        self.start = {name: p.detach().clone() for name, p in self.parameters.items()}
        self.buffers = [
            (module, name, buffer.detach().clone())
            for module in self.model.modules()
            for name, buffer in module._buffers.items()  # noqa: SLF001  # shared ones count twice
            if buffer is not None
        ]

    def hold(self, given: dict[str, Any], *, wide: bool) -> None:
        """Put numbers into the Parameters, and everything else back to what it was."""
        for name, p in self.parameters.items():
            p.data = given[name] if name in given else self._fresh(self.start[name], wide=wide)
            p.grad = None
        for module, name, start in self.buffers:
            module._buffers[name] = self._fresh(start, wide=wide)  # noqa: SLF001  # a forward may have put another there

    @contextlib.contextmanager
    def alone(self, name: str | None) -> Iterator[None]:
        """Let no Parameter but one require a gradient, or none."""
        for other, p in self.free.items():
            p.requires_grad_(other == name)
        try:
            yield
        finally:
            for p in self.free.values():
                p.requires_grad_()

    def call(self, *inputs: Any) -> Any:
        """Run the module: with what its Parameters hold, or on other tensors in their place."""
        others = self._others(inputs)
        inputs = inputs[1:] if self.free else inputs
        if others is None:
            return self.model(*inputs)
        return self.th.func.functional_call(self.model, others, inputs)

    def standing(self, *inputs: Any) -> Any:
        """Return the context in which the module keeps to what it is called with, backward too."""
        others = self._others(inputs)
        if others is None:
            return contextlib.nullcontext()
        return self.th.nn.utils.stateless._reparametrize_module(self.model, others)  # noqa: SLF001  # what functional_call is made of

    def _others(self, inputs: tuple[Any, ...]) -> dict[str, Any] | None:
        """Return what is to stand for Parameters and buffers, None where they are their own."""
        given = inputs[0] if self.free else {}
        if all(given[name] is p for name, p in self.free.items()):
            return None
        tensors = [t for t in (*given.values(), *inputs[1:]) if isinstance(t, self.th.Tensor)]
        wide = any(t.dtype == self.th.float64 for t in tensors)
        kept = {**self.start, **dict(self.model.named_buffers())}
        fixed = {k: self._fresh(t, wide=wide) for k, t in kept.items() if k not in given}
        return {**fixed, **given}

    def _fresh(self, tensor: Any, *, wide: bool) -> Any:
        """Return a copy of a tensor, in float64 where that is asked."""
        own = tensor.detach().clone()
        return own.double() if wide and own.is_floating_point() else own


def bystanders(th: Any, f: Callable[..., Any]) -> Iterator[Any]:
    """Yield the leaf tensors that a function knows without being given them."""
    function, options = bare(f)
    known = [*options.values(), *getattr(f, "args", ()), getattr(function, "__self__", None)]
    if inspect.isfunction(function):
        found = inspect.getclosurevars(function)
        known += [*found.nonlocals.values(), *found.globals.values()]
        known += function.__defaults__ or ()
    for thing in known:
        if isinstance(thing, th.nn.Module):
            yield from thing.parameters()
        elif isinstance(thing, th.Tensor) and thing.is_leaf:
            yield thing


def undisturbed(th: Any, f: Callable[..., Any], work: Callable[[], Found]) -> Found:
    """Do work that gathers gradients; those of tensors outside stay as they were."""
    kept = [(tensor, tensor.grad) for tensor in bystanders(th, f)]
    try:
        for tensor, _ in kept:
            tensor.grad = None
        return work()
    finally:
        for tensor, gradient in kept:
            tensor.grad = gradient
