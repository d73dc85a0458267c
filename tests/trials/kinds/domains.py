"""Arguments that cannot move freely: the kinds 15 to 17.

Matrices that are symmetric or triangular, points on curved sets, a root that becomes complex when
its argument is moved, and slopes that are infinite. The gradient of a symmetric S among symmetric
ones is right with the option `along=`; without it, it is wrong, and the report names the option.
"""

import numpy as np
from scipy.special import xlogy

from trials.family import INCONCLUSIVE
from trials.kinds.kind import EITHER, NOT_CORRECT, Drawn, Kind

# ------------------------------------------------------------------ 15: symmetric


def symmetric(A):
    """Return the mean of a matrix and its transpose."""
    return (A + A.T) / 2


def positive(rng):
    """Draw a positive definite matrix, symmetric to the last bit."""
    n = int(rng.integers(2, 6))
    A = rng.normal(size=(n, n))
    return symmetric(A @ A.T) + np.eye(n) * rng.uniform(0.3, 2)


HINT = r"right for a symmetric S: .*along=\{'S': 'symmetric'\}"
ALONG = {"along": {"S": "symmetric"}}


def of_one_triangle(rng, name, f, among_symmetric):
    """Draw a function that reads one triangle: as it is, of the symmetric part, or along that."""
    S = positive(rng)
    triangle, pairs = "of the triangle that is read", "among symmetric ones"

    def lower(dO, S):
        G = among_symmetric(dO, S)
        return np.tril(G) + np.tril(G, -1)

    def each_pair_twice(dO, S):
        G = lower(dO, S)
        return G + np.tril(G, -1).T

    match rng.integers(3):
        case 0:
            wrong = {pairs: among_symmetric}
            return Drawn(f"{name} {S.shape}", f, (S,), {triangle: lower}, wrong, says=HINT)
        case 1:
            return Drawn(
                f"{name} of the symmetric part {S.shape}",
                lambda A: f(symmetric(A)),
                (S,),
                {pairs: lambda dO, A: among_symmetric(dO, symmetric(A))},
                {"of two twice": lambda dO, A: each_pair_twice(dO, symmetric(A))},
            )
        case _:
            return Drawn(
                f"{name} {S.shape} along symmetric ones",
                f,
                (S,),
                {pairs: among_symmetric, triangle: lower},
                {
                    "each pair twice": each_pair_twice,
                    "half of a pair": lambda *a: np.tril(among_symmetric(*a)),
                    "sign": lambda *a: -among_symmetric(*a),
                },
                options=ALONG,
            )


def cholesky(rng):
    """Cholesky's factor, which reads the lower triangle alone."""

    def among_symmetric(dL, S):
        L = np.linalg.cholesky(S)
        phi = np.tril(L.T @ dL)
        phi[np.diag_indices(len(S))] /= 2
        inverse = np.linalg.inv(L)
        return symmetric(inverse.T @ phi @ inverse)

    def factor(S):
        return np.linalg.cholesky(S)

    return of_one_triangle(rng, "Cholesky", factor, among_symmetric)


def eigenvalues(rng):
    """The eigenvalues by eigvalsh, which reads the lower triangle alone."""

    def among_symmetric(dw, S):
        V = np.linalg.eigh(S)[1]
        return (V * dw) @ V.T

    def spectrum(S):
        return np.linalg.eigvalsh(S)

    return of_one_triangle(rng, "eigenvalues", spectrum, among_symmetric)


def normal_density(rng):
    """The log density of a normal distribution by Cholesky's factor of its covariance."""
    m = rng.normal(size=5)

    def log_density(S):
        L = np.linalg.cholesky(S)
        z = np.linalg.solve(L, m[: len(S)])
        return -0.5 * z @ z - np.log(np.diag(L)).sum()

    def among_symmetric(dO, S):
        a = np.linalg.solve(S, m[: len(S)])
        return dO * 0.5 * (np.outer(a, a) - np.linalg.inv(S))

    return of_one_triangle(rng, "normal density", log_density, among_symmetric)


def log_determinant(rng):
    """log det S by slogdet, which reads all of S: of any matrix, or along symmetric ones."""
    S = positive(rng)
    along = bool(rng.integers(2))

    def inverse(dO, S):
        return dO * np.linalg.inv(S)

    def once(dO, S):
        G = inverse(dO, S)
        return 2 * G - np.diag(np.diag(G))

    def lower(dO, S):
        return np.tril(once(dO, S))

    return Drawn(
        f"log det {S.shape}" + " along symmetric ones" * along,
        lambda S: np.linalg.slogdet(S)[1],
        (S,),
        {"right": inverse} | ({"of one triangle": lower} if along else {}),
        {"each pair once": once} | ({} if along else {"of one triangle": lower}),
        options=ALONG if along else {},
    )


