"""The two-layer network, every line spelled out:  L = loss(σ(X W1 + b1) W2 + b2, y).

    X  : (n, d)  inputs           W1 : (d, h)  b1 : (h,)  to h hidden units
    Z1 : (n, h)  pre-activations  A1 = σ(Z1)              activations
    Z2 : (n, c)  logits           W2 : (h, c)  b2 : (c,)  to c classes
    y  : (n,)    labels 0 .. c−1, or Y : (n, c) soft targets; L is their mean cross-entropy

    backward    the forward lines read upwards, each with a d in front

σ is relu unless ``activation`` names another op or is one.

Derived in derivations/06-two-layer.md, tested in tests/test_two_layer.py.
"""

from typing import Any, TypeAlias

from numpy.random import Generator

from mlp.curvature import curvature
from mlp.inputs import draws
from mlp.ops import Activation, activation_of, affine, relu, softmax, softmax_cross_entropy
from mlp.parts import by_parts
from mlp.rows import ieee
from mlp.shapes import Array, Labels, shapes

Gradients: TypeAlias = tuple[Array, Array, Array, Array]


@shapes("(n,d),(d,h),(h),(h,c),(c),(n)|(n,c)->()")
def forward(
    X: Array,
    W1: Array,
    b1: Array,
    W2: Array,
    b2: Array,
    y: Labels | Array,
    *,
    activation: Activation | str = relu,
) -> Any:
    """Return the mean loss L."""
    sigma = activation_of(activation, "two_layer.forward")
    Z1 = affine.forward(X, W1, b1)
    A1 = sigma.forward(Z1)
    Z2 = affine.forward(A1, W2, b2)
    return softmax_cross_entropy.forward(Z2, y)


@shapes("(),(n,d),(d,h),(h),(h,c),(c),(n)|(n,c)->(n,d),(d,h),(h),(h,c),(c)")
def backward(
    dL: Array,
    X: Array,
    W1: Array,
    b1: Array,
    W2: Array,
    b2: Array,
    y: Labels | Array,
    *,
    activation: Activation | str = relu,
) -> tuple[Array, Array, Array, Array, Array]:
    """Pull the cotangent dL back to (dX, dW1, db1, dW2, db2)."""
    sigma = activation_of(activation, "two_layer.backward")
    Z1 = affine.forward(X, W1, b1)
    A1 = sigma.forward(Z1)
    Z2 = affine.forward(A1, W2, b2)

    dZ2 = softmax_cross_entropy.backward(dL, Z2, y)
    dA1, dW2, db2 = affine.backward(dZ2, A1, W2, b2)
    dZ1 = sigma.backward(dA1, Z1)
    dX, dW1, db1 = affine.backward(dZ1, X, W1, b1)
    return dX, dW1, db1, dW2, db2


@shapes("(n,d),(d,h),(h),(h,c),(c)->(n,c),(n)")
def predict(
    X: Array, W1: Array, b1: Array, W2: Array, b2: Array, *, activation: Activation | str = relu
) -> tuple[Array, Labels]:
    """Return the probability of each class, and the likeliest class, of each input.

    Parameters
    ----------
    X : (n, d) array
        Inputs.
    W1, b1, W2, b2 : (d, h), (h,), (h, c), (c,) arrays
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
        Where a shape, a dtype or the activation does not fit.

    Examples
    --------
    >>> from mlp import two_layer
    >>> P, classes = two_layer.predict([[3.0], [-3.0]], [[1.0]], [0.0], [[0.0, 1.0]], [0.0, -1.0])
    >>> P.round(3).tolist(), classes.tolist()
    ([[0.119, 0.881], [0.731, 0.269]], [1, 0])
    """
    sigma = activation_of(activation, "two_layer.predict")
    Z1 = affine.forward(X, W1, b1)
    A1 = sigma.forward(Z1)
    Z2 = affine.forward(A1, W2, b2)
    return softmax.forward(Z2), Z2.argmax(axis=1)


