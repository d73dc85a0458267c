"""Wrong gradients that people shipped, re-created from their public reports, and the right ones.

Each entry gives its source as repository#number of the report on GitHub, the forward, the backward
as it was reported and the backward as it should have been. The code is ours; the mistake is theirs.
"""

import functools
from dataclasses import dataclass
from typing import Any

import numpy as np

from trials.family import CORRECT, NONE_MISSED, WRONG, Case, Family, judge
from trials.functions import (
    affine_backward,
    layer_norm,
    layer_norm_backward,
    log_softmax,
    one_hot,
    regular,
    sizes,
    softmax,
)


@dataclass(frozen=True)
class Bug:
    """A public report of a wrong gradient."""

    source: str
    mistake: str
    forward: Any
    reported: Any
    right: Any
    draw: Any


def matrix(rng):
    """Draw a matrix (n, m)."""
    n, m = sizes(rng, 2)
    return (rng.normal(size=(n + 1, m + 1)),)


def vector(rng):
    """Draw a vector."""
    return (rng.normal(size=int(rng.integers(3, 12))),)


def softmax_backward(dP, Z):
    """dZ = P (dP − Σ P dP)."""
    P = softmax(Z)
    return P * (dP - (P * dP).sum(axis=1, keepdims=True))


# ------------------------------------------------------------------ activations and losses


def isrlu(x):
    """Return x where x ≥ 0, x / sqrt(1 + x²) elsewhere."""
    return x / np.sqrt(1 + np.minimum(x, 0) ** 2)


def isrlu_slope(x):
    """Return 1 where x ≥ 0, (1 + x²)^−3/2 elsewhere."""
    return (1 + np.minimum(x, 0) ** 2) ** -1.5


def sigmoid(x):
    """Return 1 / (1 + e^−x)."""
    return 1 / (1 + np.exp(-x))


def classifier(rng):
    """Draw X (n, d), W (d, c), b (c,) and labels of a softmax regression."""
    n, d, c = sizes(rng, 3)
    return (
        rng.normal(size=(n, d)),
        rng.normal(size=(d, c)),
        rng.normal(size=c),
        rng.integers(c, size=n),
    )


def classifier_loss(X, W, b, y):
    """Return Σ over examples of −log p_y."""
    Z = X @ W + b
    return -(log_softmax(Z) * one_hot(y, Z)).sum()


def classifier_backward(dL, X, W, b, y, *, summed=0):
    """dZ = P − Y, then as for the affine map."""
    Z = X @ W + b
    dZ = dL * (softmax(Z) - one_hot(y, Z))
    return dZ @ W.T, X.T @ dZ, dZ.sum(axis=summed) + 0 * b


def rosenbrock(x, y):
    """Return (1 − x)² + 100 (y − x²)²."""
    return (1 - x) ** 2 + 100 * (y - x * x) ** 2


# ------------------------------------------------------------------ normalisation


def batch_norm(X, g):
    """Return g times the normalised columns."""
    return g * layer_norm(X.T).T


def batch_norm_backward(dO, X, g):
    """dX: that of the normalisation, for the cotangent g dO; dg = Σ dO N."""
    return layer_norm_backward((g * dO).T, X.T).T, (dO * layer_norm(X.T).T).sum(axis=0)


def batch_norm_without_scale(dO, X, g):
    """The scale multiplies a copy of the cotangent that dX never sees."""
    return layer_norm_backward(dO.T, X.T).T, batch_norm_backward(dO, X, g)[1]


def scale_point(rng):
    """Draw X (n, m) with a mean, and the scale g (m,)."""
    n, m = sizes(rng, 2)
    return rng.normal(size=(n + 1, m)) + 1, rng.uniform(1.5, 3, size=m)


# ------------------------------------------------------------------ linear algebra, statistics


def gaussian(x, S):
    """Return the log-density of N(0, S) at x, without its constant."""
    return -0.5 * x @ np.linalg.solve(S, x) - 0.5 * np.linalg.slogdet(S)[1]


def gaussian_backward(dL, x, S, *, sign=1):
    """dx = −S⁻¹ x, dS = ½ (S⁻¹ x xᵀ S⁻¹ − S⁻¹), transposed for the S that is not symmetric."""
    left, right = np.linalg.solve(S.T, x), np.linalg.solve(S, x)
    dS = 0.5 * np.outer(left, right) - 0.5 * np.linalg.inv(S).T
    return -0.5 * dL * (left + right), sign * dL * dS


