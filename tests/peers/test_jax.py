"""JAX as its users write it: rules of their own are verified, and their mistakes named."""

import functools
import sys
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from test_house import examples, failures

import mlp
from mlp import adapters
from mlp.runner.find import find

KEYS = jax.random.split(jax.random.key(0), 4)
X, W, b = (
    jax.random.normal(key, shape) for key, shape in zip(KEYS, [(5, 4), (4, 3), (3,)], strict=False)
)


def linear_forward(X, W, b):
    return X @ W + b, (X, W)


def linear_backward(residuals, dO):
    X, W = residuals
    return dO @ W.T, X.T @ dO, dO.sum(axis=0)


def linear_with(backward):
    """Return X W + b with this rule."""

    @jax.custom_vjp
    def linear(X, W, b):
        return X @ W + b

    linear.defvjp(linear_forward, backward)
    return linear


def test_a_custom_vjp_is_verified_in_one_line():
    report = adapters.jax(linear_with(linear_backward)).verify(X, W, b)
    assert [argument.name for argument in report.arguments] == ["X", "W", "b"]
    assert report.subject == "vjp of linear as the gradient of linear"


def test_float32_is_computed_in_float64_and_the_configuration_stays():
    report = adapters.jax(linear_with(linear_backward)).verify(X, W, b)
    assert [finding.kind for finding in report.findings] == ["dtype"]
    assert max(argument.error_bar for argument in report.arguments) < 1e-11
    assert not jax.config.jax_enable_x64
    assert jnp.ones(2).dtype == np.float32
    single = adapters.jax(linear_with(linear_backward), double=False).verify(X, W, b)
    assert max(argument.error_bar for argument in single.arguments) > 1e-6


def test_the_configuration_stays_when_the_code_raises():
    def fails(x):
        raise RuntimeError(f"with {x.dtype}")

    report = adapters.jax(fails).check(np.ones(3))
    assert "with float64" in str(report)
    assert not jax.config.jax_enable_x64


def test_a_question_is_what_check_takes():
    assert mlp.check(*adapters.jax(linear_with(linear_backward)).at(X, W, b))


def takes_abs(residuals, dO):
    return linear_backward(residuals, jnp.abs(dO))


def forgets_the_cotangent(residuals, dO):
    return linear_backward(residuals, jnp.ones_like(dO))


def does_not_sum(residuals, dO):
    return *linear_backward(residuals, dO)[:2], dO


def returns_two(residuals, dO):
    return linear_backward(residuals, dO)[:2]


def returns_an_array(residuals, dO):
    return linear_backward(residuals, dO)[0]


def returns_none(residuals, dO):
    dX, _, db = linear_backward(residuals, dO)
    return dX, None, db


def flips(residuals, dO):
    dX, dW, db = linear_backward(residuals, dO)
    return dX, -dW, db


MISTAKES = {
    takes_abs: "X: not linear in its cotangent: backward(-v) is not -backward(v); it passes thro",
    forgets_the_cotangent: "the cotangent is ignored",
    does_not_sum: "b: the gradient must have the shape (3,) of b, but its shape is (5, 3): not",
    returns_two: "returns_two must return a tuple with a gradient for each of the 3 arg",
    returns_an_array: "returns_an_array must return a tuple with a gradient for each of the",
    returns_none: "W: 12 of 12 entries wrong; along a random direction by hand 0, numeric",
    flips: "the sign",
}


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake.__name__)
def test_a_mistake_is_found_and_named(mistake):
    report = adapters.jax(linear_with(mistake)).check(X, W, b)
    assert report.verdict == "wrong"
    said = [f"{finding.argument}: {finding.message}" for finding in report.findings]
    assert MISTAKES[mistake] in "\n".join(said)


def test_a_custom_jvp_is_verified_and_a_wrong_one_found():
    def square_with(tangent):
        square = jax.custom_jvp(lambda x: x**2)
        square.defjvp(lambda x, x_dot: (x[0] ** 2, tangent(x[0], x_dot[0])))
        return square

    assert adapters.jax(square_with(lambda x, x_dot: 2 * x * x_dot)).verify(X)
    report = adapters.jax(square_with(lambda x, x_dot: 3 * x * x_dot)).check(X)
    assert report.findings[0].diagnosis == "factor"


