"""A gradient that is right in a set of matrices is wrong, and told of the option that says so."""

import numpy as np
import pytest

import mlp

RNG = np.random.default_rng(3)
A = RNG.normal(size=(4, 4))
S = A @ A.T + np.eye(4)
S = (S + S.T) / 2
L = np.tril(A) + 2 * np.eye(4)
W = RNG.normal(size=(4, 4))


def factor(S):
    return np.linalg.cholesky(S)


def factor_backward(dL, S):
    L = np.linalg.cholesky(S)
    phi = np.tril(L.T @ dL)
    phi[np.diag_indices(len(S))] /= 2
    inverse = np.linalg.inv(L)
    G = inverse.T @ phi @ inverse
    return (G + G.T) / 2


def product(L):
    return (W * (L @ L.T)).sum()


def product_backward(dO, L):
    return dO * (W + W.T) @ L


def said(report):
    (finding,) = report.findings
    return finding.diagnosis, finding.message.splitlines()[-1]


def test_the_symmetric_gradient_of_a_factor_is_told_of_along():
    report = mlp.check(factor, factor_backward, S)
    assert report.verdict == "wrong"
    assert said(report) == (
        "symmetric",
        "right for a symmetric S: if it always is, say along={'S': 'symmetric'}",
    )
    assert mlp.check(factor, factor_backward, S, along={"S": "symmetric"})


@pytest.mark.parametrize(
    ("word", "spoken", "part", "x"),
    [("lower", "a lower", np.tril, L), ("upper", "an upper", np.triu, L.T)],
)
def test_a_gradient_of_one_triangle_is_told_of_along(word, spoken, part, x):
    def of_part(dO, L):
        return part(product_backward(dO, L))

    report = mlp.check(product, of_part, x)
    assert said(report) == (
        word,
        f"right for {spoken} triangular L: if it always is, say along={{'L': '{word}'}}",
    )
    assert mlp.check(product, of_part, x, along={"L": word})


@pytest.mark.parametrize(
    "wrong",
    [
        lambda dL, S: np.tril(factor_backward(dL, S)),
        lambda dL, S: -factor_backward(dL, S),
        lambda dL, S: factor_backward(dL, S) + 1e-3 * np.eye(4),
    ],
)
def test_what_is_wrong_in_the_set_too_is_not_told_of_it(wrong):
    report = mlp.check(factor, wrong, S)
    assert report.verdict == "wrong"
    assert "along=" not in str(report)


def test_a_matrix_that_is_in_no_set_is_not_told_of_one():
    report = mlp.check(product, lambda dO, L: np.tril(product_backward(dO, L)), A)
    assert report.verdict == "wrong"
    assert "along=" not in str(report)


def test_in_a_structure_the_array_is_named():
    report = mlp.check(
        lambda P: factor(P["S"]), lambda dL, P: {"S": factor_backward(dL, P["S"])}, {"S": S}
    )
    assert """along={"P['S']": 'symmetric'}""" in str(report)
    along = {"P['S']": "symmetric"}
    assert mlp.check(
        lambda P: factor(P["S"]),
        lambda dL, P: {"S": factor_backward(dL, P["S"])},
        {"S": S},
        along=along,
    )
