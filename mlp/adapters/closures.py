"""A function that returns its result and its gradient as a function: ``out, pull = f(*args)``.

Tested in tests/test_conventions.py.
"""

from collections.abc import Callable
from typing import Any

from mlp.adapters.adapter import Adapter
from mlp.adapters.question import Question, arrays_of, chosen, code_of, picked, posed
from mlp.gradcheck.repeat import spelled
from mlp.op import Wrt, argument_names, name_of, padded


def closure(f: Callable[..., Any], *, double: bool = True) -> Adapter:
    """Adapt a function that returns its result with a pullback, as ``jax.vjp`` and Zygote do.

    Parameters
    ----------
    f : Callable
        ``f(*args)`` returns ``(out, pull)``, and ``pull(v)`` one gradient, or a tuple with one for
        each float array.
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
    >>> def square(x):
    ...     return x * x, lambda v: 2 * x * v
    >>> mlp.adapters.closure(square).verify(np.array([0.5, 2.0])).verdict
    'correct'
    """
    name = name_of(f)

    def pair(*args: Any) -> tuple[Any, Any]:
        returned = f(*args)
        if not isinstance(returned, tuple) or len(returned) != 2 or not callable(returned[1]):
            kind = type(returned).__name__
            raise TypeError(f"{name} must return (out, pull), but returned {kind}")
        return returned

    def pose(args: tuple[Any, ...], wrt: Wrt) -> Question:
        args = arrays_of(args)
        names = padded(argument_names(f), len(args))
        positions, every = (chosen(name, w, names, args) for w in (wrt, None))

        def forward(*args: Any) -> Any:
            return pair(*args)[0]

        def backward(v: Any, *args: Any) -> Any:
            return picked(pair(*args)[1](v), positions, every)

        return posed(args, positions, names, (forward, name), (backward, f"pull of {name}", f))

    return Adapter(
        code_of("closure", spelled(f, "f"), double=double),
        pose,
        double,
        lambda g: closure(g, double=double),
    )
