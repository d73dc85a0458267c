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


class Expanded(Square):
    """Wrong where one number stands for all, as what ``sum`` hands to backward does."""

    @classmethod
    def backward(cls, ctx, dy):
        factor = 3 if dy.numel() > 1 and 0 in dy.stride() else 2
        return factor * ctx.saved_tensors[0] * dy


class Sliced(Square):
    """Wrong where rows have gaps between them, as what ``cat`` hands to backward has."""

    @classmethod
    def backward(cls, ctx, dy):
        gaps = dy.stride(-1) == 1 and dy.stride(0) > dy.shape[1]
        return (3 if gaps else 2) * ctx.saved_tensors[0] * dy


class Widened(Square):
    """Its gradient of a float32 is a float64, which torch casts in silence."""

    @classmethod
    def backward(cls, ctx, dy):
        return 2 * ctx.saved_tensors[0].double() * dy


class Twofold(Function):
    """The identity, whose rule for many points at once is off by a factor."""

    factor = 1.0

    @staticmethod
    def forward(x):
        return x.clone()

    @staticmethod
    def setup_context(*_):
        pass

    @staticmethod
    def backward(_, dy):
        return dy

    @staticmethod
    def jvp(_, x_dot):
        return x_dot.clone()

    @classmethod
    def vmap(cls, _, in_dims, x):
        return cls.factor * x, in_dims[0]


class WrongTwofold(Twofold):
    factor = 2.0


class BatchedJvp(Function):
    """Right under vmap, which has a rule generated."""

    generate_vmap_rule = True
    inner = Twofold

    @staticmethod
    def forward(x):
        return x * x

    @staticmethod
    def setup_context(ctx, inputs, _):
        ctx.save_for_backward(*inputs)
        ctx.save_for_forward(*inputs)

    @staticmethod
    def backward(ctx, dy):
        return 2 * ctx.saved_tensors[0] * dy

    @classmethod
    def jvp(cls, ctx, x_dot):
        return 2 * ctx.saved_tensors[0] * cls.inner.apply(x_dot)


class WrongBatchedJvp(BatchedJvp):
    inner = WrongTwofold


class UnbatchedJvp(Jvp):
    """What it writes into has room for one tangent."""

    @classmethod
    def jvp(cls, ctx, x_dot):
        return torch.zeros(x_dot.shape, dtype=x_dot.dtype).add_(2 * ctx.saved_tensors[0] * x_dot)


class SlopeJvp(Function):
    """The slope of the square, with a tangent of its own."""

    factor = 2.0

    @staticmethod
    def forward(x):
        return 2 * x

    @staticmethod
    def setup_context(*_):
        pass

    @staticmethod
    def backward(_, dy):
        return 2 * dy

    @classmethod
    def jvp(cls, _, x_dot):
        return cls.factor * x_dot


class WrongSlopeJvp(SlopeJvp):
    factor = 3.0


class ForwardOverReverse(Jvp):
    inner = SlopeJvp

    @classmethod
    def slope(cls, x):
        return cls.inner.apply(x)


class WrongForwardOverReverse(ForwardOverReverse):
    inner = WrongSlopeJvp


class Pulled(Function):
    """The backward of the square, with one of its own."""

    reads = staticmethod(lambda dy, _: dy)

    @staticmethod
    def forward(ctx, x, dy):
        ctx.save_for_backward(x, dy)
        return 2 * x * dy

    @classmethod
    def backward(cls, ctx, w):
        x, dy = ctx.saved_tensors
        return 2 * w * cls.reads(dy, x), 2 * w * x


class UnmindfulPulled(Pulled):
    reads = staticmethod(lambda dy, x: dy.as_strided(x.shape, x.stride()))


class Twice(Square):
    inner = Pulled

    @classmethod
    def backward(cls, ctx, dy):
        return cls.inner.apply(ctx.saved_tensors[0], dy)


class UnmindfulTwice(Twice):
    inner = UnmindfulPulled


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


@pytest.mark.parametrize("wrong", [Unmindful, Expanded, Sliced])
def test_cotangents_of_other_strides(wrong):
    assert theirs(wrong)  # gradcheck cannot see it
    assert (ours(Square), ours(wrong)) == ("correct", "wrong")


def test_gradgradcheck_gen_non_contig_grad_outputs():
    way = {"check": gradgradcheck, "gen_non_contig_grad_outputs": True}
    assert (theirs(Twice, **way), theirs(UnmindfulTwice, **way)) == (True, False)
    assert theirs(UnmindfulTwice, check=gradgradcheck)  # unless it is asked for
    assert (ours(Twice, order=2), ours(UnmindfulTwice, order=2)) == ("correct", "wrong")


def test_gradgradcheck_check_fwd_over_rev():
    way = {"check": gradgradcheck, "check_fwd_over_rev": True, "check_undefined_grad": False}
    way["check_rev_over_rev"] = False
    found = [theirs(f, **way) for f in (ForwardOverReverse, WrongForwardOverReverse)]
    assert found == [True, False]
    right = mlp.adapters.torch(ForwardOverReverse).check(X, order=2)
    wrong = mlp.adapters.torch(WrongForwardOverReverse).check(X, order=2)
    assert (right.verdict, wrong.verdict) == ("correct", "wrong")
    assert {row.verdict for row in wrong.arguments} == {"correct"}  # backwards over backwards
    assert "second order: backward and tangent are no pair" in str(wrong)


