"""Functions of arguments that keep to a set: symmetric matrices, a simplex, rotations."""

import numpy as np
from scipy.spatial.transform import Rotation

RNG = np.random.default_rng(8)
A = RNG.normal(size=(4, 4))
S = A @ A.T + np.eye(4)
S = (S + S.T) / 2
W = RNG.normal(size=(4, 4))
X, Y = RNG.normal(size=(2, 5, 3))
P = np.array([0.1, 0.2, 0.3, 0.4])


def hat(xi):
    return np.array([[0, -xi[2], xi[1]], [xi[2], 0, -xi[0]], [-xi[1], xi[0], 0]])


def turned(R, xi):
    return R @ rotation(xi)


def rotation(xi):
    angle = np.linalg.norm(xi) / np.pi
    K = hat(xi)
    return np.eye(3) + np.sinc(angle) * K + np.sinc(angle / 2) ** 2 / 2 * K @ K


R = rotation(np.array([0.3, -0.5, 0.7]))
R0 = rotation(np.array([-0.2, 0.4, 0.1]))


def log_det(S):
    return np.linalg.slogdet(S)[1]


def log_det_backward(dO, S):
    return dO * np.linalg.inv(S)


def notes(report, kind="unseen"):
    return [f.message for f in report.findings if f.kind == kind]


def residual(R):
    """Return log(Rᵀ R₀) as a rotation vector."""
    return Rotation.from_matrix(R.T @ R0).as_rotvec()


def residual_backward(dr, R):
    """Pull back through log(exp(−ξ) Rᵀ R₀): its derivative by ξ is −J⁻¹, the left one."""
    return -_left_inverse(residual(R)).T @ dr


def _left_inverse(r):
    angle = np.linalg.norm(r)
    K = hat(r)
    cot = 1 / angle**2 - (1 + np.cos(angle)) / (2 * angle * np.sin(angle))
    return np.eye(3) - K / 2 + cot * K @ K


def cloud(R):
    return ((X @ R.T - Y) ** 2).sum()


def cloud_backward(dO, R):
    """Return the gradient in the coordinates of R exp([ξ]×)."""
    return dO * 2 * np.cross(X, (X @ R.T - Y) @ R).sum(axis=0)
