"""A function of JAX, compiled where that gives what Python gives, and run by Python where not.

Python runs it once beside the first compiled run: what draws numbers, reads files or counts its
calls would be frozen by compilation, what branches on numbers cannot be compiled. Both stay as
they are. So it runs twice for each kind of arguments, in whatever ways it is asked: everything goes
through one trace. Tested in tests/peers/test_jax.py.
"""

import contextlib
from collections.abc import Callable
from typing import Any

import numpy as np

NEAR = 1e3  # units of rounding of the largest entry: the order of operations may differ


class Compiled:
    """Runs a function of pytrees; each kind of arguments is traced once.

    The function returns arrays of JAX in a list or a tuple, or one of them.
    """

    def __init__(self, framework: Any, function: Callable[..., Any], *, plainly: bool) -> None:
        self.framework, self.function, self.plainly = framework, function, plainly
        self.known: dict[
            Any, tuple[Any, bool]
        ] = {}  # what jax compiled, and whether it is the same

    def __call__(self, *args: Any) -> Any:
        """Return what the function returns."""
        kind, moving = self._kind(args), self.moving(args)
        if kind in self.known:
            run, same = self.known[kind]
            return run(moving) if same else self.function(*args)
        if self.plainly or any(isinstance(a, self.framework.core.Tracer) for a in moving):
            return self.function(*args)  # inside another trace nothing can be compared
        return self._first(kind, args)

    def _first(self, kind: Any, args: tuple[Any, ...]) -> Any:
        """Return what the function returns to Python, and keep whether it is the same compiled."""
        leaves, form = self.framework.tree.flatten(args)

        def of_moving(given: list[Any]) -> Any:
            rest = iter(given)
            array = self.framework.Array
            whole = [next(rest) if isinstance(leaf, array) else leaf for leaf in leaves]
            return self.function(*form.unflatten(whole))

        plain = self.function(*args)
        compiled, same = self.framework.jit(of_moving), False
        with contextlib.suppress(Exception):  # Python has just shown that it can be run
            same = self._same(plain, compiled(self.moving(args)))
        self.known[kind] = compiled, same
        return plain

    def moving(self, args: Any) -> list[Any]:
        """Return the arrays of JAX among arguments: what a trace takes."""
        return [a for a in self.framework.tree.leaves(args) if isinstance(a, self.framework.Array)]

    def jaxpr(self, *args: Any) -> Any:
        """Return the trace of a call, as a function of what moves, or raise what JAX raises."""
        if self._kind(args) not in self.known:
            self(*args)
        return self.known[self._kind(args)][0].trace(self.moving(args)).jaxpr

    def _kind(self, args: tuple[Any, ...]) -> Any:
        """Return what is the same of arguments that one trace can take."""
        return (*map(self._kind_of, self.framework.tree.leaves(args)),)

    def _kind_of(self, leaf: Any) -> Any:
        """Return what is the same of leaves that one trace can take."""
        if isinstance(leaf, self.framework.Array):
            return leaf.shape, leaf.dtype, getattr(leaf, "weak_type", None)
        return (type(leaf), leaf) if isinstance(leaf, (int, float, str)) else id(leaf)

    def _same(self, one: Any, other: Any) -> bool:
        """Tell whether two results are the same within rounding."""
        (ones, form), (others, its) = map(self.framework.tree.flatten, (one, other))
        return form == its and all(map(self._near, ones, others))

    def _near(self, one: Any, other: Any) -> bool:
        if (one.shape, one.dtype) != (other.shape, other.dtype):
            return False
        a, b = (np.asarray(array).astype(np.complex128) for array in (one, other))
        size = np.abs(a[np.isfinite(a)]).max(initial=0.0)
        room = NEAR * float(self.framework.numpy.finfo(one.dtype).eps) * size
        return np.allclose(a, b, rtol=0, atol=room, equal_nan=True)
