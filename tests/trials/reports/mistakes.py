"""Reports of wrong formulas: factors, logarithms, forgotten cotangents and terms."""

import numpy as np

from trials.reports.cases import report, right, wrong


@report("pytorch/pytorch#4355")
def cotangent_forgotten(rng):
    """ISRLU: its backward returned the slope alone."""
    x = rng.normal(size=(5, 4))

    def root(x):
        return 1 / np.sqrt(1 + np.minimum(x, 0) ** 2)

    def forward(x):
        return x * root(x)

    yield right("times the cotangent", forward, lambda g, x: g * root(x) ** 3, x)
    yield wrong("the slope alone", forward, lambda g, x: root(x) ** 3, x)


@report("yizt/numpy_neural_network#6")
def slope_at_the_cotangent(rng):
    """The backward of tanh was 1 − tanh² of the cotangent."""
    x = rng.normal(size=(4, 3))
    yield right("of x", np.tanh, lambda g, x: g * (1 - np.tanh(x) ** 2), x)
    yield wrong("of the cotangent", np.tanh, lambda g, x: 1 - np.tanh(g) ** 2, x)


@report("gy910210/neural-network-from-scratch#2")
def tan_for_tanh(rng):
    """1 + y², the slope of tan, was proposed for tanh."""
    x = rng.normal(size=6)
    yield right("1 − y²", np.tanh, lambda g, x: g * (1 - np.tanh(x) ** 2), x)
    yield wrong("1 + y²", np.tanh, lambda g, x: g * (1 + np.tanh(x) ** 2), x)


@report("davidrmiller/neural2d#40")
def slope_at_the_output(rng):
    """The derivative of an activation was called with its output."""
    x = rng.normal(size=6)

    def slope(z):
        return 1 - np.tanh(z) ** 2

    yield right("at the input", np.tanh, lambda g, x: g * slope(x), x)
    yield wrong("at the output", np.tanh, lambda g, x: g * slope(np.tanh(x)), x)


@report("SethHWeidman/DLFS_code#20")
def two_forgotten(rng):
    """L = mean (y − P)² with the gradient −(y − P): is a 2 missing?"""
    P, y = rng.normal(size=(2, 8, 1))

    def forward(P):
        return np.mean((y - P) ** 2)

    yield right("2", forward, lambda g, P: -2 * g * (y - P) / len(y), P)
    yield wrong("1", forward, lambda g, P: -g * (y - P) / len(y), P)


@report("scikit-learn/scikit-learn#8349")
def mean_over_the_outputs(rng):
    """The loss of several outputs is a mean over them and its gradient that of the sum."""
    P, Y = rng.normal(size=(2, 7, 3))

    def forward(P):
        return 0.5 * ((P - Y) ** 2).mean(axis=0).mean()

    yield right("over outputs too", forward, lambda g, P: g * (P - Y) / P.size, P)
    yield wrong("over samples", forward, lambda g, P: g * (P - Y) / len(P), P)


@report("scikit-learn/scikit-learn#11113")
def length_scale_or_its_logarithm(rng):
    """The gradient of an RBF kernel is towards log ℓ, and was read as towards ℓ."""
    X, length = rng.normal(size=(5, 2)), np.array(1.7)
    D = ((X[:, None] - X[None]) ** 2).sum(axis=2)

    def forward(length):
        return np.exp(-0.5 * D / length**2)

    def backward(g, length, power):
        return np.asarray((g * forward(length) * D / length**power).sum())

    yield right("ℓ³", forward, lambda g, length: backward(g, length, 3), length)
    yield wrong("ℓ²", forward, lambda g, length: backward(g, length, 2), length)
    yield right(
        "ℓ², towards log ℓ",
        lambda log: forward(np.exp(log)),
        lambda g, log: backward(g, np.exp(log), 2),
        np.log(length),
    )


