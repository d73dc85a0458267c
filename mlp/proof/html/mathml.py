r"""The LaTeX of a page as MathML, which browsers draw without a script.

    mathml(r"\frac{\partial L}{\partial X} = \mathrm{d}O\,W^\top", display=True)

The signs are those of glyphs.py; here they are put together as LaTeX does, with scripts, fractions
and environments. Anything else is an error that names it, never a guess: latex2mathml swallows
what it does not know. What comes out is MathML Core, the part of MathML that every browser draws.
Tested in tests/proof/html/test_mathml.py.
"""

import re
import unicodedata
from collections.abc import Callable, Sequence
from functools import partial
from html import escape

from mlp.proof.formula.words import SAME, Cursor, Token
from mlp.proof.html.glyphs import BARS, BRACKETS, OPENING, SYMBOLS, TIGHT, Atom, element, operator

ACCENTS = {"dot": "˙", "ddot": "¨", "hat": "^", "tilde": "~", "bar": "‾", "vec": "→"}
SIZES = {"big": "1.2em", "Big": "1.8em", "bigg": "2.4em", "Bigg": "3em"}
NUMBERS = {"N": "ℕ", "Z": "ℤ", "Q": "ℚ", "R": "ℝ", "C": "ℂ", "1": "𝟙"}
AROUND = {"aligned": ("", ""), "cases": ("{", ""), "pmatrix": ("(", ")")}  # environments

TOKEN = re.compile(r"\s+|\\text(?:tt)?\{[^{}]*\}|\\[A-Za-z]+|\\.|\d+(?:\.\d+)?|:=|.", re.DOTALL)
ENDS = {"", "}", "&", r"\\", r"\end", r"\right"}  # of a row
WIDE = {r"\quad", r"\qquad"}
WORD = re.compile(r"\\text\{[^{}]*\}\s*$")
BEFORE_OPERAND = {"open", "binary", "relation", "comma", "function", "sum"}


class MathError(ValueError):
    """LaTeX that is not known here; the message says what."""


def mathml(latex: str, *, display: bool = False, after: str = "open") -> str:
    """Translate LaTeX; raise MathError, a ValueError, for what is not known.

    ``after`` is "close" where the formula goes on from another, so that its first + is no sign.
    """
    reader = Translator(latex)
    content = reader.row(after)
    if reader.peek():
        raise MathError(f"{reader.peek()} closes nothing")
    how = {"display": "block"} if display else {}
    return element("math", content, **how, alttext=" ".join(latex.split()))


def pieces(latex: str) -> list[tuple[str, str]]:
    """Split a formula where it may be broken, outside of all braces.

    That is at the ends of its lines, and at a wide space that does not belong to a word. Each piece
    comes with the space behind it, "quad" or "qquad" if that is wide.
    """
    found: list[tuple[str, str]] = []
    piece, depth = "", 0
    for part in [*re.split(r"(\\(?:begin|end|left|right|q?quad)\b|\\.|[\n{}])", latex), "\n"]:
        depth += part in {"{", r"\begin", r"\left"}
        depth -= part in {"}", r"\end", r"\right"}
        wide = part[1:] if part in WIDE and not WORD.search(piece) else ""
        if depth > 0 or not (wide or part == "\n"):
            piece += part
        elif piece.strip():
            found.append((piece.strip(), wide))
            piece = ""
        elif wide and found:
            found[-1] = found[-1][0], wide
    return found


