"""What a backward hands back, and how it reads what it is handed: the kinds 12 to 14.

None, gradients of integers and booleans, and a cotangent's memory read as if it were contiguous.
"""

import ctypes

import numpy as np
from numpy.lib.stride_tricks import as_strided

from trials.kinds.curves import named, shape
from trials.kinds.kind import Drawn, Kind

# ------------------------------------------------------------------ 12: None

HINT = r"None claims that the gradient is 0: .*; a constant\? say wrt="


def linear(rng):
    """Draw a linear map and its point, with activations or without."""
    n, d, m = rng.choice(np.arange(2, 8), 3, replace=False).tolist()
    f, slope = [
        (np.tanh, lambda Z: 1 - np.tanh(Z) ** 2),
        (np.sin, np.cos),
        (lambda Z: Z * 1.0, np.ones_like),
    ][rng.integers(3)]
    X, W, b = rng.normal(size=(n, d)), rng.normal(size=(d, m)), rng.normal(size=m)
    return f, slope, X, W, b


def none_for_a_weight(rng):
    """None for one of the arguments of a layer."""
    f, slope, X, W, b = linear(rng)
    at = int(rng.integers(3))

    def backward(dO, X, W, b):
        G = dO * slope(X @ W + b)
        return G @ W.T, X.T @ G, G.sum(axis=0)

    def without(dO, *point):
        return tuple(None if k == at else g for k, g in enumerate(backward(dO, *point)))

    return Drawn(
        f"layer {X.shape}",
        lambda X, W, b: f(X @ W + b),
        (X, W, b),
        {"right": backward},
        {f"None for {'XWb'[at]}": without},
        says=HINT,
    )


def none_for_a_mask(rng):
    """None for a mask, weights or targets of floats, on which forward depends."""
    x, m = rng.normal(size=(2, *shape(rng)))
    name, f, by_x, by_m = [
        ("mask", lambda x, m: x * m, lambda x, m: m, lambda x, m: x),
        ("targets", lambda x, m: (x - m) ** 2, lambda x, m: 2 * (x - m), lambda x, m: 2 * (m - x)),
        ("weights", lambda x, m: m * np.sin(x), lambda x, m: m * np.cos(x), lambda x, m: np.sin(x)),
    ][rng.integers(3)]
    return Drawn(
        f"{name} {x.shape}",
        f,
        (x, m),
        {"right": lambda dO, x, m: (dO * by_x(x, m), dO * by_m(x, m))},
        {f"None for the {name}": lambda dO, x, m: (dO * by_x(x, m), None)},
        says=HINT,
    )


def none_for_what_does_not_count(rng):
    """None for an argument that forward ignores, of which it takes the shape, or only the sign."""
    f, slope, X, W, b = linear(rng)
    name, bias = [
        ("ignored", lambda b: 0),
        ("shape alone", np.zeros_like),
        ("sign alone", lambda b: 0.1 * np.sign(b)),
    ][rng.integers(3)]

    def backward(dO, X, W, b, last=lambda G: None):
        G = dO * slope(X @ W + bias(b))
        return G @ W.T, X.T @ G, last(G)

    return Drawn(
        f"bias, {name}",
        lambda X, W, b: f(X @ W + bias(b)),
        (X, W, b),
        {"None": backward},
        {
            "as if it counted": lambda *a: backward(*a, last=lambda G: G.sum(axis=0)),
            "None for X": lambda *a: (None, *backward(*a)[1:]),
        },
        asleep=name == "sign alone",
    )


def none_beside_wrt(rng):
    """A constant that wrt= leaves out; the others are judged."""
    f, slope, X, W, b = linear(rng)

    def backward(dO, X, W, b):
        G = dO * slope(X @ W + b)
        return G @ W.T, X.T @ G

    return Drawn(
        f"layer {X.shape} without its bias",
        lambda X, W, b: f(X @ W + b),
        (X, W, b),
        {"right": backward},
        {"None for W": lambda *a: (backward(*a)[0], None)},
        options={"wrt": (0, 1)},
        says=HINT,
    )


NONE = Kind(
    "kind-none",
    "None for an argument that forward depends on",
    (none_for_a_weight, none_for_a_mask, none_for_what_does_not_count, none_beside_wrt),
    held=True,
)


