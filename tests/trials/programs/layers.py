"""Steps that mix the entries of rows: products, normalisations, attention, recurrences, pooling."""

import numpy as np

from trials.programs.steps import step


@step(2)
def matmul(draw, n, d):
    def function(x, W):
        return x @ W

    return function, draw.weights(d, draw.size())


@step(2)
def affine(draw, n, d):
    m = draw.size()

    def function(x, W, b):
        return x @ W + b

    return function, draw.weights(d, m), draw.normal(m) * (draw.rng.random() < 0.7)


@step(1, 2)
def bias(draw, *shape):
    def function(x, b):
        return x + b

    return function, draw.normal(shape[-1])


@step(2)
def dense(draw, n, d):
    m = draw.size()

    def function(x, W, b):
        return np.tanh(np.dot(x, W) + b)

    return function, draw.weights(d, m), draw.normal(m)


@step(2)
def residual(draw, n, d):
    def function(x, W):
        return x + np.tanh(x @ W)

    return function, draw.weights(d, d)


@step(2)
def gated(draw, n, d):
    m = draw.size()

    def function(x, W, V):
        return (x @ W) / (1 + np.exp(-(x @ V)))

    return function, draw.weights(d, m), draw.weights(d, m)


@step(2)
def low_rank(draw, n, d):
    def function(x, U, V):
        return x + x @ U @ V.T

    return function, draw.weights(d, 2), draw.weights(d, 2)


# ------------------------------------------------------------------ normalisations


@step(1, 2)
def softmax(draw, *_):
    def function(x):
        e = np.exp(x - np.max(x, axis=-1, keepdims=True))
        return e / np.sum(e, axis=-1, keepdims=True)

    return (function,)


@step(1, 2)
def naive_softmax(draw, *_):
    def function(x):
        return np.exp(x) / np.sum(np.exp(x), axis=-1, keepdims=True)

    return (function,)


@step(1, 2)
def log_softmax(draw, *_):
    def function(x):
        z = x - x.max(axis=-1, keepdims=True)
        return z - np.log(np.exp(z).sum(axis=-1, keepdims=True))

    return (function,)


@step(2)
def log_sum_exp(draw, *_):
    def function(x):
        m = x.max(axis=1, keepdims=True)
        return np.squeeze(m, 1) + np.log(np.sum(np.exp(x - m), axis=1))

    return (function,)


@step(2)
def layer_norm(draw, n, d):
    def function(x, gamma, beta):
        mu = x.mean(axis=-1, keepdims=True)
        var = x.var(axis=-1, keepdims=True)
        return gamma * (x - mu) / np.sqrt(var + 1e-5) + beta

    return function, draw.normal(d), draw.normal(d)


@step(2)
def batch_norm(draw, n, d):
    def function(x, gamma, beta):
        mu = np.mean(x, axis=0)
        xmu = x - mu
        var = np.mean(xmu**2, axis=0)
        return gamma * (xmu / np.sqrt(var + 1e-5)) + beta

    return function, draw.normal(d), draw.normal(d)


@step(1, 2)
def rms_norm(draw, *shape):
    def function(x, gamma):
        return gamma * x / np.sqrt(np.mean(x**2, axis=-1, keepdims=True) + 1e-6)

    return function, draw.normal(shape[-1])


@step(2)
def unit_rows(draw, *_):
    def function(x):
        return x / np.linalg.norm(x, axis=1, keepdims=True)

    return (function,)


@step(2)
def one_pass_variance(draw, *_):
    def function(x):
        var = (x**2).mean(axis=0) - x.mean(axis=0) ** 2
        return (x - x.mean(axis=0)) / np.sqrt(var + 1e-3)

    return (function,)


@step(1, 2)
def standardised(draw, *_):
    def function(x):
        return (x - x.mean()) / (x.std() + 1e-8)

    return (function,)


@step(2)
def centred(draw, *_):
    def function(x):
        return x - x.mean(axis=0)

    return (function,)


@step(1, 2)
def min_max_scaled(draw, *_):
    def function(x):
        low, high = x.min(), x.max()
        return (x - low) / (high - low + 1e-8)

    return (function,)