class Translator(Cursor):
    """Reads LaTeX from left to right."""

    def __init__(self, latex: str) -> None:
        found = [Token(match[0], 1, match.span()) for match in TOKEN.finditer(latex)]
        super().__init__([word for word in found if not word.text.isspace()], 1, latex)
        self.depth = 0  # of scripts

    def take(self, *wanted: str) -> str:
        """Take the next word, which must be one of those wanted, if any are named."""
        word = self.peek()
        if not word or (wanted and word not in wanted):
            needs = " or ".join(wanted[:4]) or "something"
            raise MathError(f"{needs} is missing before {word or 'the end'}")
        self.place += 1
        return word

    def row(self, after: str = "open") -> str:
        """Read up to what ends a group, a cell or the formula, and leave that."""
        atoms: list[Atom] = []
        while self.peek() not in ENDS:
            if self.peek() in {"^", "_"}:  # a script that hangs on nothing, to name it
                atom = Atom("ordinary", element("mrow"))
            else:
                seen = [after, *(atom.kind for atom in atoms if atom.kind != "space")]
                atom = self.atom(seen[-1])
            if self.peek() in {"_", "^"} and "maxsize" in atom.xml and atom.kind == "close":
                atom = fenced(atoms, atom)  # a bracket keeps its size only where it stands alone
            atoms.append(self.scripted(atom))
        return atoms[0].xml if len(atoms) == 1 else element("mrow", *spaced(atoms))

    def group(self) -> str:
        """Read an argument: what is in braces, or a single atom."""
        if self.peek() != "{":
            return self.atom("open").xml
        content: str = self.between("{", self.row, "}")
        return content

    def word(self) -> str:
        """Read an argument that is a word."""
        self.take("{")
        word = ""
        while re.fullmatch(r"[A-Za-z0-9*]+", self.peek()):
            word += self.take()
        self.take("}")
        return word

    def scripted(self, base: Atom) -> Atom:
        """Read what hangs on an atom: primes, a subscript and a superscript."""
        primes = "'" * self.skip("'")
        if primes:  # the glyph is raised by itself
            mark = operator(primes.replace("''", "″").replace("'", "′"), **TIGHT)
            base = Atom(base.kind, element("mrow", base.xml, mark))
        scripts = {"_": "", "^": ""}
        while (mark := self.peek()) in scripts:
            if scripts[self.take()]:
                raise MathError(f"a second {mark} on one symbol")
            self.depth += 1
            scripts[mark] = self.group()
            self.depth -= 1
        below, above = scripts.values()
        if not (below or above):
            return base
        xml = base.xml
        if above and base.kind == "accented":  # a superscript hangs on the letter, not on its dot
            xml = element("mpadded", xml, height="0.7em")
        stacked = base.kind in {"sum", "limits"}
        name = ("under" if stacked else "sub") * bool(below)
        name += ("over" if stacked else "sup") * bool(above)
        return Atom(base.kind, element(f"m{name}", xml, below, above))

    def atom(self, before: str) -> Atom:
        """Read one symbol, or a command with its arguments."""
        if self.peek() == "{":
            return Atom("ordinary", self.group())
        token = self.take()
        if token in COMMANDS:
            return COMMANDS[token](self)
        if token in SYMBOLS:
            return self.tightened(SYMBOLS[token])
        if token in {*BRACKETS, "+", "-"}:
            return self.tightened(placed(token, before))
        if token.startswith((r"\text{", r"\texttt{")):
            return words(token)
        if re.fullmatch(r"[0-9.]+|[A-Za-z]", token):
            return Atom("ordinary", element("mi" if token.isalpha() else "mn", token))
        raise MathError(f"{token} is not known")

    def tightened(self, atom: Atom) -> Atom:
        """Take the space from around an operator in a script."""
        if self.depth == 0 or atom.kind not in {"binary", "relation"}:
            return atom
        return Atom(atom.kind, atom.xml.replace("<mo", '<mo lspace="0" rspace="0"', 1))

    def sized(self, size: str) -> Atom:
        r"""Read the bracket after \big."""
        token = self.take(*BRACKETS)
        kind = "open" if token in OPENING else "close"
        return Atom(kind, operator(BRACKETS[token], minsize=size, maxsize=size))

    def fraction(self) -> Atom:
        """Read what is above the line, and what is below it."""
        return Atom("ordinary", element("mfrac", self.group(), self.group()))

    def accented(self, mark: str) -> Atom:
        """Read what stands under an accent."""
        accent = operator(mark, stretchy="false")
        return Atom("accented", element("mover", self.group(), accent, accent="true"))

    def roman(self) -> Atom:
        """Read a word in upright letters."""
        word = self.word()
        upright = {"mathvariant": "normal"} if len(word) == 1 else {}
        return Atom("ordinary", element("mi", word, **upright))

    def lettered(self, style: str) -> Atom:
        """Read bold letters, script or such, which Unicode has."""
        content = self.group() if self.peek() == "{" else self.atom("open").xml
        found = re.fullmatch(r"(?:<mrow>)?((?:<m[in][^<>]*>\w+</m[in]>)+)(?:</mrow>)?", content)
        try:
            plain = re.sub(r"<[^>]*>", "", found[1]) if found else ""
            letters = "".join(styled(letter, style) for letter in plain)
        except KeyError:
            letters = ""
        if not letters:
            raise MathError(f"{style.lower()} is for letters and digits")
        return Atom("ordinary", element("mi", letters))

    def numbers(self) -> Atom:
        """Read the letter of a set of numbers."""
        letter = self.between("{", lambda: self.take(*NUMBERS), "}")
        return Atom("ordinary", element("mi", NUMBERS[letter]))

    def stretched(self) -> Atom:
        r"""Read from \left( to \right)."""
        left = operator(BRACKETS[self.take(*BRACKETS)], form="prefix")
        content = self.row()
        self.take(r"\right")
        right = operator(BRACKETS[self.take(*BRACKETS)], form="postfix")
        return Atom("ordinary", element("mrow", left, content, right))

    def environment(self) -> Atom:
        r"""Read the rows from \begin to \end."""
        name = self.word()
        shown = (
            "aligned" if rf"\begin{{{name}}}" in SAME else name
        )  # what numbers rows does not here
        if shown not in AROUND:
            raise MathError(rf"\begin{{{name}}} is not known")
        rows = [[self.row()]]
        while (mark := self.take("&", r"\\", r"\end")) != r"\end":
            if mark == "&":
                rows[-1].append(self.row("close"))
            else:
                rows.append([self.row()])
        if (end := self.word()) != name:
            raise MathError(rf"\begin{{{name}}} ends as {end}")
        cells = (element("mtr", *(element("mtd", cell) for cell in row)) for row in rows)
        how = {"displaystyle": "true"} if shown == "aligned" else {}
        table = element("mtable", *cells, **{"class": shown}, **how)
        left, right = (operator(mark) if mark else "" for mark in AROUND[shown])
        return Atom("ordinary", element("mrow", left, table, right))


