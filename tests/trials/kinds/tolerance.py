"""Forward up to a tolerance, and by hand exact, or the other way round: kind 9.

A right member is off by design: by less than a tenth of the largest entry, and by more than
differences see. With an `accept=` that allows for it, it is to be called correct; without, it is
to be called wrong, and the report names the size and a likely cause. Wrong members stay wrong with
the same `accept=`, those too that lie only a few times beyond it.
"""

import numpy as np

from trials.kinds.adaptive import adaptive
from trials.kinds.curves import generic, named, pulling, shape
from trials.kinds.design import by_design
from trials.kinds.kind import Drawn, Kind


def runge_kutta(f, y, t, steps):
    """Integrate y' = f(y) over a time in steps of the fourth order."""
    h = t / steps
    for _ in range(steps):
        a = f(y)
        b = f(y + h / 2 * a)
        c = f(y + h / 2 * b)
        y = y + h / 6 * (a + 2 * b + 2 * c + f(y + h * c))
    return y


def decay(rng):
    """y' = −k y by Runge and Kutta, its gradient by the exact solution."""
    y, k, steps = rng.normal(size=shape(rng)), np.array(rng.uniform(1, 3)), int(rng.integers(2, 9))

    def backward(dO, y, k, sign=-1):
        return dO * np.exp(-k), sign * (dO * y).sum() * np.exp(-k)

    return Drawn(
        f"decay in {steps} steps {y.shape}",
        lambda y, k: runge_kutta(lambda y: -k * y, y, 1, steps),
        (y, k),
        {"exact solution": backward},
        {"sign": lambda *a: backward(*a, sign=1)},
        cause="solver",
    )


def pendulum(rng):
    """A damped pendulum, its gradient by the adjoint, integrated back in steps of its own."""
    y, w = rng.uniform(0.4, 1.5, size=2), rng.uniform([1, 0.1], [2, 0.5])
    steps, steps_back = rng.integers(4, 12, size=2).tolist()

    def velocity(y, w):
        return np.stack([y[1], -(w[0] ** 2) * np.sin(y[0]) - w[1] * y[1]])

    def forward(y, w):
        return runge_kutta(lambda y: velocity(y, w), y, 1, steps)

    def backward(dO, y, w, factor=2, sign=1):
        def adjoint(s):
            q, p, a, b, *_ = s
            pulled = [-(w[0] ** 2) * np.cos(q) * b, sign * a - w[1] * b]
            by_w = [-factor * w[0] * np.sin(q) * b, -p * b]
            return np.array([*-velocity(np.array([q, p]), w), *pulled, *by_w])

        back = runge_kutta(adjoint, np.array([*forward(y, w), *dO, 0, 0]), 1, steps_back)
        return back[2:4], back[4:]

    return Drawn(
        f"pendulum in {steps} steps and {steps_back} back",
        forward,
        (y, w),
        {"adjoint": backward},
        {
            "factor 2": lambda *a: backward(*a, factor=1),
            "sign": lambda *a: backward(*a, sign=-1),
        },
        cause="solver",
    )


def brownian(rng):
    """Geometric Brownian motion along one path by Euler, its gradient by the exact solution."""
    steps = int(rng.integers(50, 400))
    dB = rng.normal(size=steps) / np.sqrt(steps)
    y, mu, sigma = np.array(rng.uniform(0.5, 2)), rng.uniform(0, 1), rng.uniform(0.1, 0.4)

    def forward(y):
        for step in dB:
            y = y + mu / steps * y + sigma * y * step
        return y

    growth = np.exp(mu - sigma**2 / 2 + sigma * dB.sum())
    return Drawn(
        f"Brownian motion in {steps} steps",
        forward,
        (y,),
        {"exact solution": lambda dO, y: dO * growth},
        {"sign": lambda dO, y: -dO * growth, "twice": lambda dO, y: 2 * dO * growth},
        cause="solver",
    )


def fixed_point(rng):
    """Kepler's equation by iteration until nothing moves by more than a tolerance."""
    x, c, tolerance = (
        rng.uniform(0.2, 0.7, size=4),
        rng.uniform(0.3, 0.6),
        10 ** rng.uniform(-6, -2),
    )

    def forward(x):
        y, last = x, np.inf
        while np.max(np.abs(y - last)) > tolerance:
            y, last = x + c * np.sin(y), y
        return y

    def backward(dO, x, sign=1):
        return dO / (1 - sign * c * np.cos(forward(x)))

    return Drawn(
        f"fixed point to {tolerance:.0e}",
        forward,
        (x,),
        {"implicit": backward},
        {"sign": lambda *a: backward(*a, -1), "not implicit": lambda dO, x: dO * 1.0},
        cause="solver",
        elementwise=True,
    )


