"""The same eight layers in JAX: a ``custom_vjp`` each, and an example of its arguments.

linear, softplus and layer_norm are right. Each of the others is wrong in its own way, and the line
that is wrong says so. JAX lets nobody write into a cotangent, so relu is wrong in another way here.
"""
# ruff: noqa: ARG001  # a backward takes every argument

import jax
import jax.numpy as jnp
import numpy as np


def keep(function):
    """Return a forward pass that keeps the arguments for the backward pass."""
    return lambda *args: (function(*args), args)


@jax.custom_vjp
def linear(X, W, b):
    return X @ W + b


def linear_rule(args, dO):
    X, W, _ = args
    return dO @ W.T, X.T @ dO, dO.sum(axis=0)


linear.defvjp(keep(linear), linear_rule)


def linear_example(rng):
    return rng.normal(size=(5, 4)), rng.normal(size=(4, 3)), rng.normal(size=3)


@jax.custom_vjp
def softplus(X):
    return jax.nn.softplus(X)


def softplus_rule(args, dO):
    return (dO * jax.nn.sigmoid(args[0]),)


softplus.defvjp(keep(softplus), softplus_rule)


def softplus_example(rng):
    return rng.normal(size=(5, 3))


def standardised(X):
    """Return the rows of X with mean 0 and variance 1, and their standard deviations."""
    centred = X - X.mean(axis=1, keepdims=True)
    deviation = jnp.sqrt((centred**2).mean(axis=1, keepdims=True) + 1e-5)
    return centred / deviation, deviation


@jax.custom_vjp
def layer_norm(X, gain, bias):
    return gain * standardised(X)[0] + bias


def layer_norm_rule(args, dO):
    X, gain, _ = args
    N, deviation = standardised(X)
    dN = dO * gain
    dX = dN - dN.mean(axis=1, keepdims=True) - N * (dN * N).mean(axis=1, keepdims=True)
    return dX / deviation, (dO * N).sum(axis=0), dO.sum(axis=0)


layer_norm.defvjp(keep(layer_norm), layer_norm_rule)


def layer_norm_example(rng):
    return rng.normal(size=(5, 4)), rng.normal(size=4), rng.normal(size=4)


# and five that are wrong


@jax.custom_vjp
def softmax(Z):
    return jax.nn.softmax(Z, axis=1)


def softmax_rule(args, dP):
    P = jax.nn.softmax(args[0], axis=1)
    return (dP * P * (1 - P),)  # wrong: the diagonal of the Jacobian only


softmax.defvjp(keep(softmax), softmax_rule)


def softmax_example(rng):
    return rng.normal(size=(5, 3))


@jax.custom_vjp
def mean_square(O, Y):
    return ((O - Y) ** 2).mean()


def mean_square_rule(args, dL):
    O, Y = args
    return 2 * (O - Y) * dL / len(O), jnp.zeros_like(Y)  # wrong: the mean runs over both axes


mean_square.defvjp(keep(mean_square), mean_square_rule)
mean_square.WRT = (0,)  # Y is constant


def mean_square_example(rng):
    return rng.normal(size=(5, 3)), rng.normal(size=(5, 3))


@jax.custom_vjp
def scale(X, gain):
    return X * gain


def scale_rule(args, dO):
    X, gain = args
    return dO * gain, dO * X  # wrong: the gradient of gain is not summed over the batch


scale.defvjp(keep(scale), scale_rule)


def scale_example(rng):
    return rng.normal(size=(5, 3)), rng.normal(size=3)


@jax.custom_vjp
def relu(X):
    return jnp.maximum(X, 0)


def relu_rule(args, dO):
    return (jnp.where(dO > 0, dO, 0),)  # wrong: the mask is that of the cotangent


relu.defvjp(keep(relu), relu_rule)


def relu_example(rng):
    return rng.normal(size=(5, 3))


@jax.custom_vjp
def centre(X, weight):
    return weight * (X - X.mean(axis=1, keepdims=True))


def centre_rule(args, dO):
    X, weight = args
    return weight * dO, (dO * (X - X.mean(axis=1, keepdims=True))).sum()  # wrong: the mean of X


centre.defvjp(keep(centre), centre_rule)


def centre_example(rng):
    return rng.normal(size=(5, 4)), np.asarray(rng.normal())