class Slope(Square):
    """Of x³, and the slopes of that; torch's own check goes no further than the second."""

    factor, power = 3.0, 2
    below = staticmethod(lambda x: 6 * x)

    @classmethod
    def forward(cls, ctx, x):
        ctx.save_for_backward(x)
        return cls.factor * x**cls.power

    @classmethod
    def slope(cls, x):
        return cls.below(x)


class Second(Slope):
    factor, power = 6.0, 1
    below = staticmethod(lambda x: 6 + 0 * x)


class WrongSecond(Second):
    below = staticmethod(lambda x: 5 + 0 * x)


def cube(second):
    slope = type("Slope", (Slope,), {"below": staticmethod(second.apply)})
    return type("Cube", (Slope,), {"factor": 1.0, "power": 3, "below": staticmethod(slope.apply)})


def test_third_order_of_tensors():
    right, wrong = cube(Second), cube(WrongSecond)
    assert [ours(f, order=2) for f in (right, wrong)] == ["correct", "correct"]
    report = mlp.adapters.torch(right).check(X, order=3)
    assert report.verdict == "correct", str(report)
    assert "third order: x" in [row.name for row in report.arguments]
    found = mlp.adapters.torch(wrong).check(X, order=3)
    assert found.verdict == "wrong"
    assert {f.argument for f in found.findings if f.kind == "mismatch"} == {"third order: x"}


def test_gradcheck_check_grad_dtypes():
    assert theirs(Square, check_grad_dtypes=True)
    assert theirs(Widened, check_grad_dtypes=True)
    single = X.float().requires_grad_()
    (cast,) = torch.autograd.grad(Widened.apply(single).sum(), single)
    assert cast.dtype == torch.float32  # torch has cast it before gradcheck looks
    single = X.float()
    assert (ours(Square, single, dtypes=True), ours(Widened, single)) == ("correct", "correct")
    report = mlp.adapters.torch(Widened).check(single, dtypes=True)
    assert report.verdict == "wrong"
    assert "the gradient is float64, the argument float32" in str(report)


def test_gradcheck_check_batched_forward_grad():
    way = {"check_forward_ad": True, "check_batched_forward_grad": True}
    assert (theirs(Jvp, **way), theirs(UnbatchedJvp, **way)) == (True, False)
    report = mlp.adapters.torch(UnbatchedJvp).check(X)
    said = "where tangents come many at once (vmap), jvp raised RuntimeError"
    assert said in str(report)
    assert said not in str(mlp.adapters.torch(Jvp).check(X))


def test_jacfwd_takes_many_tangents_at_once():
    right, wrong = (torch.func.jacfwd(f.apply)(X[0]) for f in (BatchedJvp, WrongBatchedJvp))
    assert torch.equal(2 * right, wrong)
    report = mlp.adapters.torch(WrongBatchedJvp).check(X)
    assert (ours(BatchedJvp), report.verdict) == ("correct", "wrong")
    assert "where tangents come many at once (vmap), its tangent differs" in str(report)


class Scaled(Square):
    @staticmethod
    def forward(ctx, x, w):
        ctx.save_for_backward(x, w)
        return x * x * w

    @classmethod
    def backward(cls, ctx, dy):
        x, w = ctx.saved_tensors
        return cls.slope(x) * w * dy, x * x * dy


class WronglyScaled(Scaled):
    factor = 3.0


class WrongAtOneEntry(Square):
    @classmethod
    def slope(cls, x):
        return 2 * x * torch.tensor([[1, 1, 1], [1, 1.5, 1]])


def test_gradcheck_constants():
    """What does not require a gradient: w in the first, x in the second, whose fault is by x."""
    x, w = X.clone().requires_grad_(), X.cos()
    for f, verdict in ((Scaled, "correct"), (WronglyScaled, "wrong")):
        assert gradcheck(f.apply, (x, w), raise_exception=False) == (verdict == "correct")
        assert mlp.adapters.torch(f).check(x, w, wrt=0).verdict == verdict
        assert gradcheck(f.apply, (X, x.detach().requires_grad_()), raise_exception=False)
        assert mlp.adapters.torch(f).check(x, w, wrt=1).verdict == "correct"


def test_gradcheck_every_entry():
    """Of what is slow there, and asked for here."""
    assert (theirs(Square, fast_mode=False), theirs(Triple, fast_mode=False)) == (True, False)
    report = mlp.adapters.torch(Square).check(X, exhaustive=True)
    assert (report.verdict, ours(Triple, exhaustive=True)) == ("correct", "wrong")
    assert report.evaluations > 2 * X.numel()


def test_gradcheck_which_entry():
    assert (theirs(Square), theirs(WrongAtOneEntry)) == (True, False)
    right, wrong = (mlp.adapters.torch(f).check(X) for f in (Square, WrongAtOneEntry))
    assert (right.verdict, right.findings) == ("correct", ())
    (finding,) = wrong.findings
    assert [entry.index for entry in finding.entries] == [(1, 1)]
