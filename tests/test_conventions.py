"""How people write gradients, a row each, and the answer that each must get.

A row gives what was asked, the verdict and words of the report. Rows that need a framework are in
tests/peers/test_conventions.py, styles of layers and buffers in test_layers.py and test_buffers.py.
"""

import functools
import json
import re
from pathlib import Path

import numpy as np
import pytest
from scipy.linalg import expm
from scipy.special import expit

import mlp
from mlp.cli import main

RNG = np.random.default_rng(0)
X, W, B = RNG.normal(size=(5, 4)), RNG.normal(size=(4, 3)), RNG.normal(size=3)
S = W.T @ W + np.eye(3)
ROWS = []


def row(verdict, *words, rows=ROWS, marks=()):
    """Take a function that returns a report as a row of the table."""

    def taken(ask):
        rows.append(pytest.param(ask, verdict, words, id=ask.__name__, marks=marks))
        return ask

    return taken


# ------------------------------------------------------------- constants, caches, what is returned


@row("correct")
def a_number_is_a_constant():
    def norm(x, w, eps=1e-5):
        return x * w / np.sqrt((x * x).mean(-1, keepdims=True) + eps)

    def norm_backward(d, x, w, eps=1e-5):
        r = 1 / np.sqrt((x * x).mean(-1, keepdims=True) + eps)
        dx = r * d * w - x * r**3 * (d * w * x).mean(-1, keepdims=True)
        return dx, (d * x * r).sum(0)

    return mlp.check(norm, norm_backward, X, RNG.normal(size=4), 1e-5)


def sq_forward(x):
    return x * x, x


@row("correct")
def a_cache_of_any_name():
    return mlp.adapters.cs231n(sq_forward, lambda dout, x: 2 * x * dout).check(X)


@row("wrong", "by hand = 0.50000 × numeric")
def a_cache_of_any_name_wrong():
    return mlp.adapters.cs231n(sq_forward, lambda dout, x: x * dout).check(X)


@row("correct")
def the_saved_output():
    return mlp.check(expit, lambda dout, out, _: dout * out * (1 - out), X)


@row("wrong")
def the_saved_output_wrong():
    return mlp.check(expit, lambda dout, out, _: dout * out, X)


@row("correct")
def a_closure():
    def f(x):
        return np.sin(x), lambda v: v * np.cos(x)

    return mlp.adapters.closure(f).check(X)


@row("correct")
def gradients_by_name():
    return mlp.check(lambda x, w: x @ w, lambda d, x, w: {"w": x.T @ d, "x": d @ w.T}, X, W)


@row("wrong")
def gradients_by_name_wrong():
    return mlp.check(lambda x, w: x @ w, lambda d, x, w: {"w": x.T @ d, "x": -d @ w.T}, X, W)


@row("correct")
def a_generator_starts_afresh():
    def dropout(x, rng):
        return x * (rng.random(x.shape) < 0.5)

    return mlp.check(
        dropout, lambda d, x, rng: d * (rng.random(x.shape) < 0.5), X, np.random.default_rng(3)
    )


@row("correct")
def a_list_is_read_as_floats():
    return mlp.check(lambda x: x**2, lambda d, x: 2 * d * x, [1.0, 2.0])


@row("correct", "read as floats")
def integers_are_read_as_floats():
    return mlp.check(lambda x: x**2, lambda d, x: 2 * d * x, np.array([1, 2, 3]))


# --------------------------------------------------------------------------- what is found there


def embed(E, I):
    return E[I]


I = np.array([0, 2, 2, 1])


@row("correct")
def an_embedding():
    def back(d, E, I):
        g = np.zeros_like(E)
        np.add.at(g, I, d)
        return g

    return mlp.check(embed, back, W, I)


@row("wrong", "E[2")
def an_embedding_that_loses_duplicates():
    def back(d, E, I):
        g = np.zeros_like(E)
        g[I] += d
        return g

    return mlp.check(embed, back, W, I)


@row("wrong", "contiguous")
def a_buffer_taken_for_contiguous():
    def back(d, x):
        return 2 * x * np.ndarray(d.shape, d.dtype, d.data if d.flags.c_contiguous else d.base)

    return mlp.check(lambda x: x * x, back, X)


@row(
    "wrong",
    "piecewise constant",
    "straight-through estimator? declare it",
)
def a_straight_through_estimator():
    return mlp.check(np.round, lambda d, _: d, X)


@row("correct", "surrogate")
def a_straight_through_estimator_declared():
    return mlp.check(np.round, lambda d, _: d, X, surrogate=lambda x: x)


