"""torch 2.13.0, nn.CrossMapLRN2d: forward keeps a channel that left, backward sums another window.

Shown without mlp: torch's own gradcheck refuses it, its values are not those of LocalResponseNorm,
and both are mended by taking 1 from two indices, which count from 1 in the source it came from.
"""

import inspect

import pytest
import torch
from torch import nn
from torch.autograd import Function, gradcheck
from torch.nn.modules._functions import CrossMapLRN2d

import mlp

torch.set_num_threads(1)
torch.manual_seed(0)
x = torch.randn(1, 4, 1, 1, dtype=torch.float64, requires_grad=True)
plain = nn.LocalResponseNorm(3, alpha=1.0)
INDICES = {
    "if c > pre_pad:": "if c > pre_pad - 1:",
    "narrow(0, inversePrePad, channels)": "narrow(0, inversePrePad - 1, channels)",
}


def mended(indices):
    """Return the layer with some of its indices less by 1."""
    source = inspect.getsource(CrossMapLRN2d)
    for written, meant in indices.items():
        assert written in source
        source = source.replace(written, meant)
    namespace = {"Function": Function, "torch": torch}
    exec(source, namespace)  # noqa: S102  # torch's own lines
    return lambda x: namespace["CrossMapLRN2d"].apply(x, 3, 1.0, 0.75, 1.0)


@pytest.mark.parametrize("which", [[], [0], [1], [0, 1]])
def test_two_indices_are_off_by_one(which):
    layer = mended({k: v for i, (k, v) in enumerate(INDICES.items()) if i in which})
    assert torch.allclose(layer(x), plain(x)) == (0 in which)
    assert gradcheck(layer, (x,), raise_exception=False) == (which == [0, 1])
    report = mlp.adapters.torch(layer).check(x, against=plain)
    values = not any(f.kind == "against" and f.severity == "fault" for f in report.findings)
    assert (values, bool(report)) == (0 in which, which == [0, 1])


def test_the_module_is_wrong_as_it_is_released():
    layer = nn.CrossMapLRN2d(3, alpha=1.0)
    assert not gradcheck(layer, (x,), raise_exception=False)
    assert mlp.adapters.torch(layer).check(x).verdict == "wrong"
    assert mlp.adapters.torch(plain).check(x).verdict == "correct"
