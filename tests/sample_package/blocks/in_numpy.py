"""Eight layers in NumPy: a function, its backward, and an example of its arguments.

linear, softplus and layer_norm are right. Each of the others is wrong in its own way, and the line
that is wrong says so.
"""
# ruff: noqa: ARG001  # a backward takes every argument

import numpy as np


def linear(X, W, b):
    return X @ W + b


def linear_backward(dO, X, W, b):
    return dO @ W.T, X.T @ dO, dO.sum(axis=0)


def linear_example(rng):
    return rng.normal(size=(5, 4)), rng.normal(size=(4, 3)), rng.normal(size=3)


def softplus(X):
    return np.logaddexp(0, X)


def softplus_backward(dO, X):
    return dO / (1 + np.exp(-X))


def softplus_example(rng):
    return rng.normal(size=(5, 3))


def standardised(X):
    """Return the rows of X with mean 0 and variance 1, and their standard deviations."""
    centred = X - X.mean(axis=1, keepdims=True)
    deviation = np.sqrt((centred**2).mean(axis=1, keepdims=True) + 1e-5)
    return centred / deviation, deviation


def layer_norm(X, gain, bias):
    return gain * standardised(X)[0] + bias


def layer_norm_backward(dO, X, gain, bias):
    N, deviation = standardised(X)
    dN = dO * gain
    dX = dN - dN.mean(axis=1, keepdims=True) - N * (dN * N).mean(axis=1, keepdims=True)
    return dX / deviation, (dO * N).sum(axis=0), dO.sum(axis=0)


def layer_norm_example(rng):
    return rng.normal(size=(5, 4)), rng.normal(size=4), rng.normal(size=4)


# and five that are wrong


def softmax(Z):
    E = np.exp(Z - Z.max(axis=1, keepdims=True))
    return E / E.sum(axis=1, keepdims=True)


def softmax_backward(dP, Z):
    P = softmax(Z)
    return dP * P * (1 - P)  # wrong: the diagonal of the Jacobian only


def softmax_example(rng):
    return rng.normal(size=(5, 3))


def mean_square(O, Y):
    return ((O - Y) ** 2).mean()


mean_square.WRT = (0,)  # Y is constant


def mean_square_backward(dL, O, Y):
    return 2 * (O - Y) * dL / len(O)  # wrong: the mean runs over both axes


def mean_square_example(rng):
    return rng.normal(size=(5, 3)), rng.normal(size=(5, 3))


def scale(X, gain):
    return X * gain


def scale_backward(dO, X, gain):
    return dO * gain, dO * X  # wrong: the gradient of gain is not summed over the batch


def scale_example(rng):
    return rng.normal(size=(5, 3)), rng.normal(size=3)


def relu(X):
    return np.maximum(X, 0)


def relu_backward(dO, X):
    dO[X <= 0] = 0  # wrong: this writes into the cotangent
    return dO


def relu_example(rng):
    return rng.normal(size=(5, 3))


def centre(X, weight):
    return weight * (X - X.mean(axis=1, keepdims=True))


def centre_backward(dO, X, weight):
    dX = weight * dO  # wrong: the mean depends on X too
    return dX, (dO * (X - X.mean(axis=1, keepdims=True))).sum()


def centre_example(rng):
    return rng.normal(size=(5, 4)), rng.normal()
