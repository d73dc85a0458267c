"""A convolution by im2col: every patch a row, one matrix product."""

import numpy as np

K, PAD = 3, 1


def im2col(x):
    N, C, H, W = x.shape
    xp = np.pad(x, ((0, 0), (0, 0), (PAD, PAD), (PAD, PAD)))
    cols = np.zeros((N, H, W, C * K * K))
    for i in range(H):
        for j in range(W):
            cols[:, i, j] = xp[:, :, i : i + K, j : j + K].reshape(N, -1)
    return cols


def col2im(dcols, shape):
    N, C, H, W = shape
    dxp = np.zeros((N, C, H + 2 * PAD, W + 2 * PAD))
    for i in range(H):
        for j in range(W):
            dxp[:, :, i : i + K, j : j + K] += dcols[:, i, j].reshape(N, C, K, K)
    return dxp[:, :, PAD:-PAD, PAD:-PAD]


def conv2d(x, w, b):
    out = im2col(x) @ w.reshape(len(w), -1).T + b
    return out.transpose(0, 3, 1, 2)


def conv2d_backward(dout, x, w, b):
    d = dout.transpose(0, 2, 3, 1)
    cols = im2col(x)
    dw = np.einsum("nhwf,nhwk->fk", d, cols).reshape(w.shape)
    return col2im(d @ w.reshape(len(w), -1), x.shape), dw, d.sum(axis=(0, 1, 2))


def conv2d_example(rng, n=1, c=2, f=2, side=3):
    return rng.normal(size=(n, c, side, side)), rng.normal(size=(f, c, K, K)), rng.normal(size=f)


def conv2d_wrong(x, w, b):
    return conv2d(x, w, b)


def conv2d_wrong_backward(dout, x, w, b):
    """Patches that overlap overwrite each other."""
    d = dout.transpose(0, 2, 3, 1)
    cols = im2col(x)
    dw = np.einsum("nhwf,nhwk->fk", d, cols).reshape(w.shape)
    dcols = d @ w.reshape(len(w), -1)
    N, C, H, W = x.shape
    dxp = np.zeros((N, C, H + 2 * PAD, W + 2 * PAD))
    for i in range(H):
        for j in range(W):
            dxp[:, :, i : i + K, j : j + K] = dcols[:, i, j].reshape(N, C, K, K)
    return dxp[:, :, PAD:-PAD, PAD:-PAD], dw, d.sum(axis=(0, 1, 2))


conv2d_wrong_example = conv2d_example
