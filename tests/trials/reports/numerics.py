"""Reports about numbers: precision, gradients that are 0, saturation, tolerances, NaN."""

import numpy as np

from trials.reports.cases import report, right, wrong

SINGLE = np.float32


def normalised(x, axis, eps=1e-5):
    """Return (x − μ) / √(σ² + ε), and the root."""
    root = np.sqrt(x.var(axis=axis, keepdims=True) + x.dtype.type(eps))
    return (x - x.mean(axis=axis, keepdims=True)) / root, root


def unnormalise(g, x, axis, *, mean=True):
    """Pull a cotangent back through `normalised`; one mean can be forgotten."""
    z, root = normalised(x, axis)
    off = g.mean(axis=axis, keepdims=True) if mean else 0
    return (g - off - z * (g * z).mean(axis=axis, keepdims=True)) / root


@report("torch/nn#744")
def batch_norm_summed(rng):
    """The sum of a batch norm's output has the gradient 0; a relative error of 1 was reported."""
    x = rng.random(size=(25, 5))

    def forward(x):
        return normalised(x, 0)[0].sum()

    def backward(g, x, **options):
        return unnormalise(np.full_like(x, g), x, 0, **options)

    yield right("0 to rounding", forward, backward, x)
    yield wrong("a mean forgotten", forward, lambda g, x: backward(g, x, mean=False), x)


@report("pytorch/pytorch#63541")
def layer_norm_summed(rng):
    """The sum of a layer norm in float32 has no gradient; it was taken for a bug."""
    x = rng.random(size=(10, 64)).astype(SINGLE)

    def forward(x):
        return normalised(x, 1)[0].sum()

    def backward(g, x, **options):
        return unnormalise(np.full_like(x, g), x, 1, **options)

    yield right("0 to rounding", forward, backward, x)
    yield wrong("a mean forgotten", forward, lambda g, x: backward(g, x, mean=False), x)


@report("denizyuret/AutoGrad.jl#74")
def mean_of_a_broadcast(rng):
    """mean(x + w) with w = 0: its numeric gradient was 0."""
    w, x = np.zeros((1, 1024)), rng.normal(size=(14, 1024))

    def forward(w, x):
        return np.mean(x + w)

    def backward(g, w, x, rows=14):
        dX = np.full_like(x, g / x.size)
        return np.full_like(w, g * rows / x.size), dX

    yield right("summed over rows", forward, backward, w, x)
    yield wrong("of one row", forward, lambda g, w, x: backward(g, w, x, rows=1), w, x)


@report("PaddlePaddle/Paddle#4283")
def product_in_float32(rng):
    """xᵀy of 200 entries in float32: the difference quotient has no digits left."""
    x, y = rng.random(size=(2, 200)).astype(SINGLE)
    factor = np.ones(200, SINGLE)
    factor[17] = 1.5

    yield right("y and x", np.dot, lambda g, x, y: (g * y, g * x), x, y)
    yield wrong("one entry", np.dot, lambda g, x, y: (g * y * factor, g * x), x, y)


@report("pytorch/glow#3530")
def matrices_in_float32(rng):
    """A product of 15 × 15 matrices: the test passed for 10 × 10 and no longer here."""
    A, B = rng.normal(size=(2, 15, 15)).astype(SINGLE)

    def forward(A, B):
        return ((A @ B) ** 2).sum() / 2

    def backward(g, A, B):
        G = g * (A @ B)
        return G @ B.T, A.T @ G

    yield right("B and A", forward, backward, A, B)
    yield wrong(
        "B not transposed", forward, lambda g, A, B: (g * (A @ B) @ B, backward(g, A, B)[1]), A, B
    )


@report("apache/mxnet#3997")
def unit_rows_in_float32(rng):
    """x / ‖x‖ in float32: the numeric gradient was found to be the unstable one of the two."""
    x = rng.normal(size=(3, 4)).astype(SINGLE)

    def forward(x):
        return x / np.sqrt((x * x).sum(axis=1, keepdims=True))

    def backward(g, x, projected=1):
        z, n = forward(x), np.sqrt((x * x).sum(axis=1, keepdims=True))
        return (g - projected * z * (g * z).sum(axis=1, keepdims=True)) / n

    yield right("projected", forward, backward, x)
    yield wrong("not projected", forward, lambda g, x: backward(g, x, 0), x)


@report("huggingface/candle#1160")
def gelu_in_float32(rng):
    """The tanh form of gelu and its derivative, written out; its constant is a float64."""
    x = rng.normal(size=6).astype(SINGLE)
    c = np.sqrt(2 / np.pi)

    def inside(x):
        return np.tanh(c * (x + 0.044715 * x**3))

    def forward(x):
        return 0.5 * x * (1 + inside(x))

    def backward(g, x, product=1):
        t = inside(x)
        slope = 0.5 * x * (1 - t * t) * c * (1 + 3 * 0.044715 * x**2)
        return (g * (0.5 * (1 + t) + product * slope)).astype(x.dtype)

    yield right("product rule", forward, backward, x)
    yield wrong("one factor kept", forward, lambda g, x: backward(g, x, 0), x)


