"""Digits that forward has lost, where a right gradient has them: the kinds 4 to 8.

Gradients that are 0 up to rounding, saturated layers, differences of near equals, results rounded
to decimals or to a grid, and the same with a fault.
"""

import numpy as np
from scipy.optimize import brentq

from trials.kinds.curves import generic, logistic, named, pulling, pulling_by, shape
from trials.kinds.kind import EITHER, NOT_CORRECT, Drawn, Kind
from trials.kinds.layers import normalised, softmax, unnormalise, unsoftmax

EPS = 1e-5


# ------------------------------------------------------------------ 4: 0 up to rounding


def softmax_summed(rng):
    """softmax(z).sum(), which is 1 whatever z is."""
    z = rng.normal(size=(*shape(rng), int(rng.integers(3, 30)))) * rng.uniform(0.5, 4)

    def backward(dO, z, **options):
        return unsoftmax(np.full(z.shape, dO), z, **options)

    return Drawn(
        f"sum of softmax {z.shape}",
        lambda z: softmax(z).sum(),
        (z,),
        {"0 to rounding": backward},
        {"sum forgotten": lambda dO, z: backward(dO, z, summed=False)},
    )


def layer_norm_averaged(rng):
    """layernorm(x).mean(), or its sum, which are 0 whatever x is."""
    n, d = rng.choice(np.arange(3, 40), 2, replace=False).tolist()
    x = rng.normal(size=(n, d)) * rng.uniform(0.3, 5) + rng.normal()
    of, size = [(np.sum, 1), (np.mean, x.size)][rng.integers(2)]

    def backward(dO, x, **options):
        return unnormalise(np.full(x.shape, dO / size), x, 1, EPS, **options)

    return Drawn(
        f"{of.__name__} of layer norm {x.shape}",
        lambda x: of(normalised(x, 1, EPS)[0]),
        (x,),
        {"0 to rounding": backward},
        {"mean forgotten": lambda dO, x: backward(dO, x, forgotten="mean")},
    )


def bias_before_batch_norm(rng):
    """X W + b before a batch norm, which takes b away again."""
    n, d, m = rng.choice(np.arange(3, 12), 3, replace=False).tolist()
    X, W, b = rng.normal(size=(n, d)), rng.normal(size=(d, m)), rng.normal(size=m)

    def forward(X, W, b):
        return normalised(X @ W + b, 0, EPS)[0]

    def backward(dO, X, W, b, **options):
        G = unnormalise(dO, X @ W + b, 0, EPS, **options)
        return G @ W.T, X.T @ G, G.sum(axis=0)

    return Drawn(
        f"bias before batch norm {(n, d, m)}",
        forward,
        (X, W, b),
        {"0 to rounding": backward},
        {"mean forgotten": lambda *a: backward(*a, forgotten="mean")},
    )


def shift_of_logits(rng):
    """The cross-entropy of z + c, which does not know c: its gradient is P − Y summed up."""
    n, k = rng.choice(np.arange(2, 12), 2, replace=False).tolist()
    z, c = rng.normal(size=(n, k)) * 2, rng.normal(size=(n, 1))
    Y = np.eye(k)[rng.integers(k, size=n)]

    def forward(z, c):
        s = z + c
        top = s.max(axis=1)
        return (top + np.log(np.exp(s - top[:, None]).sum(axis=1)) - (s * Y).sum(axis=1)).mean()

    def backward(dO, z, c, targets=1):
        G = dO * (softmax(z + c) - targets * Y) / n
        return G, G.sum(axis=1, keepdims=True)

    return Drawn(
        f"shift of logits {z.shape}",
        forward,
        (z, c),
        {"0 to rounding": backward},
        {"targets forgotten": lambda *a: backward(*a, targets=0)},
    )


ZEROS = Kind(
    "kind-zero",
    "a gradient that is 0 up to rounding",
    (softmax_summed, layer_norm_averaged, bias_before_batch_norm, shift_of_logits),
    held=True,
)


# ------------------------------------------------------------------ 5: saturated


def tanh_slope(T):
    """Return the slope of tanh by its value."""
    return 1 - T * T


def saturated_layer(rng):
    """tanh(x W) with weights nobody scaled: most entries are ±1 to the last digit."""
    wide = (15, 30), (200, 300), (40, 64)
    narrow = (10, 40), (50, 150), (16, 48)
    n, m, batch = (int(rng.integers(*ends)) for ends in (wide if rng.integers(4) == 0 else narrow))
    x, W = rng.normal(size=(batch, n)), rng.normal(size=(n, m)) * rng.uniform(15, 60) / np.sqrt(n)

    def forward(x, W):
        return np.tanh(x @ W)

    def backward(dO, x, W, factor=1, slope=tanh_slope):
        G = factor * dO * slope(forward(x, W))
        return G @ W.T, x.T @ G

    return Drawn(
        f"saturated tanh {(batch, n, m)}",
        forward,
        (x, W),
        {"right": backward},
        {
            "factor 2": lambda *a: backward(*a, factor=2),
            "square forgotten": lambda *a: backward(*a, slope=lambda T: 1 - T),
        },
    )


