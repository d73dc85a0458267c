"""Asked in other ways, a rule of JAX must answer the same: each on a right and on a wrong one."""

import jax
import jax.numpy as jnp
import pytest
from jax.custom_batching import custom_vmap

import mlp

X = jnp.array([0.3, 1.0, 2.0])
TABLE = []


def row(verdict, *words, point=(X,)):
    """Take what a function makes as a row of the table."""

    def taken(make):
        TABLE.append(pytest.param(make, point, verdict, words, id=make.__name__))
        return make

    return taken


def with_zeros(forward, fwd, bwd):
    """Return a function whose rule is told which cotangents and tangents are zero."""
    function = jax.custom_vjp(forward)
    function.defvjp(fwd, bwd, symbolic_zeros=True)
    return function


def is_zero(g):
    return isinstance(g, jax.custom_derivatives.SymbolicZero)


def plain(g):
    return jnp.zeros(g.shape, g.dtype) if is_zero(g) else g


def two(x):
    return jnp.sin(x), jnp.exp(x)


# --------------------------------------------------------------- results that no loss uses


@row("correct")
def of_two_results():
    def bwd(x, g):
        return (plain(g[0]) * jnp.cos(x) + plain(g[1]) * jnp.exp(x),)

    return with_zeros(two, lambda x: (two(x.value), x.value), bwd)


@row("wrong", "every result but number 1 are undefined", "its gradient is off")
def of_two_results_one_forgotten():
    def bwd(x, g):
        if any(map(is_zero, g)):
            return (jnp.zeros_like(x),)
        return (g[0] * jnp.cos(x) + g[1] * jnp.exp(x),)

    return with_zeros(two, lambda x: (two(x.value), x.value), bwd)


@row("wrong", "every result but number 1 are undefined", "raised TypeError")
def of_two_results_that_wants_both():
    def bwd(x, g):
        return (g[0] * jnp.cos(x) + g[1] * jnp.exp(x),)

    return with_zeros(two, lambda x: (two(x.value), x.value), bwd)


# --------------------------------------------------------------- arguments that alone move


def product(saved):
    def fwd(x, w):
        kept = saved(x, w)
        return x.value * w.value, kept

    return with_zeros(
        lambda x, w: x * w, fwd, lambda kept, g: (plain(g) * kept[1], plain(g) * kept[0])
    )


@row("correct", point=(X, X))
def of_two_arguments():
    return product(lambda x, w: (x.value, w.value))


@row("wrong", "w: where w alone is differentiated, its gradient is off", point=(X, X))
def saved_for_the_first():
    return product(lambda x, w: (x.value if x.perturbed else 0 * x.value, w.value))


# --------------------------------------------------------------------------- many at once, by vmap


def batched(factor):
    """Return the identity, whose rule for many at once is right for the factor 1."""

    @custom_vmap
    def same(g):
        return g

    @same.def_vmap
    def _(_, batched, g):
        return factor * g, batched[0]

    return same


def sine(inner):
    @jax.custom_vjp
    def function(x):
        return jnp.sin(x)

    function.defvjp(lambda x: (jnp.sin(x), x), lambda x, g: (inner(g) * jnp.cos(x),))
    return function


@row("correct")
def right_for_many_cotangents():
    return sine(batched(1))


@row("wrong", "x: where cotangents come many at once (vmap), its gradient differs")
def wrong_for_many_cotangents():
    return sine(batched(2))


@row("wrong", "where cotangents come many at once (vmap)")
def wrong_inside_a_function():
    inner = sine(batched(2))
    return lambda x: 2 * inner(x)


def pushed(inner):
    @jax.custom_jvp
    def function(x):
        return jnp.sin(x)

    function.defjvp(lambda p, t: (jnp.sin(p[0]), jnp.cos(p[0]) * inner(t[0])))
    return function


@row("correct")
def right_for_many_tangents():
    return pushed(lambda t: t)


@row("wrong", "where tangents come many at once (vmap), its tangent differs")
def wrong_for_many_tangents():
    return pushed(batched(2))


@row("correct")
def values_by_a_rule():
    same = batched(1)
    return lambda x: jnp.sin(x) + same(jax.lax.stop_gradient(0 * x))


@row("wrong", "under jax.vmap", "values differ")
def values_by_a_wrong_rule():
    same = batched(2)
    return lambda x: jnp.sin(x) + same(jax.lax.stop_gradient(0 * x + 1.0))


# ---------------------------------------------------------------------------------------- dtypes


def casting(dtype):
    @jax.custom_vjp
    def function(x):
        return x * x

    function.defvjp(lambda x: (x * x, x), lambda x, g: ((2 * x * g).astype(dtype),))
    return function


@pytest.mark.parametrize(("dtype", "verdict"), [(jnp.float32, "correct"), (jnp.bfloat16, "wrong")])
def test_the_dtype_of_a_gradient(dtype, verdict):
    x = jnp.array([1.0, 2.0, 0.5])
    grad = jax.grad(lambda x: casting(dtype)(x).sum())(x)
    assert (grad.dtype == x.dtype) == (verdict == "correct")
    report = mlp.adapters.jax(casting(dtype)).check(x, dtypes=True)
    assert report.verdict == verdict, str(report)
    said = "the gradient is bfloat16, the argument float32"
    assert (said in str(report)) == (verdict == "wrong")


@pytest.mark.parametrize(("make", "point", "verdict", "words"), TABLE)
def test_a_rule_asked_in_other_ways(make, point, verdict, words):
    report = mlp.adapters.jax(make()).check(*point)
    assert report.verdict == verdict, str(report)
    assert [word for word in words if word not in str(report)] == []
