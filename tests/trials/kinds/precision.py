"""float32 arrays that meet float64: the kinds 1 to 3.

A NumPy scalar of float64, such as `np.sqrt(2 / np.pi)` or `np.sqrt(4)`, makes float64 of a float32
array, and its rounding is that of float32 all the same. A sum with `dtype=np.float64` likewise.
"""

import numpy as np

from trials.kinds.curves import generic, named, pulling, pulling_by, shape
from trials.kinds.kind import Drawn, Kind
from trials.kinds.layers import normalised, softmax, unnormalise, unsoftmax

SINGLE = np.float32


def cast(backward):
    """Return the backward with each gradient in its argument's precision."""

    def rounded(dO, *point):
        gradients = backward(dO, *point)
        if not isinstance(gradients, tuple):
            return gradients.astype(point[0].dtype)
        return tuple(g.astype(x.dtype) for g, x in zip(gradients, point, strict=True))

    return rounded


def with_scalar(rng):
    """Draw a function of each float32 entry whose constant is a float64 scalar."""
    name, curve, c = named(rng)
    c = np.float64(c)
    x = generic(rng, shape(rng)).astype(SINGLE)
    return Drawn(
        f"{name} {x.shape}",
        lambda x: curve.f(x, c),
        (x,),
        {"right": pulling(lambda x: curve.slope(x, c))},
        pulling_by(curve.mistakes, c),
    )


def with_scalar_summed(rng):
    """Draw the same, summed or as a mean."""
    drawn = with_scalar(rng)
    (x,) = drawn.point
    of, size = [(np.sum, 1), (np.mean, x.size)][rng.integers(2)]

    def spread(backward):
        return lambda dO, x: backward(np.full(x.shape, dO / size), x)

    return Drawn(
        f"{of.__name__} of {drawn.name}",
        lambda x: of(drawn.forward(x)),
        drawn.point,
        {name: spread(b) for name, b in drawn.right.items()},
        {name: spread(b) for name, b in drawn.wrong.items()},
    )


MIXED = Kind(
    "kind-mixed", "float32 meets a float64 scalar", (with_scalar, with_scalar_summed), held=True
)


def scaled_layer(rng):
    """tanh(x Kᵀ / √d), everything but √d in float32."""
    n, d, m = rng.choice(np.arange(2, 9), 3, replace=False).tolist()
    x, K = (rng.normal(size=(k, d)).astype(SINGLE) for k in (n, m))

    root = np.sqrt(d)

    def forward(x, K):
        return np.tanh(x @ K.T / root)

    def backward(dO, x, K, slope=lambda T: 1 - T * T, root=root):
        G = dO * slope(forward(x, K)) / root
        return G @ K, G.T @ x

    return Drawn(
        f"scaled layer {(n, d, m)}",
        forward,
        (x, K),
        {"right": cast(backward)},
        {
            "scale forgotten": cast(lambda *a: backward(*a, root=1)),
            "square forgotten": cast(lambda *a: backward(*a, slope=lambda T: 1 - T)),
        },
    )


def layer_norm(rng):
    """Layer norm with np.float64(1e-5) under the root."""
    n, d = rng.choice(np.arange(3, 12), 2, replace=False).tolist()
    eps = np.float64(rng.choice([1e-5, 1e-6, 1e-3]))
    x = (rng.normal(size=(n, d)) * rng.uniform(0.3, 3) + rng.normal()).astype(SINGLE)
    scale, shift = rng.normal(size=(2, d)).astype(SINGLE)

    def forward(x, scale, shift):
        return normalised(x, 1, eps)[0] * scale + shift

    def backward(dO, x, scale, shift, forgotten=""):
        del shift
        dX = unnormalise(dO * scale, x, 1, eps, forgotten=forgotten)
        return dX, (dO * normalised(x, 1, eps)[0]).sum(axis=0), dO.sum(axis=0)

    return Drawn(
        f"layer norm {(n, d)}",
        forward,
        (x, scale, shift),
        {"right": cast(backward)},
        {
            f"{what} forgotten": cast(lambda *a, what=what: backward(*a, forgotten=what))
            for what in ("mean", "variance")
        },
    )


