"""A module is checked as training would use it, whatever its backward computes anew."""

import random

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional
from torch.utils.checkpoint import checkpoint, checkpoint_sequential

from mlp import adapters

torch.set_num_threads(1)


def drawn(*shape):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(1))


X = drawn(5, 4)


class Blocks(nn.Module):
    """Two blocks, of which the second is computed again in backward."""

    def __init__(self, again, drop=0.0):
        super().__init__()
        torch.manual_seed(0)
        self.first = nn.Linear(4, 6)
        self.second = nn.Sequential(nn.Tanh(), nn.Dropout(drop), nn.Linear(6, 3))
        self.again = again

    def forward(self, x):
        return self.again(self.second, self.first(x))


def reentrant(block, h):
    return checkpoint(block, h, use_reentrant=True)


def saved(block, h):
    return checkpoint(block, h, use_reentrant=False)


def in_two(block, h):
    return checkpoint_sequential(block, 2, h, use_reentrant=True)


class Recomputed(torch.autograd.Function):
    """Its backward runs a module again and lets gradients gather, as reversible networks do."""

    sign = 1

    @staticmethod
    def forward(ctx, h, block):
        ctx.block = block
        ctx.save_for_backward(h)
        with torch.no_grad():
            return block(h)

    @classmethod
    def backward(cls, ctx, dy):
        h = ctx.saved_tensors[0].detach().requires_grad_()
        with torch.enable_grad():
            y = ctx.block(h)
        torch.autograd.backward(y, cls.sign * dy)
        return h.grad, None


class Flipped(Recomputed):
    sign = -1


def by_hand(block, h):
    return Recomputed.apply(h, block)


def by_hand_flipped(block, h):
    return Flipped.apply(h, block)


class Freeing(torch.autograd.Function):
    """Frees its input on purpose, and computes it from its output in backward."""

    @staticmethod
    def forward(ctx, h):
        y = 2 * h
        ctx.save_for_backward(y)
        ctx.kept = h
        return y

    @staticmethod
    def backward(ctx, dy):
        ctx.kept.untyped_storage().resize_(0)
        return 2 * dy


WAYS = [reentrant, saved, in_two, by_hand]


@pytest.mark.parametrize(
    ("again", "drop"), [*((way, 0.0) for way in WAYS), *((way, 0.5) for way in WAYS[:-1])]
)  # by hand it would draw other units the second time: that is a fault of its own
def test_what_is_computed_again_in_backward_is_verified(again, drop):
    model = Blocks(again, drop)
    report = adapters.torch(model).verify(X)
    assert [row.name for row in report.arguments] == [
        *(f"parameters['{name}']" for name, _ in model.named_parameters()),
        "x",
    ]
    assert all(p.grad is None for p in model.parameters())


def test_a_wrong_one_is_found():
    report = adapters.torch(Blocks(by_hand_flipped)).check(X)
    assert report.verdict == "wrong"
    assert report.findings[0].diagnosis == "sign"


def test_a_module_whose_backward_draws_other_units_is_not_called_correct():
    assert adapters.torch(Blocks(by_hand, 0.5)).check(X).verdict != "correct"


def test_an_input_may_be_freed_in_backward():
    assert adapters.torch(Freeing).verify(X)


class Refilling(torch.autograd.Function):
    """Frees its input on the way forward and fills it again from its output, as memcnn does."""

    factor = 3

    @staticmethod
    def forward(ctx, h):
        y = 3 * h
        ctx.kept = h
        ctx.save_for_backward(y.detach())
        h.untyped_storage().resize_(0)
        return y

    @classmethod
    def backward(cls, ctx, dy):
        (y,) = ctx.saved_tensors
        ctx.kept.untyped_storage().resize_(y.untyped_storage().nbytes())
        with torch.no_grad():
            ctx.kept.set_(y / 3)  # up to rounding
        return cls.factor * dy


class WrongRefilling(Refilling):
    factor = 2


def test_an_input_may_be_filled_again_in_backward():
    x = X.double()
    assert adapters.torch(Refilling).check(x).verdict == "correct"
    assert adapters.torch(WrongRefilling).check(x).verdict == "wrong"