@row("wrong", "sign")
def a_reversal():
    return mlp.check(lambda x: x * 1.0, lambda d, _: -d, X)


@row("correct", "surrogate")
def a_reversal_declared():
    return mlp.check(lambda x: x * 1.0, lambda d, _: -d, X, surrogate=lambda x: -x)


@row("wrong", "along={'S': 'symmetric'}")
def a_symmetric_argument():
    def back(d, S):
        L = np.linalg.inv(S)
        return d * (L + L.T) / 2

    def logdet(S):
        return np.linalg.slogdet(np.tril(S) + np.tril(S, -1).T)[1]

    return mlp.check(logdet, back, S)


@row("correct")
def a_symmetric_argument_said():
    def logdet(S):
        return np.linalg.slogdet(np.tril(S) + np.tril(S, -1).T)[1]

    return mlp.check(logdet, lambda d, S: d * np.linalg.inv(S), S, along={"S": "symmetric"})


def residual(p, t, y):
    return y - p[0] * np.exp(-p[1] * t)


def jacobian(p, t, _):
    e = np.exp(-p[1] * t)
    return np.stack([-e, p[0] * t * e], axis=1)


T = np.linspace(0, 1, 2)
DATA = (np.array([1.3, 0.7]), (T, T))


@row("correct")
def a_jacobian_of_residuals():
    return mlp.adapters.scipy(residual, jacobian, DATA[1]).check(DATA[0])


@row("wrong", "sign")
def a_jacobian_of_the_model():
    return mlp.adapters.scipy(residual, lambda *a: -jacobian(*a), DATA[1]).check(DATA[0])


@row("wrong", "transpose")
def a_jacobian_with_rows_and_columns_exchanged():
    return mlp.adapters.scipy(residual, lambda *a: jacobian(*a).T, DATA[1]).check(DATA[0])


@row("wrong", "transpose")
def jacobians_transposed_in_a_batch():
    def f(P):
        return np.stack([P[:, 0] * P[:, 1], P[:, 0]], axis=1)

    def df(P):
        return np.stack([np.array([[p[1], p[0]], [1, 0]]).T for p in P])

    return mlp.adapters.gradient(f, df).check(RNG.normal(size=(4, 2)))


@row("wrong", "by hand lacks the factor exp(s)")
def a_log_parameter():
    return mlp.check(
        lambda s: (np.exp(s) ** 2).sum(), lambda d, s: d * 2 * np.exp(s), RNG.normal(size=6)
    )


@row("wrong", "fft")
def the_real_part_forgotten():
    return mlp.check(np.fft.fft, lambda d, x: len(x) * np.fft.ifft(d), RNG.normal(size=8))


@row("correct")
def the_real_part():
    return mlp.check(np.fft.fft, lambda d, x: len(x) * np.fft.ifft(d).real, RNG.normal(size=8))


@row("correct")
def the_jacobians_of_a_batch():
    diagonals = lambda P: np.stack([np.diag(2 * p) for p in P])  # noqa: E731  # as people write it
    return mlp.adapters.gradient(lambda P: P**2, diagonals).check(RNG.normal(size=(4, 3)))


@row("correct")
def a_log_parameter_with_its_factor():
    return mlp.check(
        lambda s: (np.exp(s) ** 2).sum(), lambda d, s: d * 2 * np.exp(2 * s), RNG.normal(size=6)
    )


@row("correct")
def a_buffer_read_by_its_strides():
    return mlp.check(lambda x: x * x, lambda d, x: 2 * x * d, X)


@row("wrong")
def a_generator_that_draws_another_mask():
    def dropout(x, rng):
        return x * (rng.random(x.shape) < 0.5)

    return mlp.check(
        dropout, lambda d, x, rng: d * (rng.random(x.shape) < 0.3), X, np.random.default_rng(3)
    )


def cholesky(S):
    return np.linalg.cholesky(S)


def cholesky_backward(d, S):
    L = np.linalg.cholesky(S)
    P = np.tril(L.T @ d)
    P[np.diag_indices(3)] /= 2
    inverse = np.linalg.inv(L)
    half = inverse.T @ P @ inverse
    return (half + half.T) / 2


@row("wrong", "along={'S': 'symmetric'}")
def a_cholesky_factor():
    return mlp.check(cholesky, cholesky_backward, S)


@row("correct")
def a_cholesky_factor_of_a_symmetric_matrix():
    return mlp.check(cholesky, cholesky_backward, S, along={"S": "symmetric"})


