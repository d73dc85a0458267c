"""No public backward goes without a proved equation: some line of its page ties one to its code.

That every line of every page is proved, the items in derivations/ show. Here it is shown that they
speak of all the code there is.
"""

import re
from functools import wraps
from unittest import mock

import numpy as np
import pytest
from pages import ROOT

from mlp import network, two_layer
from mlp.ops import OPS, gelu, relu, silu
from mlp.proof.page import ledger

BACKWARD = {silu: "definition_backward", gelu: "definition_backward"}  # beside an exact form


def tied_lines(op, path):
    """Return the lines of a page that say what code returns which calls an op's backward."""
    name = BACKWARD.get(op, "backward")
    original, calls = getattr(op, name), []

    @wraps(original)
    def watched(*args, **options):
        calls.append(name)
        return original(*args, **options)

    rng = np.random.default_rng(0)
    lines = []
    with mock.patch.object(op, name, watched):
        found = ledger.Page.read(path, ledger.SMALL)
        for block in found.blocks:
            claims = found.claims(block) if block.language == "math" else []
            for claim in claims:
                if not claim.code:
                    continue
                calls.clear()
                point = [
                    rng.uniform(0.1, 1, size=value.entries.shape)[()] for value in claim.taken()
                ]
                found.code.function(claim.code, block)(*point)
                if calls:
                    lines.append(claim.relation.line)
    return lines


def page_of(op):
    """Return the page that an op's docstring names."""
    return ROOT / re.search(r"^Derived in (\S+),", op.__doc__, re.MULTILINE)[1]


@pytest.mark.parametrize("op", [*OPS, two_layer, network], ids=lambda op: op.__name__)
def test_every_public_backward_has_an_equation_that_is_proved_of_its_code(op):
    assert tied_lines(op, page_of(op))


@pytest.mark.parametrize("path", sorted({page_of(op) for op in OPS}), ids=lambda path: path.name)
def test_what_a_page_derives_stands_in_a_box(path):
    found = ledger.Page.read(path)
    math = [block for block in found.blocks if block.language == "math"]
    assert any(claim.boxed for block in math for claim in found.claims(block))


def test_a_backward_without_one_is_noticed(tmp_path):
    text = page_of(relu).read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if "texttt{relu.backward}" not in line]
    path = tmp_path / "p.md"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    assert len(text.splitlines()) - len(lines) == 1
    assert tied_lines(relu, path) == []
