"""A name becomes one tree with its level, its indices, its dot, its powers and its arguments."""

import pytest

from mlp.proof.formula.latex import read_math
from mlp.proof.formula.syntax import LatexError, Name, Node


def tree(formula):
    (relation,) = read_math(f"a = {formula}").relations
    return relation.right


@pytest.mark.parametrize(
    ("formula", "wanted"),
    [
        (r"\delta_{ij}", Node("delta", (), ("i", "j"))),
        (r"W^{(1)}_{ij}", Node("entry", (Name("W", "1"),), ("i", "j"))),
        (r"W^{(1)\top}", Node("transpose", (Name("W", "1"),))),
        (r"\dot{\mathrm{d}Z}^{(2)}", Name("Z", "2", cotangent=True, dotted=True)),
        (r"\mathrm{d}\theta", Name("θ", cotangent=True)),
        (r"\mathbb{1}(i = j)", Node("delta", (), ("i", "j"))),
        (r"\mathbf{x}", Name("x")),
        (r"W^{\top}", Node("transpose", (Name("W"),))),
    ],
)
def test_what_a_name_means(formula, wanted):
    assert tree(formula) == wanted


@pytest.mark.parametrize(
    ("formula", "complaint"),
    [
        ("x^2^3", "one power only"),
        ("(x)^2^3", "one power only"),
        ("x'", "needs its argument"),
        (r"\dot{\dot x}", "one dot"),
        (r"x_{i+1}", "an index must be"),
        ("x^12", "write .12.: without"),
    ],
)
def test_what_is_wrong_or_ambiguous_is_refused(formula, complaint):
    with pytest.raises(LatexError, match=complaint):
        tree(formula)
