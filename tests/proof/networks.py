"""What is proved of ops and networks, as pairs of functions whose arguments are all arrays."""

from functools import partial

from mlp import network, two_layer

ACTIVATIONS = ("sigmoid", "tanh", "relu")  # three pieces an entry, none, and two


def pair(op, **options):
    """Return forward and backward, or the textbook lines where an op ships these besides."""
    if hasattr(op, "definition"):
        return partial(op.definition, **options), partial(op.definition_backward, **options)
    return partial(op.forward, **options), partial(op.backward, **options)


def layered(activation):
    """Return the network of three layers with its parameters as arguments."""

    def forward(X, W1, b1, W2, b2, W3, b3, y):
        layers = [(W1, b1), (W2, b2), (W3, b3)]
        return network.forward(X, layers, y, activation=activation)

    def backward(dL, X, W1, b1, W2, b2, W3, b3, y):
        layers = [(W1, b1), (W2, b2), (W3, b3)]
        dX, gradients = network.backward(dL, X, layers, y, activation=activation)
        return dX, *(d for pair in gradients for d in pair)

    return forward, backward


def curved(activation):
    """Return the gradient of the two-layer network, and its Hessian, symmetric, times a vector."""

    def forward(W1, b1, W2, b2, X, y):
        _, gradients = two_layer.value_and_grad(X, W1, b1, W2, b2, y, activation=activation)
        return gradients

    def backward(direction, W1, b1, W2, b2, X, y):
        return two_layer.hessian_vector_product(
            *direction, X, W1, b1, W2, b2, y, activation=activation
        )

    return forward, backward