# ------------------------------------------------------------------ 13: integers and booleans

SIGNS = {  # name: (forward, its slope, the same as integers or booleans)
    "relu": (lambda x: np.maximum(x, 0), lambda x: 1.0 * (x > 0), lambda x: x > 0),
    "modulus": (np.abs, np.sign, lambda x: np.sign(x).astype(int)),
    "square": (lambda x: x**2, lambda x: 2 * x, lambda x: (2 * x).astype(int)),
    "identity": (lambda x: x * 1.0, np.ones_like, lambda x: np.ones(x.shape, int)),
    "clip": (
        lambda x: np.clip(x, -1, 1),
        lambda x: 1.0 * (np.abs(x) < 1),
        lambda x: np.abs(x) < 1,
    ),
    "hinge": (
        lambda x: np.maximum(1 - x, 0),
        lambda x: -1.0 * (x < 1),
        lambda x: np.where(x < 1, -1, 0),
    ),
}


def integer_gradient(rng):
    """`return x > 0`, or a gradient of integers."""
    name = str(rng.choice(list(SIGNS)))
    f, slope, whole = SIGNS[name]
    x = rng.normal(size=shape(rng)) * 2
    x.flat[0] = rng.uniform(0.5, 0.9)  # a place where each of the slopes is not 0
    summed = bool(rng.integers(2))

    def kept(dO, x):
        return np.round(dO * slope(x) + 1).astype(int)

    return Drawn(
        f"{name} {x.shape}" + (", summed" if summed else ""),
        lambda x: f(x).sum() if summed else f(x),
        (x,),
        {"right": lambda dO, x: dO * slope(x)},
        {"without its cotangent": lambda dO, x: whole(x), "rounded to integers": kept},
    )


def integer_zero(rng):
    """A step, a sign or nothing: its slope is 0, and 0 of integers or False says so."""
    x, y = rng.uniform(0.1, 0.9, size=(2, *shape(rng))) + rng.integers(-3, 3)
    name, f = [
        ("floor", np.floor),
        ("sign", np.sign),
        ("step", lambda x: 1.0 * (x > 0)),
        ("nothing", np.ones_like),
    ][rng.integers(4)]
    dtype = [int, bool][rng.integers(2)]

    def zero(dO, x, y, value=0):
        return np.full(x.shape, value, dtype), dO * f(x) * np.cos(y)

    return Drawn(
        f"{name} {x.shape}, {dtype.__name__}",
        lambda x, y: f(x) * np.sin(y) + (1 - f(x)),
        (x, y),
        {"0": zero},
        {
            "1": lambda *a: zero(*a, 1),
            "1 in floats": lambda *a: (1.0 * zero(*a, 1)[0], zero(*a)[1]),
        },
        asleep=True,
    )


INTEGERS = Kind(
    "kind-integer",
    "boolean and integer gradients",
    (integer_gradient, integer_zero),
    held=True,
)


# ------------------------------------------------------------------ 14: strides

READERS = {  # the cotangent's numbers in its own shape: of these each trusts its memory
    "nditer": lambda dO: np.array([float(g) for g in np.nditer(dO)]).reshape(dO.shape),
    "ravel K": lambda dO: dO.ravel("K").reshape(dO.shape),
    "ravel A": lambda dO: dO.ravel("A").reshape(dO.shape),
    "tobytes A": lambda dO: np.frombuffer(dO.tobytes("A"), dO.dtype).reshape(dO.shape),
}
CAREFUL = {
    "as it is": lambda dO: dO,
    "ravel": lambda dO: dO.ravel().reshape(dO.shape),
    "contiguous": lambda dO: np.ascontiguousarray(dO).ravel("K").reshape(dO.shape),
    "flat": lambda dO: np.array(list(dO.flat)).reshape(dO.shape),
    "tobytes": lambda dO: np.frombuffer(dO.tobytes(), dO.dtype).reshape(dO.shape),
}


def read_from_memory(rng):
    """A function of each entry whose backward walks through the memory of its cotangent."""
    name, curve, c = named(rng)
    x = rng.normal(size=rng.choice(np.arange(2, 7), rng.integers(2, 4), replace=False))

    def by(read):
        return lambda dO, x: read(dO) * curve.slope(x, c)

    return Drawn(
        f"{name} {x.shape}",
        lambda x: curve.f(x, c),
        (x,),
        {name: by(read) for name, read in CAREFUL.items()},
        {name: by(read) for name, read in READERS.items()},
    )


