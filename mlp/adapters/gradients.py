"""A function beside its derivative, as SciPy's minimisers take it and as everybody writes it.

    gradient    f(x), df(x)        or f(x) that returns (value, derivative)
    scipy       fun(x, *args), jac(x, *args)        or jac=True

A derivative has no cotangent v of its own. Its product with v is what backward returns:

    v df(x)             f(x) is one number
    v ⊙ df(x)           df(x) has the shape of f(x) and of x: elementwise
    Σᵢ vᵢ ∂fᵢ/∂x        df(x) is the Jacobian, of the shape of f(x) and then of x
    the same row by row    df(x) is a Jacobian for each row of x, as of vmap(jacfwd(f))
    the loss alone      f(x) is a tuple (loss, aux), and df(x) may be (derivative, aux)

Tested in tests/test_adapters.py.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Literal

import numpy as np

from mlp import tree
from mlp.adapters.adapter import Adapter
from mlp.adapters.question import Question, chosen, code_of, picked, plain_arrays_of, posed
from mlp.gradcheck.repeat import short, spelled
from mlp.gradcheck.rules import Rules
from mlp.op import Wrt, argument_names, name_of, padded

TRANSPOSED = "transposed: the Jacobian is right with its rows and columns exchanged"


def gradient(
    f: Callable[..., Any], df: Callable[..., Any] | Literal[True], *, double: bool = True
) -> Adapter:
    """Adapt a function with its gradient, elementwise derivative or Jacobian.

    Parameters
    ----------
    f : Callable
        ``f(*args)`` returns a number or an array; with ``df=True`` the pair of that and of what
        ``df(*args)`` would return.
    df : Callable or True
        ``df(*args)`` returns one derivative, or a tuple with one for each differentiated argument:
        of every float array, unless ``wrt`` says which.
    double : bool, default True
        Compute float32 in float64 where that gives the same within rounding.

    Returns
    -------
    Adapter
        ``.check(*args)`` and ``.verify(*args)`` take the arguments of f.

    Examples
    --------
    >>> import numpy as np
    >>> import mlp
    >>> x = np.array([0.5, 2.0])
    >>> mlp.adapters.gradient(np.sin, np.cos).verify(x).verdict
    'correct'
    >>> def loss(w, X, y):
    ...     r = X @ w - y
    ...     return r @ r, X.T @ r
    >>> report = mlp.adapters.gradient(loss, True).check(x, np.eye(2), np.ones(2), wrt="w")
    >>> report.verdict, report.findings[0].diagnosis
    ('wrong', 'factor')
    """
    name, both = name_of(f), df is True

    def value(*args: Any) -> Any:
        out = f(*args)[0] if both else f(*args)
        return out[0] if isinstance(out, tuple) else out  # a loss with what is beside it

    def slope(*args: Any) -> Any:
        if both:
            return f(*args)[1]
        returned = df(*args)  # type: ignore[operator]  # True is the case above
        if isinstance(returned, tuple) and len(returned) == 2 and isinstance(f(*args), tuple):
            return returned[0]  # as of jax.grad(f, has_aux=True)
        return returned

    def pose(args: tuple[Any, ...], wrt: Wrt) -> Question:
        args = plain_arrays_of(args)
        names = padded(argument_names(f), len(args))
        positions, every = (chosen(name, w, names, args) for w in (wrt, None))

        def backward(v: Any, *args: Any, product: Any = _product) -> Any:
            returned = picked(slope(*args), positions, every)
            if len(positions) == 1:
                return product(v, returned, args[positions[0]])
            if not isinstance(returned, (tuple, list)) or len(returned) != len(positions):
                return returned  # which check refuses, and says what was wanted
            pairs = zip(positions, returned, strict=True)
            return tuple(product(v, J, args[position]) for position, J in pairs)

        pulled = (backward, f"{name}[1]", f) if both else (backward, name_of(df), df)
        rules = Rules(mistakes={TRANSPOSED: partial(backward, product=_product_transposed)})
        return posed(args, positions, names, (value, name), pulled, rules=rules)

    return Adapter(
        code_of("gradient", *_in_code(f, df), double=double),
        pose,
        double,
        lambda g: gradient(g, f, double=double),  # of which the value is asked for alone
    )


def scipy(
    fun: Callable[..., Any],
    jac: Callable[..., Any] | Literal[True],
    args: Sequence[Any] = (),
    *,
    bounds: Any = None,
    double: bool = True,
) -> Adapter:
    """Adapt what ``scipy.optimize`` takes: ``fun`` and ``jac``, with its ``args`` and ``bounds``.

    The Jacobian of a vector, as ``least_squares`` and ``root`` take it, may be sparse or a
    ``LinearOperator``. A Hessian is the Jacobian of the gradient: ``scipy(jac, hess)``.

    Parameters
    ----------
    fun : Callable
        ``fun(x, *args)``; with ``jac=True`` it returns the value and the gradient.
    jac : Callable or True
        ``jac(x, *args)``.
    args : sequence, default ()
        Constants for both.
    bounds : scipy.optimize.Bounds or sequence of (low, high), optional
        What x must keep to, as in ``scipy.optimize.minimize``.
    double : bool, default True
        Compute float32 in float64 where that gives the same within rounding.

    Returns
    -------
    Adapter
        ``.check(x0)`` and ``.verify(x0)``.

    Raises
    ------
    TypeError
        Where jac is the name of a method of SciPy to estimate it.

    Examples
    --------
    >>> import mlp
    >>> from scipy.optimize import rosen, rosen_der, rosen_hess
    >>> mlp.adapters.scipy(rosen, rosen_der).verify([1.3, 0.7, 0.8]).verdict
    'correct'
    >>> mlp.adapters.scipy(rosen_der, rosen_hess).verify([1.3, 0.7, 0.8]).verdict
    'correct'
    """
    if jac is not True and not callable(jac):
        raise TypeError(f"scipy: jac must be a function or True, but is {jac!r}")
    extra = tuple(args) if isinstance(args, (tuple, list)) else (args,)
    pair = gradient(fun, jac)

    def pose(point: tuple[Any, ...], wrt: Wrt) -> Question:
        del wrt  # SciPy differentiates by x alone
        if len(point) != 1:
            raise TypeError("scipy: give x alone to check, and what follows it as args=")
        x = np.asarray(point[0])
        question = pair.pose((x if x.dtype.kind == "f" else x.astype(float), *extra), 0)
        if bounds is None:
            return question
        low, high = (bounds.lb, bounds.ub) if hasattr(bounds, "lb") else zip(*bounds, strict=True)
        ends = (_ends(low, -np.inf, x), _ends(high, np.inf, x))
        question.options["bounds"] = [ends, *[None] * len(extra)]
        return question

    said = [*_in_code(fun, jac), *[short(extra, "args")] * bool(extra)]
    return Adapter(
        code_of("scipy", *said, bounds=_pairs(bounds), double=double),
        pose,
        double,
        lambda g: scipy(g, fun, extra, bounds=bounds, double=double),
    )


def _in_code(f: Any, df: Any) -> tuple[str, str]:
    return spelled(f, "f"), "True" if df is True else spelled(df, "df")


def _pairs(bounds: Any) -> Any:
    """Return bounds as pairs of numbers, which need no import to be written."""
    if not hasattr(bounds, "lb"):
        return bounds
    ends = np.broadcast_arrays(bounds.lb, bounds.ub)
    return [*zip(*(np.ravel(end).tolist() for end in ends), strict=True)]


def _ends(values: Any, missing: float, x: Any) -> Any:
    """Return one end of the bounds as an array, with infinity where SciPy's users write None."""
    ends = [missing if value is None else value for value in np.ravel(np.asarray(values, object))]
    return np.broadcast_to(np.asarray(ends, float), np.shape(x))