@report("scikit-learn/scikit-learn#18702")
def variance_or_its_logarithm(rng):
    """x·y + σ²: 2 σ² is the gradient towards log σ."""
    X, sigma = rng.normal(size=(4, 3)), np.array(0.6)

    def forward(sigma):
        return X @ X.T + sigma**2

    yield right("2 σ", forward, lambda g, s: np.asarray(2 * s * g.sum()), sigma)
    yield wrong("2 σ²", forward, lambda g, s: np.asarray(2 * s**2 * g.sum()), sigma)


@report("scikit-learn/scikit-learn#9539")
def quantile_with_the_other_sign(rng):
    """The quantile loss added where it had to subtract."""
    p, y = rng.normal(size=(2, 9))

    def forward(p):
        d = y - p
        return (0.8 * d[d > 0]).sum() - (0.2 * d[d <= 0]).sum()

    def backward(g, p, sign=1):
        return g * np.where(y > p, -0.8, sign * 0.2)

    yield right("−α and 1 − α", forward, backward, p)
    yield wrong("added", forward, lambda g, p: backward(g, p, -1), p)


@report("stdlib-js/stdlib#13111")
def modified_huber(rng):
    """The middle branch lacked a factor 2, and reached to where the loss is 0."""
    d = np.array([-2.5, -0.5, 0.3, 0.8, 1.5, *rng.normal(size=3)])

    def forward(d):
        return np.where(d < -1, -4 * d, np.maximum(0, 1 - d) ** 2)

    def backward(g, d, factor=2):
        return g * np.where(d < -1, -4, -factor * np.maximum(0, 1 - d))

    yield right("2 (1 − d)", forward, backward, d)
    yield wrong("1 − d", forward, lambda g, d: backward(g, d, 1), d)
    yield wrong("beyond 1", forward, lambda g, d: g * np.where(d < -1, -4, -2 * (1 - d)), d)


@report("HIPS/autograd#56")
def cholesky_reads_one_half(rng):
    """log det by Cholesky: the gradient of what is read is triangular, the expected one is not."""
    B = rng.normal(size=(3, 3))
    X = B @ B.T + np.eye(3)

    def forward(X):
        return 2 * np.log(np.diag(np.linalg.cholesky(X))).sum()

    def of_the_lower_half(g, X):
        S = np.linalg.inv(X)
        return g * (np.tril(S) + np.tril(S, -1))

    yield right("of what is read", forward, of_the_lower_half, X)
    yield wrong("the inverse", forward, lambda g, X: g * np.linalg.inv(X), X)


@report("pytorch/pytorch#30578")
def eigenvalues_read_one_half(rng):
    """Eigenvalues of a symmetric matrix: a symmetric gradient against differences of one half."""
    B = rng.normal(size=(3, 3))
    X = B + B.T

    def symmetric(g, X):
        _, V = np.linalg.eigh(X)
        return V * g @ V.T

    def of_the_lower_half(g, X):
        S = symmetric(g, X)
        return np.tril(S) + np.tril(S, -1)

    yield right("of what is read", np.linalg.eigvalsh, of_the_lower_half, X)
    yield wrong("the symmetric one", np.linalg.eigvalsh, symmetric, X)


@report("Dao-AILab/flash-attention#355")
def strides_of_the_cotangent(rng):
    """A backward that takes the cotangent's memory for its rows: right only if it is contiguous."""
    x = rng.normal(size=(4, 6))

    def by_memory(g, x):
        return np.ravel(g, order="K").reshape(g.shape) * np.cos(x)

    yield right("by index", np.sin, lambda g, x: g * np.cos(x), x)
    yield wrong("by memory", np.sin, by_memory, x)


@report("pytorch/glow#1559")
def backward_that_does_nothing(rng):
    """Replace the body of a gradient by nothing, and most tests still pass."""
    X, W = rng.normal(size=(6, 4)), 0.01 * rng.normal(size=(4, 3))

    def forward(X, W):
        return np.tanh(X @ W)

    def backward(g, X, W):
        dZ = g * (1 - forward(X, W) ** 2)
        return dZ @ W.T, X.T @ dZ

    yield right("both", forward, backward, X, W)
    yield wrong("nothing for W", forward, lambda g, X, W: (backward(g, X, W)[0], 0 * W), X, W)
    yield wrong("nothing", forward, lambda g, X, W: (0 * X, 0 * W), X, W)


