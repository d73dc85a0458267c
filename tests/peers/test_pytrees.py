"""JAX with whatever a pytree holds, and what stands beside a loss."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from mlp import adapters, tree
from mlp.tangent import ask

RNG = np.random.default_rng(0)
X, W = (jnp.asarray(RNG.normal(size=shape)) for shape in ((5, 4), (4, 3)))


@functools.partial(
    jax.tree_util.register_dataclass,
    data_fields=["weight", "bias", "activation", "rate"],
    meta_fields=["steps"],
)
class Module:
    """As Equinox has them: the activation and the rate are leaves, and the steps are none."""

    def __init__(self, weight, bias, activation, rate, steps=2):
        self.weight, self.bias, self.activation = weight, bias, activation
        self.rate, self.steps = rate, steps

    def __call__(self, x):
        for _ in range(self.steps):
            x = self.rate * self.activation(x @ self.weight)
        return x


def in_a_dict(p, x):
    return p["layers"][0]["activation"](x @ p["layers"][0]["W"]) * p["rate"] ** p["power"]


PARAMETERS = {
    "layers": [{"W": W, "b": None, "activation": jnp.tanh}],
    "rate": 0.5,
    "power": 2,
    "name": "dense",
}


@pytest.mark.parametrize(
    ("f", "parameters", "name"),
    [
        (in_a_dict, PARAMETERS, "p['layers'][0]['W']"),
        (lambda m, x: m(x), Module(W @ W.T, None, jax.nn.silu, 0.5), "m['weight']"),
        (lambda m, x: m(x), Module(W @ W.T, None, jax.jit(jnp.tanh), 0.5), "m['weight']"),
    ],
    ids=["a dict", "a module", "a jitted leaf"],
)
def test_only_float_arrays_are_differentiated_whatever_a_pytree_holds(f, parameters, name):
    report = adapters.jax(f).verify(parameters, X)
    assert [row.name for row in report.arguments] == [name, "x"]


def test_a_wrong_rule_in_a_pytree_is_found():
    @jax.custom_vjp
    def tanh(x):
        return jnp.tanh(x)

    tanh.defvjp(lambda x: (jnp.tanh(x), x), lambda x, dy: (-dy * (1 - jnp.tanh(x) ** 2),))
    report = adapters.jax(lambda m, x: m(x)).check(Module(W @ W.T, None, tanh, 0.5, 1), X)
    assert report.findings[0].diagnosis == "sign"


def test_the_second_witness_follows_what_moves_and_leaves_the_rest():
    question = adapters.jax(in_a_dict).at(PARAMETERS, X)
    still = tree.rebuilt(question.point[0], np.zeros_like)
    moves = tree.replaced(still, {("layers", 0, "W"): np.ones(W.shape)})
    said = ask(question.forward, question.point, [moves, None], np.ones(15))
    pulled = question.backward(np.ones((5, 3)), *question.point)[0]
    assert said.slope == pytest.approx(pulled["layers"][0]["W"].sum(), rel=1e-5)  # in float32


def loss(w, x):
    return ((x @ w) ** 2).sum()


BESIDE = {
    "a text": lambda w, x: (loss(w, x), "text"),
    "nothing": lambda w, x: (loss(w, x), None),
    "a dict": lambda w, x: (loss(w, x), {"prediction": x @ w, "steps": 3, "name": "t"}),
}


@pytest.mark.parametrize("beside", BESIDE)
def test_what_stands_beside_a_loss_is_left_alone(beside):
    f, w = BESIDE[beside], W[:, 0]
    both = jax.value_and_grad(f, has_aux=True)
    beside_both = jax.grad(f, has_aux=True)
    if beside == "a text":  # jax takes arrays alone beside a gradient
        both = lambda w, x: (f(w, x), jax.grad(loss)(w, x))  # noqa: E731
        beside_both = lambda w, x: (jax.grad(loss)(w, x), "text")  # noqa: E731
    assert adapters.jax(f).verify(w, X)
    assert adapters.gradient(both, df=True).verify(w, X, wrt="w")
    assert adapters.gradient(f, beside_both).verify(w, X, wrt="w")
    wrong = adapters.gradient(f, lambda w, x: (-jax.grad(loss)(w, x), None)).check(w, X, wrt="w")
    assert wrong.verdict == "wrong"


def test_a_function_is_an_argument_that_is_not_differentiated():
    @functools.partial(jax.custom_vjp, nondiff_argnums=(0,))
    def applied(f, x):
        return f(x)

    applied.defvjp(lambda f, x: (f(x), x), lambda f, x, dy: (jax.vjp(f, x)[1](dy)[0],))
    assert [row.name for row in adapters.jax(applied).verify(jnp.tanh, X).arguments] == ["x"]