@pytest.mark.parametrize("drop", [0.0, 0.5])
def test_what_is_computed_again_is_right_at_second_order(drop):
    """A reentrant checkpoint has no second order in torch itself."""
    report = adapters.torch(Blocks(saved, drop)).check(X, order=2)
    assert report.verdict == "correct", str(report)


@pytest.mark.parametrize("use_reentrant", [True, False])
def test_a_function_that_is_computed_again_leaves_what_it_closes_over_alone(use_reentrant):
    model = nn.Sequential(nn.Linear(4, 3), nn.Tanh()).double()
    kept = torch.ones_like(model[0].weight)
    model[0].weight.grad = kept

    def forward(x):
        return checkpoint(model, x, use_reentrant=use_reentrant)

    assert adapters.torch(forward).verify(X.double())
    assert model[0].weight.grad is kept
    assert torch.equal(kept, torch.ones_like(kept))
    assert model[0].bias.grad is None


def test_buffers_that_forward_replaces_start_afresh():
    class Counting(nn.Module):
        def __init__(self):
            super().__init__()
            self.scale = nn.Parameter(torch.ones(4))
            self.register_buffer("calls", torch.zeros(()))

        def forward(self, x):
            self.calls = self.calls + 1
            return self.scale * x * self.calls

    model = Counting()
    assert adapters.torch(model).verify(X)
    assert model.calls == 0


class Attention(nn.Module):
    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.q, self.k, self.v = (nn.Linear(4, 4) for _ in range(3))

    def forward(self, x):
        return functional.softmax(self.q(x) @ self.k(x).mT / 2, -1) @ self.v(x)


CANCELLING = {
    "a bias before batch norm": (nn.Sequential(nn.Linear(4, 6), nn.BatchNorm1d(6)), X, "0.bias"),
    "the bias of keys": (Attention(), drawn(2, 3, 4), "k.bias"),
}


@pytest.mark.parametrize("name", CANCELLING)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_a_parameter_that_cancels_is_correct_and_noted(name, dtype):
    model, x, cancels = CANCELLING[name]
    report = adapters.torch(model.to(dtype)).verify(x.to(dtype))
    noted = {f.argument for f in report.findings if f.kind == "vacuous"}
    assert noted == {f"parameters['{cancels}']"}
    assert not any("through float32" in f.message for f in report.findings)


def test_a_function_is_called_by_the_name_of_its_class():
    for given in (Freeing, Freeing.apply):
        report = adapters.torch(given).verify(X)
        assert report.subject == "Freeing.backward as the gradient of Freeing"


class Seeded(nn.Module):
    """Draws a seed for dropout from Python or NumPy, and again in backward, as revtorch does."""

    def __init__(self, draw, factor=1):
        super().__init__()
        self.inner, self.draw, self.factor = nn.Linear(4, 4), draw, factor

    def forward(self, x):
        seed, factor = self.draw(), self.factor

        class Dropped(torch.autograd.Function):
            @staticmethod
            def forward(ctx, h):
                ctx.mask = torch.rand(h.shape, generator=torch.Generator().manual_seed(seed)) < 0.5
                return h * ctx.mask

            @staticmethod
            def backward(ctx, dy):
                return factor * dy * ctx.mask

        return Dropped.apply(self.inner(x))


DRAWS = [  # as people draw
    lambda: random.randint(0, 99),  # noqa: S311  # no secret
    lambda: int(np.random.randint(99)),  # noqa: NPY002  # the old state is what is tested
]


@pytest.mark.parametrize("draw", DRAWS, ids=["Python", "NumPy"])
def test_what_draws_from_the_numbers_of_python_or_numpy_repeats_itself(draw):
    states = random.getstate(), np.random.get_state()[2]  # noqa: NPY002  # likewise
    assert adapters.torch(Seeded(draw)).check(X).verdict == "correct"
    assert adapters.torch(Seeded(draw, factor=2)).check(X).verdict == "wrong"
    assert (random.getstate(), np.random.get_state()[2]) == states  # noqa: NPY002  # likewise
