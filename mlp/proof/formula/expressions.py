"""Read an expression from its words:  a sum of products of factors, on which scripts may hang.

latex.py says which notation is understood. Tested in tests/proof/formula/test_expressions.py.
"""

import re
from dataclasses import replace
from fractions import Fraction

from mlp.proof.formula.names import Named
from mlp.proof.formula.syntax import Node, Number, Relation, Tree
from mlp.proof.formula.words import BEFORE_CONDITIONS, CHOICES, ENDS, FUNCTIONS, SIGNS, is_letter

OPERATORS = {"diag": "diagonal", "tr": "trace", "erf": "erf"}
ZERO, ONE = Number(Fraction(0)), Number(Fraction(1))
OTHERWISE = (r"\text{otherwise}", r"\text{else}")
OPPOSITE = {"<": ">", ">": "<", r"\le": ">", r"\ge": "<"}  # proved beside the border, not on it
BETWEEN_FACTORS = {"/": "over", r"\odot": "entrywise", r"\cdot": "dot", r"\times": "times"}


def either(equal: tuple[str, ...], one: Tree, other: Tree) -> Node:
    """Return what is one where two indices are equal, and the other where they are not."""
    delta = Node("delta", (), equal)
    rest = Node("add", (ONE, Node("negative", (delta,))))
    return Node("add", (Node("times", (delta, one)), Node("times", (rest, other))))


def is_number(tree: Tree) -> bool:
    """Tell a number, or a fraction of numbers."""
    if isinstance(tree, Node) and tree.kind == "over":
        return all(map(is_number, tree.parts))
    return isinstance(tree, Number)


def opposite(where: Relation) -> Relation:
    """Return the inequality that holds where another does not, the border left out."""
    return replace(where, sign=OPPOSITE.get(where.sign, where.sign))