def triangular_solve(U, b):
    """Return U⁻¹ b, reading the upper triangle alone."""
    return np.linalg.solve(np.triu(U), b)


def triangular_backward(dO, U, b, *, mask=np.triu):
    """With db = U⁻ᵀ dO: dU = the upper triangle of −db oᵀ."""
    db = np.linalg.solve(np.triu(U).T, dO)
    return mask(-np.outer(db, triangular_solve(U, b))), db


def pooled(x):
    """Return the decreasing sequence nearest to (x_0, x_1, x_2) where x_1 < x_2 < x_0: pool two."""
    return np.array([x[0], (x[1] + x[2]) / 2, (x[1] + x[2]) / 2])


def product_backward_by_division(dO, x):
    """dx_i = dO Π / x_i, which is 0/0 for a zero."""
    with np.errstate(invalid="ignore"):
        return dO * x.prod() / x


def product_backward(dO, x):
    """dx_i = dO times the product of the others."""
    others = np.array([np.delete(x, i).prod() for i in range(x.size)])
    return dO * others


def cumprod_backward(dO, x):
    """dx_i = Σ_{j ≥ i} dO_j Π of the x up to j without x_i."""
    dX = np.zeros_like(x)
    for i in range(x.size):
        ones = np.where(np.arange(x.size) == i, 1, x)
        dX[i] = (dO * np.cumprod(ones))[i:].sum()
    return dX


def cumprod_backward_by_division(dO, x):
    """dx_i = Σ_{j ≥ i} dO_j o_j / x_i, and zero where that is 0/0."""
    tail = np.cumsum((dO * np.cumprod(x))[::-1])[::-1]
    return np.where(x == 0, 0, tail / np.where(x == 0, 1, x))


def with_a_zero(rng):
    """Draw a vector with one zero."""
    x = rng.uniform(1, 2, size=int(rng.integers(3, 8)))
    x[rng.integers(len(x))] = 0
    return (x,)


def dense(X, W, b):
    """Return tanh(X W + b)."""
    return np.tanh(X @ W + b)


def dense_backward(dA, X, W, b, *, slope=lambda A: 1 - A * A, bias=np.sum):
    """dZ = dA (1 − A²), then as for the affine map."""
    dZ = dA * slope(dense(X, W, b))
    dX, dW, _ = affine_backward(dZ, X, W, b)
    return dX, dW, bias(dZ, axis=0)


def dense_point(rng):
    """Draw X (n, d), W (d, m), b (m,)."""
    n, d, m = sizes(rng, 3)
    return rng.normal(size=(n, d)), rng.normal(size=(d, m)), rng.normal(size=m)


# ------------------------------------------------------------------ the list

