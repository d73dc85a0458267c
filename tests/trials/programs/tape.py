"""By hand: the gradient as automatic differentiation in floats gives it, with room for a mistake.

Forward runs, unchanged, on arrays that write down each operation of NumPy with its rule (reverse
mode, array by array, as HIPS autograd does it); a cotangent then runs up the tape. It is the only
rounding that by hand has here: that of its own operations, in the precision of forward's.

    UFUNCS      a rule per argument: (cotangent, output, *inputs) -> the argument's cotangent
    FUNCTIONS   the others: reductions, products, linear algebra
    MOVED       functions that only move entries: one rule for all, found by moving their numbers
    COMPOSED    functions that are written as the operations they stand for

What knows no rule raises. A mistake (`faults.py`) changes the cotangent of one operation, or leaves
one of its ways out.
"""

import functools

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin
from numpy.lib.stride_tricks import sliding_window_view


class Traced(NDArrayOperatorsMixin):
    """An array that keeps the tape on which it was written, and its place there."""

    __array_priority__ = 100

    def __init__(self, value, tape, name, ways=()):
        self.value, self.tape, self.name, self.ways = np.asarray(value), tape, name, ways
        self.place = len(tape)
        tape.append(self)

    shape = property(lambda self: self.value.shape)
    ndim = property(lambda self: self.value.ndim)
    size = property(lambda self: self.value.size)
    dtype = property(lambda self: self.value.dtype)
    T = property(np.transpose)

    def __len__(self):
        return len(self.value)

    def __getitem__(self, key):
        return moved(lambda x: x[key], "[ ]", self)

    def __iter__(self):
        return (self[i] for i in range(len(self)))

    def __array__(self, *_, **__):
        raise TypeError("a traced array would lose its tape")

    def __array_ufunc__(self, ufunc, method, *inputs, **options):
        if method == "reduce" and ufunc is np.add:
            return np.sum(*inputs, **options)
        if method != "__call__" or options:
            raise TypeError(f"no rule for {ufunc.__name__}.{method}")
        if ufunc is np.matmul:
            return matmul(*inputs)
        if ufunc in COMPARISONS:
            return ufunc(*map(value_of, inputs))
        return recorded(ufunc.__name__, ufunc, UFUNCS[ufunc], *inputs)

    def __array_function__(self, function, types, arguments, options):
        del types
        if function in MOVED:
            return moved(
                lambda x: function(x, *arguments[1:], **options), function.__name__, arguments[0]
            )
        if function in VALUES:
            return function(*map(value_of, arguments), **options)
        return FUNCTIONS[function](*arguments, **options)

    def astype(self, dtype):
        """Round to another precision; the cotangent is rounded back."""
        return recorded("astype", lambda x: x.astype(dtype), (lambda g, _, x: g,), self)

    def reshape(self, *shape):
        """Return the array in another shape."""
        return moved(lambda x: x.reshape(*shape), "reshape", self)

    def transpose(self, *axes):
        """Return the array with its axes in another order."""
        return moved(lambda x: x.transpose(*axes), "transpose", self)

    def ravel(self):
        """Return the entries in a row."""
        return self.reshape(-1)


for _name in ("sum", "mean", "max", "min", "var", "std", "cumsum", "argmax", "argsort", "swapaxes"):
    setattr(Traced, _name, functools.partialmethod(getattr(np, _name)))


def value_of(x):
    """Return the plain array."""
    return x.value if isinstance(x, Traced) else x


def recorded(name, function, rules, *inputs):
    """Run an operation on plain arrays and write it on the tape."""
    plain = [value_of(x) for x in inputs]
    value = function(*plain)
    ways = [
        (x, functools.partial(_back, rule, value, plain))
        for x, rule in zip(inputs, rules, strict=True)
        if isinstance(x, Traced)
    ]
    return Traced(value, ways[0][0].tape, name, ways)


