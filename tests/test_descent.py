import io
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import check_grad, minimize

from mlp import descent, network, two_layer
from mlp.descent import Step, batches, descend, flatten, objective
from mlp.initialise import glorot, he


def layered(layers, X, y):
    return network.value_and_grad(X, layers, y, activation="tanh")


def bowl(parameters, X, y):
    """Half the mean of |theta + x - y|²: any row's least loss is 0, at theta = y - x."""
    (theta,) = parameters
    D = theta + X - y
    return (D**2).sum() / 2 / len(X), (D.mean(axis=0),)


def quadrants(rng, n=60):
    """Draw two classes that no straight line parts: whether two coordinates agree in sign."""
    X = rng.choice([-1, 1], size=(n, 2)) * rng.uniform(0.2, 1, size=(n, 2))
    return X, (X.prod(axis=1) > 0).astype(int)


# the definition


def test_a_step_is_the_rate_times_the_gradient():
    X, y = quadrants(np.random.default_rng(0))
    start = glorot(np.random.default_rng(1), (2, 5, 2))
    loss, gradients = layered(start, X, y)
    (step,) = descend(layered, start, X, y, rate=0.1)
    assert step[:3] == (1, 1, loss)
    for (W, b), (dW, db), (V, c) in zip(start, gradients, step.parameters, strict=True):
        np.testing.assert_array_equal(V, W - 0.1 * dW)
        np.testing.assert_array_equal(c, b - 0.1 * db)


def test_momentum_keeps_a_share_of_the_last_step():
    X = y = np.zeros((1, 2))
    a, b, c = (
        step.parameters[0]
        for step in descend(bowl, (np.array([1.0, -2.0]),), X, y, rate=0.1, momentum=0.5, epochs=3)
    )
    np.testing.assert_allclose(b - a, 0.5 * (a - [1, -2]) - 0.1 * a, rtol=1e-14)
    np.testing.assert_allclose(c - b, 0.5 * (b - a) - 0.1 * b, rtol=1e-14)


def test_descend_takes_the_step_that_is_proved_on_its_page():
    X, y = quadrants(np.random.default_rng(0))
    start = glorot(np.random.default_rng(1), (2, 5, 2))
    theta, unflatten = flatten(start)
    V = np.zeros_like(theta)
    for taken in descend(layered, start, X, y, rate=0.3, momentum=0.9, epochs=5):
        _, gradients = layered(unflatten(theta), X, y)
        theta, V = descent.step(theta, V, flatten(gradients)[0], 0.3, 0.9)
        np.testing.assert_array_equal(flatten(taken.parameters)[0], theta)


