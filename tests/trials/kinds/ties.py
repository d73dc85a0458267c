"""Maxima, sorts and projections where entries are tied: the kinds 10 and 11.

Along the direction in which all that are tied move together a maximum is smooth: by hand may share
the cotangent out in any way, and not hand it to each in full. Where a sort is tied, the gradients
at points nearby are several, and each of them is right at the tie.

A right member is right beside its tie as well; most wrong ones are wrong at it alone.
"""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from trials.kinds.kind import Drawn, Kind


def tied_rows(rng):
    """Draw rows of numbers whose largest is there more than once, and in places at random."""
    n, d = rng.integers(1, 4), rng.integers(3, 8)
    X = rng.normal(size=(n, d)) * 10 ** rng.uniform(-1, 1)
    largest = np.abs(X).max() + 1
    for row in X:
        row[rng.choice(d, rng.integers(2, 4), replace=False)] = largest
    return X


def shares_of(tied, weights):
    """Return weights of the tied entries that sum to 1 in each row."""
    shares = tied * weights
    return shares / shares.sum(axis=1, keepdims=True)


def largest_of_rows(rng):
    """x.max() of rows, or x.min(), or the largest modulus."""
    X = tied_rows(rng)
    weights = rng.uniform(0.1, 1, size=X.shape)
    name, f, slope = [
        ("max", lambda X: X.max(axis=1), np.ones_like),
        ("min", lambda X: X.min(axis=1), np.ones_like),
        ("max |x|", lambda X: np.abs(X).max(axis=1), np.sign),
    ][rng.integers(3)]
    X = {"max": X, "min": -X}.get(name, X * rng.choice([-1, 1], size=X.shape))

    def tied(X):
        return (np.abs(X) if name == "max |x|" else X) == f(X)[:, None]

    def shared(weights):
        return lambda dO, X: dO[:, None] * slope(X) * shares_of(tied(X), weights)

    def to_first(dO, X):
        first = tied(X).argmax(axis=1)[:, None] == np.arange(X.shape[1])
        return dO[:, None] * slope(X) * first

    return Drawn(
        f"{name} of tied {X.shape}",
        f,
        (X,),
        {"the first": to_first, "evenly": shared(np.ones(X.shape)), "by weights": shared(weights)},
        {
            "each in full": lambda dO, X: dO[:, None] * slope(X) * tied(X),
            "half of it": lambda dO, X: 0.5 * to_first(dO, X),
        },
    )


def larger_of_two(rng):
    """np.maximum(a, b), with some entries of the two the same."""
    a, b = rng.normal(size=(2, int(rng.integers(3, 9))))
    at = rng.choice(a.size, 2, replace=False)
    b[at] = a[at]
    w = rng.uniform(0, 1, size=a.size)

    def shared(w):
        def backward(dO, a, b):
            part = np.where(a == b, w, a > b)
            return dO * part, dO * (1 - part)

        return backward

    return Drawn(
        f"maximum of two {a.shape}",
        np.maximum,
        (a, b),
        {"the first": shared(1), "half each": shared(0.5), "by weights": shared(w)},
        {
            "each in full": lambda dO, a, b: (dO * (a >= b), dO * (b >= a)),
            "neither": lambda dO, a, b: (dO * (a > b), dO * (b > a)),
        },
    )


def larger_multiple(rng):
    """max(a x₀, b x₁), tied: max(x₀, 2 x₁) at (2, 1)."""
    a, b, t = rng.integers(1, 17, size=3) / 4  # their products are exact
    a = -a if rng.integers(2) else a
    w = rng.uniform(0, 1)
    slopes = np.array([a, b])

    def forward(x):
        return np.maximum(a * x[0], b * x[1])

    def shared(at_tie, slopes=slopes):
        def backward(dO, x):
            first, second = a * x[0], b * x[1]
            share = at_tie if first == second else np.array([first > second, first < second])
            return dO * slopes * share

        return backward

    return Drawn(
        f"max({a} x₀, {b} x₁)",
        forward,
        (np.array([b * t, a * t]),),
        {
            "the first": shared(np.array([1, 0])),
            "the second": shared(np.array([0, 1])),
            "by weights": shared(np.array([w, 1 - w])),
        },
        {
            "each in full": shared(np.array([1, 1])),
            "a quarter": shared(np.array([0.25, 0.25])),
        },
    )


TIES = Kind(
    "kind-tie",
    "a maximum at a tie, and the full cotangent to each",
    (largest_of_rows, larger_of_two, larger_multiple),
    held=True,
)


# ------------------------------------------------------------------ 11: limits of gradients


def tied_numbers(rng, most=9):
    """Draw numbers of which two or three are the same."""
    n = int(rng.integers(5, most))
    x = rng.normal(size=n)
    at = rng.choice(n, rng.integers(2, 4), replace=False)
    x[at] = x[at[0]]
    return x


def placed(values, order):
    """Put values where an order says."""
    O = np.zeros(order.size)
    O[order[: np.size(values)]] = values
    return O


def sorted_numbers(rng):
    """np.sort(x) with two or three the same, or a weighted sum of it."""
    x = tied_numbers(rng)
    while np.array_equal(x.argsort()[x.argsort()], np.arange(x.size)):  # its own inverse
        x = tied_numbers(rng)
    w = rng.normal(size=x.size) if rng.integers(2) else None

    def forward(x):
        return np.sort(x) if w is None else w @ np.sort(x)

    def cotangent(dO):
        return dO if w is None else dO * w

    def stable(dO, x):
        return placed(cotangent(dO), np.argsort(x, kind="stable"))

    def gathered(dO, x):
        return cotangent(dO)[np.argsort(x, kind="stable")]

    def in_full(dO, x):
        return (cotangent(dO)[:, None] * (np.sort(x)[:, None] == x)).sum(axis=0)

    def last_first(dO, x):
        return placed(cotangent(dO), np.lexsort((-np.arange(x.size), x)))

    return Drawn(
        f"sort of {x.size}" + ("" if w is None else ", weighted"),
        forward,
        (x,),
        {"stable": stable, "last first": last_first},
        {"gathered": gathered, "each in full": in_full},
    )


