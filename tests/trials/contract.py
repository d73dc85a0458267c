"""The contract, before any arithmetic: what goes in, what comes out, and what nobody may touch.

Each row yields cases of one promise. That the point is bitwise unchanged afterwards is part of
every trial of every family; here are the codes that try to change it.
"""

import dataclasses
import functools
import json

import numpy as np
import scipy.sparse

from trials.family import (
    CORRECT,
    INCONCLUSIVE,
    NONE_MISSED,
    WRONG,
    Case,
    Family,
    judge,
    tabulated,
)
from trials.functions import affine_backward, logistic, sizes

LINES = 25  # a report fits on one screen


def sine(dO, x):
    """Pull a cotangent back through sin."""
    return dO * np.cos(x)


def affine(X, W, b):
    """Return X W + b."""
    return X @ W + b


def affine_point(rng):
    """Draw X (n, d), W (d, m), b (m,)."""
    n, d, m = sizes(rng, 3)
    return rng.normal(size=(n, d)), rng.normal(size=(d, m)), rng.normal(size=m)


# ------------------------------------------------------------------ mutation


def mutation(rng):
    """Code that writes into what it was given, and code that would, but copies first."""

    def forward_in_place(X, W, b):
        X -= X.mean(axis=0)
        return X @ W + b

    def forward_through_view(X, W, b):
        X.T[0] = 0
        return X @ W + b

    def backward_in_place(dO, X, W, b):
        gradients = affine_backward(dO, X, W, b)
        W *= 0.9
        return gradients

    def backward_into_cotangent(dO, X, W, b):
        dO /= len(dO)
        return affine_backward(dO * len(dO), X, W, b)

    def polite(X, W, b):
        X = X.copy()
        X += 1
        return X @ W + b

    def polite_backward(dO, X, W, b):
        return affine_backward(dO, X + 1, W, b)

    for f, g in (
        (forward_in_place, affine_backward),
        (forward_through_view, affine_backward),
        (affine, backward_in_place),
        (affine, backward_into_cotangent),
    ):
        name = f"{f.__name__}, {g.__name__}"
        yield Case(name, f, g, affine_point(rng), WRONG, ("mutation",))
    yield Case("writes into a copy", polite, polite_backward, affine_point(rng))


def mutation_then_error(rng):
    """Code that writes and then raises half-way: everything is as it was."""

    def forward(x):
        x[0] = 99.0
        raise RuntimeError("half-way")

    def backward(dO, x):
        x[0] = 99.0
        dO[0] = 99.0
        raise RuntimeError("half-way")

    x = rng.normal(size=4)
    either = (*WRONG, *INCONCLUSIVE), ("mutation", "raised")
    yield Case("forward writes and raises", forward, sine, (x.copy(),), *either)
    yield Case("backward writes and raises", np.sin, backward, (x.copy(),), *either)


# ------------------------------------------------------------------ exceptions


def exceptions(rng):
    """What the user's code raises is reported with its own traceback, never swallowed."""

    def explodes(*_):
        raise KeyError("no such layer")

    calls = []

    def explodes_later(x):
        calls.append(1)
        if len(calls) > 6:
            raise KeyError("no such layer")
        return np.sin(x)

    says = "(?s)(?=.*explodes)(?=.*no such layer)"
    x = rng.normal(size=4)
    yield Case("forward raises", explodes, sine, (x,), INCONCLUSIVE, ("raised",), says=says)
    yield Case("backward raises", np.sin, explodes, (x,), INCONCLUSIVE, ("raised",), says=says)
    later = Case(
        "forward raises from its seventh call on",
        explodes_later,
        sine,
        (x,),
        INCONCLUSIVE,
        ("raised", "domain", "nondeterminism"),
        says="no such layer",
    )
    yield later


# ------------------------------------------------------------------ the cotangent