# ------------------------------------------------------------------ attention


@step(2)
def self_attention(draw, n, d):
    k = draw.size()

    def function(x, Wq, Wk, Wv):
        scores = (x @ Wq) @ (x @ Wk).T / np.sqrt(k)
        e = np.exp(scores - scores.max(axis=-1, keepdims=True))
        return e / e.sum(axis=-1, keepdims=True) @ (x @ Wv)

    return function, draw.weights(d, k), draw.weights(d, k), draw.weights(d, draw.size())


@step(2)
def causal_attention(draw, n, d):
    mask = draw.constant(np.tri(n))

    def function(x, Wq, Wk):
        scores = (x @ Wq) @ (x @ Wk).T / x.shape[1] ** 0.5
        scores = np.where(mask > 0, scores, -1e9)
        e = np.exp(scores - np.max(scores, axis=1, keepdims=True))
        return np.einsum("qk,kd->qd", e / np.sum(e, axis=1, keepdims=True), x)

    return function, draw.weights(d, 3), draw.weights(d, 3)


@step(2)
def attention_pooling(draw, n, d):
    def function(x, query):
        a = np.exp(np.tanh(x) @ query)
        return np.dot(a / a.sum(), x)

    return function, draw.weights(d)


# ------------------------------------------------------------------ recurrences


@step(2)
def recurrent(draw, n, d):
    h0 = draw.constant(np.zeros(3))

    def function(x, Wx, Wh, b):
        h, states = h0, []
        for t in range(len(x)):
            h = np.tanh(x[t] @ Wx + h @ Wh + b)
            states.append(h)
        return np.stack(states)

    return function, draw.weights(d, 3), draw.weights(3, 3), draw.normal(3)


@step(2)
def gated_recurrent(draw, n, d):
    def function(x, W, U, b):
        h = 0 * (x[0] @ W)
        for t in range(len(x)):
            z = 1 / (1 + np.exp(-(x[t] @ U + b)))
            h = z * h + (1 - z) * np.tanh(x[t] @ W)
        return h

    return function, draw.weights(d, 3), draw.weights(d, 3), draw.normal(3)


@step(1, 2)
def moving_average(draw, *_):
    def function(x, alpha):
        m, averages = x[0], []
        for row in x:
            m = alpha * m + (1 - alpha) * row
            averages.append(m)
        return np.stack(averages)

    return function, draw.parameter(draw.rng.uniform(0.5, 0.99))


@step(1, 2)
def euler_steps(draw, *_):
    def function(x, k):
        v = 0 * x
        for _ in range(5):
            v = v - 0.1 * k * np.sin(x)
            x = x + 0.1 * v
        return x

    return function, draw.parameter(draw.rng.uniform(0.5, 2))


@step(1, 2)
def newton_root(draw, *_):
    def function(x):
        a = x**2 + 0.5
        r = 0.5 * (1 + a)
        for _ in range(6):
            r = 0.5 * (r + a / r)
        return r

    return (function,)


@step(1, 2)
def cumulated(draw, *_):
    def function(x):
        return np.cumsum(x, axis=-1)

    return (function,)


# ------------------------------------------------------------------ pooling and convolution


@step(2)
def max_pooling(draw, n, d):
    width = 2 if d % 2 == 0 else d

    def function(x):
        return x.reshape(len(x), -1, width).max(axis=2)

    return (function,)


@step(2)
def mean_pooling(draw, n, d):
    width = 2 if d % 2 == 0 else d

    def function(x):
        return x.reshape(len(x), -1, width).mean(axis=-1)

    return (function,)


@step(2)
def overlapping_pooling(draw, *_):
    def function(x):
        return np.max(np.lib.stride_tricks.sliding_window_view(x, 2, axis=1), axis=-1)

    return (function,)


@step(1, 2)
def convolution(draw, *shape):
    def function(x, kernel, b):
        windows = np.lib.stride_tricks.sliding_window_view(x, kernel.shape[0], axis=-1)
        return windows @ kernel + b

    return function, draw.normal(2), draw.normal()