def _back(rule, value, plain, g):
    return rule(g, value, *plain)


def fitted(g, like):
    """Sum a cotangent over the axes along which its array was broadcast, in the array's dtype."""
    g = g.sum(axis=tuple(range(g.ndim - like.ndim))) if g.ndim > like.ndim else g
    ones = tuple(k for k, n in enumerate(like.shape) if n == 1 and g.shape[k] != 1)
    g = g.sum(axis=ones, keepdims=True) if ones else g
    return np.asarray(g, dtype=like.dtype)


def moved(function, name, x):
    """Run a function that moves entries: the entries' numbers, moved likewise, lead back."""
    numbers = function(np.arange(x.size).reshape(x.shape))

    def back(g, _, x):
        return np.bincount(np.ravel(numbers), np.ravel(g), x.size).reshape(x.shape)

    return recorded(name, function, (back,), x)


# ------------------------------------------------------------------ rules

COMPARISONS = {np.greater, np.greater_equal, np.less, np.less_equal, np.equal, np.sign}
VALUES = {np.argmax, np.argsort, np.shape, np.ndim, np.zeros_like, np.ones_like}

UFUNCS = {
    np.add: (lambda g, O, a, b: g, lambda g, O, a, b: g),
    np.subtract: (lambda g, O, a, b: g, lambda g, O, a, b: -g),
    np.multiply: (lambda g, O, a, b: g * b, lambda g, O, a, b: g * a),
    np.divide: (lambda g, O, a, b: g / b, lambda g, O, a, b: -g * O / b),
    np.power: (
        lambda g, O, a, b: g * b * a ** (b - 1),
        lambda g, O, a, b: g * O * np.log(a),
    ),
    np.maximum: (lambda g, O, a, b: g * (a >= b), lambda g, O, a, b: g * (a < b)),
    np.minimum: (lambda g, O, a, b: g * (a <= b), lambda g, O, a, b: g * (a > b)),
    np.logaddexp: (lambda g, O, a, b: g * np.exp(a - O), lambda g, O, a, b: g * np.exp(b - O)),
    np.negative: (lambda g, O, a: -g,),
    np.absolute: (lambda g, O, a: g * np.sign(a),),
    np.square: (lambda g, O, a: g * 2 * a,),
    np.reciprocal: (lambda g, O, a: -g * O * O,),
    np.sqrt: (lambda g, O, a: g / (2 * O),),
    np.exp: (lambda g, O, a: g * O,),
    np.expm1: (lambda g, O, a: g * (O + 1),),
    np.log: (lambda g, O, a: g / a,),
    np.log1p: (lambda g, O, a: g / (1 + a),),
    np.tanh: (lambda g, O, a: g * (1 - O * O),),
    np.sinh: (lambda g, O, a: g * np.cosh(a),),
    np.cosh: (lambda g, O, a: g * np.sinh(a),),
    np.sin: (lambda g, O, a: g * np.cos(a),),
    np.cos: (lambda g, O, a: -g * np.sin(a),),
    np.arctan: (lambda g, O, a: g / (1 + a * a),),
}

MOVED = {
    np.reshape,
    np.ravel,
    np.transpose,
    np.swapaxes,
    np.moveaxis,
    np.roll,
    np.flip,
    np.expand_dims,
    np.squeeze,
    np.broadcast_to,
    np.repeat,
    np.tile,
    np.take,
    np.take_along_axis,
    np.diagonal,
    np.diag,
    sliding_window_view,
}


def matmul(A, B):
    """A B for matrices, stacks of them, and vectors on either side."""

    def to_A(g, _, A, B):
        if B.ndim == 1:
            return g[..., None] * B
        if A.ndim == 1:
            return B @ g
        return g @ np.swapaxes(B, -1, -2)

    def to_B(g, _, A, B):
        if A.ndim == 1:
            return np.multiply.outer(A, g) if B.ndim == 2 else g * A
        if B.ndim == 1:
            return np.tensordot(g, A, g.ndim)
        return np.swapaxes(A, -1, -2) @ g

    return recorded("matmul", np.matmul, (to_A, to_B), A, B)


