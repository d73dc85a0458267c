"""A mistake that several arguments share is said once; one that is another's is not."""

import numpy as np

import mlp

RNG = np.random.default_rng(0)
X, W, BIAS = RNG.normal(size=(5, 3)), RNG.normal(size=(3, 4)), RNG.normal(size=4)


def messages(*factors):
    """Return what is said of the gradients of x W + b, each with a factor."""

    def backward(d, x, w, b):  # noqa: ARG001  # it takes every argument
        pulled = d @ w.T, x.T @ d, d.sum(0)
        return tuple(factor * g for factor, g in zip(factors, pulled, strict=True))

    report = mlp.check(lambda x, w, b: x @ w + b, backward, X, W, BIAS)
    assert [row.verdict == "wrong" for row in report.arguments] == [f != 1 for f in factors]
    return [finding.message for finding in report.findings]


def test_one_factor_in_all_is_said_once():
    first, *others = messages(2.5, 2.5, 2.5)
    assert first.endswith("the same in w, b: one cause")
    assert all("\n" not in other for other in others)


def test_factors_of_their_own_are_said_of_each():
    assert not any("one cause" in message for message in messages(2.5, 1.5, -1))
    assert "the same in b: one cause" in messages(2.5, 1, 2.5)[0]