@report("chainer/chainer#3541")
def check_that_does_not_see(rng):
    """The outputs of a backward were altered at will, and its test passed."""
    x = rng.normal(size=(3, 5))

    def forward(x):
        e = np.exp(x - x.max(axis=1, keepdims=True))
        return e / e.sum(axis=1, keepdims=True)

    def backward(g, x):
        P = forward(x)
        return P * (g - (P * g).sum(axis=1, keepdims=True))

    yield right("softmax", forward, backward, x)
    yield wrong("times 1.1", forward, lambda g, x: 1.1 * backward(g, x), x)
    yield wrong("rows exchanged", forward, lambda g, x: backward(g, x)[::-1], x)


@report("pytorch/pytorch#1631")
def gather_with_repeated_indices(rng):
    """An entry that is taken twice is to be counted twice: dx was [0.3], not [0.5]."""
    x, index = rng.normal(size=5), np.array([0, 0, 3, 1, 3, 3])

    def assigned(g, x):
        dX = np.zeros_like(x)
        dX[index] = g
        return dX

    yield right("added", lambda x: x[index], lambda g, x: np.bincount(index, g, x.size), x)
    yield wrong("assigned", lambda x: x[index], assigned, x)


@report("deeplearning4j/nd4j#2424")
def broadcast_not_reduced(rng):
    """(3, 4) + (1, 4): the row's gradient kept the shape (3, 4)."""
    A, b = rng.normal(size=(3, 4)), rng.normal(size=(1, 4))

    def forward(A, b):
        return np.tanh(A + b)

    def backward(g, A, b):
        dZ = g * (1 - forward(A, b) ** 2)
        return dZ, dZ.sum(axis=0, keepdims=True)

    def spread(g, A, b):
        dZ, _ = backward(g, A, b)
        return dZ, dZ

    def averaged(g, A, b):
        dZ, dB = backward(g, A, b)
        return dZ, dB / len(A)

    yield right("summed", forward, backward, A, b)
    yield wrong("not reduced", forward, spread, A, b)
    yield wrong("averaged", forward, averaged, A, b)


@report("NervanaSystems/neon#170")
def term_counted_twice(rng):
    """max x + x: the gradient was [1, 3], not [1, 2], for the maximum was spread before."""
    x = rng.normal(size=(1, 4))

    def backward(g, x, times=1):
        return g + times * g.sum() * (np.arange(4) == x.argmax())

    yield right("once", lambda x: x.max() + x, backward, x)
    yield wrong("twice", lambda x: x.max() + x, lambda g, x: backward(g, x, 2), x)


@report("jiangtaoxie/fast-MPN-COV#28")
def transposed_at_the_end(rng):
    """A step towards a matrix root; the check passes once a last transpose is taken out."""
    A = rng.normal(size=(4, 4))

    def forward(A):
        return A @ (3 * np.eye(4) - A) / 2

    def backward(G, A):
        return (G @ (3 * np.eye(4) - A).T - A.T @ G) / 2

    yield right("as it is", forward, backward, A)
    yield wrong("transposed", forward, lambda G, A: backward(G, A).T, A)


@report("fbcotter/pytorch_wavelets#65")
def none_for_an_argument(rng):
    """Whether a gradient is wanted was asked of the first argument alone; the second got None."""
    low, high = rng.normal(size=(2, 6))

    def forward(low, high):
        return np.stack([low + high, low - high]) * 0.5**0.5

    def backward(g, low, high):
        return (g[0] + g[1]) * 0.5**0.5, (g[0] - g[1]) * 0.5**0.5

    yield right("both", forward, backward, low, high)
    yield wrong("None", forward, lambda g, *p: (backward(g, *p)[0], None), low, high)
