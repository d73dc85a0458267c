"""No miss: gradients that are wrong, by little, in one place, at odd sizes.

Every error is linear in the cotangent, so that only the arithmetic can find it. An error "of size
ε" in an argument is one of

    all of it     the gradient times 1 + ε
    every entry   each entry times 1 + ε or 1 − ε, the signs fixed
    one entry     the entry times 1 + ε

An argument takes part only where it can be seen at all: f changes by at least 1e-3 of itself when
the argument doubles. (The derivative of cos at 1e-9 is lost in the rounding of cos.)
"""

import dataclasses
import functools

import numpy as np

from trials.family import (
    NONE_MISSED,
    WRONG,
    Case,
    Family,
    Limit,
    Outcome,
    fingerprint,
    judge,
    median,
)
from trials.functions import ARRAYS, ELEMENTWISE, FUNCTIONS, LOSSES, NETWORKS, softplus
from trials.kinks import BENT
from trials.right import as_tuple, harder, noisy, plus, positions, rounded, scaled


def spoiled(function, argument, change):
    """Return the function with a backward in which one argument's gradient was changed."""

    def backward(dO, *p):
        gradients = list(as_tuple(function.backward(dO, *p)))
        gradients[argument] = change(gradients[argument])
        return tuple(gradients) if len(gradients) > 1 else gradients[0]

    return dataclasses.replace(function, backward=backward)


def visible(function, point):
    """Return the arguments whose doubling changes f by a thousandth of itself, and their slopes."""
    O = function.forward(*point)
    gradients = as_tuple(function.backward(np.ones_like(O), *point))
    size = np.abs(O).max()
    floats = positions(point)
    return {
        k: g
        for k, g in enumerate(gradients)
        if np.abs(g * point[floats[k]]).max(initial=0) > 1e-3 * size
    }


def drawn(rng, functions):
    """Draw a function and a generic point at which some argument can be seen."""
    while True:
        function = functions[rng.integers(len(functions))]
        point = function.draw(rng)
        seen = visible(function, point)
        if seen:
            argument = int(rng.choice(list(seen)))
            return function, point, argument, seen[argument]


def factors(rng, gradient, size):
    """Return what to multiply a gradient by: the three kinds of errors of one size."""
    kind = rng.integers(3)
    factor = np.ones(gradient.shape)
    if kind == 0 or gradient.size == 1:
        factor += size * rng.choice([-1, 1])
    elif kind == 1:
        factor += size * rng.choice([-1, 1], size=gradient.shape)
    else:
        factor.flat[np.abs(gradient).argmax()] += size
    return factor.astype(gradient.dtype)


def wrong_case(rng, function, point, argument, change, *, name):  # a whole case
    """Make the case: this function, spoiled, is called wrong and this argument accused."""
    function = spoiled(function, argument, change)
    return Case(
        f"{name}: {function.name}, argument {argument}",
        function.forward,
        function.backward,
        point,
        WRONG,
        ("mismatch",),
        argument,
        options={"rng": int(rng.integers(2**32))},
    )


def at_any_scale(rng, function, point):
    """Give every argument and the result their own sizes, half of the time."""
    if rng.random() < 0.5:
        return function, point
    s = (10 ** rng.uniform(-8, 8, size=len(positions(point)))).tolist()
    return scaled(function, point, s, 10 ** rng.uniform(-8, 8))


def one_argument(rng, index):
    """An error of 1e-6 in one argument of anything, in float64."""
    functions = (ELEMENTWISE, LOSSES, ARRAYS, NETWORKS)[index % 4]
    function, point, argument, gradient = drawn(rng, functions)
    factor = 1 + 1e-6 * rng.choice([-1, 1], size=() if rng.random() < 0.5 else gradient.shape)
    function, point = at_any_scale(rng, function, point)
    return wrong_case(rng, function, point, argument, lambda g: g * factor, name="off by 1e-6")


# ------------------------------------------------------------------ one entry of ten thousand

MANY = 10_000


def sum_of(f, slope, rng):
    """Σ f(x_i)."""
    x = np.asarray(rng.normal(size=[(MANY,), (100, 100), (8, 25, 50)][rng.integers(3)]))
    return (lambda x: f(x).sum()), (lambda dL, x: dL * slope(x)), (x,)


def entries_of(f, slope, rng):
    """f(x_i) for every i."""
    return f, lambda dO, x: dO * slope(x), (rng.normal(size=(40, 250)),)


def least_squares(rng):
    """½ ‖X W − Y‖² / n with W (100, 100)."""
    X, W, Y = rng.normal(size=(30, 100)), rng.normal(size=(100, 100)), rng.normal(size=(30, 100))
    return (
        lambda W: 0.5 * ((X @ W - Y) ** 2).sum() / len(X),
        lambda dL, W: dL * X.T @ (X @ W - Y) / len(X),
        (W,),
    )


