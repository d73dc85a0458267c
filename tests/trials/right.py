"""No false alarm: gradients that are right, in every condition that makes a checker stumble.

A case is a right function of `functions.py` and a right way to make its check harder:

    scale      f becomes A f(p/s), so that the k-th argument has the size s_k and a gradient of
               the size A/s_k, with s_k and A anywhere in 1e-8 .. 1e8: the chain rule for factors
    constant   + C, which no gradient sees, up to 1e6 (float32: 30) times the size of f
    float32    the whole point, forward and backward in float32
    zeros      entries, rows or a whole argument exactly zero, where the function has no kink there
    noise      f rounded to float32, or off by a relative 1e-14 .. 1e-8, deterministically; the
               gradient of the function that this f approximates stays right
    absorbed   f computed as (f + B) - B, where B moves with the point and is 10² .. 10⁸ times as
               large: what B's rounding takes from f comes back in multiples of B's last place
    decimal    f rounded to a decimal place, six to twelve digits below its size
    condition  an inverse or a solution of a matrix with a condition number κ up to 10¹³: it bends
               over 1/κ of the size of its entries, where no step may be small enough to see it

Right at a tie is a matter of its own (`kinks.py`); no case here has one, except the zero rows
below: there backprop's slope 0 is the end of the hull [0, Σu], since all tied units move together.
"""

import dataclasses
import functools

import numpy as np

from trials.family import Case, Family, Limit, judge, share
from trials.functions import ACTIVATIONS, ARRAYS, ELEMENTWISE, LOSSES, NETWORKS, SMOOTH

LIMITS = (
    Limit("said wrong", share("wrong"), 0.0),
    Limit("said inconclusive", share("inconclusive"), 0.005, strict=True),
    Limit("broke down, or changed the point", share("raised"), 0.0),
)


def positions(point):
    """Return where the float arguments are."""
    return [k for k, x in enumerate(point) if x.dtype.kind == "f"]


def as_tuple(gradients):
    """Return the gradients as a tuple, also where there is only one."""
    return gradients if isinstance(gradients, tuple) else (gradients,)


def scaled(function, point, factors, A):
    """Return A f(p/s) with its gradients A g / s, and the point at which it looks as before."""

    def forward(*p):
        return A * function.forward(*shrink(p))

    def backward(dO, *p):
        gradients = as_tuple(function.backward(A * dO, *shrink(p)))
        gradients = tuple(g / s for g, s in zip(gradients, factors, strict=True))
        return gradients if len(gradients) > 1 else gradients[0]

    def shrink(p):
        p = list(p)
        for k, s in zip(floats, factors, strict=True):
            p[k] = p[k] / s
        return p

    floats = positions(point)
    large = list(point)
    for k, s in zip(floats, factors, strict=True):
        large[k] = np.asarray(point[k] * s)
    return dataclasses.replace(function, forward=forward, backward=backward), tuple(large)


def plus(function, C):
    """Return f + C."""
    return dataclasses.replace(function, forward=lambda *p: function.forward(*p) + C)


def rounded(function):
    """Return f computed in float32 and handed back in float64."""

    def forward(*p):
        return np.float64(function.forward(*(narrow(x) for x in p)))

    def narrow(x):
        return x.astype(np.float32) if x.dtype.kind == "f" else x

    return dataclasses.replace(function, forward=forward)


def noisy(function, size):
    """Return f with a relative error of this size that is as good as random, yet repeats itself."""

    def forward(*p):
        O = function.forward(*p)
        digits, _ = np.frexp(O)
        return O * (1 + size * np.sin(1e18 * digits))  # one ulp apart is a hundred radians apart

    return dataclasses.replace(function, forward=forward)


def absorbed(function, factor):
    """Return f computed as (f + B) − B with a large B that moves with the point."""

    def forward(*p):
        O = function.forward(*p)
        B = factor * (1 + sum(x.sum() for x in p if x.dtype.kind == "f"))
        return (O + B) - B

    return dataclasses.replace(function, forward=forward)


def decimal(function, place):
    """Return f rounded to a decimal place."""
    return dataclasses.replace(function, forward=lambda *p: np.round(function.forward(*p), place))


def with_zeros(rng, point):
    """Return the point with zeros in one float argument: some entries, a row, or all of it."""
    point = list(point)
    k = rng.choice(positions(point))
    x = point[k].copy()
    kind = rng.integers(3)
    if kind == 0 or x.ndim == 0 or x.size < 2:
        x[rng.random(x.shape) < 0.3] = 0
    elif kind == 1:
        x[rng.integers(len(x))] = 0
    else:
        x[...] = 0
    point[k] = x
    return tuple(point)