def cotangent(rng):
    """Backwards that are not linear in their cotangent."""
    bends = {
        "abs": np.abs,
        "relu": lambda g: np.maximum(g, 0),
        "clip": lambda g: np.clip(g, -1, 1),
        "square": np.square,
        "normalise": lambda g: g / np.sqrt((g * g).sum()),
        "ignored": np.ones_like,
        "sign": np.sign,
        "offset": lambda g: g + 1e-3,
        "largest only": lambda g: g * (np.abs(g) == np.abs(g).max()),
        "rounded": lambda g: np.round(g, 2),
    }
    for name, bend in bends.items():
        yield Case(
            f"cotangent: {name}",
            np.tanh,
            lambda dO, x, bend=bend: bend(dO) * (1 - np.tanh(x) ** 2),
            (rng.normal(size=(3, 5)),),
            WRONG,
            ("cotangent",),
        )
    yield Case(
        "cotangent of a loss: ignored",
        lambda x: np.sin(x).sum(),
        lambda dL, x: np.cos(x),  # noqa: ARG005  # that is the mistake
        (rng.normal(size=6),),
        WRONG,
        ("cotangent",),
    )


# ------------------------------------------------------------------ the same answer twice


def nondeterminism(rng):
    """Dropout without its mask, noise, and state that one call leaves to the next."""
    source = np.random.default_rng(int(rng.integers(2**32)))
    memory = {"calls": 0, "last": None}

    def dropout(x):
        return x * (source.random(x.shape) < 0.5)

    def noise(x):
        return np.sin(x) + 1e-6 * source.normal(size=x.shape)

    def counts(x):
        memory["calls"] += 1
        return np.sin(x) * (1 + 1e-4 * memory["calls"])

    def remembers(x):
        last, memory["last"] = memory["last"], x.copy()
        return np.sin(x) + (0 if last is None else 0.01 * last)

    def noisy_backward(dO, x):
        return sine(dO, x) * (1 + 0.1 * source.random(x.shape))

    x = rng.normal(size=7)
    for f in (dropout, noise, counts, remembers):
        yield Case(f.__name__, f, sine, (x,), INCONCLUSIVE, ("nondeterminism",))
    yield Case("noisy backward", np.sin, noisy_backward, (x,), INCONCLUSIVE, ("nondeterminism",))


# ------------------------------------------------------------------ NaN and infinity


def nonfinite(rng):
    """Not finite: a doubt in forward or in the point, a fault in the gradient alone.

    An infinite slope is a doubt: there is no number to compare with.
    """
    x = rng.normal(size=5)
    holed = np.where(np.arange(5) == 3, np.nan, x)

    def one_nan(x):
        return np.where(np.arange(5) == 2, np.nan, np.sin(x))

    def of_root(dO, x):
        with np.errstate(divide="ignore"):
            return dO * 0.5 / np.sqrt(x)

    kind = ("nonfinite",)
    yield Case("one NaN in forward", one_nan, sine, (x,), INCONCLUSIVE, kind)
    yield Case("NaN in the point", np.sin, sine, (holed,), INCONCLUSIVE, kind)
    yield Case("one NaN in the gradient", np.sin, lambda dO, x: one_nan(x) * dO, (x,), WRONG, kind)
    yield Case("∞ for a slope of 1", np.sin, of_root, (np.zeros(1),), WRONG, kind)
    yield Case("∞ for ∞", np.sqrt, of_root, (np.zeros(1),), INCONCLUSIVE, ("jump",))
    yield Case("∞ for −∞", np.sqrt, lambda *p: -of_root(*p), (np.zeros(1),), WRONG, kind)


# ------------------------------------------------------------------ shapes and dtypes


def shapes(rng):
    """Gradients of another shape, and what is probably to blame."""
    changes = {
        "not summed": (2, lambda dO, g: dO, "not summed"),  # noqa: ARG005  # the cotangent itself
        "kept axis": (2, lambda dO, g: g[None, :], r"\(1, \d+\)"),  # noqa: ARG005  # likewise
        "column": (2, lambda dO, g: g[:, None], r"\(\d+, 1\)"),  # noqa: ARG005  # likewise
        "transposed": (1, lambda dO, g: g.T, "transpose"),  # noqa: ARG005  # likewise
        "a number": (0, lambda dO, g: g.sum(), r"\(\)"),  # noqa: ARG005  # likewise
        "flat": (1, lambda dO, g: g.ravel(), r"\(\d+,\)"),  # noqa: ARG005  # likewise
    }
    for name, (k, change, says) in changes.items():

        def backward(dO, *point, k=k, change=change):
            gradients = list(affine_backward(dO, *point))
            gradients[k] = change(dO, gradients[k])
            return tuple(gradients)

        yield Case(name, affine, backward, affine_point(rng), WRONG, ("shape",), says=says)
    point = affine_point(rng)
    two = lambda dO, X, W, b: affine_backward(dO, X, W, b)[:2]  # noqa: E731  # one forgotten
    yield Case("two gradients for three arguments", affine, two, point, WRONG, ("shape",))


