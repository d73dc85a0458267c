"""RMSNorm as a layer in a class."""

import numpy as np


class RMSNorm:
    eps = 1e-6

    def forward(self, x, g):
        return g * x / np.sqrt(np.mean(x**2, axis=-1, keepdims=True) + self.eps)

    def backward(self, dy, x, g):
        r = 1 / np.sqrt(np.mean(x**2, axis=-1, keepdims=True) + self.eps)
        dn = dy * g
        dx = r * dn - x * r**3 * np.mean(dn * x, axis=-1, keepdims=True)
        return dx, (dy * x * r).sum(axis=0)

    @staticmethod
    def example(rng, n=2, d=3):
        return rng.normal(size=(n, d)), rng.normal(size=d)


class RMSNormWrong(RMSNorm):
    """A sum where the mean belongs."""

    def backward(self, dy, x, g):
        r = 1 / np.sqrt(np.mean(x**2, axis=-1, keepdims=True) + self.eps)
        dn = dy * g
        dx = r * dn - x * r**3 * np.sum(dn * x, axis=-1, keepdims=True)
        return dx, (dy * x * r).sum(axis=0)
