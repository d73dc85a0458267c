"""Functions that write into their arguments: which is which, and what is added to."""

import ctypes
import shutil
import subprocess

import numpy as np
import pytest

import mlp
from mlp.adapters.buffers import writes_gradients
from mlp.runner.find import find

RNG = np.random.default_rng(0)
X, W = RNG.normal(size=(5, 3)), RNG.normal(size=3)
POINT = (np.empty((5, 3)), np.empty(5), X, W)


def rms(out, rms_, inp, w, eps=1e-5):
    rms_[...] = np.sqrt((inp**2).mean(1) + eps)
    out[...] = inp / rms_[:, None] * w


def rms_backward(dinp, dw, dout, inp, w, rms_):
    unit, d = inp / rms_[:, None], dout * w
    dinp += (d - unit * (d * unit).mean(1, keepdims=True)) / rms_[:, None]
    dw += (dout * unit).sum(0)


def check(backward, forward=rms, point=POINT, **options):
    return mlp.adapters.buffers(forward, backward, **options).check(*point)


def test_buffers_that_hold_the_result_already_are_seen_to_be_written():
    held = [np.empty((5, 3)), np.empty(5), X, W]
    rms(*held)
    assert check(rms_backward, point=held).verdict == "correct"


def test_a_right_pair_is_correct_and_the_arguments_stay():
    kept = [np.copy(a) for a in POINT]
    report = check(rms_backward)
    assert report.verdict == "correct"
    assert [row.name for row in report.arguments] == ["inp", "w"]
    assert "backward adds into its gradients" in str(report)
    assert all(np.array_equal(a, b, equal_nan=True) for a, b in zip(POINT, kept, strict=True))


def test_a_forgotten_term_is_wrong():
    def wrong(dinp, dw, dout, inp, w, rms_):
        dinp += dout * w / rms_[:, None]
        dw += (dout * inp / rms_[:, None]).sum(0)

    report = check(wrong)
    assert [row.verdict for row in report.arguments] == ["wrong", "correct"]


def test_an_assignment_where_the_others_add_is_named_and_can_be_meant():
    def mixed(dinp, dw, dout, inp, w, rms_):
        own = np.zeros_like(dw)
        rms_backward(dinp, own, dout, inp, w, rms_)
        dw[...] = own

    report = check(mixed)
    assert report.verdict == "inconclusive"
    assert "overwrites that of w: an = where += belongs? say adds=['inp']" in str(report)
    assert check(mixed, adds=["inp"]).verdict == "correct"
    refused = check(mixed, adds=True)
    assert refused.verdict == "wrong"
    assert "backward overwrites the gradient of w, where += was meant" in str(refused)
    assert check(rms_backward, adds=False).verdict == "wrong"


def test_a_gradient_that_takes_in_what_was_there_is_wrong():
    def doubled(dinp, dw, dout, inp, w, rms_):
        dw *= 2
        rms_backward(dinp, dw, dout, inp, w, rms_)

    assert "what was in its gradient before changes" in str(check(doubled))
    assert check(doubled).verdict == "wrong"


def test_a_forward_that_returns_its_result():
    def product(inp, w):
        return inp * w

    def product_backward(d_inp, grad_w, grad_output, inp, w):
        d_inp[...] = grad_output * w
        grad_w[...] = (grad_output * inp).sum(0)

    assert check(product_backward, product, (X, W)).verdict == "correct"


@pytest.mark.parametrize(
    ("names", "said"),
    [
        ("dinp dw dout inp w cache", "cache is no argument of forward"),
        ("dinp dw inp w", "none is the cotangent"),
        ("dout inp w", "none is the gradient"),
    ],
)
def test_names_that_tell_nothing_are_refused(names, said):
    with pytest.raises(TypeError, match=said):
        check(rms_backward, signatures=("out rms_ inp w", names))


def test_a_pair_in_a_file(tmp_path):
    file = tmp_path / "inplace.py"
    file.write_text(
        "import numpy as np\n\n\n"
        "def double_forward(out, inp):\n    out[...] = 2 * inp\n\n\n"
        "def double_backward(dinp, dout, inp):\n    dinp += 2 * dout\n\n\n"
        "def double_example(rng):\n    return np.empty(3), rng.normal(size=3)\n"
    )
    (op,) = find(str(file))
    assert mlp.check(op.forward, op.backward, *op.at(0), wrt=op.wrt).verdict == "correct"


def test_a_cotangent_by_the_name_of_the_argument_is_no_buffer():
    assert not writes_gradients(lambda x: x * x, lambda dx, x: 2 * x * dx)
    assert not writes_gradients(lambda X, W: X @ W, lambda dO, X, W: (dO @ W.T, X.T @ dO))


C = """
void gain_forward(double *out, const double *inp, const double *w, int n) {
    for (int i = 0; i < n; i++) out[i] = inp[i] * w[0] * w[0];
}
void gain_backward(double *dinp, double *dw, const double *dout, const double *inp,
                   const double *w, int n) {
    for (int i = 0; i < n; i++) {
        dinp[i] += dout[i] * w[0] * w[0];
        dw[0] += FACTOR * dout[i] * inp[i] * w[0];
    }
}
"""


@pytest.mark.skipif(not shutil.which("cc"), reason="needs a C compiler")
@pytest.mark.parametrize(("factor", "verdict"), [(2, "correct"), (1, "wrong")])
def test_functions_of_c(tmp_path, factor, verdict):
    source, library = tmp_path / "gain.c", tmp_path / "gain.so"
    source.write_text(C)
    command = ["cc", "-shared", "-fPIC", f"-DFACTOR={factor}", "-o", library, source]
    subprocess.run(command, check=True)  # noqa: S603  # our own few lines
    loaded = ctypes.CDLL(str(library))
    array = np.ctypeslib.ndpointer(np.float64, flags="C_CONTIGUOUS")
    loaded.gain_forward.argtypes = [array] * 3 + [ctypes.c_int]
    loaded.gain_backward.argtypes = [array] * 5 + [ctypes.c_int]
    loaded.gain_forward.restype = loaded.gain_backward.restype = None
    adapter = mlp.adapters.buffers(
        loaded.gain_forward,
        loaded.gain_backward,
        signatures=("out inp w n", "dinp dw dout inp w n"),
    )
    point = (np.empty(4), RNG.normal(size=4), np.array([1.3]), 4)
    assert adapter.check(*point).verdict == verdict


def test_an_output_that_was_not_handed_over_is_asked_for():
    def sine(x, out):
        np.sin(x, out=out)

    def sine_backward(dout, x, dx):
        np.multiply(dout, np.cos(x), out=dx)

    adapter = mlp.adapters.buffers(sine, sine_backward)
    x = RNG.normal(size=4)
    assert adapter.check(x, np.empty(4)).verdict == "correct"
    with pytest.raises(TypeError, match=r"sine\(x, out\) was given 1 of 2 arguments; pass what it"):
        adapter.check(x)
