"""A tangent written by hand, a Jacobian-vector product, in place of backward.

For a cotangent v and a direction d of one argument

    ⟨v, tangent(d)⟩  =  φ'(0)   with   φ(t) = ⟨v, forward(x + t d) - forward(x)⟩

is what a gradient with the entries ⟨v, tangent(eᵢ)⟩ claims. So the columns of the Jacobian are
asked for once at each point, and any cotangent is pulled back by a product. All else is as for a
backward.

Tested in tests/gradcheck/test_pushed.py.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np

from mlp import tree
from mlp.gradcheck.block import Anything, Block, Vector
from mlp.gradcheck.charts import Projection
from mlp.gradcheck.problem import Problem, Raised
from mlp.gradcheck.returned import Misshapen, array_of, leaves_of
from mlp.tangent import shaken

MOST = 2**14  # columns of a Jacobian
ROOM = 2**27  # numbers in it

Directions = Sequence[tuple[Block, Anything]]


@dataclass
class Pushed(Problem):
    """Forward and a tangent at one point, whose gradients are made of the tangent's columns."""

    rule: str = "tangent"
    columns: list[tuple[Any, Anything]] = field(default_factory=list)  # the point, and J there

    def backward(self, v: Vector, *changes: tuple[Block, Anything]) -> Any:
        """Return ⟨v, tangent(eᵢ)⟩ for every entry of every block, in the form of the arguments."""
        with np.errstate(all="ignore"):
            pulled = self.jacobian(*changes) @ v
        kinds = [dtype for _, dtype in self.sizes if dtype.kind == "f"]
        ends = np.cumsum([block.value.size for block in self.blocks])[:-1]
        fresh = {
            (b.position, *b.path): part.reshape(b.value.shape).astype(
                np.result_type(b.value.dtype, *kinds)
            )
            for b, part in zip(self.blocks, np.split(pulled, ends), strict=True)
        }
        whole = tree.replaced([*self.point], fresh)
        return tuple(whole[position] for position in self.positions)

    def jacobian(self, *changes: tuple[Block, Anything]) -> Anything:
        """Return what the tangent makes of each basis vector, a row each; kept for this point."""
        if not changes and self.columns and self.columns[0][0] is self.point:
            return self.columns[0][1]
        if said := too_large(self):
            raise Raised(f"tangent cannot be checked: {said}")
        found = np.array(
            [
                self.push([(block, _axis(block, i))], *changes)
                for block in self.blocks
                for i in range(block.value.size)
            ]
        )
        endless = np.isinf(found).any(axis=0)
        found[np.isnan(found) & endless] = 0  # 0 · ∞: another entry's slope has no bound there
        if not changes:
            self.columns[:] = [(self.point, found)]
        return found

    def push(self, directions: Directions, *changes: tuple[Block, Anything]) -> Vector:
        """Return the tangent along directions of some blocks, as one vector."""
        given = [self.tangents(directions), *self.arguments(changes)]
        return self.result_of(self.call(1, given))

    def tangents(self, directions: Directions) -> Any:
        """Return directions as a tangent takes them, read-only; what is not given is 0."""
        moved = {
            (block.position, *block.path): block.chart.project(d)
            if isinstance(block.chart, Projection)
            else d
            for block, d in directions
        }
        blocks = {(block.position, *block.path): block for block in self.blocks}

        def part(path: tree.Keys, leaf: Any) -> Any:
            if path not in blocks:
                return None  # of what is no float there is no tangent
            d = moved[path] if path in moved else np.zeros_like(blocks[path].value)
            d = d[()] if not isinstance(leaf, np.ndarray) else d
            if isinstance(d, np.ndarray):
                d.flags.writeable = False
            return d

        parts = []
        for position in self.positions:
            argument = self.point[position]
            fresh = {path: part((position, *path), leaf) for path, leaf in tree.leaves(argument)}
            parts.append(tree.replaced(argument, fresh))
        return parts[0] if len(parts) == 1 else tuple(parts)

    def result_of(self, returned: Any) -> Vector:
        """Return what the tangent returned as one vector, or raise ``Misshapen``."""
        if returned is None:
            return np.zeros(sum(math.prod(shape) for shape, _ in self.sizes))
        parts = [leaf for _, leaf in leaves_of("tangent's result", returned)]
        if len(parts) != len(self.sizes):
            pair = len(parts) == 2 * len(self.sizes)
            hint = "; the value is not asked for" if pair else ""
            raise Misshapen(
                f"tangent must return {_arrays_said(len(self.sizes))}, as forward does, but it "
                f"returned {len(parts)}{hint}"
            )
        found = []
        for part, (shape, _), (path, _) in zip(
            parts, self.sizes, tree.leaves(self.result), strict=True
        ):
            came = np.zeros(shape) if part is None else array_of("tangent's result", part)
            name = f"forward's result{tree.spell(path)}"
            if came.dtype.kind not in "fiub":
                raise Misshapen(f"tangent must return real numbers, but its dtype is {came.dtype}")
            if came.shape != shape:
                raise Misshapen(
                    f"tangent must have the shape {shape} of {name}, but its shape is {came.shape}"
                    f"{': transposed?' if came.shape == shape[::-1] else ''}"
                )
            found.append(came.ravel().astype(np.float64))
        return np.concatenate(found)

    def shaken(self, i: int, v: Vector, d: Anything) -> list[float]:
        """Return ⟨v, tangent(d)⟩ of runs whose every operation is rounded at random."""
        given = [self.tangents([(self.blocks[i], d)]), *self.arguments()]
        return [float(self.result_of(run) @ v) for run in shaken(self.functions[1], given)]


def too_large(problem: Problem) -> str:
    """Say that the Jacobian of a tangent would have too many columns, or numbers; "" if not."""
    count = sum(block.value.size for block in problem.blocks)
    if count > MOST:
        return f"at most {MOST} numbers can be differentiated by at once, but there are {count}"
    results = sum(math.prod(shape) for shape, _ in problem.sizes)
    if count * results > ROOM:
        return f"{count} numbers and {results} results make a Jacobian of more than {ROOM} numbers"
    return ""


def pushed(problem: Problem, tangent: Callable[..., Any]) -> Pushed:
    """Return the problem of a tangent at the same point; what it calls is counted apart."""
    given = {f.name: getattr(problem, f.name) for f in fields(problem) if f.name != "rule"}
    given |= {"functions": (problem.functions[0], tangent), "claimed": frozenset()}
    given |= {"spent": problem.spent.rest(), "result": None, "sizes": [], "writable": False}
    return Pushed(**given)


def _axis(block: Block, i: int) -> Anything:
    d = np.zeros_like(block.value)
    d.flat[i] = 1
    return d


def _arrays_said(count: int) -> str:
    return "one array" if count == 1 else f"{count} arrays"
