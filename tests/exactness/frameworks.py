"""PyTorch and JAX, called as users call them; gradients by their own differentiation."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import torch

jax.config.update("jax_enable_x64", True)  # noqa: FBT003  # its signature

torch_functions = torch.nn.functional


def by_torch(function):
    """Return forward and backward of a function of a tensor, and of constants behind it."""

    def forward(Z, *constants):
        return function(torch.tensor(Z), *map(torch.tensor, constants)).numpy()

    def backward(cotangent, Z, *constants):
        z = torch.tensor(Z, requires_grad=True)
        value = function(z, *map(torch.tensor, constants))
        (dZ,) = torch.autograd.grad(value, z, torch.tensor(np.asarray(cotangent)))
        return dZ.numpy()

    return forward, backward


def by_jax(function):
    """Return the same of a function of JAX arrays."""

    def forward(Z, *constants):
        return np.asarray(jax.jit(function)(Z, *constants))

    @jax.jit
    def pull(cotangent, Z, *constants):
        _, vjp = jax.vjp(lambda z: function(z, *constants), Z)
        return vjp(cotangent)[0]

    def backward(cotangent, Z, *constants):
        return np.asarray(pull(jnp.asarray(cotangent), jnp.asarray(Z), *constants))

    return forward, backward


def torch_surprise(P, y):
    if y.ndim == 1:
        return torch_functions.nll_loss(torch.log(P), y)
    return -(torch.xlogy(y, P)).sum() / len(P)


def jax_loss(Z, y):
    """Return the mean loss as optax writes it, for labels and for soft targets."""
    logs = jax.nn.log_softmax(Z)
    if y.ndim == 1:
        return -jnp.take_along_axis(logs, y[:, None], axis=1).mean()
    return -(y * logs).sum(axis=1).mean()


def jax_surprise(P, y):
    if y.ndim == 1:
        return -jnp.log(jnp.take_along_axis(P, y[:, None], axis=1)).mean()
    return -(jax.scipy.special.xlogy(y, P)).sum(axis=1).mean()


TORCH = {
    "identity": by_torch(lambda z: z.clone()),
    "sigmoid": by_torch(torch.sigmoid),
    "tanh": by_torch(torch.tanh),
    "relu": by_torch(torch_functions.relu),
    "leaky_relu": by_torch(torch_functions.leaky_relu),
    "elu": by_torch(torch_functions.elu),
    "softplus": by_torch(torch_functions.softplus),
    "silu": by_torch(torch_functions.silu),
    "gelu": by_torch(torch_functions.gelu),
    "gelu_tanh": by_torch(functools.partial(torch_functions.gelu, approximate="tanh")),
    "softmax": by_torch(functools.partial(torch.softmax, dim=1)),
    "log_softmax": by_torch(functools.partial(torch.log_softmax, dim=1)),
    "cross_entropy": by_torch(torch_surprise),
    "cross_entropy, soft": by_torch(torch_surprise),
    "softmax_cross_entropy": by_torch(torch_functions.cross_entropy),
    "softmax_cross_entropy, soft": by_torch(torch_functions.cross_entropy),
    "squared_error": by_torch(torch_functions.mse_loss),
}
JAX = {
    "identity": by_jax(lambda z: z),
    "sigmoid": by_jax(jax.nn.sigmoid),
    "tanh": by_jax(jnp.tanh),
    "relu": by_jax(jax.nn.relu),
    "leaky_relu": by_jax(jax.nn.leaky_relu),
    "elu": by_jax(jax.nn.elu),
    "softplus": by_jax(jax.nn.softplus),
    "silu": by_jax(jax.nn.silu),
    "gelu": by_jax(functools.partial(jax.nn.gelu, approximate=False)),
    "gelu_tanh": by_jax(functools.partial(jax.nn.gelu, approximate=True)),
    "softmax": by_jax(jax.nn.softmax),
    "log_softmax": by_jax(jax.nn.log_softmax),
    "cross_entropy": by_jax(jax_surprise),
    "cross_entropy, soft": by_jax(jax_surprise),
    "softmax_cross_entropy": by_jax(jax_loss),
    "softmax_cross_entropy, soft": by_jax(jax_loss),
    "squared_error": by_jax(lambda O, Y: ((O - Y) ** 2).mean()),
}
