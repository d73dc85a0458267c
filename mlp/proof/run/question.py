"""What is to be proved of which arguments:  a signature of shapes becomes arrays of symbols.

    (n,d)        an array of symbols X[0,0], X[0,1], ... of a small size
    (n) labels   every vector of classes 0 .. c−1, one after another
    (n)|(n,c)    a case for each alternative
    (...)        an array of any shape: two by two, or two where that has too many regions
    elsewhere    no two lengths are alike, and none is a small number such as stands in a formula

Tested in tests/proof/run/test_question.py.
"""

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, count, product
from math import prod
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import sympy

from mlp import tree
from mlp.op import Wrt, arguments, bare, label_positions, positions_of, wrt_of
from mlp.shapes import ANY_SHAPE, Axes, parse

Symbols: TypeAlias = npt.NDArray[Any]
Shapes: TypeAlias = Sequence[tuple[int, ...]]

SIZES = {"n": 2, "d": 3, "h": 2, "m": 2, "c": 2}
OTHERWISE = 2
ANY = ((2, 2), (2,))  # what stands for (...), one after the other
MOST_LABELS = 256  # vectors of labels
ELSEWHERE = (5, 7, 6, 9, 8, 11, 10, 13, 12)  # lengths of axes, in the order in which they stand
ANY_ELSEWHERE = (4, 6)


@dataclass(frozen=True)
class Case:
    """One choice of alternatives and labels: an array of symbols or of labels per argument."""

    arguments: tuple[Symbols, ...]
    said: str = ""  # which labels they are

    @property
    def symbols(self) -> list[Any]:
        """Every symbol of the arguments."""
        return [s for a in self.arguments if a.dtype == object for s in a.flat]


@dataclass(frozen=True)
class Question:
    """A forward, a backward, and the arguments to differentiate by."""

    forward: Callable[..., Any]
    backward: Callable[..., Any]
    names: tuple[str, ...]
    shapes: tuple[tuple[tuple[int, ...], ...], ...]  # of each argument, by alternative
    wrt: tuple[int, ...]
    labels: frozenset[int]
    classes: int

    @property
    def spelled(self) -> dict[str, str]:
        """The shape of each argument, as text."""
        return {
            name: " or ".join(map(str, alternatives))
            for name, alternatives in zip(self.names, self.shapes, strict=True)
        }

    def gradients(self, returned: Any) -> list[Any]:
        """Return what backward returned as a list, one gradient for each argument if it is right.

        One array alone is one gradient, and so is a list where one is wanted: it may be an array.
        """
        many = isinstance(returned, tuple) or (isinstance(returned, list) and len(self.wrt) > 1)
        return list(returned) if many else [returned]

    def cases(self) -> Iterator[Case]:
        """Yield every choice of alternatives and of labels."""
        for chosen in product(*self.shapes):
            for labels in np.ndindex(*[self.classes] * self._count(chosen)):
                yield self._case(chosen, labels)

    def some_cases(self) -> Iterator[Case]:
        """Yield every choice of alternatives, each with labels that are drawn at random."""
        draw = random.Random(0)  # noqa: S311  # no secret: the same labels every time
        for chosen in product(*self.shapes):
            labels = [draw.randrange(self.classes) for _ in range(self._count(chosen))]
            yield self._case(chosen, labels)

    def _drawn(self, chosen: Shapes) -> list[int]:
        """Return which arguments hold labels."""
        return [i for i in self.labels if len(chosen[i]) < 2]

    def _count(self, chosen: Shapes) -> int:
        """Return how many labels there are."""
        return sum(prod(chosen[i]) for i in self._drawn(chosen))

    def _case(self, chosen: Shapes, labels: Sequence[int]) -> Case:
        """Return symbols of these shapes, and these labels."""
        values, said, arguments = list(labels), [], []
        for i, shape in enumerate(chosen):
            if i in self._drawn(chosen):
                taken = [values.pop(0) for _ in range(prod(shape))]
                arguments.append(np.array(taken, dtype=int).reshape(shape))
                said.append(f"{self.names[i]} = {arguments[-1].tolist()}")
            else:
                arguments.append(symbols(self.names[i], shape))
        return Case(tuple(arguments), ", ".join(said))


def symbols(name: str, shape: tuple[int, ...]) -> Symbols:
    """Return an array of real symbols that are named by their indices."""
    out = np.empty(shape, dtype=object)
    for index in np.ndindex(shape):
        place = f"[{','.join(map(str, index))}]" if index else ""
        out[index] = sympy.Symbol(f"{name}{place}", real=True)
    return out