def triangular(rng):
    """A function of L Lᵀ, whose gradient leaves out the triangle that is 0."""
    n = int(rng.integers(2, 6))
    L = np.tril(rng.normal(size=(n, n))) + 2 * np.eye(n)
    upper, cut = bool(rng.integers(2)), bool(rng.integers(2))
    L, part, word = (L.T, np.triu, "upper") if upper else (L, np.tril, "lower")
    W = symmetric(rng.normal(size=(n, n)))

    def whole(dO, L):
        return dO * 2 * W @ L

    def of_part(dO, L):
        return part(whole(dO, L))

    return Drawn(
        f"product of a factor {L.shape}" + f", along {word} ones" * cut,
        lambda L: (W * (L @ L.T)).sum(),
        (L,),
        {"whole": whole} | ({word: of_part} if cut else {}),
        {"half": lambda *a: of_part(*a) / 2} if cut else {word: of_part},
        options={"along": {"L": word}} if cut else {},
        says="" if cut else rf"along=\{{'L': '{word}'\}}",
    )


def rotation(rng):
    """A rotated cloud of points against another; the gradient is in tangent coordinates."""
    X, Y = rng.normal(size=(2, 4, 3))
    R = turned(np.eye(3), rng.normal(size=3))

    def left(dO, R):
        return dO * 2 * np.cross(X @ R.T, X @ R.T - Y).sum(axis=0)

    return Drawn(
        "rotated points",
        lambda R: ((X @ R.T - Y) ** 2).sum(),
        (R,),
        {"tangent": left},
        {
            "sign": lambda dO, R: -left(dO, R),
            "on the other side": lambda dO, R: R.T @ left(dO, R),
            "half": lambda dO, R: left(dO, R) / 2,
        },
        options={"retract": {"R": turned}},
    )


def turned(R, xi):
    """Return exp([ξ]×) R, by Rodrigues' formula."""
    angle = np.sqrt(xi @ xi)
    K = np.array([[0, -xi[2], xi[1]], [xi[2], 0, -xi[0]], [-xi[1], xi[0], 0]])
    half = np.sinc(angle / 2 / np.pi)
    return R + (np.sinc(angle / np.pi) * K + half**2 / 2 * K @ K) @ R


def unit_vector(rng):
    """A function on the sphere, with the gradient that is tangent to it, in ambient numbers."""
    n = int(rng.integers(2, 6))
    A = rng.normal(size=(n, n))
    x = rng.normal(size=n)
    x /= np.linalg.norm(x)

    def moved(x, xi):
        tangent = xi - (x @ xi) * x
        return (x + tangent) / np.sqrt(1 + tangent @ tangent)

    def ambient(dO, x):
        return dO * (A + A.T) @ x

    def tangent(dO, x):
        g = ambient(dO, x)
        return g - (x @ g) * x

    return Drawn(
        f"quadratic form on a sphere, {n}",
        lambda x: x @ A @ x,
        (x,),
        {"tangent": tangent},
        {"half": lambda *a: tangent(*a) / 2, "ambient": ambient},
        options={"retract": {"x": moved}},
    )


SYMMETRIC = Kind(
    "kind-symmetric",
    "arguments with structure: along=, retract=, and what is said without them",
    (
        cholesky,
        eigenvalues,
        log_determinant,
        normal_density,
        triangular,
        rotation,
        unit_vector,
    ),
    held=True,
)


# ------------------------------------------------------------------ 16: complex when moved

EDGES = {  # name: (forward, its slope, the edge, the side on which forward is real)
    "√x": (np.emath.sqrt, lambda x: 0.5 / np.sqrt(x), 0, 1),
    "log x": (np.emath.log, lambda x: 1 / x, 0, 1),
    "x^(3/2)": (lambda x: np.emath.power(x, 1.5), lambda x: 1.5 * np.sqrt(x), 0, 1),
    "arcsin x": (np.emath.arcsin, lambda x: 1 / np.sqrt((1 - x) * (1 + x)), 1, -1),
    "arctanh x": (np.emath.arctanh, lambda x: 1 / ((1 - x) * (1 + x)), 1, -1),
}


def near_an_edge(rng):
    """A function of np.emath with an entry so near its edge that a step makes it complex."""
    name = str(rng.choice(list(EDGES)))
    f, slope, edge, side = EDGES[name]
    x = rng.uniform(0.2, 0.8, size=int(rng.integers(2, 8)))
    x[rng.integers(x.size)] = edge + side * 10 ** rng.uniform(-6, -2)
    summed = bool(rng.integers(2))
    return Drawn(
        f"{name} near {edge}",
        lambda x: f(x).sum() if summed else f(x),
        (x,),
        {"right": lambda dO, x: dO * slope(x)},
        {"sign": lambda dO, x: -dO * slope(x), "half": lambda dO, x: dO * slope(x) / 2},
    )


