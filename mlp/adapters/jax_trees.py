"""Pytrees of JAX as arrays in a plain structure, and back; which of their leaves are floats.

Tested in tests/peers/test_pytrees.py.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from mlp import tree
from mlp.adapters.question import conjugated

IDLE = object()  # in the place of a gradient by what no result depends on


def pulled_back(leaf: Any) -> Any:
    """Return a gradient in the convention of check: None, which claims 0, where nothing depends."""
    return None if leaf is IDLE else conjugated(leaf)


class Pytree:
    """An argument, as arrays in a plain structure and back as its pytree."""

    def __init__(self, framework: Any, arg: Any) -> None:
        self.framework = framework
        leaves, self.form = framework.tree.flatten(arg)
        plain = [leaf for leaf in tree.flat(arg) if leaf is not None]
        self.plain = sorted(map(id, plain)) == sorted(map(id, leaves))
        arrays = any(isinstance(leaf, (np.ndarray, framework.Array)) for leaf in leaves)
        self.arrays = self.shown(arg)
        if arrays and tree.is_structure(self.arrays):
            self.arrays = tree.rebuilt(self.arrays, _fixed)

    def shown(self, pytree: Any) -> Any:
        """Return the leaves as arrays: in the pytree's own structure, or in a dict by path."""
        if self.plain:
            return tree.rebuilt(pytree, array_of)
        path_of = partial(self.framework.tree_util.keystr, simple=True, separator=".")
        pairs = self.framework.tree_util.tree_flatten_with_path(pytree)[0]
        return {path_of(path): array_of(leaf) for path, leaf in pairs}  # as in layers.0.weight

    def handed(self, arrays: Any) -> Any:
        """Return the pytree that the function takes, with other numbers."""
        place = self.framework.numpy.asarray

        def given(leaf: Any) -> Any:
            if isinstance(leaf, Fixed):
                return leaf.number
            return place(leaf) if isinstance(leaf, (np.ndarray, np.generic)) else leaf

        if self.plain:
            return tree.rebuilt(arrays, given)
        return self.framework.tree.unflatten(self.form, map(given, arrays.values()))


class Fixed:
    """A number beside arrays, such as the rate of a dropout: nobody differentiates by it."""

    def __init__(self, number: float) -> None:
        self.number = number


def _fixed(leaf: Any) -> Any:
    return Fixed(leaf) if isinstance(leaf, float) else leaf


def still(args: tuple[Any, ...], moves: Mapping[int, Any]) -> Any:
    """Return tangents of arguments: 0 for every number, save where others are given."""

    def zero(leaf: Any) -> Any:
        if isinstance(leaf, (Fixed, float)):
            return Fixed(0.0) if isinstance(leaf, Fixed) else 0.0
        return np.zeros_like(leaf) if isinstance(leaf, (np.ndarray, np.generic)) else leaf

    given = {path: d for path, d in tree.leaves({**moves}) if d is not None and np.any(d)}
    return tree.replaced(tree.rebuilt(args, zero), given)


def array_of(leaf: Any) -> Any:
    """Return an array of numbers as NumPy's; anything else, such as a random key, as it is."""
    dtype = getattr(leaf, "dtype", None)
    if dtype == np.dtype([("float0", "V")]):
        return None  # what jax has for the gradient of an integer
    if not isinstance(dtype, np.dtype):
        return leaf
    return np.asarray(leaf, np.float32 if dtype.name == "bfloat16" else None)


def is_float(framework: Any, leaf: Any) -> bool:
    """Tell a float, or an array of floats or complex numbers, from all else in a pytree."""
    if not isinstance(leaf, (float, np.ndarray, np.generic, framework.Array)):
        return False  # a function, a name, None: whatever else a pytree holds
    return bool(framework.numpy.issubdtype(framework.numpy.result_type(leaf), np.inexact))


def floats(framework: Any, out: Any) -> list[Any]:
    """Return the float leaves of a result, as arrays of jax."""
    leaves = [leaf for leaf in framework.tree.leaves(out) if is_float(framework, leaf)]
    return [framework.numpy.asarray(leaf) for leaf in leaves]


class Floats:
    """The floats of the differentiated arguments, among all that a function takes."""

    def __init__(self, framework: Any, whole: Sequence[Any], positions: Sequence[int]) -> None:
        self.whole, self.positions = whole, positions
        self.leaves, self.form = framework.tree.flatten([whole[i] for i in positions])
        self.places = [j for j, leaf in enumerate(self.leaves) if is_float(framework, leaf)]
        self.given = [self.leaves[j] for j in self.places]

    def rebuilt(self, given: Sequence[Any], rest: Callable[[Any], Any]) -> list[Any]:
        """Return the differentiated arguments with other floats, and the rest as told."""
        fresh = dict(zip(self.places, given, strict=True))
        every = (fresh.get(j, rest(leaf)) for j, leaf in enumerate(self.leaves))
        return [*self.form.unflatten(every)]

    def placed(self, given: Sequence[Any]) -> list[Any]:
        """Return all arguments, with other floats in the differentiated ones."""
        these = dict(zip(self.positions, self.rebuilt(given, lambda leaf: leaf), strict=True))
        return [*(dict(enumerate(self.whole)) | these).values()]


def plain(framework: Any, out: Any) -> Any:
    """Return the float arrays of a result: one array, or a tuple of them."""
    leaves = floats(framework, out)
    if not leaves:
        raise TypeError("a function to be differentiated must return floats, but returned none")
    return leaves[0] if framework.tree.structure(out).num_nodes == 1 else tuple(leaves)


def cotangent_of(framework: Any, out: Any, v: Any) -> Any:
    """Return a cotangent as jax has it: in the pytree of the result, with float0 for integers."""
    parts = iter(tree.flat(v))

    def part_of(leaf: Any) -> Any:
        if is_float(framework, leaf):
            return framework.numpy.asarray(next(parts), framework.numpy.result_type(leaf))
        if not hasattr(leaf, "dtype"):
            return leaf
        return np.zeros(np.shape(leaf), framework.dtypes.float0)

    return framework.tree.map(part_of, out)
