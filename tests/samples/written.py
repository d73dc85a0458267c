"""The rows of the table of conventions, as people write them into a file: right, and wrong.

What is wrong ends in ``_wrong`` or ``Wrong`` and differs from the right one in one place. Read by
tests/test_conventions.py.
"""
# ruff: noqa: ARG001  # as people write it

import functools

import numpy as np
import scipy.sparse

import mlp


def of(*shapes):
    return staticmethod(lambda rng: tuple(rng.normal(size=shape) for shape in shapes))


# 1: a layer that keeps x


class Dense:
    def __init__(self):
        rng = np.random.default_rng(0)
        self.W, self.b = rng.normal(size=(4, 3)), rng.normal(size=3)

    def forward(self, x):
        self.x = x
        return x @ self.W + self.b

    def backward(self, dout):
        self.dW = self.x.T @ dout
        self.db = dout.sum(0)
        return dout @ self.W.T

    example = of((5, 4))


class DenseWrong(Dense):
    def backward(self, dout):
        dx = super().backward(dout)
        self.db = dout.mean(0)
        return dx


# 2: gradients beside parameters, added to, or in lists


class Beside:
    def __init__(self):
        self.params = {"W": np.random.default_rng(0).normal(size=(4, 3))}
        self.grads = {}

    def forward(self, x):
        self.x = x
        return x @ self.params["W"]

    def backward(self, dout):
        self.grads["W"] = self.x.T @ dout
        return dout @ self.params["W"].T

    example = of((5, 4))


class BesideWrong(Beside):
    def backward(self, dout):
        self.grads["W"] = 2 * self.x.T @ dout
        return dout @ self.params["W"].T


class UnzeroedWrong:
    def __init__(self):
        self.W = np.random.default_rng(0).normal(size=(4, 3))
        self.W_grad = np.zeros_like(self.W)

    def forward(self, x):
        self.x = x
        return x @ self.W

    def backward(self, dout):
        self.W_grad += self.x.T @ dout
        return dout @ self.W.T

    example = of((5, 4))


class Zeroed(UnzeroedWrong):
    def zero_grad(self):
        self.W_grad = np.zeros_like(self.W)


class Listed(Dense):
    def parameters(self):
        return [self.W, self.b]

    def gradients(self):
        return [self._W, self._b]

    def backward(self, dout):
        self._W, self._b = self.x.T @ dout, dout.sum(0)
        return dout @ self.W.T


class ListedWrong(Listed):
    def gradients(self):
        return [self._W, 2 * self._b]


# 3: buffers


def rms(out, inp, w):
    out[...] = inp / np.sqrt((inp**2).mean(1, keepdims=True)) * w


def rms_backward(dinp, dw, dout, inp, w):
    size = np.sqrt((inp**2).mean(1, keepdims=True))
    unit, d = inp / size, dout * w
    dinp += (d - unit * (d * unit).mean(1, keepdims=True)) / size
    dw += (dout * unit).sum(0)


def rms_example(rng):
    return np.empty((5, 3)), rng.normal(size=(5, 3)), rng.normal(size=3)


def rms_wrong(out, inp, w):
    rms(out, inp, w)


def rms_wrong_backward(dinp, dw, dout, inp, w):
    size = np.sqrt((inp**2).mean(1, keepdims=True))
    dinp += dout * w / size
    dw += (dout * inp / size).sum(0)


rms_wrong_example = rms_example


def rms_mixed(out, inp, w):
    rms(out, inp, w)


def rms_mixed_backward(dinp, dw, dout, inp, w):
    own = np.zeros_like(dw)
    rms_backward(dinp, own, dout, inp, w)
    dw[...] = own


rms_mixed_example = rms_example

# 4: a number


def scale(x, w, eps=1e-5):
    return x * w / np.sqrt((x * x).mean() + eps)


def scale_backward(dout, x, w, eps=1e-5):
    r = 1 / np.sqrt((x * x).mean() + eps)
    return dout * w * r - x * r**3 * (dout * x * w).sum() / x.size, dout * x * r


def scale_example(rng):
    return rng.normal(size=5), rng.normal(size=5), 1e-5


def scale_wrong(x, w, eps=1e-5):
    return scale(x, w, eps)


def scale_wrong_backward(dout, x, w, eps=1e-5):
    r = 1 / np.sqrt((x * x).mean() + eps)
    return dout * w * r, dout * x * r


scale_wrong_example = scale_example

# 5: a cache called anything


def sq_forward(x):
    return x * x, x