def hat(w):
    return np.array([[0, -w[2], w[1]], [w[2], 0, -w[0]], [-w[1], w[0], 0]])


def log(R):
    angle = np.arccos((np.trace(R) - 1) / 2)
    return (
        angle
        / (2 * np.sin(angle))
        * np.array([R[2, 1] - R[1, 2], R[0, 2] - R[2, 0], R[1, 0] - R[0, 1]])
    )


def turned(R, w):
    return R @ expm(hat(w))


R0, R1 = (
    turned(np.eye(3), np.array([0.3, -0.2, 0.5])),
    turned(np.eye(3), np.array([-0.4, 0.1, 0.2])),
)


def rotation(sign):
    """Ask about log(Rᵀ R₀), whose change along R exp(ξ) is -Jl⁻¹(r) ξ."""

    def backward(d, R):
        r = log(R.T @ R0)
        t, K = np.linalg.norm(r), hat(r)
        left = np.eye(3) - K / 2 + (1 / t**2 - (1 + np.cos(t)) / (2 * t * np.sin(t))) * K @ K
        return sign * left.T @ d

    return mlp.check(lambda R: log(R.T @ R0), backward, R1, retract={"R": turned})


@row("correct")
def a_rotation():
    return rotation(-1)


@row("wrong", "sign")
def a_rotation_of_the_other_sign():
    return rotation(1)


Z = RNG.normal(size=8) + 1j * RNG.normal(size=8)


@row("correct")
def a_transform_of_complex_numbers():
    return mlp.check(np.fft.fft, lambda d, z: len(z) * np.fft.ifft(d), Z)


@row("wrong", "conjugate")
def a_transform_in_the_other_convention():
    return mlp.check(np.fft.fft, lambda d, z: (len(z) * np.fft.ifft(d)).conj(), Z)


class Dense:
    def __init__(self):
        self.W, self.b = W, B

    def forward(self, x):
        self.x = x
        return x @ self.W + self.b

    def backward(self, dout):
        self.dW = self.x.T @ dout
        self.db = dout.sum(0)
        return dout @ self.W.T


class DenseOfMeans(Dense):
    def backward(self, dout):
        dx = super().backward(dout)
        self.db = dout.mean(0)
        return dx


class Accumulating(Dense):
    def __init__(self):
        super().__init__()
        self.params, self.grads = {"W": W}, {"W": np.zeros_like(W)}

    def forward(self, x):
        self.x = x
        return x @ self.params["W"]

    def backward(self, dout):
        self.grads["W"] += self.x.T @ dout
        return dout @ self.params["W"].T


class Zeroing(Accumulating):
    def zero_grad(self):
        self.grads["W"][...] = 0


@row("correct")
def a_layer():
    return mlp.adapters.layer(Dense()).check(X)


@row("wrong", "5 is n, the batch size")
def a_layer_that_takes_the_mean():
    return mlp.adapters.layer(DenseOfMeans()).check(X)


@row("correct")
def a_layer_that_adds_and_zeroes():
    return mlp.adapters.layer(Zeroing()).check(X)


@row("wrong", "not zeroed")
def a_layer_that_adds():
    return mlp.adapters.layer(Accumulating()).check(X)


def scale_forward(out, inp, w):
    out[...] = inp * w


def scale_backward(dinp, dw, dout, inp, w):
    dinp += dout * w
    dw += (dout * inp).sum(0)


def scale_that_overwrites(dinp, dw, dout, inp, w):
    dinp += dout * w
    dw[...] = (dout * inp).sum(0)


@row("correct")
def buffers():
    out = np.zeros_like(X)
    return mlp.adapters.buffers(scale_forward, scale_backward).check(out, X, np.arange(1.0, 5.0))


@row("inconclusive", "an = where += belongs")
def buffers_that_are_overwritten():
    out = np.zeros_like(X)
    return mlp.adapters.buffers(scale_forward, scale_that_overwrites).check(
        out, X, np.arange(1.0, 5.0)
    )


# ------------------------------------------------------------------------------- what is callable


def scaled(x, s):
    return s * np.sin(x)


def decorated(f):
    @functools.wraps(f)
    def inner(*args):
        return f(*args)

    return inner


class Callable:
    def __call__(self, x):
        return np.sin(x)

    def pull(self, d, x):
        return d * np.cos(x)


@row("correct", "the gradient of scaled")
def a_partial():
    return mlp.check(functools.partial(scaled, s=2.0), lambda d, x: 2 * d * np.cos(x), X)


