"""What is to be proved of which arguments:  a signature of shapes becomes arrays of symbols.

    (n,d)        an array of symbols X[0,0], X[0,1], ... of a small size
    (n) labels   every vector of classes 0 .. c−1, one after another
    (n)|(n,c)    a case for each alternative
    (...)        an array of any shape: two by two, or two where that has too many regions
    elsewhere    no two lengths are alike, and none is a small number such as stands in a formula

Tested in tests/proof/run/test_question.py.
"""

import inspect
import random
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain, count, product
from math import prod
from typing import Any, TypeAlias, get_args

import numpy as np
import numpy.typing as npt
import sympy

from mlp.shapes import ANY_SHAPE, Axes, Labels, parse

Symbols: TypeAlias = npt.NDArray[Any]
Shapes: TypeAlias = Sequence[tuple[int, ...]]
Wrt: TypeAlias = int | str | Sequence[int | str] | None

SIZES = {"n": 2, "d": 3, "h": 2, "m": 2, "c": 2}
OTHERWISE = 2
ANY = ((2, 2), (2,))  # what stands for (...), one after the other
COMMON = {"forward", "backward", "definition", "definition_backward"}  # of no module's own
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


def like(structure: Any, make: Callable[[Any], Any]) -> Any:
    """Return the same structure with every array or number replaced."""
    if isinstance(structure, (tuple, list)):
        return type(structure)(like(part, make) for part in structure)
    return make(structure)


def leaves(structure: Any) -> list[Any]:
    """Return the arrays and numbers of a structure, in order."""
    if isinstance(structure, (tuple, list)):
        return [leaf for part in structure for leaf in leaves(part)]
    return [structure]


def cotangents(output: Any) -> Any:
    """Return symbols in the shape of what forward returned: dO, or dO1, dO2, ... for several."""
    names = (f"dO{k}" if len(leaves(output)) > 1 else "dO" for k in count(1))
    return like(output, lambda leaf: symbols(next(names), np.shape(leaf)))


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
    signature = signature or getattr(_bare(forward), "shapes", None)
    if signature is None:
        raise ValueError("prove: forward has no @shapes: pass shapes='(n,d),(d,m)->(n,m)'")
    groups, _ = parse(signature)
    names = _names(forward, len(groups))
    if len(names) != len(groups):
        raise ValueError(f"prove: forward takes {', '.join(names)}, but shapes is {signature!r}")
    lengths = _lengths(groups, sizes, elsewhere=elsewhere)
    holding = _label_positions(forward, names) | {
        _position(name, names) for name in ([labels] if isinstance(labels, str) else labels)
    }
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
    if wrt is None:
        wrt = _declared(forward, [i for i in range(len(names)) if i not in holding])
    by = [wrt] if isinstance(wrt, (int, str)) else list(wrt)
    positions = tuple(_position(i, names) for i in by)
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


def _names(function: Callable[..., Any], count: int) -> tuple[str, ...]:
    try:
        parameters = inspect.signature(function).parameters.values()
    except ValueError:  # a ufunc
        return tuple(f"x{i}" for i in range(count))
    return tuple(
        p.name
        for p in parameters
        if p.kind in {p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD} and p.default is p.empty
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


def _label_positions(function: Callable[..., Any], names: Sequence[str]) -> set[int]:
    """Return the positions of the arguments that are annotated ``Labels``."""
    try:
        parameters = inspect.signature(function).parameters
    except ValueError:
        return set()
    wanted: Any = Labels
    annotations = [parameters[name].annotation for name in names]
    return {i for i, a in enumerate(annotations) if wanted == a or wanted in get_args(a)}


def _position(argument: int | str, names: Sequence[str]) -> int:
    if isinstance(argument, str) and argument in names:
        return names.index(argument)
    if isinstance(argument, int) and 0 <= argument < len(names):
        return argument
    raise ValueError(f"prove: no argument {argument!r} of forward, which takes {', '.join(names)}")


def _declared(function: Any, otherwise: Sequence[int]) -> Sequence[int | str]:
    """Return WRT of a function or, where it is the forward of a module, of that module."""
    function = _bare(function)
    if hasattr(function, "WRT"):
        return tuple(function.WRT)
    module = sys.modules.get(getattr(function, "__module__", ""))
    if module is not None and getattr(function, "__qualname__", "") == "forward":
        return tuple(getattr(module, "WRT", otherwise))
    return tuple(otherwise)


def _bare(function: Any) -> Any:
    """Return the function under a partial."""
    while isinstance(function, partial):
        function = function.func
    return function


def name_of(function: Callable[..., Any]) -> str:
    """Return the name of a function the way its user calls it."""
    while hasattr(function, "func"):  # partial
        function = function.func
    module = getattr(function, "__module__", None) or ""
    name = getattr(function, "__qualname__", None) or type(function).__name__
    name = name.replace("<locals>.", "").replace("<lambda>", "lambda").rpartition(".")[2]
    return f"{module.rpartition('.')[2]}.{name}" if name in COMMON else name
