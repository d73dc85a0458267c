"""What is handed over: good values of every role, and odd ones with what they stand for.

An odd value says what plain value it means, or REFUSED where only a refusal is right. What ``may``
be refused as well, such as fractions where a formula has a logarithm, has both.
"""

import datetime as dt
import decimal
import math
from collections import Counter
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from scipy.sparse import eye_array

REFUSED = object()


@dataclass(frozen=True)
class Odd:
    """An odd value: what it is, and the plain value that it means."""

    label: str
    given: Any
    means: Any = REFUSED
    may: bool = False  # be refused all the same


class Lines:
    """What shows itself in several lines."""

    def __repr__(self):
        return "one\ntwo\nthree"


class Mute:
    """What fails when it is shown."""

    def __repr__(self):
        raise RuntimeError("no")


class Shy:
    """What fails when it is made an array."""

    shape, dtype = (3,), np.dtype(float)

    def __array__(self, *_, **__):
        raise RuntimeError("no array")


class Own(np.ndarray):
    """A subclass that changes nothing."""


class Aloof(np.ndarray):
    """A subclass that no function of NumPy takes."""

    __array_ufunc__ = None


def circle():
    """Return a list that holds itself."""
    found: list[Any] = []
    found.append(found)
    return found


STRANGERS = {  # what no argument of any function is
    "a class": lambda: int,
    "a class of arrays": lambda: np.ndarray,
    "timedelta": lambda: dt.timedelta(1),
    "Counter": lambda: Counter("aab"),
    "date": lambda: dt.date(2000, 1, 1),
    "lambda": lambda: lambda x: x,
    "module": lambda: math,
    "generator": lambda: (x for x in (1.0, 2.0)),
    "ellipsis": lambda: ...,
    "NotImplemented": lambda: NotImplemented,
    "object": object,
    "set": lambda: {1.0, 2.0},
    "dict": lambda: {"a": 1.0},
    "bytes": lambda: b"12",
    "long text": lambda: "x" * 10_000,
    "text of two lines": lambda: "a\nb",
    "repr of three lines": Lines,
    "repr that fails": Mute,
    "array that fails": Shy,
    "datetime64": lambda: np.datetime64("2000-01-01"),
    "timedelta64": lambda: np.timedelta64(1, "s"),
    "exception": lambda: ValueError("x"),
    "list in itself": circle,
    "sparse": lambda: eye_array(2),
    "complex": lambda: 1 + 2j,
}
WORDS = {"None": lambda: None, "hello": lambda: "hello", "empty text": lambda: ""}


def pick(rng, things):
    """Return one of some things, whatever they are."""
    return things[rng.integers(len(things))]


def stranger(rng, **more):
    """Draw what an argument never is."""
    label, make = pick(rng, [*{**STRANGERS, **WORDS, **more}.items()])
    return Odd(label, make())


def _holding(A, value):
    """Return a copy of an array with one entry replaced."""
    A = A.copy()
    A[(0,) * A.ndim] = value
    return A


def _objects(A, make):
    """Return an array of objects made of each entry."""
    found = np.empty(A.shape, object)
    for place in np.ndindex(A.shape):
        found[place] = make(A[place].item())
    return found


def _strided(A):
    """Return the same numbers, no two of them neighbours in memory."""
    wide = np.zeros((*A.shape, 2), A.dtype)
    wide[..., 0] = A
    return wide[..., 0]


def _still(A):
    """Return a copy that nobody may write to."""
    A = A.copy()
    A.flags.writeable = False
    return A


