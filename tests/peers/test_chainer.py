"""What ``chainer.gradient_check`` checks, asked here of a FunctionNode, right and wrong."""

import warnings

import numpy as np
import pytest

import mlp

SIZES = {"int": [np.int32, np.int64], "float": [np.float32, np.float64]}
vars(np)["sctypes"] = SIZES  # chainer 7.8.1 reads it while it is imported
with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import chainer
    from chainer.gradient_check import NondifferentiableError, check_backward, check_double_backward
del vars(np)["sctypes"]

X, W = np.random.default_rng(0).normal(size=(2, 4, 3))
ONES = np.ones_like(X)


class Product(chainer.FunctionNode):
    """x² w; what is wrong below differs from it in one place."""

    factor = 2

    def forward(self, inputs):
        x, w = inputs
        self.retain_inputs((0, 1))
        return (x * x * w,)

    def slope(self, x, w):
        return self.factor * x * w

    def backward(self, _, gy):
        x, w = self.get_retained_inputs()
        return gy[0] * self.slope(x, w), gy[0] * x * x


class Triple(Product):
    factor = 3


class Constant(Product):
    def backward(self, indexes, gy):
        return super().backward(indexes, gy)[0], None


class WrongConstant(Constant):
    factor = 3


class Detached(Product):
    """Right, and nothing that a second order could differentiate by x."""

    def slope(self, x, w):
        return 2 * x.array * w


class Relu(chainer.FunctionNode):
    at_kink = 0

    def forward(self, inputs):
        (x,) = inputs
        self.retain_inputs((0,))
        return (np.maximum(x, 0),)

    def backward(self, _, gy):
        x = self.get_retained_inputs()[0].array
        return (gy[0] * np.where(x == 0, self.at_kink, x > 0),)


class WrongAtItsKink(Relu):
    at_kink = 7


class Layer(chainer.Link):
    def __init__(self, node):
        super().__init__()
        self.node = node
        with self.init_scope():
            self.W = chainer.Parameter(W.copy())

    def forward(self, x):
        return self.node().apply((x, self.W))[0]


def applied(node):
    return lambda *point: node().apply(point)[0]


def pair(f):
    """Return the functions that a check takes, both of which chainer runs."""

    def forward(*point):
        return f(*map(chainer.Variable, point)).array

    def backward(d, *point):
        variables = [chainer.Variable(x) for x in point]
        gradients = chainer.grad([f(*variables)], variables, [chainer.Variable(d)])
        return tuple(None if g is None else g.array for g in gradients)

    return forward, backward


def theirs(f, *arguments, check=check_backward, **options):
    try:
        check(f, *arguments, **options)
    except AssertionError:
        return "wrong"
    return "correct"


def test_chainer_backward():
    found = [theirs(applied(f), (X, W), ONES) for f in (Product, Triple)]
    assert found == ["correct", "wrong"]
    right, wrong = (mlp.check(*pair(applied(f)), X, W) for f in (Product, Triple))
    assert [row.verdict for row in right.arguments] == ["correct", "correct"]
    assert [row.verdict for row in wrong.arguments] == ["wrong", "correct"]


def test_chainer_double_backward():
    """The gradient by x, as a function of x and of the cotangent, and its own gradient."""

    def ours(node):
        def gradient(x, d):
            return chainer.grad([applied(node)(x, W)], [x], [d], enable_double_backprop=True)[0]

        return mlp.check(*pair(gradient), X, ONES)

    assert theirs(applied(Product), (X, W), ONES, (X, W), check=check_double_backward) == "correct"
    assert theirs(applied(Detached), (X, W), ONES, (X, W), check=check_double_backward) == "wrong"
    assert mlp.check(*pair(applied(Detached)), X, W).verdict == "correct"
    assert [ours(node).verdict for node in (Product, Detached)] == ["correct", "wrong"]


def test_chainer_params():
    """Parameters of a Link, whose gradients are left in ``param.grad``."""

    def ours(node):
        link = Layer(node)

        def forward(x, W):
            link.W.array[...] = W
            return link(chainer.Variable(x)).array

        def backward(d, x, W):
            link.W.array[...] = W
            link.cleargrads()
            x = chainer.Variable(x)
            y = link(x)
            y.grad = d
            y.backward()
            return x.grad, link.W.grad

        return mlp.check(forward, backward, X, W)

    for node, verdict in ((Product, "correct"), (Triple, "wrong")):
        link = Layer(node)
        assert theirs(link, X, ONES, params=link.W) == verdict
        assert [row.verdict for row in ours(node).arguments] == [verdict, "correct"]


def test_chainer_no_grads():
    for node, verdict in ((Constant, "correct"), (WrongConstant, "wrong")):
        f = applied(node)
        assert theirs(f, (X, W), ONES, no_grads=[False, True]) == verdict
        assert mlp.check(*pair(f), X, W, wrt=0).verdict == verdict


def test_chainer_directions():
    many = np.linspace(0.5, 2, 900)
    for node, verdict in ((Product, "correct"), (Triple, "wrong")):
        report = mlp.check(*pair(applied(node)), many, many)
        assert report.verdict == verdict
        assert verdict == "wrong" or report.evaluations < 300


def test_chainer_detect_nondifferentiable():
    x = np.array([0.0, 1.0, -2.0])
    with pytest.raises(NondifferentiableError):
        check_backward(applied(Relu), x, np.ones(3), dtype="d", detect_nondifferentiable=True)
    right, wrong = (mlp.check(*pair(applied(f)), x) for f in (Relu, WrongAtItsKink))
    assert (right.verdict, wrong.verdict) == ("correct", "wrong")
    assert "kink" in str(right)