def cotangents(output: Any) -> Any:
    """Return symbols in the shape of what forward returned: dO, or dO1, dO2, ... for several."""
    names = (f"dO{k}" if len(tree.flat(output)) > 1 else "dO" for k in count(1))
    return tree.rebuilt(output, lambda leaf: symbols(next(names), np.shape(leaf)))


def floats(array: Symbols, point: Mapping[Any, Any]) -> Any:
    """Return symbols as floats at a point; labels as they are."""
    values = [float(point[s]) for s in array.flat] if array.dtype == object else array
    return np.array(values).reshape(array.shape)


def poses(
    forward: Callable[..., Any],
    backward: Callable[..., Any],
    signature: str | None,
    wrt: Wrt,
    labels: str | Sequence[str],
    sizes: Mapping[str, Any],
    *,
    elsewhere: bool = False,
) -> list[Question]:
    """Return the question, the largest arrays of any shape first; elsewhere at the other lengths.

    What does not fit raises ValueError, in one line.
    """
    signature = signature or getattr(bare(forward)[0], "shapes", None)
    if signature is None:
        raise ValueError("prove: forward has no @shapes: pass shapes='(n,d),(d,m)->(n,m)'")
    groups, _ = parse(signature)
    taken = arguments(forward)  # none are known of a ufunc
    names = tuple(p.name for p in taken if p.default is p.empty)
    names = names if taken else tuple(f"x{i}" for i in range(len(groups)))
    if len(names) != len(groups):
        raise ValueError(f"prove: forward takes {', '.join(names)}, but shapes is {signature!r}")
    lengths = _lengths(groups, sizes, elsewhere=elsewhere)
    refusal = "prove: no argument {came!r} of forward, which takes {names}"
    annotated = {i for i in label_positions(forward) if i < len(names)}
    holding = annotated | {*positions_of(labels, names, refusal)}
    if holding and "c" not in lengths:
        raise ValueError(f"prove: labels need an axis c of classes, but shapes is {signature!r}")
    classes = lengths.get("c", 0)
    alternatives = [
        _shapes(groups, lengths, anything) for anything in ([ANY_ELSEWHERE] if elsewhere else ANY)
    ]
    vectors = classes ** sum(prod(alternatives[0][i][0]) for i in holding)
    if vectors > MOST_LABELS and not elsewhere:
        raise ValueError(
            f"prove: {vectors} vectors of labels, more than {MOST_LABELS}: choose a smaller n or c"
        )
    by = wrt_of(forward) if wrt is None else wrt
    others = tuple(i for i in range(len(names)) if i not in holding)
    positions = others if by is None else positions_of(by, names, refusal)
    return [
        Question(forward, backward, names, shapes, positions, frozenset(holding), classes)
        for shapes in dict.fromkeys(alternatives)
    ]


def _shapes(
    groups: Sequence[Sequence[Axes]], lengths: Mapping[str, int], anything: tuple[int, ...]
) -> tuple[tuple[tuple[int, ...], ...], ...]:
    """Return the shapes of each argument, by alternative."""
    return tuple(
        tuple(anything if axes == ANY_SHAPE else tuple(lengths[a] for a in axes) for axes in group)
        for group in groups
    )


def _lengths(
    groups: Sequence[Sequence[Axes]], sizes: Mapping[str, Any], *, elsewhere: bool
) -> dict[str, int]:
    """Return the length of every axis that the groups name."""
    axes = dict.fromkeys(a for group in groups for axes in group for a in axes if a != "...")
    for name, size in sizes.items():
        if name not in axes:
            raise ValueError(f"prove: no axis {name} in shapes, but {', '.join(axes) or 'none'}")
        if not isinstance(size, (int, np.integer)) or size < 1:
            raise ValueError(f"prove: {name} must be a positive int, but is {size!r}")
    given = {axis: int(axis) for axis in axes if axis.isdigit()}
    given |= {axis: int(size) for axis, size in sizes.items()}
    left = [axis for axis in axes if axis not in given]
    if not elsewhere:
        return given | {axis: SIZES.get(axis, OTHERWISE) for axis in left}
    apart = (length for length in chain(ELSEWHERE, count(14)) if length not in given.values())
    return given | dict(zip(left, apart, strict=False))
