"""Layer norm over the last axis, as in a transformer written from scratch."""

import numpy as np

EPS = 1e-5


def layer_norm(x, gamma, beta):
    mean = x.mean(axis=-1, keepdims=True)
    var = x.var(axis=-1, keepdims=True)
    return gamma * (x - mean) / np.sqrt(var + EPS) + beta


def layer_norm_backward(dy, x, gamma, beta):
    mean = x.mean(axis=-1, keepdims=True)
    std = np.sqrt(x.var(axis=-1, keepdims=True) + EPS)
    xhat = (x - mean) / std
    dxhat = dy * gamma
    dx = dxhat - dxhat.mean(-1, keepdims=True) - xhat * (dxhat * xhat).mean(-1, keepdims=True)
    return dx / std, (dy * xhat).sum(axis=(0, 1)), dy.sum(axis=(0, 1))


def layer_norm_example(rng, batch=2, tokens=3, d=4):
    return rng.normal(size=(batch, tokens, d)), rng.normal(size=d), rng.normal(size=d)


def layer_norm_wrong(x, gamma, beta):
    return layer_norm(x, gamma, beta)


def layer_norm_wrong_backward(dy, x, gamma, beta):
    """The variance is taken for a constant."""
    mean = x.mean(axis=-1, keepdims=True)
    std = np.sqrt(x.var(axis=-1, keepdims=True) + EPS)
    xhat = (x - mean) / std
    dxhat = dy * gamma
    dx = (dxhat - dxhat.mean(-1, keepdims=True)) / std
    return dx, (dy * xhat).sum(axis=(0, 1)), dy.sum(axis=(0, 1))


layer_norm_wrong_example = layer_norm_example
