r"""What each sign of LaTeX is by itself:  an element of MathML, and its kind.

    \alpha  \top  /     ordinary     \le  =  :=     relation     \exp    function
    \cdot  \odot       binary       \sum  \prod    sum          \max    limits
    ,  ;               comma        \,  \quad      space

The kind is that of TeX and decides the space around a sign. What + and | are depends on what is
before them: they, and brackets, are made where that is known.
Tested in tests/proof/html/test_glyphs.py.
"""

from dataclasses import dataclass
from html import escape

from mlp.proof.formula.words import GREEK

LETTERS = {word[1:]: letter for word, letter in GREEK.items() if letter.islower()}  # slanted
LETTERS |= {"epsilon": "ϵ", "partial": "∂"}
UPRIGHT = {word[1:]: letter for word, letter in GREEK.items() if letter.isupper()} | {
    "Pi": "Π", "nabla": "∇", "infty": "∞", "top": "⊤", "intercal": "⊤", "%": "%",
    "dots": "…", "ldots": "…", "cdots": "⋯",
}  # fmt: skip
RELATIONS = {
    "le": "≤", "leq": "≤", "ge": "≥", "geq": "≥", "neq": "≠", "ne": "≠", "approx": "≈",
    "sim": "∼", "equiv": "≡", "ll": "≪", "gg": "≫", "in": "∈", "notin": "∉", "subset": "⊂",
    "to": "→", "mapsto": "↦", "leftarrow": "←", "rightarrow": "→", "Rightarrow": "⇒",
}  # fmt: skip
BINARY = {"cdot": "⋅", "times": "×", "odot": "⊙", "circ": "∘", "pm": "±", "otimes": "⊗"}
FUNCTIONS = {"exp", "log", "ln", "sin", "cos", "tan", "tanh", "sinh", "cosh", "det", "arg"}
LIMITS = {"max", "min", "sup", "inf", "lim"}  # their subscript stands below in a display
SUMS = {"sum": "∑", "prod": "∏"}
SPACES = {",": 3, ":": 4, ";": 5, "!": -3, " ": 6, "quad": 18, "qquad": 36}  # in 1/18 em
OPENING = {
    "(": "(", "[": "[", r"\{": "{", r"\langle": "⟨", r"\lfloor": "⌊", r"\lceil": "⌈",
    r"\lvert": "|", r"\lVert": "‖",
}  # fmt: skip
CLOSING = {
    ")": ")", "]": "]", r"\}": "}", r"\rangle": "⟩", r"\rfloor": "⌋", r"\rceil": "⌉",
    r"\rvert": "|", r"\rVert": "‖",
}  # fmt: skip
TIGHT = {"lspace": "0", "rspace": "0"}  # no space around it
BARS = {"|": "|", r"\|": "‖"}
BRACKETS = {**OPENING, **CLOSING, **BARS}


@dataclass(frozen=True)
class Atom:
    """A piece of a formula; its kind, as in TeX, decides the space around it."""

    kind: str  # ordinary, accented, function, limits, sum, binary, relation, open, ..., space
    xml: str


def element(name: str, *children: str, **attributes: str) -> str:
    """Write an element of MathML."""
    inside = "".join(f' {key}="{escape(value)}"' for key, value in attributes.items())
    return f"<{name}{inside}>{''.join(children)}</{name}>"


def operator(mark: str, **attributes: str) -> str:
    """Write an operator."""
    return element("mo", escape(mark), **attributes)


def commands(table: dict[str, str], kind: str, name: str, **how: str) -> dict[str, Atom]:
    """Make the symbols of a table."""
    return {f"\\{key}": Atom(kind, element(name, mark, **how)) for key, mark in table.items()}


SYMBOLS = {
    **commands(LETTERS, "ordinary", "mi"),
    **commands(UPRIGHT, "ordinary", "mi", mathvariant="normal"),
    **commands(RELATIONS, "relation", "mo"),
    **commands(BINARY, "binary", "mo"),
    **commands(SUMS, "sum", "mo"),
    **commands({name: name for name in FUNCTIONS}, "function", "mi"),
    **commands({name: name for name in LIMITS}, "limits", "mo", **TIGHT, movablelimits="true"),
    **{
        f"\\{name}": Atom("space", element("mspace", width=f"{size / 18:.3f}em"))
        for name, size in SPACES.items()
    },
    **{mark: Atom("relation", operator(mark)) for mark in ("=", "<", ">")},
    ":": Atom("relation", operator(":", lspace="0.278em", rspace="0.278em")),
    ":=": Atom("relation", operator("≔")),
    **{mark: Atom("comma", operator(mark)) for mark in (",", ";")},
    **{mark: Atom("ordinary", operator(mark, **TIGHT)) for mark in ("/", "!", ".")},
}