@settings(max_examples=20)
@given(n=st.integers(1, 12), batch=st.integers(1, 12), seed=st.integers(0, 99))
def test_an_epoch_shows_every_example_once(n, batch, seed):
    seen = []

    def watch(parameters, X, y):
        np.testing.assert_array_equal(X[:, 0], y)
        seen.append(X[:, 0].tolist())
        return bowl(parameters, X, y[:, None])

    X = np.arange(float(n))[:, None]
    batch = min(batch, n)
    steps = list(
        descend(watch, (np.ones(1),), X, X[:, 0], rate=0.1, batch=batch, epochs=2, rng=seed)
    )
    each = -(-n // batch)
    assert [s.number for s in steps] == list(range(1, 2 * each + 1))
    assert [s.epoch for s in steps] == [1] * each + [2] * each
    for epoch in (seen[:each], seen[each:]):
        assert sorted(x for rows in epoch for x in rows) == list(range(n))
        assert all(len(rows) == batch for rows in epoch[:-1])


def test_it_learns_what_no_straight_line_can():
    X, y = quadrants(np.random.default_rng(0))
    right = {}
    for widths in ((2, 2), (2, 16, 16, 2)):
        start = glorot(np.random.default_rng(1), widths)
        *_, step = descend(layered, start, X, y, rate=0.1, momentum=0.9, batch=10, epochs=100)
        _, classes = network.predict(X, step.parameters, activation="tanh")
        right[widths] = (classes == y).mean()
    assert right[2, 2] < 0.8
    assert right[2, 16, 16, 2] == 1


# the derivative: a minimiser's view of it


def test_the_objective_is_what_scipy_wants():
    X, y = quadrants(np.random.default_rng(0), 20)
    start = glorot(np.random.default_rng(1), (2, 4, 2))
    fun, x0, unflatten = objective(layered, start, X, y)
    assert check_grad(lambda x: fun(x)[0], lambda x: fun(x)[1], x0) < 1e-6
    result = minimize(fun, x0, jac=True, method="L-BFGS-B")
    assert result.fun < fun(x0)[0]
    assert layered(unflatten(result.x), X, y)[0] == result.fun


def test_the_two_layer_network_fits_as_well():
    def loss(parameters, X, y):
        return two_layer.value_and_grad(X, *parameters, y)

    X, y = quadrants(np.random.default_rng(0), 20)
    (W1, b1), (W2, b2) = he(np.random.default_rng(1), (2, 8, 2))
    *_, step = descend(loss, (W1, b1, W2, b2), X, y, rate=0.1, epochs=9)
    assert step.loss < loss((W1, b1, W2, b2), X, y)[0]
    assert isinstance(step.parameters, tuple)
    fun, x0, _ = objective(loss, (W1, b1, W2, b2), X, y)
    assert minimize(fun, x0, jac=True).fun < step.loss


def test_float32_parameters_stay_float32():
    X, y = quadrants(np.random.default_rng(0), 20)
    X, start = X.astype("f"), glorot(np.random.default_rng(1), (2, 4, 2), dtype="f")
    for step in descend(layered, start, X, y, rate=0.1, momentum=0.9, batch=7, epochs=3):
        assert {A.dtype for pair in step.parameters for A in pair} == {np.dtype("f")}
    fun, x0, unflatten = objective(layered, start, X, y)
    assert x0.dtype == fun(x0)[1].dtype == float
    assert unflatten(x0)[0][0].dtype == np.dtype("f")


# laws


@settings(max_examples=20)
@given(seed=st.integers(0, 2**32 - 1))
def test_a_small_enough_step_decreases_the_loss(seed):
    rng = np.random.default_rng(seed)
    X, layers, y = network.example(rng, 7, (4, 5, 3))
    before, _ = layered(layers, X, y)
    assert any(
        layered(step.parameters, X, y)[0] < before
        for rate in 0.5 ** np.arange(30)
        for step in descend(layered, layers, X, y, rate=rate)
    )


def test_on_a_bowl_descent_shrinks_the_error_by_a_known_factor():
    X = y = np.zeros((4, 3))
    start = np.array([3.0, -1.0, 0.5])
    for step in descend(bowl, (start,), X, y, rate=0.25, epochs=20):
        np.testing.assert_allclose(step.parameters[0], 0.75**step.number * start, rtol=1e-12)


def test_flatten_and_back_changes_nothing():
    parameters = [(np.arange(6.0).reshape(2, 3), np.zeros(3)), [np.ones((3, 1)), np.array(5.0)]]
    vector, unflatten = flatten(parameters)
    assert vector.tolist() == [0, 1, 2, 3, 4, 5, 0, 0, 0, 1, 1, 1, 5]
    again = unflatten(vector)
    assert isinstance(again, list)
    assert isinstance(again[0], tuple)
    assert isinstance(again[1], list)
    for before, after in zip(
        (a for p in parameters for a in p), (a for p in again for a in p), strict=True
    ):
        np.testing.assert_array_equal(before, after)


def test_the_same_seed_takes_the_same_steps():
    X, y = quadrants(np.random.default_rng(0))
    start = glorot(np.random.default_rng(1), (2, 5, 2))
    runs = [
        [s.loss for s in descend(layered, start, X, y, rate=0.1, batch=8, epochs=2, rng=rng)]
        for rng in (3, np.random.default_rng(3), 4)
    ]
    assert runs[0] == runs[1] != runs[2]


def test_the_parameters_of_the_caller_and_of_earlier_steps_stay():
    X, y = quadrants(np.random.default_rng(0))
    start = glorot(np.random.default_rng(1), (2, 5, 2))
    kept = [(W.copy(), b.copy()) for W, b in start]
    steps = list(descend(layered, start, X, y, rate=0.1, momentum=0.9, epochs=5))
    for (W, b), (V, c) in zip(start, kept, strict=True):
        np.testing.assert_array_equal(W, V)
        np.testing.assert_array_equal(b, c)
    losses = [layered(s.parameters, X, y)[0] for s in steps]
    assert losses[:-1] == [s.loss for s in steps[1:]]  # each step holds what the next starts from


def test_it_goes_on_after_an_epoch_as_if_there_had_been_no_stop():
    X, y = quadrants(np.random.default_rng(0), 20)
    start = glorot(np.random.default_rng(1), (2, 5, 2))
    words = {"rate": 0.1, "momentum": 0.9, "batch": 8}
    whole = [*descend(layered, start, X, y, **words, epochs=4, rng=3)]
    rng = np.random.default_rng(3)
    first = [*descend(layered, start, X, y, **words, epochs=2, rng=rng)]
    rest = [*descend(layered, start, X, y, **words, epochs=4, rng=rng, after=first[-1])]
    assert [s.number for s in rest] == [7, 8, 9, 10, 11, 12]
    assert [s.loss for s in [*first, *rest]] == [s.loss for s in whole]
    for one, other in zip(flatten(rest[-1].V)[0], flatten(whole[-1].V)[0], strict=True):
        assert one == other
    assert [*descend(layered, start, X, y, **words, epochs=2, after=first[-1])] == []


@pytest.mark.parametrize(
    ("after", "epochs", "said"),
    [
        (3, 4, "after must be the last Step of an epoch of 3 steps"),
        (Step(4, 1, 0.0, [np.ones(2)], [np.ones(2)]), 4, "after must be the last Step"),
        (Step(3, 1, 0.0, [np.ones(3)], [np.ones(2)]), 4, "after.parameters must have the shapes"),
        (Step(3, 1, 0.0, [np.ones(2)], None), 4, "after.V: parameters must be real arrays"),
        (Step(3, 1, 0.0, [np.ones(2)], [np.ones(2, "f")]), 4, "after.V must have the shapes"),
        (Step(6, 2, 0.0, [np.ones(2)], [np.ones(2)]), 1, "epochs must be 2 or more"),
    ],
)
def test_a_step_that_it_cannot_go_on_after_is_refused(after, epochs, said):
    X = y = np.zeros((6, 2))
    with pytest.raises((TypeError, ValueError), match=said):
        descend(bowl, [np.ones(2)], X, y, rate=0.1, batch=2, epochs=epochs, after=after)


def test_a_person_can_stop_watching():
    X, y = quadrants(np.random.default_rng(0))
    steps = descend(
        layered, glorot(np.random.default_rng(1), (2, 5, 2)), X, y, rate=0.1, epochs=10**9
    )
    assert isinstance(next(steps), Step)
    steps.close()


def test_the_progress_bar_shows_on_a_terminal_only(monkeypatch):
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    X = y = np.zeros((4, 1))
    written = []
    for stream, progress in ((Terminal(), True), (Terminal(), False), (io.StringIO(), True)):
        monkeypatch.setattr(sys, "stderr", stream)
        list(descend(bowl, (np.ones(1),), X, y, rate=0.1, batch=2, epochs=3, progress=progress))
        written.append(stream.getvalue())
    assert "6/6" in written[0]
    assert "loss" in written[0]
    assert written[1:] == ["", ""]


def test_what_is_not_said_is_no_momentum_no_bar_and_the_seed_0(monkeypatch):
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    monkeypatch.setattr(sys, "stderr", Terminal())
    X, y = quadrants(np.random.default_rng(0))
    start = glorot(np.random.default_rng(1), (2, 5, 2))
    said = {"momentum": 0.0, "rng": 0, "progress": False}
    runs = (descend(layered, start, X, y, rate=0.1, batch=7, **more) for more in ({}, said))
    assert [one.loss for one in next(runs)] == [one.loss for one in next(runs)]
    assert sys.stderr.getvalue() == ""
    assert descent.step(np.ones(1), np.ones(1), np.ones(1), 0.5)[1].tolist() == [-0.5]


def test_a_step_that_overflows_ends_in_infinity_without_a_warning():
    theta, V = descent.step(np.full(1, 1e308), np.zeros(1), np.full(1, -1e308), 9.0)
    assert (theta.tolist(), V.tolist()) == ([np.inf], [np.inf])


# mistakes


def test_no_batch_is_empty_and_options_are_named():
    with pytest.raises(ValueError, match=r"^batches: batch must be 1 .. 4, .* but is 0"):
        batches(4, 0, np.random.default_rng(0))
    X = y = np.zeros((1, 1))
    with pytest.raises(TypeError):
        descend(bowl, (np.ones(1),), X, y, 0.1)


def test_a_rate_too_large_is_stopped_in_one_line():
    X = y = np.zeros((1, 1))
    steps = descend(bowl, (np.ones(1),), X, y, rate=1e6, epochs=1000)
    with (
        np.errstate(over="ignore"),
        pytest.raises(FloatingPointError, match=r"try a rate below 1000000\.0") as stopped,
    ):
        list(steps)
    assert "\n" not in str(stopped.value)


@pytest.mark.parametrize("answer", [(1.0, (np.full(1, np.inf),)), (np.inf, (np.zeros(1),))])
def test_an_infinite_loss_and_an_infinite_gradient_each_stop_it(answer):
    X = y = np.zeros((1, 1))
    with pytest.raises(FloatingPointError, match=r"^descend: step 1"):
        next(descend(lambda *_: answer, (np.ones(1),), X, y, rate=0.1))


def test_nan_in_the_examples_is_refused_at_the_first_step():
    X, y = quadrants(np.random.default_rng(0))
    X[3, 1] = np.nan
    steps = descend(layered, glorot(np.random.default_rng(1), (2, 5, 2)), X, y, rate=0.1)
    with pytest.raises(FloatingPointError, match=r"^descend: step 1 \(epoch 1\) has the loss nan"):
        next(steps)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"rate": 0}, "rate must be a positive number, but is 0"),
        ({"rate": float("nan")}, "rate must be a positive number, but is nan"),
        ({"rate": -0.1}, "rate must be a positive number"),
        ({"rate": 0.1, "momentum": -0.5}, "momentum must be at least 0 and below 1, but is -0.5"),
        ({"rate": 0.1, "momentum": 1}, "momentum must be at least 0 and below 1, but is 1"),
        ({"rate": 0.1, "batch": 0}, "batch must be 1 .. 60, the number of examples, but is 0"),
        ({"rate": 0.1, "batch": 61}, "batch must be 1 .. 60"),
        ({"rate": 0.1, "epochs": 0}, "epochs must be 1 or more, but is 0"),
    ],
)
def test_an_option_out_of_range_is_refused_before_the_first_step(options, message):
    X, y = quadrants(np.random.default_rng(0))
    with pytest.raises(ValueError, match=f"^descend: {message}"):
        descend(layered, glorot(np.random.default_rng(1), (2, 5, 2)), X, y, **options)


