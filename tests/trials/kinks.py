"""Kinks, jumps and edges: where a slope has two values, none, or only one side.

Right at a kink is a limit of gradients nearby, or a mean of limits; where backprop's value is none,
the answer is wrong "here", and the report adds that it is correct at nudged points. Every kink here
is exact: its numbers are dyadic, or the kink is at zero.
"""

import functools
from dataclasses import dataclass
from typing import Any

import numpy as np

from trials.family import (
    CORRECT,
    NONE_MISSED,
    WRONG,
    Case,
    Family,
    Limit,
    judge,
    share,
)
from trials.functions import distinct, sizes

# ------------------------------------------------------------------ ops of one array, at a kink


@dataclass(frozen=True)
class Bent:
    """A function with a kink at `at`, between the slopes `low` and `high`."""

    f: Any
    slope: Any  # away from the kink
    at: float
    low: float
    high: float


BENT = {
    "relu": Bent(lambda z: np.maximum(z, 0), lambda z: z > 0, 0, 0, 1),
    "leaky_relu": Bent(
        lambda z: np.where(z > 0, z, 0.125 * z), lambda z: np.where(z > 0, 1, 0.125), 0, 0.125, 1
    ),
    "abs": Bent(np.abs, np.sign, 0, -1, 1),
    "hinge": Bent(lambda z: np.maximum(0, 1 - z), lambda z: -1.0 * (z < 1), 1, -1, 0),
    "huber": Bent(  # its slope is continuous; only 1 is right where it turns over
        lambda z: np.where(np.abs(z) < 1, 0.5 * z * z, np.abs(z) - 0.5),
        lambda z: np.clip(z, -1, 1),
        1,
        1,
        1,
    ),
}


def bent(rng, index, slope_of, verdicts, *, float32=True):
    """An array of which one entry, a few or all lie on the kink; slope_of gives the slope there."""
    name = sorted(BENT)[index % len(BENT)]
    op = BENT[name]
    s, A = 2.0 ** int(rng.integers(-26, 27)), 10 ** rng.uniform(-8, 8)
    shape = sizes(rng, 2)
    z = rng.choice([-1, 1], size=shape) * rng.uniform(0.1, 0.8, size=shape)
    on = rng.random(z.shape) < rng.choice([0.1, 0.5, 1.0])
    on.flat[rng.integers(on.size)] = True
    z = np.where(on, op.at, op.at + z)
    dtype = np.float32 if float32 and rng.random() < 0.3 else np.float64
    chosen = slope_of(rng, op)
    if dtype == np.float32 and chosen > op.high:  # 0.01 of one entry in twelve is below its bars
        chosen = max(chosen, op.high + 0.1)

    def slope(z):
        return np.where(z == op.at, chosen, op.slope(z)).astype(z.dtype)

    return Case(
        f"{name} with slope {chosen:.3g} at its kink, {np.dtype(dtype).name}",
        lambda x: A * op.f(x / s),
        lambda dO, x: A * dO * slope(x / s) / s,
        ((z * s).astype(dtype),),
        verdicts,
        ("kink",) if verdicts == CORRECT and op.low < op.high else (),
        says="nudged" if verdicts == CORRECT and op.low < op.high else "",
        options={"rng": int(rng.integers(2**32))},
    )


def inside(rng, op):
    """Choose a slope in the hull: an end of it, or a number between."""
    return float(rng.choice([op.low, op.high, rng.uniform(op.low, op.high)]))


def outside(rng, op):
    """Choose a slope outside the hull: 7, −1 where that is outside, or only a little too far."""
    return float(
        rng.choice([7, min(-1, op.low - 0.5), op.high + 0.5, op.low - 0.5, op.high + 0.01])
    )


# ------------------------------------------------------------------ ties of two and of three


def largest(rng, weights_of, verdicts):
    """Maximum of a vector, two or three entries of which are equal."""
    ties = int(rng.integers(2, 4))
    x = distinct(rng, int(rng.integers(ties + 1, 12)))
    best = np.argsort(x)[-ties:]
    x[best] = x.max()
    weights = weights_of(rng, ties)

    def backward(dO, x):
        dX = np.zeros_like(x)
        top = np.flatnonzero(x == x.max())
        dX[top] = dO * (weights if len(top) == ties else np.eye(len(top))[0])
        return dX

    return Case(
        f"maximum with a tie of {ties}",
        np.max,
        backward,
        (x,),
        verdicts,
        ("kink",) if verdicts == CORRECT else (),
        says="nudged" if verdicts == CORRECT else "",
    )


