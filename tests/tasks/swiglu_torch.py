"""SwiGLU with a backward of its own, as fused kernels have it."""

import torch


class SwiGLU(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, gate):
        ctx.save_for_backward(x, gate)
        return x * gate * torch.sigmoid(gate)

    @staticmethod
    def backward(ctx, dy):
        x, gate = ctx.saved_tensors
        s = torch.sigmoid(gate)
        return dy * gate * s, dy * x * s * (1 + gate * (1 - s))

    @staticmethod
    def example(rng, n=3, d=4):
        return torch.from_numpy(rng.normal(size=(n, d))), torch.from_numpy(rng.normal(size=(n, d)))


class SwiGLUWrong(torch.autograd.Function):
    """The gate in the slope of the sigmoid is forgotten."""

    @staticmethod
    def forward(ctx, x, gate):
        ctx.save_for_backward(x, gate)
        return x * gate * torch.sigmoid(gate)

    @staticmethod
    def backward(ctx, dy):
        x, gate = ctx.saved_tensors
        s = torch.sigmoid(gate)
        return dy * gate * s, dy * x * s * (1 + (1 - s))

    example = SwiGLU.example
