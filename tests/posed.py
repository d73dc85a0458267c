"""A problem to pose, unless a test has another one: an affine map at a point of three arrays."""

import numpy as np

from mlp.gradcheck.pose import pose

X = np.array([[1.0, -2.0, 3.0], [0.5, 0.25, -8.0]])
POINT = (X, X.T, np.zeros(2))


def affine(X, W, b):
    """Return X W + b."""
    return X @ W + b


def first(*args):
    """Return the first argument, whatever the others are."""
    return args[0]


def posed(forward=affine, backward=first, point=POINT, **options):
    """Pose the problem; its backward does not matter, unless it is given."""
    return pose(forward, backward, point, **options)
