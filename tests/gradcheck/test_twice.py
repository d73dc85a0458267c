"""Second order: Hessians, products with them, and gradients that are gradients of nothing."""

import re

import numpy as np
import pytest
import scipy.sparse
from scipy.optimize import rosen, rosen_der, rosen_hess, rosen_hess_prod

from mlp import check

X = np.array([1.3, 0.7, 0.8, 1.9])
M = np.random.default_rng(0).normal(size=(4, 4))


def cubic(x):
    return (x**3).sum()


def saddle(a, B):
    """Return one number of a vector and a matrix, each in the other's second derivatives."""
    return float(np.sin(a) @ B @ B.T @ np.cos(a))


def saddle_backward(dL, a, B):
    da = np.cos(a) * (B @ B.T @ np.cos(a)) - np.sin(a) * (B @ B.T @ np.sin(a))
    dB = (np.outer(np.sin(a), np.cos(a)) + np.outer(np.cos(a), np.sin(a))) @ B
    return dL * da, dL * dB


def product_gradient(a, b):
    return 2 * a * (b @ b), 2 * b * (a @ a)


def product_hessian(a, b):
    cross = 4 * np.outer(a, b)
    return (2 * (b @ b) * np.eye(len(a)), cross), (cross.T, 2 * (a @ a) * np.eye(len(b)))


# a Hessian-vector product is a backward


def test_a_hessian_vector_product_is_checked_as_a_backward():
    hvp = lambda v, x: rosen_hess_prod(x, v)  # noqa: E731  # SciPy takes the point first
    assert check(rosen_der, hvp, X).verdict == "correct"
    assert check(rosen_der, lambda v, x: 1.01 * hvp(v, x), X).verdict == "wrong"


# a Hessian handed over whole

WHOLE = {
    "rosen": (rosen_der, rosen_hess, X),
    "a matrix argument": (lambda W: 4 * W**3, lambda W: np.diag(12 * W.ravel() ** 2), M),
    "of four axes": (
        lambda W: 4 * W**3,
        lambda W: np.diag(12 * W.ravel() ** 2).reshape(4, 4, 4, 4),
        M,
    ),
    "sparse": (lambda x: 3 * x**2, lambda x: scipy.sparse.diags(6 * x), X),
    "blocks": (product_gradient, product_hessian, X, X[:3]),
    "one number": (lambda x: 3 * x**2, lambda x: 6 * x, 2.0),
    "rounding": (lambda x: M.T @ np.tanh(M @ x), lambda x: (M.T / np.cosh(M @ x) ** 2) @ M, X),
}


@pytest.mark.parametrize("name", WHOLE)
def test_a_right_hessian_is_correct(name):
    report = check(*WHOLE[name], order=2)
    assert report.verdict == "correct", str(report)
    assert "as the Hessian, the gradient of" in report.subject
    assert "order=2" in report.reproduce


@pytest.mark.parametrize("name", WHOLE)
def test_a_hessian_off_by_a_factor_is_wrong(name):
    gradient, hessian, *point = WHOLE[name]

    def twice(x):
        return 2 * hessian(x)

    def twice_in_blocks(a, b):
        return [[2 * part for part in row] for row in hessian(a, b)]

    doubled = twice_in_blocks if name == "blocks" else twice
    assert check(gradient, doubled, *point, order=2).verdict == "wrong"


def test_a_hessian_that_is_not_symmetric_is_wrong_and_shown():
    def lopsided(x):
        return rosen_hess(x) + np.outer([1, 0, 0, 0], [0, 0, 1, 0])

    report = check(rosen_der, lopsided, X, order=2)
    (found,) = (finding for finding in report.findings if finding.kind == "symmetry")
    assert found.message == (
        "the Hessian is not symmetric: 1 for x[0] and x[2], 0 for x[2] and x[0]"
    )


def inverse_backward(d, S):
    row = np.linalg.inv(S)[:, 0]
    return -d * np.outer(row, row)


# backward's derivative