SAME = {  # other forms of the same array
    "list": np.ndarray.tolist,
    "Fortran": lambda A: A.copy(order="F"),
    "strided": _strided,
    "read-only": _still,
}
MAY = {  # what stands for the same numbers, and may be asked to be converted first
    "subclass": lambda A: A.view(Own),
    "big-endian": lambda A: A.astype(A.dtype.newbyteorder(">")),
    "fractions": lambda A: _objects(A, Fraction),
    "decimals": lambda A: _objects(A, decimal.Decimal),
    "ints": lambda A: _objects(np.round(3 * A), int),
    "large ints": lambda A: _objects(A, lambda _: 10**400),
}
CONTENT = {  # what floats can be
    "NaN": lambda A: _holding(A, np.nan),
    "inf": lambda A: _holding(A, np.inf),
    "-inf": lambda A: _holding(A, -np.inf),
    "1e308": lambda A: _holding(A, np.finfo(A.dtype).max),
    "-1e308": lambda A: _holding(A, -np.finfo(A.dtype).max),
    "all 1e308": lambda A: np.full_like(A, np.finfo(A.dtype).max),
    "all inf": lambda A: np.full_like(A, np.inf),
    "tiny": lambda A: np.full_like(A, np.finfo(A.dtype).smallest_subnormal),
    "zero": np.zeros_like,
    "-zero": lambda A: -np.zeros_like(A),
    "1e200": lambda A: (A * np.sqrt(np.finfo(A.dtype).max)).astype(A.dtype),
}
WHOLE = {  # numbers that become float64
    "int64": lambda A: np.round(3 * A).astype(np.int64),
    "uint8": lambda A: np.round(np.abs(3 * A)).astype(np.uint8),
    "bool": lambda A: A > 0,
    "list of int": lambda A: np.round(3 * A).astype(int).tolist(),
}
SHAPES = {  # other shapes, which may fit all the same
    "one axis more": lambda A: A[None],
    "a last axis more": lambda A: A[..., None],
    "transposed": lambda A: A.T.copy(),
    "one row more": lambda A: np.concatenate([A, A[:1]]) if A.ndim else np.stack([A, A]),
    "one row less": lambda A: A[1:] if A.ndim else A[None][1:],
    "ravelled": np.ravel,
    "empty": lambda A: np.zeros((0, *A.shape)),
    "empty list": lambda _: [],
    "one number": lambda A: A.ravel()[0],
    "a float": lambda A: float(A.ravel()[0]),
}
DTYPES = {
    "float32": lambda A: A.astype(np.float32),
    "float16": lambda A: A.astype(np.float16),
    "longdouble": lambda A: A.astype(np.longdouble),
}
WRONG = {  # arrays that hold no real numbers, and what is no array
    "complex array": lambda A: A.astype(complex),
    "objects of float": lambda A: _objects(A, float),
    "objects of NumPy floats": lambda A: _objects(A, np.float64),
    "objects of None": lambda A: _objects(A, lambda _: None),
    "objects of complex": lambda A: _objects(A, complex),
    "objects of text": lambda A: _objects(A, str),
    "objects of classes": lambda A: _objects(A, lambda _: int),
    "objects of timedelta": lambda A: _objects(A, lambda _: dt.timedelta(1)),
    "subclass of no ufunc": lambda A: A.view(Aloof),
    "objects of Counter": lambda A: _objects(A, lambda _: Counter("a")),
    "objects of arrays": lambda A: _objects(A, lambda _: np.ones(2)),
    "10**400": lambda _: 10**400,
    "list of 10**400": lambda A: _objects(A, lambda _: 10**400).tolist(),
    "10**400 and 1.5": lambda _: [[10**400, 1.5]],
    "text array": lambda A: A.astype(str),
    "bytes array": lambda A: A.astype(bytes),
    "datetime array": lambda A: np.full(A.shape, np.datetime64("2000-01-01")),
    "timedelta array": lambda A: np.full(A.shape, np.timedelta64(1, "s")),
    "structured": lambda A: np.zeros(A.shape, [("a", float)]),
    "masked": np.ma.masked_array,
    "matrix": lambda A: (
        np.atleast_2d(A.reshape(A.shape[:2])).view(np.matrix) if A.ndim < 3 else None
    ),
    "ragged": lambda _: [[1.0, 2.0], [3.0]],
    "ragged deep": lambda _: [[1.0], [[2.0]]],
    "list of None": lambda _: [None, None],
    "list of text": lambda _: ["1", "2"],
    "list of dicts": lambda _: [{}, {}],
    "list of a class": lambda _: [int, float],
}


