"""What the guide promises in prose and tables is there: kinds, tests, links."""

import re

import pytest
from pages import ROOT

from mlp.command.sarif import RULES

GUIDE = ROOT / "derivations/guide"


def rows(page):
    """Return the rows of the tables of a page, without their heads, each a list of cells."""
    lines = re.findall(r"^\|(.*)\|$", (GUIDE / page).read_text(encoding="utf-8"), re.MULTILINE)
    heads = [i - 1 for i, line in enumerate(lines) if set(line) <= {"-", "|"}]
    told = [line for i, line in enumerate(lines) if i not in heads and i - 1 not in heads]
    return [[cell.strip() for cell in line.split("|")] for line in told]


def test_the_page_of_failures_says_of_every_kind_of_finding_what_to_do():
    kinds = [re.findall(r"`([\w ]+)`", row[0]) for row in rows("gradient-check-fails.md")]
    told = {kind for row in kinds for kind in row}
    assert {*RULES} - told == set()


@pytest.mark.parametrize(
    "page", ["feature-table.md", "from-check-grad.md", "from-check-grads.md", "from-gradcheck.md"]
)
def test_what_is_claimed_names_its_test_and_what_is_not_here_says_so(page):
    for row in rows(page):
        named = re.fullmatch(r"`test_\w+`(, `test_\w+`)*", row[-1])
        empty = any(cell.startswith(("not here", "as above")) for cell in row)
        assert bool(named) != empty, row


def test_every_row_of_the_feature_table_has_a_cell_for_each_checker():
    assert {len(row) for row in rows("feature-table.md")} == {9}
    assert {cell for row in rows("feature-table.md") for cell in row[1:-1]} == {"", "●"}


def test_no_cell_of_theirs_is_empty_on_our_side():
    told = [row for row in rows("feature-table.md") if "●" in row]
    assert len(told) > 20
    assert [row[0] for row in told if not row[-1].startswith("`test_")] == []


ASKED = {  # the files whose tests ask in a framework's own API; of Julia there are none
    "T": r"peers/test_(from_gradcheck|torch\w*|complex|sparse|training)",
    "J": r"peers/test_(from_check_grads|jax\w*|pytrees)",
    "S": r"peers/test_stan",
    "P": r"test_from_check_grad",
    "H": r"peers/test_chainer",
    "M": r"peers/test_mygrad",
}


def test_each_cell_of_theirs_is_asked_for_in_their_own_api():
    where = {
        name: file.relative_to(ROOT / "tests").with_suffix("").as_posix()
        for file in (ROOT / "tests").rglob("test_*.py")
        for name in re.findall(r"^def (test_\w+)", file.read_text(encoding="utf-8"), re.MULTILINE)
    }
    for feature, *cells, ours in rows("feature-table.md"):
        files = [where[name] for name in re.findall(r"`(test_\w+)`", ours)]
        for letter, cell in zip("TJCSPHM", cells, strict=True):
            told = letter in ASKED and cell == "●"
            asked = any(re.fullmatch(ASKED.get(letter, ""), file) for file in files)
            assert asked or not told, (feature, letter)


TOLD = {  # the parameters of what people come from, in torch 2.13, JAX 0.10 and SciPy 1.17
    "from-check-grad.md": ("args", "epsilon", "direction", "rng", "seed"),
    "from-check-grads.md": (
        *("f", "args", "order", "modes", "atol", "rtol", "eps"),
        *("check_vjp(f, f_vjp", "check_jvp(f, f_jvp", "err_msg"),
    ),
    "from-gradcheck.md": (
        *("func", "inputs", "eps", "atol", "rtol", "raise_exception", "nondet_tol"),
        *("check_undefined_grad", "check_grad_dtypes", "check_batched_grad"),
        *("check_batched_forward_grad", "check_forward_ad", "check_backward_ad", "fast_mode"),
        *("masked", "grad_outputs", "gen_non_contig_grad_outputs"),
        *("check_fwd_over_rev", "check_rev_over_rev"),
    ),
}


@pytest.mark.parametrize(("page", "told"), TOLD.items())
def test_every_parameter_has_its_line(page, told):
    said = "".join(row[0] for row in rows(page))
    assert [name for name in told if f"`{name}" not in said and f"{name}=" not in said] == []
