"""Asked in other ways, a backward must answer the same: each on a right and on a wrong one."""

import pytest
import torch
from torch.autograd import Function

import mlp

torch.set_num_threads(1)
torch.manual_seed(0)
X = torch.randn(4, 3, dtype=torch.float64)
W = torch.randn(3, 2, dtype=torch.float64)
TABLE = []


def row(verdict, *words, point=(X,)):
    """Take a Function as a row of the table."""

    def taken(function):
        TABLE.append(pytest.param(function, point, verdict, words, id=function.__name__))
        return function

    return taken


# ------------------------------------------------------------ results that no loss uses: None comes


@row("correct")
class Two(Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        ctx.set_materialize_grads(False)
        return x.sin(), x.exp()

    @staticmethod
    def backward(ctx, a, b):
        (x,) = ctx.saved_tensors
        parts = [
            p
            for p in (a is not None and a * x.cos(), b is not None and b * x.exp())
            if p is not False
        ]
        return sum(parts) if parts else None


@row("wrong", "every result but number 1 are undefined (None), backward raised TypeError")
class TwoThatWantBoth(Two):
    @staticmethod
    def backward(ctx, a, b):
        (x,) = ctx.saved_tensors
        return a * x.cos() + b * x.exp()


@row("wrong", "every result but number 1 are undefined (None), its gradient is None")
class TwoOfWhichOneIsForgotten(Two):
    @staticmethod
    def backward(ctx, a, b):
        (x,) = ctx.saved_tensors
        if a is None or b is None:
            return b * x.exp() if a is None and b is not None else None
        return a * x.cos() + b * x.exp()


@row("correct", "where the cotangent is undefined (None), backward raised TypeError")
class OneThatWantsIt(Two):
    @staticmethod
    def forward(ctx, x):
        return Two.forward(ctx, x)[0]

    @staticmethod
    def backward(ctx, a):
        return a * ctx.saved_tensors[0].cos()


# ------------------------------------------------------- inputs of which some require no gradient


@row("correct", point=(X, W))
class Product(Function):
    @staticmethod
    def forward(ctx, x, w):
        ctx.save_for_backward(x, w)
        return x @ w

    @staticmethod
    def backward(ctx, g):
        x, w = ctx.saved_tensors
        needs = ctx.needs_input_grad
        return g @ w.T if needs[0] else None, x.T @ g if needs[1] else None


@row("wrong", "w: where w alone requires a gradient, its gradient is off", point=(X, W))
class OtherwiseAlone(Product):
    @staticmethod
    def backward(ctx, g):
        dx, dw = Product.backward(ctx, g)
        return dx, dw if dx is not None else -dw


@row("wrong", "w: where w alone requires a gradient, its gradient is None", point=(X, W))
class NoneAlone(Product):
    @staticmethod
    def backward(ctx, g):
        dx, dw = Product.backward(ctx, g)
        return dx, None if dx is None else dw


@row("wrong", "w: where w alone requires a gradient, its gradient is off", point=(X, W))
class SavedForTheFirst(Product):
    """It saves x only where that requires a gradient, though w's gradient needs it."""

    @staticmethod
    def forward(ctx, x, w):
        ctx.save_for_backward(x if ctx.needs_input_grad[0] else torch.zeros_like(x), w)
        return x @ w


@row("correct", "where w alone requires a gradient, backward raised RuntimeError", point=(X, W))
class RaisesAlone(Product):
    @staticmethod
    def backward(ctx, g):
        if not ctx.needs_input_grad[0]:
            raise RuntimeError("not written yet")
        return Product.backward(ctx, g)


class Dense(torch.nn.Module):
    """A module that calls a Function."""

    def __init__(self, function):
        super().__init__()
        self.w, self.function = torch.nn.Parameter(W.clone()), function

    def forward(self, x):
        return self.function.apply(x.sin(), self.w)


@pytest.mark.parametrize(
    ("function", "word"), [(Product, None), (OtherwiseAlone, "off"), (SavedForTheFirst, "off")]
)
def test_a_function_in_a_module_is_asked_for_each_parameter_alone(function, word):
    module = Dense(function)
    report = mlp.adapters.torch(module).check(X)
    assert report.verdict == ("wrong" if word else "correct"), str(report)
    said = "parameters['w']: where w alone requires a gradient, its gradient is off"
    assert (said in str(report)) == bool(word)
    assert module.w.requires_grad


# -------------------------------------------------------------------------- many at once, by vmap


@row("correct")
class Generated(Function):
    generate_vmap_rule = True

    @staticmethod
    def forward(x):
        return x.sin()

    @staticmethod
    def setup_context(ctx, inputs, _):
        ctx.save_for_backward(*inputs)

    @staticmethod
    def backward(ctx, g):
        return g * ctx.saved_tensors[0].cos()


@row("correct")
class Ruled(Generated):
    generate_vmap_rule = False

    @staticmethod
    def vmap(_, in_dims, x):
        return Ruled.apply(x), in_dims[0]


@row("wrong", "under torch.func.vmap by x", "values differ")
class RuledWrongly(Ruled):
    @staticmethod
    def vmap(_, in_dims, x):
        return Ruled.apply(2 * x), in_dims[0]


@row("wrong", "under torch.func.vmap by x", "values differ")
class OfAnotherDimension(Ruled):
    @staticmethod
    def vmap(*given):
        return Ruled.apply(given[-1]), 1


@row("wrong", "x: under torch.func.vmap by x", "its gradient differs")
class RuledWithAnotherGradient(Ruled):
    @staticmethod
    def vmap(_, in_dims, x):
        return Ruled.apply(x.detach()) + 0 * x, in_dims[0]


@row("correct", point=(X, X))
class RuledOfTwo(Generated):
    generate_vmap_rule = False

    @staticmethod
    def forward(x, y):
        return x * y

    @staticmethod
    def vmap(_, in_dims, x, y):
        x, y = (a if d is None else a.movedim(d, 0) for a, d in zip((x, y), in_dims, strict=True))
        return x * y, 0

    @staticmethod
    def backward(ctx, g):
        x, y = ctx.saved_tensors
        return g * y, g * x


@row("wrong", "under torch.func.vmap by x (in_dims=(0, None))", point=(X, X))
class RuledForBothAlone(RuledOfTwo):
    @staticmethod
    def vmap(_, in_dims, x, y):
        if in_dims[1] is None:
            return x * y * 2, in_dims[0]
        return RuledOfTwo.vmap(_, in_dims, x, y)


@row("wrong", "where cotangents come many at once (vmap), its gradient differs")
class WrongForManyCotangents(Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x.sin()

    @staticmethod
    def backward(ctx, g):
        return RuledForManyWrongly.apply(g) * ctx.saved_tensors[0].cos()


class RuledForManyWrongly(Generated):
    generate_vmap_rule = False

    @staticmethod
    def forward(x):
        return x.clone()

    @staticmethod
    def vmap(_, in_dims, x):
        return 2 * x, in_dims[0]


@row("correct")
class RightForManyCotangents(WrongForManyCotangents):
    @staticmethod
    def backward(ctx, g):
        return g * ctx.saved_tensors[0].cos()


@pytest.mark.parametrize(("function", "point", "verdict", "words"), TABLE)
def test_a_function_asked_in_other_ways(function, point, verdict, words):
    report = mlp.adapters.torch(function).check(*point)
    assert report.verdict == verdict
    assert [word for word in words if word not in str(report)] == []