def dtypes(rng):
    """A gradient of another dtype is a note; what it costs is measured."""
    x = rng.normal(size=9)
    yield Case(
        "float64 gradient of a float32 argument",
        np.sin,
        lambda dO, x: (dO * np.cos(x)).astype(np.float64),
        (x.astype(np.float32),),
        CORRECT,
        ("dtype",),
    )
    yield Case(
        "float32 gradient of a float64 argument",
        np.sin,
        lambda dO, x: (dO * np.cos(x)).astype(np.float32),
        (x,),
        (*CORRECT, *INCONCLUSIVE),
        ("dtype",),
    )


HINT = r"a constant\? (make it an argument of its own, and )?say wrt="


def constants(rng):
    """None in place of a gradient claims 0; a number without a gradient is a constant, listed."""
    X, W, b = affine_point(rng)

    def only(*wanted):
        return lambda dO, *p: tuple(
            g if k in wanted else None for k, g in enumerate(affine_backward(dO, *p))
        )

    claims = {"None for b": only(0, 1), "None for W": only(0, 2), "None for all": only()}
    for name, backward in claims.items():
        yield Case(name, affine, backward, (X, W, b), WRONG, ("mismatch",), says=HINT)
    left_out = lambda *p: affine_backward(*p)[:2]  # noqa: E731  # a gradient left out
    yield Case("no gradient for b", affine, left_out, (X, W, b), WRONG, ("shape",), says=HINT)
    yield Case("b left out by wrt", affine, left_out, (X, W, b), options={"wrt": (0, 1)})

    def ignoring(X, W, b, spare):
        return affine(X, W, b) + np.zeros_like(spare)[0]

    def beside(dO, X, W, b, spare, last=None, sign=1):
        del spare
        return *affine_backward(dO, X, W, b)[:2], sign * affine_backward(dO, X, W, b)[2], last

    point, note = (X, W, b, rng.normal(size=3)), r"no bit of forward moves with spare"
    yield Case("None for what is ignored", ignoring, beside, point, kinds=("vacuous",), says=note)
    flipped = lambda *p: beside(*p, sign=-1)  # noqa: E731  # the bug
    yield Case("beside a wrong one", ignoring, flipped, point, WRONG, ("mismatch",), argument=2)
    nothing = lambda dO, x: None  # noqa: E731, ARG005  # as forward, it depends on nothing
    yield Case(
        "None, and nothing left",
        np.ones_like,
        nothing,
        (X,),
        INCONCLUSIVE,
        ("vacuous",),
        says=note_of("x"),
    )


def note_of(name):
    """Return what is said where nothing was compared."""
    return f"no bit of forward moves with {name}|nothing was compared"


def numbers(rng):
    """A Python or NumPy number is differentiated if there is a gradient, and a constant if not."""
    x, a = rng.normal(size=5), float(rng.uniform(1, 2))
    scaled = lambda x, a: np.sin(a * x)  # noqa: E731  # a is a number

    def of_x(dO, x, a, factor=1):
        return factor * dO * a * np.cos(a * x)

    def of_a(dO, x, a):
        return (dO * x * np.cos(a * x)).sum()

    for number in (a, np.float64(a)):
        kind = type(number).__name__
        point = (x, number)
        yield Case(f"{kind}, None", scaled, lambda *p: (of_x(*p), None), point, says="unchecked: a")
        yield Case(f"{kind} left out", scaled, of_x, point, says="unchecked: a")
        yield Case(f"{kind}, right", scaled, lambda *p: (of_x(*p), of_a(*p)), point)
        wrong = lambda *p: (of_x(*p), -of_a(*p))  # noqa: E731  # the bug
        yield Case(f"{kind}, wrong", scaled, wrong, point, WRONG, ("mismatch",), argument=1)
        twice = lambda *p: of_x(*p, factor=2)  # noqa: E731  # the bug
        yield Case(f"{kind} left out, x wrong", scaled, twice, point, WRONG, ("mismatch",))
    named = {"wrt": ("x", "a")}
    yield Case(
        "named and left out", scaled, of_x, (x, a), WRONG, ("shape",), says=HINT, options=named
    )
    array = (x, np.array(a))
    yield Case("array of no axes left out", scaled, of_x, array, WRONG, ("shape",), says=HINT)