def pairwise(rng, weights_of, verdicts):
    """Entrywise maximum of two arrays that are equal in some places."""
    x, w = rng.normal(size=(2, *sizes(rng, 2)))
    tied = rng.random(x.shape) < 0.3
    tied.flat[0] = True
    w[tied] = x[tied]
    share_x, share_w = weights_of(rng, 2)

    def backward(dO, x, w):
        return (
            dO * np.where(x == w, share_x, x > w),
            dO * np.where(x == w, share_w, w > x),
        )

    return Case(
        "maximum of two arrays with ties",
        np.maximum,
        backward,
        (x, w),
        verdicts,
        ("kink",) if verdicts == CORRECT else (),
        says="nudged" if verdicts == CORRECT else "",
    )


def sorting(rng, weights_of, verdicts):
    """Sort with a tie: the gradient shares out its places, each place in full."""
    ties = int(rng.integers(2, 4))
    x = distinct(rng, int(rng.integers(ties + 1, 12)))
    first = int(rng.integers(len(x) - ties + 1))
    order = np.argsort(x)[first : first + ties]
    x[order] = x[order[0]]
    weights = weights_of(rng, ties)

    def backward(dO, x):
        order = np.argsort(x, kind="stable")
        dX = np.zeros_like(x)
        dX[order] = dO
        level = np.flatnonzero(x == x[tied_one])
        if len(level) == ties:
            places = np.flatnonzero(np.isin(order, level))
            dX[level] = sum(w * np.roll(dO[places], k) for k, w in enumerate(weights))
        return dX

    tied_one = int(order[0])
    return Case(
        f"sort with a tie of {ties}",
        np.sort,
        backward,
        (x,),
        verdicts,
        ("kink",) if verdicts == CORRECT else (),
        says="nudged" if verdicts == CORRECT else "",
    )


def convex(rng, ties):
    """Share 1 among the tied entries; every share lies in [0, 1]."""
    return rng.dirichlet(np.ones(ties)) if rng.random() < 0.7 else np.eye(ties)[rng.integers(ties)]


def not_convex(rng, ties):
    """Give one tied entry a share outside [0, 1]."""
    weights = convex(rng, ties)
    weights[rng.integers(ties)] = rng.choice([7, -1, 1.5, -0.5])
    return weights


# ------------------------------------------------------------------ ReLU networks with zero units


def linear_loss(rng, shape):
    """Return L(O) = Σ C ⊙ O and its gradient."""
    C = rng.integers(1, 17, size=shape) * rng.choice([-1, 1], size=shape) / 8
    return (lambda O: (C * O).sum()), lambda O: C  # noqa: ARG005  # the gradient is constant


def square_loss(rng, shape):
    """Return L(O) = ½ ‖O − Y‖² and its gradient."""
    Y = rng.integers(-16, 17, size=shape) / 8
    return (lambda O: 0.5 * ((O - Y) ** 2).sum()), lambda O: O - Y


def dyadic(rng, shape):
    """Draw multiples of 1/8, none zero: their sums and products are exact."""
    return rng.integers(1, 17, size=shape) * rng.choice([-1, 1], size=shape) / 8


class ReluNetwork:
    """L = loss(relu(X W1 + b1) W2 + b2), with a few exact zeros among the pre-activations."""

    def __init__(self, rng):
        n, d, h, c = sizes(rng, 4, most=5)
        X, W1, b1 = dyadic(rng, (n, d)), dyadic(rng, (d, h)), dyadic(rng, h)
        W2, b2 = dyadic(rng, (h, c)), dyadic(rng, c)
        self.ties = int(rng.integers(1, 4))
        how = rng.integers(3)
        if how == 0:  # several units, one row
            i, units = rng.integers(n), rng.choice(h, min(self.ties, h), replace=False)
            b1[units] = -(X[i] @ W1[:, units])
        elif how == 1:  # one unit, several equal rows
            k, rows = rng.integers(h), rng.choice(n, min(self.ties, n), replace=False)
            X[rows] = X[rows[0]]
            b1[k] = -(X[rows[0]] @ W1[:, k])
        else:  # a unit that starts at zero: every row ties
            k = rng.integers(h)
            W1[:, k], b1[k] = 0, 0
        self.how = ("one row", "one unit", "a unit of zeros")[how]
        self.point = (X, W1, b1, W2, b2)
        make_loss = (linear_loss, square_loss)[rng.integers(2)]
        self.loss, self.loss_slope = make_loss(rng, (n, c))

    def forward(self, *point):
        X, W1, b1, W2, b2 = point
        return self.loss(np.maximum(X @ W1 + b1, 0) @ W2 + b2)

    def backward(self, dL, *point, at_zero):
        X, W1, b1, W2, b2 = point
        Z1 = X @ W1 + b1
        A1 = np.maximum(Z1, 0)
        dO = dL * self.loss_slope(A1 @ W2 + b2)
        dZ1 = (dO @ W2.T) * np.where(Z1 == 0, at_zero, Z1 > 0)
        return dZ1 @ W1.T, X.T @ dZ1, dZ1.sum(axis=0), A1.T @ dO, dO.sum(axis=0)

    def limits(self):
        """Return the gradients that backprop may have nearby, drawn often enough to see them all.

        At most five units are tied, in one row or one unit, or those that start at zero.
        """
        X, W1, b1 = self.point[:3]
        rng, ways = np.random.default_rng(0), {}
        for _ in range(256):
            X_dot, W1_dot, b1_dot = (rng.normal(size=p.shape) for p in (X, W1, b1))
            on = X_dot @ W1 + X @ W1_dot + b1_dot > 0
            ways[on[X @ W1 + b1 == 0].tobytes()] = on
        return [self.backward(1.0, *self.point, at_zero=on) for on in ways.values()]

    def distance_outside(self, at_zero):
        """Return how far backprop's value leaves the range of its limits, at the worst entry."""
        limits, worst = self.limits(), 0.0
        for k, g in enumerate(self.backward(1.0, *self.point, at_zero=at_zero)):
            seen = np.stack([limit[k] for limit in limits])
            off = np.maximum(g - seen.max(axis=0), seen.min(axis=0) - g)
            worst = max(worst, off.max())
        return worst

    def bends(self):
        """Tell whether any coordinate sees the kink: its units may have no effect on L."""
        slopes = [self.backward(1.0, *self.point, at_zero=s) for s in (0, 1)]
        return any(np.abs(a - b).max() > 1e-3 for a, b in zip(*slopes, strict=True))


