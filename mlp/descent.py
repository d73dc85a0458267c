"""Learning by gradient descent:  V ← μ V − η ∂L/∂θ,  θ ← θ + V.

    θ : every parameter, in one vector    η : rate        μ : momentum, 0 for plain descent
    V : the step that is taken            L : the mean loss of all examples, or of a mini-batch

What is minimised is any ``value_and_grad(parameters, X, y)`` that returns a loss and gradients
shaped like the parameters: nested lists or tuples of arrays. For SciPy's minimisers, ``objective``
turns it into a function of one vector.

Derived in derivations/08-gradient-descent.md, tested in tests/test_descent.py.
"""

import math
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt
from numpy.random import Generator
from tqdm import tqdm

from mlp import tree
from mlp.answers import Unflatten, as_answer, examples
from mlp.answers import flatten as flatten  # noqa: PLC0414  # its users know it from here
from mlp.inputs import demand, flag, generator, is_number, is_whole, seeded
from mlp.parts import in_parts
from mlp.rows import ieee
from mlp.shapes import Array, shapes

ValueAndGrad: TypeAlias = Callable[[Any, Any, Any], tuple[Any, Any]]


class Step(NamedTuple):
    """One step: the loss of its examples before it, and the parameters after it."""

    number: int  # 1, 2, 3, ...
    epoch: int  # 1, 2, 3, ...: how often every example has been seen, this time included
    loss: float
    parameters: Any
    V: Any = None  # the step that was taken, shaped like them


def descend(
    value_and_grad: ValueAndGrad,
    parameters: Any,
    X: npt.ArrayLike,
    y: npt.ArrayLike,
    *,
    rate: float,
    momentum: float = 0.0,
    batch: int | None = None,
    epochs: int = 1,
    rng: Generator | int = 0,
    progress: bool = False,
    after: Step | None = None,
) -> Iterator[Step]:
    """Yield the steps of gradient descent, one at a time, to be watched or stopped.

    Parameters
    ----------
    value_and_grad : callable
        ``value_and_grad(parameters, X, y)`` returns the loss and gradients shaped like the
        parameters.
    parameters : nested lists or tuples of arrays
        Where to start. They are not changed: every step has arrays of its own.
    X, y : arrays
        Examples: as many rows of X as of y. Dask arrays in chunks of rows are learned from part by
        part, and ``value_and_grad`` is given NumPy arrays; it must return a mean over the rows.
    rate : float
        η > 0.
    momentum : float
        μ, 0 <= μ < 1 (Polyak 1964).
    batch : int, optional
        Examples in a mini-batch, drawn in a new random order in each epoch. All of them, in their
        own order, unless given.
    epochs : int
        How often to go through all examples.
    rng : Generator or int
        The source of the random order, or its seed.
    progress : bool
        Show a progress bar, where the error stream is a terminal.
    after : Step, optional
        Go on after this step, the last of its epoch, as if there had been no stop: from its
        parameters and its V. For the same order, ``rng`` is a generator in the state of that time.

    Returns
    -------
    iterator of Step
        ``(number, epoch, loss, parameters, V)``.

    Raises
    ------
    ValueError
        For a rate, momentum, batch or number of epochs out of range, for parameters that are not
        finite, or gradients of other shapes than the parameters; it names the one.
    TypeError
        For another rng, and for gradients of another dtype than the parameters.
    FloatingPointError
        When a loss, or a parameter, is NaN or infinite.

    Examples
    --------
    >>> import numpy as np
    >>> from mlp import network
    >>> from mlp.descent import descend
    >>> from mlp.initialise import glorot
    >>> def loss(layers, X, y):
    ...     return network.value_and_grad(X, layers, y, activation="tanh")
    >>> X, y = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]), np.array([0, 1, 1, 0])
    >>> start = glorot(np.random.default_rng(0), (2, 5, 2))
    >>> for step in descend(loss, start, X, y, rate=0.5, momentum=0.9, epochs=100):
    ...     pass
    >>> network.predict(X, step.parameters, activation="tanh")[1].tolist()
    [0, 1, 1, 0]
    """
    X, y = examples("descend", value_and_grad, X, y)
    n, ask = len(X), in_parts(value_and_grad, X)
    for name, value, fits, required in (
        ("rate", rate, is_number(rate) and rate > 0, "be a positive number"),
        (
            *("momentum", momentum, is_number(momentum) and 0 <= momentum < 1),
            "be at least 0 and below 1",
        ),
        (
            *("batch", batch, batch is None or is_whole(batch, 1, n)),
            f"be 1 .. {n}, the number of examples",
        ),
        ("epochs", epochs, is_whole(epochs), "be 1 or more"),
    ):
        demand("descend", name, value, fits, required)
    theta, unflatten = flatten(parameters, "descend")
    if not np.isfinite(theta).all():
        raise ValueError("descend: parameters must be finite, but hold NaN or infinity")
    order = seeded("descend", rng)
    shown_bar = flag("descend", "progress", progress)
    each = math.ceil(n / (batch or n))
    number, seen, V = 0, 0, np.zeros_like(theta)
    if after is not None:
        theta, V = _gone_on(after, parameters, theta.dtype, each)
        number, seen = after.number, after.epoch
        demand("descend", "epochs", epochs, epochs >= seen, f"be {seen} or more, as after is")

    def steps(theta: Array, V: Array, number: int) -> Iterator[Step]:
        with tqdm(
            total=epochs * each, initial=number, unit="step", disable=None if shown_bar else True
        ) as bar:
            for epoch in range(seen + 1, epochs + 1):
                for rows in batches(n, batch, order):
                    number += 1
                    answer = ask(unflatten(theta), X[rows], y[rows])
                    loss, gradient = as_answer("descend", answer, parameters, theta.dtype)
                    theta, V = moved(theta, V, gradient, rate, momentum)
                    if not (math.isfinite(loss) and np.isfinite(theta).all()):
                        raise FloatingPointError(
                            f"descend: step {number} (epoch {epoch}) has the loss {loss} and no "
                            f"finite parameters; try a rate below {rate}, or look for NaN in X"
                        )
                    bar.set_postfix_str(f"loss {loss:.4f}", refresh=False)
                    bar.update()
                    yield Step(number, epoch, loss, unflatten(theta), unflatten(V))

    return steps(theta, V, number)


