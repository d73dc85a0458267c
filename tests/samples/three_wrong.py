"""Three gradients, each wrong in the way that happens to everybody once."""
# ruff: noqa: ARG001  # a backward takes every argument

import numpy as np


def sigmoid(Z):
    return 1 / (1 + np.exp(-Z))


def sigmoid_backward(dA, Z):
    A = sigmoid(Z)
    return dA * A * (A - 1)  # wrong: the sign, A (1 - A) was meant


def sigmoid_example(rng):
    return (rng.normal(size=(3, 4)),)


def mean_loss(O, Y):
    return ((O - Y) ** 2).sum() / len(O)


def mean_loss_backward(dL, O, Y):
    return 2 * (O - Y) * dL  # wrong: 1/n is missing


mean_loss.WRT = (0,)  # Y is constant


def mean_loss_example(rng):
    return rng.normal(size=(5, 3)), rng.normal(size=(5, 3))


def affine(X, W, b):
    return X @ W + b


def affine_backward(dO, X, W, b):
    return dO @ W.T, X.T @ dO, dO  # wrong: db is not summed over the batch


def affine_example(rng):
    return rng.normal(size=(3, 4)), rng.normal(size=(4, 2)), rng.normal(size=2)