def odd_array(rng, A):
    """Draw what may stand in place of a float array."""
    if rng.random() < 0.25:
        return stranger(rng)
    tables = (SAME, MAY, CONTENT, CONTENT, WHOLE, SHAPES, SHAPES, DTYPES, WRONG, WRONG)
    table = pick(rng, tables)
    label = pick(rng, [*table])
    given = table[label](A)
    if table is WRONG:
        return Odd(label, given)
    if table is WHOLE:
        return Odd(label, given, np.array(given).astype(np.float64))
    if label in {"ints", "large ints"}:  # exact ones, which some formulas leave exact
        return Odd(label, given, given, may=True)
    if table in (SAME, MAY):
        return Odd(label, given, A, may=table is MAY)
    return Odd(label, given, np.asarray(given))


def odd_labels(rng, y, classes):
    """Draw what may stand in place of class labels; soft targets are another role."""
    if rng.random() < 0.25:
        return stranger(rng)
    last = len(y) - 1
    right = {
        "list": y.tolist(),
        "tuple": (*y.tolist(),),
        "uint8": y.astype(np.uint8),
        "int32": y.astype(np.int32),
        "strided": _strided(y),
        "read-only": _still(y),
    }
    wrong = {
        "-1": np.where(np.arange(len(y)) == last, -1, y),
        "too large": np.where(np.arange(len(y)) == last, classes, y),
        "2**63": np.full(len(y), 2**63, np.uint64),
        "10**400": [10**400] * len(y),
        "floats": y.astype(float),
        "NaN": np.full(len(y), np.nan),
        "bool": y > 0,
        "objects": y.astype(object),
        "text": y.astype(str),
        "complex": y.astype(complex),
        "a column": y[:, None] if classes != 1 else y[:, None, None],
        "one more": np.append(y, 0),
        "empty": y[:0],
        "a number": 0,
        "None": [None] * len(y),
        "timedelta": y.astype("timedelta64[s]"),
        "masked": np.ma.masked_array(y),
    }
    label = pick(rng, [*right, *wrong])
    return Odd(label, right[label], y) if label in right else Odd(label, wrong[label])


def odd_scalar(rng, value):
    """Draw what may stand in place of a scalar cotangent."""
    if rng.random() < 0.4:
        return stranger(rng)
    right = {
        "int": (2, 2.0),
        "bool": (True, 1.0),
        "float64": (np.float64(value), value),
        "float32": (np.float32(0.5), 0.5),
        "0-d": (np.array(value), value),
        "inf": (math.inf, math.inf),
        "NaN": (math.nan, math.nan),
        "1e308": (1e308, 1e308),
    }
    wrong = {
        "one in a list": [value],
        "two": np.ones(2),
        "a row": np.ones((1, 1)),
        "10**400": 10**400,
        "objects": np.array(value, object),
    }
    label = pick(rng, [*right, *wrong])
    return Odd(label, *right[label]) if label in right else Odd(label, wrong[label])


def odd_size(rng, value):
    """Draw what may stand in place of a positive whole number."""
    if rng.random() < 0.4:
        return stranger(rng)
    right = {"int64": np.int64(value), "uint8": np.uint8(value)}
    wrong = {
        "0": 0,
        "-1": -1,
        "float": float(value),
        "half": value + 0.5,
        "NaN": math.nan,
        "inf": math.inf,
        "True": True,
        "text": str(value),
        "list": [value],
        "array": np.array([value]),
        "fraction": Fraction(value),
    }
    label = pick(rng, [*right, *wrong])
    return Odd(label, right[label], value) if label in right else Odd(label, wrong[label])