def _product(v: Any, J: Any, x: Any) -> Any:
    """Return the product of a cotangent and a derivative: see the top of this file."""
    if tree.is_structure(x):
        found = dict(tree.leaves(J))
        within = {p: _product(v, found[p], leaf) for p, leaf in tree.leaves(x) if p in found}
        return tree.replaced(J, within)
    v = np.asarray(v)
    if J is None or isinstance(J, tuple):
        return J
    if hasattr(J, "rmatvec") or type(J).__module__.startswith("scipy.sparse"):
        return np.asarray(J.T @ np.ravel(v)).reshape(np.shape(x))
    J = np.asarray(J)
    if J.shape == v.shape + np.shape(x):
        return np.tensordot(v, J, v.ndim)
    if v.size == 1 or J.shape == v.shape == np.shape(x):
        return (v.reshape(()) if v.size == 1 else v) * J
    return _row_by_row(v, J, np.shape(x))


def _product_transposed(v: Any, J: Any, x: Any) -> Any:
    """Return the product with a Jacobian whose rows and columns are exchanged, in each row too."""
    J = np.asarray(J)
    inputs, outputs = np.shape(x), np.shape(v)
    if J.shape == inputs + outputs:
        J = np.moveaxis(J, range(len(inputs)), range(-len(inputs), 0))
    elif J.ndim > 2:
        J = np.swapaxes(J, -1, -2)
    return _product(v, J, x)


def _row_by_row(v: Any, J: Any, shape: tuple[int, ...]) -> Any:
    """Return the product with a Jacobian for each row; of another shape, what came, for check."""
    if not (v.ndim and shape and len(v) == shape[0] and J.shape == v.shape + shape[1:]):
        return J
    return np.stack([np.tensordot(row, each, row.ndim) for row, each in zip(v, J, strict=True)])
