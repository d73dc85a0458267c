"""The exact gradient: forward, unchanged, on numbers of fifty digits that know what made them.

A number holds a ball of python-flint (its value, with a bound on its error), the float that stands
in its place in the float run, and the numbers it was made of with the slopes towards them. Summed
backwards along all ways (reverse mode, number by number) the slopes are the gradient. The rules are
those of a table of derivatives: nothing here knows an array, a cotangent's shape or `tape.py`.

Constants are those of the program, as the floats they are; a comparison is decided as the floats
decide it, so that the branch is that of the float run; rounding and casts do nothing here.
"""

import heapq
import itertools
from collections import defaultdict

import flint
import numpy as np

DIGITS = 50
_made = itertools.count()


def with_number(operation):
    """Make the operation take its other side as a number, and leave arrays to NumPy."""

    def method(self, other):
        return NotImplemented if isinstance(other, np.ndarray) else operation(self, number(other))

    return method


class Number:
    """A ball, the float in its place, and what it was made of: pairs of a number and a slope."""

    __slots__ = ("age", "float", "parts", "ties", "value")

    def __init__(self, value, near, parts=(), ties=None):
        self.value, self.float, self.parts, self.ties = value, near, parts, ties
        self.age = next(_made)

    def __hash__(self):
        return self.age

    def __neg__(self):
        return made(-self.value, -self.float, (self, -1))

    def __pos__(self):
        return self

    def conjugate(self):
        """Return the number: NumPy's variance asks."""
        return self

    @with_number
    def __add__(self, b):
        return made(self.value + b.value, self.float + b.float, (self, 1), (b, 1))

    @with_number
    def __sub__(self, b):
        if self is b:  # not only as large, but the same
            return number(0)
        return made(self.value - b.value, self.float - b.float, (self, 1), (b, -1))

    @with_number
    def __mul__(self, b):
        return made(self.value * b.value, self.float * b.float, (self, b.value), (b, self.value))

    @with_number
    def __truediv__(self, b):
        value = self.value / b.value
        near = float(np.divide(self.float, b.float))
        return made(value, near, (self, 1 / b.value), (b, -value / b.value))

    @with_number
    def __pow__(self, b):
        power = int(b.float) if b.float.is_integer() else b.value  # at 0 too, if it is an integer
        value = self.value**power
        slopes = [(self, power * self.value ** (power - 1))]
        if b.ties is not None:
            slopes.append((b, value * self.value.log()))
        return made(value, float(np.power(np.float64(self.float), b.float)), *slopes)

    @with_number
    def __radd__(self, b):
        return b + self

    @with_number
    def __rsub__(self, b):
        return b - self

    @with_number
    def __rmul__(self, b):
        return b * self

    @with_number
    def __rtruediv__(self, b):
        return b / self

    @with_number
    def __rpow__(self, b):
        return (self * b.log()).exp()

    def __abs__(self):
        sign = (self > 0) - (self < 0)
        return made(abs(self.value), abs(self.float), (self, sign))

    @with_number
    def __lt__(self, b):
        return self._against(b) < 0

    @with_number
    def __le__(self, b):
        return self._against(b) <= 0

    @with_number
    def __gt__(self, b):
        return self._against(b) > 0

    @with_number
    def __ge__(self, b):
        return self._against(b) >= 0

    @with_number
    def __eq__(self, b):
        return self._against(b) == 0

    def _against(self, b):
        """Return the order of the floats; where they are equal is a tie, and is put on record."""
        if self is not b and self.float == b.float:
            difference = self - b
            if difference.ties is not None:
                difference.ties.append(difference)
        return int(self.float > b.float) - int(self.float < b.float)


FUNCTIONS = {  # of a ball x, given y = f(x): the slope
    "exp": ("exp", lambda x, y: y),
    "expm1": ("expm1", lambda x, y: y + 1),
    "log": ("log", lambda x, y: 1 / x),
    "log1p": ("log1p", lambda x, y: 1 / (1 + x)),
    "sqrt": ("sqrt", lambda x, y: 1 / (2 * y)),
    "tanh": ("tanh", lambda x, y: 1 / x.cosh() ** 2),
    "sinh": ("sinh", lambda x, y: x.cosh()),
    "cosh": ("cosh", lambda x, y: x.sinh()),
    "sin": ("sin", lambda x, y: x.cos()),
    "cos": ("cos", lambda x, y: -x.sin()),
    "arctan": ("atan", lambda x, y: 1 / (1 + x * x)),
}


def _method(name, of_ball, slope):
    def method(self):
        y = getattr(self.value, of_ball)()
        near = float(getattr(np, name)(self.float))
        return made(y, near, (self, slope(self.value, y)))

    return method


for _name, (_of_ball, _slope) in FUNCTIONS.items():  # NumPy calls them on the elements of arrays
    setattr(Number, _name, _method(_name, _of_ball, _slope))


def number(x):
    """Return a constant as a number; a number is itself."""
    return x if isinstance(x, Number) else Number(flint.arb(float(x)), float(x))


numbers = np.frompyfunc(number, 1, 1)


def made(value, near, *parts):
    """Return a number made of these, constants among them forgotten."""
    parts = tuple(part for part in parts if part[0].ties is not None)
    return Number(value, near, parts, parts[0][0].ties if parts else None)


# ------------------------------------------------------------------ arrays of numbers