def sq_backward(dout, x):
    return 2 * x * dout


def sq_example(rng):
    return (rng.normal(size=5),)


def sq_wrong_forward(x):
    return x * x, x


def sq_wrong_backward(dout, x):
    return x * dout


sq_wrong_example = sq_example

# 6: the saved output


def logistic(x):
    return 1 / (1 + np.exp(-x))


def logistic_backward(dout, out, x):
    return dout * out * (1 - out)


logistic_example = sq_example


def logistic_wrong(x):
    return logistic(x)


def logistic_wrong_backward(dout, out, x):
    return dout * out * (1 + out)


logistic_wrong_example = sq_example

# 7: a generator


def dropout(x, rng):
    return x * (rng.random(x.shape) < 0.5)


def dropout_backward(dout, x, rng):
    return dout * (rng.random(x.shape) < 0.5)


def dropout_example(rng):
    return rng.normal(size=(4, 5)), np.random.default_rng(3)


def dropout_wrong(x, rng):
    return dropout(x, rng)


def dropout_wrong_backward(dout, x, rng):
    return dout * (rng.random(x.shape) < 0.3)


dropout_wrong_example = dropout_example

# 8: a loss and something beside it


A, TARGET = np.random.default_rng(1).normal(size=(5, 3)), np.arange(5.0)


def _loss(w):
    return ((A @ w - TARGET) ** 2).sum(), {"residual": A @ w - TARGET, "text": "fitted"}


def _nothing_beside(w):
    return _loss(w)[0], None


fitted = mlp.adapters.gradient(_loss, lambda w: 2 * A.T @ (A @ w - TARGET))
fitted_wrong = mlp.adapters.gradient(_loss, lambda w: A.T @ (A @ w - TARGET))
alone = mlp.adapters.gradient(_nothing_beside, lambda w: 2 * A.T @ (A @ w - TARGET))


def fitted_example(rng):
    return (rng.normal(size=3),)


fitted_wrong_example = alone_example = fitted_example

# 9: a batch of Jacobians


def _paired(P):
    return np.stack([P[:, 0] * P[:, 1], P[:, 0]], axis=1)


def _jacobians(P):
    return np.stack([np.array([[p[1], p[0]], [1, 0]]) for p in P])


batch = mlp.adapters.gradient(_paired, _jacobians)
batch_wrong = mlp.adapters.gradient(_paired, lambda P: _jacobians(P).transpose(0, 2, 1))


def batch_example(rng):
    return (rng.normal(size=(4, 2)),)


batch_wrong_example = batch_example

# 10: gradients by name


def named(x, w):
    return x @ w


def named_backward(dout, x, w):
    return {"x": dout @ w.T, "w": x.T @ dout}


def named_example(rng):
    return rng.normal(size=(5, 4)), rng.normal(size=(4, 3))


def named_wrong(x, w):
    return x @ w


def named_wrong_backward(dout, x, w):
    return {"x": dout @ w.T, "w": -x.T @ dout}


named_wrong_example = named_example

# 11: lists and integers


def listed(x):
    return np.asarray(x) ** 2


def listed_backward(dout, x):
    return 2 * dout * np.asarray(x)


def listed_example(rng):
    return ([1.0, 2.0],)


def whole(x):
    return x**2


def whole_backward(dout, x):
    return 2 * dout * x


def whole_example(rng):
    return (np.array([1, 2, 3]),)


def whole_wrong(x):
    return x**2


def whole_wrong_backward(dout, x):
    return dout * x


whole_wrong_example = whole_example

# 20: a transform


def spectrum(x):
    return np.fft.fft(x)


def spectrum_backward(d, x):
    return len(x) * np.fft.ifft(d).real


spectrum_example = sq_example


def spectrum_wrong(x):
    return np.fft.fft(x)


def spectrum_wrong_backward(d, x):
    return len(x) * np.fft.ifft(d)


spectrum_wrong_example = sq_example


def spectrum_complex(z):
    return np.fft.fft(z)


def spectrum_complex_backward(d, z):
    return len(z) * np.fft.ifft(d)


def spectrum_complex_example(rng):
    return (rng.normal(size=6) + 1j * rng.normal(size=6),)


def spectrum_conjugated_wrong(z):
    return np.fft.fft(z)


def spectrum_conjugated_wrong_backward(d, z):
    return (len(z) * np.fft.ifft(d)).conj()


spectrum_conjugated_wrong_example = spectrum_complex_example

# 24: an embedding


def embed(E, I):
    return E[I]


