"""The same eight layers in PyTorch: an ``autograd.Function`` each, and an example of its arguments.

Linear, Softplus and LayerNorm are right. Each of the others is wrong in its own way, and the line
that is wrong says so. torch itself sums a gradient over the batch where its shape asks for that, so
Scale is wrong in another way here.
"""

import torch
from torch.autograd import Function


def numbers(rng, *shape):
    return torch.from_numpy(rng.normal(size=shape))


class Linear(Function):
    @staticmethod
    def forward(ctx, X, W, b):
        ctx.save_for_backward(X, W)
        return X @ W + b

    @staticmethod
    def backward(ctx, dO):
        X, W = ctx.saved_tensors
        return dO @ W.T, X.T @ dO, dO.sum(0)

    @staticmethod
    def example(rng):
        return numbers(rng, 5, 4), numbers(rng, 4, 3), numbers(rng, 3)


class Softplus(Function):
    @staticmethod
    def forward(ctx, X):
        ctx.save_for_backward(X)
        return torch.nn.functional.softplus(X)

    @staticmethod
    def backward(ctx, dO):
        (X,) = ctx.saved_tensors
        return dO * torch.sigmoid(X)

    @staticmethod
    def example(rng):
        return (numbers(rng, 5, 3),)


class LayerNorm(Function):
    @staticmethod
    def forward(ctx, X, gain, bias):
        centred = X - X.mean(1, keepdim=True)
        deviation = torch.sqrt((centred**2).mean(1, keepdim=True) + 1e-5)
        N = centred / deviation
        ctx.save_for_backward(N, deviation, gain)
        return gain * N + bias

    @staticmethod
    def backward(ctx, dO):
        N, deviation, gain = ctx.saved_tensors
        dN = dO * gain
        dX = dN - dN.mean(1, keepdim=True) - N * (dN * N).mean(1, keepdim=True)
        return dX / deviation, (dO * N).sum(0), dO.sum(0)

    @staticmethod
    def example(rng):
        return numbers(rng, 5, 4), numbers(rng, 4), numbers(rng, 4)


# and five that are wrong


class Softmax(Function):
    @staticmethod
    def forward(ctx, Z):
        P = torch.softmax(Z, 1)
        ctx.save_for_backward(P)
        return P

    @staticmethod
    def backward(ctx, dP):
        (P,) = ctx.saved_tensors
        return dP * P * (1 - P)  # wrong: the diagonal of the Jacobian only

    @staticmethod
    def example(rng):
        return (numbers(rng, 5, 3),)


class MeanSquare(Function):
    WRT = (0,)  # Y is constant

    @staticmethod
    def forward(ctx, O, Y):
        ctx.save_for_backward(O, Y)
        return ((O - Y) ** 2).mean()

    @staticmethod
    def backward(ctx, dL):
        O, Y = ctx.saved_tensors
        return 2 * (O - Y) * dL / len(O), None  # wrong: the mean runs over both axes

    @staticmethod
    def example(rng):
        return numbers(rng, 5, 3), numbers(rng, 5, 3)


class Scale(Function):
    @staticmethod
    def forward(ctx, X, gain):
        ctx.save_for_backward(X, gain)
        return X * gain

    @staticmethod
    def backward(ctx, dO):
        X, gain = ctx.saved_tensors
        return dO * gain, (dO * X).mean(0)  # wrong: the rows add up, they are not averaged

    @staticmethod
    def example(rng):
        return numbers(rng, 5, 3), numbers(rng, 3)


class Relu(Function):
    @staticmethod
    def forward(ctx, X):
        ctx.save_for_backward(X)
        return torch.relu(X)

    @staticmethod
    def backward(ctx, dO):
        (X,) = ctx.saved_tensors
        dO[X <= 0] = 0  # wrong: this writes into the cotangent
        return dO

    @staticmethod
    def example(rng):
        return (numbers(rng, 5, 3),)


class Centre(Function):
    @staticmethod
    def forward(ctx, X, weight):
        centred = X - X.mean(1, keepdim=True)
        ctx.save_for_backward(centred, weight)
        return weight * centred

    @staticmethod
    def backward(ctx, dO):
        centred, weight = ctx.saved_tensors
        return weight * dO, (dO * centred).sum()  # wrong: the mean depends on X too

    @staticmethod
    def example(rng):
        return numbers(rng, 5, 4), numbers(rng)
