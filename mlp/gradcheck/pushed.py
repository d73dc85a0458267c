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
from mlp.gradcheck.check import answered
from mlp.gradcheck.pose import pose
from mlp.gradcheck.problem import Anything, Block, Bound, Misshapen, Problem, Vector
from mlp.gradcheck.repeat import spelled
from mlp.gradcheck.report import Report
from mlp.gradcheck.workers import Workers
from mlp.op import Accept, Wrt, name_of
from mlp.tangent import shaken

MOST = 2**14  # columns of a Jacobian
ROOM = 2**27  # numbers in it

Directions = Sequence[tuple[Block, Anything]]


def check_tangent(
    forward: Callable[..., Any],
    tangent: Callable[..., Any],
    *point: Any,
    wrt: Wrt = None,
    rng: int | np.random.Generator = 0,
    rtol: float | None = None,
    accept: Accept = 0.0,
    exhaustive: bool = False,
    max_evaluations: int | None = None,
    workers: Workers = 1,
    bounds: Sequence[Bound] | None = None,
    witness: bool = True,
) -> Report:
    """Check a tangent written by hand, forward mode, against finite differences with an error bar.

    Parameters
    ----------
    forward : Callable
        ``forward(*point)`` returns an array, a number, or a dict, list, tuple or dataclass of them.
    tangent : Callable
        ``tangent(tangents, *point)`` returns how forward's result changes when its arguments change
        by ``tangents``: in its structure and shapes, ``None`` for 0. ``tangents`` is one array of
        the shape of the argument, or a tuple with one for each differentiated argument, in order.
    *point : Any
        The arguments: float arrays of any shape, structures of them, and constants of any kind.
    wrt : int, str or sequence of them, optional
        Positions or names of the differentiated arguments. Unless given these are all that hold
        float arrays, and where there are none, the numbers.
    rng : int or Generator, default 0
        Seed of the random directions.
    rtol : float, optional
        Largest relative error bar at which it counts as correct, as in ``check``.
    accept : float or dict, default 0
        What by hand may be off by design, as in ``check``.
    exhaustive : bool, default False
        Measure every single entry as well.
    max_evaluations : int, optional
        Limit of forward calls.
    workers : int or map-like callable, default 1
        Who shares the work, as in ``check``.
    bounds : sequence of (low, high) or None, optional
        For each argument the closed interval that it must not leave.
    witness : bool, default True
        Where differences doubt or accuse, also hear the tangent of forward's own operations; what
        ``check`` calls ``tangent``.

    Returns
    -------
    Report
        Its ``verdict`` is "correct", "wrong" or "inconclusive"; true only if correct. By hand is
        ⟨v, tangent(d)⟩, and that of entry i is ⟨v, tangent(eᵢ)⟩, for a random cotangent v.

    Raises
    ------
    TypeError
        For what cannot be checked, such as complex numbers.
    ValueError
        For options that do not fit the point, and for more than 16,384 differentiated numbers.

    Examples
    --------
    >>> import numpy as np
    >>> import mlp
    >>> x = np.array([1.0, 2.0, 4.0])
    >>> bool(mlp.check_tangent(lambda x: x**3, lambda x_dot, x: 3 * x**2 * x_dot, x))
    True
    >>> report = mlp.check_tangent(np.cos, lambda x_dot, x: np.sin(x) * x_dot, x)
    >>> report.verdict, report.findings[0].diagnosis
    ('wrong', 'sign')
    """
    if not callable(tangent):
        raise TypeError(
            f"check_tangent: tangent must be a function, but it is a {type(tangent).__name__}"
        )
    problem = _pushed(
        pose(
            forward,
            tangent,
            point,
            wrt=_arrays(point) if wrt is None else wrt,
            accept=accept,
            bounds=bounds,
            max_evaluations=max_evaluations,
        )
    )
    return answered(
        problem,
        f"{name_of(tangent)} as the tangent of {name_of(forward)}",
        f"mlp.check_tangent({spelled(forward, 'forward')}, {spelled(tangent, 'tangent')}, ",
        {"wrt": wrt, "bounds": bounds, "witness": None if witness else False},
        rng=rng,
        rtol=rtol,
        accept=accept,
        exhaustive=exhaustive,
        max_evaluations=max_evaluations,
        workers=workers,
        witness=witness,
    )


@dataclass
class Pushed(Problem):
    """Forward and a tangent at one point, whose gradients are made of the tangent's columns."""

    rule: str = "tangent"
    columns: list[tuple[Any, Anything]] = field(default_factory=list)  # the point, and J there

    def gradients(self, v: Vector, *changes: tuple[Block, Anything]) -> list[Anything | None]:
        """Return ⟨v, tangent(eᵢ)⟩ for every entry of every block."""
        with np.errstate(all="ignore"):
            pulled = self.jacobian(*changes) @ v
        kinds = [dtype for _, dtype in self.sizes if dtype.kind == "f"]
        ends = np.cumsum([block.value.size for block in self.blocks])[:-1]
        return self.floats(
            [
                part.reshape(block.value.shape).astype(np.result_type(block.value.dtype, *kinds))
                for block, part in zip(self.blocks, np.split(pulled, ends), strict=True)
            ]
        )

    def jacobian(self, *changes: tuple[Block, Anything]) -> Anything:
        """Return what the tangent makes of each basis vector, a row each; kept for this point."""
        if not changes and self.columns and self.columns[0][0] is self.point:
            return self.columns[0][1]
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
        moved = {(block.position, *block.path): d for block, d in directions}
        blocks = {(block.position, *block.path) for block in self.blocks}

        def part(path: tree.Keys, leaf: Any) -> Any:
            if path not in blocks:
                return None  # of what is no float there is no tangent
            d = moved[path] if path in moved else np.zeros_like(np.asarray(leaf))
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
        parts = tree.flat(returned)
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
            came = np.zeros(shape) if part is None else np.asarray(part)
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


def _pushed(problem: Problem) -> Pushed:
    """Return a problem as one of a tangent; refuse more columns than there is room for."""
    count = sum(block.value.size for block in problem.blocks)
    if count > MOST:
        raise ValueError(
            f"check_tangent: at most {MOST} numbers can be differentiated by at once, but there "
            f"are {count}; take a smaller point, or name fewer arguments by wrt="
        )
    given = {f.name: getattr(problem, f.name) for f in fields(problem) if f.name != "rule"}
    return Pushed(**given)


def _arrays(point: Sequence[Any]) -> tuple[int, ...] | None:
    """Return the positions of arguments that hold float arrays; None where there are none."""
    found = tuple(
        i
        for i, argument in enumerate(point)
        if any(isinstance(a, np.ndarray) and a.dtype.kind == "f" for a in tree.flat(argument))
    )
    return found or None


def _axis(block: Block, i: int) -> Anything:
    d = np.zeros_like(block.value)
    d.flat[i] = 1
    return d


def _arrays_said(count: int) -> str:
    return "one array" if count == 1 else f"{count} arrays"
