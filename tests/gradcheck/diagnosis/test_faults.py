"""Realistic faults, and words that the report on each must hold.

Each is written as people write it: links of parameters, masks, statistics, constants, many
arguments behind one line.
"""

import numpy as np
import pytest

import mlp

RNG = np.random.default_rng(0)
A, B, Z, U = (RNG.normal(size=shape) for shape in ((4, 4), (5, 4), (5, 3), 7))
W, BIAS = RNG.normal(size=(3, 4)), RNG.normal(size=4)
STEPS = np.arange(1.0, 8.0)
ALPHA = 0.37


def sig(x):
    return 1 / (1 + np.exp(-x))


def softmax(x):
    e = np.exp(x)
    return e / e.sum(1, keepdims=True)


def norm(x):
    return (x - x.mean(0)) / np.sqrt(x.var(0) + 1e-5)


def unit(x):
    return x / np.linalg.norm(x, axis=1, keepdims=True)


def huber(r):
    return np.where(np.abs(r) < 1, r**2 / 2, np.abs(r) - 0.5)


def scaled(x):
    momentum = 0.9
    return momentum * np.sin(x)


def layer(x, w, b):
    return np.tanh(x @ w + b)


def layer_by(outer):
    """Return the backward of the layer with a derivative of its tanh."""

    def backward(d, x, w, b):
        g = outer(d, np.tanh(x @ w + b))
        return g @ w.T, x.T @ g, g.sum(0)

    return backward


def square(d, w, b):
    g = d * (1 - np.tanh(b @ w) ** 2)
    return g.T @ b, g @ w.T


def centred_twice(d, x):
    g = d * (1 - np.tanh(x) ** 2)
    return g - g.mean(0)


