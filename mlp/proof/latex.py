r"""Read the displayed mathematics of a page, strictly:  what is not in this table is an error.

    X \in \mathbb{R}^{n \times d}     declares an array, and n and d; \mathbb{R}_{>0} a positive one
    f : \mathbb{R} \to \mathbb{R}     declares any smooth function; \to \mathbb{R}^{n} makes n of them
    O_{ik} := ...    f(z) := ...      defines, = claims; both may go on in the rows of aligned
    ... \quad\text{where}\quad ...    conditions: z > 0, \sum_{k} Y_{ik} = 1, f(z) = \tanh(z)
    X_{ij}  W^{(1)}  x_{0}  p_{k}^2   an entry, a name, a name that was declared so, a power
    \dot Z  \mathrm{d}Z  f'(z)        tangent, cotangent, derivative of a function of one number
    \frac{\partial L}{\partial Z}     derivative, by an entry or by a whole array
    a b  A B  A \odot B  A^\top  a/b  product, product of matrices, entry by entry, transpose
    \mathbf{1}  \delta_{ij}  \pi  e   ones (declare how many), 1 where i = j, numbers
    \sum_{i}  \sum_{k=1}^{m}          over all values of an index, or from a number to a number
    \frac{a}{b}  \sqrt{a}  |a|        and \exp \log \tanh \sin \cos \mathrm{erf} \max(a, b) \min(a, b)
    \langle A, B \rangle              the sum of the products of their entries
    \begin{cases} a & z > 0 \\ b & z < 0 \end{cases}
    \texttt{softmax.forward}(Z)       what the code returns that the page imported or wrote
    (A, B)                            several results of code
    \boxed{...}  \begin{aligned}      and \big( \left( \, \; &, which only help the eye

The rest of a product belongs to the sum or function on its left, up to the next + or −; a function
without parentheses takes one factor, and what would be ambiguous is refused.
Tested in tests/proof/test_latex.py.
"""

import re
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from mlp.proof.tree import (
    Declaration,
    LatexError,
    Name,
    Node,
    Number,
    Relation,
    Statement,
    Tree,
)

_GREEK = (
    "alpha α beta β gamma γ delta δ epsilon ε varepsilon ε zeta ζ eta η theta θ iota ι kappa κ "
    "lambda λ mu μ nu ν xi ξ rho ρ sigma σ tau τ upsilon υ phi ϕ varphi φ chi χ psi ψ omega ω ell ℓ "
    "Gamma Γ Delta Δ Theta Θ Lambda Λ Xi Ξ Sigma Σ Upsilon Υ Phi Φ Psi Ψ Omega Ω pi π"
).split()
GREEK = {f"\\{word}": letter for word, letter in zip(_GREEK[::2], _GREEK[1::2], strict=True)}
FUNCTIONS = {f"\\{word}": word for word in ("exp", "log", "tanh", "sinh", "cosh", "sin", "cos")}
CHOICES = {r"\max": "max", r"\min": "min"}
SIGNS = ("=", ":=", "<", ">", r"\le", r"\ge")
WIDE = (r"\quad", r"\qquad")
SMALL = {r"\,", r"\;", r"\:", r"\!", r"\ ", r"\left", r"\right"} | {
    rf"\{size}{side}" for size in ("big", "Big", "bigg", "Bigg") for side in ("", "l", "r")
}
OTHER = {
    *(r"\frac", r"\sqrt", r"\sum", r"\dot", r"\mathrm", r"\mathbf", r"\partial", r"\in", r"\to"),
    *(r"\top", r"\odot", r"\cdot", r"\times", r"\langle", r"\rangle", r"\boxed", r"\\", *WIDE),
}
KNOWN = {*GREEK, *FUNCTIONS, *CHOICES, *SIGNS, *OTHER}
WORDS = (r"\text", r"\texttt", r"\begin", r"\end", r"\mathbb")
BEFORE_CONDITIONS = (r"\text{where}", r"\text{for}", r"\text{if}")
ENDS = {  # a product ends before one of these
    *("", "+", "-", *SIGNS, ",", ".", ")", "}", "|", "&", r"\\", r"\rangle", *WIDE),
    *(*BEFORE_CONDITIONS, r"\text{and}", r"\end{aligned}", r"\end{cases}"),
}
TOKEN = re.compile(
    r"(?P<word>\\[a-zA-Z]+\{(?:[^{}\\]|\\_)*\})|(?P<command>\\[a-zA-Z]+|\\.|\\\n)"
    r"|(?P<plain>\d+(?:\.\d+)?|[a-zA-Z]|:=|[-+=<>/,^_{}()|':.&])|(?P<space>\s+)"
)


@dataclass(frozen=True)
class Token:
    """A word of a formula: what it says, its line on the page, and where it stands in the block."""

    text: str
    line: int
    span: tuple[int, int]


