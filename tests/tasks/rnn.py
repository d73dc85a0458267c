"""A vanilla RNN over a sequence, trained by backpropagation through time."""

import numpy as np


def run(x, h0, Wx, Wh, b):
    hs = [h0]
    for t in range(len(x)):
        hs.append(np.tanh(x[t] @ Wx + hs[-1] @ Wh + b))
    return hs


def rnn(x, h0, Wx, Wh, b):
    return np.stack(run(x, h0, Wx, Wh, b)[1:])


def rnn_backward(dhs, x, h0, Wx, Wh, b):
    hs = run(x, h0, Wx, Wh, b)
    dx, dWx, dWh, db = np.zeros_like(x), np.zeros_like(Wx), np.zeros_like(Wh), np.zeros_like(b)
    carry = np.zeros_like(h0)
    for t in reversed(range(len(x))):
        da = (dhs[t] + carry) * (1 - hs[t + 1] ** 2)
        dx[t] = da @ Wx.T
        dWx += x[t].T @ da
        dWh += hs[t].T @ da
        db += da.sum(0)
        carry = da @ Wh.T
    return dx, carry, dWx, dWh, db


def rnn_example(rng, steps=3, n=2, d=4, m=2):
    sizes = ((steps, n, d), (n, m), (d, m), (m, m), (m,))
    return tuple(0.7 * rng.normal(size=size) for size in sizes)


def rnn_wrong(x, h0, Wx, Wh, b):
    return rnn(x, h0, Wx, Wh, b)


def rnn_wrong_backward(dhs, x, h0, Wx, Wh, b):
    """The recurrent weights meet the state after the step, not before it."""
    hs = run(x, h0, Wx, Wh, b)
    dx, dWx, dWh, db = np.zeros_like(x), np.zeros_like(Wx), np.zeros_like(Wh), np.zeros_like(b)
    carry = np.zeros_like(h0)
    for t in reversed(range(len(x))):
        da = (dhs[t] + carry) * (1 - hs[t + 1] ** 2)
        dx[t] = da @ Wx.T
        dWx += x[t].T @ da
        dWh += hs[t + 1].T @ da
        db += da.sum(0)
        carry = da @ Wh.T
    return dx, carry, dWx, dWh, db


rnn_wrong_example = rnn_example
