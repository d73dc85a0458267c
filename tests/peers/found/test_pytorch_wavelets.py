"""pytorch_wavelets 1.3.0, DWTForward: backward is no adjoint where a mode pads and filters overlap.

Shown without mlp: the transform is linear, so its values at the unit vectors are its Jacobian.
`pip install --no-deps pytorch_wavelets==1.3.0 PyWavelets "setuptools<80"`; skipped without.
"""

import warnings

import pytest
import torch

import mlp

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # its pkg_resources is deprecated
    wavelets = pytest.importorskip("pytorch_wavelets")

torch.set_num_threads(1)
torch.manual_seed(0)
SIZE = 6
x = torch.randn(1, 1, SIZE, SIZE, dtype=torch.float64, requires_grad=True)


def transform(wave, mode):
    f = wavelets.DWTForward(J=1, wave=wave, mode=mode).double()

    def both(x):
        low, (high,) = f(x)
        return low, high

    return both


def adjoints(f):
    """Return the gradient of <v, f> by backward, and by the transform of each unit vector."""
    outs = f(x)
    cotangents = [torch.randn_like(out) for out in outs]
    (by_hand,) = torch.autograd.grad(outs, x, cotangents)
    units = torch.eye(SIZE * SIZE, dtype=torch.float64).reshape(-1, *x.shape)
    pairs = [zip(cotangents, f(unit), strict=True) for unit in units]
    true = torch.stack([sum((v * out).sum() for v, out in pair) for pair in pairs])
    return by_hand.detach(), true.reshape(x.shape)


@pytest.mark.parametrize("mode", ["symmetric", "reflect", "periodic"])
def test_the_gradient_is_wrong_at_the_border(mode):
    f = transform("db2", mode)
    by_hand, true = adjoints(f)
    right = torch.isclose(by_hand, true, rtol=0, atol=1e-12)[0, 0]
    assert not right[0].any()
    assert right[2:-2, 2:-2].all() or mode == "reflect"  # which reaches one row further
    assert not torch.autograd.gradcheck(f, (x,), raise_exception=False)
    assert mlp.adapters.torch(f).check(x).verdict == "wrong"


@pytest.mark.parametrize(
    ("wave", "mode"), [("db2", "zero"), ("db2", "periodization"), ("haar", "symmetric")]
)
def test_the_other_modes_are_right(wave, mode):
    f = transform(wave, mode)
    torch.testing.assert_close(*adjoints(f))
    assert mlp.adapters.torch(f).check(x).verdict == "correct"