def sinkhorn(rng):
    """The cost of entropic transport by some iterations; its gradient is the plan, if they end."""
    n, m, eps, goal = *rng.integers(3, 7, size=2), rng.uniform(0.3, 1), 10 ** rng.uniform(-6, -2)
    C, b = rng.uniform(0, 1, size=(n, m)), rng.dirichlet(np.full(m, 3))
    a = rng.dirichlet(np.full(n, 3))

    def plan(C, iterations):
        K, v = np.exp(-C / eps), np.ones(m)
        for _ in range(iterations):
            u = a / (K @ v)
            v = b / (K.T @ u)
        return u, v, u[:, None] * K * v

    rounds = 1
    while np.abs(plan(C, rounds)[2].sum(axis=1) - a).max() > goal * a.max():
        rounds += 1

    def forward(C):
        u, v, _ = plan(C, rounds)
        return eps * (a @ np.log(u) + b @ np.log(v))

    return Drawn(
        f"Sinkhorn in {rounds} rounds",
        forward,
        (C,),
        {"plan": lambda dO, C: dO * plan(C, rounds)[2]},
        {
            "sign": lambda dO, C: -dO * plan(C, rounds)[2],
            "no plan": lambda dO, C: dO * np.outer(a, np.ones(m)),
        },
        cause="solver",
    )


def table(rng):
    """A lookup in a table of values, with the slope of the function."""
    _, curve, c = named(rng)
    grid = np.linspace(-6, 6, int(rng.integers(100, 1000)))
    x = rng.normal(size=int(rng.integers(2, 9)))
    return Drawn(
        f"table of {grid.size}",
        lambda x: np.interp(x, grid, curve.f(grid, c)),
        (x,),
        {"slope": pulling(lambda x: curve.slope(x, c))},
        {"sign": pulling(lambda x: -curve.slope(x, c))},
        cause="table",
        elementwise=True,
    )


def single_constant(rng):
    """A constant in float32 on one of the two sides."""
    name, curve, c = named(rng)
    while abs(np.float64(np.float32(c)) / c - 1) < 1e-8 or name == "gelu":
        name, curve, c = named(rng)
    rounded = float(np.float32(c))
    x = rng.normal(size=shape(rng))
    return Drawn(
        f"{name} with a float32 constant",
        lambda x: curve.f(x, rounded),
        (x,),
        {"float64 constant": pulling(lambda x: curve.slope(x, c))},
        {"sign": pulling(lambda x: -curve.slope(x, c))},
        cause="float32",
        elementwise=True,
    )


def single_backward(rng):
    """By hand in float32, for a forward in float64."""
    name, curve, c = named(rng)
    x = rng.normal(size=shape(rng))

    def backward(dO, x, slope=curve.slope):
        return (np.float32(dO) * slope(np.float32(x), np.float32(c))).astype(float)

    return Drawn(
        f"{name} backward in float32",
        lambda x: curve.f(x, c),
        (x,),
        {"float32": backward},
        {"sign": lambda dO, x: -backward(dO, x)},
        cause="float32",
        elementwise=True,
    )


def series(rng):
    """exp by its first terms, with exp for a slope."""
    terms, x = int(rng.integers(6, 11)), rng.uniform(0.8, 1.5, size=int(rng.integers(2, 9)))

    def forward(x):
        term, O = np.ones_like(x), np.ones_like(x)
        for k in range(1, terms):
            term = term * x / k
            O = O + term
        return O

    return Drawn(
        f"{terms} terms of exp",
        forward,
        (x,),
        {"exp": pulling(np.exp)},
        {"sign": pulling(lambda x: -np.exp(x)), "half": pulling(lambda x: np.exp(x) / 2)},
        cause="series",
        elementwise=True,
    )


def quotient(rng):
    """By hand a difference quotient with a step that is not small."""
    name, curve, c = named(rng)
    h, x = 10 ** rng.uniform(-6, -3), generic(rng, shape(rng))

    def slope(x):
        return (curve.f(x + h, c) - curve.f(x, c)) / h

    return Drawn(
        f"{name} with a quotient of step {h:.0e}",
        lambda x: curve.f(x, c),
        (x,),
        {"quotient": pulling(slope)},
        {"sign": pulling(lambda x: -slope(x)), "step forgotten": pulling(lambda x: slope(x) * h)},
        cause="difference quotient",
        elementwise=True,
    )


DRAWS = (
    decay,
    pendulum,
    brownian,
    fixed_point,
    sinkhorn,
    table,
    single_constant,
    single_backward,
    series,
    quotient,
    adaptive,
    adaptive,  # what people meet most
)
TOLERANCES = Kind(
    "kind-tolerance",
    "off by design, as up to a tolerance; correct with an accept= for it, wrong and told without",
    tuple(map(by_design, DRAWS)),
    held=True,
)

KINDS = (TOLERANCES,)