def harder(rng, function, point):
    """Return the function and the point under one random condition, and its name."""
    float32 = rng.random() < 0.3
    condition = rng.choice(["none", "scale", "scale", "constant", "zeros", "noise"])
    if condition == "scale":
        factors = 10 ** rng.uniform(-8, 8, size=len(positions(point)))
        A = 10 ** rng.uniform(-8, 8)
        function, point = scaled(function, point, factors.tolist(), float(A))
    elif condition == "constant":
        size = float(np.abs(function.forward(*point)).max()) + 1e-3
        C = float(rng.choice([-1, 1]) * size * 10 ** rng.uniform(0, 1.5 if float32 else 6))
        function = plus(function, C)
    elif condition == "zeros" and function.zeros:
        point = with_zeros(rng, point)
    elif condition == "noise" and not float32:
        half = rng.random() < 0.5
        function = rounded(function) if half else noisy(function, 10 ** rng.uniform(-14, -8))
    if float32:
        point = tuple(x.astype(np.float32) if x.dtype.kind == "f" else x for x in point)
    return function, point, f"{function.name}, {condition}{', float32' * float32}"


def from_list(functions):
    """Return the maker of cases from these functions."""

    def make(rng, index):
        function = functions[index % len(functions)]
        function, point, name = harder(rng, function, function.draw(rng))
        seed = int(rng.integers(2**32))
        return Case(name, function.forward, function.backward, point, options={"rng": seed})

    return make


def absorbing(rng, index):
    """Return a function that loses digits on a grid: inside, to a large sum, or at the end."""
    function = (*ELEMENTWISE, *LOSSES, *ARRAYS)[index % len((*ELEMENTWISE, *LOSSES, *ARRAYS))]
    point = function.draw(rng)
    size = float(np.abs(function.forward(*point)).max()) + 1e-3
    kind = ("absorbed", "decimal")[int(rng.integers(2))]
    if kind == "absorbed":
        function = absorbed(function, size * 10 ** rng.uniform(2, 8))
    else:
        function = decimal(function, int(rng.integers(6, 13) - np.log10(size)))
    name, seed = f"{function.name}, {kind}", int(rng.integers(2**32))
    return Case(name, function.forward, function.backward, point, options={"rng": seed})


INVERSES = {
    "inverse": (np.linalg.inv, lambda G, A: -np.linalg.inv(A).T @ G @ np.linalg.inv(A).T),
    "solution": (
        np.linalg.solve,
        lambda g, A, b: (
            -np.outer(np.linalg.solve(A.T, g), np.linalg.solve(A, b)),
            np.linalg.solve(A.T, g),
        ),
    ),
    "log |det|": (
        lambda A: np.linalg.slogdet(A)[1],
        lambda dL, A: dL * np.linalg.inv(A).T,
    ),
}


def conditioned(rng, index):
    """An inverse, a solution or a determinant: of a matrix of any condition, or of Hilbert's."""
    name = sorted(INVERSES)[index % len(INVERSES)]
    forward, backward = INVERSES[name]
    n = int(rng.integers(2, 10))
    U, V = (np.linalg.qr(rng.normal(size=(n, n)))[0] for _ in range(2))
    kappa = 10 ** rng.uniform(0, 13)
    A, kind = U * np.geomspace(1, 1 / kappa, n) @ V, f"condition {kappa:.0e}"
    if rng.random() < 0.2:
        A, kind = 1 / (np.arange(n)[:, None] + np.arange(n) + 1.0), f"Hilbert's, {n} x {n}"
    point = (A * 10 ** rng.uniform(-4, 4),)
    if name == "solution":
        point = (*point, rng.normal(size=n))
    seed = int(rng.integers(2**32))
    return Case(f"{name}, {kind}", forward, backward, point, options={"rng": seed})


def networks(rng, index):
    """A two-layer network; now and then with zero rows in X and no bias, X a constant."""
    function = NETWORKS[index % len(NETWORKS)]
    point = function.draw(rng)
    options = {"rng": int(rng.integers(2**32))}
    if rng.random() < 0.1:
        X, W1, b1, W2, b2, target = point
        X[rng.random(len(X)) < 0.4] = 0
        backward = lambda dL, *p: function.backward(dL, *p)[1:5]  # noqa: E731  # the same, cut
        point = (X, W1, 0 * b1, W2, b2, target)
        options["wrt"] = (1, 2, 3, 4)
        return Case(
            f"{function.name}, zero rows", function.forward, backward, point, options=options
        )
    function, point, name = harder(rng, function, point)
    return Case(name, function.forward, function.backward, point, options=options)


