"""From the text of a formula to its words: names of commands, letters, numbers and signs.

Tested in tests/proof/formula/test_words.py.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

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
FUNCTIONS = {f"\\{word}": word for word in ("exp", "log", "tanh", "sinh", "cosh", "sin", "cos")}
CHOICES = {r"\max": "max", r"\min": "min"}
SAME = {r"\ln": r"\log", r"\leq": r"\le", r"\geq": r"\ge", r"\tfrac": r"\frac", r"\dfrac": r"\frac"}
SAME |= dict.fromkeys((r"\lvert", r"\rvert"), "|")  # other words for what is known
HINTS = {  # what to write in place of a command that is not understood
    r"\ne": "say it as a region, < or >", r"\neq": "say it as a region, < or >",
    r"\hat": "take another letter", r"\bar": "take another letter",
    r"\tilde": "take another letter", r"\vec": "take a plain letter",
    r"\nabla": r"write \frac{\partial L}{\partial X}",
    r"\tag": "leave it out", r"\label": "leave it out", r"\notag": "leave it out",
    r"\operatorname": r"write \mathrm{erf}, or define the function by f(x) := ...",
    r"\prod": "write the factors", r"\int": "write a derivative instead",
    r"\lVert": r"write \langle A, A \rangle for its square",
    r"\mathbf": "take a plain letter, such as x",
}  # fmt: skip
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
    *("", "+", "-", *SIGNS, ",", ".", ")", "}", "&", r"\\", r"\rangle", *WIDE),
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
            known = {"%": ": a comment has no place here", "[": ": write ( for [", "]": ": write )"}
            raise LatexError(f"cannot read {text[place]!r}{known.get(text[place], '')}", here)
        word, length = match[0], len(match[0])
        if match["word"]:
            command, _, content = word.partition("{")
            if command in WORDS:
                word = f"{command}{{{content.strip('} ')}}}"
            else:  # \mathrm{d} and the like: the braces are words of their own
                word, length = command, len(command)
        word = SAME.get(word, word)
        if word.startswith("\\") and "{" not in word and word not in KNOWN | SMALL:
            raise LatexError(f"do not know the command {word}{hint(word)}", here)
        if word not in SMALL and not word.isspace():
            found.append(Token(word, here, (place, place + length)))
        place += length
    return found


def hint(word: str) -> str:
    """Return ': ' and what to write in place of a command, or '' where there is no advice."""
    return f": {HINTS[word]}" if word in HINTS else ""


def without_boxes(words: Sequence[Token]) -> tuple[list[Token], bool]:
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
