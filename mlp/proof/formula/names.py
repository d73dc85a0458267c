r"""A name and what hangs on it:  W^{(1)\top}_{ij}, \dot{\mathrm{d}Z}, f'(x), \mathbb{1}(i = j).

Tested in tests/proof/formula/test_names.py.
"""

import re
from collections.abc import Collection
from dataclasses import replace
from fractions import Fraction

from mlp.proof.formula.syntax import TRANSPOSED, Name, Node, Number, Tree, with_exponent
from mlp.proof.formula.words import GREEK, Cursor, is_letter, tokens, without_boxes


class Named(Cursor):
    """Reads names; what stands in their braces and parentheses is read in expressions.py."""

    def __init__(self, source: str, line: int, functions: Collection[Name]) -> None:
        words, self.boxed = without_boxes(tokens(source, line))
        super().__init__(words, line, source)
        self.functions = set(functions)

    def sum(self) -> Tree:
        """Read terms with + and − between them."""
        raise NotImplementedError

    def arguments(self) -> tuple[Tree, ...]:
        """Read what stands in parentheses, with commas between."""
        return tuple(self.between("(", lambda: [*self.list_of(self.sum, ",")], ")"))

    def group(self) -> Tree:
        """Read {a}, or one letter or digit."""
        if self.peek() == "{":
            found: Tree = self.between("{", self.sum, "}")
            return found
        word = self.take()
        if word.isdigit():
            if len(word) > 1:
                raise self.refusal(f"write {{{word}}}: without braces only its first digit counts")
            return Number(Fraction(word))
        if is_letter(word):
            return Name(GREEK.get(word, word))
        raise self.refusal(f"expected a letter, a digit or {{, but {word} came")

    def letter(self) -> Name:
        r"""Read the letter of a name with its dot or d, as in \dot{\mathrm{d}Z}."""
        if self.accept(r"\dot"):
            braced = self.peek() == "{"
            inner: Name = self.between("{", self.letter, "}") if braced else self.letter()
            if inner.dotted:
                raise self.refusal("one dot only")
            return replace(inner, dotted=True)
        if self.accept(r"\mathrm"):
            self.take_all("{d}")
            return Name(self.letter().letter, cotangent=True)
        if self.accept("𝟏"):
            return Name("𝟏")
        if self.accept(r"\mathbf", r"\boldsymbol", r"\vec"):  # a letter is what it is without
            if self.peek(1) == "1":
                self.take_all("{1}")
                return Name("𝟏")
            found: Name = self.between("{", self.letter, "}")
            return found
        if not is_letter(self.peek()):
            raise self.error("expected a symbol")
        word = self.take()
        return Name(GREEK.get(word, word))

    def scripts(self, name: Name) -> tuple[Name, tuple[str, ...], Tree | None]:
        """Read level, indices and exponent behind a letter; a transpose is an exponent, too."""
        indices: tuple[str, ...] = ()
        exponent: Tree | None = None
        while True:
            if not indices and self.accept("_"):
                indices = self.indices()
            elif exponent is None and self.peek() == "^":
                if name.letter == "e" or self.peek(1) != "{" or self.peek(2) != "(" or name.level:
                    self.take()
                    exponent = self.exponent()
                    continue
                self.take_all("^{(")
                name = replace(name, level="".join(self.take_to(")")))
                if self.accept(r"\top"):
                    exponent = TRANSPOSED
                self.take("}")
            else:
                return name, indices, exponent

    def exponent(self) -> Tree:
        r"""Read what stands behind ^: \top or a number."""
        if self.accept(r"\top"):
            return TRANSPOSED
        if self.peek() == "{" and self.peek(1) == r"\top":
            self.take_all(["{", r"\top", "}"])
            return TRANSPOSED
        return self.group()

    def indices(self) -> tuple[str, ...]:
        """Read the indices behind _, letters or digits."""
        words = self.take_to("}") if self.accept("{") else [self.take()]
        words = [word for word in words if word != ","]
        found = tuple(index for word in words for index in (word if word.isdigit() else [word]))
        if not found or not all(re.fullmatch(r"[a-zA-Z]|\d", index) for index in found):
            raise self.refusal(f"an index must be a letter or a digit, not {' '.join(words)}")
        return found

    def named(self) -> Tree:
        """Read a name with what hangs on it: level, indices, primes, arguments, powers."""
        name, primes = self.letter(), self.skip("'")
        if name == Name("𝟏") and (equal := self.indicator()):
            return Node("delta", (), equal)
        name, indices, exponent = self.scripts(name)
        if exponent is not None and self.peek() == "^":
            raise self.error("one power only; write parentheses")
        function = primes or name in self.functions
        if function and exponent is None and self.peek() == "(":
            found: Tree = Node("call", self.arguments(), (name, primes, indices))
            return found
        if primes:
            raise self.error(f"{name}' is a function and needs its argument in parentheses")
        found = name
        if name == Name("e") and exponent is not None and not indices:
            return Node("function", (exponent,), ("exp", 0))
        if name == Name("δ") and len(indices) == 2:
            found = Node("delta", (), indices)
        elif indices:
            found = Node("entry", (found,), indices)
        return with_exponent(found, exponent)

    def indicator(self) -> tuple[str, ...]:
        r"""Read (i = j) or _{i = j} behind \mathbb{1}, which is 1 where i is j, else 0."""
        start = 2 if self.peek() == "_" else 1
        words = [self.peek(k) for k in range(start + 4)]
        if (words[:start], words[start + 1], words[-1]) not in (
            (["("], "=", ")"),
            (["_", "{"], "=", "}"),
        ):
            return ()
        self.take_all(words)
        return words[start], words[start + 2]

    def power(self, base: Tree) -> Tree:
        """Read a power or a transpose behind a factor."""
        if self.accept("^"):
            base = with_exponent(base, self.exponent())
            if self.peek() == "^":
                raise self.error("one power only; write parentheses")
        return base
