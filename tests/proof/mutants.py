"""Every equation of every page with one word wrong:  each mutant must be refused.

    python tests/proof/mutants.py [PAGE.md ...]    tries all of them and prints a table

A mutant changes a sign, a number, an index or a symbol, drops a term, a factor, a sum, a transpose,
a prime, a dot or a d, or turns a fraction over. A wrong definition is refused by a later line of
its page. Survivors mean the same as the original; survivors.txt says why, each with its reason.
"""
# ruff: noqa: T201  # the table is what it is for

import re
import sys
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path

from reasons import known

from mlp.proof.formula.syntax import LatexError
from mlp.proof.formula.words import GREEK, tokens
from mlp.proof.page import claim, ledger

ROOT = Path(__file__).parents[2]
SURVIVORS = Path(__file__).with_name("survivors.txt")
OPENING, CLOSING = {"(", "{", r"\begin{cases}"}, {")", "}", r"\end{cases}"}
OTHER_FUNCTION = {r"\log": r"\exp", r"\exp": r"\log", r"\tanh": r"\sinh", r"\max": r"\min"}
GOOD = ("proved", "checked")
DROPPED = {r"\odot": "⊙", "'": "a prime", r"\dot": "a dot"}


def mutants(text):
    """Yield the mutants of a block, each with what was done to it, and none twice."""
    seen = {squeezed(text)}
    for what, mutant in raw_mutants(text):
        if squeezed(mutant) not in seen:
            seen.add(squeezed(mutant))
            yield what, mutant


def squeezed(text):
    """Return a formula without spaces."""
    return "".join(word.text for word in tokens_or_none(text)) or text


def part(original, mutant):
    """Return the row or column of a mutant in which it differs, without spaces."""
    rows = [re.split(r"\\\\|&|\\qquad", text) for text in (original, mutant)]
    if len(rows[0]) != len(rows[1]):
        return squeezed(mutant)
    return next(new for old, new in zip(*map(squeezed_rows, rows), strict=True) if old != new)


def squeezed_rows(rows):
    """Return rows without spaces."""
    return ["".join(row.split()).replace(r"\,", "") for row in rows]


def tokens_or_none(text):
    """Return the words of a formula, or none where it has others."""
    try:
        return tokens(text)
    except LatexError:
        return []


def raw_mutants(text):
    """Yield mutants, some of which may be alike."""
    words = tokens(text)
    indices, letters = places(words)
    for i, word in enumerate(words):
        if i in indices:
            found = changed_index(words, i, indices)
        elif i in letters:
            found = changed_letter(words, i, letters)
        else:
            rule = RULES.get(word.text, changed_number)
            found = rule(words, i, text)
        for what, new, last in found:
            start, end = word.span[0], words[last].span[1]
            yield what, f"{text[:start]}{new} {text[end:]}"


def changed_index(words, i, indices):
    """Put every other index of the block in the place of one."""
    for other in sorted({words[k].text for k in indices} - {words[i].text}):
        yield "index", other, i


def changed_letter(words, i, letters):
    """Put every other symbol of the block in the place of one, or drop it with all on it."""
    for other in sorted({words[k].text for k in letters} - {words[i].text}):
        yield "symbol", other, i
    yield "factor dropped", "", end_of_factor(words, i)


def changed_number(words, i, _):
    """Make a number larger by one."""
    if re.fullmatch(r"\d+(\.\d+)?", words[i].text):
        yield "number", str(float(words[i].text) + 1).removesuffix(".0"), i


def changed_sign(words, i, _):
    """Turn a sign round, or drop its term."""
    yield "sign", "-" if words[i].text == "+" else "+", i
    if (end := end_of_term(words, i)) is not None:
        yield "term dropped", "", end


def negated(words, i, _):
    """Put a minus behind an equals sign."""
    yield "sign", f"{words[i].text} -", i


