"""Jumps, unbounded slopes and the ends of a domain: named as such, and never called a mismatch."""

import numpy as np

from trials.family import CORRECT, INCONCLUSIVE, NONE_MISSED, Case, Family, judge

JUMPS = {  # name: (function, where it jumps); every framework's backward says 0
    "sign": (np.sign, 0.0),
    "floor": (np.floor, 3.0),
    "ceil": (np.ceil, -2.0),
    "step": (lambda x: 1.0 * (x > 0), 0.0),
    "x beyond a threshold": (lambda x: np.where(x > 2, x, 0.0), 2.0),
    "round": (np.round, 0.5),
}

UNBOUNDED = {  # name: (function, where its slope is infinite)
    "sqrt |x|": (lambda x: np.sqrt(np.abs(x)), 0.0),
    "cube root": (np.cbrt, 0.0),
    "|x|^0.7 sign x": (lambda x: np.sign(x) * np.abs(x) ** 0.7, 0.0),
    "sqrt |1 - x²|": (lambda x: np.sqrt(np.abs(1 - x * x)), 1.0),
}


def jump(rng, index):
    """One entry or all on a jump, beside a smooth part whose gradient is right."""
    name = sorted(JUMPS)[index % len(JUMPS)]
    f, at = JUMPS[name]
    A = 10 ** rng.uniform(-8, 8)
    x = at + rng.uniform(0.1, 0.4, size=int(rng.integers(1, 8)))
    x[rng.integers(len(x))] = at
    flat = name != "x beyond a threshold"
    return Case(
        f"{name} at {at}",
        lambda x: A * (f(x) + np.sin(x)),
        lambda dO, x: A * dO * (np.cos(x) + (0.0 if flat else 1.0 * (x > at))),
        (x,),
        INCONCLUSIVE,
        ("jump",),
        says="jump",
        options={"rng": int(rng.integers(2**32))},
    )


def unbounded(rng, index):
    """An infinite slope at one entry; the backward says a finite number there, as a guard would."""
    name = sorted(UNBOUNDED)[index % len(UNBOUNDED)]
    f, at = UNBOUNDED[name]
    A = 10 ** rng.uniform(-8, 8)
    guard = float(rng.choice([0.0, 1.0, 1e3]))
    return Case(
        f"{name} at {at}, backward says {guard:g}",
        lambda x: A * f(x),
        lambda dO, x: A * dO * guard + 0 * x,
        (np.array([at]),),
        INCONCLUSIVE,
        ("jump", "domain"),
        says="unbounded",
        options={"rng": int(rng.integers(2**32))},
    )


def one_point(rng):
    """Log-likelihood of a probability vector, not a number unless it sums to one."""
    p = np.array([0.5, 0.25, 0.125, 0.125])
    counts = rng.integers(1, 9, size=4)
    return Case(
        "finite only where Σ p = 1",
        lambda p: np.where(p.sum() == 1, counts @ np.log(p), np.nan),
        lambda dL, p: dL * counts / p,
        (p,),
        INCONCLUSIVE,
        ("domain",),
    )


def one_point_raises(rng):
    """The same, and it raises elsewhere, as SciPy's distributions do."""
    case = one_point(rng)

    def forward(p):
        if p.sum() != 1:
            raise ValueError("p must sum to one")
        return case.forward(p)

    return Case(
        "raises unless Σ p = 1",
        forward,
        case.backward,
        case.point,
        INCONCLUSIVE,
        ("domain", "raised"),
    )


def one_side(rng):
    """Defined for x >= 0 alone, at x = 0, and smooth from there on."""
    A = 10 ** rng.uniform(-8, 8)

    def forward(x):
        with np.errstate(invalid="ignore"):
            return A * np.where(x < 0, np.nan, np.exp(x) + x)

    return Case(
        "NaN for x < 0, at 0", forward, lambda dO, x: A * dO * (np.exp(x) + 1), (np.zeros(1),)
    )


def no_room(rng):
    """Bounds that leave the argument nowhere to go."""
    x = rng.normal(size=3)
    return Case(
        "bounds that are a point",
        np.sin,
        lambda dO, x: dO * np.cos(x),
        (x,),
        INCONCLUSIVE,
        ("domain",),
        options={"bounds": ((x, x),)},
    )


def fence(name, f, slope, x, ends, **bounds):
    """A function that raises outside its domain, with or without `bounds` that say so."""
    low, high = ends

    def forward(x):
        if (x < low).any() or (x > high).any():
            raise ValueError(f"outside {low} .. {high}")
        return f(x)

    return Case(name, forward, lambda dO, x: dO * slope(x), (x,), CORRECT, options=bounds)


def on_bounds(rng):
    """Some entries lie on a bound, some inside: one side is all there is."""
    x = rng.uniform(0.2, 0.8, size=9)
    x[rng.random(9) < 0.4], x[4], x[5] = 0.0, 1.0, 0.0
    return fence("on closed bounds", np.exp, np.exp, x, (0, 1), bounds=((0.0, 1.0),))


def on_array_bounds(rng):
    """Each entry has bounds of its own."""
    low = rng.normal(size=6)
    high = low + rng.uniform(1e-6, 2, size=6)
    x = np.where(rng.random(6) < 0.5, low, (low + high) / 2)
    return fence("on bounds of its own", np.sin, np.cos, x, (low, high), bounds=((low, high),))


def near_zero(rng):
    """log near 0, where a step of a fixed size leaves the domain."""
    x = 10 ** rng.uniform(-12, -6) * rng.uniform(0.5, 2, size=5)
    return fence("log near 0", np.log, lambda x: 1 / x, x, (0, np.inf))


def root_near_zero(rng):
    """√ near 0."""
    x = 10 ** rng.uniform(-12, -6) * rng.uniform(0.5, 2, size=5)
    return fence("sqrt near 0", np.sqrt, lambda x: 0.5 / np.sqrt(x), x, (0, np.inf))


def near_one(rng):
    """log(1 − x) near 1, where the domain ends at a distance far below the size of x."""
    x = 1 - 2.0 ** -rng.integers(10, 30, size=3)
    return fence("log(1 − x) near 1", lambda x: np.log(1 - x), lambda x: -1 / (1 - x), x, (-1, 1))


def logit(rng):
    """x in (0, 1), from one end to the other, with bounds."""
    x = rng.uniform(0.01, 0.99, size=4)
    x[0] = 2.0**-20
    return fence(
        "logit within bounds",
        lambda x: np.log(x / (1 - x)),
        lambda x: 1 / (x * (1 - x)),
        x,
        (0, 1),
        bounds=((2.0**-30, 1 - 2.0**-30),),
    )


DOMAIN = (
    one_point,
    one_point_raises,
    one_side,
    no_room,
    on_bounds,
    on_array_bounds,
    near_zero,
    root_near_zero,
    near_one,
    logit,
)


def domain(rng, index):
    """The ends of a domain."""
    return DOMAIN[index % len(DOMAIN)](rng)


FAMILIES = (
    Family("jump", 300, 12, jump, judge, (NONE_MISSED,)),
    Family("unbounded", 200, 8, unbounded, judge, (NONE_MISSED,)),
    Family("domain", 400, 30, domain, judge, (NONE_MISSED,)),
)
