"""Scalars go through unchanged NumPy code; the branch is that of the witness, and it is kept."""

import math
from fractions import Fraction

import numpy as np
import pytest
import sympy
from kinds import PURE

from mlp.ops import relu, softmax
from mlp.proof.real.decide import is_zero
from mlp.proof.run.arrays import traced
from mlp.proof.run.symbolic import Unprovable
from mlp.proof.run.trace import Outside, Tie, Trace

x, y, z = symbols = sympy.symbols("x y z", real=True)


def scalars(*values):
    """Return a trace and an array of x, y, z with the given values."""
    trace = Trace({s: Fraction(v) for s, v in zip(symbols, values, strict=False)})
    return trace, traced(np.array(symbols[: len(values)], dtype=object), trace)


def relations(trace):
    return [condition.relation for condition in trace.conditions]


@pytest.mark.parametrize(
    ("kernel", "expected"),
    [
        (lambda A: A.sum(), x + y),
        (lambda A: A @ A, x**2 + y**2),
        (lambda A: 2 * A[0] - A[1] / 4, 2 * x - y / 4),
        (lambda A: (1 - A[0]) ** 2, (1 - x) ** 2),
        (lambda A: 1 / A[0] + 2 ** A[1], 1 / x + 2**y),
        (np.mean, (x + y) / 2),
        (np.var, (x - y) ** 2 / 4),
        (lambda A: np.exp(A)[0] + np.expm1(A)[1], sympy.exp(x) + sympy.exp(y) - 1),
        (lambda A: np.log(A)[0] + np.log1p(A)[1], sympy.log(x) + sympy.log(1 + y)),
        (lambda A: np.log2(A)[0] - np.log10(A)[0], sympy.log(x, 2) - sympy.log(x, 10)),
        (lambda A: np.tanh(A)[0] * np.sqrt(A)[1], sympy.tanh(x) * sympy.sqrt(y)),
        (lambda A: np.sin(A)[0] + np.cos(A)[1], sympy.sin(x) + sympy.cos(y)),
        (lambda A: np.sinh(A)[0] / np.cosh(A)[0], sympy.tanh(x)),
        (lambda A: np.arctan(A)[0] + np.arcsinh(A)[1], sympy.atan(x) + sympy.asinh(y)),
        (np.linalg.norm, sympy.sqrt(x**2 + y**2)),
        (lambda A: np.max(A) - np.min(A), y - x),
        (lambda A: np.abs(A - 1).sum(), (1 - x) + (y - 1)),
        (lambda A: np.where(A > 1, A, 0).sum(), y),
        (lambda A: np.clip(A, 0, 1).sum(), x + 1),
        (lambda A: A[A.argmax()] + np.sort(A)[0], x + y),
        (lambda A: np.float64(0.5) * A[0] + np.float32(0.1) * A[1], x / 2 + y / 10),
        (lambda A: np.einsum("i,j->ij", A, A)[0, 1], x * y),
    ],
)
def test_numpy_code_returns_its_expression(kernel, expected):
    _, A = scalars("1/3", "5/2")
    result = kernel(A)
    assert is_zero(result.expr - expected, positive=[x, y])
    assert result.value == pytest.approx(float(expected.subs({x: 1 / 3, y: 5 / 2})))


def test_a_comparison_takes_the_branch_of_the_witness_and_keeps_it():
    trace, A = scalars("1/3", "-1/2")
    assert [a.expr if hasattr(a, "expr") else a for a in relu.forward(A)] == [x, 0]
    assert relations(trace) == [x > 0, y < 0]
    relu.backward(A, A)
    assert len(trace.conditions) == 2  # the same comparison again is no new condition


def test_a_comparison_that_holds_for_all_values_is_no_condition():
    trace, A = scalars("1/3", "-1/2")
    assert np.exp(A[0]) > 0
    assert A[0] * A[0] - A[0] ** 2 == 0
    assert np.exp(A[0]) + 1 != 0
    assert A[0] < math.inf
    assert trace.conditions == []
    assert not (A[0] * (A[1] + 1) > A[0] * A[1] + A[0])  # equal, though written differently
    assert trace.conditions == []


def test_a_tie_is_an_error_and_not_a_choice():
    _, A = scalars("1/3", "1/3")
    with pytest.raises(Tie, match="x - y is 0 at the witness: choose another point"):
        A.max()


def test_the_domain_of_a_logarithm_is_a_condition_with_one_side():
    trace, A = scalars("1/3", "-1/2")
    np.log(A[:1])
    assert [(c.relation, c.domain) for c in trace.conditions] == [(x > 0, True)]
    with pytest.raises(Outside, match="log of y, which is not positive here") as outside:
        np.log(A)
    assert outside.value.wanted.relation == (y > 0)
    assert len(trace.conditions) == 1


def test_constants_are_read_and_kept():
    trace, A = scalars("1/3")
    result = 0.01 * A + math.sqrt(2) + 2.0
    assert result[0].expr == x / 100 + sympy.sqrt(2) + 2
    assert trace.constants == {0.01: sympy.Rational(1, 100), math.sqrt(2): sympy.sqrt(2)}


@pytest.mark.parametrize(
    "kernel",
    [
        lambda A: math.exp(A[0]),
        lambda A: np.array(A, dtype=float),
        lambda A: A.astype(np.float32),
        lambda A: int(A[0]),
        lambda A: [1, 2][A[0]],
        lambda A: round(A[0]),
        lambda A: math.floor(A[0]),
        lambda A: math.ceil(A[0]),
        lambda A: math.trunc(A[0]),
        lambda A: complex(A[0]),
        lambda A: (-2) ** A[0],
        lambda A: np.zeros(2).__setitem__(0, A[0]),
    ],
)
def test_what_only_numbers_can_do_is_refused_by_name(kernel):
    _, A = scalars("1/3")
    with pytest.raises(Unprovable, match=r"needs a number|must be positive"):
        kernel(A)


def test_a_comparison_with_nan_is_an_error():
    _, A = scalars("1/3")
    nan = math.nan
    for compare in (lambda a: a < nan, lambda a: a == nan):
        with pytest.raises(ValueError, match="nan is no real number"):
            compare(A[0])


def test_division_by_zero_is_an_error():
    _, A = scalars("1/3")
    for kernel in (lambda a: a / 0, lambda a: 1 / (a - a)):
        with pytest.raises(ZeroDivisionError):
            kernel(A[0])


def test_the_likeliest_class_is_a_branch_and_its_softmax_is_the_textbook_line():
    trace, A = scalars("1/3", "-1/2", "1/4")
    P = softmax.forward(A[None, :])
    total = sympy.exp(x) + sympy.exp(y) + sympy.exp(z)
    for p, s in zip(P[0], symbols, strict=True):
        assert is_zero(p.expr - sympy.exp(s) / total, conditions=relations(trace))
    assert relations(trace) == [x > y, x > z] or len(trace.conditions) == 2


def test_a_scalar_has_the_value_that_floats_have():
    rng = np.random.default_rng(0)
    for op in PURE.values():
        Z = np.round(rng.normal(size=3) * 16) / 16 + 1 / 64
        _, A = scalars(*map(Fraction, Z))
        got = [getattr(a, "value", a) for a in op.forward(A)]
        np.testing.assert_allclose(got, op.forward(Z), rtol=1e-12)
