"""pypose 0.9.5, AdjT of SE(3) and Sim(3): backward takes Ad(X) for the transpose of Ad(X⁻¹).

Shown without mlp: AdjT is linear in the algebra element, so its values at the unit vectors are its
Jacobian. Where Ad(X) is orthogonal, as of rotations and scaled rotations, the two are the same.
"""

import pytest
import torch

import mlp

pypose = pytest.importorskip("pypose")

torch.set_num_threads(1)
SIZES = {"so3": 3, "rxso3": 4, "se3": 6, "sim3": 7}
RIGHT = {"so3": True, "rxso3": True, "se3": False, "sim3": False}


def linear(kind):
    """Return a ↦ X.AdjT(a) for a fixed X, and a point."""
    torch.manual_seed(0)
    algebra, size = getattr(pypose, kind), SIZES[kind]
    X = algebra(0.4 * torch.randn(size, dtype=torch.float64)).Exp()
    return lambda a: X.AdjT(algebra(a)).tensor(), torch.randn(size, dtype=torch.float64)


@pytest.mark.parametrize("kind", SIZES)
def test_backward_is_the_transpose_of_rotations_alone(kind):
    f, a = linear(kind)
    J = torch.stack([f(e) for e in torch.eye(len(a), dtype=a.dtype)], dim=1)
    torch.testing.assert_close(f(a), J @ a)
    a.requires_grad_()
    v = torch.randn(len(a), dtype=a.dtype)
    (by_hand,) = torch.autograd.grad(f(a), a, v)
    assert torch.allclose(by_hand, J.T @ v, atol=1e-12) == RIGHT[kind]
    assert torch.autograd.gradcheck(f, (a,), raise_exception=False) == RIGHT[kind]


@pytest.mark.parametrize("kind", SIZES)
def test_the_report_agrees(kind):
    f, a = linear(kind)
    report = mlp.adapters.torch(f).check(a)
    assert report.verdict == ("correct" if RIGHT[kind] else "wrong")
