"""Diagnosis: ops and losses broken in the ways people break them, and what the report should say.

KINDS are the names that a diagnosis may bear, spelled in one place. Each has at least three ops;
the sizes are random, all different and none 1, except where a square matrix is the point. Beside
them stand random perturbations, for which no name is right, and errors of a place, which have none
either but a row, a column or a threshold that the report should mention.
"""

import functools
import re

import numpy as np

from trials.family import NONE_MISSED, WRONG, Case, Family, Limit, judge, share
from trials.functions import (
    ACTIVATIONS,
    ARRAYS,
    LOSSES,
    NETWORKS,
    SMOOTH,
    affine_backward,
    layer_norm,
    logistic,
    one_hot,
    sizes,
    softmax,
)
from trials.right import as_tuple, positions

KINDS = {
    "sign": "by hand is minus the gradient",
    "factor": "a constant times the gradient, often a size: 1/n, n, 2, ½",
    "transpose": "the transposed gradient",
    "rolled": "its rows, moved on by a few places",
    "permuted": "its rows in another order",
    "not summed": "a broadcast argument's gradient before the sum over the batch",
    "one sample": "the share of one example instead of the sum over all",
    "weight decay": "a multiple of the argument itself too much or too little",
    "cotangent ignored": "the gradient for a cotangent of ones",
    "derivative missing": "the cotangent, without the derivative of the activation",
    "derivative at the output": "the derivative of the activation, taken at A instead of Z",
    "wrong mask": "right entries and zeros, but the zeros in other places",
    "diagonal only": "the Jacobian without what lies off its diagonal",
    "mean missing": "a residual that is constant along an axis",
}

NAMED = {f.name: f for f in LOSSES + ARRAYS + NETWORKS}


def square(rng):
    """Draw n and d, different, none below 3."""
    n, d = sizes(rng, 2)
    return n + 1, d + 1


def edit(k, change):
    """Return what changes gradient k of a function's backward."""

    def broken(backward):
        def edited(dO, *p):
            gradients = list(as_tuple(backward(dO, *p)))
            gradients[k] = change(gradients[k])
            return tuple(gradients) if len(gradients) > 1 else gradients[0]

        return edited

    return broken


def mutated(name, k, change, point=None):
    """Return the maker of (op, forward, broken backward, point) from a known function."""

    def make(rng):
        function = NAMED[name]
        where = function.draw(rng) if point is None else point(rng)
        return name, function.forward, edit(k, change)(function.backward), where

    return make


def states(number, report):
    """Complain unless a message gives this number, to three digits."""
    text = " ".join(f.message for f in report.findings)
    found = [float(x) for x in re.findall(r"-?\d+\.?\d*(?:[eE][-+]?\d+)?", text)]
    near = any(abs(x - number) <= 1e-3 * abs(number) for x in found)
    return "" if near else f"no message gives {number:.4g}"


# ------------------------------------------------------------------ sign, factor


SIGN = [
    mutated("affine", 1, np.negative),
    mutated("squared error", 1, np.negative),
    mutated("attention", 2, np.negative),
    mutated("softmax cross-entropy, labels", 0, np.negative),
    mutated("two layers, tanh, squared error", 2, np.negative),
]


def scaled_by(name, factor):
    """Break every gradient of a known function by a factor of its point."""

    def make(rng):
        function = NAMED[name]
        point = function.draw(rng)
        c = factor(*point)

        def backward(dO, *p):
            gradients = tuple(c * g for g in as_tuple(function.backward(dO, *p)))
            return gradients if len(gradients) > 1 else gradients[0]

        return name, function.forward, backward, point, c

    return make


FACTOR = [
    scaled_by("softmax cross-entropy, labels", lambda Z, _: len(Z)),
    scaled_by("squared error", lambda P, _: len(P)),
    scaled_by("squared error", lambda *_: 2),
    scaled_by("variance", lambda *_: 0.5),
    scaled_by("mean", np.size),
    scaled_by("affine", lambda X, *_: 1 / len(X)),
    scaled_by("attention", lambda Q, *_: 1 / Q.shape[1] ** 0.5),
]

# ------------------------------------------------------------------ the right numbers elsewhere