def relu_network(rng, fits, at_zero_of, verdicts, says):
    """Draw networks until one fits: backprop in the hull, or out of it by a margin."""
    while True:
        net = ReluNetwork(rng)
        at_zero = float(rng.choice(at_zero_of))
        if net.bends() and fits(net.distance_outside(at_zero)):
            break
    return Case(
        f"relu network, {net.how} on the kink, slope {at_zero:g} there",
        net.forward,
        functools.partial(net.backward, at_zero=at_zero),
        net.point,
        verdicts,
        ("kink",) if verdicts == CORRECT else (),
        says=says,
        options={"rng": int(rng.integers(2**32))},
    )


# ------------------------------------------------------------------ the families


def accepted(rng, index):
    """Any subgradient inside the hull, at an exact kink."""
    turn = index % 9
    if turn < 5:
        return bent(rng, turn, inside, CORRECT)
    if turn < 8:
        return (largest, pairwise, sorting)[turn - 5](rng, convex, CORRECT)
    return relu_network(rng, lambda out: out < 1e-9, [0, 1, 0.25, 0.5], CORRECT, "nudged")


def rejected(rng, index):
    """A slope of 7, −1 or only a little outside the hull, and right everywhere else."""
    turn = index % 9
    if turn < 5:
        return bent(rng, turn, outside, WRONG)
    if turn < 8:
        return (largest, pairwise, sorting)[turn - 5](rng, not_convex, WRONG)
    return relu_network(rng, lambda out: out > 0.05, [7, -1, 1.5, -0.5], WRONG, "")


def cancelling(rng):
    """a·relu(x) − b·relu(−x), which is x where both are 1: backprop's 0 is no mean of a and b."""
    a, b = (1, 1) if rng.integers(2) else rng.integers(1, 9, size=2) / 4
    A = 10 ** rng.uniform(-8, 8)
    x = rng.normal(size=5) * (rng.random(5) < 0.5)
    x[0] = 0
    return Case(
        f"{a:g} relu(x) − {b:g} relu(−x); backprop says 0 at 0",
        lambda x: A * (a * np.maximum(x, 0) - b * np.maximum(-x, 0)),
        lambda dO, x: A * dO * np.where(x > 0, a, np.where(x < 0, b, 0)),
        (x,),
        WRONG,
        says=LEFT,
    )


def midrange(rng):
    """(max + min)/2 where all are the same: nearby no entry is both, so none has all of it."""
    n = int(rng.integers(3, 7))

    def backward(dO, x):
        dX = np.zeros(n)
        dX[x.argmax()] += dO / 2
        dX[x.argmin()] += dO / 2
        return dX

    def forward(x):
        return (x.max() + x.min()) / 2

    return Case(
        f"midrange of {n}", forward, backward, (np.full(n, rng.normal()),), WRONG, says=LEFT
    )


