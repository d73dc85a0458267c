"""Focal loss on logits for two classes, with the classes fixed."""

import numpy as np

GAMMA, ALPHA = 2.0, 0.25
Y = np.array([1, 0, 0, 1, 0])


def focal(z):
    p = 1 / (1 + np.exp(-z))
    pt = np.where(Y == 1, p, 1 - p)
    alpha = np.where(Y == 1, ALPHA, 1 - ALPHA)
    return -(alpha * (1 - pt) ** GAMMA * np.log(pt)).mean()


def focal_backward(dloss, z):
    p = 1 / (1 + np.exp(-z))
    pt = np.where(Y == 1, p, 1 - p)
    alpha = np.where(Y == 1, ALPHA, 1 - ALPHA)
    dpt = alpha * (GAMMA * (1 - pt) ** (GAMMA - 1) * np.log(pt) - (1 - pt) ** GAMMA / pt)
    return dloss * dpt * np.where(Y == 1, 1, -1) * p * (1 - p) / len(z)


def focal_example(rng):
    return (2 * rng.normal(size=5),)


def focal_wrong(z):
    return focal(z)


def focal_wrong_backward(dloss, z):
    """The modulating factor is taken for a constant."""
    p = 1 / (1 + np.exp(-z))
    pt = np.where(Y == 1, p, 1 - p)
    alpha = np.where(Y == 1, ALPHA, 1 - ALPHA)
    dpt = -alpha * (1 - pt) ** GAMMA / pt
    return dloss * dpt * np.where(Y == 1, 1, -1) * p * (1 - p) / len(z)


focal_wrong_example = focal_example
