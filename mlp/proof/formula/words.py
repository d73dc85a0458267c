"""From the text of a formula to its words, which are passed over one after another.

    peek      look at the next word      take      it must come: pass over it
    accept    pass over it if it comes   list_of   a rule over and over, with separators between

A word is the name of a command, a letter, a number or a sign. One that must come and does not is an
error, which says what came and on which line of the page. Tested in
tests/proof/formula/test_words.py.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from mlp.proof.formula.syntax import LatexError

GREEK = {
    rf"\{word}": letter
    for letters in (
        "alpha α, beta β, gamma γ, delta δ, epsilon ε, varepsilon ε, zeta ζ, eta η, theta θ",
        "iota ι, kappa κ, lambda λ, mu μ, nu ν, xi ξ, pi π, rho ρ, sigma σ, tau τ, upsilon υ",
        "phi ϕ, varphi φ, chi χ, psi ψ, omega ω, ell ℓ, Gamma Γ, Delta Δ, Theta Θ, Lambda Λ, Xi Ξ",
        "Sigma Σ, Upsilon Υ, Phi Φ, Psi Ψ, Omega Ω",
    )
    for word, letter in (pair.split(" ") for pair in letters.split(", "))
}
FUNCTIONS = (r"\exp", r"\log", r"\tanh", r"\sinh", r"\cosh", r"\sin", r"\cos")
CHOICES = (r"\max", r"\min")
SAME = {r"\ln": r"\log", r"\leq": r"\le", r"\geq": r"\ge", r"\tfrac": r"\frac", r"\dfrac": r"\frac"}
SAME |= dict.fromkeys((r"\lVert", r"\rVert"), r"\|") | {"[": "(", "]": ")", r"\{": "(", r"\}": ")"}
SAME |= dict.fromkeys((r"\lvert", r"\rvert"), "|") | {r"\ne": r"\neq", r"\mathbb{1}": "𝟏"}
SAME |= {r"\intercal": r"\top"}
SAME |= {  # other words for what is known
    rf"\{end}{{{name}}}": rf"\{end}{{aligned}}"
    for end in ("begin", "end")
    for name in ("align", "align*", "gather", "gather*", "split", "equation", "equation*")
}
HINTS = {  # what to write in place of a command that is not understood
    r"\hat": "take another letter", r"\bar": "take another letter",
    r"\tilde": "take another letter",
    r"\tag": "leave it out", r"\label": "leave it out", r"\notag": "leave it out",
    r"\prod": "write the factors", r"\int": "write a derivative instead",
    r"\det": "write the determinant out", r"\substack": r"write \sum_{j \neq i}",
}  # fmt: skip
SIGNS = ("=", ":=", "<", ">", r"\le", r"\ge")
WIDE = (r"\quad", r"\qquad")
SMALL = {
    r"\displaystyle",
    r"\textstyle",
    r"\,",
    r"\;",
    r"\:",
    r"\!",
    r"\ ",
    r"\left",
    r"\right",
} | {rf"\{size}{side}" for size in ("big", "Big", "bigg", "Bigg") for side in ("", "l", "r")}
OTHER = {
    *(
        r"\nabla",
        r"\operatorname",
        r"\neq",
        r"\boldsymbol",
        r"\vec",
        r"\mathcal",
        r"\mathsf",
        r"\|",
        "𝟏",
    ),
    *(r"\frac", r"\sqrt", r"\sum", r"\dot", r"\mathrm", r"\mathbf", r"\partial", r"\in", r"\to"),
    *(r"\top", r"\odot", r"\cdot", r"\times", r"\langle", r"\rangle", r"\boxed", r"\\", *WIDE),
}
KNOWN = {*GREEK, *FUNCTIONS, *CHOICES, *SIGNS, *OTHER}
WORDS = (r"\text", r"\texttt", r"\begin", r"\end", r"\mathbb")
BEFORE_CONDITIONS = (r"\text{where}", r"\text{for}", r"\text{if}")
ENDS = {  # a product ends before one of these
    *("", "+", "-", *SIGNS, r"\neq", ",", ".", ")", "}", "&", r"\\", r"\rangle", *WIDE),
    *(
        *BEFORE_CONDITIONS,
        r"\text{and}",
        r"\text{otherwise}",
        r"\text{else}",
        r"\end{aligned}",
        r"\end{cases}",
    ),
}
SIZE = re.compile(r"\\(?:[bB]igg?l?|left)\s*$")  # of a parenthesis
ROWS = re.compile(r"&|\\\\|\\q?quad\b")
TOKEN = re.compile(
    r"(?P<word>\\[a-zA-Z]+\{(?:[^{}\\]|\\_)*\})|(?P<command>\\[a-zA-Z]+|\\.|\\\n)"
    r"|(?P<plain>\d+(?:\.\d+)?|[a-zA-Z]|:=|[-+=<>/,^_{}()\[\]|':.&])|(?P<space>\s+)"
)


def is_letter(word: str) -> bool:
    """Tell whether a word is one letter, Latin or Greek."""
    return word in GREEK or re.fullmatch("[a-zA-Z]", word) is not None


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
            known = ": a comment has no place here" if text[place] == "%" else ""
            raise LatexError(f"cannot read {text[place]!r}{known}", here)
        word, length = match[0], len(match[0])
        if match["word"]:
            command, _, content = word.partition("{")
            if command in WORDS:
                word = f"{command}{{{content.strip('} ')}}}"
            else:  # \mathrm{d} and the like: the braces are words of their own
                word, length = command, len(command)
        word = SAME.get(word, word)
        if word.startswith("\\") and "{" not in word and word not in KNOWN | SMALL:
            near = get_close_matches(word, [k for k in KNOWN if k.startswith("\\")], 1)
            hint = f": {HINTS[word]}" if word in HINTS else f": is it {near[0]}?" if near else ""
            raise LatexError(f"do not know the command {word}{hint}", here)
        if word not in SMALL and not word.isspace():
            found.append(Token(word, here, (place, place + length)))
        place += length
    return found


def without_boxes(words: Sequence[Token]) -> tuple[list[Token], bool]:
    r"""Drop \boxed{ and its closing brace; tell whether there was one."""
    found: list[Token] = []
    boxes: list[bool] = []  # whether each brace that is open is one of a box
    for word in words:
        if word.text == "{":
            boxes.append(bool(found) and found[-1].text == r"\boxed")
            if boxes[-1]:
                found.pop()
                continue
        elif word.text == "}" and boxes and boxes.pop():
            continue
        found.append(word)
    return found, len(found) < len(words)


class Cursor:
    """A place among the words of a formula, which moves from left to right."""

    def __init__(self, words: Sequence[Token], line: int, source: str) -> None:
        self.words, self.first, self.source = words, line, source
        self.place = 0

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

    def take_all(self, wanted: Iterable[str]) -> None:
        """Pass over words that must come one after another."""
        for word in wanted:
            self.take(word)

    def take_to(self, end: str) -> list[str]:
        """Return the words before one, and pass over that, too."""
        found = []
        while not self.accept(end):
            found.append(self.take())
        return found

    def skip(self, *wanted: str) -> int:
        """Pass over these words for as long as they come; return how many there were."""
        start = self.place
        while self.accept(*wanted):
            pass
        return self.place - start

    def between(self, opening: str, rule: Callable[[], Any], closing: str) -> Any:
        """Read what stands between two words."""
        self.take(opening)
        found = rule()
        self.take(closing)
        return found

    def error(self, message: str) -> LatexError:
        """Say what was expected and what came."""
        came = self.peek()
        return self.refusal(f"{message}, but {f'{came} came' if came else 'it ends'}")

    def refusal(self, message: str) -> LatexError:
        """Say what is wrong on this line."""
        return LatexError(message, self.line)

    def list_of(self, rule: Callable[[], Any], *separators: str) -> Iterator[Any]:
        """Read one or more of what the rule reads, with separators between."""
        yield rule()
        while self.peek() in separators:
            here = self.place
            self.skip(*separators, "&", r"\\", *WIDE)
            if self.peek() in {"", *BEFORE_CONDITIONS, r"\end{aligned}"}:
                self.place = here
                return
            yield rule()

    def text(self, start: int) -> str:
        """Return what was written from that word up to here, on one line."""
        begin, end = self.words[start].span[0], self.words[self.place - 1].span[1]
        size = SIZE.search(self.source[:begin])
        text = self.source[size.start() if size else begin : end]
        if r"\begin{cases}" not in text:
            text = ROWS.sub(" ", text)
        return " ".join(text.split())