def attention(rng):
    """Weights of attention, softmax(q kᵀ / √d), √d a float64 scalar."""
    n, d, m = rng.choice(np.arange(2, 8), 3, replace=False).tolist()
    q, k = (rng.normal(size=(s, d)).astype(SINGLE) for s in (n, m))
    root = np.sqrt(np.float64(d))

    def forward(q, k):
        return softmax(q @ k.T / root)

    def backward(dO, q, k, root=root, **options):
        G = unsoftmax(dO, q @ k.T / np.sqrt(d), **options) / root
        return G @ k, G.T @ q

    return Drawn(
        f"attention {(n, d, m)}",
        forward,
        (q, k),
        {"right": cast(backward)},
        {
            "scale forgotten": cast(lambda *a: backward(*a, root=1)),
            "sum forgotten": cast(lambda *a: backward(*a, summed=False)),
        },
    )


def squared_error(rng):
    """The mean squared error of a linear map, divided by a float64 scalar."""
    n, d = rng.choice(np.arange(3, 20), 2, replace=False).tolist()
    X, w = rng.normal(size=(n, d)).astype(SINGLE), rng.normal(size=d).astype(SINGLE)
    y = rng.normal(size=n).astype(SINGLE)
    scale = np.float64(n)

    def forward(X, w):
        return ((X @ w - y) ** 2).sum() / scale

    def backward(dO, X, w, factor=2, scale=scale):
        R = factor * dO * (X @ w - y) / scale
        return np.outer(R, w), X.T @ R

    return Drawn(
        f"squared error {(n, d)}",
        forward,
        (X, w),
        {"right": cast(backward)},
        {
            "factor 2": cast(lambda *a: backward(*a, factor=1)),
            "scale forgotten": cast(lambda *a: backward(*a, scale=1)),
        },
    )


MIXED_LAYERS = Kind(
    "kind-mixed-layer",
    "layers in float32 with a float64 scalar",
    (scaled_layer, layer_norm, attention, squared_error),
    held=True,
)


def long_sum(rng):
    """A sum over 10⁴ to 3·10⁴ float32 entries, or their mean, accumulated in float64."""
    name, curve, c = named(rng)
    n = int(10 ** rng.uniform(4, 4.5))
    x = rng.normal(size=n).astype(SINGLE)
    c = SINGLE(c)
    mean = bool(rng.integers(2))
    size = n if mean else 1
    first = int(rng.integers(n // 2))

    def forward(x):
        y = curve.f(x, c)
        return y.mean(dtype=np.float64) if mean else y.sum(dtype=np.float64)

    def backward(dO, x, slope=curve.slope):
        return (dO / size * slope(x, c)).astype(x.dtype)

    def blocked(dO, x):
        dX = backward(dO, x)
        dX[first : first + n // 4] *= 2
        return dX

    return Drawn(
        f"{'mean' if mean else 'sum'} of {n} {name}",
        forward,
        (x,),
        {"right": backward},
        {"a block twice": blocked}
        | {f: lambda *a, s=s: backward(*a, slope=s) for f, s in curve.mistakes.items()},
    )


def long_product(rng):
    """The sum of x w squared, or a norm of it, of 10⁴ entries and more, accumulated in float64."""
    n = int(10 ** rng.uniform(4, 4.3))
    x, w = rng.normal(size=(2, n)).astype(SINGLE)

    def forward(x, w):
        return np.sqrt(np.square(x * w).sum(dtype=np.float64))

    def backward(dO, x, w, factor=1):
        G = factor * dO * (x * w) / forward(x, w)
        return G * w, G * x

    return Drawn(
        f"norm of a product of {n}",
        forward,
        (x, w),
        {"right": cast(backward)},
        {
            "factor 2": cast(lambda *a: backward(*a, factor=2)),
            "second is the first": cast(lambda *a: (backward(*a)[0], backward(*a)[0])),
        },
    )


LONG_SUMS = Kind(
    "kind-long-sum",
    "a float64 sum of many float32 entries",
    (long_sum, long_sum, long_product),
    evaluations=45,
)

KINDS = (MIXED, MIXED_LAYERS, LONG_SUMS)