@row("correct", "the gradient of tanh")
def a_decorated_function():
    return mlp.check(decorated(np.tanh), decorated(lambda d, x: d / np.cosh(x) ** 2), X)


@row("correct", "Callable.pull as the gradient of Callable")
def an_object_and_its_method():
    return mlp.check(Callable(), Callable().pull, X)


@pytest.mark.parametrize(("ask", "verdict", "words"), ROWS)
def test_a_row(ask, verdict, words):
    report = ask()
    assert report.verdict == verdict
    assert [word for word in words if word not in str(report)] == []


def refused(point):
    with pytest.raises(TypeError) as caught:
        mlp.check(lambda x: x, lambda d, _: d, point)
    return str(caught.value)


@pytest.mark.parametrize(
    ("package", "way"),
    [("pandas.core.frame", "to_numpy()"), ("xarray.core", "values"), ("dask.array", "compute()")],
)
def test_tables_of_others_are_refused_by_name(package, way):
    table = type("Table", (), {"__module__": package})()
    kind = f"{package.partition('.')[0]}.Table"
    said = f"check: x must be a NumPy array, but is a {kind}; pass x.{way}"
    with pytest.raises(TypeError, match=re.escape(said)):
        mlp.check(lambda x: x, lambda d, _: d, table)


# --------------------------------------------------------------------------------- in a file

WRITTEN = {  # of tests/samples/written.py, what is said of an op there that is not right
    "DenseWrong": ("wrong", "5 is n, the batch size"),
    "BesideWrong": ("wrong", "by hand = 2.0000 × numeric"),
    "UnzeroedWrong": ("wrong", "called again it is twice the first: not zeroed?"),
    "ListedWrong": ("wrong", "by hand = 2.0000 × numeric"),
    "rms_wrong": ("wrong", "its norm along axis 1 is neglected"),
    "rms_mixed": ("inconclusive", "overwrites that of w: an = where += belongs? say adds=['inp']"),
    "scale_wrong": ("wrong", "a norm's share"),
    "sq_wrong": ("wrong", "by hand = 0.50000 × numeric"),
    "logistic_wrong": ("wrong", "5 of 5 entries"),
    "dropout_wrong": ("wrong", "of 20 entries"),
    "fitted_wrong": ("wrong", "by hand = 0.50000 × numeric"),
    "batch_wrong": ("wrong", "transposed"),
    "named_wrong": ("wrong", "the sign"),
    "whole_wrong": ("wrong", "by hand = 0.50000 × numeric"),
    "spectrum_wrong": ("wrong", "must hold real numbers, but its dtype is complex128"),
    "spectrum_conjugated_wrong": ("wrong", "conjugated"),
    "embed_wrong": ("wrong", "all of row 2 and nothing else"),
    "flat_wrong": ("wrong", "for a cotangent that is not contiguous"),
    "residuals_sign_wrong": ("wrong", "the sign"),
    "residuals_rows_wrong": ("wrong", "transposed"),
    "spread_wrong": ("wrong", "lacks the factor exp(s)"),
    "partial_wrong": ("wrong", "by hand = 0.66667 × numeric"),
    "wrapped_wrong": ("wrong", "5 of 5 entries"),
    "called_wrong": ("wrong", "the sign"),
    "method_wrong": ("wrong", "the sign"),
    "stored_wrong": ("wrong", "8 stored entries of 20"),
}
SAID = {  # of right ones
    "Dense": "gradients by their names: W with dW, b with db",
    "rms": "backward adds into its gradients",
    "listed": "read as floats: x",
    "whole": "read as floats: x",
    "spectrum_complex": "dL = Re Σ conj(g) dz",
    "stored": "its 8 stored entries of 20 are what is checked",
}


def test_the_rows_as_people_write_them_into_a_file(capsys):
    """One run of ``mlp verify`` finds all of them, right and wrong."""
    main(["verify", "--json", str(Path(__file__).parent / "samples/written.py")])
    checks = json.loads(capsys.readouterr().out)["checks"]
    found = {check["target"].removeprefix("written."): check for check in checks}
    assert WRITTEN.keys() | SAID.keys() <= found.keys()
    assert len(found) == 52
    for name, check in found.items():
        verdict, words = WRITTEN.get(name, ("correct", SAID.get(name, "")))
        said = "\n".join(finding["message"] for finding in check["report"]["findings"])
        assert (name, check["verdict"]) == (name, verdict)
        assert words in said, name
