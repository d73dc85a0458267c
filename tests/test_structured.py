"""Arguments with structure, from public reports: right and wrong, with the option and without it.

A row gives forward, backward, its point, what the finding says where the option is not given, the
option, and a backward that is wrong in the set too.
"""

import numpy as np
import pytest
from scipy.linalg import expm, logm, solve_triangular
from structured import R0, R, hat

import mlp

RNG = np.random.default_rng(4)
A, W = RNG.normal(size=(2, 4, 4))
S = A @ A.T + np.eye(4)
S = (S + S.T) / 2
X = RNG.normal(size=(6, 4))
B, C = RNG.normal(size=(2, 3))
SYMMETRIC = {"along": {"S": "symmetric"}}
HINT = "right for a symmetric S: if it always is, say along={'S': 'symmetric'}"
TANGENT = "in tangent coordinates? say retract={"


def half(G):
    return (G + G.T) / 2


def phi(M):
    out = np.tril(M)
    out[np.diag_indices(len(M))] /= 2
    return out


def factor(S):
    return np.linalg.cholesky(S)


def factor_backward(d, S):
    L = np.linalg.cholesky(S)
    inverse = np.linalg.inv(L)
    return half(inverse.T @ phi(L.T @ d) @ inverse)


def factor_without_phi(d, S):
    L = np.linalg.cholesky(S)
    inverse = np.linalg.inv(L)
    return half(inverse.T @ np.tril(L.T @ d) @ inverse)


def spectrum(S):
    return np.linalg.eigvalsh(S)


def spectrum_backward(d, S):
    _, V = np.linalg.eigh(S)
    return V @ np.diag(d) @ V.T


def spectrum_of_rows(d, S):
    _, V = np.linalg.eigh(S)
    return V.T @ np.diag(d) @ V


def weighed(S):
    """Return a function of eigenvalues and of the squares of eigenvectors, which have no sign."""
    w, V = np.linalg.eigh(S)
    return (w * (V**2).sum(0)).sum() + (W * V**2).sum()


def weighed_backward(d, S, gap=1.0):
    w, V = np.linalg.eigh(S)
    F = w[None] - w[:, None]
    F = np.where(F == 0, 0, 1 / np.where(F == 0, 1, F))
    return half(d * V @ (np.eye(4) + gap * F * (V.T @ (2 * W * V))) @ V.T)


def normal(S):
    """Return the log-density of rows of X under N(0, S), as MultivariateNormal computes it."""
    L = np.linalg.cholesky(S)
    z = solve_triangular(L, X.T, lower=True)
    return -0.5 * (z * z).sum() - len(X) * np.log(np.diag(L)).sum()


def normal_backward(d, S):
    inverse = np.linalg.inv(S)
    return d * half(inverse @ X.T @ X @ inverse - len(X) * inverse) / 2


def normal_doubled(d, S):
    """As the matrix cookbook has it for a symmetric S: twice off the diagonal."""
    G = normal_backward(d, S)
    return 2 * G - np.diag(np.diag(G))


def likelihood(S):
    return np.linalg.slogdet(np.tril(S) + np.tril(S, -1).T)[1] + np.trace(
        np.linalg.solve(S, X.T @ X)
    )


def likelihood_backward(d, S):
    inverse = np.linalg.inv(S)
    return d * (inverse - inverse @ X.T @ X @ inverse)


def from_lower(L):
    return L @ L.T


def from_lower_backward(d, L):
    return np.tril((d + d.T) @ L)


def root(S):
    w, V = np.linalg.eigh(S)
    return V * np.sqrt(w) @ V.T


def root_backward(d, S, sign=1):
    w, V = np.linalg.eigh(S)
    r = np.sqrt(w)
    return V @ (half(V.T @ d @ V) / (r + sign * r[:, None])) @ V.T


def centred(d):
    return d - d.mean()


P = np.array([0.1, 0.2, 0.3, 0.4])


def entropy(p):
    p = np.append(p[:-1], 1 - p[:-1].sum())  # as who knows that they sum to 1 writes it
    return -(p * np.log(p)).sum()


def entropy_backward(d, p):
    return -d * np.log(p)


U = np.array([1.0, -2.0, 2.0]) / 3


def turned_unit(u, xi):
    moved = u + xi - u * (u @ xi)
    return moved / np.linalg.norm(moved)


def angle(u):
    return np.arccos(u @ B / np.linalg.norm(B))


def angle_backward(d, u):
    """Return the Riemannian gradient, as geoopt does: projected onto the tangent plane."""
    b = B / np.linalg.norm(B)
    c = u @ b
    return -d * (b - c * u) / np.sqrt(1 - c * c)


def cloud(R):
    return ((X[:, :3] @ R.T - C) ** 2).sum()


def by_the_right(d, R):
    """By ξ of R exp(ξ), as GTSAM and manif have it."""
    return d * 2 * np.cross(X[:, :3], (X[:, :3] @ R.T - C) @ R).sum(0)


def by_the_left(d, R):
    """By ξ of exp(ξ) R, as Sophus and pypose have it."""
    return R @ by_the_right(d, R)


def right(R, xi):
    return R @ expm(hat(xi))


