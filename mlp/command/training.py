"""Learn to read digits: the two-layer network, mini-batch gradient descent, a held-out fifth.

Tested in tests/command/test_training.py.
"""

import math
import time
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from mlp import two_layer
from mlp.datasets import digits, hold_out
from mlp.descent import descend
from mlp.initialise import he
from mlp.shapes import Array, Labels

BATCH, MOMENTUM, HELD_OUT = 32, 0.9, 0.2
PIXELS, CLASSES = 64, 10

Parameters: TypeAlias = tuple[Array, Array, Array, Array]  # W1, b1, W2, b2


@dataclass(frozen=True)
class Run:
    """What one run of training left behind."""

    seed: int
    losses: Array  # of every mini-batch
    held_out_losses: Array  # after every epoch
    accuracy: float  # on the images that were learned from
    X: Array  # held-out images,
    y: Labels  # the digits they show
    read: Labels  # and the digits that the network reads in them
    seconds: float

    @property
    def right(self) -> npt.NDArray[np.bool_]:
        """Which of the held-out images were read right."""
        return np.equal(self.read, self.y)

    @property
    def held_out_accuracy(self) -> float:
        """The share of held-out images that were read right."""
        return float(self.right.mean())


def learn(
    seed: int = 0,
    *,
    width: int = 64,
    epochs: int = 30,
    rate: float = 0.1,
    activation: str = "relu",
    progress: bool = False,
) -> Run:
    """Learn the digits; split, first weights and order come from the seed.

    Raises ``FloatingPointError`` where the rate is so high that the loss has no value any more.
    """
    start = time.perf_counter()
    rng = np.random.default_rng(seed)
    X, y = digits()
    train, held_out = hold_out(y, HELD_OUT, rng=rng)
    (W1, b1), (W2, b2) = he(rng, (PIXELS, width, CLASSES))

    def value_and_grad(parameters: Parameters, X: Array, y: Labels) -> Any:
        return two_layer.value_and_grad(X, *parameters, y, activation=activation)

    steps = descend(
        value_and_grad,
        (W1, b1, W2, b2),
        X[train],
        y[train],
        rate=rate,
        momentum=MOMENTUM,
        batch=BATCH,
        epochs=epochs,
        rng=rng,
        progress=progress,
    )
    losses, held_out_losses = [], []
    for step in steps:
        losses.append(step.loss)
        if step.number % math.ceil(len(train) / BATCH) == 0:
            learned: Parameters = step.parameters
            held_out_losses.append(
                two_layer.forward(X[held_out], *learned, y[held_out], activation=activation)
            )
    _, read = two_layer.predict(X, *learned, activation=activation)
    return Run(
        seed,
        np.array(losses),
        np.array(held_out_losses),
        float((read == y)[train].mean()),
        X[held_out],
        y[held_out],
        read[held_out],
        time.perf_counter() - start,
    )
