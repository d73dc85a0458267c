"""The same ops as ours, as users of other libraries call them: op name -> (forward, backward).

Everything takes and returns NumPy arrays; backward takes the cotangent first, as ours does. Soft
targets have an entry of their own. ``TEXTBOOK`` is the formula as books print it, in NumPy.
"""

from importlib.util import find_spec

import numpy as np
import scipy.special
from kinds import BY_NAME

from exactness.goals import FLOAT64
from mlp.ops import gelu


def gelu_tanh(function):
    """Return the function in gelu's tanh form."""
    return lambda *arguments: function(*arguments, approximate="tanh")


OURS = {  # all but affine, which is as near as BLAS; its exact mode has tests of its own
    name: (gelu_tanh(gelu.forward), gelu_tanh(gelu.backward))
    if name == "gelu_tanh"
    else (BY_NAME[name.partition(",")[0]].forward, BY_NAME[name.partition(",")[0]].backward)
    for name in FLOAT64
}


# the textbook


def one_hot(y, c):
    return y if y.ndim == 2 else np.eye(c)[y]


def sigma(z):
    return 1 / (1 + np.exp(-z))


def softmax(Z):
    E = np.exp(Z - Z.max(axis=1, keepdims=True))
    return E / E.sum(axis=1, keepdims=True)


def log_softmax(Z):
    D = Z - Z.max(axis=1, keepdims=True)
    return D - np.log(np.exp(D).sum(axis=1, keepdims=True))


def softmax_backward(dP, Z):
    P = softmax(Z)
    return P * (dP - (P * dP).sum(axis=1, keepdims=True))


def log_softmax_backward(dO, Z):
    return dO - softmax(Z) * dO.sum(axis=1, keepdims=True)


def loss(Z, y):
    Y = one_hot(y, Z.shape[1]).astype(Z.dtype)
    return -(Y * np.log(softmax(Z))).sum() / Z.dtype.type(len(Z))


def loss_backward(dL, Z, y):
    P, Y = softmax(Z), one_hot(y, Z.shape[1]).astype(Z.dtype)
    return dL * (P * Y.sum(axis=1, keepdims=True) - Y) / Z.dtype.type(len(Z))


def surprise(P, y):
    Y = one_hot(y, P.shape[1]).astype(P.dtype)
    return -(Y * np.log(P)).sum() / P.dtype.type(len(P))


def surprise_backward(dL, P, y):
    return -dL * one_hot(y, P.shape[1]).astype(P.dtype) / (P * P.dtype.type(len(P)))


def normal_cdf(z):
    return (1 + scipy.special.erf(z / np.sqrt(2).astype(z.dtype))) / 2


def normal_density(z):
    return np.exp(-z * z / 2) / np.sqrt(2 * np.pi).astype(z.dtype)


def tanh_gate(z):
    k = np.sqrt(2 / np.pi).astype(z.dtype)
    t = np.tanh(k * (z + 0.044715 * z**3))
    return (1 + t) / 2, (1 - t * t) / 2 * k * (1 + 3 * 0.044715 * z**2)


def gelu_tanh_backward(dA, z):
    gate, slope = tanh_gate(z)
    return dA * (gate + z * slope)