def first_layer(rng):
    """½ ‖tanh(X W1) W2 − Y‖² / n with W1 (50, 200)."""
    X, W1, W2 = rng.normal(size=(20, 50)), rng.normal(size=(50, 200)) / 7, rng.normal(size=(200, 3))
    Y = rng.normal(size=(20, 3))

    def forward(W1):
        return 0.5 * ((np.tanh(X @ W1) @ W2 - Y) ** 2).sum() / len(X)

    def backward(dL, W1):
        H = np.tanh(X @ W1)
        return X.T @ ((dL * (H @ W2 - Y) / len(X)) @ W2.T * (1 - H * H))

    return forward, backward, (W1,)


LARGE = {
    "sum of sines": functools.partial(sum_of, np.sin, np.cos),
    "sum of tanh": functools.partial(sum_of, np.tanh, lambda x: 1 - np.tanh(x) ** 2),
    "half the squared norm": functools.partial(sum_of, lambda x: 0.5 * x * x, lambda x: x),
    "entries of sin": functools.partial(entries_of, np.sin, np.cos),
    "entries of softplus": functools.partial(entries_of, softplus, lambda x: 1 / (1 + np.exp(-x))),
    "least squares": least_squares,
    "first layer": first_layer,
}


def one_entry(rng, index):
    """One entry of 10,000, at least 1e-2 of the largest, off by 1e-6 of its value."""
    name = sorted(LARGE)[index % len(LARGE)]
    forward, right, point = LARGE[name](rng)
    gradient = right(np.ones_like(forward(*point)), *point)
    eligible = np.flatnonzero(np.abs(gradient) >= 0.02 * np.abs(gradient).max())
    factor = np.ones(gradient.shape)
    factor.flat[rng.choice(eligible)] += 1e-6 * rng.choice([-1, 1])
    return Case(
        name,
        forward,
        lambda dO, x: right(dO, x) * factor,
        point,
        WRONG,
        ("mismatch",),
        0,
        options={"rng": int(rng.integers(2**32))},
    )


# ------------------------------------------------------------------ the printed power is true


@dataclasses.dataclass(frozen=True)
class Powered:
    """A right function whose report states a smallest detectable error, and an argument."""

    name: str
    function: object
    point: tuple
    argument: int
    factor_of: object
    seed: int


def powered(rng, index):
    """float32, noise or a large constant: the resolution is not that of float64."""
    function, point, argument, gradient = drawn(rng, LOSSES + NETWORKS)
    kind = ("float32", "rounded", "noise", "constant")[index % 4]
    if kind == "float32":
        point = tuple(x.astype(np.float32) if x.dtype.kind == "f" else x for x in point)
        gradient = gradient.astype(np.float32)
    elif kind == "rounded":
        function = rounded(function)
    elif kind == "noise":
        function = noisy(function, 10 ** rng.uniform(-13, -8))
    else:
        function = plus(function, float(10 ** rng.uniform(0, 6) * np.abs(function.forward(*point))))
    everything = bool(rng.integers(2))
    where = np.ones(gradient.shape, dtype=bool)
    if not everything:
        where = np.abs(gradient) == np.abs(gradient).max()

    def factor_of(size):  # in double, where float32 is judged: in single 1 + 1e-9 is 1, no error
        return np.where(where, 1 + size, 1)

    name = f"{kind}, {'all' if everything else 'the largest entry'}: {function.name}"
    return Powered(name, function, point, argument, factor_of, int(rng.integers(2**32)))


def judge_power(case, check):
    """Ask for the smallest detectable error, commit one ten times as large, and ask again.

    `smallest_detectable` is relative: to the argument's gradient where all of it is off, to its
    largest entry where that alone is. (Scalar losses: the largest entry does not depend on the
    cotangent.)
    """
    before = fingerprint(case.point)
    first = check(case.function.forward, case.function.backward, *case.point, rng=case.seed)
    size = first.arguments[case.argument].smallest_detectable
    factor = case.factor_of(10 * size)
    wrong = spoiled(case.function, case.argument, lambda g: g * factor)
    second = check(wrong.forward, wrong.backward, *case.point, rng=case.seed)
    missed = ""
    if first.verdict == "wrong":
        missed = "the right gradient was called wrong"
    elif not 0 < size < np.inf:
        missed = f"smallest detectable error {size}"
    elif second.verdict != "wrong":
        missed = f"off by 10 × {size:.1e} in argument {case.argument}, said {second.verdict}"
    elif fingerprint(case.point) != before:
        missed = "the point was changed"
    missed = f"{case.name}: {missed}" if missed else ""
    return Outcome(second.verdict, missed, {"smallest detectable": float(size)})


