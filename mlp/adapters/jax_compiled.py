"""A function of JAX, compiled where that gives what Python gives, and run by Python where not.

Python runs it once beside the first compiled run: what draws numbers, reads files or counts its
calls would be frozen by compilation, what branches on numbers cannot be compiled. Both stay as
they are. Tested in tests/peers/test_jax.py.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

NEAR = 1e3  # units of rounding of the largest entry: the order of operations may differ


class Compiled:
    """Runs a function of pytrees; each kind of arguments is traced once.

    The function returns arrays of JAX in a list or a tuple, or one of them.
    """

    def __init__(self, framework: Any, function: Callable[..., Any]) -> None:
        self.framework, self.function = framework, function
        self.known: dict[Any, Callable[..., Any] | None] = {}

    def __call__(self, *args: Any) -> Any:
        """Return what the function returns."""
        leaves, form = self.framework.tree.flatten(args)
        moving = [leaf for leaf in leaves if isinstance(leaf, self.framework.Array)]
        kind = (*map(self._kind, leaves),)
        if kind in self.known:
            compiled = self.known[kind]
            return self.function(*args) if compiled is None else compiled(moving)

        def of_moving(given: list[Any]) -> Any:
            rest = iter(given)
            array = self.framework.Array
            whole = [next(rest) if isinstance(leaf, array) else leaf for leaf in leaves]
            return self.function(*form.unflatten(whole))

        plain = self.function(*args)
        compiled = self.framework.jit(of_moving)
        try:
            same = self._same(plain, compiled(moving))
        except Exception:  # noqa: BLE001  # Python has just shown that it can be run
            same = False
        self.known[kind] = compiled if same else None
        return plain

    def _kind(self, leaf: Any) -> Any:
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
