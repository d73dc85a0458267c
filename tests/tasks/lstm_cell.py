"""One step of an LSTM, four gates in one product."""

import numpy as np


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def gates(x, h, W, U, b):
    z = x @ W + h @ U + b
    H = h.shape[1]
    return (
        sigmoid(z[:, :H]),
        sigmoid(z[:, H : 2 * H]),
        sigmoid(z[:, 2 * H : 3 * H]),
        np.tanh(z[:, 3 * H :]),
    )


def lstm_cell(x, h, c, W, U, b):
    i, f, o, g = gates(x, h, W, U, b)
    c_next = f * c + i * g
    return o * np.tanh(c_next), c_next


def lstm_cell_backward(grads, x, h, c, W, U, b):
    dh_next, dc_next = grads
    i, f, o, g = gates(x, h, W, U, b)
    t = np.tanh(f * c + i * g)
    dc = dc_next + dh_next * o * (1 - t**2)
    dz = np.hstack(
        [
            dc * g * i * (1 - i),
            dc * c * f * (1 - f),
            dh_next * t * o * (1 - o),
            dc * i * (1 - g**2),
        ]
    )
    return dz @ W.T, dz @ U.T, dc * f, x.T @ dz, h.T @ dz, dz.sum(axis=0)


def lstm_cell_example(rng, n=2, d=3, m=2):
    sizes = ((n, d), (n, m), (n, m), (d, 4 * m), (m, 4 * m), (4 * m,))
    return tuple(rng.normal(size=size) for size in sizes)


def lstm_cell_wrong(x, h, c, W, U, b):
    return lstm_cell(x, h, c, W, U, b)


def lstm_cell_wrong_backward(grads, x, h, c, W, U, b):
    """The cell's gradient forgets what reaches it through h."""
    dh_next, dc_next = grads
    i, f, o, g = gates(x, h, W, U, b)
    t = np.tanh(f * c + i * g)
    dz = np.hstack(
        [
            dc_next * g * i * (1 - i),
            dc_next * c * f * (1 - f),
            dh_next * t * o * (1 - o),
            dc_next * i * (1 - g**2),
        ]
    )
    return dz @ W.T, dz @ U.T, dc_next * f, x.T @ dz, h.T @ dz, dz.sum(axis=0)


lstm_cell_wrong_example = lstm_cell_example