def turned(words, i, _):
    """Turn an inequality round."""
    yield "inequality", "<" if words[i].text == ">" else ">", i


def other_function(words, i, _):
    """Take another function."""
    yield "function", OTHER_FUNCTION[words[i].text], i


def dropped(words, i, _):
    """Drop a word."""
    yield f"{DROPPED[words[i].text]} dropped", "", i


def no_transpose(words, i, _):
    """Drop a transpose: the hat falls on a 1."""
    yield "transpose dropped", "1" if words[i - 1].text == "^" else "", i


def no_cotangent(words, i, _):
    """Drop a d."""
    if words[i + 2].text == "d":
        yield "a d dropped", "", i + 3


def no_sum(words, i, _):
    """Drop a sum over an index."""
    yield "sum dropped", "", closing(words, i + 2)


def turned_over(words, i, text):
    """Turn a fraction over."""
    if words[i + 2].text != r"\partial":
        middle = closing(words, i + 1)
        end = closing(words, middle + 1)
        above = text[words[i + 1].span[0] : words[middle].span[1]]
        below = text[words[middle + 1].span[0] : words[end].span[1]]
        yield "fraction turned over", rf"\frac{below}{above}", end


RULES = {
    **dict.fromkeys(("+", "-"), changed_sign),
    **dict.fromkeys(("=", ":="), negated),
    **dict.fromkeys(("<", ">"), turned),
    **dict.fromkeys(OTHER_FUNCTION, other_function),
    **dict.fromkeys(DROPPED, dropped),
    r"\top": no_transpose,
    r"\mathrm": no_cotangent,
    r"\sum": no_sum,
    r"\frac": turned_over,
}


def places(words):
    """Return where index letters stand, and where the letters of symbols do."""
    indices, letters = set(), set()
    below = False
    for i, word in enumerate(words):
        if word.text == "_":
            below = True
        elif below and word.text not in {"{", "}", "="} and re.fullmatch("[a-zA-Z]", word.text):
            indices.add(i)
            below = i > 0 and words[i - 1].text != "_"
        elif word.text == "}" or not below:
            below = False
            plain = re.fullmatch("[a-zA-Z]", word.text) and word.text not in {"d", "e"}
            if plain or (word.text in GREEK and word.text not in {r"\delta", r"\pi"}):
                letters.add(i)
    return indices, letters


def closing(words, start):
    """Return where the brace that opens here closes."""
    depth = 0
    for i in range(start, len(words)):
        depth += words[i].text == "{"
        depth -= words[i].text == "}"
        if depth == 0:
            return i
    return len(words) - 1


def end_of_term(words, sign):
    """Return the last word of the term behind a sign."""
    depth, last = 0, None
    stops = {"+", "-", "=", ":=", ",", "&", r"\\", r"\quad", r"\qquad", r"\end{aligned}"}
    for i in range(sign + 1, len(words)):
        said = words[i].text
        if depth == 0 and (said in stops or said in CLOSING):
            break
        depth += said in OPENING
        depth -= said in CLOSING
        last = i
    return last


def end_of_factor(words, start):
    """Return the last word of what hangs on a letter: indices, levels, powers, primes."""
    end = start
    while end + 1 < len(words) and words[end + 1].text in {"_", "^", "'"}:
        if words[end + 1].text == "'":
            end += 1
        elif words[end + 2].text == "{":
            end = closing(words, end + 2)
        else:
            end += 2
    return end


def verdict(found, block, mutant):
    """Return what becomes of a page with this mutant in it: how it is refused, or "survived"."""
    try:
        for each in changed_claims(found, block, mutant):
            if refuted(each):
                return "refused"
        for each in changed_claims(found, block, mutant):
            if claim.settle(each).verdict not in GOOD:
                return "not proved"
        return verdict_of_code(found, block, mutant)
    except LatexError:
        return "not understood"


