"""Layers that keep their state in attributes, in the styles in which people write them.

Each class is right, and ``averaged`` makes a wrong one of it.
"""

import numpy as np


class Attributes:
    """The gradients in dW and db, as in most courses."""

    def __init__(self, n=4, m=3):
        rng = np.random.default_rng(1)
        self.W, self.b = rng.normal(size=(n, m)), rng.normal(size=m)
        self.x = self.dW = self.db = None

    def forward(self, x):
        self.x = x
        return x @ self.W + self.b

    def backward(self, dout):
        self.dW = self.x.T @ dout
        self.db = self.bias(dout)
        return dout @ self.W.T

    def bias(self, dout):
        return dout.sum(0)


class Words(Attributes):
    """Whole words, a bias of one row, nothing returned: the results are attributes as well."""

    def __init__(self):
        rng = np.random.default_rng(2)
        self.weights, self.biases = rng.normal(size=(4, 3)), rng.normal(size=(1, 3))

    def forward(self, inputs):
        self.inputs = inputs
        self.output = np.dot(inputs, self.weights) + self.biases

    def backward(self, dvalues):
        self.dweights = np.dot(self.inputs.T, dvalues)
        self.dbiases = self.bias(dvalues)[None]
        self.dinputs = np.dot(dvalues, self.weights.T)


class Prefixed(Attributes):
    """grad_W and grad_b."""

    def backward(self, grad_output):
        self.grad_W = self.x.T @ grad_output
        self.grad_b = self.bias(grad_output)
        return grad_output @ self.W.T


class Dicts(Attributes):
    """params["W"] beside grads["W"]."""

    def __init__(self):
        rng = np.random.default_rng(3)
        self.params = {"W": rng.normal(size=(4, 3)), "b": rng.normal(size=3)}
        self.grads = {"W": None, "b": None}

    def forward(self, x, training=True):  # noqa: ARG002, FBT002  # as people write it
        self.x = x
        return x @ self.params["W"] + self.params["b"]

    def backward(self, grad):
        self.grads["W"] = self.x.T @ grad
        self.grads["b"] = self.bias(grad)
        return grad @ self.params["W"].T


class Half(Attributes):
    """Attributes W and b, and a dict of gradients; params holds the same arrays once more."""

    def __init__(self):
        super().__init__()
        self.params, self.grads = {"W": self.W, "b": self.b}, {}

    def backward(self, grad):
        self.grads["W"] = self.x.T @ grad
        self.grads["b"] = self.bias(grad)
        return grad @ self.W.T


class Lists(Attributes):
    """params and grads as lists, the gradients written in place."""

    def __init__(self):
        super().__init__()
        self.params = [self.W, self.b]
        self.grads = [np.zeros_like(self.W), np.zeros_like(self.b)]

    def forward(self, x):
        W, b = self.params
        self.x = x
        return x @ W + b

    def backward(self, dout):
        W, _ = self.params
        self.grads[0][...] = self.x.T @ dout
        self.grads[1][...] = self.bias(dout)
        return dout @ W.T


class Methods(Attributes):
    """parameters() and gradients() return lists; the gradients have names of their own."""

    def backward(self, dout):
        self._one = self.x.T @ dout
        self._two = self.bias(dout)
        return dout @ self.W.T

    def parameters(self):
        return [self.W, self.b]

    def gradients(self):
        return [self._one, self._two]


class Pairs(Methods):
    """parameters() returns pairs of a parameter and its gradient."""

    gradients = None

    def parameters(self):
        return [(self.W, self._one), (self.b, self._two)]


class Adding(Attributes):
    """The gradients are added to, and zero_grad makes them zero."""

    def __init__(self):
        super().__init__()
        self.zero_grad()

    def zero_grad(self):
        self.W_grad, self.b_grad = np.zeros_like(self.W), np.zeros_like(self.b)

    def backward(self, dout):
        self.W_grad += self.x.T @ dout
        self.b_grad += self.bias(dout)
        return dout @ self.W.T


