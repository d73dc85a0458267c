"""Batch norm as homework has it: out, cache = forward(...), and a running mean in a dict."""

import numpy as np


def batchnorm_forward(x, gamma, beta, bn_param):
    eps, momentum = bn_param.get("eps", 1e-5), bn_param.get("momentum", 0.9)
    mu, var = x.mean(axis=0), x.var(axis=0)
    xhat = (x - mu) / np.sqrt(var + eps)
    running = bn_param.get("running_mean", np.zeros(x.shape[1]))
    bn_param["running_mean"] = momentum * running + (1 - momentum) * mu
    return gamma * xhat + beta, (x, xhat, gamma, mu, var, eps)


def batchnorm_backward(dout, cache):
    x, xhat, gamma, mu, var, eps = cache
    N = x.shape[0]
    dbeta = dout.sum(axis=0)
    dgamma = (dout * xhat).sum(axis=0)
    dxhat = dout * gamma
    dvar = (dxhat * (x - mu) * -0.5 * (var + eps) ** -1.5).sum(axis=0)
    dmu = (-dxhat / np.sqrt(var + eps)).sum(axis=0) + dvar * (-2 * (x - mu)).mean(axis=0)
    dx = dxhat / np.sqrt(var + eps) + dvar * 2 * (x - mu) / N + dmu / N
    return dx, dgamma, dbeta


def batchnorm_example(rng, n=4, d=3):
    return rng.normal(size=(n, d)), rng.normal(size=d), rng.normal(size=d), {"mode": "train"}


def batchnorm_wrong_forward(x, gamma, beta, bn_param):
    return batchnorm_forward(x, gamma, beta, bn_param)


def batchnorm_wrong_backward(dout, cache):
    """The short formula, with dout where dout γ belongs in the last term."""
    x, xhat, gamma, _, var, eps = cache
    N = x.shape[0]
    dbeta = dout.sum(axis=0)
    dgamma = (dout * xhat).sum(axis=0)
    dxhat = dout * gamma
    dx = N * dxhat - dxhat.sum(axis=0) - xhat * (dout * xhat).sum(axis=0)
    return dx / N / np.sqrt(var + eps), dgamma, dbeta


batchnorm_wrong_example = batchnorm_example
