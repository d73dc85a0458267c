"""What softmax and its kin really are, row by row: 60 digits, from sums in which nothing cancels.

Each function returns the truth as float64, correctly rounded, and the size that its error is
measured by: itself, or, for a true difference, the sum of the absolute values of its terms.
"""

import numpy as np
from oracle import exact, mp, rounded


class Row:
    """A row of logits:  p = e^z / Σ e^z  and  q = 1 − p, both to all digits."""

    def __init__(self, z):
        self.z = exact(z)
        top = max(self.z)
        self.k = self.z.index(top)
        self.d = [x - top for x in self.z]
        e = [mp.exp(d) for d in self.d]
        rest = mp.fsum(x for i, x in enumerate(e) if i != self.k)
        self.p = [x / (1 + rest) for x in e]
        self.q = [(1 + (rest - x)) / (1 + rest) for x in e]
        self.q[self.k] = rest / (1 + rest)
        self.log_rest = mp.log1p(rest)

    def softmax(self):
        return self.p, None

    def softmax_backward(self, g):
        """Return p (g − Σ p g) from the distances of g to its value at the likeliest class."""
        distance = [x - g[self.k] for x in exact(g)]
        mean = mp.fsum(p * x for p, x in zip(self.p, distance, strict=True))
        apart = np.abs(g[:, None].astype(float) - g)
        p = np.array([float(x) for x in self.p])
        return [p * (x - mean) for p, x in zip(self.p, distance, strict=True)], p * (apart @ p)

    def log_softmax(self):
        return [d - self.log_rest for d in self.d], None

    def log_softmax_backward(self, g):
        """Return q g − p · (the others' g)."""
        g = exact(g)
        every = list(zip(self.p, self.q, g, others(g), others(map(abs, g)), strict=True))
        return (
            [q * x - p * rest for p, q, x, rest, _ in every],
            [q * abs(x) + p * rest for p, q, x, _, rest in every],
        )

    def loss(self, y):
        """Return the loss of a label, a sum of two terms ≥ 0; of soft targets, and its terms."""
        if np.ndim(y) == 0:
            return self.log_rest - self.d[y], None
        terms = [t * (self.log_rest - d) for t, d in zip(exact(y), self.d, strict=True)]
        return mp.fsum(terms), mp.fsum(map(abs, terms))

    def loss_backward(self, y):
        """Return p, and −q at the right class; for soft targets −log_softmax_backward."""
        if np.ndim(y) == 0:
            return [*self.p[:y], -self.q[y], *self.p[y + 1 :]], None
        truth, size = self.log_softmax_backward(y)
        return [-x for x in truth], size


def others(g):
    """Return for each double the sum of the others, exactly: 700 digits hold every sum of them."""
    with mp.workdps(700):
        g = list(g)
        total = mp.fsum(g)
        return [total - x for x in g]


def tabulate(pairs):
    """Return rows of (truth, size) as two float64 arrays, the second None where there are none."""
    truth, size = zip(*pairs, strict=True)
    return as_floats(truth), None if size[0] is None else as_floats(size)


def as_floats(A):
    if isinstance(A, (list, tuple, np.ndarray)):
        return np.array([as_floats(a) for a in A])
    return rounded(A) if isinstance(A, mp.mpf) else float(A)
