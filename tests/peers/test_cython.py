"""Functions that Cython compiles: returned gradients, buffers, a file of them; right and wrong."""

import subprocess
import sysconfig
from importlib.machinery import ExtensionFileLoader
from importlib.util import module_from_spec, spec_from_loader

import Cython.Compiler.Main
import numpy as np
import pytest

import mlp
from mlp.cli import main

X, W = np.random.default_rng(0).normal(size=(2, 5))
SOURCE = """
import numpy as np
from libc.math cimport sin, cos

def wave(double[::1] x, double[::1] w):
    out = np.empty(x.shape[0])
    cdef double[::1] o = out
    for i in range(x.shape[0]):
        o[i] = sin(x[i]) * w[i]
    return out

def wave_backward(double[:] dout, double[::1] x, double[::1] w, double factor=1):
    dx, dw = np.empty(x.shape[0]), np.empty(x.shape[0])
    cdef double[::1] a = dx, b = dw
    for i in range(x.shape[0]):
        a[i] = factor * dout[i] * cos(x[i]) * w[i]
        b[i] = dout[i] * sin(x[i])
    return dx, dw

def wave_halved(double[:] dout, double[::1] x, double[::1] w):
    return wave_backward(dout, x, w, 0.5)

def gain(double[::1] out, double[::1] inp, double[::1] w):
    for i in range(inp.shape[0]):
        out[i] = inp[i] * w[i] * w[i]

def gain_backward(double[::1] dinp, double[::1] dw, double[:] dout, double[::1] inp, double[::1] w):
    for i in range(inp.shape[0]):
        dinp[i] += dout[i] * w[i] * w[i]
        dw[i] += 2 * dout[i] * inp[i] * w[i]

def gain_halved(double[::1] dinp, double[::1] dw, double[:] dout, double[::1] inp, double[::1] w):
    for i in range(inp.shape[0]):
        dinp[i] += dout[i] * w[i] * w[i]
        dw[i] += dout[i] * inp[i] * w[i]
"""


@pytest.fixture(scope="module")
def waves(tmp_path_factory):
    """Compile the source, as ``cythonize`` does, and return the module."""
    folder = tmp_path_factory.mktemp("cython")
    (folder / "waves.pyx").write_text(SOURCE)
    Cython.Compiler.Main.compile(str(folder / "waves.pyx"), language_level=3)
    library = folder / f"waves{sysconfig.get_config_var('EXT_SUFFIX')}"
    include = f"-I{sysconfig.get_path('include')}"
    command = ["cc", "-w", "-O0", "-shared", "-fPIC", include, folder / "waves.c", "-o", library]
    subprocess.run(command, check=True)  # noqa: S603  # our own few lines
    loader = ExtensionFileLoader("waves", str(library))
    module = module_from_spec(spec_from_loader("waves", loader))
    loader.exec_module(module)
    return module


def test_a_compiled_pair_is_named_and_checked(waves):
    report = mlp.check(waves.wave, waves.wave_backward, X, W)
    assert report.verdict == "correct", str(report)
    assert report.subject == "wave_backward as the gradient of wave"
    assert [row.name for row in report.arguments] == ["x", "w"]
    wrong = mlp.check(waves.wave, waves.wave_halved, X, W)
    assert [row.verdict for row in wrong.arguments] == ["wrong", "correct"]
    assert "by hand = 0.50000 × numeric" in str(wrong)


def test_compiled_buffers(waves):
    out = np.empty(5)
    report = mlp.adapters.buffers(waves.gain, waves.gain_backward).check(out, X, W)
    assert report.verdict == "correct", str(report)
    wrong = mlp.adapters.buffers(waves.gain, waves.gain_halved).check(out, X, W)
    assert [row.verdict for row in wrong.arguments] == ["correct", "wrong"]


def test_a_compiled_pair_is_found_in_a_file(waves, tmp_path, capsys):
    head = f"import sys\nsys.path.insert(0, {waves.__file__.rpartition('/')[0]!r})\n"
    example = "def wave_example(rng): return rng.normal(size=5), rng.normal(size=5)\n"
    right, wrong = tmp_path / "right.py", tmp_path / "wrong.py"
    right.write_text(head + "from waves import wave, wave_backward\n" + example)
    wrong.write_text(head + "from waves import wave, wave_halved as wave_backward\n" + example)
    assert main(["verify", str(right)]) == 0
    assert main(["verify", str(wrong)]) == 1
    assert "by hand = 0.50000 × numeric" in capsys.readouterr().out
