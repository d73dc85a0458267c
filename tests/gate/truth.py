"""The right answers, from definitions in sixty digits where an op has one of few lines.

Infinity is a number beyond all floats here, so that limits come out; NaN stays.
"""

import numpy as np
from oracle import ACTIVATIONS, mp

FAR = mp.mpf(10) ** 5  # beyond it the gates are 0 or 1 in every float
BEYOND = mp.mpf(10) ** 400


def number(x):
    """Return a float as a number of sixty digits; infinity as one beyond all floats."""
    x = float(x)
    if np.isfinite(x):
        return mp.mpf(x)
    return mp.nan if np.isnan(x) else BEYOND * int(np.sign(x))


def near(z):
    """Return z, no farther off than where nothing changes any more."""
    return max(-FAR, min(FAR, z))


def sigma(z):
    """Return 1 / (1 + exp(-z))."""
    return 1 / (1 + mp.exp(-near(z)))


def tanh_form(z):
    """Return V and V' of gelu's tanh form."""
    k = mp.sqrt(8 / mp.pi)
    c = mp.mpf(0.044715)
    z = near(z)
    return k * (z + c * z**3), k * (1 + 3 * c * z * z)


def phi(z):
    """Return the normal distribution function."""
    return mp.erfc(-near(z) / mp.sqrt(2)) / 2


def density(z):
    """Return the normal density."""
    return mp.exp(-(near(z) ** 2) / 2) / mp.sqrt(2 * mp.pi)


def steep(z):
    """Return σ(z) σ(-z)."""
    return sigma(z) * sigma(-z)


VALUES = {
    "identity": lambda z: z,
    "sigmoid": sigma,
    "tanh": lambda z: mp.tanh(near(z)),
    "relu": lambda z: max(z, mp.mpf(0)),
    "leaky_relu": lambda z: z if z > 0 else mp.mpf(0.01) * z,
    "elu": lambda z: z if z > 0 else mp.expm1(near(z)),
    "softplus": lambda z: z if z > FAR else mp.log1p(mp.exp(near(z))),
    "silu": lambda z: z * sigma(z),
    "gelu": lambda z: z * phi(z),
    "gelu:tanh": lambda z: z * sigma(tanh_form(z)[0]),
}
SLOPES = {
    "identity": lambda _: mp.mpf(1),
    "sigmoid": steep,
    "tanh": lambda z: 4 * steep(2 * near(z)),
    "relu": lambda z: mp.mpf(z > 0),
    "leaky_relu": lambda z: mp.mpf(1) if z > 0 else mp.mpf(0.01),
    "elu": lambda z: mp.mpf(1) if z > 0 else mp.exp(near(z)),
    "softplus": sigma,
    "silu": lambda z: sigma(z) + near(z) * steep(z),
    "gelu": lambda z: phi(z) + near(z) * density(z),
    "gelu:tanh": lambda z: (
        sigma(tanh_form(z)[0]) + near(z) * tanh_form(z)[1] * steep(tanh_form(z)[0])
    ),
}
CURVES = {
    "identity": lambda _: mp.mpf(0),
    "relu": lambda _: mp.mpf(0),
    "leaky_relu": lambda _: mp.mpf(0),
    "elu": lambda z: mp.mpf(0) if z > 0 else mp.exp(near(z)),
    "tanh": lambda z: -8 * mp.tanh(near(z)) * steep(2 * near(z)),
    "sigmoid": lambda z: -mp.tanh(near(z) / 2) * steep(z),
    "softplus": steep,
    "silu": lambda z: (2 - near(z) * mp.tanh(near(z) / 2)) * steep(z),
    "gelu": lambda z: (2 - near(z) ** 2) * density(z),
}
assert {*ACTIVATIONS} <= {*VALUES}


def each(function, *arrays):
    """Return a function of the numbers of arrays, entry by entry; NaN where one of them is."""
    found = np.empty(arrays[0].shape, object)
    for place in np.ndindex(found.shape):
        parts = [number(A[place]) for A in arrays]
        found[place] = mp.nan if any(map(mp.isnan, parts)) else function(*parts)
    return found


def total(numbers):
    """Return the sum of numbers; NaN where one is."""
    return mp.fsum(numbers)


def product(A, B):
    """Return A B, and beside each entry the sum of its absolute terms."""
    A, B = each(lambda a: a, A), each(lambda b: b, B)
    found = np.empty((A.shape[0], B.shape[1]), object)
    for i, k in np.ndindex(found.shape):
        terms = [a * b for a, b in zip(A[i], B[:, k], strict=True)]
        found[i, k] = total(terms), total([abs(term) for term in terms])
    return found


def affine(X, W, b):
    """Return X W + b."""
    return product(np.column_stack([X, np.ones(len(X))]), np.vstack([W, b]))


def affine_backward(dO, X, W, _):
    """Return dO Wᵀ, Xᵀ dO and 1ᵀ dO."""
    return product(dO, W.T), product(X.T, dO), product(np.ones((1, len(dO))), dO)[0]


def squared_error(O, Y):
    """Return the mean of squares."""
    squares = each(lambda o, y: (o - y) ** 2, O, Y)
    return np.array(total(squares.ravel()) / O.size, object)


def elementwise(table, name):
    """Return forward or backward of an op by its table of values or slopes."""

    def run(*arrays, approximate="none", **options):
        own = table[f"{name}:tanh" if approximate == "tanh" else name]
        if any(value != DEFAULTS[key] for key, value in options.items()):
            return None
        if table is VALUES:
            return each(own, *arrays)
        if name == "identity":  # whose slope does not ask where it is
            return each(lambda d: d, arrays[0])
        return each(lambda d, z: d * own(z), *arrays)

    return run


DEFAULTS = {"slope": 0.01, "alpha": 1.0}


def curvature(activation, Z):
    """Return σ''(Z)."""
    from mlp.op import name_of

    return each(CURVES[name_of(activation)], np.asarray(Z))


def of(function):
    """Return what gives the right answer of a function; None: itself, at plain values."""
    short = function.__module__.rpartition(".")[2]
    if short in VALUES and function.__qualname__ in {"forward", "backward"}:
        return elementwise(VALUES if function.__qualname__ == "forward" else SLOPES, short)
    return {
        "affine.forward": affine,
        "affine.backward": affine_backward,
        "squared_error.forward": squared_error,
    }.get(f"{short}.{function.__qualname__}")
