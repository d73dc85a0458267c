"""Every choice of arguments for a goal, and both functions on it.

    X[0,0], X[0,1], ...    symbols in an array of the shape
    y = [0, 1]             every vector of labels, one after another
    dO[0], dO[1], ...      a cotangent for each number that forward returns

Whoever runs the functions says what is made of each array of symbols, scalars, duals or floats, and
how the functions are reached (reach.py).
Tested in tests/proof/run/test_choice.py.
"""

import random
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import count, product
from math import prod
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import sympy

from mlp import tree
from mlp.proof.run.answer import Concluded
from mlp.proof.run.exact import Exact
from mlp.proof.run.goal import Goal, Lengths
from mlp.proof.run.reach import Access, as_it_is

Symbols: TypeAlias = npt.NDArray[Any]
Make: TypeAlias = Callable[[Symbols], Any]


@dataclass(frozen=True)
class Choice:
    """One choice of alternatives and labels: an array of symbols or of labels per argument."""

    goal: Goal
    arguments: tuple[Symbols, ...]
    said: str = ""  # which labels they are

    @property
    def symbols(self) -> list[Any]:
        """Every symbol of the arguments."""
        return [s for a in self.arguments if a.dtype == object for s in a.flat]

    def output(self, make: Make, reach: Access = as_it_is) -> Any:
        """Return what forward returns on fresh arguments."""
        return self._returned("forward", reach(self.goal.forward), (), make)

    def pulled(self, cotangents: Any, make: Make, reach: Access = as_it_is) -> Any:
        """Return what backward returns on fresh cotangents and arguments."""
        made = tree.rebuilt(cotangents, make)
        return self._returned("backward", reach(self.goal.backward), (made,), make)

    def cotangents(self, make: Make, reach: Access = as_it_is) -> Any:
        """Return symbols in the shape of what forward returns: dO, or dO1, dO2, ... for several."""
        output = self.output(make, reach)
        names = (f"dO{k}" if len(tree.flat(output)) > 1 else "dO" for k in count(1))
        return tree.rebuilt(output, lambda leaf: symbols(next(names), np.shape(leaf)))

    def _returned(self, name: str, function: Any, first: tuple[Any, ...], make: Make) -> Any:
        """Call with fresh arguments; raise Concluded where it writes into one."""
        given = [make(a) if a.dtype == object else a.copy() for a in self.arguments]
        before = [_entries(a) for a in given]
        returned = function(*first, *given)
        for argument, was, now in zip(self.goal.names, before, given, strict=True):
            if any(map(_another, was, _entries(now))):
                said = f"{name} writes into {argument}; let it work on a copy"
                raise Concluded("not proved", said)
        return returned

    def gradients(self, returned: Any) -> Iterator[tuple[str, Symbols, Any]]:
        """Yield the name, the symbols and the gradient of each argument; None declares a constant.

        One array alone is one gradient, and so is a list where one is wanted: it may be an array.
        Numbers that stand alone are constants where there is a gradient for each of the others.
        ``None`` may stand for what is not differentiated.
        """
        names = [self.goal.names[i] for i in self.goal.wrt]
        many = isinstance(returned, tuple) or (isinstance(returned, list) and len(names) > 1)
        gradients = list(returned) if many else [returned]
        others = {*range(len(gradients))} - {*self.goal.wrt}
        if len(gradients) == len(self.arguments) and all(gradients[i] is None for i in others):
            gradients = [gradients[i] for i in self.goal.wrt]
        if len(gradients) == sum(self.arguments[i].ndim > 0 for i in self.goal.wrt):
            left = iter(gradients)
            gradients = [next(left) if self.arguments[i].ndim else None for i in self.goal.wrt]
        if len(gradients) != len(names):
            said = f"backward must return {', '.join(names)}"
            raise Concluded("refused", f"{said}, but returned {len(gradients)} arrays")
        for i, name, gradient in zip(self.goal.wrt, names, gradients, strict=True):
            wanted = self.arguments[i]
            if gradient is not None and np.shape(gradient) != wanted.shape:
                said = f"the gradient must have the shape {wanted.shape} of {name}"
                raise Concluded("refused", f"{said}, but its shape is {np.shape(gradient)}")
            yield name, wanted, gradient


def _entries(argument: Any) -> list[Any]:
    """Return the entries of an array, or a number alone."""
    return [*argument.flat] if hasattr(argument, "flat") else [argument]


def _another(was: Any, now: Any) -> bool:
    """Tell whether an entry was replaced; a comparison of exact numbers would be a branch."""
    return was is not now and (isinstance(was, Exact) or bool(was != now))


def choices(goal: Goal, *, drawn: bool = False) -> Iterator[Choice]:
    """Yield every choice of alternatives and labels; where labels are drawn, one for each shape."""
    draw = random.Random(0)  # noqa: S311  # no secret: the same labels every time
    for shapes in product(*goal.shapes):
        held = [i for i in sorted(goal.labels) if len(shapes[i]) == min(map(len, goal.shapes[i]))]
        length = sum(prod(shapes[i]) for i in held)
        vectors: Iterable[Any] = np.ndindex(*[goal.classes] * length)
        if drawn:
            vectors = [[draw.randrange(goal.classes) for _ in range(length)]]
        for vector in vectors:
            labels = iter(vector)
            arguments = tuple(
                np.fromiter(labels, int, prod(shape)).reshape(shape)
                if i in held
                else symbols(goal.names[i], shape)
                for i, shape in enumerate(shapes)
            )
            said = ", ".join(f"{goal.names[i]} = {arguments[i].tolist()}" for i in held)
            yield Choice(goal, arguments, said)


def symbols(name: str, shape: Lengths) -> Symbols:
    """Return an array of real symbols that are named by their indices."""
    out = np.empty(shape, dtype=object)
    for index in np.ndindex(shape):
        place = f"[{','.join(map(str, index))}]" if index else ""
        out[index] = sympy.Symbol(f"{name}{place}", real=True)
    return out


def floats(array: Symbols, point: Mapping[Any, Any]) -> Any:
    """Return symbols as floats at a point."""
    return np.array([float(point[s]) for s in array.flat]).reshape(array.shape)
