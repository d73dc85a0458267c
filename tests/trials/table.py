"""The table of trials on which other checkers were measured: each row, in float64 and in float32.

A row is a function of (rng, dtype) that returns the cases of the row. Where float32 cannot hold the
row's numbers (1e8 + sin x is constant in it), the row says what stands in their place.
"""

import dataclasses
import functools
import itertools

import numpy as np

from trials.family import CORRECT, INCONCLUSIVE, NONE_MISSED, WRONG, Case, Family, judge, tabulated
from trials.functions import logistic, one_hot, softmax

FLOAT32 = np.float32


def relu(z):
    """Return max(0, z)."""
    return np.maximum(z, 0)


def relu_with(at_zero):
    """Return the backward of relu with this slope at zero."""

    def backward(dO, z):
        return dO * np.where(z == 0, at_zero, z > 0).astype(z.dtype)

    return backward


def kink_accepted(_, dtype):
    """relu at 0, backward says 0, 1 or 0.3 there: a subgradient."""
    x = np.array([0.0, 1.5, -0.5, 0.0, 2.0, 0.0], dtype)
    for point in (np.zeros(1, dtype), x):
        for s in (0, 1, 0.3):
            yield Case(f"relu at 0, slope {s}", relu, relu_with(s), (point,), CORRECT, ("kink",))


def kink_rejected(_, dtype):
    """relu at 0, backward says 7 or −1 there."""
    x = np.array([0.0, 1.5, -0.5, 0.0, 2.0], dtype)
    for point in (np.zeros(1, dtype), x):
        for s in (7, -1):
            yield Case(
                f"relu at 0, slope {s}", relu, relu_with(s), (point,), WRONG, ("mismatch",), 0
            )


def kink_near(_, dtype):
    """relu at 1e-7 or 1e-9, correct."""
    for distance in (1e-7, -1e-7, 1e-9, -1e-9):
        for beside in ([], [0.7, -1.2, 2.0]):
            x = np.array([distance, *beside], dtype)
            yield Case(f"relu at {distance:g}", relu, relu_with(0), (x,))


def one_wrong_entry(rng, dtype):
    """Σ sin over 10⁴ entries, one off by 1e-3 (float32: 0.1, which it resolves)."""
    error = 0.1 if dtype is FLOAT32 else 1e-3
    yield from spoiled_sines(rng, dtype, lambda g, dL: g + dL * dtype(error), f"off by {error:g}")


def one_entry_times_eleven(rng, dtype):
    """The same, one entry times 11."""
    yield from spoiled_sines(rng, dtype, lambda g, dL: 11 * g, "times 11")  # noqa: ARG005  # as above


def spoiled_sines(rng, dtype, change, name):
    """Σ sin x with one entry of its gradient changed, and which one it was."""
    x = rng.normal(size=10_000).astype(dtype)
    j = int(rng.choice(np.flatnonzero(np.abs(np.cos(x)) > 0.3)))

    def backward(dL, x):
        g = dL * np.cos(x)
        g[j] = change(g[j], dL)
        return g

    def named(report):
        entries = {e.index for f in report.findings if f.kind == "mismatch" for e in f.entries}
        return "" if entries == {(j,)} else f"named {sorted(entries)[:5]}, not {(j,)}"

    def forward(x):
        return np.sin(x).sum()

    case = Case(f"Σ sin, one entry {name}", forward, backward, (x,), WRONG, ("mismatch",), 0)
    yield dataclasses.replace(case, also=named, options={"rng": int(rng.integers(2**32))})


def tiny_gradient(rng, dtype):
    """1e-6 · sin: right, and with gradient zero, flipped, times 5."""
    x = rng.normal(size=6).astype(dtype)
    for name, factor in (("right", 1), ("zero", 0), ("flipped", -1), ("times 5", 5)):
        yield Case(
            f"1e-6 sin x, {name}",
            lambda x: 1e-6 * np.sin(x),
            lambda dO, x, factor=factor: dO * factor * 1e-6 * np.cos(x),
            (x,),
            CORRECT if factor == 1 else WRONG,
            () if factor == 1 else ("mismatch",),
        )


