"""What MyGrad's test factories check, asked here of an ``Operation``, right and wrong."""

import hypothesis
import mygrad as mg
import numpy as np
import pytest
from mygrad.operation_base import Operation

import mlp

X, W = np.random.default_rng(0).normal(size=(2, 4, 3))


class Product(Operation):
    """sin(x) w; what is wrong below differs from it in one place."""

    def __call__(self, x, w):
        self.variables = (x, w)
        return np.sin(x.data) * w.data

    def backward_var(self, grad, index, **_):
        x, w = (v.data for v in self.variables)
        return grad * (np.sin(x) if index else np.cos(x) * w)


class Stale(Product):
    def backward_var(self, grad, index, **_):
        x = self.variables[0].data
        return grad * (np.sin(x) if index else np.cos(x))


class OneEntry(Product):
    def backward_var(self, grad, index, **_):
        dx = super().backward_var(grad, index)
        if index:
            dx[2, 1] *= 1.01
        return dx


class Cosine(Product):
    """Another function than was meant, with its own gradient."""

    def __call__(self, x, w):
        self.variables = (x, w)
        return np.cos(x.data) * w.data

    def backward_var(self, grad, index, **_):
        x, w = (v.data for v in self.variables)
        return grad * (np.cos(x) if index else -np.sin(x) * w)


class Relu(Operation):
    at_kink = 0.0

    def __call__(self, x):
        self.variables = (x,)
        return np.maximum(x.data, 0)

    def backward_var(self, grad, index, **_):
        x = self.variables[index].data
        return grad * np.where(x == 0, self.at_kink, x > 0)


class WrongAtItsKink(Relu):
    at_kink = 7.0


def pair(operation):
    """Return the functions that a check takes, both of which MyGrad runs."""

    def forward(*point):
        return mg.Tensor._op(operation, *map(mg.tensor, point)).data  # noqa: SLF001  # its one entry

    def backward(d, *point):
        tensors = [mg.tensor(x) for x in point]
        mg.Tensor._op(operation, *tensors).backward(d)  # noqa: SLF001  # as above
        return tuple(t.grad for t in tensors)

    return forward, backward


def verdicts(operation, **options):
    report = mlp.check(*pair(operation), X, W, **options)
    return [row.verdict for row in report.arguments]


def test_mygrad_backprop():
    assert verdicts(Product) == ["correct", "correct"]
    assert verdicts(Stale) == ["wrong", "correct"]


def test_mygrad_every_entry():
    assert verdicts(Product, exhaustive=True) == ["correct", "correct"]
    report = mlp.check(*pair(OneEntry), X, W, exhaustive=True)
    (finding,) = report.findings
    assert (finding.argument, [e.index for e in finding.entries]) == ("argument 1", [(2, 1)])


def test_mygrad_true_func():
    def true_func(x, w):
        return np.sin(x) * w

    assert verdicts(Cosine) == ["correct", "correct"]  # of another function
    right, wrong = (mlp.check(*pair(f), X, W, against=true_func, rng=1) for f in (Product, Cosine))
    assert (right.verdict, wrong.verdict) == ("correct", "wrong")
    assert "values differ from true_func in 12 of 12 entries" in str(wrong)


@pytest.mark.parametrize(("operation", "fails"), [(Relu, False), (WrongAtItsKink, True)])
def test_mygrad_hypothesis(operation, fails):
    class Asked:
        forward, backward = map(staticmethod, pair(operation))

    @mlp.testing.given_points(Asked, shapes="(n)->(n)", entries=mlp.strategies.on_kinks(0.0))
    @hypothesis.settings(max_examples=20, derandomize=True, database=None)
    def searched(point):
        pass

    if fails:
        with pytest.raises(mlp.GradientError):
            searched()
    else:
        searched()