class Expressions(Named):
    """Reads words from left to right; each rule is a method."""

    closing = ""  # what ends |a| or \|a\|, within these

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

    def product(self, *, marked: bool = True) -> Tree:
        r"""Read factors, side by side or, if they may be marked, with \cdot, \odot or / between."""
        found, closed = self.factor()
        while (word := self.peek()) not in ENDS and word != self.closing:
            if word in BETWEEN_FACTORS and not marked:
                raise self.refusal("write parentheses around what is differentiated")
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
        ahead = "".join(self.peek(k) for k in range(1, 4))
        if word == r"\operatorname" or (word == r"\mathrm" and ahead not in {"{d}", "{er"}):
            return self.operator()
        if word in FUNCTIONS or (word == r"\mathrm" and self.peek(2) != "d"):
            return self.application()
        return self.power(self.atom()), ""

    def summation(self) -> Node:
        r"""Read \sum_{k} and the product that it sums."""
        self.take_all([r"\sum", "_"])
        braces = self.accept("{")
        index = self.take()
        bounds: list[Tree] = []
        other, more = "", []
        if braces:
            if self.accept(r"\neq"):
                other = self.take()
            while self.accept(","):
                more.append(self.take())
            if self.accept("="):
                bounds.append(self.sum())
            if not self.accept("}"):
                raise self.error(r"a sum runs over \sum_{i}, \sum_{j \neq i} or \sum_{k=1}^{m}")
        if not all(re.fullmatch("[a-zA-Z]", letter) for letter in (index, *more)):
            raise self.error("a sum needs an index, one letter")
        if bounds:
            self.take("^")
            bounds.append(self.group())
        body = self.product()
        if other:  # all but one: what stands there is 0
            body = either((index, other), ZERO, body)
        for inner in reversed(more):
            body = Node("sum", (body,), inner)
        return Node("sum", (body, *bounds), index)

    def gradient(self) -> Node:
        r"""Read \nabla_{W} L, the derivative of one factor by an array."""
        self.take_all([r"\nabla", "_"])
        by = self.between("{", self.atom, "}") if self.peek() == "{" else self.group()
        of, _ = self.factor()
        if self.peek() not in {*ENDS, *BETWEEN_FACTORS, self.closing}:
            if not is_number(of):
                raise self.refusal("write parentheses around what is differentiated")
            of = Node("times", (of, self.product(marked=False)))
        return Node("derivative", (of, by))

    def operator(self) -> tuple[Tree, str]:
        r"""Read \operatorname{diag}(x), \mathrm{tr}(A) or \operatorname{erf}(x)."""
        command = self.take(r"\operatorname", r"\mathrm")
        self.take("{")
        name = "".join(self.take_to("}"))
        if name not in OPERATORS:
            known = ", ".join(OPERATORS)
            raise self.refusal(f"do not know {command}{{{name}}}, but {known}: define it by :=")
        argument = self.between("(", self.sum, ")")
        if name == "erf":
            return Node("function", (argument,), ("erf", 0)), ""
        return self.power(Node(OPERATORS[name], (argument,))), ""

    def application(self) -> tuple[Tree, str]:
        """Read a function that has a command of its own, with or without parentheses."""
        name = self.take()[1:]
        if name == "mathrm":
            self.take_all("{erf}")
            name = "erf"
        primes = self.skip("'")
        exponent = self.group() if self.accept("^") else None
        if isinstance(exponent, Node) and exponent.kind == "negative":
            raise self.refusal(f"{name} to a negative power is ambiguous: write a fraction")
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
            if self.peek(1) != "(":
                raise self.refusal(f"write {word}(a, b)")
            return Node(self.take()[1:], self.arguments())
        if word.startswith(r"\texttt{"):
            name = self.take()[8:-1].replace(r"\_", "_").strip()
            return Node("code", self.arguments(), name)
        rules = {
            "(": self.parentheses,
            "|": self.absolute,
            r"\|": self.norm,
            r"\frac": self.fraction,
            r"\sqrt": self.root,
            r"\langle": self.inner,
            r"\begin{cases}": self.cases,
        }
        return rules.get(word, self.named)()

    def absolute(self) -> Node:
        """Read |a|."""
        return Node("function", (self.within("|"),), ("abs", 0))

    def norm(self) -> Node:
        r"""Read \|a\|, the root of the sum of squares, also with _2 or _F behind it."""
        inside = self.within(r"\|")
        if self.accept("_") and (kind := self.take()) not in {"2", "F"}:
            raise self.refusal(f"do not know the norm {kind}, but 2 and F: write the sum")
        return Node("power", (Node("inner", (inside, inside)), Number(Fraction(1, 2))))

    def within(self, bars: str) -> Tree:
        """Read what stands between two bars."""
        outside, self.closing = self.closing, bars
        found: Tree = self.between(bars, self.sum, bars)
        self.closing = outside
        return found

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
        if of is None:  # of what follows
            of = self.product(marked=False)
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
            if self.row_of(r"\neq") != equal and not self.otherwise():
                raise self.refusal(r"beside a case i = j stands one other, i \neq j")
            self.accept(r"\\")
            self.take(r"\end{cases}")
            return either(equal, value, other)
        self.place = begin
        rows: list[tuple[Tree, Relation]] = []
        while self.peek() != r"\end{cases}":
            value = self.sum()
            self.accept(",")
            if rows and self.otherwise():
                if len(rows) > 1:
                    raise self.refusal("say where this case holds, for it is beside several")
                rows.append((value, opposite(rows[0][1])))
                break
            self.take("&")
            self.accept(*BEFORE_CONDITIONS)
            rows.append((value, self.relation()))
            if not self.accept(r"\\"):
                break
        self.take(r"\end{cases}")
        return Node("cases", tuple(value for value, _ in rows), tuple(where for _, where in rows))

    def otherwise(self) -> bool:
        r"""Pass over & \text{otherwise}, if that is what ends the row."""
        ahead = self.peek() == "&"
        if self.peek(ahead) not in OTHERWISE:
            return False
        self.place += ahead + 1
        return True

    def indicator(self) -> Tree:
        r"""Read (i = j), _{i = j} or (z > 0) behind \mathbb{1}."""
        self.accept("_")
        depth = self.skip("(", "{")
        words = [self.peek(k) for k in range(4)]
        if words[1] == "=" and words[3] in {")", "}"}:
            self.take_all(words[:3])
            found = Node("delta", (), (words[0], words[2]))
        else:
            where = self.relation()
            if where.sign not in OPPOSITE:
                raise self.refusal("an indicator is of two indices, i = j, or of an inequality")
            found = Node("cases", (ONE, ZERO), (where, opposite(where)))
        for _ in range(depth):
            self.take(")", "}")
        return found

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
