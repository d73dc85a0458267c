"""Learn to read digits: the two-layer network, mini-batch gradient descent, a held-out fifth.

Tested in tests/command/test_training.py.
"""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from mlp import two_layer
from mlp.command.kept import CLASSES, PIXELS, SoFar, best_epoch
from mlp.datasets import digits, hold_out
from mlp.descent import descend
from mlp.initialise import he
from mlp.shapes import Array, Labels

BATCH, MOMENTUM, HELD_OUT = 32, 0.9, 0.2
CHANCE = 1 / CLASSES
LUCK = 3  # standard errors above chance that luck may bring

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

    @property
    def is_chance(self) -> bool:
        """Whether as many held-out images may be read right by luck alone."""
        spread = math.sqrt(CHANCE * (1 - CHANCE) / len(self.y))
        return self.held_out_accuracy <= CHANCE + LUCK * spread


def learn(
    seed: int = 0,
    *,
    width: int = 64,
    epochs: int = 30,
    rate: float = 0.1,
    activation: str = "relu",
    progress: bool = False,
    kept: SoFar | None = None,
    keep: Callable[[SoFar], None] = lambda _: None,
) -> Run:
    """Learn the digits; split, first weights and order come from the seed.

    Goes on with what was kept, if anything, and hands over what is to be kept after every epoch.
    Raises ``FloatingPointError`` where the rate is so high that the loss has no value any more.
    """
    start = time.perf_counter()
    rng = np.random.default_rng(seed)
    X, y = digits()
    train, held_out = hold_out(y, HELD_OUT, rng=rng)
    (W1, b1), (W2, b2) = he(rng, (PIXELS, width, CLASSES))
    if kept:
        rng.bit_generator.state = kept.order

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
        after=kept.step if kept else None,
    )
    losses, held_out_losses = ([*kept.losses], [*kept.held_out_losses]) if kept else ([], [])
    for step in steps:
        losses.append(step.loss)
        if step.number % math.ceil(len(train) / BATCH) == 0:
            learned: Parameters = step.parameters
            held_out_losses.append(
                float(two_layer.forward(X[held_out], *learned, y[held_out], activation=activation))
            )
            best = (
                learned if kept is None or best_epoch(held_out_losses) == step.epoch else kept.best
            )
            order = dict(rng.bit_generator.state)
            kept = SoFar(step, best, [*losses], [*held_out_losses], order)
            keep(kept)
    assert kept is not None  # noqa: S101  # there is an epoch
    _, read = two_layer.predict(X, *kept.step.parameters, activation=activation)
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