def changed_claims(found, block, mutant):
    """Return the claims that a mutant changes, but for those of code: its own, and all below it."""
    sheet = found.before(block)
    sheet.slopes = {}
    claims = [*ledger.claims_of(replace(block, text=mutant), sheet)]
    if ":=" not in mutant:
        claims = [each for each in claims if is_new(each, found.claims(block))]
    else:
        for later in found.blocks:
            if later.language == "math" and later.line > block.line:
                claims += ledger.claims_of(later, sheet.copy())
                [*ledger.claims_of(later, sheet)]
    return [each for each in claims if not each.code]


def is_new(each, known):
    """Tell whether a claim or one of its conditions is not among those known."""
    return said(each) not in map(said, known)


def said(each):
    """Return what a claim says, wherever it stands."""
    relations = (each.relation, *each.conditions)
    return [(str(r.left), r.sign, str(r.right)) for r in relations]


def verdict_of_code(found, block, mutant):
    """Return what becomes of the claims about code where a mutant stands on the page."""
    start, end = block.span
    lines = mutant.rstrip() + "\n"
    lines += "\n" * (block.text.count("\n") - lines.count("\n"))  # what is below stays where it is
    mutated = ledger.Page(found.path, found.text[:start] + lines + found.text[end:])
    mutated.code = found.code  # which has run already
    for old, new in zip(found.blocks, mutated.blocks, strict=True):
        mine = old.line == block.line
        if new.language != "math" or not (mine or (":=" in mutant and old.line > block.line)):
            continue
        for number, each in enumerate(mutated.claims(new)):
            if each.code and not (mine and not is_new(each, found.claims(old))):
                outcome = mutated.settle(new, number)
                if outcome.verdict not in GOOD:
                    return "refused" if outcome.verdict == "refused" else "not proved"
    return "survived"


def refuted(found):
    """Tell whether a point refutes a claim."""
    differences = [*found.algebra.differences(found.relation)]
    turning = [difference for _, difference in differences]
    return any(
        claim.refuted(found.sheet, differences, side) is not None
        for side in claim.sides(found.sheet, turning, found.where())
    )


def equations(found):
    """Yield the blocks of a page that define or claim something."""
    for block in found.blocks:
        if block.language == "math" and "=" in block.text.replace(r"\ge", ""):
            yield block


def survivors():
    """Return the mutants that are known to mean the same: page and squeezed formula."""
    return known(SURVIVORS)


def main(names):
    """Try all mutants of the pages, and print a table and the survivors."""
    paths = [Path(n) for n in names] or sorted((ROOT / "derivations").glob("*.md"))
    expected, total, unknown, stale = survivors(), Counter(), [], []
    for path in paths:
        started, count, seen = time.perf_counter(), Counter(), set()
        found = ledger.Page.read(path)
        for block in equations(found):
            for what, mutant in mutants(block.text):
                came = verdict(found, block, mutant)
                count[came] += 1
                differs = part(block.text, mutant)
                if came == "survived":
                    seen.add(differs)
                    if (path.name, differs) not in expected:
                        unknown.append(f"{path.name} | {differs} | {what}, line {block.line}")
        stale += [f"{n} | {f}" for n, f in expected if n == path.name and f not in seen]
        print(row(path.name, count), f"{time.perf_counter() - started:7.1f} s", flush=True)
        total += count
    print(row("all", total))
    if unknown:
        print("\nsurvivors without a reason:", *unknown, sep="\n")
    if stale:
        print("\nreasons for what does not survive:", *stale, sep="\n")
    return len(unknown) + len(stale)


def row(name, count):
    """Set one line of the table."""
    mutants = sum(count.values())
    noticed = mutants - count["survived"]
    cells = (f"{count[v]:5} {v}" for v in ("not understood", "refused", "not proved", "survived"))
    return f"{name:32} {mutants:6} mutants {noticed:6} noticed: {', '.join(cells)}"


if __name__ == "__main__":
    sys.exit(bool(main(sys.argv[1:])))
