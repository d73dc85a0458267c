"""InfoNCE: two views of a batch, cosine similarities over a temperature, in-batch negatives."""

import numpy as np
from scipy.special import logsumexp, softmax

TEMPERATURE = 0.5


def unit(z):
    return z / np.linalg.norm(z, axis=1, keepdims=True)


def info_nce(a, b):
    logits = unit(a) @ unit(b).T / TEMPERATURE
    return np.mean(logsumexp(logits, axis=1) - np.diag(logits))


def through_unit(du, z):
    u, length = unit(z), np.linalg.norm(z, axis=1, keepdims=True)
    return (du - u * (du * u).sum(1, keepdims=True)) / length


def info_nce_backward(dloss, a, b):
    ua, ub = unit(a), unit(b)
    n = len(a)
    d = dloss * (softmax(ua @ ub.T / TEMPERATURE, axis=1) - np.eye(n)) / n / TEMPERATURE
    return through_unit(d @ ub, a), through_unit(d.T @ ua, b)


def info_nce_example(rng, n=3, d=2):
    return rng.normal(size=(n, d)), rng.normal(size=(n, d))


def info_nce_wrong(a, b):
    return info_nce(a, b)


def info_nce_wrong_backward(dloss, a, b):
    """Lengths are divided by, but not differentiated."""
    ua, ub = unit(a), unit(b)
    n = len(a)
    d = dloss * (softmax(ua @ ub.T / TEMPERATURE, axis=1) - np.eye(n)) / n / TEMPERATURE
    da = d @ ub / np.linalg.norm(a, axis=1, keepdims=True)
    return da, d.T @ ua / np.linalg.norm(b, axis=1, keepdims=True)


info_nce_wrong_example = info_nce_example
