"""Sets, references and surrogates as people write them in a file: right and wrong."""

import json

import pytest

from mlp.cli import main

HEAD = """
import numpy as np

"""
CHOLESKY = """
def factor(S):
    return np.linalg.cholesky(S)

def factor_backward(dL, S):
    L = np.linalg.cholesky(S)
    phi = np.tril(L.T @ dL)
    phi[np.diag_indices(len(S))] /= 2
    inverse = np.linalg.inv(L)
    G = inverse.T @ phi @ inverse
    return (G + G.T) / 2

def factor_example(rng):
    A = rng.normal(size=(4, 4))
    S = A @ A.T + np.eye(4)
    return ((S + S.T) / 2,)
"""
ROTATION = """
from scipy.spatial.transform import Rotation

R0 = Rotation.from_rotvec([-0.2, 0.4, 0.1]).as_matrix()

def residual(R):
    return Rotation.from_matrix(R.T @ R0).as_rotvec()

def residual_backward(dr, R):
    r = residual(R)
    a = np.linalg.norm(r)
    K = np.cross(np.eye(3), r)
    inverse = np.eye(3) - K / 2 + (1 / a**2 - (1 + np.cos(a)) / (2 * a * np.sin(a))) * K @ K
    return -inverse.T @ dr

def residual_example(rng):
    return (Rotation.from_rotvec(rng.normal(size=3) / 2).as_matrix(),)

def turned(R, xi):
    return R @ Rotation.from_rotvec(xi).as_matrix()
"""
ROUND = """
def quantise(x):
    return np.round(x)

def quantise_backward(dO, x):
    return dO * np.ones_like(x)

def quantise_example(rng):
    return (rng.uniform(-2.4, 2.4, size=5),)
"""
REVERSAL = """
def reverse(x):
    return 1.0 * x

def reverse_backward(dO, x):
    return -dO * np.ones_like(x)

def reverse_example(rng):
    return (rng.normal(size=5),)
"""
KERNEL = """
def fast(x):
    return np.tanh(x / 2) / 2 + 0.5

def fast_backward(dO, x):
    s = fast(x)
    return dO * s * (1 - s)

def fast_example(rng):
    return (rng.normal(size=(3, 4)),)

def plain(x):
    return 1 / (1 + np.exp(-x))
"""
ROWS = [  # what is written, the verdict, and what is said
    (CHOLESKY, "wrong", "right for a symmetric S: if it always is, say --along S=symmetric"),
    (CHOLESKY + "factor.ALONG = {'S': 'symmetric'}", "correct", ""),
    (
        CHOLESKY.replace("(G + G.T) / 2", "np.tril(G)") + "factor.ALONG = {'S': 'symmetric'}",
        "wrong",
        "",
    ),
    (ROTATION, "wrong", "in tangent coordinates? say RETRACT = {'R': f} with f(x, 0) = x"),
    (ROTATION + "residual.RETRACT = {'R': turned}", "correct", ""),
    (ROTATION.replace("-inverse.T", "-inverse") + "residual.RETRACT = {'R': turned}", "wrong", ""),
    (
        ROUND,
        "wrong",
        "piecewise constant and by hand is not 0: a straight-through estimator? declare",
    ),
    (
        ROUND + "quantise.SURROGATE = lambda x: x",
        "correct",
        "by declaration the gradient is that of",
    ),
    (ROUND + "quantise.SURROGATE = lambda x: 2 * x", "wrong", "by hand = 0.50000 × numeric"),
    (REVERSAL, "wrong", "by hand = -1.000 × numeric: the sign"),
    (REVERSAL + "reverse.SURROGATE = lambda x: -x", "correct", "values are not compared"),
    (REVERSAL + "reverse.SURROGATE = lambda x: -2 * x", "wrong", "by hand = 0.50000 × numeric"),
    (KERNEL + "fast.AGAINST = plain", "correct", "values agree with plain"),
    (KERNEL + "fast.AGAINST = np.tanh", "wrong", "values differ from tanh in 12 of 12 entries"),
    (KERNEL.replace("(1 - s)", "(1 + s)") + "fast.AGAINST = plain", "wrong", "against plain: "),
]


@pytest.mark.parametrize(("text", "verdict", "said"), ROWS)
def test_each_row_gets_its_answer(text, verdict, said, tmp_path, capsys):
    file = tmp_path / "written.py"
    file.write_text(HEAD + text)
    status = main(["verify", "--json", str(file)])
    (check,) = json.loads(capsys.readouterr().out)["checks"]
    assert (check["verdict"], status) == (verdict, int(verdict == "wrong"))
    assert any(said in finding["message"] for finding in check["report"]["findings"]) or not said
    assert bool(check["report"]["surrogate"]) == ("SURROGATE" in text)