def placed(token: str, before: str) -> Atom:
    """Make a bracket, a plus or a minus: what it is may depend on what is before it."""
    operand = before in BEFORE_OPERAND
    if token in {"+", "-"}:
        mark = token.replace("-", "−")
        kind, form = ("ordinary", "prefix") if operand else ("binary", "infix")
        return Atom(kind, operator(mark, form=form))
    opens = token in OPENING or (token in BARS and operand)
    kind, form = ("open", "prefix") if opens else ("close", "postfix")
    return Atom(kind, operator(BRACKETS[token], stretchy="false", form=form))


def styled(letter: str, style: str) -> str:
    """Return a letter in bold, script or such; raise KeyError where Unicode has none."""
    name = f"{style} {re.sub('(LATIN|GREEK|LETTER|LUNATE) ', '', unicodedata.name(letter))}"
    known = name if name in OLDER else f"MATHEMATICAL {name}"
    return unicodedata.lookup(known)


def fenced(atoms: list[Atom], close: Atom) -> Atom:
    """Take back the atoms up to the bracket that is closed, and make one of them."""
    depth, inside = 1, [close]
    while atoms and depth:
        inside.insert(0, atoms.pop())
        if "maxsize" in inside[0].xml:
            depth += {"open": -1, "close": 1}.get(inside[0].kind, 0)
    return Atom("close", element("mrow", *spaced(inside)))


def words(token: str) -> Atom:
    """Make a word of prose, or a name in code."""
    command, _, text = token[:-1].partition("{")
    shown = escape(text.replace(r"\_", "_").replace(" ", "\u00a0"))
    code = {"class": "code"} if command == r"\texttt" else {}
    return Atom("ordinary", element("mtext", shown, **code))


def spaced(atoms: Sequence[Atom]) -> list[str]:
    """Write atoms in a row, with TeX's thin spaces around the names of functions."""
    written = []
    names, letters = {"function", "limits"}, {"ordinary", "accented"}
    for before, atom in zip((Atom("open", ""), *atoms), atoms, strict=False):
        after_name = before.kind in names and atom.kind in {*letters, *names, "sum"}
        if after_name or (before.kind in {*letters, "close"} and atom.kind in names):
            written.append(element("mspace", width="0.167em"))
        written.append(atom.xml)
    return written


STYLES = {"mathbf": "BOLD", "boldsymbol": "BOLD", "mathcal": "SCRIPT", "mathsf": "SANS-SERIF"}
OLDER = {f"SCRIPT CAPITAL {letter}" for letter in "BEFHILMR"}  # than those for mathematics
COMMANDS: dict[str, Callable[[Translator], Atom]] = {
    **dict.fromkeys((r"\frac", r"\tfrac", r"\dfrac"), Translator.fraction),
    r"\sqrt": lambda reader: Atom("ordinary", element("msqrt", reader.group())),
    r"\boxed": lambda reader: Atom("ordinary", f'<mrow class="boxed">{reader.group()}</mrow>'),
    r"\operatorname": lambda reader: Atom("function", element("mi", reader.word())),
    r"\mathrm": Translator.roman,
    **{f"\\{name}": partial(Translator.lettered, style=style) for name, style in STYLES.items()},
    **dict.fromkeys((r"\displaystyle", r"\textstyle"), lambda _: Atom("open", "")),
    r"\mathbb": Translator.numbers,
    r"\left": Translator.stretched,
    r"\begin": Translator.environment,
    **{
        f"\\{name}{side}": partial(Translator.sized, size=size)
        for name, size in SIZES.items()
        for side in ("", "l", "r")
    },
    **{f"\\{name}": partial(Translator.accented, mark=mark) for name, mark in ACCENTS.items()},
}
