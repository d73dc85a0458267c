"""Every symbol that a page defines is tied to shipped code, or has its reason in untied.txt."""

import pytest
import ties

from mlp.proof.page import ledger

PAGES = sorted((ties.ROOT / "derivations").glob("*.md"))

TIED = r"""
```python
from mlp.ops import relu, softmax


def copied(Z):
    return 0 * Z + 1


def shipped(Z):
    return softmax.forward(Z)
```

```math
Z \in \mathbb{R}^{n \times c}, \qquad f : \mathbb{R} \to \mathbb{R}
```

```math
E_{ik} := e^{Z_{ik}}, \qquad P_{ik} := \frac{E_{ik}}{\sum_{j} E_{ij}}
```

```math
V_{ik} := Z_{ik} - \log \sum_{j} E_{ij}
```

```math
V_{ik} = \log P_{ik}
```

```math
P = \texttt{shipped}(Z)
```
"""


def named(path):
    """Return the symbols of a page that are not tied, by their names."""
    return {str(symbol) for symbol in ties.untied(ledger.Page.read(path, ledger.SMALL))}


@pytest.fixture
def left(tmp_path):
    def left(text):
        path = tmp_path / "p.md"
        path.write_text(text, encoding="utf-8")
        return named(path)

    return left


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_every_symbol_of_a_page_is_tied_to_shipped_code_or_says_why_not(path):
    assert named(path) == {symbol for name, symbol in ties.reasons() if name == path.name}


def test_the_reasons_are_sentences_about_pages_there_are():
    assert {name for name, _ in ties.reasons()} <= {path.name for path in PAGES}
    assert all(len(reason.split()) > 3 for reason in ties.reasons().values())


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_if_no_code_were_shipped_no_symbol_would_be_tied(path, monkeypatch):
    monkeypatch.setattr(ties, "ships", lambda *_: False)
    assert named(path) == {str(symbol) for symbol in ties.definitions(ledger.Page.read(path))}


def test_what_stands_in_a_tie_and_what_it_is_made_of_and_equal_to_is_tied(left):
    assert left(TIED) == set()


@pytest.mark.parametrize(
    ("before", "after", "untied"),
    [
        ("{shipped}", "{copied}", {"E", "P", "V"}),  # code, but none of the package's
        (r"\log P_{ik}", r"Z_{ik} - \log \sum_{j} E_{ij}", set()),
        (r"= \log P_{ik}", r"= f(Z_{ik}) + \log P_{ik}", {"V"}),  # f is not tied, nor V by it
        (r"V_{ik} = \log P_{ik}", r"\sum_{k} P_{ik} = 1", {"V"}),
        (r"V_{ik} = \log P_{ik}", r"V_{ik} + P_{ik} = P_{ik} + V_{ik}", {"V"}),
        (r"V_{ik} = \log P_{ik}", r"\dot V = Z", set()),  # a tangent is its symbol's
    ],
)
def test_what_no_equation_leads_to_code_from_is_not(before, after, untied, left):
    assert left(TIED.replace(before, after)) == untied