def opposite_rows(rng):
    """A unit of zero weights and no bias over rows x and −x: nearby, one of the two is on."""
    x = dyadic(rng, int(rng.integers(2, 6)))
    X, c = np.stack([x, -x]), np.array([1, -1]) * rng.uniform(0.5, 2, size=2)
    at_zero = int(rng.integers(2))

    def forward(w):
        return c @ np.maximum(X @ w, 0)

    def backward(dL, w):
        return dL * (c * np.where(X @ w == 0, at_zero, X @ w > 0)) @ X

    name = f"relu of rows x and −x by weights of zeros, slope {at_zero} there"
    return Case(name, forward, backward, (np.zeros(x.size),), WRONG, says=LEFT)


LEFT = "(?is)not a subgradient.*nudged"


def left_hull(rng, index):
    """Backprop's own value outside the hull of its limits: wrong here, correct at nudged points.

    A value outside the slopes along an axis was in this family once. But a network whose biases
    move can have each of its units on or off nearby, and so backprop's value is a limit there, or a
    mean of two: right, as a sort of three tied numbers is (derivations/13-finite-differences.md).
    """
    return (cancelling, midrange, opposite_rows)[index % 3](rng)


def wrong_beyond(rng, index):
    """Inside the hull at the kink, and wrong beside it: a check at the kink alone would accept."""
    name = ("relu", "leaky_relu", "abs")[index % 3]
    op = BENT[name]
    s = 10 ** rng.uniform(-8, 8)
    constant = float(rng.uniform(op.low, op.high))
    return Case(
        f"{name} of zeros with the constant slope {constant:.2g}",
        lambda x: op.f(x / s),
        lambda dO, x: constant * dO / s + 0 * x,
        (np.zeros(sizes(rng, 2)),),
        WRONG,
        options={"rng": int(rng.integers(2**32))},
    )


def near(rng, index):
    """A right gradient at a distance of 1e-12 .. 1e-2 from a kink."""
    turn = index % 8
    gap = 10 ** rng.uniform(-12, -2, size=4) * rng.choice([-1, 1], size=4)
    if turn < 5:
        name = sorted(BENT)[turn]
        op = BENT[name]
        s, A = (10 ** rng.uniform(-8, 8, size=2)).tolist() if rng.random() < 0.5 else (1.0, 1.0)
        z = rng.choice([-1, 1], size=12) * rng.uniform(0.1, 0.8, size=12)
        near_ones = int(rng.integers(1, 5))
        z[:near_ones] = gap[:near_ones]
        x = (op.at + z) * s
        if op.at == 0 and rng.random() < 0.3:
            x = x.astype(np.float32)
        return Case(
            f"{name} at {abs(gap[0]):.0e}",
            lambda x: A * op.f(x / s),
            lambda dO, x: A * dO * op.slope(x / s).astype(x.dtype) / s,
            (x,),
        )
    if turn == 5:
        x = distinct(rng, 7)
        order = np.argsort(x)
        x[order[-2]] = x[order[-1]] - abs(gap[0])
        return Case(
            f"maximum at {abs(gap[0]):.0e} from a tie",
            np.max,
            lambda dO, x: dO * np.eye(len(x))[x.argmax()],
            (x,),
        )
    if turn == 6:
        x = distinct(rng, 7)
        x[1], x[4] = x[0] + gap[0], x[3] + gap[1]
        return Case(f"sort at {abs(gap[0]):.0e} from a tie", np.sort, unsort, (x,))
    net = ReluNetwork(rng)
    X, W1, b1, W2, b2 = net.point
    b1 = b1 + rng.normal(size=b1.shape)  # away from the exact kinks, then near some
    units = rng.choice(len(b1), min(len(b1), int(rng.integers(1, 4))), replace=False)
    b1[units] = gap[: len(units)] - X[0] @ W1[:, units]
    return Case(
        f"relu network at {abs(gap[0]):.0e}",
        net.forward,
        functools.partial(net.backward, at_zero=0),
        (X, W1, b1, W2, b2),
        options={"rng": int(rng.integers(2**32))},
    )


def unsort(dO, x):
    """Pull a cotangent back through sort."""
    dX = np.zeros_like(x)
    dX[np.argsort(x)] = dO
    return dX


FAMILIES = (
    Family("kink-accepted", 1_800, 27, accepted, judge, (NONE_MISSED,)),
    Family("kink-rejected", 1_800, 18, rejected, judge, (NONE_MISSED,)),
    Family("kink-left-hull", 400, 8, left_hull, judge, (NONE_MISSED,)),
    Family("kink-beyond", 300, 3, wrong_beyond, judge, (NONE_MISSED,)),
    Family(
        "kink-near",
        10_000,
        100,
        near,
        judge,
        (
            Limit("said wrong", share("wrong"), 0.0),
            Limit("not said correct", share("missed"), 0.01),
        ),
    ),
)
