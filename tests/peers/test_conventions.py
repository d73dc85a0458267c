"""How people write gradients in a framework, a row each with its answer, right and wrong."""

import dataclasses
import json
from functools import partial
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import torch
from test_conventions import row as any_row
from torch import nn
from torch.autograd import Function
from torch.utils.checkpoint import checkpoint

import mlp
from mlp.cli import main

ROWS = []
SAMPLES = Path(__file__).parents[1] / "samples"
row = partial(any_row, rows=ROWS)
torch.set_num_threads(1)
rng = np.random.default_rng(0)
A = rng.normal(size=(5, 4))
X = torch.from_numpy(A)


class Square(Function):
    factor, forwards = 2.0, 2.0

    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        ctx.save_for_forward(x)
        return x * x

    @classmethod
    def backward(cls, ctx, d):
        return cls.factor * ctx.saved_tensors[0] * d

    @classmethod
    def jvp(cls, ctx, t):
        return cls.forwards * ctx.saved_tensors[0] * t


class WrongForwards(Square):
    forwards = 3.0


class Detached(Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x**3

    @staticmethod
    def backward(ctx, d):
        return (3 * ctx.saved_tensors[0] ** 2).detach() * d


class Once(Detached):
    backward = staticmethod(torch.autograd.function.once_differentiable(Detached.backward))


class Reverse(Function):
    @staticmethod
    def forward(_, x):
        return x.view_as(x)

    @staticmethod
    def backward(_, d):
        return -d


class Fused(Function):
    factor = 1.0

    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x * torch.sigmoid(x)

    @classmethod
    def backward(cls, ctx, d):
        (x,) = ctx.saved_tensors
        s = torch.sigmoid(x)
        return d * (s + cls.factor * x * s * (1 - s))


class FusedWrong(Fused):
    factor = -1.0


def dropped(x, generator):
    return x * (torch.rand(x.shape, generator=generator) < 0.5)


@row("correct")
def row_7_a_generator():
    return mlp.adapters.torch(dropped).check(X, torch.Generator().manual_seed(1))


class Dropped(Function):
    keep = 0.5

    @staticmethod
    def forward(ctx, x, generator):
        mask = torch.rand(x.shape, generator=generator, dtype=x.dtype)
        ctx.save_for_backward(mask)
        return x * (mask < 0.5)

    @classmethod
    def backward(cls, ctx, d):
        return d * (ctx.saved_tensors[0] < cls.keep), None


class DroppedWrongly(Dropped):
    keep = 0.2


@row("correct")
def row_7_a_generator_of_a_function():
    return mlp.adapters.torch(Dropped).check(X, torch.Generator().manual_seed(1))


@row("wrong")
def row_7_wrong():
    return mlp.adapters.torch(DroppedWrongly).check(X, torch.Generator().manual_seed(1))


def with_gradient(factor):
    """``value_and_grad(f, has_aux=True)``, as a forward and its gradient."""

    @jax.custom_vjp
    def f(x):
        return (x**2).sum()

    f.defvjp(lambda x: (f(x), x), lambda x, d: (factor * x * d,))
    both = jax.value_and_grad(lambda x: (f(x), "text"), has_aux=True)

    def gradient(x):
        (_, _), g = both(x)
        return g

    return mlp.adapters.gradient(lambda x: both(x)[0], gradient).check(A)


@row("correct")
def row_8_value_and_grad():
    return with_gradient(2)


@row("wrong")
def row_8_value_and_grad_wrong():
    return with_gradient(3)


def with_aux(factor, aux):
    @jax.custom_vjp
    def f(x):
        return (x**2).sum()

    f.defvjp(lambda x: (f(x), x), lambda x, d: (factor * x * d,))
    return mlp.adapters.jax(lambda x: (f(x), aux)).check(A)


@row("correct")
def row_8_text_beside_a_loss():
    return with_aux(2, "text")


@row("correct")
def row_8_nothing_beside_a_loss():
    return with_aux(2, None)


@row("wrong")
def row_8_wrong():
    return with_aux(3, "text")


@row(
    "wrong",
    "straight-through estimator? declare it",
)
def row_14_straight_through():
    return mlp.adapters.torch(lambda x: x + (torch.round(x) - x).detach()).check(X)


@row("correct", "surrogate")
def row_14_declared():
    f = mlp.adapters.torch(lambda x: x + (torch.round(x) - x).detach())
    return f.check(X, surrogate=lambda x: x)


@row("wrong", "sign")
def row_15_reversal():
    return mlp.adapters.torch(Reverse).check(X)


@row("correct", "surrogate")
def row_15_declared():
    return mlp.adapters.torch(Reverse).check(X, surrogate=lambda x: -x)


@row("correct")
def row_16_a_kernel():
    return mlp.adapters.torch(Fused).check(X, against=nn.functional.silu)


@row("wrong")
def row_16_wrong():
    return mlp.adapters.torch(FusedWrong).check(X, against=nn.functional.silu)


@row("correct", "forward mode")
def row_17_both_modes():
    return mlp.adapters.torch(Square).check(X)


@row("wrong", "forward mode")
def row_17_a_wrong_jvp():
    return mlp.adapters.torch(WrongForwards).check(X)


def untransposed(factor):
    @jax.custom_jvp
    def f(x):
        return jnp.sin(x)

    def tangent(x, t):
        shape = jax.ShapeDtypeStruct(x.shape, x.dtype)
        return jax.pure_callback(lambda x, t: factor * np.cos(x) * t, shape, x, t)

    f.defjvp(lambda p, t: (f(p[0]), tangent(p[0], t[0])))
    return mlp.adapters.jax(f).check(A)


@row("correct", "forward mode", "callback")
def row_18_cannot_be_transposed():
    return untransposed(1)


@row("wrong", "forward mode")
def row_18_wrong():
    return untransposed(2)


@row("correct")
def row_19_twice():
    return mlp.adapters.torch(Square).check(X, order=2)


@row("wrong", "second order")
def row_19_detached():
    return mlp.adapters.torch(Detached).check(X, order=2)


@row("correct", "once_differentiable")
def row_19_once():
    return mlp.adapters.torch(Once).check(X, order=2)


@row("correct", "0 to rounding")
def row_21_a_bias_before_batch_norm():
    torch.manual_seed(0)
    network = nn.Sequential(nn.Linear(4, 3), nn.BatchNorm1d(3)).double()
    return mlp.adapters.torch(network).check(X)


@row("wrong")
def row_21_wrong():
    torch.manual_seed(0)

    class Linear(Function):
        @staticmethod
        def forward(ctx, x, W, b):
            ctx.save_for_backward(x, W)
            return x @ W.T + b

        @staticmethod
        def backward(ctx, d):
            x, W = ctx.saved_tensors
            return d @ W, d.T @ x, d.sum(0) + 0.1

    class Layer(nn.Linear):
        def forward(self, x):
            return Linear.apply(x, self.weight, self.bias)

    network = nn.Sequential(Layer(4, 3), nn.BatchNorm1d(3)).double()
    return mlp.adapters.torch(network).check(X)


class Again(nn.Module):
    def __init__(self, last, *, reentrant):
        super().__init__()
        torch.manual_seed(0)
        self.block = nn.Sequential(nn.Linear(4, 6), nn.Tanh(), nn.Dropout(0.4))
        self.last, self.reentrant = last, reentrant

    def forward(self, x):
        return self.last(checkpoint(self.block, x, use_reentrant=self.reentrant))


@row("correct")
def row_22_checkpoint():
    return mlp.adapters.torch(Again(nn.Tanh(), reentrant=False).double()).check(X)


@row("correct")
def row_22_checkpoint_reentrant():
    x = X.clone().requires_grad_()
    return mlp.adapters.torch(Again(nn.Tanh(), reentrant=True).double()).check(x)


@row("wrong")
def row_22_wrong():
    return mlp.adapters.torch(Again(FusedWrong.apply, reentrant=False).double()).check(X)


@jax.tree_util.register_dataclass
@dataclasses.dataclass
class Layer:
    """As a module of Equinox is: a pytree with a function among its leaves."""

    weight: jax.Array
    activation: object


def activated(activation):
    def f(layer, x):
        return layer.activation(x @ layer.weight)

    return mlp.adapters.jax(f).check(Layer(rng.normal(size=(4, 3)), activation), A)


@jax.custom_vjp
def wrong_silu(x):
    return jax.nn.silu(x)


wrong_silu.defvjp(lambda x: (jax.nn.silu(x), x), lambda x, d: (d * jax.nn.sigmoid(x),))


@row("correct")
def row_23_a_function_in_a_pytree():
    return activated(jax.nn.silu)


@row("wrong")
def row_23_wrong():
    return activated(wrong_silu)


class Strided(Square):
    @staticmethod
    def backward(ctx, d):
        (x,) = ctx.saved_tensors
        return 2 * x * d.as_strided(x.shape, x.stride())


@row("correct")
def row_25_read_by_its_strides():
    return mlp.adapters.torch(Square).check(X)


@row("wrong", "contiguous")
def row_25_strides_taken_for_granted():
    return mlp.adapters.torch(Strided).check(X)


class Sparse(Function):
    factor = 1.0

    @staticmethod
    def forward(ctx, S, x):
        ctx.save_for_backward(S, x)
        return S @ x

    @classmethod
    def backward(cls, ctx, d):
        S, x = ctx.saved_tensors
        i, j = S.indices()
        stored = cls.factor * (d[i] * x[j]).sum(1)
        return torch.sparse_coo_tensor(S.indices(), stored, S.shape), S.t() @ d


class SparseWrong(Sparse):
    factor = 2.0


def matrix():
    return torch.eye(5, dtype=torch.float64).to_sparse().coalesce()


@row("correct", "its 5 stored entries of 25 are what is checked")
def row_29_a_sparse_tensor():
    return mlp.adapters.torch(Sparse).check(matrix(), X)


@row("wrong")
def row_29_wrong():
    return mlp.adapters.torch(SparseWrong).check(matrix(), X)


@pytest.mark.parametrize(
    ("f", "name"),
    [
        (Square, "Square.backward as the gradient of Square"),
        (Square.apply, "Square.backward as the gradient of Square"),
        (partial(nn.functional.softmax, dim=-1), "the gradient of softmax"),
        (nn.Tanh(), "the gradient of Tanh"),
        (Again(nn.Tanh(), reentrant=False).double().forward, "the gradient of Again.forward"),
    ],
)
def test_row_28_things_are_named_as_their_author_calls_them(f, name):
    report = mlp.adapters.torch(f).check(X)
    assert report.verdict == "correct"
    assert name in report.subject


@pytest.mark.parametrize(("ask", "verdict", "words"), ROWS)
def test_a_row_of_a_framework(ask, verdict, words):
    report = ask()
    assert report.verdict == verdict, str(report)
    assert [word for word in words if word not in str(report)] == []


WRITTEN = {  # of tests/samples/written_in_frameworks.py, what is said of each
    "Dropout": "",
    "DropoutWrong": "of 20 entries wrong",
    "Round": "by declaration the gradient is that of",
    "RoundWrong": "and by hand is not 0: a straight-through estimator? declare it",
    "Reversal": "by declaration the gradient is that of",
    "ReversalWrong": "the sign",
    "Quantised": "checked with declared surrogates in place: Round",
    "Undeclared": "a straight-through estimator? declare it",
    "Silu": "values agree with silu",
    "SiluWrong": "against silu: 12 of 12 entries wrong",
    "OtherValuesWrong": "values differ from tanh in 12 of 12 entries",
    "Square": "",
    "SquareWrong": "backward and tangent are no pair",
    "Normed": "0 to rounding",
    "Again": "",
    "AgainReentrant": "",
    "AgainWrong": "one cause",
    "StridedWrong": "for a cotangent that is not contiguous",
    "Product": "its 5 stored entries of 25 are what is checked",
    "ProductWrong": "by hand = 2.0000 × numeric",
    "cube": "",
    "cube_wrong": "by hand = 0.66667 × numeric",
    "sine": "Pure callbacks do not support transpose",
    "sine_wrong": "by hand = 2.0000 × numeric",
}


@pytest.mark.filterwarnings("ignore:Sparse invariant checks")
def test_the_rows_as_people_write_them_into_a_file(capsys):
    """One run of ``mlp verify`` finds all of them, right and wrong."""
    main(["verify", "--json", str(SAMPLES / "written_in_frameworks.py")])
    checks = json.loads(capsys.readouterr().out)["checks"]
    found = {check["target"].rpartition(".")[2]: check for check in checks}
    assert found.keys() == WRITTEN.keys()
    for name, check in found.items():
        said = "\n".join(finding["message"] for finding in check["report"]["findings"])
        verdict = "wrong" if name.lower().endswith("wrong") else "correct"
        verdict = "inconclusive" if name == "Undeclared" else verdict
        assert (name, check["verdict"]) == (name, verdict)
        assert WRITTEN[name] in said, name
