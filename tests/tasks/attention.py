"""Causal attention with several heads, in einsum."""

import numpy as np


def weights(q, k):
    s = np.einsum("hid,hjd->hij", q, k) / np.sqrt(q.shape[-1])
    allowed = np.tril(np.ones(s.shape[1:], dtype=bool))
    s = np.where(allowed, s, -np.inf)
    e = np.exp(s - s.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def attention(q, k, v):
    return np.einsum("hij,hjd->hid", weights(q, k), v)


def attention_backward(do, q, k, v):
    p = weights(q, k)
    dv = np.einsum("hij,hid->hjd", p, do)
    dp = np.einsum("hid,hjd->hij", do, v)
    ds = p * (dp - (dp * p).sum(-1, keepdims=True)) / np.sqrt(q.shape[-1])
    return np.einsum("hij,hjd->hid", ds, k), np.einsum("hij,hid->hjd", ds, q), dv


def attention_example(rng, heads=2, n=3, d=2):
    return tuple(rng.normal(size=(heads, n, d)) for _ in range(3))


def attention_wrong(q, k, v):
    return attention(q, k, v)


def attention_wrong_backward(do, q, k, v):
    """The softmax is differentiated as if its entries did not share a sum."""
    p = weights(q, k)
    dv = np.einsum("hij,hid->hjd", p, do)
    dp = np.einsum("hid,hjd->hij", do, v)
    ds = p * (1 - p) * dp / np.sqrt(q.shape[-1])
    return np.einsum("hij,hjd->hid", ds, k), np.einsum("hij,hid->hjd", ds, q), dv


attention_wrong_example = attention_example