def bowl(rng, f, slope):
    """A f((x − c)/s) at x = c, where its slope is zero; at c = 0 there is no telling s from x."""
    at_zero = rng.random() < 0.3
    s, A = 10 ** rng.uniform(-1 if at_zero else -8, 1 if at_zero else 8), 10 ** rng.uniform(-8, 8)
    c = rng.normal(size=rng.integers(2, 6, size=rng.integers(1, 3))) * (0 if at_zero else s)
    return (
        lambda x: A * f((x - c) / s).sum(),
        lambda dL, x: A * dL * slope((x - c) / s) / s,
        (c.copy(),),
    )


BOWLS = {
    "½ x²": (lambda z: 0.5 * z * z, lambda z: z),
    "x⁴": (lambda z: z**4, lambda z: 4 * z**3),
    "cos x": (np.cos, lambda z: -np.sin(z)),
    "exp(−x²)": (lambda z: np.exp(-z * z), lambda z: -2 * z * np.exp(-z * z)),
    "log cosh x": (lambda z: np.logaddexp(z, -z), np.tanh),
}


def saddle(rng, zeros):
    """A u w with one factor zero, or both."""
    A = 10 ** rng.uniform(-8, 8)
    u, w = rng.normal(size=(2, 4))
    return (
        lambda u, w: A * u * w,
        lambda dO, u, w: (A * dO * w, A * dO * u),
        (0 * u, w * (zeros == 1)),
    )


def still_network(rng, kind):
    """A smooth network whose weights, or whose error, are exactly zero."""
    activation = str(rng.choice(SMOOTH))
    function = next(f for f in NETWORKS if f.name == f"two layers, {activation}, squared error")
    X, W1, b1, W2, b2, Y = function.draw(rng)
    if kind == "a perfect fit":
        Y = ACTIVATIONS[activation][0](X @ W1 + b1) @ W2 + b2
    elif kind == "W2 = 0":
        W2 = 0 * W2
    else:
        W1, b1, W2, b2 = 0 * W1, 0 * b1, 0 * W2, 0 * b2
    return function.forward, function.backward, (X, W1, b1, W2, b2, Y)


STATIONARY = (
    *((name, functools.partial(bowl, f=f, slope=g)) for name, (f, g) in BOWLS.items()),
    ("u w at (0, 0)", functools.partial(saddle, zeros=2)),
    ("u w at (0, w)", functools.partial(saddle, zeros=1)),
    *(
        (kind, functools.partial(still_network, kind=kind))
        for kind in ("a perfect fit", "W2 = 0", "W = 0")
    ),
)


def stationary(rng, index):
    """Points where the gradient, or that of whole arguments, is exactly zero, and rightly so."""
    name, build = STATIONARY[index % len(STATIONARY)]
    forward, backward, point = build(rng)
    return Case(name, forward, backward, point, options={"rng": int(rng.integers(2**32))})


def ops(rng, index):
    """An op of the library at its own example, float64 or float32."""
    import kinds

    op = [*kinds.BY_NAME.values()][index % len(kinds.BY_NAME)]
    point = op.example(rng)
    if rng.random() < 0.5:
        point = tuple(x.astype(np.float32) if x.dtype.kind == "f" else x for x in point)
    options = {"rng": int(rng.integers(2**32)), "wrt": getattr(op, "WRT", None)}
    return Case(op.__name__, op.forward, op.backward, point, options=options)


def two_layer(rng, index):
    """The two-layer network of the library, with each of its activations."""
    import kinds

    from mlp import two_layer as network

    activations = [*kinds.ELEMENTWISE.values()]
    chosen = {"activation": activations[index % len(activations)]}
    *point, _ = next(f for f in NETWORKS if f.name.endswith("labels")).draw(rng)
    n, c = len(point[0]), len(point[4])
    y = rng.integers(c, size=n) if rng.random() < 0.5 else rng.dirichlet(np.ones(c), size=n)
    point = (*point, y)
    if rng.random() < 0.3:
        point = tuple(x.astype(np.float32) if x.dtype.kind == "f" else x for x in point)
    return Case(
        f"mlp.two_layer, {chosen['activation'].__name__}",
        functools.partial(network.forward, **chosen),
        functools.partial(network.backward, **chosen),
        point,
        options={"rng": int(rng.integers(2**32)), "wrt": (0, 1, 2, 3, 4)},
    )


def family(name, cases, make):
    """Make one of the families: they share their judge and their limits."""
    return Family(name, cases, cases // 100, make, judge, LIMITS)


FAMILIES = (
    family("right-entries", 20_000, from_list(ELEMENTWISE)),
    family("right-losses", 16_000, from_list(LOSSES)),
    family("right-arrays", 16_000, from_list(ARRAYS)),
    family("right-networks", 26_000, networks),
    family("right-still", 4_000, stationary),
    family("right-absorbed", 4_000, absorbing),
    Family("right-conditioned", 3_000, 30, conditioned, judge, LIMITS[::2]),
    family("right-ops", 9_000, ops),
    family("right-two-layer", 9_000, two_layer),
)