def test_arguments_of_a_rule_that_are_not_differentiated_stay_out():
    @functools.partial(jax.custom_vjp, nondiff_argnums=(1,))
    def scale(x, factor):
        return x * factor

    scale.defvjp(lambda x, factor: (x * factor, None), lambda factor, _, dy: (factor * dy,))
    assert [a.name for a in adapters.jax(scale).verify(X, 3.0).arguments] == ["x"]
    assert [a.name for a in adapters.jax(scale).verify(X, 2).arguments] == ["x"]


def loss(params, X, y):
    hidden = jnp.tanh(X @ params["inner"]["W"] + params["inner"]["b"])
    logits = hidden @ params["outer"]
    return -jax.nn.log_softmax(logits)[jnp.arange(len(y)), y].mean()


PARAMS = {"inner": {"W": W, "b": b}, "outer": W[:3]}


@pytest.mark.parametrize("f", [loss, jax.jit(loss)])
def test_a_pytree_of_parameters_is_verified_leaf_by_leaf(f):
    report = adapters.jax(f).verify(PARAMS, X, jnp.array([0, 2, 1, 1, 0]), wrt="params")
    assert [argument.name for argument in report.arguments] == [
        "params['inner']['W']",
        "params['inner']['b']",
        "params['outer']",
    ]


class Layer(NamedTuple):
    W: jax.Array
    steps: jax.Array


@jax.tree_util.register_pytree_with_keys_class
class Model:
    """A pytree of a kind of its own, as libraries of layers have them."""

    def __init__(self, W, b):
        self.W, self.b = W, b

    def tree_flatten_with_keys(self):
        key = jax.tree_util.GetAttrKey
        return ((key("W"), self.W), (key("b"), self.b)), None

    @classmethod
    def tree_unflatten(cls, _, leaves):
        return cls(*leaves)

    def __call__(self, x):
        return x @ self.W + self.b


def test_pytrees_may_hold_integers_and_be_of_any_kind():
    assert adapters.jax(lambda layer: layer.W * layer.steps).verify(Layer(W, jnp.array(3)))
    report = adapters.jax(lambda model, x: model(x)).verify(Model(W, b), X)
    assert [argument.name for argument in report.arguments] == ["model['W']", "model['b']", "x"]


def test_results_may_be_pytrees_with_integers_in_them():
    assert adapters.jax(lambda x: {"value": x**2, "place": x.argmax()}).verify(X)
    report = adapters.jax(jnp.argmax).check(X)
    assert "must return floats, but returned none" in str(report)


def test_complex_results_in_single_precision():
    assert adapters.jax(jnp.fft.fft).check(X).verdict == "correct"


def test_random_keys_are_constants():
    def dropped(key, x):
        return jax.random.bernoulli(key, 0.5, x.shape) * x

    assert adapters.jax(dropped).verify(KEYS[3], X)


def test_bfloat16_is_computed_in_more():
    assert adapters.jax(jnp.tanh).verify(X.astype(jnp.bfloat16))


def counted(runs):
    """Return a sine with a rule for each mode; they count how often Python runs their parts."""

    def ticking(name, function):
        @functools.wraps(function)
        def ticked(*args):
            runs[name] = runs.get(name, 0) + 1
            return function(*args)

        return ticked

    pulls = jax.custom_vjp(ticking("forward", jnp.sin))
    pulls.defvjp(
        ticking("fwd", lambda x: (jnp.sin(x), x)),
        ticking("bwd", lambda x, dy: (dy * jnp.cos(x),)),
    )
    pushes = jax.custom_jvp(ticking("forward", jnp.sin))
    pushes.defjvp(ticking("jvp", lambda x, d: (jnp.sin(x[0]), jnp.cos(x[0]) * d[0])))
    return pulls, pushes, lambda x: ticking("forward", jnp.sin)(x).sum()


ONCE = 2  # by Python, and once traced: what compilation would freeze shows where the two differ
SIGNATURES = [  # how often each part runs for every dtype that is asked
    (0, {}, {"forward": ONCE, "fwd": ONCE, "bwd": ONCE}),
    (0, {"exhaustive": True}, {"forward": ONCE, "fwd": ONCE, "bwd": ONCE}),
    (0, {"order": 2}, {"forward": ONCE, "fwd": ONCE, "bwd": ONCE}),
    (1, {}, {"forward": ONCE, "jvp": 2 * ONCE}),  # forwards, and transposed
    (2, {}, {"forward": 2 * ONCE}),  # its value, and its vjp
    (2, {"order": 2}, {"forward": 2 * ONCE}),
]


