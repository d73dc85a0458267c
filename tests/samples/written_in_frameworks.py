"""The rows of the table of conventions that need a framework, as people write them into a file.

What is wrong ends in ``Wrong`` or ``_wrong``; a model with an undeclared estimator is left open.
Read by tests/peers/test_conventions.py.
"""
# ruff: noqa: ARG004  # as people write it

import jax
import jax.numpy as jnp
import numpy as np
import torch
from torch import nn
from torch.autograd import Function
from torch.utils.checkpoint import checkpoint

torch.set_num_threads(1)
torch.set_default_dtype(torch.float64)


def drawn(*shape):
    return staticmethod(lambda rng: (torch.from_numpy(rng.normal(size=shape)),))


# 7: a generator


class Dropout(Function):
    keep = 0.5

    @staticmethod
    def forward(ctx, x, generator):
        mask = torch.rand(x.shape, generator=generator)
        ctx.save_for_backward(mask)
        return x * (mask < 0.5)

    @classmethod
    def backward(cls, ctx, d):
        return d * (ctx.saved_tensors[0] < cls.keep), None

    @staticmethod
    def example(rng):
        return torch.from_numpy(rng.normal(size=(4, 5))), torch.Generator().manual_seed(1)


class DropoutWrong(Dropout):
    keep = 0.2


# 14, 15: surrogates


class RoundWrong(Function):
    @staticmethod
    def forward(ctx, x):
        return torch.round(x)

    @staticmethod
    def backward(ctx, d):
        return d

    example = drawn(5)


class Round(RoundWrong):
    SURROGATE = staticmethod(lambda x: x)


class ReversalWrong(Function):
    @staticmethod
    def forward(ctx, x):
        return x.view_as(x)

    @staticmethod
    def backward(ctx, d):
        return -d

    example = drawn(5)


class Reversal(ReversalWrong):
    SURROGATE = staticmethod(lambda x: -x)


class Quantised(nn.Module):
    """A whole model, with a declared surrogate in place."""

    quantise = Round

    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.first, self.second = nn.Linear(4, 3), nn.Linear(3, 2)

    def forward(self, x):
        return self.second(self.quantise.apply(4 * torch.tanh(self.first(x))) / 4)

    example = drawn(5, 4)


class Undeclared(Quantised):
    quantise = RoundWrong


# 16: a kernel beside the plain formula


class Silu(Function):
    sign = 1
    AGAINST = staticmethod(nn.functional.silu)

    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x / (1 + torch.exp(-x))

    @classmethod
    def backward(cls, ctx, d):
        (x,) = ctx.saved_tensors
        s = torch.sigmoid(x)
        return d * s * (1 + cls.sign * x * (1 - s))

    example = drawn(3, 4)


class SiluWrong(Silu):
    sign = -1


class OtherValuesWrong(Silu):
    AGAINST = staticmethod(torch.tanh)


# 17: both modes


class Square(Function):
    factor = 2

    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        ctx.save_for_forward(x)
        return x * x

    @staticmethod
    def backward(ctx, d):
        return 2 * ctx.saved_tensors[0] * d

    @classmethod
    def jvp(cls, ctx, t):
        return cls.factor * ctx.saved_tensors[0] * t

    example = drawn(5)


class SquareWrong(Square):
    factor = 3


# 21, 22: modules


class Normed(nn.Sequential):
    def __init__(self):
        torch.manual_seed(0)
        super().__init__(nn.Linear(4, 3), nn.BatchNorm1d(3))

    example = drawn(5, 4)


class Again(nn.Module):
    reentrant, last = False, torch.tanh

    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.block = nn.Sequential(nn.Linear(4, 6), nn.Tanh(), nn.Dropout(0.4))

    def forward(self, x):
        return type(self).last(checkpoint(self.block, x, use_reentrant=self.reentrant))

    example = drawn(5, 4)


class AgainReentrant(Again):
    reentrant = True

    @staticmethod
    def example(rng):
        return (torch.from_numpy(rng.normal(size=(5, 4))).requires_grad_(),)


class AgainWrong(Again):
    last = SiluWrong.apply


# 25: strides


class StridedWrong(Square):
    @staticmethod
    def backward(ctx, d):
        (x,) = ctx.saved_tensors
        return 2 * x * d.as_strided(x.shape, x.stride())

    example = drawn(3, 4)


# 29: a sparse tensor


class Product(Function):
    factor = 1.0

    @staticmethod
    def forward(ctx, S, x):
        ctx.save_for_backward(S, x)
        return S @ x

    @classmethod
    def backward(cls, ctx, d):
        S, x = ctx.saved_tensors
        i, j = S.indices()
        stored = cls.factor * (d[i] * x[j]).sum(1)
        return torch.sparse_coo_tensor(S.indices(), stored, S.shape), S.t() @ d

    @staticmethod
    def example(rng):
        return torch.eye(5).to_sparse().coalesce(), torch.from_numpy(rng.normal(size=(5, 2)))


class ProductWrong(Product):
    factor = 2.0


# 8, 18, 23: JAX


def _cube(factor):
    @jax.custom_vjp
    def cube(x):
        return (x**3).sum()

    cube.defvjp(lambda x: (cube(x), x), lambda x, d: (factor * x**2 * d,))
    return cube


def _example(rng):
    return (rng.normal(size=5),)


cube, cube_wrong = _cube(3), _cube(2)
cube_example = cube_wrong_example = _example


def _sine(factor):
    @jax.custom_jvp
    def sine(x):
        return jnp.sin(x)

    def tangent(x, t):
        shape = jax.ShapeDtypeStruct(x.shape, x.dtype)
        return jax.pure_callback(lambda x, t: factor * np.cos(x) * t, shape, x, t)

    sine.defjvp(lambda p, t: (sine(p[0]), tangent(p[0], t[0])))
    return sine


sine, sine_wrong = _sine(1), _sine(2)
sine_example = sine_wrong_example = _example