def aliasing(rng):
    """Returned arrays that are the cotangent or an input: allowed, and noted."""
    u, w = rng.normal(size=(2, 4))
    note = CORRECT, ("aliasing",)
    yield Case("returns dO, dO", np.add, lambda dO, u, w: (dO, dO), (u, w), *note)  # noqa: ARG005
    yield Case("identity", lambda x: x, lambda dO, x: dO, (u,), *note)  # noqa: ARG005  # as above
    yield Case("reshaped view", np.ravel, lambda dO, x: dO.reshape(x.shape), (w[None],), *note)


# ------------------------------------------------------------------ structures


@dataclasses.dataclass
class Layer:
    """A structure of arrays."""

    W: object
    b: object


def structures(rng):
    """Dicts, lists, tuples and dataclasses of arrays, in and out; a leaf that is wrong is named."""
    X, W, b = affine_point(rng)
    layer = Layer(W, b)

    def backward(dO, X, W, b, factor=1.0):
        dX, dW, db = affine_backward(dO, X, W, b)
        return dX, dW, db * factor

    def of_dict(dO, X, p, factor=1.0):
        dX, dW, db = backward(dO, X, p["W"], p["b"], factor)
        return dX, {"W": dW, "b": db}

    def of_layer(dO, X, p, factor=1.0):
        dX, dW, db = backward(dO, X, p.W, p.b, factor)
        return dX, Layer(dW, db)

    def of_sequence(dO, X, p, factor=1.0):
        dX, dW, db = backward(dO, X, *p, factor)
        return dX, type(p)((dW, db))

    def nested(dO, X, p):
        dX, dp = of_dict(dO, X, p["first"])
        return dX, {"first": dp}

    into = {
        "dict": (lambda X, p: X @ p["W"] + p["b"], of_dict, {"W": W, "b": b}, "b"),
        "dataclass": (lambda X, p: X @ p.W + p.b, of_layer, layer, "b"),
        "list": (lambda X, p: X @ p[0] + p[1], of_sequence, [W, b], 1),
        "tuple": (lambda X, p: X @ p[0] + p[1], of_sequence, (W, b), 1),
    }
    for name, (f, g, p, key) in into.items():
        yield Case(f"{name} of arrays", f, g, (X, p))
        yield Case(
            f"{name} of arrays, one leaf off",
            f,
            lambda dO, X, p, g=g: g(dO, X, p, 1.01),
            (X, p),
            WRONG,
            ("mismatch",),
            also=lambda report, key=key: leaf_named(report, key),
        )
    f = into["dict"][0]
    yield Case(
        "nested dict", lambda X, p: f(X, p["first"]), nested, (X, {"first": into["dict"][2]})
    )


def leaf_named(report, key):
    """Complain unless every named entry lies in this leaf."""
    paths = {e.index[0] for f in report.findings if f.kind == "mismatch" for e in f.entries}
    return "" if paths == {key} else f"entries in the leaves {paths}, not {key!r}"


def structured_output(rng):
    """forward returns several arrays: the cotangent has the same structure."""
    X, W = rng.normal(size=(3, 4)), rng.normal(size=(4, 2))

    def pull(dA, dS, X, W):
        dZ = dA * (1 - np.tanh(X @ W) ** 2)
        return dZ @ W.T, X.T @ dZ + dS * 2 * W

    outputs = {
        "tuple": (lambda a, s: (a, s), lambda c: c),
        "list": (lambda a, s: [a, s], lambda c: c),
        "dict": (lambda a, s: {"A": a, "s": s}, lambda c: (c["A"], c["s"])),
        "dataclass": (Layer, lambda c: (c.W, c.b)),
    }
    for name, (pack, unpack) in outputs.items():
        yield Case(
            f"{name} out",
            lambda X, W, pack=pack: pack(np.tanh(X @ W), (W * W).sum()),
            lambda c, X, W, unpack=unpack: pull(*unpack(c), X, W),
            (X, W),
        )
        yield Case(
            f"{name} out, second part ignored",
            lambda X, W, pack=pack: pack(np.tanh(X @ W), (W * W).sum()),
            lambda c, X, W, unpack=unpack: pull(unpack(c)[0], 0.0, X, W),
            (X, W),
            WRONG,
            ("mismatch", "cotangent"),
        )


