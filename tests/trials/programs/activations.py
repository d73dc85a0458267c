"""Steps that go to every entry: activations, naive and stable, scales, offsets and masks."""

import numpy as np

from trials.programs.steps import plain, step


def relu(x):
    return np.maximum(0, x)


def leaky_relu(x):
    return np.where(x > 0, x, 0.01 * x)


def elu(x):
    return np.where(x > 0, x, 1.0 * (np.exp(np.minimum(x, 0)) - 1))


def tanh(x):
    return np.tanh(x)


def naive_sigmoid(x):
    return 1 / (1 + np.exp(-x))


def sigmoid_by_tanh(x):
    return 0.5 * (1 + np.tanh(0.5 * x))


def naive_softplus(x):
    return np.log(1 + np.exp(x))


def softplus(x):
    return np.maximum(0, x) + np.log1p(np.exp(-np.abs(x)))


def swish(x):
    return x * (1 / (1 + np.exp(-x)))


def gelu(x):
    return 0.5 * x * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3)))


def mish(x):
    return x * np.tanh(np.log(1 + np.exp(x)))


def softsign(x):
    return x / (1 + np.abs(x))


def hard_tanh(x):
    return np.clip(x, -1, 1)


def square(x):
    return x**2


def cube(x):
    return 0.1 * x**3 - x


def root(x):
    return np.sqrt(x**2 + 1e-8)


def log_of_square(x):
    return np.log(x**2 + 1e-6)


def exponential(x):
    return np.exp(x)


def bell(x):
    return np.exp(-0.5 * x**2)


def sines(x):
    return np.sin(x) + 0.5 * np.cos(3 * x)


def signed_log(x):
    return np.where(x > 0, 1, -1) * np.log1p(np.abs(x))


def log1p_naively(x):
    return np.log(1 + np.abs(x)) / (np.abs(x) + 1e-12)


def cosine_gap(x):
    return (1 - np.cos(x)) / (x**2 + 1e-10)


def root_gap(x):
    return np.sqrt(x**2 + 1) - 1


plain(
    relu,
    leaky_relu,
    elu,
    tanh,
    naive_sigmoid,
    sigmoid_by_tanh,
    naive_softplus,
    softplus,
    swish,
    gelu,
    mish,
    softsign,
    hard_tanh,
    square,
    cube,
    root,
    log_of_square,
    exponential,
    bell,
    sines,
    signed_log,
    log1p_naively,
    cosine_gap,
    root_gap,
)


@step(1, 2)
def prelu(draw, *_):
    def function(x, slope):
        return np.where(x > 0, x, slope * x)

    return function, draw.parameter(0.25)


@step(1, 2)
def gain(draw, *shape):
    size = 10 ** draw.rng.uniform(-6, 6) if draw.rng.random() < 0.3 else 1.0

    def function(x, g):
        return g * x

    return function, draw.normal(shape[-1], scale=size)


@step(1, 2)
def offset(draw, *shape):
    size = 10 ** draw.rng.uniform(1, 6) if draw.rng.random() < 0.4 else 1.0

    def function(x, c):
        return x + c

    return function, draw.normal(shape[-1]) + draw.parameter(size)


@step(1, 2)
def dropout(draw, *shape):
    keep = 0.7
    mask = draw.constant(draw.rng.random(shape) < keep)

    def function(x):
        return x * mask / keep

    return (function,)


@step(1, 2)
def masked(draw, *shape):
    mask = draw.rng.random(shape) < 0.7

    def function(x, fill):
        return np.where(mask, x, fill)

    return function, draw.normal()


@step(1, 2)
def temperature(draw, *_):
    def function(x, log_t):
        return x / np.exp(log_t)

    return function, draw.normal()


@step(1, 2)
def polynomial(draw, *_):
    def function(x, a, b, c):
        return (a * x + b) * x + c

    return function, draw.normal(), draw.normal(), draw.normal()


@step(1, 2)
def float32_inside(*_):
    def function(x):
        return np.tanh(x.astype(np.float32))

    return (function,)


@step(1, 2)
def float64_constant(draw, *_):
    scale = np.sqrt(np.float64(draw.size()))

    def function(x):
        return x / scale

    return (function,)