def square_affine(rng):
    """Draw X (n, d), W (d, d), b (d,)."""
    n, d = square(rng)
    return rng.normal(size=(n, d)), rng.normal(size=(d, d)), rng.normal(size=d)


def square_bilinear(rng):
    """Draw X (n, d), A (d, d), Y (n, d)."""
    n, d = square(rng)
    return rng.normal(size=(n, d)), rng.normal(size=(d, d)), rng.normal(size=(n, d))


TRANSPOSE = [
    mutated("affine", 1, np.transpose, square_affine),
    mutated("bilinear form of rows", 1, np.transpose, square_bilinear),
    mutated("log |det|", 0, np.transpose, lambda rng: (rng.normal(size=(square(rng)[1],) * 2),)),
    mutated("affine", 1, np.transpose),  # not square: its shape is wrong, too
]


def tall(name, k):
    """Return the maker of points at which gradient k has four rows or more."""

    def point(rng):
        while True:
            p = NAMED[name].draw(rng)
            if p[positions(p)[k]].shape[0] >= 4:
                return p

    return point


MOVED = (
    ("affine", 1),
    ("squared error", 0),
    ("rows of an embedding", 0),
    ("layer norm", 0),
    ("two layers, tanh, squared error", 1),
)


def rolled(name, k):
    """Move the rows of gradient k on."""

    def make(rng):
        by = int(rng.integers(1, 3))
        return mutated(name, k, lambda g: np.roll(g, by, axis=0), tall(name, k))(rng)

    return make


def permuted(name, k):
    """Put the rows of gradient k into an order that is no roll."""

    def make(rng):
        point = tall(name, k)(rng)
        rows = len(point[positions(point)[k]])
        while True:
            order = rng.permutation(rows)
            if len(set((order - np.arange(rows)) % rows)) > 1:
                break
        return mutated(name, k, lambda g: g[order], lambda _: point)(rng)

    return make


# ------------------------------------------------------------------ the batch


def scale_and_shift(rng):
    """Draw X (n, m), g (m,), b (m,)."""
    n, m = square(rng)
    return rng.normal(size=(n, m)), rng.normal(size=m), rng.normal(size=m)


def affine_forward(X, W, b):
    """Return X W + b."""
    return X @ W + b


def affine_unsummed(rng):
    """Forget the sum in db."""
    backward = lambda dO, X, W, b: (*affine_backward(dO, X, W, b)[:2], dO)  # noqa: E731  # the bug
    return "affine", affine_forward, backward, NAMED["affine"].draw(rng)


def scale_unsummed(rng):
    """Forget the sum in the gradient of the scale."""
    function = NAMED["scale and shift of columns"]
    backward = lambda dO, X, g, b: (dO * g, dO * X, dO.sum(axis=0))  # noqa: ARG005, E731  # the bug
    return function.name, function.forward, backward, scale_and_shift(rng)


def prototypes_unsummed(rng):
    """½ (x_i − c)²: forget the sum over i in the gradient of the centre c."""
    n, d = sizes(rng, 2)
    backward = lambda dO, X, c: (dO * (X - c), -dO * (X - c))  # noqa: E731  # the bug
    point = rng.normal(size=(n, d)), rng.normal(size=d)
    return "squared distances", lambda X, c: 0.5 * (X - c) ** 2, backward, point


def affine_one_sample(rng):
    """Take dW from the first or the last example."""
    i = int(rng.choice([0, -1]))

    def backward(dO, X, W, b):
        dX, _, db = affine_backward(dO, X, W, b)
        return dX, np.outer(X[i], dO[i]), db

    return "affine, dW", affine_forward, backward, NAMED["affine"].draw(rng)


def bias_one_sample(rng):
    """Take db from the first or the last example."""
    i = int(rng.choice([0, -1]))

    def backward(dO, X, W, b):
        dX, dW, _ = affine_backward(dO, X, W, b)
        return dX, dW, dO[i].copy()

    return "affine, db", affine_forward, backward, NAMED["affine"].draw(rng)


def scale_one_sample(rng):
    """Take the gradient of the scale from one example."""
    i = int(rng.choice([0, -1]))
    function = NAMED["scale and shift of columns"]
    backward = lambda dO, X, g, b: (dO * g, dO[i] * X[i], dO.sum(axis=0))  # noqa: ARG005, E731
    return function.name, function.forward, backward, scale_and_shift(rng)


