r"""A name and what hangs on it:  W^{(1)\top}_{ij}, \dot{\mathrm{d}Z}, f'(x), \mathbb{1}(i = j).

Tested in tests/proof/formula/test_names.py.
"""

import re
from collections.abc import Collection
from dataclasses import replace
from fractions import Fraction

from mlp.proof.formula.syntax import TRANSPOSED, Name, Node, Number, Tree, with_exponent
from mlp.proof.formula.words import GREEK, SIGNS, Cursor, is_letter, tokens, without_boxes


class Named(Cursor):
    """Reads names; what stands in their braces and parentheses is read in expressions.py."""

    def __init__(self, source: str, line: int, functions: Collection[Name]) -> None:
        words, self.boxed = without_boxes(tokens(source, line))
        super().__init__(words, line, source)
        self.functions = set(functions)

    def sum(self) -> Tree:
        """Read terms with + and − between them."""
        raise NotImplementedError

    def compares(self) -> bool:
        """Tell whether what stands in the parentheses or braces that come is a relation."""
        depth = 0
        for word in (word.text for word in self.words[self.place :]):
            depth += (word in {"(", "{"}) - (word in {")", "}"})
            if depth < 1 and word != "_":
                break
            if word in SIGNS:
                return True
        return False

    def indicator(self) -> Tree:
        r"""Read (i = j) or _{z > 0} behind \mathbb{1}."""
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
        if self.accept(
            r"\mathbf", r"\boldsymbol", r"\vec", r"\mathcal"
        ):  # a letter is what it is without
            if self.peek(1) == "1":
                self.take_all("{1}")
                return Name("𝟏")
            found: Name = self.between("{", self.letter, "}")
            return found
        if not is_letter(self.peek()):
            raise self.error("expected a symbol")
        word = self.take()
        if word == "d" and is_letter(after := self.peek()):
            other = f"\\mathrm{{d}}{after}, or d \\cdot {after} for a product"
            raise self.refusal(f"d{after} is ambiguous: write {other}")
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
        braces = self.peek() == "{"
        for letters in ([r"\top"], [r"\mathrm", *"{T}"], [r"\mathsf", *"{T}"]):
            if [self.peek(braces + k) for k in range(len(letters))] == letters:
                self.take_all(["{", *letters, "}"] if braces else letters)
                return TRANSPOSED
        return self.group()

    def indices(self) -> tuple[str, ...]:
        """Read the indices behind _, letters or digits."""
        words = self.take_to("}") if self.accept("{") else [self.take()]
        words = [word for word in words if word != ","]
        found = tuple(index for word in words for index in (word if word.isdigit() else [word]))
        if not found or not all(re.fullmatch(r"[a-zA-Z]|\d", index) for index in found):
            came = " ".join(words)
            raise self.refusal(
                f"an index must be a letter or a digit, not {came}: write the sum out"
            )
        return found

    def named(self) -> Tree:
        """Read a name with what hangs on it: level, indices, primes, arguments, powers."""
        name, primes = self.letter(), self.skip("'")
        if name == Name("𝟏") and self.compares():
            return self.indicator()
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

    def power(self, base: Tree) -> Tree:
        """Read a power or a transpose behind a factor."""
        if self.accept("^"):
            base = with_exponent(base, self.exponent())
            if self.peek() == "^":
                raise self.error("one power only; write parentheses")
        return base
