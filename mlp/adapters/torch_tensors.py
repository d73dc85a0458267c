"""Tensors beside arrays, and the graph that autograd has of them.

Tested in tests/peers/test_torch.py.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache
from typing import Any

import numpy as np

from mlp.gradcheck import Finding

SPREAD = 16  # times its numbers may an array take in memory, with the gaps between them


def function_of(th: Any, f: Any) -> Any:
    """Return the Function that is given, itself or by a method such as its apply; else None."""
    owner, base = getattr(f, "__self__", f), th.autograd.Function
    return owner if isinstance(owner, type) and issubclass(owner, base) else None


@cache
def undefining(th: Any) -> Callable[[Any], Any]:
    """Return an identity whose result leaves the cotangent of its argument undefined."""
    same, none = staticmethod(lambda _, x: x.view_as(x)), staticmethod(lambda *_: None)
    made: Any = type("Undefined", (th.autograd.Function,), {"forward": same, "backward": none})
    return lambda out: made.apply(out) if out.requires_grad else out


def functions_of(th: Any, outs: Sequence[Any]) -> list[Any]:
    """Return the Functions, torch's own left out, that autograd meets on its way back."""
    nodes = nodes_before(outs)
    functions = (n for n in nodes if isinstance(n, th.autograd.function.BackwardCFunction))
    kinds = dict.fromkeys(n._forward_cls for n in functions)  # noqa: SLF001  # torch has no public name for it
    return [kind for kind in kinds if kind.__module__.partition(".")[0] != "torch"]


def nodes_before(outs: Iterable[Any]) -> Iterator[Any]:
    """Yield the nodes of the graph that autograd follows from some tensors, each once."""
    seen = {out.grad_fn for out in outs if out is not None and out.grad_fn is not None}
    waiting = [*seen]
    while waiting:
        yield (node := waiting.pop())
        below = {n for n, _ in node.next_functions if n is not None} - seen
        seen |= below
        waiting += below


def laid_out(th: Any, array: Any) -> Any:
    """Return a tensor with the numbers and the strides of an array; torch has none below 0."""
    strides = [abs(n) // array.itemsize for n in array.strides]
    extent = sum((n - 1) * stride for n, stride in zip(array.shape, strides, strict=True)) + 1
    if extent == array.size or not array.size or extent > SPREAD * array.size:
        return th.from_numpy(array.copy(order="K"))
    room = np.zeros(extent, array.dtype)
    if array.dtype.kind in "fc":
        room[:] = np.nan  # where no number belongs
    in_bytes = [n * array.itemsize for n in strides]
    np.lib.stride_tricks.as_strided(room, array.shape, in_bytes)[...] = array
    return th.from_numpy(room).as_strided(array.shape, strides)


def is_tensor(th: Any, leaf: Any) -> bool:
    """Tell a tensor from anything else."""
    return isinstance(leaf, th.Tensor)


def dense(th: Any, tensor: Any) -> Any:
    """Return a sparse tensor with all its entries; its cotangents have those that it stores."""
    return tensor if tensor.layout is th.strided else tensor.to_dense()


def as_array(th: Any, leaf: Any) -> Any:
    """Return a tensor as an array; anything else as it is."""
    if not is_tensor(th, leaf):
        return leaf
    plain = dense(th, leaf.detach().cpu()).resolve_conj().resolve_neg()
    return (plain.float() if plain.dtype == th.bfloat16 else plain).numpy()


def bfloat16_read(names: Iterable[str]) -> Iterator[Finding]:
    """Note which arguments came in a dtype that no array has."""
    if said := ", ".join(dict.fromkeys(names)):
        yield Finding("read", "note", None, f"{said}: bfloat16, read as float32")


def is_freed(tensor: Any) -> bool:
    """Tell a tensor whose memory was given back."""
    room: int = tensor.untyped_storage().nbytes()
    return bool(room < tensor.numel() * tensor.element_size())


def mirror(array: Any, tensor: Any) -> None:
    """Write into an array what was written into its tensor, so that check sees it."""
    if is_freed(tensor):
        return  # freed on purpose, to be computed anew in backward
    now = (
        tensor.detach().cpu().clone().resolve_conj().resolve_neg().numpy()
    )  # numpy() keeps what it shows from being freed
    if isinstance(array, np.ndarray) and not np.array_equal(now, array, equal_nan=True):
        array[...] = now
