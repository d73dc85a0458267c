"""Coming from JAX: each line of the translation on a right and a wrong rule, both ways."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.test_util import check_grads, check_jvp, check_vjp

import mlp

X = jnp.array([0.3, -1.2, 2.0])


def cubed(factor, scale=1.0):
    """Return scale · x³, whose vjp is right for factor 3."""

    @jax.custom_vjp
    def cube(x):
        return scale * x**3

    cube.defvjp(lambda x: (cube(x), x), lambda x, dy: (scale * factor * x**2 * dy,))
    return cube


def pushed(factor):
    """Return x³, whose jvp is right for factor 3."""

    @jax.custom_jvp
    def cube(x):
        return x**3

    cube.defjvp(lambda x, x_dot: (cube(*x), factor * x[0] ** 2 * x_dot[0]))
    return cube


def theirs(f, *args, order=1, modes=("rev",), **options):
    try:
        check_grads(f, args, order=order, modes=modes, **options)
    except AssertionError:
        return False
    return True


def ours(f, *args, **options):
    return mlp.adapters.jax(f).check(*args, **options).verdict


def test_check_grads_f_args():
    assert (theirs(cubed(3), X), theirs(cubed(2), X)) == (True, False)
    assert (ours(cubed(3), X), ours(cubed(2), X)) == ("correct", "wrong")
    with pytest.raises(mlp.GradientError, match=r"by hand = 0\.66667 × numeric"):
        mlp.adapters.jax(cubed(2)).verify(X)


@pytest.mark.parametrize(("factor", "verdict"), [(3, "correct"), (2, "wrong")])
def test_check_grads_pytrees(factor, verdict):
    cube = cubed(factor)

    def loss(params, x):
        return (cube(params["w"]) * x + params["b"]).sum()

    point = {"w": X, "b": jnp.ones(())}, jnp.ones(3)
    assert theirs(loss, *point) == (factor == 3)
    report = mlp.adapters.jax(loss).check(*point, wrt="params")
    assert report.verdict == verdict
    found = {a.name: a.verdict for a in report.arguments}
    assert found == {"params['w']": verdict, "params['b']": "correct"}


def test_check_grads_order():
    stopped = jax.custom_vjp(lambda x: x**3)
    stopped.defvjp(lambda x: (x**3, x), lambda x, dy: (jax.lax.stop_gradient(3 * x**2) * dy,))
    assert (theirs(cubed(3), X, order=2), theirs(stopped, X, order=2)) == (True, False)
    assert (ours(cubed(3), X, order=2), ours(stopped, X, order=2)) == ("correct", "wrong")
    assert ours(stopped, X) == "correct"


def nested(stopped):
    """Return x³, whose rules of second order are right, and of third order unless stopped."""
    slope, second = (jax.custom_vjp(f) for f in (lambda x: 3 * x**2, lambda x: 6 * x))
    slope.defvjp(lambda x: (slope(x), x), lambda x, dy: (second(x) * dy,))
    second.defvjp(lambda x: (second(x), x), lambda _, dy: ((0 if stopped else 6) * dy,))
    cube = jax.custom_vjp(lambda x: x**3)
    cube.defvjp(lambda x: (x**3, x), lambda x, dy: (slope(x) * dy,))
    return cube


def test_check_grads_of_third_order():
    right, wrong = nested(stopped=False), nested(stopped=True)
    assert (theirs(right, X, order=3), theirs(wrong, X, order=3)) == (True, False)
    assert theirs(wrong, X, order=2)
    report = mlp.adapters.jax(right).check(X, order=3)
    assert report.verdict == "correct", str(report)
    assert "third order: x" in [row.name for row in report.arguments]
    found = mlp.adapters.jax(wrong).check(X, order=3)
    assert found.verdict == "wrong"
    assert {f.argument for f in found.findings if f.kind == "mismatch"} == {"third order: x"}


def test_check_grads_of_second_order_forwards_over_backwards():
    found = []
    for kept in (lambda x: x, jax.lax.stop_gradient):
        cube = jax.custom_vjp(lambda x: x**3)
        cube.defvjp(lambda x: (x**3, x), lambda x, dy, kept=kept: (kept(3 * x**2) * dy,))
        hessian = jax.jacfwd(jax.grad(lambda x, cube=cube: cube(x).sum()))(X)
        report = mlp.adapters.jax(cube).check(X, order=2)
        assert theirs(cube, X, order=2) == bool(hessian.any())
        found.append((bool(hessian.any()), report.verdict))
    assert found == [(True, "correct"), (False, "wrong")]


def pushes_otherwise(factor):
    """Return twice an array, whose tangent is right for the factor 2, its gradient always."""

    @jax.custom_jvp
    def twice(x):
        return 2 * x

    def jvp(x, x_dot):
        same = jax.custom_derivatives.linear_call(
            lambda _, d: factor * d, lambda _, w: 2 * w, (), x_dot[0]
        )
        return 2 * x[0], same

    twice.defjvp(jvp)
    return twice


@pytest.mark.parametrize(("factor", "verdict"), [(2, "correct"), (3, "wrong")])
def test_a_gradient_whose_own_tangent_is_wrong(factor, verdict):
    """Backwards over backwards it is right, forwards over backwards it is not."""
    square = jax.custom_vjp(lambda x: x**2)
    square.defvjp(lambda x: (x**2, x), lambda x, dy: (pushes_otherwise(factor)(x) * dy,))
    gradient = jax.grad(lambda x: square(x).sum())
    assert jax.jvp(gradient, (X,), (jnp.ones(3),))[1][0] == factor
    report = mlp.adapters.jax(square).check(X, order=2)
    assert report.verdict == verdict, str(report)
    assert ("second order: backward and tangent are no pair" in str(report)) == (factor == 3)


@pytest.mark.parametrize(("factor", "verdict"), [(3, "correct"), (2, "wrong")])
def test_check_grads_modes_rev(factor, verdict):
    assert theirs(cubed(factor), X, modes=["rev"]) == (factor == 3)
    report = mlp.adapters.jax(cubed(factor)).check(X)
    assert [(a.name, a.verdict) for a in report.arguments] == [("x", verdict)]


@pytest.mark.parametrize(("factor", "verdict"), [(3, "correct"), (2, "wrong")])
def test_check_grads_modes_fwd(factor, verdict):
    assert theirs(pushed(factor), X, modes=["fwd"]) == (factor == 3)
    report = mlp.adapters.jax(pushed(factor)).check(X)
    found = {a.name: a.verdict for a in report.arguments}
    assert found == {"x": verdict, "forward mode: x": verdict}


def test_check_grads_tolerances():
    near = cubed(3 * (1 + 1e-4))
    assert theirs(near, X, atol=1e-2, rtol=1e-2)
    assert theirs(cubed(3 * (1 + 1e-3)), X)  # by default
    assert theirs(cubed(0, 1e-6), X)
    assert (ours(near, X), ours(near, X, accept=1e-3)) == ("wrong", "correct")
    assert ours(cubed(2), X, accept=1e-3) == "wrong"
    assert ours(cubed(0, 1e-6), X) == "wrong"
    assert ours(cubed(3, 1e-6), X) == "correct"


@pytest.mark.parametrize("scale", [1e-4, 1e4])
def test_check_grads_eps(scale):
    """In float32 a step of one's own is one for each scale."""
    point = X * scale
    assert theirs(cubed(3, scale**-3), point, eps=1e-2 * scale, rtol=1e-2)
    assert (ours(cubed(3, scale**-3), point), ours(cubed(2, scale**-3), point)) == (
        "correct",
        "wrong",
    )


