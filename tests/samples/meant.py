"""Ops that say which sets, references and surrogates are meant, each beside one that does not."""

import numpy as np


def log_det(S):
    return 2 * np.log(np.diag(np.linalg.cholesky(S))).sum()


def log_det_backward(dO, S):
    return dO * np.linalg.inv(S)


def log_det_example(rng):
    A = rng.normal(size=(4, 4))
    S = A @ A.T + np.eye(4)
    return ((S + S.T) / 2,)


log_det.ALONG = {"S": "symmetric"}


def untold(S):
    return log_det(S)


def untold_backward(dO, S):
    return log_det_backward(dO, S)


def untold_example(rng):
    return log_det_example(rng)


class Round:
    """A layer that rounds, and passes gradients straight through."""

    def SURROGATE(x):  # noqa: N805  # a mark of the class, and no method
        return x

    def forward(self, x):
        return np.round(x)

    def backward(self, dO, x):
        return dO * np.ones_like(x)

    def example(self, rng):
        return (rng.uniform(-3, 3, size=5),)


def fast_forward(x):
    return np.tanh(x / 2) / 2 + 0.5, x


def fast_backward(dout, cache):
    s = 1 / (1 + np.exp(-cache))
    return dout * s * (1 - s)


def fast_example(rng):
    return (rng.normal(size=6),)


def plain(x):
    return 1 / (1 + np.exp(-x))


fast_forward.AGAINST = plain


def rotated(R):
    return R @ np.array([1.0, 2.0])


def rotated_backward(dO, R):
    return np.array(dO @ R @ np.array([-2.0, 1.0]))


def rotated_example(rng):
    return (turned(np.eye(2), rng.normal()),)


def turned(R, xi):
    c, s = np.cos(xi), np.sin(xi)
    return R @ np.array([[c, -s], [s, c]])


rotated.RETRACT = {"R": turned}
