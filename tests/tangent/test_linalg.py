"""Linear algebra and Fourier transforms: each rule against extrapolated differences."""

import numpy as np
import pytest
from differences import along, direction

from mlp.tangent.array import TangentArray
from mlp.tangent.functions import RULES
from mlp.tangent.trail import Lost, Trail

LA = np.linalg
S = np.random.default_rng(0).normal(size=(4, 4)) + 4 * np.eye(4)
TALL = np.random.default_rng(1).normal(size=(5, 3))
STACK = np.random.default_rng(2).normal(size=(2, 3, 3)) + 3 * np.eye(3)

TURN = np.array([[0.0, 1, 0], [-1, 0, 0], [0, 0, 1]])


def positive(x):
    return x @ np.swapaxes(x, -1, -2) + np.eye(x.shape[-1])


CASES = {
    "inv": (LA.inv, S),
    "inv of a stack": (LA.inv, STACK),
    "solve": (lambda x: LA.solve(x, x[:, 0]), S),
    "solve for a stack": (lambda x: LA.solve(x, x @ x), STACK),
    "solve by a constant": (lambda x: LA.solve(S, x), S),
    "det": (LA.det, S),
    "det of a stack": (LA.det, STACK),
    "slogdet": (lambda x: LA.slogdet(x)[1], S),
    "cholesky": (lambda x: LA.cholesky(positive(x)), S),
    "cholesky of the upper triangle": (lambda x: LA.cholesky(positive(x), upper=True), S),
    "cholesky of a triangle alone": (lambda x: LA.cholesky(np.tril(positive(x))), S),
    "eigh": (lambda x: np.abs(LA.eigh(positive(x))[1]), S),
    "eigh of the upper triangle": (lambda x: LA.eigh(positive(x), UPLO="U")[0], S),
    "eigh of a triangle alone": (lambda x: LA.eigh(x)[0], S),
    "eigvalsh": (lambda x: LA.eigvalsh(positive(x)), STACK),
    "eig": (lambda x: np.sort(LA.eig(positive(x))[0].real), S),
    "eig, vectors": (lambda x: LA.eig(positive(x))[1], S),
    "eig, vectors of a complex pair": (
        lambda x: LA.eig(x[:3, :3] + 9 * TURN)[1].imag + LA.eig(x[:3, :3] + 9 * TURN)[1].real,
        S,
    ),
    "eigvals": (lambda x: np.sort(LA.eigvals(positive(x)).real), S),
    "svd": (lambda x: LA.svd(x, full_matrices=False)[0] @ LA.svd(x, full_matrices=False)[2], TALL),
    "svd of a square": (lambda x: np.abs(LA.svd(x)[2]), S),
    "svd alone": (lambda x: LA.svd(x, compute_uv=False), TALL),
    "svdvals": (getattr(LA, "svdvals", lambda a: LA.svd(a)[1]), S),
    "qr": (lambda x: LA.qr(x)[0] @ LA.qr(x)[1] + np.abs(LA.qr(x)[1]).sum(), TALL),
    "qr, Q": (lambda x: np.abs(LA.qr(x)[0]), S),
    "qr, R alone": (lambda x: np.abs(LA.qr(x, mode="r")), S),
    "pinv": (LA.pinv, TALL),
    "pinv of a wide matrix": (lambda x: LA.pinv(x.T), TALL),
    "lstsq": (lambda x: LA.lstsq(x, x[:, 0] ** 2)[0], TALL),
    "lstsq, residuals": (lambda x: LA.lstsq(x, x[:, 0] ** 2)[1], TALL),
    "matrix_power": (lambda x: LA.matrix_power(x, 3), S),
    "matrix_power, inverse": (lambda x: LA.matrix_power(x, -2), S),
    "multi_dot": (lambda x: LA.multi_dot([x, x, x]), S),
    "cond": (LA.cond, S),
    "cond, smallest first": (lambda x: LA.cond(x, -2), S),
    "cond by another norm": (lambda x: LA.cond(x, "fro") * LA.cond(x, 1), S),
    "norm": (LA.norm, S),
    "norm of rows": (lambda x: LA.norm(x, axis=1), S),
    "norm 1": (lambda x: LA.norm(x, 1), S),
    "norm 2": (lambda x: LA.norm(x, 2), S),
    "nuclear norm": (lambda x: LA.norm(x, "nuc"), S),
    "norm of order 3": (lambda x: LA.norm(x[0], 3), S),
    "tensorsolve": (lambda x: LA.tensorsolve(x.reshape(2, 2, 4), x[:2, :2]), S),
}
CASES |= {
    "cross": (lambda x: LA.cross(x[:, :3], x[:, 1:]), S),
    "diagonal trace": (lambda x: LA.diagonal(x) * LA.trace(x), S),
    "matmul tensordot": (lambda x: LA.matmul(x, x) + LA.tensordot(x, x, axes=1), S),
    "matrix_norm vector_norm": (lambda x: LA.matrix_norm(x) * LA.vector_norm(x), S),
    "matrix_transpose": (LA.matrix_transpose, S),
    "outer vecdot": (lambda x: LA.outer(x[0], x[1]) * LA.vecdot(x, x), S),
    "tensorinv": (lambda x: LA.tensorinv(x.reshape(2, 2, 4)), S),
}
FOURIER = "fft ifft fft2 ifft2 fftn ifftn rfft irfft rfft2 irfft2 rfftn irfftn hfft ihfft"


def power(name):
    return lambda x: np.abs(getattr(np.fft, name)(x + 2.0)) ** 2


CASES |= {name: (power(name), S) for name in FOURIER.split()}
CASES |= {name: (getattr(np.fft, name), S) for name in ("fftshift", "ifftshift")}


def dual(value, tangent, trail=None):
    return TangentArray(np.array(value), np.array(tangent), trail or Trail())


@pytest.mark.parametrize("name", CASES)
def test_a_small_change_of_the_matrix_is_followed(name):
    f, x = CASES[name]
    d = direction(np.random.default_rng(3), x.shape)
    found = f(dual(x, d))
    np.testing.assert_allclose(found.value, f(x), rtol=1e-11, atol=1e-12)
    np.testing.assert_allclose(found.tangent, along(f, x, d), rtol=1e-6, atol=1e-7)


def test_every_public_function_has_a_case_or_is_named():
    functions = {
        n
        for module in (LA, np.fft)
        for n in dir(module)
        if not n.startswith("_") and callable(f := getattr(module, n)) and not isinstance(f, type)
    }
    tried = {word for name in CASES for word in name.replace(",", "").split()}
    assert functions - tried == {"matrix_rank", "fftfreq", "rfftfreq", "test"}  # nothing moves them


def test_a_wrong_rule_is_found(monkeypatch):
    monkeypatch.setitem(RULES, LA.inv, lambda _, x: x.both(LA.inv))
    with pytest.raises(AssertionError):
        test_a_small_change_of_the_matrix_is_followed("inv")


def test_eigenvalues_bend_where_they_cross():
    trail = Trail()
    LA.eigvalsh(dual(np.diag([1.0, 2.0, 4.0]), np.diag([1.0, -1.0, 0.0]), trail))
    assert trail.bend == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("lose", "said"),
    [
        (LA.svd, "full matrices"),
        (lambda x: LA.qr(x, mode="complete"), "all of Q"),
        (LA.matrix_rank, "a choice by a tolerance"),
        (lambda x: LA.lstsq(np.hstack([x, x]), x[:, 0]), "without full rank"),
    ],
)
def test_what_has_no_rule_is_lost_by_name(lose, said):
    with pytest.raises(Lost, match=said):
        lose(dual(TALL, TALL))
