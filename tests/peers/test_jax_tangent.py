"""The second witness on JAX: it says what JAX says, and what forward does where rules lie."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from mlp import adapters, tree
from mlp.tangent import Silence, ask

SHARP = 1e-12  # relative to the slope
RNG = np.random.default_rng(1)
X = RNG.normal(size=(5, 4))
A = RNG.normal(size=(4, 4))


def of(f, *point):
    """Return what the witness says along a random direction, and what the vjp says."""
    question = adapters.jax(f).at(*point)
    rng = np.random.default_rng(0)
    free = question.options["wrt"]
    directions = [
        tree.rebuilt(a, lambda leaf: rng.normal(size=np.shape(leaf))) if i in free else None
        for i, a in enumerate(question.point)
    ]
    result = question.forward(*question.point)
    cotangent = tree.rebuilt(result, lambda leaf: rng.normal(size=np.shape(leaf)))
    v = np.concatenate([np.ravel(leaf) for leaf in tree.flat(cotangent)])
    said = ask(question.forward, question.point, directions, v)
    try:
        gradients = question.backward(cotangent, *question.point)
    except ValueError:  # a loop that JAX does not differentiate backwards
        return said, np.nan
    pairs = zip(free, gradients if len(free) > 1 else (gradients,), strict=True)
    return said, sum(
        float(np.vdot(g, d))
        for i, gradient in pairs
        for g, d in zip(tree.flat(gradient), tree.flat(directions[i]), strict=True)
    )


def scanned(x):
    def step(carry, row):
        return jnp.tanh(carry + row), carry.sum()

    last, sums = jax.lax.scan(step, jnp.zeros(4, x.dtype), x, reverse=True)
    return last, sums


def attention(x):
    return jax.nn.softmax(x @ x.T / 2) @ x


FOLLOWED = {
    "tanh": (jnp.tanh, X),
    "several arguments": (lambda p, x: jax.nn.gelu(x @ p["W"]), {"W": A}, X),
    "a scan": (scanned, X),
    "a loop of fixed length": (lambda x: jax.lax.fori_loop(0, 3, lambda _, c: jnp.sin(c), x), X),
    "a map": (lambda x: jax.lax.map(jnp.tanh, x), X),
    "a branch": (lambda x: jax.lax.cond(x[0, 0] > 0, jnp.sin, jnp.cos, x), X),
    "a switch": (lambda x: jax.lax.switch(1, [jnp.sin, jnp.cos], x), X),
    "a mask": (lambda x: jnp.where(x > 0, x, x**2), X),
    "relu": (jax.nn.relu, X),
    "softplus": (jax.nn.softplus, X),
    "attention": (attention, X),
    "a norm": (jnp.linalg.norm, X),
    "a sort": (lambda x: jnp.sort(x, axis=0), X),
    "a largest": (lambda x: x.max(axis=1), X),
    "a pool": (
        lambda x: jax.lax.reduce_window(x, -jnp.inf, jax.lax.max, (2, 2), (1, 2), "VALID"),
        X,
    ),
    "a solution": (lambda a: jnp.linalg.solve(a, X[:4]), A),
    "cholesky": (lambda a: jnp.linalg.cholesky(a @ a.T), A),
    "a checkpoint": (jax.checkpoint(attention), X),
    "jit": (jax.jit(attention), X),
    "vmap": (jax.vmap(lambda row: row * row.sum()), X),
    "indices": (lambda x: x[jnp.array([0, 2])].at[0].add(x[1]), X),
    "a gradient inside": (jax.grad(lambda y: (y**3).sum()), X),
    "random numbers": (lambda x: x * jax.random.bernoulli(jax.random.key(0), 0.5, x.shape), X),
}


@pytest.mark.parametrize("name", FOLLOWED)
def test_it_says_what_jax_says(name):
    said, by_hand = of(*FOLLOWED[name])
    assert not isinstance(said, Silence), said.reason
    assert abs(said.slope - by_hand) <= said.bar + SHARP * abs(by_hand)
    assert said.bar <= 10 * SHARP * max(abs(by_hand), 1)


# lies: JAX says what a rule says, and this witness what forward does


@jax.custom_vjp
def cube(x):
    return x**3


cube.defvjp(lambda x: (x**3, x), lambda x, dy: (77 * x * dy,))


@jax.custom_jvp
def square(x):
    return x**2


square.defjvp(lambda x, x_dot: (x[0] ** 2, 77 * x_dot[0]))


def within_a_scan(f):
    def scanned(x):
        return jax.lax.scan(lambda carry, row: (carry + f(row), None), jnp.zeros(4), x)[0]

    return scanned


def within_a_loop(f):
    def looped(x):
        def again(state):
            return state[0] + 1, f(state[1]) / 2

        return jax.lax.while_loop(lambda state: state[0] < 2, again, (0, x))[1]

    return looped


def within(f):
    yield f
    yield jax.jit(f)
    yield jax.vmap(f)
    yield jax.checkpoint(f)
    yield within_a_scan(f)
    yield within_a_loop(f)
    yield lambda x: jax.lax.cond(x.sum() < 1e9, f, jnp.sin, x)
    yield lambda x: jax.grad(lambda y: f(y).sum())(x) * 0 + f(x)


LIES = [
    (cube, lambda x: x**3),
    (square, lambda x: x**2),
    (lambda x: x * jax.lax.stop_gradient(x), lambda x: x * x),
]


@pytest.mark.parametrize("place", range(8))
@pytest.mark.parametrize("lie", range(3))
def test_a_rule_is_not_believed_wherever_it_stands(lie, place):
    lying, honest = ([*within(f)][place] for f in LIES[lie])
    said, claimed = of(lying, X)
    assert not isinstance(said, Silence), said.reason
    truth = of(honest, X)[0]
    assert said.slope == pytest.approx(truth.slope, rel=SHARP)
    assert not abs(said.slope - claimed) < 1e-3


def outside(x):
    return jax.pure_callback(np.sin, jax.ShapeDtypeStruct(x.shape, x.dtype), x)


def for_ever(x):
    return jax.lax.fori_loop(0, 5000, lambda _, c: c + 0.001 * jnp.sin(c), x)


def iterated(x):
    def solve(matvec, b):
        return jax.lax.while_loop(lambda y: jnp.abs(matvec(y) - b).max() > 1e-3, lambda y: y / 2, b)

    return jax.lax.custom_linear_solve(lambda y: 2.0 * y, x, solve, solve)


LOST = {
    "a callback": (lambda x: x + outside(x), "Pure callbacks do not support JVP"),
    "a Python branch": (lambda x: x if x.sum() > 0 else 2 * x, "TracerBool"),
    "NumPy on the way": (lambda x: x * np.asarray(x), "TracerArray"),
    "float()": (lambda x: x * float(x.sum()), "Concretization"),
    "a long loop": (for_ever, "more than 3000 equations at"),
    "a solver up to a tolerance": (iterated, "custom_linear_solve, which"),
    "float32 on the way": (lambda x: jnp.sin(x.astype(np.float32)).astype(x.dtype), "fewer digits"),
    "a tie": (lambda x: jax.nn.relu(x - X), "a tie"),
    "reduce_precision": (lambda x: jax.lax.reduce_precision(x, 8, 23), "fewer digits"),
    "an unknown decision": (lambda x: jnp.zeros(4).at[0].max(x[0, 0]), "scatter-max"),
}


@pytest.mark.parametrize("name", LOST)
def test_where_a_tangent_would_be_lost_it_is_silent(name):
    f, reason = LOST[name]
    question = adapters.jax(f, double=False).at(X)
    size = np.size(question.forward(X))
    said = ask(question.forward, question.point, [np.ones(X.shape)], np.ones(size))
    assert isinstance(said, Silence)
    assert reason in said.reason


def test_a_jump_is_told_by_its_distance():
    said, _ = of(lambda x: jnp.floor(3 * x), np.array([0.4, 0.9]))
    assert said.slope == 0
    assert 0 < said.jump < 1


def test_its_bar_knows_cancellation():
    x = 1e-4 * X
    said, _ = of(lambda x: (1 - jnp.cos(x)) / x**2, x)
    honest, _ = of(lambda x: 2 * (jnp.sin(x / 2) / x) ** 2, x)
    assert honest.bar < 1e-7 < said.bar
    assert abs(said.slope - honest.slope) <= said.bar


# what it decides


def quotient_with(factor):
    """Return log(1 + e) / e, which cancels, with a rule that is right for 1."""

    @jax.custom_vjp
    def quotient(x):
        e = jnp.exp(x)
        return jnp.log(1 + e) / e

    def pull(e, dy):
        return (factor * dy * e * (-0.5 + 2 * e / 3),)

    quotient.defvjp(lambda x: (quotient(x), jnp.exp(x)), pull)
    return quotient


def test_a_forward_that_cancels_is_not_called_wrong():
    x = X[0] - 14
    assert adapters.jax(quotient_with(1)).check(x).verdict != "wrong"
    assert adapters.jax(quotient_with(-1)).check(x).verdict != "correct"
