"""Speed side by side with torch.autograd.gradcheck: a tanh network of 698 parameters.

Both check the same hand-written gradient of the same network (n = 16, 32-16-10, cross-entropy) at
the same point, one thread, float64, in turn; figures are ratios of medians. The NumPy functions are
the ones that a user would write; the library's own network, whose ops keep more digits than that,
stands beside them. Reach is the smallest error of W1 that each of the checkers rejects.
"""

import statistics
import time

import numpy as np
import pytest
import torch
from torch.autograd.gradcheck import GradcheckError

import mlp

N, D, H, C = 16, 32, 16, 10
ROUNDS = 9


class Network:
    """Forward and backward in NumPy, by hand; ``error`` spoils dW1 by a relative amount."""

    def __init__(self, error=0.0):
        rng = np.random.default_rng(0)
        self.X, self.y = rng.normal(size=(N, D)), rng.integers(C, size=N)
        (W1, b1), (W2, b2) = mlp.initialise.glorot(rng, (D, H, C))
        self.point = W1, b1 + 0.1, W2, b2 - 0.1
        self.error = error

    def forward(self, W1, b1, W2, b2):
        Z = np.tanh(self.X @ W1 + b1) @ W2 + b2
        m = Z.max(axis=1, keepdims=True)
        return (np.log(np.exp(Z - m).sum(axis=1)) + m[:, 0] - Z[np.arange(N), self.y]).mean()

    def backward(self, dL, W1, b1, W2, b2):
        A = np.tanh(self.X @ W1 + b1)
        Z = A @ W2 + b2
        P = np.exp(Z - Z.max(axis=1, keepdims=True))
        dZ2 = P / P.sum(axis=1, keepdims=True)
        dZ2[np.arange(N), self.y] -= 1
        dZ2 *= dL / N
        dZ1 = (dZ2 @ W2.T) * (1 - A * A)
        dW1 = self.X.T @ dZ1 * (1 + self.error)
        return dW1, dZ1.sum(axis=0), A.T @ dZ2, dZ2.sum(axis=0)


def in_torch(network):
    """Return the same forward and backward as an autograd.Function, and the same point."""
    X, y = torch.tensor(network.X), torch.tensor(network.y)

    class Loss(torch.autograd.Function):
        @staticmethod
        def forward(ctx, W1, b1, W2, b2):
            A = torch.tanh(X @ W1 + b1)
            Z = A @ W2 + b2
            ctx.save_for_backward(A, torch.softmax(Z, dim=1), W2)
            return torch.nn.functional.cross_entropy(Z, y)

        @staticmethod
        def backward(ctx, dL):
            A, P, W2 = ctx.saved_tensors
            dZ2 = P.clone()
            dZ2[torch.arange(N), y] -= 1
            dZ2 = dZ2 * (dL / N)
            dZ1 = (dZ2 @ W2.T) * (1 - A * A)
            return X.T @ dZ1 * (1 + network.error), dZ1.sum(dim=0), A.T @ dZ2, dZ2.sum(dim=0)

    return Loss.apply, [torch.tensor(p, requires_grad=True) for p in network.point]


def library(network):
    """Return the library's forward and backward of the same network."""
    options = {"activation": "tanh"}

    def forward(*p):
        return mlp.two_layer.forward(network.X, *p, network.y, **options)

    def backward(dL, *p):
        return mlp.two_layer.backward(dL, network.X, *p, network.y, **options)[1:]

    return forward, backward


def medians(functions, rounds):
    """Return the median seconds of each function, called in turn."""
    seconds = {name: [] for name in functions}
    for function in functions.values():
        function()
    for _ in range(rounds):
        for name, function in functions.items():
            start = time.perf_counter()
            function()
            seconds[name].append(time.perf_counter() - start)
    return {name: statistics.median(taken) for name, taken in seconds.items()}


def smallest_rejected(rejects):
    """Return the smallest power of ten by which dW1 may be off and still be rejected."""
    return min(10.0**k for k in range(-12, 0) if rejects(Network(10.0**k)))


def torch_rejects(network):
    try:
        torch.autograd.gradcheck(*in_torch(network), fast_mode=True)
    except GradcheckError:
        return True
    return False


def ours_rejects(network):
    return mlp.check(network.forward, network.backward, *network.point).verdict == "wrong"


@pytest.mark.parametrize("mode", ["fast", "exhaustive"])
def test_speed_beside_torch(mode, capsys):
    torch.set_num_threads(1)
    network, exhaustive = Network(), mode == "exhaustive"
    function, tensors = in_torch(network)
    own = library(network)

    def ours(forward=network.forward, backward=network.backward):
        return mlp.check(forward, backward, *network.point, exhaustive=exhaustive)

    took = medians(
        {
            "torch": lambda: torch.autograd.gradcheck(function, tensors, fast_mode=not exhaustive),
            "mlp": ours,
            "mlp, its own network": lambda: ours(*own),
            "forward": lambda: network.forward(*network.point),
        },
        ROUNDS,
    )
    report = ours()
    share = report.evaluations * took["forward"] / took["mlp"]
    with capsys.disabled():
        print(f"\n{mode}: ", end="")  # noqa: T201  # the figures are the output
        for name in ("torch", "mlp", "mlp, its own network"):
            print(  # noqa: T201  # likewise
                f"{name} {took[name] * 1e3:.1f} ms ({took[name] / took['torch']:.1f} x torch); ",
                end="",
            )
        print(f"{report.evaluations} forward evaluations, {share:.0%} of the time")  # noqa: T201  # likewise
        if not exhaustive:
            reach = smallest_rejected(torch_rejects), smallest_rejected(ours_rejects)
            print(f"smallest error of dW1 rejected: torch {reach[0]:.0e}, mlp {reach[1]:.0e}")  # noqa: T201  # likewise
    assert report.verdict == "correct"