@report("scipy/scipy#7766")
def small_gradient(rng):
    """check_grad returns an absolute error: beside a small gradient it is always small."""
    x = rng.normal(size=5)

    def forward(x):
        return 1e-9 * np.cos(x).sum()

    yield right("-1e-9 sin", forward, lambda g, x: -1e-9 * g * np.sin(x), x)
    yield wrong("0", forward, lambda g, x: 0 * g * x, x)
    yield wrong("twice", forward, lambda g, x: -2e-9 * g * np.sin(x), x)


@report("NVIDIA/warp#508")
def hidden_by_an_absolute_tolerance(_):
    """4.840e-05 by hand against 2.235e-04 numeric, a relative error of three, and it passes."""
    x = np.array([0.7])
    yield right("2.235e-4", lambda x: 2.235e-4 * x, lambda g, x: 2.235e-4 * g, x)
    yield wrong("4.840e-5", lambda x: 2.235e-4 * x, lambda g, x: 4.84e-5 * g, x)


@report("jax-ml/jax#3130")
def sum_of_many(rng):
    """Tolerances do not grow with the number of inputs as the sum along the tangent does."""
    x = rng.normal(size=10_000)

    def forward(x):
        return np.sin(x).sum()

    def one_wrong(g, x):
        dX = g * np.cos(x)
        dX[4321] += 1e-3 * g
        return dX

    yield right("cos", forward, lambda g, x: g * np.cos(x), x)
    yield wrong("one entry by 1e-3", forward, one_wrong, x)


@report("FluxML/NNlib.jl#68")
def saturated_cross_entropy(_):
    """Logits of −431, 279 and 427: a gradient through softmax divides 0 by 0."""
    z, y = np.array([-431.0, 279.0, 427.0]), np.array([1.0, 0.0, 0.0])

    def log_softmax(z):
        return z - z.max() - np.log(np.exp(z - z.max()).sum())

    def forward(z):
        return -(y * log_softmax(z)).sum()

    def divided(g, z):
        p = np.exp(log_softmax(z))
        d = -g * y / p
        return p * (d - (p * d).sum())

    yield right("p − y", forward, lambda g, z: g * (np.exp(log_softmax(z)) - y), z)
    yield wrong("divided by p", forward, divided, z)


@report("tenstorrent/tt-metal#56397")
def softplus_beyond_overflow(_):
    """The slope of a softplus, as e/(1 + e) in float32, is 0 or NaN once e overflows."""
    x = np.array([-3.0, 0.5, 20.0, 95.0], SINGLE)

    def forward(x):
        return np.logaddexp(x, SINGLE(0))

    def overflowing(g, x):
        e = np.exp(x)
        return g * np.where(np.isinf(e), 0, e * (1 / (1 + e)))

    yield right("logistic", forward, lambda g, x: g * np.exp(x - forward(x)), x)
    yield wrong("0 beyond 88", forward, overflowing, x)


@report("jeshraghian/snntorch#433")
def surrogate_that_overflows(_):
    """e/(1 + e)² with e = exp(−25 x) is NaN at x = −5 in float32."""
    x = np.array([-5.0, -0.05, 0.02, 0.1], SINGLE)

    def forward(x):
        return np.float32(0.5) * (1 + np.tanh(np.float32(12.5) * x))

    def overflowing(g, x):
        e = np.exp(-25 * x)
        return g * 25 * e / (1 + e) ** 2

    yield right("s (1 − s)", forward, lambda g, x: g * 25 * forward(x) * forward(-x), x)
    yield wrong("inf / inf", forward, overflowing, x)


@report("FluxML/Zygote.jl#1101")
def root_of_a_power_at_zero(_):
    """√(0^θ) is 0 for every θ; the chain rule multiplies 0 by ∞."""
    A, theta = np.array([[1.0, 0.0], [0.0, 3.0]]), np.array(4.0)

    def forward(theta):
        return (np.sqrt(A**theta) - A).sum()

    def chained(g, theta):
        P = A**theta
        return np.asarray(g * (P * np.log(A) / (2 * np.sqrt(P))).sum())

    def backward(g, theta):
        P = A[A > 0] ** theta
        return np.asarray(g * (np.sqrt(P) * np.log(A[A > 0]) / 2).sum())

    yield right("where A > 0", forward, backward, theta)
    yield wrong("0 times ∞", forward, chained, theta)


