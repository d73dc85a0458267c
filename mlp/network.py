"""The network of L layers, a loop over the same ops:  H⁽ˡ⁾ = σ(H⁽ˡ⁻¹⁾ W⁽ˡ⁾ + b⁽ˡ⁾), logits last.

    X      : (n, d)  inputs, H⁽⁰⁾
    layers : list of pairs (W, b), W⁽ˡ⁾ (d⁽ˡ⁻¹⁾, d⁽ˡ⁾) and b⁽ˡ⁾ (d⁽ˡ⁾,); the last has no σ after it
    y      : (n,)    labels 0 .. c−1, or Y : (n, c) soft targets; L is their mean cross-entropy

    backward    dZ⁽ˡ⁾ = (dZ⁽ˡ⁺¹⁾ W⁽ˡ⁺¹⁾ᵀ) ⊙ σ'(Z⁽ˡ⁾),  from the last layer to the first

σ is relu unless ``activation`` names another op or is one. With two layers: two_layer, bit for bit.

Derived in derivations/07-layers.md, tested in tests/test_network.py.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, TypeAlias

from numpy.random import Generator

from mlp.inputs import demand, draws
from mlp.ops import Activation, activation_of, affine, relu, softmax, softmax_cross_entropy
from mlp.parts import by_parts
from mlp.shapes import Array, Labels, Pairs, ShapeError

LAST = "network: at the logits Z of X and layers"

Layers: TypeAlias = Sequence[tuple[Array, Array]]


def forward(
    X: Array, layers: Layers, y: Labels | Array, *, activation: Activation | str = relu
) -> Any:
    """Return the mean loss L."""
    *_, Z = pre_activations(X, layers, activation_of(activation, "network.forward"))[1]
    with told(LAST):
        return softmax_cross_entropy.forward(Z, y)


def backward(
    dL: Array, X: Array, layers: Layers, y: Labels | Array, *, activation: Activation | str = relu
) -> tuple[Array, Pairs]:
    """Pull the cotangent dL back to dX and the list of (dW, db)."""
    sigma = activation_of(activation, "network.backward")
    H, Z = pre_activations(X, layers, sigma)
    with told(LAST):
        dZ = softmax_cross_entropy.backward(dL, Z[-1], y)
    dZ, gradients = pull(dZ, H[1:], Z, layers[1:], sigma)
    dX, dW, db = affine.backward(dZ, H[0], *layers[0])
    return dX, [(dW, db), *gradients]


def predict(
    X: Array, layers: Layers, *, activation: Activation | str = relu
) -> tuple[Array, Labels]:
    """Return the probability of each class, and the likeliest class, of each input.

    Parameters
    ----------
    X : (n, d) array
        Inputs.
    layers : list of (W, b)
        Parameters.
    activation : op or str
        The activation σ, or its name.

    Returns
    -------
    P : (n, c) array
        Probabilities.
    classes : (n,) int array
        The likeliest class of each row; the first of several.

    Raises
    ------
    ShapeError, TypeError, ValueError
        Where a shape, a dtype or the activation does not fit; the message names the layer.

    Examples
    --------
    >>> from mlp import network
    >>> layers = [([[1.0]], [0.0]), ([[0.0, 1.0]], [0.0, -1.0])]
    >>> P, classes = network.predict([[3.0], [-3.0]], layers)
    >>> P.round(3).tolist(), classes.tolist()
    ([[0.119, 0.881], [0.731, 0.269]], [1, 0])
    """
    *_, Z = pre_activations(X, layers, activation_of(activation, "network.predict"))[1]
    with told(LAST):
        return softmax.forward(Z), Z.argmax(axis=1)


@by_parts
def value_and_grad(
    X: Array, layers: Layers, y: Labels | Array, *, activation: Activation | str = relu
) -> tuple[Any, Pairs]:
    """Return the mean loss and its gradient in the parameters, from one forward pass.

    Parameters
    ----------
    X : (n, d) array
        Inputs; a Dask array in chunks of rows is answered part by part.
    layers : list of (W, b)
        Parameters.
    y : (n,) int array or (n, c) array
        Labels, or soft targets.
    activation : op or str
        The activation σ, or its name.

    Returns
    -------
    L : scalar
        The bits of ``forward``.
    gradients : list of (dW, db)
        The bits of ``backward`` at dL = 1, shaped like the layers.

    Raises
    ------
    ShapeError, TypeError, ValueError
        Where a shape, a dtype, a label or the activation does not fit; the message names the layer.

    Examples
    --------
    >>> from mlp import network
    >>> layers = [([[1.0]], [0.0]), ([[0.0, 1.0]], [0.0, -1.0])]
    >>> L, [(dW1, db1), (dW2, db2)] = network.value_and_grad([[3.0], [-3.0]], layers, [1, 0])
    >>> print(round(float(L), 6), db2.round(6).tolist())
    0.220095 [-0.074869, 0.074869]
    """
    sigma = activation_of(activation, "network.value_and_grad")
    H, Z = pre_activations(X, layers, sigma)
    with told(LAST):
        L, dZ = softmax_cross_entropy.value_and_grad(Z[-1], y)
    dZ, gradients = pull(dZ, H[1:], Z, layers[1:], sigma)
    first = affine.backward_parameters(dZ, H[0], *layers[0])  # nobody asks for dX
    return L, [first, *gradients]


class told:  # noqa: N801  # read as a word; a class, since a generator would cost 2 µs a layer
    """Say where it was that an op refused its arguments."""

    def __init__(self, where: str) -> None:
        self.where = where

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        if isinstance(error, (ValueError, TypeError)):
            raise type(error)(f"{self.where}: {error}") from None


def pre_activations(X: Array, layers: Layers, sigma: Activation) -> tuple[list[Array], list[Array]]:
    """Return what enters each layer, H⁽ˡ⁻¹⁾, and the pre-activations Z⁽ˡ⁾ it makes of it."""
    listed = isinstance(layers, (list, tuple))
    demand("network", "layers", layers, listed, "be a list of pairs (W, b)")
    if not layers:
        raise ShapeError("network: layers must hold one pair (W, b) or more, but it is empty")
    H, Z = [X], []
    for number, layer in enumerate(layers, start=1):
        place = f"layer {number} of {len(layers)}"
        pair: Any = layer
        fits = isinstance(pair, (list, tuple)) and len(pair) == 2
        demand("network", place, layer, fits, "be a pair (W, b)")
        with told(f"network: {place}"):
            Z.append(affine.forward(H[-1], *layer))
        if number < len(layers):
            with told(f"network: after {place} of X and layers"):
                H.append(sigma.forward(Z[-1]))
    return H, Z


def pull(
    dZ: Array, H: list[Array], Z: list[Array], layers: Layers, sigma: Activation
) -> tuple[Array, Pairs]:
    """Pull the cotangent of the logits back through all layers but the first: dZ⁽¹⁾, (dW, db)."""
    gradients: Pairs = []
    for number in reversed(range(len(layers))):
        dH, dW, db = affine.backward(dZ, H[number], *layers[number])
        gradients.insert(0, (dW, db))
        dZ = sigma.backward(dH, Z[number])
    return dZ, gradients


@draws
def example(
    rng: Generator, n: int = 3, widths: Sequence[int] = (4, 6, 5, 2)
) -> tuple[Array, Pairs, Labels]:
    """Draw a generic point at which to verify this network."""
    layers: Pairs = [(rng.normal(size=(d, m)), rng.normal(size=m)) for d, m in pairwise(widths)]
    return rng.normal(size=(n, widths[0])), layers, rng.integers(widths[-1], size=n)
