"""Reports about kinks and ties: rectifiers, maxima, clips, norms and sorts where they bend."""

import numpy as np

from trials.reports.cases import report, right, wrong


@report("BVLC/caffe#1334")
def relu_at_its_kink(rng):
    """The checker wants one slope at 0; any between the one-sided ones is a subgradient."""
    x = np.append(rng.normal(size=4), 0.0)

    def relu(x):
        return np.maximum(0, x)

    for slope in (0, 1, 0.3):
        yield right(f"slope {slope}", relu, lambda g, x, s=slope: g * np.where(x == 0, s, x > 0), x)
    yield wrong("slope 7", relu, lambda g, x: g * np.where(x == 0, 7, x > 0), x)


@report("deeplearning4j/deeplearning4j#1280")
def hard_tanh_at_its_kinks(rng):
    """Rectifier and hard tanh were taken out of the gradient checks: they failed now and then."""
    x = np.array([-1.0, 1.0, *rng.normal(size=4)])

    def forward(x):
        return np.clip(x, -1, 1)

    yield right("open ends", forward, lambda g, x: g * (np.abs(x) < 1), x)
    yield right("closed ends", forward, lambda g, x: g * (np.abs(x) <= 1), x)
    yield wrong("no upper end", forward, lambda g, x: g * (x > -1), np.append(x, 1.7))


@report("pytorch/pytorch#7002")
def clamp_at_its_border(_):
    """clamp(0, 0, 1) has the slope 0 where 1 was expected: both are subgradients."""
    x = np.array([0.0, 0.5, 1.0])

    def forward(x):
        return np.minimum(np.maximum(x, 0), 1)

    yield right("slope 0", forward, lambda g, x: g * ((x > 0) & (x < 1)), x)
    yield right("slope 1", forward, lambda g, x: g * ((x >= 0) & (x <= 1)), x)
    yield wrong("slope 2 at the border", forward, lambda g, x: g * np.where(x == 0.5, 1, 2), x)


@report("Theano/Theano#633")
def clip_by_itself(rng):
    """clip(x, 0, x) is x for positive x; its gradient came out as 0."""
    x = rng.uniform(0.5, 2, size=5)

    def forward(x):
        return np.minimum(np.maximum(x, 0), x)

    yield right("slope 1", forward, lambda g, x: g * np.ones_like(x), x)
    yield wrong("slope 0", forward, lambda g, x: g * (x < 0), x)


@report("PaddlePaddle/Paddle#12597")
def clip_that_passes_its_cotangent(rng):
    """A slope that returns its first parameter, the cotangent, was taken for a wrong one."""
    x = rng.normal(size=7)

    def forward(x):
        return np.clip(x, -0.5, 0.8)

    def inside(x):
        return (x > -0.5) & (x < 0.8)

    yield right("the cotangent", forward, lambda g, x: np.where(inside(x), g, 0), x)
    yield wrong("one, as proposed", forward, lambda g, x: np.where(inside(x), 1.0, 0), x)


@report("BVLC/caffe#688")
def elementwise_maximum(rng):
    """The largest of three arrays: only it has a slope, and all four gradient tests failed."""
    A = rng.normal(size=(3, 4, 5))
    near = A.copy()
    near[1, 2, 3] = near[:, 2, 3].max() + 1e-7

    def forward(A):
        return A.max(axis=0)

    def backward(g, A):
        top = A.max(axis=0)
        return g * (top == A)

    yield right("far from ties", forward, backward, A)
    yield right("1e-7 from a tie", forward, backward, near)
    yield wrong("all three", forward, lambda g, A: np.broadcast_to(g / 3, A.shape), A)


@report("zplizzi/tensorflow-fast-rcnn#12")
def pooling_with_a_close_second(rng):
    """Where the second largest lies within the step, its numeric slope is not 0."""
    x = rng.normal(size=(4, 6))
    x[2, 3], x[2, 4] = 3.0, 3.0 - 1e-9

    def forward(x):
        return x.reshape(4, 2, 3).max(axis=2)

    def backward(g, x, shift=0):
        windows = x.reshape(4, 2, 3)
        place = (windows.argmax(axis=2) + shift) % 3
        return (g[:, :, None] * (np.arange(3) == place[:, :, None])).reshape(x.shape)

    yield right("to the largest", forward, backward, x)
    yield wrong("to its neighbour", forward, lambda g, x: backward(g, x, shift=1), x)


