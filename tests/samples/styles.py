"""A dense layer in the styles that public code has it, beyond those of ``layers``.

``times`` is 1 where the layer is right; any other number makes its gradient of the weights wrong.
"""

import numpy as np


class Style:
    """x W + b, with names to be replaced."""

    def __init__(self, times=1):
        rng = np.random.default_rng(1)
        self.times = times
        self.start(rng.normal(size=(4, 3)), rng.normal(size=3))

    def start(self, W, b):
        self.W, self.b = W, b

    def forward(self, x):
        self.x = x
        return x @ self.W + self.b

    def found(self, dout):
        """Return the gradients of weights and bias."""
        return self.times * self.x.T @ dout, dout.sum(0)


class Long(Style):
    """The parameters are called weights and biases."""

    def start(self, W, b):
        self.weights, self.biases = W, b

    def forward(self, x):
        self.inputs = self.x = x
        self.output = np.dot(x, self.weights) + self.biases
        return self.output


class Nabla(Style):
    def backward(self, delta):
        self.nabla_W, self.nabla_b = self.found(delta)
        return delta @ self.W.T


class NablaOfLong(Long):
    """weights beside nabla_w."""

    def backward(self, delta):
        self.nabla_w, self.nabla_b = self.found(delta)
        return delta @ self.weights.T


class Delta(Style):
    def backward(self, error):
        self.delta_W, self.delta_b = self.found(error)
        return error @ self.W.T


class DeltaAfter(Style):
    def backward(self, error):
        self.W_delta, self.b_delta = self.found(error)
        return error @ self.W.T


class LossOver(Style):
    """As fractions are read: dL/dW."""

    def backward(self, dL_dout):
        self.dL_dW, self.dL_db = self.found(dL_dout)
        return dL_dout @ self.W.T


class LossOverShort(Style):
    def backward(self, grad_output):
        self.dldW, self.dldb = self.found(grad_output)
        return grad_output @ self.W.T


class Capital(Style):
    def backward(self, g):
        self.DW, self.Db = self.found(g)
        return g @ self.W.T


class Short(Style):
    """W_p and W_g, a parameter and its gradient."""

    def start(self, W, b):
        self.W_p, self.b_p = W, b

    def forward(self, x):
        self.x = x
        return x @ self.W_p + self.b_p

    def backward(self, g):
        self.W_g, self.b_g = self.found(g)
        return g @ self.W_p.T


class G(Style):
    def backward(self, g_out):
        self.g_W, self.g_b = self.found(g_out)
        return g_out @ self.W.T


class Singular(Long):
    """weights beside weight_grad."""

    def backward(self, dz):
        self.weight_grad, self.bias_grad = self.found(dz)
        return dz @ self.weights.T


class Derivatives(Long):
    def backward(self, dz):
        self.weights_derivative, self.biases_derivative = self.found(dz)
        return dz @ self.weights.T


class Getters(Style):
    """get_params() and get_grads()."""

    def backward(self, g):
        self._kept = self.found(g)
        return g @ self.W.T

    def get_params(self):
        return [self.W, self.b]

    def get_grads(self):
        return [*self._kept]


class GettersOfDicts(Getters):
    """The same, in dicts by name."""

    def get_params(self):
        return {"W": self.W, "b": self.b}

    def get_grads(self):
        return dict(zip("Wb", self._kept, strict=True))


class Properties(Getters):
    """parameters and gradients are properties."""

    get_params = get_grads = None

    @property
    def parameters(self):
        return [self.W, self.b]

    @property
    def gradients(self):
        return [*self._kept]


class Returning(Style):
    """backward returns (dx, dW, db), and keeps nothing."""

    def backward(self, dout):
        return dout @ self.W.T, *self.found(dout)


class ReturningPair(Style):
    """It returns (dx, dW) and has no bias."""

    def forward(self, x):
        self.x = x
        return x @ self.W

    def start(self, W, b):  # noqa: ARG002  # it has no bias
        self.W = W

    def backward(self, dout):
        return dout @ self.W.T, self.found(dout)[0]


