"""Functions that numba compiles are named, checked and followed as their author wrote them."""

import numpy as np
import pytest

import mlp
from mlp.cli import main

numba = pytest.importorskip("numba")

RNG = np.random.default_rng(0)
X, W = RNG.normal(size=(2, 5))


@numba.njit
def root(x):
    return np.sqrt(x * x + 1) - 1


@numba.njit
def scale(x, w):
    out = np.empty_like(x)
    for i in range(x.size):
        out[i] = x[i] ** 2 * w[i] + root(x[i])
    return out


@numba.njit
def scale_backward(dout, x, w):
    dx, dw = np.empty_like(x), np.empty_like(w)
    for i in range(x.size):
        dx[i] = (2 * x[i] * w[i] + x[i] / np.sqrt(x[i] ** 2 + 1)) * dout[i]
        dw[i] = x[i] ** 2 * dout[i]
    return dx, dw


@numba.njit
def halved(dout, x, w):
    return (x * w + x / np.sqrt(x**2 + 1)) * dout, x**2 * dout / 2


def test_a_compiled_pair_is_named_and_checked():
    report = mlp.check(scale, scale_backward, X, W)
    assert report.verdict == "correct", str(report)
    assert report.subject == "scale_backward as the gradient of scale"
    assert [row.name for row in report.arguments] == ["x", "w"]


def test_a_wrong_one_is_diagnosed_by_both_witnesses():
    report = mlp.check(scale, halved, X, W)
    assert report.verdict == "wrong"
    assert {row.name: row.decided_by for row in report.arguments} == {"x": "both", "w": "both"}
    assert {f.diagnosis for f in report.findings if f.argument == "w"} == {"factor"}


def test_ufuncs_and_caches_and_buffers():
    sine, pull = map(numba.vectorize, (lambda x: 2 * np.sin(x), lambda d, x: 2 * d * np.cos(x)))
    assert mlp.check(sine, pull, X).verdict == "correct"
    forward = numba.njit(lambda x: (np.tanh(x), x))
    for factor, verdict in ((1.0, "correct"), (2.0, "wrong")):
        backward = numba.njit(lambda d, kept: factor * d * (1 - np.tanh(kept) ** 2))  # noqa: B023  # compiled at once
        assert mlp.adapters.cs231n(forward, backward).check(X).verdict == verdict

    @numba.njit
    def adding(dx, dout, x):
        for i in range(x.size):
            dx[i] += 2 * x[i] * dout[i]

    square = numba.njit(lambda x: x * x)
    assert mlp.adapters.buffers(square, adding).check(X).verdict == "correct"


FILE = """
import numpy as np
from numba import njit

@njit
def cube(x): return x**3

@njit
def cube_backward(d, x): return {factor} * x**2 * d

def cube_example(rng): return (rng.normal(size=5),)
"""


@pytest.mark.parametrize(("factor", "status", "said"), [(3, 0, "correct"), (2, 1, "0.66667")])
def test_a_compiled_pair_is_found_in_a_file(tmp_path, capsys, factor, status, said):
    file = tmp_path / "cubes.py"
    file.write_text(FILE.format(factor=factor))
    assert main(["verify", str(file)]) == status
    assert said in capsys.readouterr().out
