"""The inputs: where digits go, and everywhere else.  Drawn by a seed, or a share of them."""

import numpy as np

# roots of the slopes of gelu, its tanh form, and silu; then where gates shut and sums saturate
ROOTS = (0.7517915246935645, 0.7524614220710163, 1.2784645427610737)
POINTS = (*ROOTS, 1, 2, 5, 10, 13, 20, 21, 37, 38, 88, 103, 354, 373, 700, 709, 745)
INTERVALS = (  # in each of them something underflows, in one dtype or the other
    *((0, 1), (0, 5), (0, 40), (0, 750)),
    *((9, 11), (12, 15), (20, 22), (36, 39), (43, 53), (86, 105), (350, 374), (705, 750)),
)
FOUND = {  # the worst inputs that `python tests/exactness --search` has found
    np.dtype(np.float64): (
        *(-1.99340693239722, 0.7524925331605559, 354.83202562102804, -0.30693468810125357),
        *(-37.99999999974539, -1.0893767566917067, -709.0087579312102, -0.009637661434521223),
        *(-13.055327099672665, -37.63888402256317, -1.4958797794175718, -0.0011222600753609206),
        *(-0.01419942118155, -4.820141894555872, -21.099164162809473, -20.86869344345427),
    ),
    np.dtype(np.float32): (
        *(-6.566383, -12.605337, 0.7641381, 4.3204045, -20.000067, -4.5289907, -6.569206),
        *(-6.5432787, 9.354846e-39, 5.538609981536865, 2.7693049907684326, -0.4832442104816437),
        *(-2.709113121032715, -0.005939915310591459, -38.46604537963867),
    ),
}
FOUND_ROWS = (  # logits, a cotangent, soft targets, a label
    ([9996.28822573, 7126.7669826], [1.2670883, -3.52881734e-314], [0.48641, 0.48641], 1),
    (
        [
            -2.5258529244474004,
            2.1230642173991647,
            -1.5433363129130269,
            4.032909462626404,
            -1.8640893728948684,
            2.302157633041949,
            -2.397597811940653,
        ],
        [0.0, 0.9999999987639037, -1e-323, 0.0, 0.0, 1.1651e-319, 0.0],
        [
            0.10933564596084117,
            0.3651928957753488,
            0.12285875236307006,
            0.14434626286487875,
            0.13374567606190174,
            0.058681414791017676,
            0.06910319752972079,
        ],
        0,
    ),
)


def numbers(dtype, share=1.0, seed=0):
    """Return finite numbers of both signs: all magnitudes to 10⁴, dense where digits go.

    They reach up to the largest number and down through the subnormal ones.
    """
    rng, info = np.random.default_rng(seed), np.finfo(dtype)

    def some(count):
        return max(2, round(share * count))

    spread = 10.0 ** rng.uniform(-17, -1, size=(len(POINTS), some(120)))
    near = np.array(POINTS)[:, None] * (1 + spread * rng.choice([-1, 1], size=spread.shape))
    steps = rng.integers(-50, 51, size=(len(POINTS), some(30)))
    beside = np.array(POINTS)[:, None].astype(dtype) * (1 + steps * info.eps)
    low = np.log10(max(1e-300, info.tiny))
    pieces = [
        [0, info.max, info.max / 2, info.tiny, info.smallest_subnormal],
        POINTS,
        near,
        beside,
        10 ** rng.uniform(low, 4, size=some(3000)),
        10 ** rng.uniform(-17, 4, size=some(3000)),
        np.float64(info.smallest_subnormal) * rng.integers(1, 2**23, size=some(300)),
        *(rng.uniform(*interval, size=some(500)) for interval in INTERVALS),
    ]
    z = np.concatenate([np.ravel(piece) for piece in pieces]).astype(dtype)
    return np.concatenate([z, -z, np.array(FOUND[np.dtype(dtype)], dtype)])


SIZES = (2, 3, 5, 10, 33, 65, 100, 300, 1000)  # classes
ROWS = (200, 150, 110, 90, 60, 60, 60, 40, 20)  # and how many rows of each