class Parameter:
    """A number with its gradient."""

    def __init__(self, data):
        self.data, self.grad = data, np.zeros_like(data)

    def zero_grad(self):
        self.grad[...] = 0


class Objects(Attributes):
    """Parameters are objects with data and grad."""

    def __init__(self):
        rng = np.random.default_rng(4)
        self.weight, self.bias_ = (Parameter(rng.normal(size=s)) for s in ((4, 3), 3))

    def zero_grad(self):
        for p in (self.weight, self.bias_):
            p.zero_grad()

    def forward(self, x):
        self._x = x
        return x @ self.weight.data + self.bias_.data

    def backward(self, dout):
        self.weight.grad += self._x.T @ dout
        self.bias_.grad += self.bias(dout)
        return dout @ self.weight.data.T


class Learning(Attributes):
    """backward(output_gradient, learning_rate) takes the step itself."""

    def backward(self, output_gradient, learning_rate):
        dx = output_gradient @ self.W.T
        self.W -= learning_rate * (self.x.T @ output_gradient)
        self.b -= learning_rate * self.bias(output_gradient)
        return dx


class Sequential(Attributes):
    """Layers in a list."""

    def __init__(self):
        self.layers = [Attributes(4, 5), Tanh(), Attributes(5, 3)]

    def forward(self, x):
        for layer in self.layers:
            x = layer.forward(x)
        return x

    def backward(self, dout):
        self.layers[2].bias = self.bias
        for layer in reversed(self.layers):
            dout = layer.backward(dout)
        return dout


class Tanh:
    """No parameters."""

    def forward(self, x):
        self.out = np.tanh(x)
        return self.out

    def backward(self, dout):
        return dout * (1 - self.out**2)


class Loss:
    """A loss with labels, whose backward takes a number that is 1 by default."""

    def forward(self, x, t):
        e = np.exp(x - x.max(1, keepdims=True))
        self.t, self.y = t, e / e.sum(1, keepdims=True)
        return -np.log(self.y[np.arange(len(t)), t]).mean()

    def backward(self, dout=1):
        dx = self.y.copy()
        dx[np.arange(len(self.t)), self.t] -= 1
        return dout * dx / len(self.t)


class Norm:
    """Running statistics, which are no parameters."""

    def __init__(self):
        rng = np.random.default_rng(5)
        self.gamma, self.beta = rng.normal(size=4), rng.normal(size=4)
        self.running_mean, self.running_var = np.zeros(4), np.ones(4)

    def forward(self, x):
        self.mean, self.std = x.mean(0), np.sqrt(x.var(0) + 1e-5)
        self.running_mean = 0.9 * self.running_mean + 0.1 * self.mean
        self.running_var = 0.9 * self.running_var + 0.1 * x.var(0)
        self.x_hat = (x - self.mean) / self.std
        return self.gamma * self.x_hat + self.beta

    def backward(self, dout):
        self.dgamma = (dout * self.x_hat).sum(0)
        self.dbeta = self.bias(dout)
        d = dout * self.gamma
        return (d - d.mean(0) - self.x_hat * (d * self.x_hat).mean(0)) / self.std

    def bias(self, dout):
        return dout.sum(0)


DENSE = (
    Attributes, Words, Prefixed, Dicts, Half, Lists, Methods, Pairs, Adding, Objects, Learning,
    Sequential,
)  # fmt: skip


def averaged(kind):
    """Return a layer of this kind whose bias gets the mean over the batch instead of the sum."""

    class Wrong(kind):
        def bias(self, dout):
            return dout.mean(0)

    Wrong.__name__ = Wrong.__qualname__ = f"{kind.__name__}Averaged"
    return Wrong()


class Unzeroed(Attributes):
    """Gradients that are added to, and nothing that makes them zero."""

    def __init__(self):
        super().__init__()
        self.dW, self.db = np.zeros_like(self.W), np.zeros_like(self.b)

    def backward(self, dout):
        self.dW += self.x.T @ dout
        self.db += dout.sum(0)
        return dout @ self.W.T