class ReturningDict(Style):
    """It returns the gradients under their names."""

    def backward(self, dout):
        dW, db = self.found(dout)
        return {"dx": dout @ self.W.T, "dW": dW, "db": db}


class ReturningNamed(Style):
    """It returns dx, and a dict by the names of the parameters."""

    def backward(self, dout):
        dW, db = self.found(dout)
        return dout @ self.W.T, {"W": dW, "b": db}


class OwnRate(Style):
    """backward takes the step, with a rate of its own."""

    def __init__(self, times=1):
        super().__init__(times)
        self.lr = 0.01

    def backward(self, grad):
        dx = grad @ self.W.T
        dW, db = self.found(grad)
        self.W -= self.lr * dW
        self.b -= self.lr * db
        return dx


class OwnRateAlone(OwnRate):
    """The same, in a word, and the parameters are bound anew."""

    def __init__(self, times=1):
        super().__init__(times)
        self.learning_rate = self.__dict__.pop("lr")

    def backward(self, grad):
        dx = grad @ self.W.T
        dW, db = self.found(grad)
        self.W = self.W - self.learning_rate * dW
        self.b = self.b - self.learning_rate * db
        return dx


class RateByDefault(Style):
    """backward(grad, lr=0.01) takes the step."""

    def backward(self, grad, lr=0.01):
        dx = grad @ self.W.T
        dW, db = self.found(grad)
        self.W -= lr * dW
        self.b -= lr * db
        return dx


class StepAndKept(Long):
    """The gradients are kept, and the step is taken."""

    def backward(self, output_gradient, learning_rate):
        dx = output_gradient @ self.weights.T
        self.weights_gradient, self.biases_gradient = self.found(output_gradient)
        self.weights -= learning_rate * self.weights_gradient
        self.biases -= learning_rate * self.biases_gradient
        return dx


class Passes(Style):
    """forward_pass and backward_pass."""

    forward = None

    def forward_pass(self, x):
        return Style.forward(self, x)

    def backward_pass(self, g):
        self.dW, self.db = self.found(g)
        return g @ self.W.T


class Called(Style):
    """The object is called, and backward goes back."""

    forward = None

    def __call__(self, x):
        return Style.forward(self, x)

    def backward(self, g):
        self.dW, self.db = self.found(g)
        return g @ self.W.T


class Fed(Passes):
    """feedforward and backpropagate."""

    def feedforward(self, x):
        return Style.forward(self, x)

    def backpropagate(self, g):
        return Passes.backward_pass(self, g)

    forward_pass = backward_pass = None


class Nested(Style):
    """params["W"]["grad"] beside params["W"]["value"]."""

    def start(self, W, b):
        self.params = {"W": {"value": W, "grad": None}, "b": {"value": b, "grad": None}}

    def forward(self, x):
        self.x = x
        return x @ self.params["W"]["value"] + self.params["b"]["value"]

    def backward(self, g):
        for name, grad in zip("Wb", self.found(g), strict=True):
            self.params[name]["grad"] = grad
        return g @ self.params["W"]["value"].T


class KeyedByD(Style):
    """grads["dW"] beside params["W"]."""

    def start(self, W, b):
        self.params, self.grads = {"W": W, "b": b}, {}

    def forward(self, x):
        self.x = x
        return x @ self.params["W"] + self.params["b"]

    def backward(self, g):
        self.grads["dW"], self.grads["db"] = self.found(g)
        return g @ self.params["W"].T


STYLES = (
    Nabla, NablaOfLong, Delta, DeltaAfter, LossOver, LossOverShort, Capital, Short, G, Singular,
    Derivatives, Getters, GettersOfDicts, Properties, Returning, ReturningPair, ReturningDict,
    ReturningNamed, OwnRate, OwnRateAlone, RateByDefault, StepAndKept, Passes, Called, Fed, Nested,
    KeyedByD,
)  # fmt: skip
