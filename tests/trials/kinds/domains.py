"""Arguments that cannot move freely: the kinds 15 to 17.

A symmetric matrix of which forward reads one triangle, a root that becomes complex when its
argument is moved, and slopes that are infinite. The gradient of a symmetric S among symmetric ones
enters as right with the option `along=`, when there is one; without it, it is wrong.
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


def of_one_triangle(rng, name, f, lower, among_symmetric):
    """Draw a function that reads one triangle, as it is or of the symmetric part."""
    S = positive(rng)
    triangle, pairs = "of the triangle that is read", "among symmetric ones"
    if rng.integers(2):
        return Drawn(f"{name} {S.shape}", f, (S,), {triangle: lower}, {pairs: among_symmetric})
    return Drawn(
        f"{name} of the symmetric part {S.shape}",
        lambda A: f(symmetric(A)),
        (S,),
        {pairs: lambda dO, A: among_symmetric(dO, symmetric(A))},
        {triangle: lambda dO, A: lower(dO, symmetric(A))},
    )


def cholesky(rng):
    """Cholesky's factor, which reads the lower triangle alone."""

    def among_symmetric(dL, S):
        L = np.linalg.cholesky(S)
        phi = np.tril(L.T @ dL)
        phi[np.diag_indices(len(S))] /= 2
        inverse = np.linalg.inv(L)
        return symmetric(inverse.T @ phi @ inverse)

    def lower(dL, S):
        G = among_symmetric(dL, S)
        return np.tril(G) + np.tril(G, -1)

    return of_one_triangle(rng, "Cholesky", np.linalg.cholesky, lower, among_symmetric)


def eigenvalues(rng):
    """The eigenvalues by eigvalsh, which reads the lower triangle alone."""

    def among_symmetric(dw, S):
        V = np.linalg.eigh(S)[1]
        return (V * dw) @ V.T

    def lower(dw, S):
        G = among_symmetric(dw, S)
        return np.tril(G) + np.tril(G, -1)

    return of_one_triangle(rng, "eigenvalues", np.linalg.eigvalsh, lower, among_symmetric)


def log_determinant(rng):
    """log det S by slogdet, which reads all of S, or by Cholesky's factor."""
    S = positive(rng)
    by_factor = bool(rng.integers(2))

    def forward(S):
        if by_factor:
            return 2 * np.log(np.diag(np.linalg.cholesky(S))).sum()
        return np.linalg.slogdet(S)[1]

    def inverse(dO, S):
        return dO * np.linalg.inv(S)

    def once(dO, S):
        G = inverse(dO, S)
        return 2 * G - np.diag(np.diag(G))

    def lower(dO, S):
        return np.tril(once(dO, S))

    return Drawn(
        f"log det {S.shape}" + (" by Cholesky" if by_factor else ""),
        forward,
        (S,),
        {"right": lower if by_factor else inverse},
        {"each pair once": once} | ({"among symmetric ones": inverse} if by_factor else {}),
    )


SYMMETRIC = Kind(
    "kind-symmetric",
    "a symmetric argument of which forward reads a triangle; wrong without along=",
    (cholesky, eigenvalues, log_determinant),
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
