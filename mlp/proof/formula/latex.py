r"""Read the displayed mathematics of a page, strictly:  what is not in this table is an error.

    X \in \mathbb{R}^{n \times d}     declares an array, n and d; \mathbb{R}_{>0} a positive one
    f : \mathbb{R} \to \mathbb{R}     any smooth function; \to \mathbb{R}^{n} declares n of them
    O_{ik} := ...    f(z) := ...      defines, = claims; both may go on in the rows of aligned
    ... \quad\text{where}\quad ...    conditions: z > 0, \sum_{k} Y_{ik} = 1, f(z) = \tanh(z), n = 1
    X_{ij}  W^{(1)}  x_{0}  p_{k}^2   an entry, a name, a name that was declared so, a power
    \dot Z  \mathrm{d}Z  f'(z)        tangent, cotangent, derivative of a function of one number
    \frac{\partial L}{\partial Z}     derivative, by an entry or by a whole array
    a b  A B  A \odot B  A^\top  a/b  product, product of matrices, entry by entry, transpose
    \mathbf{1}  \delta_{ij}  \pi  e   ones (declare how many), 1 where i = j, numbers
    \sum_{i}  \sum_{k=1}^{m}          over all values of an index, or from a number to a number
    \frac{a}{b}  \sqrt{a}  |a|        and \exp \log \tanh \sin \cos \mathrm{erf} \max(a, b) \min
    \langle A, B \rangle              the sum of the products of their entries
    \begin{cases} a & z > 0 \\ b & z < 0 \end{cases}       and a & i = j \\ b & \text{otherwise}
    \nabla_{W} L  \frac{dy}{dx}       as \frac{\partial L}{\partial W}
    \sum_{j \neq i}  \sum_{i, j}      all but one; one sum for each index
    \mathbb{1}(i = j)  _{z > 0}       as \delta_{ij}; 1 where z > 0, and 0 where z < 0
    \|a\|  \|A\|_F                   the root of \langle a, a \rangle
    \operatorname{diag}(x)  \mathrm{tr}(A)  A^T  \mathbf{x}, which is x, and \mathcal{L}, L
    \texttt{softmax.forward}(Z)       what the code returns that the page imported or wrote
    (A, B)                            several results of code
    \boxed{...}  \begin{align*}        and \big( \left( \, \; &, which only help the eye

The rest of a product belongs to the sum or function on its left, up to the next + or −; a function
without parentheses takes one factor, and what would be ambiguous is refused.
Tested in tests/proof/formula/test_latex.py.
"""

import re
from collections.abc import Collection, Iterator

from mlp.proof.formula.expressions import Expressions
from mlp.proof.formula.syntax import Declaration, Name, Relation, Statement
from mlp.proof.formula.words import BEFORE_CONDITIONS, WIDE

BETWEEN = (",", *WIDE, r"\\", r"\text{and}")  # what is said


def read_math(text: str, line: int = 1, functions: Collection[Name] = ()) -> Statement:
    """Read one block of mathematics whose first line is this line of its page.

    The names in ``functions`` are functions: ``f (x)`` is a value of f, for others a product.
    """
    return Statements(text, line, functions).statement()


class Statements(Expressions):
    """Reads what a block says."""

    def statement(self) -> Statement:
        """Read declarations, or chains of equations with their conditions."""
        declares = any(word.text in {r"\in", ":"} for word in self.words)
        rows = self.accept(r"\begin{aligned}")
        said = [*self.list_of(self.declaration if declares else self.chain, *BETWEEN)]
        conditions = [] if declares else [*self.conditions()]
        if rows:
            self.take(r"\end{aligned}")
            conditions += [] if declares else self.conditions()
        self.accept(".", ",")
        if self.peek():
            raise self.error(r"expected the end of the formula or \\")
        if declares:
            return Statement(tuple(said))
        return Statement(
            (), tuple(r for chain in said for r in chain), tuple(conditions), self.boxed
        )

    def conditions(self) -> Iterator[Relation]:
        r"""Read what follows \text{where}, \text{for} or \text{if}."""
        self.skip(",", "&", r"\\", *WIDE)
        if self.accept(*BEFORE_CONDITIONS):
            self.skip(*WIDE)
            yield from self.list_of(self.relation, *BETWEEN)

    def declaration(self) -> Declaration:
        r"""Read X \in \mathbb{R}^{n \times d} or f : \mathbb{R} \to \mathbb{R}."""
        name, indices, _ = self.scripts(self.letter())
        if indices and not all(i.isdigit() for i in indices):
            raise self.error("declare a whole array, without an index")
        name = name.numbered(indices)
        self.accept("&")
        if self.peek() in {"<", ">", r"\le", r"\ge"}:
            raise self.refusal(r"a positive number is declared by \in \mathbb{R}_{>0}")
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
            self.take_all("{>0}")
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
            self.skip(r"\\", "&")
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

    def note_function(self) -> None:
        """Notice f(z) := ..., which makes f a function from its first word on."""
        texts = " ".join(word.text for word in self.words[self.place :])
        if re.match(r"\S+ (\^ \{ \( \w+ \) \} )?\( \S+ (, \S+ )*\) :=", texts):
            here = self.place
            name, _, _ = self.scripts(self.letter())
            self.functions.add(name)
            self.place = here
