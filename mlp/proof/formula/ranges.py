"""The indices of a formula:  each has the range of the axes it stands at, one and the same.

Tested in tests/proof/formula/test_ranges.py.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from typing import TypeAlias

from mlp.proof.formula.sheet import AnySmooth, Defined, Sheet
from mlp.proof.formula.syntax import LatexError, Name, Node, Relation, Tree
from mlp.proof.formula.values import Value

Ranges: TypeAlias = dict[str, str | None]  # the axis over which an index runs; None: not known here
Indices: TypeAlias = Mapping[str, int]


class Ranged:
    """Formulas of which one knows how far each index runs; their values come in algebra.py."""

    sheet: Sheet

    def value(self, tree: Tree, at: Indices) -> Value:
        """Return what a formula stands for."""
        raise NotImplementedError

    def function(self, name: Name) -> Defined | AnySmooth:
        """Return a function that was declared or defined."""
        if name not in self.sheet.functions:
            raise LatexError(f"{name} is not known as a function: declare it with :, or define it")
        return self.sheet.functions[name]

    def numbered(self, tree: Node) -> Tree | None:
        """Return the name x₀, or its transpose, where that was declared and is no entry."""
        base = tree.parts[0]
        if isinstance(base, Node) and base.kind == "transpose":
            name = self.numbered(Node("entry", base.parts, tree.tag))
            return Node("transpose", (name,)) if name else None
        if not isinstance(base, Name) or not all(map(str.isdigit, tree.tag)):
            return None
        name = base.numbered(tree.tag)
        return name if name.symbol in self.sheet.arrays else None

    def ranges(self, tree: Tree) -> Ranges:
        """Return the free indices of a formula, each with its axis."""
        if not isinstance(tree, Node):
            return {}
        found: Ranges = {}
        for part in below(tree):
            merge(found, self.ranges(part))
        if tree.kind == "sum":
            return self._ranges_of_sum(tree, found)
        if tree.kind == "delta":
            merge(found, dict.fromkeys(tree.tag))
        elif tree.kind == "entry" and not self.numbered(tree):
            axes = self.array(tree.parts[0], tree.tag).axes
            for index, axis in zip(tree.tag, axes, strict=True):
                if index.isdigit():
                    self.position(index, axis, {})
                else:
                    merge(found, {index: axis})
        elif tree.kind == "call" and tree.tag[2]:
            name, _, given = tree.tag
            axes = getattr(self.function(name), "axes", ())
            if len(axes) != len(given):
                raise LatexError(f"{name} has {len(axes)} indices, not {len(given)}")
            merge(found, dict(zip(given, axes, strict=True)))
        return found

    def _ranges_of_sum(self, tree: Node, inner: Ranges) -> Ranges:
        index = tree.tag
        if len(tree.parts) == 1:
            if index not in inner:
                raise LatexError(f"the sum over {index} has no {index} in it")
            known_axis(index, inner[index])
        return {other: axis for other, axis in inner.items() if other != index}

    def summed(self, tree: Tree) -> Iterator[str]:
        """Yield the indices that are summed somewhere in a formula; none inside its own sum."""
        if isinstance(tree, Node):
            inner = [index for part in below(tree) for index in self.summed(part)]
            if tree.kind == "sum":
                if tree.tag in inner:
                    raise LatexError(f"a sum over {tree.tag} inside a sum over {tree.tag}")
                yield tree.tag
            yield from inner

    def free(self, relation: Relation) -> dict[str, str]:
        """Return the free indices of both sides, each with its axis."""
        left, right = self.ranges(relation.left), self.ranges(relation.right)
        if extra := right.keys() - left.keys():
            raise LatexError(f"the index {min(extra)} stands on the right only")
        merge(left, right)
        for side in (relation.left, relation.right):
            if both := left.keys() & set(self.summed(side)):
                raise LatexError(f"the index {min(both)} is summed, and free as well")
        return {index: known_axis(index, axis) for index, axis in left.items()}

    def array(self, base: Tree, given: Sequence[str]) -> Value:
        """Return an array that has these indices."""
        value = self.value(base, {})
        if len(value.axes) != len(given):
            raise LatexError(f"{in_short(base)} has {len(value.axes)} indices, not {len(given)}")
        return value

    def position(self, index: str, axis: str, at: Indices) -> int:
        """Return where on its axis an index points."""
        place = self.position_of(index, at)
        if not 0 <= place < self.sheet.size(axis):
            raise LatexError(f"the index {index} is outside 1..{self.sheet.size(axis)}")
        return place

    def position_of(self, index: str, at: Indices) -> int:
        """Return where an index points: a letter by its value, a digit counted from 1."""
        if index.isdigit():
            return int(index) - 1
        if index not in at:
            raise LatexError(f"the index {index} is bound by nothing")
        return at[index]

    def every(self, free: Mapping[str, str]) -> Iterator[dict[str, int]]:
        """Yield every choice of values for these indices."""
        for choice in product(*(range(self.sheet.size(axis)) for axis in free.values())):
            yield dict(zip(free, choice, strict=True))


def below(tree: Node) -> tuple[Tree, ...]:
    """Return the formulas that a formula is made of, and those that say where its cases hold."""
    conditions = tree.tag if tree.kind == "cases" else ()
    return (*tree.parts, *(side for where in conditions for side in (where.left, where.right)))


def merge(known: Ranges, more: Ranges) -> None:
    """Add ranges of indices to those known; each index has one."""
    for index, axis in more.items():
        before = known.get(index)
        if before is not None and axis is not None and before != axis:
            raise LatexError(
                f"the index {index} runs over {before} in one place, over {axis} in another"
            )
        known[index] = before if axis is None else axis


def known_axis(index: str, axis: str | None) -> str:
    """Return the axis of an index, which must be known."""
    if axis is None:
        raise LatexError(f"nothing says how far the index {index} runs")
    return axis


def in_short(tree: Tree) -> str:
    """Return a short name for a formula in a message."""
    return str(tree) if isinstance(tree, Name) else "this"
