"""The two functions under check, at a point: forward and backward as maps between flat vectors.

Everything that touches the user's code happens here. The point is copied once, what is handed over
cannot be written to, and what comes back is copied, counted and flattened. So the caller's arrays
are never changed, and the rest of the checker sees vectors only.
"""

import math
import traceback
from collections.abc import Callable, Iterator, Sequence, ValuesView
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from mlp import tree
from mlp.gradcheck.charts import Chart
from mlp.plain import said_by
from mlp.tangent import shaken

Vector: TypeAlias = npt.NDArray[np.float64]
Anything: TypeAlias = npt.NDArray[Any]
Bound: TypeAlias = tuple[Any, Any] | None


RULES = {"backward": "cotangent", "tangent": "tangents"}  # what a rule takes first
CONSTANT = object()  # what an adapter returns in place of a gradient that it knows to claim nothing
SPELLED = (
    "{}",
    "d{}",
    "d_{}",
    "grad_{}",
    "{}_grad",
    "dL_d{}",
)  # keys of the gradient of an argument


class Exhausted(Exception):  # noqa: N818  # a signal between our own functions, not an error
    """The forward evaluations that the caller allows are used up."""


class Raised(Exception):  # noqa: N818  # it tells of the user's exception and is none itself
    """The user's code raised; the text says in which call, what, and where."""

    @classmethod
    def by(cls, call: str, error: Exception) -> "Raised":
        """Tell of an exception of the user's; the text survives the way between processes."""
        frames = [f for f in traceback.extract_tb(error.__traceback__) if f.filename != __file__]
        said = f"{call} raised {type(error).__name__}: {said_by(error)}"
        rule = call.partition(",")[0]
        if not frames and isinstance(error, TypeError) and rule in RULES:
            first = f"the {RULES[rule]} and then every argument of forward"
            return cls(f"{said}; {rule} takes {first}")
        return cls("\n".join([said, *"".join(traceback.format_list(frames[-2:])).splitlines()]))


class ComplexResultError(TypeError):
    """Forward returned complex numbers, which ``check`` reads as pairs of reals."""


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


def unrolled(returned: Any) -> Any:
    """Return what a generator, a map or a view of a dict yields; anything else as it is."""
    if isinstance(returned, (np.ndarray, np.generic, tuple)):  # the usual case, at once
        return returned
    return (*returned,) if isinstance(returned, (Iterator, ValuesView)) else returned


@dataclass(frozen=True)
class Block:
    """One differentiated array: an argument, or one leaf of an argument that is a structure."""

    position: int  # of the argument
    path: tree.Keys  # inside the argument
    name: str
    value: Anything
    low: Any  # bounds, None where there are none
    high: Any
    scalar: bool  # handed over as a number, not as an array
    accept: float = 0.0  # what by hand may be off by design, relative to the largest entry
    fixed: Anything | None = None  # entries that no direction moves, for their slope is infinite
    chart: Chart | None = None  # through which it moves, where it must keep to a set

    @property
    def single(self) -> bool:
        """Whether the numbers have less than double precision."""
        return self.value.dtype.itemsize < 8

    @property
    def scale(self) -> float:
        """The power of two just below the largest entry: multiples of it add without rounding."""
        return power_of_two(float(np.abs(self.value).max(initial=0.0))) or 1.0

    def inside(self, value: Anything) -> bool:
        """Tell whether a value keeps to the bounds."""
        if self.low is None:
            return True
        if self.chart:
            value = self.chart.point(self.value, value - self.value)
        return bool(((value >= self.low) & (value <= self.high)).all())


def power_of_two(size: float) -> float:
    """Return the power of two just below a size; 0 for what is as good as 0."""
    return 2.0 ** math.floor(math.log2(size)) if size > 1e-300 else 0.0


def _refuse_result(part: Anything, result: Any) -> None:
    """Refuse a part of what forward returned that is no array of real numbers."""
    if part.dtype.kind not in "fiub":
        what = "None; is a return missing?" if result is None else part.dtype
        error = ComplexResultError if part.dtype.kind == "c" else TypeError
        raise error(f"check: forward must return real numbers, but it returned {what}")


@dataclass
class Spent:
    """How often the user's code was called; shared by all points of one check."""

    calls: list[int] = field(default_factory=lambda: [0, 0])  # of forward, of backward
    limit: float = math.inf  # of forward evaluations
    raised: Raised | None = None  # by the last call that did
    mutated: set[tuple[int, int]] = field(default_factory=set)  # (function, argument) seen changed

    @property
    def left(self) -> float:
        """How many forward calls are left."""
        return self.limit - self.calls[0]

    def rest(self) -> "Spent":
        """Open an account for a task, with what is left."""
        return Spent(limit=self.left)

    def add(self, other: "Spent") -> None:
        """Take over what a task has spent."""
        self.calls = [a + b for a, b in zip(self.calls, other.calls, strict=True)]
        self.raised = other.raised or self.raised
        self.mutated |= other.mutated