def odd_rng(rng, _):
    """Draw what may stand in place of a Generator."""
    wrong = {
        "seed": lambda: 0,
        "float": lambda: 0.5,
        "RandomState": lambda: np.random.RandomState(0),  # what people have
        "numpy.random": lambda: np.random,
        "SeedSequence": lambda: np.random.SeedSequence(0),
        "class": lambda: np.random.Generator,
    }
    return stranger(rng, **wrong)


def odd_seed(rng, _):
    """Draw what may stand in place of a seed or a Generator."""
    if rng.random() < 0.2:
        return Odd("int64", np.int64(3), 3)
    wrong = {
        "-1": lambda: -1,
        "float": lambda: 0.5,
        "whole float": lambda: 3.0,
        "True": lambda: True,
        "RandomState": lambda: np.random.RandomState(0),  # what people have
        "class": lambda: np.random.Generator,
    }
    return stranger(rng, **wrong)


def odd_number(rng, value, wrong):
    """Draw what may stand in place of a real number; what is out of range comes from outside."""
    if rng.random() < 0.4:
        return stranger(rng)
    right = {"float64": np.float64(value), "0-d": np.array(value)}
    bad = {
        "NaN": math.nan,
        "inf": math.inf,
        "10**400": 10**400,
        "list": [value],
        "array": np.full(2, value),
        "objects": np.array([value], object),
        "text": str(value),
        **wrong,
    }
    label = pick(rng, [*right, *bad])
    if label in right:
        return Odd(label, right[label], value, may=label == "0-d")
    return Odd(label, bad[label])


def odd_dtype(rng, _):
    """Draw what may stand in place of a dtype of floats."""
    right = {"text": "float32", "f4": "f4", "dtype": np.dtype("float32"), "class": np.float32}
    wrong = {
        "int": int,
        "bool": bool,
        "complex": complex,
        "object": object,
        "str": str,
        "datetime": "M8[s]",
        "structured": [("a", float)],
        "unknown": "floaty",
        "number": 32,
        "array": np.ones(2),
        "lambda": lambda: float,
    }
    label = pick(rng, [*right, *wrong])
    return Odd(label, right[label], np.float32) if label in right else Odd(label, wrong[label])


def odd_activation(rng, _):
    """Draw what may stand in place of an activation."""
    from mlp.ops import affine, relu, squared_error, tanh

    right = {"name": ("tanh", tanh), "op": (tanh, tanh), "relu": ("relu", relu)}
    wrong = {
        "[]": list,
        "0": lambda: 0,
        "affine": lambda: affine,
        "'affine'": lambda: "affine",
        "a loss": lambda: squared_error,
        "forward alone": lambda: relu.forward,
        "capital": lambda: "ReLU",
        "a dict": lambda: {"forward": 1, "backward": 2},
        "an array": lambda: np.ones(2),
    }
    if rng.random() < 0.3:
        label = pick(rng, [*right])
        return Odd(label, *right[label])
    return stranger(rng, **wrong)


def odd_choice(rng, _):
    """Draw what may stand in place of 'none' or 'tanh'."""
    wrong = {
        "other": lambda: "Tanh",
        "True": lambda: True,
        "array": lambda: np.array(["none"]),
        "list": lambda: ["none"],
        "0": lambda: 0,
    }
    return stranger(rng, **wrong)


def odd_callable(rng, _):
    """Draw what may stand in place of a function."""
    wrong = {"0": lambda: 0, "list": list, "array": lambda: np.ones(2)}
    drawn = stranger(rng, **wrong)
    while callable(drawn.given):
        drawn = stranger(rng, **wrong)
    return drawn


def odd_flag(rng, _):
    """Draw what may stand in place of True or False; what is neither may be refused."""
    drawn = stranger(rng)
    return drawn if drawn.label != "None" else Odd("text", "yes")