def bilinear_one_sample(rng):
    """Take dA from one pair of rows."""
    i = int(rng.choice([0, -1]))
    function = NAMED["bilinear form of rows"]

    def backward(dO, X, A, Y):
        dX, _, dY = function.backward(dO, X, A, Y)
        return dX, dO[i] * np.outer(X[i], Y[i]), dY

    return function.name, function.forward, backward, function.draw(rng)


# ------------------------------------------------------------------ weight decay


def regression(name):
    """Return loss and gradient by Z of a linear model's outputs."""
    return {
        "least squares": (
            lambda Z, y: 0.5 * ((Z - y) ** 2).sum() / len(Z),
            lambda Z, y: (Z - y) / len(Z),
            lambda rng, n, c: rng.normal(size=(n, c)),
        ),
        "softmax regression": (
            lambda Z, y: -np.log((softmax(Z) * one_hot(y, Z)).sum(axis=1)).mean(),
            lambda Z, y: (softmax(Z) - one_hot(y, Z)) / len(Z),
            lambda rng, n, c: rng.integers(c, size=n),
        ),
        "logistic regression": (
            lambda Z, y: np.logaddexp(0, -y * Z).mean(),
            lambda Z, y: -y * logistic(-y * Z) / Z.size,
            lambda rng, n, c: np.where(rng.random((n, c)) < 0.5, -1, 1),
        ),
    }[name]


def decayed(name, missing):
    """Break a penalised linear model: ½ λ ‖W‖² is in one of forward and backward alone."""

    def make(rng):
        n, d, c = sizes(rng, 3)
        decay = float(10 ** rng.uniform(-2, 0))
        loss, slope, draw = regression(name)
        X, y = rng.normal(size=(n, d)), draw(rng, n, c)

        def forward(W):
            return loss(X @ W, y) + missing * 0.5 * decay * (W * W).sum()

        def backward(dL, W):
            return dL * (X.T @ slope(X @ W, y) + (not missing) * decay * W)

        side = "backward" if missing else "forward"
        point = (rng.normal(size=(d, c)),)
        return f"{name}, λ not in {side}", forward, backward, point, decay

    return make


# ------------------------------------------------------------------ the cotangent, the activation


def ignored(name):
    """Put ones in place of the cotangent."""

    def make(rng):
        function = NAMED[name]
        backward = lambda dO, *p: function.backward(np.ones_like(dO), *p)  # noqa: E731  # the bug
        return name, function.forward, backward, function.draw(rng)

    return make


CURVED = (*SMOOTH, "elu")


def activation(name, backward_of):
    """Break the backward of one activation."""

    def make(rng):
        f, slope = ACTIVATIONS[name]
        Z = rng.normal(size=sizes(rng, 2)) * 1.5
        return name, f, backward_of(f, slope), (Z,)

    return make


def without_slope(f, slope):
    """Return dA itself."""
    del f, slope
    return lambda dA, Z: dA + 0 * Z


def slope_at_output(f, slope):
    """Take the slope at A."""
    return lambda dA, Z: dA * slope(f(Z))


# ------------------------------------------------------------------ masks, Jacobians, means


def two_masks(rng, shape):
    """Draw two masks of zeros and ones, about half of each."""
    masks = rng.integers(2, size=(2, *shape)) * 1.0
    masks[:, 0, :2] = [[1, 0], [0, 1]]  # they differ
    return masks


def wrong_dropout(rng):
    """Scale by the mask of another draw."""
    shape = square(rng)
    M, other = two_masks(rng, shape)
    backward = lambda dO, X: dO * 2 * other + 0 * X  # noqa: E731  # the bug
    return "dropout", lambda X: 2 * X * M, backward, (rng.normal(size=shape),)


def wrong_relu(rng):
    """Use the zeros of another layer of the same shape."""
    Z, other = rng.normal(size=(2, *square(rng)))
    return "relu", lambda Z: np.maximum(Z, 0), lambda dA, Z: dA * (other > 0) + 0 * Z, (Z,)