@dataclass
class Problem:
    """Forward and backward at one point."""

    functions: tuple[Callable[..., Any], Callable[..., Any]]
    point: tuple[Any, ...]  # our own read-only copies
    names: tuple[str, ...]
    positions: tuple[int, ...]  # of the differentiated arguments
    blocks: tuple[Block, ...]
    others: tuple[Block, ...]  # floats that nothing is differentiated by
    spent: Spent
    named: bool = False  # the differentiated arguments are those that wrt= names
    claimed: frozenset[int] = frozenset()  # blocks for which backward returned None: they claim 0
    writable: bool = False  # hand over copies that can be written, and see whether they are
    result: Any = None  # what forward returned at the point
    rule: str = "backward"  # what the second function is: "backward", or "tangent"
    sizes: list[tuple[tuple[int, ...], np.dtype[Any]]] = field(default_factory=list)

    def forward(self, *changes: tuple[Block, Anything]) -> Vector:
        """Return forward at the point, with the value of some blocks replaced, as one vector."""
        return self.flat(self.call(0, self.arguments(changes)))

    def flat(self, result: Any) -> Vector:
        """Return what forward returned as one vector, and remember its form the first time."""
        if self.result is not None and not tree.is_structure(result):
            whole = np.asarray(result)
            if [(whole.shape, whole.dtype)] == self.sizes:  # the usual case, at once
                return whole.ravel().astype(np.float64)
        parts = self._parts(result)
        if self.sizes and any(part.dtype.kind == "c" for part in parts):
            if any(
                np.imag(part).any() for part in parts
            ):  # real at the point: its domain ends here
                return np.full(sum(math.prod(shape) for shape, _ in self.sizes), math.nan)
            parts = [np.real(part) for part in parts]
        for part in parts:
            _refuse_result(part, result)
        shapes = [(part.shape, part.dtype) for part in parts]
        if self.result is None:
            self.result, self.sizes = result, shapes
        elif [shape for shape, _ in shapes] != [shape for shape, _ in self.sizes]:
            count = self.spent.calls[0]
            raise Raised(f"forward, evaluation {count}, returned another shape than before")
        if len(parts) == 1:
            return parts[0].ravel().astype(np.float64)
        return np.concatenate([np.empty(0), *(part.ravel() for part in parts)], dtype=np.float64)

    def _parts(self, result: Any) -> list[Anything]:
        """Return the arrays in what forward returned."""
        what = "what it returned"
        try:
            return [
                array_of(what + tree.spell(path), leaf) for path, leaf in leaves_of(what, result)
            ]
        except Misshapen as why:
            raise Raised(f"forward, evaluation {self.spent.calls[0]}: {why}") from None

    def backward(self, v: Vector, *changes: tuple[Block, Anything]) -> Any:
        """Return what backward returns for the cotangent v, unchanged."""
        return self.call(1, [self.cotangent(v), *self.arguments(changes)])

    def gradients(self, v: Vector, *changes: tuple[Block, Anything]) -> list[Anything | None]:
        """Return the gradient of every block for the cotangent v; None for a constant."""
        return self.floats(self.sort(self.backward(v, *changes)))

    def shaken(self, i: int, v: Vector, d: Anything) -> list[float]:
        """Return ⟨gradient i, d⟩ of runs rounded at random in every operation, if they can be."""
        runs = shaken(self.functions[1], [self.cotangent(v), *self.arguments()])
        pulled = (np.asarray(self.sort(run)[i], np.float64) for run in runs)
        chart = self.blocks[i].chart
        return [float(np.vdot(chart.pull(g) if chart else g, d)) for g in pulled]

    def floats(self, gradients: Sequence[Any]) -> list[Anything | None]:
        """Return our own copies of gradients, in floats: None of an array is 0, of a number none.

        Integers count as double precision.
        """
        found: list[Anything | None] = []
        for block, g in zip(self.blocks, gradients, strict=True):
            if g is CONSTANT or (g is None and block.scalar):
                found.append(None)
            elif g is None:
                found.append(np.zeros_like(block.value))
            else:
                kind = np.asarray(g).dtype
                found.append(np.array(g, kind if kind.kind == "f" else np.float64))
            if block.fixed is not None and found[-1] is not None:
                found[-1][block.fixed] = 0
            if block.chart and found[-1] is not None:
                found[-1] = block.chart.pull(found[-1])
        return found

    def call(self, which: int, arguments: Sequence[Any], *, as_it_is: tuple[int, ...] = ()) -> Any:
        """Call forward (0) or backward (1) without warnings; its exceptions become ``Raised``.

        Where copies are handed over, the arguments at these positions are not copied.
        """
        self.spend(1, which)
        given = arguments
        if self.writable:
            given = [
                argument if k in as_it_is else tree.rebuilt(argument, tree.copied)
                for k, argument in enumerate(arguments)
            ]
        try:
            with np.errstate(all="ignore"):
                return unrolled(self.functions[which](*given))
        except Exception as error:
            name = ("forward", self.rule)[which]
            self.spent.raised = Raised.by(f"{name}, evaluation {self.spent.calls[which]}", error)
            raise self.spent.raised from error
        finally:
            if self.writable:
                self.saw(which, arguments, given)

    def saw(self, which: int, arguments: Sequence[Any], given: Sequence[Any]) -> bool:
        """Tell whether a call has changed what it was given, and keep which arguments."""
        changed = {
            k for k, pair in enumerate(zip(arguments, given, strict=True)) if _changed(*pair)
        }
        self.spent.mutated |= {(which, k) for k in changed}
        return bool(changed)

    def spend(self, calls: int, which: int = 0) -> None:
        """Count calls of forward (0) or backward (1), if there are so many left."""
        if which == 0 and calls > self.spent.left:
            raise Exhausted
        self.spent.calls[which] += calls

    def arguments(self, changes: Sequence[tuple[Block, Anything]] = ()) -> list[Any]:
        """Return the arguments of one call."""
        arguments = list(self.point)
        for block, steered in changes:
            value = self.placed(block, steered)
            value.setflags(write=False)
            own = value[()] if block.scalar else value
            path, whole = block.path, arguments[block.position]
            arguments[block.position] = tree.replaced(whole, {path: own}) if path else own
        return arguments

    def placed(self, block: Block, value: Anything) -> Anything:
        """Return the argument for a value of a block: through its chart, where it has one."""
        if block.chart is None:
            return value
        try:
            with np.errstate(all="ignore"):
                return block.chart.point(self.leaf(block), value - block.value)
        except Exception as error:
            self.spent.raised = Raised.by(f"the chart of {block.name}", error)
            raise self.spent.raised from error

    def leaf(self, block: Block) -> Anything:
        """Return what the point has for a block."""
        return np.asarray(dict(tree.leaves(self.point[block.position]))[block.path])

    def cotangent(self, v: Vector) -> Any:
        """Return v in the structure, shapes and dtypes of forward's result, read-only."""
        fresh, start = [], 0
        for (shape, dtype), leaf in zip(self.sizes, tree.flat(self.result), strict=True):
            size = math.prod(shape)
            kind = dtype if dtype.kind == "f" else np.dtype(np.float64)
            part = v[start : start + size].reshape(shape).astype(kind)
            part.flags.writeable = False
            fresh.append(part if isinstance(leaf, np.ndarray) else part[()])
            start += size
        return tree.rebuild(self.result, iter(fresh))

    def sort(self, returned: Any) -> list[Any]:
        """Sort what backward returned by blocks, or raise ``Misshapen``."""
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
            if fields.keys() == {*keys}:
                return tuple(fields[key] for key in keys)
        return returned

    def _given(self, returned: Any) -> Sequence[Any]:
        """Return what backward returned for each differentiated argument.

        A number for which there is no gradient is a constant, unless ``wrt`` names it.
        """
        returned = self._without_constants(self._unstacked(unrolled(returned)))
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

    def on_account(self, spent: Spent) -> "Problem":
        """Return the same problem with another count of evaluations."""
        return replace(self, spent=spent)

    def leave_open(self, i: int, entries: Anything) -> None:
        """Let no direction move these entries of block i here, nor compare their gradient."""
        fixed = replace(self.blocks[i], fixed=entries)
        self.blocks = (*self.blocks[:i], fixed, *self.blocks[i + 1 :])

    def at(self, changes: Sequence[tuple[Block, Anything]]) -> "Problem":
        """Return the same problem at another point; evaluations go on counting."""
        moved = {id(block): value for block, value in changes}
        other = replace(self, point=tuple(self.arguments(changes)), result=None)

        def there(b: Block) -> Anything:
            return b.chart.start(other.leaf(b), b.value) if b.chart else moved.get(id(b), b.value)

        other.blocks = tuple(replace(b, value=there(b), fixed=None) for b in self.blocks)
        return other


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


def _changed(was: Any, now: Any) -> bool:
    """Tell whether an argument is another than before: an array by its bits, a leaf by identity."""
    return not tree.same_structure(was, now) or any(
        x is not y
        and not (
            isinstance(x, np.ndarray) and isinstance(y, np.ndarray) and x.tobytes() == y.tobytes()
        )
        for x, y in zip(tree.flat(was), tree.flat(now), strict=True)
    )
