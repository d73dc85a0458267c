"""Steps that move, gather and contract: indices, sorts, einsum, distances, linear algebra."""

import numpy as np

from trials.programs.steps import step


@step(2)
def embedding(draw, n, d):
    index = draw.rng.integers(n, size=draw.size())

    def function(x):
        return x[index]

    return (function,)


@step(2)
def columns_taken(draw, n, d):
    index = draw.rng.integers(d, size=draw.size())

    def function(x):
        return np.take(x, index, axis=1)

    return (function,)


@step(1, 2)
def neighbours(draw, *_):
    def function(x):
        return np.roll(x, 1, axis=-1) * x

    return (function,)


@step(1, 2)
def differences(draw, *_):
    def function(x):
        return np.diff(x, axis=-1)

    return (function,)


@step(1, 2)
def features_joined(draw, *_):
    def function(x):
        return np.concatenate([x, np.sin(x)], axis=-1)

    return (function,)


@step(2)
def transposed(draw, *_):
    def function(x):
        return x.T

    return (function,)


@step(1, 2)
def sorted_entries(draw, *_):
    def function(x):
        return np.sort(x, axis=-1)

    return (function,)


@step(2)
def largest_two(draw, *_):
    def function(x):
        order = np.argsort(-x, axis=1)[:, :2]
        return np.take_along_axis(x, order, axis=1)

    return (function,)


@step(2)
def row_sums(draw, *_):
    def function(x):
        return x.sum(axis=1)

    return (function,)


@step(2)
def column_means(draw, *_):
    def function(x):
        return np.mean(x, axis=0)

    return (function,)


@step(2)
def row_maxima(draw, *_):
    def function(x):
        return np.max(x, axis=1)

    return (function,)


@step(2)
def row_lengths(draw, *_):
    def function(x):
        return np.sqrt(np.sum(x**2, axis=1))

    return (function,)


@step(1)
def outer_product(draw, d):
    def function(x, u):
        return np.outer(u, x)

    return function, draw.normal(draw.size())


@step(2)
def contraction(draw, n, d):
    def function(x, T):
        return np.einsum("ni,ijk,nj->nk", x, T, x)

    return function, draw.normal(d, d, 2)


@step(2)
def quadratic_form(draw, n, d):
    def function(x, A):
        return np.einsum("ni,ij,nj->n", x, A, x)

    return function, draw.weights(d, d)


@step(2)
def gram(draw, n, d):
    def function(x):
        return x @ x.T / x.shape[1]

    return (function,)


@step(2)
def covariance(draw, *_):
    def function(x):
        xc = x - x.mean(axis=0)
        return xc.T @ xc / (len(x) - 1)

    return (function,)


@step(2)
def squared_distances(draw, *_):
    def function(x):
        sq = np.sum(x**2, axis=1)
        return sq[:, None] + sq[None, :] - 2 * x @ x.T

    return (function,)


@step(2)
def kernel(draw, n, d):
    def function(x, centres, log_gamma):
        sq = ((x[:, None, :] - centres[None, :, :]) ** 2).sum(axis=-1)
        return np.exp(-np.exp(log_gamma) * sq)

    return function, draw.normal(3, d), draw.normal(scale=0.5)


@step(2)
def ridge(draw, n, d):
    y = draw.constant(draw.rng.normal(size=n))

    def function(x, log_penalty):
        A = x.T @ x + np.exp(log_penalty) * np.eye(x.shape[1])
        return np.linalg.solve(A, x.T @ y)

    return function, draw.normal()


@step(2)
def inverse(draw, n, d):
    def function(x):
        return np.linalg.inv(x @ x.T + np.eye(len(x)))

    return (function,)


@step(2)
def log_determinant(draw, n, d):
    def function(x):
        K = x @ x.T + 0.1 * np.eye(len(x))
        return np.diagonal(K) - np.linalg.slogdet(K)[1]

    return (function,)


@step(2)
def whitened(draw, n, d):
    def function(x):
        L = np.linalg.cholesky(x.T @ x + 0.1 * np.eye(x.shape[1]))
        return np.linalg.solve(L, x.T).T

    return (function,)
