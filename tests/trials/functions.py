"""Functions whose gradients are right: the raw material of the families.

They are written here once more, from the textbook and away from the library, so that the checker
is not judged by the ops that it judges. Each keeps the dtype it is given, and each backward is the
transposed Jacobian, derived in its docstring or obvious from its line; the derivatives of
saturating functions subtract nothing, so that they are right in every digit that matters.
A `draw` gives a generic point of unit size: no ties, no kinks, inside the domain.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import erf


@dataclass(frozen=True)
class Function:
    """A function, its right backward(cotangent, *point), and a point for it."""

    name: str
    forward: Callable[..., Any]
    backward: Callable[..., Any]
    draw: Callable[..., tuple[Any, ...]]
    zeros: bool = True  # an argument may hold exact zeros, and the backward is still right there


def sizes(rng, count, most=7):
    """Draw sizes of axes, all different, none 1."""
    return (2 + rng.choice(most - 1, count, replace=False)).tolist()


def any_shape(rng):
    """Draw a shape of up to three axes."""
    return tuple(rng.integers(1, 8, size=rng.integers(0, 4)))


def distinct(rng, shape):
    """Draw numbers of unit size, none nearer to another than 0.04."""
    count = int(np.prod(shape))
    return ((rng.permutation(count) - count / 2) * 0.1 + rng.uniform(0, 0.06, count)).reshape(shape)


# ------------------------------------------------------------------ one entry at a time


def logistic(z):
    """Return 1 / (1 + e^−z)."""
    e = np.exp(-np.abs(z))
    return np.where(z >= 0, 1, e) / (1 + e)


def logistic_slope(z):
    """Return σ(z) σ(−z) without a subtraction."""
    e = np.exp(-np.abs(z))
    return e / (1 + e * (2 + e))


def softplus(z):
    """Return log(1 + e^z)."""
    return np.maximum(z, 0) + np.log1p(np.exp(-np.abs(z)))


def gelu(z):
    """Return z Φ(z)."""
    return 0.5 * z * (1 + erf(z / 2**0.5))


def gelu_slope(z):
    """Return Φ(z) + z φ(z)."""
    return 0.5 * (1 + erf(z / 2**0.5)) + z * np.exp(-0.5 * z * z) / (2 * np.pi) ** 0.5


ACTIVATIONS = {  # name: (function, its slope)
    "identity": (lambda z: z * 1.0, np.ones_like),
    "sigmoid": (logistic, logistic_slope),
    "tanh": (np.tanh, lambda z: 4 * logistic_slope(2 * z)),
    "relu": (lambda z: np.maximum(z, 0), lambda z: (z > 0).astype(z.dtype)),
    "leaky_relu": (
        lambda z: np.where(z > 0, z, 0.01 * z),
        lambda z: np.where(z > 0, 1, z.dtype.type(0.01)),
    ),
    "elu": (
        lambda z: np.where(z > 0, z, np.expm1(np.minimum(z, 0))),
        lambda z: np.where(z > 0, 1, np.exp(np.minimum(z, 0))),
    ),
    "softplus": (softplus, logistic),
    "silu": (lambda z: z * logistic(z), lambda z: logistic(z) + z * logistic_slope(z)),
    "gelu": (gelu, gelu_slope),
}
SMOOTH = ("sigmoid", "tanh", "softplus", "silu", "gelu")  # of them: curved, and nowhere a kink

EVERYWHERE = {
    **ACTIVATIONS,
    "sin": (np.sin, np.cos),
    "cos": (np.cos, lambda z: -np.sin(z)),
    "exp": (np.exp, np.exp),
    "arctan": (np.arctan, lambda z: 1 / (1 + z * z)),
    "log(1 + z²)": (lambda z: np.log1p(z * z), lambda z: 2 * z / (1 + z * z)),
    "square": (lambda z: z * z, lambda z: 2 * z),
    "cube": (lambda z: z * z * z, lambda z: 3 * z * z),
    "abs": (np.abs, np.sign),
    "huber": (
        lambda z: np.where(np.abs(z) < 1, 0.5 * z * z, np.abs(z) - 0.5),
        lambda z: np.clip(z, -1, 1),
    ),
    "z / (1 + |z|)": (lambda z: z / (1 + np.abs(z)), lambda z: 1 / (1 + np.abs(z)) ** 2),
}

POSITIVE = {
    "log": (np.log, lambda z: 1 / z),
    "sqrt": (np.sqrt, lambda z: 0.5 / np.sqrt(z)),
    "1/z": (lambda z: 1 / z, lambda z: -1 / (z * z)),
    "z^1.7": (lambda z: z**1.7, lambda z: 1.7 * z**0.7),
    "z log z": (lambda z: z * np.log(z), lambda z: np.log(z) + 1),
    "logit of z/(1 + z)": (lambda z: np.log(z / (1 + z)), lambda z: 1 / (z * (1 + z))),
}


def elementwise(name, f, slope, *, positive=False):
    """Make a function that maps every entry by f."""

    def draw(rng):
        z = np.asarray(rng.normal(size=any_shape(rng)))
        return (np.exp(z),) if positive else (z,)

    return Function(name, f, lambda dO, z: dO * slope(z), draw, zeros=not positive)


ELEMENTWISE = tuple(
    [elementwise(name, *pair) for name, pair in EVERYWHERE.items()]
    + [elementwise(name, *pair, positive=True) for name, pair in POSITIVE.items()]
)

# ------------------------------------------------------------------ from many numbers to one


def softmax(Z):
    """Return the softmax of each row."""
    E = np.exp(Z - Z.max(axis=-1, keepdims=True))
    return E / E.sum(axis=-1, keepdims=True)


def log_softmax(Z):
    """Return the logarithm of the softmax of each row."""
    S = Z - Z.max(axis=-1, keepdims=True)
    return S - np.log(np.exp(S).sum(axis=-1, keepdims=True))


def one_hot(y, Z):
    """Return the rows of the identity that y names, in the dtype and width of Z."""
    return np.eye(Z.shape[-1], dtype=Z.dtype)[y]


def squared_error_backward(dL, P, Y):
    """L = mean over rows of ½ ‖p − y‖²: dP = dL (P − Y) / n, dY = −dP."""
    dP = dL * (P - Y) / len(P)
    return dP, -dP


def cosine(u, w):
    """Return u·w / (‖u‖ ‖w‖)."""
    return u @ w / np.sqrt((u @ u) * (w @ w))


def cosine_backward(dL, u, w):
    """∂/∂u = w / (‖u‖‖w‖) − c u / ‖u‖², and the same with u and w exchanged."""
    c, s = cosine(u, w), np.sqrt((u @ u) * (w @ w))
    return dL * (w / s - c * u / (u @ u)), dL * (u / s - c * w / (w @ w))


def vector(rng):
    """Draw one vector."""
    return (rng.normal(size=rng.integers(2, 40)),)


def two_vectors(rng):
    """Draw two vectors of one length."""
    return tuple(rng.normal(size=(2, rng.integers(2, 40))))


def logits_and_labels(rng):
    """Draw logits (n, c) and integer labels."""
    n, c = sizes(rng, 2)
    return rng.normal(size=(n, c)), rng.integers(c, size=n)


LOSSES = (
    Function("sum", np.sum, lambda dL, x: np.full_like(x, dL), vector),
    Function("mean", np.mean, lambda dL, x: np.full_like(x, dL / x.size), vector),
    Function("sum of sines", lambda x: np.sin(x).sum(), lambda dL, x: dL * np.cos(x), vector),
    Function(
        "norm",
        lambda x: np.sqrt(x @ x),
        lambda dL, x: dL * x / np.sqrt(x @ x),
        vector,
        zeros=False,  # the tip of the cone, where all are zero
    ),
    Function(
        "logsumexp", lambda x: x.max() - log_softmax(x).max(), lambda dL, x: dL * softmax(x), vector
    ),
    Function("dot", lambda u, w: u @ w, lambda dL, u, w: (dL * w, dL * u), two_vectors),
    Function("cosine", cosine, cosine_backward, two_vectors, zeros=False),
    Function(
        "variance",
        np.var,
        lambda dL, x: dL * 2 * (x - x.mean()) / x.size,
        vector,
    ),
    Function(
        "geometric mean",
        lambda x: np.exp(np.log(x).mean()),
        lambda dL, x: dL * np.exp(np.log(x).mean()) / (x.size * x),
        lambda rng: (np.exp(rng.normal(size=rng.integers(2, 30))),),
        zeros=False,
    ),
    Function(
        "entropy",
        lambda p: -(p * np.log(p)).sum(),
        lambda dL, p: -dL * (np.log(p) + 1),
        lambda rng: (np.exp(rng.normal(size=rng.integers(2, 30))),),
        zeros=False,
    ),
    Function(
        "quadratic form",
        lambda x, A: x @ A @ x,
        lambda dL, x, A: (dL * (A + A.T) @ x, dL * np.outer(x, x)),
        lambda rng: (rng.normal(size=(d := int(rng.integers(2, 9)))), rng.normal(size=(d, d))),
    ),
    Function(
        "squared error",
        lambda P, Y: 0.5 * ((P - Y) ** 2).sum() / len(P),
        squared_error_backward,
        lambda rng: tuple(rng.normal(size=(2, *sizes(rng, 2)))),
    ),
    Function(
        "softmax cross-entropy, labels",
        lambda Z, y: -(log_softmax(Z) * one_hot(y, Z)).sum() / len(Z),
        lambda dL, Z, y: dL * (softmax(Z) - one_hot(y, Z)) / len(Z),
        logits_and_labels,
    ),
    Function(
        "softmax cross-entropy, soft targets",
        lambda Z, Y: -(log_softmax(Z) * Y).sum() / len(Z),
        lambda dL, Z, Y: (
            dL * (softmax(Z) * Y.sum(axis=1, keepdims=True) - Y) / len(Z),
            -dL * log_softmax(Z) / len(Z),
        ),
        lambda rng: (rng.normal(size=(s := sizes(rng, 2))), rng.uniform(0.1, 1, size=s)),
    ),
    Function(
        "logistic loss",
        lambda z, s: softplus(-s * z).mean(),
        lambda dL, z, s: (
            -dL * s * logistic(-s * z) / z.size,
            -dL * z * logistic(-s * z) / z.size,
        ),
        lambda rng: (rng.normal(size=(n := int(rng.integers(2, 30)))), rng.choice([-1.0, 1.0], n)),
    ),
    Function(
        "hinge",
        lambda z: np.maximum(0, 1 - z).sum(),
        lambda dL, z: np.where(z < 1, -dL, 0).astype(z.dtype),
        vector,
    ),
    Function(
        "Rosenbrock",
        lambda x: (100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2).sum(),
        lambda dL, x: (
            dL
            * (
                np.append(-400 * x[:-1] * (x[1:] - x[:-1] ** 2) - 2 * (1 - x[:-1]), 0)
                + np.append(0, 200 * (x[1:] - x[:-1] ** 2))
            ).astype(x.dtype)
        ),
        vector,
    ),
)

# ------------------------------------------------------------------ arrays to arrays


def affine_backward(dO, X, W, b):
    """O = X W + b."""
    del b
    return dO @ W.T, X.T @ dO, dO.sum(axis=0)


def layer_norm(X):
    """Return (x − mean) / sqrt(variance + 0.1) of each row; 0.1 keeps a zero row smooth."""
    return (X - X.mean(axis=1, keepdims=True)) / np.sqrt(X.var(axis=1, keepdims=True) + 0.1)


def layer_norm_backward(dO, X):
    """With N the normalised rows: dX = (dO − mean(dO) − N mean(dO N)) / sqrt(variance + 0.1)."""
    N, s = layer_norm(X), np.sqrt(X.var(axis=1, keepdims=True) + 0.1)
    return (dO - dO.mean(axis=1, keepdims=True) - N * (dO * N).mean(axis=1, keepdims=True)) / s


def rms_norm_backward(dO, X):
    """O = X / r, r = sqrt(mean(x²) + 0.1): dX = dO / r − X mean(dO X) / r³."""
    r = np.sqrt((X * X).mean(axis=1, keepdims=True) + 0.1)
    return dO / r - X * (dO * X).mean(axis=1, keepdims=True) / r**3


def attention(Q, K, V):
    """Return softmax(Q Kᵀ) V."""
    return softmax(Q @ K.T) @ V


def attention_backward(dO, Q, K, V):
    """With P = softmax(S), S = Q Kᵀ: dP = dO Vᵀ, dS = P (dP − Σ P dP)."""
    P = softmax(Q @ K.T)
    dP = dO @ V.T
    dS = P * (dP - (P * dP).sum(axis=1, keepdims=True))
    return dS @ K, dS.T @ Q, P.T @ dO


def solve_backward(dO, A, b):
    """A o = b: db = A⁻ᵀ dO, dA = −db oᵀ."""
    db = np.linalg.solve(A.T, dO)
    return -np.outer(db, np.linalg.solve(A, b)), db


def convolve_backward(dO, x, k):
    """O = x ∗ k over the places where k fits: correlate back."""
    return np.convolve(dO, k[::-1], "full"), np.convolve(x[::-1], dO, "valid")


def put_back(dO, X, order):
    """Place what was gathered along the last axis where it came from."""
    dX = np.zeros_like(X)
    np.put_along_axis(dX, order, dO, axis=-1)
    return dX


def gather_backward(dO, E, y):
    """O = E[y]: a row that was used twice gets both cotangents."""
    dE = np.zeros_like(E)
    np.add.at(dE, y, dO)
    return dE


def matrix(rng):
    """Draw one matrix."""
    return (rng.normal(size=sizes(rng, 2)),)


def affine_point(rng):
    """Draw X (n, d), W (d, m), b (m,)."""
    n, d, m = sizes(rng, 3)
    return rng.normal(size=(n, d)), rng.normal(size=(d, m)) / d**0.5, rng.normal(size=m)


def regular(rng, d):
    """Draw a matrix far from singular."""
    return np.eye(d) * 2 + rng.normal(size=(d, d)) * (0.5 / d)


ARRAYS = (
    Function("affine", lambda X, W, b: X @ W + b, affine_backward, affine_point),
    Function(
        "outer product",
        np.outer,
        lambda dO, u, w: (dO @ w, dO.T @ u),
        lambda rng: tuple(rng.normal(size=n) for n in sizes(rng, 2)),
    ),
    Function(
        "bilinear form of rows",
        lambda X, A, Y: ((X @ A) * Y).sum(axis=1),
        lambda dO, X, A, Y: (
            dO[:, None] * (Y @ A.T),
            X.T @ (dO[:, None] * Y),
            dO[:, None] * (X @ A),
        ),
        lambda rng: (
            rng.normal(size=((s := sizes(rng, 3))[0], s[1])),
            rng.normal(size=(s[1], s[2])),
            rng.normal(size=(s[0], s[2])),
        ),
    ),
    Function(
        "softmax of rows",
        softmax,
        lambda dP, Z: (P := softmax(Z)) * (dP - (P * dP).sum(axis=1, keepdims=True)),
        matrix,
    ),
    Function(
        "log-softmax of rows",
        log_softmax,
        lambda dO, Z: dO - softmax(Z) * dO.sum(axis=1, keepdims=True),
        matrix,
    ),
    Function("layer norm", layer_norm, layer_norm_backward, matrix),
    Function(
        "batch norm",
        lambda X: layer_norm(X.T).T,
        lambda dO, X: layer_norm_backward(dO.T, X.T).T,
        matrix,
    ),
    Function(
        "RMS norm",
        lambda X: X / np.sqrt((X * X).mean(axis=1, keepdims=True) + 0.1),
        rms_norm_backward,
        matrix,
    ),
    Function(
        "attention",
        attention,
        attention_backward,
        lambda rng: (
            rng.normal(size=((s := sizes(rng, 4))[0], s[1])),
            rng.normal(size=(s[2], s[1])) / s[1] ** 0.5,
            rng.normal(size=(s[2], s[3])),
        ),
    ),
    Function(
        "convolution",
        lambda x, k: np.convolve(x, k, "valid"),
        convolve_backward,
        lambda rng: (rng.normal(size=rng.integers(8, 20)), rng.normal(size=rng.integers(2, 7))),
    ),
    Function(
        "cumulative sum",
        np.cumsum,
        lambda dO, x: np.cumsum(dO[::-1])[::-1],  # noqa: ARG005  # every backward takes its point
        vector,
    ),
    Function(
        "maximum of rows",
        lambda X: X.max(axis=1),
        lambda dO, X: put_back(dO[:, None], X, X.argmax(axis=1)[:, None]),
        lambda rng: (distinct(rng, sizes(rng, 2)),),
        zeros=False,  # two zeros may tie
    ),
    Function(
        "sort",
        np.sort,
        lambda dO, x: put_back(dO, x, np.argsort(x)),
        lambda rng: (distinct(rng, int(rng.integers(2, 20))),),
        zeros=False,
    ),
    Function(
        "rows of an embedding",
        lambda E, y: E[y],
        gather_backward,
        lambda rng: (
            rng.normal(size=(s := sizes(rng, 2))),
            np.append(np.arange(s[0]), rng.integers(s[0], size=4)),
        ),
    ),
    Function(
        "scale and shift of columns",
        lambda X, g, b: X * g + b,
        lambda dO, X, g, b: (dO * g, (dO * X).sum(axis=0), dO.sum(axis=0)),  # noqa: ARG005  # likewise
        lambda rng: (X := matrix(rng)[0], rng.normal(size=X.shape[1]), rng.normal(size=X.shape[1])),
    ),
    Function(
        "sum of a column and a row",
        lambda u, w: u + w,
        lambda dO, u, w: (dO.sum(axis=1, keepdims=True), dO.sum(axis=0)),  # noqa: ARG005  # likewise
        lambda rng: (rng.normal(size=(rng.integers(2, 6), 1)), rng.normal(size=rng.integers(6, 9))),
    ),
    Function(
        "inverse",
        np.linalg.inv,
        lambda dO, A: -(B := np.linalg.inv(A)).T @ dO @ B.T,
        lambda rng: (regular(rng, rng.integers(2, 6)),),
        zeros=False,
    ),
    Function(
        "log |det|",
        lambda A: np.linalg.slogdet(A)[1],
        lambda dO, A: dO * np.linalg.inv(A).T,
        lambda rng: (regular(rng, rng.integers(2, 6)),),
        zeros=False,
    ),
    Function(
        "solve",
        np.linalg.solve,
        solve_backward,
        lambda rng: (regular(rng, d := int(rng.integers(2, 6))), rng.normal(size=d)),
        zeros=False,
    ),
)

# ------------------------------------------------------------------ two-layer networks


def network(activation, loss):
    """Make a two-layer network L(X, W1, b1, W2, b2, target)."""
    act, slope = ACTIVATIONS[activation]

    def forward(X, W1, b1, W2, b2, target):
        return loss.forward(act(X @ W1 + b1) @ W2 + b2, target)

    def backward(dL, X, W1, b1, W2, b2, target):
        Z1 = X @ W1 + b1
        A1 = act(Z1)
        Z2 = A1 @ W2 + b2
        dZ2 = loss.backward(dL, Z2, target)
        dZ2, dY = dZ2 if isinstance(dZ2, tuple) else (dZ2, None)
        dA1, dW2, db2 = affine_backward(dZ2, A1, W2, b2)
        dX, dW1, db1 = affine_backward(dA1 * slope(Z1), X, W1, b1)
        return (dX, dW1, db1, dW2, db2) if dY is None else (dX, dW1, db1, dW2, db2, dY)

    def draw(rng):
        n, d, h, c = sizes(rng, 4, most=9)
        Y = rng.uniform(0.1, 1, size=(n, c))
        return (
            rng.normal(size=(n, d)),
            rng.normal(size=(d, h)) / d**0.5,
            rng.normal(size=h) * 0.5,
            rng.normal(size=(h, c)) / h**0.5,
            rng.normal(size=c) * 0.5,
            rng.integers(c, size=n) if loss.name.endswith("labels") else Y,
        )

    return Function(f"two layers, {activation}, {loss.name}", forward, backward, draw)


NETWORKS = tuple(
    network(activation, loss)
    for activation in ACTIVATIONS
    for loss in LOSSES
    if loss.name
    in ("squared error", "softmax cross-entropy, labels", "softmax cross-entropy, soft targets")
)

FUNCTIONS = ELEMENTWISE + LOSSES + ARRAYS