def _gone_on(after: Step, parameters: Any, dtype: np.dtype[Any], each: int) -> tuple[Array, Array]:
    """Return θ and V after a step; refuse one that is not the last of an epoch, or of others."""
    given: Any = after
    last = isinstance(given, Step) and is_whole(given.epoch) and given.number == given.epoch * each
    demand("descend", "after", after, last, f"be the last Step of an epoch of {each} steps")
    found = []
    for name, part in (("parameters", after.parameters), ("V", after.V)):
        vector, _ = flatten(part, f"descend: after.{name}")
        alike = [*map(np.shape, tree.flat(part))] == [*map(np.shape, tree.flat(parameters))]
        fits = alike and vector.dtype == dtype
        demand("descend", f"after.{name}", part, fits, "have the shapes and dtype of parameters")
        found.append(vector)
    return found[0], found[1]


@shapes("(...),(...),(...),(),()->(...),(...)")
def step(
    theta: Array, V: Array, gradient: Array, rate: float, momentum: float = 0.0
) -> tuple[Array, Array]:
    """Return θ and V after one step: V ← μ V − η g, then θ ← θ + V.

    Parameters
    ----------
    theta : array
        Where the step starts, one vector or of any shape.
    V : array
        The step before it; zeros before the first.
    gradient : array
        g = ∂L/∂θ at theta, of its shape and dtype.
    rate, momentum : float
        η and μ.

    Returns
    -------
    theta, V : arrays
        Where the step ends, and the step.

    Raises
    ------
    ShapeError, TypeError
        For arrays of several shapes or dtypes: nothing is broadcast.

    Examples
    --------
    >>> import numpy as np
    >>> from mlp.descent import step
    >>> theta, V = step(np.array([1.0, 2.0]), np.zeros(2), np.array([10.0, -10.0]), rate=0.1)
    >>> theta.tolist(), V.tolist()
    ([0.0, 3.0], [-1.0, 1.0])
    """
    return moved(theta, V, gradient, rate, momentum)


@ieee
def moved(theta: Array, V: Array, gradient: Array, rate: Any, momentum: Any) -> tuple[Array, Array]:
    """Take the step, without looking at what it is made of."""
    V = momentum * V - rate * gradient
    return theta + V, V


def batches(n: int, batch: int | None, rng: Generator) -> Iterator[Any]:
    """Return what selects each mini-batch of one epoch: every example once, in random order."""
    demand("batches", "n", n, is_whole(n), "be 1 or more")
    fits = batch is None or is_whole(batch, 1, n)
    demand("batches", "batch", batch, fits, f"be 1 .. {n}, the number of examples")
    if batch is None:
        return iter([slice(None)])
    order = generator("batches", rng).permutation(n)
    return (order[start : start + batch] for start in range(0, n, batch))


def objective(
    value_and_grad: ValueAndGrad, parameters: Any, X: npt.ArrayLike, y: npt.ArrayLike
) -> tuple[Callable[[Array], tuple[float, Array]], Array, Unflatten]:
    """Return what ``scipy.optimize.minimize(fun, x0, jac=True)`` needs, and the way back.

    Parameters
    ----------
    value_and_grad, parameters, X, y : as in ``descend``
        What is to be minimised, where to start, and the examples.

    Returns
    -------
    fun : callable
        Takes a vector to the loss and its gradient, a vector.
    x0 : (size,) float64 array
        The parameters as a vector.
    unflatten : callable
        Shapes a vector, such as the result's ``x``, like the parameters.

    Raises
    ------
    TypeError
        For parameters of several dtypes, or that are not real numbers.

    Examples
    --------
    >>> import numpy as np
    >>> from scipy.optimize import minimize
    >>> from mlp import network
    >>> from mlp.descent import objective
    >>> from mlp.initialise import glorot
    >>> def loss(layers, X, y):
    ...     return network.value_and_grad(X, layers, y, activation="tanh")
    >>> X, y = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]), np.array([0, 1, 1, 0])
    >>> start = glorot(np.random.default_rng(0), (2, 5, 2))
    >>> fun, x0, unflatten = objective(loss, start, X, y)
    >>> result = minimize(fun, x0, jac=True)
    >>> network.predict(X, unflatten(result.x), activation="tanh")[1].tolist()
    [0, 1, 1, 0]
    """
    X, y = examples("objective", value_and_grad, X, y)
    ask = in_parts(value_and_grad, X)
    x0, unflatten = flatten(parameters, "objective")

    def fun(vector: Array) -> tuple[float, Array]:
        answer = ask(unflatten(vector), X, y)
        loss, gradient = as_answer("objective", answer, parameters, x0.dtype)
        return loss, gradient.astype(np.float64)

    return fun, x0.astype(np.float64), unflatten
