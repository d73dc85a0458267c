"""What a formula is once it has been read: a tree of numbers, names and operations.

latex.py makes it from text, and algebra.py gives it values.
Tested in tests/proof/formula/test_syntax.py.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any, TypeAlias


class LatexError(ValueError):
    """A formula that cannot be read or that means nothing here; one line says why."""

    def __init__(self, message: str, line: int = 0) -> None:
        super().__init__(message)
        self.line = line


@dataclass(frozen=True)
class Number:
    """A whole or decimal number, exactly."""

    value: Fraction


@dataclass(frozen=True)
class Name:
    """A symbol: its letter, its level as in W^{(1)}, and whether it is a cotangent or a tangent."""

    letter: str
    level: str = ""
    cotangent: bool = False
    dotted: bool = False

    @property
    def still(self) -> "Name":
        """The name of which this is the tangent."""
        return replace(self, dotted=False)

    @property
    def symbol(self) -> "Name":
        """The name of which this is the cotangent or the tangent."""
        return Name(self.letter, self.level)

    def numbered(self, indices: Sequence[str]) -> "Name":
        """Return the name x₀ for x with the index 0, and x for none."""
        return replace(self, letter="_".join(filter(None, [self.letter, "".join(indices)])))

    def __str__(self) -> str:
        """Return the name as one writes it, such as Ż⁽²⁾ or dP."""
        level = f"({self.level})".translate(RAISED) if self.level else ""
        dot = "\u0307" if self.dotted else ""
        return f"{'d' if self.cotangent else ''}{self.letter}{dot}{level}"


@dataclass(frozen=True)
class Node:
    """An operation on the trees below it; ``tag`` is what it must know besides."""

    kind: str
    parts: tuple["Tree", ...] = ()
    tag: Any = None


Tree: TypeAlias = Number | Name | Node

TRANSPOSED = Name("⊤")  # what an exponent says that is none
RAISED = str.maketrans("0123456789()+-lt", "⁰¹²³⁴⁵⁶⁷⁸⁹⁽⁾⁺⁻ˡᵗ")
LOWERED = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")


def with_exponent(base: Tree, exponent: Tree | None) -> Tree:
    """Return base to a power, or transposed by ⊤; A_{ij}^⊤ is an entry of the transpose of A."""
    if exponent is None:
        return base
    if exponent == TRANSPOSED:
        if isinstance(base, Node) and base.kind == "entry":
            return Node("entry", (Node("transpose", base.parts),), base.tag)
        return Node("transpose", (base,))
    return Node("power", (base, exponent))


@dataclass(frozen=True)
class Declaration:
    """A name that stands for any array of a shape, or for any smooth function."""

    name: Name
    axes: tuple[str, ...]
    positive: bool = False
    domain: tuple[str, ...] | None = None  # of a function: the axes of its argument


@dataclass(frozen=True)
class Relation:
    """Two sides and the sign between them; ``line`` and ``text`` say where it stands and how."""

    left: Tree
    sign: str
    right: Tree
    line: int
    text: str


@dataclass(frozen=True)
class Statement:
    """What one block of mathematics says."""

    declarations: tuple[Declaration, ...] = ()
    relations: tuple[Relation, ...] = ()
    conditions: tuple[Relation, ...] = ()
    boxed: bool = False
