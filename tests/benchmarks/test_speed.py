"""Speed side by side with torch.autograd.gradcheck: a tanh network of 698 parameters.

Both check the same hand-written gradient of the same network (n = 16, 32-16-10, cross-entropy) at
the same point, one thread, float64, in turn; figures are ratios of medians. The NumPy functions are
the ones that a user would write; the library's own network, whose ops keep more digits than that,
stands beside them. Reach is the smallest error of W1 that each of the checkers rejects.
"""

import numpy as np
import pytest
from turns import against, medians, write

import mlp

torch = pytest.importorskip("torch", reason="torch.autograd.gradcheck is what is compared with")
theirs = pytest.importorskip("torch.autograd.gradcheck")

N, D, H, C = 16, 32, 16, 10
GOALS = {"fast": 2.0, "exhaustive": 1.0}  # times torch's fast mode, and its slow one


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


def smallest_rejected(rejects):
    """Return the smallest power of ten by which dW1 may be off and still be rejected."""
    return min(10.0**k for k in range(-12, 0) if rejects(Network(10.0**k)))


def torch_rejects(network):
    try:
        torch.autograd.gradcheck(*in_torch(network), fast_mode=True)
    except theirs.GradcheckError:
        return True
    return False


def ours_rejects(network):
    return mlp.check(network.forward, network.backward, *network.point).verdict == "wrong"


def row(mode):
    """Return the row of one mode of the table."""
    network, exhaustive = Network(), mode == "exhaustive"
    function, tensors = in_torch(network)
    own = library(network)

    def ours(forward=network.forward, backward=network.backward):
        return mlp.check(forward, backward, *network.point, exhaustive=exhaustive)

    took = medians(
        {
            "torch": lambda: torch.autograd.gradcheck(function, tensors, fast_mode=not exhaustive),
            "mlp": ours,
            "own": lambda: ours(*own),
            "forward": lambda: network.forward(*network.point),
        },
    )
    report = ours()
    assert report.verdict == "correct"
    share = report.evaluations * took["forward"] / took["mlp"]
    return [
        mode,
        against(took["mlp"] / took["torch"], GOALS[mode]),
        *(f"{1e3 * took[who]:.1f}" for who in ("mlp", "torch")),
        f"{took['own'] / took['torch']:.2f}",
        f"{report.evaluations}",
        f"{share:.0%}",
    ]


def test_speed_beside_torch():
    torch.set_num_threads(1)
    head = ["mode", "× torch", "ms", "torch, ms", "library's own network, × torch"]
    head += ["evaluations", "their share"]
    title = "A check of a tanh network of 698 parameters, beside `torch.autograd.gradcheck`"
    assert write("speed", title, head, [*map(row, GOALS)]) == []


def test_reach_beside_torch():
    assert smallest_rejected(ours_rejects) < smallest_rejected(torch_rejects)