def small_network(rng, dtype):
    """A tanh network with small initial weights: dW1 right, zero, flipped, tripled, rows rolled."""
    n, d, h, c = 8, 6, 5, 3
    X = rng.normal(size=(n, d)).astype(dtype)
    W1, W2 = (0.01 * rng.normal(size=s).astype(dtype) for s in ((d, h), (h, c)))
    b1, b2 = np.zeros(h, dtype), np.zeros(c, dtype)
    y = rng.integers(c, size=n)

    def forward(W1, b1, W2, b2):
        P = softmax(np.tanh(X @ W1 + b1) @ W2 + b2)
        return -np.log((P * one_hot(y, P)).sum(axis=1)).mean()

    def backward(dL, W1, b1, W2, b2, *, change):  # a network has so many
        A1 = np.tanh(X @ W1 + b1)
        P = softmax(A1 @ W2 + b2)
        dZ2 = dL * (P - one_hot(y, P)) / dtype(n)
        dZ1 = dZ2 @ W2.T * (1 - A1 * A1)
        return change(X.T @ dZ1), dZ1.sum(axis=0), A1.T @ dZ2, dZ2.sum(axis=0)

    changes = {
        "right": lambda g: g,
        "zero": np.zeros_like,
        "flipped": np.negative,
        "times 3": lambda g: 3 * g,
        "rows rolled": lambda g: np.roll(g, 1, axis=0),
    }
    for name, change in changes.items():
        right = name == "right"
        yield Case(
            f"small tanh network, dW1 {name}",
            forward,
            functools.partial(backward, change=change),
            (W1, b1, W2, b2),
            CORRECT if right else WRONG,
            () if right else ("mismatch",),
            None if right else 0,
        )


def far_scales(rng, dtype):
    """x ≈ 1e8, x ≈ 1e-8, 1e8 + sin x, correct. float32: sin at 1e4, and 1e3 + sin x."""
    x = rng.normal(size=5)
    large, offset = (1e4, 1e3) if dtype is FLOAT32 else (1e8, 1e8)
    functions = {
        "x²": (np.square, lambda dO, x: dO * 2 * x),
        "1/x": (np.reciprocal, lambda dO, x: -dO / (x * x)),
        "sin": (np.sin, lambda dO, x: dO * np.cos(x)),
    }
    for (name, (f, b)), scale in itertools.product(functions.items(), (1e8, 1e-8)):
        size = large if (name, scale) == ("sin", 1e8) else scale
        yield Case(f"{name} at {size:g}", f, b, ((x * size + size / 3).astype(dtype),))
    yield Case(
        f"{offset:g} + sin x",
        lambda x: offset + np.sin(x),
        lambda dO, x: dO * np.cos(x),
        (x.astype(dtype),),
    )


def near_the_edge(rng, dtype):
    """log and √ near 0, correct."""
    for size in (1e-6, 1e-9, 1e-12):
        x = (size * rng.uniform(0.3, 3, size=4)).astype(dtype)
        for name, f, slope in (
            ("log", np.log, lambda x: 1 / x),
            ("sqrt", np.sqrt, lambda x: 0.5 / np.sqrt(x)),
        ):
            yield Case(
                f"{name} at {size:g}",
                functools.partial(without_warning, f),
                lambda dO, x, slope=slope: dO * slope(x),
                (x,),
            )


def without_warning(f, x):
    """Call f where it may be undefined: it says NaN, as users' functions do."""
    with np.errstate(all="ignore"):
        return f(x)


def float32_inside(rng, dtype):
    """A forward that computes in float32, whatever comes: correct, with a bar of about 1e-5."""
    X, W = rng.normal(size=(7, 4)).astype(dtype), rng.normal(size=(4, 3)).astype(dtype)

    def forward(X, W):
        return np.tanh(X.astype(np.float32) @ W.astype(np.float32)).astype(dtype)

    def backward(dO, X, W):
        dZ = dO * (1 - np.tanh(X @ W) ** 2)
        return dZ @ W.T, X.T @ dZ

    def bars(report):
        wide = [a.error_bar / abs(a.by_hand) for a in report.arguments]
        right = all(1e-9 < w < 1e-3 for w in wide)
        return "" if right else f"relative error bars {wide}, where float32 is inside"

    yield Case("float32 inside", forward, backward, (X, W), also=bars)


def forward_mutates(rng, dtype):
    """forward writes into its input: the mutation is named, and undone."""

    def doubles(x):
        x *= 2
        return x.sum()

    def sorts(x):
        x.sort()
        return x[-1] - x[0]

    def clips(x):
        np.clip(x, -1, 1, out=x)
        return np.sin(x)

    x = rng.normal(size=6).astype(dtype)
    x[0] = 2  # or there would be nothing to clip
    for f in (doubles, sorts, clips):
        yield Case(
            f"forward {f.__name__} its input",
            f,
            lambda dO, x: 0 * x + 2,  # noqa: ARG005  # the mutation is found before it matters
            (x.copy(),),
            WRONG,
            ("mutation",),
        )