TEXTBOOK = {
    "identity": (lambda z: z, lambda dA, z: dA),  # noqa: ARG005  # its slope is 1 everywhere
    "sigmoid": (sigma, lambda dA, z: dA * sigma(z) * (1 - sigma(z))),
    "tanh": (np.tanh, lambda dA, z: dA * (1 - np.tanh(z) ** 2)),
    "relu": (lambda z: np.maximum(z, 0), lambda dA, z: dA * (z > 0)),
    "leaky_relu": (
        lambda z: np.where(z > 0, z, 0.01 * z),
        lambda dA, z: dA * np.where(z > 0, z.dtype.type(1), z.dtype.type(0.01)),
    ),
    "elu": (
        lambda z: np.where(z > 0, z, np.exp(z) - 1),
        lambda dA, z: dA * np.where(z > 0, 1, (np.exp(z) - 1) + 1),
    ),
    "softplus": (lambda z: np.log(1 + np.exp(z)), lambda dA, z: dA * sigma(z)),
    "silu": (
        lambda z: z * sigma(z),
        lambda dA, z: dA * (sigma(z) + z * sigma(z) * (1 - sigma(z))),
    ),
    "gelu": (
        lambda z: z * normal_cdf(z),
        lambda dA, z: dA * (normal_cdf(z) + z * normal_density(z)),
    ),
    "gelu_tanh": (lambda z: z * tanh_gate(z)[0], gelu_tanh_backward),
    "softmax": (softmax, softmax_backward),
    "log_softmax": (log_softmax, log_softmax_backward),
    "cross_entropy": (surprise, surprise_backward),
    "cross_entropy, soft": (surprise, surprise_backward),
    "softmax_cross_entropy": (loss, loss_backward),
    "softmax_cross_entropy, soft": (loss, loss_backward),
    "squared_error": (
        lambda O, Y: ((O - Y) ** 2).mean(),
        lambda dL, O, Y: dL * 2 * (O - Y) / O.size,
    ),
}


# what SciPy has, its special functions put together as one does


def scipy_loss(Z, y):
    Y = one_hot(y, Z.shape[1]).astype(Z.dtype)
    return -(Y * scipy.special.log_softmax(Z, axis=1)).sum() / Z.dtype.type(len(Z))


def scipy_loss_backward(dL, Z, y):
    P, Y = scipy.special.softmax(Z, axis=1), one_hot(y, Z.shape[1]).astype(Z.dtype)
    return dL * (P * Y.sum(axis=1, keepdims=True) - Y) / Z.dtype.type(len(Z))


def scipy_softmax_backward(dP, Z):
    P = scipy.special.softmax(Z, axis=1)
    return P * (dP - (P * dP).sum(axis=1, keepdims=True))


expit, ndtr = scipy.special.expit, scipy.special.ndtr
SCIPY = {
    "sigmoid": (expit, lambda dA, z: dA * expit(z) * expit(-z)),
    "tanh": (np.tanh, lambda dA, z: dA / np.cosh(z) ** 2),
    "elu": (
        lambda z: np.where(z > 0, z, np.expm1(z)),
        lambda dA, z: dA * np.where(z > 0, 1, np.exp(z)),
    ),
    "softplus": (lambda z: -scipy.special.log_expit(-z), lambda dA, z: dA * expit(z)),
    "silu": (
        lambda z: z * expit(z),
        lambda dA, z: dA * expit(z) * (1 + z * expit(-z)),
    ),
    "gelu": (lambda z: z * ndtr(z), lambda dA, z: dA * (ndtr(z) + z * normal_density(z))),
    "softmax": (lambda Z: scipy.special.softmax(Z, axis=1), scipy_softmax_backward),
    "log_softmax": (
        lambda Z: scipy.special.log_softmax(Z, axis=1),
        lambda dO, Z: dO - scipy.special.softmax(Z, axis=1) * dO.sum(axis=1, keepdims=True),
    ),
    "softmax_cross_entropy": (scipy_loss, scipy_loss_backward),
    "softmax_cross_entropy, soft": (scipy_loss, scipy_loss_backward),
}

LIBRARIES = {"ours": OURS, "SciPy": SCIPY, "textbook": TEXTBOOK}


def all_of_them():
    """Return every library by name, torch and JAX too; a missing one is an error, never a gap."""
    if missing := [name for name in ("torch", "jax") if not find_spec(name)]:
        raise SystemExit(f"exactness: {' and '.join(missing)} not installed; try 'make exactness'")
    from exactness.frameworks import JAX, TORCH

    return {"ours": OURS, "PyTorch": TORCH, "JAX": JAX, "SciPy": SCIPY, "textbook": TEXTBOOK}