@pytest.mark.parametrize(("which", "options", "wanted"), SIGNATURES)
def test_python_runs_a_function_once_and_traces_it_once_for_each_question(which, options, wanted):
    runs = {}
    report = adapters.jax(counted(runs)[which]).check(np.asarray(X, np.float64), **options)
    assert min(report.evaluations, report.backward_evaluations) > 4
    assert runs == wanted


def test_each_dtype_is_a_question_of_its_own():
    runs = {}
    assert adapters.jax(counted(runs)[0]).check(X).verdict == "correct"  # in float64 as well
    assert runs == {"forward": 2 * ONCE, "fwd": 2 * ONCE, "bwd": 2 * ONCE}


def test_the_second_witness_traces_nothing_anew():
    runs = {}
    jagged = lambda x: jnp.abs(counted(runs)[2](x) - 1e-9)  # noqa: E731  # a kink nearby
    adapters.jax(jagged).check(np.array([0.0, 1e-9]))
    assert runs == {"forward": 2 * ONCE}


@pytest.mark.parametrize(("factor", "verdict"), [(3, "correct"), (2, "wrong")])
def test_what_cannot_be_compiled_is_run_as_it_is(factor, verdict):
    @jax.custom_vjp
    def cube(x):
        return x**3

    cube.defvjp(lambda x: (x**3, x), lambda x, dy: (factor * x**2 * dy,))

    def steep(x):
        return cube(x) if x[0, 0] > -9 else x

    assert adapters.jax(steep).check(X).verdict == verdict


def test_a_forward_that_draws_is_not_compiled_into_one_that_does_not():
    rng = np.random.default_rng(0)
    report = adapters.jax(lambda x: x * rng.normal()).check(X)
    assert "nondeterminism" in {finding.kind for finding in report.findings}


def test_the_examples_print_what_they_show():
    (example,) = examples(sys.modules["mlp.adapters.jax_functions"])
    assert failures(example) == ""


def second_unused(claim):
    """Return twice the first of two arguments, whose rule has a gradient for the second."""
    twice = jax.custom_vjp(lambda x, _: 2 * x)
    twice.defvjp(lambda x, _: (2 * x, None), lambda _, dy: (2 * dy, claim(dy)))
    return twice


UNUSED = [
    (lambda x, _: 2 * x, "correct"),
    (jax.jit(lambda x, _: 2 * x), "correct"),
    (second_unused(lambda _: None), "correct"),
    (second_unused(lambda dy: dy), "wrong"),
]


@pytest.mark.parametrize(("f", "verdict"), UNUSED)
def test_an_argument_on_which_nothing_depends_has_the_gradient_0(f, verdict):
    report = adapters.jax(f).check(X, X)
    assert report.verdict == verdict, str(report)
    assert ("no bit of forward moves" in str(report)) == (verdict == "correct")


def test_a_gradient_that_sleeps_is_still_left_open():
    assert adapters.jax(lambda x: jax.nn.relu(x - 1000)).check(X).verdict == "inconclusive"


def test_a_number_of_python_is_judged_in_double_precision():
    report = adapters.jax(jnp.sin).check(2.0)
    assert report.verdict == "correct"
    assert max(argument.error_bar for argument in report.arguments) < 1e-10
    assert not report.findings


LAYERS = """
import jax
from jax import custom_vjp

@custom_vjp
def cube(x):
    return x**3

cube.defvjp(lambda x: (x**3, x), lambda x, dy: (3 * x * dy,))

def cube_example(rng):
    return rng.normal(size=(3, 4))

@jax.custom_jvp
def pointless(x):
    return x
"""


def test_the_command_line_finds_what_has_an_example(tmp_path):
    path = tmp_path / "jax_layers.py"
    path.write_text(LAYERS, encoding="utf-8")
    cube, pointless = find(str(path))
    assert "write pointless_example(rng)" in pointless.reason
    point = cube.draw(np.random.default_rng(0))
    assert mlp.check(cube.forward, cube.backward, *point, wrt=cube.wrt).verdict == "wrong"