def spread(g, x, axis):
    """Give a reduced array its axes back."""
    if axis is None:
        return np.broadcast_to(g, x.shape)
    return np.broadcast_to(np.expand_dims(g, axis) if np.ndim(g) < x.ndim else g, x.shape)


def total(x, axis=None, dtype=None, out=None, *, keepdims=False):
    """Σ along an axis, in a precision of its own if wanted."""
    del out
    return recorded(
        "sum",
        lambda x: np.sum(x, axis=axis, dtype=dtype, keepdims=keepdims),
        (lambda g, O, x: spread(g, x, axis),),
        x,
    )


def mean(x, axis=None, *, keepdims=False):
    """The mean along an axis."""
    return recorded(
        "mean",
        lambda x: np.mean(x, axis=axis, keepdims=keepdims),
        (lambda g, O, x: spread(g, x, axis) * (np.size(O) / x.size),),
        x,
    )


def picked(argument):
    """Return max or min: the entry that is there, found by its place."""

    def function(x, axis=None, *, keepdims=False):
        if axis is None:
            entry = x.reshape(-1)[int(argument(x.value))]
            return entry.reshape((1,) * x.ndim) if keepdims else entry
        place = np.expand_dims(argument(x.value, axis=axis), axis)
        entries = np.take_along_axis(x, place, axis)
        return entries if keepdims else np.squeeze(entries, axis)

    return function


def variance(x, axis=None, *, ddof=0, keepdims=False):
    """The mean of the squared distances from the mean."""
    d = x - mean(x, axis, keepdims=True)
    squares = total(d * d, axis, keepdims=keepdims)
    return squares / (x.size / squares.size - ddof)


def joined(arrays, axis=0):
    """Arrays one after the other."""
    ends = np.cumsum([np.shape(x)[axis] for x in arrays])

    def rule(k):
        return lambda g, O, *inputs: np.split(g, ends[:-1], axis)[k]

    rules = [rule(k) for k in range(len(arrays))]
    return recorded("concatenate", lambda *p: np.concatenate(p, axis), rules, *arrays)


def stacked(arrays, axis=0):
    """Arrays along a new axis."""
    return joined([np.expand_dims(x, axis) for x in arrays], axis)


def chosen(condition, a, b):
    """One or the other, entry by entry."""
    rules = (lambda g, O, a, b: g * condition, lambda g, O, a, b: g * ~np.asarray(condition))
    return recorded("where", lambda a, b: np.where(condition, a, b), rules, a, b)


def einsum(subscripts, *inputs):
    """Einstein's sum: each factor's cotangent is the sum with the cotangent in its place."""
    names, output = subscripts.split("->")
    names = names.split(",")

    def rule(k):
        def back(g, _, *inputs):
            others = [n for j, n in enumerate(names) if j != k]
            rest = [x for j, x in enumerate(inputs) if j != k]
            kept = "".join(n for n in names[k] if n in output + "".join(others))
            part = np.einsum(f"{','.join([output, *others])}->{kept}", g, *rest)
            for axis, n in enumerate(names[k]):
                part = np.expand_dims(part, axis) if n not in kept else part
            return np.broadcast_to(part, inputs[k].shape)

        return back

    rules = [rule(k) for k in range(len(inputs))]
    return recorded("einsum", lambda *p: np.einsum(subscripts, *p), rules, *inputs)


def solve(A, B):
    """A⁻¹ B."""

    def to_A(g, O, A, B):
        U = np.linalg.solve(A.T, g)
        return -U @ O.T if U.ndim == 2 else -np.outer(U, O)

    to_B = lambda g, O, A, B: np.linalg.solve(A.T, g)  # noqa: E731
    return recorded("solve", np.linalg.solve, (to_A, to_B), A, B)