def embed_backward(dout, E, I):
    g = np.zeros_like(E)
    np.add.at(g, I, dout)
    return g


def embed_example(rng):
    return rng.normal(size=(4, 3)), np.array([0, 2, 2, 1])


def embed_wrong(E, I):
    return E[I]


def embed_wrong_backward(dout, E, I):
    g = np.zeros_like(E)
    g[I] += dout
    return g


embed_wrong_example = embed_example

# 25: memory taken for granted


def flat(x):
    return x * x


def flat_backward(dout, x):
    return 2 * x * dout


def flat_example(rng):
    return (rng.normal(size=(3, 4)),)


def flat_wrong(x):
    return x * x


def flat_wrong_backward(dout, x):
    base = dout if dout.flags.c_contiguous else dout.base
    return 2 * x * np.ndarray(dout.shape, dout.dtype, base)


flat_wrong_example = flat_example

# 26: residuals

T = np.linspace(0, 1, 7)
Y = np.exp(-T)


def _residual(p, t, y):
    return y - p[0] * np.exp(-p[1] * t)


def _jac(p, t, y):
    e = np.exp(-p[1] * t)
    return np.stack([-e, p[0] * t * e], axis=1)


residuals = mlp.adapters.scipy(_residual, _jac, args=(T, Y))
residuals_sign_wrong = mlp.adapters.scipy(_residual, lambda *a: -_jac(*a), args=(T, Y))
residuals_rows_wrong = mlp.adapters.scipy(_residual, lambda *a: _jac(*a).T, args=(T, Y))


def residuals_example(rng):
    return (np.array([1.3, 0.7]),)


residuals_sign_wrong_example = residuals_rows_wrong_example = residuals_example

# 27: a parameter by its logarithm


def spread(s):
    return (np.exp(s) ** 2).sum()


def spread_backward(d, s):
    return d * 2 * np.exp(2 * s)


spread_example = sq_example


def spread_wrong(s):
    return (np.exp(s) ** 2).sum()


def spread_wrong_backward(d, s):
    return d * 2 * np.exp(s)


spread_wrong_example = sq_example

# 28: whatever can be called


def _scaled(x, s):
    return s * np.sin(x)


partial = functools.partial(_scaled, s=2.0)


def partial_backward(d, x):
    return 2 * d * np.cos(x)


partial_example = sq_example
partial_wrong = functools.partial(_scaled, s=3.0)
partial_wrong_backward = partial_backward
partial_wrong_example = sq_example


def _logged(f):
    @functools.wraps(f)
    def inner(*args):
        return f(*args)

    return inner


@_logged
def wrapped(x):
    return np.tanh(x)


@_logged
def wrapped_backward(d, x):
    return d / np.cosh(x) ** 2


wrapped_example = sq_example


@_logged
def wrapped_wrong(x):
    return np.tanh(x)


@_logged
def wrapped_wrong_backward(d, x):
    return d / np.cosh(x)


wrapped_wrong_example = sq_example


class _Model:
    def __call__(self, x):
        return np.sin(x)

    def loss(self, x):
        return np.sin(x).sum()

    def loss_backward(self, d, x):
        return d * np.cos(x)

    def loss_wrong(self, d, x):
        return -d * np.cos(x)


_model = _Model()
called, called_backward, called_example = _model, lambda d, x: d * np.cos(x), sq_example
called_wrong, called_wrong_backward, called_wrong_example = (
    _model,
    lambda d, x: -d * np.cos(x),
    sq_example,
)
method, method_backward, method_example = _model.loss, _model.loss_backward, sq_example
method_wrong, method_wrong_backward, method_wrong_example = (
    _model.loss,
    _model.loss_wrong,
    sq_example,
)

# 29: a sparse matrix


def stored(S):
    return S @ np.arange(1.0, 6.0)


def stored_backward(dout, S):
    S = S.tocoo()
    return scipy.sparse.coo_array(
        (dout[S.row] * np.arange(1.0, 6.0)[S.col], (S.row, S.col)), S.shape
    )


def stored_example(rng):
    return (scipy.sparse.random_array((4, 5), density=0.4, rng=rng, format="csr"),)


def stored_wrong(S):
    return S @ np.arange(1.0, 6.0)


def stored_wrong_backward(dout, S):
    S = S.tocoo()
    return scipy.sparse.coo_array(
        (dout[S.row] * np.arange(1.0, 6.0)[S.col] ** 2, (S.row, S.col)), S.shape
    )


stored_wrong_example = stored_example
