"""The ops: one module each, with forward, backward and example."""

from typing import Any, Protocol

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


class Activation(Protocol):
    """What a network needs of its activation: any module or object with these two."""

    def forward(self, Z: Array, /) -> Array:
        """Return A = σ(Z)."""

    def backward(self, dA: Array, Z: Array, /) -> Array:
        """Pull the cotangent dA back to dZ."""


def activation_of(given: Activation | str) -> Activation:
    """Return the activation of that name, or the given op itself; raise ValueError for others."""
    if not isinstance(given, str) and hasattr(given, "forward") and hasattr(given, "backward"):
        return given
    known: dict[str, Any] = {
        name_of(op): op for op in OPS if getattr(op.forward, "shapes", None) == "(...)->(...)"
    }
    if not isinstance(given, str) or given not in known:
        raise ValueError(
            f"activation must be one of {', '.join(known)} or a module with forward and backward, "
            f"but is {given!r}"
        )
    named: Activation = known[given]
    return named
