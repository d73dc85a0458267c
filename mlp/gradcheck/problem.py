"""The two functions under check, at a point: forward and backward as maps between flat vectors.

Everything that touches the user's code happens here. The point is copied once, what is handed over
cannot be written to, and what comes back is copied, counted and flattened. So the caller's arrays
are never changed, and the rest of the checker sees vectors only.
"""

import math
import traceback
from collections.abc import Callable, Iterator, Sequence, ValuesView
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from mlp import tree
from mlp.gradcheck.block import Anything, Block, Vector
from mlp.gradcheck.returned import CONSTANT, Expected, Misshapen, array_of, leaves_of
from mlp.plain import said_by
from mlp.tangent import shaken

PIECE = 2**16  # numbers of which copies are compared at once
BESIDE = (
    "; forward returns a tuple, so the cotangent is one: is only the first of it differentiated "
    "(has_aux)? give lambda *args: forward(*args)[0]"
)
RULES = {"backward": "cotangent", "tangent": "tangents"}  # what a rule takes first


class Exhausted(Exception):  # noqa: N818  # a signal between our own functions, not an error
    """The forward evaluations that the caller allows are used up."""


class Raised(Exception):  # noqa: N818  # it tells of the user's exception and is none itself
    """The user's code raised; the text says in which call, what, and where."""

    @classmethod
    def by(cls, call: str, error: Exception, hint: str = "") -> "Raised":
        """Tell of an exception of the user's; the text survives the way between processes."""
        frames = [f for f in traceback.extract_tb(error.__traceback__) if f.filename != __file__]
        said = f"{call} raised {type(error).__name__}: {said_by(error)}{hint}"
        rule = call.partition(",")[0]
        if not frames and isinstance(error, TypeError) and rule in RULES:
            first = f"the {RULES[rule]} and then every argument of forward"
            return cls(f"{said}; {rule} takes {first}")
        return cls("\n".join([said, *"".join(traceback.format_list(frames[-2:])).splitlines()]))


class ComplexResultError(TypeError):
    """Forward returned complex numbers, which ``check`` reads as pairs of reals."""


class BesideError(TypeError):
    """Forward returned numbers and, beside them, what is none; ``check`` takes the first alone."""


def unrolled(returned: Any) -> Any:
    """Return what a generator, a map or a view of a dict yields; anything else as it is."""
    if isinstance(returned, (np.ndarray, np.generic, tuple)):  # the usual case, at once
        return returned
    return (*returned,) if isinstance(returned, (Iterator, ValuesView)) else returned


def _refuse_result(part: Anything, result: Any) -> None:
    """Refuse a part of what forward returned that is no array of real numbers."""
    if part.dtype.kind not in "fiub":
        what = "None; is a return missing?" if result is None else part.dtype
        error = ComplexResultError if part.dtype.kind == "c" else TypeError
        if error is TypeError and type(result) is tuple and _are_numbers(result[0]):
            error = BesideError
        raise error(f"check: forward must return real numbers, but it returned {what}")


def _are_numbers(result: Any) -> bool:
    """Tell numbers, in a structure or not, from anything else."""
    kinds = [np.asarray(leaf).dtype.kind for leaf in tree.flat(result)]
    return bool(kinds) and {*kinds} <= {*"fiubc"}


@dataclass
class Spent:
    """How often the user's code was called; shared by all points of one check."""

    calls: list[int] = field(default_factory=lambda: [0, 0])  # of forward, of backward
    limit: float = math.inf  # of forward evaluations
    raised: Raised | None = None  # by the last call that did
    mutated: set[tuple[int, int]] = field(default_factory=set)  # (function, argument) seen changed
    yielded: bool = False  # forward yields its outputs one after another

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

    def glimpse(self, v: Vector) -> list[Anything | None]:
        """Return gradients that are read at once and not written to: backward may keep them."""
        return self.floats(self.sort(self.backward(v)), copy=None)

    def floats(
        self, gradients: Sequence[Any], *, copy: bool | None = True
    ) -> list[Anything | None]:
        """Return our own copies of gradients, in floats: None of an array is 0, of a number none.

        Integers count as double precision. Where copy is None, one is made where it must be.
        """
        found: list[Anything | None] = []
        for block, g in zip(self.blocks, gradients, strict=True):
            if g is CONSTANT or (g is None and block.scalar):
                found.append(None)
            elif g is None:
                found.append(np.zeros_like(block.value))
            else:
                kind = np.asarray(g).dtype
                must = copy if block.fixed is None else True
                found.append(np.array(g, kind if kind.kind == "f" else np.float64, copy=must))
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
                returned = self.functions[which](*given)
                found = unrolled(returned)
                self.spent.yielded |= which == 0 and found is not returned
                return found
        except Exception as error:
            name = ("forward", self.rule)[which]
            said = f"{name}, evaluation {self.spent.calls[which]}"
            beside = which and type(self.result) is tuple and np.ndim(self.result[0]) == 0
            self.spent.raised = Raised.by(said, error, hint=BESIDE if beside else "")
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
        spent = self.spent
        if which == 0 and calls > spent.left:
            raise Exhausted
        spent.calls[which] += calls

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
        several = returned if type(returned) is tuple else (returned,)
        if len(several) == len(self.blocks) == len(self.positions) and all(
            type(g) is np.ndarray and not b.path for g, b in zip(several, self.blocks, strict=True)
        ):  # the usual case, at once
            return [*several]
        expected = Expected(self.point, self.positions, self.names, self.blocks, self.named)
        return expected.sort(unrolled(returned))

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


def _changed(was: Any, now: Any) -> bool:
    """Tell whether an argument is another than before: an array by its bits, a leaf by identity."""
    return not tree.same_structure(was, now) or any(
        x is not y
        and not (isinstance(x, np.ndarray) and isinstance(y, np.ndarray) and _same_bits(x, y))
        for x, y in zip(tree.flat(was), tree.flat(now), strict=True)
    )


def _same_bits(x: Anything, y: Anything) -> bool:
    """Tell whether two arrays hold the same bytes, in pieces, for they may be large."""
    a, b = x.ravel("K"), y.ravel("K")
    return x.nbytes == y.nbytes and all(
        a[k : k + PIECE].tobytes() == b[k : k + PIECE].tobytes() for k in range(0, a.size, PIECE)
    )
