"""What backward returned, read as people write it: in a tuple, by name, listed or stacked.

Tested in tests/gradcheck/test_returned.py and test_readings.py.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from mlp import tree
from mlp.gradcheck.block import Anything, Block
from mlp.plain import said_by

CONSTANT = object()  # what an adapter returns in place of a gradient that it knows to claim nothing
SPELLED = ("{}", "d{}", "d_{}", "grad_{}", "{}_grad", "dL_d{}")  # keys for an argument


class Misshapen(Exception):  # noqa: N818  # a finding on its way to the report
    """The gradients do not have the structure or the shapes of the arguments."""


def leaves_of(what: str, returned: Any) -> list[tuple[tree.Keys, Any]]:
    """Return the leaves of what was returned, with their paths, or raise ``Misshapen``."""
    try:
        return [*tree.leaves(returned)]
    except tree.TooDeep as error:
        raise Misshapen(f"{what} {error}") from None


def array_of(what: str, leaf: Any) -> Anything:
    """Return a leaf of what was returned as an array, or raise ``Misshapen``."""
    try:
        return np.asarray(leaf)
    except Exception as error:  # noqa: BLE001  # a stranger's __array__ may raise anything
        said = f"{what} must be an array, but making it one raised {type(error).__name__}"
        raise Misshapen(f"{said}: {said_by(error)}") from None


@dataclass(frozen=True)
class Expected:
    """The gradients that backward owes."""

    point: tuple[Any, ...]
    positions: tuple[int, ...]  # of the differentiated arguments
    names: Sequence[str]
    blocks: Sequence[Block]
    named: bool  # whether ``wrt`` names them

    def sort(self, returned: Any) -> list[Any]:
        """Return what is meant for each block, in order, or raise ``Misshapen``."""
        given = self._given(self._by_name(returned))
        found: list[Any] = []
        for position, gradient in zip(self.positions, given, strict=True):
            blocks = [block for block in self.blocks if block.position == position]
            if gradient is None or gradient is CONSTANT:
                found += [gradient] * len(blocks)
            elif not tree.is_structure(self.point[position]):
                listed = self._is_listed(position, gradient)
                found.append(np.array(gradient, float) if listed else gradient)
            else:
                what = f"the gradient of {self.names[position]}"
                parts = dict(leaves_of(what, gradient))
                left_out = [block for block in blocks if block.path not in parts]
                missing = [block.name for block in left_out if not block.scalar]
                if missing:
                    raise Misshapen(
                        f"{what} must have its structure, but there is none for {missing[0]}"
                    )
                found += [parts.get(block.path) for block in blocks]
        return found

    def _by_name(self, returned: Any) -> Any:
        """Return gradients in order that came by the names of their arguments."""
        fields = _fields(returned)
        names = [self.names[position] for position in self.positions]
        if len(names) == 1 and tree.is_structure(self.point[self.positions[0]]):
            return returned
        for spelled in SPELLED:
            keys = [spelled.format(name) for name in names]
            if fields.keys() >= {*keys} and (
                len(fields) == len(keys) or isinstance(returned, dict)
            ):
                return tuple(fields[key] for key in keys)
        return returned

    def _given(self, returned: Any) -> Sequence[Any]:
        """Return what backward returned for each differentiated argument.

        A number for which there is no gradient is a constant, unless ``wrt`` names it.
        """
        returned = self._without_constants(self._unstacked(returned))
        positions = self.positions
        if len(positions) == 1 and self._is_listed(positions[0], returned):
            return (returned,)
        count = len(returned) if isinstance(returned, (tuple, list)) else 1
        if len(positions) > 1 and count < len(positions) and not self.named:
            arrays = {block.position for block in self.blocks if not block.scalar}
            positions = tuple(p for p in positions if p in arrays)
        if len(positions) == 1:
            structure = self.point[positions[0]]
            listed = isinstance(returned, (tuple, list)) and count == 1
            if not listed or tree.same_structure(returned, structure):
                returned = (returned,)
        elif not isinstance(returned, (tuple, list)) or count != len(positions):
            named = ", ".join(self.names[position] for position in self.positions)
            raise Misshapen(
                f"backward returned {count} gradient{'s' * (count != 1)} for "
                f"{len(self.positions)} differentiated arguments ({named}); return one for each; "
                f"a constant? say wrt=..."
            )
        given = dict(zip(positions, returned, strict=True))
        return [given.get(position) for position in self.positions]

    def _is_listed(self, position: int, gradient: Any) -> bool:
        """Tell a list of numbers that is the gradient of an array."""
        shape = getattr(self.point[position], "shape", None)
        return (
            isinstance(gradient, list)
            and shape is not None
            and _shape_of(gradient, len(shape)) == shape
            and all(isinstance(leaf, (int, float, np.generic)) for leaf in tree.flat(gradient))
        )

    def _unstacked(self, returned: Any) -> Any:
        """Return the gradients in an array of gradients, such as ``np.stack`` makes."""
        if not isinstance(returned, np.ndarray) or not returned.ndim or len(self.positions) == 1:
            return returned
        shapes = {block.value.shape for block in self.blocks}
        rows = returned.dtype.kind == "O" or {returned.shape[1:]} == shapes
        return (*returned,) if rows else returned

    def _without_constants(self, returned: Any) -> Any:
        """Return gradients without the None of each constant, where there is one per argument."""
        if not isinstance(returned, (tuple, list)) or len(returned) != len(self.point):
            return returned
        rest = {*range(len(self.point))} - {*self.positions}
        structured = any(isinstance(self.point[p], (tuple, list)) for p in self.positions)
        if not rest or structured or any(returned[k] is not None for k in rest):
            return returned
        return tuple(g for k, g in enumerate(returned) if k not in rest)


def _fields(returned: Any) -> dict[str, Any]:
    """Return what came by name: in a dict, in a named tuple, or as the attributes of an object."""
    if isinstance(returned, dict):
        return returned
    if isinstance(returned, tuple):
        return dict(zip(getattr(returned, "_fields", ()), returned, strict=False))
    return {} if hasattr(returned, "shape") else getattr(returned, "__dict__", {})


def _shape_of(listed: Any, most: int) -> tuple[int, ...] | None:
    """Return the shape of nested lists, None where lengths differ, or levels are more than most."""
    if not isinstance(listed, list):
        return ()
    inner = {_shape_of(part, most - 1) for part in listed} if most else set()
    below = inner.pop() if len(inner) == 1 else None
    return None if below is None else (len(listed), *below)
