"""Coming from torch: each line of the translation on a right and a wrong Function, both ways."""

import pytest
import torch
from torch.autograd import Function, gradcheck, gradgradcheck

import mlp

torch.set_num_threads(1)
X = torch.tensor([[0.3, -1.2, 2.0], [0.7, 1.1, -0.4]], dtype=torch.float64)


class Square(Function):
    """Right; what is wrong below differs from it in one place."""

    factor = 2.0

    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        ctx.save_for_forward(x)
        return x * x

    @classmethod
    def slope(cls, x):
        return cls.factor * x

    @classmethod
    def backward(cls, ctx, dy):
        return cls.slope(ctx.saved_tensors[0]) * dy


class Triple(Square):
    factor = 3.0


class Nearly(Square):
    factor = 2.0 * (1 + 1e-4)


class Jvp(Square):
    @classmethod
    def jvp(cls, ctx, x_dot):
        return 2 * ctx.saved_tensors[0] * x_dot


class WrongJvp(Square):
    @classmethod
    def jvp(cls, ctx, x_dot):
        return 3 * ctx.saved_tensors[0] * x_dot


class JvpAlone(Function):
    factor = 2.0

    @staticmethod
    def forward(ctx, x):
        ctx.save_for_forward(x)
        return x * x

    @classmethod
    def jvp(cls, ctx, x_dot):
        return cls.factor * ctx.saved_tensors[0] * x_dot


class WrongJvpAlone(JvpAlone):
    factor = 3.0


class Detached(Square):
    @classmethod
    def slope(cls, x):
        return 2 * x.detach()


class Unmindful(Square):
    @classmethod
    def backward(cls, ctx, dy):
        (x,) = ctx.saved_tensors
        return 2 * x * dy.as_strided(x.shape, x.stride())


def theirs(f, x=X, check=gradcheck, **options):
    apply = getattr(f, "apply", f)
    return check(apply, x.clone().requires_grad_(), raise_exception=False, **options)


def ours(f, x=X, **options):
    return mlp.adapters.torch(f).check(x, **options).verdict


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
def test_gradcheck_func_inputs(dtype):
    assert (theirs(Square), theirs(Triple)) == (True, False)
    assert (ours(Square, X.to(dtype)), ours(Triple, X.to(dtype))) == ("correct", "wrong")


@pytest.mark.parametrize("scale", [1e-6, 1e6])
def test_gradcheck_eps(scale):
    assert theirs(Square, X * scale, eps=1e-3 * scale, atol=1e-9 * scale)
    assert not theirs(Triple, X * scale, eps=1e-3 * scale, atol=1e-9 * scale)
    assert (ours(Square, X * scale), ours(Triple, X * scale)) == ("correct", "wrong")


def test_gradcheck_atol():
    small = 1e-7
    assert theirs(Triple, X * small)  # it hides behind atol
    assert (ours(Square, X * small), ours(Triple, X * small)) == ("correct", "wrong")


def test_gradcheck_rtol():
    assert theirs(Nearly, rtol=1e-3)
    assert not theirs(Nearly, rtol=1e-6, atol=1e-8)
    assert (ours(Nearly), ours(Nearly, accept=1e-3)) == ("wrong", "correct")
    assert ours(Triple, accept=1e-3) == "wrong"


def test_gradcheck_raise_exception():
    with pytest.raises(RuntimeError, match="Jacobian mismatch"):
        gradcheck(Triple.apply, X.clone().requires_grad_())
    with pytest.raises(mlp.GradientError, match=r"by hand = 1\.5000 × numeric"):
        mlp.adapters.torch(Triple).verify(X)
    assert mlp.adapters.torch(Square).verify(X)


def test_gradcheck_nondet_tol():
    calls = iter(range(1, 10_000))

    def wavering(size):
        return lambda x: x * x * (1 + size * (next(calls) % 3))

    report = mlp.adapters.torch(wavering(1e-14)).check(X)
    assert report.verdict == "correct"
    assert "wavers" in str(report)
    assert ours(wavering(0.1)) == "inconclusive"


def test_gradcheck_check_forward_ad():
    assert theirs(Jvp, check_forward_ad=True)
    assert theirs(WrongJvp)  # unless it is asked for
    assert not theirs(WrongJvp, check_forward_ad=True)
    assert (ours(Jvp), ours(WrongJvp)) == ("correct", "wrong")


def test_gradcheck_check_backward_ad():
    only = {"check_forward_ad": True, "check_backward_ad": False, "check_undefined_grad": False}
    assert (theirs(JvpAlone, **only), theirs(WrongJvpAlone, **only)) == (True, False)
    assert (ours(JvpAlone), ours(WrongJvpAlone)) == ("correct", "wrong")


def test_gradcheck_fast_mode():
    x = torch.linspace(-1, 1, 400, dtype=torch.float64)
    assert (theirs(Square, x, fast_mode=True), theirs(Triple, x, fast_mode=True)) == (True, False)
    report = mlp.adapters.torch(Square).check(x)
    assert report.verdict == "correct"
    assert report.evaluations < x.numel() / 4
    assert ours(Triple, x) == "wrong"


def test_gradgradcheck_func_inputs():
    found = [theirs(f, check=gradgradcheck, check_rev_over_rev=True) for f in (Square, Detached)]
    assert found == [True, False]
    assert [ours(f, order=2) for f in (Square, Detached)] == ["correct", "wrong"]
    assert ours(Detached) == "correct"


def test_gradgradcheck_grad_outputs():
    v = torch.ones_like(X).requires_grad_()
    assert theirs(Square, check=gradgradcheck, grad_outputs=v)
    assert not theirs(Detached, check=gradgradcheck, grad_outputs=v)
    report = mlp.adapters.torch(Square).check(X, order=2)
    assert {argument.name for argument in report.arguments} == {
        "x",
        "second order: cotangent",
        "second order: x",
    }


def test_gradgradcheck_gen_non_contig_grad_outputs():
    assert theirs(Unmindful)  # gradcheck cannot see it
    assert (ours(Square), ours(Unmindful)) == ("correct", "wrong")