class Unnamed(Attributes):
    """A gradient whose name says nothing."""

    def backward(self, dout):
        self.first, self.second = self.x.T @ dout, dout.sum(0)
        return dout @ self.W.T


class Forgetful(Attributes):
    """The gradient of b is not there at all."""

    def backward(self, dout):
        self.dW = self.x.T @ dout
        return dout @ self.W.T


class Slots:
    """It keeps all in slots; factor 2 makes its gradient wrong."""

    __slots__ = ("W", "dW", "factor", "x")

    def __init__(self, factor):
        self.W, self.factor = np.random.default_rng(4).normal(size=(4, 3)), factor

    def forward(self, x):
        self.x = x
        return x @ self.W

    def backward(self, dout):
        self.dW = self.factor * self.x.T @ dout
        return dout @ self.W.T


class Private:
    """Its names are private to the class."""

    def __init__(self, factor):
        self.__W, self.__factor = np.random.default_rng(4).normal(size=(4, 3)), factor

    def forward(self, x):
        self.__x = x
        return x @ self.__W

    def backward(self, dout):
        self.__dW = self.__factor * self.__x.T @ dout
        return dout @ self.__W.T


class Shared:
    """Its weight is one of the class."""

    w = np.full(4, 2.0)

    def __init__(self, factor):
        self.factor = factor

    def forward(self, x):
        self.x = x
        return x * self.w

    def backward(self, dout):
        self.dw = self.factor * (dout * self.x).sum(0)
        return dout * self.w


class Row:
    """Its weights stand in an array of arrays."""

    def __init__(self, factor):
        self.factor, self.params, self.grads = factor, np.empty(1, object), np.empty(1, object)
        self.params[0] = np.random.default_rng(4).normal(size=(4, 3))

    def forward(self, x):
        self.x = x
        return x @ self.params[0]

    def backward(self, dout):
        self.grads[0] = self.factor * self.x.T @ dout
        return dout @ self.params[0].T


class Neuron:
    """Plain numbers, in lists; factor 2 makes its gradient wrong."""

    def __init__(self, factor):
        self.w, self.b, self.slope, self.factor = [0.3, -0.2, 0.5, 0.1], 0.1, 0.7, factor

    def forward(self, x):
        self.x = x
        return self.slope * (sum(w * x for w, x in zip(self.w, x, strict=True)) + self.b)

    def backward(self, dout):
        self.db = self.slope * dout
        self.dw = [self.factor * self.db * x for x in self.x]
        return np.array([self.db * w for w in self.w])


class Flagged(Attributes):
    """forward(x, training), and gradients for both, as a function returns them."""

    def __init__(self, returned):
        self.W, self.returned = np.random.default_rng(4).normal(size=(4, 3)), returned

    def forward(self, x, training):
        self.x, self.scale = x, 0.5 if training else 1.0
        return x @ self.W * self.scale

    def backward(self, dout):
        self.dW = self.x.T @ dout * self.scale
        return self.returned(dout @ self.W.T * self.scale)


class Flat(Attributes):
    """Its parameters are views of one vector, and so are their gradients or not."""

    def __init__(self, named, whole, dtype):
        self.theta = np.random.default_rng(4).normal(size=15).astype(dtype)
        self.W, self.b = self.theta[:12].reshape(4, 3), self.theta[12:]
        self.named, self.whole = named, whole

    def backward(self, dout):
        dW, db = self.x.T @ dout, self.bias(dout)
        if self.named:
            self.dW, self.db = dW, db
        if self.whole:
            self.dtheta = np.concatenate([dW.ravel(), db])
        return dout @ self.W.T


class Transposed(Attributes):
    """Forward reads a view of the weights, made once."""

    def __init__(self):
        super().__init__()
        self.seen = self.W.T

    def forward(self, x):
        self.x = x
        return x @ self.seen.T + self.b
