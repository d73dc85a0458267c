"""Read an expression from its words:  a sum of products of factors, on which scripts may hang.

latex.py says which notation is understood. Tested in tests/proof/formula/test_expressions.py.
"""

import re
from collections.abc import Collection
from dataclasses import replace
from fractions import Fraction

from mlp.proof.formula.syntax import TRANSPOSED, Name, Node, Number, Relation, Tree, with_exponent
from mlp.proof.formula.words import (
    BEFORE_CONDITIONS,
    CHOICES,
    ENDS,
    FUNCTIONS,
    GREEK,
    SIGNS,
    Cursor,
    is_letter,
    tokens,
    without_boxes,
)

OPERATORS = {"diag": "diagonal", "tr": "trace", "erf": "erf"}
BETWEEN_FACTORS = {"/": "over", r"\odot": "entrywise", r"\cdot": "times", r"\times": "times"}


def either(equal: tuple[str, ...], one: Tree, other: Tree) -> Node:
    """Return what is one where two indices are equal, and the other where they are not."""
    delta = Node("delta", (), equal)
    rest = Node("add", (Number(Fraction(1)), Node("negative", (delta,))))
    return Node("add", (Node("times", (delta, one)), Node("times", (rest, other))))


class Expressions(Cursor):
    """Reads words from left to right; each rule is a method."""

    def __init__(self, source: str, line: int, functions: Collection[Name]) -> None:
        words, self.boxed = without_boxes(tokens(source, line))
        super().__init__(words, line, source)
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
            if closed and word not in BETWEEN_FACTORS:
                raise self.error(f"write parentheses or a fraction: {closed} is ambiguous")
            self.accept(*BETWEEN_FACTORS)
            right, closed = self.factor()
            closed = "what follows a /" if word == "/" else closed
            found = Node(BETWEEN_FACTORS.get(word, "times"), (found, right))
        return found

    def factor(self) -> tuple[Tree, str]:
        """Read one factor; say what about it, if anything, allows no other to follow unmarked."""
        word = self.peek()
        if word == r"\sum":
            return self.summation(), ""
        if word == r"\nabla":
            return self.gradient(), ""
        if word == r"\operatorname":
            return self.operator()
        if word in FUNCTIONS or (word == r"\mathrm" and self.peek(2) != "d"):
            return self.application()
        return self.power(self.atom()), ""

    def summation(self) -> Node:
        r"""Read \sum_{k} and the product that it sums."""
        self.take_all([r"\sum", "_"])
        braces = self.accept("{")
        index = self.take()
        if not re.fullmatch("[a-zA-Z]", index):
            raise self.error("a sum needs an index, one letter")
        bounds: list[Tree] = []
        other = ""
        if braces:
            if self.accept(r"\neq"):
                other = self.take()
            if self.peek() == ",":
                raise self.refusal(r"one sum for each index: write \sum_{i} \sum_{j}")
            if self.accept("="):
                bounds.append(self.sum())
            self.take("}")
        if bounds:
            self.take("^")
            bounds.append(self.group())
        body = self.product()
        if other:  # all but one: what stands there is 0
            body = either((index, other), Number(Fraction(0)), body)
        return Node("sum", (body, *bounds), index)

    def gradient(self) -> Node:
        r"""Read \nabla_{W} L, the derivative of one factor by an array."""
        self.take_all([r"\nabla", "_"])
        by = self.between("{", self.atom, "}") if self.peek() == "{" else self.group()
        return Node("derivative", (self.factor()[0], by))

    def operator(self) -> tuple[Tree, str]:
        r"""Read \operatorname{diag}(x), \operatorname{tr}(A) or \operatorname{erf}(x)."""
        self.take_all([r"\operatorname", "{"])
        name = "".join(self.take_to("}"))
        if name not in OPERATORS:
            known = ", ".join(OPERATORS)
            raise self.refusal(
                f"do not know \\operatorname{{{name}}}, but {known}: define it by :="
            )
        argument = self.between("(", self.sum, ")")
        if name == "erf":
            return Node("function", (argument,), ("erf", 0)), ""
        return self.power(Node(OPERATORS[name], (argument,))), ""

    def application(self) -> tuple[Tree, str]:
        """Read a function that has a command of its own, with or without parentheses."""
        name = self.take()[1:]
        if name == "mathrm":
            self.take("{")
            name = "".join(self.take_to("}"))
            if name != "erf":
                raise self.refusal(f"do not know the function {name}")
        primes = self.skip("'")
        exponent = self.group() if self.accept("^") else None
        if self.peek() == "(":
            argument, closed = self.between("(", self.sum, ")"), ""
        else:
            argument, closed = self.factor()[0], "what follows a function without parentheses"
        found: Tree = Node("function", (argument,), (name, primes))
        if exponent is not None:
            found = Node("power", (found, exponent))
        elif not closed:
            found = self.power(found)
        return found, closed

    def atom(self) -> Tree:
        """Read what is not a product, without the power on it."""
        word = self.peek()
        if re.fullmatch(r"[0-9].*", word):
            return Number(Fraction(self.take()))
        if word in CHOICES:
            return Node(self.take()[1:], self.arguments())
        if word.startswith(r"\texttt{"):
            name = self.take()[8:-1].replace(r"\_", "_").strip()
            return Node("code", self.arguments(), name)
        rules = {
            "(": self.parentheses,
            "|": self.absolute,
            r"\frac": self.fraction,
            r"\sqrt": self.root,
            r"\langle": self.inner,
            r"\begin{cases}": self.cases,
        }
        return rules.get(word, self.named)()

    def absolute(self) -> Node:
        """Read |a|."""
        self.take("|")
        self.in_bars = True
        inside = self.sum()
        self.in_bars = False
        self.take("|")
        return Node("function", (inside,), ("abs", 0))

    def root(self) -> Node:
        r"""Read \sqrt{a}."""
        self.take(r"\sqrt")
        return Node("power", (self.group(), Number(Fraction(1, 2))))

    def inner(self) -> Node:
        r"""Read \langle A, B \rangle."""
        left = self.between(r"\langle", self.sum, ",")
        right = self.sum()
        self.take(r"\rangle")
        return Node("inner", (left, right))

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

    def fraction(self) -> Tree:
        r"""Read \frac{a}{b}, or a derivative."""
        self.take(r"\frac")
        if [self.peek(k) for k in range(1, 4)] == [r"\mathrm", "{", "d"] and self.over_d():
            raise self.refusal(
                r"a fraction of d's is no derivative here: write \frac{\partial u}{\partial x}"
            )
        if re.fullmatch(r"\d\d+", digits := self.peek()):
            raise self.refusal(f"write \\frac{{{digits[0]}}}{{{digits[1:]}}}")
        d = r"\partial" if self.peek(1) == r"\partial" else "d"
        if self.peek(1) != r"\partial" and not self.both_begin_with_d():
            return Node("over", (self.group(), self.group()))
        self.take_all(["{", d])
        order = int(self.take()) if self.accept("^") else 1
        of = None if self.peek() == "}" else self.sum()
        self.take_all("}{")
        by: list[Tree] = []
        while self.accept(d):
            variable, times = self.atom(), 1
            if isinstance(variable, Node) and variable.kind == "power":
                variable, power = variable.parts
                times = int(power.value) if isinstance(power, Number) else 0
            by.extend([variable] * times)
        self.take("}")
        if len(by) != order:
            raise self.refusal(f"a derivative of order {order} by {len(by)} variables")
        if of is None:  # of what follows: a function, a sum, or one factor
            more = self.peek() == r"\sum" or self.peek() in FUNCTIONS
            of = self.factor()[0] if more else self.power(self.atom())
        return Node("derivative", (of, *by))

    def both_begin_with_d(self) -> bool:
        r"""Tell whether a fraction is \frac{dy}{dx} or \frac{d}{dx}: d stands above and below."""
        words = [self.peek(k) for k in range(12)]
        if words[:2] != ["{", "d"] or "}" not in words:
            return False
        end = words.index("}")
        return end <= 6 and words[end + 1 : end + 3] == ["{", "d"] and is_letter(words[end + 3])

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
        begin = self.place
        value = self.sum()
        if equal := self.row_of(r"="):
            self.take(r"\\")
            other = self.sum()
            if self.row_of(r"\neq") != equal:
                raise self.refusal(r"beside a case i = j stands one other, i \neq j")
            self.accept(r"\\")
            self.take(r"\end{cases}")
            return either(equal, value, other)
        self.place = begin
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

    def row_of(self, sign: str) -> tuple[str, ...]:
        r"""Read & i = j or & i \neq j, two indices, if that is what ends the row."""
        here = self.place
        self.accept(",")
        self.accept("&")
        self.accept(*BEFORE_CONDITIONS)
        words = [self.peek(k) for k in range(4)]
        ends = {r"\\"} if sign == "=" else {r"\\", r"\end{cases}"}
        indices = re.fullmatch("[a-zA-Z]{2}", words[0] + words[2])
        if indices and words[1] == sign and words[3] in ends:
            self.take_all(words[:3])
            return words[0], words[2]
        self.place = here
        return ()

    # names and what hangs on them

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
