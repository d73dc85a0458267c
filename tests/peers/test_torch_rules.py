"""Every rule of a Function of torch: backward, jvp, and the gradient of the gradient."""

import pytest
import torch
from torch import nn
from torch.autograd.function import once_differentiable

from mlp import adapters

torch.set_num_threads(1)
x = torch.tensor([1.0, 2.0, -0.5], dtype=torch.float64)
W = torch.tensor([[0.3, -1.2], [0.5, 2.0], [1.0, 0.1]], dtype=torch.float64)


class Cube(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        ctx.save_for_forward(x)
        return x**3

    @staticmethod
    def backward(ctx, dy):
        (x,) = ctx.saved_tensors
        return 3 * x**2 * dy

    @staticmethod
    def jvp(ctx, x_dot):
        (x,) = ctx.saved_tensors
        return 3 * x**2 * x_dot


class Product(torch.autograd.Function):
    """Two arguments and two results, in the newer style."""

    @staticmethod
    def forward(x, W):
        return x @ W, x.sum()

    @staticmethod
    def setup_context(ctx, inputs, _):
        ctx.save_for_backward(*inputs)
        ctx.save_for_forward(*inputs)

    @staticmethod
    def backward(ctx, dy, ds):
        x, W = ctx.saved_tensors
        return W @ dy + ds, torch.outer(x, dy)

    @staticmethod
    def jvp(ctx, x_dot, W_dot):
        x, W = ctx.saved_tensors
        return x_dot @ W + x @ W_dot, x_dot.sum()


class WrongJvp(Cube):
    @staticmethod
    def jvp(ctx, x_dot):
        (x,) = ctx.saved_tensors
        return 2 * x**2 * x_dot


class WrongBackward(Cube):
    @staticmethod
    def backward(ctx, dy):
        (x,) = ctx.saved_tensors
        return 2 * x**2 * dy


class ForgetsW(Product):
    @staticmethod
    def jvp(ctx, x_dot, W_dot):
        x, W = ctx.saved_tensors
        return x_dot @ W + 0 * (x @ W_dot), x_dot.sum()


class ForwardAlone(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_forward(x)
        return x**3

    jvp = Cube.jvp


class WrongForwardAlone(ForwardAlone):
    jvp = WrongJvp.jvp


class Detached(Cube):
    @staticmethod
    def backward(ctx, dy):
        (x,) = ctx.saved_tensors
        return (3 * x**2).detach() * dy


class Once(Cube):
    @staticmethod
    @once_differentiable
    def backward(ctx, dy):
        (x,) = ctx.saved_tensors
        return 3 * x**2 * dy


def named(report):
    return {f.argument for f in report.findings if f.kind == "mismatch"}


@pytest.mark.parametrize(("function", "point"), [(Cube, (x,)), (Product, (x, W))])
def test_backward_and_jvp_are_both_checked_and_said(function, point):
    report = adapters.torch(function).check(*point)
    assert report.verdict == "correct", str(report)
    name = function.__name__
    assert report.subject == (
        f"{name}.backward as the gradient of {name}, {name}.jvp as its tangent"
    )
    assert len(report.arguments) == 2 * len(point)
    through_apply = adapters.torch(function.apply).check(*point)
    assert through_apply.subject == report.subject


@pytest.mark.parametrize(
    ("function", "point", "wrong"),
    [
        (WrongJvp, (x,), {"forward mode: x"}),
        (WrongBackward, (x,), {"x"}),
        (ForgetsW, (x, W), {"forward mode: W"}),
    ],
)
def test_the_rule_that_is_wrong_is_named(function, point, wrong):
    report = adapters.torch(function).check(*point)
    assert (report.verdict, named(report)) == ("wrong", wrong)
    assert "backward and tangent are no pair" in str(report)


def test_a_jvp_alone_is_checked_where_there_is_no_backward():
    report = adapters.torch(ForwardAlone).check(x)
    assert report.verdict == "correct", str(report)
    assert "reverse mode: backward, evaluation" in str(report)
    assert adapters.torch(WrongForwardAlone).check(x).verdict == "wrong"


def test_float32_is_judged_in_float64_in_both_modes():
    report = adapters.torch(Cube).check(x.float())
    assert report.verdict == "correct"
    assert str(report).count("computed in float64") == 2


# second order


@pytest.mark.parametrize(
    ("thing", "point"),
    [
        (Cube, (x,)),
        (Product, (x, W)),
        (torch.nn.functional.softplus, (x,)),
        (nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2)).double(), (x,)),
    ],
)
def test_the_gradient_of_a_right_gradient_is_right(thing, point):
    report = adapters.torch(thing).check(*point, order=2)
    assert report.verdict == "correct", str(report)
    assert any(row.name.startswith("second order: ") for row in report.arguments)
    assert "order=2" in report.reproduce


def test_what_backward_detaches_is_wrong_at_second_order():
    assert adapters.torch(Detached).check(x).verdict == "correct"
    report = adapters.torch(Detached).check(x, order=2)
    assert (report.verdict, named(report)) == ("wrong", {"second order: x"})
    with pytest.raises(RuntimeError, match="Jacobian mismatch"):  # its own finds it, too
        torch.autograd.gradgradcheck(Detached.apply, x.clone().requires_grad_())


@pytest.mark.parametrize("inside", [False, True])
def test_once_differentiable_is_said(inside):
    thing = (lambda x: 2 * Once.apply(x)) if inside else Once
    report = adapters.torch(thing).check(x, order=2)
    assert report.verdict == "correct", str(report)
    assert "second order: backward is marked once_differentiable" in str(report)


def test_what_was_given_is_left_alone():
    model = nn.Linear(3, 2).double()
    before = [p.detach().clone() for p in model.parameters()]
    assert adapters.torch(model).check(x, order=2).verdict == "correct"
    assert all(torch.equal(p, q) for p, q in zip(model.parameters(), before, strict=True))
    assert all(p.grad is None for p in model.parameters())