@report("pytorch/pytorch#114219")
def max_pooling_of_ones(_):
    """max_pool1d of [1, 1, 1, 8] in windows of two: numeric halves against one whole."""
    x = np.array([1.0, 1.0, 1.0, 8.0])

    def forward(x):
        return x.reshape(2, 2).max(axis=1)

    def first(g, x):
        winner = x.reshape(2, 2).argmax(axis=1)
        return (g[:, None] * (np.arange(2) == winner[:, None])).ravel()

    def every(g, x):
        windows = x.reshape(2, 2)
        return (g[:, None] * (windows == windows.max(axis=1, keepdims=True))).ravel()

    yield right("to the first", forward, first, x)
    yield wrong("whole to both", forward, every, x)


@report("FluxML/NNlib.jl#205")
def overlapping_windows(rng):
    """With a stride below the window's width, an entry that wins twice is to be counted twice."""
    x = rng.normal(size=9)
    x[4] = 3.0

    def winners(x):
        return np.arange(8) + np.lib.stride_tricks.sliding_window_view(x, 2).argmax(axis=1)

    def forward(x):
        return np.lib.stride_tricks.sliding_window_view(x, 2).max(axis=1)

    def assigned(g, x):
        dX = np.zeros_like(x)
        dX[winners(x)] = g
        return dX

    yield right("added", forward, lambda g, x: np.bincount(winners(x), g, x.size), x)
    yield wrong("assigned", forward, assigned, x)


@report("pytorch/pytorch#57166")
def sort_of_many(rng):
    """Among 8,000 entries some lie closer than the step: the slow check fails, the fast passes."""
    x = rng.normal(size=8_000)

    def scattered(g, order):
        dX = np.empty_like(g)
        dX[order] = g
        return dX

    yield right("scattered", np.sort, lambda g, x: scattered(g, np.argsort(x)), x)
    yield wrong("gathered", np.sort, lambda g, x: g[np.argsort(x)], x)


@report("HIPS/autograd#151")
def norm_of_zero(_):
    """The norm at the origin: 0 is a subgradient, NaN is none."""
    x = np.zeros(3)

    def safe(g, x):
        return g * x / (np.linalg.norm(x) or 1)

    yield right("zero", np.linalg.norm, safe, x)
    yield wrong("0 / 0", np.linalg.norm, lambda g, x: g * x / np.linalg.norm(x), x)


@report("jax-ml/jax#4177")
def squared_norm_of_zero(_):
    """The norm, squared, is smooth at the origin; the chain rule through the root gives NaN."""
    x = np.zeros(2)

    def forward(x):
        return np.linalg.norm(x) ** 2

    def chained(g, x):
        n = np.linalg.norm(x)
        return g * 2 * n * (x / n)

    yield right("2 x", forward, lambda g, x: g * 2 * x, x)
    yield wrong("through the root", forward, chained, x)


@report("keras-team/keras#2960")
def deviation_of_a_constant(_):
    """The standard deviation of equal entries has a kink there; the chain rule divides by 0."""
    x = np.full(4, 2.0)

    def backward(g, x, floor=0.0):
        d = x - x.mean()
        return g * d / (x.size * max(x.std(), floor))

    yield right("zero", np.std, lambda g, x: backward(g, x, 1e-300), x)
    yield wrong("0 / 0", np.std, backward, x)


@report("autodiff/autodiff#130")
def modulus_at_zero(_):
    """|x| at 0: forward mode gave NaN, reverse mode 1, and 0 was chosen."""
    x = np.array([-1.0, 0.0, 2.0])
    yield right("0", np.abs, lambda g, x: g * np.sign(x), x)
    yield right("1", np.abs, lambda g, x: g * np.where(x < 0, -1, 1), x)
    yield wrong("0 / 0", np.abs, lambda g, x: g * x / np.abs(x), x)


@report("BVLC/caffe#6814")
def chamfer_distance(rng):
    """Squared distances to the nearest point, both ways: computed, half of what was estimated."""
    A, B = rng.normal(size=(5, 3)), rng.normal(size=(7, 3))

    def distances(A, B):
        return ((A[:, None] - B[None]) ** 2).sum(axis=2)

    def forward(A, B):
        D = distances(A, B)
        return D.min(axis=1).sum() + D.min(axis=0).sum()

    def backward(g, A, B, ways=2):
        D = distances(A, B)
        W = (np.arange(7) == D.argmin(axis=1)[:, None]).astype(float)
        if ways == 2:
            W += np.arange(5)[:, None] == D.argmin(axis=0)
        dA = 2 * (W.sum(axis=1, keepdims=True) * A - W @ B)
        dB = 2 * (W.sum(axis=0)[:, None] * B - W.T @ A)
        return g * dA, g * dB

    yield right("both ways", forward, backward, A, B)
    yield wrong("one way", forward, lambda g, A, B: backward(g, A, B, ways=1), A, B)
    yield wrong("half", forward, lambda g, A, B: backward(g / 2, A, B), A, B)