def wrong_loss_mask(rng):
    """Mask a squared error by the padding of another batch."""
    shape = square(rng)
    M, other = two_masks(rng, shape)
    Y = rng.normal(size=shape)
    backward = lambda dL, X: dL * other * (X - Y)  # noqa: E731  # the bug
    point = (rng.normal(size=shape),)
    return "masked error", lambda X: 0.5 * (M * (X - Y) ** 2).sum(), backward, point


def wrong_layer(rng):
    """relu, square matrix, relu: the first mask is taken from the second layer."""
    n, h = square(rng)
    W = rng.normal(size=(h, h))

    def forward(Z1):
        return np.maximum(np.maximum(Z1, 0) @ W, 0)

    def backward(dO, Z1):
        Z2 = np.maximum(Z1, 0) @ W
        return (dO * (Z2 > 0)) @ W.T * (Z2 > 0)

    return "two relus", forward, backward, (rng.normal(size=(n, h)),)


def diagonal(name, own_share):
    """Keep of a Jacobian of rows only what each entry does to itself."""

    def make(rng):
        function = NAMED[name]
        backward = lambda dO, X: dO * own_share(X)  # noqa: E731  # the bug
        n, m = square(rng)
        return name, function.forward, backward, (rng.normal(size=(n, m)),)

    return make


def layer_norm_share(X):
    """∂N_i/∂x_i = (1 − 1/m − N_i²/m) / s."""
    m = X.shape[1]
    s = np.sqrt(X.var(axis=1, keepdims=True) + 0.1)
    return (1 - (1 + layer_norm(X) ** 2) / m) / s


def rms_share(X):
    """∂O_i/∂x_i = 1/r − x_i²/(m r³)."""
    r = np.sqrt((X * X).mean(axis=1, keepdims=True) + 0.1)
    return 1 / r - X * X / (X.shape[1] * r**3)


def softmax_share(Z):
    """∂p_i/∂z_i = p_i (1 − p_i)."""
    return softmax(Z) * (1 - softmax(Z))


def log_softmax_share(Z):
    """∂ log p_i/∂z_i = 1 − p_i."""
    return 1 - softmax(Z)


def norm_without_mean(axis):
    """Normalise along an axis and forget that the mean moves, too."""

    def make(rng):
        function = NAMED["layer norm" if axis == 1 else "batch norm"]

        def backward(dO, X):
            N = function.forward(X)
            s = np.sqrt(X.var(axis=axis, keepdims=True) + 0.1)
            return (dO - N * (dO * N).mean(axis=axis, keepdims=True)) / s

        return function.name, function.forward, backward, (rng.normal(size=square(rng)),)

    return make


def centred_without_mean(rng):
    """c (X − mean of rows): forget that the mean moves."""
    c = rng.uniform(1.5, 3)
    forward = lambda X: c * (X - X.mean(axis=1, keepdims=True))  # noqa: E731  # one line of three
    return "centred rows", forward, lambda dO, X: c * dO + 0 * X, (rng.normal(size=square(rng)),)


def variance_without_mean(rng):
    """The variance of a vector, as if its mean were zero."""
    x = rng.normal(size=int(rng.integers(5, 20))) + rng.uniform(1, 2)
    return "variance", np.var, lambda dL, x: dL * 2 * x / x.size, (x,)


# ------------------------------------------------------------------ the bench

MUTANTS = {
    "sign": SIGN,
    "factor": FACTOR,
    "transpose": TRANSPOSE,
    "rolled": [rolled(*at) for at in MOVED],
    "permuted": [permuted(*at) for at in MOVED],
    "not summed": [affine_unsummed, scale_unsummed, prototypes_unsummed],
    "one sample": [affine_one_sample, bias_one_sample, scale_one_sample, bilinear_one_sample],
    "weight decay": [
        decayed(name, missing)
        for name in ("least squares", "softmax regression", "logistic regression")
        for missing in (True, False)
    ],
    "cotangent ignored": [
        ignored("affine"),
        ignored("softmax of rows"),
        ignored("squared error"),
        ignored("layer norm"),
    ],
    "derivative missing": [activation(name, without_slope) for name in CURVED],
    "derivative at the output": [activation(name, slope_at_output) for name in CURVED],
    "wrong mask": [wrong_dropout, wrong_relu, wrong_loss_mask, wrong_layer],
    "diagonal only": [
        diagonal("softmax of rows", softmax_share),
        diagonal("log-softmax of rows", log_softmax_share),
        diagonal("layer norm", layer_norm_share),
        diagonal("RMS norm", rms_share),
    ],
    "mean missing": [
        norm_without_mean(axis=1),
        norm_without_mean(axis=0),
        centred_without_mean,
        variance_without_mean,
    ],
}


