"""One word wrong in an equation is noticed: a few here, all of them in `make prove-long`."""

import random

import mutants
import pytest

from mlp.proof.page import ledger

PAGES = [
    path
    for path in sorted((mutants.ROOT / "derivations").glob("*.md"))
    if [*mutants.equations(ledger.Page.read(path))]
]
FEW = 3

SMALL_PAGE = r"""
```math
x \in \mathbb{R}, X \in \mathbb{R}^{n \times d}, v \in \mathbb{R}^{d}
```

```math
y := x^2
```

```math
\frac{\partial y}{\partial x} = 2 x
```

```math
u := x + 1
```
"""


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_a_few_mutants_of_each_page_are_refused(path):
    found, known = ledger.Page.read(path), mutants.survivors()
    draw = random.Random(path.name)  # noqa: S311  # no secret: the same few in every run
    for _ in range(FEW):
        block = draw.choice([*mutants.equations(found)])
        what, mutant = draw.choice([*mutants.mutants(block.text)])
        if (path.name, mutants.part(block.text, mutant)) not in known:
            assert mutants.verdict(found, block, mutant) != "survived", (what, mutant)


def test_an_equation_as_it_stands_is_refused_nowhere():
    found = ledger.Page.read(mutants.ROOT / "derivations/02-affine.md")
    for block in mutants.equations(found):
        assert mutants.verdict(found, block, block.text.replace("=", "= ", 1)) == "survived"


@pytest.mark.long
@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_every_mutant_of_a_page_is_refused_but_those_with_a_reason(path, capsys):
    wrong = mutants.main([path])
    with capsys.disabled():
        print(f"\n{capsys.readouterr().out}", end="")  # noqa: T201  # the table is what was asked for
    assert wrong == 0


@pytest.mark.parametrize(
    ("formula", "wanted"),
    [
        ("a = b + c", {"a = - b + c", "a = b - c", "a = b", "a = c + c", "a = + c"}),
        ("a = 2 b^3", {"a = 3 b^3", "a = 2 b^4", "b = 2 b^3"}),
        (r"A_{ij} = B_{ij}", {r"A_{jj} = B_{ij}", r"A_{ij} = B_{ii}"}),
        (r"A = \sum_{i} B_{i}", {r"A = B_{i}"}),
        (r"A = B^\top C", {r"A = B^1 C", r"A = C"}),
        (r"a = \frac{b}{c}", {r"a = \frac{c}{b}"}),
        (r"a = f'(x) \odot \mathrm{d}A", {r"a = f (x) \odot \mathrm{d}A", r"a = f'(x) \odot A"}),
        (r"a = \log b", {r"a = \exp b"}),
        (r"\dot a = b", {r"a = b"}),
        (r"a = b \quad\text{for}\quad z > 0", {r"a = b \quad\text{for}\quad z < 0"}),
    ],
)
def test_a_mutant_has_one_word_wrong(formula, wanted):
    made = {mutants.squeezed(mutant) for _, mutant in mutants.mutants(formula)}
    assert {mutants.squeezed(mutant) for mutant in wanted} <= made
    assert mutants.squeezed(formula) not in made


@pytest.fixture
def small(tmp_path):
    path = tmp_path / "p.md"
    path.write_text(SMALL_PAGE, encoding="utf-8")
    found = ledger.Page.read(path)
    return found, {block.text.strip(): block for block in found.blocks}


@pytest.mark.parametrize(
    ("equation", "mutant", "verdict"),
    [
        (r"\frac{\partial y}{\partial x} = 2 x", r"\frac{\partial y}{\partial x} = 3 x", "refused"),
        (r"\frac{\partial y}{\partial x} = 2 x", r"\frac{\partial y}{\partial x} = 2", "refused"),
        (r"\frac{\partial y}{\partial x} = 2 x", "y = 2 q", "not understood"),
        ("y := x^2", "y := x^3", "refused"),
        ("u := x + 1", "u := x - 1", "survived"),
    ],
)
def test_a_wrong_definition_is_noticed_by_a_later_line_and_only_by_one(
    equation, mutant, verdict, small
):
    found, blocks = small
    assert mutants.verdict(found, blocks[equation], mutant) == verdict


def test_the_row_that_differs_is_named():
    assert mutants.part(r"a &= b \\ c &= d", r"a &= b \\ c &= x") == "=x"
    assert mutants.part("a = b", "a = - b") == "a=-b"


def test_a_survivor_without_a_reason_is_named_and_a_reason_without_a_survivor(
    small, tmp_path, monkeypatch, capsys
):
    listed = tmp_path / "survivors.txt"
    monkeypatch.setattr(mutants, "SURVIVORS", listed)
    listed.write_text("p.md | u:=x-1 | nothing is said of u\n", encoding="utf-8")
    few = mutants.main([small[0].path])
    assert "survivors without a reason:\np.md | u:=" in capsys.readouterr().out
    listed.write_text("p.md | u:=x-1 | so\np.md | y:=x^3 | this is refused\n", encoding="utf-8")
    assert mutants.main([small[0].path]) == few + 1
    assert "reasons for what does not survive:\np.md | y:=x^3\n" in capsys.readouterr().out


def test_every_survivor_has_its_reason():
    names = {path.name for path in PAGES}
    for (name, formula), reason in mutants.survivors().items():
        assert name in names
        assert formula
        assert len(reason.split()) > 2