# ------------------------------------------------------------------ arrays of every make


def layouts(rng):
    """Non-contiguous, Fortran, reversed, read-only and broadcast arrays."""
    base = rng.normal(size=(6, 8))
    locked = base.copy()
    locked.flags.writeable = False
    arrays = {
        "Fortran order": np.asfortranarray(base),
        "transposed view": base.T,
        "every other column": base[:, ::2],
        "reversed": base[::-1],
        "read-only": locked,
        "broadcast": np.broadcast_to(base[0], (3, 8)),
        "byte-swapped": base.astype(base.dtype.newbyteorder()),
    }
    for name, x in arrays.items():
        yield Case(name, np.sin, sine, (x,))
    yield Case(
        "Fortran order, one entry off",
        np.sin,
        lambda dO, x: sine(dO, x) + 0.1 * dO * (np.arange(8) == 5) * (np.arange(6) == 2)[:, None],
        (arrays["Fortran order"],),
        WRONG,
        ("mismatch",),
        also=lambda report: (
            ""
            if {e.index for f in report.findings for e in f.entries} == {(2, 5)}
            else "the entry (2, 5) is not named, or not alone"
        ),
    )


def sizes_of_arrays(rng):
    """0-d arrays and empty ones."""
    empty, x = np.zeros((0, 3)), rng.normal(size=4)

    def with_empty(e, x):
        return np.sin(x) + e.sum()

    def with_empty_backward(dO, e, x):
        return np.full_like(e, dO.sum()), sine(dO, x)

    yield Case("0-d array", np.sin, sine, (np.array(0.7),))
    yield Case("0-d array, wrong", np.sin, lambda dO, x: -sine(dO, x), (np.array(0.7),), WRONG)
    yield Case("an empty array beside another", with_empty, with_empty_backward, (empty, x))
    yield Case("nothing but an empty array", np.sin, sine, (empty,), INCONCLUSIVE, ("vacuous",))
    yield Case(
        "an empty result",
        lambda x: x[:0],
        lambda dO, x: 0 * x,  # noqa: ARG005  # nothing comes back from nothing
        (x,),
        INCONCLUSIVE,
        ("vacuous",),
    )


def left_alone(rng):
    """Integers, booleans, text, None and sparse matrices are constants and pass untouched."""
    S = scipy.sparse.random_array((5, 4), density=0.5, rng=rng, format="csr")
    x = rng.normal(size=4)
    labels = rng.integers(4, size=6)

    def sparse(S, x):
        if not scipy.sparse.issparse(S):
            raise TypeError("S was converted")
        return S @ x

    def indexed(x, labels, mask, mode, nothing):  # one of each kind
        if mode != "sum" or nothing is not None or labels.dtype.kind != "i":
            raise TypeError("a constant was converted")
        return x[labels] * mask

    def pull(dO, x, labels, mask, mode, nothing):  # noqa: ARG001  # as in forward
        dX = np.zeros_like(x)
        np.add.at(dX, labels, dO * mask)
        return dX

    yield Case("sparse constant", sparse, lambda dO, S, x: S.T @ dO, (S, x))  # noqa: ARG005
    mask = labels > 0
    mask[0], labels[0] = True, 1
    yield Case("constants of every kind", indexed, pull, (x, labels, mask, "sum", None))


def chosen_arguments(rng):
    """wrt: a position, several, names; the others are constants."""
    point = affine_point(rng)
    for wrt, wanted in ((1, (1,)), ((0, 2), (0, 2)), ("W", (1,)), (("b", "X"), (2, 0))):

        def backward(dO, X, W, b, wanted=wanted, factor=1.0):
            gradients = [factor * affine_backward(dO, X, W, b)[k] for k in wanted]
            return tuple(gradients) if len(wanted) > 1 else gradients[0]

        spoiled = functools.partial(backward, factor=1.5)
        options = {"wrt": wrt}
        yield Case(f"wrt={wrt!r}", affine, backward, point, options=options)
        yield Case(
            f"wrt={wrt!r}, off", affine, spoiled, point, WRONG, ("mismatch",), options=options
        )


