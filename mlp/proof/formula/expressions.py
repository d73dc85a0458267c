"""Read an expression from its words:  a sum of products of factors, on which scripts may hang.

latex.py says which notation is understood. Tested in tests/proof/formula/test_expressions.py.
"""

import re
from collections.abc import Collection, Sequence
from fractions import Fraction

from mlp.proof.formula.cursor import Cursor
from mlp.proof.formula.syntax import LatexError, Name, Node, Number, Relation, Tree, with_exponent
from mlp.proof.formula.words import (
    BEFORE_CONDITIONS,
    CHOICES,
    ENDS,
    FUNCTIONS,
    GREEK,
    SIGNS,
    Token,
    without_boxes,
)


class Expressions(Cursor):
    """Reads words from left to right; each rule is a method."""

    def __init__(
        self, words: Sequence[Token], line: int, source: str, functions: Collection[Name]
    ) -> None:
        unboxed, self.boxed = without_boxes(words)
        super().__init__(unboxed, line, source)
        self.functions, self.in_bars = set(functions), False

    def relation(self) -> Relation:
        """Read one condition."""
        start, line = self.place, self.line
        left, sign, right = self.sum(), self.take(*SIGNS), self.sum()
        if sign == ":=":
            raise self.error("a condition is no definition")
        return Relation(left, sign, right, line, self.text(start))

    def sum(self) -> Tree:
        """Read terms with + and − between them."""
        terms = [self.signed()]
        while self.peek() in {"+", "-"}:
            terms.append(self.signed())
        return terms[0] if len(terms) == 1 else Node("add", tuple(terms))

    def signed(self) -> Tree:
        """Read a term with its sign."""
        if self.accept("-"):
            return Node("negative", (self.product(),))
        self.accept("+")
        return self.product()

    def product(self) -> Tree:
        r"""Read factors, side by side or with \cdot, \odot or / between them."""
        found, closed = self.factor()
        while (word := self.peek()) not in ENDS and not (word == "|" and self.in_bars):
            if closed and word not in {"/", r"\cdot", r"\times", r"\odot"}:
                raise self.error(f"write parentheses or a fraction: {closed} is ambiguous")
            if self.accept("/"):
                right, _ = self.factor()
                found, closed = Node("over", (found, right)), "what follows a /"
            elif self.accept(r"\odot"):
                right, closed = self.factor()
                found = Node("entrywise", (found, right))
            else:
                self.accept(r"\cdot", r"\times")
                right, closed = self.factor()
                found = Node("times", (found, right))
        return found

    def factor(self) -> tuple[Tree, str]:
        """Read one factor; say what about it, if anything, allows no other to follow unmarked."""
        word = self.peek()
        if word == r"\sum":
            return self.summation(), ""
        if word in FUNCTIONS or (word == r"\mathrm" and self.peek(2) != "d"):
            return self.application()
        return self.power(self.atom()), ""

    def summation(self) -> Node:
        r"""Read \sum_{k} and the product that it sums."""
        self.take(r"\sum")
        self.take("_")
        braces = self.accept("{")
        index = self.take()
        if not re.fullmatch("[a-zA-Z]", index):
            raise self.error("a sum needs an index, one letter")
        if braces and self.peek() == ",":
            raise LatexError(r"one sum for each index: write \sum_{i} \sum_{j}", self.line)
        low: Tree | None = None
        if braces:
            if self.accept("="):
                low = self.sum()
            self.take("}")
        bounds: tuple[Tree, ...] = ()
        if low is not None:
            self.take("^")
            bounds = (low, self.group())
        return Node("sum", (self.product(), *bounds), index)

    def application(self) -> tuple[Tree, str]:
        """Read a function that has a command of its own, with or without parentheses."""
        word = self.take()
        if word == r"\mathrm":
            self.take("{")
            name = ""
            while not self.accept("}"):
                name += self.take()
            if name != "erf":
                raise LatexError(f"do not know the function {name}", self.line)
        else:
            name = FUNCTIONS[word]
        primes = 0
        while self.accept("'"):
            primes += 1
        exponent = self.group() if self.accept("^") else None
        if self.accept("("):
            argument, closed = self.sum(), ""
            self.take(")")
        else:
            argument, closed = self.factor()[0], "what follows a function without parentheses"
        found: Tree = Node("function", (argument,), (name, primes))
        if exponent is not None:
            found = Node("power", (found, exponent))
        elif not closed:
            found = self.power(found)
        return found, closed

    def atom(self) -> Tree:  # noqa: PLR0911  # a table of what a factor may begin with
        """Read what is not a product, without the power on it."""
        word = self.peek()
        if re.fullmatch(r"\d.*", word):
            return Number(Fraction(self.take()))
        if word == "(":
            return self.parentheses()
        if word == "|":
            return self.absolute()
        if word == r"\frac":
            return self.fraction()
        if word == r"\sqrt":
            self.take()
            return Node("power", (self.group(), Number(Fraction(1, 2))))
        if word in CHOICES:
            self.take()
            return Node(CHOICES[word], self.arguments())
        if word == r"\langle":
            self.take()
            left = self.sum()
            self.take(",")
            right = self.sum()
            self.take(r"\rangle")
            return Node("inner", (left, right))
        if word == r"\begin{cases}":
            return self.cases()
        if word.startswith(r"\texttt{"):
            self.take()
            return Node("code", self.arguments(), word[8:-1].replace(r"\_", "_").strip())
        return self.named()

    def absolute(self) -> Node:
        """Read |a|."""
        self.take("|")
        self.in_bars = True
        inside = self.sum()
        self.in_bars = False
        self.take("|")
        return Node("function", (inside,), ("abs", 0))

    def parentheses(self) -> Tree:
        """Read (a), (A, B) or (A B)_{ij}."""
        parts = self.arguments()
        if len(parts) > 1:
            return Node("tuple", parts)
        if self.accept("_"):
            return Node("entry", parts, self.indices())
        return Node("group", parts)

    def arguments(self) -> tuple[Tree, ...]:
        """Read what stands in parentheses, with commas between."""
        self.take("(")
        found = tuple(self.list_of(self.sum, ","))
        self.take(")")
        return found

    def group(self) -> Tree:
        """Read {a}, or one letter or digit."""
        if self.accept("{"):
            found = self.sum()
            self.take("}")
            return found
        word = self.take()
        if word.isdigit():
            if len(word) > 1:
                raise LatexError(
                    f"write {{{word}}}: without braces only its first digit counts", self.line
                )
            return Number(Fraction(word))
        if re.fullmatch("[a-zA-Z]", word) or word in GREEK:
            return Name(GREEK.get(word, word))
        raise LatexError(f"expected a letter, a digit or {{, but {word} came", self.line)

    def fraction(self) -> Tree:
        r"""Read \frac{a}{b}, or a derivative."""
        self.take(r"\frac")
        if [self.peek(k) for k in range(1, 4)] == [r"\mathrm", "{", "d"] and self.over_d():
            raise LatexError(
                r"a fraction of d's is no derivative here: write \frac{\partial u}{\partial x}",
                self.line,
            )
        if re.fullmatch(r"\d\d+", digits := self.peek()):
            raise LatexError(f"write \\frac{{{digits[0]}}}{{{digits[1:]}}}", self.line)
        if self.peek(1) != r"\partial":
            return Node("over", (self.group(), self.group()))
        self.take("{")
        self.take(r"\partial")
        order = int(self.take()) if self.accept("^") else 1
        of = None if self.peek() == "}" else self.sum()
        self.take("}")
        self.take("{")
        by: list[Tree] = []
        while self.accept(r"\partial"):
            variable, times = self.atom(), 1
            if isinstance(variable, Node) and variable.kind == "power":
                variable, power = variable.parts
                times = int(power.value) if isinstance(power, Number) else 0
            by.extend([variable] * times)
        self.take("}")
        if len(by) != order:
            raise LatexError(f"a derivative of order {order} by {len(by)} variables", self.line)
        return Node("derivative", (self.power(self.atom()) if of is None else of, *by))

    def over_d(self) -> bool:
        r"""Tell whether what stands below a fraction begins with \mathrm{d}, too."""
        depth, ahead = 0, 0
        while self.peek(ahead):
            depth += {"{": 1, "}": -1}.get(self.peek(ahead), 0)
            ahead += 1
            if not depth:
                break
        return [self.peek(ahead + k) for k in range(4)] == ["{", r"\mathrm", "{", "d"]

    def cases(self) -> Node:
        """Read the rows of cases: a value and where it holds."""
        self.take(r"\begin{cases}")
        rows: list[tuple[Tree, Relation]] = []
        while self.peek() != r"\end{cases}":
            value = self.sum()
            self.accept(",")
            self.take("&")
            self.accept(*BEFORE_CONDITIONS)
            rows.append((value, self.relation()))
            if not self.accept(r"\\"):
                break
        self.take(r"\end{cases}")
        return Node("cases", tuple(value for value, _ in rows), tuple(where for _, where in rows))

    # names and what hangs on them

    def letter(self) -> Name:
        r"""Read the letter of a name with its dot or d, as in \dot{\mathrm{d}Z}."""
        if self.accept(r"\dot"):
            braces = self.accept("{")
            inner = self.letter()
            if braces:
                self.take("}")
            if inner.dotted:
                raise LatexError("one dot only", self.line)
            return Name(inner.letter, inner.level, inner.cotangent, dotted=True)
        if self.accept(r"\mathrm"):
            for word in "{d}":
                self.take(word)
            return Name(self.letter().letter, cotangent=True)
        if self.accept(r"\mathbf"):
            if self.peek(1) != "1":
                raise LatexError(r"\mathbf is for \mathbf{1} only: take a plain letter", self.line)
            for word in "{1}":
                self.take(word)
            return Name("𝟏")
        word = self.peek()
        if not (re.fullmatch("[a-zA-Z]", word) or word in GREEK):
            raise self.error("expected a symbol")
        self.take()
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
                for word in "^{(":
                    self.take(word)
                level = ""
                while not self.accept(")"):
                    level += self.take()
                name = Name(name.letter, level, name.cotangent, name.dotted)
                if self.accept(r"\top"):
                    exponent = Name("⊤")
                self.take("}")
            else:
                return name, indices, exponent

    def exponent(self) -> Tree:
        r"""Read what stands behind ^: \top or a number."""
        if self.accept(r"\top"):
            return Name("⊤")
        if self.peek() == "{" and self.peek(1) == r"\top":
            for word in ("{", r"\top", "}"):
                self.take(word)
            return Name("⊤")
        return self.group()

    def indices(self) -> tuple[str, ...]:
        """Read the indices behind _, letters or digits."""
        if not self.accept("{"):
            words = [self.take()]
        else:
            words = []
            while not self.accept("}"):
                if not self.accept(","):
                    words.append(self.take())
        found = tuple(index for word in words for index in (word if word.isdigit() else [word]))
        if not found or not all(re.fullmatch(r"[a-zA-Z]|\d", index) for index in found):
            raise LatexError(
                f"an index must be a letter or a digit, not {' '.join(words)}", self.line
            )
        return found

    def named(self) -> Tree:
        """Read a name with what hangs on it: level, indices, primes, arguments, powers."""
        name = self.letter()
        primes = 0
        while self.accept("'"):
            primes += 1
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