def slogdet(A):
    """The sign, and log |det A|."""
    rule = lambda g, O, A: g * np.linalg.inv(A).T  # noqa: E731
    sign = np.linalg.slogdet(A.value)[0]
    return sign, recorded("slogdet", lambda A: np.linalg.slogdet(A)[1], (rule,), A)


def cholesky(A):
    """L of A = L Lᵀ; only the lower half of A is read, and has a cotangent."""

    def back(G, L, A):
        inverse = np.linalg.inv(L)
        half = np.tril(L.T @ G)
        half[np.diag_indices(len(L))] /= 2
        S = inverse.T @ half @ inverse  # the cotangent of a symmetric A
        return np.tril(S + S.T) - np.diag(np.diag(S))

    return recorded("cholesky", np.linalg.cholesky, (back,), A)


FUNCTIONS = {
    np.sum: total,
    np.mean: mean,
    np.max: picked(np.argmax),
    np.min: picked(np.argmin),
    np.var: variance,
    np.std: lambda *arguments, **options: np.sqrt(variance(*arguments, **options)),
    np.cumsum: lambda x, axis=None: recorded(
        "cumsum",
        lambda x: np.cumsum(x, axis),
        (lambda g, O, x: np.flip(np.cumsum(np.flip(g, axis), axis), axis),),
        x,
    ),
    np.sort: lambda x, axis=-1: np.take_along_axis(x, np.argsort(x.value, axis), axis),
    np.diff: lambda x, axis=-1: (
        np.take(x, np.arange(1, x.shape[axis]), axis)
        - np.take(x, np.arange(x.shape[axis] - 1), axis)
    ),
    np.clip: lambda x, low, high: np.minimum(np.maximum(x, low), high),
    np.round: lambda x, decimals=0: recorded(
        "round", lambda x: np.round(x, decimals), (lambda g, O, x: g,), x
    ),
    np.concatenate: joined,
    np.stack: stacked,
    np.where: chosen,
    np.tril: lambda x, k=0: x * np.tri(*x.shape, k, dtype=x.dtype),
    np.trace: lambda x: np.sum(np.diagonal(x)),
    np.outer: lambda a, b: np.expand_dims(a, 1) * np.expand_dims(b, 0),
    np.dot: matmul,
    np.einsum: einsum,
    np.linalg.solve: solve,
    np.linalg.inv: lambda A: solve(A, np.eye(len(A), dtype=A.dtype)),
    np.linalg.slogdet: slogdet,
    np.linalg.cholesky: cholesky,
    np.linalg.norm: lambda x, axis=None, keepdims=False: np.sqrt(
        np.sum(x * x, axis=axis, keepdims=keepdims)
    ),
}


# ------------------------------------------------------------------ up the tape


def traced(forward, point):
    """Run forward on traced arrays; return the tape, the leaves and the output."""
    tape = []
    leaves = [Traced(x, tape, "argument") for x in point]
    return tape, leaves, forward(*leaves)


def pulled_back(forward, point, cotangent, fault=None):
    """Return the gradients of ⟨cotangent, forward⟩, with a fault on the way if there is one."""
    tape, leaves, O = traced(forward, point)
    cotangents = {O.place: np.asarray(cotangent)}
    for node in reversed(tape):
        if node.place not in cotangents:
            continue
        g = cotangents[node.place]
        if fault is not None and fault.place == node.place:
            g = cotangents[node.place] = np.asarray(fault.change(g))
        for k, (x, back) in enumerate(node.ways):
            if fault is not None and fault.dropped == (node.place, k):
                continue
            part = fitted(back(g), x.value)
            if x.place in cotangents:
                part = np.asarray(cotangents[x.place] + part)
            cotangents[x.place] = part
    return [cotangents.get(x.place, np.zeros_like(x.value)) for x in leaves]