def test_check_grads_vjp_and_jvp():
    x, cube = np.array(X, float), lambda x: x**3

    def vjp(factor):
        return lambda dy, x: factor * x**2 * dy

    check_vjp(cubed(3), lambda *args: jax.vjp(cubed(3), *args), (X,))
    with pytest.raises(AssertionError):
        check_vjp(cubed(2), lambda *args: jax.vjp(cubed(2), *args), (X,))
    assert [mlp.check(cube, vjp(factor), x).verdict for factor in (3, 2)] == ["correct", "wrong"]
    as_it_is = [mlp.adapters.closure(partial(jax.vjp, cubed(factor))).check(x) for factor in (3, 2)]
    assert [report.verdict for report in as_it_is] == ["correct", "wrong"]
    assert str(as_it_is[1]).startswith("WRONG: pull of vjp as the gradient of vjp")
    assert "[0]  by hand" in str(as_it_is[1])
    check_jvp(pushed(3), lambda p, t: jax.jvp(pushed(3), p, t), (X,))
    with pytest.raises(AssertionError):
        check_jvp(pushed(2), lambda p, t: jax.jvp(pushed(2), p, t), (X,))
    found = [mlp.check_tangent(cube, vjp(factor), x).verdict for factor in (3, 2)]
    assert found == ["correct", "wrong"]


def test_check_grads_complex_args():
    z = jnp.array([0.3 - 1.2j, 2.0 + 0.5j], dtype=jnp.complex64)
    assert (theirs(cubed(3), z), theirs(cubed(2), z)) == (True, False)
    assert (ours(cubed(3), z), ours(cubed(2), z)) == ("correct", "wrong")


def test_check_grads_direction():
    """Many entries are asked about along few directions, as there."""
    x = jnp.linspace(0.5, 2, 400)
    assert (theirs(cubed(3), x), theirs(cubed(2), x)) == (True, False)
    report = mlp.adapters.jax(cubed(3)).check(x)
    assert (report.verdict, ours(cubed(2), x)) == ("correct", "wrong")
    assert report.evaluations < x.size / 4
