"""The network beside torch, jax.jit and its five matrix products alone; each part's share.

A step is the loss and the gradient in all parameters, in float32 and float64, relu. The products
write into arrays that are there already: what every implementation must do, and nothing else.
"""

import jax
import numpy as np
import pytest
import torch
from turns import against, medians, write

from mlp import network, two_layer
from mlp.ops import affine, relu, softmax_cross_entropy

GOALS = {  # n, d, h, c: times torch, jax.jit, five products
    (1, 64, 32, 10): (0.5, 0.9, 5),
    (32, 64, 32, 10): (0.5, 0.9, 5),
    (32, 784, 128, 10): (0.7, 0.9, 1.4),
    (256, 784, 256, 10): (0.85, 0.9, 1.10),
    (1024, 784, 512, 10): (0.85, 0.9, 1.10),
    (1024, 1024, 1024, 1000): (0.85, 0.9, 1.12),
}
PEERS = "torch", "jax", "products"


def point(n, d, h, c, dtype):
    rng = np.random.default_rng(0)
    W1, W2 = rng.normal(size=(d, h)) / d**0.5, rng.normal(size=(h, c)) / h**0.5
    arrays = rng.normal(size=(n, d)), W1, np.zeros(h), W2, np.zeros(c)
    return *(a.astype(dtype) for a in arrays), rng.integers(c, size=n)


def in_torch(X, W1, b1, W2, b2, y):
    X, y = torch.tensor(X), torch.tensor(y)
    leaves = [torch.tensor(p, requires_grad=True) for p in (W1, b1, W2, b2)]

    def step():
        A1 = torch.relu(torch.addmm(leaves[1], X, leaves[0]))
        L = torch.nn.functional.cross_entropy(torch.addmm(leaves[3], A1, leaves[2]), y)
        return L, torch.autograd.grad(L, leaves)

    return step


def in_jax(X, *rest):
    def loss(parameters, X, y):
        W1, b1, W2, b2 = parameters
        Z = jax.nn.relu(X @ W1 + b1) @ W2 + b2
        return -jax.nn.log_softmax(Z)[jax.numpy.arange(len(Z)), y].mean()

    jax.config.update("jax_enable_x64", True)  # noqa: FBT003  # jax's own call
    step = jax.jit(jax.value_and_grad(loss))
    X, W1, b1, W2, b2, y = map(jax.numpy.asarray, (X, *rest))
    return lambda: jax.block_until_ready(step((W1, b1, W2, b2), X, y))


def products(X, W1, _b1, W2, b2, _y):
    n, d, h, c = len(X), *W1.shape, len(b2)
    Z1, Z2, dA1, dW2, dW1 = (np.empty(s, X.dtype) for s in ((n, h), (n, c), (n, h), (h, c), (d, h)))

    def step():
        np.matmul(X, W1, out=Z1)
        np.matmul(Z1, W2, out=Z2)
        np.matmul(Z2, W2.T, out=dA1)
        np.matmul(Z1.T, Z2, out=dW2)
        np.matmul(X.T, dA1, out=dW1)

    return step


def parts(X, W1, b1, W2, b2, y):
    """Return what a step of ours is made of."""
    Z1 = affine.forward(X, W1, b1)
    A1 = relu.forward(Z1)
    Z2 = affine.forward(A1, W2, b2)
    _, dZ2 = softmax_cross_entropy.value_and_grad(Z2, y)
    dA1, _, _ = affine.backward(dZ2, A1, W2, b2)
    return {
        "relu forward": lambda: relu.forward(Z1),
        "relu backward": lambda: relu.backward(dA1, Z1),
        "loss and its gradient": lambda: softmax_cross_entropy.value_and_grad(Z2, y),
    }


def measured(size, dtype):
    at = X, W1, b1, W2, b2, y = point(*size, dtype)
    layers = [(W1, b1), (W2, b2)]
    return medians(
        {
            "two_layer": lambda: two_layer.value_and_grad(*at),
            "network": lambda: network.value_and_grad(X, layers, y),
            "torch": in_torch(*at),
            "jax": in_jax(*at),
            "products": products(*at),
            **parts(*at),
        }
    )


@pytest.fixture(scope="module")
def took():
    torch.set_num_threads(1)
    return {(size, kind): measured(size, kind) for size in GOALS for kind in ("float32", "float64")}


def test_network_beside_torch_jax_and_its_products(took):
    rows, bars = [], []
    for (size, kind), t in took.items():
        for ours in ("two_layer", "network"):
            ratios = [t[ours] / t[peer] for peer in PEERS]
            label = f"{ours} {', '.join(map(str, size))} {kind}"
            shares = [f"{t[p] / t['two_layer']:.0%}" for p in ("products", *PARTS)]
            rows.append(
                [label, *map(against, ratios, GOALS[size]), f"{t[ours] * 1e6:.0f}", *shares]
            )
            bars += [
                (f"{label} / {p}", r / g)
                for p, r, g in zip(PEERS, ratios, GOALS[size], strict=True)
            ]
    head = ["n, d, h, c", *(f"× {peer}" for peer in PEERS), "µs", "products' share", *PARTS]
    assert write("network", "A step of the network", head, rows, bars) == []


PARTS = "relu forward", "relu backward", "loss and its gradient"