BUGS = (
    Bug(
        "deeplearning4j/libnd4j#440",
        "softmax: only the diagonal of the Jacobian",
        softmax,
        lambda dP, Z: dP * softmax(Z) * (1 - softmax(Z)),
        softmax_backward,
        matrix,
    ),
    Bug(
        "pjreddie/darknet#96",
        "softmax: the cotangent is passed on as it is",
        softmax,
        lambda dP, Z: dP + 0 * Z,
        softmax_backward,
        matrix,
    ),
    Bug(
        "mlpack/mlpack#2360",
        "log-softmax: the probabilities are added to the cotangent",
        log_softmax,
        lambda dO, Z: dO + softmax(Z),
        lambda dO, Z: dO - softmax(Z) * dO.sum(axis=1, keepdims=True),
        matrix,
    ),
    Bug(
        "markroxor/fromscratchtoml#65",
        "softmax: twice the gradient",
        softmax,
        lambda dP, Z: 2 * softmax_backward(dP, Z),
        softmax_backward,
        matrix,
    ),
    Bug(
        "pytorch/pytorch#4355",
        "ISRLU written by a user: the cotangent is forgotten",
        isrlu,
        lambda dO, x: isrlu_slope(x),  # noqa: ARG005  # that is the mistake
        lambda dO, x: dO * isrlu_slope(x),
        vector,
    ),
    Bug(
        "DiffSharp/DiffSharp#16",
        "sigmoid: a (1 − a) without the tangent",
        sigmoid,
        lambda dO, x: sigmoid(x) * (1 - sigmoid(x)),  # noqa: ARG005  # that is the mistake
        lambda dO, x: dO * sigmoid(x) * (1 - sigmoid(x)),
        vector,
    ),
    Bug(
        "davidrmiller/neural2d#40",
        "tanh: the derivative is taken at the output",
        dense,
        functools.partial(dense_backward, slope=lambda A: 1 - np.tanh(A) ** 2),
        dense_backward,
        dense_point,
    ),
    Bug(
        "kvfrans/notes#5",
        "bias: a mean over the batch where a sum belongs",
        dense,
        functools.partial(dense_backward, bias=np.mean),
        dense_backward,
        dense_point,
    ),
    Bug(
        "mlpack/mlpack#3679",
        "bias: the cotangent of the whole batch, not summed",
        dense,
        functools.partial(dense_backward, bias=lambda dZ, axis: dZ),  # noqa: ARG005  # the mistake
        dense_backward,
        dense_point,
    ),
    Bug(
        "rasbt/stat453-deep-learning-ss21#5",
        "bias: summed over the classes, too",
        classifier_loss,
        functools.partial(classifier_backward, summed=None),
        classifier_backward,
        classifier,
    ),
    Bug(
        "pytorch/pytorch#3881",
        "Rosenbrock in a test-suite: a factor x too many in the second component",
        rosenbrock,
        lambda dL, x, y: (
            dL * (-400 * x * (y - x * x) - 2 * (1 - x)),
            dL * 200 * x * (y - x * x),
        ),
        lambda dL, x, y: (dL * (-400 * x * (y - x * x) - 2 * (1 - x)), dL * 200 * (y - x * x)),
        lambda rng: (np.array(rng.normal() + 3), np.array(rng.normal())),
    ),
    Bug(
        "SciSharp/TensorFlow.NET#303",
        "x · x · x / 10: one of the three paths alone",
        lambda x: 0.1 * x * x * x,
        lambda dO, x: dO * 0.1 * x * x,
        lambda dO, x: dO * 0.3 * x * x,
        vector,
    ),
    Bug(
        "jax-ml/jax#3213",
        "sin(x) y in the manual: the sign of ∂/∂y",
        lambda x, y: np.sin(x) * y,
        lambda dO, x, y: (dO * np.cos(x) * y, -dO * np.sin(x)),
        lambda dO, x, y: (dO * np.cos(x) * y, dO * np.sin(x)),
        lambda rng: tuple(rng.normal(size=(2, 5))),
    ),
    Bug(
        "HIPS/autograd#412",
        "log-density of a normal distribution: the sign by the covariance",
        gaussian,
        functools.partial(gaussian_backward, sign=-1),
        gaussian_backward,
        lambda rng: (rng.normal(size=4), regular(rng, 4)),
    ),
    Bug(
        "ekzhang/jax-js#84",
        "triangular solve: the half that is never read gets a gradient",
        triangular_solve,
        functools.partial(triangular_backward, mask=lambda G: G),
        triangular_backward,
        lambda rng: (regular(rng, 4), rng.normal(size=4)),
    ),
    Bug(
        "tensorflow/tensorflow#127234",
        "isotonic regression: a pooled entry gets 1, not its share of the pool",
        pooled,
        lambda dO, x: dO + 0 * x,
        lambda dO, x: np.array([dO[0], *[(dO[1] + dO[2]) / 2] * 2]) + 0 * x,
        lambda rng: (np.array([4, 0.7, 2]) + rng.uniform(0, 0.3, size=3),),
    ),
    Bug(
        "denizyuret/Knet.jl#288",
        "batch normalisation: dX without the scale",
        batch_norm,
        batch_norm_without_scale,
        batch_norm_backward,
        scale_point,
    ),
    Bug(
        "pytorch/pytorch#773",
        "product: divides by an entry that is zero",
        np.prod,
        product_backward_by_division,
        product_backward,
        with_a_zero,
    ),
    Bug(
        "tensorflow/tensorflow#119430",
        "cumulative product: 0 where an entry is zero",
        np.cumprod,
        cumprod_backward_by_division,
        cumprod_backward,
        with_a_zero,
    ),
)


def make(rng, index):
    """Take a bug as it was reported, or, every other time, as it was put right."""
    bug = BUGS[index // 2 % len(BUGS)]
    right = index % 2 == 1
    return Case(
        f"{bug.source}, {'put right' if right else bug.mistake}",
        bug.forward,
        bug.right if right else bug.reported,
        bug.draw(rng),
        CORRECT if right else WRONG,
        options={"rng": int(rng.integers(2**32))},
    )


FAMILIES = (Family("bugs", 10 * len(BUGS), 2 * len(BUGS), make, judge, (NONE_MISSED,)),)