def median(rng):
    """The median of an even or odd count, two or three of the middle the same."""
    x = rng.normal(size=int(rng.integers(5, 12)))
    order, half = np.argsort(x), x.size // 2
    x[order[half - 1 : half + 2 - x.size % 2]] = x[order[half]]
    middle = slice(half - 1 + x.size % 2, half + 1)

    def by_order(dO, x):
        chosen = np.argsort(x, kind="stable")[middle]
        dX = np.zeros_like(x)
        dX[chosen] = dO / chosen.size
        return dX

    return Drawn(
        f"median of {x.size}",
        np.median,
        (x,),
        {"those in the middle": by_order},
        {
            "all that equal it, in full": lambda dO, x: dO * (x == np.median(x)),
            "the mean's": lambda dO, x: np.full(x.shape, dO / x.size),
        },
    )


def largest_few(rng):
    """The sum of the k largest, the last of them tied with the next."""
    x = rng.normal(size=int(rng.integers(5, 10)))
    k = int(rng.integers(2, x.size - 1))
    order = np.argsort(-x)
    x[order[k]] = x[order[k - 1]]
    return Drawn(
        f"the {k} largest of {x.size}",
        lambda x: np.sort(x)[-k:].sum(),
        (x,),
        {"by order": lambda dO, x: placed(np.full(k, dO), np.argsort(-x, kind="stable"))},
        {
            "all beyond the threshold": lambda dO, x: dO * (x >= np.sort(x)[-k]),
            "one too few": lambda dO, x: placed(np.full(k - 1, dO), np.argsort(-x, kind="stable")),
        },
    )


def overlapping_pools(rng):
    """A maximum over windows that overlap, with neighbours the same."""
    n, width = int(rng.integers(6, 12)), int(rng.integers(2, 4))
    x = rng.normal(size=n)
    at = int(rng.integers(1, n - 2))
    x[at] = x[at + 1] = np.abs(x).max() + 0.5

    def windows(x):
        return sliding_window_view(x, width)

    def first(dO, x):
        places = windows(x).argmax(axis=1) + np.arange(n - width + 1)
        return np.bincount(places, dO, n)

    def in_full(dO, x):
        tied = windows(x) == windows(x).max(axis=1, keepdims=True)
        places = np.arange(n - width + 1)[:, None] + np.arange(width)
        return np.bincount(places[tied], (dO[:, None] * tied)[tied], n)

    def once(dO, x):
        dX = np.zeros(n)
        dX[windows(x).argmax(axis=1) + np.arange(n - width + 1)] = dO
        return dX

    return Drawn(
        f"pools of {width} over {n}",
        lambda x: windows(x).max(axis=1),
        (x,),
        {"the first": first},
        {"each in full": in_full, "the last window alone": once},
    )


def on_the_ball(x, radius):
    """Project onto the ball |x|₁ ≤ radius."""
    size = np.abs(x)
    if size.sum() <= radius:
        return x * 1.0
    falling = np.sort(size)[::-1]
    excess = (np.cumsum(falling) - radius) / np.arange(1, x.size + 1)
    return np.sign(x) * np.maximum(size - excess[falling > excess][-1], 0)


def projected(rng):
    """The projection onto an L1 ball of a point on its edge: there are two limits."""
    x = rng.choice(np.arange(8, 64), int(rng.integers(3, 8)), replace=False) / 16  # exact sums
    x *= rng.choice([-1, 1], size=x.size)
    radius = np.abs(x).sum()

    def pulled(dO, x, at_edge):
        size, s = np.abs(x).sum(), np.sign(x)
        outside = dO - s * (s @ dO) / x.size
        return {-1: dO, 0: at_edge * dO + (1 - at_edge) * outside, 1: outside}[
            np.sign(size - radius)
        ]

    def taken(at_edge):
        return lambda dO, x: pulled(dO, x, at_edge)

    return Drawn(
        f"projection onto a ball, {x.size}",
        lambda x: on_the_ball(x, radius),
        (x,),
        {"from inside": taken(1), "from outside": taken(0), "a mean": taken(rng.uniform(0, 1))},
        {
            "from inside, twice": taken(2),
            "beyond outside": taken(-0.5),
        },
    )


def running_maximum(rng):
    """np.maximum.accumulate, with the largest there twice."""
    x = rng.normal(size=int(rng.integers(4, 10)))
    at = rng.choice(x.size, 2, replace=False)
    x[at] = x.max() + 1

    def backward(dO, x, of=np.ones_like):
        so_far = np.maximum.accumulate(x)
        holder = np.array([np.argmax(x[: k + 1]) for k in range(x.size)])
        return np.bincount(holder, dO * of(so_far), x.size)

    def in_full(dO, x):
        so_far = np.maximum.accumulate(x)
        return np.array([(dO[k:] * (so_far[k:] == x[k])).sum() for k in range(x.size)])

    return Drawn(
        f"running maximum of {x.size}",
        np.maximum.accumulate,
        (x,),
        {"the first": backward},
        {"each in full": in_full, "value for slope": lambda *a: backward(*a, of=lambda O: O)},
    )


LIMITS = Kind(
    "kind-limit",
    "sorts, medians, pools and projections at ties: a limit of gradients nearby",
    (sorted_numbers, median, largest_few, overlapping_pools, projected, running_maximum),
    held=True,
)

KINDS = (TIES, LIMITS)
