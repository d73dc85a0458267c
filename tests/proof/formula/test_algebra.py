"""A formula has a value only where every index, axis and symbol is in its place."""

import pytest
import sympy

from mlp.proof.formula.algebra import Algebra
from mlp.proof.formula.latex import read_math
from mlp.proof.formula.sheet import Sheet
from mlp.proof.formula.syntax import LatexError

GIVEN = r"""
A \in \mathbb{R}^{n \times d}, B \in \mathbb{R}^{d \times m}, C \in \mathbb{R}^{n \times m},
S \in \mathbb{R}^{n \times n}, v \in \mathbb{R}^{d}, u \in \mathbb{R}^{n}, x \in \mathbb{R},
y \in \mathbb{R}, \mathbf{1} \in \mathbb{R}^{n}, f : \mathbb{R} \to \mathbb{R},
F : \mathbb{R}^{d} \to \mathbb{R}^{n}
"""


def algebra():
    sheet = Sheet()
    for declaration in read_math(GIVEN).declarations:
        sheet.declare(declaration)
    return Algebra(sheet)


def differences(formula):
    here = algebra()
    relation = read_math(formula, functions=here.sheet.functions).relations[0]
    return [*here.differences(relation)]


def holds(formula):
    return all(sympy.expand(difference) == 0 for _, difference in differences(formula))


@pytest.mark.parametrize(
    "formula",
    [
        r"(A\,B)_{ik} = \sum_{j} A_{ij}\,B_{jk}",
        r"(A^\top)_{ji} = A_{ij}",
        r"A^\top_{ji} = A_{ij}",
        r"(A\,v)_{i} = \sum_{j} A_{ij}\,v_{j}",
        r"(\mathbf{1}\,v^\top)_{ij} = v_{j}",
        r"u^\top\,A\,v = \sum_{i}\sum_{j} u_{i}\,A_{ij}\,v_{j}",
        r"\langle A\,B, C \rangle = \sum_{i}\sum_{k} (A\,B)_{ik}\,C_{ik}",
        r"(A \odot A)_{ij} = A_{ij}^2",
        r"\sum_{j} \delta_{ij}\,u_{j} = u_{i}",
        r"\sum_{i} 1 \cdot u_{i} = u_{1} + u_{2}",
        r"\sum_{k=1}^{n} k = \frac{n\,(n + 1)}{2}",
        r"\sum_{i} u_{i}/n = \frac{1}{n} \sum_{i} u_{i}",
        r"\frac{\partial A_{ij}}{\partial A_{kl}} = \delta_{ik}\,\delta_{jl}",
        r"\frac{\partial \langle A, A \rangle}{\partial A} = 2 A",
        r"\frac{\partial f(x)}{\partial x} = f'(x)",
        r"\frac{\partial f(u_{i})}{\partial u_{j}} = f'(u_{i})\,\delta_{ij}",
        r"(f(A))_{ij} = f(A_{ij})",
        r"e^{x}\,e^{-x} = 1",
        r"\frac{x}{2} - x/2 = 0",
        r"|x|^2 = x^2",
    ],
)
def test_what_holds_by_the_rules_of_algebra(formula):
    assert holds(formula)


@pytest.mark.parametrize(
    "formula",
    [
        r"(A\,B)_{ik} = \sum_{j} A_{ij}\,B_{jk} + 1",
        r"u^\top\,A\,v = 0",
        r"S^\top_{ij} = S_{ij}",
        r"\frac{\partial A_{ij}}{\partial A_{kl}} = \delta_{ik}",
        r"\frac{\partial F_{i}(v)}{\partial v_{j}} = 0",
    ],
)
def test_what_does_not_hold(formula):
    assert not holds(formula)


@pytest.mark.parametrize(
    ("formula", "complaint"),
    [
        ("A = B", "cannot be equal"),
        ("A B = C^\\top", "cannot be equal"),
        ("B A = C", "the inner axes differ"),
        ("A + C = A", "cannot be added"),
        (r"A \odot C = A", "cannot be multiplied"),
        (r"A \odot A B = C", "ambiguous: write parentheses"),
        ("A + x = A", "cannot be added"),
        ("x = A / v", "what divides must be a number"),
        ("x = x^A", "an exponent must be a number"),
        ("x = x / 0", "divides by 0"),
        ("A_{ij} = B_{ij}", "the index i runs over n in one place, over d in another"),
        ("A_{ij} = A_{ji}", "the index j runs over d in one place, over n in another"),
        ("A_{ij} = A_{ik}", "the index k stands on the right only"),
        ("A_{i} = u_{i}", "has 2 indices, not 1"),
        ("u_{9} = x", "outside"),
        (r"x = \sum_{k} x", "the sum over k has no k in it"),
        (r"x = \sum_{i} \delta_{ii}", "nothing says how far i|nothing says how far the index i"),
        (r"u_{i} = \sum_{i} u_{i}", "the index i is summed, and free as well"),
        (r"x = \sum_{i} u_{i} \sum_{i} u_{i}", "a sum over i inside a sum over i"),
        (r"x = \delta_{ij}", "the index"),
        (r"x = Q", "Q is not known"),
        (r"x = f", "is a function and needs its argument"),
        (r"x = \frac{\partial x}{\partial (x y)}", "no variable to differentiate by"),
        (r"x = \frac{\partial x}{\partial 2}", "no variable to differentiate by"),
        (r"x = u'(x)", "u is not known as a function"),
        (r"x = \texttt{f}(x)", "no place here"),
        (r"x = F_{i}(v)", "the index i stands on the right only"),
        (r"u_{i} = F_{i}(u)", "takes an array d"),
        (r"x = \begin{cases} 1 & x = 0 \end{cases}", "a region needs"),
        (r"x = (x - x)^{-1}", "0 to a power that is not positive"),
        (r"A = \operatorname{diag}(x)", "diag needs a vector"),
        (r"x = \operatorname{tr}(A)", "tr needs a square matrix"),
        (r"x = \sum_{k=x}^{2} k", "the bounds of the sum over k must be whole numbers"),
        (r"x = f(x, x)", "f takes one argument"),
        (r"u_{i} = F_{ij}(v)", "F has 1 indices, not 2"),
    ],
)
def test_what_has_no_meaning_is_refused(formula, complaint):
    with pytest.raises(LatexError, match=complaint):
        differences(formula)


@pytest.mark.parametrize(
    ("definition", "complaint"),
    [
        ("Q_{ij} := u_{i}", "the index j stands on one side only"),
        ("Q_{i} := A_{ij}", "the index j stands on one side only"),
        ("Q_{ii} := A_{ii}", "stands twice|runs over"),
        ("Q := A_{ij}", "the index i stands on the right only"),
        ("Q_{1} := x", "define a whole array"),
        ("x + y := 1", "a definition needs a symbol"),
        ("g(2) := 1", "define a function by"),
        ("g(z) := x", "the argument z does not occur"),
        ("f(z) := 1", "f has a meaning already"),
        (r"Q_{i} := \sum_{i} u_{i}", "one side only|summed, and free"),
    ],
)
def test_a_definition_that_defines_nothing_is_refused(definition, complaint):
    here = algebra()
    with pytest.raises(LatexError, match=complaint):
        here.define(read_math(definition, functions=here.sheet.functions).relations[0])


def test_a_place_is_named_by_its_indices_or_by_its_entry():
    assert differences("A_{ij} = 0 A_{ij}")[1][0] == "i = 1, j = 2"
    assert differences("A = 2 A")[1][0] == "entry (1, 2)"
