"""What holds on a page only because lengths coincide is refused, with numbers and the lengths."""

import pytest

from mlp.proof.page import ledger
from mlp.proof.page.lengths import other_lengths

HEAD = r"""
```python
def mean(o):
    return (o * o).sum() / 2
```

```math
o \in \mathbb{R}^{n}, t \in \mathbb{R}^{n}
```

```math
Q := \frac{1}{n} \sum_{i} (o_{i} - t_{i})^2, \quad R := \frac{1}{n} \sum_{i} o_{i}^2
```
"""


def last(tmp_path, formula, **sizes):
    path = tmp_path / "p.md"
    path.write_text(f"{HEAD}\n```math\n{formula}\n```\n", encoding="utf-8")
    return [*ledger.Page.read(path, sizes).prove()][-1]


def test_a_factor_that_is_one_for_two_numbers_is_refused(tmp_path):
    line = last(tmp_path, r"\frac{\partial Q}{\partial o_{i}} = o_{i} - t_{i}")
    assert line.verdict == "refused"
    assert line.message.endswith("with n = 3")
    right = last(tmp_path, r"\frac{\partial Q}{\partial o_{i}} = \frac{2}{n}\,(o_{i} - t_{i})")
    assert right.verdict == "proved"


def test_a_claim_for_given_lengths_is_looked_at_there_alone(tmp_path):
    claim = r"\frac{\partial Q}{\partial o_{i}} = o_{i} - t_{i}"
    assert last(tmp_path, rf"{claim} \quad\text{{for}}\quad n = 2").verdict == "proved"
    assert last(tmp_path, claim, n=2).verdict == "proved"


def test_code_that_divides_by_two_instead_of_n_is_refused(tmp_path):
    line = last(tmp_path, r"R = \texttt{mean}(o)")
    assert line.verdict == "refused"
    assert "n = 3" in line.message


@pytest.mark.parametrize("given", [{}, {"n": 2}])
def test_other_lengths_all_differ_and_those_given_stay(given):
    found = other_lengths({"n": 2, "c": 3, "d": 4}, given)
    assert len({*found.values()}) == 3
    assert found["n"] == given.get("n", 3)
