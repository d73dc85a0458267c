"""Objects that know their loss and its gradient: scikit-learn's, CS231n's, and anybody's.

    loss_gradient(w, *data)                    (loss, gradient), as sklearn's LinearModelLoss
    loss(w, *data), gradient(w, *data)         each by itself
    params, loss(*data)                        (loss, gradients by name), as CS231n's TwoLayerNet
    coefs_, intercepts_, after fit(X, y)       sklearn's MLPClassifier and MLPRegressor

Tested in tests/test_adapters.py and tests/peers/test_sklearn.py.
"""

import copy
import inspect
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from mlp.adapters.adapter import Adapter
from mlp.adapters.gradients import gradient
from mlp.adapters.question import Question, code_of, dressed
from mlp.gradcheck.repeat import spelled
from mlp.op import Wrt, argument_names


def estimator(model: Any, *, double: bool = True, **options: Any) -> Adapter:
    """Adapt an object that exposes its loss and the gradient of that.

    The object is copied, and each call works on a fresh copy.

    Parameters
    ----------
    model : object
        With ``loss_gradient(w, *data)``; or ``loss(w, *data)`` and ``gradient(w, *data)``; or a
        dict ``params`` of arrays and ``loss(*data)`` that returns the loss and a dict of gradients;
        or a fitted ``MLPClassifier`` or ``MLPRegressor``.
    double : bool, default True
        Compute float32 in float64 where that gives the same within rounding.
    **options
        For the methods, such as ``l2_reg_strength=0.1``.

    Returns
    -------
    Adapter
        ``.check(w, *data)`` where the methods take w, else ``.check(*data)``.

    Raises
    ------
    TypeError
        Where the object exposes none of these.

    Examples
    --------
    >>> import numpy as np
    >>> import mlp
    >>> class Line:
    ...     def __init__(self):
    ...         self.params = {"w": np.array([0.5, 2.0]), "b": np.array(0.1)}
    ...     def loss(self, X, y):
    ...         r = X @ self.params["w"] + self.params["b"] - y
    ...         return r @ r / 2, {"w": X.T @ r, "b": r.sum()}
    >>> rng = np.random.default_rng(0)
    >>> mlp.adapters.estimator(Line()).verify(rng.normal(size=(5, 2)), np.ones(5)).verdict
    'correct'
    """
    kind = type(model).__name__
    code = code_of("estimator", spelled(model, "model"), double=double, **options)

    def has(*names: str) -> bool:
        return all(callable(getattr(model, name, None)) for name in names)

    if has("_backprop"):
        fitted = {name: list(getattr(model, name)) for name in ("coefs_", "intercepts_")}
        return Adapter(code, _poser(model, fitted, _backprop, model.fit), double)
    if has("loss") and isinstance(getattr(model, "params", None), dict):
        named = {"params": dict(model.params)}
        at = partial(_params, options=options)
        return Adapter(code, _poser(model, named, at, model.loss), double)
    if has("loss_gradient"):
        pair = gradient(_fresh(model, "loss_gradient", options), df=True)
    elif has("loss", "gradient"):
        pair = gradient(*(_fresh(model, name, options) for name in ("loss", "gradient")))
    else:
        raise TypeError(
            f"estimator: {kind} must have loss_gradient(w, *data), loss and gradient, params and "
            f"loss(*data), or be a fitted MLPClassifier or MLPRegressor"
        )
    return Adapter(code, lambda args, wrt: pair.pose(args, 0 if wrt is None else wrt), double)


def _fresh(model: Any, name: str, options: dict[str, Any]) -> Callable[..., Any]:
    """Return a method that is called on a new copy of its object each time."""

    def method(*args: Any) -> Any:
        return getattr(copy.deepcopy(model), name)(*args, **options)

    bound = getattr(model, name)
    spoken = f"{type(model).__name__}.{name}"
    return dressed(method, spoken, argument_names(bound))


def _poser(
    model: Any, parameters: dict[str, Any], evaluate: Callable[..., Any], signed: Any
) -> Callable[[tuple[Any, ...], Wrt], Question]:
    """Return the function that poses the question of a model's own parameters, at some data.

    ``evaluate(copy of the model, parameters, *data)`` returns the loss and a gradient for each;
    ``signed`` names the data.
    """
    kind, many = type(model).__name__, len(parameters)
    names = (*parameters, *argument_names(signed))

    def part(k: int, name: str) -> Callable[..., Any]:
        def evaluated(*args: Any) -> Any:
            return evaluate(copy.deepcopy(model), args[:many], *args[many:])[k]

        return dressed(evaluated, f"{kind}.{name}", names, signed)

    pair = gradient(part(0, "loss"), part(1, "gradient"))

    def pose(data: tuple[Any, ...], wrt: Wrt) -> Question:
        if wrt is not None:
            raise ValueError(f"estimator: {kind} is differentiated by all its parameters, not wrt")
        return pair.pose((*parameters.values(), *data), tuple(range(many)))

    return pose


def _params(own: Any, values: tuple[Any, ...], *data: Any, options: dict[str, Any]) -> Any:
    """Evaluate a model in the manner of CS231n at other parameters."""
    own.params = dict(values[0])
    L, gradients = own.loss(*data, **options)
    return L, (gradients,)


def _backprop(own: Any, values: tuple[Any, ...], X: Any, y: Any) -> Any:
    """Evaluate a network of scikit-learn at other weights, with its own backpropagation."""
    own.coefs_, own.intercepts_ = (list(value) for value in values)
    binarizer = getattr(own, "_label_binarizer", None)
    Y = np.asarray(y) if binarizer is None else binarizer.transform(y)
    activations = [np.asarray(X)] + [np.empty((len(X), len(b))) for b in own.intercepts_]
    deltas = [np.empty_like(a) for a in activations[1:]]
    gradients = tuple([np.empty_like(w) for w in value] for value in values)
    weights = [None] if "sample_weight" in inspect.signature(own._backprop).parameters else []  # noqa: SLF001  # there is no public way to this gradient
    L, *found = own._backprop(  # noqa: SLF001  # likewise
        X, Y.reshape(len(X), -1), *weights, activations, deltas, *gradients
    )
    return L, found