def test_examples_without_labels_are_refused():
    with pytest.raises(ValueError, match="y must have as many rows as X, which has 3, but is 2"):
        descend(bowl, (np.ones(1),), np.ones((3, 1)), np.ones((2, 1)), rate=0.1)


def test_gradients_unlike_the_parameters_are_refused():
    def wrong(parameters, X, y):
        return bowl(parameters, X, y)[0], (np.ones(2),)

    X = y = np.zeros((4, 3))
    with pytest.raises(ValueError, match=r"gradient of parameters\[0\] in the shape \(3,\), but"):
        next(descend(wrong, (np.ones(3),), X, y, rate=0.1))


@pytest.mark.parametrize(
    "parameters", [[], [np.ones(2), np.ones(2, "f")], [np.ones(2, complex)], [{"W": np.ones(2)}]]
)
def test_parameters_that_are_no_real_arrays_of_one_dtype_are_refused(parameters):
    with pytest.raises(TypeError, match=r"^flatten: parameters must be real arrays of one dtype"):
        flatten(parameters)


def test_a_step_broadcasts_nothing():
    theta, V = np.ones((2, 1)), np.zeros((2, 1))
    with pytest.raises(ValueError, match=r"^descent.step: gradient must have the shape \(2, 1\)"):
        descent.step(theta, V, np.ones((2, 3)), 0.1)
    with pytest.raises(TypeError, match=r"^descent.step: all arguments must share one dtype"):
        descent.step(theta, V, np.ones((2, 1), np.float32), 0.1)


def test_parameters_that_are_not_finite_are_refused_before_the_first_step():
    X = y = np.zeros((1, 2))
    with pytest.raises(ValueError, match=r"^descend: parameters must be finite, but"):
        descend(bowl, (np.array([1.0, np.nan]),), X, y, rate=0.1)


def test_a_vector_of_another_length_is_not_made_parameters():
    _, unflatten = flatten([np.ones(2), np.ones((2, 2))])
    with pytest.raises(ValueError, match=r"^unflatten: vector must be of 6 entries"):
        unflatten(np.ones(5))