FAULTS = [  # name, words, forward, backward, point
    ("a transpose", "transposed", lambda w, b: np.tanh(b @ w), square, (A, B)),
    ("exp", "lacks the factor exp(s)", lambda s: np.exp(s) * STEPS, lambda d, s: d * STEPS + 0 * s, (U,)),  # noqa: E501  # a row of the table
    ("sigmoid", "σ(a) (1 - σ(a))", lambda a: np.cos(sig(a) * STEPS), lambda d, a: -d * STEPS * np.sin(sig(a) * STEPS), (U,)),  # noqa: E501  # a row of the table
    ("log", "factor t once too often", lambda t: np.log(t) ** 3, lambda d, t: 3 * d * np.log(t) ** 2, (np.abs(U) + 1,)),  # noqa: E501  # a row of the table
    ("reciprocal", "1/t²", lambda t: np.tanh(1 / t), lambda d, t: -d * (1 - np.tanh(1 / t) ** 2), (np.abs(U) + 0.5,)),  # noqa: E501  # a row of the table
    ("square", "the factor 2 s", lambda s: np.sin(s**2), lambda d, s: d * np.cos(s**2), (U,)),
    ("softplus", "the factor σ(r)", lambda r: np.sin(np.log1p(np.exp(r))), lambda d, r: d * np.cos(np.log1p(np.exp(r))), (U,)),  # noqa: E501  # a row of the table
    ("tanh", "1 - tanh(r)²", lambda r: np.exp(np.tanh(r)), lambda d, r: d * np.exp(np.tanh(r)), (U,)),  # noqa: E501  # a row of the table
    ("root", "1/(2 √u)", lambda u: np.cos(3 * np.sqrt(u)), lambda d, u: -3 * d * np.sin(3 * np.sqrt(u)), (np.abs(U) + 0.5,)),  # noqa: E501  # a row of the table
    ("a threshold", "only entries with x", lambda x: np.where(x > 0, x, 0.1 * x), lambda d, x: d * np.where(x > 0.3, 1, 0.1), (A,)),  # noqa: E501  # a row of the table
    ("a slope forgotten", "only entries with x <", lambda x: np.where(x > 0, x, 0.1 * x), lambda d, x: d * (x > 0), (A,)),  # noqa: E501  # a row of the table
    ("a sign in part", "-numeric in", lambda x: 3 * np.abs(x), lambda d, x: 3 * d + 0 * x, (A,)),
    ("half a mask", "only entries with x <", lambda x: 2 * np.clip(x, -0.5, 0.5), lambda d, x: 2 * d * (x < 0.5), (A,)),  # noqa: E501  # a row of the table
    ("no mask", "only entries with |x| >", lambda x: 2 * np.clip(x, -0.5, 0.5), lambda d, x: 2 * d + 0 * x, (A,)),  # noqa: E501  # a row of the table
    ("a mean too many", "its mean is subtracted", np.tanh, centred_twice, (Z,)),
    ("a mean missing", "the mean's share is missing", lambda x: x - x.mean(0), lambda d, x: d + 0 * x, (Z,)),  # noqa: E501  # a row of the table
    ("statistics", "neglected", norm, lambda d, x: d / np.sqrt(x.var(0) + 1e-5), (Z,)),
    ("variance", "neglected", norm, lambda d, x: (d - d.mean(0)) / np.sqrt(x.var(0) + 1e-5), (Z,)),
    ("statistics of rows", "its mean and variance along axis 1 are neglected", lambda x: norm(x.T).T, lambda d, x: d / np.sqrt(x.var(1, keepdims=True) + 1e-5), (B,)),  # noqa: E501  # a row of the table
    ("statistics of all", "neglected", lambda x: np.sin((x - x.mean()) / x.std()), lambda d, x: d * np.cos((x - x.mean()) / x.std()) / x.std(), (B,)),  # noqa: E501  # a row of the table
    ("a variance of rows", "its variance along axis 1 is neglected", lambda x: norm(x.T).T, lambda d, x: (d - d.mean(1, keepdims=True)) / np.sqrt(x.var(1, keepdims=True) + 1e-5), (B,)),  # noqa: E501  # a row of the table
    ("a norm of rows", "its norm along axis 1 is neglected", unit, lambda d, x: d / np.linalg.norm(x, axis=1, keepdims=True), (B,)),  # noqa: E501  # a row of the table
    ("another threshold", "only entries with r between", huber, lambda d, r: d * np.where(np.abs(r) < 1.5, r, np.sign(r)), (3 * np.abs(B),)),  # noqa: E501  # a row of the table
    ("a mask of the size", "only entries with |r| <", lambda r: r**3 * (np.abs(r) > 0.4), lambda d, r: 3 * d * r**2, (B,)),  # noqa: E501  # a row of the table
    ("a sign of the size", "-numeric in", lambda x: x * np.abs(x), lambda d, x: 2 * d * x, (A,)),
    ("a diagonal", "the diagonal of the Jacobian", softmax, lambda d, x: d * softmax(x) * (1 - softmax(x)), (Z,)),  # noqa: E501  # a row of the table
    ("a stale sum", "the mean's share is missing", lambda x: np.sin(x) + 0.5 * x.sum(), lambda d, x: d * np.cos(x), (U,)),  # noqa: E501  # a row of the table
    ("an argument", "it is 1/p, 0.6", lambda x, p: p * np.sin(x), lambda d, x, p: (d * np.cos(x), 0 * p or None), (U, 0.6)),  # noqa: E501  # a row of the table
    ("a global", "it is 1/ALPHA, 0.37", lambda x: ALPHA * np.sin(x), lambda d, x: d * np.cos(x), (U,)),  # noqa: E501  # a row of the table
    ("a literal", "it is 1/a number in the code of forward, 0.9", scaled, lambda d, x: d * np.cos(x), (U,)),  # noqa: E501  # a row of the table
    ("a factor in all", "the same in w, b: one cause", layer, layer_by(lambda d, y: 2 * d * (1 - y**2)), (Z, W, BIAS)),  # noqa: E501  # a row of the table
    ("a wrong power", "all of x, w, b are wrong: one cause", layer, layer_by(lambda d, y: d * (1 - y)), (Z, W, BIAS)),  # noqa: E501  # a row of the table
    ("a step skipped", "all of x, w, b are wrong: one cause", layer, layer_by(lambda d, y: d + 0 * y), (Z, W, BIAS)),  # noqa: E501  # a row of the table
]  # fmt: skip


@pytest.mark.parametrize(("name", "words", "forward", "backward", "point"), FAULTS)
def test_a_fault_gets_its_words(name, words, forward, backward, point):
    report = mlp.check(forward, backward, *point)
    assert report.verdict == "wrong", name
    assert words in "\n".join(finding.message for finding in report.findings)