def complex_numbers(rng):
    """Complex numbers are pairs of reals, in the convention dL = Re Σ conj(g) dz."""
    z = rng.normal(size=3) + 1j * rng.normal(size=3)
    yield Case("complex argument", np.sin, lambda dO, z: dO * np.conj(np.cos(z)), (z,))
    yield Case("complex argument, conjugated", np.sin, sine, (z,), WRONG)
    yield Case("complex result", lambda x: x + 1j, lambda dO, x: dO.real, (z.real,))  # noqa: ARG005
    yield Case("complex gradient", lambda x: x + 1j, lambda dO, x: dO, (z.real,), WRONG)  # noqa: ARG005


# ------------------------------------------------------------------ vacuity, limits


def vacuity(rng):
    """Where nothing was exercised nothing is correct."""
    x = rng.normal(size=5)
    vacuous = INCONCLUSIVE, ("vacuous",)
    dead = {"bounds": ((-9.0, 9.0),)}

    def dead_relu(x):
        return np.maximum(x - 10, 0)

    def dead_relu_backward(dO, x):
        return 12345 * dO * (x > 10)

    def saturated(x):
        return logistic(x + 1000)

    yield Case("dead", dead_relu, dead_relu_backward, (x,), *vacuous, options=dead)
    yield Case("saturated", saturated, lambda dO, x: 0 * dO * x, (x,), *vacuous, options=dead)
    yield Case("zero times x", lambda x: 0 * x, lambda dO, x: 0 * dO, (x,), *vacuous)  # noqa: ARG005
    yield Case(
        "an argument without effect",
        lambda x, c: np.sin(x),  # noqa: ARG005  # c has none
        lambda dO, x, c: (sine(dO, x), 0 * c),
        (x, x.copy()),
        *vacuous,
    )
    yield Case(
        "softmax of one class, where the loss is always 0",
        lambda Z: np.log(np.exp(Z - Z).sum(axis=1)),
        lambda dO, Z: 0 * dO[:, None] * Z,
        (x[:, None],),
        *vacuous,
    )


def limits(rng):
    """A limit on evaluations or on the tolerance is kept, and said to be too tight."""
    x = rng.normal(size=5)

    def kept(report):
        return "" if report.evaluations <= 9 else f"{report.evaluations} evaluations, 9 allowed"

    def not_raised(report):
        return "" if report.rtol == 1e-15 else f"rtol is {report.rtol}"

    yield Case(
        "nine evaluations",
        np.sin,
        sine,
        (x,),
        ("correct", "inconclusive"),
        options={"max_evaluations": 9},
        also=kept,
    )
    yield Case(
        "rtol = 1e-15",
        lambda x: 1e3 + np.sin(x),
        sine,
        (x,),
        INCONCLUSIVE,
        ("noise",),
        options={"rtol": 1e-15},
        also=not_raised,
    )


ROWS = (
    mutation,
    mutation_then_error,
    exceptions,
    cotangent,
    nondeterminism,
    nonfinite,
    shapes,
    dtypes,
    constants,
    numbers,
    aliasing,
    structures,
    structured_output,
    layouts,
    sizes_of_arrays,
    left_alone,
    chosen_arguments,
    complex_numbers,
    vacuity,
    limits,
)

COUNT, make = tabulated(ROWS)


def judge_report(case, check):
    """Judge as everywhere; the report also fits on one screen and is valid JSON."""

    def complaint(report):
        lines = str(report).splitlines()
        if len(lines) > LINES:
            return f"the report has {len(lines)} lines"
        if json.loads(report.to_json())["verdict"] != report.verdict:
            return "the JSON says another verdict"
        return case.also(report)

    return judge(dataclasses.replace(case, also=complaint), check)


FAMILIES = (Family("contract", 5 * COUNT, COUNT, make, judge_report, (NONE_MISSED,)),)