def backward_mutates(rng, dtype):
    """backward zeroes its cotangent, or writes into its input."""

    def zeroes(dO, x):
        dX = dO * np.cos(x)
        dO[...] = 0
        return dX

    def reuses(dO, x):
        dO *= np.cos(x)
        return dO

    def overwrites(dO, x):
        np.cos(x, out=x)
        return dO * x

    x = rng.normal(size=6).astype(dtype)
    for backward in (zeroes, reuses, overwrites):
        name = f"backward {backward.__name__}"
        yield Case(name, np.sin, backward, (x.copy(),), WRONG, ("mutation",))


def bent_cotangent(rng, dtype):
    """backward uses |g|, relu(g) or clip(g): not linear in its cotangent."""
    x = rng.normal(size=6).astype(dtype)
    for f in (np.abs, relu, lambda g: np.clip(g, -1, 1)):
        yield Case(
            f"backward uses {getattr(f, '__name__', 'clip')} of the cotangent",
            np.sin,
            lambda dO, x, f=f: f(dO) * np.cos(x),
            (x,),
            WRONG,
            ("cotangent",),
        )


def not_a_number(rng, dtype):
    """NaN everywhere: nothing can be said."""
    x = rng.normal(size=4).astype(dtype)
    for value in (np.nan, np.inf):
        yield Case(
            f"{value} everywhere",
            lambda x, value=value: x * 0 + dtype(value),
            lambda dO, x, value=value: x * 0 + dtype(value),  # noqa: ARG005  # likewise everywhere
            (x,),
            INCONCLUSIVE,
            ("nonfinite",),
        )


def dead_units(rng, dtype):
    """All ReLUs dead and the formula times 12345: nothing was exercised.

    Within bounds they never wake. Without bounds they wake far away, and the formula is wrong
    there: either answer is right, "correct" is not.
    """
    X = rng.normal(size=(5, 4)).astype(dtype)
    W = rng.normal(size=(4, 3)).astype(dtype)
    b = np.full(3, -50, dtype)

    def forward(W, b):
        return relu(X @ W + b)

    def backward(dO, W, b):
        dZ = 12345 * dO * (X @ W + b > 0)
        return X.T @ dZ, dZ.sum(axis=0)

    never = Case("dead within bounds", forward, backward, (W, b), INCONCLUSIVE, ("vacuous",))
    yield dataclasses.replace(never, options={"bounds": ((-4, 4), (-60, -40))})
    yield dataclasses.replace(
        never, name="dead", verdicts=(*WRONG, *INCONCLUSIVE), kinds=("vacuous", "mismatch")
    )


def noisy_forward(rng, dtype):
    """Noise of 1e-10 (float32: its own rounding, twice) in forward: correct, and the bar grows."""
    x = rng.normal(size=8).astype(dtype)
    size = 1e-7 if dtype is FLOAT32 else 1e-10

    def forward(x):
        O = logistic(x) + x
        return O + (size * np.sin(1e18 * np.frexp(O)[0])).astype(dtype)

    def bars(report):
        grown = report.arguments[0].error_bar / abs(report.arguments[0].by_hand)
        return "" if grown > size / 100 else f"a bar of {grown:.0e} under noise of {size:g}"

    yield Case(
        f"noise of {size:g}",
        forward,
        lambda dO, x: dO * (logistic(x) * logistic(-x) + 1),
        (x,),
        also=bars,
    )


ROWS = (
    kink_accepted,
    kink_rejected,
    kink_near,
    one_wrong_entry,
    one_entry_times_eleven,
    tiny_gradient,
    small_network,
    far_scales,
    near_the_edge,
    float32_inside,
    forward_mutates,
    backward_mutates,
    bent_cotangent,
    not_a_number,
    dead_units,
    noisy_forward,
)


def in_dtype(row, dtype):
    """Return the row in one dtype, its cases named after both."""

    def cases(rng):
        for case in row(rng, dtype):
            yield dataclasses.replace(case, name=f"{row.__name__} {dtype.__name__}: {case.name}")

    return cases


COUNT, make = tabulated([in_dtype(row, t) for row in ROWS for t in (np.float64, np.float32)])

FAMILIES = (Family("table", 5 * COUNT, COUNT, make, judge, (NONE_MISSED,)),)