@by_parts
@shapes("(n,d),(d,h),(h),(h,c),(c),(n)|(n,c)->(),(d,h),(h),(h,c),(c)")
def value_and_grad(
    X: Array,
    W1: Array,
    b1: Array,
    W2: Array,
    b2: Array,
    y: Labels | Array,
    *,
    activation: Activation | str = relu,
) -> tuple[Any, Gradients]:
    """Return the mean loss and its gradient in the parameters, from one forward pass.

    Parameters
    ----------
    X : (n, d) array
        Inputs; a Dask array in chunks of rows is answered part by part.
    W1, b1, W2, b2 : (d, h), (h,), (h, c), (c,) arrays
        Parameters.
    y : (n,) int array or (n, c) array
        Labels, or soft targets.
    activation : op or str
        The activation σ, or its name.

    Returns
    -------
    L : scalar
        The bits of ``forward``.
    dW1, db1, dW2, db2 : tuple of arrays
        The bits of ``backward`` at dL = 1, shaped like the parameters.

    Raises
    ------
    ShapeError, TypeError, ValueError
        Where a shape, a dtype, a label or the activation does not fit.

    Examples
    --------
    >>> from mlp import two_layer
    >>> L, (dW1, db1, dW2, db2) = two_layer.value_and_grad(
    ...     [[3.0], [-3.0]], [[1.0]], [0.0], [[0.0, 1.0]], [0.0, -1.0], [1, 0]
    ... )
    >>> print(round(float(L), 6), db2.round(6).tolist())
    0.220095 [-0.074869, 0.074869]
    """
    sigma = activation_of(activation, "two_layer.value_and_grad")
    Z1 = affine.forward(X, W1, b1)
    A1 = sigma.forward(Z1)
    Z2 = affine.forward(A1, W2, b2)

    L, dZ2 = softmax_cross_entropy.value_and_grad(Z2, y)
    dA1, dW2, db2 = affine.backward(dZ2, A1, W2, b2)
    dZ1 = sigma.backward(dA1, Z1)
    dW1, db1 = affine.backward_parameters(dZ1, X, W1, b1)  # nobody asks for dX
    return L, (dW1, db1, dW2, db2)


@shapes("(d,h),(h),(h,c),(c),(n,d),(d,h),(h),(h,c),(c),(n)|(n,c)->(d,h),(h),(h,c),(c)")
@ieee
def hessian_vector_product(
    W1_dot: Array,
    b1_dot: Array,
    W2_dot: Array,
    b2_dot: Array,
    X: Array,
    W1: Array,
    b1: Array,
    W2: Array,
    b2: Array,
    y: Labels | Array,
    *,
    activation: Activation | str = relu,
) -> Gradients:
    """Return the Hessian of L in the parameters times a direction, without forming the Hessian.

    Every line of ``value_and_grad`` is followed by its tangent (Pearlmutter 1994, the R-operator):
    the result is how the gradient changes when the parameters move in the direction.

    Parameters
    ----------
    W1_dot, b1_dot, W2_dot, b2_dot : (d, h), (h,), (h, c), (c,) arrays
        The direction.
    X, W1, b1, W2, b2, y, activation : as in ``value_and_grad``
        The point; the activation is one of ours, at its default options.

    Returns
    -------
    tuple of arrays
        The tangents of dW1, db1, dW2 and db2.

    Raises
    ------
    ShapeError, TypeError, ValueError
        Where a shape, a dtype, a label or the activation does not fit.

    Examples
    --------
    >>> from mlp import two_layer
    >>> point = [[3.0], [-3.0]], [[1.0]], [0.0], [[0.0, 1.0]], [0.0, -1.0], [1, 0]
    >>> direction = [[0.0]], [0.0], [[0.0, 0.0]], [1.0, 0.0]
    >>> _, _, _, b2_column = two_layer.hessian_vector_product(*direction, *point)
    >>> b2_column.round(6).tolist()
    [0.150803, -0.150803]
    """
    sigma = activation_of(activation, "two_layer.hessian_vector_product")
    Z1 = affine.forward(X, W1, b1)
    Z1_dot = affine.forward(X, W1_dot, b1_dot)
    A1 = sigma.forward(Z1)
    A1_dot = sigma.backward(Z1_dot, Z1)  # σ'(Z1) ⊙ Ż1: elementwise, forwards is backwards
    Z2 = affine.forward(A1, W2, b2)
    Z2_dot = affine.forward(A1, W2_dot, b2_dot) + A1_dot @ W2

    _, dZ2 = softmax_cross_entropy.value_and_grad(Z2, y)
    weight = 1 if y.ndim == 1 else y.sum(axis=1, keepdims=True)
    dZ2_dot = softmax.backward(Z2_dot, Z2) * weight / len(X)  # the Jacobian of softmax is symmetric
    dW2_dot = A1_dot.T @ dZ2 + A1.T @ dZ2_dot
    db2_dot = dZ2_dot.sum(axis=0)
    dA1 = dZ2 @ W2.T
    dA1_dot = dZ2_dot @ W2.T + dZ2 @ W2_dot.T
    dZ1_dot = sigma.backward(dA1_dot, Z1) + curvature(sigma, Z1) * Z1_dot * dA1
    dW1_dot = X.T @ dZ1_dot
    db1_dot = dZ1_dot.sum(axis=0)
    return dW1_dot, db1_dot, dW2_dot, db2_dot


@draws
def example(
    rng: Generator, n: int = 3, d: int = 4, h: int = 5, c: int = 2
) -> tuple[Array, Array, Array, Array, Array, Labels]:
    """Draw a generic point at which to verify this network."""
    X, W1, b1 = affine.example(rng, n, d, h)
    _, W2, b2 = affine.example(rng, n, h, c)
    return X, W1, b1, W2, b2, rng.integers(c, size=n)