class Digits(np.ndarray):
    """An array of numbers; NumPy runs on it as on any array of objects, with a few stand-ins."""

    def __array_ufunc__(self, ufunc, method, *inputs, out=None, **options):
        if ufunc is np.logaddexp:
            a, b = inputs
            return np.log(np.exp(a) + np.exp(b))
        inputs = [np.asarray(x) if isinstance(x, Digits) else x for x in inputs]
        if ufunc.__name__ in FUNCTIONS:
            inputs = map(numbers, inputs)
        if out is not None:
            options["out"] = tuple(np.asarray(x) for x in out)
        return arrayed(getattr(ufunc, method)(*inputs, **options))

    def __array_function__(self, function, types, arguments, options):
        if function in STAND_INS:
            return arrayed(STAND_INS[function](*arguments, **options))
        return arrayed(super().__array_function__(function, types, arguments, options))

    def __getitem__(self, key):
        return arrayed(super().__getitem__(key))

    def __iter__(self):
        return (self[i] for i in range(len(self)))

    def astype(self, *_, **__):
        """Return the array: a cast is a rounding, and the formula before it is meant."""
        return self

    def sum(self, axis=None, dtype=None, *, keepdims=False):
        """Add up; in what precision is of no concern here."""
        del dtype
        return arrayed(np.add.reduce(np.asarray(self), axis, keepdims=keepdims))


def arrayed(x):
    """Return numbers, in an array of objects or alone, as an array of numbers; else what it is."""
    if isinstance(x, Number) or (isinstance(x, np.ndarray) and x.dtype == object):
        return np.asarray(x, dtype=object).view(Digits)
    return x


def leaf(x, ties):
    """Return an array of floats as numbers of which the gradient is asked; ties go on this list."""

    def number(v):
        return Number(flint.arb(float(v)), float(v), (), ties)

    return np.asarray(np.frompyfunc(number, 1, 1)(x), dtype=object).view(Digits)


def eliminated(A, B):
    """Return the triangle that elimination by rows leaves of A, and B after the same."""
    A, B = np.array(numbers(A), dtype=object), np.array(numbers(B), dtype=object)
    for k in range(len(A)):
        p = k + max(range(len(A) - k), key=lambda i: abs(number(A[k + i, k]).float))
        if p != k:
            A[[k, p]], B[[k, p]] = A[[p, k]], B[[p, k]]
        for i in range(k + 1, len(A)):
            factor = A[i, k] / A[k, k]
            A[i, k:] = A[i, k:] - factor * A[k, k:]
            B[i] = B[i] - factor * B[k]
    return A, B


def solve(A, B):
    """Return the X of A X = B."""
    A, X = eliminated(A, B)
    for k in reversed(range(len(A))):
        for j in range(k + 1, len(A)):
            X[k] = X[k] - A[k, j] * X[j]
        X[k] = X[k] / A[k, k]
    return X


def slogdet(A):
    """Return a sign that nobody reads, and log |det A|."""
    pivots = np.diagonal(eliminated(A, np.zeros(len(A)))[0])
    return None, sum(abs(p).log() for p in pivots)


def cholesky(A):
    """Return the lower triangle L of A = L Lᵀ, read from A's lower half as LAPACK reads it."""
    n, A = len(A), np.asarray(numbers(A))
    L = np.zeros((n, n), dtype=object)
    for i, j in itertools.product(range(n), repeat=2):
        if j < i:
            L[i, j] = (A[i, j] - sum(L[i, k] * L[j, k] for k in range(j))) / L[j, j]
        elif j == i:
            L[i, i] = (A[i, i] - sum(L[i, k] * L[i, k] for k in range(i))).sqrt()
    return L


def norm(x, axis=None, *, keepdims=False):
    """Return the Euclidean length."""
    return np.sqrt(np.sum(x * x, axis=axis, keepdims=keepdims))


def summed(x, axis=None, *, keepdims=False, **_):
    """Add up along an axis."""
    return arrayed(np.asarray(x)).sum(axis, keepdims=keepdims)


STAND_INS = {
    np.linalg.solve: solve,
    np.linalg.inv: lambda A: solve(A, np.eye(len(A))),
    np.linalg.slogdet: slogdet,
    np.linalg.cholesky: cholesky,
    np.linalg.norm: norm,
    np.round: lambda x, decimals=0: x,  # the formula before rounding is meant
    np.sum: summed,
}


# ------------------------------------------------------------------ the gradient


def entries(x):
    """List the numbers of an array; constants become some."""
    return [number(n) for n in np.asarray(x, dtype=object).flat]


def pulled_back(weighted, leaves):
    """Return the slopes of Σ weight · number towards arrays of leaves, in balls."""
    slopes, reached = defaultdict(int), {}
    for n, weight in weighted:
        reached[n.age] = n
        slopes[n.age] += weight
    ages = [-age for age in reached]
    heapq.heapify(ages)
    while ages:  # the youngest first: whatever was made of it has been summed
        n = reached[-heapq.heappop(ages)]
        for part, slope in n.parts:
            if part.age not in reached:
                reached[part.age] = part
                heapq.heappush(ages, -part.age)
            slopes[part.age] += slopes[n.age] * slope
    return [
        np.array([flint.arb(slopes[n.age]) for n in entries(x)]).reshape(x.shape) for x in leaves
    ]