def rows(dtype, share=1.0, seed=0):
    """Yield matrices of logits: ties, shifts, wide spreads, one far above, one ruled out."""
    rng = np.random.default_rng(seed)
    for c, count in zip(SIZES, ROWS, strict=True):
        n = max(5, round(share * count))
        kinds = np.resize(rng.permutation(len(KINDS)), n)  # each of them, before one comes again
        yield np.array([KINDS[kind](rng, c) for kind in kinds]).astype(dtype)


def tied(rng, c):
    return rng.integers(-2, 3, size=c) * rng.choice([0.5, 10, 300])


def one_above(rng, c):
    z = rng.normal(size=c)
    z[rng.integers(c)] += rng.uniform(20, 740)
    return z


def two_above(rng, c):
    z = one_above(rng, c)
    z[rng.integers(c)] = z.max() * (1 - 10.0 ** rng.uniform(-17, -1))
    return z


KINDS = (
    lambda rng, c: rng.normal(size=c),
    lambda rng, c: rng.normal(size=c) * 10.0 ** rng.uniform(-5, 1.5),
    lambda rng, c: rng.normal(size=c) + rng.choice([-1e4, 1e4]),
    lambda rng, c: rng.normal(size=c) * rng.uniform(1, 30) + rng.uniform(-1e4, 1e4),
    lambda rng, c: rng.uniform(-2000, 0, size=c),
    lambda rng, c: rng.uniform(-1000, 1000, size=c) + rng.choice([-1e4, 0, 1e4]),
    lambda rng, c: np.full(c, rng.normal()),
    tied,
    one_above,
    one_above,
    two_above,
    lambda rng, c: np.where(np.arange(c) == rng.integers(c), 0, -rng.uniform(0.1, 745)),
    lambda rng, c: np.where(np.arange(c) == rng.integers(c), 0, -rng.uniform(85, 110)),
)


def cotangents(rng, Z):
    """Draw a cotangent for each row: both signs, far shifted, one class alone, any magnitude."""
    n, c = Z.shape
    kinds = (
        lambda: np.ones(c),
        lambda: rng.normal(size=c),
        lambda: rng.normal(size=c) + 1e4,
        lambda: np.eye(c)[rng.integers(c)],
        lambda: rng.normal(size=c) * 10.0 ** rng.uniform(-9, 1, size=c),
    )
    return np.array([kinds[i % len(kinds)]() for i in rng.permutation(n)]).astype(Z.dtype)


def targets(rng, Z):
    """Draw soft targets for each row: probabilities, a one, zeros among them, any real numbers."""
    n, c = Z.shape
    kinds = (
        lambda: rng.dirichlet(np.ones(c)),
        lambda: rng.dirichlet(np.full(c, 0.05)),
        lambda: np.eye(c)[rng.integers(c)],
        lambda: rng.dirichlet(np.ones(c)) * (rng.random(c) < 0.5),
        lambda: rng.normal(size=c) / c,
    )
    return np.array([kinds[i % len(kinds)]() for i in rng.permutation(n)]).astype(Z.dtype)


def probabilities(rng, n, c, dtype):
    """Draw rows of probabilities, from certain to nearly ruled out, none of them 0."""
    P = rng.dirichlet(np.ones(c), size=n) ** rng.choice([1, 3, 20], size=(n, 1))
    P[:, 0] = 1 - 10.0 ** rng.uniform(-17, -1, size=n)
    return np.maximum(P, 4 * np.finfo(dtype).tiny).astype(dtype)


def predictions(rng, Z):
    """Draw predictions and targets, far from each other, near, and equal."""
    Y = rng.normal(size=Z.shape) * 10.0 ** rng.uniform(-5, 4, size=(len(Z), 1))
    spread = 10.0 ** rng.uniform(-17, 1, size=Z.shape)
    return (Y * (1 + spread * rng.normal(size=Z.shape))).astype(Z.dtype), Y.astype(Z.dtype)