def left(R, xi):
    return expm(hat(xi)) @ R


def weighed_by(R):
    return (W[:3, :3] * R).sum()


def turning_part(d, R):
    """Return the gradient in the tangent plane at R, as pymanopt and geoopt do."""
    own = R.T @ W[:3, :3]
    return d * R @ (own - own.T) / 2


def nearest(R, xi):
    U, _, V = np.linalg.svd(R + xi)
    return U @ V


def wedge(xi):
    """Return the matrix of (ω, v), the order of GTSAM."""
    out = np.zeros((4, 4))
    out[:3, :3], out[:3, 3] = hat(xi[:3]), xi[3:]
    return out


T = np.eye(4)
T[:3, :3], T[:3, 3] = R, C


def rigid(T):
    return ((X[:, :3] @ T[:3, :3].T + T[:3, 3] - B) ** 2).sum()


def rigid_backward(d, T):
    """By (ω, v) of T exp(ξ): GTSAM's Pose3."""
    R, own = T[:3, :3], X[:, :3]
    r = (own @ R.T + T[:3, 3] - B) @ R
    return 2 * d * np.concatenate([np.cross(own, r).sum(0), r.sum(0)])


def rigid_swapped(d, T):
    """By (v, ω): manif's SE3."""
    return np.roll(rigid_backward(d, T), 3)


def gtsam(T, xi):
    return T @ expm(wedge(xi))


def manif(T, xi):
    return T @ expm(wedge(np.roll(xi, 3)))


def apart(R):
    return vee(logm(R.T @ R0).real)


def vee(K):
    return np.array([K[2, 1], K[0, 2], K[1, 0]])


def apart_backward(d, R, sign=-1):
    r = apart(R)
    a, K = np.linalg.norm(r), hat(r)
    inverse = np.eye(3) - K / 2 + (1 / a**2 - (1 + np.cos(a)) / (2 * a * np.sin(a))) * K @ K
    return sign * inverse.T @ d


ROWS = {
    "cholesky": (factor, factor_backward, S, HINT, SYMMETRIC, factor_without_phi),
    "eigvalsh": (spectrum, spectrum_backward, S, HINT, SYMMETRIC, spectrum_of_rows),
    "eigh": (weighed, weighed_backward, S, HINT, SYMMETRIC, lambda d, S: weighed_backward(d, S, -1)),  # noqa: E501  # a row of the table
    "MultivariateNormal": (normal, normal_backward, S, HINT, SYMMETRIC, normal_doubled),
    "covariance": (likelihood, likelihood_backward, S, HINT, SYMMETRIC, lambda d, S: np.linalg.inv(S) * d),  # noqa: E501  # a row of the table
    "a root of a positive definite one": (root, root_backward, S, HINT, SYMMETRIC, lambda d, S: root_backward(d, S) * 2),  # noqa: E501  # a row of the table
    "triangular": (from_lower, from_lower_backward, np.linalg.cholesky(S), "right for a lower triangular L: if it always is, say along={'L': 'lower'}", {"along": {"L": "lower"}}, lambda d, L: np.tril(2 * d @ L)),  # noqa: E501  # a row of the table
    "simplex": (entropy, entropy_backward, P, "right for p that sums to 1: if it always does, say along={'p': P}", {"along": {"p": centred}}, lambda d, p: -d * p),  # noqa: E501  # a row of the table
    "unit vectors": (angle, angle_backward, U, "right for a unit vector u: if it always is one, say retract={'u': f}", {"retract": {"u": turned_unit}}, lambda d, u: -angle_backward(d, u)),  # noqa: E501  # a row of the table
    "rotations among matrices": (weighed_by, turning_part, R, "right for a rotation R: if it always is one, say retract={'R': f}", {"retract": {"R": nearest}}, lambda d, R: turning_part(d, R.T)),  # noqa: E501  # a row of the table
    "SO(3) of GTSAM": (cloud, by_the_right, R, TANGENT, {"retract": {"R": right}}, by_the_left),
    "SO(3) of Sophus": (cloud, by_the_left, R, TANGENT, {"retract": {"R": left}}, by_the_right),
    "a residual of manif": (apart, apart_backward, R, TANGENT, {"retract": {"R": right}}, lambda d, R: apart_backward(d, R, 1)),  # noqa: E501  # a row of the table
    "SE(3) of GTSAM": (rigid, rigid_backward, T, TANGENT, {"retract": {"T": gtsam}}, rigid_swapped),
    "SE(3) of manif": (rigid, rigid_swapped, T, TANGENT, {"retract": {"T": manif}}, rigid_backward),
}  # fmt: skip


@pytest.mark.parametrize("name", ROWS)
def test_a_structured_argument(name):
    forward, backward, x, hint, option, wrong = ROWS[name]
    assert mlp.check(forward, backward, x, **option).verdict == "correct"
    assert mlp.check(forward, wrong, x, **option).verdict == "wrong"
    bare = mlp.check(forward, backward, x)
    assert bare.verdict == "wrong"
    assert hint in str(bare)
    if hint != TANGENT:  # which the shape alone tells
        assert hint not in str(mlp.check(forward, wrong, x))
