"""An epoch of descent on the digits, beside scikit-learn and a plain loop in PyTorch.

The same network 64-32-10 from the same weights, the same batches in the same order, rate and
momentum, float64: after five epochs all three have the same loss, but for rounding.
"""

import copy
import warnings

import numpy as np
import torch
from sklearn.neural_network import MLPClassifier
from turns import against, medians, write

from mlp import network
from mlp.datasets import digits
from mlp.descent import descend
from mlp.initialise import glorot

WIDTHS, BATCH, RATE, MOMENTUM, GOAL = (64, 32, 10), 32, 0.1, 0.9, 0.5
X, y = digits()


def loss(layers, X, y):
    return network.value_and_grad(X, layers, y)


def start():
    return glorot(np.random.default_rng(0), WIDTHS)


def ours(epochs):
    options = {"rate": RATE, "momentum": MOMENTUM, "batch": BATCH, "epochs": epochs}
    *_, last = descend(loss, start(), X, y, **options)
    return last.parameters


def orders(epochs):
    """Return the order of each epoch, as descend draws it."""
    rng = np.random.default_rng(0)
    return [rng.permutation(len(X)) for _ in range(epochs)]


def in_torch(epochs):
    leaves = [torch.tensor(p, requires_grad=True) for pair in start() for p in pair]
    sgd = torch.optim.SGD(leaves, lr=RATE, momentum=MOMENTUM)
    inputs, labels = torch.tensor(X), torch.tensor(y)
    for order in orders(epochs):
        for rows in torch.tensor(order).split(BATCH):
            A = torch.relu(torch.addmm(leaves[1], inputs[rows], leaves[0]))
            Z = torch.addmm(leaves[3], A, leaves[2])
            sgd.zero_grad()
            torch.nn.functional.cross_entropy(Z, labels[rows]).backward()
            sgd.step()
    W1, b1, W2, b2 = (leaf.detach().numpy() for leaf in leaves)
    return [(W1, b1), (W2, b2)]


def in_sklearn(epochs):
    model = copy.deepcopy(MODEL)
    for order in orders(epochs):
        model.partial_fit(X[order], y[order])
    return list(zip(model.coefs_, model.intercepts_, strict=True))


def model():
    """Return scikit-learn's network at our start, with nothing learnt."""
    options = {"nesterovs_momentum": False, "alpha": 0, "shuffle": False}
    fresh = MLPClassifier(
        WIDTHS[1],
        solver="sgd",
        batch_size=BATCH,
        learning_rate_init=RATE,
        momentum=MOMENTUM,
        **options,
    )
    fresh.partial_fit(X[:BATCH], y[:BATCH], classes=range(10))  # makes what is set below
    fresh.coefs_, fresh.intercepts_ = map(list, zip(*start(), strict=True))
    del fresh._optimizer  # noqa: SLF001  # it remembers a step
    return fresh


def measured():
    """Return the seconds of an epoch and the loss after five of each of the three."""
    runs = {"ours": ours, "torch": in_torch, "scikit-learn": in_sklearn}
    t = medians({who: lambda run=run: run(1) for who, run in runs.items()})
    return t, {who: loss(run(5), X, y)[0] for who, run in runs.items()}


with warnings.catch_warnings():
    warnings.simplefilter("ignore", FutureWarning)  # scikit-learn's own
    MODEL = model()


def test_epoch_on_the_digits():
    torch.set_num_threads(1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        t, losses = measured()
    rows = [
        [
            who,
            against(t["ours"] / t[who], GOAL),
            *(f"{1e3 * t[w]:.1f}" for w in ("ours", who)),
            *(f"{losses[w]:.6f}" for w in ("ours", who)),
        ]
        for who in ("torch", "scikit-learn")
    ]
    head = ["beside", "ratio", "ours, ms", "theirs, ms", "our loss after 5 epochs", "theirs"]
    assert write("epoch", "An epoch on the digits", head, rows) == []
    np.testing.assert_allclose(losses["torch"], losses["ours"], rtol=1e-6)
    np.testing.assert_allclose(losses["scikit-learn"], losses["ours"], rtol=1e-6)