def tokens(text: str, line: int = 1) -> list[Token]:
    """Return the words of a formula; spaces and the sizes of parentheses are dropped."""
    found, place = [], 0
    while place < len(text):
        match = TOKEN.match(text, place)
        here = line + text.count("\n", 0, place)
        if match is None:
            raise LatexError(f"cannot read {text[place]!r}", here)
        word = match[0]
        if match["word"]:
            command, _, content = word.partition("{")
            if command in WORDS:
                word = f"{command}{{{content.strip('} ')}}}"
            else:  # \mathrm{d} and the like: the braces are words of their own
                match = re.compile(r"\\[a-zA-Z]+").match(text, place)
                assert match is not None
                word = match[0]
        if word.startswith("\\") and "{" not in word and word not in KNOWN | SMALL:
            raise LatexError(f"do not know the command {word}", here)
        if word not in SMALL and not word.isspace():
            found.append(Token(word, here, match.span()))
        place = match.end()
    return found


def read(text: str, line: int = 1, functions: Collection[Name] = ()) -> Statement:
    """Read one block of mathematics whose first line is this line of its page.

    The names in ``functions`` are functions: ``f (x)`` is a value of f, for others a product.
    """
    return Reader(tokens(text, line), line, text, functions).statement()


class Reader:
    """Reads the words of a block from left to right; each rule is a method."""

    def __init__(
        self, words: Sequence[Token], line: int, source: str, functions: Collection[Name]
    ) -> None:
        self.words, self.boxed = _without_boxes(words)
        self.place, self.source, self.functions = 0, source, set(functions)
        self.first = line

    def peek(self, ahead: int = 0) -> str:
        """Return the next word, or '' at the end."""
        at = self.place + ahead
        return self.words[at].text if at < len(self.words) else ""

    @property
    def line(self) -> int:
        """The line of the next word."""
        at = min(self.place, len(self.words) - 1)
        return self.words[at].line if self.words else self.first

    def take(self, *wanted: str) -> str:
        """Return the next word and pass over it; it must be one of those wanted, if any are."""
        found = self.peek()
        if not found or (wanted and found not in wanted):
            raise self.error(f"expected {' or '.join(wanted) or 'more'}")
        self.place += 1
        return found

    def accept(self, *wanted: str) -> bool:
        """Pass over the next word if it is one of those wanted."""
        found = self.peek() in wanted
        self.place += found
        return found

    def error(self, message: str) -> LatexError:
        """Say what was expected and what came."""
        came = self.peek()
        return LatexError(f"{message}, but {f'{came} came' if came else 'it ends'}", self.line)

    def list_of(self, rule: Callable[[], Any], *separators: str) -> Iterator[Any]:
        """Read one or more of what the rule reads, with separators between."""
        yield rule()
        while self.peek() in separators:
            here = self.place
            while self.accept(*separators, "&"):
                pass
            if self.peek() in {"", *BEFORE_CONDITIONS, r"\end{aligned}"}:
                self.place = here
                return
            yield rule()

    # what a block says

    def statement(self) -> Statement:
        """Read declarations, or chains of equations with their conditions."""
        between = (",", *WIDE, r"\\", r"\text{and}")
        if any(word.text in {r"\in", ":"} for word in self.words):
            rows = self.accept(r"\begin{aligned}")
            found = Statement(declarations=tuple(self.list_of(self.declaration, *between)))
            if rows:
                self.take(r"\end{aligned}")
        else:
            rows = self.accept(r"\begin{aligned}")
            relations = tuple(r for chain in self.list_of(self.chain, *between) for r in chain)
            if rows:
                self.take(r"\end{aligned}")
            found = Statement((), relations, tuple(self.conditions(*between)), self.boxed)
        self.accept(".", ",")
        if self.peek():
            raise self.error("expected the end of the formula")
        return found

    def conditions(self, *between: str) -> Iterator[Relation]:
        r"""Read what follows \text{where}, \text{for} or \text{if}."""
        while self.accept(",", *WIDE):
            pass
        if self.accept(*BEFORE_CONDITIONS):
            while self.accept(*WIDE):
                pass
            yield from self.list_of(self.relation, *between)

    def declaration(self) -> Declaration:
        r"""Read X \in \mathbb{R}^{n \times d} or f : \mathbb{R} \to \mathbb{R}."""
        name, indices, _ = self.scripts(self.letter())
        if indices and not all(i.isdigit() for i in indices):
            raise self.error("declare a whole array, without an index")
        name = numbered(name, indices)
        self.accept("&")
        if self.take(r"\in", ":") == r"\in":
            axes, positive = self.space()
            return Declaration(name, axes, positive)
        domain, _ = self.space()
        self.take(r"\to")
        axes, _ = self.space()
        return Declaration(name, axes, domain=domain)

    def space(self) -> tuple[tuple[str, ...], bool]:
        r"""Read \mathbb{R}, \mathbb{R}_{>0} or \mathbb{R}^{n \times d}; tell if it is positive."""
        self.take(r"\mathbb{R}")
        axes: list[str] = []
        positive = self.accept("_")
        if positive:
            for word in "{>0}":
                self.take(word)
        if self.accept("^"):
            braces = self.accept("{")
            axes.append(self.take())
            while braces and self.accept(r"\times"):
                axes.append(self.take())
            if braces:
                self.take("}")
        if not all(re.fullmatch(r"[a-zA-Z]|\d+", axis) for axis in axes):
            raise self.error("the size of an axis must be a letter or a number")
        return tuple(axes), positive

    def chain(self) -> list[Relation]:
        """Read a := b = c, also in rows: each sign makes a relation with what stands before it."""
        start, first = self.place, True
        self.note_function()
        left = self.sum()
        found: list[Relation] = []
        while first or self.next_sign() in {"=", ":="}:
            while self.accept(r"\\", "&"):
                pass
            line = self.words[start].line if first else self.line
            sign = self.take("=", ":=") if first else self.take("=")
            self.accept("&")
            right = self.sum()
            found.append(Relation(left, sign, right, line, self.text(start)))
            left, first, start = right, False, self.place
        return found

    def next_sign(self) -> str:
        """Return the next word, but for the start of a row."""
        ahead = 0
        while self.peek(ahead) in {r"\\", "&"}:
            ahead += 1
        return self.peek(ahead)

    def relation(self) -> Relation:
        """Read one condition."""
        start, line = self.place, self.line
        left, sign, right = self.sum(), self.take(*SIGNS), self.sum()
        if sign == ":=":
            raise self.error("a condition is no definition")
        return Relation(left, sign, right, line, self.text(start))

    def text(self, start: int) -> str:
        """Return what was written from that word up to here, on one line."""
        begin, end = self.words[start].span[0], self.words[self.place - 1].span[1]
        text = self.source[begin:end]
        if r"\begin{cases}" not in text:
            text = text.replace("&", " ").replace(r"\\", " ")
        return " ".join(text.split())

    def note_function(self) -> None:
        """Notice f(z) := ..., which makes f a function from its first word on."""
        texts = " ".join(word.text for word in self.words[self.place :])
        if re.match(r"\S+ (\^ \{ \( \w+ \) \} )?\( \S+ (, \S+ )*\) :=", texts):
            here = self.place
            name, _, _ = self.scripts(self.letter())
            self.functions.add(name)
            self.place = here

    # expressions

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
        while (word := self.peek()) not in ENDS:
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

    def atom(self) -> Tree:
        """Read what is not a product, without the power on it."""
        word = self.peek()
        if re.fullmatch(r"\d.*", word):
            return Number(Fraction(self.take()))
        if word == "(":
            return self.parentheses()
        if word == "|":
            self.take()
            inside = self.sum()
            self.take("|")
            return Node("function", (inside,), ("abs", 0))
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
            name = self.atom()
            times = int(self.take()) if self.accept("^") else 1
            by.extend([name] * times)
        self.take("}")
        if len(by) != order:
            raise LatexError(f"a derivative of order {order} by {len(by)} variables", self.line)
        return Node("derivative", (self.power(self.atom()) if of is None else of, *by))

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
        return _raised(found, exponent)

    def power(self, base: Tree) -> Tree:
        """Read a power or a transpose behind a factor."""
        if self.accept("^"):
            base = _raised(base, self.exponent())
            if self.peek() == "^":
                raise self.error("one power only; write parentheses")
        return base


def numbered(name: Name, indices: Sequence[str]) -> Name:
    """Return the name x₀ for x with the index 0."""
    if not indices:
        return name
    return Name(f"{name.letter}_{''.join(indices)}", name.level, name.cotangent, name.dotted)


def _raised(base: Tree, exponent: Tree | None) -> Tree:
    if exponent is None:
        return base
    if exponent == Name("⊤"):
        if isinstance(base, Node) and base.kind == "entry":
            return Node("entry", (Node("transpose", base.parts),), base.tag)
        return Node("transpose", (base,))
    return Node("power", (base, exponent))


def _without_boxes(words: Sequence[Token]) -> tuple[list[Token], bool]:
    r"""Drop \boxed{ and its closing brace; tell whether there was one."""
    found: list[Token] = []
    open_at: list[bool] = []
    boxed = False
    skip = False
    for word, following in zip(words, [*words[1:], None], strict=True):
        if skip:
            skip = False
        elif word.text == r"\boxed" and following is not None and following.text == "{":
            open_at.append(True)
            boxed = skip = True
        elif word.text == "{":
            open_at.append(False)
            found.append(word)
        elif word.text == "}" and open_at and open_at.pop():
            pass
        else:
            found.append(word)
    return found, boxed
