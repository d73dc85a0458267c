"""Numbers with an error bar that is a proof:  balls of 60 digits, for the unchanged kernels.

Every operation returns a ball that holds the result for every number in its operands (python-flint,
Johansson's Arb). A comparison that balls leave open raises: ``maximum`` would else choose one side
and enclose nothing.
"""

import flint
import numpy as np

DIGITS = 60


class UndecidedError(ArithmeticError):
    """Two balls overlap, so that their comparison has no answer."""


class Ball:
    def __init__(self, x):
        self.x = x.x if isinstance(x, Ball) else flint.arb(x)

    def __hash__(self):
        return hash(self.x)

    def __neg__(self):
        return Ball(-self.x)

    def __pos__(self):
        return self

    def __abs__(self):
        return -self if self < 0 else self

    def __pow__(self, n):
        return Ball(self.x**n)

    def __sub__(self, other):
        if self is other:  # the same number, not only the same ball
            return Ball(0)
        return _result(self, other, lambda a, b: a - b)

    def __lt__(self, other):
        return self._told(other, lambda a, b: a < b, lambda a, b: a >= b)

    def __le__(self, other):
        return self._told(other, lambda a, b: a <= b, lambda a, b: a > b)

    def __gt__(self, other):
        return self._told(other, lambda a, b: a > b, lambda a, b: a <= b)

    def __ge__(self, other):
        return self._told(other, lambda a, b: a >= b, lambda a, b: a < b)

    def __eq__(self, other):
        return self._told(other, lambda a, b: a == b, lambda a, b: a != b)

    def __ne__(self, other):
        return not self == other

    def _told(self, other, yes, no):
        """Return an answer that holds for all numbers of both balls, or raise."""
        a, b = self.x, Ball(other).x
        if yes(a, b):
            return True
        if no(a, b):
            return False
        raise UndecidedError(f"{a} and {b} overlap")

    @property
    def middle(self):
        return float(self.x.mid())

    @property
    def radius(self):
        return float(self.x.rad())

    def distance(self, number):
        """Return an upper bound of how far a float is from every number in the ball."""
        return float(abs(self.x - float(number)).upper())


def _result(a, b, operation):
    if not isinstance(b, (Ball, int, float)):
        return NotImplemented
    return Ball(operation(Ball(a).x, Ball(b).x))


def _binary(operation):
    return lambda self, other: _result(self, other, operation)


def _function(name):
    def function(self):
        with flint.ctx.workdps(DIGITS):
            return Ball(getattr(self.x, name)())

    return function


for _name, _operation in {
    "add": lambda a, b: a + b,
    "radd": lambda a, b: b + a,
    "rsub": lambda a, b: b - a,
    "mul": lambda a, b: a * b,
    "rmul": lambda a, b: b * a,
    "truediv": lambda a, b: a / b,
    "rtruediv": lambda a, b: b / a,
}.items():
    setattr(Ball, f"__{_name}__", _binary(_operation))
for _name in ("exp", "expm1", "log", "log1p", "tanh", "sqrt", "erf"):
    setattr(Ball, _name, _function(_name))


def balls(A):
    """Return an array of balls around floats, each of which is its float alone."""
    out = np.empty(np.shape(A), dtype=object)
    for index in np.ndindex(out.shape):
        out[index] = Ball(float(A[index]))
    return out


def enclosed(kernel, *arguments):
    """Return what a kernel makes of balls; labels stay what they are."""
    point = [a if np.asarray(a).dtype.kind == "i" else balls(np.asarray(a)) for a in arguments]
    with flint.ctx.workdps(DIGITS):
        return kernel(*[p if p.shape else p[()] for p in point])


def farthest(A, B):
    """Return the largest distance of a float of A from its ball of B, for the largest of A."""
    distances = [b.distance(a) for a, b in zip(np.ravel(A), np.ravel(B), strict=True)]
    return max(distances) / np.abs(A).max()
