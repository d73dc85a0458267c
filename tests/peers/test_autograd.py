"""HIPS autograd as its users write it: primitives with their vjps."""

import sys

import autograd.numpy as anp
import numpy as np
import pytest
from autograd.extend import defjvp, defvjp, primitive
from test_house import examples, failures

from mlp import adapters, tree
from mlp.tangent import ask

rng = np.random.default_rng(0)
A, B = rng.normal(size=(3, 4)), rng.normal(size=(4, 2))


def product_with(by_a, by_b=None):
    """Return A B as a primitive with these vjps."""

    @primitive
    def product(a, b):
        return a @ b

    defvjp(product, *(vjp for vjp in (by_a, by_b) if vjp), argnums=(0, 1) if by_b else (0,))
    return product


def by_a(_, _a, b):
    return lambda g: g @ b.T


def by_b(_, a, _b):
    return lambda g: a.T @ g


def test_a_primitive_is_verified_in_one_line():
    report = adapters.autograd(product_with(by_a, by_b)).verify(A, B)
    assert [argument.name for argument in report.arguments] == ["a", "b"]
    assert report.subject == "vjp of product as the gradient of product"


def test_an_argument_without_a_vjp_can_be_left_out():
    adapter = adapters.autograd(product_with(by_a))
    assert adapter.verify(A, B, wrt="a")
    assert "VJP of product wrt argnum" in str(adapter.check(A, B))


MISTAKES = {
    "sign": (lambda _, a, _b: lambda g: -a.T @ g, "the sign"),
    "transpose": (lambda _, a, _b: lambda g: g.T @ a, "transposed?"),
    "cotangent": (lambda _, a, _b: lambda g: a.T @ anp.ones_like(g), "the cotangent is ignored"),
    "abs": (lambda _, a, _b: lambda g: a.T @ abs(g), "it passes through abs or relu"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_found_and_named(mistake):
    wrong, said = MISTAKES[mistake]
    report = adapters.autograd(product_with(by_a, wrong)).check(A, B)
    assert report.verdict == "wrong"
    assert said in "\n".join(finding.message for finding in report.findings)


def test_a_function_of_a_structure_is_verified():
    def loss(params, X):
        return anp.sum(anp.tanh(anp.dot(X, params["W"]) + params["b"][0]))

    report = adapters.autograd(loss).verify({"W": B, "b": [np.ones(2)]}, A)
    assert [a.name for a in report.arguments] == ["params['W']", "params['b'][0]", "X"]


def test_float32_is_computed_in_float64():
    report = adapters.autograd(product_with(by_a, by_b)).verify(*(m.astype("f") for m in (A, B)))
    assert [finding.kind for finding in report.findings] == ["dtype"]


def loss_of(params, X):
    return anp.sum(anp.tanh(anp.dot(X, params["W"]) + params["b"][0]))


@pytest.mark.parametrize(
    ("f", "point"),
    [(product_with(by_a, by_b), (A, B)), (loss_of, ({"W": B, "b": [np.ones(2)]}, A))],
    ids=["a primitive", "a function"],
)
def test_the_second_witness_runs_what_the_primitives_wrap(f, point):
    question = adapters.autograd(f).at(*point)
    moves = [tree.rebuilt(a, np.ones_like) for a in question.point]
    result = np.asarray(question.forward(*question.point))
    said = ask(question.forward, question.point, moves, np.ones(result.size))
    gradients = question.backward(np.ones_like(result), *question.point)
    assert said.slope == pytest.approx(sum(g.sum() for g in tree.flat(gradients)), rel=1e-12)
    assert said.bar < 1e-11


def test_the_second_witness_believes_no_vjp():
    def sine_with(vjp):
        sine = primitive(np.sin)
        defvjp(sine, vjp)
        return sine

    def twice(sine):
        return lambda x: sine(x) * 2.0

    for lying in (sine_with(lambda _, x: lambda g: 77 * g * x), twice(sine_with(lambda *_: None))):
        question = adapters.autograd(lying).at(A)
        scale = question.forward(A)[0, 0] / np.sin(A[0, 0])
        said = ask(question.forward, question.point, [np.ones_like(A)], np.ones(A.size))
        assert said.slope == pytest.approx(scale * np.cos(A).sum(), rel=1e-12)


def test_the_examples_print_what_they_show():
    (example,) = examples(sys.modules["mlp.adapters.autograd_functions"])
    assert failures(example) == ""


# forward mode


def ruled(factors, *rules):
    """Return sin as a primitive that has these rules, off by factors."""

    @primitive
    def sine(x, y):
        return np.sin(x) * y

    if "vjp" in rules:
        defvjp(
            sine,
            lambda _, x, y: lambda g: factors[0] * g * anp.cos(x) * y,
            lambda _, x, _y: lambda g: g * anp.sin(x),
        )
    if "jvp" in rules:
        defjvp(
            sine,
            lambda g, _, x, y: factors[1] * g * anp.cos(x) * y,
            lambda g, _, x, _y: g * anp.sin(x),
        )
    return sine


POINT = np.array([0.3, 1.0, 2.0]), np.array([1.5, -0.5, 0.7])


def test_vjp_and_jvp_of_a_primitive_are_both_checked_and_the_wrong_one_named():
    right = adapters.autograd(ruled((1, 1), "vjp", "jvp")).check(*POINT)
    assert right.verdict == "correct", str(right)
    assert right.subject.endswith("jvp of sine as its tangent")
    for factors, wrong in (((2, 1), "x"), ((1, 2), "forward mode: x")):
        report = adapters.autograd(ruled(factors, "vjp", "jvp")).check(*POINT)
        assert report.verdict == "wrong"
        assert {f.argument for f in report.findings if f.kind == "mismatch"} == {wrong}


def test_a_primitive_that_has_a_jvp_alone_is_checked_in_forward_mode():
    report = adapters.autograd(ruled((1, 1), "jvp")).check(*POINT)
    assert report.verdict == "correct", str(report)
    assert "reverse mode: backward, evaluation" in str(report)
    assert adapters.autograd(ruled((1, 2), "jvp")).check(*POINT).verdict == "wrong"


def test_an_argument_on_which_nothing_depends_has_the_gradient_0():
    report = adapters.autograd(lambda a, _: anp.sin(a)).check(A, A)
    assert report.verdict == "correct", str(report)
    assert "no bit of forward moves" in str(report)