RIGHT = {
    "rosen": (rosen, lambda dL, x: dL * rosen_der(x), X),
    "two arguments": (saddle, saddle_backward, X, M),
    "a quadratic form": (lambda x: x @ M @ x, lambda d, x: d * (M + M.T) @ x, X),
    "tanh": (lambda x: np.tanh(M @ x).sum(), lambda d, x: d * M.T @ (1 - np.tanh(M @ x) ** 2), X),
}


@pytest.mark.parametrize("name", RIGHT)
@pytest.mark.parametrize("seed", range(3))
def test_the_derivative_of_a_right_backward_is_symmetric(name, seed):
    report = check(*RIGHT[name], order=2, rng=seed)
    assert (report.verdict, report.findings) == ("correct", ()), str(report)
    assert report.backward_evaluations > check(*RIGHT[name], rng=seed).backward_evaluations


def test_what_is_right_at_the_point_alone_is_wrong_at_second_order():
    base = rosen_der(X)
    tilt = np.triu(np.ones((4, 4)), 1)

    def backward(dL, x):
        return dL * (base + (rosen_hess(X) + tilt) @ (x - X))

    first = check(rosen, backward, X)
    assert first.verdict == "correct"
    report = check(rosen, backward, X, order=2)
    assert report.verdict == "wrong"
    assert "the derivative of backward is not symmetric by x" in str(report)


def test_an_argument_that_stood_still_in_the_others_gradient_is_named():
    kept = M.copy()

    def backward(dL, a, B):
        return saddle_backward(dL, a, kept)[0], saddle_backward(dL, a, B)[1]

    assert check(saddle, backward, X, M).verdict == "correct"
    report = check(saddle, backward, X, M, order=2)
    assert report.verdict == "wrong"
    assert "not symmetric by a and B" in str(report)


def test_where_backward_does_not_change_nothing_was_compared_and_that_is_said():
    report = check(lambda x: x.sum(), lambda d, x: np.full_like(x, d), X, order=2)
    assert report.verdict == "correct"
    assert "second order: backward does not change around this point" in str(report)


def test_at_a_kink_of_backward_second_order_is_left_open():
    forward, backward = (lambda x: (x * abs(x)).sum() / 2), (lambda d, x: d * abs(x))
    report = check(forward, backward, np.array([0.0, 1.0]), order=2)
    assert report.verdict == "inconclusive"
    assert "second order: backward has a kink or a jump here" in str(report)


def test_in_a_linear_set_the_derivative_is_that_along_it():
    S = M + M.T
    forward, backward = (lambda S: np.linalg.inv(S)[0, 0]), inverse_backward
    assert check(forward, backward, S, along={"S": "symmetric"}, order=2).verdict == "correct"


def test_what_raises_is_reported_as_ever():
    for second in (lambda d, x: 1 / 0, lambda x: 1 / 0):  # noqa: ARG005  # of either kind
        report = check(cubic if second.__code__.co_argcount == 2 else rosen_der, second, X, order=2)
        assert (report.verdict, report.findings[0].kind) == ("inconclusive", "raised")
    report = check(lambda x: 1 / 0, lambda d, x: d * x, X, order=2)  # noqa: ARG005  # likewise
    assert report.findings[0].kind == "raised"
    assert check(rosen_der, rosen_hess, X, order=2, max_evaluations=1).verdict == "inconclusive"


# what is refused


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (
            lambda: check(np.sin, lambda d, x: d * np.cos(x), X, order=2),
            "one number, or a gradient",
        ),
        (
            lambda: check(cubic, cubic, X, order=2, retract={"x": lambda x, xi: x + xi}),
            "order=2 goes with no retract",
        ),
        (lambda: check(cubic, lambda d, x: d * 3 * x**2, X, order=3), "order must be 1 or 2"),
        (lambda: check(lambda x: M[:2] @ x, lambda _: M, X, order=2), "needs the gradient of 4 "),
        (lambda: check(rosen_der, lambda x: x, X, order=2), "a Hessian of 4 x 4 numbers"),
    ],
)
def test_what_has_no_second_order_is_refused_in_one_line(call, said):
    with pytest.raises(ValueError, match=re.escape(said)) as caught:
        call()
    assert "\n" not in str(caught.value)