def saturated_gate(rng):
    """A gate σ(x W) of large numbers, summed."""
    n, m = rng.integers(20, 80, size=2).tolist()
    x, W = rng.normal(size=n) * rng.uniform(1, 4), rng.normal(size=(n, m))

    def forward(x, W):
        return (1 / (1 + np.exp(-(x @ W)))).sum()

    def backward(dO, x, W, factor=1):
        S = 1 / (1 + np.exp(-(x @ W)))
        G = factor * dO * S * (1 - S)
        return W @ G, np.outer(x, G)

    return Drawn(
        f"saturated gate {(n, m)}",
        forward,
        (x, W),
        {"right": backward},
        {"sign": lambda *a: backward(*a, factor=-1), "half": lambda *a: backward(*a, factor=0.5)},
    )


def saturated_attention(rng):
    """softmax(q kᵀ) that forgot √d and is nearly one-hot, times values."""
    n, d, m = (int(rng.integers(*ends)) for ends in ((3, 8), (64, 200), (3, 9)))
    q, k, V = rng.normal(size=(n, d)), rng.normal(size=(m, d)), rng.normal(size=(m, 3))

    def forward(q, k):
        return softmax(q @ k.T) @ V

    def backward(dO, q, k, factor=1):
        G = factor * unsoftmax(dO @ V.T, q @ k.T)
        return G @ k, G.T @ q

    return Drawn(
        f"saturated attention {(n, d, m)}",
        forward,
        (q, k),
        {"right": backward},
        {"sign": lambda *a: backward(*a, factor=-1), "twice": lambda *a: backward(*a, factor=2)},
    )


SATURATED = Kind(
    "kind-saturated",
    "layers that are nearly saturated",
    (saturated_layer, saturated_gate, saturated_attention),
    right=EITHER,
    unsure=None,
    held=True,
)


# ------------------------------------------------------------------ 6: cancelling


CANCELLING = {  # name: (forward, its slope, the powers of ten at which)
    "(cos x − 1) / x": (
        lambda x: (np.cos(x) - 1) / x,
        lambda x: 2 * np.sin(x / 2) ** 2 / x**2 - np.sin(x) / x,
        (-8, -4),
    ),
    "(e^x − 1) / x": (
        lambda x: (np.exp(x) - 1) / x,
        lambda x: 1 / 2 + x / 3 + x**2 / 8 + x**3 / 30,
        (-8, -4),
    ),
    "log(1 + x) / x": (
        lambda x: np.log(1 + x) / x,
        lambda x: -1 / 2 + 2 * x / 3 - 3 * x**2 / 4 + 4 * x**3 / 5,
        (-8, -4),
    ),
    "√(x² + 1) − 1": (
        lambda x: np.sqrt(x**2 + 1) - 1,
        lambda x: x / np.sqrt(x**2 + 1),
        (-6, -2),
    ),
    "1 − cos x": (lambda x: 1 - np.cos(x), np.sin, (-6, -2)),
    "log(1 + e^x)": (
        lambda x: np.log(1 + np.exp(-1 / x)),
        lambda x: logistic(-1 / x) / x**2,
        (-1.5, -1),
    ),
}


def difference_of_near_equals(rng):
    """Functions of a small number, such as (cos x − 1) / x, as they stand in a book."""
    name = str(rng.choice(list(CANCELLING)))
    f, slope, (low, high) = CANCELLING[name]
    size = 10 ** rng.uniform(low, high)
    x = size * rng.uniform(1, 3, size=int(rng.integers(1, 6)))
    return Drawn(
        f"{name} at {size:.1e}",
        f,
        (x,),
        {"right": pulling(slope)},
        {"sign": pulling(lambda x: -slope(x)), "half": pulling(lambda x: slope(x) / 2)},
    )


def small_exponent(rng):
    """exp(c tanh x) − 1 with a small c."""
    c = 10 ** rng.uniform(-8, -3)
    x = rng.normal(size=shape(rng))

    def slope(x):
        t = np.tanh(x)
        return c * (1 - t * t) * np.exp(c * t)

    return Drawn(
        f"exp({c:.0e} tanh x) − 1 {x.shape}",
        lambda x: np.exp(c * np.tanh(x)) - 1,
        (x,),
        {"right": pulling(slope)},
        {
            "sign": pulling(lambda x: -slope(x)),
            "square forgotten": pulling(lambda x: c * (1 - np.tanh(x)) * np.exp(c * np.tanh(x))),
        },
    )


def one_pass_variance(rng):
    """E x² − (E x)² of numbers far from 0."""
    n = int(rng.integers(4, 30))
    x = rng.normal(size=n) + 10 ** rng.uniform(2, 5)

    def backward(dO, x, factor=2):
        return factor * dO * (x - x.mean()) / n

    return Drawn(
        f"one-pass variance of {n} at {x.mean():.0e}",
        lambda x: (x**2).mean() - x.mean() ** 2,
        (x,),
        {"right": backward},
        {
            "factor 2": lambda *a: backward(*a, factor=1),
            "sign": lambda *a: backward(*a, factor=-2),
        },
    )


