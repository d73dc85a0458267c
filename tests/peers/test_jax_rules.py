"""Every rule of a function of JAX: custom_jvp, custom_vjp, and the gradient of the gradient."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from mlp import adapters

X = np.array([0.3, 1.0, 2.0])
W = np.array([[0.3, -1.2], [0.5, 2.0], [1.0, 0.1]])


def ruled(tangent):
    """Return sin with a custom_jvp whose tangent is given."""

    @jax.custom_jvp
    def sine(x):
        return jnp.sin(x)

    sine.defjvp(lambda p, t: (jnp.sin(p[0]), tangent(p[0], t[0])))
    return sine


def pulled(gradient):
    """Return sin with a custom_vjp whose gradient is given."""

    @jax.custom_vjp
    def sine(x):
        return jnp.sin(x)

    sine.defvjp(lambda x: (jnp.sin(x), x), lambda x, dy: (gradient(x, dy),))
    return sine


@jax.custom_jvp
def layer(params, x):
    return {"y": jnp.tanh(x @ params["W"]), "count": 3}


@layer.defjvp
def layer_jvp(primals, tangents):
    (params, x), (params_dot, x_dot) = primals, tangents
    out = layer(params, x)
    dot = (1 - out["y"] ** 2) * (x_dot @ params["W"] + x @ params_dot["W"])
    return out, {"y": dot, "count": np.zeros((), jax.dtypes.float0)}


def by_callback(x, x_dot):
    """Return a tangent that is right and that JAX cannot transpose."""
    return jax.pure_callback(lambda a, b: np.cos(a) * b, x_dot, x, x_dot)


def test_the_rule_of_a_custom_jvp_is_checked_in_both_modes():
    report = adapters.jax(ruled(lambda x, d: jnp.cos(x) * d)).check(X)
    assert report.verdict == "correct", str(report)
    assert [row.name for row in report.arguments] == ["x", "forward mode: x"]
    assert report.subject == "vjp of sine as the gradient of sine, jvp of sine as its tangent"


def test_a_pytree_has_tangents_of_its_floats():
    report = adapters.jax(layer).check({"W": W, "count": 3}, X)
    assert report.verdict == "correct", str(report)
    assert "forward mode: params['W']" in [row.name for row in report.arguments]


def test_a_wrong_rule_is_wrong_in_both_modes():
    report = adapters.jax(ruled(lambda x, d: -jnp.cos(x) * d)).check(X)
    assert report.verdict == "wrong"
    assert {f.argument for f in report.findings} == {"x", "forward mode: x"}


@pytest.mark.parametrize(("factor", "verdict"), [(1, "correct"), (2, "wrong")])
def test_a_rule_that_cannot_be_transposed_is_checked_forwards_and_the_exception_named(
    factor, verdict
):
    report = adapters.jax(ruled(lambda x, d: factor * by_callback(x, d))).check(X)
    assert report.verdict == verdict, str(report)
    assert [row.name for row in report.arguments] == ["forward mode: x"]
    assert "raised: reverse mode: backward" in str(report)
    assert "ValueError: Pure callbacks do not support transpose" in str(report)


@pytest.mark.parametrize(
    "function",
    [
        jnp.sin,
        lambda x: {"a": x**3, "b": (x @ x, "text")},
        pulled(lambda x, dy: dy * jnp.cos(x)),
        ruled(lambda x, d: jnp.cos(x) * d),
    ],
)
def test_the_gradient_of_a_right_gradient_is_right(function):
    report = adapters.jax(function).check(X, order=2)
    assert report.verdict == "correct", str(report)
    assert "second order: x" in [row.name for row in report.arguments]


def test_what_a_rule_stops_is_wrong_at_second_order():
    stopped = pulled(lambda x, dy: dy * jax.lax.stop_gradient(jnp.cos(x)))
    assert adapters.jax(stopped).check(X).verdict == "correct"
    report = adapters.jax(stopped).check(X, order=2)
    assert report.verdict == "wrong"
    assert {f.argument for f in report.findings} == {"second order: x"}


def test_a_pytree_is_differentiated_twice():
    loss = lambda p, x: jnp.sum(jnp.tanh(x @ p["W"]) ** 2)  # noqa: E731  # of a dict and an array
    report = adapters.jax(loss).check({"W": W, "name": "first"}, X, order=2)
    assert report.verdict == "correct", str(report)
    assert "second order: params['W']" in str(report) or "second order: p['W']" in str(report)
