"""Surrogates and references in the convention of torch, JAX and others, and in whole models."""

import numpy as np
import pytest
import torch

import mlp

X = torch.tensor([0.3, -1.2, 2.6, 0.8], dtype=torch.float64)


class Round(torch.autograd.Function):
    SURROGATE = staticmethod(lambda x: x)

    @staticmethod
    def forward(_, x):
        return torch.round(x)

    @staticmethod
    def backward(_, g):
        return g


class Twice(Round):
    @staticmethod
    def backward(_, g):
        return 2 * g


class Reversed(torch.autograd.Function):
    @staticmethod
    def forward(_, x):
        return x.view_as(x)

    @staticmethod
    def backward(_, g):
        return -g


def straight_through(x):
    return x + (torch.round(x) - x).detach()


def identity(x):
    return x


def test_a_straight_through_estimator_is_wrong_unless_it_is_declared():
    ste = mlp.adapters.torch(straight_through)
    assert ste.check(X).verdict != "correct"
    report = ste.check(X, surrogate=identity)
    assert str(report).startswith("CORRECT (surrogate): ")
    assert report.reproduce.endswith("surrogate=identity)")
    assert ste.check(X, surrogate=lambda x: 2 * x).verdict == "wrong"


def test_gradient_reversal_is_wrong_by_its_sign_unless_it_is_declared():
    reversal = mlp.adapters.torch(Reversed)
    report = reversal.check(X)
    assert (report.verdict, report.findings[0].diagnosis) == ("wrong", "sign")
    assert str(reversal.check(X, surrogate=lambda x: -x)).startswith("CORRECT (surrogate): ")


def test_a_mark_on_a_function_declares_it():
    report = mlp.adapters.torch(Round).check(X)
    assert str(report).startswith("CORRECT (surrogate): ")
    assert "checked with declared surrogates in place: Round" in str(report)
    assert mlp.adapters.torch(Twice).check(X).verdict == "wrong"
    assert Round.forward(None, X).tolist() == [0, -1, 3, 1]  # as it was
    assert "forward" not in vars(Twice)


class Quantised(torch.nn.Module):
    def __init__(self, quantise, factor=1.0):
        super().__init__()
        torch.manual_seed(0)
        self.first, self.second = torch.nn.Linear(4, 3), torch.nn.Linear(3, 2)
        self.quantise, self.factor = quantise, factor

    def forward(self, x):
        h = self.quantise.apply(4 * torch.tanh(self.first(x))) / 4
        return self.second(h)


@pytest.mark.parametrize(("quantise", "verdict"), [(Round, "correct"), (Twice, "wrong")])
def test_a_model_is_checked_with_declared_surrogates_in_place(quantise, verdict):
    model = Quantised(quantise).double()
    report = mlp.adapters.torch(model).check(X[None] * torch.ones(5, 1, dtype=torch.float64))
    assert report.verdict == verdict
    assert report.surrogate == quantise.__name__


def test_a_reference_is_a_function_of_tensors_too():
    class Silu(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x / (1 + torch.exp(-x))

        @staticmethod
        def backward(ctx, g):
            (x,) = ctx.saved_tensors
            s = torch.sigmoid(x)
            return g * s * (1 + x * (1 - s))

    silu = mlp.adapters.torch(Silu)
    report = silu.check(X, against=torch.nn.functional.silu)
    assert report.verdict == "correct"
    assert [row.name for row in report.arguments] == ["x", "x, silu"]
    assert silu.check(X, against=torch.tanh).verdict == "wrong"
    assert silu.check(X.float(), against=torch.nn.functional.silu).verdict == "correct"


def test_jax_autograd_and_pairs_take_them_in_their_own_convention():
    jax = pytest.importorskip("jax")

    @jax.custom_vjp
    def quantise(x):
        return jax.numpy.round(x)

    quantise.defvjp(lambda x: (quantise(x), None), lambda _, g: (g,))
    x = X.numpy()
    assert mlp.adapters.jax(quantise).check(x).verdict != "correct"
    assert mlp.adapters.jax(quantise).check(x, surrogate=lambda x: x).surrogate
    assert mlp.adapters.jax(quantise).check(x, surrogate=lambda x: x)
    assert not mlp.adapters.jax(quantise).check(x, surrogate=jax.numpy.sin)
    assert mlp.adapters.jax(jax.numpy.sin).check(x, against=lambda x: jax.numpy.cos(x - np.pi / 2))

    pair = mlp.adapters.gradient(np.round, np.ones_like)
    assert pair.check(x, surrogate=identity)
    assert mlp.adapters.gradient(np.sin, np.cos).check(x, against=lambda x: np.cos(x - np.pi / 2))

    def sign_forward(x):
        return np.sign(x), x

    def sign_backward(dout, x):
        return dout * (np.abs(x) <= 1)

    cached = mlp.adapters.cs231n(sign_forward, sign_backward)
    assert cached.check(x, surrogate=lambda x: np.clip(x, -1, 1))
    assert not cached.check(x)


class Injected(torch.autograd.Function):
    """As experts attach the loss of their balance to what they return."""

    factor = 1

    @staticmethod
    def forward(ctx, x, aux):
        ctx.save_for_backward(aux)
        return x.clone()

    @classmethod
    def backward(cls, ctx, g):
        return g, cls.factor * torch.ones_like(ctx.saved_tensors[0])


class InjectedTwice(Injected):
    factor = 2


@pytest.mark.parametrize(("function", "verdict"), [(Injected, "correct"), (InjectedTwice, "wrong")])
def test_an_injected_loss_is_declared_beside_what_forward_returns(function, verdict):
    attached, aux = mlp.adapters.torch(function), torch.tensor(0.7, dtype=torch.float64)
    assert attached.check(X, aux).verdict == "wrong"
    report = attached.check(X, aux, surrogate=lambda x, aux: (x, aux))
    assert report.verdict == verdict, str(report)
    assert report.surrogate


class Attached(Injected):
    SURROGATE = staticmethod(lambda x, aux: (x, aux))


class AttachedTwice(Attached):
    factor = 2


class Experts(torch.nn.Module):
    def __init__(self, attach):
        super().__init__()
        torch.manual_seed(0)
        self.gate, self.expert = torch.nn.Linear(4, 2), torch.nn.Linear(4, 3)
        self.attach = attach

    def forward(self, x):
        share = torch.softmax(self.gate(x), -1).mean(0)
        return self.attach.apply(self.expert(x), (share**2).sum())


@pytest.mark.parametrize(("attach", "verdict"), [(Attached, "correct"), (AttachedTwice, "wrong")])
def test_a_model_is_checked_with_an_injected_loss_in_place(attach, verdict):
    model = Experts(attach).double()
    report = mlp.adapters.torch(model).check(X[None] + torch.arange(3.0)[:, None].double())
    rows = {row.name: row.verdict for row in report.arguments}
    assert rows["parameters['gate.weight']"] == verdict
    assert rows["parameters['expert.weight']"] == "correct"
    assert report.surrogate == attach.__name__