CANCELS = Kind(
    "kind-cancels",
    "forward subtracts near equals",
    (difference_of_near_equals, difference_of_near_equals, small_exponent, one_pass_variance),
    right=EITHER,
    unsure=None,
    held=True,
)


# ------------------------------------------------------------------ 7 and 8: rounded


def summed(drawn):
    """Return the sum of what was drawn."""
    (x,) = drawn.point

    def spread(backward):
        return lambda dO, x: backward(np.full(x.shape, dO), x)

    return Drawn(
        f"sum of {drawn.name}",
        lambda x: drawn.forward(x).sum(),
        (x,),
        {name: spread(b) for name, b in drawn.right.items()},
        {name: spread(b) for name, b in drawn.wrong.items()},
    )


def drawn_curve(rng):
    """Draw a curve in float64, entry by entry or summed."""
    name, curve, c = named(rng)
    x = generic(rng, shape(rng))
    drawn = Drawn(
        f"{name} {x.shape}",
        lambda x: curve.f(x, c),
        (x,),
        {"right": pulling(lambda x: curve.slope(x, c))},
        pulling_by(curve.mistakes, c),
    )
    return summed(drawn) if rng.integers(2) else drawn


def coarse(drawn, name, rounded):
    """Return what was drawn with its result rounded."""
    return Drawn(
        f"{name} of {drawn.name}",
        lambda x: rounded(drawn.forward(x)),
        drawn.point,
        drawn.right,
        drawn.wrong,
        drawn.forward,
    )


def decimals(rng):
    """np.round(..., 3), as a metric is printed or stored."""
    k = int(rng.integers(2, 7))
    return coarse(drawn_curve(rng), f"{k} decimals", lambda y: np.round(y, k))


def grid(rng):
    """A grid of powers of two: fixed-point numbers."""
    k = int(rng.integers(8, 24))
    return coarse(drawn_curve(rng), f"grid 2^-{k}", lambda y: np.floor(y * 2.0**k) / 2.0**k)


def half_precision(rng):
    """A result that was stored as float16 or float32."""
    dtype = [np.float16, np.float32][rng.integers(2)]
    name = np.dtype(dtype).name
    return coarse(drawn_curve(rng), name, lambda y: y.astype(dtype).astype(float))


def root_of(x, a):
    """Return y with y³ + a y = x, by Cardano's formula."""
    half, third = x / 2, a / 3
    s = np.cbrt(half + np.sqrt(half**2 + third**3))
    return s - third / s


def root_found(rng):
    """A root y³ + a y = x by bisection on a dyadic grid, or by brentq at its default xtol."""
    x, a = rng.uniform(0.3, 3, size=int(rng.integers(1, 5))), rng.uniform(0.5, 2)
    halvings = int(rng.integers(12, 40))

    def bisected(x):
        low, high = np.full(x.shape, -4.0), np.full(x.shape, 4.0)
        for _ in range(halvings):
            middle = (low + high) / 2
            above = middle**3 + a * middle > x
            low, high = np.where(above, low, middle), np.where(above, middle, high)
        return (low + high) / 2

    def by_brentq(x):
        return np.array([brentq(lambda y, x=x: y**3 + a * y - x, -4, 4) for x in x])

    def backward(dO, x, linear=a, factor=1):
        return factor * dO / (3 * root_of(x, a) ** 2 + linear)

    name, forward = [(f"{halvings} halvings", bisected), ("brentq", by_brentq)][rng.integers(2)]
    return Drawn(
        f"root by {name} {x.shape}",
        forward,
        (x,),
        {"implicit": backward},
        {"sign": lambda *a: backward(*a, factor=-1), "a left out": lambda *a: backward(*a, 0)},
        lambda x: root_of(x, a),
    )


ROUNDED = Kind(
    "kind-rounded",
    "results rounded, on a grid, or found to a tolerance",
    (decimals, grid, root_found, half_precision),
    right=EITHER,
    unsure=None,
)


def activation_in_decimals(rng):
    """np.round(gelu(x), 3), and the like, of three decimals and fewer."""
    k = int(rng.integers(1, 4))
    return coarse(drawn_curve(rng), f"{k} decimals", lambda y: np.round(y, k))


def activation_on_a_grid(rng):
    """The same as quantised to eight bits and fewer."""
    step = 2.0 ** -rng.uniform(3, 8)
    return coarse(drawn_curve(rng), f"step {step:.3g}", lambda y: step * np.round(y / step))


COARSE = Kind(
    "kind-coarse",
    "coarse results, and a fault",
    (activation_in_decimals, activation_on_a_grid),
    right=EITHER,
    wrong=NOT_CORRECT,
    unsure=None,
)

KINDS = (ZEROS, SATURATED, CANCELS, ROUNDED, COARSE)
