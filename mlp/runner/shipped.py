"""What ``mlp verify`` checks unasked: our ops and networks, at several sizes and dtypes.

    affine, relu, ...   each op of ``mlp.ops.OPS`` at its example, and at larger ones
    two_layer           the two-layer network with each activation, likewise
    digits              the two-layer network on a batch of real images

Tested in tests/runner/test_shipped.py.
"""

from collections.abc import Callable, Iterator
from functools import partial, update_wrapper
from typing import Any

from numpy.random import Generator

from mlp import two_layer
from mlp.datasets import digits
from mlp.initialise import he
from mlp.op import name_of, wrt_of
from mlp.ops import ACTIVATIONS, OPS, cross_entropy, gelu, softmax, softmax_cross_entropy
from mlp.runner.points import Draw, Point, from_example, in_dtype
from mlp.runner.targets import Target

DTYPES = ("float64", "float32")
GROWTH = (1, 2, 5)  # sizes 3, 4, 2 become 7, 9, 5 and then 19, 24, 14
BATCH, WIDTH = 8, 12  # of the network that looks at digits: few enough for float32
BY_NAME = {name_of(op): op for op in OPS}
NAMES = (*BY_NAME, "two_layer", "digits")


def shipped(name: str) -> list[Target]:
    """Return the targets of one of ``NAMES``; those of one dtype follow each other."""
    op = BY_NAME.get(name, two_layer)
    return [
        Target(
            name,
            under(op.forward, options),
            under(op.backward, options),
            in_dtype(dtype, draw),
            wrt_of(op),
            dtype,
            where,
            word=name,
            double=False,  # the kernels in float32 are ours as well
        )
        for dtype in DTYPES
        for where, draw, options in variants(name)
    ]


def variants(name: str) -> Iterator[tuple[str, Draw, dict[str, str]]]:
    """Yield what tells the cases of one of ``NAMES`` apart, their points and their options."""
    if name == "digits":
        yield f"{BATCH} images", images, {}
        return
    op = BY_NAME.get(name, two_layer)
    for growth in GROWTH:
        draw, where = from_example(op.example, growth), f"sizes × {growth}"
        if op is two_layer:
            for activation in ACTIVATIONS:
                yield f"{activation}, {where}", draw, {"activation": activation}
            continue
        yield where, draw, {}
        if op is gelu:
            yield f"tanh form, {where}", draw, {"approximate": "tanh"}
        if op in {cross_entropy, softmax_cross_entropy}:
            yield f"soft targets, {where}", partial(soft, draw), {}


def under(function: Callable[..., Any], options: dict[str, str]) -> Callable[..., Any]:
    """Fix the options of a function, which keeps its name and signature."""
    return update_wrapper(partial(function, **options), function) if options else function


def soft(draw: Draw, rng: Generator) -> Point:
    """Draw a point of a loss with probabilities in place of its labels."""
    Z, _ = draw(rng)
    return Z, softmax.forward(rng.normal(size=Z.shape))


def images(rng: Generator) -> Point:
    """Draw a batch of digits and the weights of a network that has not learned yet."""
    X, y = digits()
    rows = rng.choice(len(X), BATCH, replace=False)
    (W1, b1), (W2, b2) = he(rng, (X.shape[1], WIDTH, 10))
    return X[rows], W1, b1, W2, b2, y[rows]
