"""HIPS autograd: a ``primitive`` with its ``defvjp``, or any function of ``autograd.numpy``.

Tested in tests/peers/test_autograd.py.
"""

import functools
import warnings
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np

from mlp import tree
from mlp.adapters.adapter import Adapter
from mlp.adapters.question import (
    Question,
    arrays_of,
    chosen,
    code_of,
    conjugated,
    dressed,
    one_or_all,
    posed,
    require,
)
from mlp.gradcheck.repeat import spelled
from mlp.gradcheck.rules import Rules
from mlp.op import Wrt, argument_names, name_of, padded
from mlp.tangent import run


def autograd(f: Callable[..., Any], *, double: bool = True) -> Adapter:
    """Adapt a function that HIPS autograd differentiates, a ``primitive`` above all.

    Every float array is differentiated, also in lists, tuples and dicts, unless ``wrt`` says which:
    a primitive need not know the others. A tangent of its own, by ``defjvp``, is checked as well.

    Parameters
    ----------
    f : Callable
        A function of ``autograd.numpy``, or a primitive.
    double : bool, default True
        Compute float32 in float64 where that gives the same within rounding.

    Returns
    -------
    Adapter
        ``.check(*arrays)`` and ``.verify(*arrays)``.

    Raises
    ------
    ModuleNotFoundError
        Where autograd is not installed.

    Examples
    --------
    >>> import numpy as np
    >>> import mlp
    >>> from autograd.extend import defvjp, primitive
    >>> @primitive
    ... def logsumexp(x):
    ...     return x.max() + np.log(np.exp(x - x.max()).sum())
    >>> defvjp(logsumexp, lambda ans, x: lambda g: g * np.exp(x - ans))
    >>> mlp.adapters.autograd(logsumexp).verify(np.array([0.5, 2.0])).verdict
    'correct'
    """
    framework = require("autograd")
    own = getattr(f, "fun", f)  # of a primitive
    name = name_of(own)
    code = code_of("autograd", spelled(f, "f"), double=double)

    def pose(args: tuple[Any, ...], wrt: Wrt) -> Question:
        args = arrays_of(args)
        names = padded(argument_names(own), len(args))
        positions = chosen(code, wrt, names, args)

        def backward(v: Any, *args: Any) -> Any:
            cotangent = tree.rebuilt(v, lambda leaf: conjugated(_number(leaf)))
            found = [_pulled(f, i, args, cotangent) for i in positions]
            return one_or_all([tree.rebuilt(g, conjugated) for g in found])

        pulled = (backward, f"vjp of {name}", own)
        raw = None if own is f else partial(run, own)  # a primitive is what NumPy code it wraps
        rules = _rules(framework, f, name, names, positions)
        return posed(args, positions, names, (f, name), pulled, pushforward=raw, rules=rules)

    return Adapter(code, pose, double, lambda g: autograd(g, double=double))


def _pulled(f: Any, i: int, args: tuple[Any, ...], cotangent: Any) -> Any:
    """Return the gradient by one argument as ``make_vjp`` does; None where it is not used."""
    core, tracer = require("autograd.core"), require("autograd.tracer")

    def of_one(x: Any) -> Any:
        return f(*args[:i], x, *args[i + 1 :])

    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Output seems independent of input")
        _, end = tracer.trace(core.VJPNode.new_root(), of_one, args[i])
    return None if end is None else core.backward_pass(cotangent, end)


def _rules(
    framework: Any, f: Any, name: str, names: Sequence[str], positions: tuple[int, ...]
) -> Rules | None:
    """Return the tangent of a primitive that has one by ``defjvp``, and whether that is all."""
    core = require("autograd.core")
    if f not in core.primitive_jvps:
        return None

    def tangent(tangents: Any, *args: Any) -> Any:
        each = tangents if len(positions) > 1 else (tangents,)
        found = [
            framework.make_jvp(f, i)(*args)(tree.rebuilt(d, _number))[1]
            for i, d in zip(positions, each, strict=True)
        ]
        return functools.reduce(core.vspace(found[0]).add, found)

    spoken = dressed(tangent, f"jvp of {name}", ("tangents", *names))
    return Rules(spoken, alone=f not in core.primitive_vjps)


def _number(leaf: Any) -> Any:
    """Return a cotangent as autograd has it: a number where forward returns a number."""
    return leaf if np.ndim(leaf) else np.asarray(leaf)[()]