def matrix_root(rng):
    """The square root of a matrix with a small eigenvalue, by its eigenvectors."""
    n = int(rng.integers(2, 5))
    Q = np.linalg.qr(rng.normal(size=(n, n)))[0]
    least = 10 ** rng.uniform(-4, -2)
    A = (Q * np.append(rng.uniform(0.5, 2, size=n - 1), least)) @ Q.T
    A = symmetric(A)

    def forward(A):
        w, V = np.linalg.eigh(symmetric(A))
        return (V * np.emath.sqrt(w)) @ V.T

    def backward(dO, A, root=np.sqrt):
        w, V = np.linalg.eigh(A)
        return V @ (V.T @ symmetric(dO) @ V / np.add.outer(root(w), root(w))) @ V.T

    return Drawn(
        f"root of a matrix, {n}",
        forward,
        (A,),
        {"right": backward},
        {
            "root forgotten": lambda *a: backward(*a, root=lambda w: w),
            "half": lambda *a: backward(*a) / 2,
        },
    )


def quadratic_roots(rng):
    """The roots of x² + b x + c, nearly the same: they become complex."""
    gap, middle = 10 ** rng.uniform(-2, -1), rng.normal()
    b, c = np.array(-2 * middle), np.array(middle**2 - gap**2)

    def forward(b, c):
        return np.array([-1, 1]) * np.emath.sqrt(b * b / 4 - c) - b / 2

    def backward(dO, b, c, sign=1):
        roots = forward(b, c)
        slope = 2 * roots + sign * b
        return np.asarray(-(dO * roots / slope).sum()), np.asarray(-(dO / slope).sum())

    return Drawn(
        f"quadratic roots {gap:.0e} apart",
        forward,
        (b, c),
        {"right": backward},
        {
            "sign": lambda dO, *p: backward(-dO, *p),
            "of c twice": lambda *a: (backward(*a)[0], 2 * backward(*a)[1]),
        },
    )


COMPLEX = Kind(
    "kind-complex",
    "forward becomes complex when it is moved",
    (near_an_edge, matrix_root, quadratic_roots),
    right=EITHER,
    wrong=NOT_CORRECT,
    unsure=None,
    held=True,
)


# ------------------------------------------------------------------ 17: infinite slopes

UNBOUNDED = {  # name: (forward, its slope, where that is infinite)
    "√x": (np.sqrt, lambda x: 0.5 / np.sqrt(x), 0.0),
    "x^0.3": (lambda x: x**0.3, lambda x: 0.3 * x**-0.7, 0.0),
    "cube root": (np.cbrt, lambda x: np.cbrt(x) ** -2 / 3, 0.0),
    "arcsin": (np.arcsin, lambda x: 1 / np.sqrt(1 - x * x), 1.0),
    "arccos": (np.arccos, lambda x: -1 / np.sqrt(1 - x * x), 1.0),
    "√(1 − x²)": (lambda x: np.sqrt(1 - x * x), lambda x: -x / np.sqrt(1 - x * x), 1.0),
    "x log x": (lambda x: xlogy(x, x), lambda x: np.log(x) + 1, 0.0),
}


def infinite_slope(rng):
    """np.sqrt(x).sum() with a 0 in x, and the right ∞ by hand."""
    name = str(rng.choice(list(UNBOUNDED)))
    f, slope, edge = UNBOUNDED[name]
    x = rng.uniform(0.2, 0.9, size=int(rng.integers(1, 8)))
    x[rng.integers(x.size)] = edge
    summed, scale = bool(rng.integers(2)), 10 ** rng.uniform(-3, 3)
    guard = float(rng.choice([0, 1, 1e3]))

    def backward(dO, x):
        with np.errstate(divide="ignore"):
            return dO * scale * slope(x)

    def guarded(dO, x):
        dX = backward(dO, x)
        return np.where(np.isinf(dX), guard, dX)

    def flipped(dO, x):
        return backward(dO, x) * np.where(x == edge, -1, 1)

    return Drawn(
        f"{name} at {edge:g}",
        lambda x: scale * (f(x).sum() if summed else f(x)),
        (x,),
        {"∞": backward},
        {f"{guard:g} for ∞": guarded, "−∞ for ∞": flipped},
    )


def length(rng):
    """The root of a product at 0: its slope is infinite in one of two arguments."""
    n = int(rng.integers(2, 6))
    a, b = rng.uniform(0.5, 2, size=(2, n))
    a[rng.integers(n)] = 0.0

    def forward(a, b):
        return np.sqrt(a * b)

    def backward(dO, a, b):
        with np.errstate(divide="ignore", invalid="ignore"):
            return dO * np.sqrt(b / a) / 2, dO * np.sqrt(a / b) / 2

    def guarded(dO, a, b):
        dA, dB = backward(dO, a, b)
        return np.where(np.isinf(dA), 0, dA), dB

    return Drawn(
        f"√(a b) {n}",
        forward,
        (a, b),
        {"∞": backward},
        {"0 for ∞": guarded, "swapped": lambda *p: backward(*p)[::-1]},
    )


INFINITE = Kind(
    "kind-infinite",
    "an infinite slope, and ∞ by hand",
    (infinite_slope, infinite_slope, length),
    right=INCONCLUSIVE,
    wrong=NOT_CORRECT,
    unsure=None,
    held=True,
)

KINDS = (SYMMETRIC, COMPLEX, INFINITE)
