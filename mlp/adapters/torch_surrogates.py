"""Functions of torch that declare a surrogate, with that in place wherever a model calls them.

    class Round(torch.autograd.Function):
        SURROGATE = staticmethod(lambda x: x)      the function whose gradient backward returns
        ...

While a call is checked, the forward of such a class returns the value of its surrogate; what it
saves for backward is saved as before. So a whole model is checked with them in place, and the
report names them. Tested in tests/peers/test_surrogates.py.
"""

import contextlib
import threading
from collections.abc import Callable, Iterator
from typing import Any

from mlp import tree

LOCK = threading.RLock()  # a class has one forward, whoever calls it


@contextlib.contextmanager
def in_place(th: Any, used: set[str], injected: list[float]) -> Iterator[None]:
    """Let the Functions that declare a surrogate return its values; note which were called.

    The losses that these inject in backward are left in a list.
    """
    injected.clear()
    found = [*_declared(th.autograd.Function)]
    if not found:
        yield
        return
    with LOCK, contextlib.ExitStack() as stack:
        for kind in found:
            before = vars(kind).get("forward")
            kind.forward = staticmethod(_standing(th, kind, used, injected))
            stack.callback(_put_back, kind, before)
        yield


def _declared(kind: Any) -> Iterator[Any]:
    """Yield the classes below one that have a surrogate, those derived from others first."""
    for below in kind.__subclasses__():
        yield from _declared(below)
        if callable(getattr(below, "SURROGATE", None)):
            yield below


def _put_back(kind: Any, before: Any) -> None:
    if before is None:
        del kind.forward
    else:
        kind.forward = before


def _standing(th: Any, kind: Any, used: set[str], injected: list[float]) -> Callable[..., Any]:
    """Return the forward of a class with the values of its surrogate."""
    inner = kind.forward
    takes_ctx = kind.setup_context is th.autograd.Function.setup_context

    def forward(*given: Any) -> Any:
        used.add(kind.__name__)
        plain = inner(*given)  # it saves for backward
        with th.no_grad():
            value = kind.SURROGATE(*given[takes_ctx:])
        if isinstance(value, tuple) and not isinstance(plain, tuple):
            value, loss = value
            injected.append(float(loss))
        return tree.rebuilt(value, lambda leaf: leaf.clone() if hasattr(leaf, "clone") else leaf)

    return forward
