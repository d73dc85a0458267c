"""The mathematics once more, from its definitions, entry by entry in 60 digits.

Nothing here imports the package: an oracle that shared its formulas could share its mistakes.
"""

import math

import mpmath
import numpy as np

mp = mpmath.MPContext()  # a context of its own, so that nobody else's precision changes
mp.dps = 60


def exact(A):
    """Return an array as nested lists of exact numbers."""
    return [exact(row) for row in A] if np.ndim(A) else mp.mpf(float(A))


def rounded(x):
    """Return the double nearest to a number of many digits, ties to even, also below the normal."""
    double = float(x)
    if abs(double) > 2.0**-1022:
        return double
    return math.ldexp(int(mp.nint(mp.ldexp(x, 1074))), -1074)


def ulps(got, truth, terms=None):
    """Return how many units in the last place a number is off; of its terms, where they are given.

    Below the smallest normal number the unit is the smallest subnormal one.
    """
    size = float(abs(truth) if terms is None else terms)
    return float(abs(exact(got) - truth) / exact(np.spacing(got.dtype.type(size))))


def hard_rows(dtype, seed=0):
    """Draw rows of logits as they cost digits: ties, shifts, wide spreads, one far above."""
    rng = np.random.default_rng(seed)
    for c in (2, 3, 10, 33, 65):
        for spread in (0.1, 1, 5, 30):
            z = spread * rng.normal(size=c)
            yield from (z, z + 1e4, z - 1e4, np.round(z), np.full(c, z[0]))
            z[c // 2] = z.max() + 20 * spread
            yield z
            yield np.where(np.arange(c) == c - 1, 0, -spread)
    for z in ([1e4, -1e4, 0], [700, 0, -700.5], [0, -1000.3, -37], [-745.13, 0.1], [-103.2, 0.3]):
        yield np.array(z, dtype)


def softmax(z):
    """Return e^z / Σ e^z and, free of cancellation, 1 − e^z / Σ e^z."""
    e = [mp.exp(x) for x in z]
    s = mp.fsum(e)
    others = [mp.fsum(e[:i] + e[i + 1 :]) for i in range(len(e))]
    return [x / s for x in e], [x / s for x in others]


def cross_entropy(z, y):
    """Return −Σ y log softmax(z) from sums in which nothing cancels, and its terms' total."""
    top = max(z)
    rest = mp.fsum(mp.exp(x - top) for x in z) - 1
    if rest < mp.mpf(10) ** -20:  # take the largest out by name rather than by subtraction
        k = z.index(top)
        rest = mp.fsum(mp.exp(x - top) for i, x in enumerate(z) if i != k)
    terms = [t * (mp.log1p(rest) + (top - x)) for t, x in zip(y, z, strict=True)]
    return mp.fsum(terms), mp.fsum(abs(t) for t in terms)


ACTIVATIONS = {
    "identity": lambda z: z,
    "sigmoid": lambda z: 1 / (1 + mp.exp(-z)),
    "tanh": mp.tanh,
    "relu": lambda z: max(z, mp.mpf(0)),
    "leaky_relu": lambda z: z if z > 0 else mp.mpf(0.01) * z,
    "elu": lambda z: z if z > 0 else mp.expm1(z),
    "softplus": lambda z: mp.log1p(mp.exp(z)),
    "silu": lambda z: z / (1 + mp.exp(-z)),
    "gelu": lambda z: z * mp.erfc(-z / mp.sqrt(2)) / 2,
}


def network(X, layers, Y, activation):
    """Return the loss of a network, unit by unit: Y holds targets of each class."""
    L = mp.mpf(0)
    for x, y in zip(X, Y, strict=True):
        h = x
        for number, (W, b) in enumerate(layers, start=1):
            h = [mp.fsum(h[j] * W[j][k] for j in range(len(h))) + b[k] for k in range(len(b))]
            if number < len(layers):
                h = [ACTIVATIONS[activation](z) for z in h]
        L += cross_entropy(h, y)[0]
    return L / len(X)


def gradient(f, A):
    """Return ∂f/∂A, where A is nested lists that f reads: central differences of 1e-16."""
    h = mp.mpf(10) ** -16  # error h² = 1e-32, rounding 1e-50 / h = 1e-34

    def partial(row, i):
        if isinstance(row[i], list):
            return [partial(row[i], j) for j in range(len(row[i]))]
        kept = row[i]
        row[i] = kept + h
        above = f()
        row[i] = kept - h
        below = f()
        row[i] = kept
        return float((above - below) / (2 * h))

    return np.array([partial(A, i) for i in range(len(A))])


class Real:
    """A number of 60 digits that goes through unchanged NumPy code in object arrays."""

    def __init__(self, x):
        self.x = x.x if isinstance(x, Real) else mp.mpf(x)

    def __float__(self):
        return float(self.x)

    def __hash__(self):
        return hash(self.x)

    def __neg__(self):
        return Real(-self.x)

    def __pos__(self):
        return self

    def __abs__(self):
        return Real(abs(self.x))

    def __pow__(self, n):
        return Real(self.x**n)


def _binary(name):
    def method(self, other):
        if not isinstance(other, (Real, int, float)):
            return NotImplemented
        result = getattr(self.x, name)(Real(other).x)
        return result if isinstance(result, bool) else Real(result)

    return method


def _function(name):
    return lambda self: Real(getattr(mp, name)(self.x))


for _name in ("add", "radd", "sub", "rsub", "mul", "rmul", "truediv", "rtruediv"):
    setattr(Real, f"__{_name}__", _binary(f"__{_name}__"))
for _name in ("eq", "ne", "lt", "le", "gt", "ge"):
    setattr(Real, f"__{_name}__", _binary(f"__{_name}__"))
for _name in ("exp", "log", "log1p", "expm1", "tanh", "sqrt"):
    setattr(Real, _name, _function(_name))


def real(A):
    """Return an array of 60-digit numbers, ready for an op."""
    return np.array([Real(float(a)) for a in np.ravel(A)], dtype=object).reshape(np.shape(A))