def mutant(rng, index):
    """Break an op in one of the ways that have a name."""
    kind = list(KINDS)[index % len(KINDS)]
    builders = MUTANTS[kind]
    op, forward, backward, point, *number = builders[index // len(KINDS) % len(builders)](rng)
    return Case(
        f"{kind}: {op}",
        forward,
        backward,
        point,
        WRONG,
        diagnosis=kind,
        options={"rng": int(rng.integers(2**32))},
        also=functools.partial(states, *number) if number else lambda report: "",  # noqa: ARG005
    )


def spread(rng, g):
    """Return random factors for all entries."""
    return 1 + 0.5 * rng.normal(size=g.shape)


def some(rng, g):
    """Return random factors for a third of the entries."""
    return 1 + (rng.random(g.shape) < 0.3) * rng.normal(size=g.shape)


def random_perturbation(rng, index):
    """Disturb a gradient in a way that has no name; any diagnosis is a false claim."""
    names = (
        "affine",
        "attention",
        "layer norm",
        "squared error",
        "two layers, tanh, squared error",
    )
    function = NAMED[names[index % len(names)]]
    point = function.draw(rng)
    k = int(rng.integers(len(positions(point))))
    shape = point[positions(point)[k]].shape
    factor = (spread, some)[index // len(names) % 2](rng, np.empty(shape))
    factor.flat[0] = 1.7
    return Case(
        f"{function.name}, argument {k}, random factors",
        function.forward,
        edit(k, lambda g: g * factor)(function.backward),
        point,
        WRONG,
        options={"rng": int(rng.integers(2**32))},
        also=unnamed,
    )


def unnamed(report):
    """Complain about any diagnosis."""
    claimed = [f.diagnosis for f in report.findings if f.diagnosis]
    return f"claimed {claimed}" if claimed else ""


def place(rng, index):
    """Break one row, one column, or the entries beyond a threshold, by random factors."""
    function = NAMED[("squared error", "layer norm", "softmax of rows")[index % 3]]
    n, m = square(rng)
    point = tuple(rng.normal(size=(n, m)) * 2 for _ in range(2 if index % 3 == 0 else 1))
    factor = np.ones((n, m))
    kind = ("row", "column", "beyond")[index // 3 % 3]
    i = int(rng.integers(n if kind == "row" else m))
    if kind == "row":
        factor[i] = 1 + rng.uniform(0.2, 1, size=m)
        says = rf"row {i}\b"
    elif kind == "column":
        factor[:, i] = 1 + rng.uniform(0.2, 1, size=n)
        says = rf"column {i}\b"
    else:
        ordered = np.sort(point[0].ravel())
        limit = ordered[-len(ordered) // 3 :].mean()
        factor = np.where(point[0] > limit, 1 + rng.uniform(0.2, 1, size=(n, m)), 1)
        says = r"> *-?\d"
    return Case(
        f"{function.name}, {kind} off",
        function.forward,
        edit(0, lambda g: g * factor)(function.backward),
        point,
        WRONG,
        says=says,
        options={"rng": int(rng.integers(2**32))},
    )


NOT_WRONG = Limit("not said wrong", lambda outcomes: 1 - share("wrong")(outcomes), 0.0)
MOSTLY = Limit("not named rightly, with its number", share("missed"), 0.1)

FAMILIES = (
    Family("mutants", 24 * len(KINDS), 3 * len(KINDS), mutant, judge, (NOT_WRONG, MOSTLY)),
    Family("mutants-random", 100, 8, random_perturbation, judge, (NONE_MISSED,)),
    Family(
        "mutants-place",
        90,
        18,
        place,
        judge,
        (NOT_WRONG, Limit("place not named", share("missed"), 0.1)),
    ),
)