@report("pasteurlabs/tesseract-core#740")
def solver_to_a_tolerance(rng):
    """A solver that stops at 1e-9: differences of small steps fail, and nobody knows whose fault.

    Right is the gradient of the iteration as it ran. That of the equation differs from it by the
    tolerance, and is for whoever checks it to accept.
    """
    p = rng.uniform(0.5, 1.5, size=3)

    def solved(p, share=0.3):
        x, slope = np.zeros_like(p), np.zeros_like(p)
        while True:
            step = 0.5 * (p - x - 0.3 * np.sin(x))
            slope = slope + 0.5 * (1 - slope * (1 + share * np.cos(x)))
            x = x + step
            if np.abs(step).max() <= 1e-9:
                return x, slope

    def forward(p):
        return solved(p)[0]

    yield right("of the iteration", forward, lambda g, p: g * solved(p)[1], p)
    yield wrong("a term 3 % off", forward, lambda g, p: g * solved(p, 0.309)[1], p)


@report("SciML/SciMLSensitivity.jl#1368")
def adjoint_of_an_integrator(_):
    """The adjoint of the equation is not that of the integrator: 5.7e-4 apart at its tolerances."""
    A = np.array([[-0.5, 1.0], [-1.0, -0.2]])
    M, h, steps = np.eye(2), 0.05, 20

    def forward(u):
        for _ in range(steps):
            k = A @ u
            u = u + h * A @ (u + h / 2 * k)
        return u

    def discrete(g, u):
        S = M + h * A + h * h / 2 * A @ A
        return np.linalg.matrix_power(S.T, steps) @ g

    def continuous(g, u):
        values, V = np.linalg.eig(A.T)
        return (V @ (np.exp(values * h * steps) * np.linalg.solve(V, g.astype(complex)))).real

    u = np.array([1.0, 2.0])
    yield right("of the integrator", forward, discrete, u)
    yield wrong("of the equation", forward, continuous, u)


@report("jax-ml/jax#34139")
def sinc_near_zero(rng):
    """sin(πx)/(πx) near 0: the slope cancels, or is that of the constant that stands in at 0."""
    x = 1e-4 * rng.uniform(1, 3, size=3)
    yield right(
        "series", np.sinc, lambda g, x: -g * np.pi**2 * x / 3 * (1 - (np.pi * x) ** 2 / 10), x
    )
    yield wrong("of a constant", np.sinc, lambda g, x: 0 * g * x, x)
    yield wrong("a half for a third", np.sinc, lambda g, x: -g * np.pi**2 * x / 2, x)


@report("tracel-ai/burn#5533")
def product_with_a_zero(_):
    """The product over [2, 0, 3, 4]: product / entry is 0 / 0 where the entry is 0."""
    x = np.array([2.0, 0.0, 3.0, 4.0])

    def without(x):
        return np.array([np.prod(np.delete(x, k)) for k in range(x.size)])

    yield right("of the others", np.prod, lambda g, x: g * without(x), x)
    yield wrong("0 / 0", np.prod, lambda g, x: g * np.prod(x) / x, x)
    yield wrong("0 for it", np.prod, lambda g, x: g * np.nan_to_num(np.prod(x) / x), x)


@report("tensorflow/tensorflow#119430")
def cumulated_product_with_a_zero(_):
    """The gradient at [2, 3, 0] came out as [4, 2, 0] where [4, 2, 6] is right."""
    x = np.array([2.0, 3.0, 0.0])

    def backward(g, x):
        dX, tail = np.zeros_like(x), 0.0
        for k in reversed(range(x.size)):
            tail = g[k] + (x[k + 1] * tail if k + 1 < x.size else 0)
            dX[k] = np.prod(x[:k]) * tail
        return dX

    def divided(g, x):
        return np.nan_to_num(np.cumsum((g * np.cumprod(x))[::-1])[::-1] / x)

    yield right("without division", np.cumprod, backward, x)
    yield wrong("0 / 0 taken for 0", np.cumprod, divided, x)


@report("tensorflow/tensorflow#11756")
def masked_by_infinity(rng):
    """A softmax whose mask is −∞: the masked entry's gradient is 0, and came out as NaN."""
    x, mask = rng.normal(size=5), np.array([0.0, -np.inf, 0.0, 0.0, 0.0])

    def forward(x):
        e = np.exp(x + mask - (x + mask).max())
        return e / e.sum()

    def backward(g, x):
        P = forward(x)
        return P * (g - (P * g).sum())

    yield right("0", forward, backward, x)
    yield wrong("0 times −∞", forward, lambda g, x: backward(g, x) + 0 * mask, x)
    yield wrong("not masked", forward, lambda g, x: backward(g, x) + (mask < 0), x)
