"""What a page defines and ties to no shipped code:  each such symbol must have its reason.

    python tests/proof/ties.py [PAGE.md ...]    names them

A symbol is tied if it stands in an equation with shipped code, or in the definition of one that is
tied, or if it is the only one not tied on one side of an equation whose other side has tied ones
alone; what stands on both sides does not count. A tangent or a free cotangent counts as its symbol.
Shipped is what runs a line of the package; a function of the page that does not is none. untied.txt
says why a symbol has no tie.
"""
# ruff: noqa: T201  # the names are what it is for

import sys
from pathlib import Path

import numpy as np
from reasons import known

import mlp
from mlp.proof.formula import latex
from mlp.proof.formula.syntax import Name, Node, Relation
from mlp.proof.page import ledger

ROOT = Path(__file__).parents[2]
UNTIED = Path(__file__).with_name("untied.txt")
PACKAGE = str(Path(mlp.__file__).parent)


def untied(found):
    """Return the symbols that a page defines and does not tie."""
    defined, equations = definitions(found), [*equated(found)]
    tied = set().union(*(left | right for left, right, shipped in equations if shipped))
    before = None
    while tied != before:
        before = set(tied)
        for name in defined.keys() & before:
            tied |= defined[name]
        for left, right, _ in equations:
            for side, other in ((left - right, right - left), (right - left, left - right)):
                if other and other <= before and len(side - before) == 1:
                    tied |= side
    return [name for name in defined if name not in tied]


def definitions(found):
    """Return each symbol that a page defines, with those that its definition is made of."""
    made = {}
    for block in found.blocks:
        if block.language == "math":
            after = found.before(block)
            [*ledger.claims_of(block, after)]
            for relation in latex.read_math(block.text, block.line, after.functions).relations:
                if relation.sign == ":=":
                    name, parameters = head(relation.left)
                    parts = symbols(relation.right, after) - parameters
                    made.setdefault(plain(name, after), set()).update(parts)
    return made


def head(left):
    """Return what a definition defines, and the letters of its arguments."""
    while isinstance(left, Node):
        if left.kind == "call":
            return left.tag[0], {*left.parts}
        left = left.parts[0]
    return left, set()


def equated(found):
    """Yield the symbols on each side of an equation, and whether shipped code stands in it."""
    for block in found.blocks:
        for claim in found.claims(block) if block.language == "math" else []:
            sides = (claim.relation.left, claim.relation.right)
            shipped = claim.code and ships(found.code.function(claim.code, block), claim)
            yield *(symbols(side, claim.sheet) for side in sides), shipped


def symbols(tree, sheet):
    """Return the symbols of a formula; neither indices nor sizes nor numbers are among them."""
    if isinstance(tree, Relation):
        return symbols(tree.left, sheet) | symbols(tree.right, sheet)
    if isinstance(tree, Name):
        known = tree in sheet.functions or plain(tree, sheet) in sheet.arrays
        return {plain(tree, sheet)} if known and tree.letter != "𝟏" else set()
    if not isinstance(tree, Node):
        return set()
    below = [*tree.parts, *(tree.tag if isinstance(tree.tag, tuple) else ())]
    return set().union(*(symbols(part, sheet) for part in below))


def plain(name, sheet):
    """Return the symbol that a name belongs to: X for Ẋ, and for dX where that was not defined."""
    still = Name(name.letter, name.level, name.cotangent)
    if name.cotangent and not (still in sheet.arrays and sheet.is_defined(still)):
        return Name(name.letter, name.level)
    return still


def ships(function, claim):
    """Tell whether a function runs a line of the package, on numbers of the right shapes."""
    rng, ran = np.random.default_rng(0), set()

    def watch(frame, event, _):
        if event == "call":
            ran.add(frame.f_code.co_filename)

    point = [rng.uniform(0.1, 1, size=value.entries.shape)[()] for value in claim.taken()]
    before = sys.getprofile()
    sys.setprofile(watch)
    try:
        function(*point)
    finally:
        sys.setprofile(before)
    return any(name.startswith(PACKAGE) for name in ran)


def reasons():
    """Return why each symbol that is known to be untied is so: by page and symbol."""
    return known(UNTIED)


def main(names):
    """Name the symbols that are not tied."""
    for path in [Path(n) for n in names] or sorted((ROOT / "derivations").glob("*.md")):
        for symbol in untied(ledger.Page.read(path, ledger.SMALL)):
            print(f"{path.name} | {symbol} | {reasons().get((path.name, str(symbol)), '')}")


if __name__ == "__main__":
    main(sys.argv[1:])