def product_from_memory(rng):
    """A matrix product whose backward walks through the memory of its cotangent."""
    n, d, m = rng.choice(np.arange(2, 8), 3, replace=False).tolist()
    A, B = rng.normal(size=(n, d)), rng.normal(size=(d, m))

    def by(read):
        return lambda dO, A, B: (read(dO) @ B.T, A.T @ read(dO))

    return Drawn(
        f"product {(n, d, m)}",
        np.matmul,
        (A, B),
        {name: by(read) for name, read in CAREFUL.items()},
        {name: by(read) for name, read in READERS.items()},
    )


def from_pointer(dO):
    """Read so many numbers from where a cotangent begins, as a kernel in C does."""
    numbers = ctypes.string_at(dO.ctypes.data, dO.nbytes)
    return np.frombuffer(numbers, dO.dtype).reshape(dO.shape)


KERNELS = {  # what trusts a pointer, a base or a row's stride
    "pointer": from_pointer,
    "base": lambda dO: dO if dO.base is None else np.ravel(dO.base)[: dO.size].reshape(dO.shape),
    "rows by stride": lambda dO: as_strided(
        dO, strides=(*dO.strides[:-1], dO.itemsize)
    ),  # the last axis is taken for dense
    "either order": lambda dO: from_pointer(dO) if dO.flags.forc else dO,
}
GUARDED = {
    "pointer to a copy": lambda dO: from_pointer(np.ascontiguousarray(dO)),
    "all strides": lambda dO: as_strided(dO, strides=dO.strides) * 1.0,
    "one order": lambda dO: from_pointer(dO) if dO.flags.c_contiguous else dO,
}


def read_by_kernel(rng):
    """A function of each entry, in one axis or more, whose backward is a kernel with a pointer."""
    name, curve, c = named(rng)
    x = rng.normal(size=rng.choice(np.arange(2, 7), rng.integers(1, 4), replace=False))
    wrong = KERNELS if x.ndim > 1 else {name: KERNELS[name] for name in ("pointer", "base")}

    def by(read):
        return lambda dO, x: read(dO) * curve.slope(x, c)

    return Drawn(
        f"kernel of {name} {x.shape}",
        lambda x: curve.f(x, c),
        (x,),
        {name: by(read) for name, read in GUARDED.items()},
        {name: by(read) for name, read in wrong.items()},
    )


def summed_in_another_order(rng):
    """A long layer, by NumPy's own sums and products: they round otherwise for other strides."""
    n, d, m = int(rng.integers(300, 2000)), *rng.choice(np.arange(2, 9), 2, replace=False).tolist()
    dtype = [np.float32, np.float64][rng.integers(2)]
    X, W, b = (rng.normal(size=s).astype(dtype) for s in ((n, d), (d, m), m))

    def backward(dO, X, W, b):
        del b
        return dO @ W.T, X.T @ dO, dO.sum(axis=0)

    def by_einsum(dO, X, W, b):
        del b
        pairs = np.einsum("nm,dm->nd", dO, W), np.einsum("nd,nm->dm", X, dO)
        return *pairs, np.einsum("nm->m", dO)

    def by_loops(dO, X, W, b):
        dW, db = np.zeros_like(W), np.zeros_like(b)
        for x, g in zip(X, dO, strict=True):
            dW += np.outer(x, g)
            db += g
        return dO @ W.T, dW, db

    def by(read):
        return lambda dO, *point: backward(read(dO), *point)

    return Drawn(
        f"layer of {n} rows, {dtype.__name__}",
        lambda X, W, b: X @ W + b,
        (X, W, b),
        {"products": backward, "einsum": by_einsum, "loops": by_loops},
        {name: by(read) for name, read in (READERS | KERNELS).items()},
    )


STRIDES = Kind(
    "kind-strides",
    "a cotangent's memory read as if it were contiguous",
    (read_from_memory, product_from_memory, read_by_kernel, summed_in_another_order),
    held=True,
)

KINDS = (NONE, INTEGERS, STRIDES)
