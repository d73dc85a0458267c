"""Layers that several kinds share: normalisations and softmax, with a mean or a sum to forget."""

import numpy as np


def normalised(x, axis, eps):
    """Return (x − μ) / √(σ² + ε), and the root."""
    root = np.sqrt(x.var(axis=axis, keepdims=True) + eps)
    return (x - x.mean(axis=axis, keepdims=True)) / root, root


def unnormalise(g, x, axis, eps, *, forgotten=""):
    """Pull a cotangent back through `normalised`; "mean" or "variance" can be forgotten."""
    z, root = normalised(x, axis, eps)
    off = g.mean(axis=axis, keepdims=True) if forgotten != "mean" else 0
    bent = z * (g * z).mean(axis=axis, keepdims=True) if forgotten != "variance" else 0
    return (g - off - bent) / root


def softmax(z, axis=-1):
    """Return the softmax."""
    e = np.exp(z - z.max(axis=axis, keepdims=True))
    return e / e.sum(axis=axis, keepdims=True)


def unsoftmax(g, z, axis=-1, *, summed=True):
    """Pull a cotangent back through `softmax`; the sum can be forgotten."""
    P = softmax(z, axis)
    return P * (g - (P * g).sum(axis=axis, keepdims=True)) if summed else P * g
