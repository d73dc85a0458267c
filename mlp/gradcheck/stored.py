"""Sparse matrices of SciPy as arguments: what they store is the argument, as an array of it.

Tested in tests/gradcheck/test_stored.py.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from mlp import tree
from mlp.gradcheck.returned import SPELLED
from mlp.op import Wrt, positions_of

IN_ORDER = {"coo", "csc", "csr"}  # formats whose data are as their indices are


@dataclass(frozen=True)
class Entries:
    """Where a sparse matrix has entries, and the format that its functions know."""

    matrix: Any  # in one of these formats
    kind: str

    @property
    def values(self) -> npt.NDArray[Any]:
        """Return the stored entries."""
        return np.array(self.matrix.data)

    @property
    def said(self) -> str:
        """Say what is checked."""
        rows, columns = self.matrix.shape
        return f"its {self.matrix.nnz} stored entries of {rows * columns} are what is checked"

    def filled(self, values: Any) -> Any:
        """Return the matrix with other entries."""
        fresh = self.matrix.copy()
        fresh.data = np.array(values)
        return fresh.asformat(self.kind)

    def read(self, gradient: Any) -> Any:
        """Return what a gradient, sparse or whole, has at the stored entries."""
        if getattr(gradient, "shape", None) != self.matrix.shape:
            return gradient
        own = self.matrix.tocoo()
        if not is_sparse(gradient):
            return np.asarray(gradient)[own.row, own.col]
        came, width = gradient.tocoo(), own.shape[1]
        places, back = np.unique(came.row * width + came.col, return_inverse=True)
        sums = np.bincount(back, came.data, len(places))
        wanted = own.row * width + own.col
        return np.where(
            np.isin(wanted, places), sums.take(np.searchsorted(places, wanted), mode="clip"), 0
        )


@dataclass(frozen=True)
class Stored:
    """The sparse arguments of a question that are differentiated."""

    patterns: dict[int, Entries]  # by position
    names: Sequence[str]
    chosen: Sequence[int]  # the positions of all that is differentiated

    def values(self, point: tuple[Any, ...]) -> tuple[Any, ...]:
        """Return a point with what is stored in the place of each sparse matrix."""
        return tuple(
            self.patterns[i].values if i in self.patterns else a for i, a in enumerate(point)
        )

    def given(self, args: tuple[Any, ...]) -> tuple[Any, ...]:
        """Return arguments with a sparse matrix in the place of what is stored."""
        return tuple(
            self.patterns[i].filled(a) if i in self.patterns else a for i, a in enumerate(args)
        )

    def read(self, returned: Any) -> Any:
        """Return gradients, that of each sparse matrix as an array of what is stored."""
        if isinstance(returned, dict):
            keys = {
                spelled.format(self.names[i]): p
                for i, p in self.patterns.items()
                for spelled in SPELLED
            }
            return {key: keys[key].read(g) if key in keys else g for key, g in returned.items()}
        if not isinstance(returned, (tuple, list)):
            return self._at(self.chosen[0], returned) if len(self.chosen) == 1 else returned
        places = range(len(self.names)) if len(returned) == len(self.names) else self.chosen
        if len(returned) != len(places):
            return returned
        return tuple(self._at(i, g) for i, g in zip(places, returned, strict=True))

    def _at(self, position: int, gradient: Any) -> Any:
        return self.patterns[position].read(gradient) if position in self.patterns else gradient

    @property
    def said(self) -> str:
        """Say what is checked."""
        return "; ".join(f"{self.names[i]}: {pattern.said}" for i, pattern in self.patterns.items())


def entries_of(matrix: Any) -> Entries:
    """Return the entries of a sparse matrix."""
    kept = matrix if matrix.format in IN_ORDER else matrix.tocsr()
    return Entries(kept.copy(), matrix.format)


def is_sparse(leaf: Any) -> bool:
    """Tell a sparse matrix of SciPy."""
    return type(leaf).__module__.startswith("scipy.sparse") and hasattr(leaf, "nnz")


def dense(result: Any) -> Any:
    """Return a result without sparse matrices."""
    return tree.rebuilt(result, lambda leaf: leaf.toarray() if is_sparse(leaf) else leaf)


def stored(
    functions: tuple[Callable[..., Any], Callable[..., Any]],
    point: tuple[Any, ...],
    names: Sequence[str],
    wrt: Wrt,
) -> Stored | None:
    """Return the sparse arguments that ``wrt`` names, or that backward has a gradient for.

    One for which it has none is a constant, as a number is.
    """
    sparse = [i for i, arg in enumerate(point) if is_sparse(arg) and arg.dtype.kind == "f"]
    if not sparse:
        return None
    floats = {i for i, arg in enumerate(point) if any(map(_is_float, tree.flat(arg)))}
    if wrt is None:
        sparse = [*_with_gradient(functions, point, sparse, len(floats | {*sparse}))]
        chosen: Sequence[int] = sorted(floats | {*sparse})
    else:
        chosen = positions_of(
            wrt, names, "check: wrt must name arguments of forward ({names}), not {came!r}"
        )
    patterns = {i: entries_of(point[i]) for i in sparse if i in chosen}
    return Stored(patterns, names, chosen) if patterns else None


def _with_gradient(
    functions: tuple[Callable[..., Any], Callable[..., Any]],
    point: tuple[Any, ...],
    sparse: Sequence[int],
    all_of: int,
) -> Sequence[int]:
    """Return which of the sparse arguments backward has a gradient for, by asking it."""
    forward, backward = functions
    try:
        result = dense(forward(*tree.rebuilt(point, _copied)))
        returned = backward(tree.rebuilt(result, np.ones_like), *tree.rebuilt(point, _copied))
    except Exception:  # noqa: BLE001  # check calls the same code, and says what it raises
        return ()
    if isinstance(returned, (tuple, list)) and len(returned) == len(point):
        return [i for i in sparse if returned[i] is not None]
    several = isinstance(returned, (tuple, list, dict))
    return sparse if (len(returned) if several else 1) == all_of else ()


def _copied(leaf: Any) -> Any:
    return leaf.copy() if is_sparse(leaf) else tree.copied(leaf)


def _is_float(leaf: Any) -> bool:
    kind = getattr(getattr(leaf, "dtype", None), "kind", "")
    return isinstance(leaf, float) or (kind == "f" and not is_sparse(leaf))
