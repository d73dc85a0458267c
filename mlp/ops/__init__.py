"""The ops: one module each, with forward, backward and example."""

from typing import Any, Protocol

from mlp.inputs import demand
from mlp.op import name_of
from mlp.ops import (
    affine,
    cross_entropy,
    elu,
    gelu,
    identity,
    leaky_relu,
    log_softmax,
    relu,
    sigmoid,
    silu,
    softmax,
    softmax_cross_entropy,
    softplus,
    squared_error,
    tanh,
)
from mlp.shapes import Array
from mlp.signature import parse

OPS = (
    affine,
    identity,
    sigmoid,
    tanh,
    relu,
    leaky_relu,
    elu,
    softplus,
    silu,
    gelu,
    softmax,
    log_softmax,
    cross_entropy,
    softmax_cross_entropy,
    squared_error,
)
ACTIVATIONS: dict[str, Any] = {
    name_of(op): op for op in OPS if getattr(op.forward, "shapes", None) == "(...)->(...)"
}


class Activation(Protocol):
    """What a network needs of its activation: any module or object with these two."""

    def forward(self, Z: Array, /) -> Array:
        """Return A = σ(Z)."""

    def backward(self, dA: Array, Z: Array, /) -> Array:
        """Pull the cotangent dA back to dZ."""


def activation_of(given: Activation | str, who: str = "activation_of") -> Activation:
    """Return the activation of that name, or the given op itself; raise ValueError for others."""
    found: Any = ACTIVATIONS.get(given) if isinstance(given, str) else given
    fits = callable(getattr(found, "forward", None)) and callable(getattr(found, "backward", None))
    required = f"be one of {', '.join(ACTIVATIONS)} or a module with forward and backward"
    demand(who, "activation", given, fits and keeps_shape(found.forward), required)
    activation: Activation = found
    return activation


def keeps_shape(forward: Any) -> bool:
    """Tell whether a function takes one array to another of its shape, unless nothing is said."""
    signature = getattr(forward, "shapes", None)
    if not isinstance(signature, str):
        return True
    arguments, results = parse(signature)
    return arguments == results and len(results) == 1