# ------------------------------------------------------------------ tiny gradients, many seeds


def tiny(rng, index):
    """Gradients of the size 1e-12: an error is the same error as at size 1."""
    function, point, argument, gradient = drawn(rng, FUNCTIONS + NETWORKS)
    A = 1e-12 * 10 ** rng.uniform(-1, 1) / float(np.abs(gradient).max())
    function, point = scaled(function, point, [1.0] * len(positions(point)), A)
    name, factor = (
        ("off by 1e-6", 1 + 1e-6),
        ("zero", 0.0),
        ("sign flipped", -1.0),
        ("times 5", 5.0),
    )[index % 4]
    return wrong_case(rng, function, point, argument, lambda g: factor * g, name=name)


SEEDS = 50


def steady(rng, index):
    """Right and wrong cases whose verdict must not depend on the seed of the check."""
    if index % 2:
        case = (one_argument, tiny)[index // 2 % 2](rng, index // 4)
    else:
        function = (FUNCTIONS + NETWORKS)[rng.integers(len(FUNCTIONS + NETWORKS))]
        function, point, name = harder(rng, function, function.draw(rng))
        case = Case(name, function.forward, function.backward, point)
    return dataclasses.replace(case, options={})


def judge_steady(case, check):
    """Run the case under 50 seeds; one other verdict is a miss."""
    outcomes = [
        judge(dataclasses.replace(case, options={"rng": seed}), check) for seed in range(SEEDS)
    ]
    odd = [(seed, o) for seed, o in enumerate(outcomes) if o.missed]
    missed = (
        f"{odd[0][1].missed} (at {len(odd)} of {SEEDS} seeds, first {odd[0][0]})" if odd else ""
    )
    return Outcome(odd[0][1].said if odd else outcomes[0].said, missed, outcomes[0].figures)


# ------------------------------------------------------------------ errors confined to one place


def confined_to_tie(rng):
    """relu with one exact zero among hundreds of entries, and slope 1.5 at it."""
    op = BENT["relu"]
    x = rng.normal(size=int(rng.integers(50, 500)))
    x[rng.integers(len(x))] = 0
    return (
        op.f,
        lambda dO, x: dO * np.where(x == 0, 1.5, x > 0),
        (x,),
    )


def confined_to_tied_window(rng):
    """Maxima of windows, one with a tie: each of its winners gets 1.5 times the cotangent."""
    X = rng.normal(size=(int(rng.integers(10, 60)), 4))
    X[3, 0] = X[3, 2] = X[3].max() + 1

    def backward(dO, X):
        top = X.max(axis=1, keepdims=True) == X
        return dO[:, None] * top * np.where(top.sum(axis=1, keepdims=True) > 1, 1.5, 1)

    return (lambda X: X.max(axis=1)), backward, (X,)


def confined_to_tied_abs(rng):
    """|x| with slope 2 at its one zero."""
    x = rng.normal(size=(20, 9))
    x[5, 7] = 0
    return np.abs, lambda dO, x: dO * np.where(x == 0, 2, np.sign(x)), (x,)


def confined_to_first(rng):
    """Differences of neighbours: the first entry's share is forgotten."""

    def backward(dO, x):
        dX = np.append(0, dO) - np.append(dO, 0)
        dX[0] = 0
        return dX + 0 * x

    return np.diff, backward, (rng.normal(size=int(rng.integers(50, 500))),)


def confined_to_last(rng):
    """Second differences: the last entry is counted twice."""

    def backward(dO, x):
        dX = np.zeros_like(x)
        dX[2:] += dO
        dX[1:-1] -= 2 * dO
        dX[:-2] += dO
        dX[-1] *= 2
        return dX

    point = (rng.normal(size=int(rng.integers(50, 500))),)
    return (lambda x: x[2:] - 2 * x[1:-1] + x[:-2]), backward, point


def confined_to_bound(rng):
    """The one entry that lies on a bound has half its slope, as if the other side were flat."""
    x = rng.uniform(0.1, 1, size=40)
    x[rng.integers(40)] = 0
    return np.exp, lambda dO, x: dO * np.exp(x) * np.where(x == 0, 0.5, 1), (x,)


def confined_to_unit_axis(rng):
    """O = X w + b with one output: b (1,) gets the cotangent of the first example alone."""
    n, d = 7, 5
    point = rng.normal(size=(n, d)), rng.normal(size=(d, 1)), rng.normal(size=1)
    return (
        lambda X, w, b: X @ w + b,
        lambda dO, X, w, b: (dO @ w.T, X.T @ dO, dO[0] + 0 * b),
        point,
    )


def confined_to_unit_scale(rng):
    """O = g X with g (1, 1): its gradient is a mean where a sum belongs."""
    return (
        lambda X, g: X * g,
        lambda dO, X, g: (dO * g, (dO * X).mean(keepdims=True)),
        (rng.normal(size=(6, 4)), rng.normal(size=(1, 1))),
    )


def confined_to_unit_column(rng):
    """u (n, 1) + w (1, m): w's gradient is off by 1e-6."""
    return (
        lambda u, w: u + w,
        lambda dO, u, w: (  # noqa: ARG005  # every backward takes its point
            dO.sum(axis=1, keepdims=True),
            dO.sum(axis=0, keepdims=True) * (1 + 1e-6),
        ),
        (rng.normal(size=(9, 1)), rng.normal(size=(1, 8))),
    )


def confined_to_large(rng):
    """softplus with a guard for x > 20 that returns the cotangent's zero instead of itself."""
    x = rng.normal(size=60)
    x[rng.integers(60)] = rng.uniform(30, 1e6)
    return softplus, lambda dO, x: dO * np.where(x > 20, 0, 1 / (1 + np.exp(-x))), (x,)


def confined_to_larger(rng):
    """log(1 + x²) whose slope is taken as 1/x, not 2/x, beyond 1e4."""
    x = rng.normal(size=30)
    x[rng.integers(30)] = rng.choice([-1, 1]) * 10 ** rng.uniform(5, 8)
    return (
        lambda x: np.log1p(x * x),
        lambda dO, x: dO * np.where(np.abs(x) > 1e4, 1 / x, 2 * x / (1 + x * x)),
        (x,),
    )


def confined_to_huge(rng):
    """relu that stops at 1e6 in the backward alone."""
    x = rng.normal(size=30)
    x[rng.integers(30)] = 10 ** rng.uniform(6.1, 8)
    return BENT["relu"].f, lambda dO, x: dO * ((x > 0) & (x < 1e6)), (x,)


def confined_to_float32(rng):
    """Right in float64; in float32 one entry is off by a twentieth."""
    x = rng.normal(size=50).astype(np.float32) + np.float32(3)
    j = rng.integers(50)

    def backward(dO, x):
        factor = np.ones_like(x)
        if x.dtype == np.float32:
            factor[j] += np.float32(0.05)
        return dO * 2 * x * factor

    return np.square, backward, (x,)


def confined_to_float32_rows(rng):
    """Squared error in float32 with one row that is divided by n twice."""
    P, Y = rng.normal(size=(2, 6, 5)).astype(np.float32)

    def backward(dL, P, Y):
        dP = dL * (P - Y) / np.float32(len(P))
        dP[2] /= len(P)
        return dP, -dL * (P - Y) / np.float32(len(P))

    return (lambda P, Y: 0.5 * ((P - Y) ** 2).sum() / np.float32(len(P))), backward, (P, Y)


def confined_to_float32_tail(rng):
    """exp in float32 whose backward flushes everything below e⁻² to zero."""
    x = rng.uniform(-3, 0, size=40).astype(np.float32)
    x[0] = -2.5
    return np.exp, lambda dO, x: dO * np.where(x < -2, 0, np.exp(x)), (x,)


CONFINED = (
    confined_to_tie,
    confined_to_tied_window,
    confined_to_tied_abs,
    confined_to_first,
    confined_to_last,
    confined_to_bound,
    confined_to_unit_axis,
    confined_to_unit_scale,
    confined_to_unit_column,
    confined_to_large,
    confined_to_larger,
    confined_to_huge,
    confined_to_float32,
    confined_to_float32_rows,
    confined_to_float32_tail,
)


def confined(rng, index):
    """An error in one place: a tie, an end, an axis of size 1, a large input, float32."""
    build = CONFINED[index % len(CONFINED)]
    forward, backward, point = build(rng)
    options = {"rng": int(rng.integers(2**32))}
    if build is confined_to_bound:
        options["bounds"] = ((0.0, None),)
    name = build.__name__.replace("_", " ")
    return Case(name, forward, backward, point, WRONG, options=options)


FAMILIES = (
    Family("wrong-argument", 1_000, 40, one_argument, judge, (NONE_MISSED,)),
    Family("wrong-entry", 1_000, 21, one_entry, judge, (NONE_MISSED,)),
    Family(
        "wrong-power",
        1_000,
        20,
        powered,
        judge_power,
        (NONE_MISSED, Limit("median printed power", median("smallest detectable"), 1e-2)),
    ),
    Family("wrong-tiny", 1_000, 40, tiny, judge, (NONE_MISSED,)),
    Family("wrong-confined", 600, 30, confined, judge, (NONE_MISSED,)),
    Family("steady", 200, 3, steady, judge_steady, (NONE_MISSED,)),
)
