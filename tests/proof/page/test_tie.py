"""The page and the code say the same, in every region of the code; where not, both are shown."""

import re
import textwrap
from fractions import Fraction

import pytest

from mlp.proof.page import ledger

HEAD = r"""
```python
import numpy as np


def relu(z):
    return np.maximum(z, 0)


def relu_backward(da, z):
    return da * np.where(z > 0, 1, 0)


def softmax(z):
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def raised(z):
    return np.exp(np.maximum(z, 0))


def both(z, w):
    return z + w, z @ w.T


def logarithm(p):
    return np.log(p)


def halves(z):
    return z if z[0, 0] > 0 else -z


def rounds(z):
    return np.array([[int(x) for x in row] for row in z])
```

```math
Z \in \mathbb{R}^{n \times c}, W \in \mathbb{R}^{n \times c}, Q \in \mathbb{R}_{>0}^{n \times c},
v \in \mathbb{R}^{n}, w \in \mathbb{R}^{n}
```

```math
r(z) := \max(0, z), \quad u(z) := e^{\max(0, z)}, \quad
P_{ik} := \frac{e^{Z_{ik}}}{\sum_{j} e^{Z_{ij}}}
```
"""


@pytest.fixture
def settled(tmp_path):
    def settle(formula):
        path = tmp_path / "p.md"
        text = f"{textwrap.dedent(HEAD)}\n```math\n{formula}\n```\n"
        path.write_text(text, encoding="utf-8")
        return [*ledger.Page.read(path).prove()][-1]

    return settle


@pytest.mark.parametrize(
    "formula",
    [
        r"r(v) = \texttt{relu}(v)",
        r"r'(v) \odot w = \texttt{relu_backward}(w, v)",
        r"u(v) = \texttt{raised}(v)",
        r"P = \texttt{softmax}(Z)",
        r"P = \texttt{softmax}(Z + Z - Z)",
        r"(Z + W, Z\,W^\top) = \texttt{both}(Z, W)",
        r"2\,(Z + W, 2\,Z\,W^\top) = \texttt{both}(2 Z, 2 W)",
        r"\log Q = \texttt{logarithm}(Q)",
        r"Z = \texttt{halves}(Z) \quad\text{for}\quad Z_{11} > 0",
    ],
)
def test_code_that_does_what_the_page_says_is_proved(formula, settled):
    line = settled(formula)
    assert (line.verdict, line.message) == ("proved", "")


def test_each_region_of_the_code_is_visited(settled):
    assert settled(r"P = \texttt{softmax}(Z)").regions > 3
    assert settled(r"r(v) = \texttt{relu}(v)").regions == 2**2


@pytest.mark.parametrize(
    ("formula", "verdict", "complaint"),
    [
        (r"P = \texttt{softmax}(W)", "refused", "differs by"),
        (r"r(v) \odot w = \texttt{relu_backward}(w, v)", "refused", "entry 1 differs by"),
        (r"Z = \texttt{halves}(Z)", "refused", "differs by"),
        (r"(Z - W, Z\,W^\top) = \texttt{both}(Z, W)", "refused", "result 1, entry (1, 1)"),
        (r"Z = \texttt{both}(Z, W)", "error", "returns 2 results, not 1"),
        (r"Z^\top = \texttt{relu}(Z)", "error", "returns the shape (2, 3), the page has (3, 2)"),
        (r"Z = \texttt{rounds}(Z)", "not proved", "int() needs a number"),
        (r"Z = \texttt{missing}(Z)", "error", "no code above defines or imports missing"),
        (r"Z = \texttt{np.zilch}(Z)", "error", "np has no zilch"),
        (r"Z = \texttt{relu}(Z, Z)", "not proved", "takes 1 positional argument"),
    ],
)
def test_code_that_does_not_is_refused_or_says_why_it_cannot_be_proved(
    formula, verdict, complaint, settled
):
    line = settled(formula)
    assert line.verdict == verdict
    assert complaint in line.message


def test_a_counterexample_is_one_by_its_numbers(settled):
    message = settled(r"|v| = \texttt{relu}(v)").message
    numbers = [Fraction(text) for text in re.findall(r"= (-?[\d/]+)", message)]
    assert any(abs(v) != max(v, 0) for v in numbers)


def test_a_chain_ties_several_calls_to_one_formula(settled):
    line = settled(r"r(v) = \texttt{relu}(v) = \texttt{relu}(w)")
    assert line.verdict == "refused"
